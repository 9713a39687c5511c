//! Two forms of the European Union for general-purpose models (Regulation (EU) 2024/1689), filled in as far as the run
//! and the recipe say. Their structure is that of the AI Office; their words are ours.
//! Sources: the template for the public summary of training content (July 2025), and the Model Documentation Form of
//! the Code of Practice, chapter on transparency (July 2025).

use super::about::SourceKind;
use super::card::{method, shape};
use super::data_card::{cleaning, used};
use super::facts::Facts;
use super::page::{Page, UNKNOWN, count, time};
use crate::signing::SIGNATURE;

/// `TRAINING-DATA-SUMMARY.md`.
pub(super) fn data_summary(facts: &Facts) -> String {
    let mut page = Page::default();
    page.heading(
        1,
        &format!("Public summary of training content: {}", facts.title()),
    );
    page.say(
        "By the template of the European AI Office for Article 53(1)(d) of Regulation (EU) 2024/1689. Where nobody said \
         anything, that is said.",
    );
    general(&mut page, facts);
    sources(&mut page, facts);
    page.heading(2, "3. Data processing aspects");
    let about = facts.about();
    page.heading(
        3,
        "3.1 Respect of reservations of rights from the exception for text and data mining",
    );
    page.say_if(about.rights.as_deref());
    page.heading(3, "3.2 Removal of illegal content");
    page.say_if(about.illegal_content.as_deref());
    page.heading(3, "3.3 Other information");
    page.say(&cleaning(facts));
    page.say("Counts, and the sha256 of every file, stand in `DATA.md`.");
    page.text()
}

fn general(page: &mut Page, facts: &Facts) {
    let about = facts.about();
    let stated = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    page.heading(2, "1. General information");
    page.heading(3, "1.1 Provider");
    page.facts(&[
        ("Name", stated(&about.provider)),
        ("Contact", stated(&about.contact)),
    ]);
    page.heading(3, "1.2 Model");
    page.facts(&[
        ("Name and version", named(facts)),
        (
            "Model that it is a modification of",
            facts
                .base()
                .unwrap_or_else(|| "None: it began by chance.".to_owned()),
        ),
        (
            "Placed on the Union market",
            stated(&about.union_market_date),
        ),
    ]);
    page.heading(3, "1.3 Modalities, size and other characteristics");
    let tokens: u64 = match facts.kind.is_text() {
        true => learnt(facts).map(|(_, account)| account.tokens).sum(),
        false => facts.tokens(),
    };
    let range = match tokens {
        0..1_000_000_000 => "less than 1 billion tokens",
        1_000_000_000..=10_000_000_000_000 => "1 billion to 10 trillion tokens",
        _ => "more than 10 trillion tokens",
    };
    page.facts(&[
        ("Modality", facts.kind.modality().to_owned()),
        (
            "Size of the training data",
            format!("{range}: {} were counted", count(tokens)),
        ),
        ("Latest date of collection", stated(&about.data_until)),
        ("Languages", languages(facts)),
        ("Images, audio, video", facts.kind.films_read().to_owned()),
    ]);
}

fn named(facts: &Facts) -> String {
    match &facts.about().version {
        Some(version) => format!("{} {version}", facts.title()),
        None => format!("{}, released on {}", facts.title(), facts.day()),
    }
}

fn languages(facts: &Facts) -> String {
    let detected = &facts.recipe.clean.languages;
    match (facts.about().languages.is_empty(), detected.is_empty()) {
        (false, _) => facts.about().languages.join(", "),
        (true, false) => format!("as detected: {}", detected.join(", ")),
        (true, true) => UNKNOWN.to_owned(),
    }
}

/// Sources that some stage learns from.
fn learnt(
    facts: &Facts,
) -> impl Iterator<Item = (&crate::recipe::Source, &crate::corpus::Account)> {
    let sources = facts.sources();
    sources.filter(|(source, _)| !facts.uses(source).0.is_empty())
}

fn sources(page: &mut Page, facts: &Facts) {
    const SECTIONS: [(&str, Option<SourceKind>); 8] = [
        ("2.1 Publicly available datasets", Some(SourceKind::Public)),
        (
            "2.2.1 Datasets commercially licensed by rightsholders or their representatives",
            Some(SourceKind::Licensed),
        ),
        (
            "2.2.2 Private datasets obtained from other third parties",
            Some(SourceKind::ThirdParty),
        ),
        (
            "2.3 Data crawled and scraped from online sources",
            Some(SourceKind::Crawled),
        ),
        ("2.4 User data", Some(SourceKind::User)),
        ("2.5 Synthetic data", Some(SourceKind::Synthetic)),
        ("2.6 Other sources of data", Some(SourceKind::Other)),
        ("Sources whose kind is not stated", None),
    ];
    page.heading(2, "2. List of data sources");
    for (title, kind) in SECTIONS {
        let of_kind = learnt(facts)
            .filter(|(source, _)| facts.about().kinds.get(&source.name).copied() == kind);
        let rows: Vec<Vec<String>> = of_kind
            .map(|(source, account)| {
                vec![
                    source.name.clone(),
                    account.origin.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
                    account.licence.clone(),
                    count(account.kept),
                    count(account.tokens),
                ]
            })
            .collect();
        if kind.is_none() && rows.is_empty() {
            continue;
        }
        page.heading(3, title);
        match rows.is_empty() {
            true => page.say("None."),
            false => page.table(&["source", "origin", "licence", "texts", "tokens"], &rows),
        }
    }
}

