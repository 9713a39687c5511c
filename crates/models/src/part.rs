//! One part of a folder of `diffusers`: a network with its own `config.json` and tensors.

use std::path::Path;

use tensor::files::{Checkpoint, Dtype, View};
use tensor::{Parameter, Pool, Weight, WeightType};

use crate::error::Error;
use crate::lora::Lora;
use crate::settings::Settings;

/// Takes the weights of one network out of its folder, and checks each before it is used.
pub(crate) struct Part<'a> {
    checkpoint: &'a Checkpoint,
    /// Its `config.json`.
    pub settings: Settings,
    pool: &'a Pool,
    loras: &'a [Lora],
    /// Whether names and shapes are all that is looked at.
    is_dry: bool,
    /// Whether every matrix has a bias; else none has.
    has_biases: bool,
}

impl<'a> Part<'a> {
    pub fn new(
        checkpoint: &'a Checkpoint,
        loras: &'a [Lora],
        pool: &'a Pool,
    ) -> Result<Self, Error> {
        let settings = settings(checkpoint)?;
        Ok(Self {
            checkpoint,
            settings,
            pool,
            loras,
            is_dry: false,
            has_biases: true,
        })
    }

    /// The same, whose matrices are checked by their names and shapes and stay where they are.
    pub fn dry(self) -> Self {
        Self {
            is_dry: true,
            ..self
        }
    }

    /// The same, whose matrices have no biases.
    pub fn without_biases(self) -> Self {
        Self {
            has_biases: false,
            ..self
        }
    }

    /// Stands for a matrix that stays where it is, once its shape is right, and that of its bias.
    fn checked(&self, name: &str, shape: &[usize]) -> Result<Weight, Error> {
        shaped(self.checkpoint, &format!("{name}.weight"), shape)?;
        if self.has_biases {
            shaped(self.checkpoint, &format!("{name}.bias"), &shape[..1])?;
        }
        Ok(Weight::of_f32(&[0.0], 1, 1, self.pool))
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.checkpoint.contains(name)
    }

    /// The tensor of that name, which must have that shape and hold nothing but finite numbers.
    fn view(&self, name: &str, shape: &[usize]) -> Result<View<'a>, Error> {
        matching(self.checkpoint, name, shape)
    }

    /// The tensor of that name where only some rows of it are looked at.
    pub fn rows(&self, name: &str, shape: &[usize], rows: &[u32]) -> Result<Vec<f32>, Error> {
        let view = shaped(self.checkpoint, name, shape)?;
        let mut numbers = Vec::with_capacity(rows.len() * shape[1]);
        for row in rows {
            let row = view.at(*row as usize);
            if !is_finite(&row) {
                return Err(Error::NotFinite(name.to_owned()));
            }
            numbers.extend(row.to_f32());
        }
        Ok(numbers)
    }

    /// The array of that name.
    pub fn parameter(&self, name: &str, shape: &[usize]) -> Result<Parameter, Error> {
        let view = self.view(name, shape)?;
        let mut values = view.to_f32();
        for lora in self.loras {
            lora.add_array(name, &mut values)?;
        }
        Ok(Parameter::new(values, shape))
    }

    /// The matrix `name.weight` of `[outputs, inputs]`, with its bias `name.bias`, held as `held`.
    pub fn linear(
        &self,
        name: &str,
        [outputs, inputs]: [usize; 2],
        held: WeightType,
    ) -> Result<Weight, Error> {
        if self.is_dry {
            return self.checked(name, &[outputs, inputs]);
        }
        let stored = format!("{name}.weight");
        let view = self.view(&stored, &[outputs, inputs])?;
        let weight = if self.loras.iter().any(|lora| lora.changes(name)) {
            let mut values = view.to_f32();
            for lora in self.loras {
                lora.add(name, &mut values, [outputs, inputs], self.pool)?;
            }
            pack(
                &values,
                [outputs, inputs],
                held.held(view.dtype, inputs),
                self.pool,
            )
        } else {
            Weight::from_view(&view, held, self.pool)
        };
        self.checkpoint.release(&stored);
        self.with_bias(name, weight)
    }

    /// The kernel `name.weight` of `[outputs, inputs, taps…]` in the order in which convolutions read it, with
    /// its bias `name.bias`.
    pub fn conv(
        &self,
        name: &str,
        [outputs, inputs]: [usize; 2],
        taps: &[usize],
        held: WeightType,
    ) -> Result<Weight, Error> {
        let stored = format!("{name}.weight");
        let shape = [&[outputs, inputs], taps].concat();
        if self.is_dry {
            return self.checked(name, &shape);
        }
        let view = self.view(&stored, &shape)?;
        let weight = kernel(&view, held, self.pool);
        self.checkpoint.release(&stored);
        self.with_bias(name, weight)
    }

    fn with_bias(&self, name: &str, weight: Weight) -> Result<Weight, Error> {
        if !self.has_biases {
            return Ok(weight);
        }
        let bias = self.parameter(&format!("{name}.bias"), &[weight.outputs()])?;
        Ok(weight.with_bias(bias))
    }
}

