//! `/api/people`: who may enter the house.

mod taken_out;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use policy::{NewPerson, Person, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refusal, moment};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::reading::Parsed;

pub(crate) use taken_out::tidy;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/people", get(list).post(create))
        .route("/api/people/{id}", patch(update).delete(erase))
        .route("/api/people/{id}/link", post(link))
        .route("/api/people/{id}/export", post(taken_out::export))
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let people = app.gate.people(&caller).await?;
    let data: Vec<Value> = people.iter().map(described).collect();
    Ok(Json(json!({ "data": data })))
}

#[derive(Deserialize)]
struct Wanted {
    name: String,
    role: Option<String>,
}

/// Adds somebody, with a link by which they enter for the first time.
async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let wanted = body.value;
    let role = wanted.role.as_deref().map(str::parse).transpose()?;
    let new = NewPerson {
        name: &wanted.name,
        role: role.unwrap_or(Role::Member),
        password: None,
    };
    let person = app.gate.add_person(&caller, new).await?;
    let token = app.gate.link_for(&caller, &person.id).await?;
    let mut value = described(&person);
    value["link"] = json!(format!("/sign-in#{}", token.reveal()));
    Ok(Json(value))
}

#[derive(Deserialize)]
struct Change {
    role: Option<String>,
    disabled: Option<bool>,
}

async fn update(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Change>,
) -> Result<Json<Value>, Refusal> {
    let Change { role, disabled } = body.value;
    if let Some(role) = role {
        app.gate.set_role(&caller, &id, role.parse()?).await?;
    }
    if let Some(disabled) = disabled {
        app.gate.set_disabled(&caller, &id, disabled).await?;
    }
    Ok(Json(described(&found(&app, &caller, &id).await?)))
}

#[derive(Deserialize)]
struct Erasure {
    /// Their name, typed by whoever asks for it.
    name: String,
}

/// Destroys everything of somebody's, for good.
async fn erase(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Erasure>,
) -> Result<Json<Value>, Refusal> {
    let person = found(&app, &caller, &id).await?;
    if body.value.name.trim().to_lowercase() != person.name {
        let message = format!(
            "`{}` is the name of somebody else\nhint: this cannot be undone: type the name of whom it is about",
            body.value.name
        );
        return Err(Fault::param("name", message).into());
    }
    app.gate.erase_person(&caller, &id).await?;
    Ok(Json(json!({ "id": id, "erased": true })))
}

/// A new link by which somebody enters once.
async fn link(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let token = app.gate.link_for(&caller, &id).await?;
    let link = format!("/sign-in#{}", token.reveal());
    Ok(Json(json!({ "id": id, "link": link })))
}

async fn found(app: &App, caller: &Caller, id: &str) -> Result<Person, Refusal> {
    let people = app.gate.people(caller).await?;
    let found = people.into_iter().find(|person| person.id == id);
    Ok(found.ok_or_else(|| Fault::not_found("person", id))?)
}

fn described(person: &Person) -> Value {
    json!({
        "id": person.id,
        "name": person.name,
        "role": person.role.name(),
        "disabled": person.is_disabled,
        "has_password": person.has_password,
        "created_at": moment(person.created_at),
    })
}
