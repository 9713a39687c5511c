//! Responses that are made while nobody waits, and streams of them that can be taken up again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde_json::{Value, json};
use store::Change;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::make::{AGAIN, Keeping, Plan, SERVER, STOPS};
use super::turn::Turn;
use crate::answer::Answer;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::sse::{Events, Source};
use crate::v1::webhooks::announce;

/// Events are kept together that come within this time.
const GATHERED: Duration = Duration::from_millis(25);

/// How often it is looked what another server makes.
const LOOKED_EVERY: Duration = Duration::from_millis(300);

/// How long another server may take to stop what it makes.
const OBEYED_WITHIN: Duration = Duration::from_secs(10);

/// Events that are read from the store at once.
const PAGE: u32 = 500;

/// Interrupted responses that are made again at the same time.
const AGAIN_AT_ONCE: usize = 4;

/// While what is kept cannot be reached, it is tried again for so long.
const PATIENCE: Duration = Duration::from_secs(600);

/// From one try to the next at most.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The responses that are being made.
#[derive(Debug)]
pub(crate) struct Running {
    all: Mutex<HashMap<String, Live>>,
    tasks: Mutex<JoinSet<()>>,
    /// Places for those that are made again.
    again: Arc<Semaphore>,
}

#[derive(Debug)]
struct Live {
    stop: Arc<watch::Sender<bool>>,
    /// How many events are kept.
    kept: watch::Receiver<u64>,
}

impl Default for Running {
    fn default() -> Self {
        Self {
            all: Mutex::default(),
            tasks: Mutex::default(),
            again: Arc::new(Semaphore::new(AGAIN_AT_ONCE)),
        }
    }
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

    /// Leaves all of them as they are: they are taken up again at the next start.
    pub fn leave(&self) {
        self.tasks().abort_all();
    }

    /// Does something beside them, which ends when the server does.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work);
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
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
    let again = json!({
        "request": plan.request,
        "context": plan.context,
        "at": plan.asked.at,
        "by": { "user": caller.user(), "via": caller.via().to_string() },
        "attempts": 0,
        SERVER: app.presence.name(),
    });
    let put = keeping.put(app, caller, &first, Some(again), Vec::new());
    put.await?;
    let making = Making {
        caller: caller.clone(),
        turn,
        plan,
        shown: 0,
    };
    making.spawn(app);
    Ok(id)
}

/// A response that is made from now on.
pub(crate) struct Making {
    pub caller: Caller,
    /// It has begun.
    pub turn: Turn,
    pub plan: Plan,
    /// Events that were kept before it was interrupted.
    pub shown: u64,
}

impl Making {
    /// Makes it while nobody waits.
    pub fn spawn(self, app: &Arc<App>) {
        let id = self.plan.id();
        let (stop, stopped) = watch::channel(false);
        let (count, kept) = watch::channel(self.shown);
        let live = Live {
            stop: Arc::new(stop),
            kept,
        };
        app.running.all().insert(id.clone(), live);
        let task = Task {
            app: Arc::clone(app),
            caller: self.caller,
            id,
            turn: self.turn,
            keeping: self.plan.keeping(),
            shown: self.shown,
            next: 0,
            count,
            stopped,
            began: Instant::now(),
            spoke: None,
        };
        app.running.spawn(task.run(self.plan));
    }
}

struct Task {
    app: Arc<App>,
    caller: Caller,
    id: String,
    turn: Turn,
    keeping: Keeping,
    /// Events that were kept before this task began.
    shown: u64,
    /// The number of the next event.
    next: u64,
    count: watch::Sender<u64>,
    stopped: watch::Receiver<bool>,
    began: Instant,
    /// When the first word came.
    spoke: Option<Instant>,
}

impl Task {
    async fn run(mut self, plan: Plan) {
        let mut made = self.make(plan).await;
        if made.is_ok() {
            made = self.end().await;
        }
        if let Err(fault) = made
            && self.is_ours().await
        {
            match self.next < self.shown {
                true => self.turn.break_off(self.shown, &fault),
                false => self.turn.fail(&fault),
            }
            self.next = self.next.max(self.shown);
            if let Err(fault) = self.end().await {
                let message = fault.message;
                tracing::error!(id = self.id, message, "a response was not kept");
            }
        }
        self.app.running.all().remove(&self.id);
    }

