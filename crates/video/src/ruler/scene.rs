//! What the things of a film do, and the camera with them: whatever explains all that was seen best.

use super::backdrop::Backdrop;
use super::film::{Film, Rgb, apart};
use super::motion::{Fitted, Law, Point, fits, paced, points, waves};
use super::tracks::{Track, Tracker};
use super::{Seen, SeenObject};
use crate::world::{Camera, Colour, GAP, GOING, Motion, SHAKEN, Size, Speed, panned};

/// What a camera that does something costs against one that stands, where nothing but things says so.
const MOVING: f32 = 3.0;

/// How much what is left unexplained of all ways has of the waves of a shaking camera, in shares of how far that is off.
const SHAKES: std::ops::Range<f32> = 0.5..1.7;

/// Which share of it such waves explain at least.
const WAVES: f32 = 0.55;

/// Explanations whose costs are this near are not told from each other.
const NEAR: f32 = 4.0;

/// How two things have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pair {
    Push,
    Collide,
    Pass,
}

/// An explanation of all that was seen.
struct Told {
    camera: Camera,
    cost: f32,
    laws: Vec<Fitted>,
    pair: Option<(usize, usize, Pair)>,
}

/// What `tracks` show.
pub(super) fn seen(
    film: &Film,
    backdrop: &Backdrop,
    tracker: &Tracker<'_>,
    tracks: Vec<Track>,
) -> Seen {
    let mut told: Vec<Told> = backdrop
        .cameras
        .iter()
        .filter(|camera| **camera != Camera::Shake || backdrop.cameras.len() == 1)
        .map(|&camera| explained(film, backdrop, &tracks, camera))
        .collect();
    told.sort_by(|one, two| one.cost.total_cmp(&two.cost));
    let best = &told[0];
    let near = told.iter().filter(|told| told.cost < best.cost + NEAR);
    let mut cameras: Vec<Camera> = near.map(|told| told.camera).collect();
    if tracks.is_empty() {
        cameras = backdrop.cameras.clone();
    } else if backdrop.cameras.contains(&Camera::Shake) && shakes(best) {
        cameras = vec![Camera::Shake];
    }
    let view = View {
        film,
        tracker,
        tracks: &tracks,
        told: best,
    };
    let objects = (0..tracks.len()).map(|index| view.object(index));
    Seen {
        objects: objects.collect(),
        background: backdrop.background,
        cameras,
    }
}

fn explained(film: &Film, backdrop: &Backdrop, tracks: &[Track], camera: Camera) -> Told {
    let seconds = film.seconds();
    let timing = (seconds, film.frames_per_second);
    let ways: Vec<Vec<Point>> = tracks
        .iter()
        .map(|track| points(track, camera, &backdrop.shaken, timing))
        .collect();
    let fitted: Vec<_> = ways.iter().map(|points| fits(points, seconds)).collect();
    let mut laws: Vec<Fitted> = fitted.iter().map(|(alone, _)| alone[0].clone()).collect();
    let still = |index: usize| fitted[index].0.iter().find(|fit| fit.law == Law::Still);
    let mut pair = None;
    let alone = laws.clone();
    let mut saved = 6.0;
    for one in 0..tracks.len() {
        for two in 0..tracks.len() {
            let same_row = (mean_y(&ways[one]) - mean_y(&ways[two])).abs() < 0.03;
            if one == two || !same_row {
                continue;
            }
            let Some(two_still) = still(two) else {
                continue;
            };
            let [one_back, _, one_across] = &fitted[one].1;
            let [two_back, two_pushed, _] = &fitted[two].1;
            let meets = [
                (Pair::Collide, one_back, two_back),
                (Pair::Push, one_across, two_pushed),
                (Pair::Pass, one_across, two_still),
            ];
            for (kind, first, second) in meets {
                let cost = first.cost + second.cost;
                let gain = alone[one].cost + alone[two].cost - cost;
                // Whoever passes need not fit better: it is enough that it crosses.
                let bonus = if kind == Pair::Pass { 12.0 } else { 0.0 };
                if gain + bonus > saved && meets_so(kind, &ways[one], &ways[two], (first, second)) {
                    saved = gain + bonus;
                    laws.clone_from(&alone);
                    (laws[one], laws[two]) = (first.clone(), second.clone());
                    pair = Some((one, two, kind));
                }
            }
        }
    }
    let sum: f32 = laws.iter().map(|law| law.cost).sum();
    let moving = if camera == Camera::Still { 0.0 } else { MOVING };
    Told {
        camera,
        cost: sum + moving,
        laws,
        pair,
    }
}

