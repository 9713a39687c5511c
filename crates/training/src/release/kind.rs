//! What is said of a network by what it makes.

use models::Outline;
use serde_json::Value;
use tensor::files::Checkpoint;

use super::page::{UNKNOWN, count};
use crate::error::Result;

/// What a network makes.
#[derive(Debug)]
pub(super) enum Kind {
    Text(Outline),
    Films(Films),
}

/// A network that makes films, as `config.json` has it.
#[derive(Debug)]
pub(super) struct Films {
    config: Value,
    parameters: u64,
}

impl Kind {
    pub fn of(checkpoint: &Checkpoint, config: &Value, is_film: bool) -> Result<Self> {
        if !is_film {
            return Ok(Self::Text(Outline::of_checkpoint(checkpoint)?));
        }
        let mut parameters = 0;
        for name in checkpoint.names() {
            parameters += checkpoint.view(name)?.len() as u64;
        }
        Ok(Self::Films(Films {
            config: config.clone(),
            parameters,
        }))
    }

    /// Whether others load it from the formats that they share.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Numbers that were learnt.
    pub fn parameters(&self) -> u64 {
        match self {
            Self::Text(outline) => outline.parameters,
            Self::Films(films) => films.parameters,
        }
    }

    /// Its `model_type`.
    pub fn architecture(&self) -> String {
        match self {
            Self::Text(outline) => outline.architecture.clone(),
            Self::Films(films) => films.config["model_type"]
                .as_str()
                .unwrap_or(UNKNOWN)
                .to_owned(),
        }
    }

    /// Rows of the table at the top: names and values.
    pub fn shape(&self, config: &Value) -> Vec<(&'static str, String)> {
        let of = |key: &str| match &config[key] {
            Value::Null => UNKNOWN.to_owned(),
            value => value.to_string(),
        };
        let heads = of("num_attention_heads");
        let architecture = self.architecture();
        match self {
            Self::Text(outline) => vec![
                (
                    "architecture",
                    format!("decoder, `model_type` `{architecture}`"),
                ),
                ("numbers", count(outline.parameters)),
                (
                    "layers, width, heads",
                    format!("{}, {}, {heads}", outline.layers, outline.hidden),
                ),
                ("tokens read at once", count(outline.context_length as u64)),
                ("vocabulary", count(outline.vocab as u64)),
            ],
            Self::Films(films) => vec![
                (
                    "architecture",
                    format!(
                        "rectified-flow transformer over patches of pixels, `model_type` `{architecture}`"
                    ),
                ),
                ("numbers", count(films.parameters)),
                (
                    "layers, width, heads",
                    format!(
                        "{}, {}, {heads}",
                        of("num_hidden_layers"),
                        of("hidden_size")
                    ),
                ),
                ("film", films.size()),
                ("patch", sizes(&films.config["patch_size"])),
                ("words known", of("vocab_size")),
                (
                    "words of a caption",
                    format!("{} at most", of("max_caption_length")),
                ),
            ],
        }
    }

    /// The library that loads it, and the task, as hubs call them.
    pub fn tags(&self) -> [&'static str; 2] {
        match self {
            Self::Text(_) => ["transformers", "text-generation"],
            Self::Films(_) => ["freehold", "text-to-video"],
        }
    }

    /// Commands that use it.
    pub fn usage(&self) -> Vec<String> {
        let lines: &[&str] = match self {
            Self::Text(_) => &[
                "freehold chat -m .",
                "python -c \"from transformers import AutoModelForCausalLM as M; M.from_pretrained('.')\"",
            ],
            Self::Films(_) => &["freehold video create 'a red ball bounces' --model . -o ball.mp4"],
        };
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    pub fn input(&self) -> String {
        match self {
            Self::Text(outline) => {
                format!(
                    "text, {} tokens at most",
                    count(outline.context_length as u64)
                )
            }
            Self::Films(films) => format!(
                "a caption of {} words at most; pictures, or parts of pictures, of the film",
                films.config["max_caption_length"]
            ),
        }
    }

    pub fn output(&self) -> String {
        match self {
            Self::Text(_) => format!("{}, with what it answers", self.input()),
            Self::Films(films) => format!("film, {}", films.size()),
        }
    }

    /// What it reads and makes.
    pub fn modality(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Films(_) => "text and video",
        }
    }

    /// Pictures, sound and films that it learnt from.
    pub fn films_read(&self) -> &'static str {
        match self {
            Self::Text(_) => "none",
            Self::Films(_) => "video without sound, drawn while it learns",
        }
    }

    /// What can use it.
    pub fn integration(&self) -> &'static str {
        match self {
            Self::Text(_) => {
                "Freehold, `transformers`, and every reader of safetensors or GGUF that knows the architecture."
            }
            Self::Films(_) => {
                "Freehold, and every reader of safetensors that is taught the architecture."
            }
        }
    }

    /// What it minimises.
    pub fn loss(&self) -> &'static str {
        match self {
            Self::Text(_) => "the mean of −log p of the next token, where nothing else is said",
            Self::Films(_) => {
                "the mean of squares between films and what they are taken for in noise, by how much of the way is left"
            }
        }
    }

    /// What a token is.
    pub fn token(&self) -> &'static str {
        match self {
            Self::Text(_) => "token",
            Self::Films(_) => "patch or word",
        }
    }
}

impl Films {
    fn size(&self) -> String {
        let rate = &self.config["frames_per_second"];
        format!("{} at {rate} a second", sizes(&self.config["film_size"]))
    }
}

/// Pictures, rows and columns.
fn sizes(sizes: &Value) -> String {
    let [pictures, rows, columns] = std::array::from_fn(|axis| sizes[axis].to_string());
    format!("{pictures} pictures of {columns}x{rows}")
}