/// The tensor of that name, which must have that shape.
pub(crate) fn shaped<'a>(
    checkpoint: &'a Checkpoint,
    name: &str,
    shape: &[usize],
) -> Result<View<'a>, Error> {
    let view = checkpoint.view(name)?;
    if view.shape == shape {
        return Ok(view);
    }
    Err(Error::Shape {
        name: name.to_owned(),
        found: view.shape,
        expected: shape.to_vec(),
    })
}

/// The tensor of that name, which must have that shape and hold nothing but finite numbers.
pub(crate) fn matching<'a>(
    checkpoint: &'a Checkpoint,
    name: &str,
    shape: &[usize],
) -> Result<View<'a>, Error> {
    let view = shaped(checkpoint, name, shape)?;
    match is_finite(&view) {
        true => Ok(view),
        false => Err(Error::NotFinite(name.to_owned())),
    }
}

/// A kernel `[outputs, inputs, taps…]` in the order in which convolutions read it.
pub(crate) fn kernel(view: &View<'_>, held: WeightType, pool: &Pool) -> Weight {
    let (outputs, inputs) = (view.shape[0], view.shape[1]);
    let taps: usize = view.shape[2..].iter().product();
    let from = view.to_f32();
    let mut values = vec![0.0; from.len()];
    let size = (inputs * taps).max(1);
    for (from, to) in from.chunks_exact(size).zip(values.chunks_exact_mut(size)) {
        for (input, from) in from.chunks_exact(taps).enumerate() {
            for (tap, x) in from.iter().enumerate() {
                to[tap * inputs + input] = *x;
            }
        }
    }
    let dtype = held.held(view.dtype, taps * inputs);
    pack(&values, [outputs, taps * inputs], dtype, pool)
}

fn pack(values: &[f32], shape: [usize; 2], dtype: Dtype, pool: &Pool) -> Weight {
    let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    let view = View {
        dtype: Dtype::F32,
        shape: shape.to_vec(),
        bytes: &bytes,
    };
    Weight::from_view(&view, WeightType::As(dtype), pool)
}

/// Opens the tensors in a folder that is one part of a larger one.
pub(crate) fn open(folder: &Path) -> Result<Checkpoint, Error> {
    Ok(Checkpoint::open(folder)?)
}

/// The `config.json` beside the tensors.
pub(crate) fn settings(checkpoint: &Checkpoint) -> Result<Settings, Error> {
    let path = checkpoint.folder().join("config.json");
    match std::fs::read_to_string(&path) {
        Ok(text) => Settings::from_json(&text),
        Err(source) => Err(Error::Read { path, source }),
    }
}

/// Whether floats are neither infinite nor no numbers; of blocks their numbers.
pub(crate) fn is_finite(view: &View<'_>) -> bool {
    // Looked at as whole numbers, whole chunks at a time, so that it costs no more than reading them.
    let all = |chunk: &[u8]| match view.dtype {
        Dtype::Bf16 => chunk.as_chunks().0.iter().fold(true, |fine, x| {
            fine & (u16::from_le_bytes(*x) & 0x7f80 != 0x7f80)
        }),
        Dtype::F16 => chunk.as_chunks().0.iter().fold(true, |fine, x| {
            fine & (u16::from_le_bytes(*x) & 0x7c00 != 0x7c00)
        }),
        Dtype::F32 => {
            let bits = |x: &[u8; 4]| u32::from_le_bytes(*x) & 0x7f80_0000 != 0x7f80_0000;
            chunk
                .as_chunks()
                .0
                .iter()
                .fold(true, |fine, x| fine & bits(x))
        }
        _ => true,
    };
    match view.dtype {
        Dtype::Bf16 | Dtype::F16 | Dtype::F32 => view.bytes.chunks(1 << 14).all(all),
        _ => view.to_f32().iter().all(|x| x.is_finite()),
    }
}
