//! Convolutions over time that look back, and what they remember.

use tensor::ops::{Conv, Padded, conv_frames, conv2d, conv3d, has_frames, pad_doubled, pad_frame};
use tensor::{Context, Taps, Tensor, Weight, WeightType};

use super::patches::doubled;
use crate::error::Error;
use crate::part::Part;

/// What all convolutions of a network remember of the film so far.
pub(crate) struct Past(Vec<Memory>);

/// The last frames that a convolution has seen; nothing stands for zeros.
#[derive(Default)]
pub(crate) struct Memory {
    pub frames: [Option<Tensor>; 2],
    /// The same as products take them, where they take frames.
    padded: [Option<Padded>; 2],
    /// Whether there was a frame at all.
    pub has_begun: bool,
}

/// Gives out places in a [`Past`].
#[derive(Default)]
pub(crate) struct Places(usize);

impl Places {
    pub fn next(&mut self) -> usize {
        self.0 += 1;
        self.0 - 1
    }

    /// A past in which nothing has happened.
    pub fn past(&self) -> Past {
        Past((0..self.0).map(|_| Memory::default()).collect())
    }
}

impl Past {
    pub fn at(&mut self, place: usize) -> &mut Memory {
        &mut self.0[place]
    }
}

/// A convolution over three frames: the one at hand and the two before.
pub(crate) struct Causal {
    weight: Weight,
    conv: Conv<3>,
    place: usize,
}

impl Causal {
    /// The kernel of that name, of three frames and so many rows and columns.
    pub fn load(
        part: &Part<'_>,
        name: &str,
        sizes: [usize; 2],
        (side, held): (usize, WeightType),
        places: &mut Places,
    ) -> Result<Self, Error> {
        let mut conv = Conv::same([3, side, side]);
        conv.padding[0] = [0, 0];
        Ok(Self {
            weight: part.conv(name, sizes, &[3, side, side], held)?,
            conv,
            place: places.next(),
        })
    }

    /// What it makes of the next frame, which is not held any more while it is multiplied where nobody else does.
    pub fn push(&self, cx: &Context, x: Tensor, past: &mut Past) -> Tensor {
        let memory = past.at(self.place);
        memory.has_begun = true;
        let side = self.conv.kernel[1];
        if has_frames(&self.weight, x.width()) {
            let padded = pad_frame(cx, &x, &self.weight, side);
            drop(x);
            let [first, second] = &memory.padded;
            let frames = [first.as_ref(), second.as_ref(), Some(&padded)];
            let out = conv_frames(cx, &frames, &self.weight, Taps { frames: 3, side });
            memory.padded.swap(0, 1);
            memory.padded[1] = Some(padded);
            return out;
        }
        let [first, second] = &memory.frames;
        let out = self.over(cx, [first.as_ref(), second.as_ref(), Some(&x)]);
        memory.frames.swap(0, 1);
        memory.frames[1] = Some(x);
        out
    }

    /// What it makes of three frames.
    pub fn over(&self, cx: &Context, frames: [Option<&Tensor>; 3]) -> Tensor {
        let shape = frames[2].expect("the frame at hand").shape();
        let [height, width, channels] = [shape[0], shape[1], shape[2]];
        let mut values = Vec::with_capacity(3 * shape.count());
        for frame in frames {
            match frame {
                Some(frame) => values.extend_from_slice(frame.values()),
                None => values.resize(values.len() + shape.count(), 0.0),
            }
        }
        let x = cx.tensor([1, 3, height, width, channels], &values);
        let out = conv3d(cx, &x, &self.weight, &self.conv);
        let side = [out.shape()[2], out.shape()[3]];
        out.reshape([side[0], side[1], self.weight.outputs()])
    }
}

/// A convolution of three rows and columns over a frame each place of which stands four times.
pub(crate) fn over_doubled(cx: &Context, x: Tensor, weight: &Weight) -> Tensor {
    if has_frames(weight, x.width()) {
        let padded = pad_doubled(cx, &x, weight, 3);
        drop(x);
        return conv_frames(cx, &[Some(&padded)], weight, Taps { frames: 1, side: 3 });
    }
    over_frame(cx, &doubled(cx, &x), weight, &Conv::same([3, 3]))
}

/// A convolution over a frame `[height, width, channels]`.
pub(crate) fn over_frame(cx: &Context, x: &Tensor, weight: &Weight, conv: &Conv<2>) -> Tensor {
    let side = conv.kernel[0];
    if has_frames(weight, x.width()) && *conv == Conv::same([side, side]) {
        let x = pad_frame(cx, x, weight, side);
        return conv_frames(cx, &[Some(&x)], weight, Taps { frames: 1, side });
    }
    let shape = x.shape();
    let x = x.clone().reshape([1, shape[0], shape[1], shape[2]]);
    let out = conv2d(cx, &x, weight, conv);
    let side = [out.shape()[1], out.shape()[2]];
    out.reshape([side[0], side[1], weight.outputs()])
}