/// Whether all things are moved together as by a camera that shakes.
fn shakes(told: &Told) -> bool {
    let mut all: Vec<(f32, [f32; 2])> = told.laws.iter().flat_map(|law| law.rest.clone()).collect();
    all.sort_by(|one, two| one.0.total_cmp(&two.0));
    let together: Vec<(f32, [f32; 2])> = all
        .chunk_by(|one, two| one.0 == two.0)
        .map(|at| {
            let mean =
                |axis: usize| at.iter().map(|(_, off)| off[axis]).sum::<f32>() / at.len() as f32;
            (at[0].0, [mean(0), mean(1)])
        })
        .collect();
    let Some(waves) = waves(&together) else {
        return false;
    };
    let [explained, all] = [0, 1].map(|at| waves.iter().map(|wave| wave.squares[at]).sum::<f32>());
    explained > WAVES * all
        && waves
            .iter()
            .all(|wave| SHAKES.contains(&(wave.far / SHAKEN)))
}

fn mean_y(points: &[Point]) -> f32 {
    points.iter().map(|point| point.at[1]).sum::<f32>() / points.len().max(1) as f32
}

/// Whether two ways are such that things meet in them.
fn meets_so(kind: Pair, one: &[Point], two: &[Point], (first, second): (&Fitted, &Fitted)) -> bool {
    let (Some(from), Some(to)) = (one.first(), one.last()) else {
        return false;
    };
    let (Some(other_from), Some(other_to)) = (two.first(), two.last()) else {
        return false;
    };
    let before = other_from.at[0] - from.at[0];
    let after = other_to.at[0] - to.at[0];
    match (kind, first.law, second.law) {
        (Pair::Collide, Law::Back(own), Law::Back(other)) => {
            own * other < 0.0 && own.abs() > 0.02 && other.abs() > 0.02 && before * own > 0.0
        }
        (Pair::Push, Law::Across(own), Law::Pushed(other)) => {
            own * other > 0.0 && own.abs() > 0.02 && other.abs() > 0.02 && before * own > 0.0
        }
        (Pair::Pass, Law::Across(own), _) => {
            before * after < 0.0 && own.abs() > 0.05 && before * own > 0.0
        }
        _ => false,
    }
}

struct View<'a> {
    film: &'a Film,
    tracker: &'a Tracker<'a>,
    tracks: &'a [Track],
    told: &'a Told,
}

