//! Latents of films that are not done, in files: whoever is interrupted goes on from the last step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tensor::files::{Dtype, Safetensors, View, write_safetensors};

use super::kept;
use super::sampler::Memory;

/// Films whose latents are kept at most; the oldest go first.
const KEPT_MAX: usize = 96;

/// Where the latents of one film are kept.
pub(super) struct Unfinished(PathBuf);

/// How far a film is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Progress {
    /// Steps that were taken.
    pub steps: usize,
    pub latents: Vec<f32>,
    pub memory: Memory,
}

impl Unfinished {
    /// That of the film of this name.
    pub fn new(folder: &Path, name: &str) -> Self {
        Self(folder.join(name))
    }

    /// How far it is, if it was begun, has latents of so many numbers, and no more than `steps` steps.
    pub fn find(&self, numbers: usize, steps: usize) -> Option<Progress> {
        let file = Safetensors::open(&self.0).ok()?;
        let number = |name: &str| -> Option<usize> { file.metadata().get(name)?.parse().ok() };
        let read = |name: &str| -> Option<Vec<f32>> {
            let values = file.view(name).ok()?.to_f32();
            let is_fine = values.len() == numbers && values.iter().all(|x| x.is_finite());
            is_fine.then_some(values)
        };
        let predictions =
            (0..number("predictions")?.min(3)).map(|at| read(&format!("prediction.{at}")));
        let memory = Memory {
            predictions: predictions.collect::<Option<_>>()?,
            before: match number("predictions")? {
                0 => Vec::new(),
                _ => read("before")?,
            },
            order: number("order")?,
        };
        let taken = number("steps")?;
        (taken <= steps).then_some(Progress {
            steps: taken,
            latents: read("latents")?,
            memory,
        })
    }

    /// Keeps how far it is. What cannot be kept is made again.
    pub fn keep(&self, progress: &Progress) {
        let Some(folder) = self.0.parent() else {
            return;
        };
        let bytes =
            |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|x| x.to_le_bytes()).collect() };
        let Memory {
            predictions,
            before,
            order,
        } = &progress.memory;
        let mut tensors = vec![("latents".to_owned(), bytes(&progress.latents))];
        if !predictions.is_empty() {
            tensors.push(("before".to_owned(), bytes(before)));
        }
        let named = predictions.iter().enumerate();
        tensors.extend(named.map(|(at, values)| (format!("prediction.{at}"), bytes(values))));
        let views = tensors.iter().filter_map(|(name, bytes)| {
            Some((
                name.as_str(),
                View::new(Dtype::F32, vec![bytes.len() / 4], bytes)?,
            ))
        });
        let views: Vec<(&str, View<'_>)> = views.collect();
        let metadata = BTreeMap::from([
            ("steps".to_owned(), progress.steps.to_string()),
            ("order".to_owned(), order.to_string()),
            ("predictions".to_owned(), predictions.len().to_string()),
        ]);
        if std::fs::create_dir_all(folder).is_ok()
            && write_safetensors(&self.0, &views, &metadata).is_ok()
        {
            kept::prune(folder, KEPT_MAX);
        }
    }

    /// Forgets it, once the film is where it belongs.
    pub fn forget(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(steps: usize, predictions: usize) -> Progress {
        Progress {
            steps,
            latents: vec![1.5, -2.0, 0.25],
            memory: Memory {
                predictions: (0..predictions).map(|at| vec![at as f32; 3]).collect(),
                before: match predictions {
                    0 => Vec::new(),
                    _ => vec![0.5; 3],
                },
                order: predictions,
            },
        }
    }

    #[test]
    fn what_is_kept_comes_back_and_what_is_broken_or_of_another_film_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Unfinished::new(&folder.path().join("new"), "a.safetensors");
        assert_eq!(kept.find(3, 9), None);
        for progress in [progress(1, 0), progress(4, 2)] {
            kept.keep(&progress);
            assert_eq!(kept.find(3, 9), Some(progress));
        }
        assert_eq!(kept.find(4, 9), None);
        assert_eq!(kept.find(3, 3), None);
        let bytes = std::fs::read(&kept.0).unwrap();
        for end in (0..bytes.len()).step_by(7) {
            std::fs::write(&kept.0, &bytes[..end]).unwrap();
            assert_eq!(kept.find(3, 9), None);
        }
        kept.forget();
        assert!(!kept.0.exists());
    }

    #[test]
    fn a_few_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..KEPT_MAX + 3 {
            Unfinished::new(folder.path(), &format!("{number}.safetensors")).keep(&progress(1, 0));
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), KEPT_MAX);
        let newest = Unfinished::new(folder.path(), &format!("{}.safetensors", KEPT_MAX + 2));
        assert!(newest.find(3, 1).is_some());
    }
}
