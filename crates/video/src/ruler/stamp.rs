//! A look in a pose: how far places are from its rim, which is asked millions of times a film and so looked up.

use std::sync::LazyLock;

use super::template::{Look, Pose};
use crate::world::{Shape, unit_distance};

/// Places a length of which distances to the rims of shapes are known.
const GRID: f32 = 80.0;

/// How far from the middle they are known, in shares of the radius.
const KNOWN: f32 = 1.3;

/// Places a side.
const SIDE: usize = (2.0 * KNOWN * GRID) as usize + 2;

/// Distances to the rim of each shape, in shares of its radius, at places beside each other and one below the other.
static DISTANCES: LazyLock<Vec<Vec<f32>>> = LazyLock::new(|| {
    let place = |at: usize| at as f32 / GRID - KNOWN;
    Shape::ALL
        .iter()
        .map(|&shape| {
            (0..SIDE * SIDE)
                .map(|at| unit_distance(shape, [place(at % SIDE), place(at / SIDE)]))
                .collect()
        })
        .collect()
});

/// A look in a pose.
pub(super) struct Stamp<'a> {
    pub look: Look,
    pub pose: Pose,
    sine: f32,
    cosine: f32,
    distances: &'a [f32],
}

impl Stamp<'_> {
    pub fn new(look: Look, pose: Pose) -> Self {
        let (sine, cosine) = (-pose.angle).sin_cos();
        Self {
            look,
            pose,
            sine,
            cosine,
            distances: &DISTANCES[look.shape as usize],
        }
    }

    /// A place that is so far from the middle, in pixels to the right and up, in shares of the radius, turned back.
    pub fn local(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [
            (x * self.cosine - y * self.sine) / self.pose.radius,
            (x * self.sine + y * self.cosine) / self.pose.radius,
        ]
    }

    /// How far it is from there to the rim, in pixels.
    pub fn far(&self, local: [f32; 2]) -> f32 {
        let [x, y] = local.map(|part| (part + KNOWN) * GRID);
        let end = (SIDE - 1) as f32;
        if !(x >= 0.0 && y >= 0.0 && x < end && y < end) {
            return unit_distance(self.look.shape, local) * self.pose.radius;
        }
        let (column, row) = (x as u32, y as u32);
        let at = row as usize * SIDE + column as usize;
        let [along, down] = [x - column as f32, y - row as f32];
        let [above, below] = [at, at + SIDE].map(|at| {
            let [left, right] = [self.distances[at], self.distances[at + 1]];
            left + (right - left) * along
        });
        (above + (below - above) * down) * self.pose.radius
    }
}
