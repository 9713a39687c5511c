//! Networks that make films learn from films that are drawn as they are needed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use models::{CHANNELS, Film, FilmBatch, FilmShape, LoadOptions};
use tensor::Pool;
use tensor::files::{Dtype, Mix, Safetensors, View, write_safetensors};
use training::{
    Clip, Error, Event, FilmSource, Line, ReleaseOptions, Run, RunOptions, WORDS, release,
};

const RECIPE: &str = r#"
name = "tiny"
seed = 3

[[data]]
name = "plain"
format = "films"
licence = "Apache-2.0"

[[data]]
name = "aside"
format = "films"
licence = "Apache-2.0"
held_out = true

[model]
film_size = [4, 8, 8]
patch_size = [2, 4, 4]
frames_per_second = 4
hidden_size = 32
num_hidden_layers = 2
num_text_layers = 1
num_attention_heads = 2
intermediate_size = 48
max_caption_length = 8

[[stage]]
name = "learn"
purpose = "film"
validate = ["aside"]
steps = 40
batch_tokens = 64
context = 8
optimiser = "muon"
learning_rate = 4e-3
average = 0.9
validate_every = 20
"#;

/// The same, with patches of two pixels that are merged by four.
fn fine() -> String {
    let fine = "[model.fine]\nmerge_size = [1, 2, 2]\nhidden_size = 32\nnum_attention_heads = 2\n\
                intermediate_size = 32\nnum_layers = [1, 1]\nskip = true\n\n[[stage]]";
    let recipe = RECIPE.replace("patch_size = [2, 4, 4]", "patch_size = [2, 2, 2]");
    recipe.replacen("[[stage]]", fine, 1)
}

/// The same again, with patches that are seen in windows, and after tokens only.
fn windowed() -> String {
    fine().replace("num_layers = [1, 1]", "num_layers = [0, 2]\nwindows = true")
}

/// Films of one colour, whose name is all that is said of them.
fn films() -> FilmSource {
    let words = ["", "black", "white"].map(str::to_owned);
    FilmSource {
        words: words.into(),
        draw: Arc::new(|number, shape| {
            let is_white = number % 2 == 1;
            Clip {
                pixels: vec![
                    if is_white { 255 } else { 0 };
                    shape.film.iter().product::<usize>() * 3
                ],
                words: vec![1 + u32::from(is_white)],
            }
        }),
    }
}

fn run(
    folder: &Path,
    films: Option<fn() -> FilmSource>,
    stop: &Arc<AtomicBool>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<PathBuf, Error> {
    let options = RunOptions {
        pool: Arc::new(Pool::new(std::num::NonZeroUsize::MIN)),
        stage: None,
        memory_bytes: None,
        stop: Arc::clone(stop),
        films,
    };
    Run::open(&folder.join("recipe.toml"), options)?.go(tell)
}

fn folder(recipe: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("recipe.toml"), recipe).expect("a file");
    folder
}

#[test]
fn a_network_learns_to_foretell_films_and_goes_on_where_it_was_stopped() {
    for recipe in [RECIPE, &fine(), &windowed()] {
        learns_and_goes_on(recipe);
    }
}

