//! Holds a model to the tools that it may or must call.

use engine::constrain::{Constraint, Tag, Tags};
use models::chat::{Json, Syntax, Tool, ToolChoice, ToolKind};

use crate::error::{Error, Result};

/// The tools that are told of: all that may be called.
pub(crate) fn allowed<'a>(tools: &'a [Tool], choice: &ToolChoice) -> Vec<&'a Tool> {
    let named = |names: &[String]| {
        let is_named = |tool: &&Tool| names.contains(&tool.name);
        tools.iter().filter(is_named).collect()
    };
    match choice {
        ToolChoice::None => Vec::new(),
        ToolChoice::Auto | ToolChoice::Required => tools.iter().collect(),
        ToolChoice::Named(name) => named(std::slice::from_ref(name)),
        ToolChoice::Among { names, .. } => named(names),
    }
}

/// What holds an answer to its calls; nothing where the model is free.
///
/// # Errors
/// [`Error::Calls`] when a call is required of a model that knows no calls, or of no tool.
pub(crate) fn constraint(
    syntax: Syntax,
    tools: &[&Tool],
    choice: &ToolChoice,
    calls_one: bool,
) -> Result<Option<Constraint>> {
    let is_required = match choice {
        ToolChoice::Required | ToolChoice::Named(_) => true,
        ToolChoice::Among { required, .. } => *required,
        ToolChoice::None | ToolChoice::Auto => false,
    };
    let is_strict = |tool: &&&Tool| {
        matches!(
            tool.kind,
            ToolKind::Function {
                strict: Some(true),
                ..
            }
        )
    };
    let is_free = tools.iter().find(is_strict).is_none() && !calls_one;
    if !is_required && (is_free || tools.is_empty()) {
        return Ok(None);
    }
    if tools.is_empty() {
        let reason = "a call is required, and no such tool was given".to_owned();
        return Err(Error::Calls { reason });
    }
    match notation(syntax) {
        Some(notation) => Ok(Some(Constraint::Tagged(Tags {
            trigger: notation.trigger.to_owned(),
            tags: tools.iter().map(|tool| notation.tag(tool)).collect(),
            allows_text: !is_required,
            is_required,
            repeats: !calls_one && notation.repeats,
        }))),
        None if syntax == Syntax::Llama3 && is_required => Ok(Some(bare(tools))),
        None if is_required => {
            let reason = "this model's chat template cannot be held to a call".to_owned();
            Err(Error::Calls { reason })
        }
        None => Ok(None),
    }
}

/// How calls are written around their JSON.
struct Notation {
    trigger: &'static str,
    before_name: &'static str,
    after_name: &'static str,
    end: &'static str,
    repeats: bool,
}

fn notation(syntax: Syntax) -> Option<Notation> {
    Some(match syntax {
        Syntax::Tagged => Notation {
            trigger: "<tool_call>",
            before_name: "\n{\"name\": \"",
            after_name: "\", \"arguments\": ",
            end: "}\n</tool_call>",
            repeats: true,
        },
        Syntax::Mistral => Notation {
            trigger: "[TOOL_CALLS]",
            before_name: "[{\"name\": \"",
            after_name: "\", \"arguments\": ",
            end: "}]",
            repeats: false,
        },
        Syntax::Phi4 => Notation {
            trigger: "<|tool_call|>",
            before_name: "[{\"name\": \"",
            after_name: "\", \"arguments\": ",
            end: "}]<|/tool_call|>",
            repeats: false,
        },
        Syntax::Harmony => Notation {
            trigger: "<|channel|>commentary to=functions.",
            before_name: "",
            after_name: " <|constrain|>json<|message|>",
            end: "<|call|>",
            repeats: false,
        },
        Syntax::Plain | Syntax::Llama3 | Syntax::Gemma4 => return None,
    })
}

impl Notation {
    fn tag(&self, tool: &Tool) -> Tag {
        let Self {
            trigger,
            before_name,
            after_name,
            ..
        } = self;
        Tag {
            begin: format!("{trigger}{before_name}{}{after_name}", tool.name),
            schema: parameters(tool),
            end: self.end.to_owned(),
        }
    }
}

/// An object that is a call, alone.
fn bare(tools: &[&Tool]) -> Constraint {
    let calls = tools.iter().map(|tool| {
        let name = Json::from(tool.name.as_str());
        format!(
            r#"{{"type":"object","properties":{{"name":{{"const":{name}}},"parameters":{}}},"required":["name","parameters"],"additionalProperties":false}}"#,
            parameters(tool),
        )
    });
    let calls: Vec<String> = calls.collect();
    Constraint::JsonSchema(format!(r#"{{"anyOf":[{}]}}"#, calls.join(",")))
}

/// What a tool takes, as a JSON schema.
fn parameters(tool: &Tool) -> String {
    match &tool.kind {
        ToolKind::Function {
            parameters: Some(schema),
            ..
        } => schema.to_string(),
        ToolKind::Function { .. } => r#"{"type":"object"}"#.to_owned(),
        ToolKind::FreeForm { .. } => {
            r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#.to_owned()
        }
    }
}
