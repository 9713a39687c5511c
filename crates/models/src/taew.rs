//! Tiny decoders of Wan's latents (TAEW 2.1 and 2.2): pictures that are nearly as good, in a hundredth of the time.
//!
//! Each block remembers the frame before; frames are doubled in time twice, and the first three of a film are left out.
//! Source: Boer Bohan 2025 (`taehv`).

use std::path::Path;

use tensor::files::{Checkpoint, Dtype, View};
use tensor::ops::{Conv, add, linear, relu};
use tensor::{Context, Parameter, Pool, Tensor, Weight, WeightType};

use crate::error::Error;
use crate::part::{kernel, matching};
use crate::wan_vae::causal::over_frame;
use crate::wan_vae::patches::doubled;

/// Frames that come of the first latents before the film begins.
const LEFT_OUT: usize = 3;

/// A tiny decoder that is loaded.
pub struct Taew {
    first: Weight,
    stages: Vec<Stage>,
    last: Weight,
    channels: usize,
}

/// Frames of one size, then twice as large.
struct Stage {
    blocks: Vec<[Weight; 3]>,
    /// Makes one frame or two of each.
    time: Weight,
    times: usize,
    conv: Weight,
}

/// A film that is being decoded.
pub struct TinyDecoding<'a> {
    decoder: &'a Taew,
    /// The frame before, for each block of each stage.
    past: Vec<Option<Tensor>>,
    left_out: usize,
}

impl Taew {
    /// Loads the file or folder at `path`.
    ///
    /// # Errors
    /// When it is no such decoder, or a weight cannot be used.
    pub fn load(path: &Path, held: WeightType, pool: &Pool) -> Result<Self, Error> {
        let checkpoint = Checkpoint::open(path)?;
        let loading = Loading {
            checkpoint: &checkpoint,
            held,
            pool,
        };
        let channels = loading.shape("decoder.1.weight")?[1];
        let mut width = loading.shape("decoder.1.weight")?[0];
        let first = loading.conv(1, "", [width, channels])?;
        let mut stages = Vec::new();
        for (number, times) in [1, 2, 2].into_iter().enumerate() {
            let from = 3 + 6 * number;
            let block = |at: usize| -> Result<[Weight; 3], Error> {
                let conv = |part: usize, inputs: usize| {
                    loading.conv(at, &format!("conv.{part}."), [width, inputs])
                };
                Ok([conv(0, 2 * width)?, conv(2, width)?, conv(4, width)?])
            };
            let blocks = (from..from + 3).map(block).collect::<Result<_, _>>()?;
            let time = loading.time(from + 4, width, times)?;
            let next = loading.shape(&format!("decoder.{}.weight", from + 5))?[0];
            stages.push(Stage {
                blocks,
                time,
                times,
                conv: loading.plain(&format!("decoder.{}.weight", from + 5), [next, width])?,
            });
            width = next;
        }
        let colours = loading.shape("decoder.22.weight")?[0];
        if ![3, 12].contains(&colours) {
            return Err(Error::Config(format!(
                "a tiny decoder of {colours} channels of pixels is not known"
            )));
        }
        Ok(Self {
            first,
            stages,
            last: loading.conv(22, "", [colours, width])?,
            channels,
        })
    }

    /// Channels of latents.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Begins to decode a film.
    pub fn decode(&self) -> TinyDecoding<'_> {
        let blocks = self.stages.iter().map(|stage| stage.blocks.len()).sum();
        TinyDecoding {
            decoder: self,
            past: (0..blocks).map(|_| None).collect(),
            left_out: LEFT_OUT,
        }
    }
}

impl TinyDecoding<'_> {
    /// Decodes the next latent frame `[height, width, channels]` to pictures from -1 to 1, which `each` gets.
    ///
    /// # Panics
    /// When the frame has other channels.
    pub fn push(&mut self, cx: &Context, latent: &Tensor, each: &mut dyn FnMut(Tensor)) {
        let bounded: Vec<f32> = latent
            .values()
            .iter()
            .map(|x| (x / 3.0).tanh() * 3.0)
            .collect();
        let x = over(
            cx,
            &cx.tensor(latent.shape(), &bounded),
            &self.decoder.first,
        );
        self.stage(cx, 0, relu(cx, x), each);
    }

    fn stage(&mut self, cx: &Context, number: usize, mut x: Tensor, each: &mut dyn FnMut(Tensor)) {
        let decoder = self.decoder;
        let Some(stage) = decoder.stages.get(number) else {
            let x = over(cx, &relu(cx, x), &decoder.last);
            if self.left_out > 0 {
                self.left_out -= 1;
            } else {
                each(picture(cx, &x));
            }
            return;
        };
        for (at, [first, second, third]) in stage.blocks.iter().enumerate() {
            let before = &mut self.past[number * stage.blocks.len() + at];
            let both = beside(cx, &x, before.as_ref());
            let h = relu(cx, over(cx, &both, first));
            let h = relu(cx, over(cx, &h, second));
            let out = relu(cx, add(cx, over(cx, &h, third), &x));
            *before = Some(x);
            x = out;
        }
        // One place at a time, so it may come before places are doubled.
        let grown = linear(cx, &x, &stage.time);
        let width = x.width();
        for time in 0..stage.times {
            let rows = grown.values().chunks_exact(stage.times * width);
            let values: Vec<f32> = rows
                .flat_map(|row| &row[time * width..][..width])
                .copied()
                .collect();
            let frame = doubled(cx, &cx.tensor(x.shape(), &values));
            self.stage(cx, number + 1, over(cx, &frame, &stage.conv), each);
        }
    }
}