impl View<'_> {
    fn object(&self, index: usize) -> SeenObject {
        let track = &self.tracks[index];
        let law = &self.told.laws[index];
        let (motion, speeds) = self.motion(index);
        let colour = match motion {
            Motion::Turn(_) => track.sights[0].rgb,
            _ => track.rgb,
        };
        let path = track.sights.iter().map(|sight| (sight.frame, sight.at));
        SeenObject {
            shape: track.look.shape,
            colour: named(colour),
            size: sized(law.radius),
            pattern: track.look.pattern,
            motion,
            speeds,
            path: path.collect(),
            colours: track.sights.iter().map(|sight| named(sight.rgb)).collect(),
            error: track.error,
        }
    }

    fn motion(&self, index: usize) -> (Motion, Vec<Speed>) {
        match self.told.pair {
            Some((one, two, kind)) if one == index => return self.meeting(one, two, kind),
            Some((one, two, Pair::Collide)) if two == index => {
                return self.meeting(two, one, Pair::Collide);
            }
            Some((_, two, _)) if two == index => return (Motion::Still, Speed::ALL.to_vec()),
            _ => {}
        }
        let only = |speed: Speed| vec![speed];
        match self.told.laws[index].law {
            Law::Go(direction, speed) => (Motion::Go(direction), only(speed)),
            Law::Bounce(speed) => (Motion::Bounce, only(speed)),
            Law::Fall(speed) => (Motion::Fall, only(speed)),
            Law::Orbit(speed) => (Motion::Orbit, only(speed)),
            Law::Grow(speed) => (Motion::Grow, only(speed)),
            Law::Shrink(speed) => (Motion::Shrink, only(speed)),
            _ => self.in_place(&self.tracks[index]),
        }
    }

    /// What a thing does that stays where it is.
    fn in_place(&self, track: &Track) -> (Motion, Vec<Speed>) {
        if track.turning != 0.0 {
            return (Motion::Spin, vec![paced(track.turning, 1.8)]);
        }
        let last = self.film.frames.len() - 1;
        let opacity = |frame: usize| {
            let sight = track.sights.iter().find(|sight| sight.frame == frame);
            sight.map_or(0.0, |sight| sight.opacity.clamp(0.0, 1.2))
        };
        let (begin, end) = (opacity(0), opacity(last));
        let first = &track.sights[0];
        let final_ = track.sights.last().expect("a track has sights");
        if first.frame == 0 && final_.frame == last {
            let (from, to) = (named(first.rgb), named(final_.rgb));
            if from != to && apart(first.rgb, final_.rgb) > 45.0 * 45.0 {
                return (Motion::Turn(to), Speed::ALL.to_vec());
            }
        }
        if begin < 0.25 && end > 0.5 {
            return (Motion::Appear, vec![self.fading(&opacity, true)]);
        }
        if begin > 0.5 && end < 0.25 {
            return (Motion::Vanish, vec![self.fading(&opacity, false)]);
        }
        (Motion::Still, Speed::ALL.to_vec())
    }

    /// How fast something comes or goes.
    fn fading(&self, opacity: &dyn Fn(usize) -> f32, comes: bool) -> Speed {
        let seconds = self.film.seconds();
        let cost = |speed: Speed| -> f32 {
            let lasts = 0.6 / speed.factor();
            let begin = (seconds - lasts) / 2.0;
            (0..self.film.frames.len())
                .map(|frame| {
                    let time = self.film.time(frame);
                    let done = crate::world::smooth(((time - begin) / lasts).clamp(0.0, 1.0));
                    let told = if comes { done } else { 1.0 - done };
                    // What is hardly there is not found.
                    match opacity(frame) {
                        0.0 => (told - 0.35).max(0.0).powi(2),
                        seen => (told - seen).powi(2),
                    }
                })
                .sum()
        };
        *Speed::ALL
            .iter()
            .min_by(|one, two| cost(**one).total_cmp(&cost(**two)))
            .expect("there are speeds")
    }

    /// What a thing does to another, and at which speeds it would look so.
    fn meeting(&self, one: usize, two: usize, kind: Pair) -> (Motion, Vec<Speed>) {
        let pace = match self.told.laws[one].law {
            Law::Back(pace) | Law::Across(pace) => pace.abs(),
            _ => 0.0,
        };
        let radii = [one, two].map(|index| sized(self.told.laws[index].radius).radius());
        let told = |speed: Speed| self.pace(kind, radii, speed);
        let far = |speed: Speed| (told(speed) / pace.max(1e-3)).ln().abs();
        let best = *Speed::ALL
            .iter()
            .min_by(|one, two| far(**one).total_cmp(&far(**two)))
            .expect("there are speeds");
        let alike = Speed::ALL
            .iter()
            .filter(|speed| (told(**speed) / told(best)).ln().abs() < 0.06);
        let motion = match kind {
            Pair::Push => Motion::Push(two),
            Pair::Collide => Motion::Collide(two),
            Pair::Pass if self.is_before(one, two) => Motion::PassBefore(two),
            Pair::Pass => Motion::PassBehind(two),
        };
        (motion, alike.copied().collect())
    }

    /// Lengths a second of a thing that meets another, as the world has it.
    fn pace(&self, kind: Pair, [own, other]: [f32; 2], speed: Speed) -> f32 {
        let seconds = self.film.seconds();
        let wide = self.film.width as f32 / self.film.scale() / 2.0;
        let room = match self.told.camera {
            Camera::PanLeft | Camera::PanRight => wide - panned(seconds) / 2.0,
            Camera::ZoomIn | Camera::ZoomOut => wide / 1.2,
            Camera::Shake => wide - 0.02,
            _ => wide,
        } - GAP;
        let going = GOING * speed.factor();
        let half = seconds / 2.0;
        match kind {
            Pair::Push => {
                let way = (2.0 * room - 2.0 * own - 2.0 * other).max(0.1);
                way.min(going * seconds) / seconds
            }
            Pair::Collide => {
                let way = (room - own.max(other) - (own + other) * 0.46).max(0.05);
                way.min(going * half) / half
            }
            Pair::Pass => (room - own).max(0.05).min(going * half) / half,
        }
    }

    /// Whether one thing is seen before another where both are.
    fn is_before(&self, one: usize, two: usize) -> bool {
        self.tracker.is_before(&self.tracks[one], &self.tracks[two])
    }
}

fn sized(radius: f32) -> Size {
    let far = |size: &Size| (size.radius() / radius.max(1e-3)).ln().abs();
    *Size::ALL
        .iter()
        .min_by(|one, two| far(one).total_cmp(&far(two)))
        .expect("there are sizes")
}

/// The colour that is nearest.
pub(super) fn named(rgb: Rgb) -> Colour {
    let far = |colour: &Colour| apart(colour.rgb().map(f32::from), rgb);
    *Colour::ALL
        .iter()
        .min_by(|one, two| far(one).total_cmp(&far(two)))
        .expect("there are colours")
}
