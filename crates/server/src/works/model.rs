//! Models come, and are made smaller.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use library::{Added, Fetched, How, Hub, HubName, Library, Pieces, Plan};
use models::Export;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tensor::files::Mix;

use super::Live;
use crate::app::App;
use crate::fault::{Fault, Result};

/// A model that comes.
pub(crate) const ADD: &str = "model.add";

/// A model that is made smaller.
pub(crate) const QUANTISE: &str = "model.quantise";

/// What is to come, and what it will be called.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Add {
    /// A folder or file of this machine, or `hub:owner/name`.
    pub source: String,
    pub name: String,
    /// Whether the files stay where they are.
    pub links: bool,
}

/// What is to be made smaller, and what it will be called.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Quantise {
    pub model: String,
    pub format: String,
    pub name: String,
}

/// Adds a model from this machine or the hub.
pub(super) fn add(app: &App, wanted: &Add, live: &Live) -> Result<Value> {
    let library = app.catalogue.library();
    // It was added, and the server ended before it could say so.
    if let Some(Ok(entry)) = library.get(&wanted.name)
        && is_from(&entry.manifest.source, &wanted.source)
    {
        return Ok(json!({ "model": entry.name, "bytes": entry.manifest.bytes() }));
    }
    let (plan, fetched) = match HubName::is_meant_by(&wanted.source) {
        true => {
            let fetched = fetch(app, &wanted.source, library, live)?;
            (Plan::of_fetched(&fetched)?, Some(fetched))
        }
        false => (Plan::of(Path::new(&wanted.source))?, None),
    };
    let how = How {
        links: wanted.links,
        replaces: false,
    };
    let added = carry_out(plan, library, &wanted.name, how, live)?;
    if let Some(fetched) = fetched {
        fetched.clear();
    }
    Ok(json!({ "model": added.name, "bytes": added.manifest.bytes() }))
}

/// Whether a model whose manifest names `kept` came from `source`.
fn is_from(kept: &str, source: &str) -> bool {
    if let Ok(name) = source.parse::<HubName>() {
        // The commit is kept with it.
        return kept.starts_with(&format!("{name} ("));
    }
    let path = Path::new(source).canonicalize();
    path.is_ok_and(|path| path.display().to_string() == kept)
}

fn fetch(app: &App, source: &str, library: &Library, live: &Live) -> Result<Fetched> {
    let name: HubName = source.parse()?;
    let hub = Hub::new(&app.works.hub)?;
    live.note(json!({ "step": "looking" }));
    let offer = hub.look(&name)?;
    live.begin(offer.bytes());
    live.note(json!({ "step": "fetching", "files": offer.count(), "bytes": offer.bytes() }));
    Ok(hub.fetch(&offer, library, &live.stops, &mut |bytes| live.set(bytes))?)
}

fn carry_out(plan: Plan, library: &Library, name: &str, how: How, live: &Live) -> Result<Added> {
    live.begin(plan.bytes());
    live.note(json!({ "step": "placing", "files": plan.count(), "bytes": plan.bytes() }));
    Ok(
        plan.carry_out(library, name, how, &live.stops, &mut |bytes| {
            live.add(bytes)
        })?,
    )
}

/// Makes a model smaller, and adds what comes of it beside it.
pub(super) fn quantise(app: &App, job: &str, wanted: &Quantise, live: &Live) -> Result<Value> {
    let library = app.catalogue.library();
    if let Some(Ok(entry)) = library.get(&wanted.name) {
        return Ok(json!({ "model": entry.name, "bytes": entry.manifest.bytes() }));
    }
    let Some(mix) = Mix::of_name(&wanted.format) else {
        return Err(unknown_format(&wanted.format));
    };
    let entry = library
        .get(&wanted.model)
        .ok_or_else(|| library.unknown(&wanted.model))??;
    let opened = library::Opened::at(&entry.path())?;
    let mut export = Export::of(&opened.checkpoint).map_err(library::Error::from)?;
    if let Some(id) = &entry.manifest.licence.id {
        let id = tensor::files::Value::Text(id.clone());
        export.set("general.license", id);
    }
    let folder = tempfile::Builder::new()
        .prefix("quantising-")
        .tempdir_in(&app.data)
        .map_err(|error| Fault::broken(format!("there is no room to write: {error}")))?;
    let to = folder.path().join(format!("{}.gguf", wanted.name));
    live.begin(export.bytes(mix));
    live.note(json!({ "step": "writing", "bytes": export.bytes(mix) }));
    // One that was put aside goes on with the numbers that were made, if the model still is the same.
    let of = format!("{:?} {}", entry.manifest.files, mix.name());
    let pieces = RefCell::new(Pieces::open(&pieces_of(app, job), &of)?);
    let mut broken = None;
    let written = export.write_on(
        &to,
        &opened.checkpoint,
        (mix, &library::pool()),
        &mut || pieces.borrow_mut().next_made(),
        &mut |piece, is_fresh| {
            if is_fresh {
                broken = pieces.borrow_mut().add(piece).err();
            }
            live.add(piece.len() as u64);
            broken.is_none() && !live.stops()
        },
    );
    if let Some(error) = broken {
        return Err(error.into());
    }
    written.map_err(library::Error::from)?;
    pieces.into_inner().clear();
    let mut plan = Plan::of(&to)?;
    plan.source = format!("{} in {}", wanted.model, mix.name());
    plan.licence = entry.manifest.licence.clone();
    let how = How {
        links: false,
        replaces: false,
    };
    let added = carry_out(plan, library, &wanted.name, how, live)?;
    Ok(json!({ "model": added.name, "bytes": added.manifest.bytes() }))
}

/// Where it is kept what was made of a model, until all is.
fn pieces_of(app: &App, job: &str) -> PathBuf {
    app.data
        .join("quantising")
        .join(job)
        .with_extension("pieces")
}

/// Forgets what was made for a job that nobody goes on with.
pub(super) fn forget(app: &App, job: &str) {
    let _ = std::fs::remove_file(pieces_of(app, job));
}

/// That there is no such format.
pub(crate) fn unknown_format(format: &str) -> Fault {
    let shown: String = format.chars().take(64).collect();
    let known = Mix::ALL.map(Mix::name).join("`, `");
    Fault::param(
        "format",
        format!("there is no format `{shown}`\nhint: `{known}`"),
    )
}
