//! What goes with the weights of a checkpoint, in the folder of another one.

use std::path::Path;

use crate::begin::WORDS;
use crate::error::{Error, Result};

/// Files that readers of a checkpoint look for, by their whole names.
const NAMES: [&str; 17] = [
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "config.json",
    "generation_config.json",
    "merges.txt",
    "model_index.json",
    "preprocessor_config.json",
    "processor_config.json",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "spiece.model",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
];

/// How names of files begin that say what may be done with the weights.
const TERMS: [&str; 4] = ["LICENCE", "LICENSE", "NOTICE", "USE_POLICY"];

/// Copies settings, vocabulary and terms; weights of any format, programs and whatever else lies in `from` stay there.
pub(crate) fn copy_settings(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from).map_err(Error::file(from))? {
        let path = entry.map_err(Error::file(from))?.path();
        let name = path.file_name().unwrap_or_default();
        if goes_along(&name.to_string_lossy()) && path.is_file() {
            std::fs::copy(&path, to.join(name)).map_err(Error::file(&path))?;
        }
    }
    Ok(())
}

fn goes_along(name: &str) -> bool {
    let upper = name.to_uppercase();
    NAMES.contains(&name) || name == WORDS || TERMS.iter().any(|terms| upper.starts_with(terms))
}

#[cfg(test)]
mod tests {
    use super::goes_along;

    #[test]
    fn weights_programs_and_the_rest_stay() {
        for name in [
            "config.json",
            "words.txt",
            "LICENSE",
            "Notice.txt",
            "license.md",
        ] {
            assert!(goes_along(name), "{name}");
        }
        for name in [
            "model-00001-of-00002.safetensors",
            "model.safetensors.index.json",
            "pytorch_model.bin",
            "consolidated.00.pth",
            "modeling_custom.py",
            "README.md",
            ".config.json.swp",
            "optimizer.pt",
        ] {
            assert!(!goes_along(name), "{name}");
        }
    }
}
