//! What is behind all things, and what it says of the camera.

use super::film::{Film, Rgb, apart};
use crate::world::{Background, Camera, SHADE, behind, looked};

/// Pictures that are looked at to tell backgrounds from each other.
const LOOKS: usize = 5;

/// Squares of how far a pixel may be from what is expected count up to this.
const FAR: f32 = 1600.0;

/// How soft edges may be, of things and behind them, in shares of a pixel.
pub(super) const SOFTNESS: [f32; 4] = [1.0, 1.8, 2.8, 4.0];

/// Where the camera looks, and how much larger everything looks.
pub(super) type Look = ([f32; 2], f32);

/// What is behind all things.
pub(super) struct Backdrop {
    pub background: Background,
    /// What the camera may do, by what is behind: every one when nothing is to be seen there.
    pub cameras: Vec<Camera>,
    /// How far each picture was shaken, where that can be seen: to the right and up.
    pub shaken: Vec<[f32; 2]>,
    /// Each picture without things.
    pub plates: Vec<Vec<Rgb>>,
    /// How far pixels without things are from it, as a rule.
    pub noise: f32,
}

/// The directions in which a background shows what the camera does.
fn shows(background: Background) -> [bool; 2] {
    match background {
        Background::Checker | Background::Night => [true, true],
        Background::Sky | Background::Floor => [false, true],
        _ => [false, false],
    }
}

/// Whether a background has edges by which a shake is seen.
fn shows_shakes(background: Background) -> bool {
    matches!(
        background,
        Background::Checker | Background::Night | Background::Floor
    )
}

fn is_told_apart(background: Background, camera: Camera) -> bool {
    let [across, up] = shows(background);
    match camera {
        Camera::Still => true,
        Camera::PanLeft | Camera::PanRight => across,
        Camera::PanUp | Camera::PanDown | Camera::ZoomIn | Camera::ZoomOut => up,
        Camera::Shake => false,
    }
}

impl Backdrop {
    pub fn find(film: &Film) -> Self {
        let seconds = film.seconds();
        let mut best = (f32::INFINITY, Background::Grey, Camera::Still, 1.0);
        let looks = looks(film);
        let cost = |background, camera, soft| -> f32 {
            let costs = looks.iter().map(|&frame| {
                let look = looked(camera, film.time(frame) / seconds, seconds);
                mismatch(&film.frames[frame], &plate(film, background, look, soft))
            });
            costs.sum()
        };
        for &background in Background::ALL {
            let told = Camera::ALL
                .iter()
                .filter(|camera| is_told_apart(background, **camera));
            for &camera in told {
                let found = cost(background, camera, 1.0);
                if found < best.0 {
                    best = (found, background, camera, 1.0);
                }
            }
        }
        for soft in SOFTNESS {
            let found = cost(best.1, best.2, soft);
            if found < best.0 * 0.97 {
                best = (found, best.1, best.2, soft);
            }
        }
        let (_, background, camera, soft) = best;
        let mut shaken = vec![[0.0; 2]; film.frames.len()];
        if camera == Camera::Still && shows_shakes(background) {
            shaken = shakes(film, background, soft);
        }
        let is_shaken = shake_of(&shaken) > SHAKEN;
        if !is_shaken {
            shaken.fill([0.0; 2]);
        }
        let plates = (0..film.frames.len()).map(|frame| {
            let (at, zoom) = looked(camera, film.time(frame) / seconds, seconds);
            let at = [at[0] + shaken[frame][0], at[1] + shaken[frame][1]];
            plate(film, background, (at, zoom), soft)
        });
        let plates: Vec<_> = plates.collect();
        let noise = noise(film, &plates);
        Self {
            background,
            cameras: cameras(background, camera, is_shaken),
            shaken,
            plates,
            noise,
        }
    }
}

/// From how many lengths on a camera shakes, as a rule.
const SHAKEN: f32 = 0.004;

/// How far a camera shakes, as a rule.
fn shake_of(shaken: &[[f32; 2]]) -> f32 {
    let squares: f32 = shaken.iter().map(|[x, y]| x * x + y * y).sum();
    (squares / shaken.len() as f32).sqrt()
}

/// What the camera may do, when this is what the background looks most like.
fn cameras(background: Background, camera: Camera, is_shaken: bool) -> Vec<Camera> {
    if is_shaken {
        return vec![Camera::Shake];
    }
    if camera != Camera::Still || shows(background) == [true; 2] {
        return vec![camera];
    }
    let unseen = Camera::ALL
        .iter()
        .filter(|camera| !is_told_apart(background, **camera));
    // What shakes is seen by what is behind, where anything is.
    let unseen = unseen.filter(|camera| **camera != Camera::Shake || !shows_shakes(background));
    std::iter::once(Camera::Still)
        .chain(unseen.copied())
        .collect()
}

