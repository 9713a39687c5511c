//! The parts of Wan compute what `diffusers` does.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use models::{
    Instants, Lora, Special, Taew, Tiles, Tokenizer, Umt5, WanDecoder, WanEncoder, WanTransformer,
};
use tensor::files::{Dtype, Safetensors};
use tensor::{Context, Pool, Tensor, WeightType};

const F32: WeightType = WeightType::As(Dtype::F32);

/// A pipeline of the reference, and what it computes.
struct Case {
    folder: PathBuf,
    golden: Safetensors,
    pool: Arc<Pool>,
    cx: Context,
}

impl Case {
    fn of(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../fixtures/wan")
            .join(name);
        // Networks of so few numbers give threads nothing to share.
        let pool = Arc::new(Pool::new(NonZeroUsize::MIN));
        Self {
            golden: Safetensors::open(folder.join("golden.safetensors")).expect("golden outputs"),
            folder,
            cx: Context::new(Arc::clone(&pool)),
            pool,
        }
    }

    fn golden(&self, name: &str) -> Vec<f32> {
        self.golden.view(name).expect("a golden output").to_f32()
    }

    /// A film `[channels, frames, height, width]` of the reference as ours, channels last.
    fn film(&self, name: &str) -> Tensor {
        let view = self.golden.view(name).expect("a golden film");
        let &[channels, frames, height, width] = &view.shape[..] else {
            panic!("`{name}` is no film");
        };
        let (from, places) = (view.to_f32(), frames * height * width);
        let values: Vec<f32> = (0..places)
            .flat_map(|at| (0..channels).map(move |c| c * places + at))
            .map(|at| from[at])
            .collect();
        self.cx.tensor([frames, height, width, channels], &values)
    }

    fn transformer(&self, held: WeightType, loras: &[Lora]) -> WanTransformer {
        WanTransformer::load(&self.folder.join("transformer"), held, loras, &self.pool)
            .expect("a transformer")
    }

    fn decoder(&self) -> WanDecoder {
        WanDecoder::load(&self.folder.join("vae"), F32, &self.pool).expect("an autoencoder")
    }

    /// The states of the golden prompt.
    fn prompt(&self) -> Tensor {
        let case = Case::of("t2v");
        let text = case.golden("text.prompt");
        self.cx.tensor([48, 32], &text)
    }

    /// What a film's pictures are in the reference's order, of which it kept some.
    fn decoded(&self, latents: &Tensor, tiles: Option<Tiles>) -> Vec<f32> {
        let vae = self.decoder();
        let mut pictures = Vec::new();
        let shape = latents.shape();
        let mut decoding = vae.decode([shape[1], shape[2]], tiles);
        for frame in 0..shape[0] {
            let frame = latents
                .slice(frame..frame + 1)
                .reshape([shape[1], shape[2], shape[3]]);
            // The reference's decoder takes latents as the network has them.
            let raw = self.raw(&frame);
            decoding
                .push(&self.cx, &raw, &|| true, &mut |picture| {
                    pictures.push(picture)
                })
                .expect("nobody stops it");
        }
        let places = pictures[0].rows();
        let all = (0..3).flat_map(|c| {
            pictures
                .iter()
                .flat_map(move |picture| (0..places).map(move |at| picture.row(at)[c]))
        });
        all.step_by(7).collect()
    }

    /// Latents from which the autoencoder makes `latents` before it decodes them.
    fn raw(&self, latents: &Tensor) -> Tensor {
        let text =
            std::fs::read_to_string(self.folder.join("vae/config.json")).expect("a configuration");
        let config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let list = |key: &str| -> Vec<f32> {
            let list = config[key].as_array().expect("a list").iter();
            list.map(|x| x.as_f64().expect("a number") as f32).collect()
        };
        let (mean, by) = (list("latents_mean"), list("latents_std"));
        let rows = latents.values().chunks_exact(mean.len());
        let values: Vec<f32> = rows
            .flat_map(|row| {
                (0..row.len())
                    .map(|at| (row[at] - mean[at]) / by[at])
                    .collect::<Vec<_>>()
            })
            .collect();
        self.cx.tensor(latents.shape(), &values)
    }
}

