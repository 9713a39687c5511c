//! `README.md`: the model card, as hubs read it.

use std::fmt::Write as _;

use serde_json::Value;

use super::facts::{Facts, StageFacts};
use super::page::{Page, UNKNOWN, count, time};
use crate::recipe::{Purpose, Stage};
use crate::signing::SIGNING_KEY;

/// Licences that hubs know by a short name.
const SHORT: &[&str] = &[
    "Apache-2.0",
    "MIT",
    "BSD-3-Clause",
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
    "GPL-3.0",
    "AGPL-3.0",
    "Unlicense",
];

/// Remarks of a stage's journal that the card repeats.
const REMARKS_MAX: usize = 12;

/// The card.
pub(super) fn text(facts: &Facts, is_signed: bool) -> String {
    let mut page = Page::default();
    page.add(&front_matter(facts));
    page.add(&format!("\n# {}\n", facts.title()));
    let about = facts.about();
    page.say_if(about.about.as_deref());
    page.table(&["", ""], &shape(facts));
    page.heading(2, "Use");
    page.listing("sh", &usage(facts));
    page.heading(2, "What it is meant for");
    page.say_if(about.uses.as_deref());
    page.heading(2, "Limits");
    page.say_if(about.limits.as_deref());
    page.heading(2, "Training");
    page.say(&format!(
        "Freehold {} trained it from the recipe `recipe/recipe.toml` with the seed {}: {} tokens in {}. `DATA.md` says \
         what it read, `training/` holds the journals, and `sh reproduce.sh` trains it again.",
        facts.version,
        facts.recipe.seed,
        count(facts.tokens()),
        time(facts.seconds()),
    ));
    for (stage, found) in facts.recipe.stages.iter().zip(&facts.stages) {
        training(&mut page, facts, stage, found);
    }
    page.heading(2, "Evaluation");
    evaluation(&mut page, facts);
    page.heading(2, "Files");
    files(&mut page, facts);
    page.heading(2, "Whether it is genuine");
    page.say(match is_signed {
        true => "`model.sig` signs every file, as OpenSSF Model Signing v1.0 says. Either of these checks it; the key \
                 is to come from whoever released the model, as the copy that lies here shows damage alone.",
        false => "This release is not signed. `sha256sum -c SHA256SUMS` shows damage.",
    });
    if is_signed {
        let commands = format!(
            "freehold release verify . --key {SIGNING_KEY}\nmodel_signing verify key . --signature model.sig \
             --public_key {SIGNING_KEY}"
        );
        page.listing("sh", &commands);
    }
    page.heading(2, "Licence");
    page.say(&match &about.licence {
        Some(licence) => format!("The weights: {licence}. The data: see `DATA.md`."),
        None => format!("The weights: {UNKNOWN} The data: see `DATA.md`."),
    });
    page.text()
}

fn front_matter(facts: &Facts) -> String {
    // What is JSON is YAML.
    let quoted = |text: &str| Value::from(text).to_string();
    let mut text = "---\n".to_owned();
    let mut add = |key: &str, value: &str| writeln!(text, "{key}: {value}").expect("a text grows");
    match &facts.about().licence {
        Some(licence) if SHORT.contains(&licence.as_str()) => {
            add("license", &licence.to_lowercase());
        }
        Some(licence) => {
            add("license", "other");
            add("license_name", &quoted(licence));
        }
        None => {}
    }
    let list = |names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        format!("[{}]", names.join(", "))
    };
    if !facts.about().languages.is_empty() {
        add("language", &list(&facts.about().languages));
    }
    let [library, task] = facts.kind.tags();
    add("library_name", library);
    add("pipeline_tag", task);
    if let Some(base) = facts.base() {
        add("base_model", &quoted(&base));
    }
    let learnt = facts
        .sources()
        .filter(|(source, _)| !facts.uses(source).0.is_empty());
    let learnt: Vec<String> = learnt.map(|(source, _)| source.name.clone()).collect();
    add("datasets", &list(&learnt));
    add("tags", "[freehold]");
    text + "---\n"
}

/// What stands in the table at the top, and in the forms.
pub(super) fn shape(facts: &Facts) -> Vec<Vec<String>> {
    let row = |(name, value): (&str, String)| vec![name.to_owned(), value];
    let mut rows: Vec<Vec<String>> = facts
        .kind
        .shape(&facts.config)
        .into_iter()
        .map(row)
        .collect();
    rows.push(row(("weights in", facts.dtype.clone())));
    rows.push(row(("released", facts.day().to_owned())));
    if let Some(base) = facts.base() {
        rows.push(row(("goes on from", base)));
    }
    rows
}

fn usage(facts: &Facts) -> String {
    let mut lines = facts.kind.usage();
    if let Some(name) = facts.formats.keys().next() {
        lines.push(format!("llama-cli -m {name}"));
    }
    lines.join("\n")
}