fn over(cx: &Context, x: &Tensor, weight: &Weight) -> Tensor {
    over_frame(cx, x, weight, &Conv::same([3, 3]))
}

/// The channels of a frame, then those of the one before, or zeros.
fn beside(cx: &Context, x: &Tensor, before: Option<&Tensor>) -> Tensor {
    let (shape, width) = (x.shape(), x.width());
    let mut values = Vec::with_capacity(2 * shape.count());
    for row in 0..x.rows() {
        values.extend_from_slice(x.row(row));
        match before {
            Some(before) => values.extend_from_slice(before.row(row)),
            None => values.resize(values.len() + width, 0.0),
        }
    }
    cx.tensor([shape[0], shape[1], 2 * width], &values)
}

/// The picture of a frame whose channels hold squares of pixels, row by row.
fn picture(cx: &Context, x: &Tensor) -> Tensor {
    let shape = x.shape();
    let side = if shape[2] == 3 { 1 } else { 2 };
    let (height, width) = (shape[0] * side, shape[1] * side);
    let mut values = vec![0.0; height * width * 3];
    for (at, out) in values.iter_mut().enumerate() {
        let (place, colour) = (at / 3, at % 3);
        let (row, column) = (place / width, place % width);
        let channel = (colour * side + row % side) * side + column % side;
        let from = x.row(row / side * shape[1] + column / side)[channel];
        *out = from.clamp(0.0, 1.0) * 2.0 - 1.0;
    }
    cx.tensor([height, width, 3], &values)
}

struct Loading<'a> {
    checkpoint: &'a Checkpoint,
    held: WeightType,
    pool: &'a Pool,
}

impl Loading<'_> {
    /// The shape of a kernel of two axes of places.
    fn shape(&self, name: &str) -> Result<[usize; 4], Error> {
        let shape = self.checkpoint.view(name)?.shape;
        let four = <[usize; 4]>::try_from(&shape[..]);
        four.map_err(|_| Error::Shape {
            name: name.to_owned(),
            found: shape,
            expected: vec![0; 4],
        })
    }

    /// A kernel with its bias.
    fn conv(&self, at: usize, part: &str, sizes: [usize; 2]) -> Result<Weight, Error> {
        let bias = format!("decoder.{at}.{part}bias");
        let bias = matching(self.checkpoint, &bias, &sizes[..1])?.to_f32();
        let weight = self.plain(&format!("decoder.{at}.{part}weight"), sizes)?;
        Ok(weight.with_bias(Parameter::new(bias, [sizes[0]])))
    }

    /// A kernel without.
    fn plain(&self, name: &str, [outputs, inputs]: [usize; 2]) -> Result<Weight, Error> {
        let view = matching(self.checkpoint, name, &[outputs, inputs, 3, 3])?;
        Ok(kernel(&view, self.held, self.pool))
    }

    /// What makes frames of frames; of one that could make more the last are taken.
    fn time(&self, at: usize, width: usize, times: usize) -> Result<Weight, Error> {
        let name = format!("decoder.{at}.conv.weight");
        let [rows, ..] = self.shape(&name)?;
        let view = matching(
            self.checkpoint,
            &name,
            &[rows.max(times * width), width, 1, 1],
        )?;
        let numbers = view.to_f32();
        let last = &numbers[(rows - times * width) * width..];
        let bytes: Vec<u8> = last.iter().flat_map(|x| x.to_le_bytes()).collect();
        let view = View {
            dtype: Dtype::F32,
            shape: vec![times * width, width],
            bytes: &bytes,
        };
        Ok(Weight::from_view(&view, self.held, self.pool))
    }
}
