//! What a parser finds wrong with bytes, before it is known which file they came from.

use std::path::Path;

use crate::Error;

/// The first thing wrong with some bytes.
#[derive(Debug, PartialEq)]
pub(super) enum Flaw {
    /// They end too early.
    Short(String),
    /// They contradict themselves.
    Contradiction(String),
    /// They are something else.
    Other { reason: String, hint: &'static str },
    /// They may be sound, but this version cannot use them.
    Unsupported { reason: String, hint: &'static str },
}

impl Flaw {
    /// They end `missing` bytes too early.
    pub(super) fn short(missing: u64) -> Self {
        Self::Short(format!("{missing} bytes are missing at its end"))
    }

    /// They end inside the header, and what comes after it is not known.
    pub(super) fn short_at_least(missing: u64) -> Self {
        Self::Short(format!("{missing} bytes or more are missing at its end"))
    }

    pub(super) fn contradiction(reason: impl Into<String>) -> Self {
        Self::Contradiction(reason.into())
    }

    /// The same, found in the `what` called `name`.
    pub(super) fn about(self, what: &str, name: &str) -> Self {
        match self {
            Self::Contradiction(reason) => {
                Self::Contradiction(format!("{what} `{}`: {reason}", printable(name)))
            }
            other => other,
        }
    }

    /// The same, of the file `path`.
    pub(super) fn of(self, path: &Path) -> Error {
        let path = path.to_owned();
        match self {
            Self::Short(reason) => Error::Incomplete {
                path,
                reason,
                hint: "the download was cut off; fetch it again".to_owned(),
            },
            Self::Contradiction(reason) => Error::Damaged { path, reason },
            Self::Other { reason, hint } => Error::NotAModel {
                path,
                reason,
                hint: hint.to_owned(),
            },
            Self::Unsupported { reason, hint } => Error::Unsupported {
                path,
                reason,
                hint: hint.to_owned(),
            },
        }
    }
}

/// At most the first 64 characters of a name out of a file, with what a terminal would obey escaped.
pub(super) fn printable(name: &str) -> String {
    shortened(name, 64)
}

/// What a parser said about bytes out of a file, in which it may quote them: shortened and escaped alike.
pub(super) fn said(error: &serde_json::Error) -> String {
    shortened(&error.to_string(), 256)
}

fn shortened(text: &str, characters: usize) -> String {
    let mut shown = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == characters {
            shown.push('…');
            break;
        }
        match character {
            '"' | '\'' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}
