//! The autoencoders of Wan 2.1 and 2.2: films to latents and back, frame by frame.
//!
//! Convolutions look at the two frames before, never ahead, so that a film is decoded as a stream whose memory does
//! not grow with its length. Frames lie as `[height, width, channels]`; pictures are `[height, width, 3]` from -1
//! to 1. Latents are what the transformer sees: their mean is taken off, and they are divided by their deviation.
//! Source: Wan Team 2025.

pub(crate) mod causal;
mod decoder;
mod encoder;
pub(crate) mod patches;
mod residual;
mod tiles;

use std::path::Path;

use tensor::files::Dtype;
use tensor::ops::linear;
use tensor::{Context, Pool, Tensor, Weight, WeightType};

use crate::error::Error;
use crate::part::{self, Part};
use crate::settings::Settings;
use causal::Past;
use decoder::Decoder;
use encoder::Encoder;
use tiles::Grid;
pub use tiles::Tiles;

/// The half of an autoencoder that makes pictures of latents.
pub struct WanDecoder {
    config: Config,
    decoder: Decoder,
    before: Weight,
}

/// The half that makes latents of pictures. A film has them one after the other, so they need not be held together.
pub struct WanEncoder {
    config: Config,
    encoder: Encoder,
    after: Weight,
}

/// Its sizes.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    base: usize,
    decoder_base: usize,
    latent: usize,
    multiples: Vec<usize>,
    blocks: usize,
    /// Whether each halving of pictures on the way to latents halves time as well.
    halves_time: Vec<bool>,
    is_residual: bool,
    pixel_channels: usize,
    /// Rows and columns of pixels that are channels of one.
    patch: usize,
    spatial: usize,
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl WanDecoder {
    /// Loads it from the folder of an autoencoder, as `diffusers` keeps it, with kernels held as `held`, in floats.
    ///
    /// # Errors
    /// When it is not there, is of another kind, or a weight cannot be used.
    pub fn load(folder: &Path, held: WeightType, pool: &Pool) -> Result<Self, Error> {
        let checkpoint = part::open(folder)?;
        Self::of(&Part::new(&checkpoint, &[], pool)?, held)
    }

    fn of(part: &Part<'_>, held: WeightType) -> Result<Self, Error> {
        let (config, held) = (Config::read(&part.settings)?, in_floats(held));
        Ok(Self {
            decoder: Decoder::load(part, &config, held)?,
            before: part.conv("post_quant_conv", [config.latent; 2], &[1, 1, 1], held)?,
            config,
        })
    }

    /// Begins to decode latents of `[height, width]`, in tiles where they are given.
    pub fn decode(&self, size: [usize; 2], tiles: Option<Tiles>) -> Decoding<'_> {
        let grid = Grid::new(size, tiles, self.config.spatial, self.config.patch);
        let pasts = (0..grid.count()).map(|_| self.decoder.past()).collect();
        Decoding {
            vae: self,
            grid,
            pasts,
        }
    }
}

impl WanEncoder {
    /// Loads it as [`WanDecoder::load`] does.
    ///
    /// # Errors
    /// As there, and when the folder holds a decoder alone.
    pub fn load(folder: &Path, held: WeightType, pool: &Pool) -> Result<Self, Error> {
        let checkpoint = part::open(folder)?;
        let part = Part::new(&checkpoint, &[], pool)?;
        if !is_whole(&part) {
            return Err(Error::Config(
                "its autoencoder has no encoder, which a first picture needs".into(),
            ));
        }
        Self::of(&part, held)
    }

    fn of(part: &Part<'_>, held: WeightType) -> Result<Self, Error> {
        let (config, held) = (Config::read(&part.settings)?, in_floats(held));
        let moments = [2 * config.latent; 2];
        Ok(Self {
            encoder: Encoder::load(part, &config, held)?,
            after: part.conv("quant_conv", moments, &[1, 1, 1], held)?,
            config,
        })
    }

