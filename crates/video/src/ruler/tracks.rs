//! Things: what each is, and where it is in each picture.

use super::backdrop::{Backdrop, SOFTNESS, stands_out};
use super::blobs::{Blob, Run, SIEVES, Sieve, find, outstanding, runs};
use super::film::{Film, Rgb};
use super::template::{Look, Pose, Scrap};
use crate::world::Background;

/// How far something goes at once, in lengths, that left the picture and came back on its other side.
const COMES_BACK: f32 = 0.6;

/// Which share of what is seen a thing may leave unexplained.
const UNCLEAR: f32 = 0.1;

/// Runs by which it is told how soft edges are.
const SOFT_RUNS: usize = 2;

/// What share of the usual error edges have to leave that are softer than usual.
const SOFTER: f32 = 0.8;

/// Which share of what is seen a thing may leave unexplained where nothing explains it better; and in a film that is hazy as a whole.
const HAZY: [f32; 2] = [0.6, 0.9];

/// Which share of what stands out lies where things were found, of a film in which all were.
const FOUND: f32 = 0.7;

/// How far around its middle a thing reaches, in shares of its radius.
const AROUND: f32 = 1.3;

/// Pixels around a patch that belong to it.
const MARGIN: usize = 3;

/// A thing in a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    pub frame: usize,
    /// Where it is on the screen, in lengths, from the middle up.
    pub at: [f32; 2],
    /// From its middle to its rim, in lengths.
    pub radius: f32,
    pub rgb: Rgb,
    /// From not there (0) to there (1), against when it is seen best.
    pub opacity: f32,
    /// Whether the rim of the picture cuts it off.
    pub is_cut: bool,
    /// Whether most of it is outside the picture.
    pub is_out: bool,
    pub error: f32,
}

/// A thing.
#[derive(Clone, Debug)]
pub(super) struct Track {
    pub look: Look,
    /// Its colour when it is seen best.
    pub rgb: Rgb,
    pub sights: Vec<Sight>,
    /// Where another part of its way begins, as numbers of sights: it left the picture or was hidden in between.
    pub parts: Vec<usize>,
    /// How fast it turns, in radians a second, if it does.
    pub turning: f32,
    pub error: f32,
}

/// A film in which patches were found.
pub(super) struct Tracker<'a> {
    pub film: &'a Film,
    pub backdrop: &'a Backdrop,
    pub blobs: Vec<Vec<Blob>>,
    pub soft: f32,
    /// Which share of what is seen a thing may leave unexplained where nothing explains it better.
    pub hazy: f32,
}

impl<'a> Tracker<'a> {
    /// Follows what stands out from what is behind it.
    fn new(film: &'a Film, backdrop: &'a Backdrop, (sieve, hazy): (Sieve, f32)) -> Self {
        let mut tracker = Self {
            film,
            backdrop,
            blobs: find(film, backdrop, sieve),
            soft: SOFTNESS[0],
            hazy,
        };
        tracker.soft = tracker.softness();
        tracker
    }

    /// All things of a film, and how they were followed.
    pub fn follow(film: &'a Film, backdrop: &'a Backdrop) -> (Self, Vec<Track>) {
        let mut best: Option<(Self, Vec<Track>, f32)> = None;
        for (number, sieve) in SIEVES.into_iter().enumerate() {
            let hazy = HAZY[number.min(1)];
            let tracker = Self::new(film, backdrop, (sieve, hazy));
            let tracks = tracker.tracks();
            let found = tracker.found(&tracks);
            if best.as_ref().is_none_or(|best| found > best.2) {
                best = Some((tracker, tracks, found));
            }
            if found > FOUND {
                break;
            }
        }
        let (tracker, tracks, _) = best.expect("there are sieves");
        (tracker, tracks)
    }

    /// Which share of what stands out lies where things were found.
    fn found(&self, tracks: &[Track]) -> f32 {
        let out = outstanding(self.backdrop, SIEVES[0].level);
        let (mut all, mut here) = (0.0, 0.0);
        for (frame, (seen, plate)) in self
            .film
            .frames
            .iter()
            .zip(&self.backdrop.plates)
            .enumerate()
        {
            let sights: Vec<&Sight> = tracks
                .iter()
                .flat_map(|track| &track.sights)
                .filter(|sight| sight.frame == frame)
                .collect();
            for (at, (seen, plate)) in seen.iter().zip(plate).enumerate() {
                let far = stands_out(*seen, *plate);
                if far < out {
                    continue;
                }
                let (x, y) = (at % self.film.width, at / self.film.width);
                let [x, y] = self.film.on_screen([x as f32 + 0.5, y as f32 + 0.5]);
                let is_there = sights
                    .iter()
                    .any(|sight| (x - sight.at[0]).hypot(y - sight.at[1]) < AROUND * sight.radius);
                all += far;
                here += if is_there { far } else { 0.0 };
            }
        }
        match all > 0.0 {
            true => here / all,
            false => 1.0,
        }
    }

