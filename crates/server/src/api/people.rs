//! `/api/people`: who may enter the house.

mod taken_out;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use policy::{NewPerson, Person, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::may::may_change;
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
    let described = |person| described(&app, &caller, person);
    let data: Vec<Value> = people.iter().map(described).collect();
    Ok(Json(json!({ "data": data })))
}

#[derive(Deserialize)]
struct Wanted {
    name: String,
    display_name: Option<String>,
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
        display_name: wanted.display_name.as_deref(),
        role: role.unwrap_or(Role::Member),
        password: None,
    };
    let person = app.gate.add_person(&caller, new).await?;
    let token = app.gate.link_for(&caller, &person.id).await?;
    let mut value = described(&app, &caller, &person);
    value["link"] = json!(format!("/sign-in#{}", token.reveal()));
    value["link_works"] = json!(link_works(&app));
    Ok(Json(value))
}

#[derive(Deserialize)]
struct Change {
    /// Nothing for the name they sign in with.
    display_name: Option<String>,
    role: Option<String>,
    disabled: Option<bool>,
}

async fn update(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Parsed<Change>,
) -> Result<Json<Value>, Refusal> {
    let Change {
        display_name,
        role,
        disabled,
    } = body.value;
    if let Some(name) = display_name {
        let name = Some(name.trim()).filter(|name| !name.is_empty());
        app.gate.set_display_name(&caller, &id, name).await?;
    }
    if let Some(role) = role {
        app.gate.set_role(&caller, &id, role.parse()?).await?;
    }
    if let Some(disabled) = disabled {
        app.gate.set_disabled(&caller, &id, disabled).await?;
    }
    let person = found(&app, &caller, &id).await?;
    Ok(Json(described(&app, &caller, &person)))
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
    Ok(Json(
        json!({ "id": id, "link": link, "link_works": link_works(&app) }),
    ))
}

/// Where links of this house can be opened: browsers make addresses of them, and some of those lead nowhere else.
fn link_works(app: &App) -> &'static str {
    match app.is_local {
        true => "on_this_machine",
        false => "on_others",
    }
}

async fn found(app: &App, caller: &Caller, id: &str) -> Result<Person, Refusal> {
    let people = app.gate.people(caller).await?;
    let found = people.into_iter().find(|person| person.id == id);
    Ok(found.ok_or_else(|| Fault::not_found("person", id))?)
}

fn described(app: &App, caller: &Caller, person: &Person) -> Value {
    json!({
        "id": person.id,
        "name": person.name,
        "display_name": person.display_name,
        "role": person.role.name(),
        "disabled": person.is_disabled,
        "has_password": person.has_password,
        "created_at": moment(person.created_at),
        "may_change": may_change(app, caller, &person.id, person.role),
    })
}
