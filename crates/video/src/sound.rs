//! What a drawn film sounds like: it follows from the same facts as its pictures. Things that land, knock and turn are heard when they are
//! seen to, from where they are; what moves rushes; and every background has a sound of its own.

mod ambience;
mod noise;
mod rush;
mod strike;
#[cfg(test)]
mod tests;

use media::sound::{RATE, Sound};

use crate::world::{Event, Stage};

use ambience::Ambience;
use rush::Rush;
use strike::Strike;

/// Samples that are made at once: where things are is looked up as often.
const BLOCK: usize = 480;

/// Seconds in which a shot becomes loud, and silent, where it is cut.
const CUT: f32 = 0.02;

/// A shot, as it is heard.
pub(crate) struct Shot {
    /// Its things in their places.
    pub stage: Stage,
    /// Where it begins, in samples of the film, and where it ends.
    pub begin: u64,
    /// The same of its end.
    pub end: u64,
    /// Whether it runs to its middle and back.
    pub is_loop: bool,
    /// Chance.
    pub seed: u64,
}

/// The sound of a film.
pub(crate) struct Score {
    shots: Vec<Voices>,
    at: u64,
}

impl Score {
    /// The sound of these shots.
    pub fn new(shots: Vec<Shot>) -> Self {
        Self {
            shots: shots.into_iter().map(Voices::new).collect(),
            at: 0,
        }
    }
}

impl Sound for Score {
    fn fill(&mut self, out: &mut [[f32; 2]]) -> media::Result<()> {
        let mut out = out;
        while !out.is_empty() {
            let at = self.at;
            let shot = self
                .shots
                .iter_mut()
                .find(|voices| (voices.shot.begin..voices.shot.end).contains(&at));
            let Some(shot) = shot else {
                out.fill([0.0; 2]);
                return Ok(());
            };
            let rest = usize::try_from(shot.shot.end - at).unwrap_or(usize::MAX);
            let (now, later) = out.split_at_mut(BLOCK.min(rest).min(out.len()));
            now.fill([0.0; 2]);
            shot.add(at - shot.shot.begin, now);
            self.at += now.len() as u64;
            out = later;
        }
        Ok(())
    }
}

/// All that sounds in a shot.
struct Voices {
    shot: Shot,
    clock: Clock,
    strikes: Vec<Strike>,
    rushes: Vec<Rush>,
    ambience: Ambience,
}

/// How time runs in a shot.
#[derive(Clone, Copy, Debug)]
struct Clock {
    /// How long it is seen.
    seconds: f32,
    /// Whether it runs to its middle and back.
    is_loop: bool,
}

impl Clock {
    /// Where the stage is when so much has been seen.
    fn staged(self, seen: f32) -> f32 {
        match self.is_loop {
            true => seen.min(self.seconds - seen).max(0.0),
            false => seen,
        }
    }

    /// The rate near `hertz` that is the same at the end of a loop as at its beginning.
    fn fitting(self, hertz: f32) -> f32 {
        match self.is_loop {
            true => (hertz * self.seconds).round().max(1.0) / self.seconds,
            false => hertz,
        }
    }
}

impl Voices {
    fn new(shot: Shot) -> Self {
        let samples = shot.end - shot.begin;
        let clock = Clock {
            seconds: samples as f32 / RATE as f32,
            is_loop: shot.is_loop,
        };
        let scene = shot.stage.scene();
        let objects = 0..scene.objects.len();
        let mut strikes = strikes(&shot.stage, clock);
        strikes.sort_by(|one, two| one.at.total_cmp(&two.at));
        Self {
            strikes,
            rushes: objects
                .map(|object| Rush::new(&scene.objects[object], object, shot.seed, clock))
                .collect(),
            ambience: Ambience::new(scene.background, scene.camera, shot.seed, clock),
            clock,
            shot,
        }
    }

    /// Adds what is heard from sample `first` of the shot on.
    fn add(&mut self, first: u64, out: &mut [[f32; 2]]) {
        self.ambience.add(first, out);
        let seen = |sample: u64| sample as f32 / RATE as f32;
        let (begin, end) = (seen(first), seen(first + out.len() as u64));
        let frames = [begin, end].map(|seen| self.shot.stage.frame(self.clock.staged(seen)));
        let half = self.shot.stage.half()[0];
        for rush in &mut self.rushes {
            rush.add(&frames, half, first, out);
        }
        for strike in &self.strikes {
            strike.add(begin, self.clock, out);
        }
        for (index, sample) in out.iter_mut().enumerate() {
            let at = seen(first + index as u64);
            let open = match self.clock.is_loop {
                true => 1.0,
                false => (at.min(self.clock.seconds - at) / CUT).clamp(0.0, 1.0),
            };
            *sample = sample.map(|side| (side * open).tanh());
        }
    }
}

/// What is struck, and when it is seen to be.
fn strikes(stage: &Stage, clock: Clock) -> Vec<Strike> {
    let half = stage.half()[0];
    let mut strikes = Vec::new();
    for contact in stage.contacts() {
        // On its way back, a loop shows everything again, the other way round.
        let moments = [
            Some((contact.at, false)),
            clock.is_loop.then_some((clock.seconds - contact.at, true)),
        ];
        for (at, is_back) in moments.into_iter().flatten() {
            let frame = stage.frame(contact.at);
            let mut strike = |object: usize, delay: f32, pitch: f32, force: f32| {
                let placed = frame.placed.iter().find(|placed| placed.object == object);
                let place = placed.map_or(0.0, |placed| placed.at[0] - frame.look_at[0]);
                let thing = &stage.scene().objects[object];
                let struck = Strike::new(thing, at + delay, place / half, pitch, force);
                strikes.push(struck.echo(0.11, 0.22));
                strikes.push(struck.echo(0.19, 0.09));
                strikes.push(struck);
            };
            match (contact.event, is_back) {
                (Event::Landing, _) => strike(contact.object, 0.0, 1.0, 0.8),
                (Event::Knock(other), _) => {
                    strike(contact.object, 0.0, 1.0, 0.7);
                    strike(other, 0.0, 1.0, 0.7);
                }
                (Event::Coming, false) | (Event::Going, true) => {
                    for (step, pitch) in [1.0, 1.25, 1.5].into_iter().enumerate() {
                        strike(contact.object, 0.07 * step as f32, pitch, 0.4);
                    }
                }
                (Event::Going, false) | (Event::Coming, true) => {
                    for (step, pitch) in [1.5, 1.25, 1.0].into_iter().enumerate() {
                        strike(contact.object, 0.07 * step as f32, pitch, 0.4);
                    }
                }
                (Event::Turning, _) => {
                    strike(contact.object, 0.0, 1.0, 0.35);
                    strike(contact.object, 0.12, 1.5, 0.35);
                }
            }
        }
    }
    strikes
}

/// How loud something is on the left and on the right that is at `place`, from -1 to 1.
fn sides(place: f32) -> [f32; 2] {
    let angle = (place.clamp(-1.0, 1.0) * 0.8 + 1.0) * std::f32::consts::FRAC_PI_4;
    [angle.cos(), angle.sin()]
}
