//! Which files a path stands for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Error;
use crate::files::flaw::{printable, said};

/// The longest index of shards that is read, in bytes.
const INDEX_BYTES_MAX: u64 = 64 << 20;

/// The most files that a model may be split into.
const PARTS_MAX: u32 = 10_000;

const INDEX: &str = ".safetensors.index.json";

const WHAT_TO_POINT_AT: &str =
    "point at a folder with `model.safetensors`, or at a `.safetensors` or `.gguf` file";

/// The files of a model.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) folder: PathBuf,
    pub(super) files: Vec<PathBuf>,
    pub(super) is_gguf: bool,
    /// Which of `files` holds each tensor, where an index says so.
    pub(super) index: Option<HashMap<String, usize>>,
}

/// The files that `path` stands for.
pub(super) fn find(path: &Path) -> Result<Found, Error> {
    let about = fs::metadata(path).map_err(Error::io("open", path))?;
    if about.is_dir() {
        return in_folder(path);
    }
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let name = name_of(path);
    if name.ends_with(INDEX) {
        return of_index(folder, path);
    }
    if let Some(split) = Split::of(&name) {
        return split.found(folder);
    }
    // Files are told apart by their first bytes as well, so any other name may be safetensors.
    Ok(Found {
        folder: folder.to_owned(),
        files: vec![path.to_owned()],
        is_gguf: name.ends_with(".gguf") || begins_with(path, super::super::gguf::MAGIC)?,
        index: None,
    })
}

/// The model in a folder: the file or index with the usual name, or the only one there is.
fn in_folder(folder: &Path) -> Result<Found, Error> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        names.insert(entry.file_name().to_string_lossy().into_owned());
    }
    let one = |name: &str, is_gguf| Found {
        folder: folder.to_owned(),
        files: vec![folder.join(name)],
        is_gguf,
        index: None,
    };
    if names.contains("model.safetensors") {
        return Ok(one("model.safetensors", false));
    }
    let indices: Vec<&String> = names.iter().filter(|name| name.ends_with(INDEX)).collect();
    let usual = "model.safetensors.index.json".to_owned();
    if indices.contains(&&usual) {
        return of_index(folder, &folder.join(usual));
    }
    if let [index] = indices[..] {
        return of_index(folder, &folder.join(index));
    }
    let models: Vec<&String> = names.iter().filter(|name| is_model(name)).collect();
    match models[..] {
        [] => Err(not_a_model(folder, &names)),
        [name] => match Split::of(name) {
            Some(split) => split.found(folder),
            None => Ok(one(name, name.ends_with(".gguf"))),
        },
        _ => Err(Error::NotAModel {
            path: folder.to_owned(),
            reason: format!("holds several models: {}", listed(&models)),
            hint: "point at one of the files".to_owned(),
        }),
    }
}

/// Whether `name` stands for a model: a single file, or the first of several. Projectors of images
/// lie beside the model that they belong to.
fn is_model(name: &str) -> bool {
    let is_weights = name.ends_with(".gguf") || name.ends_with(".safetensors");
    is_weights
        && !name.starts_with("mmproj")
        && Split::of(name).is_none_or(|split| split.number == 1)
}

/// Why a folder with files called `names` is no model.
fn not_a_model(folder: &Path, names: &BTreeSet<String>) -> Error {
    let is_torch = |name: &&String| {
        [".bin", ".pt", ".pth", ".ckpt"]
            .iter()
            .any(|ending| name.ends_with(ending))
    };
    let shard = names.iter().find_map(|name| Split::of(name));
    let (reason, hint) = if let Some(torch) = names.iter().find(is_torch) {
        (
            format!(
                "holds only PyTorch files such as `{torch}`, which can run code when they are read"
            ),
            "convert them to safetensors, or take a revision that has them",
        )
    } else if let Some(shard) = shard {
        return shard.missing(folder, 1);
    } else if names.is_empty() {
        ("is an empty folder".to_owned(), WHAT_TO_POINT_AT)
    } else {
        ("holds no model".to_owned(), WHAT_TO_POINT_AT)
    };
    Error::NotAModel {
        path: folder.to_owned(),
        reason,
        hint: hint.to_owned(),
    }
}

