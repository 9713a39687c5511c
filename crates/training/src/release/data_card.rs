//! `DATA.md`: what the model read, of whom, and what of it was kept.

use super::facts::Facts;
use super::page::{Page, UNKNOWN, count};
use crate::corpus::Account;
use crate::recipe::{Duplicates, Source};

/// The card.
pub(super) fn text(facts: &Facts) -> String {
    let mut page = Page::default();
    page.heading(1, &format!("The data of {}", facts.title()));
    page.say(
        "As it was counted while it was read (`training/data.json` has the same for machines). Held-out data is measured \
         with and never learnt from.",
    );
    if !facts.kind.is_text() {
        page.say(&format!(
            "Films are drawn while the network learns, each once, and are not stored, so nothing was counted beside the {} \
             patches and words of all stages (`README.md`): the seed of the recipe says which they are.",
            count(facts.tokens())
        ));
    }
    let rows: Vec<Vec<String>> = facts
        .sources()
        .map(|(source, account)| {
            vec![
                source.name.clone(),
                account.licence.clone(),
                used(facts, source),
                count(account.kept),
                count(account.bytes),
                count(account.tokens),
                source.repeat.to_string(),
            ]
        })
        .collect();
    page.table(
        &[
            "source",
            "licence",
            "used by",
            "texts",
            "bytes",
            "tokens",
            "readings in a pass",
        ],
        &rows,
    );
    page.heading(2, "What was kept");
    page.say(&cleaning(facts));
    for (source, account) in facts.sources() {
        one(&mut page, facts, source, account);
    }
    page.text()
}

/// Stages that learn from it, or are measured with it.
pub(super) fn used(facts: &Facts, source: &Source) -> String {
    let (learning, measuring) = facts.uses(source);
    let mut uses = Vec::new();
    if !learning.is_empty() {
        uses.push(format!("learnt from in {}", learning.join(", ")));
    }
    if !measuring.is_empty() {
        uses.push(format!("measured with in {}", measuring.join(", ")));
    }
    match uses.is_empty() {
        true => "no stage".to_owned(),
        false => uses.join("; "),
    }
}

/// The rules by which texts were kept.
pub(super) fn cleaning(facts: &Facts) -> String {
    let clean = &facts.recipe.clean;
    let licences = match clean.licences.is_empty() {
        true => "Any licence that the recipe names was allowed".to_owned(),
        false => format!("Allowed licences: {}", clean.licences.join(", ")),
    };
    let languages = match clean.languages.is_empty() {
        true => "texts of any language were kept".to_owned(),
        false => format!(
            "texts were kept whose language was detected as one of {}",
            clean.languages.join(", ")
        ),
    };
    let duplicates = match clean.duplicates {
        Duplicates::Keep => "duplicates were kept",
        Duplicates::Exact => {
            "texts that were there before, but for case and white space, were left out"
        }
        Duplicates::Near => {
            "texts were left out of which four fifths of the runs of words were those of another"
        }
    };
    format!(
        "{licences}; {languages}; texts of fewer than {} characters and empty ones were left out; {duplicates}.",
        clean.characters_min
    )
}

fn one(page: &mut Page, facts: &Facts, source: &Source, account: &Account) {
    page.heading(2, &format!("`{}`", source.name));
    let kind = facts.about().kinds.get(&source.name);
    let dropped: Vec<String> = account
        .dropped
        .iter()
        .map(|(reason, texts)| format!("{} {reason}", count(*texts)))
        .collect();
    let dropped = match dropped.is_empty() {
        true => "none".to_owned(),
        false => dropped.join(", "),
    };
    page.facts(&[
        (
            "origin",
            account.origin.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
        ),
        ("licence", account.licence.clone()),
        ("kind", kind.map_or(UNKNOWN, |kind| kind.name()).to_owned()),
        ("format", format!("{:?}", source.format).to_lowercase()),
        ("used", used(facts, source)),
        ("texts read", count(account.read)),
        ("texts kept", count(account.kept)),
        ("left out", dropped),
        ("bytes kept", count(account.bytes)),
        ("tokens kept", count(account.tokens)),
    ]);
    let rows: Vec<Vec<String>> = account
        .files
        .iter()
        .map(|(name, sum)| vec![format!("`{name}`"), format!("`{sum}`")])
        .collect();
    page.table(&["file", "sha256"], &rows);
}
