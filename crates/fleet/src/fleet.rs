//! The whole: upstreams that are looked after, and calls that find one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::Method;
use http::uri::PathAndQuery;
use tokio::sync::watch::Receiver;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::attempt::{Attempt, Outcome};
use crate::budget::Budget;
use crate::call::{Call, Repeat};
use crate::error::{Error, Result};
use crate::headers;
use crate::json_model;
use crate::member::Member;
use crate::options::{Ejection, Options, Retries, Timeouts};
use crate::pool::{Chooser, Nobody, Pools};
use crate::reply::Reply;
use crate::status::Status;
use crate::watch;

/// The owner's upstreams. Cheap to clone; the last clone dropped ends all that goes on in the background.
#[derive(Clone)]
pub struct Fleet(Arc<Inner>);

struct Inner {
    pools: Arc<Pools>,
    aliases: BTreeMap<String, String>,
    chooser: Chooser,
    budget: Budget,
    retries: Retries,
    ejection: Ejection,
    timeouts: Timeouts,
    /// How many upstreams were looked at once.
    looked_at: Receiver<usize>,
    watchers: Vec<AbortHandle>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.watchers.iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.pools.members().iter().map(|member| &member.name);
        out.debug_list().entries(names).finish()
    }
}

impl Fleet {
    /// Begins to look after the upstreams, and returns at once.
    ///
    /// # Errors
    /// [`Error::BadUpstream`] for settings that cannot work, such as a name twice.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time and I/O.
    pub fn start(options: Options) -> Result<Self> {
        let mut members: Vec<Arc<Member>> = Vec::new();
        for upstream in &options.upstreams {
            if members.iter().any(|other| *other.name == *upstream.name) {
                return Err(Error::BadUpstream {
                    name: upstream.name.clone(),
                    what: "another one has the same name".to_owned(),
                    hint: "give each a name of its own",
                });
            }
            let member = Member::new(upstream, options.ejection, &options.health)?;
            members.push(Arc::new(member));
        }
        let pools = Arc::new(Pools::new(members, &options.routing));
        let (watchers, looked_at) = watch::start(&pools, options.health, options.timeouts);
        Ok(Self(Arc::new(Inner {
            pools,
            chooser: Chooser::new(&options),
            budget: Budget::new(&options.retries),
            aliases: options.aliases,
            retries: options.retries,
            ejection: options.ejection,
            timeouts: options.timeouts,
            looked_at,
            watchers,
        })))
    }

    /// Waits until each upstream was looked at once: what it lists is known then. Takes at most as long as a look.
    pub async fn ready(&self) {
        let mut looked_at = self.0.looked_at.clone();
        let all = self.0.pools.members().len();
        // It fails only when nobody looks any more.
        let _ = looked_at.wait_for(|count| *count >= all).await;
    }

    /// The names that may be asked for, sorted: models that upstreams serve, and aliases of those.
    pub fn models(&self) -> Vec<String> {
        let mut models = self.0.pools.models();
        let aliases = self.0.aliases.iter();
        let of_served = aliases.filter(|(_, served)| models.binary_search(served).is_ok());
        let further: Vec<String> = of_served.map(|(alias, _)| alias.clone()).collect();
        models.extend(further);
        models.sort();
        models.dedup();
        models
    }

    /// Whether a model of this name may be asked for.
    pub fn serves(&self, model: &str) -> bool {
        self.0.pools.get(self.served_name(model)).is_some()
    }

    /// How each upstream does.
    pub fn status(&self) -> Status {
        Status::of(&self.0.pools, Instant::now())
    }

    /// Passes `call` on (`POST`), and returns when the first byte of the reply's body is here. Dropping the
    /// future, or the reply, ends the request at once.
    ///
    /// Until that byte, what fails is tried with another upstream where [`Repeat`] allows it, within [`Retries`];
    /// afterwards never. A refusal (429, 500, 502, 503, 504) of the last one tried is passed on as a reply.
    ///
    /// # Errors
    /// All but the two of addresses; see [`Error`].
    pub async fn send(&self, call: Call) -> Result<Reply> {
        let inner = &*self.0;
        let model = self.served_name(&call.model);
        let Some(pool) = inner.pools.get(model) else {
            return Err(Error::NoSuchModel { model: call.model });
        };
        check_path(&call.path)?;
        let headers = headers::of_request(&call.headers);
        let chunks = inner.chooser.chunks_of(&call.prefix);
        inner.budget.deposit();
        let mut tried = Vec::new();
        let mut last: Option<Result<Reply>> = None;
        let mut erred = Vec::new();
        loop {
            let (index, seat, flight) = match pool.board(&inner.chooser, &chunks, &tried) {
                Ok(found) => found,
                Err(nobody) => return last.unwrap_or_else(|| Err(of_nobody(nobody, call.model))),
            };
            tried.push(index);
            let attempt = Attempt {
                method: Method::POST,
                path: &call.path,
                headers: &headers,
                body: json_model::renamed(&call.body, &seat.theirs),
                repeat: call.repeat,
                timeouts: inner.timeouts,
            };
            match attempt.make(flight).await {
                Outcome::Reply(reply) => {
                    // The request was not at fault, then.
                    if reply.status.is_success() {
                        let now = Instant::now();
                        erred
                            .iter()
                            .for_each(|member: &Arc<Member>| member.blame(now));
                    }
                    return Ok(reply);
                }
                Outcome::Erred(mut reply) => {
                    if call.repeat == Repeat::OnlyIfUnreceived {
                        return Ok(reply);
                    }
                    erred.extend(reply.body.withhold());
                    last = Some(Ok(reply));
                }
                Outcome::Declined(reply, wait) => {
                    if let Some(wait) = wait {
                        let wait = wait.min(inner.ejection.retry_after_longest);
                        seat.rest(wait, Instant::now());
                    }
                    last = Some(Ok(reply));
                }
                Outcome::Faulty(reply) => match call.repeat {
                    Repeat::Harmless => last = Some(Ok(reply)),
                    Repeat::OnlyIfUnreceived => return Ok(reply),
                },
                Outcome::Failed { error, is_received } => {
                    if is_received && call.repeat == Repeat::OnlyIfUnreceived {
                        return Err(error);
                    }
                    // A refusal says more, such as when to come back.
                    if !matches!(last, Some(Ok(_))) {
                        last = Some(Err(error));
                    }
                }
            }
            let may_retry = tried.len() as u64 <= u64::from(inner.retries.each_max);
            if let Some(outcome) = last.take_if(|_| !may_retry || !inner.budget.withdraw()) {
                return outcome;
            }
        }
    }

    /// The name that a model is served under, of which `model` may be an alias.
    pub fn served_name<'a>(&'a self, model: &'a str) -> &'a str {
        self.0.aliases.get(model).map_or(model, String::as_str)
    }
}

/// A path that stays below the base URL.
fn check_path(path: &str) -> Result<()> {
    let segments = path.split(['?', '#']).next().unwrap_or_default();
    let is_plain = path.starts_with('/')
        && PathAndQuery::try_from(path).is_ok_and(|parsed| parsed.as_str() == path)
        && !segments.contains(['%', '\\'])
        && !segments.split('/').any(|segment| segment == "..");
    match is_plain {
        true => Ok(()),
        false => Err(Error::BadCall {
            what: "its path is not plain".to_owned(),
        }),
    }
}

fn of_nobody(nobody: Nobody, model: String) -> Error {
    match nobody {
        Nobody::Left => Error::NoSuchModel { model },
        Nobody::Idle => Error::Busy { model },
        Nobody::Present(retry_after) => Error::Unavailable { model, retry_after },
    }
}
