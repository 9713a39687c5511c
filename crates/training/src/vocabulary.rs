//! A vocabulary made from text, and texts as its tokens.

use std::path::Path;

use models::chat::{Message, Prompt, Role, Templates};
use models::{Special, Tokenizer};
use serde_json::json;
use tokenizers::decoders::byte_level::ByteLevel as ByteDecoder;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::processors::PostProcessorWrapper;
use tokenizers::{AddedToken, DecoderWrapper, SplitDelimiterBehavior, TokenizerImpl};

use crate::corpus::Text;
use crate::error::{Error, Result};
use crate::example::Example;
use crate::recipe::TokenizerRecipe;

/// The token after a text.
pub const END_OF_TEXT: &str = "<|endoftext|>";

/// Tokens around what is said in a conversation.
const TURN: [&str; 2] = ["<|im_start|>", "<|im_end|>"];

/// ChatML, as most of the field's models without a template of their own follow it.
const CHATML: &str = "{%- for message in messages %}\n    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n";

type Bpe = TokenizerImpl<
    BPE,
    NormalizerWrapper,
    PreTokenizerWrapper,
    PostProcessorWrapper,
    DecoderWrapper,
>;

/// Makes a vocabulary of pairs of bytes that stand together most often, and writes it to `folder` as
/// `tokenizer.json`, with `tokenizer_config.json` and `chat_template.jinja`. Every byte is a token, so nothing
/// is unknown. The same text gives the same vocabulary.
/// Source: Sennrich et al. 2016; Radford et al. 2019 for bytes.
///
/// # Errors
/// When there is too little text for so many tokens, or the folder cannot be written.
pub fn make_vocabulary(
    folder: &Path,
    recipe: &TokenizerRecipe,
    template: Option<&str>,
    texts: impl Iterator<Item = String> + Send,
) -> Result<()> {
    let refused = |error: tokenizers::Error| Error::Vocabulary {
        reason: error.to_string(),
        hint: "`docs/training.md` lists what `[tokenizer]` may hold",
    };
    let mut special: Vec<String> = [END_OF_TEXT]
        .iter()
        .chain(&TURN)
        .map(|s| (*s).to_owned())
        .collect();
    special.extend(recipe.special.iter().cloned());
    if recipe.vocab_size < 256 + special.len() {
        return Err(Error::Vocabulary {
            reason: format!("`vocab_size = {}`", recipe.vocab_size),
            hint: "there are 256 bytes and some special tokens: `8192` is a small vocabulary",
        });
    }
    let tokens: Vec<AddedToken> = special
        .iter()
        .map(|name| AddedToken::from(name.as_str(), true))
        .collect();
    let mut trainer = BpeTrainerBuilder::new()
        .show_progress(false)
        .vocab_size(recipe.vocab_size)
        .min_frequency(2)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(tokens)
        .build();
    let mut tokenizer = Bpe::new(BPE::default());
    let words = Split::new(
        SplitPattern::Regex(recipe.words.clone().unwrap_or_else(|| words(recipe.digits))),
        SplitDelimiterBehavior::Isolated,
        false,
    )
    .map_err(refused)?;
    let bytes = ByteLevel::new(false, false, false);
    let parts = vec![
        PreTokenizerWrapper::Split(words),
        PreTokenizerWrapper::ByteLevel(bytes),
    ];
    tokenizer.with_pre_tokenizer(Some(PreTokenizerWrapper::Sequence(Sequence::new(parts))));
    tokenizer.with_decoder(Some(DecoderWrapper::ByteLevel(ByteDecoder::new(
        false, false, false,
    ))));
    tokenizer.train(&mut trainer, texts).map_err(refused)?;
    if tokenizer.get_vocab_size(true) < recipe.vocab_size {
        return Err(Error::Vocabulary {
            reason: format!(
                "the text gives {} tokens, `vocab_size` asks for {}",
                tokenizer.get_vocab_size(true),
                recipe.vocab_size
            ),
            hint: "more text, or a smaller `vocab_size`",
        });
    }
    let text = tokenizer.to_string(true).map_err(refused)?;
    write(folder, text, template.unwrap_or(CHATML))
}

/// Writes the vocabulary with what a reader of it asks for.
fn write(folder: &Path, vocabulary: String, template: &str) -> Result<()> {
    let config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": null,
        "eos_token": TURN[1],
        "pad_token": END_OF_TEXT,
        "unk_token": null,
        "clean_up_tokenization_spaces": false,
        "model_input_names": ["input_ids", "attention_mask"],
    });
    let config = serde_json::to_string_pretty(&config).expect("settings are plain") + "\n";
    for (name, text) in [
        ("tokenizer.json", vocabulary),
        ("tokenizer_config.json", config),
        ("chat_template.jinja", template.to_owned()),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(Error::file(path))?;
    }
    Ok(())
}

/// Where words part: the pattern of Llama 3 and GPT-4, with one digit that of Qwen 2, so that every reader of GGUF
/// knows it.
fn words(digits: usize) -> String {
    let numbers = match digits {
        0 | 1 => r"\p{N}".to_owned(),
        digits => format!(r"\p{{N}}{{1,{digits}}}"),
    };
    [
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|",
        &numbers,
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ]
    .concat()
}

/// Texts to tokens, with what of them is to be said.
pub struct Encoder {
    tokenizer: Tokenizer,
    templates: Templates,
    end: u32,
}

