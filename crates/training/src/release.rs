//! What a good open release holds, written from what a run really left: weights in the formats that others load,
//! cards, the account of the data, the journal, the recipe, a bill of materials, and a signature over all of it.
//!
//! Nothing here is made up: what neither the run nor the recipe's `[release]` says is said to be unknown.

mod about;
mod bom;
mod card;
mod data_card;
mod facts;
mod kind;
mod page;
mod regulation;
mod reproduce;
mod weights;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tensor::Pool;
use tensor::files::{Dtype, Mix};

use crate::error::{Error, Result, write_whole};
use crate::recipe::Recipe;
use crate::signing::{self, Manifest, PrivateKey};
use facts::Facts;

pub use about::{About, SourceKind};

/// Sums of all files but itself and the signature.
const SUMS: &str = "SHA256SUMS";

/// What a release is made with.
#[derive(Clone, Debug)]
pub struct ReleaseOptions {
    /// Threads.
    pub pool: Arc<Pool>,
    /// Where it shall lie; `release` in the folder of the run when none.
    pub out: Option<PathBuf>,
    /// What the weights are written as: F32, F16 or BF16.
    pub dtype: Dtype,
    /// Files of GGUF that are written too.
    pub gguf: Vec<Mix>,
    /// Whether the networks before each stage are released as well.
    pub has_checkpoints: bool,
    /// What was measured of the model: a JSON file.
    pub results: Option<PathBuf>,
    /// The private key that signs.
    pub key: Option<PathBuf>,
    /// The time, as RFC 3339 has it, in UTC.
    pub now: String,
    /// The version of the program.
    pub version: String,
    /// Ends it; nothing is left behind then.
    pub stop: Arc<AtomicBool>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// Where it lies.
    pub path: PathBuf,
    /// Files in it.
    pub files: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// The key that signed it: the sum of its public half.
    pub key: Option<String>,
    /// What its reader will miss.
    pub notes: Vec<String>,
}

/// Writes the release of a run that is done, whole or not at all. `from` is the recipe, or the folder of the run.
///
/// # Errors
/// [`Error::Release`] when the run is not there, not done, or not what the recipe says; [`Error::Exists`] when
/// there is a release already.
pub fn release(
    from: &Path,
    options: &ReleaseOptions,
    tell: &mut dyn FnMut(&str),
) -> Result<Released> {
    let key = options.key.as_deref().map(PrivateKey::read).transpose()?;
    let recipe = recipe_of(from)?;
    let mut facts = Facts::gather(&recipe, options)?;
    let out = options.out.clone();
    let out = out.unwrap_or_else(|| facts.recipe.out().join("release"));
    if out.symlink_metadata().is_ok() {
        return Err(Error::Exists {
            path: out,
            hint: "`--out` names another folder; a release is never overwritten",
        });
    }
    let part = out.with_added_extension("part");
    let name = std::path::absolute(&out).map_err(Error::file(&out))?;
    let name = name.file_name().unwrap_or_default().to_string_lossy();
    let made = fill((&part, &name), &mut facts, options, key.as_ref(), tell);
    let made = made.and_then(|()| std::fs::rename(&part, &out).map_err(Error::file(&out)));
    if let Err(error) = made {
        // What is left of it serves nobody.
        let _ = std::fs::remove_dir_all(&part);
        return Err(error);
    }
    let (files, bytes) = size_of(&out)?;
    Ok(Released {
        path: out,
        files,
        bytes,
        key: key.map(|key| key.public().fingerprint()),
        notes: facts.notes,
    })
}

/// Writes the folder that is to have that name.
fn fill(
    (folder, name): (&Path, &str),
    facts: &mut Facts,
    options: &ReleaseOptions,
    key: Option<&PrivateKey>,
    tell: &mut dyn FnMut(&str),
) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(Error::file(folder))?;
    }
    std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
    weights::write(folder, facts, options, tell)?;
    if options.stop.load(Ordering::Relaxed) {
        return Err(Error::Stopped { step: 0 });
    }
    tell("the records of the training");
    facts.copy_records(folder)?;
    // Whatever stands in the cards was written before: they name the sums.
    facts.parts = weights::parts(folder)?;
    tell("cards and forms");
    let pages = [
        ("README.md", card::text(facts, key.is_some())),
        ("DATA.md", data_card::text(facts)),
        ("TRAINING-DATA-SUMMARY.md", regulation::data_summary(facts)),
        ("MODEL-DOCUMENTATION.md", regulation::documentation(facts)),
        ("bom.cdx.json", bom::text(facts)),
        ("reproduce.sh", reproduce::script(facts)),
        ("training/data.sha256", reproduce::sums(facts)),
    ];
    for (name, text) in pages {
        write_whole(&folder.join(name), text.as_bytes())?;
    }
    let sums = Manifest::of_folder(folder, &[])?;
    let lines: Vec<String> = sums
        .sums()
        .map(|(name, sum)| format!("{sum}  {name}\n"))
        .collect();
    write_whole(&folder.join(SUMS), lines.concat().as_bytes())?;
    match key {
        // The name of the folder stands in the signature, and the key is not among the sums: who signs anew brings
        // another.
        Some(key) => signing::sign_as(name, folder, key).map(drop),
        None => Ok(()),
    }
}

/// The recipe of what a user names: itself, the folder that it lies in, or the folder of its run.
fn recipe_of(from: &Path) -> Result<PathBuf> {
    let flawed = |reason: &str| Error::Release {
        path: from.to_owned(),
        reason: reason.to_owned(),
        hint:
            "name the recipe that `freehold train` was given, or the folder `runs/NAME` beside it"
                .to_owned(),
    };
    if from.is_file() {
        return Ok(from.to_owned());
    }
    let run = from
        .canonicalize()
        .map_err(|_| flawed("there is no such recipe or run"))?;
    let beside = from.join("recipe.toml");
    if beside.is_file() && !run.join("data/data.json").is_file() {
        return Ok(beside);
    }
    let folder = run.parent().and_then(Path::parent);
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    let mut recipes: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .filter(|path| {
            let out = Recipe::open(path).ok().map(|recipe| recipe.out());
            out.is_some_and(|out| out.canonicalize().is_ok_and(|out| out == run))
        })
        .collect();
    recipes.sort();
    recipes
        .into_iter()
        .next()
        .ok_or_else(|| flawed("no recipe was found that makes this run"))
}

/// Files and bytes below a folder.
fn size_of(folder: &Path) -> Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        let about = entry.metadata().map_err(Error::file(entry.path()))?;
        if about.is_dir() {
            let (inner, more) = size_of(&entry.path())?;
            (files, bytes) = (files + inner, bytes + more);
        } else {
            (files, bytes) = (files + 1, bytes + about.len());
        }
    }
    Ok((files, bytes))
}
