//! Files that hold tensors, mapped into memory and distrusted.
//!
//! Every number in a file is checked before it is used: lengths against the file, ranges against each
//! other, sizes against shapes and types. A file that fails is an [`Error`](crate::Error) that says
//! what to do; it is never a panic, a read outside the file, or memory beyond a few times the length
//! of its header.

mod checkpoint;
mod gguf;
mod safetensors;

mod dtype;
mod view;

mod blocks;
mod floats;
mod mix;
mod quantise;

mod directory;
mod flaw;
mod identify;
mod map;
mod new_file;

pub use checkpoint::{Checkpoint, Progress};
pub use dtype::Dtype;
pub use gguf::{Array, Gguf, GgufWriter, Metadata, TensorInfo, Value};
pub use mix::Mix;
pub use quantise::{Source, quantise, write_gguf};
pub use safetensors::{Safetensors, write_safetensors};
pub use view::View;
