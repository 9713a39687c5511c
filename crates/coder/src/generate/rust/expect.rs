//! Assertions: what a case gave, written as Rust.

use serde_json::Value as Json;

use super::values;

/// Adds the assertions that `call` gives what `node` tells; false where nothing can be said.
pub(super) fn assertions(call: &str, node: &Json, lines: &mut Vec<String>) -> bool {
    let tree = &node["v"];
    let whole = node["eq"] == true && node["dbg"] == true;
    for (kind, name, other) in [("ok", "Ok", "unwrap"), ("err", "Err", "unwrap_err")] {
        let part = &tree[kind];
        if part.is_null() {
            continue;
        }
        if let Some(text) = literal(part).filter(|_| whole) {
            lines.push(format!("assert_eq!({call}, {name}({text}));"));
            return true;
        }
        if part["u"].as_array().is_some_and(Vec::is_empty) {
            lines.push(format!("assert!({call}.is_{kind}());"));
            return true;
        }
        let inner = if node["dbg"] == true {
            format!("{call}.{other}()")
        } else {
            format!("{call}.{kind}().unwrap()")
        };
        let part = serde_json::json!({"v": part, "eq": tree["eq"], "dbg": tree["dbg"]});
        if !assertions(&inner, &part, lines) {
            lines.push(format!("assert!({call}.is_{kind}());"));
        }
        return true;
    }
    if let Some(inner) = tree.get("o") {
        return option(call, node, inner, whole, lines);
    }
    plain(call, node, whole, lines)
}

fn option(call: &str, node: &Json, inner: &Json, whole: bool, lines: &mut Vec<String>) -> bool {
    if inner.is_null() {
        lines.push(if whole {
            format!("assert_eq!({call}, None);")
        } else {
            format!("assert!({call}.is_none());")
        });
        return true;
    }
    if let Some(text) = string(inner).filter(|_| inner["t"] == "String") {
        lines.push(format!("assert_eq!({call}.as_deref(), Some({text:?}));"));
        return true;
    }
    let is_inexact = inner["f"].is_string() && inner["exact"] != true;
    if let Some(text) = literal(inner).filter(|_| whole && !is_inexact) {
        lines.push(format!("assert_eq!({call}, Some({text}));"));
        return true;
    }
    let tree = &node["v"];
    let part = serde_json::json!({"v": inner, "eq": tree["eq"], "dbg": tree["dbg"]});
    if !assertions(&format!("{call}.unwrap()"), &part, lines) {
        lines.push(format!("assert!({call}.is_some());"));
    }
    true
}

/// Everything but `Result` and `Option`.
fn plain(call: &str, node: &Json, whole: bool, lines: &mut Vec<String>) -> bool {
    let tree = &node["v"];
    let peeled = tree.get("r").unwrap_or(tree);
    if tree["u"].as_array().is_some_and(Vec::is_empty) {
        return false;
    }
    if let Some(value) = tree["b"].as_bool() {
        lines.push(format!("assert!({}{call});", if value { "" } else { "!" }));
        return true;
    }
    if tree["f"].is_string() {
        lines.push(float(call, tree));
        return true;
    }
    if let Some(text) = string(peeled) {
        lines.push(format!("assert_eq!({call}, {text:?});"));
        return true;
    }
    if let Some(items) = peeled["v"].as_array() {
        if items.is_empty() {
            lines.push(format!("assert!({call}.is_empty());"));
            return true;
        }
        let texts: Option<Vec<String>> = items.iter().map(item).collect();
        if let Some(texts) = texts.filter(|_| whole) {
            lines.push(format!("assert_eq!({call}, [{}]);", texts.join(", ")));
            return true;
        }
    }
    for kind in ["h", "m"] {
        if peeled[kind].as_array().is_some_and(Vec::is_empty) {
            lines.push(format!("assert!({call}.is_empty());"));
            return true;
        }
    }
    if let Some(inner) = tree.get("x") {
        let Some(text) = literal(inner).filter(|_| whole) else {
            return false;
        };
        lines.push(format!("assert_eq!(*{call}, {text});"));
        return true;
    }
    if let Some(text) = literal(tree).filter(|_| whole) {
        lines.push(format!("assert_eq!({call}, {text});"));
        return true;
    }
    if let Some(text) = peeled["D"].as_str() {
        lines.push(format!("assert_eq!({call}.to_string(), {text:?});"));
        return true;
    }
    if let Some(text) = peeled["d"].as_str().filter(|text| !text.contains("0x")) {
        lines.push(format!(
            "assert_eq!(format!(\"{{:?}}\", {call}), {text:?});"
        ));
        return true;
    }
    if peeled["n"].is_string() && peeled["s"] == "named" {
        return fields(call, peeled, lines);
    }
    false
}

