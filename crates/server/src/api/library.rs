//! `/api/models`: models come and go.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{delete, post};
use axum::{Json, Router};
use policy::action::ManageModels;
use serde::Deserialize;
use serde_json::{Value, json};
use tensor::files::Mix;

use super::Refusal;
use super::jobs::described;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::reading::Parsed;
use crate::works::{self, ADD, Add, MEASURE, Measure, QUANTISE, Quantise};

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/models", post(create))
        .route("/api/models/look", post(look))
        .route("/api/models/{name}", delete(remove))
        .route("/api/models/{name}/load", post(load))
        .route("/api/models/{name}/unload", post(unload))
        .route("/api/models/{name}/quantise", post(quantise))
        .route("/api/models/{name}/measure", post(measure))
}

/// What may come.
#[derive(Deserialize)]
struct Source {
    /// A folder or file of the server's machine, or `hub:owner/name`.
    source: String,
    name: Option<String>,
}

/// What a model is, under which licence, and whether it fits, before anything is fetched.
async fn look(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Source>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "look", None).await?;
    let Source { source, name } = body.value;
    let source = at_home(&app, source);
    let offered = blocking(move || works::look(&app, &source, name.as_deref())).await?;
    Ok(Json(offered.wire()))
}

/// A path that begins with `~/`, as a shell reads it.
fn at_home(app: &App, source: String) -> String {
    let home = app.code.as_ref().and_then(|code| code.home.as_ref());
    match (source.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest).display().to_string(),
        _ => source,
    }
}

#[derive(Deserialize)]
struct Wanted {
    source: String,
    name: Option<String>,
    /// Whether the files stay where they are, and are only referred to.
    #[serde(default)]
    links: bool,
    /// That whoever asks has seen the licence.
    #[serde(default)]
    agreed: bool,
}

/// Adds a model; the reply is the job that does it.
async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let mut wanted = body.value;
    permit(&app, &caller, "add", wanted.name.as_deref()).await?;
    wanted.source = at_home(&app, wanted.source);
    if !wanted.agreed {
        let message = "nobody agreed to its licence\nhint: `POST /api/models/look` shows it; then send `agreed` with `true`";
        return Err(Fault::param("agreed", message).code("not_agreed").into());
    }
    let (of, source, name) = (Arc::clone(&app), wanted.source.clone(), wanted.name.clone());
    // What can never be done is said at once.
    let offered = blocking(move || works::look(&of, &source, name.as_deref())).await?;
    let add = Add {
        source: wanted.source,
        name: offered.name,
        links: wanted.links,
    };
    queued(&app, &caller, ADD, &add).await
}

async fn remove(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "remove", Some(&name)).await?;
    let gone = name.clone();
    blocking(move || works::remove(&app, &gone)).await?;
    Ok(Json(json!({ "name": name, "removed": true })))
}

/// Reads a model into memory, and answers when it is there.
async fn load(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "load", Some(&name)).await?;
    app.catalogue.speaker(&name).await?;
    Ok(Json(json!({ "name": name, "loaded": true })))
}

async fn unload(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "unload", Some(&name)).await?;
    let gone = name.clone();
    blocking(move || {
        app.catalogue.unload(&gone);
        Ok(())
    })
    .await?;
    Ok(Json(json!({ "name": name, "loaded": false })))
}

#[derive(Deserialize)]
struct Smaller {
    format: String,
    name: Option<String>,
}

/// Makes a model smaller; the reply is the job that does it.
async fn quantise(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(model): Path<String>,
    body: Parsed<Smaller>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "quantise", Some(&model)).await?;
    let Smaller { format, name } = body.value;
    let mix = Mix::of_name(&format).ok_or_else(|| works::unknown_format(&format))?;
    let library = app.catalogue.library();
    if library.get(&model).is_none() {
        return Err(app.catalogue.unknown(&model).into());
    }
    let name = name.unwrap_or_else(|| format!("{model}-{}", mix.name()));
    library::check_name(&name).map_err(Fault::from)?;
    if library.get(&name).is_some() {
        return Err(Fault::from(library::taken(&name)).into());
    }
    let format = mix.name().to_owned();
    queued(
        &app,
        &caller,
        QUANTISE,
        &Quantise {
            model,
            format,
            name,
        },
    )
    .await
}

/// Measures how fast a model is here; the reply is the job that does it.
async fn measure(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(model): Path<String>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller, "measure", Some(&model)).await?;
    if app.catalogue.library().get(&model).is_none() {
        return Err(app.catalogue.unknown(&model).into());
    }
    queued(&app, &caller, MEASURE, &Measure { model }).await
}

async fn queued(
    app: &App,
    caller: &Caller,
    kind: &'static str,
    asked: &impl serde::Serialize,
) -> Result<Json<Value>, Refusal> {
    let payload = serde_json::to_value(asked).expect("requests of ours are JSON");
    let job = works::enqueue(app, caller.user(), kind, payload).await?;
    Ok(Json(described(app, &job)))
}

async fn permit(
    app: &App,
    caller: &Caller,
    change: &'static str,
    model: Option<&str>,
) -> Result<(), Refusal> {
    let model = model.map(str::to_owned);
    let _permit = app
        .gate
        .permit(caller, ManageModels { change, model })
        .await?;
    Ok(())
}

/// Does what reads files or asks others, away from whoever answers.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Fault::broken(error.to_string()))?
}
