//! `/v1/uploads`: files that come in parts.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::routing::post;
use axum::{Json, Router};
use md5::{Digest as _, Md5};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Blob, Cursor, List, Metadata, Object, Timestamp};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::kept::New;
use crate::pipe::{Sender, pipe};
use crate::reading::Parsed;
use crate::v1::files::incoming::{Expected, FORM_BYTES, file_name, receive};
use crate::v1::files::{self, ExpiresAfter, File, check_purpose, kept_for, seconds};

/// What uploads are called in the store.
pub(crate) const KIND: &str = "upload";

/// What their parts are called.
const PART: &str = "upload.part";

/// Bytes of a file that comes in parts.
const BYTES_MAX: u64 = 8 << 30;

/// Bytes of a part.
const PART_BYTES_MAX: u64 = 64 << 20;

/// Parts that a file is put together from.
const PARTS_MAX: usize = 10_000;

/// How long parts are waited for.
const OPEN_FOR: Duration = Duration::from_secs(3600);

/// How long one can see what became of an upload.
const SHOWN_FOR: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn routes() -> Router<Arc<App>> {
    let bytes = usize::try_from(PART_BYTES_MAX + FORM_BYTES).unwrap_or(usize::MAX);
    Router::new()
        .route("/v1/uploads", post(create))
        .route(
            "/v1/uploads/{id}/parts",
            post(add_part).layer(DefaultBodyLimit::max(bytes)),
        )
        .route("/v1/uploads/{id}/complete", post(complete))
        .route("/v1/uploads/{id}/cancel", post(cancel))
}

#[derive(Debug, Deserialize)]
struct UploadRequest {
    bytes: u64,
    filename: String,
    mime_type: String,
    purpose: String,
    expires_after: Option<ExpiresAfter>,
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<UploadRequest>,
) -> Result<Json<Value>> {
    let request = body.value;
    check_purpose(&request.purpose)?;
    if !(1..=BYTES_MAX).contains(&request.bytes) {
        let message = format!(
            "`{}` bytes; there may be `1` to `{BYTES_MAX}`",
            request.bytes
        );
        return Err(Fault::param("bytes", message));
    }
    let length = kept_for(&request.purpose, request.expires_after.as_ref())?;
    let new = New {
        id: ids::new("upload_"),
        kind: KIND,
        parent: None,
        state: "pending".to_owned(),
        metadata: Metadata::new(),
        body: json!({
            "bytes": request.bytes,
            "filename": file_name(&request.filename),
            "mime_type": request.mime_type,
            "purpose": request.purpose,
            "kept_for": length.map(|length| length.as_secs()),
            // Chosen now, so that whoever completes twice gets one file.
            "file": ids::new("file-"),
        }),
    };
    let object = app.keep(&caller, new).await?;
    Ok(Json(wire(&object, None)))
}

/// The upload as clients see it.
fn wire(object: &Object, file: Option<&File>) -> Value {
    json!({
        "id": object.id,
        "object": "upload",
        "bytes": object.body["bytes"],
        "created_at": seconds(object.created_at),
        "expires_at": seconds(expires_at(object)),
        "filename": object.body["filename"],
        "purpose": object.body["purpose"],
        "status": object.state,
        "file": file.map(File::wire),
    })
}

fn expires_at(object: &Object) -> Timestamp {
    object.created_at.after(OPEN_FOR)
}

/// That an upload still takes parts.
fn check_pending(object: &Object, now: Timestamp) -> Result<()> {
    let status = match object.state.as_str() {
        "pending" if expires_at(object) > now => return Ok(()),
        "pending" => "expired",
        other => other,
    };
    let message = format!(
        "the upload `{}` is {status}\nhint: begin a new one",
        object.id
    );
    Err(Fault::invalid(message).code("upload_not_pending"))
}

