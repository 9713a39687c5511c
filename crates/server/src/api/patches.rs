//! `/api/code`: what repairs and tests would change; it is shown, applied and taken back.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Job, JobState};

use super::Refusal;
use super::code::{check_allowed, folder, permit};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::reading::Parsed;
use crate::works::{self, FIX, TESTS};

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/code/results/{id}", get(retrieve))
        .route("/api/code/apply", post(apply))
        .route("/api/code/undo", post(undo))
        .route("/api/code/folders/{id}/undo", post(undo_newest))
        .route("/api/code/folders/{id}/applied", get(applied))
        .route(
            "/api/code/folders/{id}/applied/{patch}/undo",
            post(undo_listed),
        )
}

/// What came of a job so far: suspicious lines, and patches with how the folder stands to each.
async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "see_result").await?;
    let job = work(&app, &caller, &id).await?;
    let mut result = match app.works.live(&id) {
        Some(live) => live.shown(),
        None => done(&job).cloned().unwrap_or_default(),
    };
    if !result.is_object() {
        result = json!({});
    }
    let patches = result["patches"].take();
    let (of, folder) = (Arc::clone(&app), folder_of(&job));
    let shown = tokio::task::spawn_blocking(move || -> Vec<Value> {
        let patches = patches.as_array().into_iter().flatten();
        let shown = patches.map(|patch| works::in_folder(&of, &folder, patch));
        shown.collect()
    });
    let shown = shown.await;
    let shown = shown.map_err(|error| Fault::broken(error.to_string()))?;
    result["patches"] = json!(shown);
    Ok(Json(result))
}

#[derive(Deserialize)]
struct Chosen {
    /// The job of the repair or the tests.
    job: String,
    /// Which of its patches, the best first.
    #[serde(default)]
    patch: usize,
}

/// Writes a patch into its folder, if nothing there was changed since.
async fn apply(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Chosen>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "apply_patch").await?;
    let (folder, patch) = chosen(&app, &caller, &body.value).await?;
    let done = tokio::task::spawn_blocking(move || works::apply(&app, &folder, &patch));
    done.await
        .map_err(|error| Fault::broken(error.to_string()))??;
    Ok(Json(json!({ "job": body.value.job, "applied": true })))
}

/// Takes a patch back that was applied.
async fn undo(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Chosen>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "undo_patch").await?;
    let (folder, patch) = chosen(&app, &caller, &body.value).await?;
    let done = tokio::task::spawn_blocking(move || works::take_back(&app, &folder, &patch)).await;
    let files = done.map_err(|error| Fault::broken(error.to_string()))??;
    Ok(Json(json!({ "files": files })))
}

/// Takes back what was applied last.
async fn undo_newest(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "undo_patch").await?;
    let folder = folder(&app, &id).await?;
    let done = tokio::task::spawn_blocking(move || works::undo(&app, &folder)).await;
    let files = done.map_err(|error| Fault::broken(error.to_string()))??;
    Ok(Json(json!({ "files": files })))
}

/// Every patch that was applied to a folder and not taken back, the newest first.
async fn applied(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "see_result").await?;
    let folder = folder(&app, &id).await?;
    let done = tokio::task::spawn_blocking(move || works::applied(&app, &folder)).await;
    let data = done.map_err(|error| Fault::broken(error.to_string()))??;
    Ok(Json(json!({ "data": data })))
}

/// Takes back one of them.
async fn undo_listed(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, patch)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "undo_patch").await?;
    let folder = folder(&app, &id).await?;
    let done = move || works::take_back_listed(&app, &folder, &patch);
    let done = tokio::task::spawn_blocking(done).await;
    let files = done.map_err(|error| Fault::broken(error.to_string()))??;
    Ok(Json(json!({ "files": files })))
}

/// The folder and the patch that was chosen, while the folder is allowed.
async fn chosen(app: &App, caller: &Caller, chosen: &Chosen) -> Result<(PathBuf, Value), Refusal> {
    let missing = || Fault::not_found("patch", &chosen.job);
    let job = work(app, caller, &chosen.job).await?;
    let patch = done(&job).map(|result| &result["patches"][chosen.patch]);
    let patch = patch.filter(|patch| patch.is_object());
    let patch = patch.ok_or_else(missing)?.clone();
    let folder = folder_of(&job);
    check_allowed(app, &folder).await?;
    Ok((folder, patch))
}

/// The job with this id, if it is the caller's and changes code.
async fn work(app: &App, caller: &Caller, id: &str) -> Result<Job, Refusal> {
    let missing = || Fault::not_found("patch", id);
    let job = match app.store().jobs().get(id).await {
        Err(store::Error::NotFound { .. }) => return Err(missing().into()),
        job => job?,
    };
    let is_code = [FIX, TESTS].contains(&job.kind.as_str());
    match is_code && job.owner == caller.user() {
        true => Ok(job),
        false => Err(missing().into()),
    }
}

/// What came of a job that was done.
fn done(job: &Job) -> Option<&Value> {
    let result = job.result.as_ref();
    result.filter(|_| job.state == JobState::Done)
}

fn folder_of(job: &Job) -> PathBuf {
    PathBuf::from(job.payload["folder"].as_str().unwrap_or_default())
}
