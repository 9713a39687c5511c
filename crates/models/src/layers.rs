//! Networks whose layers can be run one by one.

use tensor::ops::Angles;
use tensor::{Context, KvPages, Sequence, Tensor};

use crate::batch::{Batch, Cache};

/// What a layer gets beside its input.
pub(crate) struct Around<'a> {
    /// How positions are turned, one or two ways.
    pub angles: &'a [Angles],
    /// Where keys and values of the layer are.
    pub pages: &'a mut KvPages,
    /// Where each sequence stands.
    pub sequences: &'a [Sequence<'a>],
}

/// A network of layers with pages.
pub(crate) trait Layered {
    /// How many layers there are.
    fn count(&self) -> usize;

    /// How positions are turned.
    fn angles(&self, cx: &Context, batch: &Batch<'_>) -> Vec<Angles>;

    /// What the first layer gets, `[tokens, hidden]`.
    fn embed(&self, cx: &Context, batch: &Batch<'_>) -> Tensor;

    /// What a layer makes of `x`, `[tokens, hidden]`.
    fn layer(&self, cx: &Context, number: usize, x: Tensor, around: Around<'_>) -> Tensor;

    /// The states `[wanted, hidden]` of what the last layer made.
    fn end(&self, cx: &Context, x: &Tensor, wanted: &[u32]) -> Tensor;
}

/// The states of a batch.
pub(crate) fn states(
    network: &impl Layered,
    cx: &Context,
    batch: &Batch<'_>,
    cache: &mut Cache,
) -> Tensor {
    let angles = network.angles(cx, batch);
    let mut x = network.embed(cx, batch);
    for number in 0..network.count() {
        let around = Around {
            angles: &angles,
            pages: cache.pages(number),
            sequences: batch.sequences,
        };
        x = network.layer(cx, number, x, around);
        cx.layer_done(number, &x);
    }
    network.end(cx, &x, batch.wanted)
}

/// The loss that `head` makes of a batch's states, with its gradients known at once: of each layer only the input is
/// kept, and the layer is run again on the way back.
pub(crate) fn sparing_loss(
    network: &dyn Layered,
    cx: &Context,
    batch: &Batch<'_>,
    cache: &mut Cache,
    head: &mut dyn FnMut(&Context, &Tensor) -> Tensor,
) -> Tensor {
    let angles = cx.unrecorded(|cx| network.angles(cx, batch));
    let layer = |cx: &Context, number: usize, x: Tensor, cache: &mut Cache| {
        let around = Around {
            angles: &angles,
            pages: cache.pages(number),
            sequences: batch.sequences,
        };
        network.layer(cx, number, x, around)
    };
    let mut inputs = Vec::with_capacity(network.count());
    let last = cx.unrecorded(|cx| {
        let mut x = network.embed(cx, batch);
        for number in 0..network.count() {
            inputs.push(x.clone());
            x = layer(cx, number, x, cache);
            cx.layer_done(number, &x);
        }
        x
    });
    let (loss, mut gradient) =
        cx.differentiated(&last, |cx, x| head(cx, &network.end(cx, x, batch.wanted)));
    drop(last);
    for number in (0..network.count()).rev() {
        let x = inputs.pop().expect("each layer has an input");
        gradient = gradient.and_then(|gradient| {
            cx.gone_back(Some(&x), gradient, |cx, x| {
                layer(cx, number, x.expect("it was given"), cache)
            })
        });
    }
    if let Some(gradient) = gradient {
        cx.gone_back(None, gradient, |cx, _| network.embed(cx, batch));
    }
    cx.tensor([1], loss.values())
}
