//! `bom.cdx.json`: a bill of materials as CycloneDX 1.6 has it for models: the weights, the card, and the data.

use serde_json::{Value, json};

use super::facts::Facts;
use crate::corpus::Account;
use crate::recipe::{Purpose, Source};
use crate::signing::hexadecimal;

/// The bill.
pub(super) fn text(facts: &Facts) -> String {
    let components: Vec<Value> = facts
        .sources()
        .map(|(source, account)| data(facts, source, account))
        .chain(files(facts))
        .collect();
    let references: Vec<String> = facts
        .sources()
        .map(|(source, _)| reference(&source.name))
        .collect();
    let mut dependencies = vec![json!({ "ref": "model", "dependsOn": references })];
    dependencies.extend(references.iter().map(|name| json!({ "ref": name })));
    let bom = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial(facts),
        "version": 1,
        "metadata": {
            "timestamp": facts.now,
            "tools": { "components": [{
                "type": "application",
                "name": "freehold",
                "version": facts.version,
            }]},
            "component": model(facts),
        },
        "components": components,
        "dependencies": dependencies,
    });
    serde_json::to_string_pretty(&bom).expect("a bill is plain") + "\n"
}

/// The same for the same weights on the same day.
fn serial(facts: &Facts) -> String {
    use sha2::Digest as _;
    let parts: Vec<&str> = facts.parts.iter().map(|part| part.sum.as_str()).collect();
    let text = format!("{}{}", facts.now, parts.concat());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sha2::Sha256::digest(text)[..16]);
    // A UUID whose meaning is its maker's. Source: RFC 9562, section 5.8.
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hexadecimal(&bytes);
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &digits[range]);
    format!("urn:uuid:{}", groups.join("-"))
}

fn reference(source: &str) -> String {
    format!("data:{source}")
}

fn model(facts: &Facts) -> Value {
    let about = facts.about();
    let version = about.version.clone();
    let weights = facts
        .parts
        .iter()
        .filter(|part| part.name == "model.safetensors");
    let hashes: Vec<Value> = weights.map(|part| hash(&part.sum)).collect();
    let mut model = json!({
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": facts.title(),
        "version": version.unwrap_or_else(|| facts.day().to_owned()),
        "hashes": hashes,
        "modelCard": card(facts),
    });
    if let Some(text) = &about.about {
        model["description"] = json!(text);
    }
    if let Some(licence) = &about.licence {
        model["licenses"] = licences(licence);
    }
    if let Some(provider) = &about.provider {
        model["supplier"] = json!({ "name": provider });
    }
    if let Some(base) = facts.base() {
        model["pedigree"] = json!({
            "ancestors": [{ "type": "machine-learning-model", "name": base }],
        });
    }
    model
}

fn card(facts: &Facts) -> Value {
    let about = facts.about();
    let is_tuned = facts
        .recipe
        .stages
        .iter()
        .any(|stage| stage.purpose == Purpose::Finetune);
    let approach = if is_tuned {
        "supervised"
    } else {
        "self-supervised"
    };
    let datasets: Vec<Value> = facts
        .sources()
        .map(|(source, _)| json!({ "ref": reference(&source.name) }))
        .collect();
    let mut metrics = Vec::new();
    for (stage, found) in facts.recipe.stages.iter().zip(&facts.stages) {
        for ((data, measure), (_, value)) in &found.measured {
            metrics.push(json!({
                "type": measure,
                "value": value.to_string(),
                "slice": format!("{data}, held out, after stage {}", stage.name),
            }));
        }
    }
    for (name, value) in facts.results.iter().flat_map(|results| &results.numbers) {
        metrics.push(json!({ "type": name, "value": value }));
    }
    let mut considerations = json!({});
    if let Some(uses) = &about.uses {
        considerations["useCases"] = json!([uses]);
    }
    if let Some(limits) = &about.limits {
        considerations["technicalLimitations"] = json!([limits]);
    }
    json!({
        "modelParameters": {
            "approach": { "type": approach },
            "task": facts.kind.tags()[1],
            "architectureFamily": "transformer",
            "modelArchitecture": facts.kind.architecture(),
            "datasets": datasets,
            "inputs": [{ "format": "text" }],
            "outputs": [{ "format": if facts.kind.is_text() { "text" } else { "video" } }],
        },
        "quantitativeAnalysis": { "performanceMetrics": metrics },
        "considerations": considerations,
        "properties": [
            { "name": "freehold:parameters", "value": facts.kind.parameters().to_string() },
            { "name": "freehold:seed", "value": facts.recipe.seed.to_string() },
            { "name": "freehold:tokens", "value": facts.tokens().to_string() },
        ],
    })
}

fn data(facts: &Facts, source: &Source, account: &Account) -> Value {
    let files: Vec<Value> = account
        .files
        .iter()
        .map(|(name, sum)| json!({ "type": "file", "name": name, "hashes": [hash(sum)] }))
        .collect();
    let kind = facts.about().kinds.get(&source.name);
    let mut properties = vec![
        json!({ "name": "freehold:texts", "value": account.kept.to_string() }),
        json!({ "name": "freehold:tokens", "value": account.tokens.to_string() }),
        json!({ "name": "freehold:held_out", "value": source.held_out.to_string() }),
    ];
    if let Some(kind) = kind {
        properties.push(json!({ "name": "freehold:kind", "value": kind.name() }));
    }
    let mut data = json!({
        "type": "data",
        "bom-ref": reference(&source.name),
        "name": source.name,
        "licenses": licences(&account.licence),
        "components": files,
        "data": [{ "type": "dataset", "name": source.name }],
        "properties": properties,
    });
    if let Some(origin) = &account.origin {
        data["description"] = json!(origin);
    }
    data
}

/// Weights in other formats.
fn files(facts: &Facts) -> impl Iterator<Item = Value> {
    let parts = facts.parts.iter();
    parts
        .filter(|part| part.name.ends_with(".gguf") || part.name.ends_with("tokenizer.json"))
        .map(|part| {
            json!({
                "type": "file",
                "bom-ref": format!("file:{}", part.name),
                "name": part.name,
                "hashes": [hash(&part.sum)],
            })
        })
}

fn hash(sum: &str) -> Value {
    json!({ "alg": "SHA-256", "content": sum })
}

/// What looks like SPDX is an expression of it, anything else a name.
fn licences(licence: &str) -> Value {
    let is_plain = |word: &str| {
        let word = word.trim_matches(['(', ')']);
        let mut letters = word.chars();
        !word.is_empty() && letters.all(|c| c.is_ascii_alphanumeric() || "-.+:".contains(c))
    };
    let words: Vec<&str> = licence.split(' ').collect();
    let is_joined = |pair: &[&str]| pair.iter().any(|word| ["AND", "OR", "WITH"].contains(word));
    match words.iter().all(|word| is_plain(word)) && words.windows(2).all(is_joined) {
        true => json!([{ "expression": licence }]),
        false => json!([{ "license": { "name": licence } }]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_expressions_or_names() {
        let expression = |text: &str| json!([{ "expression": text }]);
        for text in [
            "MIT",
            "Apache-2.0 AND (MIT OR CC-BY-4.0)",
            "GPL-2.0-or-later",
        ] {
            assert_eq!(licences(text), expression(text));
        }
        for text in ["my own", "a/b", ""] {
            assert_eq!(licences(text), json!([{ "license": { "name": text } }]));
        }
    }
}
