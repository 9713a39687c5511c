//! `/v1/videos`: films from words, made when there is time.

mod characters;
mod content;
mod credentials;
mod form;
mod guides;
mod make;
mod networks;
mod source;
mod wanted;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use policy::action::Infer;
use serde_json::{Value, json};
use store::{List, Metadata, Object};
use video::{Guide, Settings, Soundtrack};

use super::files::{may_make, seconds};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::kept::{New, Wanted, deleted, page};
use crate::reading::Query;
use crate::works::{self, Live};
use characters::Cast;
use form::Asked;
use guides::Guides;
use source::Origin;

pub(crate) use make::{adopt, call_off, end_failed, film};
pub(crate) use networks::Networks;

/// What films are called in the store; their jobs are called the same.
pub(crate) const KIND: &str = "video";

/// Films of one person that wait for their turn.
const WAITING_MAX: u32 = 32;

/// Seconds after which whoever has so many may ask again.
const WAIT: u64 = 5;

/// How often it is looked whether a film that a batch waits for has ended.
const LOOKED_EVERY: Duration = Duration::from_millis(300);

/// When a client asks again how far a film is.
const POLL_AFTER: (HeaderName, HeaderValue) = (
    HeaderName::from_static("openai-poll-after-ms"),
    HeaderValue::from_static("500"),
);

pub(crate) fn routes() -> Router<Arc<App>> {
    let bytes = usize::try_from(form::BYTES_MAX).unwrap_or(usize::MAX);
    let uploads = DefaultBodyLimit::max(bytes);
    Router::new()
        .route("/v1/videos", post(create).layer(uploads).get(list))
        .merge(characters::routes(uploads))
        .route("/v1/videos/edits", post(edit).layer(uploads))
        .route("/v1/videos/extensions", post(extend).layer(uploads))
        .route("/v1/videos/{id}", get(retrieve).delete(delete))
        .route("/v1/videos/{id}/content", get(content::content))
        .route("/v1/videos/{id}/credentials", get(credentials::credentials))
        .route("/v1/videos/{id}/remix", post(remix))
}

/// What a film is to be called, where this house asks for it on somebody's behalf: it is made once, however often it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Named(pub String);

async fn create(State(app): State<Arc<App>>, caller: Caller, request: Request) -> Result<Response> {
    let named = request.extensions().get::<Named>().cloned();
    let id = match named {
        Some(Named(id)) => match app.kept(&caller, KIND, &id).await {
            Ok(film) => return Ok(reply(wire(&film, None))),
            Err(fault) if fault.status == StatusCode::NOT_FOUND => {
                may_begin_as(&app, &caller, id).await?
            }
            Err(fault) => return Err(fault),
        },
        None => may_begin(&app, &caller).await?,
    };
    let asked = Asked::read(&app, request).await?;
    let settings = wanted::settings(&asked, &app.networks)?;
    begin(&app, &caller, id, (settings, Origin::Words), &asked).await
}

