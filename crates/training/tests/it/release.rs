//! What a run leaves is released whole, and what was released is what it says.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use models::{LoadOptions, Model};
use serde_json::Value;
use tensor::Pool;
use tensor::files::{Checkpoint, Dtype, Mix};
use training::{Error, ReleaseOptions, Released, make_key, release, verify};

use crate::recipe::{House, RECIPE};

const ABOUT: &str = r#"
[release]
title = "Tiny"
licence = "Apache-2.0"
provider = "Nobody"
languages = ["en"]
about = "It adds | badly."
kinds = { words = "synthetic", talk = "public" }
evaluate = "python3 evaluate.py"
"#;

fn options() -> ReleaseOptions {
    ReleaseOptions {
        pool: Arc::new(Pool::new(std::num::NonZeroUsize::MIN)),
        out: None,
        dtype: Dtype::F32,
        gguf: Vec::new(),
        has_checkpoints: false,
        results: None,
        key: None,
        now: "2026-11-22T04:00:00Z".to_owned(),
        version: "0.1.0".to_owned(),
        stop: Arc::default(),
    }
}

fn trained(recipe: &str) -> House {
    let house = House::new();
    house.write("recipe.toml", recipe);
    house.run(&Arc::default(), &mut |_| {}).expect("it trains");
    house
}

fn released(house: &House, options: &ReleaseOptions) -> Result<Released, Error> {
    release(&house.path("recipe.toml"), options, &mut |_| {})
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("a file of the release")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(at) = left.pop() {
        for entry in fs::read_dir(at).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => left.push(path),
                false => {
                    let name = path.strip_prefix(folder).expect("it lies below");
                    names.push(name.display().to_string());
                }
            }
        }
    }
    names.sort();
    names
}

#[test]
fn a_release_holds_everything_and_every_byte_of_it_is_signed() {
    let house = trained(&format!("{RECIPE}{ABOUT}"));
    let key = house.path("owner.pem");
    let (_, public) = make_key(&key).unwrap();
    house.write("results.json", "{\"exact\": 0.25, \"by\": {\"hand\": 7}}");
    let made = ReleaseOptions {
        gguf: vec![Mix::Q8_0],
        has_checkpoints: true,
        results: Some(house.path("results.json")),
        key: Some(key),
        ..options()
    };
    let made = released(&house, &made).unwrap();
    assert_eq!(
        (made.path.clone(), &made.notes.len()),
        (house.path("runs/tiny/release"), &1)
    );
    let wanted = "DATA.md MODEL-DOCUMENTATION.md README.md SHA256SUMS TRAINING-DATA-SUMMARY.md bom.cdx.json \
        chat_template.jinja checkpoints/begin/chat_template.jinja checkpoints/begin/config.json \
        checkpoints/begin/generation_config.json checkpoints/begin/model.safetensors \
        checkpoints/begin/tokenizer.json checkpoints/begin/tokenizer_config.json \
        checkpoints/read/chat_template.jinja checkpoints/read/config.json \
        checkpoints/read/generation_config.json checkpoints/read/model.safetensors \
        checkpoints/read/tokenizer.json checkpoints/read/tokenizer_config.json config.json \
        generation_config.json gguf/tiny-Q8_0.gguf model.safetensors model.sig recipe/recipe.toml reproduce.sh \
        results.json signing-key.pub tokenizer.json tokenizer_config.json training/answer.jsonl \
        training/data.json training/data.sha256 training/read.jsonl";
    assert_eq!(names(&made.path).join(" "), wanted);
    let verified = verify(&made.path, Some(&public)).unwrap();
    assert_eq!(verified.files + 1, made.files);
    assert_eq!(made.key, Some(verified.fingerprint));
    // Whoever signs it anew brings another key, and the sums stay true.
    assert!(!read(&made.path, "SHA256SUMS").contains("signing-key.pub"));
    assert!(!made.path.with_added_extension("part").exists());
    let card = read(&made.path, "README.md");
    for wanted in [
        "---\nlicense: apache-2.0\nlanguage: [\"en\"]\n",
        "datasets: [\"words\", \"talk\"]",
        "| by.hand | 7 |",
        "python3 evaluate.py",
        "| gguf/tiny-Q8_0.gguf",
    ] {
        let plain = card.replace('`', "");
        assert!(plain.contains(wanted), "{wanted} in\n{card}");
    }
    // Whoever verifies sees a bit that is flipped anywhere.
    for name in names(&made.path) {
        let path = made.path.join(name);
        let bytes = fs::read(&path).unwrap();
        let mut flipped = bytes.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        fs::write(&path, flipped).unwrap();
        assert!(
            verify(&made.path, Some(&public)).is_err(),
            "{}",
            path.display()
        );
        fs::write(&path, bytes).unwrap();
    }
    verify(&made.path, Some(&public)).unwrap();
}

