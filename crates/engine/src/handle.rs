//! The way in: an engine on a thread of its own, and a handle to it that is cheap to copy.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use crate::cache::PAGE;
use crate::constrain::{Grammars, Guide};
use crate::error::Error;
use crate::events::{Events, channel};
use crate::network::Network;
use crate::request::Request;
use crate::scheduler::{Options, Scheduler, Status, message};
use crate::sequence::{Job, Sequence};
use crate::vocabulary::Vocabulary;

/// The networks of an engine, made on its thread: what computes need not be sendable.
pub struct Networks {
    /// Answers.
    pub network: Box<dyn Network>,
    /// Guesses ahead; of the same vocabulary.
    pub draft: Option<Box<dyn Network>>,
}

/// An engine: one network, one thread, many requests. Copies are the same engine; when the last is
/// dropped, what still runs is cancelled.
#[derive(Clone)]
pub struct Handle {
    engine: Arc<Engine>,
}

struct Engine {
    inbox: Arc<Inbox>,
    options: Options,
    vocabulary: Vocabulary,
    limits: Limits,
    grammars: OnceLock<Result<Grammars, Error>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The most stop texts of a request.
const STOPS_MAX: usize = 64;

/// The most bytes of a stop text.
const STOP_BYTES_MAX: usize = 1024;

/// What fits at all.
#[derive(Clone, Copy)]
struct Limits {
    vocab: usize,
    context_length: usize,
    pages: usize,
}

/// What lies between the handles and the thread.
#[derive(Default)]
struct Inbox {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    incoming: VecDeque<Sequence>,
    arrivals: u64,
    status: Status,
    /// How many of each tenant wait, as of the last step.
    waiting: HashMap<u64, usize>,
    forgets: bool,
    /// No more requests are taken; the thread ends when all are answered.
    drains: bool,
    /// The thread ends now.
    abandons: bool,
    is_over: bool,
}

impl State {
    /// That one more of `tenant` may wait. Where too many do, those who have fewer than an equal part still may, so
    /// that nobody fills the queue for all others.
    fn check_room(&self, tenant: u64, waiting_max: usize) -> Result<(), Error> {
        let waiting = self.incoming.len() + self.status.waiting;
        if waiting < waiting_max {
            return Ok(());
        }
        let mut tenants = self.waiting.clone();
        for sequence in &self.incoming {
            *tenants.entry(sequence.tenant()).or_default() += 1;
        }
        let own = *tenants.entry(tenant).or_default();
        match own < waiting_max / tenants.len() && waiting < 2 * waiting_max {
            true => Ok(()),
            false => Err(Error::Busy { waiting }),
        }
    }

    fn take_in(&mut self, scheduler: &Scheduler) {
        self.status = scheduler.status();
        self.waiting = scheduler.waiting();
    }
}

impl Inbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    /// Starts an engine; `make` runs on its thread.
    ///
    /// # Errors
    /// What `make` returns, and [`Error::Broken`] when it panics.
    pub fn start(
        options: Options,
        vocabulary: Vocabulary,
        make: impl FnOnce() -> Result<Networks, Error> + Send + 'static,
    ) -> Result<Self, Error> {
        let inbox = Arc::new(Inbox::default());
        let (ready, made) = mpsc::channel();
        let (theirs, limits_of) = (Arc::clone(&inbox), options.clone());
        let body = move || {
            let networks = catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|panic| {
                let reason = message(&*panic);
                Err(Error::Broken { reason })
            });
            match networks {
                Ok(networks) => {
                    let network = &networks.network;
                    let limits = Limits {
                        vocab: network.vocab(),
                        context_length: network.context_length(),
                        pages: network.pages(),
                    };
                    let mut scheduler = Scheduler::new(networks.network, networks.draft, limits_of);
                    theirs.state().status = scheduler.status();
                    tracing::info!(
                        vocabulary = limits.vocab,
                        context = limits.context_length,
                        pages = limits.pages,
                        "an engine is ready"
                    );
                    if ready.send(Ok(limits)).is_ok() {
                        run(&mut scheduler, &theirs);
                    }
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        };
        let named = std::thread::Builder::new().name("engine".to_owned());
        let thread = named.spawn(body).map_err(|error| Error::Broken {
            reason: format!("no thread: {error}"),
        })?;
        let limits = made.recv().map_err(|_| Error::Stopped)??;
        Ok(Self {
            engine: Arc::new(Engine {
                inbox,
                options,
                vocabulary,
                limits,
                grammars: OnceLock::new(),
                thread: Mutex::new(Some(thread)),
            }),
        })
    }

    /// Takes a request; its events come as they happen. What is wrong with it is said at once.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait, [`Error::Request`], [`Error::TooLong`] and
    /// [`Error::Constraint`] when it can never be served, [`Error::Stopped`] after a shutdown.
    pub fn submit(&self, request: Request) -> Result<Events, Error> {
        let engine = &*self.engine;
        let length_max = engine.limits.check(&request, &engine.options)?;
        let guide = self.guide(&request)?;
        let (sender, events) = channel();
        let mut state = engine.inbox.state();
        if state.drains || state.is_over {
            return Err(Error::Stopped);
        }
        state.check_room(request.tenant, engine.options.waiting_max)?;
        state.arrivals += 1;
        let job = Job {
            request,
            sender,
            vocabulary: engine.vocabulary.clone(),
            arrival: state.arrivals,
            submitted: Instant::now(),
            length_max,
        };
        state.incoming.push_back(Sequence::new(job, guide));
        drop(state);
        engine.inbox.arrived.notify_one();
        Ok(events)
    }

    /// How it is doing, as of the last step.
    pub fn status(&self) -> Status {
        let state = self.engine.inbox.state();
        let mut status = state.status;
        status.waiting += state.incoming.len();
        status
    }

    /// The vocabulary it was started with.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.engine.vocabulary
    }

