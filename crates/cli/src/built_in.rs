//! The model that Freehold is born with: its files are in the binary, and are written out when they are first
//! needed.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use assistant::{Task, Told, answer};
use dialogue::{BuiltIn, Call, Speaker};
use jiff::Zoned;
use library::Located;
use sha2::{Digest as _, Sha256};

use crate::console::paint;
use crate::environment;
use crate::failure::Failure;

/// What it is called where models are named.
pub const NAME: &str = "built-in";

/// What it is, for people.
pub const LABEL: &str = "built-in tool model";

/// What adds a larger one.
pub const LARGER: &str = "freehold model add hub:Qwen/Qwen3-0.6B";

macro_rules! file {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../models/built-in/", $name)).as_slice(),
        )
    };
}

/// Its files.
const FILES: [(&str, &[u8]); 5] = [
    file!("chat_template.jinja"),
    file!("config.json"),
    file!("model.safetensors"),
    file!("tokenizer.json"),
    file!("tokenizer_config.json"),
];

/// Its folder below the owner's data; written where it is not there yet.
///
/// # Errors
/// When it cannot be written.
pub fn folder() -> Result<PathBuf, Failure> {
    let room = environment::read().data.join("built-in");
    let folder = room.join(sum());
    if is_whole(&folder) {
        return Ok(folder);
    }
    write(&room, &folder).map_err(|error| {
        let what = format!(
            "the built-in model cannot be written to `{}`: {error}",
            folder.display()
        );
        Failure::fault("file_failed", what)
            .hint("`FREEHOLD_DATA` names another folder; 25 MB have to be free there")
    })?;
    Ok(folder)
}

/// Another name for each model: files are told by it without being read.
fn sum() -> String {
    let mut hash = Sha256::new();
    for (name, bytes) in FILES {
        hash.update(name);
        hash.update(bytes.len().to_le_bytes());
        // Of long files some places are enough to tell trainings apart.
        for piece in bytes.chunks(bytes.len() / 64 + 1) {
            hash.update(&piece[..piece.len().min(256)]);
        }
    }
    hash.finalize()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn is_whole(folder: &Path) -> bool {
    FILES.iter().all(|(name, bytes)| {
        fs::metadata(folder.join(name)).is_ok_and(|about| about.len() == bytes.len() as u64)
    })
}

/// Beside it first, so that half a model is never found. Others may do the same at the same time.
fn write(room: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(room)?;
    let staged = tempfile::Builder::new().prefix(".new-").tempdir_in(room)?;
    for (name, bytes) in FILES {
        let mut file = File::create(staged.path().join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    if folder.exists() {
        // It is damaged, or another process was quicker.
        if is_whole(folder) {
            return Ok(());
        }
        fs::remove_dir_all(folder)?;
    }
    match fs::rename(staged.path(), folder) {
        Err(_) if is_whole(folder) => Ok(()),
        other => other,
    }
}

/// It, where a model is located.
///
/// # Errors
/// As [`folder`].
pub fn located() -> Result<Located, Failure> {
    Ok(Located {
        name: NAME.to_owned(),
        path: folder()?,
        entry: None,
    })
}

/// It, to be talked to.
///
/// # Errors
/// As [`folder`], and when it does not fit into memory.
pub fn speaker(path: &Path, answers: usize) -> anyhow::Result<Speaker> {
    let model = BuiltIn::load(path, answers)?;
    let tell = |calls: &[Call]| told(calls).join("\n\n");
    Ok(Speaker::of_tools(model, Box::new(tell)))
}

/// What a person is told of each call, in the words of a terminal.
pub fn told(calls: &[Call]) -> Vec<String> {
    let now = Zoned::now();
    calls
        .iter()
        .map(|call| words(&answer(call, &now)))
        .collect()
}

/// What a person is told, in the words of a terminal.
pub fn words(told: &Told) -> String {
    let typed = |text: String| paint::styled(paint::TYPED, text);
    match told {
        Told::Text(text) => text.clone(),
        Told::Task(Task::Fix { path, test_command }) => {
            let path = path.as_deref().unwrap_or(".");
            let test = test_command
                .as_ref()
                .map(|command| format!(" --test {}", quoted(command)));
            let command = format!("freehold fix {}{}", quoted(path), test.unwrap_or_default());
            format!("This repairs it, in a sandbox: {}", typed(command))
        }
        Told::Task(Task::AddModel { name }) => {
            let name = name.as_deref().map_or("hub:OWNER/NAME".to_owned(), quoted);
            format!(
                "This adds a model: {}",
                typed(format!("freehold model add {name}"))
            )
        }
        Told::NotYet(tool, understood) => {
            format!("Understood, but there is no `{tool}` yet: {understood}")
        }
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@".contains(c);
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