    async fn make(&mut self, plan: Plan) -> Result<()> {
        let places = Arc::clone(&self.app.running.again);
        let _place = match self.shown {
            0 => None,
            _ => places.acquire_owned().await.ok(),
        };
        self.keep_events().await?;
        let mut answer = self
            .app
            .answer(&self.caller, &plan.model, plan.asked)
            .await?;
        while self.gather(&mut answer).await {
            self.keep_events().await?;
        }
        Ok(())
    }

    /// Takes what is said for a moment; whether more follows.
    async fn gather(&mut self, answer: &mut Answer) -> bool {
        let until = Instant::now() + GATHERED;
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
        let events = self.unshown().await?;
        let count = events.len() as u64;
        if count > 0 {
            let mut tries = Tries::new();
            while let Err(error) = self.append(&events).await {
                tries.again(error).await?;
            }
        }
        self.next += count;
        self.count.send_replace(self.next.max(self.shown));
        Ok(())
    }

    /// What happened since the last call, but for what was shown before it was interrupted, which must be the same.
    async fn unshown(&mut self) -> Result<Vec<Value>> {
        let mut events = self.turn.take_events();
        let known = usize::try_from(self.shown - self.next.min(self.shown)).unwrap_or(usize::MAX);
        let again: Vec<Value> = events.drain(..known.min(events.len())).collect();
        for part in again.chunks(PAGE as usize) {
            let after = self.next.checked_sub(1);
            let count = u32::try_from(part.len()).unwrap_or(PAGE);
            let mut tries = Tries::new();
            let kept = loop {
                let objects = self.app.store().objects();
                match objects.events_after(&self.id, after, count).await {
                    Ok(kept) => break kept,
                    Err(error) => tries.again(error).await?,
                }
            };
            // What is kept went through text, in which numbers may lose their last bit.
            let is_same = |(kept, now): (&store::Event, &Value)| {
                serde_json::from_str::<Value>(&now.to_string()).is_ok_and(|now| now == kept.body)
            };
            if kept.len() != part.len() || !kept.iter().zip(part).all(is_same) {
                return Err(interrupted("and making it again came out otherwise"));
            }
            self.next += part.len() as u64;
        }
        Ok(events)
    }

    /// The response, its last events and what it adds to a conversation are kept together, so that whoever hears of
    /// its end finds all of it.
    async fn end(&mut self) -> Result<()> {
        self.turn.completed_at(self.app.now());
        let events = self.unshown().await?;
        let count = events.len() as u64;
        let response = self.turn.response();
        let said = self.keeping.of_conversation(response);
        let said = said.filter(|_| response["status"] != "failed");
        let mut tries = Tries::new();
        let mut is_second = false;
        while let Err(error) = self.close(&events, said.as_ref()).await {
            // Another server may have asked for its end just then.
            let is_changed = matches!(error, store::Error::Version { .. }) && !is_second;
            is_second |= is_changed;
            if !is_changed {
                tries.again(error).await?;
            }
        }
        self.next += count;
        self.count.send_replace(self.next);
        announce_end(&self.app, &self.id, self.turn.response()).await;
        Ok(())
    }
}

/// Tells those who are told of it that a response has ended, if it was asked for in the background.
pub(super) async fn announce_end(app: &App, id: &str, response: &Value) {
    let status = response["status"].as_str().unwrap_or_default();
    if response["background"] == true && !UNFINISHED.contains(&status) {
        announce(app, &format!("response.{status}"), id).await;
    }
}

impl Task {
    /// Whether no other server has taken it up, and nobody deleted it, as far as is known.
    async fn is_ours(&self) -> bool {
        match self.app.store().objects().get(&self.id).await {
            Ok(object) => object.body[AGAIN][SERVER] == self.app.presence.name(),
            Err(store::Error::NotFound { .. }) => false,
            Err(_) => true,
        }
    }

    async fn append(&self, events: &[Value]) -> store::Result<()> {
        let objects = self.app.store().objects();
        let first = Some(self.next);
        match objects
            .append_events(&self.id, first, events.to_vec())
            .await
        {
            // It was done, and only nobody told.
            Err(store::Error::Version { found, .. })
                if found == self.next + events.len() as u64 =>
            {
                Ok(())
            }
            other => other.map(drop),
        }
    }

