//! Things: what each is, and where it is in each picture.

use super::backdrop::{Backdrop, SOFTNESS};
use super::blobs::{Blob, Run, find, runs};
use super::film::{Film, Rgb};
use super::template::{Fit, Look, Pose, Scrap};
use crate::world::{Background, turned};

/// Pictures that are looked at closely to tell what a thing is.
const KEYS: usize = 3;

/// How far something goes at once, in lengths, that left the picture and came back on its other side.
const COMES_BACK: f32 = 0.6;

/// Which share of what is seen a thing may leave unexplained.
const UNCLEAR: f32 = 0.1;

/// Runs by which it is told how soft edges are.
const SOFT_RUNS: usize = 2;

/// What share of the usual error edges have to leave that are softer than usual.
const SOFTER: f32 = 0.8;

/// Which share of what is seen a thing may leave unexplained where nothing explains it better.
pub(super) const HAZY: f32 = 0.6;

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
}

impl<'a> Tracker<'a> {
    pub fn new(film: &'a Film, backdrop: &'a Backdrop) -> Self {
        let mut tracker = Self {
            film,
            backdrop,
            blobs: find(film, backdrop),
            soft: SOFTNESS[0],
        };
        tracker.soft = tracker.softness();
        tracker
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
    pub fn tracks(&self) -> Vec<Track> {
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
        look(&Scrap {
            film: self.film,
            seen: &self.film.frames[frame],
            plate: &self.backdrop.plates[frame],
            columns: within(blob.columns, self.film.width),
            rows: within(blob.rows, self.film.height),
            is_others: &|at| others[at],
            soft: self.soft,
            has_shadows: self.has_shadows(),
        })
    }

    fn looks(&self, run: &Run, frame: usize) -> Vec<(Look, Fit)> {
        let blob = self.blob(run, frame);
        let own = run.blobs[frame - run.first];
        self.with_scrap(frame, own, |scrap| scrap.looks(blob.columns, blob.rows))
    }

    /// Pictures in which a run is seen well, the first of them first.
    fn keys(&self, run: &Run) -> Vec<usize> {
        let frames = run.first..run.first + run.blobs.len();
        let strength = |frame: usize| -> f32 {
            let blob = self.blob(run, frame);
            let far = blob.pixels.iter().map(|&at| {
                super::film::apart(self.film.frames[frame][at], self.backdrop.plates[frame][at])
                    .sqrt()
            });
            let cut = if blob.is_cut { 0.2 } else { 1.0 };
            far.sum::<f32>() * cut
        };
        let strengths: Vec<f32> = frames.clone().map(strength).collect();
        let most = strengths.iter().copied().fold(0.0, f32::max);
        let good = frames
            .zip(&strengths)
            .filter(|(_, strength)| **strength >= 0.72 * most);
        let good: Vec<usize> = good.map(|(frame, _)| frame).collect();
        let mut keys: Vec<usize> = (0..KEYS)
            .map(|key| good[(good.len() - 1) * key / (KEYS - 1)])
            .collect();
        keys.dedup();
        keys
    }

    /// What a run is, and where, by the pictures in which it is seen well; or, where that is not clear, by the first: what turns stands straight
    /// there.
    pub(super) fn clearest(&self, run: &Run) -> Track {
        let keys = self.keys(run);
        let track = self.track(run, &keys);
        if keys[0] == run.first || self.is_clear(run, &track) {
            return track;
        }
        let straight = self.track(run, &[run.first]);
        match self.unexplained(run, &straight) < self.unexplained(run, &track) {
            true => straight,
            false => track,
        }
    }

    /// What a run is by some of its pictures, and where.
    fn track(&self, run: &Run, keys: &[usize]) -> Track {
        let first = self.looks(run, keys[0]);
        let (mut look, mut fit) = first[0];
        let mut sights = self.sights(run, look, (keys[0], fit));
        let turning = match wanes(&sights, keys[0]) {
            true => self.turning(run, look, (keys[0], fit)),
            false => 0.0,
        };
        if turning != 0.0 {
            for sight in &mut sights {
                let pose = self.turned(run, (keys[0], fit.pose), sight.frame, turning);
                let own = run.blobs[sight.frame - run.first];
                let found = self.with_scrap(sight.frame, own, |scrap| {
                    let angles = (-2..=2).map(|step| pose.angle + 0.08 * step as f32);
                    let fits = angles.map(|angle| scrap.fit(look, Pose { angle, ..pose }));
                    let best = fits.min_by(|one, two| one.error.total_cmp(&two.error));
                    let best = scrap.refined(look, best.expect("there are angles"), 10);
                    match best.error < 2.0 * fit.error + 8.0 {
                        true => best,
                        false => scrap.scattered(look, best, pose),
                    }
                });
                *sight = self.sight(run, sight.frame, found);
            }
        } else if keys.len() > 1 {
            let mut total = first;
            for &key in &keys[1..] {
                let others = self.looks(run, key);
                for (look, fit) in &mut total {
                    let other = others.iter().find(|(other, _)| other == look);
                    fit.error += other.map_or(0.0, |(_, other)| other.error);
                }
            }
            total.sort_by(|one, two| one.1.error.total_cmp(&two.1.error));
            let best = total[0].0;
            if best != look {
                look = best;
                fit = total[0].1;
                sights = self.sights(run, look, (keys[0], fit));
            }
        }
        let errors = sights.iter().map(|sight| sight.error);
        Track {
            look,
            rgb: fit.rgb,
            error: errors.sum::<f32>() / sights.len() as f32,
            sights,
            parts: vec![0],
            turning,
        }
    }

    /// Where a thing is in the pictures of a run, from a picture on in which it is seen well.
    pub(super) fn sights(&self, run: &Run, look: Look, (key, fit): (usize, Fit)) -> Vec<Sight> {
        let end = run.first + run.blobs.len();
        let mut found: Vec<Option<Fit>> = vec![None; run.blobs.len()];
        found[key - run.first] = Some(fit);
        let later: Vec<usize> = (key + 1..end).collect();
        let sooner: Vec<usize> = (run.first..key).rev().collect();
        for (frames, back) in [(later, 1_isize), (sooner, -1)] {
            for frame in frames {
                let at = (frame - run.first) as isize;
                let past = |steps: isize| {
                    let index = usize::try_from(at - steps * back).ok()?;
                    found.get(index).copied().flatten()
                };
                let before = past(1).expect("the picture before was looked at").pose;
                let velocity = past(2).map_or([0.0; 2], |older| {
                    std::array::from_fn(|axis| before.at[axis] - older.pose.at[axis])
                });
                let known = (look, fit);
                found[frame - run.first] = Some(self.next(run, frame, known, before, velocity));
            }
        }
        let fits = found.into_iter().flatten().enumerate();
        fits.map(|(index, found)| self.sight(run, run.first + index, found))
            .collect()
    }

    /// A thing in a picture, by where it was in the one before.
    fn next(
        &self,
        run: &Run,
        frame: usize,
        (look, key): (Look, Fit),
        before: Pose,
        velocity: [f32; 2],
    ) -> Fit {
        let blob = self.blob(run, frame);
        let own = run.blobs[frame - run.first];
        let (rgb, usual) = (key.rgb, key.error);
        self.with_scrap(frame, own, |scrap| {
            let gone = Pose {
                at: std::array::from_fn(|axis| before.at[axis] + velocity[axis]),
                ..before
            };
            let mut starts = vec![gone, before];
            let filling = look.filling(blob.columns, blob.rows);
            if !blob.is_cut {
                starts.push(filling);
                starts.push(Pose {
                    radius: before.radius,
                    ..filling
                });
            }
            let fits = starts.into_iter().map(|pose| scrap.fit(look, pose));
            let best = fits
                .min_by(|one, two| one.error.total_cmp(&two.error))
                .expect("there are starts");
            let mut free = scrap.refined(look, best, 14);
            let is_good = |fit: &Fit| fit.error < 2.0 * usual + 4.0;
            if !is_good(&free) {
                free = scrap.scattered(look, free, filling);
            }
            let is_coloured = super::film::apart(free.rgb, rgb) < 900.0;
            if is_coloured && is_good(&free) {
                return free;
            }
            // What comes or goes looks like something of another colour, nearly; and most things that do stay where they are.
            let stays = scrap.fit_faded(look, key.pose, rgb);
            let moved = scrap.refined_faded(look, before, rgb, 14);
            let faded = if stays.error < 1.5 * moved.error + 2.0 {
                stays
            } else {
                moved
            };
            match faded.opacity < 0.97 && faded.error < 1.3 * free.error + 2.0 {
                true => faded,
                false => free,
            }
        })
    }

    fn sight(&self, run: &Run, frame: usize, fit: Fit) -> Sight {
        Sight {
            frame,
            at: self.film.on_screen(fit.pose.at),
            radius: fit.pose.radius / self.film.scale(),
            rgb: fit.rgb,
            opacity: fit.opacity,
            is_cut: self.blob(run, frame).is_cut,
            is_out: self.blob(run, frame).is_cut && self.is_mostly_out(fit.pose),
            error: fit.error,
        }
    }

    /// Whether little of a thing is in the picture.
    fn is_mostly_out(&self, pose: Pose) -> bool {
        let size = [self.film.width, self.film.height];
        (0..2).any(|axis| {
            let within = pose.at[axis].min(size[axis] as f32 - pose.at[axis]);
            within < 0.2 * pose.radius
        })
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
            let scrap = Scrap {
                film: self.film,
                seen: &self.film.frames[frame],
                plate: &self.backdrop.plates[frame],
                columns: within(0, self.film.width),
                rows: within(1, self.film.height),
                is_others: &|_| false,
                soft: self.soft,
                has_shadows: self.has_shadows(),
            };
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

    /// The pose of a thing that turns, by where it stands in another picture.
    fn turned(&self, run: &Run, (key, pose): (usize, Pose), frame: usize, rate: f32) -> Pose {
        let (old, new) = (self.blob(run, key), self.blob(run, frame));
        let width = self.film.width;
        let (from, to) = (old.weight(width), new.weight(width));
        let (angle, scale) = (
            rate * (self.film.time(frame) - self.film.time(key)),
            (new.area() / old.area()).sqrt(),
        );
        // The middle of its pixels goes round the point about which it turns.
        let [right, up] = turned([from[0] - pose.at[0], pose.at[1] - from[1]], angle);
        Pose {
            at: [to[0] - right * scale, to[1] + up * scale],
            radius: pose.radius * scale,
            angle,
        }
    }

    /// How fast a thing turns; zero if it does not.
    fn turning(&self, run: &Run, look: Look, (key, fit): (usize, Fit)) -> f32 {
        let frames: Vec<usize> = (run.first..run.first + run.blobs.len())
            .filter(|&frame| !self.blob(run, frame).is_cut)
            .collect();
        let cost = |rate: f32| -> f32 {
            let costs = frames.iter().map(|&frame| {
                let pose = self.turned(run, (key, fit.pose), frame, rate);
                let own = run.blobs[frame - run.first];
                self.with_scrap(frame, own, |scrap| scrap.fit(look, pose).error)
            });
            costs.sum::<f32>() / frames.len() as f32
        };
        let still = cost(0.0);
        let best = |rates: &mut dyn Iterator<Item = f32>| {
            rates
                .map(|rate| (rate, cost(rate)))
                .min_by(|one, two| one.1.total_cmp(&two.1))
                .expect("there are rates")
        };
        let (rate, _) =
            best(&mut (2..=28).flat_map(|step| [0.15 * step as f32, -0.15 * step as f32]));
        let (rate, turned) = best(&mut (-4..=4).map(|step| rate + 0.03 * step as f32));
        match turned < still * 0.7 && still - turned > 4.0 {
            true => rate,
            false => 0.0,
        }
    }
}

/// Whether a thing looks less and less as it did when it was seen best.
fn wanes(sights: &[Sight], key: usize) -> bool {
    let own = sights.iter().find(|sight| sight.frame == key);
    let errors: Vec<f32> = sights.iter().map(|sight| sight.error).collect();
    own.is_some_and(|own| super::motion::middle(&errors) > 2.0 * own.error + 8.0)
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
