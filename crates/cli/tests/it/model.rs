//! `freehold model`: what is added, listed, shown, scored and removed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::{Run, freehold};

/// A checkpoint of the reference.
fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let path = folder.join(name).canonicalize().expect("a fixture");
    path.display().to_string()
}

/// Somebody's machine without models.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn models(&self) -> PathBuf {
        self.0.path().join("models")
    }

    fn run(&self, args: &[&str]) -> Run {
        let Output {
            status,
            stdout,
            stderr,
        } = freehold()
            .args(args)
            .env("FREEHOLD_DATA", self.0.path())
            .stdin(Stdio::null())
            .output()
            .expect("the binary starts");
        Run {
            exit: status.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    fn json(&self, args: &[&str]) -> Value {
        let run = self.run(&[args, &["--json"]].concat());
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
    }

    /// Runs what must be refused, and returns the code and what was said.
    fn refused(&self, args: &[&str]) -> (String, String) {
        let run = self.run(&[args, &["--json"]].concat());
        assert_eq!(run.exit, Some(1), "{run:?}");
        let value: Value = serde_json::from_str(&run.stdout).unwrap();
        let code = value["error"]["code"].as_str().unwrap().to_owned();
        (code, run.stderr)
    }

    /// The folders and files in the library, hidden ones included.
    fn names(&self) -> Vec<String> {
        let listed = fs::read_dir(self.models()).into_iter().flatten().flatten();
        let mut names: Vec<String> = listed
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn a_model_is_added_listed_shown_verified_and_removed() {
    let home = Home::new();
    let added = home.json(&["model", "add", &fixture("models/qwen3"), "--yes"]);
    assert_eq!(added["name"], "qwen3");
    let files = added["files"].as_array().unwrap();
    assert_eq!(files.len(), 2, "the weights and their settings: {files:?}");
    let list = home.json(&["model", "list"]);
    assert_eq!(list["models"][0]["name"], "qwen3");
    assert_eq!(list["models"][0]["format"], "F32");
    let show = home.json(&["model", "show", "qwen3", "--verify"]);
    assert_eq!(show["verified_files"], 2);
    assert_eq!(show["layers"], 2);
    assert!(show["memory"]["needs"][0]["cache_bytes"].as_u64().unwrap() > 0);
    let weights = home.models().join("qwen3/config.json");
    fs::write(&weights, fs::read_to_string(&weights).unwrap() + " ").unwrap();
    let (code, said) = home.refused(&["model", "show", "qwen3", "--verify"]);
    assert_eq!(code, "changed_model");
    assert!(said.contains("config.json"), "{said}");
    assert_eq!(
        home.json(&["model", "remove", "qwen3", "--yes"])["removed"],
        "qwen3"
    );
    assert_eq!(home.names(), Vec::<String>::new());
}

#[test]
fn a_linked_model_stays_where_it_is() {
    let home = Home::new();
    let path = fixture("gguf/llama.gguf");
    let added = home.json(&["model", "add", &path, "--link", "--yes", "--name", "small"]);
    assert_eq!(added["copied_bytes"], 0);
    assert_eq!(home.json(&["model", "show", "small"])["path"], path);
    home.json(&["model", "remove", "small", "--yes"]);
    assert!(Path::new(&path).exists());
}

#[test]
fn the_beginning_of_a_name_is_enough_where_one_model_has_it() {
    let home = Home::new();
    for name in ["Qwen3-small", "Qwen3-large"] {
        let args = [
            "model",
            "add",
            &fixture("models/qwen3"),
            "--yes",
            "--name",
            name,
        ];
        home.json(&args);
    }
    assert_eq!(
        home.json(&["model", "show", "qwen3-s"])["name"],
        "Qwen3-small"
    );
    let (code, said) = home.refused(&["model", "show", "qwen"]);
    assert_eq!(code, "ambiguous_model");
    assert!(said.contains("`Qwen3-large`, `Qwen3-small`"), "{said}");
    // What is removed must be named in full.
    assert_eq!(
        home.refused(&["model", "remove", "qwen3-s", "--yes"]).0,
        "no_such_model"
    );
}

#[test]
fn the_licence_is_shown_and_must_be_agreed_to() {
    let home = Home::new();
    let model = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        let from = Path::new(&fixture("models/llama")).join(file);
        fs::copy(from, model.path().join(file)).unwrap();
    }
    let card = "---\nlicense: apache-2.0\nlicense_link: https://example.org/l\n---\n";
    fs::write(model.path().join("README.md"), card).unwrap();
    let path = model.path().to_str().unwrap();
    let (code, said) = home.refused(&["model", "add", path, "--name", "a"]);
    assert_eq!(code, "not_agreed");
    assert!(
        said.contains("licence: apache-2.0, says README.md"),
        "{said}"
    );
    assert!(said.contains("https://example.org/l"), "{said}");
    assert_eq!(home.names(), Vec::<String>::new());
    let added = home.json(&["model", "add", path, "--name", "a", "--yes"]);
    assert_eq!(added["licence"]["id"], "apache-2.0");
}

#[test]
fn what_cannot_be_added_leaves_nothing_behind() {
    let home = Home::new();
    let qwen3 = fixture("models/qwen3");
    home.json(&["model", "add", &qwen3, "--yes"]);
    let shards = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture("models/llama-mha-bias-sharded")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if name != "model-00002-of-00003.safetensors" {
            fs::copy(entry.path(), shards.path().join(name)).unwrap();
        }
    }
    let shards = shards.path().to_str().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    for (source, options, expected) in [
        (&*qwen3, &[][..], "name_taken"),
        (&qwen3, &["--name", "../x"], "bad_name"),
        ("/nowhere/at/all", &[], "no_such_model"),
        (shards, &[], "incomplete_model"),
        (empty, &[], "not_a_model"),
    ] {
        let args = [&["model", "add", source, "--yes"], options].concat();
        let (code, said) = home.refused(&args);
        assert_eq!(code, expected, "{args:?}: {said}");
        assert!(said.contains("hint: "), "{said}");
    }
    assert_eq!(home.names(), ["qwen3"]);
}

#[test]
fn scores_are_those_of_the_reference() {
    let home = Home::new();
    let folder = fixture("models/qwen3");
    let golden =
        tensor::files::Safetensors::open(Path::new(&folder).join("golden.safetensors")).unwrap();
    let tokens = golden.view("tokens").unwrap().to_f32();
    let logits = golden.view("logits").unwrap();
    let vocab = logits.shape[logits.shape.len() - 1];
    let logits = logits.to_f32();
    let listed: Vec<String> = tokens.iter().map(|token| token.to_string()).collect();
    let args = ["model", "score", &folder, "--tokens", &listed.join(",")];
    let scored = home.json(&args);
    let rows = logits.chunks_exact(vocab).zip(&tokens[1..]);
    for (at, (row, token)) in (1..).zip(rows) {
        let sum: f64 = row.iter().map(|logit| f64::from(*logit).exp()).sum();
        let exact = f64::from(row[*token as usize]) - sum.ln();
        let ours = scored["tokens"][at]["logprob"].as_f64().unwrap();
        assert!(
            (ours - exact).abs() < 1e-3,
            "token {at}: {ours}, not {exact}"
        );
        let served = scored["tokens"][at]["logprob_served"].as_f64().unwrap();
        assert!(
            (served - exact).abs() < 0.2,
            "token {at}: {served}, not {exact}"
        );
    }
    // In pieces, the borders alone lose what stood before them.
    let pieces = home.json(&[&args[..], &["--context", "16", "--only", "f32"]].concat());
    assert_eq!(pieces["scored"], scored["scored"]);
    assert_eq!(
        pieces["tokens"][15]["logprob"]
            .as_f64()
            .map(|x| (x * 1e4).round()),
        scored["tokens"][15]["logprob"]
            .as_f64()
            .map(|x| (x * 1e4).round())
    );
    assert_eq!(pieces["perplexity_served"], Value::Null);
}

#[test]
fn what_cannot_be_scored_is_refused_with_a_reason() {
    let home = Home::new();
    let folder = fixture("models/qwen3");
    let broken = home.0.path().join("broken.txt");
    fs::write(&broken, b"caf\xe9 au lait").unwrap();
    let broken = broken.to_str().unwrap();
    for (args, expected) in [
        (["--tokens", "1,5,160"], "no_such_token"),
        (["--tokens", "1"], "nothing_to_score"),
        (["--text-file", broken], "not_utf8"),
        (["--text-file", "/nowhere"], "no_such_file"),
        (["--weights", "Q3_X"], "usage"),
    ] {
        let (code, said) = home.refused(&[&["model", "score", &folder], &args[..]].concat());
        assert_eq!(code, expected, "{args:?}: {said}");
        assert!(said.contains("error: "), "{said}");
    }
}

#[test]
fn an_unknown_architecture_and_a_stranger_are_told_apart() {
    let home = Home::new();
    let model = tempfile::tempdir().unwrap();
    let weights = Path::new(&fixture("models/llama")).join("model.safetensors");
    fs::copy(weights, model.path().join("model.safetensors")).unwrap();
    let config = r#"{"model_type": "abacus", "vocab_size": 160}"#;
    fs::write(model.path().join("config.json"), config).unwrap();
    let path = model.path().to_str().unwrap();
    assert_eq!(home.json(&["model", "show", path])["is_known"], false);
    let (code, said) = home.refused(&["model", "score", path, "--tokens", "1,2"]);
    assert_eq!(code, "unknown_architecture");
    assert!(said.contains("--architectures"), "{said}");
    let listed = home.json(&["model", "list", "--architectures"]);
    assert!(listed["architectures"].as_array().unwrap().len() > 10);
    let (code, _) = home.refused(&["model", "show", "nobody"]);
    assert_eq!(code, "no_such_model");
}

#[test]
fn a_model_is_written_as_gguf_and_scores_as_before() {
    let home = Home::new();
    let folder = fixture("models/qwen3");
    let out = home.0.path().join("small.gguf");
    let out = out.to_str().unwrap();
    let written = home.json(&["model", "quantise", &folder, "bf16", "-o", out]);
    assert_eq!(
        (&written["format"], &written["path"]),
        (&"BF16".into(), &out.into())
    );
    let score = |model: &str, how: &str| {
        let scored = home.json(&[
            "model",
            "score",
            model,
            "--tokens",
            "3,1,4,1,5,9,2,6",
            "--only",
            how,
        ]);
        let tokens = scored["tokens"].as_array().unwrap().clone();
        let key = if how == "f32" {
            "logprob"
        } else {
            "logprob_served"
        };
        let logprobs = tokens.iter().filter_map(|token| token[key].as_f64());
        logprobs.collect::<Vec<f64>>()
    };
    // Of weights that are rounded alike, the same is computed.
    for (one, other) in score(&folder, "f32").iter().zip(score(out, "f32")) {
        assert!((one - other).abs() < 0.05, "{one} {other}");
    }
    let again = home.0.path().join("again.gguf");
    let again = again.to_str().unwrap();
    home.json(&["model", "quantize", out, "BF16", "-o", again]);
    assert_eq!(score(out, "served"), score(again, "served"));
    assert_eq!(
        home.json(&["model", "show", again])["architecture"],
        "qwen3"
    );
}

#[test]
fn what_cannot_be_written_as_gguf_is_refused_and_leaves_nothing_behind() {
    let home = Home::new();
    let (qwen3, gpt_oss) = (fixture("models/qwen3"), fixture("models/gpt-oss"));
    let out = home.0.path().join("small.gguf");
    fs::write(&out, "something of the owner's").unwrap();
    let out = out.to_str().unwrap();
    for (model, format, to, expected) in [
        (&qwen3, "Q8_0", out, "file_exists"),
        (&qwen3, "Q8_0", "/nowhere/a.gguf", "no_such_file"),
        (&qwen3, "Q3_X", "x.gguf", "usage"),
        (&gpt_oss, "Q8_0", "x.gguf", "no_gguf_form"),
    ] {
        let (code, said) = home.refused(&["model", "quantise", model, format, "-o", to]);
        assert_eq!(code, expected, "{model} {format}: {said}");
        assert!(said.contains("hint: "), "{said}");
    }
    assert_eq!(fs::read_dir(home.0.path()).unwrap().count(), 1);
    let kept = fs::read_to_string(out).unwrap();
    assert_eq!(kept, "something of the owner's");
}

/// A copy of the model qwen3, changed by `change`.
fn spoilt(change: impl Fn(&Path)) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        let from = Path::new(&fixture("models/qwen3")).join(file);
        fs::copy(from, home.path().join(file)).unwrap();
    }
    change(home.path());
    home
}

