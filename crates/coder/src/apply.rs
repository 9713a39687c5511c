//! Writing a patch into the user's tree.

use std::path::{Path, PathBuf};

use crate::applied::{self, remember};
use crate::fix::{Patch, PatchedFile};
use programs::Error;

/// How a project stands to a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Every file is as the patch was made for.
    Fits,
    /// It was applied and not taken back, or every file is as it leaves it.
    Applied,
    /// Something else was changed.
    Changed,
}

/// How the project at `root` stands to a patch; below `data` it was kept what was applied.
///
/// # Errors
/// Where there is no such project.
pub fn standing(root: &Path, patch: &Patch, data: &Path) -> Result<Standing, Error> {
    let root = canonical(root)?;
    let all = |wanted: fn(&PatchedFile) -> Option<&str>| {
        let files = &mut patch.files.iter();
        files.all(|file| holds(&root, &file.path, wanted(file)))
    };
    Ok(if all(|file| file.before.as_deref()) {
        Standing::Fits
    } else if all(|file| Some(&file.after)) || applied::is_kept(&root, &patch.files, data) {
        Standing::Applied
    } else {
        Standing::Changed
    })
}

/// Writes a patch into the project at `root` and keeps below `data` what takes it back.
///
/// # Errors
/// Nothing is written unless every file still holds the text that was repaired.
pub fn apply(root: &Path, patch: &Patch, data: &Path) -> Result<PathBuf, Error> {
    let root = canonical(root)?;
    for file in &patch.files {
        expect_text(
            &root,
            &file.path,
            file.before.as_deref(),
            "changed_meanwhile",
            "the file was changed during the search: run `freehold fix` again",
        )?;
    }
    let undo = remember(&root, patch, data)?;
    let before = |file: &PatchedFile| write(&root, file, file.before.as_deref());
    let written = patch.files.iter().try_for_each(|file| {
        let folder = file.path.parent().unwrap_or(Path::new(""));
        sandbox::files::create_dir_beneath(&root, folder)?;
        write(&root, file, Some(&file.after))
    });
    written
        .inspect_err(|_| {
            // Whatever was written is taken back as far as the disk allows.
            let _ = patch.files.iter().try_for_each(before);
            let _ = std::fs::remove_file(&undo);
        })
        .map(|()| undo)
}

pub(crate) fn canonical(root: &Path) -> Result<PathBuf, Error> {
    root.canonicalize()
        .map_err(|source| Error::io("open", root, source))
}

fn expect_text(
    root: &Path,
    file: &Path,
    expected: Option<&str>,
    code: &'static str,
    hint: &str,
) -> Result<(), Error> {
    if holds(root, file, expected) {
        return Ok(());
    }
    let reason = format!("`{}` holds other text than expected", file.display());
    Err(Error::unsuitable(code, reason, hint))
}

/// Whether a file holds a text, or is not there where none is expected.
pub(crate) fn holds(root: &Path, file: &Path, expected: Option<&str>) -> bool {
    // What is longer, or has become a link or a pipe, is not what was repaired.
    let limit = expected.map_or(0, str::len) as u64;
    match (sandbox::files::read_beneath(root, file, limit), expected) {
        (Ok(found), Some(expected)) => found == expected.as_bytes(),
        (Err(sandbox::Error::Path { cause, .. }), None) => {
            cause.kind() == std::io::ErrorKind::NotFound
        }
        _ => false,
    }
}

/// Writes a file, or removes it where there was none.
pub(crate) fn write(root: &Path, file: &PatchedFile, text: Option<&str>) -> Result<(), Error> {
    match text {
        Some(text) => sandbox::files::write_beneath(root, &file.path, text.as_bytes())?,
        None => sandbox::files::remove_beneath(root, &file.path)?,
    }
    Ok(())
}
