//! What a thing sounds like when it is struck.

use media::sound::RATE;

use super::noise::Noise;
use super::{Clock, sides};
use crate::world::{Colour, Object, Pattern, Shape, Size};

/// Seconds after which nothing of it is heard.
const SECONDS: f32 = 2.5;

/// How loud it is.
const LEVEL: f32 = 0.4;

/// Steps of a scale in which everything sounds well together, in half tones.
const SCALE: [f32; 5] = [0.0, 3.0, 5.0, 7.0, 10.0];

/// A thing that is struck at a moment.
#[derive(Clone, Debug)]
pub(super) struct Strike {
    /// When it is seen.
    pub at: f32,
    sides: [f32; 2],
    hertz: f32,
    force: f32,
    partials: &'static [Partial],
    /// The click of the contact itself, and how fast it is over.
    click: f32,
    noise: Noise,
}

/// One of the tones that make up a sound.
#[derive(Clone, Copy, Debug)]
struct Partial {
    /// How much higher it is than the first.
    ratio: f32,
    level: f32,
    /// How fast it dies away, a second.
    decay: f32,
}

const fn partial(ratio: f32, level: f32, decay: f32) -> Partial {
    Partial {
        ratio,
        level,
        decay,
    }
}

/// The tones of what each shape is made of: a drum, wood, a string, a bell, a pipe, a marimba.
fn partials(shape: Shape) -> (&'static [Partial], f32) {
    const DRUM: &[Partial] = &[
        partial(1.0, 1.0, 9.0),
        partial(1.59, 0.35, 14.0),
        partial(2.14, 0.2, 18.0),
    ];
    const WOOD: &[Partial] = &[
        partial(1.0, 0.8, 15.0),
        partial(2.76, 0.45, 22.0),
        partial(5.4, 0.2, 32.0),
    ];
    const STRING: &[Partial] = &[
        partial(1.0, 0.8, 4.5),
        partial(2.0, 0.4, 6.0),
        partial(3.0, 0.25, 8.0),
        partial(4.0, 0.12, 11.0),
    ];
    const BELL: &[Partial] = &[
        partial(1.0, 0.55, 2.0),
        partial(2.0, 0.4, 2.6),
        partial(2.76, 0.35, 3.6),
        partial(5.4, 0.2, 6.0),
        partial(8.93, 0.08, 9.0),
    ];
    const PIPE: &[Partial] = &[
        partial(1.0, 0.6, 2.6),
        partial(2.756, 0.4, 4.0),
        partial(5.404, 0.2, 7.0),
    ];
    const MARIMBA: &[Partial] = &[
        partial(1.0, 1.0, 7.0),
        partial(3.93, 0.3, 16.0),
        partial(9.2, 0.08, 26.0),
    ];
    match shape {
        Shape::Circle | Shape::Sphere => (DRUM, 0.35),
        Shape::Square | Shape::Cube => (WOOD, 0.5),
        Shape::Triangle | Shape::Cone => (STRING, 0.15),
        Shape::Star => (BELL, 0.1),
        Shape::Ring => (PIPE, 0.2),
        Shape::Capsule => (MARIMBA, 0.25),
    }
}

/// How high a thing sounds, in hertz: large things are deep, and every colour has its own step of the scale.
pub(super) fn pitch(thing: &Object) -> f32 {
    let octave = match thing.size {
        Size::Large => 110.0,
        Size::Medium => 220.0,
        Size::Small => 440.0,
    };
    let colour = Colour::ALL
        .iter()
        .position(|colour| *colour == thing.colour);
    let step = SCALE[colour.unwrap_or(0) % SCALE.len()];
    octave * (step / 12.0).exp2()
}

impl Strike {
    /// `thing` struck at a moment, at a `place` from -1 to 1, so much higher than usual and with this force.
    pub fn new(thing: &Object, at: f32, place: f32, higher: f32, force: f32) -> Self {
        let (partials, click) = partials(thing.shape);
        // Stripes rattle, and dots patter.
        let rough = match thing.pattern {
            Pattern::Plain => 1.0,
            Pattern::Striped => 2.2,
            Pattern::Dotted => 1.6,
        };
        Self {
            at,
            sides: sides(place),
            hertz: pitch(thing) * higher,
            force,
            partials,
            click: click * rough,
            noise: Noise::new(u64::from(at.to_bits()), 7000.0, None),
        }
    }

    /// The same from the other side of a room, later and softer.
    pub fn echo(&self, delay: f32, level: f32) -> Self {
        let [left, right] = self.sides;
        Self {
            at: self.at + delay,
            sides: [right, left],
            force: self.force * level,
            click: 0.0,
            ..self.clone()
        }
    }

    /// Adds what is heard of it from `begin` on, in seconds of the shot. At the end of a loop it goes on at the beginning.
    pub fn add(&self, begin: f32, clock: Clock, out: &mut [[f32; 2]]) {
        self.add_since(begin - self.at, out);
        if clock.is_loop {
            let rounds = (SECONDS / clock.seconds).ceil() as u32 + 1;
            (1..=rounds).for_each(|round| {
                self.add_since(begin - self.at + clock.seconds * round as f32, out);
            });
        }
    }

    /// The same, where it was struck `since` seconds before the first sample.
    fn add_since(&self, since: f32, out: &mut [[f32; 2]]) {
        let step = 1.0 / RATE as f32;
        if since >= SECONDS || since + step * out.len() as f32 <= 0.0 {
            return;
        }
        let first = (-since * RATE as f32).ceil().max(0.0) as usize;
        let Some(out) = out.get_mut(first..) else {
            return;
        };
        let since = since + first as f32 * step;
        let level = LEVEL * self.force;
        for partial in self.partials {
            let turn = std::f32::consts::TAU * self.hertz * partial.ratio;
            let value = |time: f32| (turn * time).sin() * (-partial.decay * time).exp();
            // Two samples of a tone that dies away give the third.
            let fade = (-partial.decay * step).exp();
            let (twice, square) = (2.0 * fade * (turn * step).cos(), fade * fade);
            let (mut before, mut now) = (value(since - step), value(since));
            for sample in &mut *out {
                let heard = level * partial.level * now;
                sample[0] += heard * self.sides[0];
                sample[1] += heard * self.sides[1];
                (before, now) = (now, twice * now - square * before);
            }
        }
        if self.click > 0.0 && since < 0.15 {
            let mut noise = self.noise.clone();
            let from = (since * RATE as f32).round() as u64;
            for (index, sample) in out.iter_mut().enumerate() {
                let time = since + index as f32 * step;
                let heard =
                    level * self.click * noise.at(from + index as u64) * (-70.0 * time).exp();
                sample[0] += heard * self.sides[0];
                sample[1] += heard * self.sides[1];
            }
        }
    }
}
