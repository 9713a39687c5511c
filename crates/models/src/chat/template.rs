//! Renders a conversation into the text that a model reads.

use std::panic::{AssertUnwindSafe, catch_unwind};

use minijinja::{Environment, Error as Jinja, ErrorKind, Value};

use super::{
    Content, Json, Message, Moment, Part, Role, Tool, ToolCall, ToolKind, python::environment,
};
use crate::{Error, Result};

/// A conversation as it is to be rendered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prompt<'a> {
    /// What was said so far.
    pub messages: &'a [Message],
    /// What may be called.
    pub tools: &'a [Tool],
    /// Whether the model is to answer next.
    pub adds_generation_prompt: bool,
    /// Whether the model is to go on where the last message stops.
    pub continues_last: bool,
    /// What else the template asks for, as `enable_thinking` or `reasoning_effort`.
    pub options: &'a [(String, Json)],
    /// The date for templates that print one.
    pub now: Option<Moment>,
}

/// A chat template: Jinja, as transformers runs it.
pub struct Template {
    environment: Environment<'static>,
    source: String,
    /// `bos_token` and its like.
    tokens: Vec<(String, String)>,
    /// Whether messages may be lists of parts.
    takes_parts: bool,
    /// Whether the arguments of tool calls must be text rather than an object.
    wants_text_arguments: bool,
    knows_developer: bool,
}

const NAME: &str = "chat";

/// Marks where the last message stops; as in transformers, with a space that trimming takes.
const TAG: &str = "CONTINUE_FINAL_MESSAGE_TAG ";

impl Template {
    /// Reads the template `source`; `tokens` are the names and texts of `bos_token` and its like.
    pub fn new(source: &str, tokens: &[(String, String)]) -> Result<Self> {
        let mut environment = environment();
        let plain = without_generation_blocks(source);
        environment
            .add_template_owned(NAME, plain)
            .map_err(|error| broken(&error))?;
        let mut template = Self {
            environment,
            source: source.to_owned(),
            tokens: tokens.to_vec(),
            takes_parts: true,
            wants_text_arguments: false,
            knows_developer: source.contains("developer"),
        };
        template.probe();
        Ok(template)
    }

    /// The template as it was read.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text of `prompt`.
    pub fn render(&self, prompt: &Prompt) -> Result<String> {
        if prompt.messages.is_empty() {
            let reason = "there is no message".to_owned();
            return Err(Error::chat(reason, "a conversation begins with one"));
        }
        let rendered = self.try_render(prompt);
        rendered.map_err(|error| broken(&error))
    }

    /// Finds out what the template understands by trying it.
    fn probe(&mut self) {
        const NEEDLE: &str = "needle-in-a-part";
        let mut said = Message::empty(Role::User);
        said.content = Some(Content::Parts(vec![Part::Text(NEEDLE.to_owned())]));
        let rendered = self.probe_with(&[said]).unwrap_or_default();
        // Templates that do not know parts print them as Python would, or fail.
        self.takes_parts = rendered.contains(NEEDLE)
            && !rendered.contains("'text'")
            && !rendered.contains("\"text\"");
        let mut calls = Message::empty(Role::Assistant);
        calls.tool_calls.push(ToolCall {
            id: "abcdefghi".to_owned(),
            name: "look".to_owned(),
            arguments: r#"{"at": "it"}"#.to_owned(),
        });
        let messages = [Message::new(Role::User, "Look."), calls];
        if self.probe_with(&messages).is_err() {
            self.wants_text_arguments = true;
            let helps = self.probe_with(&messages).is_ok();
            self.wants_text_arguments = helps;
        }
    }

    fn probe_with(&self, messages: &[Message]) -> std::result::Result<String, Jinja> {
        self.try_render(&Prompt {
            messages,
            now: Some(Moment::from_local_seconds(0)),
            ..Prompt::default()
        })
    }

    fn try_render(&self, prompt: &Prompt) -> std::result::Result<String, Jinja> {
        let mut messages = self.messages(prompt.messages);
        if prompt.continues_last {
            tag_last(&mut messages)?;
        }
        let tools: Vec<Value> = prompt.tools.iter().map(tool).collect();
        let mut context = vec![
            (
                "messages".to_owned(),
                Value::from(messages.into_iter().map(Fields::value).collect::<Vec<_>>()),
            ),
            (
                "tools".to_owned(),
                if tools.is_empty() {
                    Value::from(())
                } else {
                    Value::from(tools)
                },
            ),
            ("documents".to_owned(), Value::from(())),
            (
                "add_generation_prompt".to_owned(),
                prompt.adds_generation_prompt.into(),
            ),
            ("strftime_now".to_owned(), strftime_now(prompt.now)),
        ];
        context.extend(
            self.tokens
                .iter()
                .map(|(name, token)| (name.clone(), token.into())),
        );
        let options = prompt.options.iter();
        context.extend(options.map(|(name, option)| (name.clone(), option.value())));
        let template = self.environment.get_template(NAME)?;
        let context = Value::from_pairs(context);
        // minijinja 3.0.5 panics where it slices an empty list backwards.
        let rendered = catch_unwind(AssertUnwindSafe(|| template.render(context)));
        let rendered = rendered.unwrap_or_else(|_| {
            let reason = "the template slices an empty list backwards";
            Err(Jinja::new(ErrorKind::InvalidOperation, reason))
        })?;
        match prompt.continues_last {
            true => cut_at_tag(rendered),
            false => Ok(rendered),
        }
    }

