//! From pictures to latents, a group of frames at a time.

use tensor::ops::{Conv, add, unit_norm};
use tensor::{Context, Parameter, Tensor, Weight, WeightType};

use super::Config;
use super::causal::{Causal, Past, Places, over_frame};
use super::patches::gathered;
use super::residual::{Loading, Middle, Residual};
use crate::error::Error;
use crate::part::Part;

pub(super) struct Encoder {
    first: Causal,
    stages: Vec<Stage>,
    middle: Middle,
    norm: Parameter,
    last: Causal,
    places: Places,
}

/// Frames of one size, made half as large in the end.
struct Stage {
    residuals: Vec<Residual>,
    down: Option<Down>,
    /// Channels of what is gathered beside, where it is.
    beside: Option<usize>,
}

struct Down {
    conv: Weight,
    /// Makes one frame of two, but of the first alone.
    time: Option<(Causal, usize)>,
}

impl Encoder {
    pub fn load(part: &Part<'_>, config: &Config, held: WeightType) -> Result<Self, Error> {
        let mut loading = Loading {
            part,
            held,
            places: Places::default(),
        };
        let widths: Vec<usize> = config.multiples.iter().map(|by| by * config.base).collect();
        let first = loading.causal("encoder.conv_in", [config.base, config.pixel_channels], 3)?;
        let mut stages = Vec::new();
        let (mut width, mut flat) = (config.base, 0);
        for (at, outputs) in widths.iter().enumerate() {
            let is_last = at + 1 == widths.len();
            // The older network counts all parts of all stages on.
            let mut name = |inner: String| {
                flat += 1;
                match config.is_residual {
                    true => format!("encoder.down_blocks.{at}.{inner}"),
                    false => format!("encoder.down_blocks.{}", flat - 1),
                }
            };
            let mut residuals = Vec::new();
            for number in 0..config.blocks {
                residuals
                    .push(loading.residual(&name(format!("resnets.{number}")), [width, *outputs])?);
                width = *outputs;
            }
            let down = match is_last {
                true => None,
                false => {
                    let name = name("downsampler".to_owned());
                    Some(Down::load(
                        &mut loading,
                        &name,
                        width,
                        config.halves_time[at],
                    )?)
                }
            };
            stages.push(Stage {
                residuals,
                down,
                beside: config.is_residual.then_some(width),
            });
        }
        Ok(Self {
            first,
            stages,
            middle: loading.middle("encoder.mid_block", width)?,
            norm: loading.norm("encoder.norm_out", width, false)?,
            last: loading.causal("encoder.conv_out", [2 * config.latent, width], 3)?,
            places: loading.places,
        })
    }

    /// A past in which nothing has happened.
    pub fn past(&self) -> Past {
        self.places.past()
    }

    /// Encodes the first frame, or the next whole group.
    pub fn push(&self, cx: &Context, frames: Vec<Tensor>, past: &mut Past) -> Vec<Tensor> {
        let mut frames: Vec<Tensor> = frames
            .iter()
            .map(|x| self.first.push(cx, x.clone(), past))
            .collect();
        for stage in &self.stages {
            frames = stage.push(cx, frames, past);
        }
        let last = frames.iter().map(|x| {
            let x = self.middle.push(cx, x, past);
            self.last
                .push(cx, unit_norm(cx, &x, &self.norm, true), past)
        });
        last.collect()
    }
}

impl Stage {
    fn push(&self, cx: &Context, frames: Vec<Tensor>, past: &mut Past) -> Vec<Tensor> {
        let mut made = Vec::with_capacity(frames.len());
        for frame in &frames {
            let mut x = frame.clone();
            for residual in &self.residuals {
                x = residual.push(cx, &x, past);
            }
            made.push(x);
        }
        let (mut times, mut by) = (1, 1);
        if let Some(down) = &self.down {
            made = down.push(cx, made, past);
            (times, by) = (if down.time.is_some() { 2 } else { 1 }, 2);
        }
        let Some(channels) = self.beside else {
            return made;
        };
        let sums = made.into_iter().enumerate().map(|(at, x)| {
            // A first frame alone is the second of a pair whose first is nothing.
            let pair: Vec<Option<&Tensor>> = match times {
                1 => vec![frames.get(at)],
                _ if frames.len() == 1 => vec![None, frames.first()],
                _ => vec![frames.get(2 * at), frames.get(2 * at + 1)],
            };
            add(cx, x, &gathered(cx, &pair, channels, by))
        });
        sums.collect()
    }
}

impl Down {
    fn load(
        loading: &mut Loading<'_, '_>,
        name: &str,
        width: usize,
        halves_time: bool,
    ) -> Result<Self, Error> {
        let kernel = format!("{name}.resample.1");
        let conv = loading
            .part
            .conv(&kernel, [width, width], &[3, 3], loading.held)?;
        let time = match halves_time {
            true => {
                let place = loading.places.next();
                Some((
                    loading.causal(&format!("{name}.time_conv"), [width, width], 1)?,
                    place,
                ))
            }
            false => None,
        };
        Ok(Self { conv, time })
    }

    fn push(&self, cx: &Context, frames: Vec<Tensor>, past: &mut Past) -> Vec<Tensor> {
        let half = Conv {
            stride: [2, 2],
            padding: [[0, 1]; 2],
            ..Conv::new([3, 3])
        };
        let mut frames: Vec<Tensor> = frames
            .iter()
            .map(|x| over_frame(cx, x, &self.conv, &half))
            .collect();
        let Some((conv, place)) = &self.time else {
            return frames;
        };
        let memory = past.at(*place);
        if !memory.has_begun {
            memory.has_begun = true;
            memory.frames[1] = frames.last().cloned();
            return frames;
        }
        let before = memory.frames[1].take();
        frames.splice(0..0, before);
        memory.frames[1] = frames.last().cloned();
        // Each second frame with the one before and the one after.
        let made = frames
            .windows(3)
            .step_by(2)
            .map(|three| conv.over(cx, [Some(&three[0]), Some(&three[1]), Some(&three[2])]));
        made.collect()
    }
}
