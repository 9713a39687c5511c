//! Models of a hub: what one holds, under which licence, and how it comes here.
//!
//! Nothing is asked of the network but what the owner named: one page about the model, its licence, and
//! then, once that was agreed to, its files. Every file is of one commit, and those that hold weights are
//! compared with the sum that the hub states.

mod choose;
mod client;
mod download;
mod name;
mod page;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::licence::{self, Licence};
use client::Client;
pub use name::HubName;
use page::Page;

/// Bytes of a licence's text that are read before it is agreed to.
const LICENCE_BYTES_MAX: u64 = 64 << 10;

/// Which hub, and by which way.
#[derive(Clone, Debug)]
pub struct HubOptions {
    /// Its address; that of Hugging Face by default.
    pub endpoint: String,
    /// What proves who asks, for models that are not open to everybody. It is told to the endpoint alone,
    /// and never without encryption to another machine.
    pub token: Option<String>,
    /// A proxy, such as `http://proxy.example:3128`.
    pub proxy: Option<String>,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            endpoint: "https://huggingface.co".to_owned(),
            token: None,
            proxy: None,
        }
    }
}

/// A hub.
pub struct Hub {
    client: Client,
}

/// A model that a hub offers.
#[derive(Debug)]
pub struct Offer {
    /// As it was asked for.
    pub name: HubName,
    /// The commit whose files these are.
    pub commit: String,
    /// Under which licence.
    pub licence: Licence,
    /// What would be fetched.
    files: Vec<Remote>,
    /// The file that is opened, where it is not the folder.
    entry: Option<PathBuf>,
}

/// A file of a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    path: PathBuf,
    bytes: u64,
    /// Known for large files.
    sha256: Option<String>,
}

/// A model that has come.
#[derive(Debug)]
pub struct Fetched {
    /// The folder that holds its files until they are added.
    pub(crate) folder: PathBuf,
    /// The file that is opened, below the folder.
    pub(crate) entry: Option<PathBuf>,
    /// As it is kept as the model's source.
    pub(crate) source: String,
    pub(crate) licence: Licence,
    /// What was computed as files came.
    pub(crate) sums: HashMap<PathBuf, String>,
    /// Held so that nobody else writes there.
    _lock: std::fs::File,
}

impl Hub {
    /// A hub; nothing is asked of it yet.
    ///
    /// # Errors
    /// When its address or the proxy's is none.
    pub fn new(options: &HubOptions) -> Result<Self> {
        Ok(Self {
            client: Client::new(options)?,
        })
    }

    /// Asks what the model called `name` holds, and chooses the files that would come.
    ///
    /// # Errors
    /// When the hub cannot be reached, has no such model or keeps it from strangers, and when it has nothing
    /// that can be run, or several things of which none was named.
    pub fn look(&self, name: &HubName) -> Result<Offer> {
        let page = Page::ask(&self.client, name)?;
        let chosen = choose::choose(name, &page.files)?;
        let mut licence = page.licence;
        let paper = page.files.iter().find(|file| {
            let is_short = file.bytes <= LICENCE_BYTES_MAX;
            is_short && file.path.to_str().is_some_and(licence::is_licence_file)
        });
        if let Some(paper) = paper {
            let url = self.client.file_url(name, &page.commit, &paper.path);
            let text = self.client.text(&url, LICENCE_BYTES_MAX)?;
            licence.add_text(&paper.path.display().to_string(), &text);
        }
        Ok(Offer {
            name: name.clone(),
            commit: page.commit,
            licence,
            files: chosen.files,
            entry: chosen.entry,
        })
    }
}

impl Offer {
    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Bytes of its weights, about what it takes in memory beside the cache.
    pub fn weight_bytes(&self) -> u64 {
        let weights = self.files.iter().filter(|file| choose::is_weights(file));
        weights.map(|file| file.bytes).sum()
    }

    /// How many files there are.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// What the model may be called: as its repository is, with the format where one was chosen.
    pub fn usual_name(&self) -> String {
        let name = self.name.model();
        let bare = ["-GGUF", "-gguf"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        match &self.name.quant {
            Some(quant) if !quant.contains('.') => {
                format!("{}-{quant}", bare.unwrap_or(name))
            }
            _ => bare.unwrap_or(name).to_owned(),
        }
    }

    /// Where its files come to lie until all are there.
    fn staging(&self, downloads: &Path) -> PathBuf {
        let commit: String = self.commit.chars().take(12).collect();
        downloads.join(format!("{}@{commit}", self.name.folder_name()))
    }
}

impl Fetched {
    /// Takes away what was only a place to gather.
    pub fn clear(self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        // The place for downloads goes with the last of them.
        let _ = self.folder.parent().map(std::fs::remove_dir);
    }
}

/// A hub that cannot be talked to as it should.
fn odd_reply(what: &str, why: impl std::fmt::Display) -> Error {
    Error::failed(
        "hub_failed",
        format!("the hub's reply about {what} cannot be used: {why}"),
    )
    .hint("is the endpoint a model hub? `--endpoint` or the variable HF_ENDPOINT names it")
}
