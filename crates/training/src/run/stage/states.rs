//! The states of a stage, as they lie in its folder.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::state::State;

/// The recipe's words for the stage in `folder`, as its newest state has them; nothing where no state is left.
pub(crate) fn words_of_newest_state(folder: &Path) -> Result<Option<String>> {
    let Some((_, path)) = states(folder)?.pop() else {
        return Ok(None);
    };
    let place = State::position_in(&path)?;
    let words = place.get("stage").and_then(serde_json::Value::as_str);
    Ok(words.map(str::to_owned))
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