/// How a stage learnt, in the words of its recipe.
pub(super) fn method(stage: &Stage) -> String {
    let purpose = if stage.purpose == Purpose::Pretrain {
        "every token counts".to_owned()
    } else if stage.purpose == Purpose::Finetune {
        "answers count".to_owned()
    } else if stage.purpose == Purpose::Film {
        match stage.grow {
            Some([p, r, c]) => {
                let finer = match stage.fine {
                    Some(_) => " with layers that add what is finer,",
                    None => "",
                };
                format!("films, {p} × {r} × {c} times as large as before,{finer} out of noise")
            }
            None => "films out of noise".to_owned(),
        }
    } else {
        format!("purpose `{:?}`", stage.purpose).to_lowercase()
    };
    let adapters = stage
        .adapters
        .as_ref()
        .map_or_else(String::new, |adapters| {
            format!(", low-rank adapters of rank {}", adapters.rank)
        });
    let length = match stage.purpose {
        Purpose::Film => String::new(),
        _ => format!(", texts of {} tokens at most", stage.context),
    };
    format!(
        "{purpose}; {:?}, learning rate {}, {} tokens a step{length}{adapters}",
        stage.optimiser, stage.learning_rate, stage.batch_tokens
    )
}

fn training(page: &mut Page, facts: &Facts, stage: &Stage, found: &StageFacts) {
    let learnt = facts.recipe.data.iter();
    let learnt = learnt.filter(|source| facts.recipe.learns_from(stage, source));
    let names: Vec<&str> = learnt.map(|source| source.name.as_str()).collect();
    page.heading(3, &format!("Stage `{}`", stage.name));
    page.say(&format!(
        "From {}; {}. {} steps, {} tokens, {}.",
        names.join(", "),
        method(stage),
        count(found.steps),
        count(found.tokens),
        time(found.seconds),
    ));
    if found.losses.is_empty() {
        return page.say("The journal of this stage has no steps.");
    }
    let (steps, losses): (Vec<String>, Vec<String>) = found
        .losses
        .iter()
        .map(|(step, loss)| (step.to_string(), format!("{loss:.4}")))
        .unzip();
    let mut head = vec!["step"];
    head.extend(steps.iter().map(String::as_str));
    let mut row = vec!["loss".to_owned()];
    row.extend(losses);
    page.table(&head, &[row]);
    for (step, remark) in found.remarks.iter().take(REMARKS_MAX) {
        page.say(&format!("- step {step}: {remark}"));
    }
    let more = found.remarks.len().saturating_sub(REMARKS_MAX);
    if more > 0 {
        page.say(&format!("- {more} more are in `training/`, with each step"));
    }
}

fn evaluation(page: &mut Page, facts: &Facts) {
    let mut rows = Vec::new();
    for (stage, found) in facts.recipe.stages.iter().zip(&facts.stages) {
        for ((data, measure), (step, value)) in &found.measured {
            rows.push(vec![
                stage.name.clone(),
                data.clone(),
                step.to_string(),
                measure.clone(),
                format!("{value:.4}"),
            ]);
        }
    }
    if !rows.is_empty() {
        page.say(match facts.kind.is_text() {
            true => "On data that was held out, as training measured it last (`loss` is the mean of −log p in most stages):",
            false => "On data that was held out, as training measured it last:",
        });
        page.table(&["stage", "data", "step", "measure", "value"], &rows);
    }
    let Some(results) = &facts.results else {
        return page.say("Nothing else was measured for this release.");
    };
    match &results.command {
        Some(command) => {
            page.say("As `results.json` says, which this command printed:");
            page.listing("sh", command);
        }
        None => page.say("As `results.json` says; the command that printed it is not stated."),
    }
    let rows: Vec<Vec<String>> = results
        .numbers
        .iter()
        .map(|(name, value)| vec![name.clone(), value.clone()])
        .collect();
    page.table(&["measure", "value"], &rows);
    if facts.dtype != "F32" {
        page.say(&format!(
            "Weights were rounded to {} for this release. Whether these figures were measured before or after, only \
             the command can tell.",
            facts.dtype
        ));
    }
}

fn files(page: &mut Page, facts: &Facts) {
    let rows: Vec<Vec<String>> = facts
        .parts
        .iter()
        .map(|part| {
            let formats = facts.formats.get(&part.name).cloned();
            vec![
                format!("`{}`", part.name),
                count(part.bytes),
                formats.unwrap_or_default(),
                format!("`{}`", part.sum),
            ]
        })
        .collect();
    page.table(&["file", "bytes", "formats inside", "sha256"], &rows);
    if !facts.formats.is_empty() {
        page.say(
            "Rows that are no whole blocks of a format are kept in a wider one, so the formats inside may be others \
             than the name of the file.",
        );
    }
}
