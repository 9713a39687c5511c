//! `freehold video` and `freehold media verify`, as people use, misuse and interrupt them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::Value;

use crate::{Run, freehold};

/// Runs a command in a folder of films, whose house is beside them.
fn run(folder: &Path, words: &[&str]) -> Run {
    let output = command(folder, words).output().unwrap();
    Run {
        exit: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn command(folder: &Path, words: &[&str]) -> std::process::Command {
    let mut command = freehold();
    command
        .args(words)
        .current_dir(folder)
        .env("FREEHOLD_DATA", folder.join("house"));
    command
}

/// Words that make a small film of them.
fn small<'a>(prompt: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let usual = [
        "video",
        "create",
        prompt,
        "--size",
        "192x160",
        "--seconds",
        "1",
        "--fps",
        "12",
        "--seed",
        "7",
    ];
    [&usual, more].concat()
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

#[test]
#[allow(clippy::too_many_lines, reason = "one film goes through all commands")]
fn a_film_is_made_shown_remixed_extended_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let made = run(at, &small("a red ball bounces on a checkerboard", &[]));
    assert_eq!(
        (made.exit, made.stdout.as_str()),
        (Some(0), "a-red-ball-bounces-on-a-checkerboard.mp4\n"),
        "{made:?}"
    );
    assert!(
        made.stderr.contains("seed 7") && made.stderr.contains("drawn in"),
        "{}",
        made.stderr
    );
    let again = run(
        at,
        &small("a red ball bounces on a checkerboard", &["--json"]),
    );
    assert_eq!(
        json(&again)["path"],
        "a-red-ball-bounces-on-a-checkerboard-2.mp4"
    );
    let film = "a-red-ball-bounces-on-a-checkerboard.mp4";
    let remix = run(
        at,
        &[
            "video",
            "remix",
            film,
            "a blue cube",
            "-o",
            "cube.mp4",
            "--json",
        ],
    );
    assert_eq!(
        (&json(&remix)["seed"], &json(&remix)["frames"]),
        (&7.into(), &12.into()),
        "{remix:?}"
    );
    let longer = run(
        at,
        &[
            "video",
            "extend",
            "cube.mp4",
            "a star",
            "--seconds",
            "0.5",
            "-o",
            "longer.gif",
        ],
    );
    assert_eq!(longer.exit, Some(0), "{longer:?}");
    let shown = run(at, &["video", "show", "longer.gif"]);
    assert_eq!(
        shown.stdout,
        "     1 s  a blue cube\n   0.5 s  a star\n192x160 at 12 pictures a second, seed 7, by freehold-scene\n"
    );
    let listed = run(at, &["video", "list", "--json"]);
    assert_eq!(json(&listed).as_array().unwrap().len(), 4, "{listed:?}");
    let verified = json(&run(at, &["media", "verify", "cube.mp4", "--json"]));
    assert_eq!(
        [
            &verified["status"],
            &verified["signer"]["standing"],
            &verified["prompt"],
            &verified["source"]
        ],
        [
            &Value::from("valid"),
            &Value::from("trusted"),
            &Value::from("a blue cube"),
            &Value::from("http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation")
        ]
    );
    assert_eq!(verified["ingredients"].as_array().unwrap().len(), 1);
    assert!(verified["mark"].is_string(), "{verified}");
}

