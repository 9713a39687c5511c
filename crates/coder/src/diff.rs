//! Differences between texts, as people and `patch` read them.

use std::path::Path;

use similar::TextDiff;

use crate::fix::PatchedFile;

/// The unified diffs of all files, one after the other.
pub fn of(files: &[PatchedFile]) -> String {
    let each = files
        .iter()
        .map(|file| unified(&file.path, file.before.as_deref(), &file.after));
    each.collect()
}

/// A unified diff of one file, headed `a/…` and `b/…`, with three lines of context. One that was not there before is
/// made of `/dev/null`.
fn unified(path: &Path, before: Option<&str>, after: &str) -> String {
    let path = path.to_string_lossy();
    let from = before.map_or("/dev/null".to_owned(), |_| format!("a/{path}"));
    TextDiff::from_lines(before.unwrap_or_default(), after)
        .unified_diff()
        .context_radius(3)
        .header(&from, &format!("b/{path}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_names_the_file_and_the_lines() {
        assert_eq!(
            unified(Path::new("m.py"), Some("a\nb\nc\n"), "a\nB\nc\n"),
            "--- a/m.py\n+++ b/m.py\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
        );
        assert_eq!(
            unified(Path::new("m.py"), None, "a\n"),
            "--- /dev/null\n+++ b/m.py\n@@ -0,0 +1 @@\n+a\n"
        );
    }
}
