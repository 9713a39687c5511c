//! Tools as chat completions write them.

use models::chat::{Json, Tool, ToolChoice, ToolKind};
use serde_json::Value;

use crate::fault::{Fault, Result};

/// The most tools of a request.
const TOOLS_MAX: usize = 1024;

/// The tools of a request: `tools`, or `functions` as it was called before.
pub(crate) fn tools(tools: &[Value], functions: &[Value]) -> Result<Vec<Tool>> {
    let all = tools.len() + functions.len();
    if all > TOOLS_MAX {
        let message = format!("`{all}` tools; there may be `{TOOLS_MAX}`");
        return Err(Fault::param("tools", message));
    }
    let mut read = Vec::with_capacity(all);
    for (at, value) in tools.iter().enumerate() {
        let param = || format!("tools[{at}]");
        read.push(match value["type"].as_str() {
            Some("function") => function(&value["function"], &param())?,
            Some("custom") => custom(&value["custom"], &param())?,
            other => {
                let kind = other.unwrap_or("?");
                let message =
                    format!("there are no tools of type `{kind}`\nhint: `function` or `custom`");
                return Err(Fault::param(format!("tools[{at}].type"), message));
            }
        });
    }
    for (at, value) in functions.iter().enumerate() {
        read.push(function(value, &format!("functions[{at}]"))?);
    }
    Ok(read)
}

/// A function: `name`, `description`, `parameters`, `strict`.
pub(crate) fn function(value: &Value, param: &str) -> Result<Tool> {
    let parameters = match &value["parameters"] {
        Value::Null => None,
        schema @ Value::Object(_) => Some(json(schema, param)?),
        _ => {
            let message = "`parameters` is a JSON schema, an object";
            return Err(Fault::param(format!("{param}.parameters"), message));
        }
    };
    Ok(Tool {
        name: name(value, param)?,
        description: value["description"].as_str().map(str::to_owned),
        kind: ToolKind::Function {
            parameters,
            strict: value["strict"].as_bool(),
        },
    })
}

/// A tool of free text: `name`, `description`, `format`.
pub(crate) fn custom(value: &Value, param: &str) -> Result<Tool> {
    let format = &value["format"];
    // Chat completions nest the grammar, responses do not.
    let grammar = match format["grammar"].is_object() {
        true => &format["grammar"],
        false => format,
    };
    let text = |key: &str| grammar[key].as_str().map(str::to_owned);
    let is_grammar = format["type"] == "grammar";
    if let (true, Some(syntax)) = (is_grammar, text("syntax"))
        && !matches!(&*syntax, "lark" | "regex")
    {
        let message = format!("there is no syntax `{syntax}`\nhint: `lark` or `regex`");
        return Err(Fault::param(format!("{param}.format.syntax"), message));
    }
    Ok(Tool {
        name: name(value, param)?,
        description: value["description"].as_str().map(str::to_owned),
        kind: ToolKind::FreeForm {
            grammar: text("syntax")
                .zip(text("definition"))
                .filter(|_| is_grammar),
        },
    })
}

fn name(value: &Value, param: &str) -> Result<String> {
    let name = value["name"].as_str().unwrap_or_default();
    let is_sign = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
    match !name.is_empty() && name.len() <= 128 && name.chars().all(is_sign) {
        true => Ok(name.to_owned()),
        false => {
            let message = format!("`{name}` is no name of a tool: letters, digits, `_`, `-`");
            Err(Fault::param(format!("{param}.name"), message))
        }
    }
}

pub(crate) fn json(value: &Value, param: &str) -> Result<Json> {
    Json::parse(&value.to_string()).map_err(|error| Fault::param(param, error.to_string()))
}

/// Which tools may or must be called.
pub(crate) fn tool_choice(value: &Value) -> Result<ToolChoice> {
    let named = |value: &Value| {
        let inner = [
            &value["function"]["name"],
            &value["custom"]["name"],
            &value["name"],
        ];
        inner.into_iter().find_map(Value::as_str).map(str::to_owned)
    };
    let choice = match value {
        Value::Null => Some(ToolChoice::Auto),
        Value::String(word) => match &**word {
            "none" => Some(ToolChoice::None),
            "auto" => Some(ToolChoice::Auto),
            "required" => Some(ToolChoice::Required),
            _ => None,
        },
        Value::Object(_) if value["type"] == "allowed_tools" => {
            let inner = match value["allowed_tools"].is_object() {
                true => &value["allowed_tools"],
                false => value,
            };
            let tools = inner["tools"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            Some(ToolChoice::Among {
                names: tools.iter().filter_map(named).collect(),
                required: inner["mode"] == "required",
            })
        }
        Value::Object(_) => named(value).map(ToolChoice::Named),
        _ => None,
    };
    choice.ok_or_else(|| {
        let message = format!(
            "`{value}` is no choice\nhint: `none`, `auto`, `required`, or the name of a tool"
        );
        Fault::param("tool_choice", message)
    })
}
