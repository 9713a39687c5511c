//! What tells weights from others, and a name for what came of them.

use std::path::Path;

use sha2::{Digest as _, Sha256};

/// The place of a folder or a file, and the sizes and times of what lies there.
pub(super) fn facts(path: &Path) -> String {
    let mut lines: Vec<String> = match std::fs::read_dir(path) {
        Ok(entries) => entries
            .flatten()
            .filter_map(|entry| line(&entry.path()))
            .collect(),
        Err(_) => line(path).into_iter().collect(),
    };
    lines.sort();
    let place = path.canonicalize().unwrap_or(path.to_owned());
    format!("{}{}", place.display(), lines.concat())
}

fn line(path: &Path) -> Option<String> {
    let about = std::fs::metadata(path).ok()?;
    let name = path.file_name()?.to_string_lossy();
    Some(format!(
        "\n{name} {} {:?}",
        about.len(),
        about.modified().ok()?
    ))
}

/// The name of a file for what these say.
pub(super) fn name<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut sum = Sha256::new();
    for part in parts {
        sum.update((part.len() as u64).to_le_bytes());
        sum.update(part);
    }
    let hex = sum.finalize();
    let hex: String = hex.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.safetensors")
}

/// Removes the oldest files that are kept in `folder`, where there are more than `most`.
pub(super) fn prune(folder: &Path, most: usize) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "safetensors")
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    let surplus = files.len().saturating_sub(most);
    for (_, path) in &files[..surplus] {
        let _ = std::fs::remove_file(path);
    }
}
