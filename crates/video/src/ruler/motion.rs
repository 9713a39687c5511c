//! Which way a thing goes: each law by which things go is laid beside where it was seen.

use std::f32::consts::{PI, TAU};

use super::tracks::{Sight, Track};
use crate::world::{Camera, Direction, GOING, SHAKING, Size, Speed, looked, smooth};

/// Lengths by which a place is wrong at least, as a rule.
const OFF: f32 = 0.004;

/// What each number costs that a law takes from what it explains. Source: Schwarz 1978.
const FREE: f32 = 2.5;

/// A place that is this far off counts no more than that.
const FAR: f32 = 0.06;

/// What a thing does, as far as its way says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Law {
    Still,
    Go(Direction, Speed),
    Bounce(Speed),
    Fall(Speed),
    Orbit(Speed),
    Grow(Speed),
    Shrink(Speed),
    /// There, and from the middle of the film on back, so fast.
    Back(f32),
    /// Moved from when almost half of the film is over, so fast.
    Pushed(f32),
    /// To the right (above zero) or left, so fast.
    Across(f32),
}

/// A thing in the world, when the camera is reckoned with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub time: f32,
    pub at: [f32; 2],
    pub radius: f32,
    pub part: usize,
}

/// How a law fits.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    pub law: Law,
    /// How unlikely what was seen is by it, when nobody knows how far off places are, but at least as far as usual.
    pub cost: f32,
    /// The radius by which its size is told.
    pub radius: f32,
    /// When, and how far from where it would be, it was seen.
    pub rest: Vec<(f32, [f32; 2])>,
}

/// Where things are seen in the world when the camera does that.
pub(super) fn points(
    track: &Track,
    camera: Camera,
    shaken: &[[f32; 2]],
    (seconds, frames_per_second): (f32, f32),
) -> Vec<Point> {
    let whole = |sight: &Sight| !sight.is_out && sight.opacity > 0.5;
    let enough = track.sights.iter().filter(|sight| whole(sight)).count() >= 3;
    let part_of = |index: usize| track.parts.iter().filter(|from| **from <= index).count();
    let sights = track.sights.iter().enumerate();
    sights
        .filter(|(_, sight)| whole(sight) || !enough)
        .map(|(index, sight)| {
            let time = sight.frame as f32 / frames_per_second;
            let (look_at, zoom) = looked(camera, time / seconds, seconds);
            let shaken = shaken.get(sight.frame).copied().unwrap_or_default();
            Point {
                time,
                at: std::array::from_fn(|axis| {
                    sight.at[axis] / zoom + look_at[axis] + shaken[axis]
                }),
                radius: sight.radius / zoom,
                part: part_of(index),
            }
        })
        .collect()
}

/// How far numbers are from their mean.
fn off_mean(numbers: &[f32]) -> Vec<f32> {
    let mean = mean(numbers);
    numbers.iter().map(|number| number - mean).collect()
}

fn mean(numbers: &[f32]) -> f32 {
    numbers.iter().sum::<f32>() / numbers.len().max(1) as f32
}

/// The sum of squares, each up to a limit.
fn counted(off: &[f32]) -> f32 {
    off.iter().map(|off| (off * off).min(FAR * FAR)).sum()
}

/// Against a line through `along`: the slope, and how far numbers are from it.
fn off_line(along: &[f32], numbers: &[f32]) -> (f32, Vec<f32>) {
    let (x, y) = (mean(along), mean(numbers));
    let pairs = || along.iter().zip(numbers);
    let weight: f32 = along.iter().map(|at| (at - x).powi(2)).sum();
    let product: f32 = pairs().map(|(at, number)| (at - x) * (number - y)).sum();
    let slope = product / weight.max(1e-9);
    let left = pairs().map(|(at, number)| number - y - slope * (at - x));
    (slope, left.collect())
}

/// How far a thing is from where a law has it, to the right and up, at each moment.
type Off = [Vec<f32>; 2];

struct Way<'a> {
    points: &'a [Point],
    seconds: f32,
}

