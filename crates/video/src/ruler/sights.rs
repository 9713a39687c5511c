//! A patch that goes on, from picture to picture: what it is, and where it is in each.

use super::blobs::Run;
use super::template::{Fit, Look, Pose};
use super::tracks::{Sight, Track, Tracker};
use crate::world::turned;

/// Pictures that are looked at closely to tell what a thing is.
const KEYS: usize = 3;

impl Tracker<'_> {
    pub fn looks(&self, run: &Run, frame: usize) -> Vec<(Look, Fit)> {
        let blob = self.blob(run, frame);
        let own = run.blobs[frame - run.first];
        self.with_scrap(frame, own, |scrap| scrap.looks(blob.columns, blob.rows))
    }

    /// Pictures in which a run is seen well, the first of them first.
    pub fn keys(&self, run: &Run) -> Vec<usize> {
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
    pub fn clearest(&self, run: &Run) -> Track {
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
    pub fn sights(&self, run: &Run, look: Look, (key, fit): (usize, Fit)) -> Vec<Sight> {
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
