//! What a manifest says, in words of ours.

use ciborium::Value;

use super::assertions::{ACTIONS, SETTINGS};
use super::cbor::Fields as _;
use super::chain;
use super::digest::Sums;
use super::error::Fault;
use super::facts::{Generator, Making, Source};
use super::ingredient::{BY_SUM, Relationship};
use super::names::Address;
use super::report::{Action, Content, Origin, Status};
use super::store::Store;

/// What an ingredient's label begins with, in all versions.
const INGREDIENTS: &str = "c2pa.ingredient";

/// The label of actions in their first version.
const ACTIONS_OLD: &str = "c2pa.actions";

/// What a manifest says. Everything in it was found to be as it was signed.
pub(super) fn content(store: &Store<'_>, sums: &mut Sums) -> Content {
    let active = store.active();
    let claim = &active.claim;
    let made_by = match claim.field("claim_generator_info") {
        Some(Value::Array(all)) => all.first(),
        one => one,
    };
    let labels = active.assertions.iter().map(|one| one.label);
    let is_actions = |label: &&str| [ACTIONS, ACTIONS_OLD].contains(&base(label));
    let actions: Vec<Action> = labels
        .clone()
        .filter(is_actions)
        .filter_map(|label| active.assertion(label))
        .flat_map(|all| all.list("actions").iter().map(action).collect::<Vec<_>>())
        .collect();
    let sources = actions.iter().filter_map(|action| action.source.clone());
    Content {
        label: active.label.to_owned(),
        title: text(claim, "dc:title"),
        instance: text(claim, "instanceID"),
        generator: made_by.and_then(generator).or_else(|| {
            let name = text(claim, "claim_generator")?;
            let version = String::new();
            Some(Generator { name, version })
        }),
        source: sources.into_iter().next(),
        created_at: actions.iter().find_map(|action| action.at.clone()),
        making: active.assertion(SETTINGS).map(|settings| making(&settings)),
        ingredients: labels
            .clone()
            .filter(|label| label.starts_with(INGREDIENTS))
            .filter_map(|label| active.assertion(label))
            .map(|ingredient| origin(&ingredient, store, sums))
            .collect(),
        assertions: labels.map(str::to_owned).collect(),
        actions,
        uncovered_bytes: 0,
    }
}

/// A label without the number that tells it from others of its kind.
fn base(label: &str) -> &str {
    label.split("__").next().unwrap_or(label)
}

/// A text without what a terminal would obey.
fn text(value: &Value, name: &str) -> Option<String> {
    value.text(name).map(cleaned)
}

fn cleaned(text: &str) -> String {
    let is_kept = |c: &char| !c.is_control() || "\n\t".contains(*c);
    text.chars().filter(is_kept).collect()
}

fn generator(value: &Value) -> Option<Generator> {
    Some(Generator {
        name: text(value, "name")?,
        version: text(value, "version").unwrap_or_default(),
    })
}

fn action(value: &Value) -> Action {
    let agent = value.field("softwareAgent");
    let named = agent.and_then(|agent| agent.as_text().or(agent.text("name")));
    Action {
        name: text(value, "action").unwrap_or_default(),
        at: value.date("when").map(cleaned),
        generator: named.map(cleaned),
        source: text(value, "digitalSourceType").map(|uri| Source::of_uri(&uri)),
        description: text(value, "description"),
    }
}

fn making(value: &Value) -> Making {
    let settings = value.field("settings").and_then(Value::as_map);
    let settings = settings.into_iter().flatten();
    Making {
        model: text(value, "model"),
        prompt: text(value, "prompt"),
        seed: value.number("seed"),
        settings: settings
            .filter_map(|(name, value)| Some((cleaned(name.as_text()?), cleaned(value.as_text()?))))
            .collect(),
    }
}

fn origin(value: &Value, store: &Store<'_>, sums: &mut Sums) -> Origin {
    let manifest = value
        .field("activeManifest")
        .or(value.field("c2pa_manifest"));
    let url = manifest.and_then(|manifest| manifest.text("url"));
    let address = url.and_then(|url| Address::read(url, store.active().label));
    let label = address.map(|address| address.manifest);
    let manifest = label.and_then(|label| store.manifest(label));
    let checked = manifest.map(|manifest| {
        manifest.signed()?;
        chain::check_claim(manifest, sums)
    });
    let status = match checked {
        None => Status::Missing,
        Some(Ok(())) => Status::Valid,
        Some(Err(Fault::Invalid(reason))) => Status::Invalid { reason },
        Some(Err(Fault::Unread(reason))) => Status::Unread { reason },
        Some(Err(Fault::File(error))) => Status::Unread {
            reason: error.to_string(),
        },
    };
    let sum = value
        .text("instanceID")
        .and_then(|name| name.strip_prefix(BY_SUM));
    Origin {
        title: text(value, "dc:title"),
        format: text(value, "dc:format"),
        relationship: value.text("relationship").and_then(Relationship::of_name),
        sha256: sum.map(cleaned),
        label: label.map(cleaned),
        status,
        description: text(value, "description"),
    }
}
