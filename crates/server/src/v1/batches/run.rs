//! A batch from its first line to its last.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use policy::Via;
use serde_json::{Value, json};
use store::{Item, Lease, Object, Objects, Result};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, interval};

use super::VIDEOS;
use super::ask::{Asking, film, result};
use super::input::{Checked, Lines, check, read};
use super::progress::{Progress, item_id};
use super::results;
use crate::app::App;
use crate::caller::{Caller, Urgency, read_via};
use crate::fault::Fault;
use crate::v1::videos;

/// Requests of one batch that wait or are answered at the same time.
const LINES_OF_BATCH: usize = 8;

/// How often it is written down how far a batch is, and looked whether it goes on.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// How long it is known who asks.
const KNOWN_FOR: Duration = Duration::from_secs(5);

/// What the documents are called that hold results until there is a file of them.
const RESULTS: &str = "batch.results";

/// Why no more requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// All were.
    Done,
    /// Somebody called it off.
    Cancelled,
    /// The time is over.
    Expired,
}

/// A batch that is worked on.
pub(super) struct Run {
    app: Arc<App>,
    routes: Router,
    lease: Lease,
}

impl Run {
    pub fn new(app: Arc<App>, routes: Router, lease: Lease) -> Self {
        Self { app, routes, lease }
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The documents, for as long as nobody else works on the batch.
    pub fn objects(&self) -> Objects<'_> {
        self.app.store().objects().under(&self.lease)
    }

    fn id(&self) -> &str {
        &self.lease.job.id
    }

    /// The document that holds the results.
    pub fn results(&self) -> String {
        format!("{}.results", self.id())
    }

    /// Does what is left to do, from wherever it was left.
    pub async fn run(&self) -> Result<()> {
        let mut batch = self.objects().get(self.id()).await?;
        if batch.state == "validating" {
            batch = self.validate(batch).await?;
        }
        if matches!(
            batch.state.as_str(),
            "in_progress" | "finalizing" | "cancelling"
        ) {
            self.put_results(&batch).await?;
            let mut progress = Progress::read(&self.app, &self.results()).await?;
            let end = self.answer(&batch, &mut progress).await?;
            if end != End::Done && endpoint(&batch) == VIDEOS {
                self.call_off_films(&batch, &progress).await?;
            }
            self.finish(&progress, end).await?;
        }
        self.objects().delete(&self.results()).await?;
        Ok(())
    }

    /// Ends a batch that cannot be done.
    pub async fn fail(&self, errors: Vec<Value>) -> Result<Object> {
        let now = self.app.now();
        self.change(|batch| {
            batch["status"] = json!("failed");
            batch["failed_at"] = json!(now);
            batch["errors"] = json!({ "object": "list", "data": errors });
        })
        .await
    }

    async fn validate(&self, batch: Object) -> Result<Object> {
        let endpoint = endpoint(&batch);
        match check(self.lines(&batch).await?, &endpoint).await? {
            Checked::Bad(errors) => self.fail(errors).await,
            Checked::Good { total, model } => {
                let now = self.app.now();
                self.change(|batch| {
                    batch["request_counts"]["total"] = json!(total);
                    batch["model"] = json!(model);
                    // Unless somebody called it off meanwhile.
                    if batch["status"] == "validating" {
                        batch["status"] = json!("in_progress");
                        batch["in_progress_at"] = json!(now);
                    }
                })
                .await
            }
        }
    }

    /// Makes sure that there is a place for results.
    async fn put_results(&self, batch: &Object) -> Result<()> {
        let results = Object {
            id: self.results(),
            kind: RESULTS.to_owned(),
            owner: batch.owner.clone(),
            project: batch.project.clone(),
            parent: Some(batch.id.clone()),
            created_at: self.app.timestamp(),
            ..Object::default()
        };
        match self.objects().put(results).await {
            Err(store::Error::Taken { .. }) => Ok(()),
            put => put.map(drop),
        }
    }

