//! Files to texts.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use models::chat::{Message, Role};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::recipe::{Format, Source};
use crate::reward::Check;

/// A line longer than this is not text.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// What a model learns from.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// Words.
    Plain(String),
    /// A conversation.
    Chat(Vec<Message>),
    /// Two answers to a conversation, of which the first is preferred.
    Pair {
        /// What is answered.
        messages: Vec<Message>,
        /// The preferred answer.
        chosen: String,
        /// The other.
        rejected: String,
    },
    /// Something to do, of which a machine can tell whether it was done.
    Task {
        /// What is asked.
        messages: Vec<Message>,
        /// The right answer.
        answer: Value,
        /// How an answer is compared with it.
        check: Check,
    },
}

impl Text {
    /// All words of it.
    pub fn words(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Plain(text) => text.into(),
            Self::Chat(messages) => said(messages).into(),
            Self::Pair {
                messages,
                chosen,
                rejected,
            } => [&said(messages), chosen.as_str(), rejected.as_str()]
                .join("\n")
                .into(),
            Self::Task {
                messages, answer, ..
            } => match answer {
                Value::String(answer) => [&said(messages), answer.as_str()].join("\n").into(),
                answer => [said(messages), answer.to_string()].join("\n").into(),
            },
        }
    }

    /// Without what no text holds: other line ends than `\n`, control characters, byte order marks. None
    /// when nothing is left.
    pub fn cleaned(self) -> Option<Self> {
        match self {
            Self::Plain(text) => {
                let text = plain(&text);
                (!text.trim().is_empty()).then_some(Self::Plain(text))
            }
            Self::Chat(messages) => (!messages.is_empty()).then_some(Self::Chat(messages)),
            Self::Pair { .. } | Self::Task { .. } => Some(self),
        }
    }
}

/// All words of a conversation.
fn said(messages: &[Message]) -> String {
    let said = messages
        .iter()
        .filter_map(|message| message.content.as_ref());
    said.map(models::chat::Content::text)
        .collect::<Vec<_>>()
        .join("\n")
}

fn plain(text: &str) -> String {
    let is_kept = |c: &char| !c.is_control() && *c != '\u{feff}' || matches!(c, '\n' | '\t');
    let ended = text.replace("\r\n", "\n").replace('\r', "\n");
    ended.chars().filter(is_kept).collect()
}

