//! Adapters that are added to weights when they are loaded.

use std::collections::BTreeMap;
use std::path::Path;

use kernels::{Epilogue, PackedF32, matmul_f32};
use tensor::Pool;
use tensor::files::Checkpoint;

use crate::error::Error;
use crate::part::is_finite;

/// Narrow matrices whose products are added to those of a network, as `diffusers` or the first release of Wan
/// spell them.
/// Source: Hu et al. 2021.
#[derive(Debug)]
pub struct Lora {
    checkpoint: Checkpoint,
    strength: f32,
    /// By the name of a matrix of `diffusers`, without `.weight`.
    pairs: BTreeMap<String, Pair>,
    /// What is added to arrays as it is, by their names in `diffusers`.
    arrays: BTreeMap<String, String>,
}

/// What the matrices of one product are called.
#[derive(Debug, Default)]
struct Pair {
    down: Option<String>,
    up: Option<String>,
    alpha: Option<String>,
}

/// From the names of the first release to those of `diffusers`, within a block.
const PARTS: [(&str, &str); 14] = [
    ("self_attn.q", "attn1.to_q"),
    ("self_attn.k", "attn1.to_k"),
    ("self_attn.v", "attn1.to_v"),
    ("self_attn.o", "attn1.to_out.0"),
    ("self_attn.norm_q", "attn1.norm_q"),
    ("self_attn.norm_k", "attn1.norm_k"),
    ("cross_attn.q", "attn2.to_q"),
    ("cross_attn.k", "attn2.to_k"),
    ("cross_attn.v", "attn2.to_v"),
    ("cross_attn.o", "attn2.to_out.0"),
    ("cross_attn.norm_q", "attn2.norm_q"),
    ("cross_attn.norm_k", "attn2.norm_k"),
    ("ffn.0", "ffn.net.0.proj"),
    ("ffn.2", "ffn.net.2"),
];

/// The same outside of blocks.
const OUTER: [(&str, &str); 6] = [
    (
        "text_embedding.0",
        "condition_embedder.text_embedder.linear_1",
    ),
    (
        "text_embedding.2",
        "condition_embedder.text_embedder.linear_2",
    ),
    (
        "time_embedding.0",
        "condition_embedder.time_embedder.linear_1",
    ),
    (
        "time_embedding.2",
        "condition_embedder.time_embedder.linear_2",
    ),
    ("time_projection.1", "condition_embedder.time_proj"),
    ("head.head", "proj_out"),
];

impl Lora {
    /// Opens the adapter in the file or folder at `path`, to be added `strength` times.
    ///
    /// # Errors
    /// When it cannot be read, or holds what is no part of an adapter.
    pub fn open(path: &Path, strength: f32) -> Result<Self, Error> {
        let checkpoint = Checkpoint::open(path)?;
        let (mut pairs, mut arrays) = (BTreeMap::<String, Pair>::new(), BTreeMap::new());
        for stored in checkpoint.names() {
            let name = ["transformer.", "diffusion_model."]
                .iter()
                .find_map(|prefix| stored.strip_prefix(prefix))
                .unwrap_or(stored);
            let (module, end) = ENDINGS
                .iter()
                .find_map(|(ending, end)| Some((name.strip_suffix(ending)?, *end)))
                .ok_or_else(|| {
                    Error::Adapter(format!("it holds `{stored}`, which is no part of one"))
                })?;
            let module = of_diffusers(module);
            let kept = Some(stored.to_owned());
            match end {
                End::Down => pairs.entry(module).or_default().down = kept,
                End::Up => pairs.entry(module).or_default().up = kept,
                End::Alpha => pairs.entry(module).or_default().alpha = kept,
                End::Bias => drop(arrays.insert(format!("{module}.bias"), stored.to_owned())),
                End::Array => drop(arrays.insert(format!("{module}.weight"), stored.to_owned())),
            }
        }
        Ok(Self {
            checkpoint,
            strength,
            pairs,
            arrays,
        })
    }

    /// Checks that all of it belongs to a network that holds tensors of these names.
    pub(crate) fn check(&self, network: &Checkpoint) -> Result<(), Error> {
        let matrices = self.pairs.keys().map(|name| format!("{name}.weight"));
        let mut names = matrices.chain(self.arrays.keys().cloned());
        match names.find(|name| !network.contains(name)) {
            Some(name) => Err(Error::Adapter(format!(
                "it changes `{name}`, which the network has not"
            ))),
            None => Ok(()),
        }
    }

