//! Full text over the chats of who asks. What they hold is sealed, so that each is opened and looked through: the
//! newest first, and no further than the bounds here.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Cursor, List, Object, Order, Timestamp};

use super::branches::{OF_CHAT, text};
use super::{KEPT, KIND};
use crate::api::{Refusal, moment};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Result;
use crate::reading::Query;
use crate::v1::responses::KIND as TURN;

/// Turns that are read from the store at once.
const AT_ONCE: u32 = 500;

/// How long is searched at most.
const PATIENCE: Duration = Duration::from_secs(3);

/// Letters around what was found.
const AROUND: usize = 60;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
    limit: Option<usize>,
}

/// Turns and titles in which all words stand.
pub(super) async fn search(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let _permit = app.permit_all(&caller, KIND).await?;
    let words: Vec<String> = wanted
        .q
        .split_whitespace()
        .map(str::to_lowercase)
        .take(16)
        .collect();
    let limit = wanted.limit.unwrap_or(30).clamp(1, 100);
    let found = match words.is_empty() {
        true => Found {
            hits: Vec::new(),
            is_complete: true,
        },
        false => look(&app, caller.user(), &words, limit).await?,
    };
    Ok(Json(
        json!({ "data": found.hits, "complete": found.is_complete }),
    ))
}

struct Found {
    hits: Vec<Value>,
    /// Whether everything was looked through, or enough was found.
    is_complete: bool,
}

async fn look(app: &App, owner: &str, words: &[String], limit: usize) -> Result<Found> {
    let until = Instant::now() + PATIENCE;
    let chats = app.every(owner, KIND, Some(KEPT)).await?;
    let titles: HashMap<&str, &Object> =
        chats.iter().map(|chat| (chat.id.as_str(), chat)).collect();
    let mut hits: Vec<Value> = Vec::new();
    for chat in &chats {
        let title = chat.body["title"].as_str().unwrap_or_default();
        if hits.len() < limit && has_all(&title.to_lowercase(), words) {
            hits.push(hit(chat, None, chat.created_at, ""));
        }
    }
    let mut list = List {
        kind: Some(TURN.to_owned()),
        owner: Some(owner.to_owned()),
        order: Order::Descending,
        limit: AT_ONCE,
        ..List::default()
    };
    loop {
        let page = app.store().objects().list(&list).await?;
        for turn in &page.data {
            let chat = turn
                .metadata
                .get(OF_CHAT)
                .and_then(|id| titles.get(id.as_str()));
            let Some(chat) = chat else { continue };
            for items in [&turn.body["input"], &turn.body["response"]["output"]] {
                let text = text(items);
                if let Some(excerpt) = excerpt(&text, words) {
                    hits.push(hit(chat, Some(&turn.id), turn.created_at, &excerpt));
                    break;
                }
            }
            if hits.len() >= limit {
                return Ok(Found {
                    hits,
                    is_complete: true,
                });
            }
        }
        match page.data.last() {
            Some(last) if page.has_more => list.cursor = Cursor::After(last.id.clone()),
            _ => {
                return Ok(Found {
                    hits,
                    is_complete: true,
                });
            }
        }
        if Instant::now() > until {
            return Ok(Found {
                hits,
                is_complete: false,
            });
        }
    }
}

fn hit(chat: &Object, turn: Option<&str>, at: Timestamp, excerpt: &str) -> Value {
    json!({
        "chat": chat.id,
        "title": chat.body["title"],
        "turn": turn,
        "created_at": moment(at),
        "excerpt": excerpt,
    })
}

fn has_all(text: &str, words: &[String]) -> bool {
    words.iter().all(|word| text.contains(word.as_str()))
}

/// What stands around the first of `words`, where all of them stand in `text`.
fn excerpt(text: &str, words: &[String]) -> Option<String> {
    let lower = text.to_lowercase();
    if !has_all(&lower, words) {
        return None;
    }
    let at = lower.find(words.first()?.as_str())?;
    // Small letters may have another length, so that places are counted in letters.
    let letter = lower[..at].chars().count();
    let from = letter.saturating_sub(AROUND);
    let cut: String = text
        .chars()
        .skip(from)
        .take(2 * AROUND + words[0].len())
        .collect();
    let cut = cut.split_whitespace().collect::<Vec<_>>().join(" ");
    let before = if from > 0 { "…" } else { "" };
    let after = if text.chars().count() > from + 2 * AROUND + words[0].len() {
        "…"
    } else {
        ""
    };
    Some(format!("{before}{cut}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_stands_around_what_was_found_whatever_the_letters() {
        let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        assert_eq!(
            excerpt("Zwölf Boxkämpfer", &words("boxkämpfer")).unwrap(),
            "Zwölf Boxkämpfer"
        );
        assert_eq!(excerpt("one", &words("one two")), None);
        let long = format!("{}İstanbul is here{}", "ä".repeat(200), "b".repeat(300));
        let found = excerpt(&long, &words("istanbul is")).or(excerpt(&long, &words("stanbul is")));
        let found = found.unwrap();
        assert!(
            found.contains("stanbul is here") && found.starts_with('…') && found.ends_with('…'),
            "{found}"
        );
    }
}
