//! What was computed, so that gradients can flow back through it.

use std::collections::BTreeMap;

use crate::context::Context;
use crate::ops::in_chunks;
use crate::parameter::ParameterId;
use crate::tensor::Tensor;

/// The place of a tensor on the tape.
pub(crate) type NodeId = usize;

/// Computes what an operation's inputs did to the loss, from what its output did: gradients in the
/// order of the inputs, and of the parameters that it used.
pub(crate) type Backward = Box<dyn FnOnce(&Context, &Tensor) -> Vec<Step>>;

/// A gradient on its way to an input or a parameter.
pub(crate) enum Step {
    /// To an input of the operation; nothing when the tape does not know it.
    Input(Option<NodeId>, Tensor),
    /// To a parameter.
    Parameter(ParameterId, Tensor),
}

/// The operations in the order in which they ran.
#[derive(Default)]
pub(crate) struct Tape {
    nodes: Vec<Option<Backward>>,
}

impl Tape {
    /// Adds a tensor that starts a computation.
    pub fn leaf(&mut self) -> NodeId {
        self.nodes.push(None);
        self.nodes.len() - 1
    }

    /// Adds the output of an operation.
    pub fn push(&mut self, backward: Backward) -> NodeId {
        self.nodes.push(Some(backward));
        self.nodes.len() - 1
    }

    /// Walks back from `last`, on whose output the loss depends by `gradient`: how it depends on each leaf. What it
    /// depends on parameters goes to the context.
    pub fn back(self, last: NodeId, gradient: Tensor, cx: &Context) -> BTreeMap<NodeId, Tensor> {
        let mut known = BTreeMap::from([(last, gradient)]);
        for (node, backward) in self.nodes.into_iter().enumerate().take(last + 1).rev() {
            let Some(backward) = backward else {
                continue;
            };
            let Some(gradient) = known.remove(&node) else {
                continue;
            };
            for step in backward(cx, &gradient) {
                match step {
                    Step::Input(Some(node), gradient) => {
                        assert!(node < last, "inputs come before outputs");
                        let sum = match known.remove(&node) {
                            None => gradient,
                            Some(before) => added(before, gradient, cx),
                        };
                        known.insert(node, sum);
                    }
                    Step::Input(None, _) => {}
                    Step::Parameter(parameter, gradient) => {
                        cx.add_gradient(parameter, gradient.shape(), |sum, is_known| {
                            let gradient = gradient.values();
                            if is_known {
                                sum.iter_mut().zip(gradient).for_each(|(sum, x)| *sum += x);
                            } else {
                                sum.copy_from_slice(gradient);
                            }
                        });
                    }
                }
            }
        }
        known
    }
}

/// How much the loss grows with each number of the leaves and parameters.
#[derive(Default)]
pub struct Gradients {
    pub(crate) nodes: BTreeMap<NodeId, Tensor>,
    pub(crate) parameters: BTreeMap<ParameterId, Tensor>,
}

impl Gradients {
    /// The gradient of a leaf, none when the loss does not depend on it.
    pub fn of(&self, leaf: &Tensor) -> Option<&Tensor> {
        self.nodes.get(&leaf.node()?)
    }

    /// The gradient of a parameter, none when the loss does not depend on it.
    pub fn of_parameter(&self, parameter: ParameterId) -> Option<&Tensor> {
        self.parameters.get(&parameter)
    }

    /// The gradients of parameters, to be changed.
    ///
    /// # Panics
    /// When one shares its numbers with another tensor.
    pub fn parameters_mut(&mut self) -> impl Iterator<Item = (ParameterId, &mut [f32])> {
        let all = self.parameters.iter_mut();
        all.map(|(parameter, gradient)| (*parameter, gradient.values_mut()))
    }
}

/// The sum, in the memory of whichever nobody else needs.
fn added(a: Tensor, b: Tensor, cx: &Context) -> Tensor {
    let (mut sum, other) = match (a.is_unshared(), b.is_unshared()) {
        (true, _) => (a, b),
        (false, true) => (b, a),
        (false, false) => (cx.tensor(a.shape(), a.values()), b),
    };
    let other = other.values();
    in_chunks(cx, sum.values_mut(), 1, |range, sum| {
        let pairs = sum.iter_mut().zip(&other[range]);
        pairs.for_each(|(sum, x)| *sum += x);
    });
    sum
}
