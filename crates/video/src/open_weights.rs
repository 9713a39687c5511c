//! Films by open weights: folders of `diffusers` with Wan 2.1 T2V or Wan 2.2 TI2V, and what was distilled from them.
//!
//! Words become states of a text, noise becomes latents in a few steps that look at them, latents become pictures
//! one after the other. Each part is read when its turn comes. Nothing is fetched here.

mod embeddings;
mod error;
mod filmed;
mod kept;
mod pipeline;
mod preview;
mod releases;
mod request;
mod sampler;
mod unfinished;
mod words;

pub use error::{Error, Largest};
pub use filmed::{Filmed, Usual};
pub use pipeline::{EachStep, Estimate, Options, Pipeline, Watch};
pub use releases::{RELEASES, Release};
pub use request::{Frame, Request};
pub use sampler::{Sampler, Steps};