impl Way<'_> {
    fn x(&self) -> Vec<f32> {
        self.points.iter().map(|point| point.at[0]).collect()
    }

    fn y(&self) -> Vec<f32> {
        self.points.iter().map(|point| point.at[1]).collect()
    }

    fn radii(&self) -> Vec<f32> {
        self.points.iter().map(|point| point.radius).collect()
    }

    fn of_time(&self, law: impl Fn(f32) -> f32) -> Vec<f32> {
        self.points.iter().map(|point| law(point.time)).collect()
    }

    /// A law that takes so many numbers more than a thing that stands, with what the size of the thing says.
    fn fitted(
        &self,
        (law, free): (Law, usize),
        off: Off,
        (radius, radii): (f32, &[f32]),
    ) -> Fitted {
        let nearest = Size::ALL
            .iter()
            .map(|size| (size.radius() - radius).abs())
            .fold(f32::INFINITY, f32::min);
        let size = counted(&[nearest]) * self.points.len() as f32 * 0.5;
        let squares = counted(&off[0]) + counted(&off[1]) + counted(radii) + size;
        let count = 3.0 * self.points.len().max(1) as f32;
        let [x, y] = off;
        let places = x.into_iter().zip(y).map(|(x, y)| [x, y]);
        let times = self.points.iter().map(|point| point.time);
        Fitted {
            law,
            cost: count * (1.0 + squares / (OFF * OFF * count)).ln() + FREE * free as f32,
            radius,
            rest: times.zip(places).collect(),
        }
    }

    /// The same for a thing that stays as large as it is.
    fn steady(&self, law: (Law, usize), off: Off) -> Fitted {
        let radii = self.radii();
        self.fitted(law, off, (middle(&radii), &off_mean(&radii)))
    }

    /// How far a thing is from its middle.
    fn off(&self) -> Off {
        [off_mean(&self.x()), off_mean(&self.y())]
    }

    fn still(&self) -> Fitted {
        self.steady((Law::Still, 0), self.off())
    }

    fn going(&self) -> Vec<Fitted> {
        let last = self.points.last().map_or(0, |point| point.part);
        let mut fits = Vec::new();
        for &direction in Direction::ALL {
            for &speed in Speed::ALL {
                let step = direction.step().map(|part| part * GOING * speed.factor());
                // Whatever comes back on the other side begins anew.
                let off = std::array::from_fn(|axis| {
                    let parts = (0..=last).flat_map(|part| {
                        let within = self.points.iter().filter(|point| point.part == part);
                        let rest: Vec<f32> = within
                            .map(|point| point.at[axis] - step[axis] * point.time)
                            .collect();
                        off_mean(&rest)
                    });
                    parts.collect()
                });
                let free = 1 + 2 * last;
                fits.push(self.steady((Law::Go(direction, speed), free), off));
            }
        }
        fits
    }

    fn bounce(&self, speed: Speed) -> Option<Fitted> {
        let jumps = 0.9 * speed.factor();
        let lift = self.of_time(|time| (PI * jumps * time).sin().abs());
        let (height, y) = off_line(&lift, &self.y());
        (0.05..0.5)
            .contains(&height)
            .then(|| self.steady((Law::Bounce(speed), 2), [off_mean(&self.x()), y]))
    }

    fn fall(&self, speed: Speed) -> Option<Fitted> {
        let acceleration = 0.9 * speed.factor() * speed.factor();
        let (y, dropped) = (
            self.y(),
            self.of_time(|time| acceleration * time * time / 2.0),
        );
        let best = (2..=y.len())
            .map(|count| {
                let tops: Vec<f32> = (0..count).map(|at| y[at] + dropped[at]).collect();
                let (from, ground) = (mean(&tops), mean(&y[count..]));
                let fell = match count < y.len() {
                    true => from - ground,
                    false => dropped[count - 1],
                };
                let off = [off_mean(&tops), off_mean(&y[count..])].concat();
                (off, fell)
            })
            .min_by(|one, two| counted(&one.0).total_cmp(&counted(&two.0)))?;
        let (off, fell) = best;
        (fell > 0.05).then(|| self.steady((Law::Fall(speed), 2), [off_mean(&self.x()), off]))
    }

    fn orbit(&self, speed: Speed) -> Option<Fitted> {
        let count = self.points.len();
        [-1.0, 1.0]
            .into_iter()
            .filter_map(|side: f32| {
                // A circle at a known pace: its middle and its first place follow from means.
                let turn = side * 2.4 * speed.factor();
                let (mut rows, mut values) = (Vec::new(), Vec::new());
                for point in self.points {
                    let (sine, cosine) = (turn * point.time).sin_cos();
                    rows.push([1.0, 0.0, cosine, -sine]);
                    values.push(point.at[0]);
                    rows.push([0.0, 1.0, sine, cosine]);
                    values.push(point.at[1]);
                }
                let found = solved(&rows, &values)?;
                let radius = found[2].hypot(found[3]);
                let left: Vec<f32> = rows
                    .iter()
                    .zip(&values)
                    .map(|(row, value)| {
                        let told: f32 = row.iter().zip(found).map(|(a, b)| a * b).sum();
                        value - told
                    })
                    .collect();
                let along = |axis: usize| left.iter().skip(axis).step_by(2).copied().collect();
                ((0.03..0.3).contains(&radius) && count >= 4)
                    .then(|| self.steady((Law::Orbit(speed), 3), [along(0), along(1)]))
            })
            .min_by(|one, two| one.cost.total_cmp(&two.cost))
    }

    fn sized(&self, speed: Speed, grows: bool) -> Fitted {
        let grown = |time: f32| smooth((time * 0.5 * speed.factor()).clamp(0.0, 1.0));
        let scale = self.of_time(|time| match grows {
            true => 0.6 + 0.9 * grown(time),
            false => 1.4 - 0.9 * grown(time),
        });
        let radii = self.radii();
        let weight: f32 = scale.iter().map(|scale| scale * scale).sum();
        let pairs = || scale.iter().zip(&radii);
        let base = pairs().map(|(scale, radius)| scale * radius).sum::<f32>() / weight.max(1e-9);
        let left: Vec<f32> = pairs()
            .map(|(scale, radius)| radius - base * scale)
            .collect();
        let law = match grows {
            true => Law::Grow(speed),
            false => Law::Shrink(speed),
        };
        self.fitted((law, 1), self.off(), (base, &left))
    }

    /// Laws of things that meet others, which are along a row.
    fn meeting(&self) -> [Fitted; 3] {
        let end = self.seconds;
        let flat = off_mean(&self.y());
        let x = self.x();
        let (back, back_left) = off_line(&self.of_time(|time| time.min(end - time)), &x);
        let late = self.of_time(|time| (time - 0.45 * end).max(0.0));
        let (pushed, pushed_left) = off_line(&late, &x);
        let (across, across_left) = off_line(&self.of_time(|time| time), &x);
        [
            self.steady((Law::Back(back), 0), [back_left, flat.clone()]),
            self.steady((Law::Pushed(pushed), 0), [pushed_left, flat.clone()]),
            self.steady((Law::Across(across), 0), [across_left, flat]),
        ]
    }
}

