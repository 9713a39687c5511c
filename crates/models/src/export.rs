//! A model as one GGUF file: settings, tokenizer, chat template and tensors in GGUF's words.
//!
//! What those words cannot say is refused rather than left out: a file that loads and answers differently
//! would be worse than none. The tokenizer is tried on texts of many kinds before a byte is written.
//!
//! Source: `convert_hf_to_gguf.py` of `llama.cpp`, for the names and for what is turned around.

mod network;
mod tensors;

use std::path::Path;

use tensor::Pool;
use tensor::files::{Checkpoint, GgufWriter, Metadata, Mix, TensorInfo, Value, quantise};

use crate::chat::Templates;
use crate::error::Error;
use crate::source::read_source;
use crate::tokenizer::Tokenizer;
use tensors::Data;

/// A model that can be written as GGUF.
pub struct Export<'a> {
    metadata: Vec<(String, Value)>,
    tensors: Vec<Exported<'a>>,
    has_tokenizer: bool,
}

/// A tensor on its way.
struct Exported<'a> {
    info: TensorInfo,
    /// What it is called where it comes from, so that its pages are given back.
    stored: Vec<String>,
    data: Data<'a>,
}

impl<'a> Export<'a> {
    /// The model in `checkpoint`: a folder of Hugging Face's, or a GGUF file, whose words are kept.
    ///
    /// # Errors
    /// [`Error::Export`] when GGUF has no words for something that changes answers.
    pub fn of(checkpoint: &'a Checkpoint) -> Result<Self, Error> {
        if let Some(metadata) = checkpoint.metadata() {
            return Self::of_gguf(checkpoint, metadata);
        }
        let source = read_source(checkpoint)?;
        let Some(family) = network::Family::of(&source.architecture) else {
            let reason = format!(
                "the format has no agreed form for the architecture `{}`",
                source.architecture
            );
            return Err(Error::export(reason));
        };
        let network = network::Words::of(&family, &source.settings)?;
        let mut tensors = tensors::of_folder(checkpoint, &source, &family)?;
        tensors.extend(network.tensors.into_iter().map(Exported::made));
        let folder = checkpoint.folder();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let text = |text: &str| Value::Text(text.to_owned());
        let mut metadata = vec![
            ("general.architecture".to_owned(), text(family.gguf)),
            ("general.type".to_owned(), text("model")),
            ("general.name".to_owned(), text(&name)),
        ];
        metadata.extend(network.metadata);
        let rows = checkpoint
            .view(&source.names.stored("model.embed_tokens.weight"))?
            .shape[0];
        let has_tokenizer = folder.join("tokenizer.json").is_file();
        match has_tokenizer {
            true => {
                metadata.extend(Tokenizer::in_gguf(folder, rows)?);
                metadata.extend(template(folder)?);
            }
            false => {
                metadata.push(("tokenizer.ggml.model".to_owned(), text("none")));
                let key = format!("{}.vocab_size", family.gguf);
                metadata.push((key, Value::U32(rows as u32)));
            }
        }
        Ok(Self {
            metadata,
            tensors,
            has_tokenizer,
        })
    }

    fn of_gguf(checkpoint: &'a Checkpoint, metadata: &Metadata) -> Result<Self, Error> {
        let kept = metadata
            .iter()
            .filter(|(key, _)| !key.starts_with("split."));
        let tensors = checkpoint.names().map(|name| {
            let view = checkpoint.view(name)?;
            Ok(Exported {
                info: TensorInfo {
                    name: name.to_owned(),
                    dtype: view.dtype,
                    shape: view.shape.clone(),
                },
                stored: vec![name.to_owned()],
                data: Data::Whole(view),
            })
        });
        Ok(Self {
            metadata: kept
                .map(|(key, value)| (key.to_owned(), value.clone()))
                .collect(),
            tensors: tensors.collect::<Result<_, Error>>()?,
            has_tokenizer: metadata.get("tokenizer.ggml.tokens").is_some(),
        })
    }

