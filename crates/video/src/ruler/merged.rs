//! Things that lie on each other: what each is, and which is before the other.

use super::blobs::Run;
use super::film::{Rgb, apart};
use super::search::WAYS;
use super::template::{Fit, Look, Pose, Scrap};
use super::tracks::{Sight, Track, Tracker, join};
use crate::world::{Colour, Size};

/// Things that are tried before another.
const FRONTS: usize = 3;

/// Places and looks that are tried behind another.
const STARTS: usize = 24;

/// Looks of each of two things that are laid on each other.
const LOOKS: usize = 3;

/// A thing in its place.
type Laid = (Look, Pose, Rgb);

impl Tracker<'_> {
    /// Finds the known things of which a patch is made that is none of them; or two unknown ones.
    pub fn clear_up(&self, run: &Run, tracks: &mut Vec<Track>) {
        let frames: Vec<usize> = (run.first..run.first + run.blobs.len()).collect();
        let is_free = |track: &Track| {
            let seen = track.sights.iter().map(|sight| sight.frame);
            !seen.into_iter().any(|frame| frames.contains(&frame))
        };
        let free: Vec<usize> = (0..tracks.len())
            .filter(|&at| is_free(&tracks[at]))
            .collect();
        if self.is_leaving(run, free.iter().map(|&at| tracks[at].rgb)) {
            return;
        }
        let near: Vec<usize> = free
            .into_iter()
            .filter(|&at| self.is_within(run, &tracks[at]))
            .collect();
        match near[..] {
            [] | [_] if run.blobs.len() >= 3 => {
                let alone = self.clearest(run);
                let found = self.one_or_two(run);
                let found = found.filter(|found| found[0].error < 0.4 * alone.error);
                match found {
                    Some(found) => found.into_iter().for_each(|track| add(tracks, track)),
                    None if self.is_clear(run, &alone) => add(tracks, alone),
                    None if near.is_empty()
                        && !run.is_merged
                        && self.unexplained(run, &alone) < self.hazy =>
                    {
                        add(tracks, alone)
                    }
                    None => {}
                }
            }
            [one, two, ..] => {
                let pair = [one, two].map(|at| tracks[at].clone());
                let sooner = run.first > 0 && pair.iter().all(|track| has(track, run.first - 1));
                let start = if sooner {
                    run.first
                } else {
                    run.first + run.blobs.len() - 1
                };
                let (Some(first), Some(second)) =
                    (self.pose(&pair[0], start), self.pose(&pair[1], start))
                else {
                    return;
                };
                let laid = [
                    (pair[0].look, first, pair[0].rgb),
                    (pair[1].look, second, pair[1].rgb),
                ];
                for (at, sights) in [one, two].into_iter().zip(self.followed(run, laid, start)) {
                    extend(&mut tracks[at], sights);
                }
            }
            _ => {}
        }
    }

    /// Whether a run is the rest of a thing of one of these colours that goes out of the picture or comes back.
    fn is_leaving(&self, run: &Run, mut colours: impl Iterator<Item = Rgb>) -> bool {
        let frames = run.first..run.first + run.blobs.len();
        if !frames.clone().all(|frame| self.blob(run, frame).is_cut) {
            return false;
        }
        let widest = frames.max_by_key(|&frame| self.blob(run, frame).pixels.len());
        let frame = widest.unwrap_or(run.first);
        let pixels = &self.blob(run, frame).pixels;
        colours.any(|rgb| {
            let own = coloured(rgb);
            let alike = pixels
                .iter()
                .filter(|at| coloured(self.film.frames[frame][**at]) == own);
            alike.count() * 8 > pixels.len()
        })
    }

    /// Whether a thing that was seen before or after would be in a patch.
    fn is_within(&self, run: &Run, track: &Track) -> bool {
        let scale = self.film.scale();
        let ends = [
            (run.first.checked_sub(1), run.first),
            (
                Some(run.first + run.blobs.len()),
                run.first + run.blobs.len() - 1,
            ),
        ];
        ends.into_iter().any(|(beside, frame)| {
            let sight = track
                .sights
                .iter()
                .find(|sight| Some(sight.frame) == beside);
            let blob = self.blob(run, frame);
            sight.is_some_and(|sight| {
                let x = sight.at[0] * scale + self.film.width as f32 / 2.0;
                let y = self.film.height as f32 / 2.0 - sight.at[1] * scale;
                let within = |at: f32, [from, to]: [usize; 2]| {
                    at > from as f32 - 3.0 && at < to as f32 + 4.0
                };
                within(x, blob.columns) && within(y, blob.rows)
            })
        })
    }

    /// Two things that are on each other in all pictures of a run; or one, if the other explains nothing that it does not.
    fn one_or_two(&self, run: &Run) -> Option<Vec<Track>> {
        // They are apart most where the patch is widest.
        let size = |frame: &usize| {
            let blob = self.blob(run, *frame);
            (blob.columns[1] - blob.columns[0]) + (blob.rows[1] - blob.rows[0])
        };
        let frames = run.first..run.first + run.blobs.len();
        let start = frames.max_by_key(size)?;
        let own = run.blobs[start - run.first];
        let (laid, error, signal, alone) = self.with_scrap(start, own, |scrap| {
            let (laid, error) = best_two(scrap, &self.blob(run, start).pixels)?;
            let alone = laid.map(|(look, pose, _)| (look, scrap.fit(look, pose)));
            Some((laid, error, scrap.signal(), alone))
        })?;
        let is_twice = laid[0].0.shape == laid[1].0.shape && apart(laid[0].2, laid[1].2) < 3600.0;
        if is_twice || error > 0.15 * signal + self.backdrop.noise.powi(2) {
            return None;
        }
        if let Some((look, fit)) = alone
            .into_iter()
            .find(|(_, fit)| fit.error < 1.2 * error + 2.0)
        {
            let sights = self.sights(run, look, (start, fit));
            let errors: f32 = sights.iter().map(|sight| sight.error).sum();
            return Some(vec![Track {
                look,
                rgb: fit.rgb,
                error: errors / sights.len() as f32,
                sights,
                parts: vec![0],
                turning: 0.0,
            }]);
        }
        let [first, second] = self.followed(run, laid, start);
        let track = |laid: Laid, sights: Vec<Sight>| Track {
            look: laid.0,
            rgb: laid.2,
            error,
            sights,
            parts: vec![0],
            turning: 0.0,
        };
        Some(vec![track(laid[0], first), track(laid[1], second)])
    }

    /// Where two things are in the pictures of a run, from one of them on.
    fn followed(&self, run: &Run, laid: [Laid; 2], start: usize) -> [Vec<Sight>; 2] {
        let end = run.first + run.blobs.len();
        let mut found: Vec<Option<[Laid; 2]>> = vec![None; run.blobs.len()];
        let orders = [
            (start..end).collect::<Vec<_>>(),
            (run.first..start).rev().collect(),
        ];
        let mut errors = vec![0.0; run.blobs.len()];
        for (frames, back) in orders.iter().zip([1_isize, -1]) {
            for &frame in frames {
                let at = (frame - run.first) as isize;
                let past = |steps: isize| {
                    let index = usize::try_from(at - steps * back).ok()?;
                    found.get(index).copied().flatten()
                };
                let mut next = past(1).unwrap_or(laid);
                if let (Some(before), Some(older)) = (past(1), past(2)) {
                    for thing in 0..2 {
                        for axis in 0..2 {
                            next[thing].1.at[axis] +=
                                before[thing].1.at[axis] - older[thing].1.at[axis];
                        }
                    }
                }
                let own = run.blobs[frame - run.first];
                let (best, error) =
                    self.with_scrap(frame, own, |scrap| layered_best(scrap, next, 12));
                found[frame - run.first] = Some(best);
                errors[frame - run.first] = error;
            }
        }
        let sights = |thing: usize| {
            let found = found.iter().flatten().enumerate();
            found
                .map(|(index, laid)| {
                    let (_, pose, rgb) = laid[thing];
                    Sight {
                        frame: run.first + index,
                        at: self.film.on_screen(pose.at),
                        radius: pose.radius / self.film.scale(),
                        rgb,
                        opacity: 1.0,
                        is_cut: false,
                        is_out: false,
                        error: errors[index],
                    }
                })
                .collect()
        };
        [sights(0), sights(1)]
    }
}

