//! From the names and shapes of a checkpoint to the weights of a network.

use std::cell::RefCell;
use std::ops::Range;

use kernels::Pool;
use tensor::files::{Checkpoint, View};
use tensor::{Parameter, Weight, WeightType};

use crate::error::Error;
use crate::model::LoadOptions;
use crate::names::Names;
use crate::rotary::{Rotary, Served};
use crate::settings::Settings;
use crate::trainee::Learning;

/// Takes weights out of a checkpoint, checks their shapes and packs them.
pub(crate) struct Loader<'a> {
    checkpoint: &'a Checkpoint,
    /// What the checkpoint says of itself.
    pub settings: Settings,
    names: Names,
    options: LoadOptions,
    pool: &'a Pool,
    /// The weights that change, for a network that learns.
    learning: Option<&'a RefCell<Learning>>,
}

impl<'a> Loader<'a> {
    pub fn new(
        checkpoint: &'a Checkpoint,
        settings: Settings,
        names: Names,
        options: LoadOptions,
        pool: &'a Pool,
    ) -> Self {
        Self {
            checkpoint,
            settings,
            names,
            options,
            pool,
            learning: None,
        }
    }

    /// The same for a network that learns.
    pub fn learning(mut self, learning: &'a RefCell<Learning>) -> Self {
        self.learning = Some(learning);
        self
    }

    /// Tokens for which the model is served.
    pub fn context_length(&self) -> Result<usize, Error> {
        let made_for = self.settings.count_if("max_position_embeddings")?;
        let served = self.options.context_length.or(made_for);
        Ok(served.unwrap_or(2048))
    }

    /// How heads of `head_dim` turn with the position, by the settings of the whole model.
    pub fn rotary(&self, head_dim: usize) -> Result<Rotary, Error> {
        let served = Served(self.context_length()?);
        let rotary = Rotary::new(&self.settings, head_dim, served)?;
        Ok(if self.names.pairs_are_neighbours() {
            rotary.interleaved()
        } else {
            rotary
        })
    }

    /// The same by the settings `rope` of one kind of layers.
    pub fn rotary_of(&self, rope: &Settings, head_dim: usize) -> Result<Rotary, Error> {
        let served = Served(self.context_length()?);
        Rotary::of(rope, &self.settings, head_dim, served)
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
        let bias = self.array(&bias, (rows, outputs), 0.0)?;
        Ok(weight.with_bias(bias))
    }

    /// Some rows of the matrix `name.weight` of `[outputs, inputs]`, wherever they lie, without bias.
    pub fn linear_picked(
        &self,
        name: &str,
        (rows, outputs): (&[usize], usize),
        inputs: usize,
    ) -> Result<Weight, Error> {
        let view = self.view(&format!("{name}.weight"), &[outputs, inputs])?;
        let bytes: Vec<u8> = rows
            .iter()
            .flat_map(|row| view.at(*row).bytes)
            .copied()
            .collect();
        let shape = vec![rows.len(), inputs];
        Ok(self.pack(&View {
            dtype: view.dtype,
            shape,
            bytes: &bytes,
        }))
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
        let stored = self.names.stored(name);
        let read = |weights: WeightType| {
            let view = self.view(name, &[outputs, inputs])?;
            let weight = Weight::from_view(&part(&view, rows.clone()), weights, self.pool);
            self.checkpoint.release(&stored);
            Ok(weight)
        };
        let Some(learning) = self.learning else {
            return read(self.options.weights);
        };
        let mut learning = learning.borrow_mut();
        let kept = learning.read_as(self.options.weights);
        learning.matrix(&stored, (rows.clone(), outputs), self.pool, || read(kept))
    }

    /// Whether all weights learn, rather than none or what stands beside them.
    pub fn learns_whole(&self) -> bool {
        let learning = self.learning.map(RefCell::borrow);
        learning.is_some_and(|learning| learning.is_whole())
    }

    /// Packs a matrix `[outputs, inputs]` that is part of a larger array, or put together from several. Where others learn
    /// beside it, blocks stay blocks.
    pub fn pack(&self, view: &View<'_>) -> Weight {
        let weights = match self.learning.is_some() && view.dtype.is_quantised() {
            true => WeightType::Stored,
            false => self.options.weights,
        };
        Weight::from_view(view, weights, self.pool)
    }

    /// Says that the tensor of that name will not be read again.
    pub fn release(&self, name: &str) {
        self.checkpoint.release(&self.names.stored(name));
    }

    /// The small array of that name.
    pub fn parameter(&self, name: &str, shape: &[usize]) -> Result<Parameter, Error> {
        if let [count] = *shape {
            return self.array(name, (0..count, count), 0.0);
        }
        let view = self.view(name, shape)?;
        Ok(Parameter::new(view.to_f32(), shape))
    }

    /// Some of the numbers `name`, of which there are `count`, plus `centre`.
    fn array(
        &self,
        name: &str,
        (rows, count): (Range<usize>, usize),
        centre: f32,
    ) -> Result<Parameter, Error> {
        let read = || {
            let view = self.view(name, &[count])?;
            let values = view.to_f32()[rows.clone()].to_vec();
            Ok(Parameter::new(values, [rows.len()]))
        };
        if let Some(learning) = self.learning {
            let stored = self.names.stored(name);
            let rows = (rows.clone(), count);
            return learning.borrow_mut().array(&stored, rows, centre, read);
        }
        let array = read()?;
        if centre == 0.0 {
            return Ok(array);
        }
        let values: Vec<f32> = array.values().iter().map(|x| x + centre).collect();
        Ok(Parameter::new(values, [rows.len()]))
    }

    /// The scales `name.weight` of a norm that adds one to what is stored. GGUF files have it added.
    pub fn centred_norm(&self, name: &str, size: usize) -> Result<Parameter, Error> {
        let centre = if self.names.are_of_gguf() { 0.0 } else { 1.0 };
        self.array(&format!("{name}.weight"), (0..size, size), centre)
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
}

/// Some indices of the outermost axis.
fn part<'a>(view: &View<'a>, rows: Range<usize>) -> View<'a> {
    let bytes = view.bytes.len().checked_div(view.shape[0]).unwrap_or(0);
    let mut part = view.clone();
    part.bytes = &view.bytes[rows.start * bytes..rows.end * bytes];
    part.shape[0] = rows.len();
    part
}