    /// Whether the file will turn text into ids.
    pub fn has_tokenizer(&self) -> bool {
        self.has_tokenizer
    }

    /// Says something more about the model, in place of what was said before under that key.
    pub fn set(&mut self, key: &str, value: Value) {
        self.metadata.retain(|(known, _)| known != key);
        self.metadata.push((key.to_owned(), value));
    }

    /// Bytes of all tensors in `mix`.
    pub fn bytes(&self, mix: Mix) -> u64 {
        let sizes = self.infos(mix).into_iter();
        let sizes = sizes.map(|info| info.dtype.bytes_of(&info.shape).unwrap_or(0) as u64);
        sizes.sum()
    }

    /// Writes the file at `path`, whole or not at all. `each` is told of bytes as they are written, and ends
    /// it by returning false.
    ///
    /// # Errors
    /// When the file cannot be written, and [`Error::Stopped`] when `each` ends it.
    pub fn write(
        self,
        path: &Path,
        checkpoint: &Checkpoint,
        mix: Mix,
        pool: &Pool,
        each: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), Error> {
        let mut each = |piece: &[u8], _: bool| each(piece.len() as u64);
        self.write_on(path, checkpoint, (mix, pool), &mut || None, &mut each)
    }

    /// As [`write`](Self::write), but goes on where another run was stopped: `before` gives the pieces that it made, in
    /// order, as long as there are any. `each` is given every piece, and whether it was made now.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_on(
        mut self,
        path: &Path,
        checkpoint: &Checkpoint,
        (mix, pool): (Mix, &Pool),
        before: &mut dyn FnMut() -> Option<Vec<u8>>,
        each: &mut dyn FnMut(&[u8], bool) -> bool,
    ) -> Result<(), Error> {
        self.set("general.file_type", Value::U32(mix.file_type()));
        self.set("general.quantization_version", Value::U32(2));
        let infos = self.infos(mix);
        let metadata: Vec<(&str, &Value)> = self
            .metadata
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .collect();
        let mut writer = GgufWriter::create(path, &metadata, &infos)?;
        for (tensor, info) in self.tensors.iter().zip(&infos) {
            tensor.data.each_piece(&mut |piece| {
                let fits = |kept: &Vec<u8>| info.dtype.bytes_of(&piece.shape) == Some(kept.len());
                let kept = before().filter(fits);
                let is_fresh = kept.is_none();
                let made = kept.or_else(|| quantise(piece, info.dtype, pool));
                let made = made.ok_or_else(|| {
                    let reason = format!("tensor `{}` cannot become `{}`", info.name, info.dtype);
                    Error::export(reason)
                })?;
                writer.write(&made)?;
                match each(&made, is_fresh) {
                    true => Ok(()),
                    false => Err(Error::Stopped),
                }
            })?;
            tensor
                .stored
                .iter()
                .for_each(|name| checkpoint.release(name));
        }
        Ok(writer.finish()?)
    }

    /// The tensors as they will be.
    fn infos(&self, mix: Mix) -> Vec<TensorInfo> {
        let stored: Vec<TensorInfo> = self
            .tensors
            .iter()
            .map(|tensor| tensor.info.clone())
            .collect();
        let dtypes = mix.dtypes(&stored);
        let infos = stored.into_iter().zip(dtypes);
        infos
            .map(|(info, dtype)| TensorInfo { dtype, ..info })
            .collect()
    }
}

/// The chat template, if the model brings one.
fn template(folder: &Path) -> Result<Vec<(String, Value)>, Error> {
    let templates = Templates::open(folder)?;
    if !templates.is_own() {
        return Ok(Vec::new());
    }
    let default = templates.template(false).source();
    let with_tools = templates.template(true).source();
    let mut said = vec![("tokenizer.chat_template".to_owned(), default)];
    if with_tools != default {
        said.push(("tokenizer.chat_template.tool_use".to_owned(), with_tools));
    }
    let said = said.into_iter();
    Ok(said
        .map(|(key, source)| (key, Value::Text(source.to_owned())))
        .collect())
}
