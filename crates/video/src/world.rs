//! A little world of plain things that move: what is in it is a record of facts, and pictures, words, sound and marks
//! all follow from that record.
//!
//! Lengths are in shares of the shorter side of the picture, with the origin in its middle, `x` to the right and `y` up.
//! Times are in seconds.

mod facts;

mod caption;
mod lexicon;
mod sample;
mod wish;
mod words;

mod path;
mod picture;

pub(crate) use caption::OPENINGS;
pub use caption::caption;
pub use facts::{
    Background, Camera, Colour, Direction, Motion, Object, Pattern, Relation, Scene, Shape, Size,
    Speed,
};
pub use path::{Contact, Event, Frame, Placed, Stage};
pub(crate) use path::{GAP, GOING, SHAKEN, SHAKING, looked, panned, smooth};
pub use picture::draw;
pub(crate) use picture::{
    MARKED, SHADE, SHADE_SOFT, SHADOW, behind, cover, marked, shade, tone, turned, unit_distance,
};
pub use wish::{Thing, Wish};
pub use words::{Reading, TEXT_CHARS_MAX, Unreadable, listed, read};