    /// How soft the edges of things are, in shares of a pixel: that with which what is seen longest fits best.
    fn softness(&mut self) -> f32 {
        let mut runs = runs(self.film, &self.blobs);
        runs.retain(|run| !run.is_merged);
        runs.sort_by_key(|run| std::cmp::Reverse(run.blobs.len()));
        let mut errors = [0.0_f32; SOFTNESS.len()];
        for run in runs.iter().take(SOFT_RUNS) {
            let key = self.keys(run)[0];
            let own = run.blobs[key - run.first];
            let (look, fit) = self.looks(run, key)[0];
            for (error, soft) in errors.iter_mut().zip(SOFTNESS) {
                self.soft = soft;
                *error += self.with_scrap(key, own, |scrap| scrap.refined(look, fit, 8).error);
            }
            self.soft = SOFTNESS[0];
        }
        let usual = errors[0];
        let best = SOFTNESS.into_iter().zip(errors);
        let best = best.min_by(|one, two| one.1.total_cmp(&two.1));
        best.filter(|(_, error)| *error < SOFTER * usual)
            .map_or(SOFTNESS[0], |(soft, _)| soft)
    }

    /// All things of the film.
    fn tracks(&self) -> Vec<Track> {
        let mut runs = runs(self.film, &self.blobs);
        runs.sort_by_key(|run| std::cmp::Reverse(run.blobs.len()));
        let least = if self.film.frames.len() < 6 { 1 } else { 2 };
        let mut tracks: Vec<Track> = Vec::new();
        let mut unclear: Vec<Run> = Vec::new();
        for run in runs {
            if run.blobs.len() < least || run.is_merged {
                unclear.push(run);
                continue;
            }
            let track = self.clearest(&run);
            if !self.is_clear(&run, &track) {
                unclear.push(run);
                continue;
            }
            match tracks.iter_mut().find(|known| is_same(known, &track)) {
                Some(known) => join(known, track),
                None => tracks.push(track),
            }
        }
        for run in unclear {
            self.clear_up(&run, &mut tracks);
        }
        tracks
    }

    /// Whether a run is one thing: nearly all that is seen of it is explained.
    pub(super) fn is_clear(&self, run: &Run, track: &Track) -> bool {
        self.unexplained(run, track) < UNCLEAR
    }

    /// Which share of what is seen of a run is not explained by a thing.
    pub(super) fn unexplained(&self, run: &Run, track: &Track) -> f32 {
        let whole = track.sights.iter().filter(|sight| !sight.is_cut);
        let (mut error, mut signal) = (0.0, 0.0);
        for sight in whole {
            let own = run.blobs[sight.frame - run.first];
            signal += self.with_scrap(sight.frame, own, |scrap| scrap.signal());
            error += sight.error - self.backdrop.noise.powi(2);
        }
        match signal > 0.0 {
            true => error / signal,
            false => f32::INFINITY,
        }
    }

    pub(super) fn blob(&self, run: &Run, frame: usize) -> &Blob {
        &self.blobs[frame][run.blobs[frame - run.first]]
    }

    /// A part of a picture around a place; `own` is the patch that is looked at.
    pub(super) fn with_scrap<T>(
        &self,
        frame: usize,
        own: usize,
        look: impl FnOnce(&Scrap<'_>) -> T,
    ) -> T {
        let blobs = &self.blobs[frame];
        let mut others = vec![false; self.film.width * self.film.height];
        for (index, blob) in blobs.iter().enumerate() {
            if index != own {
                for &at in &blob.pixels {
                    others[at] = true;
                }
            }
        }
        let blob = &blobs[own];
        let within = |[from, to]: [usize; 2], end: usize| {
            [from.saturating_sub(MARGIN), (to + 1 + MARGIN).min(end)]
        };
        let sides = [
            within(blob.columns, self.film.width),
            within(blob.rows, self.film.height),
        ];
        look(&self.scrap(frame, sides, &|at| others[at]))
    }

    /// Columns and rows of a picture, without pixels that belong to something else.
    fn scrap(
        &self,
        frame: usize,
        sides: [[usize; 2]; 2],
        is_others: &dyn Fn(usize) -> bool,
    ) -> Scrap<'_> {
        let pictures = [
            &self.film.frames[frame][..],
            &self.backdrop.plates[frame][..],
        ];
        let light = (self.soft, self.has_shadows());
        Scrap::new(self.film, pictures, sides, light, is_others)
    }

