//! What a patch is: it is laid beside each shape with each pattern, in its place.

use std::sync::LazyLock;

use super::backdrop::stands_out;
use super::film::{Film, Rgb};
use crate::world::{
    MARKED, Pattern, SHADE, SHADE_SOFT, SHADOW, Shape, Size, cover, marked, shade, tone, turned,
    unit_distance,
};

/// Squares of how far a pixel may be from what is expected count up to this.
const FAR: f32 = 3600.0;

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

/// What a thing looks like but for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub shape: Shape,
    pub pattern: Pattern,
}

/// Where a thing is, in pixels from the upper left corner, and how it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pose {
    pub at: [f32; 2],
    pub radius: f32,
    pub angle: f32,
}

/// How well a look fits in a pose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub pose: Pose,
    pub rgb: Rgb,
    /// From not there (0) to there (1).
    pub opacity: f32,
    /// The mean of the squares of how far pixels are from what is expected.
    pub error: f32,
}

/// A part of a picture.
pub(super) struct Scrap<'a> {
    pub film: &'a Film,
    pub seen: &'a [Rgb],
    pub plate: &'a [Rgb],
    /// Columns and rows, without the last.
    pub columns: [usize; 2],
    pub rows: [usize; 2],
    /// Whether a pixel belongs to something else.
    pub is_others: &'a dyn Fn(usize) -> bool,
    /// How soft edges are, in shares of a pixel.
    pub soft: f32,
    pub has_shadows: bool,
}

/// How far the rim of each shape lies to the left, to the right, above and below its middle.
static EXTENTS: LazyLock<Vec<[f32; 4]>> = LazyLock::new(|| {
    Shape::ALL
        .iter()
        .map(|&shape| {
            let mut extent = [0.0_f32; 4];
            for row in -60..=60 {
                for column in -60..=60 {
                    let [x, y] = [column as f32 / 50.0, row as f32 / 50.0];
                    if unit_distance(shape, [x, y]) <= 0.0 {
                        for (side, far) in extent.iter_mut().zip([-x, x, y, -y]) {
                            *side = side.max(far);
                        }
                    }
                }
            }
            extent
        })
        .collect()
});

impl Look {
    pub fn all() -> impl Iterator<Item = Self> {
        Shape::ALL.iter().flat_map(|&shape| {
            Pattern::ALL
                .iter()
                .map(move |&pattern| Self { shape, pattern })
        })
    }

    /// The pose in which it fills these columns and rows, first and last.
    pub fn filling(self, columns: [usize; 2], rows: [usize; 2]) -> Pose {
        let [left, right, up, down] = EXTENTS[self.shape as usize];
        let [width, height] = [columns, rows].map(|[from, to]| (to + 1 - from) as f32 - 0.6);
        let radius = (width / (left + right) + height / (up + down)) / 2.0;
        let [x, y] = [columns, rows].map(|[from, to]| (from + to + 1) as f32 / 2.0);
        Pose {
            at: [
                x + (left - right) / 2.0 * radius,
                y + (up - down) / 2.0 * radius,
            ],
            radius,
            angle: 0.0,
        }
    }
}

/// What a pixel is made of: `fixed`, and `own` times the colour of the thing.
struct Mixed {
    /// How much of it the thing covers.
    share: f32,
    fixed: Rgb,
    own: f32,
}

/// What a thing adds to a pixel that it covers so far.
struct Covered {
    share: f32,
    added: f32,
    own: f32,
}

