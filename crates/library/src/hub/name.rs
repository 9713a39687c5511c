//! What a model is called at a hub.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// `hub:owner/name`, perhaps with `@revision`, perhaps with `:quant`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubName {
    /// `owner/name`.
    pub id: String,
    /// A branch, tag or commit.
    pub revision: String,
    /// Which of several GGUF files: `Q4_K_M`, or the name of one.
    pub quant: Option<String>,
}

const PREFIX: &str = "hub:";
const USUAL_REVISION: &str = "main";

impl HubName {
    /// Whether `text` means a model of a hub.
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The name without its owner.
    pub fn model(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or(&self.id)
    }

    /// One folder's name for it.
    pub(super) fn folder_name(&self) -> String {
        let quant = self.quant.iter().map(|quant| format!("--{quant}"));
        let name = self.id.replace('/', "--");
        name + &quant.collect::<String>()
    }
}

impl FromStr for HubName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || {
            let what = format!("`{text}` is no name of a model at a hub");
            Error::refused("bad_hub_name", what)
                .hint("`hub:owner/name`, `hub:owner/name:Q4_K_M` or `hub:owner/name@revision`")
        };
        let rest = text.strip_prefix(PREFIX).ok_or_else(refuse)?;
        let (rest, quant) = match rest.split_once(':') {
            Some((rest, quant)) => (rest, Some(quant)),
            None => (rest, None),
        };
        let (id, revision) = rest.split_once('@').unwrap_or((rest, USUAL_REVISION));
        let is_word = |word: &str| {
            let is_inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && word.chars().all(is_inner)
                && word.len() <= 96
        };
        let is_id = id
            .split_once('/')
            .is_some_and(|(owner, name)| is_word(owner) && is_word(name));
        let is_revision = revision.split('/').all(is_word);
        if !is_id || !is_revision || !quant.is_none_or(is_word) {
            return Err(refuse());
        }
        Ok(Self {
            id: id.to_owned(),
            revision: revision.to_owned(),
            quant: quant.map(str::to_owned),
        })
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.id)?;
        if self.revision != USUAL_REVISION {
            write!(f, "@{}", self.revision)?;
        }
        match &self.quant {
            Some(quant) => write!(f, ":{quant}"),
            None => Ok(()),
        }
    }
}
