//! Films of the little world to learn from, each with something that is said of it.

use media::Picture;

use super::words::split;
use crate::chance::Chance;
use crate::world::{Scene, Stage, Wish, caption, draw};

/// The seed of all lessons; the number of a lesson is its stream.
const SEED: u64 = 0x66_69_6c_6d;

/// Captions that the words are gathered from: enough that none is missing.
const GATHERED: u64 = 20_000;

/// Things in a scene at most.
const THINGS_MAX: usize = 3;

/// All words of captions in order, after the place of no caption.
pub fn lesson_words() -> Vec<String> {
    let mut words = std::collections::BTreeSet::new();
    for number in 0..GATHERED {
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
    let mut chance = Chance::new(SEED, number);
    let scene = loop {
        let scene = Scene::by_chance(&mut chance);
        // Scenes of few things are learnt first; those of three are half as frequent as in the world.
        let count = scene.objects.len();
        if count < THINGS_MAX || (count == THINGS_MAX && chance.happens(0.5)) {
            break scene;
        }
    };
    let wish = scene.told(&mut chance);
    let text = caption(&wish, &mut chance);
    (scene, wish, text)
}

/// The lesson of that number: a film of so many pictures, rows and columns, and pictures a second, its pixels one after the other, and its
/// caption.
pub fn lesson(
    number: u64,
    [pictures, rows, columns]: [usize; 3],
    frames_per_second: usize,
) -> (Vec<u8>, String) {
    let (scene, _, caption) = lesson_scene(number);
    let rate = frames_per_second as f32;
    let aspect = columns as f32 / rows as f32;
    let stage = Stage::new(&scene, number, pictures as f32 / rate, aspect);
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
    (pixels, caption)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Words;

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
}
