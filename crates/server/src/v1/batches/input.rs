//! The requests of a batch, a line each.

use std::collections::HashSet;

use serde_json::{Value, json};
use store::{BlobReader, Result};
use video::SCENE_MODEL;

use super::VIDEOS;
use crate::app::App;

/// Requests of a batch.
const LINES_MAX: u32 = 50_000;

/// Characters of the name that a client gives a request.
const CUSTOM_ID_MAX: usize = 512;

/// Errors that are told of a file.
const ERRORS_MAX: usize = 100;

/// The lines of a file, in their order.
pub(super) struct Lines {
    reader: BlobReader,
    read: Vec<u8>,
    /// Where the next line begins in what was read.
    begin: usize,
    is_over: bool,
    number: u32,
}

impl Lines {
    /// The lines of the blob `sha256` of `owner`.
    pub async fn open(app: &App, owner: &str, sha256: &str) -> Result<Self> {
        Ok(Self {
            reader: app.store().blobs().open(owner, sha256, None).await?,
            read: Vec::new(),
            begin: 0,
            is_over: false,
            number: 0,
        })
    }

    /// The next line that is not empty, with its number; the first of a file is 1.
    pub async fn next(&mut self) -> Result<Option<(u32, Vec<u8>)>> {
        loop {
            let Some(line) = self.line().await? else {
                return Ok(None);
            };
            self.number += 1;
            if !line.trim_ascii().is_empty() {
                return Ok(Some((self.number, line)));
            }
        }
    }

    async fn line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut searched = self.begin;
        loop {
            let found = self.read[searched..].iter().position(|byte| *byte == b'\n');
            if let Some(found) = found {
                let end = searched + found;
                let line = self.read[self.begin..end].to_vec();
                self.begin = end + 1;
                return Ok(Some(line));
            }
            if self.is_over {
                let line = self.read.split_off(self.begin);
                return Ok(Some(line).filter(|line| !line.is_empty()));
            }
            self.read.drain(..self.begin);
            self.begin = 0;
            searched = self.read.len();
            match self.reader.next().await? {
                Some(part) => self.read.extend_from_slice(&part),
                None => self.is_over = true,
            }
        }
    }
}

/// One request of a batch.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    /// What the client calls it.
    pub custom_id: String,
    /// What is sent to the endpoint.
    pub body: Value,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq)]
pub(super) struct Wrong {
    code: &'static str,
    message: String,
    param: Option<&'static str>,
}

/// Says what is wrong with a line, or a file of them.
pub(super) fn line_error(
    code: &'static str,
    message: impl Into<String>,
    param: Option<&'static str>,
) -> Wrong {
    Wrong {
        code,
        message: message.into(),
        param,
    }
}

impl Wrong {
    /// As clients see it, with the number of the line.
    pub(super) fn wire(&self, line: Option<u32>) -> Value {
        json!({ "code": self.code, "message": self.message, "param": self.param, "line": line })
    }
}

/// Reads a line of a batch for `endpoint`.
pub(super) fn read(bytes: &[u8], endpoint: &str) -> Result<Line, Wrong> {
    let mut line: Value = serde_json::from_slice(bytes).map_err(|_| {
        let message = "This line is not parseable as valid JSON.";
        line_error("invalid_json_line", message, None)
    })?;
    if !line.is_object() {
        let message = "This line is not a JSON object.";
        return Err(line_error("invalid_json_line", message, None));
    }
    let text = |name: &'static str| match &line[name] {
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        Value::Null => Err(lacking(name)),
        _ => Err(line_error(
            "invalid_value",
            format!("`{name}` is no text"),
            Some(name),
        )),
    };
    let (custom_id, method, url) = (text("custom_id")?, text("method")?, text("url")?);
    if custom_id.chars().count() > CUSTOM_ID_MAX {
        let message = format!("`custom_id` has more than `{CUSTOM_ID_MAX}` characters");
        return Err(line_error("invalid_value", message, Some("custom_id")));
    }
    if !method.eq_ignore_ascii_case("POST") {
        let message = "Only requests of the method `POST` are supported.";
        return Err(line_error("invalid_method", message, Some("method")));
    }
    if url != endpoint {
        let message = "The URL provided for this request does not match the batch endpoint.";
        return Err(line_error("url_mismatch", message, Some("url")));
    }
    let body = line["body"].take();
    match &body {
        Value::Null => Err(lacking("body")),
        // Films have a model that is meant when none is named.
        Value::Object(fields)
            if fields.get("model").is_some_and(Value::is_string)
                || (endpoint == VIDEOS && !fields.contains_key("model")) =>
        {
            Ok(Line { custom_id, body })
        }
        Value::Object(_) => Err(lacking("body.model")),
        _ => Err(line_error(
            "invalid_value",
            "`body` is no object",
            Some("body"),
        )),
    }
}

