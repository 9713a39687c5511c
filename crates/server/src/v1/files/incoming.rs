//! Forms with a file in them, which goes to the store while it comes in.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::Request;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::{StatusCode, header};
use store::Blob;

use super::heads::{self, Progress};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::pipe::{Sender, pipe};

/// Bytes of a field that is no file.
const FIELD_BYTES_MAX: usize = 64 << 10;

/// Fields of a form.
const FIELDS_MAX: usize = 32;

/// What a form has around its file: names of fields, boundaries, other fields.
pub(crate) const FORM_BYTES: u64 = 1 << 20;

/// How long the rest of a form is read that was refused already, so that the client hears why.
const PATIENCE: Duration = Duration::from_secs(20);

/// A form that was read to its end.
pub(crate) struct Form {
    /// What is no file, by name.
    pub fields: BTreeMap<String, String>,
    /// The file.
    pub file: Received,
}

/// A file that the store has, and that is collected as garbage unless a document uses it.
pub(crate) struct Received {
    /// What it was called, without folders.
    pub name: String,
    pub blob: Blob,
}

/// Which field is the file, and how large that may be.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    pub field: &'static str,
    pub bytes_max: u64,
}

impl Expected {
    fn too_large(self) -> Fault {
        let hint = match self.field {
            "file" => "upload it in parts through `/v1/uploads`",
            _ => "send it in more and smaller parts",
        };
        let message = format!(
            "more than `{}` bytes at a time\nhint: {hint}",
            self.bytes_max
        );
        Fault {
            param: Some(self.field.to_owned()),
            ..Fault::new(StatusCode::PAYLOAD_TOO_LARGE, message).code("file_too_large")
        }
    }
}

/// Reads a form; its file is the caller's, who must have the permit to keep it.
pub(crate) async fn receive(
    app: &App,
    caller: &Caller,
    request: Request,
    expected: Expected,
) -> Result<Form> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > expected.bytes_max + FORM_BYTES) {
        return Err(expected.too_large());
    }
    let form = heads::Form::of(request).await;
    let mut form = form.map_err(|rejection| {
        let message = format!(
            "{}\nhint: send `multipart/form-data` with the field `{}`",
            rejection.body_text(),
            expected.field
        );
        Fault::new(rejection.status(), message)
    })?;
    let read = read(app, caller, &mut form, expected).await;
    if let Err(fault) = &read
        && fault.status != StatusCode::PAYLOAD_TOO_LARGE
    {
        // Who still sends does not listen yet.
        let rest = async { while let Ok(Some(_)) = form.next_field().await {} };
        let _ = tokio::time::timeout(PATIENCE, rest).await;
    }
    read
}

async fn read(
    app: &App,
    caller: &Caller,
    form: &mut heads::Form,
    expected: Expected,
) -> Result<Form> {
    let mut fields = BTreeMap::new();
    let mut file = None;
    while let Some((field, progress)) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == expected.field {
            if file.is_some() {
                return Err(Fault::param(expected.field, "there is more than one file"));
            }
            file = Some(keep(app, caller, (field, progress), expected).await?);
            continue;
        }
        if fields.len() >= FIELDS_MAX {
            return Err(Fault::invalid(format!("more than `{FIELDS_MAX}` fields")));
        }
        fields.insert(name, text(field, &progress).await?);
    }
    let file = file.ok_or_else(|| missing(expected.field))?;
    Ok(Form { fields, file })
}

/// That a parameter is not there.
pub(crate) fn missing(param: &str) -> Fault {
    let message = format!("Missing required parameter: '{param}'.");
    Fault {
        param: Some(param.to_owned()),
        ..Fault::invalid(message).code("missing_required_parameter")
    }
}

async fn text(mut field: Field<'_>, progress: &Progress) -> Result<String> {
    let name = field.name().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = progress
        .chunk(&mut field)
        .await
        .map_err(|error| broken(&error))?
    {
        if bytes.len() + chunk.len() > FIELD_BYTES_MAX {
            let message = format!("a field has more than `{FIELD_BYTES_MAX}` bytes");
            return Err(Fault::param(name, message));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Fault::param(name, "a field is no text in UTF-8"))
}

/// Sends the file to the store, piece by piece.
async fn keep(
    app: &App,
    caller: &Caller,
    (field, progress): (Field<'_>, Progress),
    expected: Expected,
) -> Result<Received> {
    let name = file_name(field.file_name().unwrap_or_default());
    let (sender, reader) = pipe();
    let blobs = app.store().blobs();
    let put = blobs.put(caller.user(), reader, u64::MAX, app.timestamp());
    let (sent, kept) = tokio::join!(send((field, progress), sender, expected), put);
    // What the sender says is why the store found no end.
    sent?;
    Ok(Received { name, blob: kept? })
}

async fn send(
    (mut field, progress): (Field<'_>, Progress),
    sender: Sender,
    expected: Expected,
) -> Result<()> {
    let mut bytes: u64 = 0;
    while let Some(chunk) =
        progress
            .chunk(&mut field)
            .await
            .map_err(|error| match error.status() {
                StatusCode::PAYLOAD_TOO_LARGE => expected.too_large(),
                _ => broken(&error),
            })?
    {
        bytes += chunk.len() as u64;
        if bytes > expected.bytes_max {
            return Err(expected.too_large());
        }
        if !sender.send(chunk).await {
            // The store gave up, and says why.
            return Ok(());
        }
    }
    sender.end().await;
    Ok(())
}

fn broken(error: &MultipartError) -> Fault {
    let message = format!("the form cannot be read: {}", error.body_text());
    let status = match error.status() {
        // It broke on its way, or was broken off.
        StatusCode::INTERNAL_SERVER_ERROR => StatusCode::BAD_REQUEST,
        status => status,
    };
    Fault::new(status, message).code("invalid_form")
}

/// The last part of a path, without signs that are no letters: names are shown, and never opened.
pub(crate) fn file_name(given: &str) -> String {
    const CHARS_MAX: usize = 255;
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = last.chars().filter(|sign| !sign.is_control());
    let name: String = shown.take(CHARS_MAX).collect();
    match name.trim() {
        "" | "." | ".." => "file".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_lead_nowhere() {
        let cases = [
            ("notes.txt", "notes.txt"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\folder\\a b.pdf", "a b.pdf"),
            ("/", "file"),
            ("..", "file"),
            ("", "file"),
            ("a\0b\r\nc.txt", "abc.txt"),
            ("naïve 中文.jsonl", "naïve 中文.jsonl"),
        ];
        for (given, kept) in cases {
            assert_eq!(file_name(given), kept, "{given:?}");
        }
        assert_eq!(file_name(&"é".repeat(5000)).chars().count(), 255);
    }
}
