//! What a hub says of a model.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::client::Client;
use super::{HubName, Remote, odd_reply};
use crate::error::Result;
use crate::licence::Licence;

/// The longest page that is read, in bytes; that of a repository with ten thousand files.
const BYTES_MAX: u64 = 16 << 20;

/// A model's page.
pub struct Page {
    /// The commit that the revision means now.
    pub commit: String,
    pub files: Vec<Remote>,
    pub licence: Licence,
}

#[derive(Deserialize)]
struct Stated {
    sha: String,
    #[serde(default)]
    siblings: Vec<Sibling>,
    #[serde(default, rename = "cardData")]
    card: Option<Card>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
    size: u64,
}

#[derive(Default, Deserialize)]
struct Card {
    /// One, or a list of them.
    #[serde(default)]
    license: serde_json::Value,
    #[serde(default)]
    license_name: Option<String>,
    #[serde(default)]
    license_link: Option<String>,
}

impl Page {
    /// Asks for the page of `name`.
    pub fn ask(client: &Client, name: &HubName) -> Result<Self> {
        let url = client.page_url(name);
        let text = client.text(&url, BYTES_MAX)?;
        let what = format!("`{name}`");
        let stated: Stated =
            serde_json::from_str(&text).map_err(|error| odd_reply(&what, error))?;
        let is_commit =
            |text: &str| text.len() >= 7 && text.chars().all(|c| c.is_ascii_alphanumeric());
        if !is_commit(&stated.sha) {
            return Err(odd_reply(&what, "it names no commit"));
        }
        let mut files = Vec::new();
        for sibling in stated.siblings {
            let Some(path) = inside(&sibling.rfilename) else {
                let why = format!("a file is called `{}`", sibling.rfilename.escape_debug());
                return Err(odd_reply(&what, why));
            };
            let (bytes, sha256) = match (sibling.lfs, sibling.size) {
                (Some(lfs), _) => (lfs.size, Some(lfs.sha256.to_ascii_lowercase())),
                (None, Some(bytes)) => (bytes, None),
                (None, None) => return Err(odd_reply(&what, "it does not say how long files are")),
            };
            files.push(Remote {
                path,
                bytes,
                sha256,
            });
        }
        let card = stated.card.unwrap_or_default();
        let id = match &card.license {
            serde_json::Value::Array(list) => list.first().and_then(serde_json::Value::as_str),
            one => one.as_str(),
        };
        let id = match (id, card.license_name) {
            (None | Some("other"), Some(name)) => Some(name),
            (id, _) => id.map(str::to_owned),
        };
        Ok(Self {
            commit: stated.sha,
            files,
            licence: Licence::stated(id, card.license_link, "the hub"),
        })
    }
}

/// The path that a hub calls `name`, if it leads nowhere else and hides nothing.
fn inside(name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let is_clean = !name.is_empty() && name.len() <= 512 && !name.contains(['\\', '\0', '\n']);
    (is_plain && is_clean).then(|| path.to_owned())
}
