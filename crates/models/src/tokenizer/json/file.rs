//! The parts of a `tokenizer.json` that we read, borrowed from its bytes.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::tokenizer::added::AddedToken;

#[derive(Deserialize)]
pub(super) struct File<'a> {
    #[serde(default)]
    pub added_tokens: Vec<Found>,
    pub normalizer: Option<Value>,
    pub pre_tokenizer: Option<Value>,
    pub post_processor: Option<Value>,
    pub decoder: Option<Value>,
    #[serde(borrow)]
    pub model: Model<'a>,
}

/// A token that is found in the text itself.
#[derive(Deserialize)]
pub(super) struct Found {
    pub id: u32,
    pub content: String,
    #[serde(default)]
    pub single_word: bool,
    #[serde(default)]
    pub lstrip: bool,
    #[serde(default)]
    pub rstrip: bool,
    #[serde(default)]
    pub normalized: bool,
    #[serde(default)]
    pub special: bool,
}

#[derive(Deserialize)]
pub(super) struct Model<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow, default)]
    pub vocab: Vocab<'a>,
    #[serde(borrow)]
    pub merges: Option<Vec<Pair<'a>>>,
    pub unk_token: Option<String>,
    #[serde(default, deserialize_with = "or_false")]
    pub byte_fallback: bool,
    #[serde(default, deserialize_with = "or_false")]
    pub ignore_merges: bool,
    #[serde(default, deserialize_with = "or_false")]
    pub fuse_unk: bool,
    dropout: Option<f32>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
}

/// Tokens and their ids; empty for models that list scores instead.
#[derive(Default)]
pub(super) struct Vocab<'a>(pub Vec<(Text<'a>, u32)>);

/// The two tokens that a merge joins.
pub(super) struct Pair<'a>(pub Text<'a>, pub Text<'a>);

/// Text that stands in the file without escapes, or a copy.
pub(super) struct Text<'a>(pub Cow<'a, str>);

impl Model<'_> {
    /// Whether it merges pairs and does nothing besides.
    pub fn merges_plainly(&self) -> bool {
        let is_empty = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
        self.kind.as_ref().is_none_or(|kind| kind == "BPE")
            && self.merges.is_some()
            && self.dropout.is_none_or(|dropout| dropout == 0.0)
            && is_empty(&self.continuing_subword_prefix)
            && is_empty(&self.end_of_word_suffix)
    }
}

impl Found {
    pub fn token(&self) -> AddedToken {
        AddedToken {
            id: self.id,
            content: self.content.clone(),
            single_word: self.single_word,
            strips_left: self.lstrip,
            strips_right: self.rstrip,
            special: self.special,
        }
    }
}

fn or_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(false))
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Vocab<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vocab<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("tokens with their ids")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vocab<'de>, A::Error> {
                let mut tokens = Vec::new();
                while let Some(entry) = map.next_entry::<Text<'de>, u32>()? {
                    tokens.push(entry);
                }
                Ok(Vocab(tokens))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vocab<'de>, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Vocab::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pair<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pair<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("two tokens with a space between them, or a list of two")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Pair<'de>, E> {
                let parts = text
                    .split_once(' ')
                    .filter(|(_, right)| !right.contains(' '));
                let (left, right) =
                    parts.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))?;
                Ok(Pair(Text(Cow::Borrowed(left)), Text(Cow::Borrowed(right))))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Pair<'de>, E> {
                let parts = text
                    .split_once(' ')
                    .filter(|(_, right)| !right.contains(' '));
                let (left, right) =
                    parts.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))?;
                let owned = |text: &str| Text(Cow::Owned(text.to_owned()));
                Ok(Pair(owned(left), owned(right)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pair<'de>, A::Error> {
                let left = list.next_element::<Text<'de>>()?;
                let right = list.next_element::<Text<'de>>()?;
                let end = list.next_element::<IgnoredAny>()?;
                match (left, right, end) {
                    (Some(left), Some(right), None) => Ok(Pair(left, right)),
                    _ => Err(de::Error::invalid_length(0, &self)),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