    /// Has all requests answered that were not.
    async fn answer(&self, batch: &Object, progress: &mut Progress) -> Result<End> {
        let mut asked = Asked::new(self, batch).await?;
        let mut look = interval(LOOKED_EVERY);
        let mut shown = Value::Null;
        if batch.state != "finalizing"
            && let Some(end) = self.look(progress, &mut shown).await?
        {
            return Ok(end);
        }
        // What is still being answered when this returns is given up.
        let mut running: JoinSet<Value> = JoinSet::new();
        loop {
            asked.fill(&mut running, progress).await?;
            if running.is_empty() {
                return Ok(End::Done);
            }
            tokio::select! {
                Some(first) = running.join_next_with_id() => {
                    let mut items = vec![asked.item(first)];
                    while let Some(next) = running.try_join_next_with_id() {
                        items.push(asked.item(next));
                    }
                    self.objects().append_items(&self.results(), items.clone()).await?;
                    items.iter().for_each(|item| progress.add(item));
                }
                () = self.app.batches.cancelled.notified() => look.reset_immediately(),
                _ = look.tick() => {
                    if let Some(end) = self.look(progress, &mut shown).await? {
                        return Ok(end);
                    }
                }
            }
        }
    }

    /// Calls off the films that nobody waits for any more. Lines are asked for in their order, so that these are the first of
    /// those without an answer.
    async fn call_off_films(&self, batch: &Object, progress: &Progress) -> Result<()> {
        let mut lines = self.lines(batch).await?;
        let mut left = LINES_OF_BATCH;
        while let Some((number, line)) = lines.next().await? {
            if left == 0 {
                break;
            }
            if progress.has(number) || read(&line, VIDEOS).is_err() {
                continue;
            }
            left -= 1;
            let id = film(&batch.id, number);
            match self
                .app
                .store()
                .jobs()
                .cancel(&id, self.app.timestamp())
                .await
            {
                // One that was kept and not queued yet is called off as well.
                Ok(_) | Err(store::Error::NotFound { .. }) => self.app.works.stop(&id),
                Err(error) => return Err(error),
            }
            if let Err(fault) = videos::call_off(&self.app, &id).await {
                tracing::warn!(id, message = fault.message, "a film was not called off");
            }
        }
        Ok(())
    }

    /// Shows how far the batch is; why it goes no further, if so.
    async fn look(&self, progress: &Progress, shown: &mut Value) -> Result<Option<End>> {
        let batch = self.objects().get(self.id()).await?;
        if batch.state == "cancelling" {
            return Ok(Some(End::Cancelled));
        }
        let expires_at = batch.body["batch"]["expires_at"].as_u64();
        if expires_at.is_some_and(|expires_at| expires_at <= self.app.now()) {
            return Ok(Some(End::Expired));
        }
        let counts = progress.counts(&batch.body["batch"]["request_counts"]["total"]);
        if counts != *shown {
            self.change(|batch| batch["request_counts"] = counts.clone())
                .await?;
            *shown = counts;
        }
        Ok(None)
    }

    /// Makes the files, and says that it is done.
    async fn finish(&self, progress: &Progress, end: End) -> Result<()> {
        let now = self.app.now();
        let counts = |batch: &mut Value| {
            let counts = progress.counts(&batch["request_counts"]["total"]);
            batch["request_counts"] = counts;
        };
        let batch = self
            .change(|batch| {
                counts(batch);
                if batch["status"] == "in_progress" && end == End::Done {
                    batch["status"] = json!("finalizing");
                    batch["finalizing_at"] = json!(now);
                }
            })
            .await?;
        let files = results::write(self, &batch, progress, end).await?;
        // Whoever calls it off after the last request was answered finds it called off, and complete.
        let (status, at) = match end {
            End::Expired => ("expired", "expired_at"),
            End::Cancelled => ("cancelled", "cancelled_at"),
            End::Done if batch.state == "cancelling" => ("cancelled", "cancelled_at"),
            End::Done => ("completed", "completed_at"),
        };
        let now = self.app.now();
        self.change(|batch| {
            batch["status"] = json!(status);
            batch[at] = json!(now);
            batch["output_file_id"] = json!(files.output);
            batch["error_file_id"] = json!(files.error);
            batch["usage"] = progress.usage();
        })
        .await
        .map(drop)
    }

