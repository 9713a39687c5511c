//! Places moved: doubled, gathered into channels and spread out of them.

use tensor::{Context, Tensor};

/// Height, width and channels.
fn sides(x: &Tensor) -> [usize; 3] {
    let shape = x.shape();
    [shape[0], shape[1], shape[2]]
}

/// Each place four times.
pub(crate) fn doubled(cx: &Context, x: &Tensor) -> Tensor {
    let [height, width, channels] = sides(x);
    let mut values = Vec::with_capacity(4 * x.shape().count());
    for row in x.values().chunks_exact(width * channels) {
        let start = values.len();
        for place in row.chunks_exact(channels) {
            values.extend_from_slice(place);
            values.extend_from_slice(place);
        }
        values.extend_from_within(start..);
    }
    cx.tensor([2 * height, 2 * width, channels], &values)
}

/// A frame twice as large of `channels`, out of the channels of `x`: which of `times` frames it is says `half`.
pub(super) fn spread(
    cx: &Context,
    x: &Tensor,
    channels: usize,
    [half, times]: [usize; 2],
) -> Tensor {
    let [height, width, inputs] = sides(x);
    let factor = 4 * times;
    let repeats = channels * factor / inputs;
    let half = if times == 1 { 0 } else { half };
    let mut values = vec![0.0; 4 * height * width * channels];
    for (at, out) in values.chunks_exact_mut(channels).enumerate() {
        let (row, column) = (at / (2 * width), at % (2 * width));
        let from = &x.values()[(row / 2 * width + column / 2) * inputs..][..inputs];
        let which = (half * 2 + row % 2) * 2 + column % 2;
        for (channel, out) in out.iter_mut().enumerate() {
            *out = from[(channel * factor + which) / repeats];
        }
    }
    cx.tensor([2 * height, 2 * width, channels], &values)
}

/// A frame of `channels`, `by` times smaller, as means of the channels, places and frames that come together. No
/// frame stands for zeros.
pub(super) fn gathered(
    cx: &Context,
    frames: &[Option<&Tensor>],
    channels: usize,
    by: usize,
) -> Tensor {
    let frame = frames.iter().flatten().next().expect("one frame at least");
    let [height, width, inputs] = sides(frame);
    let factor = frames.len() * by * by;
    let group = inputs * factor / channels;
    let (height, across) = (height / by, width / by);
    let mut values = vec![0.0; height * across * channels];
    for (at, out) in values.chunks_exact_mut(channels).enumerate() {
        let (row, column) = (at / across * by, at % across * by);
        for (channel, out) in out.iter_mut().enumerate() {
            let numbers = (channel * group..(channel + 1) * group).map(|number| {
                let (input, which) = (number / factor, number % factor);
                let (time, y, x) = (which / (by * by), which / by % by, which % by);
                let place = (row + y) * width + column + x;
                frames[time].map_or(0.0, |frame| frame.values()[place * inputs + input])
            });
            *out = numbers.sum::<f32>() / group as f32;
        }
    }
    cx.tensor([height, across, channels], &values)
}

/// A picture `[height, width, 3]` from -1 to 1, of a frame whose channels hold squares of `side` pixels.
pub(super) fn picture(cx: &Context, frame: &Tensor, side: usize) -> Tensor {
    let [height, width, channels] = sides(frame);
    let (wide, colours) = (width * side, channels / (side * side));
    let mut values = vec![0.0; frame.shape().count()];
    for (at, place) in frame.values().chunks_exact(channels).enumerate() {
        let (row, column) = (at / width * side, at % width * side);
        for (channel, x) in place.iter().enumerate() {
            let (colour, x_in, y_in) = (
                channel / (side * side),
                channel / side % side,
                channel % side,
            );
            let to = ((row + y_in) * wide + column + x_in) * colours + colour;
            values[to] = x.clamp(-1.0, 1.0);
        }
    }
    cx.tensor([height * side, wide, colours], &values)
}

/// The frame whose channels hold squares of `side` pixels of a picture.
pub(super) fn of_picture(cx: &Context, picture: &Tensor, side: usize) -> Tensor {
    let [height, width, colours] = sides(picture);
    let (across, channels) = (width / side, colours * side * side);
    let mut values = vec![0.0; picture.shape().count()];
    for (at, place) in values.chunks_exact_mut(channels).enumerate() {
        let (row, column) = (at / across * side, at % across * side);
        for (channel, x) in place.iter_mut().enumerate() {
            let (colour, x_in, y_in) = (
                channel / (side * side),
                channel / side % side,
                channel % side,
            );
            *x = picture.values()[((row + y_in) * width + column + x_in) * colours + colour];
        }
    }
    cx.tensor([height / side, across, channels], &values)
}