    /// The latents `[frames, height, width, channels]` of pictures: the first alone, then each group of
    /// [`temporal`](WanVaeOutline::temporal). `keeps_going` is asked before each group.
    ///
    /// # Errors
    /// [`Error::Stopped`] when it does not.
    ///
    /// # Panics
    /// When there are no pictures or a group is not whole, or they are of no whole latents.
    pub fn encode(
        &self,
        cx: &Context,
        pictures: &[Tensor],
        keeps_going: &dyn Fn() -> bool,
    ) -> Result<Tensor, Error> {
        let group = self.config.temporal();
        assert!(
            pictures.len() % group == 1 % group,
            "one picture, then groups of {group}"
        );
        let mut past = self.encoder.past();
        let (mut made, mut size) = (Vec::new(), [0, 0]);
        let groups = std::iter::once(&pictures[..1]).chain(pictures[1..].chunks(group));
        for pictures in groups {
            if !keeps_going() {
                return Err(Error::Stopped);
            }
            let patches = pictures
                .iter()
                .map(|picture| patches::of_picture(cx, picture, self.config.patch));
            for latent in self.encoder.push(cx, patches.collect(), &mut past) {
                let moments = linear(cx, &latent, &self.after);
                size = [moments.shape()[0], moments.shape()[1]];
                for row in moments.values().chunks_exact(2 * self.config.latent) {
                    let scales = self.config.mean.iter().zip(&self.config.deviation);
                    made.extend(
                        row.iter()
                            .zip(scales)
                            .map(|(x, (mean, by))| (x - mean) * (1.0 / by)),
                    );
                }
            }
        }
        let [height, width] = size;
        let frames = made.len() / (height * width * self.config.latent);
        Ok(cx.tensor([frames, height, width, self.config.latent], &made))
    }
}

/// Whether there is an encoder, too.
fn is_whole(part: &Part<'_>) -> bool {
    part.has("encoder.conv_in.weight")
}

/// How kernels are held, which are small: pictures show what is lost.
fn in_floats(held: WeightType) -> WeightType {
    match held {
        WeightType::As(dtype) if dtype.is_quantised() => WeightType::As(Dtype::Bf16),
        held => held,
    }
}

/// What a folder holds, before its weights are read.
pub struct WanVaeOutline {
    config: Config,
    weights_bytes: usize,
    /// Numbers of the decoder's kernels that are used at each size, from that of latents on.
    numbers: Vec<usize>,
}

