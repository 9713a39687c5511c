//! Films by a network that learnt what words look like.

mod lessons;
mod painted;
mod painter;
mod words;

pub use lessons::{Split, drawn, lesson, lesson_scene, lesson_words, measured_scene};
pub use painted::Painted;
pub use painter::{Each, Given, Painter, Painting, USUAL_STEPS, Unloadable};
pub use words::Words;
