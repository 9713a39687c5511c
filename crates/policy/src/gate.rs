//! The gate: who it is, whether they may, and the line that says so.

mod admission;
mod belongings;
mod called;
mod entering;
mod identify;
mod keys;
mod people;
mod projects;

use std::{
    fmt,
    sync::{Arc, RwLock, Weak},
    time::Duration,
};

use store::Store;
use tokio::task::JoinHandle;

pub use admission::Admission;
pub use entering::{HasPassword, SignIn, SignedIn};
pub use identify::Credential;
pub use keys::{Key, NewKey};
pub use people::{NewPerson, Person};
pub use projects::Project;

use crate::{
    action::{self, Action},
    audit::{Anchor, Durability, Record, Writer},
    budget::Meters,
    error::{Error, Result},
    options::Options,
    password::Passwords,
    principal::Principal,
    rules::Rules,
    secret::Secret,
    throttle::Throttle,
    why::{RuleFile, Verdict},
};

/// Usage is kept so often.
const KEPT_EVERY: Duration = Duration::from_secs(1);

/// Identifies people, decides what they may do, and writes down what was decided. Clones are cheap.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    store: Store,
    options: Options,
    rules: RwLock<Arc<Rules>>,
    writer: Writer,
    passwords: Passwords,
    throttle: Throttle,
    meters: Meters,
    known: identify::Remembered,
    keeper: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

/// That `A` is permitted, and that the log says so. Only [`Gate::permit`] makes one, so that what needs it cannot
/// be called by a way around the gate:
///
/// ```compile_fail,E0451
/// use policy::{Permit, action::SeeModels};
///
/// let forged = Permit { action: SeeModels, user: String::new(), sequence: 1 };
/// ```
///
/// ```compile_fail,E0599
/// use policy::{Permit, action::SeeModels};
///
/// fn twice(permit: Permit<SeeModels>) -> (Permit<SeeModels>, Permit<SeeModels>) {
///     (permit.clone(), permit)
/// }
/// ```
///
/// and neither can what permits are given for:
///
/// ```compile_fail,E0277
/// #[derive(Clone)]
/// struct Anything;
///
/// impl policy::Action for Anything {}
/// ```
#[derive(Debug)]
pub struct Permit<A: Action> {
    action: A,
    user: String,
    sequence: u64,
}

impl<A: Action> Permit<A> {
    /// What is permitted.
    pub fn action(&self) -> &A {
        &self.action
    }

    /// The id of the person to whom.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The line of the log that says so.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
}

impl Gate {
    /// Opens the gate of the house whose things lie in `store`. The first time this makes an owner, and a
    /// [link](Self::first_link) by which they sign in.
    ///
    /// # Errors
    /// A rule that is broken keeps the house shut; the message names its file and line.
    pub async fn open(store: Store, options: Options) -> Result<Self> {
        let rules = Rules::read(Some(&options.rules))?;
        let anchor = Anchor::below(&options.data);
        let writer = Writer::start(store.clone(), anchor, options.clock.clone()).await?;
        let inner = Inner {
            passwords: Passwords::new().await?,
            throttle: Throttle::default(),
            meters: Meters::default(),
            known: identify::Remembered::default(),
            keeper: std::sync::Mutex::new(None),
            rules: RwLock::new(Arc::new(rules)),
            writer,
            store,
            options,
        };
        inner.first_start().await?;
        let inner = Arc::new(inner);
        let keeper = tokio::spawn(keep_usage(Arc::downgrade(&inner)));
        *inner.keeper.lock().expect("no holder of the lock panics") = Some(keeper);
        Ok(Self(inner))
    }

