//! Which way a thing goes: each law by which things go is laid beside where it was seen.

use std::f32::consts::PI;

use super::tracks::{Sight, Track};
use crate::world::{Camera, Direction, GOING, Size, Speed, looked, smooth};

/// Lengths by which a place is wrong, as a rule.
const OFF: f32 = 0.004;

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
#[derive(Clone, Copy, Debug)]
pub(super) struct Fitted {
    pub law: Law,
    pub cost: f32,
    /// The radius by which its size is told.
    pub radius: f32,
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

/// The sum of the squares of numbers against their mean, each counted up to a limit.
fn scatter(numbers: &[f32]) -> f32 {
    let mean = mean(numbers);
    numbers.iter().map(|number| counted(number - mean)).sum()
}

fn mean(numbers: &[f32]) -> f32 {
    numbers.iter().sum::<f32>() / numbers.len().max(1) as f32
}

fn counted(off: f32) -> f32 {
    (off * off).min(FAR * FAR)
}

/// Against a line through `along`: the slope, and the sum of squares that are left.
fn line(along: &[f32], numbers: &[f32]) -> (f32, f32) {
    let (x, y) = (mean(along), mean(numbers));
    let pairs = || along.iter().zip(numbers);
    let weight: f32 = along.iter().map(|at| (at - x).powi(2)).sum();
    let product: f32 = pairs().map(|(at, number)| (at - x) * (number - y)).sum();
    let slope = product / weight.max(1e-9);
    let left = pairs().map(|(at, number)| counted(number - y - slope * (at - x)));
    (slope, left.sum())
}

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

    /// The cost in squares of what is usual, with what the size of the thing says.
    fn fitted(&self, law: Law, squares: f32, radius: f32, radii: f32) -> Fitted {
        let nearest = Size::ALL
            .iter()
            .map(|size| (size.radius() - radius).abs())
            .fold(f32::INFINITY, f32::min);
        let count = self.points.len() as f32;
        let size = counted(nearest) * count * 0.5;
        Fitted {
            law,
            cost: (squares + radii + size) / (OFF * OFF),
            radius,
        }
    }

    /// The same for a thing that stays as large as it is.
    fn steady(&self, law: Law, squares: f32) -> Fitted {
        let radii = self.radii();
        self.fitted(law, squares, middle(&radii), scatter(&radii))
    }

    fn still(&self) -> Fitted {
        self.steady(Law::Still, scatter(&self.x()) + scatter(&self.y()))
    }

    fn going(&self) -> Vec<Fitted> {
        let mut fits = Vec::new();
        for &direction in Direction::ALL {
            for &speed in Speed::ALL {
                let step = direction.step().map(|part| part * GOING * speed.factor());
                let mut squares = 0.0;
                // Whatever comes back on the other side begins anew.
                let last = self.points.last().map_or(0, |point| point.part);
                for part in 0..=last {
                    for (axis, step) in step.iter().enumerate() {
                        let within = self.points.iter().filter(|point| point.part == part);
                        let rest: Vec<f32> = within
                            .map(|point| point.at[axis] - step * point.time)
                            .collect();
                        squares += scatter(&rest);
                    }
                }
                fits.push(self.steady(Law::Go(direction, speed), squares));
            }
        }
        fits
    }

    fn bounce(&self, speed: Speed) -> Option<Fitted> {
        let jumps = 0.9 * speed.factor();
        let lift = self.of_time(|time| (PI * jumps * time).sin().abs());
        let (height, left) = line(&lift, &self.y());
        (0.05..0.5)
            .contains(&height)
            .then(|| self.steady(Law::Bounce(speed), left + scatter(&self.x())))
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
                let squares = scatter(&tops) + scatter(&y[count..]);
                let fell = match count < y.len() {
                    true => from - ground,
                    false => dropped[count - 1],
                };
                (squares, fell)
            })
            .min_by(|one, two| one.0.total_cmp(&two.0))?;
        (best.1 > 0.05).then(|| self.steady(Law::Fall(speed), best.0 + scatter(&self.x())))
    }

    fn orbit(&self, speed: Speed) -> Option<Fitted> {
        let count = self.points.len() as f32;
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
                let squares: f32 = rows
                    .iter()
                    .zip(&values)
                    .map(|(row, value)| {
                        let told: f32 = row.iter().zip(found).map(|(a, b)| a * b).sum();
                        counted(value - told)
                    })
                    .sum();
                ((0.03..0.3).contains(&radius) && count >= 4.0)
                    .then(|| self.steady(Law::Orbit(speed), squares))
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
        let left: f32 = pairs()
            .map(|(scale, radius)| counted(radius - base * scale))
            .sum();
        let law = match grows {
            true => Law::Grow(speed),
            false => Law::Shrink(speed),
        };
        self.fitted(law, scatter(&self.x()) + scatter(&self.y()), base, left)
    }

    /// Laws of things that meet others, which are along a row.
    fn meeting(&self) -> [Fitted; 3] {
        let end = self.seconds;
        let flat = scatter(&self.y());
        let x = self.x();
        let (back, back_left) = line(&self.of_time(|time| time.min(end - time)), &x);
        let late = self.of_time(|time| (time - 0.45 * end).max(0.0));
        let (pushed, pushed_left) = line(&late, &x);
        let (across, across_left) = line(&self.of_time(|time| time), &x);
        [
            self.steady(Law::Back(back), flat + back_left),
            self.steady(Law::Pushed(pushed), flat + pushed_left),
            self.steady(Law::Across(across), flat + across_left),
        ]
    }
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
