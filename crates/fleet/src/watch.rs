//! Looks after upstreams while nobody asks them: whether they are well, what they serve, and how busy they are.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::Value;
use tokio::sync::watch::{self, Receiver, Sender};
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::connect::plain;
use crate::member::Member;
use crate::metrics::Load;
use crate::options::{Health, Probe, Timeouts};
use crate::pool::Pools;

/// The most bytes of a list of models, or of a page of metrics.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// The most models that one upstream may list.
const MODELS_MAX: usize = 4096;

/// A page of metrics that is not there is asked for in one of so many rounds at last.
const ROUNDS_SKIPPED_MAX: u32 = 64;

/// Starts a task for each upstream. Counts how many were looked at once.
pub fn start(
    pools: &Arc<Pools>,
    health: Health,
    timeouts: Timeouts,
) -> (Vec<AbortHandle>, Receiver<usize>) {
    let (sender, looked_at) = watch::channel(0);
    let sender = Arc::new(sender);
    let watcher = |member: &Arc<Member>| {
        let watcher = Watcher {
            member: Arc::clone(member),
            pools: Arc::clone(pools),
            health,
            connection_idle: timeouts.connection_idle,
            failures: 0,
        };
        tokio::spawn(watcher.run(Arc::clone(&sender))).abort_handle()
    };
    (pools.members().iter().map(watcher).collect(), looked_at)
}

struct Watcher {
    member: Arc<Member>,
    pools: Arc<Pools>,
    health: Health,
    connection_idle: Duration,
    /// Probes that failed in a row.
    failures: u32,
}

impl Watcher {
    async fn run(mut self, looked_at: Arc<Sender<usize>>) {
        let mut ticks = interval(self.health.interval.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_first = true;
        let (mut skipped, mut skips) = (0, 0);
        loop {
            ticks.tick().await;
            if self.member.probe != Probe::Off {
                self.probe().await;
            }
            if self.member.reads_metrics && skipped >= skips {
                let load = self.metrics().await;
                skips = match load {
                    Some(_) => 0,
                    None => (skips * 2 + 1).min(ROUNDS_SKIPPED_MAX - 1),
                };
                skipped = 0;
                self.member.measured(load, Instant::now());
            } else {
                skipped += 1;
            }
            if std::mem::take(&mut is_first) {
                looked_at.send_modify(|count| *count += 1);
            }
        }
    }

    async fn probe(&mut self) {
        let found = match self.member.probe {
            Probe::Models => self.models().await,
            Probe::Health => self.is_well().await,
            Probe::Off => Ok(()),
        };
        match found {
            Ok(()) => {
                self.failures = 0;
                let mut state = self.member.state();
                state.breaker.reached();
                if state.down.take().is_some() {
                    tracing::info!(upstream = &*self.member.name, "upstream is back");
                }
            }
            Err(why) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= self.health.failures {
                    let mut state = self.member.state();
                    if state.down.is_none() {
                        tracing::warn!(upstream = &*self.member.name, why, "upstream is down");
                        self.member.forgets();
                    }
                    state.down = Some(why);
                }
            }
        }
    }

    async fn is_well(&self) -> Result<(), String> {
        let (status, _) = self.page(&self.beside("/health")).await?;
        judge(status)
    }

    async fn models(&self) -> Result<(), String> {
        let (status, page) = self.page(&self.member.path("/models")).await?;
        match status.as_u16() {
            // It is there, and has no list or no time for it.
            404 | 405 | 429 => return Ok(()),
            _ => judge(status)?,
        }
        if self.member.lists_models {
            let listed = listed(&page).ok_or("its list of models cannot be read")?;
            let mut models = self
                .member
                .models
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if *models != listed {
                *models = listed;
                drop(models);
                self.pools.rebuild();
            }
        }
        Ok(())
    }

    async fn metrics(&self) -> Option<Load> {
        let (status, page) = self.page(&self.beside("/metrics")).await.ok()?;
        status.is_success().then(|| Load::parse(&page)).flatten()
    }

    /// `path` beside the base URL's: `/v1` becomes `/health`, and `/here/v1` becomes `/here/health`.
    fn beside(&self, path: &str) -> String {
        let base = self.member.path("");
        format!("{}{path}", base.strip_suffix("/v1").unwrap_or(&base))
    }

    async fn page(&self, path: &str) -> Result<(StatusCode, Bytes), String> {
        let patience = self.health.timeout;
        let late = |_| format!("nothing came within {} s", patience.as_secs_f64());
        timeout(patience, self.fetch(path)).await.map_err(late)?
    }

    async fn fetch(&self, path: &str) -> Result<(StatusCode, Bytes), String> {
        let member = &self.member;
        // A kept connection may have been closed; only a new one shows whether new ones come about.
        let mut connection = member.door.open(None).await?;
        let mut request = Request::new(Full::default());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = path.parse().map_err(|_| format!("`{path}` is no path"))?;
        request.headers_mut().extend(member.headers.clone());
        let sent = connection.sender.send_request(request).await;
        let (head, body) = sent.map_err(|error| plain(&error))?.into_parts();
        let body = Limited::new(body, PAGE_BYTES_MAX).collect().await;
        let body = body.map_err(|error| plain(&*error))?;
        member.connections.put(connection, Instant::now());
        // What nobody used goes.
        member
            .connections
            .close_unused(Instant::now(), self.connection_idle);
        Ok((head.status, body.to_bytes()))
    }
}

fn judge(status: StatusCode) -> Result<(), String> {
    match status.as_u16() {
        200..300 => Ok(()),
        401 | 403 => Err(format!(
            "it refuses its key with status {}",
            status.as_u16()
        )),
        other => Err(format!("its probe gets status {other}")),
    }
}

/// The names in `{"data": [{"id": …}]}`, each for itself.
fn listed(page: &[u8]) -> Option<BTreeMap<String, String>> {
    let page: Value = serde_json::from_slice(page).ok()?;
    let data = page.get("data")?.as_array()?;
    let names = data.iter().filter_map(|model| model.get("id")?.as_str());
    let names = names.take(MODELS_MAX);
    Some(
        names
            .map(|name| (name.to_owned(), name.to_owned()))
            .collect(),
    )
}