impl WanVaeOutline {
    /// Checks that all weights of a folder are there and of the right shapes, without reading them.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(folder: &Path, pool: &Pool) -> Result<(), Error> {
        let checkpoint = part::open(folder)?;
        let part = Part::new(&checkpoint, &[], pool)?.dry();
        WanDecoder::of(&part, WeightType::Stored)?;
        if is_whole(&part) {
            WanEncoder::of(&part, WeightType::Stored)?;
        }
        Ok(())
    }

    /// Reads the folder of an autoencoder whose kernels would be held as `held`.
    ///
    /// # Errors
    /// When it is not there, or is of another kind.
    pub fn read(folder: &Path, held: WeightType) -> Result<Self, Error> {
        let checkpoint = part::open(folder)?;
        let config = Config::read(&part::settings(&checkpoint)?)?;
        let (mut weights_bytes, mut numbers) = (0, vec![0; config.multiples.len()]);
        let of_encoder = ["encoder.", "quant_conv."];
        let is_of_decoder = |name: &&str| !of_encoder.iter().any(|part| name.starts_with(part));
        for name in checkpoint.names().filter(is_of_decoder) {
            let view = checkpoint.view(name)?;
            let bytes = held.held(view.dtype, 1).block_bytes();
            weights_bytes += view.len() * bytes;
            numbers[stage_of(name).min(config.multiples.len() - 1)] += view.len();
        }
        Ok(Self {
            config,
            weights_bytes,
            numbers,
        })
    }

    /// Bytes of the weights that pictures are made with.
    pub fn weights_bytes(&self) -> usize {
        self.weights_bytes
    }

    /// Channels of latents.
    pub fn channels(&self) -> usize {
        self.config.latent
    }

    /// Rows, and columns, of pixels for each of latents.
    pub fn spatial(&self) -> usize {
        self.config.spatial
    }

    /// Frames for each of latents but the first, which is one frame.
    pub fn temporal(&self) -> usize {
        1 << self
            .config
            .halves_time
            .iter()
            .filter(|halves| **halves)
            .count()
    }

    /// Operations that decoding latents of so many frames, rows and columns takes, about; each multiplication and each addition is one.
    pub fn decoding_operations(&self, [frames, height, width]: [usize; 3]) -> f64 {
        let (mut operations, mut pictures) = (0.0, frames);
        for (stage, numbers) in self.numbers.iter().enumerate() {
            let places = (height * width) << (2 * stage);
            operations += 2.0 * *numbers as f64 * places as f64 * pictures as f64;
            // The last halving on the way to latents is the first doubling on the way back.
            let doubles = self.config.halves_time.iter().rev().nth(stage) == Some(&true);
            if doubles {
                pictures = pictures.saturating_sub(1) * 2 + 1;
            }
        }
        operations
    }

    /// Bytes that decoding pictures of so many pixels needs, about: what convolutions remember, and a frame on its
    /// way.
    pub fn decoding_bytes(&self, [height, width]: [usize; 2]) -> usize {
        let pixels = height * width / (self.config.patch * self.config.patch);
        // At full size there are so many convolutions of that width, at half size as many of twice the width.
        let convolutions = 2 * (self.config.blocks + 1) + 1;
        let row = self.config.decoder_base * self.config.multiples[0];
        pixels * row * (2 * convolutions * 2 + 6) * size_of::<f32>()
    }
}

/// At which size a kernel of the decoder is used: doubled so many times.
fn stage_of(name: &str) -> usize {
    if name.starts_with("decoder.conv_out") {
        return usize::MAX;
    }
    let Some(rest) = name.strip_prefix("decoder.up_blocks.") else {
        return 0;
    };
    let stage = rest.split('.').next().and_then(|stage| stage.parse().ok());
    stage.unwrap_or(0) + usize::from(rest.contains(".resample."))
}

/// A film that is being decoded.
pub struct Decoding<'a> {
    vae: &'a WanDecoder,
    grid: Grid,
    /// What convolutions remember, for each tile.
    pasts: Vec<Past>,
}

impl Decoding<'_> {
    /// Decodes the next latent frame `[height, width, channels]` to pictures, which `each` gets in order: one of the
    /// first, then as many as there are in a group. `keeps_going` is asked between parts of the network.
    ///
    /// # Errors
    /// [`Error::Stopped`] when it does not.
    ///
    /// # Panics
    /// When the frame is of another size.
    pub fn push(
        &mut self,
        cx: &Context,
        latent: &Tensor,
        keeps_going: &dyn Fn() -> bool,
        each: &mut dyn FnMut(Tensor),
    ) -> Result<(), Error> {
        let Config {
            mean,
            deviation,
            latent: channels,
            patch,
            ..
        } = &self.vae.config;
        let rows = latent.values().chunks_exact(*channels);
        let scales = || mean.iter().zip(deviation);
        let values: Vec<f32> = rows
            .flat_map(|row| {
                row.iter()
                    .zip(scales())
                    .map(|(x, (mean, by))| x * by + mean)
            })
            .collect();
        let x = linear(cx, &cx.tensor(latent.shape(), &values), &self.vae.before);
        let decoder = &self.vae.decoder;
        if self.grid.count() == 1 {
            return decoder.push(cx, x, &mut self.pasts[0], keeps_going, &mut |frame| {
                each(patches::picture(cx, &frame, *patch));
            });
        }
        let mut decoded = Vec::with_capacity(self.grid.count());
        for (part, past) in self.grid.parts().zip(&mut self.pasts) {
            let mut frames = Vec::new();
            let tile = self.grid.cut(cx, &x, &part);
            decoder.push(cx, tile, past, keeps_going, &mut |frame| frames.push(frame))?;
            decoded.push(frames);
        }
        let count = decoded.first().map_or(0, Vec::len);
        for frame in 0..count {
            let tiles = decoded.iter().map(|frames| &frames[frame]);
            let whole = self.grid.joined(cx, tiles);
            each(patches::picture(cx, &whole, *patch));
        }
        Ok(())
    }
}

