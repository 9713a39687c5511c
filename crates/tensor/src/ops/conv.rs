//! Convolutions over a line, a picture or a film, channels last: patches of the input times a matrix.

use std::ops::Range;

use kernels::Epilogue;

use super::{in_chunks, linear};
use crate::context::Context;
use crate::parameter::ParameterId;
use crate::shape::Shape;
use crate::tape::Step;
use crate::tensor::Tensor;
use crate::weight::Weight;

/// Numbers of patches that are laid out at a time: a few megabytes, whatever the size of a film.
const PATCHES: usize = 1 << 20;

/// How a convolution over `N` axes reads its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv<const N: usize> {
    /// Taps along each axis.
    pub kernel: [usize; N],
    /// From one output to the next.
    pub stride: [usize; N],
    /// From one tap to the next.
    pub dilation: [usize; N],
    /// Zeros before and after each axis; all before the first frame where time must not look ahead.
    pub padding: [[usize; 2]; N],
}

impl<const N: usize> Conv<N> {
    /// Every output, neighbouring taps, no padding.
    pub fn new(kernel: [usize; N]) -> Self {
        Self {
            kernel,
            stride: [1; N],
            dilation: [1; N],
            padding: [[0; 2]; N],
        }
    }

    /// Padded so that a stride of 1 gives as many outputs as there are inputs, half on each side.
    pub fn same(kernel: [usize; N]) -> Self {
        let padding = kernel.map(|taps| [(taps - 1) / 2, taps / 2]);
        Self {
            padding,
            ..Self::new(kernel)
        }
    }
}

/// A convolution over a line.
/// Shapes: `x` is `[batch, length, channels]`, the weight `[outputs, taps · channels]` with the channels of a
/// tap side by side, the result `[batch, length', outputs]`.
pub fn conv1d(cx: &Context, x: &Tensor, weight: &Weight, conv: &Conv<1>) -> Tensor {
    convolve(cx, x, weight, conv)
}

/// A convolution over a picture.
/// Shapes: `x` is `[batch, height, width, channels]`, the weight `[outputs, taps · channels]` with the taps row by
/// row, the result `[batch, height', width', outputs]`.
pub fn conv2d(cx: &Context, x: &Tensor, weight: &Weight, conv: &Conv<2>) -> Tensor {
    convolve(cx, x, weight, conv)
}

/// A convolution over a film.
/// Shapes: `x` is `[batch, frames, height, width, channels]`, the weight `[outputs, taps · channels]` with the taps
/// frame by frame, the result `[batch, frames', height', width', outputs]`.
pub fn conv3d(cx: &Context, x: &Tensor, weight: &Weight, conv: &Conv<3>) -> Tensor {
    convolve(cx, x, weight, conv)
}

fn convolve<const N: usize>(cx: &Context, x: &Tensor, weight: &Weight, conv: &Conv<N>) -> Tensor {
    let geometry = Geometry::new(x.shape(), conv);
    assert_eq!(
        weight.inputs(),
        geometry.patch(),
        "a weight for {:?} taps of {} channels",
        conv.kernel,
        geometry.channels
    );
    let mut axes = x.shape().axes().to_vec();
    axes[1..=N].copy_from_slice(&geometry.outputs[3 - N..]);
    axes[N + 1] = weight.outputs();
    let mut out = cx.take(&axes[..]);
    for rows in geometry.pieces() {
        let patches = geometry.unfold(cx, x.values(), rows.clone());
        let epilogue = weight
            .bias()
            .map_or(Epilogue::Store, |bias| Epilogue::Bias(bias.values()));
        let width = weight.outputs();
        let out = &mut out.values_mut()[rows.start * width..rows.end * width];
        weight.multiply(cx, out, &patches, epilogue, false);
    }
    if !cx.is_recording() {
        return out;
    }
    let is_trainable = weight.id().is_some() || weight.bias().is_some_and(|b| b.id().is_some());
    let (saved, weight) = (x.clone(), weight.clone());
    cx.recorded(out, &[x], is_trainable, move |cx, gradient| {
        backward(cx, gradient, &saved, &weight, geometry)
    })
}

/// The gradients of a product, a piece of the patches at a time; patches are laid out anew, which costs
/// less than the memory that they would take until here.
fn backward(
    cx: &Context,
    gradient: &Tensor,
    x: &Tensor,
    weight: &Weight,
    geometry: Geometry,
) -> Vec<Step> {
    let width = weight.outputs();
    let mut dx = x.node().map(|_| cx.zeros(x.shape()));
    let mut parameters: Vec<(ParameterId, Tensor)> = Vec::new();
    for rows in geometry.pieces() {
        let mut patches = geometry.unfold(cx, x.values(), rows.clone());
        if dx.is_some() {
            // Any place will do: it says that their gradient is wanted.
            patches = patches.on_tape(0);
        }
        let dy = &gradient.values()[rows.start * width..rows.end * width];
        let dy = cx.tensor([rows.len(), width], dy);
        for step in linear::backward(cx, &dy, &patches, None, weight) {
            match step {
                Step::Input(Some(_), patches) => {
                    let dx = dx.as_mut().expect("only wanted gradients are made");
                    geometry.fold(patches.values(), rows.clone(), dx.values_mut());
                }
                Step::Input(None, _) => {}
                Step::Parameter(id, part) => {
                    match parameters.iter_mut().find(|(of, _)| *of == id) {
                        Some((_, sum)) => {
                            let sums = sum.values_mut().iter_mut().zip(part.values());
                            sums.for_each(|(sum, part)| *sum += part);
                        }
                        None => parameters.push((id, part)),
                    }
                }
            }
        }
    }
    let steps = parameters
        .into_iter()
        .map(|(id, sum)| Step::Parameter(id, sum));
    steps
        .chain(dx.map(|dx| Step::Input(x.node(), dx)))
        .collect()
}

