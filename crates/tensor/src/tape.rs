//! What was computed, so that gradients can flow back through it.

use std::collections::BTreeMap;

use crate::context::Context;
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
}

/// How much the loss grows with each number of the leaves and parameters.
#[derive(Default)]
pub struct Gradients {
    nodes: BTreeMap<NodeId, Tensor>,
    parameters: BTreeMap<ParameterId, Tensor>,
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

    /// Walks the tape back from `loss`, a single number.
    pub(crate) fn through(tape: Tape, loss: &Tensor, cx: &Context) -> Self {
        assert_eq!(loss.shape().count(), 1, "a loss is one number");
        let mut gradients = Self::default();
        let Some(last) = loss.node() else {
            return gradients;
        };
        let mut one = cx.take(loss.shape());
        one.values_mut()[0] = 1.0;
        gradients.nodes.insert(last, one);
        for (node, backward) in tape.nodes.into_iter().enumerate().take(last + 1).rev() {
            let Some(backward) = backward else {
                continue;
            };
            let Some(gradient) = gradients.nodes.remove(&node) else {
                continue;
            };
            for step in backward(cx, &gradient) {
                match step {
                    Step::Input(Some(node), gradient) => {
                        assert!(node < last, "inputs come before outputs");
                        add(&mut gradients.nodes, node, gradient, cx);
                    }
                    Step::Input(None, _) => {}
                    Step::Parameter(parameter, gradient) => {
                        add(&mut gradients.parameters, parameter, gradient, cx);
                    }
                }
            }
        }
        gradients
    }
}

/// Adds to what has come by another way.
fn add<K: Ord>(gradients: &mut BTreeMap<K, Tensor>, key: K, gradient: Tensor, cx: &Context) {
    let sum = match gradients.remove(&key) {
        None => gradient,
        Some(before) => {
            let mut sum = cx.take(before.shape());
            let pairs = before.values().iter().zip(gradient.values());
            for (sum, (a, b)) in sum.values_mut().iter_mut().zip(pairs) {
                *sum = a + b;
            }
            sum
        }
    };
    gradients.insert(key, sum);
}
