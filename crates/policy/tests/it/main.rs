//! The gate on a store, from outside.
#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

mod audit;
mod belongings;
mod budgets;
mod entering;
mod keys;
mod opening;
mod people;
mod permits;
mod postgres;
mod speed;

#[path = "../../../store/tests/it/postgres_server.rs"]
#[allow(
    dead_code,
    clippy::disallowed_methods,
    reason = "the store's tests use more of it, and it starts a database"
)]
mod postgres_server;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use policy::{
    Budgets, Clock, Credential, Gate, NewPerson, Options, Person, Principal, Role, SignIn, SignedIn,
};
use store::{Store, Timestamp};

/// Saturday, 2026-11-21, 14:30 in UTC.
const START: i64 = 1_795_271_400_000;

/// What everybody's password is.
const PASSWORD: &str = "correct horse battery staple";

/// A house that can be closed and opened again, and whose clock is set by hand.
struct House {
    folder: tempfile::TempDir,
    now: Arc<AtomicI64>,
}

impl House {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            now: Arc::new(AtomicI64::new(START)),
        }
    }

    fn options(&self) -> Options {
        let now = Arc::clone(&self.now);
        Options {
            clock: Clock::new(move || Timestamp::from_millis(now.load(Ordering::SeqCst))),
            ..Options::new(self.folder.path())
        }
    }

    async fn store(&self) -> Store {
        Store::open(&store::Options::new(self.folder.path()))
            .await
            .unwrap()
    }

    async fn open(&self) -> Gate {
        self.open_with(|_| {}).await
    }

    async fn open_with(&self, change: impl FnOnce(&mut Options)) -> Gate {
        let mut options = self.options();
        change(&mut options);
        Gate::open(self.store().await, options).await.unwrap()
    }

    fn pass(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }
}

/// Adds somebody with the password of all.
async fn add(gate: &Gate, name: &str, role: Role) -> Person {
    let new = NewPerson {
        name,
        display_name: None,
        role,
        password: Some(PASSWORD),
    };
    gate.add_person(&gate.console(), new).await.unwrap()
}

async fn sign_in(gate: &Gate, name: &str) -> SignedIn {
    let typed = SignIn {
        name,
        password: PASSWORD,
        from: "127.0.0.1",
        old_session: None,
    };
    gate.sign_in(typed).await.unwrap()
}

/// Adds somebody who is signed in.
async fn somebody(gate: &Gate, name: &str, role: Role) -> Principal {
    add(gate, name, role).await;
    sign_in(gate, name).await.principal
}

/// A key of `user` with the usual scopes, and its principal.
async fn key_of(gate: &Gate, user: &str, budgets: Budgets) -> (policy::Key, Principal) {
    let new = policy::NewKey {
        user,
        name: "program",
        project: None,
        scopes: policy::Scope::USUAL.to_vec(),
        budgets,
        expires_at: None,
    };
    let (key, secret) = gate.add_key(&gate.console(), new).await.unwrap();
    let principal = gate
        .identify(Credential::Key(secret.reveal()))
        .await
        .unwrap();
    (key, principal)
}
