//! What is heard where nothing happens.

use media::sound::RATE;

use super::Clock;
use super::noise::Noise;
use crate::world::{Background, Camera};

/// The sound of a place.
pub(super) struct Ambience {
    hums: Vec<Hum>,
    winds: Vec<Wind>,
    crickets: Vec<Cricket>,
}

/// A tone that swells.
struct Hum {
    hertz: f32,
    level: [f32; 2],
    swell: f32,
}

/// Noise that comes and goes.
struct Wind {
    noise: [Noise; 2],
    gust: Noise,
    level: f32,
}

/// An insect.
struct Cricket {
    hertz: f32,
    chirps: f32,
    phase: f32,
    level: [f32; 2],
}

impl Ambience {
    /// The sound of what is behind all things, and of the hand that holds the camera.
    pub fn new(background: Background, camera: Camera, seed: u64, clock: Clock) -> Self {
        let seconds = clock.is_loop.then_some(clock.seconds);
        let wind = |number: u64, hertz: f32, gusts: f32, level: f32| Wind {
            noise: [0, 1]
                .map(|side| Noise::new(seed ^ (number << 40) ^ (side << 32), hertz, seconds)),
            gust: Noise::new(seed ^ (number << 48), gusts, seconds),
            level,
        };
        let hum = |hertz: f32, left: f32, right: f32| Hum {
            hertz: clock.fitting(hertz),
            level: [left, right],
            swell: clock.fitting(0.13),
        };
        let chord = |root: f32, third: f32| {
            vec![
                hum(root, 0.022, 0.022),
                hum(root * 1.5, 0.014, 0.009),
                hum(root * third, 0.008, 0.013),
            ]
        };
        let cricket = |hertz: f32, chirps: f32, phase: f32, level: [f32; 2]| Cricket {
            hertz: clock.fitting(hertz),
            chirps: clock.fitting(chirps),
            phase,
            level,
        };
        let (hums, mut winds, crickets) = match background {
            Background::Grey => (chord(110.0, 2.0), vec![], vec![]),
            Background::Cream => (chord(130.8, 2.52), vec![], vec![]),
            Background::Mint => (chord(146.8, 2.0), vec![wind(1, 900.0, 0.4, 0.012)], vec![]),
            Background::Dark => (chord(55.0, 2.378), vec![wind(1, 140.0, 0.3, 0.06)], vec![]),
            Background::Sky => (
                vec![],
                vec![wind(1, 500.0, 0.35, 0.07), wind(2, 1600.0, 0.6, 0.02)],
                vec![],
            ),
            Background::Floor => (vec![], vec![wind(1, 180.0, 0.3, 0.05)], vec![]),
            Background::Checker => (chord(98.0, 2.0), vec![], vec![]),
            Background::Night => (
                vec![],
                vec![wind(1, 220.0, 0.25, 0.05)],
                vec![
                    cricket(4310.0, 2.1, 0.0, [0.022, 0.007]),
                    cricket(4720.0, 1.7, 0.45, [0.005, 0.016]),
                ],
            ),
        };
        if camera == Camera::Shake {
            winds.push(wind(9, 70.0, 3.0, 0.12));
        }
        Self {
            hums,
            winds,
            crickets,
        }
    }

    /// Adds what is heard from sample `first` of the shot on.
    pub fn add(&mut self, first: u64, out: &mut [[f32; 2]]) {
        for (index, sample) in out.iter_mut().enumerate() {
            let at = first + index as u64;
            let seconds = at as f64 / f64::from(RATE);
            for hum in &self.hums {
                let swell = 0.7 + 0.3 * wave(hum.swell, seconds);
                let heard = swell * wave(hum.hertz, seconds);
                sample[0] += heard * hum.level[0];
                sample[1] += heard * hum.level[1];
            }
            for wind in &mut self.winds {
                let gust = wind.level * (0.65 + 0.35 * wind.gust.at(at));
                sample[0] += gust * wind.noise[0].at(at);
                sample[1] += gust * wind.noise[1].at(at);
            }
            for cricket in &self.crickets {
                let heard = cricket.heard(seconds);
                sample[0] += heard * cricket.level[0];
                sample[1] += heard * cricket.level[1];
            }
        }
    }
}

impl Cricket {
    /// Three short sounds, and a pause.
    fn heard(&self, seconds: f64) -> f32 {
        let chirp = (seconds * f64::from(self.chirps) + f64::from(self.phase)).fract() as f32;
        let pulse = chirp * 9.0;
        if pulse >= 3.0 {
            return 0.0;
        }
        let open = (std::f32::consts::PI * pulse.fract()).sin();
        open * open * wave(self.hertz, seconds)
    }
}

/// A tone of `hertz` after so many seconds.
fn wave(hertz: f32, seconds: f64) -> f32 {
    let turns = (f64::from(hertz) * seconds).fract() as f32;
    (std::f32::consts::TAU * turns).sin()
}
