//! `/v1/videos/characters`: things of our own films that get a name, by which later films have them.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use store::{List, Metadata, Object, Order};
use video::{Character, NoCharacter, Settings, cast};

use super::form::Asked;
use super::source::Origin;
use super::wanted;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::kept::{New, Wanted, deleted, page};
use crate::reading::Query;
use crate::v1::files::{may_make, seconds};

/// What they are called in the store.
const KIND: &str = "character";

/// Characters of one person.
const CHARACTERS_MAX: u32 = 100;

pub(super) fn routes(uploads: DefaultBodyLimit) -> Router<Arc<App>> {
    Router::new()
        .route(
            "/v1/videos/characters",
            post(create).layer(uploads).get(list),
        )
        .route("/v1/videos/characters/{id}", get(retrieve).delete(delete))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Value>> {
    let id = ids::new("char_");
    may_make(&app, &caller, KIND, &id).await?;
    let asked = Asked::read(&app, request).await?;
    let name = asked.text("name")?;
    let (settings, _) = Origin::of(&app, &caller, &asked).await?;
    if all(&app, caller.user()).await?.len() >= CHARACTERS_MAX as usize {
        let message = format!("you have `{CHARACTERS_MAX}` characters\nhint: delete one of them");
        return Err(Fault::invalid(message));
    }
    let found = tokio::task::spawn_blocking(move || Character::of(&settings, &name)).await;
    let found = found.map_err(|error| Fault::broken(error.to_string()))?;
    let character = found.map_err(|error| match error {
        NoCharacter::Film(refused) => {
            Fault::param("video", wanted::fault(refused).message).code("video_unknown")
        }
        other => Fault::param("name", other.to_string()),
    })?;
    let wire = json!({
        "id": id,
        "object": "video.character",
        "created_at": seconds(app.timestamp()),
        "name": character.name,
        "looks": character.looks,
    });
    let new = New {
        id,
        kind: KIND,
        parent: None,
        state: String::new(),
        metadata: Metadata::new(),
        body: wire,
    };
    Ok(Json(app.keep(&caller, new).await?.body))
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>> {
    let found = app
        .list(&caller, KIND, &wanted, Metadata::new(), None)
        .await?;
    let data = found.data.into_iter().map(|object| object.body).collect();
    Ok(Json(page(data, found.has_more)))
}

async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    Ok(Json(app.kept(&caller, KIND, &id).await?.body))
}

async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    app.delete(&caller, KIND, &id).await?;
    Ok(Json(deleted(&id, "video.character.deleted")))
}

/// Those of a person, the newest first.
async fn all(app: &App, owner: &str) -> Result<Vec<Object>> {
    let list = List {
        kind: Some(KIND.to_owned()),
        owner: Some(owner.to_owned()),
        order: Order::Descending,
        limit: CHARACTERS_MAX,
        ..List::default()
    };
    Ok(app.store().objects().list(&list).await?.data)
}

/// Who may play in a film.
pub(super) struct Cast {
    ids: Vec<String>,
    characters: Vec<Character>,
    /// Whether the request lists them, so that each must be named.
    is_listed: bool,
}

impl Cast {
    /// Those that the request lists, or else all that the caller has.
    pub async fn read(app: &App, caller: &Caller, asked: &Asked) -> Result<Self> {
        let listed = asked.value("characters").map(ids_in).transpose()?;
        let objects = match &listed {
            None => all(app, caller.user()).await?,
            Some(ids) => {
                let mut objects = Vec::with_capacity(ids.len());
                for id in ids {
                    let found = app.kept(caller, KIND, id).await;
                    objects.push(found.map_err(|fault| Fault {
                        param: Some("characters".to_owned()),
                        ..fault
                    })?);
                }
                objects
            }
        };
        let character = |object: &Object| {
            serde_json::from_value(object.body.clone())
                .map_err(|error| Fault::broken(format!("a character cannot be read: {error}")))
        };
        Ok(Self {
            characters: objects.iter().map(character).collect::<Result<_>>()?,
            ids: objects.into_iter().map(|object| object.id).collect(),
            is_listed: listed.is_some(),
        })
    }

    /// The settings with looks in place of names, and the ids of those that are named.
    pub fn written_into(self, mut settings: Settings) -> Result<(Settings, Vec<String>)> {
        let mut is_named = vec![false; self.characters.len()];
        for shot in &mut settings.shots {
            let (text, named) = cast(&shot.prompt, &self.characters);
            shot.prompt = text;
            for (all, one) in is_named.iter_mut().zip(named) {
                *all |= one;
            }
        }
        let missing = is_named.iter().position(|named| !named);
        if let Some(missing) = missing.filter(|_| self.is_listed) {
            let message = format!(
                "the prompt does not name the character `{name}`\nhint: `{name} bounces`, for example",
                name = self.characters[missing].name
            );
            return Err(Fault::param("characters", message));
        }
        let ids = self.ids.into_iter().zip(is_named);
        let ids = ids.filter_map(|(id, is_named)| is_named.then_some(id));
        Ok((settings, ids.collect()))
    }
}

/// A list of ids, or of objects that have one.
fn ids_in(listed: &Value) -> Result<Vec<String>> {
    let wrong = || {
        let message = "`characters` is a list of objects with an `id`, four at most";
        Fault::param("characters", message)
    };
    let listed = listed.as_array().filter(|listed| listed.len() <= 4);
    let ids = listed.ok_or_else(wrong)?.iter().map(|one| match one {
        Value::String(id) => Some(id.clone()),
        other => other["id"].as_str().map(str::to_owned),
    });
    let ids: Option<Vec<String>> = ids.collect();
    ids.ok_or_else(wrong)
}
