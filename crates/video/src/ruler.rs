//! Measures what a film of the little world shows, by its pixels alone, and grades it against what was wished.
//!
//! The background and the camera are those whose pictures come nearest; what stands out from it is laid beside each shape with
//! each pattern, which gives colour, place and size in each picture; and the way that a thing goes is laid beside each law by
//! which things go. What cannot be told by anybody is said to be that. Films are measured at 64 pixels a side, or up to 127.

mod backdrop;
mod blobs;
mod film;
mod grade;
mod merged;
mod motion;
mod scene;
mod search;
mod sights;
mod stamp;
mod steady;
mod template;
mod tracks;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use media::Picture;

use crate::world::{Background, Camera, Colour, Motion, Pattern, Shape, Size, Speed};

pub use grade::{Attribute, Grade, Grades, grade};
pub use steady::{identity_switches, join, seam};

use backdrop::Backdrop;
use film::Film;
use tracks::Tracker;

/// What a film shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The things, those that are seen longest first.
    pub objects: Vec<SeenObject>,
    /// What is behind them.
    pub background: Background,
    /// What the camera may do: more than one thing when nothing in the picture says which.
    pub cameras: Vec<Camera>,
}

/// A thing that is seen.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenObject {
    /// What it looks like.
    pub shape: Shape,
    /// Its colour at first.
    pub colour: Colour,
    /// How large it is.
    pub size: Size,
    /// What is on it.
    pub pattern: Pattern,
    /// What it does; another thing that takes part is named by its number among those seen.
    pub motion: Motion,
    /// How fast it may be: more than one when the world makes them look the same.
    pub speeds: Vec<Speed>,
    /// Where it is: the number of the picture, and the place on the screen in shares of its shorter side, from the middle to the
    /// right and up.
    pub path: Vec<(usize, [f32; 2])>,
    /// Its colour in each of these pictures.
    pub colours: Vec<Colour>,
    /// How far its pixels are from those of such a thing: the mean of the squares, in steps of 255.
    pub error: f32,
}

/// Measures a film.
///
/// # Panics
/// When there is no picture, when pictures are not of one size, or when there are none in a second.
pub fn measure(pictures: &[Picture], frames_per_second: f32) -> Seen {
    let film = Film::new(pictures, frames_per_second);
    let backdrop = Backdrop::find(&film);
    let (tracker, tracks) = Tracker::follow(&film, &backdrop);
    scene::seen(&film, &backdrop, &tracker, tracks)
}

/// Measures `count` films, as many at a time as there are cores; `film` makes each by its number.
///
/// # Panics
/// As [`measure`].
pub fn measure_each(
    count: usize,
    frames_per_second: f32,
    film: impl Fn(usize) -> Vec<Picture> + Sync,
) -> Vec<Seen> {
    let next = AtomicUsize::new(0);
    let seen: Vec<OnceLock<Seen>> = (0..count).map(|_| OnceLock::new()).collect();
    let work = || {
        while let number = next.fetch_add(1, Ordering::Relaxed)
            && let Some(seen) = seen.get(number)
        {
            seen.get_or_init(|| measure(&film(number), frames_per_second));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores.min(count) {
            scope.spawn(work);
        }
    });
    let seen = seen.into_iter();
    seen.map(|seen| seen.into_inner().expect("each was measured"))
        .collect()
}
