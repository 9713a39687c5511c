//! What a network's tensors are called in GGUF, and how they lie there.

use std::collections::BTreeMap;

use tensor::files::{Checkpoint, Dtype, TensorInfo, View};

use super::Exported;
use super::network::Family;
use crate::error::Error;
use crate::names::Names;
use crate::source::Source;

/// Bytes of a tensor that are made at a time.
const PIECE_BYTES: usize = 4 << 20;

/// The numbers of a tensor.
pub enum Data<'a> {
    /// As they are stored.
    Whole(View<'a>),
    /// Rows of so many heads, whose halves are to lie side by side.
    Neighbours(View<'a>, usize),
    /// One is to be added.
    OneMore(View<'a>),
    /// Arrays on top of each other.
    Stack(Vec<View<'a>>),
    /// Made here.
    Made(Vec<f32>),
}

impl Data<'_> {
    /// The numbers in order, piece by piece.
    pub fn each_piece(
        &self,
        each: &mut dyn FnMut(&View<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Whole(view) => by_rows(view, each),
            Self::Stack(views) => views.iter().try_for_each(|view| by_rows(view, each)),
            Self::Neighbours(view, heads) => {
                let bytes = as_neighbours(view, *heads);
                let bytes = &bytes;
                by_rows(
                    &View {
                        bytes,
                        ..view.clone()
                    },
                    each,
                )
            }
            Self::OneMore(view) => {
                let more: Vec<f32> = view.to_f32().iter().map(|scale| 1.0 + scale).collect();
                of_singles(&more, each)
            }
            Self::Made(numbers) => of_singles(numbers, each),
        }
    }
}

fn of_singles(
    numbers: &[f32],
    each: &mut dyn FnMut(&View<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let bytes: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    each(&View {
        dtype: Dtype::F32,
        shape: vec![numbers.len()],
        bytes: &bytes,
    })
}

fn by_rows(
    view: &View<'_>,
    each: &mut dyn FnMut(&View<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let length = view.shape.last().copied().unwrap_or(1);
    let row = view.dtype.bytes_of(&[length]).unwrap_or(0).max(1);
    let at_once = (PIECE_BYTES / row).max(1) * row;
    view.bytes.chunks(at_once).try_for_each(|bytes| {
        each(&View {
            dtype: view.dtype,
            shape: vec![bytes.len() / row, length],
            bytes,
        })
    })
}

/// Rows of each head, taken from its two halves in turn.
fn as_neighbours(view: &View<'_>, heads: usize) -> Vec<u8> {
    let rows = view.shape.first().copied().unwrap_or(0);
    let row = view.bytes.len() / rows.max(1);
    let width = rows / heads.max(1);
    let mut out = Vec::with_capacity(view.bytes.len());
    for head in 0..heads {
        for at in 0..width {
            let from = head * width + at / 2 + (at % 2) * (width / 2);
            out.extend_from_slice(&view.bytes[from * row..][..row]);
        }
    }
    out
}

impl<'a> Exported<'a> {
    fn new(name: String, stored: Vec<String>, shape: Vec<usize>, data: Data<'a>) -> Self {
        let dtype = match &data {
            Data::Whole(view) | Data::Neighbours(view, _) => view.dtype,
            Data::Stack(views) => views[0].dtype,
            Data::OneMore(_) | Data::Made(_) => Dtype::F32,
        };
        Self {
            info: TensorInfo { name, dtype, shape },
            stored,
            data,
        }
    }

    /// One that is stored nowhere.
    pub fn made((name, numbers): (String, Vec<f32>)) -> Self {
        Self::new(name, Vec::new(), vec![numbers.len()], Data::Made(numbers))
    }
}

/// All tensors of a folder that its network reads.
pub fn of_folder<'a>(
    checkpoint: &'a Checkpoint,
    source: &Source,
    family: &Family,
) -> Result<Vec<Exported<'a>>, Error> {
    let theirs = Names::of_gguf(family.gguf);
    let settings = &source.settings;
    let is_tied = settings.is_on("tie_word_embeddings")?;
    let queries = settings.count("num_attention_heads")?;
    let keys = settings.count_if("num_key_value_heads")?.unwrap_or(queries);
    let mut exported = Vec::new();
    let mut experts: BTreeMap<String, BTreeMap<usize, String>> = BTreeMap::new();
    for stored in checkpoint.names() {
        let Some(name) = source.names.canonical(stored) else {
            continue;
        };
        let is_needless =
            name.ends_with("rotary_emb.inv_freq") || (is_tied && name == "lm_head.weight");
        if is_needless {
            continue;
        }
        if let Some((group, number)) = of_one_expert(&name) {
            experts
                .entry(group)
                .or_default()
                .insert(number, stored.to_owned());
            continue;
        }
        let view = checkpoint.view(stored)?;
        if let Some(mlp) = name.strip_suffix(".experts.gate_up_proj") {
            for (half, part) in ["gate_proj", "up_proj"].into_iter().enumerate() {
                let name = format!("{mlp}.experts.{part}.weight");
                exported.push(half_of_each(&theirs, &name, stored, &view, half)?);
            }
            continue;
        }
        let translated = translated(&theirs, &name, stored)?;
        let shape = view.shape.clone();
        let heads = match () {
            () if name.contains(".self_attn.q_proj.") => Some(queries),
            () if name.contains(".self_attn.k_proj.") => Some(keys),
            () => None,
        };
        let is_norm = name.ends_with("norm.weight");
        let data = match heads {
            Some(heads) if family.pairs_are_neighbours => Data::Neighbours(view, heads),
            _ if family.norms_have_one && is_norm => Data::OneMore(view),
            _ => Data::Whole(view),
        };
        exported.push(Exported::new(
            translated,
            vec![stored.to_owned()],
            shape,
            data,
        ));
    }
    for (group, parts) in experts {
        let name = translated(&theirs, &group, &group)?;
        let views = parts.values().map(|stored| checkpoint.view(stored));
        let views: Vec<View<'_>> = views.collect::<Result<_, _>>()?;
        let shape = [&[views.len()], &views[0].shape[..]].concat();
        let stored = parts.into_values().collect();
        exported.push(Exported::new(name, stored, shape, Data::Stack(views)));
    }
    Ok(exported)
}

fn translated(theirs: &Names, name: &str, stored: &str) -> Result<String, Error> {
    theirs
        .translated(name)
        .ok_or_else(|| Error::export(format!("it has no name for the tensor `{stored}`")))
}

/// `model.layers.3.mlp.experts.7.up_proj.weight` is number 7 of `model.layers.3.mlp.experts.up_proj.weight`.
fn of_one_expert(name: &str) -> Option<(String, usize)> {
    let (mlp, rest) = name.split_once(".experts.")?;
    let (number, part) = rest.split_once('.')?;
    let number = number.parse().ok()?;
    Some((format!("{mlp}.experts.{part}"), number))
}

/// The first or second half of the rows of each expert in `view`.
fn half_of_each<'a>(
    theirs: &Names,
    name: &str,
    stored: &str,
    view: &View<'a>,
    half: usize,
) -> Result<Exported<'a>, Error> {
    let [count, rows, inputs] = view.shape[..] else {
        return Err(Error::export(format!("`{stored}` is no array of matrices")));
    };
    let halves = (0..count).map(|expert| {
        let whole = view.at(expert);
        let bytes = whole.bytes.len() / 2;
        View {
            dtype: whole.dtype,
            shape: vec![rows / 2, inputs],
            bytes: &whole.bytes[half * bytes..][..bytes],
        }
    });
    Ok(Exported::new(
        translated(theirs, name, stored)?,
        vec![stored.to_owned()],
        vec![count, rows / 2, inputs],
        Data::Stack(halves.collect()),
    ))
}
