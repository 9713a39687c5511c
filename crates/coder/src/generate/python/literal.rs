//! Reads Python literals, and writes values and cases as Python.

use tree_sitter::Node;

use crate::generate::target::{Kind, Passing, StandIn, Target};
use crate::generate::value::{Case, Step, Value};

/// The value that the expression `node` of `text` stands for, if it is a literal.
pub(super) fn read(node: Node<'_>, text: &str) -> Option<Value> {
    let own = &text[node.byte_range()];
    let items = || -> Option<Vec<Value>> {
        let mut cursor = node.walk();
        node.named_children(&mut cursor)
            .filter(|n| n.kind() != "comment")
            .map(|n| read(n, text))
            .collect()
    };
    Some(match node.kind() {
        "none" => Value::None,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "integer" => Value::Int(own.replace('_', "").parse().ok()?),
        "float" => Value::Float(own.replace('_', "").parse().ok()?),
        "unary_operator" => match (
            own.starts_with('-'),
            read(node.child_by_field_name("argument")?, text)?,
        ) {
            (true, Value::Int(n)) => Value::Int(-n),
            (true, Value::Float(x)) => Value::Float(-x),
            _ => return None,
        },
        "string" => Value::Str(read_string(own)?),
        "parenthesized_expression" => read(node.named_child(0)?, text)?,
        "list" => Value::List(items()?),
        "tuple" => Value::Tuple(items()?),
        "set" => Value::Set(items()?),
        "dictionary" => {
            let mut cursor = node.walk();
            let mut pairs = Vec::new();
            for pair in node
                .named_children(&mut cursor)
                .filter(|n| n.kind() != "comment")
            {
                let key = read(pair.child_by_field_name("key")?, text)?;
                pairs.push((key, read(pair.child_by_field_name("value")?, text)?));
            }
            Value::Dict(pairs)
        }
        _ => return None,
    })
}

/// The text of a plain string literal with the common escapes; none for bytes and f-strings.
pub(super) fn read_string(literal: &str) -> Option<String> {
    let raw = literal.starts_with(['r', 'R']);
    let body = literal.trim_start_matches(['r', 'R', 'u', 'U']);
    let quote = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|quote| body.starts_with(quote))?;
    let body = body.strip_prefix(quote)?.strip_suffix(quote)?;
    if raw || !body.contains('\\') {
        return Some(body.to_owned());
    }
    let mut text = String::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next()? {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '0' => text.push('\0'),
            '\n' => {}
            c @ ('\\' | '\'' | '"') => text.push(c),
            _ => return None,
        }
    }
    Some(text)
}

