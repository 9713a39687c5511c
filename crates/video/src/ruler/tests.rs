use super::*;
use crate::chance::Chance;
use crate::world::{Scene, Stage, Wish, draw};

const RATE: f32 = 8.0;

/// A scene of one or two things, and what is said of it.
fn scene(seed: u64) -> (Scene, Wish) {
    let mut chance = Chance::new(seed, 9);
    loop {
        let scene = Scene::by_chance(&mut chance);
        if scene.objects.len() <= 2 {
            let wish = scene.told(&mut chance);
            return (scene, wish);
        }
    }
}

fn film(scene: &Scene, seed: u64, side: usize) -> Vec<Picture> {
    let stage = Stage::new(scene, seed, 2.0, 1.0);
    let frames = (0..16).map(|frame| {
        let mut picture = Picture::new(side, side);
        draw(
            &stage.frame(frame as f32 / RATE),
            scene.background,
            &mut picture,
        );
        picture
    });
    frames.collect()
}

/// How many of all that was said are right, wrong and not to be told.
fn counts(grades: &[Grades]) -> [usize; 3] {
    let mut counts = [0; 3];
    for (_, grade) in grades.iter().flat_map(|grades| &grades.all) {
        counts[*grade as usize] += 1;
    }
    counts
}

#[test]
fn true_films_are_as_was_said_and_not_as_was_said_of_others() {
    let scenes: Vec<(Scene, Wish)> = (0..12).map(scene).collect();
    let seen: Vec<Seen> = scenes
        .iter()
        .zip(0..)
        .map(|((scene, _), seed)| measure(&film(scene, seed, 64), RATE))
        .collect();
    let graded = |shift: usize| -> [usize; 3] {
        let grades: Vec<Grades> = (0..seen.len())
            .map(|at| grade(&seen[at], &scenes[(at + shift) % seen.len()].1))
            .collect();
        counts(&grades)
    };
    let [right, wrong, untold] = graded(0);
    assert!(wrong * 50 <= right, "{wrong} of {right}");
    assert!(untold * 20 <= right, "{untold} of {right}");
    let [right, wrong, _] = graded(7);
    assert!(wrong > right, "{wrong} of {right}");
}

#[test]
fn larger_films_are_measured_as_well() {
    for (seed, side) in [(1, 48), (4, 160)] {
        let (scene, wish) = scene(seed);
        let grades = grade(&measure(&film(&scene, seed, side), RATE), &wish);
        assert!(grades.is_right(), "{side}: {grades:?}");
    }
}

#[test]
fn an_empty_film_has_no_things_and_no_camera() {
    let mut picture = Picture::new(64, 64);
    picture.bytes.fill(187);
    let seen = measure(&vec![picture; 16], RATE);
    assert_eq!(seen.objects, []);
    assert_eq!(seen.background, Background::Grey);
    assert_eq!(seen.cameras.len(), Camera::ALL.len());
    let (_, wish) = scene(3);
    let wish = Wish {
        camera: Some(Camera::PanLeft),
        ..wish
    };
    let grades = grade(&seen, &wish);
    assert_eq!(grades.count(Attribute::Count, Grade::Wrong), 1);
    assert_eq!(grades.count(Attribute::Camera, Grade::Wrong), 1);
}

#[test]
fn a_film_of_any_length_and_size_is_measured() {
    for (side, frames) in [(8, 1), (33, 2), (64, 1), (40, 5)] {
        let mut picture = Picture::new(side, side + 3);
        for (at, byte) in picture.bytes.iter_mut().enumerate() {
            *byte = (at * 37 % 251) as u8;
        }
        measure(&vec![picture; frames], RATE);
    }
}
