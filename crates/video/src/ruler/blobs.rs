//! Patches that stand out from what is behind them, and how they go on from picture to picture.

use super::backdrop::{Backdrop, stands_out};
use super::film::{Film, Rgb, apart};

/// Pixels of the smallest patch, in a picture of 64 by 64.
const PIXELS_MIN: f32 = 10.0;

/// How patches are looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sieve {
    /// How far a pixel stands out at least.
    pub level: f32,
    /// How far pixels of one patch are from each other at most.
    pub reach: usize,
}

/// The usual way first; then only what stands out more, for films that are so hazy that things are not found; then what is near each other, for
/// those that are so ragged that things lie in pieces.
pub(super) const SIEVES: [Sieve; 5] = [
    Sieve::new(11.0, 1),
    Sieve::new(32.0, 1),
    Sieve::new(64.0, 1),
    Sieve::new(11.0, 3),
    Sieve::new(32.0, 3),
];

impl Sieve {
    const fn new(level: f32, reach: usize) -> Self {
        Self { level, reach }
    }
}

/// A patch.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    /// Pixels, counted from the upper left corner.
    pub pixels: Vec<usize>,
    /// The first and last column, and the first and last row.
    pub columns: [usize; 2],
    pub rows: [usize; 2],
    /// Whether it touches the rim of the picture.
    pub is_cut: bool,
}

impl Blob {
    pub fn middle(&self) -> [f32; 2] {
        [self.columns, self.rows].map(|[from, to]| (from + to + 1) as f32 / 2.0)
    }

    /// The middle of all its pixels.
    pub fn weight(&self, width: usize) -> [f32; 2] {
        let mut sum = [0.0; 2];
        for &at in &self.pixels {
            sum[0] += (at % width) as f32 + 0.5;
            sum[1] += (at / width) as f32 + 0.5;
        }
        sum.map(|sum| sum / self.area())
    }

    pub fn area(&self) -> f32 {
        self.pixels.len() as f32
    }
}

/// The square of how far a pixel stands out that is no noise.
pub(super) fn outstanding(backdrop: &Backdrop, level: f32) -> f32 {
    (backdrop.noise * 3.5).max(level).powi(2)
}

/// The patches of each picture.
pub(super) fn find(film: &Film, backdrop: &Backdrop, sieve: Sieve) -> Vec<Vec<Blob>> {
    let out = outstanding(backdrop, sieve.level);
    let least = (PIXELS_MIN * (film.scale() / 64.0).powi(2)).max(4.0);
    let frames = film.frames.iter().zip(&backdrop.plates);
    frames
        .map(|(seen, plate)| {
            let pairs = seen.iter().zip(plate);
            let mut mask: Vec<bool> = pairs
                .map(|(seen, plate)| stands_out(*seen, *plate) > out)
                .collect();
            let mut blobs = Vec::new();
            for start in 0..mask.len() {
                if mask[start] {
                    let blob = flood(&mut mask, start, film.width, sieve.reach);
                    blobs.push(blob);
                }
            }
            let mut blobs = whole(blobs, seen);
            blobs.retain(|blob| blob.area() >= least);
            blobs
        })
        .collect()
}

/// Pixels between stripes of one thing, at most.
const STRIPES: f32 = 4.5;

/// How far red, green and blue of what is grey are from each other at most.
const GREY: f32 = 24.0;

fn is_grey(rgb: Rgb) -> bool {
    let most = rgb.into_iter().fold(0.0, f32::max);
    let least = rgb.into_iter().fold(f32::INFINITY, f32::min);
    most - least < GREY
}

/// Puts together the stripes of one thing, between which it looks as what is behind it.
fn whole(mut blobs: Vec<Blob>, seen: &[Rgb]) -> Vec<Blob> {
    let colour = |blob: &Blob| -> Rgb {
        let share = 1.0 / blob.area();
        std::array::from_fn(|part| blob.pixels.iter().map(|&at| seen[at][part] * share).sum())
    };
    let length = |[from, to]: [usize; 2]| (to + 1 - from) as f32;
    let thin = |blob: &Blob| length(blob.columns).min(length(blob.rows)) <= STRIPES + 1.0;
    let gap = |one: [usize; 2], two: [usize; 2]| {
        one[0].max(two[0]) as f32 - one[1].min(two[1]) as f32 - 1.0
    };
    loop {
        let found = (0..blobs.len()).find_map(|one| {
            let beside = (one + 1..blobs.len()).find(|&two| {
                let (one, two) = (&blobs[one], &blobs[two]);
                let gaps = [gap(one.columns, two.columns), gap(one.rows, two.rows)];
                let is_near =
                    gaps.iter().all(|gap| *gap <= STRIPES) && gaps.iter().any(|gap| *gap < 0.0);
                let colours = [colour(one), colour(two)];
                let is_striped = (thin(one) || thin(two)) && apart(colours[0], colours[1]) < 1600.0;
                // What is white in the light and grey in the shade is as what is behind it in between.
                let is_shaded = colours.into_iter().all(is_grey);
                is_near && (is_striped || is_shaded)
            });
            beside.map(|two| (one, two))
        });
        let Some((one, two)) = found else {
            return blobs;
        };
        let other = blobs.swap_remove(two);
        let blob = &mut blobs[one];
        blob.pixels.extend(other.pixels);
        for (own, other) in [
            (&mut blob.columns, other.columns),
            (&mut blob.rows, other.rows),
        ] {
            *own = [own[0].min(other[0]), own[1].max(other[1])];
        }
        blob.is_cut |= other.is_cut;
    }
}