/// What is left of ways, to both sides or up and down, laid beside the longest wave of a camera that shakes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wave {
    /// How far the wave goes, in lengths.
    pub far: f32,
    /// Of the squares that are left beside a line, those that it explains, and all.
    pub squares: [f32; 2],
}

/// The waves to both sides, and up and down, that are nearest to how far off things are from moment to moment.
pub(super) fn waves(rest: &[(f32, [f32; 2])]) -> Option<[Wave; 2]> {
    let wave = |axis: usize| {
        let times: Vec<f32> = rest.iter().map(|(time, _)| *time).collect();
        let values: Vec<f32> = rest.iter().map(|(_, off)| off[axis]).collect();
        let rows: Vec<[f32; 4]> = times
            .iter()
            .map(|time| {
                let (sine, cosine) = (TAU * SHAKING[axis] * time).sin_cos();
                [1.0, *time, sine, cosine]
            })
            .collect();
        let found = solved(&rows, &values)?;
        let left = rows.iter().zip(&values).map(|(row, value)| {
            let told: f32 = row.iter().zip(found).map(|(a, b)| a * b).sum();
            value - told
        });
        let (_, beside) = off_line(&times, &values);
        let [left, all] = [left.collect(), beside].map(|off: Vec<f32>| counted(&off));
        Some(Wave {
            far: found[2].hypot(found[3]),
            squares: [all - left, all],
        })
    };
    Some([wave(0)?, wave(1)?])
}

/// How each law fits: those of things alone, and those of things that meet others.
pub(super) fn fits(points: &[Point], seconds: f32) -> (Vec<Fitted>, [Fitted; 3]) {
    let way = Way { points, seconds };
    let mut fits = vec![way.still()];
    fits.extend(way.going());
    for &speed in Speed::ALL {
        fits.extend(way.bounce(speed));
        fits.extend(way.fall(speed));
        fits.extend(way.orbit(speed));
        fits.push(way.sized(speed, true));
        fits.push(way.sized(speed, false));
    }
    fits.sort_by(|one, two| one.cost.total_cmp(&two.cost));
    (fits, way.meeting())
}

/// The middle number.
pub(super) fn middle(numbers: &[f32]) -> f32 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Four numbers by which rows times them come nearest to values.
fn solved(rows: &[[f32; 4]], values: &[f32]) -> Option<[f32; 4]> {
    let mut system = [[0.0_f64; 5]; 4];
    for (row, value) in rows.iter().zip(values) {
        for (line, own) in system.iter_mut().zip(row) {
            for (cell, other) in line.iter_mut().zip(row.iter().chain([value])) {
                *cell += f64::from(*own) * f64::from(*other);
            }
        }
    }
    for pivot in 0..4 {
        let best = (pivot..4).max_by(|one, two| {
            system[*one][pivot]
                .abs()
                .total_cmp(&system[*two][pivot].abs())
        })?;
        system.swap(pivot, best);
        if system[pivot][pivot].abs() < 1e-9 {
            return None;
        }
        let line = system[pivot];
        for (row, other) in system.iter_mut().enumerate() {
            if row != pivot {
                let share = other[pivot] / line[pivot];
                for (cell, part) in other.iter_mut().zip(line) {
                    *cell -= share * part;
                }
            }
        }
    }
    Some(std::array::from_fn(|row| {
        (system[row][4] / system[row][row]) as f32
    }))
}

/// How fast something turns, as the nearest of the world's paces.
pub(super) fn paced(turns: f32, medium: f32) -> Speed {
    let share = (turns.abs() / medium).max(1e-3);
    nearest_speed(share)
}

/// The speed whose factor is nearest, as a share.
pub(super) fn nearest_speed(share: f32) -> Speed {
    let far = |speed: &Speed| (share / speed.factor()).ln().abs();
    *Speed::ALL
        .iter()
        .min_by(|one, two| far(one).total_cmp(&far(two)))
        .expect("there are speeds")
}
