//! A folder of weights at work.

mod estimate;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use models::{
    Instants, Lora, Taew, Tiles, Tokenizer, Umt5, WanDecoder, WanEncoder, WanOutline,
    WanTransformer, WanVaeOutline,
};
use serde_json::Value;
use tensor::files::Dtype;
use tensor::{Context, Pool, Tensor, WeightType};

use super::embeddings::Embeddings;
use super::error::Error;
use super::kept;
use super::preview::Previews;
use super::request::{Frame, Request, noise};
use super::sampler::{Sampler, Steps};
use super::unfinished::{Progress, Unfinished};
use super::words::tokens;
use crate::chance::Chance;

pub use estimate::Estimate;

/// How weights are held and used.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How the matrices of the transformer's blocks are held: bfloat16 unless said otherwise, `Q8_0` for half of
    /// that, `Q4_0` for a quarter, f32 for comparisons.
    pub weights: WeightType,
    /// How those of the text encoder are held, one layer at a time.
    pub text: WeightType,
    /// How the kernels of the autoencoder are held.
    pub kernels: WeightType,
    /// Adapters that are added to the transformer, and how strongly.
    pub adapters: Vec<(PathBuf, f32)>,
    /// How steps are taken, where not as the folder says.
    pub sampler: Option<Sampler>,
    /// Where encoded texts are kept; nowhere when none.
    pub embeddings: Option<PathBuf>,
    /// Where latents of films that are not done are kept after each step, so that whoever is interrupted goes on from there; nowhere when
    /// none.
    pub unfinished: Option<PathBuf>,
    /// A tiny decoder to make pictures with, in place of the folder's own.
    pub tiny: Option<PathBuf>,
    /// Tiles in which pictures are decoded.
    pub tiles: Option<Tiles>,
    /// Tokens to which texts are filled up.
    pub text_tokens: usize,
    /// Whether the transformer stays in memory while pictures are decoded, and for the next film.
    pub keeps_transformer: bool,
    /// Bytes of memory that may be used; as many as there are when none.
    pub memory_bytes_max: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            weights: WeightType::As(Dtype::Bf16),
            text: WeightType::As(Dtype::Bf16),
            kernels: WeightType::As(Dtype::F32),
            adapters: Vec::new(),
            sampler: None,
            embeddings: None,
            unfinished: None,
            tiny: None,
            tiles: None,
            text_tokens: 512,
            keeps_transformer: false,
            memory_bytes_max: None,
        }
    }
}

/// A folder that makes films. Weights are read when they are needed.
pub struct Pipeline {
    folder: PathBuf,
    options: Options,
    pool: Arc<Pool>,
    sampler: Sampler,
    /// Whether each token may be at its own moment, so that a first picture can be given.
    has_own_moments: bool,
    transformer: WanOutline,
    vae: WanVaeOutline,
    previews: Option<Previews>,
    loaded: Option<WanTransformer>,
}

/// Told of a step that was taken, from 1, of how many there are, and of what shows the film as it is by then.
pub type EachStep<'a> = dyn FnMut(usize, usize, &dyn Fn() -> Option<Frame>) + 'a;

/// Who looks on while a film is made.
pub struct Watch<'a> {
    /// Asked between the layers of each network whether to go on.
    pub keeps_going: &'a dyn Fn() -> bool,
    /// Told of each step, and may ask what the film looks like: that is known where a tiny decoder lies in the folder.
    pub each_step: &'a mut EachStep<'a>,
    /// Given each picture, with its number from 0.
    pub each_frame: &'a mut dyn FnMut(usize, Frame),
}

/// Latents of a film that is being made.
struct Latents {
    /// Frames, rows, columns and channels.
    shape: [usize; 4],
    values: Vec<f32>,
    /// Those of the first frame, where it is given.
    first: Option<Vec<f32>>,
}

