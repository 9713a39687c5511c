//! States of texts that were encoded before, in files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tensor::files::{Dtype, Safetensors, View, write_safetensors};

use super::kept;

/// Texts whose states are kept at most; the oldest go first. Those of the largest encoder take 8 MiB each.
const KEPT_MAX: usize = 128;

/// A folder of encoded texts of one encoder.
pub(super) struct Embeddings {
    folder: PathBuf,
    /// What tells the encoder from others.
    encoder: String,
}

impl Embeddings {
    /// Those in `folder` of the encoder in `encoder`, which is told by its place and the sizes and times of its files.
    pub fn new(folder: &Path, encoder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            encoder: kept::facts(encoder),
        }
    }

    fn place(&self, tokens: &[u32], held: &str) -> PathBuf {
        let tokens: Vec<u8> = tokens
            .iter()
            .flat_map(|token| token.to_le_bytes())
            .collect();
        let name = kept::name([self.encoder.as_bytes(), held.as_bytes(), &tokens]);
        self.folder.join(name)
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
            let place = self.place(tokens, held);
            if write_safetensors(place, &[("states", view)], &BTreeMap::new()).is_ok() {
                kept::prune(&self.folder, KEPT_MAX);
            }
        }
    }
}
