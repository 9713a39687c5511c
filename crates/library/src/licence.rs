//! Under which licence a model comes, as far as its files say.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tensor::files::Metadata;

/// Bytes of a licence or a card that are read.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Lines of a licence's text that are shown before it is agreed to.
const LINES_SHOWN: usize = 12;

/// What the files of a model say about its licence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Its short name, such as `apache-2.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The file that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_in: Option<String>,
    /// The first lines of its text, where a file holds that.
    #[serde(skip)]
    pub text: Option<String>,
}

impl Licence {
    /// Looks in the metadata, the card and the licence file of the model in `folder`.
    pub fn of(folder: &Path, metadata: Option<&Metadata>) -> Self {
        let mut licence = metadata.map(Self::of_gguf).unwrap_or_default();
        if licence.id.is_none()
            && let Some(card) = text(&folder.join("README.md"))
        {
            licence = Self::of_card(&card);
        }
        let Some((file, text)) = licence_file(folder) else {
            return licence;
        };
        licence.add_text(&file, &text);
        licence
    }

    /// What somebody says of a model that is not here yet.
    pub(crate) fn stated(id: Option<String>, link: Option<String>, by: &str) -> Self {
        let id = id.filter(|id| id != "other").map(|id| printable(&id));
        Self {
            stated_in: id.is_some().then(|| by.to_owned()),
            id,
            link: link.map(|link| printable(&link)),
            text: None,
        }
    }

    /// Adds the text in the licence file called `file`.
    pub(crate) fn add_text(&mut self, file: &str, text: &str) {
        if self.id.is_none() {
            self.id = recognise(text).map(str::to_owned);
            self.stated_in = Some(printable(file));
        }
        self.text = Some(beginning(text));
    }

    fn of_gguf(metadata: &Metadata) -> Self {
        let text = |key| metadata.get(key)?.as_text().map(printable);
        let id = text("general.license.name").or_else(|| text("general.license"));
        Self {
            stated_in: id.is_some().then(|| "general.license".to_owned()),
            id,
            link: text("general.license.link"),
            text: None,
        }
    }

    /// What the front matter of a model card says.
    fn of_card(card: &str) -> Self {
        let field = |key: &str| front_matter(card, key);
        let id = field("license").filter(|id| id != "other");
        let id = field("license_name").or(id);
        Self {
            stated_in: id.is_some().then(|| "README.md".to_owned()),
            id,
            link: field("license_link"),
            text: None,
        }
    }

    /// Its name in one word or none.
    pub fn name(&self) -> &str {
        match (&self.id, &self.stated_in) {
            (Some(id), _) => id,
            (None, Some(_)) => "its own",
            (None, None) => "not stated",
        }
    }
}

/// The value of `key` between the two lines `---` at the top of a card.
fn front_matter(card: &str, key: &str) -> Option<String> {
    let mut lines = card.trim_start_matches('\u{feff}').lines();
    if lines.next()?.trim_end() != "---" {
        return None;
    }
    let mut lines = lines.take_while(|line| line.trim_end() != "---").peekable();
    while let Some(line) = lines.next() {
        let Some(value) = line
            .strip_prefix(key)
            .and_then(|rest| rest.strip_prefix(':'))
        else {
            continue;
        };
        let value = match value.trim() {
            // A list of one, which YAML writes below.
            "" => lines.peek()?.trim().strip_prefix('-')?.trim(),
            value => value,
        };
        let value = value.trim_matches(['"', '\'', '[', ']', ' ']);
        return (!value.is_empty()).then(|| printable(value));
    }
    None
}

/// The licence file in `folder` and its text.
fn licence_file(folder: &Path) -> Option<(String, String)> {
    let names = fs::read_dir(folder).ok()?.flatten();
    let mut names: Vec<String> = names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| is_licence_file(name))
        .collect();
    names.sort();
    let texts = names.into_iter();
    texts
        .filter_map(|name| Some((name.clone(), text(&folder.join(name))?)))
        .next()
}

/// Whether a file of that name holds a licence.
pub(crate) fn is_licence_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("license") || name.starts_with("licence") || name == "copying"
}

fn text(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let file = fs::File::open(path).ok()?;
    let mut bytes = Vec::new();
    file.take(TEXT_BYTES_MAX as u64)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The licences that come most often, by words that stand in no other.
fn recognise(text: &str) -> Option<&'static str> {
    let words: Vec<&str> = text.split_whitespace().take(400).collect();
    let text = words.join(" ").to_lowercase();
    let known = [
        ("apache license version 2.0", "apache-2.0"),
        (
            "permission is hereby granted, free of charge, to any person",
            "mit",
        ),
        ("gemma terms of use", "gemma"),
        ("llama 3.1 community license", "llama3.1"),
        ("llama 3.2 community license", "llama3.2"),
        ("llama 3.3 community license", "llama3.3"),
        ("gnu affero general public license", "agpl-3.0"),
        ("gnu general public license", "gpl-3.0"),
    ];
    let found = known.into_iter().find(|(words, _)| text.contains(words));
    found.map(|(_, id)| id)
}

/// The first lines, and how many there are beyond them.
fn beginning(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
    let shown = lines[first..].iter().take(LINES_SHOWN);
    let mut out: Vec<String> = shown.map(|line| printable(line)).collect();
    let more = lines.len().saturating_sub(first + LINES_SHOWN);
    if more > 0 {
        out.push(format!("… and {more} more lines"));
    }
    out.join("\n")
}

/// Without what a terminal would obey.
fn printable(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_control());
    kept.take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_matter_of_a_card_names_the_licence() {
        let card = "---\nlanguage:\n- en\nlicense: apache-2.0\n---\n# License: MIT\n";
        let licence = Licence::of_card(card);
        assert_eq!(licence.id.as_deref(), Some("apache-2.0"));
        let card =
            "---\nlicense: other\nlicense_name: gemma\nlicense_link: https://ai.google.dev\n---";
        let licence = Licence::of_card(card);
        assert_eq!(licence.id.as_deref(), Some("gemma"));
        assert_eq!(licence.link.as_deref(), Some("https://ai.google.dev"));
        assert_eq!(
            Licence::of_card("---\nlicense:\n- mit\n---").id.as_deref(),
            Some("mit")
        );
        assert_eq!(Licence::of_card("license: mit").id, None);
    }

    #[test]
    fn a_licence_file_is_recognised_and_shown() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "\n   Apache License\n   Version 2.0, January 2004\n{}\x1b[2J",
            "line\n".repeat(40)
        );
        fs::write(folder.path().join("LICENSE.txt"), text).unwrap();
        let licence = Licence::of(folder.path(), None);
        assert_eq!(licence.id.as_deref(), Some("apache-2.0"));
        assert_eq!(licence.stated_in.as_deref(), Some("LICENSE.txt"));
        let shown = licence.text.unwrap();
        assert!(
            shown.ends_with("… and 31 more lines") && !shown.contains('\x1b'),
            "{shown}"
        );
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(Licence::of(empty.path(), None), Licence::default());
    }
}
