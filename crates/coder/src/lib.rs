//! Repairs, tests, edits and reviews code.