/// The largest difference.
fn error(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn near(ours: &[f32], theirs: &[f32]) {
    let error = error(ours, theirs);
    assert!(error <= 1e-5, "{error:e}");
}

#[test]
fn the_text_encoder_agrees_on_tokens_and_states() {
    let case = Case::of("t2v");
    let tokenizer = Tokenizer::open(&case.folder.join("tokenizer")).unwrap();
    let encoder = Umt5::open(&case.folder.join("text_encoder"), &case.pool).unwrap();
    let prompt = "A red fox runs over fresh snow, towards the old forest & the river, while the sun goes down slowly in a calm winter evening.";
    let ids = tokenizer.encode_framed(prompt, Special::AsText);
    let golden: Vec<u32> = case
        .golden("text.ids")
        .iter()
        .map(|id| *id as u32)
        .collect();
    assert_eq!(ids, golden);
    let negative = tokenizer.encode_framed("blurred, static", Special::AsText);
    let cut = match ids.len() {
        0..=48 => ids,
        _ => [&ids[..47], &[1]].concat(),
    };
    let states = encoder
        .encode(&case.cx, &[&cut, &negative], F32, &|| true)
        .unwrap();
    for (states, name) in states.iter().zip(["text.prompt", "text.negative"]) {
        let theirs = case.golden(name);
        let (text, filled) = theirs.split_at(states.values().len());
        near(states.values(), text);
        assert!(filled.iter().all(|x| *x == 0.0));
    }
}

#[test]
fn the_transformer_agrees_block_by_block() {
    for (name, first, rest) in [("t2v", None, 937.0), ("ti2v", Some(0.0), 641.0)] {
        let case = Case::of(name);
        let model = case.transformer(F32, &[]);
        let text = model.text(&case.cx, &case.prompt(), 48);
        let blocks = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&blocks);
        case.cx
            .observe(move |_, x| seen.borrow_mut().push(x.values().to_vec()));
        let instants = Instants { first, rest };
        let out = model
            .velocity(
                &case.cx,
                &case.film("dit.latents"),
                instants,
                &text,
                &|| true,
            )
            .unwrap();
        for (number, block) in blocks.borrow().iter().enumerate() {
            near(block, &case.golden(&format!("dit.block.{number}")));
        }
        near(out.values(), case.film("dit.out").values());
    }
}

#[test]
fn adapters_are_added_in_both_spellings() {
    let case = Case::of("t2v");
    for name in ["diffusers", "first"] {
        let lora = Lora::open(
            &case.folder.join(format!("../lora/{name}.safetensors")),
            0.5,
        )
        .unwrap();
        let model = case.transformer(F32, &[lora]);
        let text = model.text(&case.cx, &case.prompt(), 48);
        let instants = Instants {
            first: None,
            rest: 937.0,
        };
        let out = model
            .velocity(
                &case.cx,
                &case.film("dit.latents"),
                instants,
                &text,
                &|| true,
            )
            .unwrap();
        near(out.values(), case.film("lora.out").values());
    }
}

#[test]
fn pictures_are_decoded_as_a_stream_whole_and_in_tiles() {
    for (name, side, stride) in [("t2v", 24, 16), ("ti2v", 48, 32)] {
        let case = Case::of(name);
        near(
            &case.decoded(&case.film("vae.latents"), None),
            &case.golden("vae.pixels"),
        );
        let tiles = Some(Tiles { side, stride });
        near(
            &case.decoded(&case.film("tiles.latents"), tiles),
            &case.golden("tiles.pixels"),
        );
    }
}

#[test]
fn pictures_are_encoded_group_by_group() {
    let case = Case::of("ti2v");
    let small = case.film("vae.film");
    let shape = small.shape();
    let (height, width) = (2 * shape[1], 2 * shape[2]);
    let pictures = (0..shape[0]).map(|frame| {
        let places = (0..height * width)
            .map(|at| (frame * shape[1] + at / width / 2) * shape[2] + at % width / 2);
        let values: Vec<f32> = places.flat_map(|at| small.row(at).to_vec()).collect();
        case.cx.tensor([height, width, 3], &values)
    });
    let pictures: Vec<Tensor> = pictures.collect();
    let latents = WanEncoder::load(&case.folder.join("vae"), F32, &case.pool)
        .and_then(|encoder| encoder.encode(&case.cx, &pictures, &|| true))
        .unwrap();
    near(
        latents.values(),
        case.raw(&case.film("vae.encoded")).values(),
    );
}

#[test]
fn a_pass_ends_between_blocks_when_it_is_called_off() {
    let case = Case::of("t2v");
    let model = case.transformer(F32, &[]);
    let text = model.text(&case.cx, &case.prompt(), 48);
    let instants = Instants {
        first: None,
        rest: 937.0,
    };
    let asked = std::cell::Cell::new(0);
    let stops = || {
        asked.set(asked.get() + 1);
        asked.get() < 2
    };
    let made = model.velocity(&case.cx, &case.film("dit.latents"), instants, &text, &stops);
    assert!(matches!(made, Err(models::Error::Stopped)) && asked.get() == 2);
}

#[test]
fn tiny_decoders_agree_on_pictures() {
    let case = Case::of("t2v");
    let golden = Safetensors::open(case.folder.join("../taew-golden.safetensors")).unwrap();
    let latents = golden.view("latents").unwrap();
    let (shape, values) = (latents.shape.clone(), latents.to_f32());
    let decoder = Taew::load(
        &case.folder.join("../taew/taew.safetensors"),
        F32,
        &case.pool,
    )
    .unwrap();
    let (mut decoding, mut ours) = (decoder.decode(), Vec::new());
    let places = shape[2] * shape[3];
    for frame in values.chunks_exact(shape[1] * places) {
        let values: Vec<f32> = (0..frame.len())
            .map(|at| frame[at % shape[1] * places + at / shape[1]])
            .collect();
        let frame = case.cx.tensor([shape[2], shape[3], shape[1]], &values);
        decoding.push(&case.cx, &frame, &mut |picture| {
            let colours = (0..3).flat_map(|c| (0..picture.rows()).map(move |at| (c, at)));
            ours.extend(colours.map(|(c, at)| picture.row(at)[c] / 2.0 + 0.5));
        });
    }
    let ours: Vec<f32> = ours.into_iter().step_by(7).collect();
    near(&ours, &golden.view("pixels").unwrap().to_f32());
}
