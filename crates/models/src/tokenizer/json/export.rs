//! A `tokenizer.json` in GGUF's words.

use std::collections::HashMap;
use std::path::Path;

use tensor::files::{Array, Metadata, Value};

use super::file::File;
use super::steps::Steps;
use crate::tokenizer::pipeline::{Prefix, Split};
use crate::tokenizer::slots::Style;
use crate::tokenizer::split::Rules;
use crate::tokenizer::{Special, Tokenizer};
use crate::{Error, Result};

/// Names of the ways to split text, and what they are.
const SPLITS: [(Rules, &str); 7] = [
    (Rules::GPT2, "gpt-2"),
    (Rules::LLAMA3, "llama-bpe"),
    (Rules::QWEN2, "qwen2"),
    (Rules::QWEN35, "qwen35"),
    (Rules::O200K, "gpt-4o"),
    (Rules::TEKKEN, "tekken"),
    (Rules::SMOLLM, "smollm"),
];

/// The types of tokens, by their numbers.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;
const BYTE: i32 = 6;

/// Texts on which both tokenizers must agree.
const TRIALS: [&str; 14] = [
    "Hello, world! It's a test; isn't it? I'LL say they've gone.",
    "  two spaces,\ttabs\t\tand\n\nlines \r\n  \n end   ",
    "Numbers: 1 12 123 1234 12345 3.14159 1,000,000 2026-11-21",
    "Die Größe der Füchse überraschte niemanden; naïve café, Łódź, Ærøskøbing.",
    "你好，世界！今天天气很好。日本語のテキスト、한국어 문장.",
    "Привет, мир! Καλημέρα κόσμε! שלום עולם مرحبا بالعالم नमस्ते दुनिया สวัสดี",
    "😀 👍🏽 👩‍🚀 🇪🇺 ∑∫√ ½ ² ™ €100 £5 ¥",
    "fn main() { let x = vec![1u8; 10]; println!(\"{x:?}\"); } // done",
    "def f(a, b):\n    return a ** b  # power\n\n\nif __name__ == '__main__':\n\tf(1, 2)",
    "https://example.org/path?query=1&other=two#part user@example.com",
    "<html><body class=\"x\">&amp;</body></html> {\"key\": [1, null, true]}",
    "ALLCAPS mixedCase snake_case kebab-case CamelCase2Snake __dunder__",
    "....... ------ ====== ###### ****** \\\\ // ?!?! (((nested)))",
    "a",
];

impl Tokenizer {
    /// What a GGUF file says of the tokenizer in `folder`, for weights with rows for `rows` tokens.
    ///
    /// # Errors
    /// When GGUF has no words for it, or means another one by them.
    pub(crate) fn in_gguf(folder: &Path, rows: usize) -> Result<Vec<(String, Value)>> {
        let path = folder.join("tokenizer.json");
        let json = std::fs::read(&path).map_err(|source| Error::Read { path, source })?;
        let original = Self::open(folder)?;
        let file: File<'_> = serde_json::from_slice(&json)
            .map_err(|error| Error::export(format!("the tokenizer cannot be read: {error}")))?;
        let steps = Steps::recognise(&file).filter(|_| file.model.merges_plainly());
        let Some(steps) = steps else {
            return Err(Error::export(
                "the tokenizer does not merge pairs alone".to_owned(),
            ));
        };
        if original.vocab_size() > rows {
            let reason = format!(
                "the tokenizer has `{}` tokens, and the weights have rows for `{rows}`",
                original.vocab_size()
            );
            return Err(Error::export(reason));
        }
        let mut said = Said::default();
        said.tokens(&file, rows);
        match steps.style {
            Style::Bytes => said.of_bytes(&file, &steps)?,
            Style::Characters => said.of_characters(&file, &steps),
        }
        said.frame(&original)?;
        said.check(&original)?;
        Ok(said.0)
    }
}

#[derive(Default)]
struct Said(Vec<(String, Value)>);

impl Said {
    fn say(&mut self, key: &str, value: Value) {
        self.0.push((format!("tokenizer.ggml.{key}"), value));
    }

    /// All tokens by their ids, with what they are; rows without a token get names that no text has.
    fn tokens(&mut self, file: &File<'_>, rows: usize) {
        let mut names: Vec<String> = (0..rows).map(|id| format!("[PAD{id}]")).collect();
        let mut types = vec![UNUSED; rows];
        for (name, id) in &file.model.vocab.0 {
            let is_byte = file.model.byte_fallback && is_byte(&name.0);
            let is_unknown = file.model.unk_token.as_deref() == Some(&*name.0);
            let kind = match (is_byte, is_unknown) {
                (true, _) => BYTE,
                (_, true) => UNKNOWN,
                _ => NORMAL,
            };
            (names[*id as usize], types[*id as usize]) = (name.0.clone().into_owned(), kind);
        }
        for token in &file.added_tokens {
            let at = token.id as usize;
            let kind = match (token.special, types[at]) {
                (true, UNKNOWN) => UNKNOWN,
                (true, _) => CONTROL,
                (false, _) => USER_DEFINED,
            };
            (names[at], types[at]) = (token.content.clone(), kind);
        }
        self.say("tokens", Value::Array(Array::Text(names)));
        self.say("token_type", Value::Array(Array::I32(types)));
    }

