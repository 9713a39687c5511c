//! `/api/code`: projects of folders that the owner allowed, repaired and given tests.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use policy::action::Operate;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{List, Object, Order};

use super::Refusal;
use super::jobs::described;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::ids;
use crate::reading::Parsed;
use crate::works::{self, FIX, Fix, Suite, TESTS};

/// What allowed folders are called in the store.
const KIND: &str = "code.folder";

/// How long may be searched, in seconds.
const SECONDS: std::ops::RangeInclusive<u64> = 1..=3600;

/// How long is searched when nobody says otherwise.
const SECONDS_USUAL: u64 = 60;

/// How long inputs are looked for when nobody says otherwise.
const TESTS_SECONDS_USUAL: u64 = 20;

/// Folders that may be allowed.
const FOLDERS_MAX: u32 = 100;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/code/folders", get(list).post(allow))
        .route("/api/code/folders/{id}", delete(forbid))
        .route("/api/code/example", post(example))
        .route("/api/code/folders/{id}/files", get(files))
        .route("/api/code/folders/{id}/fix", post(fix))
        .route("/api/code/folders/{id}/tests", post(tests))
}

/// Whoever runs the house works on its folders; tests are programs, and patches are written.
pub(super) async fn permit(
    app: &App,
    caller: &Caller,
    change: &'static str,
) -> Result<(), Refusal> {
    let _permit = app.gate.permit(caller, Operate { change }).await?;
    Ok(())
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "see_folders").await?;
    let data: Vec<Value> = allowed(&app).await?.iter().map(shown).collect();
    Ok(Json(json!({ "data": data, "works": app.code.is_some() })))
}

#[derive(Deserialize)]
struct Wanted {
    path: PathBuf,
}

/// Lets a folder be worked on.
async fn allow(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Wanted>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "allow_folder").await?;
    let typed = body.value.path;
    let path = typed.canonicalize().ok().filter(|path| path.is_dir());
    let path = path.filter(|_| typed.is_absolute()).ok_or_else(|| {
        let message = format!(
            "`{}` is no folder of this machine\nhint: a path from the root, such as /home/ada/project",
            typed.display()
        );
        Fault::param("path", message).code("not_a_folder")
    })?;
    Ok(Json(shown(&let_in(&app, &caller, path).await?)))
}

/// Puts a project with a bug among the server's own files, as it was, and lets it be worked on.
async fn example(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "allow_folder").await?;
    let put = Arc::clone(&app);
    let put = tokio::task::spawn_blocking(move || works::example(&put)).await;
    let path = put.map_err(|error| Fault::broken(error.to_string()))??;
    Ok(Json(shown(&let_in(&app, &caller, path).await?)))
}

/// The folder at `path`, which may be worked on from now.
async fn let_in(app: &App, caller: &Caller, path: PathBuf) -> Result<Object, Refusal> {
    let known = allowed(app).await?.into_iter();
    if let Some(known) = { known }.find(|object| object.body["path"] == json!(path)) {
        return Ok(known);
    }
    let object = Object {
        id: ids::new("folder_"),
        kind: KIND.to_owned(),
        owner: caller.user().to_owned(),
        created_at: app.timestamp(),
        version: 1,
        state: "allowed".to_owned(),
        body: json!({ "path": path }),
        ..Object::default()
    };
    Ok(app.store().objects().put(object).await?)
}

/// The folders that may be worked on.
async fn allowed(app: &App) -> Result<Vec<Object>, Refusal> {
    let list = List {
        kind: Some(KIND.to_owned()),
        order: Order::Ascending,
        limit: FOLDERS_MAX,
        ..List::default()
    };
    Ok(app.store().objects().list(&list).await?.data)
}

async fn forbid(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "forbid_folder").await?;
    folder(&app, &id).await?;
    app.store().objects().delete(&id).await?;
    Ok(Json(json!({ "id": id, "deleted": true })))
}

#[derive(Deserialize)]
struct Repair {
    test: Option<String>,
    seconds: Option<u64>,
    baseline_seconds: Option<u64>,
}

