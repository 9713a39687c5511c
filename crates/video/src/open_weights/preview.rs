//! What a film looks like while steps are taken: a picture from its middle, by a tiny decoder that lies in its folder.

use std::path::{Path, PathBuf};

use models::Taew;
use tensor::files::Dtype;
use tensor::{Context, Pool, WeightType};

use super::error::Error;
use super::request::Frame;

/// How the file of such a decoder begins and ends: `taew2_1.safetensors` of Wan 2.1, `taew2_2.safetensors` of Wan 2.2.
const NAME: [&str; 2] = ["taew", ".safetensors"];

/// Makes pictures of what is foretold.
pub(super) struct Previews {
    decoder: Taew,
}

impl Previews {
    /// The tiny decoder that lies in `folder`, whose latents have so many channels; none where none lies there.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(folder: &Path, channels: usize, pool: &Pool) -> Result<Option<Self>, Error> {
        let Some(path) = find(folder) else {
            return Ok(None);
        };
        let decoder = Taew::load(&path, WeightType::As(Dtype::F32), pool)?;
        if decoder.channels() != channels {
            return Err(Error::NotAPipeline {
                path: folder.to_owned(),
                reason: format!(
                    "`{}`, which would show each step, takes {} channels of latents and the autoencoder has {channels}: take it out, or put that of the same release there",
                    path.file_name().unwrap_or_default().display(),
                    decoder.channels(),
                ),
            });
        }
        Ok(Some(Self { decoder }))
    }

    /// The picture in the middle of latents of these frames, rows, columns and channels.
    pub fn middle(
        &self,
        cx: &Context,
        [frames, height, width, channels]: [usize; 4],
        latents: &[f32],
    ) -> Option<Frame> {
        let count = height * width * channels;
        let frame = latents.chunks_exact(count).nth(frames / 2)?;
        let latent = cx.tensor([height, width, channels], frame);
        let mut seen = None;
        self.decoder.decode().push(cx, &latent, &mut |picture| {
            seen = Some(Frame::of(&picture));
        });
        seen
    }
}

/// The first of such files, by their names.
fn find(folder: &Path) -> Option<PathBuf> {
    let is_one = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(NAME[0]) && name.ends_with(NAME[1])
    };
    let entries = folder.read_dir().ok()?.filter_map(Result::ok);
    entries.map(|entry| entry.path()).filter(is_one).min()
}
