//! Gemma 4's notation of calls: `call:NAME{key:<|"|>text<|"|>,other:[1,true]}`.

use super::quoted;

const QUOTE: &str = "<|\"|>";

/// Deeper nesting is no call.
const DEPTH_MAX: usize = 100;

/// The name and the arguments, as JSON, of a whole call.
pub(super) fn call(text: &str) -> Option<(String, String)> {
    let text = text.trim().strip_prefix("call:")?;
    let (name, _) = text.split_once('{')?;
    let mut reader = Reader {
        rest: &text[name.len()..],
    };
    let arguments = reader.value(0)?;
    let is_whole = reader.rest.trim().is_empty() && !name.trim().is_empty();
    is_whole.then(|| (name.trim().to_owned(), arguments))
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<String> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.rest = self.rest.trim_start();
        if let Some(text) = self.text() {
            return Some(quoted(&text));
        }
        if self.take('{') {
            return self.items(depth, '}', true);
        }
        if self.take('[') {
            return self.items(depth, ']', false);
        }
        let end = self.rest.find([',', '}', ']']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let word = word.trim();
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(word).is_ok();
        match word {
            "" => None,
            "None" => Some("null".to_owned()),
            _ if is_json => Some(word.to_owned()),
            _ => Some(quoted(word)),
        }
    }

    fn items(&mut self, depth: usize, close: char, has_keys: bool) -> Option<String> {
        let mut out = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if self.take(close) {
                break;
            }
            if !out.is_empty() && !self.take(',') {
                return None;
            }
            let key = match has_keys {
                true => Some(self.key()?),
                false => None,
            };
            let value = self.value(depth + 1)?;
            out.push(key.map_or_else(|| value.clone(), |key| format!("{}: {value}", quoted(&key))));
        }
        let (open, close) = if has_keys { ('{', '}') } else { ('[', ']') };
        Some(format!("{open}{}{close}", out.join(", ")))
    }

    fn key(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        let key = match self.text() {
            Some(key) => key,
            None => {
                let end = self.rest.find(':')?;
                let (key, rest) = self.rest.split_at(end);
                self.rest = rest;
                key.trim().to_owned()
            }
        };
        self.rest = self.rest.trim_start();
        self.take(':').then_some(key)
    }

    fn text(&mut self) -> Option<String> {
        let rest = self.rest.strip_prefix(QUOTE)?;
        let (text, rest) = rest.split_once(QUOTE)?;
        self.rest = rest;
        Some(text.to_owned())
    }

    fn take(&mut self, character: char) -> bool {
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}