#[test]
fn one_changed_byte_is_found_and_another_house_is_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    run(at, &small("a cube", &["-o", "cube.mp4"]));
    let elsewhere = tempfile::tempdir().unwrap();
    fs::copy(at.join("cube.mp4"), elsewhere.path().join("cube.mp4")).unwrap();
    let verified = run(elsewhere.path(), &["media", "verify", "cube.mp4"]);
    assert!(
        verified.exit == Some(0) && verified.stderr.contains("nobody who is trusted"),
        "{verified:?}"
    );
    let root = at.join("house/signer/root.pem");
    let trusted = run(
        elsewhere.path(),
        &[
            "media",
            "verify",
            "cube.mp4",
            "--trust",
            root.to_str().unwrap(),
        ],
    );
    assert!(trusted.stdout.contains("(trusted, "), "{trusted:?}");
    let mut bytes = fs::read(at.join("cube.mp4")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(at.join("changed.mp4"), bytes).unwrap();
    let changed = run(at, &["media", "verify", "changed.mp4", "--json"]);
    assert_eq!(
        (changed.exit, &json(&changed)["status"]),
        (Some(1), &Value::from("invalid"))
    );
    let refused = run(at, &["video", "extend", "changed.mp4"]);
    assert!(
        refused.exit == Some(1) && refused.stderr.contains("is not what its credentials say"),
        "{refused:?}"
    );
}

/// A WAV file with a tone of `seconds`.
fn tone(path: &Path, seconds: u32) {
    let (rate, samples) = (8000_u32, 8000 * seconds);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + 2 * samples).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(rate.to_le_bytes());
    bytes.extend((2 * rate).to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((2 * samples).to_le_bytes());
    for sample in 0..samples {
        let level = (sample as f32 * 0.3).sin() * 9000.0;
        bytes.extend((level as i16).to_le_bytes());
    }
    fs::write(path, bytes).unwrap();
}

fn has_sound(path: &Path) -> bool {
    let frames = media::mp4::Frames::open(fs::File::open(path).unwrap()).unwrap();
    frames.film().has_sound
}

#[test]
fn a_label_is_seen_in_a_corner_and_stays_with_what_is_made_of_the_film() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for more in [&["-o", "plain.mp4"][..], &["-o", "told.mp4", "--label"]] {
        let made = run(at, &small("a red ball on a checkerboard", more));
        assert_eq!(made.exit, Some(0), "{made:?}");
    }
    let words = "a blue ball on a checkerboard";
    let made = run(
        at,
        &["video", "remix", "told.mp4", words, "-o", "remix.mp4"],
    );
    assert_eq!(made.exit, Some(0), "{made:?}");
    // The brightest pixel of the corner, where letters are white.
    let corner = |name: &str| {
        let mut frames = media::mp4::Frames::open(fs::File::open(at.join(name)).unwrap()).unwrap();
        let picture = frames.next_picture().unwrap().unwrap();
        let (width, height) = (picture.width, picture.height);
        let rows = picture.bytes.chunks_exact(3 * width).skip(height * 3 / 4);
        let lows = rows.flat_map(|row| row[3 * width * 3 / 4..].chunks_exact(3));
        lows.map(|pixel| *pixel.iter().min().unwrap())
            .max()
            .unwrap()
    };
    let [plain, told, remix] = ["plain.mp4", "told.mp4", "remix.mp4"].map(corner);
    assert!(
        told > plain.saturating_add(15) && remix > plain.saturating_add(15),
        "{plain} {told} {remix}"
    );
}

#[test]
fn films_are_heard_unless_they_are_silent_and_with_a_track_that_is_brought() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tone(&at.join("tone.wav"), 3);
    let made = run(at, &small("a red ball bounces", &["-o", "own.mp4"]));
    assert_eq!(made.exit, Some(0), "{made:?}");
    let made = run(
        at,
        &small("a red ball bounces", &["-o", "silent.mp4", "--silent"]),
    );
    assert_eq!(made.exit, Some(0), "{made:?}");
    let words = ["-o", "track.mp4", "--sound", "tone.wav"];
    let made = run(at, &small("a red ball bounces", &words));
    assert_eq!(made.exit, Some(0), "{made:?}");
    let heard = ["own.mp4", "silent.mp4", "track.mp4"].map(|name| has_sound(&at.join(name)));
    assert_eq!(heard, [true, false, true]);

    let shown = run(at, &["video", "show", "track.mp4"]);
    assert!(
        shown.stdout.contains("with a track of its own"),
        "{shown:?}"
    );
    let verified = run(at, &["media", "verify", "track.mp4"]);
    assert_eq!(verified.exit, Some(0), "{verified:?}");
    assert!(verified.stdout.contains("tone.wav"), "{verified:?}");

    let remix = [
        "video",
        "remix",
        "track.mp4",
        "a blue ball bounces",
        "-o",
        "remix.mp4",
    ];
    let made = run(at, &remix);
    assert_eq!(made.exit, Some(0), "{made:?}");
    assert!(
        made.stderr.contains("`--sound` brings it again"),
        "{made:?}"
    );
    let remix = [
        "video",
        "remix",
        "silent.mp4",
        "a blue ball bounces",
        "-o",
        "quiet.mp4",
    ];
    assert_eq!(run(at, &remix).exit, Some(0));
    assert!(has_sound(&at.join("remix.mp4")) && !has_sound(&at.join("quiet.mp4")));
}

