//! Films by a network that learnt what words look like.

mod lessons;
mod words;

pub use lessons::{LESSON_FRAMES_PER_SECOND, lesson, lesson_scene, lesson_words};
pub use words::Words;
