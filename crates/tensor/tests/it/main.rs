//! Integration tests: files in, tensors out; and gradients.

mod activation_gradients;
mod checkpoint;
mod conversions;
mod convolutions;
mod gguf;
mod gradients;
mod hostile;
mod quantising;
mod safetensors;
mod writing;
