//! Arrays with shapes and types, their gradients, and the files that hold them.

pub mod files;

pub mod ops;

mod error;

mod arena;
mod context;
mod parameter;
mod shape;
mod states;
mod tape;
mod tensor;
mod weight;

pub use context::{Context, Observer};
pub use error::Error;
pub use kernels::{Attention, CacheType, KvPages, Looks, PAGE, Pool, RopePairs, Sequence, Taps};
pub use parameter::{Parameter, ParameterId};
pub use shape::{RANK_MAX, Shape};
pub use states::States;
pub use tape::Gradients;
pub use tensor::Tensor;
pub use weight::{Weight, WeightType};
