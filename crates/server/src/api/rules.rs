//! `/api/rules`: what the law of the house says, and why.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use policy::action::{
    Action, Delete, Infer, ManageKeys, ManageModels, ManagePeople, Operate, Read, ReadAudit,
    SeeModels, Thing, Write,
};
use policy::{Principal, Verdict, Via};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refusal;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::reading::Parsed;

/// What can be asked about, as people name it.
const ACTIONS: [&str; 10] = [
    "infer",
    "see_models",
    "read",
    "write",
    "delete",
    "manage_keys",
    "manage_people",
    "manage_models",
    "read_audit",
    "operate",
];

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/rules", get(list))
        .route("/api/rules/why", post(why))
        .route("/api/rules/reload", post(reload))
}

/// The files of rules. Whoever lives under a law may read it.
async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let files = app.gate.rules(&caller).await?;
    let data: Vec<Value> = files
        .into_iter()
        .map(|file| json!({ "name": file.name, "text": file.text, "shipped": file.is_shipped }))
        .collect();
    Ok(Json(json!({ "data": data, "actions": ACTIONS })))
}

/// Reads the files again.
async fn reload(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    app.gate.reload_rules(&caller).await?;
    list(State(app), caller).await
}

#[derive(Deserialize)]
struct Question {
    /// The id of a person; whoever asks, when none.
    person: Option<String>,
    action: String,
    /// For `infer`.
    model: Option<String>,
    /// For `read`, `write` and `delete`: what kind of thing, and whose.
    kind: Option<String>,
    owner: Option<String>,
}

/// Whether somebody may do something, and which rules say so. Nothing is permitted by it.
async fn why(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Parsed<Question>,
) -> Result<Json<Value>, Refusal> {
    let question = body.value;
    let asker: Principal = match &question.person {
        Some(person) if person != caller.user() => {
            let change = "ask_why";
            let _permit = app.gate.permit(&caller, Operate { change }).await?;
            app.gate.recall(person, &Via::Session).await?
        }
        _ => caller.0.clone(),
    };
    let verdict = verdict(&app, &asker, question)?;
    Ok(Json(described(&verdict)))
}

fn verdict(app: &App, asker: &Principal, question: Question) -> Result<Arc<Verdict>, Fault> {
    fn of(app: &App, asker: &Principal, action: &impl Action) -> Arc<Verdict> {
        app.gate.why(asker, action)
    }
    let (user, role) = (asker.user().to_owned(), asker.role());
    let kind = question.kind.unwrap_or_else(|| "response".to_owned());
    let owner = question.owner.unwrap_or_else(|| user.clone());
    let thing = Thing::of(kind, owner);
    let change = "ask_why";
    Ok(match question.action.as_str() {
        "infer" => {
            let model = question.model.ok_or_else(|| {
                Fault::param("model", "which model?\nhint: `GET /v1/models` lists them")
            })?;
            of(app, asker, &Infer { model })
        }
        "see_models" => of(app, asker, &SeeModels),
        "read" => of(app, asker, &Read(thing)),
        "write" => of(app, asker, &Write(thing)),
        "delete" => of(app, asker, &Delete(thing)),
        "manage_keys" => of(
            app,
            asker,
            &ManageKeys {
                user,
                role,
                change,
                key: None,
            },
        ),
        "manage_people" => of(app, asker, &ManagePeople { user, role, change }),
        "manage_models" => of(
            app,
            asker,
            &ManageModels {
                change,
                model: None,
            },
        ),
        "read_audit" => of(app, asker, &ReadAudit),
        "operate" => of(app, asker, &Operate { change }),
        other => {
            let shown: String = other.chars().take(64).collect();
            let message = format!(
                "there is no action `{shown}`\nhint: `{}`",
                ACTIONS.join("`, `")
            );
            return Err(Fault::param("action", message));
        }
    })
}

fn described(verdict: &Verdict) -> Value {
    let rules: Vec<Value> = verdict
        .rules
        .iter()
        .map(|rule| json!({ "id": rule.id, "says": rule.says, "file": rule.file }))
        .collect();
    json!({
        "allowed": verdict.allowed,
        "action": verdict.action,
        "on": verdict.on,
        "role": verdict.role,
        "rules": rules,
        "broken": verdict.broken,
        "sentence": verdict.to_string(),
    })
}
