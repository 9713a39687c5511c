//! A text without an earlier change to it, whatever was changed elsewhere since.

use similar::{DiffTag, TextDiff};

/// Lines that something was done to.
#[derive(Debug, PartialEq, Eq)]
struct Hunk {
    /// Which lines of the text that both changes began with.
    at: std::ops::Range<usize>,
    /// What stands there instead.
    instead: String,
}

/// `now`, which came of `after`, without what made `after` of `before`; `None` where lines that were changed then were
/// changed since, or lines beside them.
pub(crate) fn without(before: &str, after: &str, now: &str) -> Option<String> {
    if now == after {
        return Some(before.to_owned());
    }
    let (back, since) = (hunks(after, before), hunks(after, now));
    let mut all: Vec<Hunk> = Vec::with_capacity(back.len() + since.len());
    for hunk in since {
        match back.iter().any(|other| touches(other, &hunk)) {
            // It was taken back by hand.
            true if back.contains(&hunk) => {}
            true => return None,
            false => all.push(hunk),
        }
    }
    all.extend(back);
    all.sort_by_key(|hunk| (hunk.at.start, hunk.at.end));
    let lines: Vec<&str> = after.split_inclusive('\n').collect();
    let mut text = String::with_capacity(now.len());
    let mut from = 0;
    for hunk in &all {
        text.extend(lines[from..hunk.at.start].iter().copied());
        text.push_str(&hunk.instead);
        from = hunk.at.end;
    }
    text.extend(lines[from..].iter().copied());
    Some(text)
}

/// What makes `to` of `from`.
fn hunks(from: &str, to: &str) -> Vec<Hunk> {
    let diff = TextDiff::from_lines(from, to);
    let lines: Vec<&str> = to.split_inclusive('\n').collect();
    let changed = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    let mut hunks: Vec<Hunk> = Vec::new();
    for op in changed {
        let instead = lines[op.new_range()].concat();
        match hunks.last_mut() {
            // What was taken out and what was put in there are one.
            Some(last) if last.at.end == op.old_range().start => {
                last.at.end = op.old_range().end;
                last.instead.push_str(&instead);
            }
            _ => hunks.push(Hunk {
                at: op.old_range(),
                instead,
            }),
        }
    }
    hunks
}

/// Whether two changes meet, or stand side by side.
fn touches(one: &Hunk, other: &Hunk) -> bool {
    one.at.start <= other.at.end && other.at.start <= one.at.end
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "one\ntwo\nthree\nfour\nfive\nsix\n";
    const AFTER: &str = "one\nTWO\nthree\nfour\nfive\nsix\n";

    #[test]
    fn what_was_changed_elsewhere_stays() {
        assert_eq!(without(BEFORE, AFTER, AFTER).unwrap(), BEFORE);
        let now = "zero\n".to_owned() + &AFTER.replace("five", "5\n5a");
        let wanted = "zero\n".to_owned() + &BEFORE.replace("five", "5\n5a");
        // Beside it, on the other hand, nobody knows what is meant.
        assert_eq!(without(BEFORE, AFTER, &now).unwrap(), wanted);
        assert_eq!(without(BEFORE, AFTER, &AFTER.replace("three", "3")), None);
        assert_eq!(without(BEFORE, AFTER, &AFTER.replace("TWO", "2")), None);
        assert_eq!(without(BEFORE, AFTER, ""), None);
    }

    #[test]
    fn lines_that_came_and_went_are_put_right_and_what_was_taken_back_by_hand_is_known() {
        let more = BEFORE.replace("four\n", "four\nnew\n");
        let now = more.replace("one\n", "");
        assert_eq!(
            without(BEFORE, &more, &now).unwrap(),
            BEFORE.replace("one\n", "")
        );
        let fewer = BEFORE.replace("five\n", "");
        let now = fewer.replace("one", "1");
        assert_eq!(
            without(BEFORE, &fewer, &now).unwrap(),
            BEFORE.replace("one", "1")
        );
        assert_eq!(without(BEFORE, AFTER, BEFORE).unwrap(), BEFORE);
        assert_eq!(without("a\nb", "a\nc", "a\nc").unwrap(), "a\nb");
    }
}