impl Scrap<'_> {
    /// Where a pixel is, seen from the middle of a thing, with up above, in pixels.
    fn from(&self, pose: Pose, at: usize) -> [f32; 2] {
        let (x, y) = (at % self.film.width, at / self.film.width);
        [x as f32 + 0.5 - pose.at[0], pose.at[1] - y as f32 - 0.5]
    }

    /// How much light the shadow of a thing leaves.
    fn shaded(&self, look: Look, pose: Pose, at: usize) -> f32 {
        if !self.has_shadows {
            return 1.0;
        }
        let scale = self.film.scale();
        let from = self.from(pose, at);
        let from = [from[0] - SHADOW[0] * scale, from[1] - SHADOW[1] * scale];
        let local = turned(from, -pose.angle).map(|part| part / pose.radius);
        let far = unit_distance(look.shape, local) * pose.radius;
        1.0 - cover(far, SHADE_SOFT * scale) * SHADE
    }

    fn covered(&self, look: Look, pose: Pose, mark: f32, at: usize) -> Covered {
        let nothing = Covered {
            share: 0.0,
            added: 0.0,
            own: 0.0,
        };
        let from = self.from(pose, at);
        // No shape reaches further than this.
        let reach = pose.radius * 1.2 + self.soft;
        if from[0] * from[0] + from[1] * from[1] > reach * reach {
            return nothing;
        }
        let local = turned(from, -pose.angle).map(|part| part / pose.radius);
        let far = unit_distance(look.shape, local) * pose.radius;
        let share = cover(far, 0.5 * self.soft);
        if share <= 0.0 {
            return nothing;
        }
        let marks = marked(look.pattern, local, 0.5 * self.soft / pose.radius) * MARKED;
        let light = shade(look.shape, local);
        let (own, white) = match light < 1.0 {
            true => (light, 0.0),
            false => (1.0 - (light - 1.0).min(0.8), (light - 1.0).min(0.8)),
        };
        Covered {
            share,
            added: share * 255.0 * (own * marks * mark + white),
            own: share * own * (1.0 - marks),
        }
    }

    /// What each pixel is made of, when the marks are that light.
    fn mixed(&self, look: Look, pose: Pose, mark: f32, at: usize) -> Mixed {
        let Covered { share, added, own } = self.covered(look, pose, mark, at);
        let light = match 0.0 < share && share < 1.0 {
            true => self.shaded(look, pose, at),
            false => 1.0,
        };
        Mixed {
            share,
            fixed: self.plate[at].map(|part| part * light * (1.0 - share) + added),
            own,
        }
    }

    /// How far pixels are from those of several things, those behind first.
    pub fn layered(&self, things: &[(Look, Pose, Rgb)]) -> f32 {
        let mut count = 0;
        let errors = self.pixels().map(|at| {
            count += 1;
            let covers = things.iter().map(|&(look, pose, own)| {
                let mark = tone(own.map(|part| part / 255.0));
                (self.covered(look, pose, mark, at), own)
            });
            let covers: Vec<(Covered, Rgb)> = covers.collect();
            let bare: f32 = covers
                .iter()
                .map(|(covered, _)| 1.0 - covered.share)
                .product();
            if bare >= 1.0 {
                return self.bare(at);
            }
            let mut rgb = self.plate[at];
            for &(look, pose, _) in things.iter().filter(|_| bare > 0.0) {
                let light = self.shaded(look, pose, at);
                rgb = rgb.map(|part| part * light);
            }
            for (covered, own) in covers {
                for (part, own) in rgb.iter_mut().zip(own) {
                    *part = *part * (1.0 - covered.share) + covered.added + covered.own * own;
                }
            }
            super::film::apart(rgb, self.seen[at]).min(FAR)
        });
        let sum: f32 = errors.sum();
        sum / count.max(1) as f32
    }

    /// How far a pixel that nothing covers is from what is behind it, in whatever shadow.
    fn bare(&self, at: usize) -> f32 {
        stands_out(self.seen[at], self.plate[at]).min(FAR)
    }

    fn pixels(&self) -> impl Iterator<Item = usize> {
        let [left, right] = self.columns;
        (self.rows[0]..self.rows[1])
            .flat_map(move |y| (left..right).map(move |x| y * self.film.width + x))
            .filter(|&at| !(self.is_others)(at))
    }

    /// The colour with which a look fits best in a pose, and how well.
    pub fn fit(&self, look: Look, pose: Pose) -> Fit {
        let tones: &[f32] = match look.pattern {
            Pattern::Plain => &[0.0],
            _ => &[0.16, 0.97],
        };
        let fits = tones.iter().map(|&mark| {
            let fit = self.fit_toned(look, pose, mark);
            // Dark marks are on what is light.
            let told = tone(fit.rgb.map(|part| part / 255.0));
            let is_odd = look.pattern != Pattern::Plain && told != mark;
            Fit {
                error: fit.error * if is_odd { 1.5 } else { 1.0 },
                ..fit
            }
        });
        fits.min_by(|one, two| one.error.total_cmp(&two.error))
            .expect("there is a tone")
    }

    fn fit_toned(&self, look: Look, pose: Pose, mark: f32) -> Fit {
        let mut mixed = Vec::new();
        let (mut weight, mut sum) = (1e-3_f32, [0.0_f32; 3]);
        for at in self.pixels() {
            let part = self.mixed(look, pose, mark, at);
            if part.own > 0.0 {
                weight += part.own * part.own;
                for (sum, (seen, fixed)) in sum.iter_mut().zip(self.seen[at].iter().zip(part.fixed))
                {
                    *sum += part.own * (seen - fixed);
                }
            }
            mixed.push((at, part));
        }
        let rgb = sum.map(|sum| (sum / weight).clamp(0.0, 255.0));
        let error: f32 = mixed
            .iter()
            .map(|(at, part)| {
                if part.share <= 0.0 {
                    return self.bare(*at);
                }
                let parts = self.seen[*at].iter().zip(part.fixed).zip(rgb);
                let off: f32 = parts
                    .map(|((seen, fixed), rgb)| (seen - fixed - part.own * rgb).powi(2))
                    .sum();
                off.min(FAR)
            })
            .sum();
        Fit {
            pose,
            rgb,
            opacity: 1.0,
            error: error / mixed.len().max(1) as f32,
        }
    }

    /// How well something fits that has a known colour, and of which only a share is there.
    pub fn fit_faded(&self, look: Look, pose: Pose, rgb: Rgb) -> Fit {
        let opacity = self.opacity(look, pose, rgb).clamp(0.0, 1.0);
        let mark = tone(rgb.map(|part| part / 255.0));
        let mut count = 0;
        let errors = self.pixels().map(|at| {
            count += 1;
            let part = self.mixed(look, pose, mark, at);
            if part.share <= 0.0 {
                return self.bare(at);
            }
            let told: Rgb = std::array::from_fn(|channel| {
                let whole = part.fixed[channel] + part.own * rgb[channel];
                let plate = self.plate[at][channel];
                plate + opacity * (whole - plate)
            });
            super::film::apart(told, self.seen[at]).min(FAR)
        });
        let sum: f32 = errors.sum();
        Fit {
            pose,
            rgb,
            opacity,
            error: sum / count.max(1) as f32,
        }
    }

    /// How much of a pixel a thing covers.
    pub fn cover(&self, look: Look, pose: Pose, at: usize) -> f32 {
        self.covered(look, pose, 0.0, at).share
    }

    /// Whether a thing covers a pixel, and looks there as it is seen.
    pub fn is_explained(&self, (look, pose, rgb): (Look, Pose, Rgb), at: usize) -> bool {
        let mark = tone(rgb.map(|part| part / 255.0));
        let part = self.mixed(look, pose, mark, at);
        let told = std::array::from_fn(|channel| part.fixed[channel] + part.own * rgb[channel]);
        part.share > 0.02 && super::film::apart(told, self.seen[at]) < FAR / 2.0
    }

    /// How far pixels are from what is expected where a thing is.
    pub fn within(&self, look: Look, fit: Fit) -> f32 {
        let mark = tone(fit.rgb.map(|part| part / 255.0));
        let (mut count, mut sum) = (0, 0.0);
        for at in self.pixels() {
            let part = self.mixed(look, fit.pose, mark, at);
            if self.cover(look, fit.pose, at) > 0.5 {
                let told = std::array::from_fn(|channel| {
                    part.fixed[channel] + part.own * fit.rgb[channel]
                });
                count += 1;
                sum += super::film::apart(told, self.seen[at]).min(FAR);
            }
        }
        sum / count.max(1) as f32
    }

    /// How much of a picture's light comes from what is not behind all things: the mean of squares.
    pub fn signal(&self) -> f32 {
        let (mut count, mut sum) = (0, 0.0);
        for at in self.pixels() {
            count += 1;
            sum += self.bare(at);
        }
        sum / count.max(1) as f32
    }

    /// What a thing of that look and colour shows of itself here: 0 is nothing, 1 all.
    fn opacity(&self, look: Look, pose: Pose, rgb: Rgb) -> f32 {
        let mark = tone(rgb.map(|part| part / 255.0));
        let (mut weight, mut sum) = (1e-3_f32, 0.0_f32);
        for at in self.pixels() {
            let part = self.mixed(look, pose, mark, at);
            let channels = self.seen[at].iter().zip(self.plate[at]);
            for ((seen, plate), (fixed, own)) in channels.zip(part.fixed.iter().zip(rgb)) {
                let step = fixed + part.own * own - plate;
                weight += step * step;
                sum += step * (seen - plate);
            }
        }
        sum / weight
    }

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
