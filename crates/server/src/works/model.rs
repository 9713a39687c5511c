//! Models come, and are made smaller.

use std::path::Path;

use library::{Added, Fetched, How, Hub, HubName, Library, Plan};
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
pub(super) fn quantise(app: &App, wanted: &Quantise, live: &Live) -> Result<Value> {
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
    let written = export.write(
        &to,
        &opened.checkpoint,
        mix,
        &library::pool(),
        &mut |bytes| {
            live.add(bytes);
            !live.stops()
        },
    );
    written.map_err(library::Error::from)?;
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

/// That there is no such format.
pub(crate) fn unknown_format(format: &str) -> Fault {
    let shown: String = format.chars().take(64).collect();
    let known = Mix::ALL.map(Mix::name).join("`, `");
    Fault::param(
        "format",
        format!("there is no format `{shown}`\nhint: `{known}`"),
    )
}