/// `value` as a Python expression; `names` holds the variables of the case's objects.
pub(super) fn write(value: &Value, names: &[String]) -> String {
    let join = |items: &[Value]| {
        items
            .iter()
            .map(|item| write(item, names))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(b) => if *b { "True" } else { "False" }.to_owned(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => write_float(*x),
        Value::Str(text) => quote(text),
        Value::Bytes(bytes) => format!("b{}", quote_bytes(bytes)),
        Value::List(items) => format!("[{}]", join(items)),
        Value::Tuple(items) if items.len() == 1 => format!("({},)", join(items)),
        Value::Tuple(items) => format!("({})", join(items)),
        Value::Set(items) if items.is_empty() => "set()".to_owned(),
        Value::Set(items) => format!("{{{}}}", join(items)),
        Value::Dict(items) => {
            let pairs: Vec<String> = items
                .iter()
                .map(|(k, v)| format!("{}: {}", write(k, names), write(v, names)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Object(id) => names[*id].clone(),
        Value::New(class, args) => format!("{class}({})", join(args)),
        Value::Raw(text) => text.clone(),
        Value::Omitted => unreachable!("omitted arguments are not written"),
    }
}

fn write_float(x: f64) -> String {
    if x.is_nan() {
        "float('nan')".to_owned()
    } else if x.is_infinite() {
        format!("float('{}inf')", if x < 0.0 { "-" } else { "" })
    } else {
        format!("{x:?}")
    }
}

/// A string literal as `repr` writes it.
pub(super) fn quote(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn quote_bytes(bytes: &[u8]) -> String {
    let body: String = bytes
        .iter()
        .map(|&b| match b {
            b'\\' => "\\\\".to_owned(),
            b'\'' => "\\'".to_owned(),
            32..=126 => (b as char).to_string(),
            _ => format!("\\x{b:02x}"),
        })
        .collect();
    format!("'{body}'")
}

/// A case as Python: statements that make its objects and arguments, then its calls.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// Name and expression of each variable made before the calls, in order; fields that close
    /// a cycle are assigned afterwards, as `a.b` and the expression.
    pub setup: Vec<(String, String)>,
    /// Variable that keeps the result (empty if none does) and the call, for each step.
    pub calls: Vec<(String, String)>,
    /// Variables that a call may change.
    pub watch: Vec<String>,
}

impl Script {
    pub fn setup_text(&self) -> String {
        self.setup
            .iter()
            .map(|(name, value)| format!("{name} = {value}\n"))
            .collect()
    }
}

/// Writes `case` down with a variable for each argument that a call may change.
pub(super) fn script(case: &Case, target: &Target) -> Script {
    script_with(case, target, &|_| true)
}

/// Writes `case` down; arguments that a call may change get a variable if `keeps` says so.
pub(super) fn script_with(case: &Case, target: &Target, keeps: &dyn Fn(&str) -> bool) -> Script {
    let names = object_names(case, target);
    let mut setup = Vec::new();
    let mut late = Vec::new();
    let mut made = vec![false; names.len()];
    for id in by_need(case) {
        let object = &case.objects[id];
        let mut args = Vec::new();
        for (field, value) in &object.fields {
            let mut is_ready = true;
            value.each(&mut |inner| {
                is_ready &= !matches!(inner, Value::Object(other) if !made[*other])
            });
            if !is_ready {
                late.push((format!("{}.{field}", names[id]), write(value, &names)));
            } else if *value != Value::None {
                args.push(format!("{field}={}", write(value, &names)));
            }
        }
        made[id] = true;
        let class = &target.standins[object.class].name;
        setup.push((names[id].clone(), format!("{class}({})", args.join(", "))));
    }
    setup.extend(late);
    let mut watch: Vec<String> = names.clone();
    let mut calls = Vec::new();
    let receiver = snake_case(&target.name);
    for step in &case.steps {
        let call = call(
            step,
            target,
            &names,
            &mut Variables {
                receiver: &receiver,
                keeps,
                setup: &mut setup,
                watch: &mut watch,
            },
        );
        let is_constructor = target.callables[step.callable].kind == Kind::Constructor;
        calls.push((
            if is_constructor {
                receiver.clone()
            } else {
                String::new()
            },
            call,
        ));
    }
    Script {
        setup,
        calls,
        watch,
    }
}

/// Objects in an order in which each comes after those it refers to, unless they go in circles.
fn by_need(case: &Case) -> Vec<usize> {
    fn visit(id: usize, case: &Case, seen: &mut Vec<bool>, order: &mut Vec<usize>) {
        if std::mem::replace(&mut seen[id], true) {
            return;
        }
        let mut needed = Vec::new();
        for (_, value) in &case.objects[id].fields {
            value.each(&mut |inner| {
                if let Value::Object(other) = inner {
                    needed.push(*other);
                }
            });
        }
        for other in needed {
            visit(other, case, seen, order);
        }
        order.push(id);
    }
    let mut order = Vec::new();
    let mut seen = vec![false; case.objects.len()];
    for id in 0..case.objects.len() {
        visit(id, case, &mut seen, &mut order);
    }
    order
}

/// The variables of a script as it grows.
struct Variables<'a> {
    receiver: &'a str,
    keeps: &'a dyn Fn(&str) -> bool,
    setup: &'a mut Vec<(String, String)>,
    watch: &'a mut Vec<String>,
}

impl Variables<'_> {
    /// Puts `text` in a variable called after `stem`; what to write in its place.
    fn hold(&mut self, stem: &str, text: String, target: &Target) -> String {
        let mut name = stem.to_owned();
        let mut count = 2;
        while self.watch.contains(&name) || name == self.receiver || name == target.name {
            name = format!("{stem}_{count}");
            count += 1;
        }
        self.watch.push(name.clone());
        if (self.keeps)(&name) {
            self.setup.push((name.clone(), text));
            name
        } else {
            text
        }
    }
}

/// The call of one step; mutable arguments become variables first.
fn call(step: &Step, target: &Target, names: &[String], variables: &mut Variables<'_>) -> String {
    let receiver = variables.receiver;
    let callable = &target.callables[step.callable];
    let mut args = Vec::new();
    let mut by_name = false;
    for (param, value) in callable.params.iter().zip(&step.args) {
        match (param.passing, value) {
            (_, Value::Omitted) => by_name = true,
            (Passing::Rest, Value::List(items)) => {
                args.extend(items.iter().map(|item| write(item, names)));
            }
            (Passing::Rest, _) => {}
            (passing, value) => {
                let mut text = write(value, names);
                if value.is_mutable() {
                    text = variables.hold(&param.name, text, target);
                }
                by_name |= passing == Passing::Keyword;
                args.push(if by_name {
                    format!("{}={text}", param.name)
                } else {
                    text
                });
            }
        }
    }
    let args = args.join(", ");
    let call = match callable.kind {
        Kind::Function | Kind::Constructor => format!("{}({args})", callable.name),
        Kind::Method => format!("{receiver}.{}({args})", callable.name),
        Kind::Static => format!("{}.{}({args})", target.name, callable.name),
        Kind::Property => format!("{receiver}.{}", callable.name),
    };
    if callable.is_async {
        format!("asyncio.run({call})")
    } else {
        call
    }
}

/// Variables of a case's objects: named after the parameter that takes them, or the class.
fn object_names(case: &Case, target: &Target) -> Vec<String> {
    let mut names: Vec<String> = vec![String::new(); case.objects.len()];
    for step in &case.steps {
        for (param, value) in target.callables[step.callable]
            .params
            .iter()
            .zip(&step.args)
        {
            if let Value::Object(id) = value
                && names[*id].is_empty()
                && !names.contains(&param.name)
            {
                names[*id] = param.name.clone();
            }
        }
    }
    for id in 0..names.len() {
        if names[id].is_empty() {
            let stem = snake_case(&target.standins[case.objects[id].class].name);
            let mut count = 1;
            while names.contains(&format!("{stem}_{count}")) {
                count += 1;
            }
            names[id] = format!("{stem}_{count}");
        }
    }
    names
}

/// `LinkedList` as `linked_list`.
pub(in crate::generate) fn snake_case(name: &str) -> String {
    let mut out = String::new();
    let mut before = '_';
    for c in name.chars() {
        if c.is_uppercase() && before != '_' && !before.is_uppercase() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
        before = c;
    }
    out
}

/// The definition of a stand-in class.
pub(super) fn standin(class: &StandIn, user: &str) -> String {
    let params: String = class
        .fields
        .iter()
        .map(|(name, _)| format!(", {name}=None"))
        .collect();
    let fields: String = class
        .fields
        .iter()
        .map(|(name, _)| format!("        self.{name} = {name}\n"))
        .collect();
    format!(
        "class {}:\n    \"\"\"Has the attributes that `{user}` uses.\"\"\"\n\n    def __init__(self{params}):\n{fields}",
        class.name
    )
}
