//! The turns of a chat, as the tree that they are.

use std::collections::HashMap;

use serde_json::{Value, json};
use store::{Cursor, List, Object};

use super::AT_ONCE;
use crate::api::moment;
use crate::app::App;
use crate::fault::{Fault, Result};
use crate::v1::responses::KIND as TURN;

/// By which a response says of which chat it is a turn.
pub(super) const OF_CHAT: &str = "freehold_chat";

/// By which a turn names the first one that asked the same.
pub(super) const AGAIN: &str = "freehold_again";

/// By which a turn says how many before it were not read, as they did not fit.
pub(super) const FORGOTTEN: &str = "freehold_forgotten";

/// Turns that may lie before one.
const BEFORE_MAX: usize = 20_000;

/// All turns of a chat, the oldest first.
pub(super) async fn turns(app: &App, chat: &Object) -> Result<Vec<Object>> {
    let mut list = List {
        kind: Some(TURN.to_owned()),
        owner: Some(chat.owner.clone()),
        metadata: [(OF_CHAT.to_owned(), chat.id.clone())].into(),
        limit: AT_ONCE,
        ..List::default()
    };
    let mut all: Vec<Object> = Vec::new();
    loop {
        let page = app.store().objects().list(&list).await?;
        let last = page.data.last().map(|object| object.id.clone());
        all.extend(page.data);
        match last {
            Some(id) if page.has_more => list.cursor = Cursor::After(id),
            _ => return Ok(all),
        }
    }
}

/// The turn called `id` of a chat.
pub(super) async fn turn(app: &App, chat: &Object, id: &str) -> Result<Object> {
    let found = app.store().objects().get(id).await;
    match found {
        Ok(turn) if is_of(&turn, chat) => Ok(turn),
        Ok(_) | Err(store::Error::NotFound { .. }) => Err(Fault::not_found("turn", id)),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn is_of(turn: &Object, chat: &Object) -> bool {
    turn.kind == TURN && turn.owner == chat.owner && turn.metadata.get(OF_CHAT) == Some(&chat.id)
}

/// What lies between the beginning and the turn called `leaf`, this one included.
pub(super) fn branch<'t>(turns: &'t [Object], leaf: &str) -> Vec<&'t Object> {
    let by_id: HashMap<&str, &Object> = turns.iter().map(|turn| (turn.id.as_str(), turn)).collect();
    let mut branch = Vec::new();
    let mut next = by_id.get(leaf);
    while let Some(turn) = next
        && branch.len() < BEFORE_MAX
    {
        branch.push(*turn);
        next = turn.parent.as_deref().and_then(|id| by_id.get(id));
    }
    branch.reverse();
    branch
}

/// What was asked and said in turns, as a model reads it.
pub(super) fn items(branch: &[Object]) -> Vec<Value> {
    let both = |turn: &Object| {
        let input = turn.body["input"].as_array().cloned().unwrap_or_default();
        let output = turn.body["response"]["output"].as_array().cloned();
        input.into_iter().chain(output.unwrap_or_default())
    };
    branch.iter().flat_map(both).collect()
}

/// A turn as it is told.
pub(super) fn described(turn: &Object) -> Value {
    let response = &turn.body["response"];
    let input = turn.body["input"].as_array().into_iter().flatten();
    let output = response["output"].as_array().into_iter().flatten();
    let forgotten = turn.metadata.get(FORGOTTEN);
    let forgotten: Option<usize> = forgotten.and_then(|count| count.parse().ok());
    json!({
        "id": turn.id,
        "after": turn.parent,
        "again": turn.metadata.get(AGAIN),
        "created_at": moment(turn.created_at),
        "status": turn.state,
        "model": response["model"],
        "input": input.map(lean).collect::<Vec<_>>(),
        "output": output.map(lean).collect::<Vec<_>>(),
        "usage": response["usage"],
        "forgotten": forgotten.unwrap_or(0),
        "error": response["error"],
        "timings": turn.body["timings"],
    })
}

/// An item without what nobody reads on a page.
fn lean(item: &Value) -> Value {
    let mut item = item.clone();
    let parts = item["content"].as_array_mut().into_iter().flatten();
    for part in parts.filter_map(Value::as_object_mut) {
        part.remove("logprobs");
        part.remove("annotations");
    }
    item
}

/// All that people and models wrote in items, in a text. What was attached is named, and not told again.
pub(super) fn text(items: &Value) -> String {
    joined(items, |part| match part["filename"].as_str() {
        Some(name) => Some(name),
        None => part["text"].as_str(),
    })
}

/// What was written by hand, or else what was attached.
pub(super) fn written(items: &Value) -> String {
    let by_hand = joined(items, |part| match part["filename"].as_str() {
        Some(_) => None,
        None => part["text"].as_str(),
    });
    match by_hand.trim().is_empty() {
        true => text(items),
        false => by_hand,
    }
}

fn joined<'i>(items: &'i Value, of: impl Fn(&'i Value) -> Option<&'i str>) -> String {
    let messages = items.as_array().into_iter().flatten();
    let messages = messages.filter(|item| item["type"] == "message");
    let parts = messages.flat_map(|item| item["content"].as_array().into_iter().flatten());
    let texts = parts.filter_map(of).filter(|text| !text.is_empty());
    texts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(id: &str, after: Option<&str>) -> Object {
        Object {
            id: id.to_owned(),
            parent: after.map(str::to_owned),
            ..Object::default()
        }
    }

    #[test]
    fn a_branch_leads_from_the_beginning_to_its_leaf() {
        let turns = [
            turn("a", None),
            turn("b", Some("a")),
            turn("c", Some("a")),
            turn("d", Some("c")),
        ];
        let ids = |leaf: &str| -> String {
            branch(&turns, leaf)
                .iter()
                .map(|turn| turn.id.as_str())
                .collect()
        };
        assert_eq!(ids("d"), "acd");
        assert_eq!(ids("b"), "ab");
        assert_eq!(ids("x"), "");
        // A circle cannot be walked for ever.
        let circle = [turn("a", Some("b")), turn("b", Some("a"))];
        assert_eq!(branch(&circle, "a").len(), BEFORE_MAX);
    }
}
