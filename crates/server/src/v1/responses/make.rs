//! From a request to a response: what is read, what is said, what is kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use serde_json::{Value, json};
use store::{Change, Item};
use tokio::sync::mpsc;

use super::KIND;
use super::input::{items, messages};
use super::request::ResponseRequest;
use super::tools::Offered;
use super::turn::Turn;
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::kept::New;
use crate::sse::{Events, Source};
use crate::v1::conversations;

/// Responses that may lie before one.
const BEFORE_MAX: usize = 1000;

/// Events that wait for a client that reads slowly; the model goes on no further than that.
const AHEAD: usize = 256;

/// Under which name it is kept how to make a response again.
pub(crate) const AGAIN: &str = "again";

/// Which server makes it, among that.
pub(super) const SERVER: &str = "server";

/// Whether another server asks to stop it, among that.
pub(super) const STOPS: &str = "stops";

/// A request that was understood, with all that the model reads.
pub(crate) struct Plan {
    pub model: String,
    pub asked: Asked,
    /// All that came before and what is new, as items.
    pub context: Vec<Value>,
    /// What is new.
    pub input: Vec<Value>,
    /// What was asked, but for the input, where it is made in the background.
    pub request: Option<Value>,
    pub response: Value,
    offered: Offered,
    stores: bool,
    conversation: Option<String>,
    carries: bool,
    is_of_chat: bool,
}

impl Plan {
    /// Looks up what the request refers to.
    pub async fn new(app: &App, caller: &Caller, request: ResponseRequest) -> Result<Self> {
        request.check()?;
        let conversation = request.conversation()?;
        let context = match (&request.previous_response_id, conversation) {
            (Some(id), _) => before(app, caller, id).await?,
            (None, Some(id)) => {
                app.kept_to_change(caller, conversations::KIND, id).await?;
                app.all_items(id).await?
            }
            (None, None) => Vec::new(),
        };
        Self::over(app, &request, context)
    }

    /// The same for a turn of a chat, after what was asked and said before it. What is asked is kept with what is
    /// said, so that a chat is read in few steps.
    pub fn of_chat(app: &App, request: &ResponseRequest, context: Vec<Value>) -> Result<Self> {
        request.check()?;
        let plan = Self::over(app, request, context)?;
        Ok(Self {
            is_of_chat: true,
            ..plan
        })
    }

    fn over(app: &App, request: &ResponseRequest, mut context: Vec<Value>) -> Result<Self> {
        let model = request.model()?;
        let input = items(&request.input)?;
        context.extend(input.iter().cloned());
        resolve(&mut context)?;
        let now = app.now();
        let made_of = MadeOf {
            input,
            context,
            response: request.response(&ids::new("resp_"), now, model),
            // The same seed gives the same answer, so that one that was interrupted can be made again.
            seed: request.seed.map_or_else(ids::seed, i64::cast_unsigned),
            at: now,
        };
        Self::of(request, made_of)
    }

    /// The plan of a request of which is known what it refers to.
    pub fn of(request: &ResponseRequest, made_of: MadeOf) -> Result<Self> {
        let offered = Offered::read(request.tools.as_deref().unwrap_or_default())?;
        let mut asked = request.asked(&offered)?;
        asked.seed = Some(made_of.seed);
        asked.at = Some(made_of.at);
        asked.messages = messages(request.instructions.as_deref(), &made_of.context, &offered)?;
        let is_background = request.background == Some(true);
        Ok(Self {
            model: request.model()?.to_owned(),
            asked,
            context: made_of.context,
            input: made_of.input,
            request: is_background.then(|| json!(request)),
            response: made_of.response,
            offered,
            stores: request.store.unwrap_or(true),
            conversation: request.conversation()?.map(str::to_owned),
            carries: request.includes("reasoning.encrypted_content"),
            is_of_chat: false,
        })
    }

    /// The id of the response.
    pub fn id(&self) -> String {
        self.response["id"].as_str().unwrap_or_default().to_owned()
    }

    /// The response in the making.
    pub fn turn(&self) -> Turn {
        Turn::new(self.response.clone(), self.offered.clone(), self.carries)
    }

    pub fn keeping(&self) -> Keeping {
        Keeping {
            stores: self.stores,
            input: self.input.clone(),
            conversation: self.conversation.clone(),
            seed: self.asked.seed,
            is_of_chat: self.is_of_chat,
        }
    }
}

/// What a response is made of, beside its request.
pub(crate) struct MadeOf {
    pub input: Vec<Value>,
    /// All that came before and the input, as items.
    pub context: Vec<Value>,
    /// The response as it begins.
    pub response: Value,
    pub seed: u64,
    /// The time that the model is told, in seconds since 1970.
    pub at: u64,
}

/// What a response needs to be kept.
#[derive(Debug, Clone)]
pub(crate) struct Keeping {
    stores: bool,
    input: Vec<Value>,
    conversation: Option<String>,
    seed: Option<u64>,
    is_of_chat: bool,
}

impl Keeping {
    /// Keeps a response with what was asked, as it stands, and makes `more` changes together with that. What is
    /// needed to make it again, if it is interrupted, is `again`.
    pub async fn put(
        &self,
        app: &App,
        caller: &Caller,
        response: &Value,
        again: Option<Value>,
        more: Vec<Change>,
    ) -> Result<()> {
        if !self.stores {
            return Ok(app.store().objects().apply(more).await?);
        }
        let text = |key: &str| response[key].as_str().unwrap_or_default().to_owned();
        let mut body = json!({ "response": response, "seed": self.seed });
        if self.is_of_chat {
            body["input"] = json!(self.input);
        }
        if let Some(again) = again {
            body[AGAIN] = again;
        }
        let new = New {
            id: text("id"),
            kind: KIND,
            parent: response["previous_response_id"].as_str().map(str::to_owned),
            state: text("status"),
            metadata: metadata(&response["metadata"]),
            body,
        };
        let mut changes = vec![Change::Items {
            object: new.id.clone(),
            items: as_items(&self.input),
        }];
        changes.extend(more);
        app.keep_with(caller, new, changes).await.map(drop)
    }

