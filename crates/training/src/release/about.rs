//! What a run cannot know of its model: the recipe's `[release]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// What the owner says of a model that is released. All of it may be left out; what is, is said to be unknown.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct About {
    /// What people call it; the recipe's `name` when none.
    pub title: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The licence of the weights, as SPDX has it.
    pub licence: Option<String>,
    /// The licence's text, beside the recipe; it is copied.
    pub licence_file: Option<PathBuf>,
    /// Who releases it, by their legal name.
    pub provider: Option<String>,
    /// Where they can be reached.
    pub contact: Option<String>,
    /// Languages that it is made for, as BCP 47 has them.
    pub languages: Vec<String>,
    /// What it is, in some sentences.
    pub about: Option<String>,
    /// What it is meant for.
    pub uses: Option<String>,
    /// What it must not be used for, or where that is said.
    pub policy: Option<String>,
    /// What it cannot do, and where it fails.
    pub limits: Option<String>,
    /// The day on which it was first offered in the European Union.
    pub union_market_date: Option<String>,
    /// The energy that training took, and how that was measured.
    pub energy: Option<String>,
    /// How reservations of rights were respected, by what was read from the web or elsewhere.
    pub rights: Option<String>,
    /// What was done against illegal content.
    pub illegal_content: Option<String>,
    /// What was done to find biases.
    pub biases: Option<String>,
    /// The last day on which data was collected.
    pub data_until: Option<String>,
    /// What each source is, by its name in `[[data]]`.
    pub kinds: BTreeMap<String, SourceKind>,
    /// The command that makes the data, run in the recipe's folder.
    pub prepare: Option<String>,
    /// The command that `results` came from.
    pub evaluate: Option<String>,
}

/// What a source of data is, in the classes of the European AI Office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A data set that everybody can get.
    Public,
    /// Licensed from those who hold the rights, or who act for them.
    Licensed,
    /// Got from others, and not public.
    ThirdParty,
    /// Gathered from the web.
    Crawled,
    /// What users said or gave.
    User,
    /// Made by a program or a model.
    Synthetic,
    /// Something else.
    Other,
}

impl SourceKind {
    /// As the recipe writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Public => "public data set",
            Self::Licensed => "commercially licensed",
            Self::ThirdParty => "private, from third parties",
            Self::Crawled => "crawled",
            Self::User => "user data",
            Self::Synthetic => "synthetic",
            Self::Other => "other",
        }
    }
}