fn learns_and_goes_on(recipe: &str) {
    let through = folder(recipe);
    let mut measured = Vec::new();
    let model = run(through.path(), Some(films), &Arc::default(), &mut |event| {
        if let Event::Line(Line::Measured { loss, .. }) = event {
            measured.push(*loss);
        }
    })
    .expect("it learns");
    assert!(
        measured.len() == 2 && measured[1] < 0.6 * measured[0],
        "{measured:?}"
    );
    let words = std::fs::read_to_string(model.join(WORDS)).expect("words");
    assert_eq!(words, "\nblack\nwhite\n");
    let again = folder(recipe);
    let (stop, mut steps) = (Arc::new(AtomicBool::new(false)), 0);
    let stopped = run(again.path(), Some(films), &stop, &mut |event| {
        steps += u32::from(matches!(event, Event::Line(Line::Step(_))));
        stop.store(steps >= 13, Ordering::Relaxed);
    });
    assert!(
        matches!(stopped, Err(Error::Stopped { step: 13 })),
        "{stopped:?}"
    );
    let resumed = run(again.path(), Some(films), &Arc::default(), &mut |_| {}).expect("it goes on");
    let weights = |model: &Path| std::fs::read(model.join("model.safetensors")).expect("weights");
    assert!(weights(&model) == weights(&resumed), "bit for bit");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let refused = |recipe: &str, films: Option<fn() -> FilmSource>| {
        let folder = folder(recipe);
        run(folder.path(), films, &Arc::default(), &mut |_| {})
            .expect_err("it is to be refused")
            .to_string()
    };
    let cases = [
        (
            "purpose = \"film\"",
            "purpose = \"pretrain\"",
            "it cannot read `aside`",
        ),
        ("[2, 4, 4]", "[3, 4, 4]", "are not cut into patches"),
        (
            "[[stage]]",
            "[model.fine]\nmerge_size = [1, 2, 3]\nhidden_size = 32\nnum_attention_heads = 2\n\
             intermediate_size = 32\nnum_layers = [1, 1]\n\n[[stage]]",
            "patches are not merged by [1, 2, 3]",
        ),
        ("steps = 40", "epochs = 2.0", "no end of films"),
        (
            "steps = 40",
            "steps = 40\nsamples = [\"a\"]",
            "are for texts",
        ),
        (
            "num_attention_heads = 2",
            "num_attention_heads = 3",
            "heads",
        ),
        ("hidden_size = 32", "hidden_size = 0", "a size of none"),
        (
            "format = \"films\"\nlicence = \"Apache-2.0\"\n\n",
            "format = \"films\"\npath = \"films\"\nlicence = \"Apache-2.0\"\n\n",
            "never read",
        ),
        (
            "[model]",
            "[tokenizer]\nvocab_size = 300\n\n[model]",
            "leave `[tokenizer]` out",
        ),
    ];
    for (before, after, said) in cases {
        assert!(RECIPE.contains(before), "{before}");
        let error = refused(&RECIPE.replacen(before, after, 1), Some(films));
        assert!(error.contains(said), "{after}: {error}");
    }
    let error = refused(RECIPE, None);
    assert!(error.contains("nobody draws them"), "{error}");
}

fn growing(recipe: &str) -> String {
    let stage = r#"
[[stage]]
name = "grow"
purpose = "film"
grow = [2, 2, 2]
steps = 10
batch_tokens = 64
context = 8
optimiser = "muon"
learning_rate = 4e-3
average = 0.9
"#;
    recipe.replace("steps = 40", "steps = 10") + stage
}

/// A network of films of eight by eight pixels, each of which becomes a patch of four.
fn refining() -> String {
    let fine = "[stage.fine]\nmerge_size = [2, 4, 4]\nhidden_size = 32\nnum_attention_heads = 2\n\
                intermediate_size = 32\nnum_layers = [1, 1]\nwindows = true\nresidual = true\nskip = true\n";
    growing(RECIPE).replace("[2, 2, 2]", "[1, 2, 2]") + fine
}

/// What a network sees of a film, for one whose films have more pictures, rows and columns: each pixel repeated, and as plain.
fn finer(patches: &[f32], [old, new]: [&FilmShape; 2], seen: f32) -> Vec<f32> {
    let scale = |shape: &FilmShape| seen / shape.there(seen);
    let by = scale(old) / scale(new);
    let old_pixels = old.patch_numbers() / CHANNELS;
    let old_places = (0..old.patches() * old_pixels).map(|at| {
        let (patch, pixel) = (at / old_pixels, at % old_pixels);
        (old.place(patch, pixel), (patch, pixel))
    });
    let old_places: BTreeMap<[usize; 3], (usize, usize)> = old_places.collect();
    let numbers = new.patch_numbers();
    let all = (0..new.patches()).flat_map(|patch| (0..new.inputs()).map(move |at| (patch, at)));
    all.map(|(patch, at)| {
        let part = (at / numbers).min(2);
        let (at, channels) = (at - part * numbers, if part < 2 { CHANNELS } else { 1 });
        let place = new.place(patch, at / channels);
        let place = std::array::from_fn(|axis| place[axis] * old.film[axis] / new.film[axis]);
        let (patch, pixel) = old_places[&place];
        let was = patch * old.inputs() + part * old.patch_numbers() + pixel * channels;
        let value = patches[was + at % channels];
        if part == 0 { value * by } else { value }
    })
    .collect()
}