    /// What adds what was asked and said to the conversation, where it is of one.
    pub fn of_conversation(&self, response: &Value) -> Option<Change> {
        let id = self.conversation.as_ref()?;
        let output = response["output"].as_array().cloned().unwrap_or_default();
        let mut all = as_items(&self.input);
        all.extend(as_items(&output));
        Some(Change::Items {
            object: id.clone(),
            items: all,
        })
    }
}

/// Items with their ids; what a client sent twice gets a new one.
pub(crate) fn as_items(values: &[Value]) -> Vec<Item> {
    let items = values
        .iter()
        .filter(|value| value["type"] != "item_reference")
        .map(|value| Item {
            id: value["id"].as_str().unwrap_or_default().to_owned(),
            body: value.clone(),
        });
    items.collect()
}

fn metadata(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    let pairs = pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    pairs.collect()
}

/// All that was asked and said up to the response called `id`.
async fn before(app: &App, caller: &Caller, id: &str) -> Result<Vec<Value>> {
    let mut turns = Vec::new();
    let mut next = Some(id.to_owned());
    while let Some(id) = next {
        if turns.len() >= BEFORE_MAX {
            let message = format!(
                "more than `{BEFORE_MAX}` responses lie before\nhint: begin a new one with a summary"
            );
            return Err(Fault::param("previous_response_id", message));
        }
        let object =
            app.kept(caller, KIND, &id)
                .await
                .map_err(|fault| match fault.status.as_u16() {
                    404 => Fault {
                        message: format!("Previous response with id '{id}' not found."),
                        param: Some("previous_response_id".to_owned()),
                        code: Some("previous_response_not_found".into()),
                        ..Fault::invalid("")
                    },
                    _ => fault,
                })?;
        let mut turn = app.all_items(&id).await?;
        let output = object.body["response"]["output"].as_array();
        turn.extend(output.into_iter().flatten().cloned());
        turns.push(turn);
        next = object.parent;
    }
    Ok(turns.into_iter().rev().flatten().collect())
}

/// Puts items in the place of references to them.
fn resolve(items: &mut [Value]) -> Result<()> {
    for at in 0..items.len() {
        if items[at]["type"] != "item_reference" {
            continue;
        }
        let id = items[at]["id"].as_str().unwrap_or_default().to_owned();
        let known = items
            .iter()
            .find(|item| item["id"] == *id && item["type"] != "item_reference");
        let found = match known {
            Some(item) => item.clone(),
            None => {
                return Err(Fault::param(
                    "input",
                    format!("Item with id '{id}' not found."),
                ));
            }
        };
        items[at] = found;
    }
    Ok(())
}

/// The whole response at once.
pub(crate) async fn whole(app: &App, caller: &Caller, plan: Plan) -> Result<Value> {
    let (mut turn, keeping) = (plan.turn(), plan.keeping());
    let mut answer = app.answer(caller, &plan.model, plan.asked).await?;
    turn.begin();
    while let Some(moment) = answer.next().await {
        if !turn.take(&moment) {
            break;
        }
    }
    finish(app, caller, &mut turn, &keeping).await?;
    Ok(turn.response().clone())
}

/// Keeps what came of it, before anybody hears that it is complete.
async fn finish(app: &App, caller: &Caller, turn: &mut Turn, keeping: &Keeping) -> Result<()> {
    turn.completed_at(app.now());
    let said = keeping.of_conversation(turn.response());
    let more = said.into_iter().collect();
    keeping.put(app, caller, turn.response(), None, more).await
}

/// The response event by event.
pub(crate) async fn stream(app: Arc<App>, caller: Caller, plan: Plan) -> Result<impl Source> {
    let (turn, keeping) = (plan.turn(), plan.keeping());
    let answer = app.answer(&caller, &plan.model, plan.asked).await?;
    let (sender, events) = mpsc::channel(AHEAD);
    tokio::spawn(async move { speak(&app, &caller, turn, keeping, answer, sender).await });
    Ok(Heard { events })
}

async fn speak(
    app: &App,
    caller: &Caller,
    mut turn: Turn,
    keeping: Keeping,
    mut answer: Answer,
    sender: mpsc::Sender<Value>,
) {
    turn.begin();
    let mut goes_on = true;
    while goes_on {
        for event in turn.take_events() {
            // Nobody listens any more: the answer ends with this task.
            if sender.send(event).await.is_err() {
                return;
            }
        }
        let moment = tokio::select! {
            moment = answer.next() => moment,
            () = sender.closed() => return,
        };
        goes_on = moment.is_some_and(|moment| turn.take(&moment));
    }
    if let Err(fault) = finish(app, caller, &mut turn, &keeping).await {
        // It is not kept, and must not be told to be complete.
        turn.take_events();
        turn.fail(&fault);
    }
    for event in turn.take_events() {
        if sender.send(event).await.is_err() {
            return;
        }
    }
}

/// Events as they are heard.
struct Heard {
    events: mpsc::Receiver<Value>,
}

impl Source for Heard {
    fn poll_events(&mut self, cx: &mut Context<'_>, out: &mut Events) -> Poll<bool> {
        let event = ready!(self.events.poll_recv(cx));
        if let Some(event) = &event {
            out.named(event["type"].as_str().unwrap_or_default(), event);
        }
        Poll::Ready(event.is_some())
    }
}
