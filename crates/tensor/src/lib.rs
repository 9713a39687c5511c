//! Arrays with shapes and types, their gradients, and the files that hold them.

pub mod files;

mod error;

pub use error::Error;