/// One assertion for each field of a structure.
pub(super) fn fields(call: &str, tree: &Json, lines: &mut Vec<String>) -> bool {
    let mut said = false;
    let is_name = call
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let name = if is_name { call } else { "result" };
    let mut own = Vec::new();
    for field in tree["p"].as_array().into_iter().flatten() {
        let Some(field_name) = field[0].as_str() else {
            continue;
        };
        let node = serde_json::json!({"v": field[2], "eq": field[3], "dbg": true});
        said |= assertions(&format!("{name}.{field_name}"), &node, &mut own);
    }
    if said && !is_name {
        lines.push(format!("let result = {call};"));
    }
    lines.extend(own);
    said
}

fn string(tree: &Json) -> Option<&str> {
    tree["s"].as_str().filter(|_| tree.get("n").is_none())
}

/// An item of a list on the right of a comparison: strings may be borrowed there.
fn item(tree: &Json) -> Option<String> {
    match string(tree).filter(|_| tree["t"] == "String") {
        Some(text) => Some(format!("{text:?}")),
        None => literal(tree),
    }
}

fn float(call: &str, tree: &Json) -> String {
    let text = tree["f"].as_str().unwrap_or_default();
    let kind = tree["t"].as_str().unwrap_or("f64");
    let value: f64 = text.parse().unwrap_or(f64::NAN);
    if text.contains("NaN") {
        return format!("assert!({call}.is_nan());");
    }
    if text.contains("inf") {
        return format!("assert_eq!({call}, {});", values::float(value, kind));
    }
    if tree["exact"] == true && text.len() <= 10 {
        return format!("assert_eq!({call}, {text});");
    }
    let relative = if kind == "f32" { 1e-4 } else { 1e-9 };
    let margin = (value.abs() * relative).max(relative);
    let margin = 10f64.powi(margin.log10().ceil() as i32);
    let (text, sign) = match text.strip_prefix('-') {
        Some(rest) => (rest, '+'),
        None => (text, '-'),
    };
    format!("assert!(({call} {sign} {text}).abs() < {margin:?});")
}

/// The expression that gives what `tree` tells; none if there is none.
pub(super) fn literal(tree: &Json) -> Option<String> {
    let all =
        |key: &str| -> Option<Vec<String>> { tree[key].as_array()?.iter().map(literal).collect() };
    let ty = tree["t"].as_str().unwrap_or_default();
    if tree.get("n").is_some() {
        return structure(tree);
    }
    if let Some(number) = tree["i"].as_str() {
        return Some(number.to_owned());
    }
    if let Some(value) = tree["b"].as_bool() {
        return Some(value.to_string());
    }
    if let Some(text) = tree["f"].as_str() {
        let is_plain = tree["exact"] == true && !text.contains("NaN") && !text.contains("inf");
        return is_plain.then(|| text.to_owned());
    }
    if let Some(text) = tree["c"].as_str() {
        return Some(format!("{:?}", text.chars().next()?));
    }
    if let Some(text) = tree["s"].as_str() {
        return match ty {
            "String" if text.is_empty() => Some("String::new()".into()),
            "String" => Some(format!("{text:?}.to_string()")),
            _ => None,
        };
    }
    if let Some(inner) = tree.get("r") {
        return reference(inner);
    }
    if let Some(name) = tree["w"].as_str() {
        return literal(&tree["v"]).map(|text| format!("{name}({text})"));
    }
    if tree["v"].is_array() {
        let head = ty.split('<').next().unwrap_or_default();
        return match (head, tree["v"].as_array().is_some_and(Vec::is_empty)) {
            ("Vec" | "VecDeque", true) => Some(format!("{head}::{}::new()", &ty[head.len()..])),
            ("Vec", false) => Some(format!("vec!{}", list(tree)?)),
            ("VecDeque", false) => Some(format!("VecDeque::from({})", list(tree)?)),
            _ => list(tree),
        };
    }
    if let Some(items) = all("h").or_else(|| pairs(tree)) {
        let head = ty.split('<').next().unwrap_or_default();
        return Some(if items.is_empty() {
            format!("{head}::{}::new()", &ty[head.len()..])
        } else {
            format!("{head}::from([{}])", items.join(", "))
        });
    }
    if let Some(inner) = tree.get("o") {
        return if inner.is_null() {
            Some("None".into())
        } else {
            literal(inner).map(|text| format!("Some({text})"))
        };
    }
    for (key, name) in [("ok", "Ok"), ("err", "Err")] {
        if let Some(inner) = tree.get(key) {
            return literal(inner).map(|text| format!("{name}({text})"));
        }
    }
    let items = all("u")?;
    Some(match items.as_slice() {
        [one] => format!("({one},)"),
        _ => format!("({})", items.join(", ")),
    })
}