fn lacking(param: &'static str) -> Wrong {
    let message = format!("Missing required parameter: '{param}'.");
    line_error("missing_required_parameter", message, Some(param))
}

/// What a file of requests turned out to be.
pub(super) enum Checked {
    /// So many requests, and the model that all of them ask, if it is one.
    Good { total: u32, model: Option<String> },
    /// What is wrong, as clients see it.
    Bad(Vec<Value>),
}

/// Reads all lines of a file.
pub(super) async fn check(mut lines: Lines, endpoint: &str) -> Result<Checked> {
    let (mut errors, mut total, mut names) = (Vec::new(), 0, HashSet::new());
    let mut models: HashSet<String> = HashSet::new();
    while let Some((number, bytes)) = lines.next().await? {
        total += 1;
        if total > LINES_MAX {
            let message = format!("The file has more than {LINES_MAX} requests.");
            errors.push(line_error("too_many_tasks", message, None).wire(None));
            break;
        }
        match read(&bytes, endpoint) {
            Ok(line) => {
                let model = line.body["model"].as_str().unwrap_or(SCENE_MODEL);
                // Two tell that it is not one.
                if models.len() < 2 && !models.contains(model) {
                    models.insert(model.to_owned());
                }
                if !names.insert(line.custom_id) {
                    let message = "The custom_id of this request was used before in the file.";
                    let wrong = line_error("duplicate_custom_id", message, Some("custom_id"));
                    errors.push(wrong.wire(Some(number)));
                }
            }
            Err(wrong) => errors.push(wrong.wire(Some(number))),
        }
        if errors.len() >= ERRORS_MAX {
            break;
        }
    }
    if total == 0 {
        let message = "The file has no requests.";
        errors.push(line_error("empty_file", message, None).wire(None));
    }
    let model = models.iter().next().filter(|_| models.len() == 1).cloned();
    Ok(match errors.is_empty() {
        true => Checked::Good { total, model },
        false => Checked::Bad(errors),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: &str = "/v1/chat/completions";

    fn code(line: &str) -> (&'static str, Option<&'static str>) {
        let wrong = read(line.as_bytes(), CHAT).unwrap_err();
        (wrong.code, wrong.param)
    }

    #[test]
    fn a_line_is_read_with_what_it_asks() {
        let line = json!({ "custom_id": "a", "method": "POST", "url": CHAT, "body": { "model": "m", "n": 1 } });
        let read = read(line.to_string().as_bytes(), CHAT).unwrap();
        let expected = Line {
            custom_id: "a".to_owned(),
            body: json!({ "model": "m", "n": 1 }),
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn lines_that_are_wrong_say_what_is() {
        assert_eq!(code("{"), ("invalid_json_line", None));
        assert_eq!(code("[1]"), ("invalid_json_line", None));
        let lacks = "missing_required_parameter";
        assert_eq!(code("{}"), (lacks, Some("custom_id")));
        let line = |method: &str, url: &str, body: &str| {
            format!(r#"{{"custom_id":"a","method":{method},"url":"{url}","body":{body}}}"#)
        };
        let body = r#"{"model":"m"}"#;
        assert_eq!(
            code(&line("7", CHAT, body)),
            ("invalid_value", Some("method"))
        );
        assert_eq!(
            code(&line("\"GET\"", CHAT, body)),
            ("invalid_method", Some("method"))
        );
        assert_eq!(
            code(&line("\"POST\"", "/v1/other", body)),
            ("url_mismatch", Some("url"))
        );
        assert_eq!(code(&line("\"POST\"", CHAT, "null")), (lacks, Some("body")));
        assert_eq!(
            code(&line("\"POST\"", CHAT, "{}")),
            (lacks, Some("body.model"))
        );
        assert_eq!(
            code(&line("\"POST\"", CHAT, "[]")),
            ("invalid_value", Some("body"))
        );
        let long = "x".repeat(513);
        let long =
            format!(r#"{{"custom_id":"{long}","method":"POST","url":"{CHAT}","body":{body}}}"#);
        assert_eq!(code(&long), ("invalid_value", Some("custom_id")));
    }
}
