//! What moves rushes, and what changes its size sings.

use media::sound::RATE;

use super::noise::Noise;
use super::strike::pitch;
use super::{Clock, sides};
use crate::world::{Frame, Object, Placed, Size};

/// How loud a thing of medium speed is.
const LEVEL: f32 = 0.11;

/// How loud a thing is that changes its size, by how fast it does.
const SINGING: f32 = 0.35;

/// Speeds from which it becomes no louder.
const SPEED_MAX: f32 = 1.2;

/// The voice of a thing while it moves.
pub(super) struct Rush {
    object: usize,
    noise: [Noise; 2],
    hertz: f32,
    radius: f32,
    /// How far its tone has turned.
    turn: f32,
}

impl Rush {
    /// The voice of `thing`, which is number `object`.
    pub fn new(thing: &Object, object: usize, seed: u64, clock: Clock) -> Self {
        let hertz = match thing.size {
            Size::Large => 350.0,
            Size::Medium => 600.0,
            Size::Small => 1000.0,
        };
        let seconds = clock.is_loop.then_some(clock.seconds);
        let noise = |number: u64, hertz: f32| {
            Noise::new(seed ^ ((object as u64 + 1) << 8) ^ number, hertz, seconds)
        };
        Self {
            object,
            noise: [noise(1, hertz), noise(2, hertz * 2.7)],
            hertz: pitch(thing),
            radius: thing.size.radius(),
            turn: 0.0,
        }
    }

    /// Adds what is heard of it between two moments, from sample `first` of the shot on.
    pub fn add(&mut self, frames: &[Frame; 2], half: f32, first: u64, out: &mut [[f32; 2]]) {
        let find = |frame: &Frame| {
            frame
                .placed
                .iter()
                .find(|placed| placed.object == self.object)
                .copied()
        };
        let (Some(begin), Some(end)) = (find(&frames[0]), find(&frames[1])) else {
            return;
        };
        let seconds = out.len() as f32 / RATE as f32;
        let place = |frame: &Frame, placed: &Placed| (placed.at[0] - frame.look_at[0]) / half;
        let [from, to] = [
            sides(place(&frames[0], &begin)),
            sides(place(&frames[1], &end)),
        ];
        let moved = (end.at[0] - begin.at[0]).hypot(end.at[1] - begin.at[1]) / seconds;
        // What leaves on one side comes back on the other: that is no speed.
        let moved = if moved > 4.0 { 0.0 } else { moved };
        let spun = (end.angle - begin.angle).abs() / seconds * begin.radius;
        let speed = (moved + spun).min(SPEED_MAX);
        let grown = (end.radius - begin.radius).abs() / seconds;
        // A thing that turns is heard twice in each turn.
        let beat = match spun > 0.0 {
            true => 0.4 + 0.6 * begin.angle.sin().abs(),
            false => 1.0,
        };
        let seen = begin.opacity.min(end.opacity);
        let level = LEVEL * speed * beat * seen * (self.radius / 0.135).sqrt();
        let singing = SINGING * grown.min(1.0) * seen;
        let hertz = self.hertz * (self.radius / begin.radius.max(0.01));
        let step = std::f32::consts::TAU * hertz / RATE as f32;
        for (index, sample) in out.iter_mut().enumerate() {
            let done = index as f32 / (seconds * RATE as f32);
            let at = first + index as u64;
            let rushing = self.noise[0].at(at) + 0.4 * self.noise[1].at(at);
            self.turn = (self.turn + step) % std::f32::consts::TAU;
            let heard = level * rushing + singing * self.turn.sin();
            for side in 0..2 {
                sample[side] += heard * (from[side] + (to[side] - from[side]) * done);
            }
        }
    }
}