/// Tokens of a text, and which of them the model is to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    /// The tokens.
    pub tokens: Vec<u32>,
    /// Whether each is of an answer, or of a text that is no conversation.
    pub is_said: Vec<bool>,
}

impl Encoder {
    /// The vocabulary and the template of a Hugging Face folder.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn open(folder: &Path) -> Result<Self> {
        let tokenizer = Tokenizer::open(folder)?;
        let ends = [END_OF_TEXT, "<|end_of_text|>", "<eos>", "</s>"];
        let end = ends.iter().find_map(|name| tokenizer.token_id(name));
        let end = end.ok_or_else(|| Error::Vocabulary {
            reason: "it has no token for the end of a text".to_owned(),
            hint: "one is called `<|endoftext|>`, `<|end_of_text|>`, `<eos>` or `</s>`",
        })?;
        Ok(Self {
            tokenizer,
            templates: Templates::open(folder)?,
            end,
        })
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// What a model reads before it answers `user`.
    ///
    /// # Errors
    /// When the template refuses it.
    pub fn question(&self, user: &str) -> Result<Vec<u32>> {
        let user = self.tokenizer.shielded(user).into_owned();
        let text = self.render(&[Message::new(Role::User, user)], true)?;
        Ok(self.tokenizer.encode(&text, Special::Parse))
    }

    /// The tokens of a text; of a pair, those with the preferred answer and those with the other; of a task, those
    /// of what is asked.
    ///
    /// # Errors
    /// When the template refuses a conversation.
    pub fn encode(&self, text: &Text) -> Result<Vec<Encoded>> {
        Ok(match text {
            Text::Plain(text) => {
                let mut tokens = self.tokenizer.encode(text, Special::AsText);
                tokens.push(self.end);
                let is_said = vec![true; tokens.len()];
                vec![Encoded { tokens, is_said }]
            }
            Text::Chat(messages) => vec![self.chat(messages)?],
            Text::Pair {
                messages,
                chosen,
                rejected,
            } => vec![
                self.answered(messages, chosen)?,
                self.answered(messages, rejected)?,
            ],
            Text::Task { messages, .. } => {
                let mut encoded = Encoded::default();
                let told = self.render(&self.shielded(messages), true)?;
                self.add(&mut encoded, &told, false);
                vec![encoded]
            }
        })
    }

    fn shielded(&self, messages: &[Message]) -> Vec<Message> {
        let messages = messages.iter().map(|message| {
            let text = message.content.as_ref().map(models::chat::Content::text);
            let text = text.unwrap_or_default();
            Message::new(message.role, self.tokenizer.shielded(&text).into_owned())
        });
        messages.collect()
    }

    /// A conversation, of which `answer` alone is said.
    fn answered(&self, messages: &[Message], answer: &str) -> Result<Encoded> {
        let mut messages = self.shielded(messages);
        let told = self.render(&messages, true)?;
        let answer = self.tokenizer.shielded(answer).into_owned();
        messages.push(Message::new(Role::Assistant, answer));
        let said = self.render(&messages, false)?;
        let answer = said_after(&told, &said)?;
        let mut encoded = Encoded::default();
        self.add(&mut encoded, &told, false);
        self.add(&mut encoded, answer, true);
        Ok(encoded)
    }

    /// A conversation, answer by answer: what is rendered up to an answer is told, what the answer adds is said.
    fn chat(&self, messages: &[Message]) -> Result<Encoded> {
        let messages = self.shielded(messages);
        let mut encoded = Encoded::default();
        let mut done = String::new();
        for (at, message) in messages.iter().enumerate() {
            if message.role != Role::Assistant {
                continue;
            }
            let told = self.render(&messages[..at], true)?;
            let said = self.render(&messages[..=at], false)?;
            let (Some(told), Some(answer)) = (told.strip_prefix(&done), said.strip_prefix(&told))
            else {
                // A template that writes the past anew, as without its thoughts: the last answer is said.
                encoded = Encoded::default();
                self.add(&mut encoded, &told, false);
                self.add(&mut encoded, said_after(&told, &said)?, true);
                done = said;
                continue;
            };
            self.add(&mut encoded, told, false);
            self.add(&mut encoded, answer, true);
            done = said;
        }
        Ok(encoded)
    }

    fn add(&self, encoded: &mut Encoded, text: &str, is_said: bool) {
        let tokens = self.tokenizer.encode(text, Special::Parse);
        encoded.is_said.extend(vec![is_said; tokens.len()]);
        encoded.tokens.extend(tokens);
    }

    fn render(&self, messages: &[Message], adds_generation_prompt: bool) -> Result<String> {
        let prompt = Prompt {
            messages,
            adds_generation_prompt,
            ..Prompt::default()
        };
        Ok(self.templates.render(&prompt)?)
    }
}

impl Encoded {
    /// As an example: what is said counts one, what is told `prompt_weight`.
    pub fn example(
        tokens: Vec<u32>,
        is_said: impl Iterator<Item = bool>,
        prompt_weight: f32,
    ) -> Example {
        let weights = is_said.map(|is_said| if is_said { 1.0 } else { prompt_weight });
        Example {
            weights: weights.collect(),
            tokens,
        }
    }
}

/// What a conversation says besides its prompt.
fn said_after<'a>(told: &str, said: &'a str) -> Result<&'a str> {
    said.strip_prefix(told).ok_or_else(|| Error::Vocabulary {
        reason: "the chat template writes a prompt in another way once it is answered".to_owned(),
        hint: "a template for training renders what was said before as it was",
    })
}
