//! JSON schemas before they become grammars: what they refer to, and whether anything can meet them.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

/// White space between the parts of a JSON text, enough to indent, not to go on for ever.
const WHITE_SPACE: &str = r"[ \n\r\t]{1,64}";

/// Days that exist, the twenty-ninth of February in leap years only.
const DATE: &str = r"(\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))|(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";
/// Times of RFC 3339, without leap seconds, which exist at few instants only.
const TIME: &str = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)";

/// Names of hosts, of up to five labels.
const HOST: &str =
    r"([A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?\.){0,4}[A-Za-z]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?";
/// What stands before the `@`, at most the 64 characters of RFC 5321.
const MAILBOX: &str = r"[A-Za-z0-9_%+-]{1,30}(\.[A-Za-z0-9_%+-]{1,30})?";

/// The whole numbers that every reader of JSON reads exactly. Source: RFC 8259, section 6.
const WHOLE_MAX: i64 = (1 << 53) - 1;

/// Words whose value is a schema.
const SCHEMA: [&str; 4] = ["items", "additionalProperties", "not", "contains"];
/// Words whose value is a list of schemas.
const SCHEMAS: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
/// Words whose value names schemas.
const NAMED: [&str; 4] = ["properties", "patternProperties", "$defs", "definitions"];

/// The schema in `text`, ready to become a grammar: references are plain paths within it, and the
/// white space of answers is bounded.
pub(super) fn prepared(text: &str) -> Result<Value, String> {
    let schema: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let mut schema = match schema {
        Value::Object(_) => schema,
        Value::Bool(true) => json!({}),
        Value::Bool(false) => return Err("`false`: no value meets it".to_owned()),
        other => return Err(format!("`{other}` is no schema")),
    };
    let root = schema.clone();
    let finite = Finite::of(&root);
    if !finite.is_finite(&root) {
        return Err("it contains itself without end: every value would be infinite".to_owned());
    }
    finite.prune(&mut schema);
    let mut references = References::new(&finite);
    references.follow(&mut schema)?;
    let moved = std::mem::take(&mut references.moved);
    let object = schema.as_object_mut().ok_or("no object")?;
    if !moved.is_empty() {
        let definitions = object.entry("$defs").or_insert_with(|| json!({}));
        if let Some(definitions) = definitions.as_object_mut() {
            definitions.extend(moved);
        }
    }
    object
        .entry("x-guidance")
        .or_insert_with(|| json!({"whitespace_pattern": WHITE_SPACE}));
    Ok(schema)
}

/// Makes every `$ref` a path of plain words below `#/`.
struct References<'a> {
    finite: &'a Finite<'a>,
    /// Schemas that had no plain path, by the name they get below `$defs`.
    moved: Map<String, Value>,
}

impl<'a> References<'a> {
    fn new(finite: &'a Finite<'a>) -> Self {
        Self {
            finite,
            moved: Map::new(),
        }
    }

    fn follow(&mut self, schema: &mut Value) -> Result<(), String> {
        let Some(object) = schema.as_object_mut() else {
            return Ok(());
        };
        if let Some(Value::String(reference)) = object.get("$ref") {
            let plain = self.plain(&reference.clone())?;
            object.insert("$ref".to_owned(), plain.into());
        }
        sharpen_format(object);
        bound_integers(object);
        // An identity would change what paths are relative to; all of them are absolute by now.
        for word in ["$id", "$anchor"] {
            object.remove(word);
        }
        for word in SCHEMA {
            if let Some(inner) = object.get_mut(word) {
                self.follow(inner)?;
            }
        }
        for word in SCHEMAS {
            for inner in object
                .get_mut(word)
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                self.follow(inner)?;
            }
        }
        for word in NAMED {
            let named = object.get_mut(word).and_then(Value::as_object_mut);
            for (_, inner) in named.into_iter().flatten() {
                self.follow(inner)?;
            }
        }
        Ok(())
    }

    fn plain(&mut self, reference: &str) -> Result<String, String> {
        let unknown = || format!("`$ref` to `{reference}`, which is not in the schema");
        if reference == "#" {
            return Ok(reference.to_owned());
        }
        let target = self.finite.target(reference).ok_or_else(unknown)?;
        let is_plain = reference.starts_with("#/") && !reference.contains(['~', '%']);
        if is_plain {
            return Ok(reference.to_owned());
        }
        let name: String = reference
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_string()
                } else {
                    format!("_{:x}", c as u32)
                }
            })
            .collect();
        if !self.moved.contains_key(&name) {
            self.moved.insert(name.clone(), Value::Null);
            let mut target = target.clone();
            self.finite.prune(&mut target);
            self.follow(&mut target)?;
            self.moved.insert(name.clone(), target);
        }
        Ok(format!("#/$defs/{name}"))
    }
}

