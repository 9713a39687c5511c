//! Integration tests: files in, tensors out.

mod checkpoint;
mod conversions;
mod gguf;
mod safetensors;
mod writing;