/// Takes a patch out of the mask.
fn flood(mask: &mut [bool], start: usize, width: usize, reach: usize) -> Blob {
    let height = mask.len() / width;
    let mut blob = Blob {
        pixels: Vec::new(),
        columns: [usize::MAX, 0],
        rows: [usize::MAX, 0],
        is_cut: false,
    };
    let mut open = vec![start];
    mask[start] = false;
    while let Some(at) = open.pop() {
        let (x, y) = (at % width, at / width);
        blob.pixels.push(at);
        blob.columns = [blob.columns[0].min(x), blob.columns[1].max(x)];
        blob.rows = [blob.rows[0].min(y), blob.rows[1].max(y)];
        blob.is_cut |= x == 0 || y == 0 || x + 1 == width || y + 1 == height;
        for y in y.saturating_sub(reach)..(y + reach + 1).min(height) {
            for x in x.saturating_sub(reach)..(x + reach + 1).min(width) {
                let next = y * width + x;
                if mask[next] {
                    mask[next] = false;
                    open.push(next);
                }
            }
        }
    }
    blob
}

/// A patch that goes on: the number of the first picture, and which patch it is in each from there on.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub first: usize,
    pub blobs: Vec<usize>,
    /// Whether it began where several met, or ended where they parted.
    pub is_merged: bool,
}

/// Patches that go on from picture to picture. A run ends where patches meet or part.
pub(super) fn runs(film: &Film, blobs: &[Vec<Blob>]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    // The run of each patch of the picture before.
    let mut open: Vec<usize> = Vec::new();
    for (frame, here) in blobs.iter().enumerate() {
        let before = frame
            .checked_sub(1)
            .map_or(&[][..], |before| &blobs[before]);
        let links = links(film, before, here);
        let is_left = |old: usize| !links.contains(&Some(old));
        let left: Vec<&Blob> = (0..before.len())
            .filter(|&old| is_left(old))
            .map(|old| &before[old])
            .collect();
        let new: Vec<&Blob> = here
            .iter()
            .zip(&links)
            .filter(|(_, link)| link.is_none())
            .map(|(blob, _)| blob)
            .collect();
        let mut next = Vec::new();
        for (index, blob) in here.iter().enumerate() {
            let meets = left.iter().filter(|old| is_beside(old, blob)).count();
            let old = links[index].filter(|&old| {
                let parts = new.iter().any(|new| is_beside(new, &before[old]));
                runs[open[old]].is_merged |= parts;
                meets == 0 && !parts
            });
            if let Some(old) = old {
                runs[open[old]].blobs.push(index);
                next.push(open[old]);
                continue;
            }
            let met = meets + usize::from(links[index].is_some());
            // Where something parts, a patch had been several already.
            let had_parted = links[index].is_some() && meets == 0;
            runs.push(Run {
                first: frame,
                blobs: vec![index],
                is_merged: met > 1 && !had_parted,
            });
            next.push(runs.len() - 1);
        }
        for (index, old) in before.iter().enumerate() {
            let parts = new.iter().filter(|new| is_beside(new, old)).count();
            runs[open[index]].is_merged |= is_left(index) && parts > 1;
        }
        open = next;
    }
    runs
}

/// Whether the middle of a patch lies in another or right beside it.
fn is_beside(one: &Blob, two: &Blob) -> bool {
    if one.is_cut {
        return false;
    }
    let within = |at: f32, [from, to]: [usize; 2]| at > from as f32 - 3.0 && at < to as f32 + 4.0;
    let [x, y] = one.middle();
    within(x, two.columns) && within(y, two.rows)
}

/// Which patch of the picture before each one is.
fn links(film: &Film, before: &[Blob], here: &[Blob]) -> Vec<Option<usize>> {
    let reach = (film.scale() * 0.9 / film.frames_per_second).max(4.0);
    let fits = |old: &Blob, new: &Blob| {
        let share = old.area() / new.area();
        distance(old, new) < reach && (0.55..1.8).contains(&share)
    };
    here.iter()
        .map(|blob| {
            let from = nearest(before, blob, &fits)?;
            let back = nearest(here, &before[from], &|new, old| fits(old, new))?;
            std::ptr::eq(&here[back], blob).then_some(from)
        })
        .collect()
}

fn distance(one: &Blob, two: &Blob) -> f32 {
    let (one, two) = (one.middle(), two.middle());
    (one[0] - two[0]).hypot(one[1] - two[1])
}

fn nearest(blobs: &[Blob], to: &Blob, fits: &dyn Fn(&Blob, &Blob) -> bool) -> Option<usize> {
    let fitting = blobs.iter().enumerate().filter(|(_, blob)| fits(blob, to));
    fitting
        .min_by(|(_, one), (_, two)| distance(one, to).total_cmp(&distance(two, to)))
        .map(|(index, _)| index)
}