/// The files at `root`, by name; hidden ones are passed over.
pub(crate) fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let data = std::fs::metadata(root).map_err(|source| Error::Data {
        path: root.to_owned(),
        reason: source.to_string(),
        hint: "`path` in `[[data]]` is relative to the recipe",
    })?;
    if data.is_file() {
        return Ok(vec![root.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Error::file(&folder))? {
            let entry = entry.map_err(Error::file(&folder))?;
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let kind = entry.file_type().map_err(Error::file(entry.path()))?;
            match (is_hidden, kind.is_dir(), kind.is_file()) {
                (true, ..) => {}
                (_, true, _) => folders.push(entry.path()),
                (_, _, true) => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Hands each text of a file to `take`, and its bytes to `hash`.
pub(super) fn each(
    path: &Path,
    source: &Source,
    hash: &mut Sha256,
    take: &mut dyn FnMut(Text) -> Result<()>,
) -> Result<()> {
    let mut file = BufReader::new(File::open(path).map_err(Error::file(path))?);
    let flaw = |line: usize, reason: String| Error::Data {
        path: path.to_owned(),
        reason: match line {
            0 => reason,
            line => format!("line {line}: {reason}"),
        },
        hint: match source.format {
            Format::Text => "a text is UTF-8",
            Format::Jsonl => "each line is a JSON object; `field` names what holds the text",
            Format::Chat => "each line is an object with `messages` or `turns`",
            Format::Pairs => {
                "each line is an object with `prompt` or `messages`, `chosen` and `rejected`"
            }
            Format::Tasks => {
                "each line is an object with `prompt` or `messages`, `answer` and `check`"
            }
            Format::Films => "films are drawn, and not read",
        },
    };
    if source.format == Format::Text {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(Error::file(path))?;
        hash.update(&bytes);
        let text = String::from_utf8(bytes).map_err(|error| flaw(0, error.to_string()))?;
        return take(Text::Plain(text));
    }
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let mut limited = (&mut file).take(LINE_BYTES_MAX);
        limited
            .read_until(b'\n', &mut line)
            .map_err(Error::file(path))?;
        if line.is_empty() {
            break;
        }
        if line.len() as u64 == LINE_BYTES_MAX {
            return Err(flaw(number, "it is longer than 64 MiB".to_owned()));
        }
        hash.update(&line);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let text = match source.format {
            Format::Chat => chat(&line),
            Format::Pairs => pair(&line),
            Format::Tasks => task(&line),
            _ => field(&line, &source.field),
        };
        take(text.map_err(|reason| flaw(number, reason))?)?;
    }
    Ok(())
}

fn field(line: &[u8], field: &str) -> std::result::Result<Text, String> {
    let value: serde_json::Value =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    match value.get(field).and_then(serde_json::Value::as_str) {
        Some(text) => Ok(Text::Plain(text.to_owned())),
        None => Err(format!("there is no text `{field}`")),
    }
}

/// A conversation, in one of two forms.
#[derive(Deserialize)]
struct Line {
    messages: Option<Vec<Said>>,
    turns: Option<Vec<Turn>>,
}

#[derive(Deserialize)]
struct Said {
    role: String,
    content: String,
}

#[derive(Deserialize)]
struct Turn {
    user: String,
    calls: serde_json::Value,
}

fn chat(line: &[u8]) -> std::result::Result<Text, String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let messages = match (line.messages, line.turns) {
        (Some(messages), None) => spoken(messages)?,
        (None, Some(turns)) => turns
            .into_iter()
            .flat_map(|turn| {
                let user = Message::new(Role::User, plain(&turn.user));
                [user, Message::new(Role::Assistant, turn.calls.to_string())]
            })
            .collect(),
        _ => return Err("it has neither `messages` nor `turns`, or both".to_owned()),
    };
    Ok(Text::Chat(messages))
}

/// Messages as they are written.
fn spoken(messages: Vec<Said>) -> std::result::Result<Vec<Message>, String> {
    let messages = messages.into_iter().map(|said| {
        let role = match said.role.as_str() {
            "system" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => return Err(format!("nobody speaks as `{other}`")),
        };
        Ok(Message::new(role, plain(&said.content)))
    });
    messages.collect()
}

/// What is answered: a conversation, or what a user says in one.
#[derive(Deserialize)]
struct Asked {
    messages: Option<Vec<Said>>,
    prompt: Option<String>,
}

impl Asked {
    fn messages(self) -> std::result::Result<Vec<Message>, String> {
        let messages = match (self.messages, self.prompt) {
            (Some(messages), None) => spoken(messages)?,
            (None, Some(prompt)) => vec![Message::new(Role::User, plain(&prompt))],
            _ => return Err("it has neither `prompt` nor `messages`, or both".to_owned()),
        };
        match messages.last() {
            Some(last) if last.role != Role::Assistant => Ok(messages),
            _ => Err("nothing is asked at the end of `messages`".to_owned()),
        }
    }
}

#[derive(Deserialize)]
struct Pair {
    #[serde(flatten)]
    asked: Asked,
    chosen: String,
    rejected: String,
}

fn pair(line: &[u8]) -> std::result::Result<Text, String> {
    let pair: Pair = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    Ok(Text::Pair {
        messages: pair.asked.messages()?,
        chosen: plain(&pair.chosen),
        rejected: plain(&pair.rejected),
    })
}

#[derive(Deserialize)]
struct Task {
    #[serde(flatten)]
    asked: Asked,
    answer: Value,
    check: Check,
}

fn task(line: &[u8]) -> std::result::Result<Text, String> {
    let task: Task = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if let Some(flaw) = task.check.flaw(&task.answer) {
        return Err(flaw.to_owned());
    }
    Ok(Text::Task {
        messages: task.asked.messages()?,
        answer: task.answer,
        check: task.check,
    })
}
