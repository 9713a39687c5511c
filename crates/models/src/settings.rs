//! What a checkpoint says about its network: `config.json`, or the like of it made from GGUF metadata.

use serde_json::{Map, Value};

use crate::error::Error;

/// More layers than any network has.
const LAYERS_MAX: usize = 10_000;

/// Named values, read with the type that the network needs. Names and meanings are those of Hugging
/// Face configurations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings(Map<String, Value>);

impl Settings {
    /// Takes `config.json`. The settings of the text part of a model that also sees are what counts.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Error::Config(format!("`config.json` is not valid JSON: {error}")))?;
        let Value::Object(mut outer) = value else {
            return Err(Error::Config("`config.json` is not an object".into()));
        };
        if let Some(Value::Object(text)) = outer.remove("text_config") {
            outer.extend(text);
        }
        let mut settings = Self(outer);
        // Newer releases of transformers save the count of experts under another name.
        if let (None, Some(count)) = (
            settings.get("num_experts"),
            settings.get("num_local_experts"),
        ) {
            let count = count.clone();
            settings.0.insert("num_experts".into(), count);
        }
        Ok(settings)
    }

    /// Takes settings that were made elsewhere.
    pub fn new(values: Map<String, Value>) -> Self {
        Self(values)
    }

    /// Takes those of `keys` that are absent here from `other`.
    pub fn fill_from(&mut self, other: &Self, keys: &[&str]) {
        for key in keys {
            if let (None, Some(value)) = (self.get(key), other.get(key)) {
                self.0.insert((*key).into(), value.clone());
            }
        }
    }

    /// Calls a value by another name.
    pub fn rename(&mut self, from: &str, to: &str) {
        if let Some(value) = self.0.remove(from) {
            self.0.insert(to.into(), value);
        }
    }

    /// The value, none when it is absent or null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A count, which must be there.
    pub fn count(&self, key: &str) -> Result<usize, Error> {
        self.count_if(key)?.ok_or_else(|| absent(key))
    }

    /// Layers, few enough to make a list of them.
    pub fn layers(&self) -> Result<usize, Error> {
        match self.count("num_hidden_layers")? {
            layers @ 1..=LAYERS_MAX => Ok(layers),
            layers => Err(Error::Config(format!(
                "there are no networks of `{layers}` layers"
            ))),
        }
    }

    /// Numbers in a head: `head_dim`, or the share of one in the hidden size.
    pub fn head_dim(&self) -> Result<usize, Error> {
        let (hidden, heads) = (
            self.count("hidden_size")?,
            self.count("num_attention_heads")?,
        );
        match self.count_if("head_dim")? {
            Some(head_dim) => Ok(head_dim),
            None => Ok(hidden.checked_div(heads).unwrap_or(0)),
        }
    }

    /// A count, none when it is absent.
    pub fn count_if(&self, key: &str) -> Result<Option<usize>, Error> {
        self.typed(key, "a whole number", |value| {
            let count = value.as_u64()?;
            // Nothing that is counted here comes near this; what does would overflow in a product.
            (count < 1 << 31).then_some(count as usize)
        })
    }

    /// A number, which must be there.
    pub fn number(&self, key: &str) -> Result<f64, Error> {
        self.number_if(key)?.ok_or_else(|| absent(key))
    }

    /// A number, none when it is absent.
    pub fn number_if(&self, key: &str) -> Result<Option<f64>, Error> {
        self.typed(key, "a number", Value::as_f64)
    }

    /// A switch, off when it is absent.
    pub fn is_on(&self, key: &str) -> Result<bool, Error> {
        Ok(self.flag_if(key)?.unwrap_or(false))
    }

    /// A switch, none when it is absent.
    pub fn flag_if(&self, key: &str) -> Result<Option<bool>, Error> {
        self.typed(key, "true or false", Value::as_bool)
    }

    /// A word, none when it is absent.
    pub fn word_if(&self, key: &str) -> Result<Option<&str>, Error> {
        self.typed(key, "a text", Value::as_str)
    }

    /// Numbers, none when they are absent.
    pub fn numbers_if(&self, key: &str) -> Result<Option<Vec<f64>>, Error> {
        self.typed(key, "a list of numbers", |value| {
            value.as_array()?.iter().map(Value::as_f64).collect()
        })
    }

    /// Words, none when they are absent.
    pub fn words_if(&self, key: &str) -> Result<Option<Vec<&str>>, Error> {
        self.typed(key, "a list of texts", |value| {
            value.as_array()?.iter().map(Value::as_str).collect()
        })
    }

    /// Settings inside the settings, none when they are absent.
    pub fn inner(&self, key: &str) -> Result<Option<Self>, Error> {
        self.typed(key, "an object", |value| {
            value.as_object().map(|inner| Self(inner.clone()))
        })
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        kind: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let read = read(value);
        read.map(Some).ok_or_else(|| {
            let mut shown = value.to_string();
            if shown.len() > 60 {
                shown.truncate(shown.floor_char_boundary(60));
                shown.push('…');
            }
            Error::Config(format!("setting `{key}` is `{shown}`, not {kind}"))
        })
    }
}

fn absent(key: &str) -> Error {
    Error::Config(format!("setting `{key}` is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_with_their_types() {
        let settings = Settings::from_json(
            r#"{"hidden_size": 64, "eps": 1e-6, "bias": null, "kind": "x", "list": [1, 2.5]}"#,
        )
        .unwrap();
        assert_eq!(settings.count("hidden_size").unwrap(), 64);
        assert_eq!(settings.number("eps").unwrap(), 1e-6);
        assert!(!settings.is_on("bias").unwrap());
        assert_eq!(settings.numbers_if("list").unwrap().unwrap(), [1.0, 2.5]);
        for (key, problem) in [
            ("layers", "setting `layers` is missing"),
            ("eps", "setting `eps` is `1e-6`, not a whole number"),
            ("kind", "setting `kind` is `\"x\"`, not a whole number"),
        ] {
            let error = settings.count(key).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn the_text_part_of_a_larger_model_counts() {
        let settings =
            Settings::from_json(r#"{"hidden_size": 1, "text_config": {"hidden_size": 2}}"#);
        assert_eq!(settings.unwrap().count("hidden_size").unwrap(), 2);
    }
}
