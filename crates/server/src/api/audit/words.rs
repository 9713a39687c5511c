//! The words by which lines of the log are found: those that the app says of them in any of its languages, and their
//! raw names.

use std::collections::HashMap;
use std::sync::LazyLock;

use policy::audit::Record;

use super::names::ids;
use crate::assets;

/// A word of fewer letters is sought at the beginning of words only: there is hardly a line without an `in`.
const WITHIN_MIN: usize = 4;

/// What the app says under a key, in all of its languages, as words in small letters.
static SAID: LazyLock<HashMap<String, String>> = LazyLock::new(said);

/// What is sought.
pub(super) struct Sought<F> {
    words: Vec<String>,
    /// What a rule says of itself.
    says: F,
}

impl<F: Fn(&str) -> Option<String>> Sought<F> {
    /// The words of `text`, all of which a line must have; `says` tells what a rule says of itself.
    pub fn new(text: &str, says: F) -> Self {
        Self {
            words: words(text),
            says,
        }
    }

    /// Whether `record` has all of the words. `name` tells what an id is called.
    pub fn is_in<'a>(&self, record: &Record, name: impl Fn(&str) -> Option<&'a str>) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let text = self.text(record, name);
        let has = |sought: &String| {
            text.iter().any(|word| {
                word.starts_with(sought.as_str())
                    || (sought.chars().count() >= WITHIN_MIN && word.contains(sought.as_str()))
            })
        };
        self.words.iter().all(has)
    }

    /// All words of a line.
    fn text<'a>(&self, record: &Record, name: impl Fn(&str) -> Option<&'a str>) -> Vec<String> {
        let mut text = words(&record.action);
        text.extend(
            keys(record)
                .iter()
                .filter_map(|key| SAID.get(key))
                .flat_map(|said| said.split(' ').map(str::to_owned)),
        );
        for (_, value) in &record.on {
            text.extend(words(value));
        }
        text.extend(words(&record.via));
        for id in ids(record) {
            text.extend(words(id));
            text.extend(name(id).into_iter().flat_map(words));
        }
        for rule in &record.because {
            text.extend(words(rule));
            text.extend((self.says)(rule).iter().flat_map(|says| words(says)));
        }
        text
    }
}

/// The keys under which the app says something of a line.
fn keys(record: &Record) -> Vec<String> {
    let of = |name: &str| {
        let found = record.on.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    let Record { action, .. } = record;
    // What was refused is told as what somebody wanted to do.
    let told = if record.allowed { "did" } else { "do" };
    let mut keys = vec![format!("{told}-{action}")];
    if let Some(change) = of("change") {
        keys.push(format!("{told}-{action}-{change}"));
    }
    if let Some(by) = of("by") {
        keys.push(format!("did-{action}-{by}"));
    }
    keys.extend(of("kind").map(|kind| format!("kind-{}", kind.replace('.', "-"))));
    keys.extend(record.because.iter().map(|rule| format!("rule-{rule}")));
    keys.push(format!(
        "via-{}",
        record.via.split(':').next().unwrap_or_default()
    ));
    if !record.allowed {
        keys.push(format!("did-{action}-refused"));
        keys.push("log-refused".to_owned());
        keys.push("log-tried".to_owned());
    }
    keys
}

/// The words of a text: what lies between blanks, `_` and punctuation, in small letters.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|sign: char| !sign.is_alphanumeric());
    let words = parts.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// What the app says under the keys that lines are found by, from its files of all languages.
fn said() -> HashMap<String, String> {
    let mut said: HashMap<String, String> = HashMap::new();
    for text in assets::spoken() {
        for (key, message) in messages(text) {
            let is_of_log = ["did-", "do-", "kind-", "rule-", "via-", "log-"];
            if is_of_log.iter().any(|start| key.starts_with(start)) {
                let known = said.entry(key.to_owned()).or_default();
                for word in words(&plain(&message)) {
                    known.push_str(&word);
                    known.push(' ');
                }
            }
        }
    }
    for known in said.values_mut() {
        known.truncate(known.trim_end().len());
    }
    said
}

/// The messages of a file of Fluent, by their keys.
fn messages(text: &str) -> Vec<(&str, String)> {
    let mut messages: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        let begins = line.starts_with(|sign: char| sign.is_ascii_alphabetic());
        match line.split_once(" =").filter(|_| begins) {
            Some((key, message)) => messages.push((key, message.to_owned())),
            None if line.starts_with([' ', '\t']) => {
                if let Some((_, message)) = messages.last_mut() {
                    message.push(' ');
                    message.push_str(line);
                }
            }
            None => {}
        }
    }
    messages
}

/// What of a message is said in any case, and in each of several: without the names of what is put in.
fn plain(message: &str) -> String {
    let parts = message.split([' ', '{', '}']);
    let said = parts.filter(|part| !part.starts_with(['$', '[', '*']) && *part != "->");
    said.collect::<Vec<&str>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(action: &str, on: &[(&str, &str)], allowed: bool) -> Record {
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Record {
            at: 0,
            by: "u-1".to_owned(),
            via: "session".to_owned(),
            action: action.to_owned(),
            on: on.iter().map(text).collect(),
            allowed,
            because: vec!["own-things".to_owned()],
        }
    }

    fn finds(text: &str, record: &Record) -> bool {
        let says = |rule: &str| (rule == "ours").then(|| "only on weekdays".to_owned());
        let name = |id: &str| (id == "u-1").then_some("Ada Löwe");
        Sought::new(text, says).is_in(record, name)
    }

    #[test]
    fn a_line_is_found_by_what_people_see_in_any_language_and_by_its_raw_names() {
        let signed_in = record("sign_in", &[("by", "password")], true);
        for text in [
            "sign_in",
            "signed in",
            "signed_in",
            "SIGN IN",
            "angemeldet",
            "ada",
            "löwe",
            "u-1",
            "own-things",
            "",
        ] {
            assert!(finds(text, &signed_in), "{text}");
        }
        for text in ["signed out", "key", "bob", "refused", "in out"] {
            assert!(!finds(text, &signed_in), "{text}");
        }
    }

    #[test]
    fn a_line_is_found_by_what_was_refused_and_by_which_rule() {
        let on = [("kind", "user"), ("id", "u-1"), ("change", "add")];
        let refused = record("manage_keys", &on, false);
        for text in [
            "refused",
            "abgelehnt",
            "key refused",
            "schlüssel",
            "manage_keys",
            "manage keys",
            "keep what is theirs",
        ] {
            assert!(finds(text, &refused), "{text}");
        }
        let mut own = record("infer", &[("kind", "model"), ("id", "qwen3")], true);
        own.because = vec!["ours".to_owned()];
        for text in ["weekdays", "qwen3", "asked", "gefragt"] {
            assert!(finds(text, &own), "{text}");
        }
    }

    #[test]
    fn what_stands_for_values_is_no_word_of_a_message() {
        let text = "one = { $who } signed { $how ->\n    [link] by a link\n   *[other] in\n }\n# no\ntwo = Two\n";
        let messages = messages(text);
        let plain: Vec<String> = messages.iter().map(|(_, message)| plain(message)).collect();
        let words: Vec<Vec<String>> = plain.iter().map(|text| words(text)).collect();
        assert_eq!(words[0], ["signed", "by", "a", "link", "in"]);
        assert_eq!(words[1], ["two"]);
    }
}
