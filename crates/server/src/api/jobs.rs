//! `/api/jobs`: work that goes on while nobody looks, and how far it is.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use policy::action::{Operate, Read, Thing, Write};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Job, JobList, JobState, Order};

use super::{Refusal, moment};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::kept::hidden;
use crate::reading::Query;
use crate::v1::{batches, videos};
use crate::works;

/// What jobs are called to the rules.
const KIND: &str = "job";

/// Lines of a log that are sent together.
const LINES_MAX: u32 = 500;

/// Jobs of a page at most.
const PAGE_MAX: u32 = 100;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/jobs", get(list))
        .route("/api/jobs/{id}", get(retrieve))
        .route("/api/jobs/{id}/events", get(events))
        .route("/api/jobs/{id}/cancel", post(cancel))
        .route("/api/jobs/{id}/pause", post(pause))
        .route("/api/jobs/{id}/resume", post(resume))
}

/// Which jobs: one's own, or `everybody`'s; the newest first.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    of: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let limit = wanted.limit.unwrap_or(PAGE_MAX);
    if !(1..=PAGE_MAX).contains(&limit) {
        let message = format!("`limit` is `{limit}`; it lies between `1` and `{PAGE_MAX}`");
        return Err(Fault::param("limit", message).into());
    }
    let owner = match wanted.of.as_deref() {
        Some("everybody") => {
            let change = "see_jobs";
            let _permit = app.gate.permit(&caller, Operate { change }).await?;
            None
        }
        _ => {
            let own = Read(Thing::of(KIND, caller.user()));
            let _permit = app.gate.permit(&caller, own).await?;
            Some(caller.user().to_owned())
        }
    };
    let list = JobList {
        owner,
        after: wanted.after.filter(|id| !id.is_empty()),
        order: Order::Descending,
        limit: limit + 1,
        ..JobList::default()
    };
    let mut jobs = app.store().jobs().list(&list).await?;
    let has_more = jobs.len() > limit as usize;
    jobs.truncate(limit as usize);
    let mut data = Vec::with_capacity(jobs.len());
    let films = waiting(&app, &jobs).await?;
    for job in &jobs {
        let mut described = described(&app, job);
        described["queue_position"] = json!(films.as_ref().and_then(|films| films.place(&job.id)));
        let result = described["result"].take();
        described["result"] = works::brief(result);
        if job.kind == "batch" {
            described["progress"] = batches::progress(&app, &job.id).await?;
        }
        data.push(described);
    }
    Ok(Json(json!({ "data": data, "has_more": has_more })))
}

async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let job = find(&app, &id).await?;
    let permit = app.gate.permit(&caller, Read(thing(&job))).await;
    permit.map_err(|error| hidden(error, KIND, &id))?;
    let films = waiting(&app, [&job]).await?;
    let mut described = described(&app, &job);
    described["queue_position"] = json!(films.and_then(|films| films.place(&id)));
    Ok(Json(described))
}

/// The films that wait, if one of `jobs` does.
async fn waiting(
    app: &App,
    jobs: impl IntoIterator<Item = &Job>,
) -> Result<Option<videos::Waiting>, Fault> {
    let is_film = |job: &Job| job.kind == videos::KIND && job.state == JobState::Queued;
    match jobs.into_iter().any(is_film) {
        true => Ok(Some(videos::Waiting::all(app).await?)),
        false => Ok(None),
    }
}

/// Which lines of its log: those after the place `after`, or all.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Lines {
    after: Option<u64>,
}

/// What was written down of it.
async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wanted): Query<Lines>,
) -> Result<Json<Value>, Refusal> {
    let job = find(&app, &id).await?;
    let permit = app.gate.permit(&caller, Read(thing(&job))).await;
    permit.map_err(|error| hidden(error, KIND, &id))?;
    let jobs = app.store().jobs();
    let mut events = jobs.events_after(&id, wanted.after, LINES_MAX + 1).await?;
    let has_more = events.len() > LINES_MAX as usize;
    events.truncate(LINES_MAX as usize);
    let data = events.into_iter().map(|event| {
        let mut line = event.body;
        line["sequence"] = json!(event.sequence);
        line["at"] = json!(moment(event.at));
        line
    });
    let data: Vec<Value> = data.collect();
    Ok(Json(json!({ "data": data, "has_more": has_more })))
}

async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let job = find_to_change(&app, &caller, &id).await?;
    if job.kind == "batch" {
        let message =
            "batches are called off at `/v1/batches/{id}/cancel`, so that what is done is kept";
        return Err(Fault::invalid(message).into());
    }
    app.store().jobs().cancel(&id, app.timestamp()).await?;
    app.works.stop(&id);
    works::forget(&app, &job);
    if job.kind == videos::KIND {
        videos::call_off(&app, &id).await?;
    }
    Ok(Json(described(&app, &find(&app, &id).await?)))
}

/// Puts it aside. Nobody holds it then, whoever starts or ends.
async fn pause(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let job = find_to_change(&app, &caller, &id).await?;
    let now = app.timestamp();
    let state = app.store().jobs().pause(&id, now).await?;
    app.works.stop(&id);
    if job.kind == "batch" && state == JobState::Paused {
        batches::put_aside(&app, &id, now).await?;
    }
    Ok(Json(described(&app, &find(&app, &id).await?)))
}

/// Lets it go on.
async fn resume(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let job = find_to_change(&app, &caller, &id).await?;
    let now = app.timestamp();
    if job.kind == "batch" && job.state == JobState::Paused {
        // Before anybody looks whether its time is over.
        batches::taken_up(&app, &id, now).await?;
    }
    app.store().jobs().resume(&id, now).await?;
    app.works.wake();
    batches::wake(&app);
    Ok(Json(described(&app, &find(&app, &id).await?)))
}

async fn find_to_change(app: &App, caller: &Caller, id: &str) -> Result<Job, Refusal> {
    let job = find(app, id).await?;
    let permit = app.gate.permit(caller, Write(thing(&job))).await;
    permit.map_err(|error| hidden(error, KIND, id))?;
    Ok(job)
}

async fn find(app: &App, id: &str) -> Result<Job, Refusal> {
    let found = app.store().jobs().get(id).await;
    Ok(found.map_err(|error| match error {
        store::Error::NotFound { .. } => Fault::not_found(KIND, id),
        other => other.into(),
    })?)
}

fn thing(job: &Job) -> Thing {
    Thing {
        kind: KIND.to_owned(),
        id: Some(job.id.clone()),
        owner: job.owner.clone(),
        project: None,
    }
}

pub(super) fn described(app: &App, job: &Job) -> Value {
    let (state, is_failed) = match job.state {
        JobState::Queued => ("queued", false),
        JobState::Running => ("running", false),
        JobState::Paused => ("paused", false),
        JobState::Done => ("done", false),
        JobState::Failed => ("failed", true),
        JobState::Cancelled => ("cancelled", false),
    };
    let result = job.result.clone().unwrap_or_default();
    json!({
        "id": job.id,
        "kind": job.kind,
        "owner": job.owner,
        "asked": job.payload,
        "state": state,
        "goes_on": if works::goes_on(job) { "where_it_was" } else { "anew" },
        "progress": app.works.live(&job.id).map(|live| live.progress()),
        "result": if is_failed { Value::Null } else { result.clone() },
        "error": if is_failed { result } else { Value::Null },
        "created_at": moment(job.created_at),
        "ended_at": job.ended_at.map(moment),
    })
}
