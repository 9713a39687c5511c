//! Finds the tokenizer of a checkpoint: a Hugging Face folder, or a GGUF file.

use std::{fs, io, path::Path};

use serde_json::Value;
use tensor::files::Gguf;

use super::{Tokenizer, frame::Ends};
use crate::{Error, Result};

impl Tokenizer {
    /// Reads the tokenizer of the checkpoint at `path`: a folder with a `tokenizer.json`, or a
    /// GGUF file.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_file() && path.extension().is_some_and(|end| end == "gguf") {
            return Self::from_gguf(Gguf::open(path)?.metadata());
        }
        let folder = match path.is_file() {
            true => path.parent().unwrap_or(path),
            false => path,
        };
        let path = folder.join("tokenizer.json");
        let json = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::tokenizer(
                    format!("`{}` is missing", path.display()),
                    "transformers writes it: `AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)`",
                ));
            }
            read => read.map_err(|source| Error::Read { path, source })?,
        };
        let mut tokenizer = Self::from_json(&json)?;
        tokenizer.ends = ends(folder, &tokenizer)?;
        Ok(tokenizer)
    }
}

/// What the files beside `tokenizer.json` say about the ids that begin and end a text.
fn ends(folder: &Path, tokenizer: &Tokenizer) -> Result<Ends> {
    let settings = json(&folder.join("tokenizer_config.json"))?;
    let map = json(&folder.join("special_tokens_map.json"))?;
    let generation = json(&folder.join("generation_config.json"))?;
    let config = json(&folder.join("config.json"))?;
    let named = |key: &str| {
        let name = |file: &Value| {
            let token = &file[key];
            let name = token.as_str().or_else(|| token["content"].as_str());
            name.and_then(|name| tokenizer.token_id(name))
        };
        name(&settings).or_else(|| name(&map))
    };
    let numbered = |file: &Value, key: &str| {
        let one = file[key].as_u64().into_iter();
        let many = file[key].as_array().into_iter().flatten();
        let ids = one.chain(many.filter_map(Value::as_u64));
        let known = ids.filter(|id| *id < tokenizer.vocab_size() as u64);
        known.map(|id| id as u32).collect::<Vec<u32>>()
    };
    let bos = named("bos_token");
    let bos = bos.or_else(|| numbered(&generation, "bos_token_id").first().copied());
    let bos = bos.or_else(|| numbered(&config, "bos_token_id").first().copied());
    let mut ends = Ends {
        bos,
        eos: named("eos_token").into_iter().collect(),
    };
    let listed = numbered(&generation, "eos_token_id");
    let is_complete = !listed.is_empty();
    ends.extend(listed);
    if !is_complete {
        ends.extend(numbered(&config, "eos_token_id"));
        ends.add_known(tokenizer);
    }
    Ok(ends)
}

/// The JSON in the file at `path`; nothing if there is no such file.
pub(crate) fn json(path: &Path) -> Result<Value> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Value::Null),
        read => read.map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?,
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        let hint = "is the file complete?";
        Error::tokenizer(format!("`{}`: {error}", path.display()), hint)
    })
}
