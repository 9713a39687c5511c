//! Responses that were interrupted when the server ended are made again: the same request and seed give the same
//! answer, so that whoever followed its events goes on where they were.

use std::sync::Arc;

use serde_json::{Value, json};
use store::{Cursor, List, Object};

use super::KIND;
use super::background::{Making, UNFINISHED, announce_end, interrupted};
use super::make::{AGAIN, MadeOf, Plan, SERVER};
use super::request::ResponseRequest;
use super::turn::Turn;
use crate::app::App;
use crate::caller::{Caller, Urgency, read_via};
use crate::fault::{Fault, Result};

/// How often a response is made again: one that ends the server each time must not do so for ever.
const ATTEMPTS_MAX: u64 = 3;

/// Takes up all that was interrupted, of servers that live no more; what cannot be made again is told to have failed.
pub(crate) async fn settle(app: &Arc<App>) -> Result<()> {
    let alive = app.presence.alive(app).await?;
    for state in UNFINISHED {
        let mut list = List {
            kind: Some(KIND.to_owned()),
            state: Some(state.to_owned()),
            limit: 100,
            ..List::default()
        };
        loop {
            let page = app.store().objects().list(&list).await?;
            let last = page.data.last().map(|last| last.id.clone());
            for object in page.data {
                let server = object.body[AGAIN][SERVER].as_str();
                if server.is_none_or(|server| !alive.contains(server)) {
                    take_up(app, object).await?;
                }
            }
            match last {
                Some(last) if page.has_more => list.cursor = Cursor::After(last),
                _ => break,
            }
        }
    }
    Ok(())
}

async fn take_up(app: &Arc<App>, mut object: Object) -> Result<()> {
    let id = object.id.clone();
    let attempts = object.body[AGAIN]["attempts"].as_u64().unwrap_or(0) + 1;
    if attempts <= ATTEMPTS_MAX && object.body[AGAIN].is_object() {
        // Known before it is tried, so that it is known when that ends the server.
        object.body[AGAIN]["attempts"] = json!(attempts);
        object.body[AGAIN][SERVER] = json!(app.presence.name());
        object = match app.store().objects().update(object).await {
            // Another server was quicker, or it was deleted.
            Err(store::Error::Version { .. } | store::Error::NotFound { .. }) => return Ok(()),
            updated => updated?,
        };
        match making(app, &object).await {
            Ok(making) => {
                tracing::info!(id, "a response was interrupted, and is made again");
                making.spawn(app);
                return Ok(());
            }
            Err(fault) => return fail(app, object, &fault).await,
        }
    }
    let why = match attempts > ATTEMPTS_MAX {
        true => "again and again",
        false => "and what it is made of was not kept",
    };
    fail(app, object, &interrupted(why)).await
}

/// The response as it was when it began, and how far it had come.
async fn making(app: &App, object: &Object) -> Result<Making> {
    let again = &object.body[AGAIN];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let by = (text(&again["by"]["user"]), text(&again["by"]["via"]));
    let recalled = app.gate.recall(&by.0, &read_via(&by.1)).await?;
    let request: ResponseRequest = serde_json::from_value(again["request"].clone())
        .map_err(|error| Fault::broken(format!("what was asked cannot be read: {error}")))?;
    let made_of = MadeOf {
        input: app.all_items(&object.id).await?,
        context: again["context"].as_array().cloned().unwrap_or_default(),
        response: object.body["response"].clone(),
        seed: object.body["seed"].as_u64().unwrap_or_default(),
        at: again["at"].as_u64().unwrap_or_default(),
    };
    let plan = Plan::of(&request, made_of)?;
    let mut turn = plan.turn();
    turn.begin();
    Ok(Making {
        caller: Caller(recalled, Urgency::Usual),
        turn,
        plan,
        shown: shown(app, &object.id).await?,
    })
}

/// How many events are kept of the response called `id`.
async fn shown(app: &App, id: &str) -> Result<u64> {
    const PAGE: u32 = 1000;
    let mut count = 0_u64;
    loop {
        let objects = app.store().objects();
        let page = objects.events_after(id, count.checked_sub(1), PAGE).await?;
        count += page.len() as u64;
        if page.len() < PAGE as usize {
            return Ok(count);
        }
    }
}

async fn fail(app: &App, mut object: Object, fault: &Fault) -> Result<()> {
    let shown = shown(app, &object.id).await?;
    let mut turn = Turn::of(object.body["response"].clone());
    turn.break_off(shown, fault);
    object.state = "failed".to_owned();
    object.body["response"] = turn.response().clone();
    if let Some(body) = object.body.as_object_mut() {
        body.remove(AGAIN);
    }
    let id = object.id.clone();
    tracing::info!(id, message = fault.message, "a response was interrupted");
    let events = store::Change::Events {
        object: id,
        first: Some(shown),
        events: turn.take_events(),
    };
    let id = object.id.clone();
    let changes = vec![store::Change::Update(object), events];
    app.store().objects().apply(changes).await?;
    announce_end(app, &id, turn.response()).await;
    Ok(())
}
