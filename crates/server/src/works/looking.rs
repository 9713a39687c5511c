//! What can be said of a model before it comes, and how it goes.

use std::path::Path;

use library::{
    Entry, Hub, HubName, Licence, Memory, Needs, Opened, Plan, WORK_BYTES, check_name, taken,
};
use serde_json::{Value, json};
use tensor::WeightType;

use crate::app::App;
use crate::fault::Result;

/// A model that could be added.
pub(crate) struct Offered {
    /// What it may be called.
    pub name: String,
    about: Value,
}

impl Offered {
    /// All that is known of it.
    pub fn wire(&self) -> Value {
        let mut about = self.about.clone();
        about["name"] = json!(self.name);
        about
    }
}

/// Looks at what `source` names: its licence, its size, whether it would fit. Nothing is fetched but a page and the
/// licence. It blocks.
pub(crate) fn look(app: &App, source: &str, name: Option<&str>) -> Result<Offered> {
    let memory = Memory::read();
    let fits = |needed: u64| {
        json!({
            "needed_bytes": needed, "available_bytes": memory.available, "fits": needed <= memory.available,
        })
    };
    let offered = if HubName::is_meant_by(source) {
        let wanted: HubName = source.parse()?;
        let offer = Hub::new(&app.works.hub)?.look(&wanted)?;
        Offered {
            name: name.map_or_else(|| offer.usual_name(), str::to_owned),
            about: json!({
                "source": source,
                "bytes": offer.bytes(),
                "files": offer.count(),
                "licence": licence(&offer.licence),
                "memory": fits(offer.weight_bytes() + WORK_BYTES),
                "architecture": null,
                "parameters": null,
                "is_known": null,
                "is_fetched": true,
            }),
        }
    } else {
        let plan = Plan::of(Path::new(source))?;
        let opened = Opened::at(Path::new(source))?;
        let needs = Needs::of(&opened.outline, WeightType::default(), (0, library::CACHE));
        Offered {
            name: name.map_or_else(|| plan.usual_name(), str::to_owned),
            about: json!({
                "source": plan.source,
                "bytes": plan.bytes(),
                "files": plan.count(),
                "licence": licence(&plan.licence),
                "memory": fits(needs.all()),
                "architecture": opened.outline.architecture,
                "parameters": opened.outline.parameters,
                "is_known": opened.outline.is_known,
                "is_fetched": false,
            }),
        }
    };
    check_name(&offered.name)?;
    match app.catalogue.library().get(&offered.name) {
        Some(_) => Err(taken(&offered.name).into()),
        None => Ok(offered),
    }
}

fn licence(licence: &Licence) -> Value {
    json!({
        "id": licence.id,
        "stated_in": licence.stated_in,
        "link": licence.link,
        "text": licence.text,
    })
}

/// Takes a model away, from memory and from the disk. Files that were only referred to stay. It blocks.
pub(crate) fn remove(app: &App, name: &str) -> Result<()> {
    let library = app.catalogue.library();
    let entry = match library.get(name) {
        Some(Ok(entry)) => entry,
        // A damaged one can be removed all the same.
        Some(Err(_)) => Entry::damaged(library, name),
        None => return Err(library.unknown(name).into()),
    };
    app.catalogue.unload(name);
    Ok(library.remove(&entry)?)
}