async fn remix(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response> {
    let new = may_begin(&app, &caller).await?;
    let asked = Asked::read(&app, request).await?;
    let (source, origin) = Origin::named(&app, &caller, &id).await?;
    let settings = wanted::remixed(&source, &asked, &app.networks)?;
    begin(&app, &caller, new, (settings, origin), &asked).await
}

async fn edit(State(app): State<Arc<App>>, caller: Caller, request: Request) -> Result<Response> {
    let id = may_begin(&app, &caller).await?;
    let asked = Asked::read(&app, request).await?;
    let (source, origin) = Origin::of(&app, &caller, &asked).await?;
    let settings = wanted::remixed(&source, &asked, &app.networks)?;
    begin(&app, &caller, id, (settings, origin), &asked).await
}

async fn extend(State(app): State<Arc<App>>, caller: Caller, request: Request) -> Result<Response> {
    let id = may_begin(&app, &caller).await?;
    let asked = Asked::read(&app, request).await?;
    let (source, origin) = Origin::of(&app, &caller, &asked).await?;
    let settings = wanted::extended(&source, &asked, &app.networks)?;
    begin(&app, &caller, id, (settings, origin), &asked).await
}

/// What a new film of the caller will be called, if they may have one made: before anything of it is read.
async fn may_begin(app: &App, caller: &Caller) -> Result<String> {
    may_begin_as(app, caller, ids::new("video_")).await
}

async fn may_begin_as(app: &App, caller: &Caller, id: String) -> Result<String> {
    may_make(app, caller, KIND, &id).await?;
    let waiting = List {
        kind: Some(KIND.to_owned()),
        owner: Some(caller.user().to_owned()),
        state: Some("queued".to_owned()),
        limit: WAITING_MAX,
        ..List::default()
    };
    let waiting = app.store().objects().list(&waiting).await?;
    if waiting.data.len() < WAITING_MAX as usize {
        return Ok(id);
    }
    let message = format!(
        "`{WAITING_MAX}` of your films wait already\nhint: ask again when one is done, or delete one"
    );
    Err(Fault {
        retry_after: Some(WAIT),
        ..Fault::new(StatusCode::TOO_MANY_REQUESTS, message).code("rate_limit_exceeded")
    })
}

/// The film called `id`, once it has ended.
pub(crate) async fn ended(app: &App, id: &str) -> Result<Value> {
    loop {
        let object = app.store().objects().get(id).await?;
        if matches!(object.state.as_str(), "completed" | "failed") {
            return Ok(wire(&object, None));
        }
        tokio::time::sleep(LOOKED_EVERY).await;
    }
}

/// Queues a film.
async fn begin(
    app: &Arc<App>,
    caller: &Caller,
    id: String,
    (settings, origin): (Settings, Origin),
    asked: &Asked,
) -> Result<Response> {
    let prompt = settings.words();
    let cast = Cast::read(app, caller, asked).await?;
    let (settings, characters) = cast.written_into(settings)?;
    if app.networks.get(&settings.model).is_some() {
        // Who may ask which model is a matter of the law.
        let model = settings.model.clone();
        let _permit = app.gate.permit(caller, Infer { model }).await?;
    }
    let (guides, draft) = drafted(app, caller, asked, settings).await?;
    let settings = draft.settings;
    let now = app.timestamp();
    let film = json!({
        "id": id,
        "object": "video",
        "model": settings.model,
        "status": "queued",
        "progress": 0,
        "created_at": seconds(now),
        "completed_at": null,
        "expires_at": null,
        "prompt": prompt,
        "seconds": wanted::written(settings.seconds()),
        "size": settings.size,
        "error": null,
        "remixed_from_video_id": origin.id(),
        "seed": settings.seed,
        "steps": settings.steps.map(|steps| steps.count),
        "fps": settings.fps,
        "frames": draft.frames,
        "loras": settings.adapters,
        "loop": settings.is_loop,
        "label": settings.has_label,
        "sound": draft.has_sound,
        "shots": settings.shots,
        "unknown_words": draft.unknown,
        "characters": characters,
        "estimated_seconds": draft.seconds_to_make,
        "queue_position": null,
    });
    let new = New {
        id: id.clone(),
        kind: KIND,
        parent: None,
        state: "queued".to_owned(),
        metadata: Metadata::new(),
        body: json!({ "video": film, "settings": settings, "shows": wanted::shows(asked)?, "guides": guides.told, "assets": {} }),
    };
    let object = app.keep(caller, new).await?;
    let queued = async {
        for sum in &guides.sums {
            app.store().blobs().attach(&object.id, sum).await?;
        }
        origin.hold(app, &object).await?;
        works::enqueue_as(app, caller.user(), KIND, id.clone(), Value::Null).await
    };
    if let Err(fault) = queued.await {
        app.store().objects().delete(&id).await?;
        source::let_go(app, &id).await?;
        return Err(fault);
    }
    let queue = Waiting::read(app, [&object]).await?;
    Ok(reply(queue.placed(&object, None)))
}

/// What is handed in for a film, and what is known of it before it is made.
async fn drafted(
    app: &Arc<App>,
    caller: &Caller,
    asked: &Asked,
    settings: Settings,
) -> Result<(Guides, Draft)> {
    // Pictures take their memory until the draft is done: few are looked at at once.
    let _place = match Guides::are_in(asked) {
        true => Some(app.large_bodies.acquire().await),
        false => None,
    };
    let mut guides = Guides::read(app, caller, asked).await?;
    // Reading the words, which takes its time, tells at once what cannot be made.
    let (all, guide) = (Arc::clone(app), std::mem::take(&mut guides.guide));
    let read = tokio::task::spawn_blocking(move || Draft::new(&all, &settings, guide)).await;
    let draft = read.map_err(|error| Fault::broken(error.to_string()))?;
    Ok((guides, draft?))
}

/// What is known of a film before it is made.
struct Draft {
    settings: Settings,
    frames: u64,
    has_sound: bool,
    /// On this machine, about.
    seconds_to_make: u64,
    unknown: Vec<String>,
}

impl Draft {
    /// That of the film of `settings`, if it can be made. It blocks.
    fn new(app: &App, settings: &Settings, guide: Guide) -> Result<Self> {
        let order = settings.order().map_err(wanted::fault)?;
        let mut maker = app.networks.maker(settings)?;
        let steps = settings.steps.unwrap_or(maker.steps());
        let (stop, told) = (AtomicBool::new(false), |_, _, _: &dyn Fn() -> _| {});
        let pictures = maker.pictures(&order, (steps, guide), (&stop, &told));
        let pictures = pictures.map_err(wanted::not_begun)?;
        Ok(Self {
            settings: pictures.settings(),
            frames: pictures.frames(),
            has_sound: match order.sound {
                Soundtrack::Made => pictures.sound().is_some(),
                Soundtrack::Silent => false,
                Soundtrack::Brought => true,
            },
            seconds_to_make: pictures.seconds_to_make().ceil().max(1.0) as u64,
            unknown: pictures.unknown().to_vec(),
        })
    }
}

/// Films that wait, in the order in which their turns come.
pub(crate) struct Waiting(HashMap<String, usize>);

impl Waiting {
    /// All of them, if one of `films` may wait.
    async fn read(app: &App, films: impl IntoIterator<Item = &Object>) -> Result<Self> {
        let waits = films.into_iter().any(|film| film.state == "queued");
        match waits {
            true => Self::all(app).await,
            false => Ok(Self(HashMap::new())),
        }
    }

    pub async fn all(app: &App) -> Result<Self> {
        let turns = app.store().jobs().turns(KIND, app.timestamp()).await?;
        Ok(Self(turns.into_iter().zip(1..).collect()))
    }

    /// Which one the film called `id` is, from one, if it waits.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.0.get(id).copied()
    }

    /// The film as clients see it, with its place.
    fn placed(&self, object: &Object, live: Option<&Live>) -> Value {
        let mut film = wire(object, live);
        if film["status"] == "queued" {
            film["queue_position"] = json!(self.place(&object.id));
        }
        film
    }
}

