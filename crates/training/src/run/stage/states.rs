//! The states of a stage, as they lie in its folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::recipe::Stage;
use crate::state::State;

/// Whether the newest state in `folder` says that `stage` was trained by other words, or from another seed; where no
/// state is left, nothing says so.
pub(crate) fn was_trained_otherwise(folder: &Path, stage: &Stage, seed: u64) -> Result<bool> {
    let Some((_, path)) = states(folder)?.pop() else {
        return Ok(false);
    };
    let place = State::position_in(&path)?;
    let words = place.get("stage").and_then(Value::as_str);
    let has_other_words = words.is_some_and(|words| !is_said(words, &format!("{stage:?}")));
    let other_seed = place.get("seed").and_then(Value::as_u64);
    Ok(has_other_words || other_seed.is_some_and(|other| other != seed))
}

/// Whether what a state was written by is all said today. A later program may have keys that were not known then.
fn is_said(words: &str, today: &str) -> bool {
    let [words, today] = [words, today].map(|words| words.strip_suffix(" }").unwrap_or(words));
    let today: BTreeSet<&str> = today.split(", ").collect();
    words.split(", ").all(|word| today.contains(word))
}

pub(super) fn state_path(folder: &Path, step: u64) -> PathBuf {
    folder.join(format!("state-{step:08}.safetensors"))
}

/// The newest state that is whole, if there is any; an error when none of several is.
pub(super) fn newest(folder: &Path) -> Result<Option<(State, PathBuf)>> {
    let mut damaged = None;
    for (_, path) in states(folder)?.into_iter().rev() {
        match State::load(&path) {
            Ok(state) => return Ok(Some((state, path))),
            Err(error) => {
                damaged.get_or_insert(error);
            }
        }
    }
    damaged.map_or(Ok(None), Err)
}

/// The states of a stage, by step.
pub(super) fn states(folder: &Path) -> Result<Vec<(u64, PathBuf)>> {
    let mut states = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let number = name
            .strip_prefix("state-")
            .and_then(|rest| rest.strip_suffix(".safetensors"));
        if let Some(step) = number.and_then(|number| number.parse().ok()) {
            states.push((step, path));
        }
    }
    states.sort();
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::is_said;

    #[test]
    fn later_keys_are_no_difference_and_longer_numbers_are() {
        let words = "Stage { name: \"one\", weight_decay: 0.001 }";
        assert!(is_said(words, words));
        let today = "Stage { name: \"one\", windows: None, weight_decay: 0.001 }";
        assert!(is_said(words, today));
        assert!(!is_said(words, &today.replace("0.001", "0.0015")));
        assert!(!is_said(words, "Stage { name: \"one\" }"));
    }
}