/// Searches for patches; the reply is the job that does.
async fn fix(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Repair>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "fix").await?;
    let Repair {
        test,
        seconds,
        baseline_seconds,
    } = body.value;
    let seconds = checked(seconds, SECONDS_USUAL)?;
    let baseline = baseline_seconds.map(|seconds| checked(Some(seconds), seconds));
    let folder = folder(&app, &id).await?;
    let fix = Fix {
        folder,
        test: test.filter(|command| !command.trim().is_empty()),
        seconds,
        baseline_seconds: baseline.transpose()?,
    };
    let payload = serde_json::to_value(&fix).expect("requests of ours are JSON");
    let job = works::enqueue(&app, caller.user(), FIX, payload).await?;
    Ok(Json(described(&app, &job)))
}

/// The files that tests can be written for, and where those would go.
async fn files(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "see_files").await?;
    let folder = folder(&app, &id).await?;
    let found = sources(folder).await?;
    let data = found
        .iter()
        .map(|(file, out)| json!({ "file": file, "out": out }));
    Ok(Json(json!({ "data": data.collect::<Vec<Value>>() })))
}

#[derive(Deserialize)]
struct Tested {
    file: PathBuf,
    seconds: Option<u64>,
}

/// Writes tests for a file; the reply is the job that does.
async fn tests(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Tested>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "write_tests").await?;
    let Tested { file, seconds } = body.value;
    let seconds = checked(seconds, TESTS_SECONDS_USUAL)?;
    let folder = folder(&app, &id).await?;
    let found = sources(folder.clone()).await?.into_iter();
    let found = { found }.find(|(known, _)| *known == file);
    let (file, out) = found.ok_or_else(|| {
        let message = format!(
            "`{}` is no file of this folder that tests can be written for\nhint: a file of Python or Rust that holds no tests",
            file.display()
        );
        Fault::param("file", message)
    })?;
    let suite = Suite {
        folder,
        file,
        out,
        seconds,
    };
    let payload = serde_json::to_value(&suite).expect("requests of ours are JSON");
    let job = works::enqueue(&app, caller.user(), TESTS, payload).await?;
    Ok(Json(described(&app, &job)))
}

/// The files of a folder that tests can be written for, and where those would go.
async fn sources(folder: PathBuf) -> Result<Vec<(PathBuf, PathBuf)>, Refusal> {
    let found = tokio::task::spawn_blocking(move || works::sources(&folder)).await;
    Ok(found.map_err(|error| Fault::broken(error.to_string()))??)
}

/// How long is searched.
fn checked(seconds: Option<u64>, usual: u64) -> Result<u64, Refusal> {
    let seconds = seconds.unwrap_or(usual);
    if SECONDS.contains(&seconds) {
        return Ok(seconds);
    }
    let (least, most) = (SECONDS.start(), SECONDS.end());
    let message = format!("`{seconds}` seconds; there may be `{least}` to `{most}`");
    Err(Fault::param("seconds", message).into())
}

/// The folder with this id, while it is allowed.
pub(super) async fn folder(app: &App, id: &str) -> Result<PathBuf, Refusal> {
    match app.store().objects().get(id).await {
        Ok(object) if object.kind == KIND => Ok(PathBuf::from(
            object.body["path"].as_str().unwrap_or_default(),
        )),
        Ok(_) | Err(store::Error::NotFound { .. }) => Err(Fault::not_found("folder", id).into()),
        Err(error) => Err(error.into()),
    }
}

/// That a folder still is allowed.
pub(super) async fn check_allowed(app: &App, path: &std::path::Path) -> Result<(), Refusal> {
    let path = path.display().to_string();
    match allowed(app)
        .await?
        .iter()
        .any(|object| object.body["path"] == path)
    {
        true => Ok(()),
        false => {
            let message = format!("`{path}` may not be worked on any more\nhint: allow it again");
            Err(Fault::invalid(message).code("folder_not_allowed").into())
        }
    }
}

fn shown(object: &Object) -> Value {
    json!({ "id": object.id, "path": object.body["path"] })
}
