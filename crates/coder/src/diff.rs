//! Differences between texts, as people and `patch` read them.

use std::path::Path;

use similar::TextDiff;

/// A unified diff of one file, headed `a/…` and `b/…`, with three lines of context.
pub fn unified(path: &Path, before: &str, after: &str) -> String {
    let path = path.to_string_lossy();
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_names_the_file_and_the_lines() {
        assert_eq!(
            unified(Path::new("m.py"), "a\nb\nc\n", "a\nB\nc\n"),
            "--- a/m.py\n+++ b/m.py\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
        );
    }
}
