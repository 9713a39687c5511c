//! Full text over the chats of who asks. What they hold is sealed, so that each is opened and looked through: the
//! newest first, and no further than the bounds here.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Cursor, List, Object, Order};

use super::branches::OF_CHAT;
use super::found::{Hit, best};
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

/// Words that are looked for at most.
const WORDS_MAX: usize = 16;

/// Turns in which the words were found, after which no more are looked for.
const HITS_MAX: usize = 1_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
    limit: Option<usize>,
    /// The chat whose turns are wanted, each for itself.
    chat: Option<String>,
}

/// Chats in which all words stand in a turn or the title, with the turn that fits best; or turns of one chat.
pub(super) async fn search(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let _permit = app.permit_all(&caller, KIND).await?;
    let words = wanted.q.split_whitespace().map(str::to_lowercase);
    let words: Vec<String> = words.take(WORDS_MAX).collect();
    let limit = wanted.limit.unwrap_or(30).clamp(1, 100);
    if words.is_empty() {
        return Ok(Json(json!({ "data": [], "complete": true })));
    }
    let mut chats = app.every(caller.user(), KIND, Some(KEPT)).await?;
    if let Some(only) = &wanted.chat {
        chats.retain(|chat| chat.id == *only);
    }
    let mut search = Search::new(&chats, &words, limit, wanted.chat.is_some());
    search.titles();
    search.turns(&app, caller.user()).await?;
    let data: Vec<Value> = search.rows.iter().map(Row::told).collect();
    Ok(Json(
        json!({ "data": data, "complete": search.is_complete }),
    ))
}

/// A chat in which something was found, or one turn of the chat that is looked through.
struct Row<'c> {
    chat: &'c Object,
    best: Option<Hit>,
    /// Other turns of the chat in which the words stand.
    more: usize,
}

impl Row<'_> {
    fn told(&self) -> Value {
        let hit = self.best.as_ref();
        json!({
            "chat": self.chat.id,
            "title": self.chat.body["title"],
            "turn": hit.map(|hit| &hit.turn),
            "created_at": moment(hit.map_or(self.chat.created_at, |hit| hit.created_at)),
            "place": hit.map_or("title", |hit| hit.place.name()),
            "file": hit.and_then(|hit| hit.place.file()),
            "excerpt": hit.map_or("", |hit| &hit.excerpt),
            "more": self.more,
        })
    }
}

struct Search<'c> {
    chats: HashMap<&'c str, &'c Object>,
    all: &'c [Object],
    words: &'c [String],
    limit: usize,
    /// Whether each turn has a row of its own.
    is_within: bool,
    rows: Vec<Row<'c>>,
    /// Where the row of a chat is.
    places: HashMap<&'c str, usize>,
    hits: usize,
    /// Whether everything was looked through.
    is_complete: bool,
}

impl<'c> Search<'c> {
    fn new(chats: &'c [Object], words: &'c [String], limit: usize, is_within: bool) -> Self {
        Self {
            chats: chats.iter().map(|chat| (chat.id.as_str(), chat)).collect(),
            all: chats,
            words,
            limit,
            is_within,
            rows: Vec::new(),
            places: HashMap::new(),
            hits: 0,
            is_complete: true,
        }
    }

    /// Chats whose titles hold the words come first.
    fn titles(&mut self) {
        for chat in self.all {
            let title = chat.body["title"].as_str().unwrap_or_default();
            let title = title.to_lowercase();
            let has_all = self.words.iter().all(|word| title.contains(word.as_str()));
            if has_all && !self.is_within && self.rows.len() < self.limit {
                self.places.insert(&chat.id, self.rows.len());
                self.rows.push(Row {
                    chat,
                    best: None,
                    more: 0,
                });
            }
        }
    }

    /// Looks through what was asked and answered, the newest first.
    async fn turns(&mut self, app: &App, owner: &str) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        let mut list = List {
            kind: Some(TURN.to_owned()),
            owner: Some(owner.to_owned()),
            order: Order::Descending,
            limit: AT_ONCE,
            ..List::default()
        };
        if let (true, [only]) = (self.is_within, self.all) {
            list.metadata = [(OF_CHAT.to_owned(), only.id.clone())].into();
        }
        loop {
            let page = app.store().objects().list(&list).await?;
            for turn in &page.data {
                self.turn(turn);
            }
            let next = page.data.last().filter(|_| page.has_more);
            let Some(last) = next else { return Ok(()) };
            if self.hits >= HITS_MAX || Instant::now() > until {
                self.is_complete = false;
                return Ok(());
            }
            list.cursor = Cursor::After(last.id.clone());
        }
    }

    fn turn(&mut self, turn: &Object) {
        let of = turn.metadata.get(OF_CHAT);
        let chat = of.and_then(|id| self.chats.get(id.as_str()).copied());
        let Some(chat) = chat else { return };
        let Some(hit) = best(turn, self.words) else {
            return;
        };
        self.hits += 1;
        let place = self.places.get(chat.id.as_str()).copied();
        if let Some(at) = place.filter(|_| !self.is_within) {
            let row = &mut self.rows[at];
            match &row.best {
                None => row.best = Some(hit),
                Some(best) => {
                    row.more += 1;
                    if hit.rank > best.rank {
                        row.best = Some(hit);
                    }
                }
            }
        } else if self.rows.len() < self.limit {
            self.places.insert(&chat.id, self.rows.len());
            self.rows.push(Row {
                chat,
                best: Some(hit),
                more: 0,
            });
        } else {
            self.is_complete = false;
        }
    }
}