#[test]
fn the_weights_are_those_that_were_trained_or_rounded_once() {
    let house = trained(RECIPE);
    let whole = released(&house, &options()).unwrap().path;
    let trained = house.path("runs/tiny/answer/model/model.safetensors");
    assert!(fs::read(&trained).unwrap() == fs::read(whole.join("model.safetensors")).unwrap());
    let round = ReleaseOptions {
        out: Some(house.path("elsewhere")),
        dtype: Dtype::Bf16,
        ..options()
    };
    let round = released(&house, &round).unwrap().path;
    let config: Value = serde_json::from_str(&read(&round, "config.json")).unwrap();
    assert_eq!(config["torch_dtype"], "bfloat16");
    let (whole, round) = (
        Checkpoint::open(&whole).unwrap(),
        Checkpoint::open(&round).unwrap(),
    );
    assert_eq!(whole.names().count(), round.names().count());
    for name in whole.names() {
        let pairs = (
            whole.view(name).unwrap().to_f32(),
            round.view(name).unwrap().to_f32(),
        );
        for (a, b) in pairs.0.iter().zip(&pairs.1) {
            assert!((a - b).abs() <= a.abs() / 256.0, "{name}: {a} is not {b}");
        }
    }
    Model::load(
        round.folder(),
        LoadOptions::default(),
        &Pool::of_all_cores(),
    )
    .unwrap();
}

#[test]
fn nothing_is_released_that_is_not_done_or_not_what_the_recipe_says() {
    let house = trained(RECIPE);
    let says = |house: &House, wanted: &str| {
        let error = released(house, &options())
            .expect_err("it is refused")
            .to_string();
        assert!(
            error.contains(wanted) && error.contains("hint: "),
            "{error}"
        );
    };
    house.write(
        "recipe.toml",
        &RECIPE.replacen("steps = 12", "steps = 13", 1),
    );
    says(&house, "something else of stage `read`");
    house.write(
        "recipe.toml",
        &RECIPE.replacen(
            "CC0-1.0\"\n\n[[data]]",
            "CC0-1.0\"\norigin = \"x\"\n\n[[data]]",
            1,
        ),
    );
    says(&house, "something else of `words`");
    house.write(
        "recipe.toml",
        &format!("{RECIPE}[release]\nkinds = {{ x = \"user\" }}\n"),
    );
    says(&house, "which is no data");
    house.write("recipe.toml", RECIPE);
    let unsignable = ReleaseOptions {
        key: Some(house.path("recipe.toml")),
        ..options()
    };
    released(&house, &unsignable).unwrap_err();
    let first = released(&house, &options()).unwrap();
    assert_eq!(first.notes.len(), 3, "{:?}", first.notes);
    assert!(matches!(
        released(&house, &options()),
        Err(Error::Exists { .. })
    ));
    fs::remove_dir_all(&first.path).unwrap();
    // The folder of the run names its recipe.
    let again = release(&house.path("runs/tiny"), &options(), &mut |_| {}).unwrap();
    assert_eq!(again.files, first.files);
    fs::remove_dir_all(&first.path).unwrap();
    fs::remove_dir_all(house.path("runs/tiny/answer/model")).unwrap();
    says(&house, "stage `answer` is not done");
    assert!(!first.path.with_added_extension("part").exists());
    let error = release(&house.path("nowhere"), &options(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, Error::Release { .. }));
}

/// The script is run with a program in place of ours that copies what was trained, or something else.
#[test]
fn the_script_says_whether_the_same_weights_came_of_it() {
    let house = trained(RECIPE);
    let made = released(&house, &options()).unwrap().path;
    let model = house.path("runs/tiny/answer/model/model.safetensors");
    let program = |text: &str| {
        let path: PathBuf = house.path("program");
        let script = format!(
            "#!/bin/sh\nset -e\ngrep -q '^out = \"reproduced\"' \"$2\"\ncd \"$(dirname \"$2\")\"\n\
             mkdir -p reproduced/answer/model\n{text} >reproduced/answer/model/model.safetensors\n"
        );
        fs::write(&path, script).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it may run");
        path
    };
    let run = |program: &Path| {
        let mut command = Command::new("sh");
        command
            .arg(made.join("reproduce.sh"))
            .arg(house.folder.path());
        let output = command
            .env("FREEHOLD", program)
            .output()
            .expect("it starts");
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    };
    let (code, said) = run(&program(&format!("cat '{}'", model.display())));
    assert!(code == Some(0) && said.contains("to the bit"), "{said}");
    let (code, said) = run(&program("echo other"));
    assert!(code == Some(1) && said.contains("other weights"), "{said}");
    house.write("words.jsonl", "{\"text\": \"other\"}\n");
    let (code, said) = run(&program("false"));
    assert!(code == Some(1) && said.contains("hint: DATA.md"), "{said}");
}