    fn messages(&self, messages: &[Message]) -> Vec<Fields> {
        let fields = |at: usize| {
            let mut message = messages[at].clone();
            if message.role == Role::Tool && message.name.is_none() {
                // Some templates name the tool that answers, which only the call does.
                let mut calls = messages[..at]
                    .iter()
                    .rev()
                    .flat_map(|other| &other.tool_calls);
                let called = calls.find(|call| Some(&call.id) == message.tool_call_id.as_ref());
                message.name = called.map(|call| call.name.clone());
            }
            self.fields(&message)
        };
        (0..messages.len()).map(fields).collect()
    }

    fn fields(&self, message: &Message) -> Fields {
        let mut fields = Fields::default();
        if let Some(reasoning) = &message.reasoning {
            fields.push("thinking", reasoning);
        }
        let role = match message.role {
            Role::Developer if !self.knows_developer => Role::System,
            role => role,
        };
        fields.push("role", role.name());
        fields.push(
            "content",
            match &message.content {
                None => Value::from(""),
                Some(Content::Parts(parts)) if self.takes_parts => parts.iter().map(part).collect(),
                Some(content) => content.text().into(),
            },
        );
        if let Some(reasoning) = &message.reasoning {
            fields.push("reasoning_content", reasoning);
        }
        if !message.tool_calls.is_empty() {
            let calls = message.tool_calls.iter().map(|call| self.tool_call(call));
            fields.push("tool_calls", calls.collect::<Value>());
        }
        if let Some(id) = &message.tool_call_id {
            fields.push("tool_call_id", id);
        }
        if let Some(name) = &message.name {
            fields.push("name", name);
        }
        fields
    }

    fn tool_call(&self, call: &ToolCall) -> Value {
        let parsed = Json::parse(&call.arguments)
            .ok()
            .filter(|_| !self.wants_text_arguments);
        let arguments = parsed.map_or_else(|| Value::from(&call.arguments), |json| json.value());
        let function = map([("name", Value::from(&call.name)), ("arguments", arguments)]);
        map([
            ("id", Value::from(&call.id)),
            ("type", "function".into()),
            ("function", function),
        ])
    }
}

/// The fields of a message in the order in which templates may print them.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn push(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.push((name, value.into()));
    }

    fn value(self) -> Value {
        map(self.0)
    }
}

fn map<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::from_pairs(fields)
}

fn part(part: &Part) -> Value {
    let (kind, key, what) = match part {
        Part::Text(text) | Part::Refusal(text) => ("text", "text", text),
        Part::Image(media) => ("image", "image", &media.source),
        Part::Audio(media) => ("audio", "audio", &media.source),
        Part::Video(media) => ("video", "video", &media.source),
        Part::File(media) => ("file", "file", &media.source),
    };
    map([("type", Value::from(kind)), (key, what.into())])
}

fn tool(tool: &Tool) -> Value {
    let mut function = vec![("name", Value::from(&tool.name))];
    if let Some(description) = &tool.description {
        function.push(("description", description.into()));
    }
    match &tool.kind {
        ToolKind::Function { parameters, strict } => {
            if let Some(parameters) = parameters {
                function.push(("parameters", parameters.value()));
            }
            if let Some(strict) = strict {
                function.push(("strict", (*strict).into()));
            }
        }
        // No family was trained on tools that take bare text, so they take it as an argument.
        ToolKind::FreeForm { .. } => {
            let input = map([("input", map([("type", Value::from("string"))]))]);
            let parameters = [
                ("type", Value::from("object")),
                ("properties", input),
                ("required", Value::from(vec!["input"])),
            ];
            function.push(("parameters", map(parameters)));
        }
    }
    map([
        ("type", Value::from("function")),
        ("function", map(function)),
    ])
}

fn strftime_now(now: Option<Moment>) -> Value {
    Value::from_function(move |format: String| match now {
        Some(now) => Ok(now.format(&format)),
        None => Err(Jinja::new(
            ErrorKind::InvalidOperation,
            "the template prints the date, and none was given",
        )),
    })
}

fn tag_last(messages: &mut [Fields]) -> std::result::Result<(), Jinja> {
    let last = messages.last_mut().and_then(|fields| {
        let content = fields.0.iter_mut().find(|(name, _)| *name == "content")?;
        let said = content.1.as_str()?.to_owned();
        content.1 = format!("{said}{TAG}").into();
        Some(())
    });
    last.ok_or_else(|| {
        let reason = "there is no text in the last message to go on from";
        Jinja::new(ErrorKind::InvalidOperation, reason)
    })
}

fn cut_at_tag(mut rendered: String) -> std::result::Result<String, Jinja> {
    let Some(at) = rendered.rfind(TAG.trim_end()) else {
        let reason = "the template leaves out the message to go on from";
        return Err(Jinja::new(ErrorKind::InvalidOperation, reason));
    };
    let keeps_space = rendered[at..].starts_with(TAG);
    rendered.truncate(at);
    if !keeps_space {
        rendered.truncate(rendered.trim_end().len());
    }
    Ok(rendered)
}

/// `source` with `{% generation %}` blocks, which only training needs, as blocks that are always
/// taken.
fn without_generation_blocks(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{%") {
        let (before, block) = rest.split_at(at);
        out.push_str(before);
        let Some(end) = block.find("%}") else {
            rest = block;
            break;
        };
        let inside = &block[2..end];
        let word = inside.trim_matches(['-', '+']).trim();
        match word {
            "generation" => out.push_str(&block[..end].replacen("generation", "if true", 1)),
            "endgeneration" => out.push_str(&block[..end].replacen("endgeneration", "endif", 1)),
            _ => out.push_str(&block[..end]),
        }
        rest = &block[end..];
    }
    out.push_str(rest);
    out
}

fn broken(error: &Jinja) -> Error {
    let place = error
        .line()
        .map_or_else(String::new, |line| format!(", line {line}"));
    let detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    Error::chat(
        format!("{detail}{place}"),
        "the template may not know roles, tools or options of this conversation; another can be given",
    )
}