    fn of_bytes(&mut self, file: &File<'_>, steps: &Steps) -> Result<()> {
        let known = match &steps.splits[..] {
            [Split::Rules(rules)] => SPLITS.iter().find(|(known, _)| known == rules),
            _ => None,
        };
        let Some((_, pre)) = known else {
            return Err(Error::export(
                "the tokenizer splits text in a way that has no name".to_owned(),
            ));
        };
        self.say("model", Value::Text("gpt2".to_owned()));
        self.say("pre", Value::Text((*pre).to_owned()));
        let merges = file.model.merges.iter().flatten();
        let merges = merges.map(|pair| format!("{} {}", pair.0.0, pair.1.0));
        self.say("merges", Value::Array(Array::Text(merges.collect())));
        if steps.prefix != Prefix::Never {
            self.say("add_space_prefix", Value::Bool(true));
        }
        Ok(())
    }

    /// What a merge makes gets a score by the merge's place, as SentencePiece would have it.
    fn of_characters(&mut self, file: &File<'_>, steps: &Steps) {
        let mut ranks: HashMap<String, usize> = HashMap::new();
        for (rank, pair) in file.model.merges.iter().flatten().enumerate() {
            ranks
                .entry(format!("{}{}", pair.0.0, pair.1.0))
                .or_insert(rank);
        }
        let names = self.0.iter().find_map(|(_, value)| value.as_texts());
        let score = |name: &String| match ranks.get(name) {
            Some(rank) => -(*rank as f32),
            // What no merge makes is a single character, or found in other ways.
            None => -1e9,
        };
        let scores = names.unwrap_or_default().iter().map(score).collect();
        self.say("model", Value::Text("llama".to_owned()));
        self.say("pre", Value::Text("default".to_owned()));
        self.say("scores", Value::Array(Array::F32(scores)));
        self.say(
            "add_space_prefix",
            Value::Bool(steps.prefix != Prefix::Never),
        );
        let unknown = file
            .model
            .unk_token
            .as_ref()
            .and_then(|name| super::token_id(file, name));
        if let Some(id) = unknown {
            self.say("unknown_token_id", Value::U32(id));
        }
    }

    /// What begins a text, and what ends one.
    fn frame(&mut self, original: &Tokenizer) -> Result<()> {
        let frame = &original.frame;
        let adds_bos = !frame.before.is_empty();
        let adds_eos = !frame.after.is_empty();
        let bos = original.bos().or(frame.before.first().copied());
        let eos = frame.after.first().or(original.eos().first()).copied();
        let is_plain = frame.before.len() <= 1
            && frame.after.len() <= 1
            && (!adds_bos || frame.before.first() == bos.as_ref());
        if !is_plain {
            return Err(Error::export(
                "the tokenizer puts several tokens around a text".to_owned(),
            ));
        }
        if let Some(id) = bos {
            self.say("bos_token_id", Value::U32(id));
        }
        if let Some(id) = eos {
            self.say("eos_token_id", Value::U32(id));
        }
        if let Some(id) = original.eos().iter().find(|id| Some(**id) != eos) {
            self.say("eot_token_id", Value::U32(*id));
        }
        self.say("add_bos_token", Value::Bool(adds_bos));
        self.say("add_eos_token", Value::Bool(adds_eos));
        Ok(())
    }

    /// Reads the words back, and compares what both make of texts.
    fn check(&self, original: &Tokenizer) -> Result<()> {
        let read = Tokenizer::from_gguf(&Metadata::new("", self.0.clone()))?;
        let special: String = original
            .special_tokens()
            .take(64)
            .map(|(_, name)| name)
            .collect();
        for text in TRIALS.into_iter().chain([special.as_str()]) {
            let ours = original.encode_framed(text, Special::Parse);
            if read.encode_framed(text, Special::Parse) != ours {
                let reason = format!(
                    "its words for the tokenizer mean another one, which reads `{}` otherwise",
                    text.escape_debug()
                );
                return Err(Error::export(reason));
            }
        }
        Ok(())
    }
}

/// Whether a token stands for a single byte: `<0x0A>`.
fn is_byte(name: &str) -> bool {
    let digits = name
        .strip_prefix("<0x")
        .and_then(|rest| rest.strip_suffix('>'));
    digits.is_some_and(|digits| digits.len() == 2 && u8::from_str_radix(digits, 16).is_ok())
}
