//! Where words stand in a turn, and what is told of that.

use store::{Object, Timestamp};

use super::plain;

/// Letters before what was found.
const BEFORE: usize = 36;

/// Letters behind it.
const BEHIND: usize = 84;

/// What a turn holds that fits.
pub(super) struct Hit {
    pub turn: String,
    pub created_at: Timestamp,
    pub place: Place,
    /// Plain words around what was found.
    pub excerpt: String,
    /// How well it fits; more is better.
    pub rank: u8,
}

/// Who or what says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Question,
    Answer,
    /// What was attached, by its name.
    File(String),
}

impl Place {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Answer => "answer",
            Self::File(_) => "file",
        }
    }

    pub fn file(&self) -> Option<&str> {
        match self {
            Self::File(name) => Some(name),
            _ => None,
        }
    }
}

/// The part of a turn that fits best, where all `words` stand in one of its parts.
pub(super) fn best(turn: &Object, words: &[String]) -> Option<Hit> {
    let mut best: Option<Hit> = None;
    for (place, text) in parts(turn) {
        let Some((text, rank)) = fitting(&place, text, words) else {
            continue;
        };
        if best.as_ref().is_some_and(|best| best.rank >= rank) {
            continue;
        }
        best = Some(Hit {
            turn: turn.id.clone(),
            created_at: turn.created_at,
            place,
            excerpt: excerpt(&text, words),
            rank,
        });
    }
    best
}

/// What was asked, answered and attached, each part for itself.
fn parts(turn: &Object) -> Vec<(Place, &str)> {
    let mut parts = Vec::new();
    for (place, items) in [
        (Place::Question, &turn.body["input"]),
        (Place::Answer, &turn.body["response"]["output"]),
    ] {
        let messages = items.as_array().into_iter().flatten();
        let messages = messages.filter(|item| item["type"] == "message");
        for part in messages.flat_map(|item| item["content"].as_array().into_iter().flatten()) {
            let text = part["text"].as_str().unwrap_or_default();
            match part["filename"].as_str() {
                Some(name) => parts.push((Place::File(name.to_owned()), text)),
                None => parts.push((place.clone(), text)),
            }
        }
    }
    parts
}

/// The text of a part as one reads it, and how well it fits, where all `words` stand in it or in a file's name.
fn fitting(place: &Place, text: &str, words: &[String]) -> Option<(String, u8)> {
    let has_all = |text: &str| words.iter().all(|word| text.contains(word.as_str()));
    let lower = text.to_lowercase();
    let by_name = place
        .file()
        .is_some_and(|name| has_all(&name.to_lowercase()));
    if !by_name && !has_all(&lower) {
        return None;
    }
    let plain = match place {
        Place::Answer => plain::words(text),
        Place::Question => text.to_owned(),
        // What is told to the model before what the file holds.
        Place::File(_) => text
            .split_once("\n\n")
            .map_or(text, |(_, held)| held)
            .to_owned(),
    };
    // What stands in an address alone is shown as it was written.
    let plain = match by_name || has_all(&plain.to_lowercase()) {
        true => plain,
        false => text.to_owned(),
    };
    let lower = plain.to_lowercase();
    let is_phrase = lower.contains(&words.join(" "));
    let is_whole = words.iter().all(|word| stands_alone(&lower, word));
    let by_hand = !matches!(place, Place::File(_));
    let rank = 4 * u8::from(is_phrase) + 2 * u8::from(is_whole) + u8::from(by_hand);
    Some((plain, rank))
}

/// Whether `word` stands in `text` as a word of its own.
fn stands_alone(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// What stands around `words` where they stand together, or else around the first; the beginning where none stands.
fn excerpt(text: &str, words: &[String]) -> String {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = text.to_lowercase();
    let first = words.first().map_or("", String::as_str);
    let phrase = words.join(" ");
    let (at, found) = match (lower.find(&phrase), lower.find(first)) {
        (Some(at), _) => (at, phrase.as_str()),
        (None, Some(at)) => (at, first),
        (None, None) => (0, ""),
    };
    // Small letters may have another length, so that places are counted in letters.
    let letter = lower[..at].chars().count();
    let from = letter.saturating_sub(BEFORE);
    let length = letter - from + found.chars().count() + BEHIND;
    let mut cut: String = text.chars().skip(from).take(length).collect();
    if from > 0 {
        // It begins with a whole word, where one begins soon.
        let start = cut.char_indices().nth(BEFORE / 2).map_or(0, |(at, _)| at);
        if let Some(space) = cut[..start].find(' ') {
            cut.drain(..=space);
        }
        cut.insert(0, '…');
    }
    if text.chars().count() > from + length {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn turn(input: &Value, output: &str) -> Object {
        let said =
            json!([{ "type": "message", "content": [{ "type": "output_text", "text": output }] }]);
        Object {
            id: "turn".to_owned(),
            body: json!({ "input": [{ "type": "message", "content": input }], "response": { "output": said } }),
            ..Object::default()
        }
    }

    #[test]
    fn an_excerpt_stands_around_what_was_found_whatever_the_letters() {
        assert_eq!(
            excerpt("Zwölf Boxkämpfer", &words("boxkämpfer")),
            "Zwölf Boxkämpfer"
        );
        let long = format!("{}İstanbul is here{}", "ä".repeat(200), "b".repeat(300));
        let found = excerpt(&long, &words("stanbul is"));
        assert!(
            found.contains("stanbul is here") && found.starts_with('…') && found.ends_with('…'),
            "{found}"
        );
        let many = "one two three ".repeat(30) + "the needle " + &"four five six ".repeat(30);
        let found = excerpt(&many, &words("needle"));
        assert!(
            found.starts_with("…two ")
                || found.starts_with("…one ")
                || found.starts_with("…three "),
            "{found}"
        );
    }

    #[test]
    fn what_fits_best_is_told_and_where_it_stands() {
        let file = json!({ "type": "input_text", "filename": "plan.txt", "text": "File `plan.txt`:\n\nthe secret harvest\n" });
        let asked = json!({ "type": "input_text", "text": "what is the secret?" });
        let of = turn(
            &json!([file, asked]),
            "The **secret harvest** is [here](http://hidden.example/).",
        );
        let hit = |text: &str| best(&of, &words(text)).map(|hit| (hit.place, hit.excerpt));
        let answer = "The secret harvest is here.".to_owned();
        assert_eq!(hit("secret harvest"), Some((Place::Answer, answer)));
        assert_eq!(
            hit("what secret"),
            Some((Place::Question, "what is the secret?".to_owned()))
        );
        let held = "the secret harvest".to_owned();
        assert_eq!(
            hit("plan.txt"),
            Some((Place::File("plan.txt".to_owned()), held))
        );
        let raw = hit("hidden.example").unwrap();
        assert!(raw.1.contains("(http://hidden.example/)"), "{raw:?}");
        assert_eq!(hit("secret nowhere"), None);
    }
}
