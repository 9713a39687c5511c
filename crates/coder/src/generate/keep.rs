//! Cases as JSON, so that they outlive the run that found them.

use serde_json::{Value as Json, json};

use super::value::{Case, Object, Step, Value};

/// A case as it is kept.
pub(super) fn kept(case: &Case) -> Json {
    let objects = case.objects.iter().map(|object| {
        let fields = object
            .fields
            .iter()
            .map(|(name, value)| json!([name, of(value)]));
        json!([object.class, fields.collect::<Vec<Json>>()])
    });
    let steps = case
        .steps
        .iter()
        .map(|step| json!([step.callable, all(&step.args)]));
    json!({ "objects": objects.collect::<Vec<Json>>(), "steps": steps.collect::<Vec<Json>>() })
}

/// A case that was kept.
pub(super) fn case(kept: &Json) -> Option<Case> {
    let object = |kept: &Json| {
        let fields = kept[1].as_array()?.iter();
        let field = |kept: &Json| Some((kept[0].as_str()?.to_owned(), value(&kept[1])?));
        Some(Object {
            class: number(&kept[0])?,
            fields: fields.map(field).collect::<Option<_>>()?,
        })
    };
    let step = |kept: &Json| {
        Some(Step {
            callable: number(&kept[0])?,
            args: values(&kept[1])?,
        })
    };
    Some(Case {
        objects: kept["objects"]
            .as_array()?
            .iter()
            .map(object)
            .collect::<Option<_>>()?,
        steps: kept["steps"]
            .as_array()?
            .iter()
            .map(step)
            .collect::<Option<_>>()?,
    })
}

fn number(kept: &Json) -> Option<usize> {
    kept.as_u64()
        .and_then(|number| usize::try_from(number).ok())
}

fn all(values: &[Value]) -> Vec<Json> {
    values.iter().map(of).collect()
}

fn values(kept: &Json) -> Option<Vec<Value>> {
    kept.as_array()?.iter().map(value).collect()
}

/// Each kind by its name; floats by their bits, so that those beyond all bounds are kept, too.
fn of(value: &Value) -> Json {
    match value {
        Value::None => json!(["none"]),
        Value::Bool(value) => json!(["bool", value]),
        Value::Int(value) => json!(["int", value]),
        Value::Float(value) => json!(["float", value.to_bits()]),
        Value::Str(value) => json!(["str", value]),
        Value::Bytes(value) => json!(["bytes", value]),
        Value::List(items) => json!(["list", all(items)]),
        Value::Tuple(items) => json!(["tuple", all(items)]),
        Value::Set(items) => json!(["set", all(items)]),
        Value::Dict(items) => {
            let items = items.iter().map(|(key, value)| json!([of(key), of(value)]));
            json!(["dict", items.collect::<Vec<Json>>()])
        }
        Value::Object(at) => json!(["object", at]),
        Value::New(name, args) => json!(["new", name, all(args)]),
        Value::Raw(text) => json!(["raw", text]),
        Value::Omitted => json!(["omitted"]),
    }
}

fn value(kept: &Json) -> Option<Value> {
    let held = &kept[1];
    Some(match kept[0].as_str()? {
        "none" => Value::None,
        "bool" => Value::Bool(held.as_bool()?),
        "int" => Value::Int(held.as_i64()?),
        "float" => Value::Float(f64::from_bits(held.as_u64()?)),
        "str" => Value::Str(held.as_str()?.to_owned()),
        "bytes" => {
            let bytes = held.as_array()?.iter();
            let byte = |kept: &Json| u8::try_from(kept.as_u64()?).ok();
            Value::Bytes(bytes.map(byte).collect::<Option<_>>()?)
        }
        "list" => Value::List(values(held)?),
        "tuple" => Value::Tuple(values(held)?),
        "set" => Value::Set(values(held)?),
        "dict" => {
            let items = held.as_array()?.iter();
            let item = |kept: &Json| Some((value(&kept[0])?, value(&kept[1])?));
            Value::Dict(items.map(item).collect::<Option<_>>()?)
        }
        "object" => Value::Object(number(held)?),
        "new" => Value::New(held.as_str()?.to_owned(), values(&kept[2])?),
        "raw" => Value::Raw(held.as_str()?.to_owned()),
        "omitted" => Value::Omitted,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_found() {
        let text = Value::Str("é\n".to_owned());
        let args = vec![
            Value::None,
            Value::Bool(true),
            Value::Int(i64::MIN),
            Value::Float(f64::NEG_INFINITY),
            Value::Float(-0.0),
            Value::Bytes(vec![0, 255]),
            Value::List(vec![text.clone(), Value::Tuple(Vec::new())]),
            Value::Set(vec![Value::Int(1)]),
            Value::Dict(vec![(text.clone(), Value::Object(0))]),
            Value::New("Till".to_owned(), vec![Value::Omitted]),
            Value::Raw("1 + 1".to_owned()),
        ];
        let found = Case {
            objects: vec![Object {
                class: 2,
                fields: vec![("name".to_owned(), text)],
            }],
            steps: vec![Step { callable: 3, args }],
        };
        let text = kept(&found).to_string();
        assert_eq!(case(&serde_json::from_str(&text).unwrap()), Some(found));
        assert_eq!(
            case(&json!({ "objects": [], "steps": [[0, [["other", 1]]]] })),
            None
        );
    }
}
