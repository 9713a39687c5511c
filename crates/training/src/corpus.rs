//! Text as it is read, and what of it is kept.

mod near;
mod read;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::recipe::{Clean, Duplicates, Recipe, Source};
use near::Near;

pub use read::Text;
pub(crate) use read::files;

/// What became of one source, for the data card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// What stages call it.
    pub name: String,
    /// Its licence by its SPDX name.
    pub licence: String,
    /// Where it comes from.
    pub origin: Option<String>,
    /// Its files with their sha256.
    pub files: BTreeMap<String, String>,
    /// Texts that were read.
    pub read: u64,
    /// Texts that were kept.
    pub kept: u64,
    /// Why others were not, with how many.
    pub dropped: BTreeMap<String, u64>,
    /// Bytes of what was kept.
    pub bytes: u64,
    /// Tokens of what was kept.
    #[serde(default)]
    pub tokens: u64,
}

/// Reads sources one after the other; duplicates are found across all of them.
pub struct Corpus<'a> {
    recipe: &'a Recipe,
    seen: HashSet<[u8; 16]>,
    near: Near,
}

impl<'a> Corpus<'a> {
    /// Reads what `recipe` names.
    pub fn new(recipe: &'a Recipe) -> Self {
        Self {
            recipe,
            seen: HashSet::new(),
            near: Near::default(),
        }
    }

    /// Hands each text of a source that is kept to `take`.
    ///
    /// # Errors
    /// When a file cannot be read, or a line of it is not what the recipe says: with its number.
    pub fn read(
        &mut self,
        source: &Source,
        take: &mut dyn FnMut(Text) -> Result<()>,
    ) -> Result<Account> {
        let mut account = Account {
            name: source.name.clone(),
            licence: source.licence.clone(),
            origin: source.origin.clone(),
            ..Account::default()
        };
        let root = self.recipe.path(&source.path);
        for path in read::files(&root)? {
            let mut hash = Sha256::new();
            let clean = &self.recipe.clean;
            let (seen, near) = (&mut self.seen, &mut self.near);
            read::each(&path, source, &mut hash, &mut |text| {
                account.read += 1;
                let Some(text) = text.cleaned() else {
                    *account.dropped.entry("empty".to_owned()).or_default() += 1;
                    return Ok(());
                };
                // What is held out is what it is.
                let flaw = match source.held_out {
                    true => None,
                    false => flaw(&text, clean, seen, near),
                };
                if let Some(flaw) = flaw {
                    *account.dropped.entry(flaw.to_owned()).or_default() += 1;
                    return Ok(());
                }
                account.kept += 1;
                account.bytes += text.words().len() as u64;
                take(text)
            })?;
            let name = path.strip_prefix(&root).unwrap_or(&path);
            let name = match name.as_os_str().is_empty() {
                true => PathBuf::from(path.file_name().unwrap_or_default()),
                false => name.to_owned(),
            };
            let sum: String = hash
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            account.files.insert(name.display().to_string(), sum);
        }
        if account.kept == 0 {
            return Err(Error::Data {
                path: root,
                reason: format!(
                    "nothing of `{}` is kept, of {} texts",
                    source.name, account.read
                ),
                hint: "`[clean]` may ask for too much, or `format` may be another",
            });
        }
        Ok(account)
    }
}

/// Why a text is not kept.
fn flaw(
    text: &Text,
    clean: &Clean,
    seen: &mut HashSet<[u8; 16]>,
    near: &mut Near,
) -> Option<&'static str> {
    if matches!(text, Text::Pair { chosen, rejected, .. } if chosen == rejected) {
        return Some("no preference");
    }
    let words = text.words();
    if words.chars().count() < clean.characters_min {
        return Some("too short");
    }
    if !clean.languages.is_empty() {
        let code = whichlang::detect_language(&words).three_letter_code();
        if !clean.languages.iter().any(|wanted| wanted == code) {
            return Some("another language");
        }
    }
    if clean.duplicates == Duplicates::Keep {
        return None;
    }
    let plain = words
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let sum = Sha256::digest(&plain);
    let mut key = [0; 16];
    key.copy_from_slice(&sum[..16]);
    if !seen.insert(key) {
        return Some("seen before");
    }
    if clean.duplicates == Duplicates::Near && near.is_known(&plain) {
        return Some("nearly seen before");
    }
    None
}
