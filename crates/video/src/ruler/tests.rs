use super::*;
use crate::chance::Chance;
use crate::world::{Scene, Stage, Wish, draw, read};

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

/// Pixels of a side of the parts that are hazy as a whole.
const HAZY_PART: usize = 16;

/// A film as a network makes it that has not learnt for long: soft, and with grain in whichever parts of it something is.
fn hazed(film: &[Picture]) -> Vec<Picture> {
    let mut chance = Chance::new(3, 3);
    let behind: Vec<u8> = film[0].bytes[..3].to_vec();
    let hazed = film.iter().map(|picture| {
        let mut out = picture.clone();
        let byte = |x: usize, y: usize, part: usize| {
            let [x, y] = [x.min(picture.width - 1), y.min(picture.height - 1)];
            f32::from(picture.bytes[(y * picture.width + x) * 3 + part])
        };
        for top in (0..picture.height).step_by(HAZY_PART) {
            for left in (0..picture.width).step_by(HAZY_PART) {
                let inside = (0..HAZY_PART * HAZY_PART)
                    .map(|at| (left + at % HAZY_PART, top + at / HAZY_PART));
                let is_grainy = inside.clone().any(|(x, y)| {
                    (0..3).any(|part| (byte(x, y, part) - f32::from(behind[part])).abs() > 40.0)
                });
                for (x, y) in inside.filter(|_| is_grainy) {
                    for part in 0..3 {
                        let near = [x.saturating_sub(1), x, x + 1];
                        let sum: f32 = near
                            .into_iter()
                            .flat_map(|x| [y.saturating_sub(1), y, y + 1].map(|y| byte(x, y, part)))
                            .sum();
                        let grain = 50.0 * (chance.unit() - 0.5);
                        out.bytes[(y * picture.width + x) * 3 + part] = (sum / 9.0 + grain) as u8;
                    }
                }
            }
        }
        out
    });
    hazed.collect()
}

#[test]
fn what_is_hazy_is_found() {
    let mut chance = Chance::new(5, 9);
    let scene = loop {
        let scene = Scene::by_chance(&mut chance);
        let is_simple = matches!(scene.objects[..], [object] if matches!(object.motion, Motion::Go(_)))
            && scene.background == Background::Grey
            && scene.camera == Camera::Still;
        if is_simple {
            break scene;
        }
    };
    let film: Vec<Picture> = film(&scene, 5, 48).into_iter().step_by(2).collect();
    let seen = measure(&hazed(&film), RATE / 2.0);
    let [found] = &seen.objects[..] else {
        panic!("{:?} for {:?}", seen.objects, scene.objects);
    };
    let told = &scene.objects[0];
    assert_eq!((found.colour, found.motion), (told.colour, told.motion));
}

/// A film as a network makes it that has not learnt for long enough: parts of 4x4 pixels come from beside, each by chance.
fn ragged(film: &[Picture]) -> Vec<Picture> {
    let mut chance = Chance::new(7, 7);
    let ragged = film.iter().map(|picture| {
        let mut out = picture.clone();
        for part in 0..(picture.width / 4) * (picture.height / 4) {
            let columns = picture.width / 4;
            let [left, top] = [part % columns * 4, part / columns * 4];
            let [right, down] = [0; 2].map(|_: i32| chance.between(-1.2, 1.2).round() as isize);
            for (x, y) in (0..16).map(|at| (left + at % 4, top + at / 4)) {
                let x_from = x.saturating_add_signed(right).min(picture.width - 1);
                let y_from = y.saturating_add_signed(down).min(picture.height - 1);
                let [to, from] =
                    [[x, y], [x_from, y_from]].map(|[x, y]| (y * picture.width + x) * 3);
                out.bytes[to..to + 3].copy_from_slice(&picture.bytes[from..from + 3]);
            }
        }
        out
    });
    ragged.collect()
}

#[test]
fn a_camera_that_shakes_is_told_from_edges_that_do() {
    let mut chance = Chance::new(11, 9);
    let mut right = [0; 2];
    for seed in 0..4 {
        let simple = loop {
            let scene = Scene::by_chance(&mut chance);
            if matches!(scene.objects[..], [object] if matches!(object.motion, Motion::Go(_) | Motion::Still))
            {
                break scene;
            }
        };
        for (right, camera) in right.iter_mut().zip([Camera::Still, Camera::Shake]) {
            let scene = Scene {
                background: Background::Grey,
                camera,
                ..simple.clone()
            };
            let film: Vec<Picture> = film(&scene, seed, 48).into_iter().step_by(2).collect();
            let seen = measure(&ragged(&film), RATE / 2.0);
            *right += usize::from((seen.cameras == [Camera::Shake]) == (camera == Camera::Shake));
        }
    }
    assert!(right.iter().all(|right| *right >= 3), "{right:?} of 4");
}

#[test]
fn what_lies_in_pieces_is_one_thing() {
    // White stripes are as what is behind them.
    let words = "a small striped green capsule moves down slowly, on a pale green background";
    let scene = read(words).unwrap().wish.expected();
    let film: Vec<Picture> = film(&scene, 1, 48).into_iter().step_by(2).collect();
    let seen = measure(&ragged(&film), RATE / 2.0);
    let [found] = &seen.objects[..] else {
        panic!("{:?}", seen.objects);
    };
    assert_eq!(
        (found.shape, found.motion),
        (Shape::Capsule, scene.objects[0].motion)
    );
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