    /// The most tokens of a sequence, prompt and answer together.
    pub fn context_length(&self) -> usize {
        self.engine.limits.context_length
    }

    /// Forgets all remembered prefixes before the next step.
    pub fn forget(&self) {
        self.engine.inbox.state().forgets = true;
        self.engine.inbox.arrived.notify_one();
    }

    /// Takes no more requests, answers those it has, and ends.
    pub fn shutdown(&self) {
        self.engine.inbox.state().drains = true;
        self.engine.inbox.arrived.notify_one();
        self.engine.join();
    }

    fn guide(&self, request: &Request) -> Result<Option<Guide>, Error> {
        let Some(constraint) = &request.constraint else {
            return Ok(None);
        };
        let engine = &*self.engine;
        let grammars = engine
            .grammars
            .get_or_init(|| Grammars::new(&engine.vocabulary));
        grammars
            .as_ref()
            .map_err(Clone::clone)?
            .guide(constraint)
            .map(Some)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("status", &self.status())
            .finish()
    }
}

impl Engine {
    fn join(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // A panic of the thread was told through its channels already.
            let _ = thread.join();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.inbox.state().abandons = true;
        self.inbox.arrived.notify_one();
        self.join();
    }
}

impl Limits {
    /// The most tokens that a sequence of `request` may have.
    fn check(&self, request: &Request, options: &Options) -> Result<usize, Error> {
        let complain = |reason: String| Err(Error::Request { reason });
        if request.prompt.is_empty() {
            return complain("the prompt is empty".to_owned());
        }
        if let Some(token) = request
            .prompt
            .iter()
            .find(|token| **token as usize >= self.vocab)
        {
            return complain(format!(
                "the prompt has token `{token}` of `{}`",
                self.vocab
            ));
        }
        if let Some(reason) = request.sampling.complaint() {
            return complain(reason);
        }
        if request.choices as usize > options.running_max {
            let most = options.running_max;
            return complain(format!("`{}` choices, `{most}` at most", request.choices));
        }
        if request.stop.len() > STOPS_MAX
            || request.stop.iter().any(|stop| stop.len() > STOP_BYTES_MAX)
        {
            return complain(format!(
                "`{STOPS_MAX}` stop texts of `{STOP_BYTES_MAX}` bytes are the most"
            ));
        }
        if request.max_tokens == Some(0) {
            return complain("`max_tokens` is `0`".to_owned());
        }
        if let Some(reasoning) = &request.reasoning
            && reasoning.end.is_empty()
        {
            return complain("reasoning has no end token".to_owned());
        }
        let tokens = request.prompt.len();
        if tokens >= self.context_length {
            let hint = "shorten the prompt; the model was made for no more";
            return Err(Error::TooLong {
                tokens,
                limit: self.context_length - 1,
                hint,
            });
        }
        let by_memory = self.pages * PAGE;
        if tokens >= by_memory {
            let hint = "give the cache more memory, or shorten the prompt";
            return Err(Error::TooLong {
                tokens,
                limit: by_memory.saturating_sub(1),
                hint,
            });
        }
        Ok(self.context_length)
    }
}

/// Tells the handles that nobody works any more, however the thread ends.
struct Farewell<'a>(&'a Inbox);

impl Drop for Farewell<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_over = true;
        state.incoming.clear();
    }
}

/// The engine's thread.
fn run(scheduler: &mut Scheduler, inbox: &Inbox) {
    let _farewell = Farewell(inbox);
    loop {
        let mut state = inbox.state();
        while scheduler.is_idle()
            && state.incoming.is_empty()
            && !(state.drains || state.abandons || state.forgets)
        {
            let arrived = inbox.arrived.wait(state);
            state = arrived.unwrap_or_else(PoisonError::into_inner);
        }
        for sequence in state.incoming.drain(..) {
            scheduler.enqueue(sequence);
        }
        if std::mem::take(&mut state.forgets) {
            scheduler.forget();
        }
        if state.abandons || (state.drains && scheduler.is_idle()) {
            break;
        }
        drop(state);
        // Whatever breaks here is our fault, and would break again: those who wait must hear of it.
        let tell = |scheduler: &Scheduler| inbox.state().take_in(scheduler);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| scheduler.step(tell))) {
            tracing::error!(reason = message(&*panic), "the engine broke and ends");
            break;
        }
        inbox.state().take_in(scheduler);
    }
    scheduler.abandon();
    inbox.state().take_in(scheduler);
}
