//! `freehold model quantise`: a model as one GGUF file, smaller where that is wished.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use library::{Library, Licence, Located, Opened, quantity};
use models::Export;
use serde_json::json;
use tensor::files::Value;

use crate::args::model::ModelQuantise;
use crate::console::{Console, Progress, paint};
use crate::failure::{Exit, Failure};

/// Writes the file.
pub fn run(
    args: &ModelQuantise,
    library: &Library,
    stop: &AtomicBool,
    console: &mut Console,
) -> anyhow::Result<Exit> {
    let located = library.locate(&args.model)?;
    let mix = args.mix.0;
    let to = args
        .out
        .clone()
        .unwrap_or_else(|| usual_path(&located, mix.name()));
    check_place(&to, args.force)?;
    let Opened {
        checkpoint,
        outline,
    } = Opened::at(&located.path)?;
    if checkpoint.files().iter().any(|file| is_same(file, &to)) {
        let what = format!("`{}` is the model itself", to.display());
        return Err(Failure::refused("file_exists", what)
            .hint("name another file with `-o`")
            .into());
    }
    let mut export = Export::of(&checkpoint)?;
    let licence = match &located.entry {
        Some(entry) => entry.manifest.licence.clone(),
        None => Licence::of(checkpoint.folder(), checkpoint.metadata()),
    };
    if let Some(id) = licence.id {
        export.set("general.license", Value::Text(id));
    }
    if !export.has_tokenizer() {
        let note = paint::styled(paint::WARN, "note:");
        console.talk(format_args!(
            "{note} the model has no tokenizer, and the file will have none: it can be scored by ids alone"
        ));
    }
    let bytes = export.bytes(mix);
    let mut progress = Progress::of_bytes(console, format!("writing {}", to.display()), bytes);
    let written = export.write(&to, &checkpoint, mix, &library::pool(), &mut |bytes| {
        progress.add(bytes);
        !stop.load(Ordering::Relaxed)
    });
    drop(progress);
    written?;
    let before = outline.stored_bytes();
    let length = std::fs::metadata(&to).map_or(bytes, |about| about.len());
    if console.is_json() {
        console.print_json(&json!({
            "path": to,
            "format": mix.name(),
            "bytes": length,
            "bytes_before": before,
        }))?;
        return Ok(Exit::Done);
    }
    console.print(&format!(
        "wrote {}, {} in {}; it had {}\n",
        to.display(),
        quantity::bytes(length),
        paint::styled(paint::STRONG, mix.name()),
        quantity::bytes(before)
    ))?;
    let next = format!("freehold model add {}", to.display());
    console.talk(format_args!(
        "Keep it: {}",
        paint::styled(paint::TYPED, next)
    ));
    Ok(Exit::Done)
}

/// Refuses a place where no file can come to lie, before anything is read.
fn check_place(to: &Path, replaces: bool) -> Result<(), Failure> {
    if to.exists() && !replaces {
        let what = format!("`{}` exists already", to.display());
        let hint = "name another with `-o`, or replace it with `--force`";
        return Err(Failure::refused("file_exists", what).hint(hint));
    }
    let folder = to.parent().filter(|folder| *folder != Path::new(""));
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let what = format!("there is no folder `{}`", folder.display());
        return Err(Failure::refused("no_such_file", what).hint("make it first"));
    }
    Ok(())
}

/// `qwen3` in `Q8_0` is `qwen3-Q8_0.gguf`, here.
fn usual_path(located: &Located, format: &str) -> PathBuf {
    let name = Path::new(&located.name).file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let bare = name.strip_suffix(".gguf").unwrap_or(&name);
    PathBuf::from(format!("{bare}-{format}.gguf"))
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