fn has(track: &Track, frame: usize) -> bool {
    track.sights.iter().any(|sight| sight.frame == frame)
}

fn add(tracks: &mut Vec<Track>, track: Track) {
    let known = tracks.iter_mut().find(|known| {
        let is_apart = track.sights.iter().all(|sight| !has(known, sight.frame));
        is_apart && known.look.shape == track.look.shape && apart(known.rgb, track.rgb) < 3600.0
    });
    match known {
        Some(known) => extend(known, track.sights),
        None => tracks.push(track),
    }
}

/// Adds what was seen in between to a thing that goes on.
fn extend(track: &mut Track, sights: Vec<Sight>) {
    let other = Track {
        sights,
        ..track.clone()
    };
    join(track, other);
}

/// Two things whose pixels come nearest to a patch: the one before is found by its colour, the one behind by what is left.
fn best_two(scrap: &Scrap<'_>, pixels: &[usize]) -> Option<([Laid; 2], f32)> {
    let mut fronts: Vec<(Laid, f32)> = seeds(scrap, pixels);
    fronts.sort_by(|one, two| one.1.total_cmp(&two.1));
    let mut best: Option<([Laid; 2], f32)> = None;
    for (front, _) in fronts.into_iter().take(FRONTS) {
        for behind in backs(scrap, pixels, front) {
            let found = layered_best(scrap, [behind, front], 5);
            if best.is_none_or(|best| found.1 < best.1) {
                best = Some(found);
            }
        }
    }
    let (laid, _) = best?;
    Some(layered_best(scrap, laid, 20))
}

