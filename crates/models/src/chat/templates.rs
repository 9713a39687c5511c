//! Finds the chat templates of a checkpoint, or one of ours that fits its family.

use std::{fs, io, path::Path};

use serde_json::Value;
use tensor::files::{Gguf, Metadata};

use super::{Prompt, Syntax, Template};
use crate::{Error, Result, tokenizer::json_file as json};

/// The templates of a checkpoint: one, or several with names.
pub struct Templates {
    default: Template,
    /// For conversations with tools, where the checkpoint brings a template of its own for them.
    with_tools: Option<Template>,
    /// Whether the checkpoint brought them.
    own: bool,
}

/// Architectures, and the template of ours that their models follow.
const BUILTIN: &[(&[&str], &str)] = &[
    (
        &["gpt-oss", "gpt_oss"],
        include_str!("builtin/harmony.jinja"),
    ),
    (
        &["gemma4", "gemma4_text"],
        include_str!("builtin/gemma4.jinja"),
    ),
    (
        &["gemma2", "gemma3", "gemma3_text"],
        include_str!("builtin/gemma3.jinja"),
    ),
    (
        &["qwen2", "qwen3", "qwen3_moe", "qwen3moe"],
        include_str!("builtin/qwen3.jinja"),
    ),
    (
        &[
            "qwen3_5",
            "qwen3_5_text",
            "qwen35",
            "qwen35moe",
            "qwen3next",
        ],
        include_str!("builtin/qwen35.jinja"),
    ),
    (&["llama"], include_str!("builtin/llama3.jinja")),
    (
        &["mistral", "mistral3", "ministral"],
        include_str!("builtin/mistral.jinja"),
    ),
    (&["olmo2", "olmo3"], include_str!("builtin/olmo.jinja")),
    (&["phi3"], include_str!("builtin/phi4-mini.jinja")),
    (&["smollm3"], include_str!("builtin/smollm3.jinja")),
];

/// For every other family.
const CHATML: &str = include_str!("builtin/chatml.jinja");

/// Texts of special tokens that templates may print.
const TOKENS: [&str; 4] = ["bos_token", "eos_token", "unk_token", "pad_token"];

impl Templates {
    /// Reads those of the checkpoint at `path`: a Hugging Face folder or a GGUF file. Where it has
    /// none, one of ours that fits its architecture.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_file() && path.extension().is_some_and(|end| end == "gguf") {
            return Self::from_gguf(Gguf::open(path)?.metadata());
        }
        let folder = match path.is_file() {
            true => path.parent().unwrap_or(path),
            false => path,
        };
        let settings = json(&folder.join("tokenizer_config.json"))?;
        let map = json(&folder.join("special_tokens_map.json"))?;
        let tokens = TOKENS.into_iter().filter_map(|name| {
            let text = |file: &Value| {
                let token = &file[name];
                let text = token.as_str().or_else(|| token["content"].as_str());
                text.map(str::to_owned)
            };
            Some((name.to_owned(), text(&settings).or_else(|| text(&map))?))
        });
        let tokens: Vec<(String, String)> = tokens.collect();
        if let Some(source) = read(&folder.join("chat_template.jinja"))? {
            return Self::own(&source, None, &tokens);
        }
        match &settings["chat_template"] {
            Value::String(source) => Self::own(source, None, &tokens),
            Value::Array(list) => {
                let named = |name: &str| {
                    let entry = list.iter().find(|entry| entry["name"] == name);
                    entry.and_then(|entry| entry["template"].as_str())
                };
                let Some(default) = named("default") else {
                    let reason = "`tokenizer_config.json` has no template called `default`";
                    let hint = "name one in a file `chat_template.jinja` beside it";
                    return Err(Error::chat(reason.to_owned(), hint));
                };
                Self::own(default, named("tool_use"), &tokens)
            }
            _ => {
                let config = json(&folder.join("config.json"))?;
                Self::builtin(config["model_type"].as_str().unwrap_or_default(), &tokens)
            }
        }
    }

    /// Reads that of a GGUF file's metadata, or takes one of ours.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        let names = metadata
            .get("tokenizer.ggml.tokens")
            .and_then(|value| value.as_texts());
        let token = |name: &str| {
            let key = format!("tokenizer.ggml.{name}_id");
            let id = metadata.get(&key)?.as_u64()?;
            names?.get(usize::try_from(id).ok()?).cloned()
        };
        let tokens = TOKENS
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), token(name)?)));
        let tokens: Vec<(String, String)> = tokens.collect();
        let text = |key: &str| metadata.get(key).and_then(|value| value.as_text());
        match text("tokenizer.chat_template") {
            Some(source) => Self::own(source, text("tokenizer.chat_template.tool_use"), &tokens),
            None => Self::builtin(text("general.architecture").unwrap_or_default(), &tokens),
        }
    }

    /// The one of ours that models of `architecture` follow; ChatML where none is known.
    pub fn builtin(architecture: &str, tokens: &[(String, String)]) -> Result<Self> {
        let known = BUILTIN
            .iter()
            .find(|(names, _)| names.contains(&architecture));
        let source = known.map_or(CHATML, |(_, source)| source);
        Ok(Self {
            default: Template::new(source, tokens)?,
            with_tools: None,
            own: false,
        })
    }

    /// Whether the checkpoint brought its template, rather than we.
    pub fn is_own(&self) -> bool {
        self.own
    }

    /// The text of `prompt`.
    pub fn render(&self, prompt: &Prompt) -> Result<String> {
        self.template(!prompt.tools.is_empty()).render(prompt)
    }

    /// How a model of this template writes thoughts and calls.
    pub fn syntax(&self) -> Syntax {
        Syntax::of_template(self.template(true).source())
    }

    /// The template for conversations with or without tools.
    pub fn template(&self, with_tools: bool) -> &Template {
        let special = self.with_tools.as_ref().filter(|_| with_tools);
        special.unwrap_or(&self.default)
    }

    fn own(default: &str, with_tools: Option<&str>, tokens: &[(String, String)]) -> Result<Self> {
        Ok(Self {
            default: Template::new(default, tokens)?,
            with_tools: with_tools
                .map(|source| Template::new(source, tokens))
                .transpose()?,
            own: true,
        })
    }
}

/// The text of the file at `path`; nothing if there is no such file.
fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read {
            path: path.to_owned(),
            source,
        }),
    }
}