fn reply(film: Value) -> Response {
    ([POLL_AFTER], Json(film)).into_response()
}

/// How a film of this house was made.
fn settings_of(object: &Object) -> Result<Settings> {
    let settings = serde_json::from_value(object.body["settings"].clone());
    settings
        .map_err(|error| Fault::broken(format!("the film `{}` cannot be read: {error}", object.id)))
}

/// The film as clients see it, with how far whoever works on it was just before it was read.
fn wire(object: &Object, live: Option<&Live>) -> Value {
    let mut film = object.body["video"].clone();
    let Some(live) = live.filter(|_| object.state == "queued") else {
        return film;
    };
    let progress = live.progress();
    if let (Some(done), Some(total @ 1..)) = (progress["done"].as_u64(), progress["total"].as_u64())
    {
        // What remains when all pictures are drawn is the last hundredth.
        film["progress"] = json!((done * 100 / total).min(99));
        film["status"] = json!("in_progress");
    }
    film
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>> {
    let live = app.works.all_live();
    let found = app
        .list(&caller, KIND, &wanted, BTreeMap::new(), None)
        .await?;
    let queue = Waiting::read(&app, &found.data).await?;
    let films = found.data.iter();
    let data = films.map(|object| queue.placed(object, live.get(&object.id).map(Arc::as_ref)));
    let data = data.collect();
    Ok(Json(page(data, found.has_more)))
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Look {
    /// Whether what is drawn already is to be seen.
    preview: Option<bool>,
}

async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(look): Query<Look>,
) -> Result<Response> {
    let live = app.works.live(&id);
    let object = app.kept(&caller, KIND, &id).await?;
    let queue = Waiting::read(&app, [&object]).await?;
    let mut film = queue.placed(&object, live.as_deref());
    if look.preview.unwrap_or(false) {
        let shown = live.map(|live| live.shown());
        film["preview"] = shown.map_or(Value::Null, |mut shown| shown["preview"].take());
    }
    Ok(reply(film))
}

async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let film = app.kept_to_delete(&caller, KIND, &id).await?;
    // One that is being made is called off.
    match app.store().jobs().cancel(&film.id, app.timestamp()).await {
        Ok(_) | Err(store::Error::NotFound { .. }) => app.works.stop(&film.id),
        Err(error) => return Err(error.into()),
    }
    app.store().objects().delete(&film.id).await?;
    source::let_go(&app, &film.id).await?;
    Ok(Json(deleted(&id, "video.deleted")))
}
