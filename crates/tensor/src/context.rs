//! Where tensors are made and operations run.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use kernels::{Backward as Products, Pool, QuantisedRows};

use crate::arena::Arena;
use crate::parameter::ParameterId;
use crate::shape::Shape;
use crate::tape::{Backward, Gradients, NodeId, Step, Tape};
use crate::tensor::Tensor;

/// Sees the output of each layer: its number, and `[tokens, hidden]`.
pub type Observer = Box<dyn FnMut(usize, &Tensor)>;

/// What operations need beside their inputs: threads, memory that goes round and, when it was asked
/// for, a tape. It stays on the thread that made it.
pub struct Context {
    pool: Arc<Pool>,
    arena: Rc<Arena>,
    tape: RefCell<Option<Tape>>,
    observer: RefCell<Option<Observer>>,
    spares_activations: Cell<bool>,
    /// How the loss depends on each parameter, as far as is known while gradients flow.
    parameters: RefCell<BTreeMap<ParameterId, Tensor>>,
    /// Memory for products on the way back.
    pub(crate) products: RefCell<Products>,
    /// The input of a product with quantised weights, filled again and again.
    pub(crate) quantised: RefCell<QuantisedRows>,
}

impl Context {
    /// A context that computes on `pool`.
    pub fn new(pool: Arc<Pool>) -> Self {
        Self {
            pool,
            arena: Rc::default(),
            tape: RefCell::default(),
            observer: RefCell::default(),
            spares_activations: Cell::default(),
            parameters: RefCell::default(),
            products: RefCell::default(),
            quantised: RefCell::default(),
        }
    }

    /// The threads.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// A tensor that holds anything.
    pub(crate) fn take(&self, shape: impl Into<Shape>) -> Tensor {
        let shape = shape.into();
        Tensor::new(self.arena.take(shape.count()), shape)
    }

    /// A tensor of zeros.
    pub fn zeros(&self, shape: impl Into<Shape>) -> Tensor {
        let mut tensor = self.take(shape);
        tensor.values_mut().fill(0.0);
        tensor
    }

    /// A tensor of these numbers.
    ///
    /// # Panics
    /// When the shape is of another count.
    pub fn tensor(&self, shape: impl Into<Shape>, values: &[f32]) -> Tensor {
        let mut tensor = self.take(shape);
        let count = tensor.shape().count();
        assert_eq!(count, values.len(), "numbers for {:?}", tensor.shape());
        tensor.values_mut().copy_from_slice(values);
        tensor
    }

    /// How many buffers were ever made; it stands still in a steady loop.
    pub fn buffers_made(&self) -> usize {
        self.arena.made()
    }

    /// Bytes of all buffers that were ever made: as long as none was given up, the most that were in use.
    pub fn bytes_made(&self) -> usize {
        self.arena.bytes_made()
    }

    /// Gives the memory that no tensor holds back to the system.
    pub fn trim(&self) {
        self.arena.clear();
    }

    /// Calls `observer` with the output of every layer from now on.
    pub fn observe(&self, observer: impl FnMut(usize, &Tensor) + 'static) {
        *self.observer.borrow_mut() = Some(Box::new(observer));
    }

    /// Tells the observer, if there is one.
    pub fn layer_done(&self, layer: usize, x: &Tensor) {
        if let Some(observer) = self.observer.borrow_mut().as_mut() {
            observer(layer, x);
        }
    }
}

/// Gradients.
impl Context {
    /// Starts a tape: what is computed from [`leaf`](Self::leaf) tensors and trainable parameters from
    /// now on is recorded.
    pub fn record(&self) {
        self.record_onto(Gradients::default());
    }

    /// Starts a tape whose gradients of parameters are added to those of other tapes, in their memory: the
    /// parts of a batch that is computed one after the other.
    pub fn record_onto(&self, gradients: Gradients) {
        *self.parameters.borrow_mut() = gradients.parameters;
        *self.tape.borrow_mut() = Some(Tape::default());
    }

    /// Whether networks keep only what each layer begins with while a tape runs, and run it once more on the way
    /// back: a third more work for a fraction of the memory.
    pub fn spare_activations(&self, spares: bool) {
        self.spares_activations.set(spares);
    }

    /// As it was last said; no at first.
    pub fn spares_activations(&self) -> bool {
        self.spares_activations.get()
    }

    /// Whether a tape runs.
    pub fn is_recording(&self) -> bool {
        self.tape.borrow().is_some()
    }

    /// Computes something beside the tape, if one runs.
    pub fn unrecorded<T>(&self, run: impl FnOnce(&Self) -> T) -> T {
        let tape = self.tape.borrow_mut().take();
        let made = run(self);
        *self.tape.borrow_mut() = tape;
        made
    }

