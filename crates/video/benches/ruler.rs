//! The ruler: what it makes of true films of scenes by chance, of the words of other films, and of films that are soft or noisy.
//!
//!     cargo bench -p video --bench ruler -- [SCENES]
//!
//! One line of JSON on stdout for true films, then one for each kind of damage; what is wrong, on stderr.

use std::io::{Seek as _, SeekFrom};
use std::time::Instant;

use media::mp4::{Frames, Writer};
use media::{Picture, Spec};
use video::Chance;
use video::ruler::{Attribute, Grade, Grades, Seen, grade, measure_each};
use video::world::{Scene, Stage, Wish, caption, draw};

/// Pictures a second, and pictures.
const RATE: u32 = 8;
const FRAMES: usize = 16;

/// Scenes of the main table, and for each kind of damage.
const SCENES: usize = 400;
const DAMAGED: usize = 60;

/// A name, things in a scene at most, pixels of a side, and what is done to pictures.
type Case = (&'static str, usize, usize, fn(Vec<Picture>) -> Vec<Picture>);

const CASES: &[Case] = &[
    ("3 things", 3, 64, |film| film),
    ("32 pixels", 2, 32, |film| film),
    ("128 pixels", 2, 128, |film| film),
    ("noise of 4", 2, 64, |film| noisy(film, 4.0)),
    ("noise of 8", 2, 64, |film| noisy(film, 8.0)),
    ("blur of 0.7 pixels", 2, 64, |film| blurred(film, 0.7)),
    ("blur of 1.2 pixels", 2, 64, |film| blurred(film, 1.2)),
    ("ragged by a pixel", 2, 64, ragged),
    ("H.264, quantiser 28", 2, 64, |film| encoded(&film, 28)),
    ("H.264, quantiser 36", 2, 64, |film| encoded(&film, 36)),
];

fn main() {
    let wanted = std::env::args().find_map(|word| word.parse().ok());
    let scenes = wanted.unwrap_or(SCENES);
    let began = Instant::now();
    let (seen, wishes) = measured(scenes, ("true", 2, 64, |film| film), true);
    let took = began.elapsed().as_secs_f64() / scenes as f64;
    let graded = |shift: usize| -> Vec<Grades> {
        let wishes = wishes.iter().cycle().skip(shift);
        seen.iter()
            .zip(wishes)
            .map(|(seen, wish)| grade(seen, wish))
            .collect()
    };
    let (own, others) = (graded(0), graded(1));
    let lines: Vec<String> = Attribute::ALL
        .iter()
        .map(|&attribute| {
            let [right, wrong, untold] = counts(&own, Some(attribute));
            let [by_chance, not, _] = counts(&others, Some(attribute));
            format!(
                r#"{{"attribute":"{}","right":{right},"wrong":{wrong},"untold":{untold},"others_right":{by_chance},"others_wrong":{not}}}"#,
                attribute.name()
            )
        })
        .collect();
    println!(
        r#"{{"scenes":{scenes},"seconds_a_film":{took:.3},"attributes":[{}]}}"#,
        lines.join(",")
    );
    for case in CASES {
        let (seen, wishes) = measured(scenes.min(DAMAGED), *case, false);
        let grades: Vec<Grades> = seen
            .iter()
            .zip(&wishes)
            .map(|(seen, wish)| grade(seen, wish))
            .collect();
        let [right, wrong, untold] = counts(&grades, None);
        println!(
            r#"{{"case":"{}","right":{right},"wrong":{wrong},"untold":{untold}}}"#,
            case.0
        );
    }
}

fn counts(grades: &[Grades], attribute: Option<Attribute>) -> [usize; 3] {
    let mut counts = [0; 3];
    for (of, grade) in grades.iter().flat_map(|grades| &grades.all) {
        if attribute.is_none_or(|attribute| attribute == *of) {
            counts[*grade as usize] += 1;
        }
    }
    counts
}

/// What is seen in films of so many scenes, and what is said of them.
fn measured(scenes: usize, (_, most, side, damage): Case, tells: bool) -> (Vec<Seen>, Vec<Wish>) {
    let (mut found, mut wishes) = (Vec::new(), Vec::new());
    let mut seed = 0;
    while found.len() < scenes {
        seed += 1;
        let mut chance = Chance::new(seed, 9);
        let scene = Scene::by_chance(&mut chance);
        let count = scene.objects.len();
        if count > most || (most > 2 && count < most) {
            continue;
        }
        wishes.push(scene.told(&mut chance));
        found.push((seed, scene));
    }
    let seen = measure_each(scenes, RATE as f32, |number| {
        let (seed, scene) = &found[number];
        damage(film(scene, *seed, side))
    });
    for (((seed, _), seen), wish) in found.iter().zip(&seen).zip(&wishes) {
        let grades = grade(seen, wish);
        if tells && !grades.is_right() {
            let wrong = grades.all.iter().filter(|one| one.1 == Grade::Wrong);
            let wrong: Vec<&str> = wrong.map(|one| one.0.name()).collect();
            eprintln!(
                "{seed}: {}: {wrong:?}",
                caption(wish, &mut Chance::new(*seed, 9))
            );
        }
    }
    (seen, wishes)
}

fn film(scene: &Scene, seed: u64, side: usize) -> Vec<Picture> {
    let stage = Stage::new(scene, seed, FRAMES as f32 / RATE as f32, 1.0);
    let frames = (0..FRAMES).map(|frame| {
        let mut picture = Picture::new(side, side);
        let moment = stage.frame(frame as f32 / RATE as f32);
        draw(&moment, scene.background, &mut picture);
        picture
    });
    frames.collect()
}

fn noisy(mut film: Vec<Picture>, strength: f32) -> Vec<Picture> {
    let mut chance = Chance::new(5, 5);
    for picture in &mut film {
        for byte in &mut picture.bytes {
            // The sum of four is nearly a bell.
            let sum: f32 = (0..4).map(|_| chance.between(-1.0, 1.0)).sum();
            *byte = (f32::from(*byte) + sum * strength * 0.866).clamp(0.0, 255.0) as u8;
        }
    }
    film
}

/// Parts of 4x4 pixels of each picture come from up to a pixel beside, each by chance: as a network draws things that has not learnt for long.
fn ragged(film: Vec<Picture>) -> Vec<Picture> {
    let mut chance = Chance::new(7, 7);
    let ragged = film.iter().map(|picture| {
        let mut out = picture.clone();
        let (width, height) = (picture.width, picture.height);
        for part in 0..(width / 4) * (height / 4) {
            let [left, top] = [part % (width / 4) * 4, part / (width / 4) * 4];
            let [right, down] = [0; 2].map(|_: i32| chance.between(-1.5, 1.5).round() as isize);
            for (x, y) in (0..16).map(|at| (left + at % 4, top + at / 4)) {
                let x_from = x.saturating_add_signed(right).min(width - 1);
                let y_from = y.saturating_add_signed(down).min(height - 1);
                let [to, from] = [y * width + x, y_from * width + x_from].map(|at| at * 3);
                out.bytes[to..to + 3].copy_from_slice(&picture.bytes[from..from + 3]);
            }
        }
        out
    });
    ragged.collect()
}

fn blurred(film: Vec<Picture>, width: f32) -> Vec<Picture> {
    let weights: Vec<f32> = (-4..=4)
        .map(|at| (-(at as f32 / width).powi(2) / 2.0).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    let along = |picture: &Picture, [right, down]: [isize; 2]| -> Picture {
        let mut out = picture.clone();
        for y in 0..picture.height as isize {
            for x in 0..picture.width as isize {
                for part in 0..3 {
                    let parts = weights.iter().zip(-4_isize..).map(|(weight, far)| {
                        let x = (x + far * right).clamp(0, picture.width as isize - 1);
                        let y = (y + far * down).clamp(0, picture.height as isize - 1);
                        let at = (y as usize * picture.width + x as usize) * 3 + part;
                        weight * f32::from(picture.bytes[at])
                    });
                    let at = (y as usize * picture.width + x as usize) * 3 + part;
                    out.bytes[at] = (parts.sum::<f32>() / sum + 0.5) as u8;
                }
            }
        }
        out
    };
    film.iter()
        .map(|picture| along(&along(picture, [1, 0]), [0, 1]))
        .collect()
}

fn encoded(film: &[Picture], quantiser: u8) -> Vec<Picture> {
    let spec = Spec {
        quantiser,
        ..Spec::new(film[0].width, film[0].height, RATE)
    };
    let mut writer = Writer::new(spec, tempfile::tempfile().expect("a file")).expect("a film");
    for picture in film {
        writer.push(picture).expect("a picture of the film");
    }
    let mut file = tempfile::tempfile().expect("a file");
    writer.finish(&mut file, 0).expect("a film");
    file.seek(SeekFrom::Start(0)).expect("its beginning");
    let mut frames = Frames::open(file).expect("a film");
    let mut found = Vec::new();
    while let Some(picture) = frames.next_picture().expect("pictures") {
        found.push(picture);
    }
    found
}
