//! What is signed: the sum of every file of a folder, as an in-toto statement.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Flaw, printable};
use crate::error::{Error, Result};

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

const PREDICATE_TYPE: &str = "https://model_signing/signature/v1.0";

/// Files that a complaint names of each kind.
const NAMED_MAX: usize = 5;

/// A sha256.
type Sum = [u8; 32];

/// The files of a folder, each with its sum; names have `/` between their parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    files: BTreeMap<Vec<String>, Sum>,
}

impl Manifest {
    /// Reads every file below `folder` but those at or below what is `ignored`.
    ///
    /// # Errors
    /// When a file cannot be read, and [`Error::Changed`] when something is neither file nor folder.
    pub fn of_folder(folder: &Path, ignored: &[String]) -> Result<Self> {
        let mut files = BTreeMap::new();
        let mut left: Vec<Vec<String>> = vec![Vec::new()];
        let ignored: Vec<Vec<&str>> = ignored.iter().map(|name| parts(name)).collect();
        while let Some(at) = left.pop() {
            let path = folder.join(at.join("/"));
            for entry in std::fs::read_dir(&path).map_err(Error::file(&path))? {
                let entry = entry.map_err(Error::file(&path))?;
                let flawed = |reason: &str| Error::Changed {
                    path: folder.to_owned(),
                    reason: format!("`{}` {reason}", entry.path().display()),
                };
                let name = entry.file_name().into_string();
                let name = name.map_err(|_| flawed("has a name that is no text"))?;
                let mut at = at.clone();
                at.push(name);
                if ignored.iter().any(|ignored| at.starts_with_all(ignored)) {
                    continue;
                }
                let kind = entry.file_type().map_err(Error::file(entry.path()))?;
                if kind.is_dir() {
                    left.push(at);
                } else if kind.is_file() {
                    let sum = sum_of(&entry.path())?;
                    files.insert(at, sum);
                } else if kind.is_symlink() {
                    return Err(flawed("is a link, and a release holds files alone"));
                } else {
                    return Err(flawed("is neither a file nor a folder"));
                }
            }
        }
        Ok(Self { files })
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Names with their sums in hexadecimal, in order.
    pub fn sums(&self) -> impl Iterator<Item = (String, String)> {
        let files = self.files.iter();
        files.map(|(name, sum)| (name.join("/"), hexadecimal(sum)))
    }

    /// What of `found` is not as it is here, in a sentence; nothing when all is.
    pub(super) fn differences(&self, found: &Self) -> Option<String> {
        let missing = self
            .files
            .keys()
            .filter(|name| !found.files.contains_key(*name));
        let added = found
            .files
            .keys()
            .filter(|name| !self.files.contains_key(*name));
        let changed = self
            .files
            .iter()
            .filter(|(name, sum)| found.files.get(*name).is_some_and(|found| found != *sum));
        let kinds = [
            (named(changed.map(|(name, _)| name)), "changed"),
            (named(missing), "missing"),
            (named(added), "not signed"),
        ];
        let said: Vec<String> = kinds
            .into_iter()
            .filter_map(|(names, kind)| Some(format!("{kind}: {}", names?)))
            .collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// The sum of all sums, in their order.
    fn root(&self) -> String {
        let mut hash = Sha256::new();
        self.files.values().for_each(|sum| hash.update(sum));
        hexadecimal(&hash.finalize())
    }
}

/// Whether a path is at or below another.
trait Below {
    fn starts_with_all(&self, folder: &[&str]) -> bool;
}

impl Below for Vec<String> {
    fn starts_with_all(&self, folder: &[&str]) -> bool {
        self.len() >= folder.len() && self.iter().zip(folder).all(|(part, other)| part == other)
    }
}

/// The parts of a name, without those that say nothing.
fn parts(name: &str) -> Vec<&str> {
    let parts = name.split('/');
    parts
        .filter(|part| !part.is_empty() && *part != ".")
        .collect()
}

fn named<'a>(names: impl Iterator<Item = &'a Vec<String>>) -> Option<String> {
    let names: Vec<String> = names
        .map(|name| format!("`{}`", printable(&name.join("/"))))
        .collect();
    let more = names.len().saturating_sub(NAMED_MAX);
    let first = names[..names.len() - more].join(", ");
    match (names.is_empty(), more) {
        (true, _) => None,
        (_, 0) => Some(first),
        (_, more) => Some(format!("{first} and {more} more")),
    }
}

fn sum_of(path: &Path) -> Result<Sum> {
    let mut hash = Sha256::new();
    let read = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hash));
    read.map_err(Error::file(path))?;
    Ok(hash.finalize().into())
}