fn looks(film: &Film) -> Vec<usize> {
    let last = film.frames.len() - 1;
    let mut looks: Vec<usize> = (0..LOOKS).map(|look| last * look / (LOOKS - 1)).collect();
    looks.dedup();
    looks
}

/// The background as a camera sees it.
fn plate(film: &Film, background: Background, (at, zoom): Look, soft: f32) -> Vec<Rgb> {
    let scale = film.scale() * zoom;
    let edge = 0.5 / scale * soft;
    let mut pixels = Vec::with_capacity(film.width * film.height);
    for y in 0..film.height {
        for x in 0..film.width {
            let place = [
                (x as f32 + 0.5 - film.width as f32 / 2.0) / scale + at[0],
                (film.height as f32 / 2.0 - y as f32 - 0.5) / scale + at[1],
            ];
            pixels.push(behind(background, place, edge).map(|part| part * 255.0));
        }
    }
    pixels
}

/// The square of how far a pixel is from what is behind it, in the light or in a shadow.
pub(super) fn stands_out(seen: Rgb, plate: Rgb) -> f32 {
    let light: f32 = plate.iter().map(|part| part * part).sum();
    let along: f32 = seen.iter().zip(plate).map(|(seen, part)| seen * part).sum();
    let share = (along / light.max(1.0)).clamp(1.0 - SHADE * 1.1, 1.0);
    apart(seen, plate.map(|part| part * share))
}

fn mismatch(seen: &[Rgb], plate: &[Rgb]) -> f32 {
    let squares = seen.iter().zip(plate);
    squares
        .map(|(seen, plate)| {
            // A shadow is dear: else a dark background would be a shadow on a light one.
            let shaded = stands_out(*seen, *plate) + 0.1 * apart(*seen, *plate);
            shaded.min(FAR)
        })
        .sum()
}

/// How far pixels without things are from what is behind them: the middle one of all.
fn noise(film: &Film, plates: &[Vec<Rgb>]) -> f32 {
    let mut far: Vec<f32> = Vec::new();
    for (seen, plate) in film.frames.iter().zip(plates) {
        let pixels = seen.iter().zip(plate).step_by(7);
        far.extend(pixels.map(|(seen, plate)| stands_out(*seen, *plate)));
    }
    let middle = far.len() / 2;
    let (_, middle, _) = far.select_nth_unstable_by(middle, f32::total_cmp);
    middle.sqrt()
}

/// How far each picture is moved against a camera that stands.
/// Source: Lucas & Kanade 1981, with pixels left out that lie far off.
fn shakes(film: &Film, background: Background, soft: f32) -> Vec<[f32; 2]> {
    let [across, _] = shows(background);
    let frames = film.frames.iter();
    let found = frames.map(|seen| {
        let mut at = [0.0_f32; 2];
        for _ in 0..5 {
            let plate = plate(film, background, (at, 1.0), soft.max(1.8));
            let step = step(film, seen, &plate, across);
            at = std::array::from_fn(|axis| (at[axis] + step[axis]).clamp(-0.04, 0.04));
        }
        at
    });
    found.collect()
}

/// How far the camera has to be moved for `plate` to look like `seen`, by the slopes of its light.
fn step(film: &Film, seen: &[Rgb], plate: &[Rgb], across: bool) -> [f32; 2] {
    let light = |rgb: Rgb| rgb.iter().sum::<f32>() / 3.0;
    let (mut xx, mut xy, mut yy, mut x_off, mut y_off) = (0.0_f32, 0.0, 0.0, 0.0, 0.0);
    for y in 1..film.height - 1 {
        for x in 1..film.width - 1 {
            let at = y * film.width + x;
            if stands_out(seen[at], plate[at]) > FAR {
                continue;
            }
            let off = light(seen[at]) - light(plate[at]);
            // Of a shadow nothing is known.
            if off.abs() > 25.0 {
                continue;
            }
            let slope_x = (light(plate[at + 1]) - light(plate[at - 1])) / 2.0;
            let slope_y = (light(plate[at - film.width]) - light(plate[at + film.width])) / 2.0;
            let slope_x = if across { slope_x } else { 0.0 };
            xx += slope_x * slope_x;
            xy += slope_x * slope_y;
            yy += slope_y * slope_y;
            x_off += slope_x * off;
            y_off += slope_y * off;
        }
    }
    let scale = film.scale();
    if !across {
        return [0.0, y_off / yy.max(1.0) / scale];
    }
    let det = xx * yy - xy * xy;
    if det < 1.0 {
        return [0.0; 2];
    }
    [
        (x_off * yy - y_off * xy) / det / scale,
        (y_off * xx - x_off * xy) / det / scale,
    ]
}
