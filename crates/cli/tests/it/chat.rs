//! `freehold chat` in pipes: what comes out, what is refused.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::{Run, freehold};

#[path = "../../../dialogue/tests/it/tiny.rs"]
mod tiny;

/// A machine with one tiny model of random weights, which speaks ASCII nonsense.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let model = home.path().join("tiny");
        fs::create_dir(&model).unwrap();
        tiny::write_into(&model);
        Self(home)
    }

    pub fn model(&self) -> String {
        self.0.path().join("tiny").display().to_string()
    }

    /// The folder of all data.
    pub fn data(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    /// Runs `freehold chat` on the model, with `input` through the pipe.
    fn chat(&self, args: &[&str], input: &[u8]) -> Run {
        let model = self.model();
        let args = [&["chat", "--model", &model, "--max-tokens", "12"], args].concat();
        self.run(&args, input)
    }

    fn run(&self, args: &[&str], input: &[u8]) -> Run {
        let mut child = freehold()
            .args(args)
            .env("FREEHOLD_DATA", self.0.path().join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        // Who refuses early does not read.
        let _ = child.stdin.take().unwrap().write_all(input);
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        Run {
            exit: status.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    fn json(&self, args: &[&str], input: &[u8]) -> Value {
        let run = self.chat(&[args, &["--json"]].concat(), input);
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
    }
}

#[test]
fn an_answer_in_a_pipe_is_plain_text_and_the_same_for_a_seed() {
    let home = Home::new();
    let first = home.chat(&["Hello", "--seed", "7"], b"");
    assert_eq!(first.exit, Some(0), "{first:?}");
    assert!(first.stdout.ends_with('\n'), "{first:?}");
    assert!(!first.stdout.contains('\x1b'), "{first:?}");
    let again = home.chat(&["Hello", "--seed", "7"], b"");
    assert_eq!(again.stdout, first.stdout);
    let other = home.chat(&["Hello", "--seed", "8", "--temperature", "1.5"], b"");
    assert_ne!(other.stdout, first.stdout);
}

#[test]
fn what_comes_through_the_pipe_is_read_after_the_prompt() {
    let home = Home::new();
    let alone = home.json(&["Summarise"], b"");
    let both = home.json(&["Summarise"], b"A letter.\n");
    let tokens = |answer: &Value| answer["usage"]["prompt_tokens"].as_u64().unwrap();
    assert_eq!(tokens(&both) - tokens(&alone), "\n\nA letter.".len() as u64);
    assert_eq!(both["finish_reason"], "length");
    assert_eq!(both["usage"]["completion_tokens"], 12);
}

#[test]
fn an_answer_meets_its_schema() {
    let home = Home::new();
    let schema = home.0.path().join("schema.json");
    fs::write(&schema, r#"{"enum": ["yes", "no"]}"#).unwrap();
    let schema = schema.to_str().unwrap();
    let run = home.chat(&["Well?", "--json-schema", schema], b"");
    assert_eq!(run.exit, Some(0), "{run:?}");
    let said: Value = serde_json::from_str(run.stdout.trim()).unwrap();
    assert!(said == "yes" || said == "no", "{run:?}");
}

#[test]
fn what_cannot_be_answered_is_refused_with_a_hint() {
    let home = Home::new();
    let long = "word ".repeat(400);
    let broken = home.0.path().join("broken.json");
    fs::write(&broken, "{").unwrap();
    let broken = broken.to_str().unwrap();
    let unmet = home.0.path().join("unmet.json");
    fs::write(
        &unmet,
        r#"{"type": "string", "minLength": 5, "maxLength": 2}"#,
    )
    .unwrap();
    let unmet = unmet.to_str().unwrap();
    let cases: [(&[&str], &[u8], &str); 8] = [
        (&["x", "--json-schema", unmet], b"", "unusable_constraint"),
        (&["x", "--image", "cat.png"], b"", "no_pictures"),
        (&[], b"", "nothing_said"),
        (&[], b"caf\xe9", "not_utf8"),
        (&[&long], b"", "prompt_too_long"),
        (&["x", "--context", "4096"], b"", "context_too_long"),
        (&["x", "--json-schema", broken], b"", "unusable_constraint"),
        (&["x", "--temperature=-1"], b"", "usage"),
    ];
    for (args, input, code) in cases {
        let run = home.chat(&[args, &["--json"]].concat(), input);
        let said: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(said["error"]["code"], code, "{run:?}");
        assert_eq!(run.exit, Some(1), "{run:?}");
        assert!(run.stderr.contains("hint: "), "{run:?}");
    }
}

#[test]
fn without_a_model_the_built_in_one_answers_and_says_how_to_add_another() {
    let home = Home::new();
    let run = home.run(&["chat", "Hello"], b"");
    assert_eq!(run.exit, Some(0));
    assert!(!run.stdout.trim().is_empty(), "{run:?}");
    assert!(
        run.stderr.contains("built-in tool model") && run.stderr.contains("freehold model add"),
        "{run:?}"
    );
}

#[test]
fn a_tokenizer_of_another_model_is_refused_before_loading() {
    let home = Home::new();
    let mut wrong = tiny::tokenizer();
    wrong["added_tokens"][2]["id"] = json!(200);
    let path = Path::new(&home.model()).join("tokenizer.json");
    fs::write(path, wrong.to_string()).unwrap();
    let run = home.chat(&["Hello", "--json"], b"");
    let said: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(said["error"]["code"], "unusable_tokenizer", "{run:?}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let home = Home::new();
    let model = home.model();
    let mut child = freehold()
        .args(["chat", "--model", &model, "--max-tokens", "200", "Hello"])
        .env("FREEHOLD_DATA", home.0.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_model_without_room_in_memory_is_refused_before_it_is_read() {
    let home = Home::new();
    let path = Path::new(&home.model()).join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["max_position_embeddings"] = json!(2_000_000_000);
    fs::write(&path, config.to_string()).unwrap();
    // Nothing that is broken in the weights is noticed, as they are not looked at.
    let run = home.chat(&["Hello", "--context", "2000000000", "--json"], b"");
    let said: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(said["error"]["code"], "not_enough_memory", "{run:?}");
    assert_eq!(run.exit, Some(1));
    assert!(run.stderr.contains("hint: "), "{run:?}");
}
