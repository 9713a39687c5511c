//! Network architectures, tokenizers and chat templates: checkpoint in, `forward` out.
//!
//! [`Model`] computes the logits of a [`Batch`]; [`Encoder`] makes vectors and scores of texts; [`Tokenizer`]
//! turns text into ids and back.

mod error;

mod batch;
mod gguf;
mod layers;
mod loader;
mod model;
mod names;
mod outline;
mod rotary;
mod settings;
mod source;
mod windows;

mod encoder;
mod experts;
mod feed_forward;
mod self_attention;

mod lora;
mod part;

mod bert;
mod film;
mod gemma3;
mod gemma4;
mod gpt_oss;
mod llama;
mod modern_bert;
mod olmo;
mod qwen3_5;
mod qwen3_moe;
mod taew;
mod umt5;
mod wan;
mod wan_vae;

pub mod chat;
mod export;
mod tokenizer;
mod trainee;

pub use batch::{Batch, Cache};
pub use encoder::{Encoder, Pooling, Text};
pub use error::{Error, Result};
pub use export::Export;
pub use film::{CHANNELS, Film, FilmBatch, FilmShape, FineShape};
pub use lora::Lora;
pub use model::{ARCHITECTURES, Config, LoadOptions, Model, Weigh};
pub use outline::{Format, Outline};
pub use taew::{Taew, TinyDecoding};
pub use tokenizer::{Special, Stream, Tokenizer};
pub use trainee::{Adapters, LearnOptions, Learner, Trainee};
pub use umt5::Umt5;
pub use wan::{Instants, WanOutline, WanText, WanTransformer};
pub use wan_vae::{Decoding, Tiles, WanDecoder, WanEncoder, WanVaeOutline};
