//! The candidates found so far: no two with the same effect, each with its best prior.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use super::expr::{Expr, Level, required};
use super::tree::Node;
use crate::edit::Candidate;
use crate::source::FileId;

/// Where a canonical splice starts, where it ends, and what it puts there.
type Key = (usize, usize, Vec<u8>);

/// Collects the candidates of one file.
pub(super) struct Pool<'t> {
    file: FileId,
    text: &'t str,
    candidates: Vec<Candidate>,
    seen: HashMap<Key, usize>,
}

impl<'t> Pool<'t> {
    pub(super) fn new(file: FileId, text: &'t str) -> Self {
        Self {
            file,
            text,
            candidates: Vec::new(),
            seen: HashMap::new(),
        }
    }

    pub(super) fn into_candidates(self) -> Vec<Candidate> {
        self.candidates
    }

    /// Puts `expr` where the expression `node` stands.
    pub(super) fn replace(
        &mut self,
        node: Node<'_>,
        expr: &Expr,
        operator: &'static str,
        prior: f64,
    ) {
        // `(a + b)` with `+ b` dropped becomes `a`, not `(a)`.
        if let Some(parent) = node.parent()
            && parent.kind() == "parenthesized_expression"
            && !parent.is_multiline()
            && expr.level >= Level::Await
        {
            return self.splice(parent.span(), expr.text.clone(), operator, prior);
        }
        // The arguments of `sum(x for x in y)` are the node itself.
        if node.kind() == "generator_expression" && node.field() == Some("arguments") {
            let text = format!("({})", expr.at(Level::Lambda));
            return self.splice(node.span(), text, operator, prior);
        }
        self.splice(node.span(), expr.at(required(node)), operator, prior);
    }

    /// Puts `replacement` where `span` stands, parting it from the words around it.
    pub(super) fn splice(
        &mut self,
        span: Range<usize>,
        replacement: impl Into<String>,
        operator: &'static str,
        prior: f64,
    ) {
        let mut replacement = replacement.into();
        let before = self.text[..span.start].chars().next_back();
        let after = self.text[span.end..].chars().next();
        if before.is_some_and(is_word) && replacement.chars().next().is_some_and(is_word) {
            replacement.insert(0, ' ');
        }
        if after.is_some_and(is_word) && replacement.chars().next_back().is_some_and(is_word) {
            replacement.push(' ');
        }
        self.push(span, replacement, operator, prior);
    }

    /// Weighs candidates inside `region` up that speak of `name` where nothing did.
    pub(super) fn favour(&mut self, region: Range<usize>, name: &str, factor: f64, most: f64) {
        let text = self.text;
        for candidate in &mut self.candidates {
            let edit = &candidate.edits[0];
            let is_inside = region.start <= edit.span.start && edit.span.end <= region.end;
            if is_inside
                && candidate.prior < most
                && mentions(&edit.replacement, name)
                && !mentions(&text[edit.span.clone()], name)
            {
                candidate.prior = (candidate.prior * factor).min(most);
            }
        }
    }

    /// Weighs every candidate inside `region` down.
    pub(super) fn doubt(&mut self, region: Range<usize>, factor: f64) {
        for candidate in &mut self.candidates {
            if region.contains(&candidate.edits[0].span.start) {
                candidate.prior *= factor;
            }
        }
    }

    /// Weighs new statements inside `region` up that begin with `target`.
    pub(super) fn favour_statements(
        &mut self,
        region: Range<usize>,
        target: &str,
        factor: f64,
        most: f64,
    ) {
        for candidate in &mut self.candidates {
            let edit = &candidate.edits[0];
            let at = edit.span.start;
            let is_new = edit.span.is_empty() && (region.start..=region.end).contains(&at);
            let rest = edit.replacement.trim_start().strip_prefix(target);
            let is_change = rest.is_some_and(|rest| {
                rest.starts_with([' ', '[', '.'])
                    && !rest.starts_with(" ==")
                    && !rest.starts_with(" <")
            });
            if is_new && is_change && candidate.prior < most {
                candidate.prior = (candidate.prior * factor).min(most);
            }
        }
    }

    fn push(
        &mut self,
        span: Range<usize>,
        replacement: String,
        operator: &'static str,
        prior: f64,
    ) {
        let Some(key) = canonical(self.text, &span, &replacement) else {
            return;
        };
        let prior = prior.clamp(1e-4, 1.0);
        match self.seen.entry(key) {
            Entry::Occupied(entry) => {
                let known = &mut self.candidates[*entry.get()];
                if known.prior < prior {
                    *known = Candidate::single(self.file, span, replacement, operator, prior);
                }
            }
            Entry::Vacant(entry) => {
                entry.insert(self.candidates.len());
                self.candidates.push(Candidate::single(
                    self.file,
                    span,
                    replacement,
                    operator,
                    prior,
                ));
            }
        }
    }
}

/// Whether `text` holds `name` as a word.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(|c| is_word(c) || c == '.') && !after.is_some_and(is_word)
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The one smallest splice with the effect of this one: two splices lead to the same text if and
/// only if their canonical forms are equal. `None` for a splice that changes nothing.
fn canonical(text: &str, span: &Range<usize>, replacement: &str) -> Option<Key> {
    let bytes = text.as_bytes();
    let (mut start, mut end) = (span.start, span.end);
    let mut new = replacement.as_bytes();
    while start < end && new.first() == Some(&bytes[start]) {
        start += 1;
        new = &new[1..];
    }
    while start < end && new.last() == Some(&bytes[end - 1]) {
        end -= 1;
        new = &new[..new.len() - 1];
    }
    let mut new = new.to_vec();
    if start == end {
        if new.is_empty() {
            return None;
        }
        // An insertion slides right for as long as the text stays the same.
        let mut slid = 0;
        while bytes.get(start + slid) == Some(&new[slid % new.len()]) {
            slid += 1;
        }
        let turns = slid % new.len();
        new.rotate_left(turns);
        start += slid;
        end += slid;
    } else if new.is_empty() {
        while bytes.get(end) == Some(&bytes[start]) {
            start += 1;
            end += 1;
        }
    }
    Some((start, end, new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splices_with_the_same_effect_have_one_canonical_form() {
        let text = "a + b + b";
        let dropped_first = canonical(text, &(2..6), "");
        let dropped_second = canonical(text, &(5..9), "");
        let rewritten = canonical(text, &(0..9), "a + b");
        assert_eq!(dropped_first, dropped_second);
        assert_eq!(dropped_first, rewritten);
        assert_eq!(canonical(text, &(0..1), "a"), None);
    }

    #[test]
    fn the_better_prior_wins_when_two_operators_agree() {
        let mut pool = Pool::new(FileId(0), "x = 1\n");
        pool.splice(4..5, "2", "low", 0.1);
        pool.splice(0..5, "x = 2", "high", 0.9);
        pool.splice(4..5, "2", "low", 0.1);
        assert_eq!(
            pool.into_candidates(),
            vec![Candidate::single(FileId(0), 0..5, "x = 2", "high", 0.9)]
        );
    }
}