async fn add_part(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>> {
    let upload = app.kept_to_change(&caller, KIND, &id).await?;
    check_pending(&upload, app.timestamp())?;
    let expected = Expected {
        field: "data",
        bytes_max: PART_BYTES_MAX,
    };
    let form = receive(&app, &caller, request, expected).await?;
    let now = app.timestamp();
    let upload = app.store().objects().get(&id).await?;
    check_pending(&upload, now)?;
    let Blob { sha256, bytes } = form.file.blob;
    let part = Object {
        id: ids::new("part_"),
        kind: PART.to_owned(),
        owner: caller.user().to_owned(),
        project: upload.project.clone(),
        parent: Some(id),
        created_at: now,
        body: json!({ "sha256": sha256, "bytes": bytes }),
        ..Object::default()
    };
    let part = app.store().objects().put_using(part, vec![sha256]).await?;
    Ok(Json(json!({
        "id": part.id,
        "object": PART,
        "created_at": seconds(part.created_at),
        "upload_id": part.parent,
    })))
}

#[derive(Debug, Deserialize)]
struct CompleteRequest {
    part_ids: Vec<String>,
    md5: Option<String>,
}

async fn complete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<CompleteRequest>,
) -> Result<Json<Value>> {
    let request = body.value;
    let mut upload = app.kept_to_change(&caller, KIND, &id).await?;
    let file_id = upload.body["file"].as_str().unwrap_or_default().to_owned();
    if upload.state == "completed" {
        // Whoever did not hear of it asks once more.
        let file = files::find(&app, &caller, &file_id).await?;
        return Ok(Json(wire(&upload, Some(&file))));
    }
    check_pending(&upload, app.timestamp())?;
    let parts = parts(&app, &upload, &request.part_ids).await?;
    files::may_make(&app, &caller, files::KIND, &file_id).await?;
    let blob = join(&app, &upload, parts, request.md5.as_deref()).await?;
    let file = file(&upload, file_id, blob, app.timestamp());
    let blobs = vec![file.sha256.clone()];
    let file = match app.store().objects().put_using(file.object(), blobs).await {
        Ok(_) => file,
        // Somebody else completed it meanwhile, or the server ended before it was written down.
        Err(store::Error::Taken { .. }) => files::find(&app, &caller, &file.id).await?,
        Err(error) => return Err(error.into()),
    };
    upload.state = "completed".to_owned();
    let upload = match app.store().objects().update(upload).await {
        Err(store::Error::Version { .. }) => settled(&app, &id, &file).await?,
        updated => updated?,
    };
    delete_parts(&app, &id).await?;
    Ok(Json(wire(&upload, Some(&file))))
}

/// The upload as somebody else left it meanwhile: completed, or called off, and then there is no file.
async fn settled(app: &App, id: &str, file: &File) -> Result<Object> {
    let upload = app.store().objects().get(id).await?;
    if upload.state != "completed" {
        app.store().objects().delete(&file.id).await?;
        check_pending(&upload, app.timestamp())?;
    }
    Ok(upload)
}

fn file(upload: &Object, id: String, blob: Blob, now: Timestamp) -> File {
    let text = |key: &str| upload.body[key].as_str().unwrap_or_default().to_owned();
    let kept_for = upload.body["kept_for"].as_u64().map(Duration::from_secs);
    File {
        id,
        name: text("filename"),
        purpose: text("purpose"),
        expires_at: kept_for.map(|length| now.after(length)),
        ..File::new(&upload.owner, upload.project.as_deref(), blob, now)
    }
}

/// The parts with these ids, which make up all that was announced.
async fn parts(app: &App, upload: &Object, ids: &[String]) -> Result<Vec<Blob>> {
    if !(1..=PARTS_MAX).contains(&ids.len()) {
        let message = format!("`{}` parts; there may be `1` to `{PARTS_MAX}`", ids.len());
        return Err(Fault::param("part_ids", message));
    }
    let mut parts = Vec::with_capacity(ids.len());
    for id in ids {
        let part = match app.store().objects().get(id).await {
            Ok(part) if part.kind == PART && part.parent.as_ref() == Some(&upload.id) => part,
            Ok(_) | Err(store::Error::NotFound { .. }) => {
                let shown: String = id.chars().take(100).collect();
                let message = format!("the upload `{}` has no part `{shown}`", upload.id);
                return Err(Fault::param("part_ids", message));
            }
            Err(error) => return Err(error.into()),
        };
        parts.push(Blob {
            sha256: part.body["sha256"].as_str().unwrap_or_default().to_owned(),
            bytes: part.body["bytes"].as_u64().unwrap_or_default(),
        });
    }
    let announced = upload.body["bytes"].as_u64().unwrap_or_default();
    let bytes: u64 = parts.iter().map(|part| part.bytes).sum();
    if bytes != announced {
        let message = format!("the parts have `{bytes}` bytes, and `{announced}` were announced");
        return Err(Fault::param("part_ids", message));
    }
    Ok(parts)
}