    /// Whether the first of two things is seen before the second where they cross: both orders are laid beside the picture.
    pub fn is_before(&self, one: &Track, two: &Track) -> bool {
        let mut gain = 0.0;
        for frame in 0..self.film.frames.len() {
            let (Some(first), Some(second)) = (self.pose(one, frame), self.pose(two, frame)) else {
                continue;
            };
            let apart = (first.at[0] - second.at[0]).hypot(first.at[1] - second.at[1]);
            if apart > first.radius + second.radius {
                continue;
            }
            let reach = first.radius.max(second.radius) + apart + 3.0;
            let within = |axis: usize, end: usize| {
                let from = (second.at[axis] - reach).max(0.0) as usize;
                [from.min(end), ((second.at[axis] + reach) as usize).min(end)]
            };
            let sides = [within(0, self.film.width), within(1, self.film.height)];
            let scrap = self.scrap(frame, sides, &|_| false);
            let (first, second) = ((one.look, first, one.rgb), (two.look, second, two.rgb));
            gain += scrap.layered(&[first, second]) - scrap.layered(&[second, first]);
        }
        gain > 0.0
    }

    /// Where a thing is in a picture: where it was seen, or along a line through where it was.
    pub(super) fn pose(&self, track: &Track, frame: usize) -> Option<Pose> {
        let count = track.sights.len() as f32;
        let mean =
            |part: &dyn Fn(&Sight) -> f32| track.sights.iter().map(part).sum::<f32>() / count;
        let time = mean(&|sight| sight.frame as f32);
        let weight = mean(&|sight| (sight.frame as f32 - time).powi(2)).max(1e-6);
        let at: [f32; 2] = std::array::from_fn(|axis| {
            let place = mean(&|sight| sight.at[axis]);
            let slope = mean(&|sight| (sight.frame as f32 - time) * (sight.at[axis] - place));
            place + slope / weight * (frame as f32 - time)
        });
        let seen = track.sights.iter().find(|sight| sight.frame == frame);
        let at = seen.map_or(at, |sight| sight.at);
        let scale = self.film.scale();
        let radius = super::motion::middle(
            &track
                .sights
                .iter()
                .map(|sight| sight.radius)
                .collect::<Vec<_>>(),
        );
        (track.sights.len() > 1).then(|| Pose {
            at: [
                at[0] * scale + self.film.width as f32 / 2.0,
                self.film.height as f32 / 2.0 - at[1] * scale,
            ],
            radius: radius * scale,
            angle: 0.0,
        })
    }

    pub(super) fn has_shadows(&self) -> bool {
        self.backdrop.background != Background::Night
    }
}

fn is_same(one: &Track, two: &Track) -> bool {
    let frames =
        |track: &Track| -> Vec<usize> { track.sights.iter().map(|sight| sight.frame).collect() };
    let (first, second) = (frames(one), frames(two));
    let is_apart = first.iter().all(|frame| !second.contains(frame));
    let off = super::film::apart(one.rgb, two.rgb).sqrt();
    let (Some(from), Some(to)) = (one.sights.last(), two.sights.first()) else {
        return false;
    };
    let is_there = (from.at[0] - to.at[0]).hypot(from.at[1] - to.at[1]) < 0.03;
    is_apart && one.look.shape == two.look.shape && (off < 60.0 || is_there)
}

/// Adds what was seen of a thing at other times. Another part begins where it came back on the other side of the picture.
pub(super) fn join(known: &mut Track, other: Track) {
    known.sights.extend(other.sights);
    known.sights.sort_by_key(|sight| sight.frame);
    let jumps = known.sights.windows(2).zip(1..).filter(|(two, _)| {
        let [from, to] = [two[0].at, two[1].at];
        (from[0] - to[0]).hypot(from[1] - to[1]) > COMES_BACK
    });
    known.parts = std::iter::once(0).chain(jumps.map(|(_, at)| at)).collect();
}
