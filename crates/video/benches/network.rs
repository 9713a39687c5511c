//! A network that makes films, measured by the ruler: on prompts like those that it learnt from, on combinations and phrasings that it
//! never met, on the words of other films, and on how near to what it learnt its films are.
//!
//!     cargo bench -p video --bench network -- FOLDER [--prompts N] [--steps N] [--guidance X] [--stills FILE.png]
//!
//! One line of JSON on stdout.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use media::Picture;
use serde_json::{Value, json};
use tensor::Pool;
use video::generate::{Painter, Painting, Split, USUAL_STEPS, drawn, lesson, measured_scene};
use video::ruler::{Attribute, Grades, Seen, grade, identity_switches, measure_each};
use video::world::Wish;

const SPLITS: [(&str, Split); 3] = [
    ("alike", Split::Alike),
    ("combinations", Split::Combinations),
    ("phrasings", Split::Phrasings),
];

/// Lessons among which the nearest is looked for.
const LESSONS: u64 = 4000;

/// Films whose nearest lesson is looked for.
const NEAREST: usize = 50;

/// Pixels of a side, and pictures, at which films are compared.
const COMPARED: [usize; 2] = [16, 4];

/// Films that are looked at, and pictures of each.
const STILLS: [usize; 2] = [12, 8];

struct Asked {
    folder: PathBuf,
    prompts: usize,
    steps: u32,
    guidance: f32,
    stills: Option<PathBuf>,
}

/// What was made of a split.
struct Made {
    seen: Vec<Seen>,
    /// What true films of the same words show.
    seen_true: Vec<Seen>,
    wishes: Vec<Wish>,
    films: Vec<Vec<u8>>,
    truths: Vec<Vec<u8>>,
    seconds: f64,
}

fn main() {
    let asked = asked();
    let painter = Painter::open(&asked.folder, Arc::new(Pool::of_all_cores()));
    let painter = painter.unwrap_or_else(|error| panic!("{error}"));
    let lessons: Vec<Vec<f32>> = (0..LESSONS)
        .map(|number| small(&lesson(number, painter.size(), rate(&painter)).0, &painter))
        .collect();
    let splits = SPLITS.map(|(name, split)| {
        let made = made(&painter, split, &asked);
        if let (Some(path), Split::Alike) = (&asked.stills, split) {
            stills(&made, &painter, path);
        }
        judged(name, &made, &painter, &lessons)
    });
    println!(
        "{}",
        json!({
            "model": painter.name(),
            "parameters": painter.parameters(),
            "size": painter.size(),
            "steps": asked.steps,
            "guidance": asked.guidance,
            "prompts": asked.prompts,
            "splits": splits,
        })
    );
}

fn asked() -> Asked {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let folder = words.next().expect("the folder of a network");
    let mut asked = Asked {
        folder: folder.into(),
        prompts: 400,
        steps: USUAL_STEPS.count,
        guidance: USUAL_STEPS.guidance,
        stills: None,
    };
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        match word.as_str() {
            "--prompts" => asked.prompts = value.parse().expect("a count"),
            "--steps" => asked.steps = value.parse().expect("a count"),
            "--guidance" => asked.guidance = value.parse().expect("a number"),
            "--stills" => asked.stills = Some(value.into()),
            _ => panic!("unknown option `{word}`"),
        }
    }
    asked
}

fn rate(painter: &Painter) -> usize {
    painter.frames_per_second() as usize
}

/// Films of the first prompts of a split.
fn made(painter: &Painter, split: Split, asked: &Asked) -> Made {
    let mut made = Made {
        seen: Vec::new(),
        seen_true: Vec::new(),
        wishes: Vec::new(),
        films: Vec::new(),
        truths: Vec::new(),
        seconds: 0.0,
    };
    for number in 0..asked.prompts as u64 {
        let (scene, wish, caption) = measured_scene(split, number);
        let painting = Painting {
            caption: &caption,
            negative: "",
            seed: number,
            steps: asked.steps,
            guidance: asked.guidance,
            given: None,
        };
        let began = Instant::now();
        let film = painter.paint(&painting, &|| true, &mut |_, _| true);
        made.seconds += began.elapsed().as_secs_f64();
        let film = film.expect("nobody ends it");
        made.truths
            .push(drawn(&scene, number, painter.size(), rate(painter)));
        made.wishes.push(wish);
        made.films.push(film);
    }
    made.seen = measured(&made.films, painter);
    made.seen_true = measured(&made.truths, painter);
    made
}

/// What films show.
fn measured(films: &[Vec<u8>], painter: &Painter) -> Vec<Seen> {
    measure_each(films.len(), rate(painter) as f32, |number| {
        pictures(&films[number], painter)
    })
}

