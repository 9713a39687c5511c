//! Runs a command with stated files, network, time and memory, and nothing else.

mod cgroup;
mod error;
mod feature;
mod message;
mod metadata;
mod outcome;
mod plan;
mod policy;
mod seccomp;
mod secrets;
mod sys;
mod wire;

pub mod files;
mod quantity;

mod attached;
mod child;
mod inside;
mod launch;
mod proxy;
mod run;
mod scheduler;
mod support;
mod worker;

pub use attached::run_attached;
pub use child::{Child, spawn};
pub use error::Error;
pub use inside::enter_if_helper;
pub use outcome::{Command, Outcome, Status};
pub use policy::{Access, Limits, Network, Policy};
pub use quantity::{QuantityError, parse_duration, parse_size};
pub use run::run;
pub use scheduler::{SchedulerLimits, SchedulerOutcome, SchedulerProgram, ask_scheduler};
pub use support::{DelegatedCgroup, FeatureSupport, Support, support};
pub use worker::{Exec, Worker};
