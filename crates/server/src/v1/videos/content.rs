//! What can be fetched of a film.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use store::{Blob, Object};

use super::KIND;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::reading::Query;
use crate::v1::files::File;
use crate::v1::files::content::{Shown, reply};

/// What is kept of each film: what clients call it, the ending of its file, and its type.
pub(super) const VARIANTS: [(&str, &str, &str); 3] = [
    ("video", "mp4", "video/mp4"),
    ("thumbnail", "webp", "image/webp"),
    ("spritesheet", "jpg", "image/jpeg"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    variant: Option<String>,
    /// Whether a browser saves it.
    download: Option<bool>,
}

pub(super) async fn content(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response> {
    let name = wanted.variant.as_deref().unwrap_or("video");
    let Some(&(variant, ending, media_type)) = VARIANTS.iter().find(|(known, ..)| *known == name)
    else {
        let shown: String = name.chars().take(64).collect();
        let names = VARIANTS.map(|(name, ..)| name).join("`, `");
        return Err(Fault::param(
            "variant",
            format!("there is no variant `{shown}`\nhint: `{names}`"),
        ));
    };
    let object = app.kept(&caller, KIND, &id).await?;
    let blob = asset(&object, variant)?;
    let file = File {
        name: format!("{id}.{ending}"),
        ..File::new(&object.owner, None, blob, object.created_at)
    };
    let shown = Shown {
        media_type,
        is_saved: wanted.download.unwrap_or(false),
    };
    reply(&app, &file, shown, &headers).await
}

pub(super) fn asset(object: &Object, variant: &str) -> Result<Blob> {
    let asset = &object.body["assets"][variant];
    match (asset["sha256"].as_str(), asset["bytes"].as_u64()) {
        (Some(sha256), Some(bytes)) => Ok(Blob {
            sha256: sha256.to_owned(),
            bytes,
        }),
        _ => {
            let message = format!(
                "The video is {}: there is no content yet.\nhint: ask again when its `status` is `completed`",
                object.state
            );
            Err(Fault::new(axum::http::StatusCode::CONFLICT, message).code("video_not_ready"))
        }
    }
}