    /// A new link by which the owner signs in for the first time; `None` from the moment that an owner has a
    /// password.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn first_link(&self) -> Result<Option<Secret>> {
        self.0.first_link().await
    }

    /// Where things are kept.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The public key that checks the checkpoints of the log.
    pub fn audit_key(&self) -> [u8; 32] {
        self.0.writer.key
    }

    /// Permits `action` to `principal`, or says why not. Either way a line of the log is written before this
    /// returns: on disk, where something that is kept will change.
    ///
    /// # Errors
    /// [`Error::Denied`]; and where the log cannot be written nothing is permitted.
    pub async fn permit<A: Action>(&self, principal: &Principal, action: A) -> Result<Permit<A>> {
        let verdict = self.why(principal, &action);
        let durability = match verdict.allowed && action.changes() {
            true => Durability::Disk,
            false => Durability::Process,
        };
        let rules = verdict.rules.iter().map(|rule| rule.id.clone());
        let record = Record {
            at: self.0.now(),
            by: principal.user().to_owned(),
            via: principal.via().to_string(),
            action: action.name().to_owned(),
            on: action::on(&action),
            allowed: verdict.allowed,
            because: rules.collect(),
        };
        let sequence = self.0.writer.append(record, durability).await?;
        if !verdict.allowed {
            return Err(Error::Denied(verdict));
        }
        Ok(Permit {
            action,
            user: principal.user().to_owned(),
            sequence,
        })
    }

    /// What the rules would say, and why. Nothing is permitted by it, and nothing written.
    pub fn why<A: Action>(&self, principal: &Principal, action: &A) -> Arc<Verdict> {
        self.0.rules().decide(principal, action, self.0.now())
    }

    /// The files of rules that hold. Everybody who lives under them may read them.
    ///
    /// # Errors
    /// [`Error::Denied`] where the caller may not even see which models there are.
    pub async fn rules(&self, principal: &Principal) -> Result<Vec<RuleFile>> {
        let _permit = self.permit(principal, action::SeeModels).await?;
        Ok(self.0.rules().texts.clone())
    }

    /// What the rule `id` says of itself, where it holds and says something.
    pub fn rule_says(&self, id: &str) -> Option<String> {
        self.0.rules().says(id)
    }

    /// Reads the rules again.
    ///
    /// # Errors
    /// Where one is broken, those that held before go on holding.
    pub async fn reload_rules(&self, principal: &Principal) -> Result<()> {
        let change = "reload_rules";
        let _permit = self.permit(principal, action::Operate { change }).await?;
        let rules = Arc::new(Rules::read(Some(&self.0.options.rules))?);
        let hash = rules.hash.to_string();
        let on = vec![("hash".to_owned(), hash)];
        *self.0.rules.write().expect("no holder of the lock panics") = rules;
        self.0.note(principal.user(), "rules_read", on, true).await
    }

    /// Writes what is still in memory, signs the end of the log, and permits nothing more.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn close(&self) -> Result<()> {
        let keeper = self
            .0
            .keeper
            .lock()
            .expect("no holder of the lock panics")
            .take();
        if let Some(keeper) = keeper {
            keeper.abort();
        }
        let kept = self.0.keep_usage().await;
        self.0.writer.close().await?;
        kept
    }

    /// Signs the end of the log now; it is done every few seconds by itself.
    ///
    /// # Errors
    /// Those of the store, and of the file of the anchor.
    pub async fn sign_audit(&self) -> Result<()> {
        self.0.writer.sign().await
    }
}

impl Inner {
    /// The time in unix milliseconds.
    fn now(&self) -> i64 {
        self.options.clock.now().as_millis()
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().expect("no holder of the lock panics"))
    }

    /// Writes down what happened that needed no permit.
    async fn note(
        &self,
        by: &str,
        action: &str,
        on: Vec<(String, String)>,
        allowed: bool,
    ) -> Result<()> {
        let record = Record {
            at: self.now(),
            by: by.to_owned(),
            via: "house".to_owned(),
            action: action.to_owned(),
            on,
            allowed,
            because: Vec::new(),
        };
        let durability = match allowed {
            true => Durability::Disk,
            false => Durability::Process,
        };
        self.writer.append(record, durability).await.map(drop)
    }
}

/// Keeps usage every second, until the gate is gone, and now and then sweeps out what expired.
async fn keep_usage(inner: Weak<Inner>) {
    let mut rounds: u64 = 0;
    loop {
        tokio::time::sleep(KEPT_EVERY).await;
        let Some(inner) = inner.upgrade() else {
            return;
        };
        if let Err(error) = inner.keep_usage().await {
            tracing::warn!(%error, "what was used could not be kept yet");
        }
        rounds += 1;
        if rounds.is_multiple_of(3600)
            && let Err(error) = inner.sweep().await
        {
            tracing::warn!(%error, "what expired could not be swept out");
        }
    }
}