fn judged(name: &str, made: &Made, painter: &Painter, lessons: &[Vec<f32>]) -> Value {
    let graded = |seen: &[Seen], shift: usize| -> Vec<Grades> {
        let wishes = made.wishes.iter().cycle().skip(shift);
        let pairs = seen.iter().zip(wishes);
        pairs.map(|(seen, wish)| grade(seen, wish)).collect()
    };
    let (own, others) = (graded(&made.seen, 0), graded(&made.seen, 1));
    let truths = graded(&made.seen_true, 0);
    let attributes = Attribute::ALL.map(|attribute| {
        let [right, wrong, untold] = counts(&own, attribute);
        let [by_chance, not, _] = counts(&others, attribute);
        let [right_true, wrong_true, _] = counts(&truths, attribute);
        json!({
            "attribute": attribute.name(), "right": right, "wrong": wrong, "untold": untold,
            "others_right": by_chance, "others_wrong": not,
            "true_right": right_true, "true_wrong": wrong_true,
        })
    });
    // Where nothing is seen, nothing becomes something else either.
    let shown: Vec<&Seen> = made
        .seen
        .iter()
        .filter(|seen| !seen.objects.is_empty())
        .collect();
    let steady = shown.iter().filter(|seen| identity_switches(seen) == 0);
    let nearest = |films: &[Vec<u8>]| -> f64 {
        let films = &films[..films.len().min(NEAREST)];
        let far = films.iter().map(|film| {
            let film = small(film, painter);
            let far = lessons.iter().map(|lesson| distance(&film, lesson));
            far.fold(f64::INFINITY, f64::min)
        });
        far.sum::<f64>() / films.len() as f64
    };
    let count = made.films.len() as f64;
    json!({
        "split": name,
        "attributes": attributes,
        "with_things": shown.len() as f64 / count,
        "steady": steady.count() as f64 / shown.len().max(1) as f64,
        "nearest_lesson": nearest(&made.films),
        "nearest_lesson_of_truth": nearest(&made.truths),
        "seconds_a_film": made.seconds / count,
    })
}

fn counts(grades: &[Grades], attribute: Attribute) -> [usize; 3] {
    let mut counts = [0; 3];
    for (of, grade) in grades.iter().flat_map(|grades| &grades.all) {
        if attribute == *of {
            counts[*grade as usize] += 1;
        }
    }
    counts
}

fn pictures(film: &[u8], painter: &Painter) -> Vec<Picture> {
    let [_, height, width] = painter.size();
    let frames = film.chunks_exact(height * width * 3);
    frames
        .map(|bytes| Picture {
            width,
            height,
            bytes: bytes.to_vec(),
        })
        .collect()
}

/// A film made small, to be compared.
fn small(film: &[u8], painter: &Painter) -> Vec<f32> {
    let [pictures, height, width] = painter.size();
    let [side, shown] = COMPARED;
    let [rows, columns] = [height / side, width / side];
    let mut out = Vec::with_capacity(shown * side * side * 3);
    for picture in 0..shown {
        let at = picture * (pictures - 1) / (shown - 1);
        for cell in 0..side * side {
            for part in 0..3 {
                let pixels = (0..rows * columns).map(|pixel| {
                    let row = cell / side * rows + pixel / columns;
                    let column = cell % side * columns + pixel % columns;
                    f32::from(film[((at * height + row) * width + column) * 3 + part])
                });
                out.push(pixels.sum::<f32>() / (rows * columns) as f32);
            }
        }
    }
    out
}

/// The root of the mean of the squares, in steps of 255.
fn distance(one: &[f32], two: &[f32]) -> f64 {
    let squares = one.iter().zip(two).map(|(one, two)| (one - two).powi(2));
    f64::from(squares.sum::<f32>() / one.len() as f32).sqrt()
}

/// Some of the films, each below the true film of its words.
fn stills(made: &Made, painter: &Painter, path: &std::path::Path) {
    let [films, shown] = STILLS;
    let both = made.truths.iter().zip(&made.films).take(films);
    let rows = both.flat_map(|(truth, film)| [truth, film]);
    let shown_of = |film: &Vec<u8>| -> Vec<Picture> {
        let all = pictures(film, painter);
        let last = all.len() - 1;
        (0..shown)
            .map(|at| all[at * last / (shown - 1)].clone())
            .collect()
    };
    let all: Vec<Picture> = rows.flat_map(shown_of).collect();
    let bytes = media::still::png(&media::still::sheet(&all, shown)).expect("a picture");
    std::fs::write(path, bytes).expect("a file");
}