impl Pipeline {
    /// Opens the folder of a pipeline. What its parts are is read, their weights are not.
    ///
    /// # Errors
    /// When it holds no pipeline that makes films here, or a part of it is not there.
    pub fn open(folder: &Path, options: Options, pool: &Arc<Pool>) -> Result<Self, Error> {
        let refused = |reason: String| Error::NotAPipeline {
            path: folder.to_owned(),
            reason,
        };
        let read = |name: &str| -> Result<Value, Error> {
            let path = folder.join(name);
            let text = std::fs::read(&path)
                .map_err(|source| refused(format!("`{name}` cannot be read: {source}")))?;
            serde_json::from_slice(&text).map_err(|error| refused(format!("`{name}`: {error}")))
        };
        let index = read("model_index.json")?;
        let class = index["_class_name"].as_str().unwrap_or_default();
        if !["WanPipeline", "WanImageToVideoPipeline", "WanDMDPipeline"].contains(&class) {
            return Err(refused(format!("`model_index.json` is of a `{class}`")));
        }
        if index["transformer_2"][1].is_string() || index["boundary_ratio"].is_number() {
            return Err(refused(
                "it takes two transformers by turns, which are not known here".to_owned(),
            ));
        }
        let sampler = match options.sampler.clone() {
            Some(sampler) => sampler,
            None => {
                Sampler::of_config(&read("scheduler/scheduler_config.json")?).map_err(refused)?
            }
        };
        let transformer = WanOutline::read(&folder.join("transformer"), options.weights)?;
        let vae = WanVaeOutline::read(&folder.join("vae"), options.kernels)?;
        let channels = transformer.channels();
        if channels != [vae.channels(); 2] {
            return Err(refused(format!(
                "its transformer takes {} channels of latents and gives {}, its autoencoder has {}",
                channels[0],
                channels[1],
                vae.channels()
            )));
        }
        if !options.adapters.is_empty() {
            let adapters = adapters(&options)?;
            WanTransformer::check_adapters(&folder.join("transformer"), &adapters)?;
        }
        Ok(Self {
            previews: Previews::open(folder, vae.channels(), pool)?,
            folder: folder.to_owned(),
            options,
            pool: Arc::clone(pool),
            sampler,
            has_own_moments: index["expand_timesteps"] == true,
            transformer,
            vae,
            loaded: None,
        })
    }