/// A convolution over three axes; those that it has not are of length 1.
#[derive(Clone, Copy)]
struct Geometry {
    batch: usize,
    channels: usize,
    inputs: [usize; 3],
    outputs: [usize; 3],
    kernel: [usize; 3],
    stride: [usize; 3],
    dilation: [usize; 3],
    /// Zeros before each axis.
    before: [usize; 3],
}

impl Geometry {
    fn new<const N: usize>(shape: Shape, conv: &Conv<N>) -> Self {
        let axes = shape.axes();
        assert_eq!(axes.len(), N + 2, "{shape:?} for {N} axes");
        let mut geometry = Self {
            batch: axes[0],
            channels: axes[N + 1],
            inputs: [1; 3],
            outputs: [1; 3],
            kernel: [1; 3],
            stride: [1; 3],
            dilation: [1; 3],
            before: [0; 3],
        };
        for axis in 0..N {
            let at = 3 - N + axis;
            let (taps, stride) = (conv.kernel[axis], conv.stride[axis]);
            let (dilation, [before, after]) = (conv.dilation[axis], conv.padding[axis]);
            assert!(taps > 0 && stride > 0 && dilation > 0, "{conv:?}");
            let padded = axes[1 + axis] + before + after;
            let reach = (taps - 1) * dilation + 1;
            assert!(padded >= reach, "{reach} inputs of {padded}: {conv:?}");
            geometry.inputs[at] = axes[1 + axis];
            geometry.outputs[at] = (padded - reach) / stride + 1;
            (geometry.kernel[at], geometry.stride[at]) = (taps, stride);
            (geometry.dilation[at], geometry.before[at]) = (dilation, before);
        }
        geometry
    }

    /// Numbers of a patch.
    fn patch(&self) -> usize {
        self.kernel.iter().product::<usize>() * self.channels
    }

    /// The outputs, in pieces whose patches are few enough to be laid out.
    fn pieces(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let rows = self.batch * self.outputs.iter().product::<usize>();
        let length = (PATCHES / self.patch().max(1)).max(1);
        (0..rows.div_ceil(length)).map(move |piece| {
            let start = piece * length;
            start..(start + length).min(rows)
        })
    }

    /// The patches `[rows, patch]` of some outputs.
    fn unfold(&self, cx: &Context, x: &[f32], rows: Range<usize>) -> Tensor {
        let patch = self.patch();
        let mut patches = cx.take([rows.len(), patch]);
        in_chunks(cx, patches.values_mut(), patch, |range, out| {
            let first = rows.start + range.start / patch;
            for (number, out) in out.chunks_exact_mut(patch).enumerate() {
                let taps = out.chunks_exact_mut(self.channels);
                for (tap, place) in taps.zip(self.places(first + number)) {
                    match place {
                        Some(at) => tap.copy_from_slice(&x[at..at + self.channels]),
                        None => tap.fill(0.0),
                    }
                }
            }
        });
        patches
    }

    /// Adds patches to where they were taken from.
    fn fold(&self, patches: &[f32], rows: Range<usize>, x: &mut [f32]) {
        for (row, patch) in rows.zip(patches.chunks_exact(self.patch())) {
            let taps = patch.chunks_exact(self.channels);
            for (tap, place) in taps.zip(self.places(row)) {
                if let Some(at) = place {
                    let sums = x[at..at + self.channels].iter_mut().zip(tap);
                    sums.for_each(|(sum, tap)| *sum += tap);
                }
            }
        }
    }

    /// Where the channels of each tap of an output begin in the input; none in the padding.
    fn places(&self, row: usize) -> impl Iterator<Item = Option<usize>> + '_ {
        let [_, height, width] = self.outputs;
        let output = [
            row / (height * width) % self.outputs[0],
            row / width % height,
            row % width,
        ];
        let batch = row / self.outputs.iter().product::<usize>();
        let [frames, rows, columns] = self.kernel;
        (0..frames * rows * columns).map(move |tap| {
            let tap = [tap / (rows * columns), tap / columns % rows, tap % columns];
            let mut place = batch;
            for axis in 0..3 {
                let padded = output[axis] * self.stride[axis] + tap[axis] * self.dilation[axis];
                let input = padded.checked_sub(self.before[axis])?;
                if input >= self.inputs[axis] {
                    return None;
                }
                place = place * self.inputs[axis] + input;
            }
            Some(place * self.channels)
        })
    }
}