#[test]
fn tracks_that_cannot_be_heard_are_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tone(&at.join("tone.wav"), 1);
    fs::write(at.join("words.wav"), "no sound").unwrap();
    for (track, output, exit, said) in [
        ("words.wav", "a.mp4", 1, "`words.wav` cannot be heard"),
        ("none.wav", "a.mp4", 2, "`none.wav` cannot be read"),
        (".", "a.mp4", 2, "`.` cannot be read: it is no file"),
        ("tone.wav", "a.gif", 1, "a `.gif` holds no sound"),
    ] {
        let words = ["-o", output, "--sound", track];
        let refused = run(at, &small("a red ball bounces", &words));
        assert_eq!(refused.exit, Some(exit), "{refused:?}");
        assert!(refused.stderr.contains(said), "{refused:?}");
        assert!(!at.join(output).exists());
    }
    let both = ["--silent", "--sound", "tone.wav"];
    assert_ne!(run(at, &small("a red ball bounces", &both)).exit, Some(0));
}

#[test]
fn shots_come_from_a_storyboard() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let board = "size = \"192x160\"\nfps = 12\nseed = 3\n[[shot]]\nprompt = \"a red ball\"\nseconds = 0.5\n[[shot]]\nprompt = \"a cube at night\"\nseconds = 1\n";
    fs::write(at.join("board.toml"), board).unwrap();
    let made = run(at, &["video", "storyboard", "board.toml", "--json"]);
    assert_eq!(
        (&json(&made)["path"], &json(&made)["frames"]),
        (&Value::from("board.mp4"), &18.into()),
        "{made:?}"
    );
    for (board, words) in [
        ("size = 3", "is no storyboard"),
        (
            "colour = \"red\"\n[[shot]]\nprompt=\"a ball\"\nseconds=1",
            "unknown field",
        ),
        (
            "[[shot]]\nprompt = \"a dragon\"\nseconds = 1",
            "I do not know `dragon`",
        ),
        ("shot = []", "0 shots"),
    ] {
        fs::write(at.join("bad.toml"), board).unwrap();
        let refused = run(at, &["video", "storyboard", "bad.toml"]);
        assert!(
            refused.exit == Some(1) && refused.stderr.contains(words),
            "{board}: {refused:?}"
        );
    }
}

