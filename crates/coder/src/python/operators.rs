//! Temporary.
use crate::edit::Candidate;
use crate::language::Focus;
use crate::source::Sources;

pub(crate) fn candidates(sources: &Sources, focus: &Focus) -> Vec<Candidate> {
    let mut out = Vec::new();
    for (id, source) in sources.iter() {
        for (at, text) in source.text.match_indices(['^', '+', '-', '<', '>', '=']) {
            if focus.of(id, source.line_of(at)) == 0.0 {
                continue;
            }
            for other in ["^", "&", "+", "-", "<", ">", "<=", ">=", "|"] {
                out.push(Candidate::single(
                    id,
                    at..at + text.len(),
                    other,
                    "operator",
                    0.5,
                ));
            }
        }
    }
    out
}
