//! Films of the little world to learn from, each with something that is said of it.

use media::Picture;

use super::words::split;
use crate::chance::Chance;
use crate::world::{Camera, Motion, OPENINGS, Pattern, Scene, Size, Stage, Wish, caption, draw};

/// The seed of all lessons; the number of a lesson is its stream.
const SEED: u64 = 0x66_69_6c_6d;

/// Captions that the words are gathered from: enough that none is missing.
const GATHERED: u64 = 20_000;

/// Things in a scene at most.
const THINGS_MAX: usize = 2;

/// Lessons before the first of which all are whole. Things of any place, size and way are seen in noise as soon as their colours are, so words
/// that say these help little; with one large thing that stands, they help much, and are learnt.
const EASY: u64 = 24_000;

/// How much of its room chance may use for a thing of a lesson. What no word says is learnt slowest of all, and nobody asked for it.
const SPREAD: f32 = 0.0;

/// The first number of films to measure with, beyond all that are learnt from.
const MEASURED: u64 = 1 << 41;

/// How much there is in a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ease {
    /// One large thing of one colour, which stands still before a camera that does.
    OneStill,
    /// One thing of any kind.
    One,
    /// All that the world has.
    Whole,
}

/// Films to measure a network with, none of which it has learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Others of the same kind.
    Alike,
    /// Things whose colours, or ways to go, are learnt with other shapes only: one of nine pairs.
    Combinations,
    /// Captions that say what is behind all things first, and then begin as those do that say it last.
    Phrasings,
}

/// All words of captions in order, after the place of no caption.
pub fn lesson_words() -> Vec<String> {
    let mut words = std::collections::BTreeSet::new();
    for number in EASY..EASY + GATHERED {
        let (_, _, caption) = lesson_scene(number);
        for word in split(&caption) {
            if !words.contains(word) {
                words.insert(word.to_lowercase());
            }
        }
    }
    std::iter::once(String::new()).chain(words).collect()
}

/// The scene of a lesson, what is wished of it, and a caption that says so.
pub fn lesson_scene(number: u64) -> (Scene, Wish, String) {
    let is_learnt = |scene: &Scene, caption: &str| !is_combined(scene) && !is_turned_round(caption);
    scene_where(number, is_learnt)
}

/// The same of a film to measure with.
pub fn measured_scene(split: Split, number: u64) -> (Scene, Wish, String) {
    match split {
        Split::Alike => lesson_scene(MEASURED + number),
        Split::Combinations => scene_where(2 * MEASURED + number, |scene, caption| {
            is_combined(scene) && !is_turned_round(caption)
        }),
        Split::Phrasings => scene_where(3 * MEASURED + number, |scene, caption| {
            !is_combined(scene) && is_turned_round(caption)
        }),
    }
}

fn scene_where(number: u64, fits: impl Fn(&Scene, &str) -> bool) -> (Scene, Wish, String) {
    let mut chance = Chance::new(SEED, number);
    let ease = Ease::of(number, &mut chance);
    loop {
        let scene = Scene::by_chance(&mut chance);
        if scene.objects.len() > THINGS_MAX {
            continue;
        }
        let scene = ease.of_scene(scene);
        let wish = scene.told(&mut chance);
        // What is not said is as one would expect it: a background or a colour that may be any is most of what a film is wrong by, and drowns the rest.
        let scene = wish.expected();
        let text = caption(&wish, &mut chance);
        if fits(&scene, &text) {
            return (scene, wish, text);
        }
    }
}

impl Ease {
    /// First all are easy, halfway all have one thing, and in the end all are whole.
    fn of(number: u64, chance: &mut Chance) -> Self {
        let learnt = number as f32 / EASY as f32;
        let at = 2.0 * learnt - chance.unit();
        match () {
            () if number >= EASY || at > 1.0 => Self::Whole,
            () if at > 0.0 => Self::One,
            () => Self::OneStill,
        }
    }

    fn of_scene(self, mut scene: Scene) -> Scene {
        if self == Self::Whole {
            return scene;
        }
        scene.objects.truncate(1);
        scene.relations.clear();
        for object in &mut scene.objects {
            if self == Self::OneStill {
                object.size = Size::Large;
                object.pattern = Pattern::Plain;
                object.motion = Motion::Still;
                scene.camera = Camera::Still;
            } else if object.motion.other().is_some() {
                object.motion = Motion::Still;
            }
        }
        scene
    }
}

/// Whether a thing has a colour, or a way to go, that its shape never has in what is learnt.
fn is_combined(scene: &Scene) -> bool {
    scene.objects.iter().any(|object| {
        let shape = object.shape as usize;
        let is_way = match object.motion {
            Motion::Go(direction) => (shape + direction as usize).is_multiple_of(9),
            _ => false,
        };
        is_way || (shape + object.colour as usize) % 9 == 4
    })
}

