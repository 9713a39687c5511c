//! Jinja as transformers runs it: Python's way to print values, its methods, and HF's functions.

use minijinja::{
    Environment, Error, ErrorKind, State, Value,
    value::{Kwargs, Rest, ValueKind},
};

use super::json::{Layout, dumps, number};

/// Steps that a template may take; real ones take some hundred a message.
const FUEL: u64 = 4_000_000;

/// An environment without templates.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_syntax(whitespace());
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_formatter(|out, _, value| match value.kind() {
        ValueKind::Undefined => Ok(()),
        _ => out.write_str(&text(value)).map_err(Error::from),
    });
    environment.add_filter("tojson", to_json);
    environment.add_filter("string", |value: Value| text(&value));
    environment.add_filter("join", join);
    environment.add_test("sequence", is_sequence);
    environment.add_test("iterable", is_sequence);
    environment.add_function("raise_exception", |reason: Value| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, text(&reason)))
    });
    environment.set_unknown_method_callback(method);
    environment
}

/// As `json.dumps` with HF's defaults: characters as they are, keys in their order.
fn to_json(value: Value, given: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    let argument = |at: usize, name: &str| match given.get(at) {
        Some(value) => Ok(Some(value.clone())),
        None => named.get::<Option<Value>>(name),
    };
    let is_set = |value: Option<Value>| value.is_some_and(|value| value.is_true());
    let indent = argument(1, "indent")?.filter(|indent| !indent.is_none());
    let separators = argument(2, "separators")?.filter(|pair| !pair.is_none());
    let layout = Layout {
        ascii: is_set(argument(0, "ensure_ascii")?),
        indent: indent.map(|indent| match indent.as_str() {
            Some(text) => text.to_owned(),
            None => " ".repeat(indent.as_usize().unwrap_or(0).min(64)),
        }),
        separators: separators.and_then(|pair| {
            let comma = pair.get_item_by_index(0).ok()?;
            let colon = pair.get_item_by_index(1).ok()?;
            Some((comma.as_str()?.to_owned(), colon.as_str()?.to_owned()))
        }),
        sort_keys: is_set(argument(3, "sort_keys")?),
    };
    named.assert_all_used()?;
    let json = dumps(&value, &layout).ok_or_else(|| {
        let reason = format!("a value of type {} is no JSON", value.kind());
        Error::new(ErrorKind::InvalidOperation, reason)
    })?;
    Ok(json.into())
}

fn join(value: Value, between: Option<Value>, named: Kwargs) -> Result<String, Error> {
    let between = between.map_or_else(String::new, |between| text(&between));
    let attribute: Option<String> = named.get("attribute")?;
    named.assert_all_used()?;
    let items = value.try_iter()?.map(|item| match &attribute {
        Some(name) => Ok(text(&item.get_attr(name)?)),
        None => Ok(text(&item)),
    });
    Ok(items.collect::<Result<Vec<_>, Error>>()?.join(&between))
}

/// Text and mappings are sequences to Jinja, too.
fn is_sequence(value: &Value) -> bool {
    matches!(
        value.kind(),
        ValueKind::Seq | ValueKind::String | ValueKind::Map | ValueKind::Iterable
    )
}

/// `value` as Python's `str` writes it.
pub(super) fn text(value: &Value) -> String {
    match (value.kind(), value.as_str()) {
        (ValueKind::String, Some(text)) => text.to_owned(),
        (ValueKind::Undefined, _) => String::new(),
        _ => representation(value),
    }
}

/// `value` as Python's `repr` writes it.
fn representation(value: &Value) -> String {
    let list = |value: &Value| {
        let items = value.try_iter().into_iter().flatten();
        let items: Vec<String> = items.map(|item| representation(&item)).collect();
        items
    };
    match value.kind() {
        ValueKind::None => "None".to_owned(),
        ValueKind::Bool => if value.is_true() { "True" } else { "False" }.to_owned(),
        ValueKind::Number => number(value),
        ValueKind::String => quoted(value.as_str().unwrap_or_default()),
        ValueKind::Seq if value.is_tuple() => match list(value).as_slice() {
            [one] => format!("({one},)"),
            items => format!("({})", items.join(", ")),
        },
        ValueKind::Seq | ValueKind::Iterable => format!("[{}]", list(value).join(", ")),
        ValueKind::Map => {
            let keys = value.try_iter().into_iter().flatten();
            let items = keys.map(|key| {
                let item = value.get_item(&key).unwrap_or_default();
                format!("{}: {}", representation(&key), representation(&item))
            });
            format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let quote = match text.contains('\'') && !text.contains('"') {
        true => '"',
        false => '\'',
    };
    let mut out = String::from(quote);
    for character in text.chars() {
        let code = u32::from(character);
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character == quote => out.extend(['\\', quote]),
            _ if is_printable(character) => out.push(character),
            '\0'..='\u{ff}' => out.push_str(&format!("\\x{code:02x}")),
            '\u{100}'..='\u{ffff}' => out.push_str(&format!("\\u{code:04x}")),
            _ => out.push_str(&format!("\\U{code:08x}")),
        }
    }
    out.push(quote);
    out
}

/// Neither control, format, private nor white space other than the space.
fn is_printable(character: char) -> bool {
    let is_format = matches!(
        character,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0001}'..
    );
    character == ' ' || !(character.is_control() || character.is_whitespace() || is_format)
}

/// Methods of Python's values that templates call.
fn method(state: &mut State, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    if let (ValueKind::String, Some(text)) = (value.kind(), value.as_str())
        && let Some(result) = text_method(text, name, args)
    {
        return Ok(result);
    }
    if let (ValueKind::Seq, "index", [wanted]) = (value.kind(), name, args) {
        let at = value.try_iter()?.position(|item| item == *wanted);
        let missing = || Error::new(ErrorKind::InvalidOperation, "the list has no such item");
        return at.map(Value::from).ok_or_else(missing);
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args)
}

/// Methods of text that `minijinja-contrib` lacks.
fn text_method(text: &str, name: &str, args: &[Value]) -> Option<Value> {
    let argument = |at: usize| args.get(at).and_then(Value::as_str);
    Some(match (name, args.len()) {
        ("removeprefix", 1) => text.strip_prefix(argument(0)?).unwrap_or(text).into(),
        ("removesuffix", 1) => text.strip_suffix(argument(0)?).unwrap_or(text).into(),
        ("casefold", 0) => text.to_lowercase().into(),
        ("isspace", 0) => (!text.is_empty() && text.chars().all(char::is_whitespace)).into(),
        ("partition", 1) => match text.split_once(argument(0)?) {
            Some((before, after)) => strings(&[before, argument(0)?, after]),
            None => strings(&[text, "", ""]),
        },
        ("rpartition", 1) => match text.rsplit_once(argument(0)?) {
            Some((before, after)) => strings(&[before, argument(0)?, after]),
            None => strings(&["", "", text]),
        },
        ("rsplit", 2) => {
            let most = args[1].as_usize()?;
            let mut parts: Vec<&str> = text.rsplitn(most + 1, argument(0)?).collect();
            parts.reverse();
            strings(&parts)
        }
        _ => return None,
    })
}

fn strings(parts: &[&str]) -> Value {
    parts.iter().map(|part| Value::from(*part)).collect()
}

/// Lines that hold only a block leave nothing, as transformers sets it.
fn whitespace() -> minijinja::syntax::SyntaxConfig {
    minijinja::syntax::SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the delimiters are the usual ones")
}
