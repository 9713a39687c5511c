//! Why no film came of open weights.

use std::fmt;
use std::path::PathBuf;

/// What can go wrong with a folder of weights, or what is asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It was called off.
    #[error("it was called off")]
    Stopped,
    /// Something else lies there.
    #[error(
        "`{}` holds no pipeline that makes films: {reason}\nhint: Wan 2.1 T2V and Wan 2.2 TI2V in the layout of `diffusers` do, with `model_index.json` and a folder for each part",
        path.display()
    )]
    NotAPipeline {
        /// What was looked at.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What is asked cannot be.
    #[error("such a film cannot be made: {0}")]
    Refused(String),
    /// It would not fit.
    #[error(
        "such a film needs about {needed} MiB of memory, and {given} may be used\nhint: {largest}; weights held in `Q8_0` or `Q4_0` take less"
    )]
    TooLarge {
        /// MiB at the most.
        needed: u64,
        /// MiB that may be used.
        given: u64,
        /// What would fit.
        largest: Largest,
    },
    /// Nothing can come of what the network says.
    #[error(
        "step {step} gave numbers that are not finite\nhint: are the weights those of their publisher, and is an adapter too strong?"
    )]
    NotFinite {
        /// Which, from 1.
        step: usize,
    },
    /// A part cannot be used.
    #[error(transparent)]
    Model(models::Error),
}

/// The largest films that fit: as large as was asked for and shorter, and as long and smaller. Pixels in a row, rows and pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Largest(pub Vec<[usize; 3]>);

impl fmt::Display for Largest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, [width, height, frames]) in self.0.iter().enumerate() {
            let (begin, pictures) = match (at, frames) {
                (0, 1) => ("there is room for ", "picture"),
                (0, _) => ("there is room for ", "pictures"),
                (_, 1) => (", or ", "picture"),
                _ => (", or ", "pictures"),
            };
            write!(f, "{begin}{frames} {pictures} of {width}x{height}")?;
        }
        match self.0.is_empty() {
            true => f.write_str("a smaller one does not fit either"),
            false => Ok(()),
        }
    }
}

impl From<models::Error> for Error {
    fn from(error: models::Error) -> Self {
        match error {
            models::Error::Stopped => Self::Stopped,
            other => Self::Model(other),
        }
    }
}

impl From<tensor::Error> for Error {
    fn from(error: tensor::Error) -> Self {
        Self::Model(error.into())
    }
}
