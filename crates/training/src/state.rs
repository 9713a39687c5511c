//! What is needed to go on exactly where a training was.

use std::collections::BTreeMap;
use std::path::Path;

use tensor::files::{Dtype, Safetensors, View, write_safetensors};

use crate::error::{Error, Result};
use crate::optimiser::Moments;

/// The version of the file; files of another are refused.
const VERSION: u32 = 1;

/// Weights, what the optimiser remembers, and where the data stood.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Steps taken.
    pub step: u64,
    /// Where the data stood, in the words of whoever read it.
    pub position: serde_json::Value,
    pub(crate) names: Vec<String>,
    pub(crate) values: Vec<Vec<f32>>,
    pub(crate) moments: Vec<Moments>,
    /// The running mean of the weights; empty where none is kept.
    pub(crate) average: Vec<Vec<f32>>,
    /// What ranks that meet now and then remember of their ways; empty where they do not.
    pub(crate) outer: Vec<Vec<f32>>,
}

/// What the file says of itself.
#[derive(serde::Serialize, serde::Deserialize)]
struct Header {
    version: u32,
    step: u64,
    position: serde_json::Value,
    names: Vec<String>,
    has_average: bool,
    #[serde(default)]
    has_outer: bool,
}

impl State {
    /// The weights that are to be kept in the end: their running mean where there is one.
    pub fn kept(&self) -> &[Vec<f32>] {
        match self.average.is_empty() {
            true => &self.values,
            false => &self.average,
        }
    }

    /// Writes it to `path`, whole or not at all.
    ///
    /// # Errors
    /// When the disk is full or the place cannot be written; what was there before stays.
    pub fn save(&self, path: &Path) -> Result<()> {
        let header = Header {
            version: VERSION,
            step: self.step,
            position: self.position.clone(),
            names: self.names.clone(),
            has_average: !self.average.is_empty(),
            has_outer: !self.outer.is_empty(),
        };
        let header = serde_json::to_string(&header).expect("a header is plain data");
        let metadata = BTreeMap::from([("training".to_owned(), header)]);
        let mut arrays = Vec::new();
        for (number, values) in self.values.iter().enumerate() {
            let moments = &self.moments[number];
            arrays.push((format!("values.{number}"), values));
            arrays.push((format!("mean.{number}"), &moments.mean));
            arrays.push((format!("square.{number}"), &moments.square));
        }
        for (number, values) in self.average.iter().enumerate() {
            arrays.push((format!("average.{number}"), values));
        }
        for (number, values) in self.outer.iter().enumerate() {
            arrays.push((format!("outer.{number}"), values));
        }
        let views = arrays.iter().map(|(name, values)| {
            let view = View {
                dtype: Dtype::F32,
                shape: vec![values.len()],
                bytes: bytemuck::cast_slice(values),
            };
            (name.as_str(), view)
        });
        let views: Vec<(&str, View<'_>)> = views.collect();
        write_safetensors(path, &views, &metadata)?;
        Ok(())
    }

    /// Reads one back.
    ///
    /// # Errors
    /// When the file is damaged or of another kind.
    pub fn load(path: &Path) -> Result<Self> {
        let file = Safetensors::open(path)?;
        let header = Header::of(&file, path)?;
        let read = |name: String| -> Result<Vec<f32>> { Ok(file.view(&name)?.to_f32()) };
        let mut state = Self {
            step: header.step,
            position: header.position,
            names: header.names,
            values: Vec::new(),
            moments: Vec::new(),
            average: Vec::new(),
            outer: Vec::new(),
        };
        for number in 0..state.names.len() {
            state.values.push(read(format!("values.{number}"))?);
            state.moments.push(Moments {
                mean: read(format!("mean.{number}"))?,
                square: read(format!("square.{number}"))?,
            });
            if header.has_average {
                state.average.push(read(format!("average.{number}"))?);
            }
            if header.has_outer {
                state.outer.push(read(format!("outer.{number}"))?);
            }
        }
        Ok(state)
    }

    /// Where the data stood, without the numbers.
    pub(crate) fn position_in(path: &Path) -> Result<serde_json::Value> {
        Ok(Header::of(&Safetensors::open(path)?, path)?.position)
    }
}

impl Header {
    fn of(file: &Safetensors, path: &Path) -> Result<Self> {
        let refused = |reason: String| Error::State {
            path: path.to_owned(),
            reason,
            hint: "the state before it stands beside it; without any, the training begins anew",
        };
        let header = file.metadata().get("training");
        let header = header.ok_or_else(|| refused("it is no state of a training".to_owned()))?;
        let header: Self = serde_json::from_str(header)
            .map_err(|error| refused(format!("its header is damaged: {error}")))?;
        match header.version {
            VERSION => Ok(header),
            other => Err(refused(format!("it is of version {other}"))),
        }
    }
}