/// Whether a caption says what is behind all things, and then begins anew.
fn is_turned_round(caption: &str) -> bool {
    let caption = caption.to_lowercase();
    OPENINGS
        .iter()
        .any(|opening| caption.contains(&format!(", {opening}")))
}

/// The lesson of that number: a film of so many pictures, rows and columns, and pictures a second, its pixels one after the other, and its
/// caption.
pub fn lesson(number: u64, size: [usize; 3], frames_per_second: usize) -> (Vec<u8>, String) {
    let (scene, _, caption) = lesson_scene(number);
    (drawn(&scene, number, size, frames_per_second), caption)
}

/// A scene as a network's films are: so many pictures, rows and columns, and pictures a second. The same seed puts things in the same places.
pub fn drawn(
    scene: &Scene,
    seed: u64,
    [pictures, rows, columns]: [usize; 3],
    frames_per_second: usize,
) -> Vec<u8> {
    let rate = frames_per_second as f32;
    let aspect = columns as f32 / rows as f32;
    let time = (pictures as f32 / rate, aspect);
    let stage = Stage::composed(scene, seed, time, SPREAD);
    let mut picture = Picture::new(columns, rows);
    let mut pixels = Vec::with_capacity(pictures * rows * columns * 3);
    for at in 0..pictures {
        draw(
            &stage.frame(at as f32 / rate),
            scene.background,
            &mut picture,
        );
        pixels.extend_from_slice(&picture.bytes);
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Words;
    use crate::world::{Background, Shape};

    #[test]
    fn a_lesson_is_the_same_each_time_and_its_words_are_known() {
        let words = Words::new(&lesson_words());
        for number in [0, 7, 1 << 40] {
            let (pixels, caption) = lesson(number, [4, 32, 32], 8);
            assert_eq!(pixels.len(), 4 * 32 * 32 * 3);
            assert_eq!((pixels, caption.clone()), lesson(number, [4, 32, 32], 8));
            let (known, unknown) = words.read(&caption);
            assert!(unknown.is_empty() && known.len() > 2, "{caption}");
        }
        assert_ne!(lesson(1, [1, 32, 32], 8), lesson(2, [1, 32, 32], 8));
    }

    #[test]
    fn lessons_become_harder() {
        let things = |from: u64| {
            let scenes = (from..from + 200).map(|number| lesson_scene(number).0);
            let things: Vec<usize> = scenes
                .map(|scene| match scene.objects[0].motion {
                    Motion::Still => scene.objects.len() - 1,
                    _ => scene.objects.len(),
                })
                .collect();
            things.iter().sum::<usize>()
        };
        let [first, middle, whole, last] = [0, EASY / 2, EASY, MEASURED].map(things);
        assert_eq!(first, 0);
        assert!(middle > 120 && middle < 200, "{middle}");
        assert!(whole > 220 && last > 220, "{whole}, {last}");
    }

    #[test]
    fn each_shape_is_learnt_without_a_colour_too_and_has_its_own_then() {
        let mut seen = std::collections::BTreeMap::new();
        for number in EASY..EASY + 3000 {
            let (scene, wish, _) = lesson_scene(number);
            if let ([object], [thing], Some(Background::Grey) | None) =
                (&scene.objects[..], &wish.things[..], wish.background)
                && thing.colour.is_none()
            {
                let colours: &mut Vec<_> = seen.entry(object.shape as usize).or_default();
                colours.push(object.colour);
            }
        }
        assert_eq!(seen.len(), Shape::ALL.len());
        let is_one = |colours: &Vec<_>| colours.iter().all(|colour| *colour == colours[0]);
        assert!(seen.values().all(is_one), "{seen:?}");
    }

    #[test]
    fn what_is_measured_with_is_not_learnt() {
        for number in 0..200 {
            let (scene, _, caption) = lesson_scene(number);
            assert!(!is_combined(&scene) && !is_turned_round(&caption));
            let (scene, wish, caption) = measured_scene(Split::Combinations, number);
            assert!(is_combined(&scene) && !is_turned_round(&caption));
            assert_eq!(wish.things.len(), scene.objects.len());
            let (scene, _, caption) = measured_scene(Split::Phrasings, number);
            assert!(!is_combined(&scene) && is_turned_round(&caption));
        }
        let words = Words::new(&lesson_words());
        for split in [Split::Alike, Split::Combinations, Split::Phrasings] {
            for number in 0..200 {
                let (_, _, caption) = measured_scene(split, number);
                assert!(words.read(&caption).1.is_empty(), "{caption}");
            }
        }
    }
}
