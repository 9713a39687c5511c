//! Where a look fits best: poses are tried around those that fit.

use super::film::Rgb;
use super::template::{Fit, Look, Pose, Scrap};
use crate::world::Size;

/// Shapes and patterns that are looked at closely.
const CLOSE: usize = 7;

/// Which share of what is seen may be unexplained before poses further off are tried.
const UNFIT: f32 = 0.1;

/// How far off such poses are: pixels to the right and down, and a share of the radius.
const SCATTER: [[f32; 3]; 7] = [
    [0.0, 0.0, 1.0],
    [-1.6, 0.0, 1.0],
    [1.6, 0.0, 1.0],
    [0.0, -1.6, 1.0],
    [0.0, 1.6, 1.0],
    [0.0, 0.0, 0.86],
    [0.0, 0.0, 1.16],
];

/// Ways in which a pose is changed: a place, a radius, and both so that one rim stays where it is.
pub(super) const WAYS: [[f32; 3]; 7] = [
    [1.0, 0.0, 0.0],
    [0.0, 1.0, 0.0],
    [0.0, 0.0, 0.7],
    [0.5, 0.0, 0.5],
    [0.5, 0.0, -0.5],
    [0.0, 0.5, 0.5],
    [0.0, 0.5, -0.5],
];

impl Scrap<'_> {
    /// The best pose near one, by halving steps.
    pub fn refined(&self, look: Look, start: Fit, rounds: usize) -> Fit {
        self.refined_by(start, rounds, &|pose| self.fit(look, pose))
    }

    /// The same for what has a known colour, and may be there in part.
    pub fn refined_faded(&self, look: Look, start: Pose, rgb: Rgb, rounds: usize) -> Fit {
        let start = self.fit_faded(look, start, rgb);
        self.refined_by(start, rounds, &|pose| self.fit_faded(look, pose, rgb))
    }

    fn refined_by(&self, start: Fit, rounds: usize, fit: &dyn Fn(Pose) -> Fit) -> Fit {
        let mut best = start;
        let mut step = 1.2;
        for _ in 0..rounds {
            let before = best.error;
            for way in WAYS {
                for side in [-step, step] {
                    let pose = best.pose;
                    let fit = fit(Pose {
                        at: [pose.at[0] + side * way[0], pose.at[1] + side * way[1]],
                        radius: (pose.radius + side * way[2]).max(1.0),
                        ..pose
                    });
                    if fit.error < best.error {
                        best = fit;
                        break;
                    }
                }
            }
            if best.error > before * 0.97 {
                step /= 2.2;
            }
            if step < 0.04 {
                break;
            }
        }
        best
    }

    /// How well each look fits, those that fit best first.
    pub fn looks(&self, columns: [usize; 2], rows: [usize; 2]) -> Vec<(Look, Fit)> {
        let mut looks: Vec<(Look, Fit)> = Look::all()
            .map(|look| {
                let fit = self.fit(look, look.filling(columns, rows));
                (look, self.refined(look, fit, 2))
            })
            .collect();
        let by_error = |one: &(Look, Fit), two: &(Look, Fit)| one.1.error.total_cmp(&two.1.error);
        looks.sort_by(by_error);
        for (look, fit) in looks.iter_mut().take(CLOSE) {
            *fit = self.refined(*look, *fit, 14);
        }
        looks.sort_by(by_error);
        if looks[0].1.error > UNFIT * self.signal() {
            // What is hardly told from what is behind it fills more than what stands out.
            for (look, fit) in &mut looks {
                let filling = look.filling(columns, rows);
                for size in Size::ALL {
                    let radius = size.radius() * self.film.scale();
                    let found = self.refined(*look, self.fit(*look, Pose { radius, ..filling }), 2);
                    if found.error < fit.error {
                        *fit = found;
                    }
                }
            }
            looks.sort_by(by_error);
            for (look, fit) in looks.iter_mut().take(CLOSE) {
                *fit = self.scattered(*look, *fit, look.filling(columns, rows));
            }
            looks.sort_by(by_error);
        }
        looks
    }

    /// The best of poses around one that is not good, and around that in which it fills its place.
    pub fn scattered(&self, look: Look, fit: Fit, filling: Pose) -> Fit {
        let mut best = fit;
        for start in [fit.pose, filling] {
            for [right, down, grown] in SCATTER {
                let pose = Pose {
                    at: [start.at[0] + right, start.at[1] + down],
                    radius: start.radius * grown,
                    angle: fit.pose.angle,
                };
                let found = self.refined(look, self.fit(look, pose), 8);
                if found.error < best.error {
                    best = found;
                }
            }
        }
        best
    }
}
