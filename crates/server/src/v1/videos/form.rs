//! Requests for films, which come as JSON or as forms, with films and pictures in them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use axum::http::{StatusCode, header};
use serde_json::{Map, Value, json};
use video::Settings;

use super::guides::TRACK;
use crate::app::App;
use crate::fault::{Fault, Result};
use crate::reading::Parsed;
use crate::v1::files::heads;
use crate::v1::files::incoming::missing;

/// Bytes of a request with a film in it.
pub(super) const BYTES_MAX: u64 = 512 << 20;

/// Bytes of a request in JSON: pictures and tracks may be written in it.
const JSON_BYTES_MAX: usize = 64 << 20;

/// Bytes of a field that is no file.
const FIELD_BYTES_MAX: usize = 256 << 10;

/// Bytes of one that may carry a file in its text.
const CARRIED_BYTES_MAX: usize = 64 << 20;

/// Fields of a form.
const FIELDS_MAX: usize = 64;

/// Fields that may be files.
const FILES: [&str; 4] = ["input_reference", "last_frame", TRACK, "video"];

/// What was asked for, however it came.
pub(super) struct Asked {
    fields: Map<String, Value>,
    files: BTreeMap<String, File>,
}

impl Asked {
    /// Reads a request.
    pub async fn read(app: &Arc<App>, request: Request) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            return Self::of_form(app, request).await;
        }
        let mut request = request;
        DefaultBodyLimit::max(JSON_BYTES_MAX).apply(&mut request);
        let body: Parsed<Map<String, Value>> = Parsed::from_request(request, app).await?;
        Ok(Self {
            fields: body.value,
            files: BTreeMap::new(),
        })
    }

    async fn of_form(app: &App, request: Request) -> Result<Self> {
        let form = heads::Form::of(request).await;
        let mut form =
            form.map_err(|rejection| Fault::new(rejection.status(), rejection.body_text()))?;
        let (mut fields, mut files) = (Map::new(), BTreeMap::new());
        while let Some((mut field, progress)) =
            form.next_field().await.map_err(|error| broken(&error))?
        {
            let name = field.name().unwrap_or_default().to_owned();
            if fields.len() + files.len() >= FIELDS_MAX {
                return Err(Fault::invalid(format!("more than `{FIELDS_MAX}` fields")));
            }
            if FILES.contains(&name.as_str()) && field.file_name().is_some() {
                let mut file = tempfile::tempfile_in(&app.data).map_err(|error| no_room(&error))?;
                while let Some(chunk) = progress
                    .chunk(&mut field)
                    .await
                    .map_err(|error| broken(&error))?
                {
                    file.write_all(&chunk).map_err(|error| no_room(&error))?;
                }
                files.insert(name, file);
                continue;
            }
            let most = match FILES.contains(&name.as_str()) {
                true => CARRIED_BYTES_MAX,
                false => FIELD_BYTES_MAX,
            };
            let mut bytes = Vec::new();
            while let Some(chunk) = progress
                .chunk(&mut field)
                .await
                .map_err(|error| broken(&error))?
            {
                if bytes.len() + chunk.len() > most {
                    return Err(Fault::param(
                        name,
                        format!("a field has more than `{most}` bytes"),
                    ));
                }
                bytes.extend_from_slice(&chunk);
            }
            let text = String::from_utf8(bytes)
                .map_err(|_| Fault::param(name.clone(), "a field is no text in UTF-8"))?;
            put(&mut fields, &name, text);
        }
        Ok(Self { fields, files })
    }

    /// Whether there is something called so.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name) || self.value(name).is_some()
    }

    /// The file that was handed in under that name.
    pub fn file(&self, name: &str) -> Result<Option<File>> {
        let copy = self.files.get(name).map(File::try_clone).transpose();
        copy.map_err(|error| Fault::broken(format!("the upload cannot be read: {error}")))
    }

    /// What is called so, if it is not null.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A text, or the number or truth that stands in its place.
    pub fn optional(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// A text that must be there.
    pub fn text(&self, name: &str) -> Result<String> {
        match self.value(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(Fault::param(name, format!("`{name}` is a text"))),
            None => Err(missing(name)),
        }
    }

    /// The id of a film of this house that is named.
    pub fn id_of_video(&self) -> Result<Option<String>> {
        let named = match self.value("video") {
            None => return Ok(None),
            Some(Value::Object(named)) => named.get("id").and_then(Value::as_str),
            Some(Value::String(id)) => Some(id.as_str()),
            Some(_) => None,
        };
        let id = named.ok_or_else(|| {
            Fault::param(
                "video",
                "a film is named by its `id`, or handed in as a file",
            )
        })?;
        Ok(Some(id.to_owned()))
    }

    /// A film that was handed in, and what it says of how it was made.
    pub async fn upload(&self, now: u64) -> Result<(Settings, File)> {
        let file = self.files.get("video").ok_or_else(|| missing("video"))?;
        let copy = || {
            let copy = file.try_clone();
            copy.map_err(|error| Fault::broken(format!("the upload cannot be read: {error}")))
        };
        let (read, kept) = (copy()?, copy()?);
        let read = tokio::task::spawn_blocking(move || super::make::settings_in(read, now)).await;
        let read = read.unwrap_or_else(|error| Err(Fault::broken(error.to_string())));
        Ok((read?, kept))
    }
}

/// Puts a field where it belongs: `video[id]` is the `id` of `video`, `characters[][id]` that of the next of `characters`, and what
/// is written as JSON in a list is one.
fn put(fields: &mut Map<String, Value>, name: &str, text: String) {
    let inner = name.strip_suffix(']').and_then(|name| name.split_once('['));
    if let Some((outer, inner)) = inner {
        if let Some((_, key)) = inner.split_once("][") {
            let all = fields.entry(outer).or_insert_with(|| json!([]));
            if let Value::Array(all) = all {
                all.push(json!({ key: text }));
            }
            return;
        }
        let entry = fields
            .entry(outer)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(object) = entry {
            object.insert(inner.to_owned(), Value::String(text));
        }
        return;
    }
    let structured = matches!(
        name,
        "shots" | "loras" | "video" | "characters" | "input_reference" | "last_frame" | TRACK
    )
    .then(|| serde_json::from_str(&text).ok())
    .flatten();
    fields.insert(name.to_owned(), structured.unwrap_or(Value::String(text)));
}

fn broken(error: &MultipartError) -> Fault {
    let status = match error.status() {
        StatusCode::INTERNAL_SERVER_ERROR => StatusCode::BAD_REQUEST,
        status => status,
    };
    Fault::new(
        status,
        format!("the form cannot be read: {}", error.body_text()),
    )
    .code("invalid_form")
}

pub(super) fn no_room(error: &std::io::Error) -> Fault {
    Fault::broken(format!("there is no room to write: {error}"))
}
