//! Responses that are made while nobody waits, and streams of them that can be taken up again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::KIND;
use super::make::{Keeping, Plan};
use super::turn::Turn;
use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::sse::{Events, Source};

/// Events are kept together that come within this time.
const GATHERED: Duration = Duration::from_millis(25);

/// Events that are read from the store at once.
const PAGE: u32 = 500;

/// The responses that are being made.
#[derive(Debug, Default)]
pub(crate) struct Running {
    all: Mutex<HashMap<String, Live>>,
}

#[derive(Debug)]
struct Live {
    stop: Arc<watch::Sender<bool>>,
    /// How many events are kept.
    kept: watch::Receiver<u64>,
}

impl Running {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Live>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the response called `id`, if it is being made.
    pub fn stop(&self, id: &str) -> bool {
        let stop = self.all().get(id).map(|live| Arc::clone(&live.stop));
        // Whoever made it may have ended.
        stop.is_some_and(|stop| stop.send(true).is_ok())
    }

    fn kept(&self, id: &str) -> Option<watch::Receiver<u64>> {
        self.all().get(id).map(|live| live.kept.clone())
    }
}

/// Begins, once it is kept that it has; its id.
pub(crate) async fn start(app: &Arc<App>, caller: &Caller, plan: Plan) -> Result<String> {
    let id = plan.id();
    let mut turn = plan.turn();
    turn.begin();
    let keeping = plan.keeping();
    let mut first = turn.response().clone();
    first["status"] = json!("queued");
    keeping.put(app, caller, &first).await?;
    let (stop, stopped) = watch::channel(false);
    let (count, kept) = watch::channel(0);
    let live = Live {
        stop: Arc::new(stop),
        kept,
    };
    app.running.all().insert(id.clone(), live);
    let task = Task {
        app: Arc::clone(app),
        caller: caller.clone(),
        id: id.clone(),
        turn,
        keeping,
        count,
        stopped,
        began: Instant::now(),
        spoke: None,
    };
    tokio::spawn(async move { task.run(plan).await });
    Ok(id)
}

struct Task {
    app: Arc<App>,
    caller: Caller,
    id: String,
    turn: Turn,
    keeping: Keeping,
    count: watch::Sender<u64>,
    stopped: watch::Receiver<bool>,
    began: Instant,
    /// When the first word came.
    spoke: Option<Instant>,
}

impl Task {
    async fn run(mut self, plan: Plan) {
        let made = self.make(plan).await;
        if let Err(fault) = made {
            self.turn.fail(&fault);
        }
        self.turn.completed_at(self.app.now());
        if let Err(fault) = self.end().await {
            tracing::error!(
                id = self.id,
                message = fault.message,
                "a response was not kept"
            );
        }
        self.app.running.all().remove(&self.id);
    }

    async fn make(&mut self, plan: Plan) -> Result<()> {
        self.keep_events().await?;
        let mut answer = self
            .app
            .answer(&self.caller, &plan.model, plan.asked)
            .await?;
        loop {
            let goes_on = self.gather(&mut answer).await;
            if !goes_on {
                return Ok(());
            }
            self.keep_events().await?;
        }
    }

    /// Takes what is said for a moment; whether more follows.
    async fn gather(&mut self, answer: &mut Answer) -> bool {
        let until = tokio::time::Instant::now() + GATHERED;
        loop {
            let moment = tokio::select! {
                moment = answer.next() => moment,
                Ok(()) = self.stopped.changed() => {
                    answer.cancel();
                    continue;
                }
                () = tokio::time::sleep_until(until) => return true,
            };
            match moment {
                Some(moment) if self.turn.take(&moment) => {
                    self.spoke.get_or_insert_with(Instant::now);
                }
                _ => return false,
            }
        }
    }

    async fn keep_events(&mut self) -> Result<()> {
        let events = self.turn.take_events();
        if events.is_empty() {
            return Ok(());
        }
        let count = events.len() as u64;
        self.app
            .store()
            .objects()
            .append_events(&self.id, None, events)
            .await?;
        self.count.send_modify(|kept| *kept += count);
        Ok(())
    }

