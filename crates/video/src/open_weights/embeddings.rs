//! States of texts that were encoded before, in files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tensor::files::{Dtype, Safetensors, View, write_safetensors};

/// A folder of encoded texts of one encoder.
pub(super) struct Embeddings {
    folder: PathBuf,
    /// What tells the encoder from others.
    encoder: String,
}

impl Embeddings {
    /// Those in `folder` of the encoder in `encoder`, which is told by its place and the sizes and times of its files.
    pub fn new(folder: &Path, encoder: &Path) -> Self {
        let mut facts = encoder.display().to_string();
        let mut files: Vec<String> = std::fs::read_dir(encoder)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let about = std::fs::metadata(entry.path()).ok()?;
                let changed = about.modified().ok()?;
                let name = entry.file_name();
                Some(format!(
                    "\n{} {} {changed:?}",
                    name.to_string_lossy(),
                    about.len()
                ))
            })
            .collect();
        files.sort();
        facts.extend(files);
        Self {
            folder: folder.to_owned(),
            encoder: facts,
        }
    }

    fn place(&self, tokens: &[u32], held: &str) -> PathBuf {
        let mut sum = Sha256::new();
        sum.update(self.encoder.as_bytes());
        sum.update(held.as_bytes());
        tokens
            .iter()
            .for_each(|token| sum.update(token.to_le_bytes()));
        let name: String = sum
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.folder.join(format!("{name}.safetensors"))
    }

    /// The states `[tokens, width]`, where they are kept.
    pub fn find(&self, tokens: &[u32], width: usize, held: &str) -> Option<Vec<f32>> {
        let file = Safetensors::open(self.place(tokens, held)).ok()?;
        let view = file.view("states").ok()?;
        let numbers = (view.shape == [tokens.len(), width]).then(|| view.to_f32())?;
        numbers.iter().all(|x| x.is_finite()).then_some(numbers)
    }

    /// Keeps states. What cannot be kept is encoded again the next time.
    pub fn keep(&self, tokens: &[u32], states: &[f32], held: &str) {
        let bytes: Vec<u8> = states.iter().flat_map(|x| x.to_le_bytes()).collect();
        let shape = vec![tokens.len(), states.len() / tokens.len().max(1)];
        let made = std::fs::create_dir_all(&self.folder);
        if let (Ok(()), Some(view)) = (made, View::new(Dtype::F32, shape, &bytes)) {
            let _ = write_safetensors(
                self.place(tokens, held),
                &[("states", view)],
                &BTreeMap::new(),
            );
        }
    }
}
