//! What can be said of a chat: its title, which model answers, how, and what it is told first.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::fault::{Fault, Result};
use crate::v1::responses::request::ResponseRequest;

/// Letters of a title at most.
pub(super) const TITLE_MAX: usize = 200;

/// Letters of a title that is made of what somebody asked first.
const FIRST_WORDS: usize = 60;

/// Letters of what a model is told first, at most.
const INSTRUCTIONS_MAX: usize = 100_000;

/// What is changed. A field that is not there stays; `null` takes it away.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Change {
    #[serde(deserialize_with = "said")]
    title: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    model: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    instructions: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    settings: Option<Option<Settings>>,
    #[serde(deserialize_with = "said")]
    active: Option<Option<String>>,
    pinned: Option<bool>,
}

/// How answers are made, as responses name it.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    temperature: Option<f64>,
    top_p: Option<f64>,
    max_output_tokens: Option<u32>,
    effort: Option<String>,
}

fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

impl Change {
    /// Changes the body of a chat.
    pub fn apply(&self, chat: &mut Value) -> Result<()> {
        let texts = [
            ("title", &self.title, TITLE_MAX),
            ("model", &self.model, TITLE_MAX),
            ("instructions", &self.instructions, INSTRUCTIONS_MAX),
            ("active", &self.active, TITLE_MAX),
        ];
        for (name, text, most) in texts {
            let Some(text) = text else { continue };
            let text = text
                .as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty());
            if text.is_some_and(|text| text.chars().count() > most) {
                return Err(Fault::param(name, format!("`{most}` letters at most")));
            }
            chat[name] = json!(text);
        }
        if let Some(settings) = &self.settings {
            chat["settings"] = settings.clone().unwrap_or_default().checked()?;
        }
        if let Some(pinned) = self.pinned {
            chat["pinned"] = json!(pinned);
        }
        Ok(())
    }
}

impl Settings {
    fn checked(&self) -> Result<Value> {
        let between = |name: &str, value: Option<f64>, most: f64| match value {
            Some(value) if !(0.0..=most).contains(&value) => Err(Fault::param(
                format!("settings.{name}"),
                format!("between `0` and `{most}`"),
            )),
            _ => Ok(()),
        };
        between("temperature", self.temperature, 2.0)?;
        between("top_p", self.top_p, 1.0)?;
        if self
            .effort
            .as_ref()
            .is_some_and(|effort| effort.chars().count() > 16)
        {
            return Err(Fault::param("settings.effort", "`low`, `medium` or `high`"));
        }
        let pairs = [
            ("temperature", json!(self.temperature)),
            ("top_p", json!(self.top_p)),
            ("max_output_tokens", json!(self.max_output_tokens)),
            ("effort", json!(self.effort)),
        ];
        let known = pairs.into_iter().filter(|(_, value)| !value.is_null());
        let known: Map<String, Value> = known
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Ok(Value::Object(known))
    }
}

/// Asks as the chat says.
pub(super) fn fill(request: &mut ResponseRequest, chat: &Value) {
    let settings = &chat["settings"];
    let number = |name: &str| settings[name].as_f64().map(|number| number as f32);
    request.model = chat["model"].as_str().map(str::to_owned);
    request.instructions = chat["instructions"].as_str().map(str::to_owned);
    request.temperature = number("temperature");
    request.top_p = number("top_p");
    request.max_output_tokens = settings["max_output_tokens"]
        .as_u64()
        .and_then(|tokens| usize::try_from(tokens).ok());
    if let Some(effort) = settings["effort"].as_str() {
        request.reasoning = json!({ "effort": effort });
    }
}

/// A title from the first words of what was asked.
pub(super) fn title(asked: &str) -> String {
    let line = asked
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let line = line.trim_start_matches(['#', '>', '-', '*', ' ']);
    if line.chars().count() <= FIRST_WORDS {
        return line.to_owned();
    }
    let cut: String = line.chars().take(FIRST_WORDS).collect();
    let whole = cut
        .rsplit_once(char::is_whitespace)
        .map_or(cut.as_str(), |(whole, _)| whole);
    format!("{}…", whole.trim_end_matches([',', '.', ';', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_whole_words_of_the_first_line() {
        assert_eq!(
            title("\n## Why is the sky blue?\nSay more"),
            "Why is the sky blue?"
        );
        let long = "one two three four five six seven eight nine ten eleven twelve thirteen";
        assert_eq!(
            title(long),
            "one two three four five six seven eight nine ten eleven…"
        );
        assert_eq!(title(""), "");
    }

    #[test]
    fn what_is_not_said_stays_and_null_takes_away() {
        let mut chat = json!({ "title": "a", "instructions": "b" });
        let change: Change =
            serde_json::from_str(r#"{"instructions": null, "pinned": true}"#).unwrap();
        change.apply(&mut chat).unwrap();
        assert_eq!(
            chat,
            json!({ "title": "a", "instructions": null, "pinned": true })
        );
        let hot: Change = serde_json::from_str(r#"{"settings": {"temperature": 3}}"#).unwrap();
        assert_eq!(
            hot.apply(&mut chat).unwrap_err().param.as_deref(),
            Some("settings.temperature")
        );
    }
}
