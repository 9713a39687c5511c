//! Takes a model over: finds its files, clones or copies them, keeps their sums, or leaves nothing behind.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use models::Outline;
use tensor::files::Checkpoint;

use crate::collection::{Library, is_name, unreadable};
use crate::error::{Error, Result};
use crate::hub::Fetched;
use crate::licence::Licence;
use crate::manifest::{Kept, Manifest};
use crate::quantity;
use crate::sha256::sha256_of;

const PIECE_BYTES: usize = 1 << 20;

/// Small files beside weights that are larger than this are not taken over.
const SMALL_BYTES_MAX: u64 = 256 << 20;

/// What would be added.
#[derive(Debug)]
pub struct Plan {
    /// Where it comes from, as it is kept.
    pub source: String,
    /// The folder in which the files lie.
    folder: PathBuf,
    /// The file that is opened, below the folder; the folder itself when none.
    entry: Option<PathBuf>,
    files: Vec<Found>,
    /// Under which licence.
    pub licence: Licence,
    /// How large it is and of which kind.
    pub outline: Outline,
    /// Sums that are known already.
    sums: HashMap<PathBuf, String>,
}

/// A file that belongs to the model.
#[derive(Debug)]
struct Found {
    /// Below the folder.
    path: PathBuf,
    bytes: u64,
    is_weights: bool,
}

/// What was added.
#[derive(Debug)]
pub struct Added {
    /// What it is called.
    pub name: String,
    /// What was kept.
    pub manifest: Manifest,
    /// Bytes that were copied, rather than cloned or linked.
    pub copied_bytes: u64,
}

impl Plan {
    /// Looks at the folder or file at `path`, and checks that it is a whole model.
    pub fn of(path: &Path) -> Result<Self> {
        let path = path.canonicalize().map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::refused(
                "no_such_model",
                format!("there is nothing at `{}`", path.display()),
            )
            .hint("give a folder with safetensors, or a `.safetensors` or `.gguf` file"),
            _ => unreadable(path, &error),
        })?;
        let checkpoint = Checkpoint::open(&path)?;
        let outline = Outline::of_checkpoint(&checkpoint)?;
        let folder = checkpoint.folder().to_owned();
        let is_gguf = checkpoint.metadata().is_some();
        let mut files = Vec::new();
        for file in checkpoint.files() {
            files.push(Found::below(&folder, file, true)?);
        }
        let entry = match (is_gguf, files.first()) {
            (true, Some(first)) => Some(first.path.clone()),
            _ => None,
        };
        // A GGUF file is whole; what lies beside it may belong to others.
        if !is_gguf || path.is_dir() {
            files.extend(companions(&folder)?);
        }
        Ok(Self {
            source: path.display().to_string(),
            licence: match is_gguf && !path.is_dir() {
                true => Licence::of(Path::new(""), checkpoint.metadata()),
                false => Licence::of(&folder, checkpoint.metadata()),
            },
            folder,
            entry,
            files,
            outline,
            sums: HashMap::new(),
        })
    }

    /// Looks at what came from a hub, and checks that it is a whole model.
    ///
    /// # Errors
    /// When it is none.
    pub fn of_fetched(fetched: &Fetched) -> Result<Self> {
        let path = match &fetched.entry {
            Some(entry) => fetched.folder.join(entry),
            None => fetched.folder.clone(),
        };
        let mut plan = Self::of(&path)?;
        // A GGUF file's card and licence came along with it.
        let beside = fetched.sums.keys().filter(|path| {
            let is_missing = !plan.files.iter().any(|file| file.path == **path);
            is_missing && path.components().count() == 1
        });
        let mut papers = Vec::new();
        if plan.folder == fetched.folder.canonicalize().unwrap_or_default() {
            for path in beside {
                papers.push(Found::below(&plan.folder, &plan.folder.join(path), false)?);
            }
        }
        plan.files.extend(papers);
        plan.source.clone_from(&fetched.source);
        plan.licence = fetched.licence.clone();
        plan.sums.clone_from(&fetched.sums);
        Ok(plan)
    }

    /// What the model may be called when nobody says: as the folder or file is, without signs that no name has.
    pub fn usual_name(&self) -> String {
        usual_name(&self.source)
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// How many files there are.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Adds it as `name`, or leaves nothing behind. `each` is told of the bytes as they go by; `stop` ends
    /// it.
    pub fn carry_out(
        self,
        library: &Library,
        name: &str,
        how: How,
        stop: &AtomicBool,
        each: &mut dyn FnMut(u64),
    ) -> Result<Added> {
        check_name(name)?;
        let room = library.folder();
        fs::create_dir_all(room).map_err(|error| unwritable(room, &error))?;
        let target = room.join(name);
        if target.exists() && !how.replaces {
            return Err(taken(name));
        }
        let staged = tempfile::Builder::new()
            .prefix(".adding-")
            .tempdir_in(room)
            .map_err(|error| unwritable(room, &error))?;
        let mut work = Work {
            plan: &self,
            to: staged.path(),
            stop,
            each,
            copied_bytes: 0,
        };
        let files = match how.links {
            true => work.sums(&self.folder)?,
            false => work.take_over()?,
        };
        let copied_bytes = work.copied_bytes;
        let manifest = Manifest {
            source: self.source.clone(),
            link: how.links.then(|| self.folder.clone()),
            entry: self.entry.clone(),
            licence: self.licence.clone(),
            files,
        };
        manifest
            .write(staged.path())
            .map_err(|error| unwritable(staged.path(), &error))?;
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        let _ = fs::set_permissions(staged.path(), permissions);
        if target.exists() {
            fs::remove_dir_all(&target).map_err(|error| unwritable(&target, &error))?;
        }
        let staged = staged.keep();
        fs::rename(&staged, &target).map_err(|error| {
            let _ = fs::remove_dir_all(&staged);
            unwritable(&target, &error)
        })?;
        Ok(Added {
            name: name.to_owned(),
            manifest,
            copied_bytes,
        })
    }
}

