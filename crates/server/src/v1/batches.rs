//! `/v1/batches`: many requests in a file, answered when there is time.

mod aside;
mod ask;
mod input;
mod progress;
mod results;
mod run;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Blob, BlobReader, NewJob, Object, Timestamp};
use tokio::sync::{Notify, Semaphore};

use super::responses::check_metadata;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::kept::{Wanted, page};
use crate::pipe::{Sender, pipe};
use crate::reading::{Parsed, Query};
use crate::v1::files::{self, ExpiresAfter, File, seconds};

pub(crate) use aside::{put_aside, taken_up};
pub(crate) use work::start;

/// What batches are called in the store; their jobs are called the same.
const KIND: &str = "batch";

/// Bytes of a file of requests.
const BYTES_MAX: u64 = 200 << 20;

/// How long a batch may take.
const WINDOW: Duration = Duration::from_secs(24 * 3600);

/// Requests of all batches that are answered at the same time.
const LINES_AT_ONCE: usize = 8;

/// Where the requests of a batch may go.
const ENDPOINTS: [&str; 5] = [
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/responses",
    VIDEOS,
];

/// Where requests for films go; each is answered by the film that came of it.
const VIDEOS: &str = "/v1/videos";

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/batches", post(create).get(list))
        .route("/v1/batches/{id}", get(retrieve))
        .route("/v1/batches/{id}/cancel", post(cancel))
}

/// What all batches share.
pub(crate) struct Batches {
    /// A batch was queued.
    queued: Notify,
    /// A batch was called off.
    cancelled: Notify,
    /// Who may ask a model.
    lines: Semaphore,
}

impl Default for Batches {
    fn default() -> Self {
        Self {
            queued: Notify::new(),
            cancelled: Notify::new(),
            lines: Semaphore::new(LINES_AT_ONCE),
        }
    }
}

#[derive(Debug, Deserialize)]
struct BatchRequest {
    input_file_id: String,
    endpoint: String,
    completion_window: String,
    metadata: Option<BTreeMap<String, String>>,
    output_expires_after: Option<ExpiresAfter>,
}

impl BatchRequest {
    fn check(&self) -> Result<()> {
        if !ENDPOINTS.contains(&self.endpoint.as_str()) {
            let shown: String = self.endpoint.chars().take(100).collect();
            let message = format!(
                "batches do not go to `{shown}`\nhint: there are `{}`",
                ENDPOINTS.join("`, `")
            );
            return Err(Fault::param("endpoint", message));
        }
        if self.completion_window != "24h" {
            let shown: String = self.completion_window.chars().take(100).collect();
            let message = format!("there is no window `{shown}`\nhint: `24h`");
            return Err(Fault::param("completion_window", message));
        }
        check_metadata(self.metadata.as_ref())
    }
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<BatchRequest>,
) -> Result<Json<Value>> {
    let request = body.value;
    request.check()?;
    let output_kept_for = request.output_expires_after.as_ref();
    let output_kept_for = output_kept_for.map(ExpiresAfter::length).transpose()?;
    let input = input(&app, &caller, &request.input_file_id).await?;
    let id = ids::new("batch_");
    files::may_make(&app, &caller, KIND, &id).await?;
    let blob = own(&app, &caller, &input).await?;
    let now = app.timestamp();
    let batch = json!({
        "id": id,
        "object": "batch",
        "endpoint": request.endpoint,
        "model": null,
        "errors": null,
        "input_file_id": input.id,
        "completion_window": request.completion_window,
        "status": "validating",
        "output_file_id": null,
        "error_file_id": null,
        "created_at": seconds(now),
        "in_progress_at": null,
        "expires_at": seconds(now.after(WINDOW)),
        "finalizing_at": null,
        "completed_at": null,
        "failed_at": null,
        "expired_at": null,
        "cancelling_at": null,
        "cancelled_at": null,
        "request_counts": { "total": 0, "completed": 0, "failed": 0 },
        "usage": null,
        "metadata": request.metadata,
    });
    let object = Object {
        id,
        kind: KIND.to_owned(),
        owner: caller.user().to_owned(),
        project: caller.project().map(str::to_owned),
        created_at: now,
        state: "validating".to_owned(),
        metadata: request.metadata.unwrap_or_default(),
        body: json!({
            "batch": batch,
            "input": blob.sha256,
            "via": caller.via().to_string(),
            "output_kept_for": output_kept_for.map(|length| length.as_secs()),
            // Chosen now, so that they are made once, however often that is tried.
            "output": ids::new("file-"),
            "error": ids::new("file-"),
        }),
        ..Object::default()
    };
    let objects = app.store().objects();
    let object = objects.put_using(object, vec![blob.sha256]).await?;
    enqueue(&app, &object, now).await?;
    app.batches.queued.notify_one();
    Ok(Json(wire(object)))
}