/// Says as a pattern what llguidance takes more loosely than validators do.
fn sharpen_format(object: &mut Map<String, Value>) {
    let pattern = match object.get("format").and_then(Value::as_str) {
        Some("date") => format!("^{DATE}$"),
        Some("time") => format!("^{TIME}$"),
        Some("date-time") => format!("^{DATE}T{TIME}$"),
        Some("hostname") => format!("^{HOST}$"),
        Some("email") => format!("^{MAILBOX}@{HOST}$"),
        _ => return,
    };
    object.remove("format");
    if object.contains_key("pattern") {
        let all = object.entry("allOf").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.push(json!({ "pattern": pattern }));
        }
    } else {
        object.insert("pattern".to_owned(), pattern.into());
    }
}

/// Gives whole numbers without bounds those of exact reading.
fn bound_integers(object: &mut Map<String, Value>) {
    let has = |name: &str| match object.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(types)) => types.iter().any(|given| given == name),
        _ => false,
    };
    if !has("integer") || has("number") {
        return;
    }
    for (word, sharp, bound) in [
        ("minimum", "exclusiveMinimum", -WHOLE_MAX),
        ("maximum", "exclusiveMaximum", WHOLE_MAX),
    ] {
        if !object.contains_key(word) && !object.contains_key(sharp) {
            object.insert(word.to_owned(), bound.into());
        }
    }
}

fn collect_anchors<'a>(value: &'a Value, anchors: &mut HashMap<String, &'a Value>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(name)) = object.get("$anchor") {
                anchors.insert(name.clone(), value);
            }
            object
                .values()
                .for_each(|value| collect_anchors(value, anchors));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| collect_anchors(value, anchors)),
        _ => {}
    }
}

/// What `reference` means: `#`, `#/a/path` with the escapes of RFC 6901, or `#anchor`.
fn resolve<'a>(
    root: &'a Value,
    anchors: &HashMap<String, &'a Value>,
    reference: &str,
) -> Option<&'a Value> {
    let fragment = match (reference.strip_prefix('#'), root.get("$id")) {
        (Some(fragment), _) => fragment,
        (None, Some(Value::String(id))) => reference
            .strip_prefix(id.trim_end_matches('#'))?
            .trim_start_matches('#'),
        _ => return None,
    };
    let fragment = unescaped(fragment)?;
    match fragment.as_str() {
        "" => Some(root),
        path if path.starts_with('/') => root.pointer(path),
        name => anchors.get(name).copied(),
    }
}

/// Percent escapes of a URI read.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Which schemas have finite values at all, as far as required parts decide it.
struct Finite<'a> {
    root: &'a Value,
    anchors: HashMap<String, &'a Value>,
    /// References to schemas with finite values.
    references: HashSet<String>,
}

