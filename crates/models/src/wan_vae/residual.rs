//! The parts that encoder and decoder share.

use tensor::ops::{add, full_attention, linear, linears, remember, unit_norm};
use tensor::{Context, Looks, Parameter, Tensor, Weight, WeightType};

use super::causal::{Causal, Past, Places};
use crate::error::Error;
use crate::part::Part;

/// Two convolutions beside the input.
pub(super) struct Residual {
    norms: [Parameter; 2],
    convs: [Causal; 2],
    shortcut: Option<Weight>,
}

/// A network's name for a part, how its kernels are held, and where their memories are.
pub(super) struct Loading<'a, 'b> {
    pub part: &'a Part<'b>,
    pub held: WeightType,
    pub places: Places,
}

impl Loading<'_, '_> {
    pub fn causal(&mut self, name: &str, sizes: [usize; 2], side: usize) -> Result<Causal, Error> {
        Causal::load(self.part, name, sizes, (side, self.held), &mut self.places)
    }

    pub fn norm(&self, name: &str, channels: usize, is_flat: bool) -> Result<Parameter, Error> {
        let shape = [channels, 1, 1, 1];
        let shape = if is_flat { &shape[..3] } else { &shape[..] };
        let norm = self.part.parameter(&format!("{name}.gamma"), shape)?;
        Ok(Parameter::new(norm.values(), [channels]))
    }

    pub fn residual(
        &mut self,
        name: &str,
        [inputs, outputs]: [usize; 2],
    ) -> Result<Residual, Error> {
        Ok(Residual {
            norms: [
                self.norm(&format!("{name}.norm1"), inputs, false)?,
                self.norm(&format!("{name}.norm2"), outputs, false)?,
            ],
            convs: [
                self.causal(&format!("{name}.conv1"), [outputs, inputs], 3)?,
                self.causal(&format!("{name}.conv2"), [outputs, outputs], 3)?,
            ],
            shortcut: match inputs == outputs {
                true => None,
                false => {
                    let name = format!("{name}.conv_shortcut");
                    Some(
                        self.part
                            .conv(&name, [outputs, inputs], &[1, 1, 1], self.held)?,
                    )
                }
            },
        })
    }

    pub fn middle(&mut self, name: &str, channels: usize) -> Result<Middle, Error> {
        let attention = format!("{name}.attentions.0");
        let both = [channels, channels];
        Ok(Middle {
            first: self.residual(&format!("{name}.resnets.0"), both)?,
            norm: self.norm(&format!("{attention}.norm"), channels, true)?,
            qkv: self.part.conv(
                &format!("{attention}.to_qkv"),
                [3 * channels, channels],
                &[1, 1],
                self.held,
            )?,
            out: self
                .part
                .conv(&format!("{attention}.proj"), both, &[1, 1], self.held)?,
            last: self.residual(&format!("{name}.resnets.1"), both)?,
        })
    }
}

impl Residual {
    pub fn push(&self, cx: &Context, x: &Tensor, past: &mut Past) -> Tensor {
        // The largest frames are tens of megabytes each: none is held longer than it is needed.
        let mut h = unit_norm(cx, x, &self.norms[0], true);
        h = self.convs[0].push(cx, h, past);
        h = unit_norm(cx, &h, &self.norms[1], true);
        h = self.convs[1].push(cx, h, past);
        match &self.shortcut {
            Some(shortcut) => add(cx, h, &linear(cx, x, shortcut)),
            None => add(cx, h, x),
        }
    }
}

/// The smallest frames, whose places see each other.
pub(super) struct Middle {
    first: Residual,
    norm: Parameter,
    qkv: Weight,
    out: Weight,
    last: Residual,
}

impl Middle {
    pub fn push(&self, cx: &Context, x: &Tensor, past: &mut Past) -> Tensor {
        let x = self.first.push(cx, x, past);
        let (shape, channels) = (x.shape(), x.width());
        let normed = unit_norm(cx, &x, &self.norm, false).reshape([x.rows(), channels]);
        let [qkv] = linears(cx, &normed, [&self.qkv]);
        let [q, k, v] = [0, 1, 2].map(|which| {
            let rows = qkv.values().chunks_exact(3 * channels);
            let part: Vec<f32> = rows
                .flat_map(|row| &row[which * channels..][..channels])
                .copied()
                .collect();
            cx.tensor([normed.rows(), channels], &part)
        });
        let looks = Looks {
            scale: 1.0 / (channels as f32).sqrt(),
            ..Looks::default()
        };
        let kept = remember(cx, [&k, &v], 1, false);
        let seen = full_attention(cx, &q, &kept, &looks);
        let seen = linear(cx, &seen, &self.out).reshape(shape);
        self.last.push(cx, &add(cx, seen, &x), past)
    }
}