    /// Checks that all weights are there and of the right shapes, without reading them.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), Error> {
        Umt5::open(&self.folder.join("text_encoder"), &self.pool)?.check()?;
        WanTransformer::check(&self.folder.join("transformer"), &self.pool)?;
        WanVaeOutline::check(&self.folder.join("vae"), &self.pool)?;
        Ok(())
    }

    /// Adapters that are added, and how strongly.
    pub fn adapters(&self) -> &[(PathBuf, f32)] {
        &self.options.adapters
    }

    /// Whether a film may begin with a given picture.
    pub fn takes_a_first_picture(&self) -> bool {
        self.has_own_moments
    }

    /// Makes a film. Pictures come one after the other, so that memory does not grow with its length.
    ///
    /// # Errors
    /// When it cannot be made, or was called off.
    pub fn film(&mut self, request: &Request, watch: &mut Watch<'_>) -> Result<(), Error> {
        self.check()?;
        self.fitting(request)?;
        let cx = Context::new(Arc::clone(&self.pool));
        let mut latents = self.begin(&cx, request, watch)?;
        let mut steps = self.sampler.steps(request.steps).map_err(Error::Refused)?;
        let unfinished = self.unfinished(request);
        let mut taken = 0;
        let found = unfinished
            .as_ref()
            .and_then(|kept| kept.find(latents.values.len(), steps.count()));
        if let Some(found) = found {
            (taken, latents.values) = (found.steps, found.latents);
            steps.remember(found.memory);
            (watch.each_step)(taken, steps.count(), &|| None);
        }
        if taken < steps.count() {
            let texts = self.texts(&cx, request, watch)?;
            cx.trim();
            let kept = unfinished.as_ref();
            self.denoise(
                &cx,
                (request, &texts),
                (&mut steps, taken),
                &mut latents,
                (watch, kept),
            )?;
        }
        latents.values = latents.seen();
        if !self.options.keeps_transformer {
            self.loaded = None;
        }
        cx.trim();
        self.decode(&cx, &latents, watch)
    }

    /// Whether a film that is interrupted goes on from its last step.
    pub fn keeps_unfinished(&self) -> bool {
        self.options.unfinished.is_some()
    }

    /// Forgets how far a film was, once it is where it belongs.
    pub fn forget(&self, request: &Request) {
        if let Some(unfinished) = self.unfinished(request) {
            unfinished.forget();
        }
    }

    /// Where the latents of a film are kept: by all that they follow from.
    fn unfinished(&self, request: &Request) -> Option<Unfinished> {
        let folder = self.options.unfinished.as_ref()?;
        let parts =
            ["text_encoder", "transformer", "vae"].map(|part| kept::facts(&self.folder.join(part)));
        let adapters = self.options.adapters.iter();
        let adapters: Vec<String> = adapters
            .map(|(path, strength)| format!("{} {strength}", kept::facts(path)))
            .collect();
        let held = format!(
            "{:?} {:?} {:?} {} {:?}",
            self.options.weights,
            self.options.text,
            self.options.kernels,
            self.options.text_tokens,
            self.sampler
        );
        let facts = parts.iter().chain(&adapters).map(String::as_bytes);
        let asked = request.facts();
        let name = kept::name(facts.chain([held.as_bytes(), &asked]));
        Some(Unfinished::new(folder, &name))
    }

    /// Frames, rows, columns and channels of latents for a request.
    fn latent_shape(&self, request: &Request) -> Result<[usize; 4], Error> {
        let [_, rows, columns] = self.transformer.patch();
        let (spatial, temporal) = (self.vae.spatial(), self.vae.temporal());
        let height = request.height / (spatial * rows) * rows;
        let width = request.width / (spatial * columns) * columns;
        let frames = request.frames.saturating_sub(1) / temporal + 1;
        let most = self.transformer.positions_max();
        if height == 0 || width == 0 || request.frames == 0 {
            let least = [spatial * columns, spatial * rows];
            let flaw = format!(
                "it has no picture of {} × {} pixels at least",
                least[0], least[1]
            );
            return Err(Error::Refused(flaw));
        }
        if frames > most || height / rows > most || width / columns > most {
            let flaw =
                format!("no more than {most} patches may lie in a row, or follow each other");
            return Err(Error::Refused(flaw));
        }
        if request.first.is_some() && !self.has_own_moments {
            return Err(Error::Refused(
                "these weights cannot begin with a given picture".to_owned(),
            ));
        }
        Ok([frames, height, width, self.vae.channels()])
    }

    /// Noise, and the first frame where it is given.
    fn begin(&self, cx: &Context, request: &Request, watch: &Watch<'_>) -> Result<Latents, Error> {
        let shape = self.latent_shape(request)?;
        let count = shape.iter().product();
        let values = match &request.noise {
            Some(noise) if noise.len() == count => noise.clone(),
            Some(noise) => {
                let flaw = format!(
                    "its noise is {} numbers, of which it has {count}",
                    noise.len()
                );
                return Err(Error::Refused(flaw));
            }
            None => noise(&mut Chance::new(request.seed, 0), count),
        };
        let Some(picture) = &request.first else {
            return Ok(Latents {
                shape,
                values,
                first: None,
            });
        };
        let encoder = WanEncoder::load(&self.folder.join("vae"), self.options.kernels, &self.pool)?;
        let [height, width] = [shape[1], shape[2]].map(|length| length * self.vae.spatial());
        let picture = match (picture.width, picture.height) == (width, height) {
            true => picture.clone(),
            false => picture.scaled(width, height),
        };
        let numbers: Vec<f32> = picture
            .bytes
            .iter()
            .map(|x| f32::from(*x) / 255.0 * 2.0 - 1.0)
            .collect();
        let picture = cx.tensor([height, width, 3], &numbers);
        let first = encoder.encode(cx, &[picture], watch.keeps_going)?;
        Ok(Latents {
            shape,
            values,
            first: Some(first.values().to_vec()),
        })
    }

    /// The states of the words, and of those against them where guidance asks for it.
    fn texts(
        &self,
        cx: &Context,
        request: &Request,
        watch: &Watch<'_>,
    ) -> Result<Vec<Tensor>, Error> {
        let folder = self.folder.join("text_encoder");
        let tokenizer = Tokenizer::open(&self.folder.join("tokenizer"))?;
        let words = [&request.prompt, &request.negative];
        let count = if request.guidance > 1.0 { 2 } else { 1 };
        let texts = words[..count]
            .iter()
            .map(|words| tokens(&tokenizer, words, self.options.text_tokens));
        let texts: Vec<Vec<u32>> = texts.collect();
        drop(tokenizer);
        let kept = self
            .options
            .embeddings
            .as_ref()
            .map(|kept| Embeddings::new(kept, &folder));
        let (width, held) = (
            self.transformer.text_width(),
            format!("{:?}", self.options.text),
        );
        let find = |ids: &[u32]| kept.as_ref()?.find(ids, width, &held);
        let found: Option<Vec<Vec<f32>>> = texts.iter().map(|ids| find(ids)).collect();
        if let Some(found) = found {
            let pairs = texts.iter().zip(found);
            return Ok(pairs
                .map(|(ids, states)| cx.tensor([ids.len(), width], &states))
                .collect());
        }
        let encoder = Umt5::open(&folder, &self.pool)?;
        let ids: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let states = encoder.encode(cx, &ids, self.options.text, watch.keeps_going)?;
        for (ids, states) in texts.iter().zip(&states) {
            if let Some(kept) = &kept {
                kept.keep(ids, states.values(), &held);
            }
        }
        Ok(states)
    }

    /// Takes all steps.
    fn denoise(
        &mut self,
        cx: &Context,
        (request, texts): (&Request, &[Tensor]),
        (steps, taken): (&mut Steps, usize),
        latents: &mut Latents,
        (watch, unfinished): (&mut Watch<'_>, Option<&Unfinished>),
    ) -> Result<(), Error> {
        let model = match self.loaded.take() {
            Some(model) => model,
            None => WanTransformer::load(
                &self.folder.join("transformer"),
                self.options.weights,
                &adapters(&self.options)?,
                &self.pool,
            )?,
        };
        let (model, previews) = (self.loaded.insert(model), self.previews.as_ref());
        let texts: Vec<_> = texts
            .iter()
            .map(|text| model.text(cx, text, self.options.text_tokens))
            .collect();
        let count = latents.values.len();
        for step in taken..steps.count() {
            let x = cx.tensor(latents.shape, &latents.seen());
            let rest = steps.moments[step];
            let instants = Instants {
                first: latents.first.as_ref().map(|_| 0.0),
                rest,
            };
            let said = model.velocity(cx, &x, instants, &texts[0], watch.keeps_going)?;
            let mut velocity = said.values().to_vec();
            if let Some(against) = texts.get(1) {
                let against = model.velocity(cx, &x, instants, against, watch.keeps_going)?;
                let pairs = velocity.iter_mut().zip(against.values());
                pairs.for_each(|(with, without)| {
                    *with = without + request.guidance * (*with - without)
                });
            }
            steps.take(step, &mut latents.values, &velocity, &mut || {
                noise(&mut Chance::new(request.seed, 1 + step as u64), count)
            });
            if !latents.values.iter().all(|x| x.is_finite()) {
                return Err(Error::NotFinite { step: step + 1 });
            }
            if let Some(unfinished) = unfinished {
                unfinished.keep(&Progress {
                    steps: step + 1,
                    latents: latents.values.clone(),
                    memory: steps.memory().clone(),
                });
            }
            let film = || {
                let pairs = x.values().iter().zip(&velocity);
                let film: Vec<f32> = pairs
                    .map(|(x, said)| x - steps.sigmas[step] * said)
                    .collect();
                previews?.middle(cx, latents.shape, &film)
            };
            (watch.each_step)(step + 1, steps.count(), &film);
        }
        Ok(())
    }

    /// Decodes latents, frame by frame.
    fn decode(&self, cx: &Context, latents: &Latents, watch: &mut Watch<'_>) -> Result<(), Error> {
        let [_, height, width, channels] = latents.shape;
        let frames = latents.values.chunks_exact(height * width * channels);
        let frames = frames.map(|frame| cx.tensor([height, width, channels], frame));
        let mut number = 0;
        let each_frame = &mut watch.each_frame;
        let mut each = |picture: Tensor| {
            each_frame(number, Frame::of(&picture));
            number += 1;
        };
        if let Some(path) = &self.options.tiny {
            let decoder = Taew::load(path, self.options.kernels, &self.pool)?;
            if decoder.channels() != channels {
                let flaw = format!(
                    "the tiny decoder takes {} channels, not {channels}",
                    decoder.channels()
                );
                return Err(Error::Refused(flaw));
            }
            let mut decoding = decoder.decode();
            for frame in frames {
                if !(watch.keeps_going)() {
                    return Err(Error::Stopped);
                }
                decoding.push(cx, &frame, &mut each);
            }
            return Ok(());
        }
        let decoder = WanDecoder::load(&self.folder.join("vae"), self.options.kernels, &self.pool)?;
        let mut decoding = decoder.decode([height, width], self.options.tiles);
        for frame in frames {
            decoding.push(cx, &frame, watch.keeps_going, &mut each)?;
        }
        Ok(())
    }
}

impl Latents {
    /// What the network sees: with the first frame as it was given.
    fn seen(&self) -> Vec<f32> {
        let mut values = self.values.clone();
        if let Some(first) = &self.first {
            values[..first.len()].copy_from_slice(first);
        }
        values
    }
}

/// The adapters that are to be added.
fn adapters(options: &Options) -> Result<Vec<Lora>, Error> {
    let all = options.adapters.iter();
    let opened = all.map(|(path, strength)| Lora::open(path, *strength));
    Ok(opened.collect::<Result<_, _>>()?)
}