impl Config {
    fn read(settings: &Settings) -> Result<Self, Error> {
        let class = settings.word_if("_class_name")?.unwrap_or_default();
        if class != "AutoencoderKLWan" {
            return Err(Error::UnknownArchitecture(class.to_owned()));
        }
        let base = settings.count_if("base_dim")?.unwrap_or(96);
        let multiples = settings
            .numbers_if("dim_mult")?
            .unwrap_or(vec![1.0, 2.0, 4.0, 4.0]);
        let scales = settings.numbers_if("attn_scales")?.unwrap_or_default();
        let halves: Vec<bool> = match settings
            .get("temperal_downsample")
            .and_then(|list| list.as_array())
        {
            Some(list) => list.iter().filter_map(serde_json::Value::as_bool).collect(),
            None => vec![false, true, true],
        };
        let floats = |key| -> Result<Vec<f32>, Error> {
            Ok(settings
                .numbers_if(key)?
                .unwrap_or_default()
                .iter()
                .map(|x| *x as f32)
                .collect())
        };
        let config = Self {
            base,
            decoder_base: settings.count_if("decoder_base_dim")?.unwrap_or(base),
            latent: settings.count("z_dim")?,
            multiples: multiples.iter().map(|x| *x as usize).collect(),
            blocks: settings.count_if("num_res_blocks")?.unwrap_or(2),
            halves_time: halves,
            is_residual: settings.is_on("is_residual")?,
            pixel_channels: settings.count_if("out_channels")?.unwrap_or(3),
            patch: settings.count_if("patch_size")?.unwrap_or(1),
            spatial: settings.count_if("scale_factor_spatial")?.unwrap_or(8),
            mean: floats("latents_mean")?,
            deviation: floats("latents_std")?,
        };
        let widest = config.multiples.last().copied().unwrap_or(0);
        let is_fine = scales.is_empty()
            && (2..=8).contains(&config.multiples.len())
            && config.halves_time.len() + 1 == config.multiples.len()
            && (1..=4096).contains(&config.latent)
            && [&config.mean, &config.deviation]
                .iter()
                .all(|list| list.len() == config.latent)
            && config.deviation.iter().all(|by| *by > 0.0)
            && (1..=16).contains(&config.blocks)
            && (1..=4).contains(&config.patch)
            && config.pixel_channels == 3 * config.patch * config.patch
            && config.spatial == config.patch << config.halves_time.len()
            && [base, config.decoder_base]
                .iter()
                .all(|base| (1..=4096).contains(base) && (base * widest) % 16 == 0);
        match is_fine {
            true => Ok(config),
            false => Err(Error::Config(format!(
                "an autoencoder of {config:?} cannot be"
            ))),
        }
    }

    /// Frames for each of latents but the first.
    fn temporal(&self) -> usize {
        1 << self.halves_time.iter().filter(|halves| **halves).count()
    }

    /// Whether doubling number `at` on the way to pictures doubles time as well.
    fn doubles_time(&self, at: usize) -> bool {
        self.halves_time[self.halves_time.len() - 1 - at]
    }
}