/// Puts the parts together into a blob, and compares its sum.
async fn join(app: &App, upload: &Object, parts: Vec<Blob>, md5: Option<&str>) -> Result<Blob> {
    let blobs = app.store().blobs();
    let (sender, reader) = pipe();
    let put = blobs.put(&upload.owner, reader, BYTES_MAX, app.timestamp());
    let (sent, blob) = tokio::join!(send(app, &upload.owner, parts, sender, md5), put);
    sent?;
    Ok(blob?)
}

async fn send(
    app: &App,
    owner: &str,
    parts: Vec<Blob>,
    sender: Sender,
    md5: Option<&str>,
) -> Result<()> {
    let mut sum = Md5::new();
    for part in parts {
        let mut reader = app.store().blobs().open(owner, &part.sha256, None).await?;
        while let Some(piece) = reader.next().await? {
            sum.update(&piece);
            if !sender.send(piece.into()).await {
                // The store gave up, and says why.
                return Ok(());
            }
        }
    }
    let found: String = sum
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if md5.is_some_and(|md5| !md5.is_empty() && !md5.eq_ignore_ascii_case(&found)) {
        let message = format!("the parts together have the sum `{found}`\nhint: send them again");
        return Err(Fault::param("md5", message).code("checksum_mismatch"));
    }
    sender.end().await;
    Ok(())
}

async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let mut upload = app.kept_to_change(&caller, KIND, &id).await?;
    if upload.state != "cancelled" {
        check_pending(&upload, app.timestamp())?;
        upload.state = "cancelled".to_owned();
        upload = app.store().objects().update(upload).await?;
    }
    delete_parts(&app, &id).await?;
    Ok(Json(wire(&upload, None)))
}

async fn delete_parts(app: &App, upload: &str) -> Result<()> {
    let parts = List {
        kind: Some(PART.to_owned()),
        parent: Some(upload.to_owned()),
        cursor: Cursor::Start,
        limit: 500,
        ..List::default()
    };
    loop {
        let page = app.store().objects().list(&parts).await?;
        for part in &page.data {
            app.store().objects().delete(&part.id).await?;
        }
        if !page.has_more {
            return Ok(());
        }
    }
}

/// Whether an upload takes no more parts.
pub(crate) fn is_over(upload: &Object, now: Timestamp) -> bool {
    check_pending(upload, now).is_err()
}

/// Takes away the parts of an upload that is over, and later the upload.
pub(crate) async fn tidy(app: &App, mut upload: Object, now: Timestamp) -> Result<()> {
    delete_parts(app, &upload.id).await?;
    if upload.created_at.after(SHOWN_FOR) <= now {
        app.store().objects().delete(&upload.id).await?;
        return Ok(());
    }
    if upload.state == "pending" {
        upload.state = "expired".to_owned();
        match app.store().objects().update(upload).await {
            // It was completed in the last moment, or is gone.
            Err(store::Error::Version { .. } | store::Error::NotFound { .. }) => {}
            updated => {
                updated?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(state: &str) -> Object {
        Object {
            state: state.to_owned(),
            created_at: Timestamp::from_millis(1_000),
            ..Object::default()
        }
    }

    #[test]
    fn an_upload_takes_parts_for_an_hour() {
        let hour = Timestamp::from_millis(1_000 + 3_600_000);
        assert!(!is_over(
            &upload("pending"),
            hour.before(Duration::from_millis(1))
        ));
        assert!(is_over(&upload("pending"), hour));
        assert!(is_over(&upload("completed"), Timestamp::from_millis(1_000)));
        assert!(is_over(&upload("cancelled"), Timestamp::from_millis(1_000)));
    }
}