#[cfg(not(feature = "av1"))]
#[test]
fn an_encoder_that_was_left_out_is_named_with_what_brings_it() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(
        folder.path(),
        &["video", "create", "a ball", "--codec", "av1"],
    );
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("writes no AV1") && refused.stderr.contains("`--features av1`"),
        "{refused:?}"
    );
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(
        left.iter().all(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            !name.to_string_lossy().ends_with(".mp4")
        }),
        "{left:?}"
    );
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let long = "a".repeat(40_000);
    let cases: [(&[&str], &str); 10] = [
        (&["video", "create", ""], "the prompt is empty"),
        (
            &[
                "video", "create", "a ball", "--codec", "av1", "-o", "film.gif",
            ],
            "`film.gif` holds no AV1",
        ),
        (&["video", "create", "a dragon"], "I do not know `dragon`"),
        (&["video", "create", &long], "40000 characters"),
        (
            &["video", "create", "a ball", "--size", "63x63"],
            "`64x64` is the nearest",
        ),
        (
            &["video", "create", "a ball", "--seconds", "0"],
            "cannot last 0 seconds",
        ),
        (
            &["video", "create", "a ball", "--fps", "0"],
            "cannot have 0 pictures a second",
        ),
        (
            &["video", "create", "a ball", "-o", "film.avi"],
            "ends in `.mp4`, `.gif` or `.png`",
        ),
        (&["video", "show", "nothing.mp4"], "cannot be read"),
        (&["media", "verify", "nothing.mp4"], "cannot be read"),
    ];
    for (words, expected) in cases {
        let refused = run(at, words);
        assert!(
            refused.exit != Some(0) && refused.stderr.contains(expected),
            "{:?}: {refused:?}",
            words.first()
        );
        assert!(
            refused.stderr.contains("hint:") || expected.contains("read"),
            "{refused:?}"
        );
    }
    assert_eq!(fs::read_dir(at).unwrap().count(), 0);
    fs::write(at.join("there.mp4"), "mine").unwrap();
    let refused = run(at, &small("a ball", &["-o", "there.mp4"]));
    assert!(
        refused.exit == Some(1) && refused.stderr.contains("is there already"),
        "{refused:?}"
    );
    assert_eq!(fs::read(at.join("there.mp4")).unwrap(), b"mine");
    fs::write(at.join("words.txt"), "hello").unwrap();
    let refused = run(at, &["media", "verify", "words.txt"]);
    assert!(
        refused.exit == Some(1) && refused.stderr.contains("MP4"),
        "{refused:?}"
    );
}

#[test]
fn what_is_interrupted_or_killed_leaves_no_film_and_no_scraps() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    run(at, &small("a ball", &["-o", "first.mp4"]));
    for signal in [Signal::INT, Signal::KILL] {
        let words = [
            "video",
            "create",
            "a red ball",
            "--seconds",
            "300",
            "-o",
            "long.mp4",
        ];
        let mut child = command(at, &words)
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(700));
        kill_process(Pid::from_child(&child), signal).unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "it does not end");
            sleep(Duration::from_millis(20));
        }
        assert_eq!(left_in(at), ["first.mp4", "house"], "{signal:?}");
    }
}

/// What lies in a folder, by name.
fn left_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_that_may_not_become_longer_is_said_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    run(at, &small("a ball", &["-o", "first.mp4"]));
    let words = small("a red ball on a checkerboard", &["-o", "film.mp4"]);
    let child = command(at, &words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let limit = Rlimit {
        current: Some(4096),
        maximum: Some(4096),
    };
    prlimit(Some(Pid::from_child(&child)), Resource::Fsize, limit).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && said.contains("`film.mp4` was not written"),
        "{:?} {said}",
        output.status
    );
    assert_eq!(left_in(at), ["first.mp4", "house"]);
}