#[test]
fn a_network_grows_and_makes_the_same_films_larger() {
    for (recipe, film, patch) in [
        (growing(RECIPE), [8, 16, 16], [4, 8, 8]),
        (growing(&fine()), [8, 16, 16], [4, 4, 4]),
        (refining(), [4, 16, 16], [1, 2, 2]),
    ] {
        grows(&recipe, film, patch);
    }
}

fn grows(recipe: &str, film: [usize; 3], patch: [usize; 3]) {
    let through = folder(recipe);
    let model = run(through.path(), Some(films), &Arc::default(), &mut |_| {});
    let model = model.expect("it grows");
    let config = std::fs::read_to_string(model.join("config.json")).expect("its settings");
    let config: serde_json::Value = serde_json::from_str(&config).expect("settings");
    assert_eq!(config["film_size"], serde_json::json!(film));
    assert_eq!(config["patch_size"], serde_json::json!(patch));
    assert_eq!(config["frames_per_second"], film[0]);
    let stages = through.path().join("runs/tiny");
    let pool = Arc::new(Pool::of_all_cores());
    let cx = tensor::Context::new(Arc::clone(&pool));
    let open = |stage: &str| {
        let network = Film::open(&stages.join(stage), LoadOptions::default(), &pool);
        network.expect("a network")
    };
    let [small, large] = ["learn/model", "grow/begin"].map(open);
    let shapes = [small.shape(), large.shape()];
    let seen = 0.4;
    let count = shapes[0].patches() * shapes[0].inputs();
    let patches: Vec<f32> = (0..count)
        .map(|at| (at * 7919 % 1000) as f32 / 500.0 - 1.0)
        .collect();
    let foretold = |network: &Film, patches: &[f32]| {
        let batch = FilmBatch {
            patches,
            captions: &[&[1]],
            times: &[network.shape().there(seen)],
        };
        let made = network.forward(&cx, &batch, &|| true).expect("a film");
        network.shape().join(made.values())
    };
    let was = foretold(&small, &patches);
    assert!(was.iter().max() > was.iter().min(), "it says something");
    let is = foretold(&large, &finer(&patches, shapes, seen));
    for (at, x) in is.iter().enumerate() {
        let place = [at / 768, at / 48 % 16, at / 3 % 16];
        let old = shapes[0].film;
        let [picture, row, column] =
            std::array::from_fn(|axis| place[axis] * old[axis] / film[axis]);
        let before = was[((picture * 8 + row) * 8 + column) * 3 + at % 3];
        assert!(x.abs_diff(before) <= 1, "{at}: {before} {x}");
    }
}

#[test]
fn what_is_seen_goes_past_all_layers_as_much_as_is_learnt() {
    let house = folder(&fine().replace("steps = 40", "steps = 1"));
    run(house.path(), Some(films), &Arc::default(), &mut |_| {}).unwrap();
    let begun = house.path().join("runs/tiny/begin");
    let pool = Pool::new(std::num::NonZeroUsize::MIN);
    let seen: Vec<f32> = {
        let network = Film::open(&begun, LoadOptions::default(), &pool).unwrap();
        let count = network.shape().patches() * network.shape().inputs();
        (0..count).map(|at| (at % 13) as f32 / 13.0).collect()
    };
    // A network that has learnt nothing says nothing; then nine tenths of each number go past, and next to none of the third of each patch.
    for is_told in [false, true] {
        if is_told {
            let bias = |at: usize| if at == 2 { 0.01 } else { 0.9_f32 };
            rewrite(&begun, "fine.skip.bias", bias);
        }
        let network = Film::open(&begun, LoadOptions::default(), &pool).unwrap();
        let cx = tensor::Context::new(Arc::new(Pool::new(std::num::NonZeroUsize::MIN)));
        let batch = FilmBatch {
            patches: &seen,
            captions: &[&[1]],
            times: &[1.0],
        };
        let made = network.forward(&cx, &batch, &|| true).unwrap();
        let (numbers, inputs) = (network.shape().patch_numbers(), network.shape().inputs());
        for (at, made) in made.values().iter().enumerate() {
            let here = seen[at / numbers * inputs + at % numbers];
            let wanted = match (is_told, at % numbers) {
                (false, _) => 0.0,
                (true, 2) => 0.01 * here,
                (true, _) => 0.9 * here,
            };
            assert!((made - wanted).abs() < 1e-6, "{at}: {made} for {wanted}");
        }
    }
}

