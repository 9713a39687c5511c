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
            name: name.map_or_else(|| name_of(&plan.source), str::to_owned),
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

/// What a model is called when nobody says: as the folder or file is.
fn name_of(source: &str) -> String {
    let name = Path::new(source).file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let mut endings = [".gguf", ".safetensors"].into_iter();
    let name = endings
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(&name);
    // Split files are called after the first of them.
    let whole = name.split_once("-00001-of-").map(|(whole, _)| whole);
    nameable(whole.unwrap_or(name))
}

/// What is left of a name when signs that no model may have in its own are taken out.
fn nameable(name: &str) -> String {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name: String = name.chars().filter(|c| is_sign(*c)).collect();
    match name.trim_start_matches(['.', '_', '-']) {
        "" => "model".to_owned(),
        name => name.to_owned(),
    }
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
            assert_eq!(name_of(folder), name);
            assert!(check_name(name).is_ok());
        }
    }
}
