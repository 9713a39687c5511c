//! Convolutions over the frames of a film as they come. They give no gradients.

use std::rc::Rc;

use kernels::{PaddedFrame, Taps};

use crate::context::Context;
use crate::tensor::Tensor;
use crate::weight::Weight;

/// A frame with a margin of zeros, in the form in which a weight's products take it. Cheap to clone.
#[derive(Clone)]
pub struct Padded(Rc<PaddedFrame>);

/// Whether [`conv_frames`] has products for a weight over so many channels; [`conv2d`](super::conv2d) and
/// [`conv3d`](super::conv3d) have them for all.
pub fn has_frames(weight: &Weight, channels: usize) -> bool {
    weight.is_float() && channels.is_multiple_of(2)
}

/// The frame `x`, `[height, width, channels]`, for a kernel of `side` rows and columns.
///
/// # Panics
/// When there are no products for the weight.
pub fn pad_frame(cx: &Context, x: &Tensor, weight: &Weight, side: usize) -> Padded {
    let shape = x.shape();
    let size = [shape[0], shape[1], shape[2]];
    Padded(Rc::new(weight.padded(cx, x.values(), (size, 1), side / 2)))
}

/// As [`pad_frame`], of a frame twice as high and wide as `x`, each place of which stands four times.
///
/// # Panics
/// As there.
pub fn pad_doubled(cx: &Context, x: &Tensor, weight: &Weight, side: usize) -> Padded {
    let shape = x.shape();
    let size = [shape[0], shape[1], shape[2]];
    Padded(Rc::new(weight.padded(cx, x.values(), (size, 2), side / 2)))
}

/// What a kernel makes of the last of some frames and of those before it; none stands for zeros.
/// Shapes: the weight is `[outputs, frames · side · side · channels]`, frame by frame, row by row, the result
/// `[height, width, outputs]`.
///
/// # Panics
/// When a tape runs; as in all operations, when shapes do not fit.
pub fn conv_frames(
    cx: &Context,
    frames: &[Option<&Padded>],
    weight: &Weight,
    taps: Taps,
) -> Tensor {
    assert!(
        !cx.is_recording(),
        "a convolution over frames as they come has no gradient"
    );
    let last = frames.last().copied().flatten().expect("the frame at hand");
    let [height, width, _] = last.0.size();
    let mut out = cx.take([height, width, weight.outputs()]);
    let frames: Vec<Option<&PaddedFrame>> = frames
        .iter()
        .map(|frame| frame.map(|frame| &*frame.0))
        .collect();
    weight.convolve(cx, out.values_mut(), &frames, taps);
    out
}