/// Writes other numbers into a tensor of a network.
fn rewrite(folder: &Path, name: &str, number: impl Fn(usize) -> f32) {
    let path = folder.join("model.safetensors");
    let file = Safetensors::open(&path).expect("weights");
    let arrays = file.names().map(|of| {
        let view = file.view(of).expect("a tensor");
        let values: Vec<f32> = match of == name {
            true => (0..view.shape.iter().product()).map(&number).collect(),
            false => view.to_f32(),
        };
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        (of.to_owned(), view.shape.clone(), bytes)
    });
    let arrays: Vec<(String, Vec<usize>, Vec<u8>)> = arrays.collect();
    let views = arrays.iter().map(|(of, shape, bytes)| {
        let view = View {
            dtype: Dtype::F32,
            shape: shape.clone(),
            bytes,
        };
        (of.as_str(), view)
    });
    let views: Vec<(&str, View<'_>)> = views.collect();
    write_safetensors(&path, &views, &BTreeMap::new()).expect("written");
}

#[test]
fn sizes_that_nothing_grows_to_are_refused() {
    for times in ["[2, 0, 2]", "[2, 2, 64]"] {
        let folder = folder(&growing(RECIPE).replace("[2, 2, 2]", times));
        let error = run(folder.path(), Some(films), &Arc::default(), &mut |_| {});
        let error = error.expect_err("it is to be refused").to_string();
        assert!(error.contains(&format!("`grow = {times}`")), "{error}");
    }
    for (recipe, flaw) in [
        (
            refining().replace("merge_size = [2, 4, 4]", "merge_size = [2, 2, 2]"),
            "`merge_size = [2, 2, 2]`",
        ),
        (
            refining().replace("residual = true\n", ""),
            "`residual = false`",
        ),
        (
            refining().replace("grow = [1, 2, 2]\n", ""),
            "`[stage.fine]`",
        ),
    ] {
        let error = run(
            folder(&recipe).path(),
            Some(films),
            &Arc::default(),
            &mut |_| {},
        );
        let error = error.expect_err("it is to be refused").to_string();
        assert!(error.contains(flaw), "{error}");
    }
}

#[test]
fn a_network_that_makes_films_is_released_with_its_cards() {
    let house = folder(&growing(RECIPE).replace("steps = 10", "steps = 2"));
    run(house.path(), Some(films), &Arc::default(), &mut |_| {}).unwrap();
    let options = ReleaseOptions {
        pool: Arc::new(Pool::new(std::num::NonZeroUsize::MIN)),
        out: None,
        dtype: Dtype::Bf16,
        gguf: vec![Mix::Q8_0],
        has_checkpoints: false,
        results: None,
        key: None,
        now: "2026-11-22T04:00:00Z".to_owned(),
        version: "0.1.0".to_owned(),
        stop: Arc::default(),
    };
    let released = release(&house.path().join("recipe.toml"), &options, &mut |_| {}).unwrap();
    assert!(
        released.notes.iter().any(|note| note.contains("no GGUF")),
        "{:?}",
        released.notes
    );
    let pool = Pool::of_all_cores();
    let network = Film::open(&released.path, LoadOptions::default(), &pool).unwrap();
    assert_eq!(network.shape().film, [8, 16, 16]);
    let read = |name: &str| std::fs::read_to_string(released.path.join(name)).unwrap();
    assert_eq!(read(WORDS), "\nblack\nwhite\n");
    for (name, said) in [
        ("README.md", "pipeline_tag: text-to-video"),
        ("README.md", "8 pictures of 16x16 at 8 a second"),
        ("README.md", "films, 2 × 2 × 2 times as large as before"),
        ("README.md", "freehold video create"),
        ("DATA.md", "Films are drawn while the network learns"),
        ("TRAINING-DATA-SUMMARY.md", "text and video"),
        ("MODEL-DOCUMENTATION.md", "a caption of 8 words at most"),
        ("bom.cdx.json", "text-to-video"),
    ] {
        assert!(read(name).contains(said), "{name} says {said}");
    }
    assert_eq!(read("training/data.sha256"), "");
    // Nothing else was read than the seed: the script goes straight on to training.
    let script = std::process::Command::new("sh")
        .arg(released.path.join("reproduce.sh"))
        .arg(house.path())
        .env("FREEHOLD", "false")
        .output()
        .unwrap();
    assert!(
        !script.status.success() && script.stderr.is_empty(),
        "{script:?}"
    );
}
