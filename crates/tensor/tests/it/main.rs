//! Integration tests: files in, tensors out.

mod safetensors;