    /// A tensor whose gradient is wanted.
    pub fn leaf(&self, tensor: Tensor) -> Tensor {
        match self.tape.borrow_mut().as_mut() {
            Some(tape) => {
                let node = tape.leaf();
                tensor.on_tape(node)
            }
            None => tensor,
        }
    }

    /// Ends the tape and returns how `loss`, a single number, depends on leaves and parameters.
    ///
    /// # Panics
    /// When `loss` is not a single number.
    pub fn backward(&self, loss: &Tensor) -> Gradients {
        let nodes = self.back(loss);
        Gradients {
            nodes,
            parameters: self.parameters.take(),
        }
    }

    /// Ends the tape; what the loss depends on parameters is added to what is known.
    fn back(&self, loss: &Tensor) -> BTreeMap<NodeId, Tensor> {
        assert_eq!(loss.shape().count(), 1, "a loss is one number");
        self.back_from(loss, self.tensor(loss.shape(), &[1.0]))
    }

    /// The same from a tensor on which the loss depends by `gradient`.
    fn back_from(&self, made: &Tensor, gradient: Tensor) -> BTreeMap<NodeId, Tensor> {
        let tape = self.tape.borrow_mut().take().unwrap_or_default();
        match made.node() {
            Some(node) => tape.back(node, gradient, self),
            None => BTreeMap::new(),
        }
    }

    /// Computes a single number from `x` on a tape of its own, and goes back through it at once: the number,
    /// and how it depends on `x`. What it depends on parameters is added to what is known.
    ///
    /// # Panics
    /// When what is computed is not a single number.
    pub fn differentiated(
        &self,
        x: &Tensor,
        run: impl FnOnce(&Self, &Tensor) -> Tensor,
    ) -> (Tensor, Option<Tensor>) {
        let outer = self.tape.borrow_mut().replace(Tape::default());
        let leaf = self.leaf(x.clone());
        let result = run(self, &leaf);
        let mut nodes = self.back(&result);
        *self.tape.borrow_mut() = outer;
        let gradient = leaf.node().and_then(|node| nodes.remove(&node));
        (result, gradient)
    }

    /// Computes something from `x` once more, on a tape of its own, and goes back through it: how the loss depends
    /// on `x` when it depends on what is computed by `gradient`. What it depends on parameters is added to what is
    /// known.
    ///
    /// So a part of a network need not be on the tape: it is enough to keep what it begins with.
    /// Source: Chen et al. 2016.
    pub fn gone_back(
        &self,
        x: Option<&Tensor>,
        gradient: Tensor,
        run: impl FnOnce(&Self, Option<Tensor>) -> Tensor,
    ) -> Option<Tensor> {
        let outer = self.tape.borrow_mut().replace(Tape::default());
        let leaf = x.map(|x| self.leaf(x.clone()));
        let made = run(self, leaf.clone());
        assert_eq!(made.shape(), gradient.shape(), "a gradient for each number");
        let mut nodes = self.back_from(&made, gradient);
        *self.tape.borrow_mut() = outer;
        leaf?.node().and_then(|node| nodes.remove(&node))
    }

    /// Adds to how the loss depends on a parameter: `add` gets the numbers, and whether they are known
    /// already; if not, it sets them.
    pub(crate) fn add_gradient(
        &self,
        parameter: ParameterId,
        shape: impl Into<Shape>,
        add: impl FnOnce(&mut [f32], bool),
    ) {
        let known = self.parameters.borrow_mut().remove(&parameter);
        let is_known = known.is_some();
        let mut gradient = known.unwrap_or_else(|| self.take(shape));
        add(gradient.values_mut(), is_known);
        self.parameters.borrow_mut().insert(parameter, gradient);
    }

    /// Puts the output of an operation on the tape when one of its inputs is there or it has trainable
    /// parameters. `backward` gets the output's gradient.
    pub(crate) fn recorded(
        &self,
        out: Tensor,
        inputs: &[&Tensor],
        is_trainable: bool,
        backward: impl FnOnce(&Self, &Tensor) -> Vec<Step> + 'static,
    ) -> Tensor {
        let mut tape = self.tape.borrow_mut();
        let Some(tape) = tape.as_mut() else {
            return out;
        };
        if !is_trainable && inputs.iter().all(|input| input.node().is_none()) {
            return out;
        }
        let backward: Backward = Box::new(backward);
        let node = tape.push(backward);
        out.on_tape(node)
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("pool", &self.pool)
            .field("buffers_made", &self.buffers_made())
            .field("is_recording", &self.is_recording())
            .finish_non_exhaustive()
    }
}