#[test]
fn a_pipe_that_nobody_writes_to_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    mkfifoat(CWD, at.join("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
    for words in [
        &["media", "verify", "pipe"][..],
        &["video", "show", "pipe"],
        &["video", "create", "a ball", "--sound", "pipe"],
    ] {
        let refused = run(at, words);
        assert!(
            refused.exit == Some(2) && refused.stderr.contains("it is no file"),
            "{refused:?}"
        );
    }
}

/// A network of a few thousand numbers, which has learnt next to nothing.
const RECIPE: &str = r#"
name = "tiny"

[[data]]
name = "world"
format = "films"
licence = "Apache-2.0"

[model]
film_size = [8, 16, 16]
patch_size = [4, 8, 8]
frames_per_second = 8
hidden_size = 32
num_hidden_layers = 1
num_text_layers = 1
num_attention_heads = 2
intermediate_size = 48
max_caption_length = 32

[[stage]]
name = "learn"
purpose = "film"
steps = 2
batch_tokens = 16
context = 32
learning_rate = 1e-3
"#;

/// How light each picture of a film is.
fn shades(path: &Path) -> Vec<f64> {
    let mut frames = media::mp4::Frames::open(fs::File::open(path).unwrap()).unwrap();
    let mut shades = Vec::new();
    while let Some(picture) = frames.next_picture().unwrap() {
        let sum: f64 = picture.bytes.iter().map(|byte| f64::from(*byte)).sum();
        shades.push(sum / picture.bytes.len() as f64);
    }
    shades
}

#[test]
#[allow(clippy::too_many_lines, reason = "one network makes all films")]
fn a_network_that_was_trained_here_makes_films_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("recipe.toml"), RECIPE).unwrap();
    let trained = run(at, &["train", "recipe.toml", "--threads", "1"]);
    assert_eq!(trained.exit, Some(0), "{trained:?}");
    assert!(
        trained.stderr.contains("freehold video create"),
        "{trained:?}"
    );
    let model = "runs/tiny/learn/model";
    let create = |prompt: &'static str, more: &[&str]| {
        let words = ["video", "create", prompt, "--model", model, "--seed", "5"];
        let steps: &[&str] = match more.contains(&"--steps") {
            true => &[],
            false => &["--steps", "2"],
        };
        run(at, &[&words[..], steps, more].concat())
    };
    // Longer than a clip of one second, so that it goes on from its own end.
    let made = create(
        "a red ball and a dragon",
        &["--seconds", "2", "-o", "a.mp4"],
    );
    assert_eq!(made.exit, Some(0), "{made:?}");
    assert!(made.stderr.contains("I do not know `dragon`"), "{made:?}");
    assert!(
        made.stderr.contains("128x128 at 8 pictures a second") && made.stderr.contains("generated"),
        "{made:?}"
    );
    let shown = json(&run(at, &["video", "show", "a.mp4", "--json"]));
    let name = shown["model"].as_str().unwrap().to_owned();
    assert!(name.starts_with("freehold-film-"), "{shown}");
    assert_eq!(shown["steps"]["count"], 2, "{shown}");
    let verified = run(at, &["media", "verify", "a.mp4"]);
    assert!(
        verified.exit == Some(0) && verified.stdout.contains(&name),
        "{verified:?}"
    );
    // The same words and seed are the same pictures.
    let again = json(&create(
        "a red ball and a dragon",
        &["--seconds", "2", "-o", "b.gif", "--json"],
    ));
    assert_eq!(again["model"], shown["model"]);
    // It is made longer and anew by the same network, and by no other.
    let longer = run(
        at,
        &["video", "extend", "a.mp4", "--seconds", "1", "-o", "c.mp4"],
    );
    assert_eq!(longer.exit, Some(1), "{longer:?}");
    assert!(longer.stderr.contains("--model"), "{longer:?}");
    let words = [
        "video",
        "extend",
        "a.mp4",
        "a blue cube",
        "--seconds",
        "1",
        "-o",
        "c.mp4",
    ];
    let longer = run(
        at,
        &[&words[..], &["--model", model, "--steps", "2"]].concat(),
    );
    assert_eq!(longer.exit, Some(0), "{longer:?}");
    // Between two pictures, of any size, and against words.
    let picture = |name: &str, level: u8| {
        let mut picture = media::Picture::new(40, 30);
        picture.bytes.fill(level);
        fs::write(at.join(name), media::still::png(&picture).unwrap()).unwrap();
    };
    picture("white.png", 255);
    picture("black.png", 0);
    let words = [
        "--seconds",
        "2",
        "-o",
        "between.mp4",
        "--first",
        "white.png",
        "--last",
        "black.png",
    ];
    let between = create(
        "a red ball",
        &[&words[..], &["--negative", "a blue cube"]].concat(),
    );
    assert_eq!(between.exit, Some(0), "{between:?}");
    let shades = shades(&at.join("between.mp4"));
    assert!(
        shades[0] > 240.0 && shades[shades.len() - 1] < 15.0,
        "{shades:?}"
    );
    assert!(
        (20.0..235.0).contains(&shades[shades.len() / 2]),
        "{shades:?}"
    );
    let shown = json(&run(at, &["video", "show", "between.mp4", "--json"]));
    assert_eq!(shown["negative"], "a blue cube");
    let verified = run(at, &["media", "verify", "between.mp4"]);
    for name in ["white.png", "black.png"] {
        assert!(verified.stdout.contains(name), "{verified:?}");
    }
    let loops = create(
        "a red ball spins",
        &["--loop", "--seconds", "1", "-o", "d.gif"],
    );
    assert_eq!(loops.exit, Some(0), "{loops:?}");
    for (more, said) in [
        (&["--size", "320x180"][..], "128x128"),
        (&["--guidance", "0"], "a guidance from 1 to 20"),
        (&["--steps", "0"], "1 to 200 steps"),
        (&["--first", "recipe.toml"], "cannot be looked at"),
        (
            &["--loop", "--last", "white.png"],
            "a loop ends where it begins",
        ),
        (&["--weights", "q8_0"], "are for open weights"),
    ] {
        let refused = create("a red ball", &[more, &["-o", "e.mp4"]].concat());
        assert_eq!(refused.exit, Some(1), "{refused:?}");
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
    assert!(!at.join("e.mp4").exists());
    fs::write(at.join(model).join("words.txt"), "\nred\n").unwrap();
    let broken = create("a red ball", &["-o", "e.mp4"]);
    assert_eq!(broken.exit, Some(1), "{broken:?}");
    assert!(broken.stderr.contains("words.txt"), "{broken:?}");
}

