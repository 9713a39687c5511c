//! The programs that `rustc --test` makes: which tests they hold, and what they say of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The names in a `--list --format terse`.
pub(super) fn listed(output: &str) -> Vec<String> {
    output
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .map(str::to_owned)
        .collect()
}

/// How the tests of one run ended: those that ended, by name.
pub(super) fn verdicts(output: &str) -> HashMap<&str, bool> {
    let mut found = HashMap::new();
    for line in output.lines() {
        let Some((name, rest)) = line
            .strip_prefix("test ")
            .and_then(|line| line.rsplit_once(" ... "))
        else {
            continue;
        };
        let name = name.strip_suffix(" - should panic").unwrap_or(name);
        // What a test prints past the capture may stand between the dots and the word.
        if rest.ends_with("ok") {
            found.insert(name, true);
        } else if rest.ends_with("FAILED") {
            found.insert(name, false);
        }
    }
    found
}

/// A digest of what failing tests said, free of places, times and addresses of threads.
pub(super) fn symptom(output: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for line in output.lines() {
        let is_noise = line.contains("panicked at")
            || line.contains("finished in")
            || line.starts_with("note:");
        if !is_noise {
            line.hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// The last thing that a failing test said before the summary.
pub(super) fn complaint(output: &str, errors: &str) -> String {
    let mut lines = output
        .lines()
        .skip_while(|line| !line.contains("panicked at"));
    let place = lines.next().unwrap_or_default();
    let message = lines.next().unwrap_or_default();
    if message.is_empty() {
        let said = errors.lines().rev().find(|line| !line.trim().is_empty());
        return said.unwrap_or("it ended without a word").trim().to_owned();
    }
    match place
        .split_once("panicked at ")
        .map(|(_, place)| place.trim_end_matches(':'))
    {
        Some(place) if !place.is_empty() => format!("{message} ({place})"),
        _ => message.to_owned(),
    }
}

/// How many tests passed and failed in a whole `cargo test`.
pub(super) fn totals(output: &str) -> (usize, usize) {
    let mut sums = (0, 0);
    for line in output
        .lines()
        .filter(|line| line.starts_with("test result:"))
    {
        let count = |word: &str| -> usize {
            let before = line.split(word).next().unwrap_or_default();
            before
                .rsplit([' ', ';', '.'])
                .find(|part| !part.is_empty())
                .and_then(|part| part.parse().ok())
                .unwrap_or(0)
        };
        sums.0 += count(" passed");
        sums.1 += count(" failed");
    }
    sums
}

/// Whether a program gave up for want of memory, by what it wrote on its error output.
pub(super) fn is_out_of_memory(errors: &str) -> bool {
    errors
        .lines()
        .any(|line| line.starts_with("memory allocation of ") && line.ends_with(" failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 2 tests
test tests::a ... ok
test tests::b - should panic ... FAILED

failures:

---- tests::b stdout ----

thread 'tests::b' (9) panicked at src/lib.rs:9:5:
assertion `left == right` failed
  left: 1
 right: 2

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn reads_names_verdicts_and_reasons() {
        assert_eq!(
            listed("tests::a: test\nb: benchmark\n\n1 test, 1 benchmark\n"),
            ["tests::a"]
        );
        assert_eq!(
            verdicts(OUTPUT),
            HashMap::from([("tests::a", true), ("tests::b", false)])
        );
        assert_eq!(
            complaint(OUTPUT, ""),
            "assertion `left == right` failed (src/lib.rs:9:5)"
        );
        assert_eq!(
            complaint("", "thread overflowed its stack\n"),
            "thread overflowed its stack"
        );
        assert_eq!(totals(OUTPUT), (1, 1));
    }

    #[test]
    fn the_same_failure_has_the_same_symptom_wherever_it_happens() {
        let elsewhere = OUTPUT
            .replace("src/lib.rs:9:5", "src/lib.rs:99:1")
            .replace("0.00s", "0.10s");
        assert_eq!(symptom(OUTPUT), symptom(&elsewhere));
        assert_ne!(
            symptom(OUTPUT),
            symptom(&OUTPUT.replace("left: 1", "left: 3"))
        );
    }

    #[test]
    fn a_program_that_wants_more_memory_than_there_is_says_so() {
        assert!(is_out_of_memory(
            "thread 'x' started\nmemory allocation of 805306368 bytes failed\n"
        ));
        assert!(!is_out_of_memory("assertion failed: memory"));
    }
}