#[test]
fn spoilt_models_are_refused_with_what_is_wrong_and_what_mends_it() {
    let home = Home::new();
    let weights = "model.safetensors";
    let edit = |folder: &Path, file: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let path = folder.join(file);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    };
    let half = spoilt(|folder| edit(folder, weights, &|bytes| bytes.truncate(bytes.len() / 2)));
    let flipped = spoilt(|folder| edit(folder, weights, &|bytes| bytes[3] ^= 0x40));
    let header = spoilt(|folder| edit(folder, weights, &|bytes| bytes[20] ^= 0x40));
    let empty = spoilt(|folder| edit(folder, weights, &Vec::clear));
    let unsettled = spoilt(|folder| fs::remove_file(folder.join("config.json")).unwrap());
    let unreadable = spoilt(|folder| fs::write(folder.join("config.json"), "{").unwrap());
    let narrower = spoilt(|folder| {
        edit(folder, "config.json", &|bytes| {
            let mut config: Value = serde_json::from_slice(bytes).unwrap();
            config["intermediate_size"] = 8.into();
            *bytes = config.to_string().into_bytes();
        });
    });
    let gguf = tempfile::tempdir().unwrap();
    let whole = fs::read(fixture("gguf/llama.gguf")).unwrap();
    fs::write(gguf.path().join("cut.gguf"), &whole[..whole.len() / 2]).unwrap();
    fs::write(gguf.path().join("text.gguf"), "This is no model.").unwrap();
    let place =
        |folder: &tempfile::TempDir, file: &str| folder.path().join(file).display().to_string();
    for (path, expected) in [
        (place(&half, ""), "incomplete_model"),
        (place(&flipped, ""), "not_a_model"),
        (place(&header, ""), "damaged_model"),
        (place(&empty, ""), "incomplete_model"),
        (place(&unsettled, ""), "incomplete_model"),
        (place(&unreadable, ""), "unusable_settings"),
        (place(&narrower, ""), "unusable_settings"),
        (place(&gguf, "cut.gguf"), "incomplete_model"),
        (place(&gguf, "text.gguf"), "not_a_model"),
    ] {
        let args = ["model", "score", &path, "--tokens", "1,2,3"];
        let (code, said) = home.refused(&args);
        assert_eq!(code, expected, "{path}: {said}");
        assert!(said.contains("hint: "), "{path}: {said}");
        assert!(!said.contains("panic"), "{path}: {said}");
    }
}