/// Things that may lie before another, by the colours of a patch, with how far they are from what is seen where they are.
fn seeds(scrap: &Scrap<'_>, pixels: &[usize]) -> Vec<(Laid, f32)> {
    let mut counts = vec![Vec::new(); Colour::ALL.len()];
    for &at in pixels {
        counts[coloured(scrap.seen[at])].push(at);
    }
    counts.sort_by_key(|own: &Vec<usize>| std::cmp::Reverse(own.len()));
    let width = scrap.film.width;
    let mut found = Vec::new();
    for own in counts.iter().take(3) {
        if own.len() * 12 < pixels.len() {
            continue;
        }
        let span = |part: &dyn Fn(usize) -> usize| {
            let parts = || own.iter().map(|&at| part(at));
            [
                parts().min().unwrap_or_default(),
                parts().max().unwrap_or_default(),
            ]
        };
        let (columns, rows) = (span(&|at| at % width), span(&|at| at / width));
        let part = scrap.narrowed(
            [columns[0].saturating_sub(2), (columns[1] + 3).min(width)],
            [
                rows[0].saturating_sub(2),
                (rows[1] + 3).min(scrap.film.height),
            ],
        );
        let looks = part.looks(columns, rows).into_iter().take(LOOKS);
        found.extend(looks.map(|(look, fit)| {
            let laid = (look, fit.pose, fit.rgb);
            // What it leaves of its colour is not explained.
            let left = own
                .iter()
                .filter(|at| part.cover(look, fit.pose, **at) < 0.5);
            let left = left.count() as f32 / own.len() as f32;
            (laid, part.within(look, fit) + 3600.0 * left)
        }));
    }
    found
}