/// How a model is added.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// Its files stay where they are.
    pub links: bool,
    /// One of the same name gives way.
    pub replaces: bool,
}

/// Refuses what cannot be a name.
pub fn check_name(name: &str) -> Result<()> {
    match is_name(name) {
        true => Ok(()),
        false => Err(
            Error::refused("bad_name", format!("a model cannot be called `{name}`"))
                .hint("letters, digits, `.`, `_` and `-`, beginning with a letter or digit: `--name NAME`"),
        ),
    }
}

/// That there is one of that name already.
pub fn taken(name: &str) -> Error {
    Error::refused("name_taken", format!("there is a model `{name}` already")).hint(format!(
        "choose another with `--name`, replace it with `--force`, or `freehold model remove {name}`"
    ))
}

impl Found {
    fn kept(&self, sha256: String) -> Kept {
        Kept {
            path: self.path.clone(),
            bytes: self.bytes,
            sha256,
        }
    }

    fn below(folder: &Path, file: &Path, is_weights: bool) -> Result<Self> {
        let about = fs::metadata(file).map_err(|error| unreadable(file, &error))?;
        let path = file.strip_prefix(folder).unwrap_or(file);
        let path = match path.is_absolute() {
            true => PathBuf::from(path.file_name().unwrap_or_default()),
            false => path.to_owned(),
        };
        Ok(Self {
            path,
            bytes: about.len(),
            is_weights,
        })
    }
}

/// The files of a folder that belong to its model besides the weights: settings, tokenizer, templates,
/// card and licence; settings of modules one level below.
fn companions(folder: &Path) -> Result<Vec<Found>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let path = entry.path();
        if path.is_dir() {
            let inner = path.join("config.json");
            if inner.is_file() {
                files.push(Found::below(folder, &inner, false)?);
            }
        } else if is_companion(&entry.file_name().to_string_lossy()) {
            let file = Found::below(folder, &path, false)?;
            if file.bytes <= SMALL_BYTES_MAX {
                files.push(file);
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

pub(crate) fn is_companion(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_paper = ["license", "licence", "notice", "readme", "copying"]
        .iter()
        .any(|start| lower.starts_with(start));
    let is_setting = [".json", ".jinja", ".model", ".txt", ".tiktoken"]
        .iter()
        .any(|end| lower.ends_with(end));
    !name.starts_with('.') && name != "freehold.json" && (is_paper || is_setting)
}

/// The files on their way.
struct Work<'a> {
    plan: &'a Plan,
    to: &'a Path,
    stop: &'a AtomicBool,
    each: &'a mut dyn FnMut(u64),
    copied_bytes: u64,
}

impl Work<'_> {
    /// Clones, links or copies every file, with its sum.
    fn take_over(&mut self) -> Result<Vec<Kept>> {
        let mut to_copy = Vec::new();
        for file in &self.plan.files {
            let (from, to) = (self.plan.folder.join(&file.path), self.to.join(&file.path));
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
            }
            let is_shared = is_cloned(&from, &to) || (file.is_weights && is_linked(&from, &to));
            if !is_shared {
                to_copy.push((file, from, to));
            }
        }
        let needed: u64 = to_copy.iter().map(|(file, ..)| file.bytes).sum();
        check_room(self.to, needed)?;
        for (file, from, to) in &to_copy {
            self.copy(from, to, file.bytes)?;
            self.copied_bytes += file.bytes;
        }
        self.sums(self.to)
    }

    fn copy(&mut self, from: &Path, to: &Path, bytes: u64) -> Result<()> {
        let full = |error: io::Error| no_room_or(to, bytes, &error);
        let mut source = File::open(from).map_err(|error| unreadable(from, &error))?;
        let mut target = File::create_new(to).map_err(full)?;
        if bytes > 0 {
            let flags = rustix::fs::FallocateFlags::KEEP_SIZE;
            let reserved = rustix::fs::fallocate(&target, flags, 0, bytes);
            if let Err(full @ (rustix::io::Errno::NOSPC | rustix::io::Errno::DQUOT)) = reserved {
                return Err(no_room_or(to, bytes, &full.into()));
            }
        }
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            self.go_on()?;
            let read = source
                .read(&mut piece)
                .map_err(|error| unreadable(from, &error))?;
            if read == 0 {
                break;
            }
            target.write_all(&piece[..read]).map_err(full)?;
        }
        target.sync_all().map_err(full)?;
        Ok(())
    }

    /// The sums of all files below `folder`.
    fn sums(&mut self, folder: &Path) -> Result<Vec<Kept>> {
        let mut kept = Vec::new();
        for file in &self.plan.files {
            if let Some(sum) = self.plan.sums.get(&file.path) {
                (self.each)(file.bytes);
                kept.push(file.kept(sum.clone()));
                continue;
            }
            let path = folder.join(&file.path);
            let (stop, each) = (self.stop, &mut *self.each);
            let sum = sha256_of(&path, &mut |bytes| {
                each(bytes as u64);
                match stop.load(Ordering::Relaxed) {
                    true => Err(ErrorKind::Interrupted.into()),
                    false => Ok(()),
                }
            });
            self.go_on()?;
            let sha256 = sum.map_err(|error| unreadable(&path, &error))?;
            kept.push(file.kept(sha256));
        }
        Ok(kept)
    }

    fn go_on(&self) -> Result<()> {
        match self.stop.load(Ordering::Relaxed) {
            true => Err(stopped()),
            false => Ok(()),
        }
    }
}