/// Bytes as people write them.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the signature is put to.
#[derive(Debug)]
pub(super) struct Statement {
    name: String,
    pub manifest: Manifest,
    /// Names of files and folders that nothing is said of.
    pub ignored: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
struct Subject {
    name: String,
    digest: Digest,
}

#[derive(Serialize, Deserialize)]
struct Digest {
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct Predicate {
    serialization: Serialization,
    resources: Vec<Resource>,
}

#[derive(Serialize, Deserialize)]
struct Serialization {
    method: String,
    hash_type: String,
    allow_symlinks: bool,
    #[serde(default)]
    ignore_paths: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Resource {
    name: String,
    algorithm: String,
    digest: String,
}

impl Statement {
    pub fn of(name: &str, manifest: &Manifest, ignored: &[String]) -> Self {
        Self {
            name: name.to_owned(),
            manifest: manifest.clone(),
            ignored: ignored.to_vec(),
        }
    }

    /// As it is signed.
    pub fn json(&self) -> String {
        let wire = Wire {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![Subject {
                name: self.name.clone(),
                digest: Digest {
                    sha256: self.manifest.root(),
                },
            }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Predicate {
                serialization: Serialization {
                    method: "files".to_owned(),
                    hash_type: "sha256".to_owned(),
                    allow_symlinks: false,
                    ignore_paths: self.ignored.clone(),
                },
                resources: self
                    .manifest
                    .sums()
                    .map(|(name, digest)| Resource {
                        name,
                        algorithm: "sha256".to_owned(),
                        digest,
                    })
                    .collect(),
            },
        };
        serde_json::to_string(&wire).expect("a statement is plain")
    }

    /// What was signed. The key that signed is known: what is flawed here, its owner wrote.
    pub fn read(payload: &[u8]) -> std::result::Result<Self, Flaw> {
        let wire: Wire = serde_json::from_slice(payload)
            .map_err(|error| Flaw::new(format!("it signs no statement of files: {error}")))?;
        if wire.kind != STATEMENT_TYPE || wire.predicate_type != PREDICATE_TYPE {
            return Err(Flaw::new(
                "it signs something else than OpenSSF Model Signing v1.0 does",
            ));
        }
        let Predicate {
            serialization,
            resources,
        } = wire.predicate;
        let is_known = serialization.method == "files" && serialization.hash_type == "sha256";
        if !is_known || resources.iter().any(|file| file.algorithm != "sha256") {
            return Err(
                Flaw::new("it has other sums than the sha256 of whole files")
                    .hint("`model_signing verify key` checks these"),
            );
        }
        let ignored = serialization.ignore_paths;
        if ignored.iter().any(|name| parts(name).is_empty()) {
            return Err(Flaw::new("it leaves out the whole folder"));
        }
        let mut files = BTreeMap::new();
        let mut hash = Sha256::new();
        for Resource { name, digest, .. } in resources {
            let sum = sum_in(&digest);
            let sum = sum.ok_or_else(|| Flaw::new("a sum in it is no sha256"))?;
            hash.update(sum);
            let at = parts(&name).into_iter().map(str::to_owned).collect();
            if files.insert(at, sum).is_some() {
                return Err(Flaw::new("it names a file twice"));
            }
        }
        let [subject] = &wire.subject[..] else {
            return Err(Flaw::new("it signs several models at once"));
        };
        if subject.digest.sha256 != hexadecimal(&hash.finalize()) {
            return Err(Flaw::new("the sum of its sums is another"));
        }
        Ok(Self {
            name: subject.name.clone(),
            manifest: Manifest { files },
            ignored,
        })
    }
}

/// A sum in hexadecimal.
fn sum_in(text: &str) -> Option<Sum> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut sum = [0; 32];
    for (byte, pair) in sum.iter_mut().zip(digits.as_chunks::<2>().0) {
        let digit = |c: u8| char::from(c).to_digit(16);
        *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
    }
    Some(sum)
}
