//! What the names under `tokenizer.ggml.pre` stand for.

use tokenizers::{
    SplitDelimiterBehavior,
    pre_tokenizers::{
        PreTokenizerWrapper,
        split::{Split as SplitStep, SplitPattern},
    },
};

use super::super::{pipeline::Split, split::Rules};
use crate::{Error, Result};

/// How text is split before merging, and what goes with it.
pub(super) struct Pre {
    pub splits: Vec<Split>,
    /// Whether a word that is a token is taken as it is.
    pub whole_words: bool,
    /// Whether a beginning of text is put before the text unless the file says otherwise.
    pub adds_bos: bool,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)";

const DEEPSEEK3: &str = r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##;

impl Pre {
    /// What `name` stands for.
    pub fn called(name: &str) -> Result<Self> {
        let rules = match name {
            "gpt-2" | "phi-2" | "mpt" | "olmo" | "jais" | "trillion" | "roberta-bpe"
            | "jina-es" | "jina-de" | "jina-v1-en" | "jina-v2-es" | "jina-v2-de"
            | "jina-v2-code" | "gigachat" | "exaone4" | "a.x-4.0" | "mellum" | "modern-bert" => {
                Rules::GPT2
            }
            "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "falcon-h1" | "dbrx"
            | "smaug-bpe" | "glm4" | "chatglm-bpe" => Rules::LLAMA3,
            "qwen2" | "deepseek-r1-qwen" | "stablelm2" | "hunyuan" | "megrez" | "kormo"
            | "f2llmv2" => Rules::QWEN2,
            "qwen35" => Rules::QWEN35,
            "gpt-4o" | "llama4" | "kanana2" => Rules::O200K,
            "tekken" | "pixtral" => Rules::TEKKEN,
            "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone"
            | "minerva-7b" => Rules::SMOLLM,
            _ => return Self::by_patterns(name),
        };
        let is_llama3 = matches!(
            name,
            "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "falcon-h1"
        );
        let is_tekken = rules == Rules::TEKKEN;
        Ok(Self {
            splits: vec![Split::Rules(rules)],
            whole_words: is_llama3 || is_tekken,
            adds_bos: is_llama3 || is_tekken,
        })
    }

    /// Rarer families, split by regular expressions one after another.
    fn by_patterns(name: &str) -> Result<Self> {
        let patterns: &[&str] = match name {
            "default" => &[r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"],
            "falcon" => &[r"[\p{P}\$\+<=>\^~\|`]+", GPT2, "[0-9][0-9][0-9]"],
            "deepseek-v3" => &[r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK3],
            "bloom" | "poro-chat" | "gpt3-finnish" => &[r" ?[^(\s|.,!?…。，、।۔،)]+"],
            "viking" => &[r" ?[^(\s|.,!?…。，、।۔،)]+", r"\p{N}"],
            _ => {
                return Err(Error::tokenizer(
                    format!("`tokenizer.ggml.pre` is `{name}`, which is not known"),
                    "use the folder that the file was made from",
                ));
            }
        };
        let splits = patterns.iter().map(|pattern| {
            let pattern = SplitPattern::Regex((*pattern).to_owned());
            let step = SplitStep::new(pattern, SplitDelimiterBehavior::Isolated, false);
            step.map(|step| Split::Other(Box::new(PreTokenizerWrapper::Split(step))))
                .map_err(super::super::others::unusable)
        });
        Ok(Self {
            splits: splits.collect::<Result<_>>()?,
            whole_words: false,
            adds_bos: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for name in ["default", "falcon", "deepseek-v3", "bloom", "viking"] {
            Pre::called(name).unwrap();
        }
    }
}