    /// Changes the batch as clients see it, whoever else changes it.
    async fn change(&self, change: impl Fn(&mut Value)) -> Result<Object> {
        loop {
            let mut object = self.objects().get(self.id()).await?;
            let batch = &mut object.body["batch"];
            change(batch);
            object.state = batch["status"].as_str().unwrap_or_default().to_owned();
            match self.objects().update(object).await {
                Err(store::Error::Version { .. }) => {}
                updated => return updated,
            }
        }
    }
}

fn endpoint(batch: &Object) -> String {
    let endpoint = batch.body["batch"]["endpoint"].as_str();
    endpoint.unwrap_or_default().to_owned()
}

/// Requests that were sent off, and those that will be.
struct Asked<'a> {
    run: &'a Run,
    asking: Asking,
    lines: Lines,
    owner: String,
    via: Via,
    caller: Option<(Result<Caller, Fault>, Instant)>,
    /// Which line each task asks for, and what the client calls it.
    numbers: HashMap<Id, (u32, String)>,
    is_over: bool,
}

impl<'a> Asked<'a> {
    async fn new(run: &'a Run, batch: &Object) -> Result<Self> {
        let asking = Asking {
            app: Arc::clone(&run.app),
            routes: run.routes.clone(),
            endpoint: endpoint(batch),
            batch: batch.id.clone(),
        };
        Ok(Self {
            run,
            asking,
            lines: run.lines(batch).await?,
            owner: batch.owner.clone(),
            via: read_via(batch.body["via"].as_str().unwrap_or_default()),
            caller: None,
            numbers: HashMap::new(),
            is_over: false,
        })
    }

    /// Sends off as many requests as may be on their way.
    async fn fill(&mut self, running: &mut JoinSet<Value>, progress: &Progress) -> Result<()> {
        while !self.is_over && running.len() < LINES_OF_BATCH {
            let Some((number, bytes)) = self.lines.next().await? else {
                self.is_over = true;
                return Ok(());
            };
            // Those that are wrong were told of before.
            let Ok(line) = read(&bytes, &self.asking.endpoint) else {
                continue;
            };
            if progress.has(number) {
                continue;
            }
            let name = line.custom_id.clone();
            let (asking, caller) = (self.asking.clone(), self.caller().await);
            let task = running.spawn(async move { asking.ask(&caller, (number, line)).await });
            self.numbers.insert(task.id(), (number, name));
        }
        Ok(())
    }

    /// Whoever asked for the batch, as they stand now.
    async fn caller(&mut self) -> Result<Caller, Fault> {
        let known = self
            .caller
            .as_ref()
            .filter(|(_, at)| at.elapsed() < KNOWN_FOR);
        if let Some((caller, _)) = known {
            return caller.clone();
        }
        let recalled = self.run.app.gate.recall(&self.owner, &self.via).await;
        let caller = recalled.map(|principal| Caller(principal, Urgency::Low));
        let caller = caller.map_err(Fault::from);
        self.caller = Some((caller.clone(), Instant::now()));
        caller
    }

    /// What came of a task.
    fn item(&mut self, ended: Result<(Id, Value), JoinError>) -> Item {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let (number, name) = self
            .numbers
            .remove(&id)
            .expect("tasks are noted when they begin");
        let body = ended.map(|(_, body)| body).unwrap_or_else(|error| {
            tracing::error!(%error, number, "a request of a batch broke");
            let fault = Fault::broken("the request broke");
            let body = json!({ "error": fault.body() });
            let response = json!({ "status_code": 500, "request_id": null, "body": body });
            result(&name, response, Value::Null)
        });
        Item {
            id: item_id(number),
            body,
        }
    }
}
