//! From the names and shapes of a checkpoint to the weights of a network.

use std::ops::Range;

use kernels::Pool;
use tensor::files::{Checkpoint, View};
use tensor::{Parameter, Weight, WeightType};

use crate::error::Error;
use crate::names::Names;
use crate::settings::Settings;

/// Takes weights out of a checkpoint, checks their shapes and packs them.
pub(crate) struct Loader<'a> {
    checkpoint: &'a Checkpoint,
    /// What the checkpoint says of itself.
    pub settings: Settings,
    names: Names,
    weight_type: WeightType,
    pool: &'a Pool,
}

impl<'a> Loader<'a> {
    pub fn new(
        checkpoint: &'a Checkpoint,
        settings: Settings,
        names: Names,
        weight_type: WeightType,
        pool: &'a Pool,
    ) -> Self {
        Self {
            checkpoint,
            settings,
            names,
            weight_type,
            pool,
        }
    }

    /// The matrix `name.weight` of `[outputs, inputs]`, with `name.bias` where there is one.
    pub fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<Weight, Error> {
        self.linear_rows(name, (0..outputs, outputs), inputs)
    }

    /// Some rows of the matrix `name.weight` of `[outputs, inputs]`: one of several that were saved as
    /// one.
    pub fn linear_rows(
        &self,
        name: &str,
        (rows, outputs): (Range<usize>, usize),
        inputs: usize,
    ) -> Result<Weight, Error> {
        let weight = self.matrix(&format!("{name}.weight"), (rows.clone(), outputs), inputs)?;
        let bias = format!("{name}.bias");
        if !self.has(&bias) {
            return Ok(weight);
        }
        let bias = self.parameter(&bias, &[outputs])?;
        let bias = bias.values()[rows.clone()].to_vec();
        Ok(weight.with_bias(Parameter::new(bias, [rows.len()])))
    }

    /// The whole matrix of that name.
    pub fn weight(&self, name: &str, outputs: usize, inputs: usize) -> Result<Weight, Error> {
        self.matrix(name, (0..outputs, outputs), inputs)
    }

    fn matrix(
        &self,
        name: &str,
        (rows, outputs): (Range<usize>, usize),
        inputs: usize,
    ) -> Result<Weight, Error> {
        let view = self.view(name, &[outputs, inputs])?;
        let view = part(&view, rows);
        let weight = Weight::from_view(&view, self.weight_type, self.pool);
        self.checkpoint.release(&self.names.stored(name));
        Ok(weight)
    }

    /// The small array of that name.
    pub fn parameter(&self, name: &str, shape: &[usize]) -> Result<Parameter, Error> {
        let view = self.view(name, shape)?;
        Ok(Parameter::new(view.to_f32(), shape))
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.checkpoint.contains(&self.names.stored(name))
    }

    /// The tensor of that name, which must have that shape.
    pub fn view(&self, name: &str, shape: &[usize]) -> Result<View<'a>, Error> {
        let stored = self.names.stored(name);
        let mut view = self.checkpoint.view(&stored)?;
        let is_same = view.shape == shape;
        // A vector may come as a matrix of one row, and the other way round.
        let squeezed = |shape: &[usize]| -> Vec<usize> {
            shape
                .iter()
                .copied()
                .filter(|length| *length != 1)
                .collect()
        };
        if !is_same && squeezed(&view.shape) != squeezed(shape) {
            return Err(Error::Shape {
                name: stored,
                found: view.shape,
                expected: shape.to_vec(),
            });
        }
        view.shape = shape.to_vec();
        Ok(view)
    }

    /// Whether heads are stored so that neighbours turn together, as GGUF files of Llama have them.
    pub fn pairs_are_neighbours(&self) -> bool {
        self.names.pairs_are_neighbours()
    }
}

/// Some indices of the outermost axis.
fn part<'a>(view: &View<'a>, rows: Range<usize>) -> View<'a> {
    let bytes = view.bytes.len().checked_div(view.shape[0]).unwrap_or(0);
    let mut part = view.clone();
    part.bytes = &view.bytes[rows.start * bytes..rows.end * bytes];
    part.shape[0] = rows.len();
    part
}