/// A film by tiny open weights of random numbers.
#[test]
fn the_network_that_comes_with_it_makes_what_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let prompt = "a large red circle on a mint background";
    let quick = ["--steps", "4", "--guidance", "1", "--seconds", "2"];
    let words = ["video", "create", prompt, "--model", "built-in"];
    let made = run(at, &[&words[..], &quick, &["-o", "a.mp4"]].concat());
    assert_eq!(made.exit, Some(0), "{made:?}");
    assert!(
        made.stderr.contains("384x384 at 4 pictures a second")
            && made.stderr.contains("by freehold-film-"),
        "{made:?}"
    );
    let mut frames = media::mp4::Frames::open(fs::File::open(at.join("a.mp4")).unwrap()).unwrap();
    let picture = frames.next_picture().unwrap().unwrap();
    let at_pixel = |row: usize, column: usize| {
        let from = (row * picture.width + column) * 3;
        [0, 1, 2].map(|part| i32::from(picture.bytes[from + part]))
    };
    let ([red, green, blue], [behind_red, behind_green, _]) =
        (at_pixel(192, 192), at_pixel(30, 30));
    assert!(red > green + 60 && red > blue + 60, "{red} {green} {blue}");
    assert!(behind_green > behind_red, "{behind_red} {behind_green}");
    // Whoever makes it longer or anew need not name it.
    let longer = ["video", "extend", "a.mp4", "a blue cube", "-o", "b.mp4"];
    let longer = run(at, &[&longer[..], &["--seconds", "1", "--json"]].concat());
    assert_eq!(longer.exit, Some(0), "{longer:?}");
    let shown = json(&run(at, &["video", "show", "a.mp4", "--json"]));
    assert_eq!(json(&longer)["model"], shown["model"], "{longer:?}");
    // Its files lie in the house, and are written again where one was damaged.
    let room = at.join("house/built-in");
    let model = fs::read_dir(&room).unwrap().next().unwrap().unwrap().path();
    fs::write(model.join("words.txt"), "red").unwrap();
    let again = run(at, &[&words[..], &quick, &["-o", "c.gif"]].concat());
    assert_eq!(again.exit, Some(0), "{again:?}");
}