/// The shards that the index at `path` names.
fn of_index(folder: &Path, path: &Path) -> Result<Found, Error> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let damaged = |reason: String| Error::Damaged {
        path: path.to_owned(),
        reason,
    };
    let about = fs::metadata(path).map_err(Error::io("open", path))?;
    if !about.is_file() || about.len() > INDEX_BYTES_MAX {
        return Err(damaged(format!(
            "an index is a file of at most {INDEX_BYTES_MAX} bytes"
        )));
    }
    let text = fs::read(path).map_err(Error::io("read", path))?;
    super::super::identify::refuse_strangers(path, &text)?;
    let index: Index = serde_json::from_slice(&text)
        .map_err(|error| damaged(format!("it cannot be read: {}", said(&error))))?;
    let mut shards: Vec<&str> = index.weight_map.values().map(String::as_str).collect();
    shards.sort_unstable();
    shards.dedup();
    if shards.is_empty() {
        return Err(damaged("it names no shards".to_owned()));
    }
    for shard in &shards {
        // An index has no business outside its folder.
        if Path::new(shard).file_name() != Some(shard.as_ref()) {
            return Err(damaged(format!(
                "it names `{}`, which is not a file beside it",
                printable(shard)
            )));
        }
        if !folder.join(shard).exists() {
            return Err(missing(folder, shard));
        }
    }
    let homes = index.weight_map.iter().map(|(name, shard)| {
        let home = shards.binary_search(&shard.as_str());
        (name.clone(), home.expect("every shard is in the list"))
    });
    Ok(Found {
        folder: folder.to_owned(),
        files: shards.iter().map(|shard| folder.join(shard)).collect(),
        is_gguf: false,
        index: Some(homes.collect()),
    })
}

/// The name of one part of several: `base-00002-of-00005.gguf`.
#[derive(Debug, PartialEq)]
struct Split {
    base: String,
    number: u32,
    count: u32,
    ending: &'static str,
}

impl Split {
    fn of(name: &str) -> Option<Self> {
        let ending = [".gguf", ".safetensors"]
            .into_iter()
            .find(|ending| name.ends_with(ending))?;
        let (rest, count) = name.strip_suffix(ending)?.rsplit_once("-of-")?;
        let (base, number) = rest.rsplit_once('-')?;
        let number_of = |digits: &str| {
            let is_number = digits.len() == 5 && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().ok())?
        };
        let (number, count) = (number_of(number)?, number_of(count)?);
        ((1..=count).contains(&number) && count <= PARTS_MAX).then(|| Self {
            base: base.to_owned(),
            number,
            count,
            ending,
        })
    }

    /// All parts, in order.
    fn found(&self, folder: &Path) -> Result<Found, Error> {
        let mut files = Vec::new();
        for number in 1..=self.count {
            let file = folder.join(self.name(number));
            if !file.exists() {
                return Err(self.missing(folder, number));
            }
            files.push(file);
        }
        Ok(Found {
            folder: folder.to_owned(),
            files,
            is_gguf: self.ending == ".gguf",
            index: None,
        })
    }

    fn name(&self, number: u32) -> String {
        let Self {
            base,
            count,
            ending,
            ..
        } = self;
        format!("{base}-{number:05}-of-{count:05}{ending}")
    }

    fn missing(&self, folder: &Path, number: u32) -> Error {
        missing(folder, &self.name(number))
    }
}

fn missing(folder: &Path, shard: &str) -> Error {
    Error::Incomplete {
        path: folder.to_owned(),
        reason: format!("its part `{shard}` is not there"),
        hint: "fetch that file too".to_owned(),
    }
}

fn begins_with(path: &Path, magic: &[u8]) -> Result<bool, Error> {
    use std::io::Read as _;
    if !fs::metadata(path)
        .map_err(Error::io("open", path))?
        .is_file()
    {
        return Ok(false);
    }
    let mut start = Vec::new();
    let file = fs::File::open(path).map_err(Error::io("open", path))?;
    file.take(magic.len() as u64)
        .read_to_end(&mut start)
        .map_err(Error::io("read", path))?;
    Ok(start == magic)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The first of `names`, with a word about the rest.
fn listed(names: &[&String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(4)
        .map(|name| format!("`{name}`"))
        .collect();
    let rest = names.len().saturating_sub(4);
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    shown.join(", ") + &more
}