    /// Whether it changes the matrix of that name.
    pub(crate) fn changes(&self, name: &str) -> bool {
        self.pairs.contains_key(name) || self.arrays.contains_key(&format!("{name}.weight"))
    }

    /// Adds what it has for the matrix of that name to `values`, `[outputs, inputs]`.
    pub(crate) fn add(
        &self,
        name: &str,
        values: &mut [f32],
        [outputs, inputs]: [usize; 2],
        pool: &Pool,
    ) -> Result<(), Error> {
        self.add_array(&format!("{name}.weight"), values)?;
        let Some(pair) = self.pairs.get(name) else {
            return Ok(());
        };
        let (Some(down), Some(up)) = (&pair.down, &pair.up) else {
            return Err(Error::Adapter(format!(
                "one of the two matrices of `{name}` is missing"
            )));
        };
        let rank = self
            .checkpoint
            .view(down)?
            .shape
            .first()
            .copied()
            .unwrap_or(0);
        let (down, mut up) = (
            self.numbers(down, &[rank, inputs])?,
            self.numbers(up, &[outputs, rank])?,
        );
        let alpha = match &pair.alpha {
            Some(alpha) => self.checkpoint.view(alpha)?.to_f32().first().copied(),
            None => None,
        };
        let scale = self.strength * alpha.map_or(1.0, |alpha| alpha / rank as f32);
        up.iter_mut().for_each(|x| *x *= scale);
        let turned: Vec<f32> = (0..inputs)
            .flat_map(|input| down.iter().skip(input).step_by(inputs))
            .copied()
            .collect();
        let packed = PackedF32::pack(&turned, inputs, rank, pool);
        matmul_f32(values, &up, &packed, Epilogue::Add, pool);
        Ok(())
    }

    /// Adds what it has for the array of that name to `values`.
    pub(crate) fn add_array(&self, name: &str, values: &mut [f32]) -> Result<(), Error> {
        let Some(stored) = self.arrays.get(name) else {
            return Ok(());
        };
        let view = self.checkpoint.view(stored)?;
        if view.len() != values.len() {
            return Err(Error::Adapter(format!(
                "`{stored}` is of another size than what it is added to"
            )));
        }
        let added = view.to_f32();
        values
            .iter_mut()
            .zip(added)
            .for_each(|(x, added)| *x += self.strength * added);
        Ok(())
    }

    fn numbers(&self, stored: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        let view = self.checkpoint.view(stored)?;
        if view.shape != shape {
            return Err(Error::Shape {
                name: stored.to_owned(),
                found: view.shape,
                expected: shape.to_vec(),
            });
        }
        if !is_finite(&view) {
            return Err(Error::NotFinite(stored.to_owned()));
        }
        Ok(view.to_f32())
    }
}

#[derive(Clone, Copy)]
enum End {
    Down,
    Up,
    Alpha,
    Bias,
    Array,
}

/// How the parts of an adapter end.
const ENDINGS: [(&str, End); 9] = [
    (".lora_A.weight", End::Down),
    (".lora_B.weight", End::Up),
    (".lora_A.default.weight", End::Down),
    (".lora_B.default.weight", End::Up),
    (".lora_down.weight", End::Down),
    (".lora_up.weight", End::Up),
    (".alpha", End::Alpha),
    (".diff_b", End::Bias),
    (".diff", End::Array),
];

/// What `diffusers` calls a module.
fn of_diffusers(module: &str) -> String {
    if let Some((_, name)) = OUTER.iter().find(|(first, _)| *first == module) {
        return (*name).to_owned();
    }
    let Some((number, part)) = module
        .strip_prefix("blocks.")
        .and_then(|rest| rest.split_once('.'))
    else {
        return module.to_owned();
    };
    // The first release counts the norm before the text as the third.
    if part == "norm3" {
        return format!("blocks.{number}.norm2");
    }
    match PARTS.iter().find(|(first, _)| *first == part) {
        Some((_, name)) => format!("blocks.{number}.{name}"),
        None => module.to_owned(),
    }
}
