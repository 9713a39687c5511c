//! `freehold model show`: what a model is, and whether it fits.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};

use models::Outline;
use serde_json::{Value, json};
use tensor::WeightType;

use crate::args::model::ModelShow;
use crate::console::{Console, Progress, paint};
use crate::failure::{Exit, Failure};
use library::Memory;
use library::quantity;
use library::{CACHE, Needs, Opened};
use library::{Library, Licence, Located, sha256_of};

/// Contexts for which the memory is told, besides the model's own.
const CONTEXTS: [usize; 4] = [2_048, 8_192, 32_768, 131_072];

/// Shows a model of the library or of any place.
pub fn run(
    args: &ModelShow,
    library: &Library,
    stop: &AtomicBool,
    console: &mut Console,
) -> anyhow::Result<Exit> {
    let located = library.locate(&args.model)?;
    let Opened {
        checkpoint,
        outline,
    } = Opened::at(&located.path)?;
    let licence = match &located.entry {
        Some(entry) => entry.manifest.licence.clone(),
        None => Licence::of(checkpoint.folder(), checkpoint.metadata()),
    };
    let page = Page {
        located: &located,
        outline: &outline,
        licence: &licence,
        memory: Memory::read(),
    };
    match console.is_json() {
        true => {}
        false => console.print(&page.text())?,
    }
    let verified = match args.verify {
        true => Some(verify(&located, stop, console)?),
        false => None,
    };
    if console.is_json() {
        let mut value = page.json();
        if let Some(files) = verified {
            value["verified_files"] = json!(files);
        }
        console.print_json(&value)?;
    } else if let Some(files) = verified {
        let files = quantity::plural(files, "file");
        console.print(&format!("{files} are as they were added\n"))?;
    }
    Ok(Exit::Done)
}

/// What is shown.
struct Page<'a> {
    located: &'a Located,
    outline: &'a Outline,
    licence: &'a Licence,
    memory: Memory,
}

impl Page<'_> {
    /// Contexts up to the model's own, and what each needs.
    fn needs(&self) -> Vec<(usize, Needs)> {
        let own = self.outline.context_length;
        let mut contexts: Vec<usize> = CONTEXTS
            .into_iter()
            .filter(|tokens| *tokens < own)
            .collect();
        contexts.push(own);
        let needs = |tokens| Needs::of(self.outline, WeightType::Stored, (tokens, CACHE));
        contexts
            .into_iter()
            .map(|tokens| (tokens, needs(tokens)))
            .collect()
    }

    fn text(&self) -> String {
        let outline = self.outline;
        let mut text = format!("{}\n", paint::styled(paint::STRONG, &self.located.name));
        let mut line = |key: &str, value: String| text += &format!("  {key:13} {value}\n");
        line("path", self.located.path.display().to_string());
        let known = match outline.is_known {
            true => String::new(),
            false => paint::styled(paint::BAD, " (cannot be run by this version)"),
        };
        line("architecture", format!("{}{known}", outline.architecture));
        line("parameters", quantity::count(outline.parameters));
        line(
            "layers",
            format!("{} of {} numbers", outline.layers, outline.hidden),
        );
        line("vocabulary", format!("{} tokens", outline.vocab));
        line("context", format!("{} tokens", outline.context_length));
        let stated = self.licence.stated_in.as_deref();
        let stated = stated.map_or_else(String::new, |file| format!(" ({file})"));
        line("licence", format!("{}{stated}", self.licence.name()));
        line("size", quantity::bytes(outline.stored_bytes()));
        for format in &outline.formats {
            let tensors = quantity::plural(format.tensors, "tensor");
            line(
                "",
                format!(
                    "{:8} {:>8} in {tensors}",
                    format.dtype,
                    quantity::bytes(format.bytes)
                ),
            );
        }
        if outline.is_known {
            text += &self.memory_text();
        }
        text
    }

    /// A line a context: what it takes, and whether that is there.
    fn memory_text(&self) -> String {
        let Memory { total, available } = self.memory;
        let mut text = format!(
            "  {:13} {} available of {}\n",
            "memory",
            quantity::bytes(available),
            quantity::bytes(total)
        );
        for (tokens, needs) in self.needs() {
            let verdict = match needs.all() {
                all if all <= available => paint::styled(paint::GOOD, "fits"),
                all if all <= total => paint::styled(paint::WARN, "fits once others give way"),
                _ => paint::styled(paint::BAD, "does not fit"),
            };
            let sum = format!(
                "{:>8} = weights {} + cache {} + work {}",
                quantity::bytes(needs.all()),
                quantity::bytes(needs.weights),
                quantity::bytes(needs.cache),
                quantity::bytes(needs.work)
            );
            text += &format!("  {:13} {tokens:>7} tokens {sum} · {verdict}\n", "");
        }
        text
    }

    fn json(&self) -> Value {
        let outline = self.outline;
        let formats = outline.formats.iter().map(|format| {
            json!({
                "name": format.dtype.name(),
                "tensors": format.tensors,
                "parameters": format.parameters,
                "bytes": format.bytes,
            })
        });
        let needs = self.needs().into_iter().map(|(tokens, needs)| {
            json!({
                "context": tokens,
                "weight_bytes": needs.weights,
                "cache_bytes": needs.cache,
                "work_bytes": needs.work,
                "bytes": needs.all(),
                "fits": needs.all() <= self.memory.available,
            })
        });
        let entry = self.located.entry.as_ref();
        json!({
            "name": self.located.name,
            "path": self.located.path,
            "source": entry.map(|entry| &entry.manifest.source),
            "architecture": outline.architecture,
            "is_known": outline.is_known,
            "parameters": outline.parameters,
            "layers": outline.layers,
            "hidden": outline.hidden,
            "vocab": outline.vocab,
            "context_length": outline.context_length,
            "licence": self.licence,
            "bytes": outline.stored_bytes(),
            "formats": formats.collect::<Vec<Value>>(),
            "memory": {
                "total_bytes": self.memory.total,
                "available_bytes": self.memory.available,
                "needs": needs.collect::<Vec<Value>>(),
            },
        })
    }
}

/// Compares every file with its sum; how many there are.
fn verify(located: &Located, stop: &AtomicBool, console: &Console) -> anyhow::Result<usize> {
    let Some(entry) = &located.entry else {
        let what = format!("no sums are known of `{}`", located.name);
        let failure = Failure::refused("not_added", what);
        return Err(failure
            .hint("they are kept when a model is added: `freehold model add`")
            .into());
    };
    let manifest = &entry.manifest;
    let root = manifest.link.as_deref().unwrap_or(&entry.folder);
    let mut progress = Progress::of_bytes(console, "reading", manifest.bytes());
    for file in &manifest.files {
        let path = root.join(&file.path);
        let sum = sha256_of(&path, &mut |bytes| {
            progress.add(bytes as u64);
            match stop.load(Ordering::Relaxed) {
                true => Err(ErrorKind::Interrupted.into()),
                false => Ok(()),
            }
        });
        if stop.load(Ordering::Relaxed) {
            return Err(Failure::fault("stopped", "stopped before all files were read").into());
        }
        let found = sum.map_err(|error| Failure::unreadable(&path, &error))?;
        if found != file.sha256 {
            let what = format!(
                "`{}` has changed since it was added: its sha256 is `{found}`, not `{}`",
                path.display(),
                file.sha256
            );
            return Err(Failure::refused("changed_model", what)
                .hint("add the model again from where it came")
                .into());
        }
    }
    Ok(manifest.files.len())
}
