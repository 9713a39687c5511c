//! A model of random weights that speaks ASCII nonsense: it computes what it says.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use library::{How, Library, Plan};
use serde_json::{Value, json};

pub use made::folder;

#[path = "../../../dialogue/tests/it/tiny.rs"]
mod made;

/// What it is called.
pub const TINY: &str = "tiny";

/// Adds it to the library below `data`.
pub fn add(data: &Path) {
    let folder = folder();
    let plan = Plan::of(folder.path()).unwrap();
    let stop = AtomicBool::new(false);
    plan.carry_out(
        &Library::below(data),
        TINY,
        How::default(),
        &stop,
        &mut |_| {},
    )
    .unwrap();
}

/// What keeps it from ending by itself.
pub fn endless() -> Value {
    json!({ "97": -100, "98": -100 })
}
