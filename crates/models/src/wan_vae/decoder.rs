//! From latents to pictures, a frame at a time.

use tensor::ops::{add, unit_norm};
use tensor::{Context, Parameter, Tensor, Weight, WeightType};

use super::Config;
use super::causal::{Causal, Past, Places, over_doubled};
use super::patches::spread;
use super::residual::{Loading, Middle, Residual};
use crate::error::Error;
use crate::part::Part;

pub(super) struct Decoder {
    first: Causal,
    middle: Middle,
    stages: Vec<Stage>,
    norm: Parameter,
    last: Causal,
    places: Places,
}

/// Frames of one size, made twice as large in the end.
struct Stage {
    residuals: Vec<Residual>,
    up: Option<Up>,
}

struct Up {
    /// Makes two frames of each but the first.
    time: Option<(Causal, usize)>,
    conv: Weight,
    /// Channels of what is spread beside, where it is.
    beside: Option<usize>,
}

impl Decoder {
    pub fn load(part: &Part<'_>, config: &Config, held: WeightType) -> Result<Self, Error> {
        let mut loading = Loading {
            part,
            held,
            places: Places::default(),
        };
        let widths: Vec<usize> = config
            .multiples
            .iter()
            .rev()
            .map(|by| by * config.decoder_base)
            .collect();
        let first = loading.causal("decoder.conv_in", [widths[0], config.latent], 3)?;
        let middle = loading.middle("decoder.mid_block", widths[0])?;
        let mut stages = Vec::new();
        let mut width = widths[0];
        for (at, outputs) in widths.iter().enumerate() {
            let name = format!("decoder.up_blocks.{at}");
            // Doubling halved the channels, where nothing is spread beside it.
            let inputs = if at > 0 && !config.is_residual {
                width / 2
            } else {
                width
            };
            let is_last = at + 1 == widths.len();
            let residuals = (0..=config.blocks).map(|number| {
                let inputs = if number == 0 { inputs } else { *outputs };
                loading.residual(&format!("{name}.resnets.{number}"), [inputs, *outputs])
            });
            let residuals = residuals.collect::<Result<_, Error>>()?;
            let up = match is_last {
                true => None,
                false => Some(Up::load(&mut loading, &name, (at, *outputs), config)?),
            };
            stages.push(Stage { residuals, up });
            width = *outputs;
        }
        Ok(Self {
            first,
            middle,
            stages,
            norm: loading.norm("decoder.norm_out", width, false)?,
            last: loading.causal("decoder.conv_out", [config.pixel_channels, width], 3)?,
            places: loading.places,
        })
    }

    /// A past in which nothing has happened.
    pub fn past(&self) -> Past {
        self.places.past()
    }

    /// Decodes the next frame of latents; `each` gets what comes of it.
    pub fn push(
        &self,
        cx: &Context,
        latent: Tensor,
        past: &mut Past,
        keeps_going: &dyn Fn() -> bool,
        each: &mut dyn FnMut(Tensor),
    ) -> Result<(), Error> {
        let x = self.first.push(cx, latent, past);
        let x = self.middle.push(cx, &x, past);
        self.stage(cx, 0, x, (past, keeps_going), each)
    }

    /// A frame from a stage on. One frame is on its way at a time, so that no more is held.
    fn stage(
        &self,
        cx: &Context,
        number: usize,
        x: Tensor,
        (past, keeps_going): (&mut Past, &dyn Fn() -> bool),
        each: &mut dyn FnMut(Tensor),
    ) -> Result<(), Error> {
        if !keeps_going() {
            return Err(Error::Stopped);
        }
        let Some(stage) = self.stages.get(number) else {
            let normed = unit_norm(cx, &x, &self.norm, true);
            drop(x);
            each(self.last.push(cx, normed, past));
            cx.trim();
            return Ok(());
        };
        if number + 1 == self.stages.len() {
            // The largest frames find no use for the memory of smaller ones, nor these for theirs.
            cx.trim();
        }
        let spreads = stage.up.as_ref().is_some_and(|up| up.beside.is_some());
        let beside = spreads.then(|| x.clone());
        let mut x = x;
        for residual in &stage.residuals {
            x = residual.push(cx, &x, past);
        }
        let Some(up) = &stage.up else {
            return self.stage(cx, number + 1, x, (past, keeps_going), each);
        };
        for (half, frame) in up.in_time(cx, x, past) {
            let mut made = over_doubled(cx, frame, &up.conv);
            if let (Some(beside), Some(channels)) = (&beside, up.beside) {
                let times = if up.time.is_some() { 2 } else { 1 };
                made = add(cx, made, &spread(cx, beside, channels, [half, times]));
            }
            self.stage(cx, number + 1, made, (past, keeps_going), each)?;
        }
        Ok(())
    }
}

impl Up {
    fn load(
        loading: &mut Loading<'_, '_>,
        stage: &str,
        (at, width): (usize, usize),
        config: &Config,
    ) -> Result<Self, Error> {
        let name = match config.is_residual {
            true => format!("{stage}.upsampler"),
            false => format!("{stage}.upsamplers.0"),
        };
        let outputs = if config.is_residual { width } else { width / 2 };
        let kernel = format!("{name}.resample.1");
        let conv = loading
            .part
            .conv(&kernel, [outputs, width], &[3, 3], loading.held)?;
        let time = match config.doubles_time(at) {
            true => {
                let place = loading.places.next();
                Some((
                    loading.causal(&format!("{name}.time_conv"), [2 * width, width], 1)?,
                    place,
                ))
            }
            false => None,
        };
        Ok(Self {
            time,
            conv,
            beside: config.is_residual.then_some(outputs),
        })
    }

    /// The frames that one becomes, each with which of two it is. The first frame of a film stays one: the second
    /// of a pair that has no first.
    fn in_time(&self, cx: &Context, x: Tensor, past: &mut Past) -> Vec<(usize, Tensor)> {
        let Some((conv, begun)) = &self.time else {
            return vec![(0, x)];
        };
        let begun = past.at(*begun);
        if !begun.has_begun {
            begun.has_begun = true;
            return vec![(1, x)];
        }
        let (shape, width) = (x.shape(), x.width());
        let both = conv.push(cx, x, past);
        let halves = [0, 1].map(|half| {
            let rows = both.values().chunks_exact(2 * width);
            let values: Vec<f32> = rows
                .flat_map(|row| &row[half * width..][..width])
                .copied()
                .collect();
            (half, cx.tensor(shape, &values))
        });
        halves.into()
    }
}
