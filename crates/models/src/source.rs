//! Whose checkpoint it is: architecture, settings and the names of its tensors.

use tensor::files::Checkpoint;

use crate::error::Error;
use crate::gguf::of_gguf;
use crate::names::Names;
use crate::settings::Settings;

/// What is known about a checkpoint before its tensors are read.
pub(crate) struct Source {
    /// The family, as Hugging Face's `model_type` names it.
    pub architecture: String,
    /// In Hugging Face's words.
    pub settings: Settings,
    /// In Hugging Face's words, to what is stored.
    pub names: Names,
}

/// Reads `config.json` beside the tensors, or the metadata of a GGUF file.
pub(crate) fn read_source(checkpoint: &Checkpoint) -> Result<Source, Error> {
    if let Some(metadata) = checkpoint.metadata() {
        return of_gguf(checkpoint, metadata);
    }
    let path = checkpoint.folder().join("config.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(Error::Read { path, source }),
    };
    let settings = Settings::from_json(&text)?;
    let architecture = settings.word_if("model_type")?;
    let architecture =
        architecture.ok_or_else(|| Error::Config("setting `model_type` is missing".into()))?;
    Ok(Source {
        architecture: architecture.to_owned(),
        names: Names::of_folder(checkpoint.names()),
        settings,
    })
}