    async fn close(&self, events: &[Value], said: Option<&Change>) -> store::Result<()> {
        let objects = self.app.store().objects();
        let response = self.turn.response();
        let mut object = objects.get(&self.id).await?;
        if !UNFINISHED.contains(&object.state.as_str()) {
            // It was done, and only nobody told.
            return Ok(());
        }
        object.state = response["status"].as_str().unwrap_or_default().to_owned();
        object.body["response"] = response.clone();
        let until_first = self.spoke.map(|spoke| spoke - self.began);
        object.body["timings"] = json!({
            "first_ms": until_first.map(|time| time.as_millis() as u64),
            "total_ms": self.began.elapsed().as_millis() as u64,
        });
        if let Some(body) = object.body.as_object_mut() {
            body.remove(AGAIN);
        }
        let mut changes = vec![Change::Update(object)];
        changes.extend(said.cloned());
        changes.push(Change::Events {
            object: self.id.clone(),
            first: Some(self.next),
            events: events.to_vec(),
        });
        objects.apply(changes).await
    }
}

/// The states of responses that are still to be made.
pub(crate) const UNFINISHED: [&str; 2] = ["queued", "in_progress"];

/// That a response was broken off when the server ended, and why it was not made again.
pub(crate) fn interrupted(why: &str) -> Fault {
    let message = format!("the server was restarted while this was made, {why}\nhint: ask again");
    Fault::broken(message).code("interrupted")
}

/// Tries while what is kept cannot be reached, or has no room: that may be mended.
struct Tries {
    until: Instant,
    pause: Duration,
}

impl Tries {
    fn new() -> Self {
        Self {
            until: Instant::now() + PATIENCE,
            pause: Duration::from_millis(100),
        }
    }

    /// Waits until it is time to try again, or says why not to.
    async fn again(&mut self, error: store::Error) -> Result<()> {
        use store::Error;
        let may_pass = matches!(error, Error::Unavailable { .. } | Error::Full { .. });
        if !may_pass || Instant::now() > self.until {
            return Err(error.into());
        }
        tokio::time::sleep(self.pause).await;
        self.pause = PAUSE_MAX.min(self.pause * 2);
        Ok(())
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
    } else if !app.presence.is_alone() {
        ask_to_stop(app, id).await?;
    }
    response(app, id).await
}

/// Asks whichever server makes the response called `id` to stop, and waits until it has, for a while.
async fn ask_to_stop(app: &App, id: &str) -> Result<()> {
    let until = Instant::now() + OBEYED_WITHIN;
    while Instant::now() < until {
        let mut object = app.store().objects().get(id).await?;
        if !UNFINISHED.contains(&object.state.as_str()) {
            break;
        }
        if object.body[AGAIN].is_object() && object.body[AGAIN][STOPS] != true {
            object.body[AGAIN][STOPS] = json!(true);
            match app.store().objects().update(object).await {
                // It changed meanwhile, and is looked at anew.
                Err(store::Error::Version { .. }) => continue,
                updated => updated.map(drop)?,
            }
        }
        tokio::time::sleep(LOOKED_EVERY).await;
    }
    Ok(())
}

/// Stops what other servers ask this one to stop.
pub(crate) async fn obey(app: &App) -> Result<()> {
    let running: Vec<String> = app.running.all().keys().cloned().collect();
    for id in running {
        match app.store().objects().get(&id).await {
            Ok(object) if object.body[AGAIN][STOPS] != true => {}
            Ok(_) | Err(store::Error::NotFound { .. }) => drop(app.running.stop(&id)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits until the response called `id` is no longer being made.
pub(crate) async fn ended(app: &App, id: &str) {
    if let Some(mut kept) = app.running.kept(id) {
        while kept.changed().await.is_ok() {}
    }
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
            if !is_made_elsewhere(app, id).await? {
                return end(app, id, next, &last, sender).await;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOKED_EVERY) => continue,
                () = sender.closed() => return Ok(()),
            }
        };
        tokio::select! {
            // It fails when the response has ended; then the rest is read.
            _ = live.wait_for(|kept| *kept > next) => {}
            () = sender.closed() => return Ok(()),
        }
    }
}

/// Whether another server makes the response called `id`, or will take it up.
async fn is_made_elsewhere(app: &App, id: &str) -> Result<bool> {
    if app.presence.is_alone() {
        return Ok(false);
    }
    let object = app.store().objects().get(id).await?;
    Ok(object.body[AGAIN].is_object() && UNFINISHED.contains(&object.state.as_str()))
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
    let is_over = !UNFINISHED.contains(&status);
    if is_over && last != name && next > 0 {
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
