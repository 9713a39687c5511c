//! Pictures, films and sound to bytes and back, and what says where they came from.

#[cfg(feature = "av1")]
mod av1;
mod error;
mod film;
mod h264;
mod picture;
mod planes;

pub mod animation;
pub mod credentials;
pub mod mp4;
pub mod sound;
pub mod still;
pub mod watermark;

pub use error::{Error, Result};
pub use film::{Codec, Spec};
pub use picture::Picture;