/// Things that may lie behind one that is known: those that are nearest to what it leaves of a patch.
fn backs(scrap: &Scrap<'_>, pixels: &[usize], laid: Laid) -> Vec<Laid> {
    let hidden = scrap.explained(laid);
    let rest = scrap.without(&hidden);
    let left = pixels.iter().filter(|at| !hidden[**at]).count();
    if left < 6 {
        return Vec::new();
    }
    let scale = scrap.film.scale();
    let mut starts: Vec<(Look, Fit)> = Vec::new();
    for look in Look::all() {
        let mut best: Vec<(Look, Fit)> = Vec::new();
        for size in Size::ALL {
            let radius = size.radius() * scale;
            let mut y = scrap.rows[0] as f32 + 2.0;
            while y < scrap.rows[1] as f32 {
                let mut x = scrap.columns[0] as f32 + 2.0;
                while x < scrap.columns[1] as f32 {
                    let pose = Pose {
                        at: [x, y],
                        radius,
                        angle: 0.0,
                    };
                    best.push((look, rest.fit(look, pose)));
                    x += radius * 0.4;
                }
                y += radius * 0.4;
            }
        }
        best.sort_by(|one, two| one.1.error.total_cmp(&two.1.error));
        starts.extend(best.into_iter().take(2));
    }
    starts.sort_by(|one, two| one.1.error.total_cmp(&two.1.error));
    starts.truncate(STARTS);
    let mut found: Vec<(Look, Fit)> = starts
        .into_iter()
        .map(|(look, fit)| (look, rest.refined(look, fit, 8)))
        .collect();
    found.sort_by(|one, two| one.1.error.total_cmp(&two.1.error));
    let laid = found.into_iter().take(LOOKS);
    laid.map(|(look, fit)| (look, fit.pose, fit.rgb)).collect()
}

/// The best poses of two things near where they are laid, whichever is before; the things keep their order.
fn layered_best(scrap: &Scrap<'_>, laid: [Laid; 2], rounds: usize) -> ([Laid; 2], f32) {
    let behind = refined(scrap, laid, rounds, |[one, two]| [one, two]);
    let before = refined(scrap, laid, rounds, |[one, two]| [two, one]);
    if behind.1 <= before.1 { behind } else { before }
}

fn refined(
    scrap: &Scrap<'_>,
    laid: [Laid; 2],
    rounds: usize,
    order: impl Fn([Laid; 2]) -> [Laid; 2],
) -> ([Laid; 2], f32) {
    let mut best = (laid, scrap.layered(&order(laid)));
    let mut step = 1.2;
    for _ in 0..rounds {
        let before = best.1;
        for (thing, way) in [0, 1]
            .into_iter()
            .flat_map(|thing| WAYS.map(|way| (thing, way)))
        {
            for side in [-step, step] {
                let mut laid = best.0;
                let pose = &mut laid[thing].1;
                pose.at = [pose.at[0] + side * way[0], pose.at[1] + side * way[1]];
                pose.radius = (pose.radius + side * way[2]).max(1.0);
                let error = scrap.layered(&order(laid));
                if error < best.1 {
                    best = (laid, error);
                    break;
                }
            }
        }
        if best.1 > before * 0.97 {
            step /= 2.0;
        }
        if step < 0.05 {
            break;
        }
    }
    best
}

/// The number of the colour that a pixel has, in the light or in the shade.
fn coloured(rgb: Rgb) -> usize {
    let far = |colour: &Colour| {
        let own = colour.rgb().map(f32::from);
        let light: f32 = own.iter().map(|part| part * part).sum();
        let along: f32 = own.iter().zip(rgb).map(|(own, part)| own * part).sum();
        let share = (along / light).clamp(0.6, 1.0);
        apart(own.map(|part| part * share), rgb)
    };
    let colours = Colour::ALL.iter().enumerate();
    colours
        .min_by(|(_, one), (_, two)| far(one).total_cmp(&far(two)))
        .map_or(0, |(index, _)| index)
}