    /// The response is kept before its last event, so that whoever hears of its end finds it.
    async fn end(&mut self) -> Result<()> {
        let objects = self.app.store().objects();
        let mut object = objects.get(&self.id).await?;
        let response = self.turn.response();
        object.state = response["status"].as_str().unwrap_or_default().to_owned();
        object.body["response"] = response.clone();
        let until_first = self.spoke.map(|spoke| spoke - self.began);
        object.body["timings"] = json!({
            "first_ms": until_first.map(|time| time.as_millis() as u64),
            "total_ms": self.began.elapsed().as_millis() as u64,
        });
        objects.update(object).await?;
        self.keeping
            .add_to_conversation(&self.app, self.turn.response())
            .await?;
        self.keep_events().await
    }
}

/// The response called `id` as it stands.
pub(crate) async fn response(app: &App, id: &str) -> Result<Value> {
    let object = app.store().objects().get(id).await?;
    Ok(object.body["response"].clone())
}

/// Stops the response called `id`, and waits until it has.
pub(crate) async fn cancel(app: &App, id: &str) -> Result<Value> {
    let kept = app.running.kept(id);
    if app.running.stop(id)
        && let Some(mut kept) = kept
    {
        // It ends when whoever makes it does.
        while kept.changed().await.is_ok() {}
    }
    response(app, id).await
}

/// What was interrupted when the server ended is told to have failed.
pub(crate) async fn settle(app: &App) -> Result<()> {
    for state in ["queued", "in_progress"] {
        loop {
            let list = store::List {
                kind: Some(KIND.to_owned()),
                state: Some(state.to_owned()),
                limit: 100,
                ..store::List::default()
            };
            let page = app.store().objects().list(&list).await?;
            let count = page.data.len();
            for mut object in page.data {
                let message = "the server was restarted while this was made\nhint: ask again";
                let error = json!({ "code": "server_error", "message": message });
                object.body["response"]["status"] = json!("failed");
                object.body["response"]["error"] = error;
                object.state = "failed".to_owned();
                let object = app.store().objects().update(object).await?;
                tracing::info!(id = object.id, "a response was interrupted");
            }
            if count == 0 {
                break;
            }
        }
    }
    Ok(())
}

/// The events of the response called `id` from number `from` on, those that are still to come included.
pub(crate) fn follow(app: Arc<App>, id: String, from: u64) -> impl Source {
    let (sender, events) = mpsc::channel(64);
    tokio::spawn(async move {
        if let Err(fault) = read(&app, &id, from, &sender).await {
            let error = json!({ "type": "error", "code": fault.code, "message": fault.message, "param": null });
            // Whoever listened may be gone.
            let _ = sender.send(error).await;
        }
    });
    Followed { events }
}

async fn read(app: &App, id: &str, from: u64, sender: &mpsc::Sender<Value>) -> Result<(), Fault> {
    let mut next = from;
    let mut last = String::new();
    loop {
        // Looked at before the events are, so that none that follows is missed.
        let mut live = app.running.kept(id);
        let page = app
            .store()
            .objects()
            .events_after(id, next.checked_sub(1), PAGE)
            .await?;
        let is_empty = page.is_empty();
        for event in page {
            next = event.sequence + 1;
            let mut body = event.body;
            body["sequence_number"] = json!(event.sequence);
            last = body["type"].as_str().unwrap_or_default().to_owned();
            if sender.send(body).await.is_err() {
                return Ok(());
            }
        }
        if !is_empty {
            continue;
        }
        let Some(live) = &mut live else {
            return end(app, id, next, &last, sender).await;
        };
        tokio::select! {
            // It fails when the response has ended; then the rest is read.
            _ = live.wait_for(|kept| *kept > next) => {}
            () = sender.closed() => return Ok(()),
        }
    }
}

/// Tells how it ended, where the server ended before the last event was kept.
async fn end(
    app: &App,
    id: &str,
    next: u64,
    last: &str,
    sender: &mpsc::Sender<Value>,
) -> Result<(), Fault> {
    let response = response(app, id).await?;
    let status = response["status"].as_str().unwrap_or_default();
    let name = format!("response.{status}");
    if last != name && next > 0 {
        let event = json!({ "type": name, "sequence_number": next, "response": response });
        // Whoever listened may be gone.
        let _ = sender.send(event).await;
    }
    Ok(())
}

/// Events as they are read.
struct Followed {
    events: mpsc::Receiver<Value>,
}

impl Source for Followed {
    fn poll_events(&mut self, cx: &mut Context<'_>, out: &mut Events) -> Poll<bool> {
        let event = ready!(self.events.poll_recv(cx));
        if let Some(event) = &event {
            out.named(event["type"].as_str().unwrap_or_default(), event);
        }
        Poll::Ready(event.is_some())
    }
}