fn filmed(at: &Path, model: &str, more: &[&str]) -> Run {
    let model = fixture(model);
    let model = model.to_str().expect("a plain path");
    let words = ["video", "create", "a cat on a wall", "--model", model];
    let few = ["--seconds", "0.5", "--steps", "2", "--seed", "3"];
    run(at, &[&words[..], &few, more].concat())
}

fn fixture(name: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/wan");
    fixtures.join(name)
}

#[test]
fn open_weights_make_films_and_what_they_cannot_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let create = |model: &str, more: &[&str]| filmed(at, model, more);
    for (model, name) in [("t2v", "a.mp4"), ("ti2v", "b.mp4")] {
        let made = create(model, &["--size", "64x64", "-o", name]);
        assert_eq!(made.exit, Some(0), "{made:?}");
        assert!(
            made.stderr.contains("generated") && made.stderr.contains(&format!("by {model}")),
            "{made:?}"
        );
        let shown = json(&run(at, &["video", "show", name, "--json"]));
        assert_eq!(shown["model"], model);
    }
    let verified = run(at, &["media", "verify", "a.mp4"]);
    assert_eq!(verified.exit, Some(0), "{verified:?}");
    assert!(verified.stdout.contains("t2v"), "{verified:?}");
    for (more, said) in [
        (&["--size", "72x64"][..], "`64x64` is the nearest"),
        (&["--loop", "--size", "64x64"], "makes no loops"),
    ] {
        let refused = create("t2v", &[more, &["-o", "c.mp4"]].concat());
        assert_eq!(refused.exit, Some(1), "{refused:?}");
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
    assert!(!at.join("c.mp4").exists());
    let none = run(
        at,
        &["video", "create", "a cat", "--model", ".", "-o", "c.mp4"],
    );
    assert_eq!(none.exit, Some(1), "{none:?}");
    assert!(none.stderr.contains("hint:"), "{none:?}");
}

#[test]
fn open_weights_are_guided_and_nothing_is_left_of_a_film_that_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let create = |model: &str, more: &[&str]| filmed(at, model, more);
    let mut picture = media::Picture::new(40, 30);
    picture.bytes.fill(200);
    fs::write(at.join("a.png"), media::still::png(&picture).unwrap()).unwrap();
    let adapter = fixture("lora/first.safetensors");
    let adapter = format!("{}=0.5", adapter.display());
    let words = [
        "--size",
        "64x64",
        "--negative",
        "blurred",
        "--adapter",
        &adapter,
    ];
    let adapted = create(
        "t2v",
        &[&words[..], &["--weights", "q8_0", "-o", "d.mp4"]].concat(),
    );
    assert_eq!(adapted.exit, Some(0), "{adapted:?}");
    let words = ["--size", "64x64", "--first", "a.png", "-o", "e.mp4"];
    let begun = create("ti2v", &words);
    assert_eq!(begun.exit, Some(0), "{begun:?}");
    let verified = run(at, &["media", "verify", "e.mp4"]);
    assert!(verified.stdout.contains("a.png"), "{verified:?}");
    // What is on its way is kept, and what is done is not.
    let kept = |name: &str| {
        fs::read_dir(at.join("house/films").join(name))
            .unwrap()
            .count()
    };
    assert!(kept("unfinished") == 0 && kept("texts") > 0);
    for (more, said) in [
        (
            &["--size", "64x64", "--first", "a.png"][..],
            "makes no films that begin",
        ),
        (&["--size", "64x64", "--adapter", "a.png"], "a.png"),
        (
            &["--size", "64x64", "--adapter", "a.png=strong"],
            "how strong",
        ),
        (
            &["--size", "64x64", "--negative", "a", "--guidance", "1"],
            "`--guidance` is more than 1",
        ),
    ] {
        let refused = create("t2v", &[more, &["-o", "c.mp4"]].concat());
        assert_eq!(refused.exit, Some(1), "{refused:?}");
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
}