impl<'a> Finite<'a> {
    fn of(root: &'a Value) -> Self {
        let mut anchors = HashMap::new();
        collect_anchors(root, &mut anchors);
        let mut all = HashSet::new();
        collect_references(root, &mut all);
        let mut finite = Self {
            root,
            anchors,
            references: HashSet::new(),
        };
        // What ends without any reference comes first, then what needs only such, and so on.
        loop {
            let is_new = |reference: &&String| {
                finite
                    .target(reference)
                    .is_none_or(|target| finite.is_finite(target))
            };
            let more: Vec<String> = all.iter().filter(is_new).cloned().collect();
            if more.is_empty() {
                return finite;
            }
            all.retain(|reference| !more.contains(reference));
            finite.references.extend(more);
        }
    }

    fn target(&self, reference: &str) -> Option<&'a Value> {
        resolve(self.root, &self.anchors, reference)
    }

    /// Takes out what only infinite values meet, so that no answer is led into it.
    fn prune(&self, schema: &mut Value) {
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        for word in ["anyOf", "oneOf"] {
            if let Some(any) = object.get_mut(word).and_then(Value::as_array_mut) {
                any.retain(|schema| self.is_finite(schema));
            }
        }
        for word in SCHEMAS {
            let list = object.get_mut(word).and_then(Value::as_array_mut);
            list.into_iter()
                .flatten()
                .for_each(|inner| self.prune(inner));
        }
        let forbid = |inner: &mut Value| match self.is_finite(inner) {
            true => self.prune(inner),
            false => *inner = Value::Bool(false),
        };
        for word in ["items", "additionalProperties"] {
            object.get_mut(word).into_iter().for_each(forbid);
        }
        for word in ["properties", "patternProperties"] {
            let named = object.get_mut(word).and_then(Value::as_object_mut);
            named
                .into_iter()
                .flatten()
                .for_each(|(_, inner)| forbid(inner));
        }
        for word in ["$defs", "definitions"] {
            let named = object.get_mut(word).and_then(Value::as_object_mut);
            named
                .into_iter()
                .flatten()
                .for_each(|(_, inner)| self.prune(inner));
        }
    }

    /// Whether some value of `schema` ends, given the references that do.
    fn is_finite(&self, schema: &Value) -> bool {
        let Some(object) = schema.as_object() else {
            return true;
        };
        if ["const", "enum"]
            .iter()
            .any(|word| object.contains_key(*word))
        {
            return true;
        }
        if let Some(Value::String(reference)) = object.get("$ref")
            && !self.references.contains(reference)
        {
            return false;
        }
        let list = |word: &str| object.get(word).and_then(Value::as_array);
        for word in ["anyOf", "oneOf"] {
            if list(word).is_some_and(|any| !any.iter().any(|schema| self.is_finite(schema))) {
                return false;
            }
        }
        if list("allOf").is_some_and(|all| !all.iter().all(|schema| self.is_finite(schema))) {
            return false;
        }
        let is_only = |name: &str| match object.get("type") {
            Some(Value::String(only)) => only == name,
            Some(Value::Array(types)) => matches!(types.as_slice(), [only] if only == name),
            _ => false,
        };
        if is_only("object") {
            let properties = object.get("properties");
            let mut required = list("required")
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let part = |name: &str| properties.and_then(|all| all.get(name));
            return required.all(|name| part(name).is_none_or(|schema| self.is_finite(schema)));
        }
        if is_only("array") {
            let least = object.get("minItems").and_then(Value::as_u64).unwrap_or(0) as usize;
            let prefix = list("prefixItems").map_or(&[][..], Vec::as_slice);
            let rest = (least > prefix.len())
                .then(|| object.get("items"))
                .flatten();
            let mut needed = prefix.iter().take(least).chain(rest);
            return needed.all(|schema| self.is_finite(schema));
        }
        true
    }
}

fn collect_references(value: &Value, references: &mut HashSet<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                references.insert(reference.clone());
            }
            object
                .values()
                .for_each(|value| collect_references(value, references));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| collect_references(value, references)),
        _ => {}
    }
}
