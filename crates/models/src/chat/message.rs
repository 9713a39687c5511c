//! What is said in a conversation, and the tools that may be called in it.

use super::Json;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The rules of the whole conversation.
    System,
    /// The rules of whoever built the application, below those of `System`.
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// What a tool returned.
    Tool,
}

impl Role {
    /// The role as templates spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; nothing where a model only calls tools.
    pub content: Option<Content>,
    /// Who speaks among several of one role, or the tool that answers.
    pub name: Option<String>,
    /// What the model thought before it spoke.
    pub reasoning: Option<String>,
    /// The tools that the model calls, all at once.
    pub tool_calls: Vec<ToolCall>,
    /// Which call this answers.
    pub tool_call_id: Option<String>,
}

impl Message {
    /// A message of plain text.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self {
            content: Some(Content::Text(text.into())),
            ..Self::empty(role)
        }
    }

    /// A message that says nothing yet.
    pub fn empty(role: Role) -> Self {
        Self {
            role,
            content: None,
            name: None,
            reasoning: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }

    /// What the tool that was called as `call` returned.
    pub fn of_tool(call: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            tool_call_id: Some(call.into()),
            ..Self::new(Role::Tool, text)
        }
    }
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text alone.
    Text(String),
    /// Parts in order.
    Parts(Vec<Part>),
}

impl Content {
    /// The text of all parts, a line break between them.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parts(parts) => {
                let texts = parts.iter().filter_map(|part| match part {
                    Part::Text(text) | Part::Refusal(text) => Some(text.as_str()),
                    Part::Image(_) | Part::Audio(_) | Part::Video(_) | Part::File(_) => None,
                });
                texts.collect::<Vec<_>>().join("\n")
            }
        }
    }
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Text(String),
    /// Words by which a model declined.
    Refusal(String),
    /// A picture.
    Image(Media),
    /// Sound.
    Audio(Media),
    /// A film.
    Video(Media),
    /// Any other file.
    File(Media),
}

/// Where something that is not text is to be found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Media {
    /// An address, `data:` ones included, or the id of an upload.
    pub source: String,
    /// The kind of file, as `wav` or `image/png`.
    pub format: Option<String>,
    /// How closely to look.
    pub detail: Option<String>,
}

/// A tool that the model calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// Told apart from other calls by this.
    pub id: String,
    /// The tool.
    pub name: String,
    /// As the model wrote them: JSON for functions, any text for free-form tools.
    pub arguments: String,
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// What calls it.
    pub name: String,
    /// What it is good for.
    pub description: Option<String>,
    /// What it takes.
    pub kind: ToolKind,
}

/// What a tool takes.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolKind {
    /// An object that fits a JSON schema.
    Function {
        /// The schema; none takes an empty object.
        parameters: Option<Json>,
        /// Whether arguments must fit the schema, rather than be likely to; unsaid by default.
        strict: Option<bool>,
    },
    /// Any text, or what a grammar allows.
    FreeForm {
        /// The syntax of the grammar (`lark` or `regex`) and the grammar itself.
        grammar: Option<(String, String)>,
    },
}

/// Which tools may or must be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// None.
    None,
    /// Any or none, as the model likes.
    #[default]
    Auto,
    /// At least one of any.
    Required,
    /// This one.
    Named(String),
    /// Of these, at least one where `required`.
    Among {
        /// The names of the tools.
        names: Vec<String>,
        /// Whether one must be called.
        required: bool,
    },
}