/// The file of requests, as far as that shows at once.
async fn input(app: &App, caller: &Caller, id: &str) -> Result<File> {
    let wrong = |message: String| Fault::param("input_file_id", message);
    let found = files::find(app, caller, id).await;
    let file = found.map_err(|fault| match fault.status.as_u16() {
        404 => wrong(fault.message),
        _ => fault,
    })?;
    if file.purpose != "batch" {
        let message = format!(
            "the file `{}` has the purpose `{}`\nhint: upload it with the purpose `batch`",
            file.id, file.purpose
        );
        return Err(wrong(message));
    }
    if file.bytes > BYTES_MAX {
        let message = format!(
            "the file has `{}` bytes; `{BYTES_MAX}` are the most\nhint: make several batches of it",
            file.bytes
        );
        return Err(wrong(message));
    }
    Ok(file)
}

/// The blob of a file as the caller's own, so that it lasts as long as the batch does.
async fn own(app: &App, caller: &Caller, file: &File) -> Result<Blob> {
    let blob = Blob {
        sha256: file.sha256.clone(),
        bytes: file.bytes,
    };
    if file.owner == caller.user() {
        return Ok(blob);
    }
    let blobs = app.store().blobs();
    let reader = blobs.open(&file.owner, &file.sha256, None).await?;
    let (sender, copy) = pipe();
    let put = blobs.put(caller.user(), copy, BYTES_MAX, app.timestamp());
    let (sent, blob) = tokio::join!(send(reader, sender), put);
    sent?;
    Ok(blob?)
}

async fn send(mut reader: BlobReader, sender: Sender) -> store::Result<()> {
    while let Some(piece) = reader.next().await? {
        if !sender.send(piece.into()).await {
            // The store gave up, and says why.
            return Ok(());
        }
    }
    sender.end().await;
    Ok(())
}

/// How many requests of a batch were answered, of how many; null where it is gone.
pub(crate) async fn progress(app: &App, id: &str) -> Result<Value> {
    let batch = match app.store().objects().get(id).await {
        Err(store::Error::NotFound { .. }) => return Ok(Value::Null),
        batch => batch?,
    };
    let counts = &batch.body["batch"]["request_counts"];
    let count = |name: &str| counts[name].as_u64().unwrap_or(0);
    let done = count("completed") + count("failed");
    Ok(json!({ "done": done, "total": count("total"), "per_second": 0, "told": null }))
}

/// Has it looked for batches that wait.
pub(crate) fn wake(app: &App) {
    app.batches.queued.notify_one();
}

/// Has a batch worked on. One that is queued already is not queued twice.
async fn enqueue(app: &App, batch: &Object, now: Timestamp) -> store::Result<()> {
    let job = NewJob {
        id: batch.id.clone(),
        kind: KIND.to_owned(),
        owner: batch.owner.clone(),
        idempotency_key: Some(batch.id.clone()),
        payload: Value::Null,
        created_at: now,
        run_at: now,
        // It is begun anew after each crash, until its time is over.
        attempts_max: 1_000_000,
        backoff: Duration::from_secs(1),
    };
    app.store().jobs().enqueue(job).await.map(drop)
}

fn wire(mut object: Object) -> Value {
    object.body["batch"].take()
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>> {
    let found = app
        .list(&caller, KIND, &wanted, BTreeMap::new(), None)
        .await?;
    let data = found.data.into_iter().map(wire).collect();
    Ok(Json(page(data, found.has_more)))
}

async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    Ok(Json(wire(app.kept(&caller, KIND, &id).await?)))
}

async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let mut object = app.kept_to_change(&caller, KIND, &id).await?;
    loop {
        match object.state.as_str() {
            "cancelling" | "cancelled" => return Ok(Json(wire(object))),
            "validating" | "in_progress" => {}
            status => {
                let message = format!("Cannot cancel a batch with status '{status}'.");
                return Err(Fault::invalid(message).code("batch_not_cancellable"));
            }
        }
        object.state = "cancelling".to_owned();
        object.body["batch"]["status"] = json!("cancelling");
        object.body["batch"]["cancelling_at"] = json!(app.now());
        match app.store().objects().update(object).await {
            Ok(object) => {
                // One that was put aside comes to its end, too.
                taken_up(&app, &id, app.timestamp()).await?;
                match app.store().jobs().resume(&id, app.timestamp()).await {
                    Ok(_) | Err(store::Error::NotFound { .. }) => app.batches.queued.notify_one(),
                    Err(error) => return Err(error.into()),
                }
                app.batches.cancelled.notify_waiters();
                return Ok(Json(wire(object)));
            }
            // It went on meanwhile.
            Err(store::Error::Version { .. }) => object = app.store().objects().get(&id).await?,
            Err(error) => return Err(error.into()),
        }
    }
}