fn usual_name(source: &str) -> String {
    let name = Path::new(source).file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let mut endings = [".gguf", ".safetensors"].into_iter();
    let name = endings
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(&name);
    // Split files are called after the first of them.
    let whole = name.split_once("-00001-of-").map(|(whole, _)| whole);
    let is_sign = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    let name: String = whole.unwrap_or(name).chars().filter(is_sign).collect();
    match name.trim_start_matches(['.', '_', '-']) {
        "" => "model".to_owned(),
        name => name.to_owned(),
    }
}

/// That the owner stopped it.
pub fn stopped() -> Error {
    Error::failed("stopped", "stopped; nothing was added")
}

/// Whether `to` is now a copy of `from` that shares its blocks until one is written.
fn is_cloned(from: &Path, to: &Path) -> bool {
    let clone = || -> io::Result<()> {
        let source = File::open(from)?;
        let target = File::create_new(to)?;
        Ok(rustix::fs::ioctl_ficlone(&target, &source)?)
    };
    let cloned = clone().is_ok();
    if !cloned {
        let _ = fs::remove_file(to);
    }
    cloned
}

/// Whether `to` is now another name of the file `from`, behind links.
fn is_linked(from: &Path, to: &Path) -> bool {
    let from = from.canonicalize();
    from.is_ok_and(|from| fs::hard_link(from, to).is_ok())
}

/// Refuses when the file system below `folder` has not `needed` bytes left.
pub(crate) fn check_room(folder: &Path, needed: u64) -> Result<()> {
    let Ok(about) = rustix::fs::statvfs(folder) else {
        return Ok(());
    };
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    match needed > free {
        true => Err(no_room(folder, needed, Some(free))),
        false => Ok(()),
    }
}

fn no_room(path: &Path, needed: u64, free: Option<u64>) -> Error {
    let free = free.map_or_else(String::new, |free| {
        format!(", and {} are free", quantity::bytes(free))
    });
    // What is hidden is of no interest.
    let is_hidden = |folder: &&Path| folder.to_string_lossy().contains("/.");
    let shown = path.ancestors().find(|folder| !is_hidden(folder));
    let what = format!(
        "there is no room for {} below `{}`{free}",
        quantity::bytes(needed),
        shown.unwrap_or(path).display()
    );
    let link = match path.to_string_lossy().contains("/.downloads") {
        true => "",
        false => " refer to the files where they lie with `--link`,",
    };
    Error::failed("disk_full", what).hint(format!(
        "free some space,{link} or choose another disk with the variable FREEHOLD_DATA; nothing was left behind"
    ))
}

pub(crate) fn no_room_or(path: &Path, needed: u64, error: &io::Error) -> Error {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            no_room(path, needed, None)
        }
        _ => unwritable(path, error),
    }
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Error {
    if error.kind() == ErrorKind::StorageFull {
        return no_room(path, 0, None);
    }
    let what = format!("`{}` cannot be written: {error}", path.display());
    Error::failed("file_failed", what)
        .hint("models are kept below FREEHOLD_DATA, else $XDG_DATA_HOME/freehold")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_folder_gives_a_name_that_a_model_may_have() {
        for (folder, name) in [
            ("/home/ada/Qwen3-0.6B", "Qwen3-0.6B"),
            ("/models/qwen-Q4_0.gguf", "qwen-Q4_0"),
            ("/models/big-00001-of-00003.gguf", "big"),
            ("/tmp/.tmpX1", "tmpX1"),
            ("/tmp/my model (1)", "mymodel1"),
            ("/tmp/模型", "model"),
        ] {
            assert_eq!(usual_name(folder), name);
            assert!(check_name(name).is_ok());
        }
    }
}
