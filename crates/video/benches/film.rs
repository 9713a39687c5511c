//! Films: how fast they are drawn, and written, signed and marked.
//!
//!     cargo bench -p video -- [FILE]
//!
//! One line of JSON on stdout. With FILE, the pictures are left there, three bytes a pixel, for others to encode.

use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::time::Instant;

use media::credentials::{Facts, FilmSeal, Generator, Making, Signer, Source};
use media::mp4::Writer;
use media::watermark::{Mark, STRENGTH};
use media::{Picture, Spec};
use video::{MARK_KEY, Order, Pictures as _, Plan, Size};

/// Moments at which a film is looked at: those of 2026.
const NOW: i64 = 1_790_000_000;

const PROMPT: &str =
    "a striped red ball and a small blue cube collide on a checkerboard while the camera zooms in";

const SIZES: [(&str, Size); 3] = [
    (
        "480p",
        Size {
            width: 854,
            height: 480,
        },
    ),
    (
        "720p",
        Size {
            width: 1280,
            height: 720,
        },
    ),
    (
        "1080p",
        Size {
            width: 1920,
            height: 1080,
        },
    ),
];

/// Seconds of each film.
const SECONDS: f32 = 4.0;

fn main() {
    let file = std::env::args().skip(1).find(|word| word != "--bench");
    let mut lines = Vec::new();
    for (name, size) in SIZES {
        let plan = Plan::new(&Order::new(PROMPT, SECONDS, size)).expect("the words are known");
        let (pictures, draw) = timed(|| drawn(&plan));
        if let (Some(file), "480p") = (&file, name) {
            leave(file, &pictures);
        }
        let mark = Mark::new(7, MARK_KEY, STRENGTH);
        let mut pictures = pictures;
        let ((), marking) = timed(|| {
            pictures
                .iter_mut()
                .for_each(|picture| mark.apply(picture).expect("it is large enough"))
        });
        let (bytes, write) = timed(|| written(&plan, &pictures));
        let frames = pictures.len() as f64;
        lines.push(format!(
            r#"{{"size":"{name}","frames":{frames},"draw":{:.1},"mark":{:.1},"write":{:.1},"bytes":{bytes}}}"#,
            frames / draw,
            frames / marking,
            frames / write,
        ));
    }
    println!("[{}]", lines.join(","));
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let done = work();
    (done, began.elapsed().as_secs_f64())
}

fn drawn(plan: &Plan) -> Vec<Picture> {
    let draw = |frame| {
        let mut picture = plan.blank();
        plan.draw(frame, &mut picture);
        picture
    };
    (0..plan.frames()).map(draw).collect()
}

/// Makes the sound of a film, encodes, boxes and signs it, and says how large it is.
fn written(plan: &Plan, pictures: &[Picture]) -> u64 {
    let size = plan.order().size;
    let spec = Spec::new(size.width, size.height, plan.order().frames_per_second);
    let identity = Signer::generate("Freehold", NOW).expect("a key");
    let signer = Signer::of_pem(&identity.key, &identity.chain).expect("its key");
    let facts = Facts {
        title: "film.mp4".to_owned(),
        generator: Generator {
            name: "Freehold".to_owned(),
            version: "1".to_owned(),
        },
        source: Source::DigitalCreation,
        created_at: NOW,
        identity: [7; 32],
        making: Making::default(),
        ingredients: Vec::new(),
    };
    let seal = FilmSeal::new(&facts, &signer).expect("facts that can be told");
    let mut writer =
        Writer::new(spec, tempfile::tempfile().expect("a file")).expect("a size of films");
    if let Some(sound) = plan.sound() {
        writer = writer.with_sound(sound).expect("an encoder");
    }
    for picture in pictures {
        writer.push(picture).expect("a picture of the film");
    }
    let mut film = tempfile::tempfile().expect("a file");
    let gap = writer
        .finish(&mut BufWriter::new(&film), seal.bytes())
        .expect("a film");
    film.seek(SeekFrom::Start(0)).expect("its beginning");
    let sealed = seal.seal(&mut film, gap.at).expect("credentials");
    film.seek(SeekFrom::Start(gap.at)).expect("its gap");
    film.write_all(&sealed).expect("room");
    film.metadata().expect("its length").len()
}

fn leave(path: &str, pictures: &[Picture]) {
    let mut file = BufWriter::new(File::create(path).expect("a place for pictures"));
    for picture in pictures {
        file.write_all(&picture.bytes).expect("room");
    }
}
