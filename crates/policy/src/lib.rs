//! Who may do what, and what was done: identity, rules, the `Permit`, the hash-chained audit log.

mod clock;
mod error;
mod options;
mod secret;

pub mod audit;

pub mod action;
mod principal;
mod rules;
mod why;

mod budget;
mod password;
mod throttle;

mod gate;

#[cfg(test)]
mod chance;

pub use action::Action;
pub use budget::{Budgets, Tokens, Used};
pub use clock::Clock;
pub use error::{Error, Limited, Reason, Result};
pub use gate::{
    Admission, Credential, Gate, HasPassword, Key, NewKey, NewPerson, Permit, Person, Project,
    SignIn, SignedIn,
};
pub use options::Options;
pub use principal::{Principal, Role, Scope, Via};
pub use secret::Secret;
pub use why::{Rule, RuleFile, Verdict};