/// `MODEL-DOCUMENTATION.md`.
pub(super) fn documentation(facts: &Facts) -> String {
    let mut page = Page::default();
    let about = facts.about();
    let stated = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    page.heading(1, &format!("Model documentation: {}", facts.title()));
    page.say(
        "By the Model Documentation Form of the Code of Practice for General-Purpose AI Models, chapter on transparency. \
         Where nobody said anything, that is said.",
    );
    page.heading(2, "General information");
    page.facts(&[
        ("Legal name of the provider", stated(&about.provider)),
        ("Model name", named(facts)),
        ("Model authenticity", authenticity(facts)),
        ("Release date", facts.day().to_owned()),
        (
            "Union market release date",
            stated(&about.union_market_date),
        ),
        (
            "Model dependencies",
            facts.base().unwrap_or_else(|| "N/A".to_owned()),
        ),
    ]);
    page.heading(2, "Model properties");
    page.table(&["", ""], &shape(facts));
    page.facts(&[
        ("Design specifications", "`config.json` has every size of the network, `recipe/recipe.toml` how it was chosen to be trained.".to_owned()),
        ("Input", facts.kind.input()),
        ("Output", facts.kind.output()),
    ]);
    page.heading(2, "Methods of distribution and licences");
    page.facts(&[
        (
            "Distribution channels",
            "This folder: open weights in files.".to_owned(),
        ),
        ("Licence", stated(&about.licence)),
        (
            "Other assets under open terms",
            "Recipe, journal of the training and evaluation results, in this folder.".to_owned(),
        ),
    ]);
    page.heading(2, "Use");
    page.facts(&[
        (
            "Acceptable use policy",
            about
                .policy
                .clone()
                .unwrap_or_else(|| "None exists.".to_owned()),
        ),
        ("Intended uses", stated(&about.uses)),
        ("Limits", stated(&about.limits)),
        (
            "Technical means of integration",
            facts.kind.integration().to_owned(),
        ),
        ("Required hardware and software", hardware(facts)),
    ]);
    process(&mut page, facts);
    data(&mut page, facts);
    resources(&mut page, facts);
    page.text()
}

fn authenticity(facts: &Facts) -> String {
    let weights = facts
        .parts
        .iter()
        .find(|part| part.name == "model.safetensors");
    let sum = weights.map_or("", |part| part.sum.as_str());
    format!(
        "sha256 of `model.safetensors`: `{sum}`; where `{SIGNATURE}` lies beside it, it signs every file"
    )
}

fn hardware(facts: &Facts) -> String {
    let weights = facts
        .parts
        .iter()
        .find(|part| part.name == "model.safetensors");
    let bytes = weights.map_or(0, |part| part.bytes);
    format!(
        "A processor, and memory for {} bytes of weights and what the software needs beside; no accelerator is needed.",
        count(bytes)
    )
}

fn process(page: &mut Page, facts: &Facts) {
    page.heading(2, "Training process");
    let rows: Vec<Vec<String>> = facts
        .recipe
        .stages
        .iter()
        .zip(&facts.stages)
        .map(|(stage, found)| {
            vec![
                stage.name.clone(),
                method(stage),
                count(found.steps),
                count(found.tokens),
                time(found.seconds),
            ]
        })
        .collect();
    page.table(
        &["stage", "design specifications", "steps", "tokens", "time"],
        &rows,
    );
    page.say(&format!(
        "What a stage minimises, its purpose in the recipe says: {}. The rationale of single decisions is not stated beyond \
         the recipe.",
        facts.kind.loss()
    ));
}

fn data(page: &mut Page, facts: &Facts) {
    page.heading(2, "Data used for training, testing and validation");
    let rows: Vec<Vec<String>> = facts
        .sources()
        .map(|(source, account)| {
            let kind = facts.about().kinds.get(&source.name);
            vec![
                source.name.clone(),
                kind.map_or(UNKNOWN, |kind| kind.name()).to_owned(),
                account.origin.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
                used(facts, source),
                count(account.kept),
                count(account.tokens),
            ]
        })
        .collect();
    page.table(
        &[
            "source",
            "kind",
            "provenance, and how it was obtained",
            "use",
            "data points",
            "tokens",
        ],
        &rows,
    );
    let about = facts.about();
    let stated = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    page.facts(&[
        ("Modality", facts.kind.modality().to_owned()),
        ("Scope and main characteristics", format!("languages: {}", languages(facts))),
        ("Curation", cleaning(facts)),
        ("Measures to detect unsuitable sources", "Licences are named for each source, and others than the allowed are refused before anything is read.".to_owned()),
        ("Removal of illegal content", stated(&about.illegal_content)),
        ("Measures to detect identifiable biases", stated(&about.biases)),
    ]);
}

fn resources(page: &mut Page, facts: &Facts) {
    page.heading(2, "Computational resources, during training");
    page.facts(&[
        ("Training time", format!("{}, of the steps that count", time(facts.seconds()))),
        ("Amount of computation", format!("{:.2e} operations of floating point", facts.flops())),
        (
            "Methodology",
            format!(
                "six operations for each of {} numbers and each of {} tokens; time by the clock, from `training/`",
                count(facts.kind.parameters()),
                count(facts.tokens())
            ),
        ),
    ]);
    page.heading(2, "Energy consumption, during training and inference");
    let energy = facts.about().energy.clone();
    page.facts(&[
        (
            "Training",
            energy.unwrap_or_else(|| "Not measured. The time and the computation above bound an estimate.".to_owned()),
        ),
        (
            "Inference",
            format!(
                "Not measured. About {:.1e} operations of floating point for each {}, two for each number.",
                2.0 * facts.kind.parameters() as f64,
                facts.kind.token()
            ),
        ),
    ]);
}