fn reference(inner: &Json) -> Option<String> {
    if let Some(text) = inner["s"].as_str().filter(|_| inner["t"] == "str") {
        return Some(format!("{text:?}"));
    }
    if inner["t"]
        .as_str()
        .is_some_and(|ty| ty.starts_with('[') && !ty.contains(';'))
    {
        return Some(format!("&{}[..]", list(inner)?));
    }
    literal(inner).map(|text| format!("&{text}"))
}

fn list(tree: &Json) -> Option<String> {
    let items: Option<Vec<String>> = tree["v"].as_array()?.iter().map(literal).collect();
    Some(format!("[{}]", items?.join(", ")))
}

fn pairs(tree: &Json) -> Option<Vec<String>> {
    let pair = |pair: &Json| Some(format!("({}, {})", literal(&pair[0])?, literal(&pair[1])?));
    tree["m"].as_array()?.iter().map(pair).collect()
}

fn structure(tree: &Json) -> Option<String> {
    let name = tree["n"].as_str()?;
    let parts = tree["p"].as_array()?;
    let texts: Vec<String> = parts
        .iter()
        .map(|part| literal(&part[2]))
        .collect::<Option<_>>()?;
    Some(match tree["s"].as_str()? {
        "unit" => name.to_owned(),
        "tuple" => format!("{name}({})", texts.join(", ")),
        _ => {
            let named: Vec<String> = parts
                .iter()
                .zip(&texts)
                .map(|(part, text)| format!("{}: {text}", part[0].as_str().unwrap_or_default()))
                .collect();
            format!("{name} {{ {} }}", named.join(", "))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(node: Json) -> Vec<String> {
        let mut lines = Vec::new();
        assertions("f()", &node, &mut lines);
        lines
    }

    fn whole(tree: Json) -> Json {
        json!({"v": tree, "eq": true, "dbg": true})
    }

    #[test]
    fn results_are_compared_in_the_plainest_way_that_compiles() {
        let int = json!({"i": "-3", "t": "i32"});
        let text = json!({"s": "a\"b", "t": "String"});
        let list = json!({"v": [{"v": [], "t": "Vec<i32>"}, {"v": [int], "t": "Vec<i32>"}], "t": "Vec<Vec<i32>>"});
        assert_eq!(said(whole(int.clone())), ["assert_eq!(f(), -3);"]);
        assert_eq!(said(whole(text.clone())), [r#"assert_eq!(f(), "a\"b");"#]);
        assert_eq!(
            said(whole(list)),
            ["assert_eq!(f(), [Vec::<i32>::new(), vec![-3]]);"]
        );
        assert_eq!(
            said(whole(json!({"o": text}))),
            [r#"assert_eq!(f().as_deref(), Some("a\"b"));"#]
        );
        assert_eq!(
            said(
                json!({"v": {"err": {"d": "Bad"}, "eq": false, "dbg": true}, "eq": false, "dbg": true})
            ),
            [r#"assert_eq!(format!("{:?}", f().unwrap_err()), "Bad");"#]
        );
        assert_eq!(
            said(whole(
                json!({"f": "-0.3333333333", "exact": false, "t": "f64"})
            )),
            ["assert!((f() + 0.3333333333).abs() < 1e-9);"]
        );
        assert_eq!(said(whole(json!({"b": false}))), ["assert!(!f());"]);
    }
}
