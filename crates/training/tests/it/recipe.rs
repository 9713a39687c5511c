//! A recipe is followed from text to a model, whatever comes between.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tensor::Pool;
use training::{Encoder, Error, Event, Line, Run, RunOptions, read_journal};

/// A recipe of two stages, in a folder of its own with its data.
pub struct House {
    pub folder: tempfile::TempDir,
}

pub const RECIPE: &str = r#"
name = "tiny"
seed = 3

[tokenizer]
vocab_size = 300
digits = 1

[clean]
licences = ["CC0-1.0"]
duplicates = "exact"

[[data]]
name = "words"
path = "words.jsonl"
format = "jsonl"
licence = "CC0-1.0"

[[data]]
name = "talk"
path = "talk"
format = "chat"
licence = "CC0-1.0"
repeat = 2

[[data]]
name = "kept-aside"
path = "aside.jsonl"
format = "chat"
licence = "CC0-1.0"
held_out = true

[model]
hidden_size = 32
num_hidden_layers = 2
num_attention_heads = 2
num_key_value_heads = 1
intermediate_size = 64
max_position_embeddings = 128

[[stage]]
name = "read"
purpose = "pretrain"
data = ["words"]
steps = 12
batch_tokens = 200
context = 48
learning_rate = 3e-3
average = 0.9

[[stage]]
name = "answer"
purpose = "finetune"
data = ["talk"]
validate = ["kept-aside"]
epochs = 6
batch_tokens = 200
context = 96
learning_rate = 5e-3
optimiser = "muon"
validate_every = 10
samples = ["add 3 and 4"]
"#;

impl House {
    pub fn new() -> Self {
        let house = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        let words: Vec<String> = (0..80)
            .map(|n| {
                let text = format!(
                    "The {} number is {n}, and after it comes {}.",
                    ["first", "next"][n % 2],
                    n + 1
                );
                serde_json::json!({ "text": text }).to_string() + "\n"
            })
            .collect();
        house.write(
            "words.jsonl",
            &(words.concat() + &words[0] + "{\"text\": \"  \"}\n"),
        );
        let talk = |from: usize, to: usize| -> String {
            let lines = (from..to).map(|n| {
                let (a, b) = (n % 10, n / 10 % 10);
                let calls = serde_json::json!([{"tool": "add", "arguments": {"a": a, "b": b}}]);
                serde_json::json!({"turns": [{"user": format!("add {a} and {b}"), "calls": calls}]})
                    .to_string()
                    + "\n"
            });
            lines.collect()
        };
        std::fs::create_dir(house.path("talk")).expect("a folder");
        house.write("talk/a.jsonl", &talk(0, 60));
        house.write("talk/b.jsonl", &talk(50, 90));
        house.write("aside.jsonl", &talk(90, 100));
        house.write("recipe.toml", RECIPE);
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file");
    }

    pub fn run(
        &self,
        stop: &Arc<AtomicBool>,
        tell: &mut dyn FnMut(Event<'_>),
    ) -> Result<PathBuf, Error> {
        let options = RunOptions {
            pool: Arc::new(Pool::new(std::num::NonZeroUsize::MIN)),
            stage: None,
            memory_bytes: None,
            stop: Arc::clone(stop),
            films: None,
        };
        Run::open(&self.path("recipe.toml"), options)?.go(tell)
    }

    /// Follows the recipe until so many steps were taken.
    pub fn run_until(&self, steps: usize) -> Result<PathBuf, Error> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut seen = 0;
        self.run(&stop, &mut |event| {
            seen += usize::from(matches!(event, Event::Line(Line::Step(_))));
            stop.store(seen >= steps, Ordering::Relaxed);
        })
    }

    pub fn refused(&self) -> String {
        self.run(&Arc::default(), &mut |_| {})
            .expect_err("it is to be refused")
            .to_string()
    }
}

pub fn weights(model: &Path) -> Vec<u8> {
    std::fs::read(model.join("model.safetensors")).expect("weights")
}

#[test]
fn a_recipe_is_followed_from_text_to_a_model_that_learnt() {
    let house = House::new();
    let mut notes = Vec::new();
    let model = house.run(&Arc::default(), &mut |event| match event {
        Event::Read(account) => notes.push(format!(
            "{} {} of {}",
            account.name, account.kept, account.read
        )),
        Event::Line(Line::Sample { answer, .. }) => notes.push(answer.clone()),
        _ => {}
    });
    let model = model.unwrap();
    assert_eq!(model, house.path("runs/tiny/answer/model"));
    assert_eq!(
        notes[..3],
        ["words 80 of 82", "talk 90 of 100", "kept-aside 10 of 10"]
    );
    let ledger = std::fs::read_to_string(house.path("runs/tiny/data/data.json")).unwrap();
    assert!(
        ledger.contains("\"seen before\": 10") && ledger.contains("\"empty\": 1"),
        "{ledger}"
    );
    let lines = read_journal(&house.path("runs/tiny/answer/log.jsonl")).unwrap();
    let measured = lines.iter().filter_map(|line| match line {
        Line::Measured { loss, .. } => Some(*loss),
        _ => None,
    });
    let measured: Vec<f64> = measured.collect();
    assert!(
        measured.len() > 2 && measured[measured.len() - 1] < 0.5 * measured[0],
        "{measured:?}"
    );
    let encoder = Encoder::open(&model).unwrap();
    assert_eq!(encoder.tokenizer().vocab_size(), 300);
    assert_eq!(
        encoder
            .tokenizer()
            .decode(&encoder.question("add 3").unwrap(), false),
        "<|im_start|>user\nadd 3<|im_end|>\n<|im_start|>assistant\n"
    );
    let pool = Pool::of_all_cores();
    let loaded = models::Model::load(&model, models::LoadOptions::default(), &pool).unwrap();
    assert_eq!(loaded.config().hidden, 32);
    // Nothing is left to do, and nothing is done.
    let before = weights(&model);
    let mut steps = 0;
    house
        .run(&Arc::default(), &mut |event| {
            steps += usize::from(matches!(event, Event::Line(_)))
        })
        .unwrap();
    assert_eq!((steps, weights(&model) == before), (0, true));
}

#[test]
fn a_run_that_is_stopped_again_and_again_ends_with_the_same_model() {
    let (whole, broken) = (House::new(), House::new());
    let whole = whole
        .run(&Arc::default(), &mut |_| {})
        .map(|model| weights(&model))
        .unwrap();
    let mut stops = 0;
    let model = loop {
        let stop = Arc::new(AtomicBool::new(false));
        let mut seen = 0;
        let outcome = broken.run(&stop, &mut |event| {
            seen += usize::from(matches!(event, Event::Line(Line::Step(_))));
            if seen == 7 {
                stop.store(true, Ordering::Relaxed);
            }
        });
        match outcome {
            Ok(model) => break model,
            Err(Error::Stopped { .. }) => stops += 1,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(stops >= 3, "it was stopped {stops} times");
    assert!(weights(&model) == whole, "the same to the bit");
    for stage in ["read", "answer"] {
        let lines = read_journal(&broken.path(&format!("runs/tiny/{stage}/log.jsonl"))).unwrap();
        let steps = lines.iter().filter_map(|line| match line {
            Line::Step(line) => Some(line.step),
            _ => None,
        });
        let steps: Vec<u64> = steps.collect();
        assert_eq!(
            steps,
            (1..=steps.len() as u64).collect::<Vec<_>>(),
            "each step stands once"
        );
    }
}

#[test]
fn a_damaged_state_is_passed_over() {
    let house = House::new();
    let stop = Arc::new(AtomicBool::new(false));
    let mut seen = 0;
    let outcome = house.run(&stop, &mut |event| {
        seen += usize::from(matches!(event, Event::Line(Line::Step(_))));
        if seen == 5 {
            stop.store(true, Ordering::Relaxed);
        }
    });
    assert!(matches!(outcome, Err(Error::Stopped { step: 5 })));
    house.write("runs/tiny/read/state-00000009.safetensors", "half a state");
    let mut first = None;
    let went_on = house.run(&Arc::default(), &mut |event| {
        if let Event::Stage(_, step, _) = event {
            first.get_or_insert(step);
        }
    });
    went_on.unwrap();
    assert_eq!(first, Some(5));
}

/// Follows a recipe whose states are written after each step, with something in the way of the third and of those
/// after it, until one cannot be written, or until so many steps were taken: what was noted by then.
fn run_with_something_in_the_way(house: &House, count: u64, steps: u64) -> (Vec<String>, Error) {
    let recipe = RECIPE.replace("steps = 12", "steps = 12\nsave_minutes = 1e-9");
    house.write("recipe.toml", &recipe);
    let stop = Arc::default();
    let mut notes = Vec::new();
    let outcome = house.run(&stop, &mut |event| match event {
        Event::Line(Line::Step(line)) => {
            if line.step == 1 {
                for step in 3..3 + count {
                    let path = house.path(&format!("runs/tiny/read/state-{step:08}.safetensors"));
                    std::fs::create_dir_all(path.join("something")).expect("a folder");
                }
            }
            stop.store(line.step == steps, Ordering::Relaxed);
        }
        Event::Line(Line::Note { text, .. }) => {
            let path = house.path("runs/tiny/read/state-00000003.safetensors");
            std::fs::remove_dir_all(path).expect("it stood there");
            notes.push(text.clone());
        }
        _ => {}
    });
    (notes, outcome.expect_err("it is stopped"))
}

#[test]
fn a_state_that_cannot_be_written_is_written_anew_and_told_of() {
    let house = House::new();
    let (notes, error) = run_with_something_in_the_way(&house, 1, 9);
    assert!(matches!(error, Error::Stopped { step: 9 }), "{error}");
    assert!(
        notes.len() == 1 && notes[0].contains("could not be written"),
        "{notes:?}"
    );
    // What always stands in the way ends the stage.
    let (notes, error) = run_with_something_in_the_way(&House::new(), 9, 12);
    assert!(
        notes.is_empty() && error.to_string().contains("state-0000000"),
        "{error}"
    );
}

#[test]
fn who_stops_after_a_state_could_not_be_written_loses_nothing() {
    let house = House::new();
    let (notes, error) = run_with_something_in_the_way(&house, 1, 4);
    assert!(matches!(error, Error::Stopped { step: 4 }), "{error}");
    assert_eq!(notes.len(), 1);
    let mut first = None;
    let stop = Arc::new(AtomicBool::new(true));
    let outcome = house.run(&stop, &mut |event| {
        if let Event::Stage(_, step, _) = event {
            first.get_or_insert(step);
        }
    });
    assert!(outcome.is_err() && first == Some(4), "{first:?}");
}

/// What is written in place of what, and what is told of it.
const BAD: [(&str, &str, &str); 18] = [
    ("seed = 3", "seeds = 3", "unknown field `seeds`"),
    (
        "steps = 12",
        "steps = 12\nepochs = 2",
        "it ends never, or twice",
    ),
    (
        "licences = [\"CC0-1.0\"]",
        "licences = [\"MIT\"]",
        "has the licence `CC0-1.0`",
    ),
    (
        "path = \"words.jsonl\"",
        "path = \"wurds.jsonl\"",
        "wurds.jsonl",
    ),
    (
        "data = [\"talk\"]",
        "data = [\"walk\"]",
        "reads `walk`, which is no data",
    ),
    ("name = \"talk\"", "name = \"words\"", "stands twice"),
    (
        "name = \"tiny\"",
        "name = \"../tiny\"",
        "becomes the name of a folder",
    ),
    (
        "hidden_size = 32",
        "hidden_size = 40",
        "`hidden_size = 40` in `2` heads",
    ),
    (
        "vocab_size = 300",
        "vocab_size = 60000",
        "`vocab_size` asks for 60000",
    ),
    (
        "context = 96",
        "context = 960",
        "the network is made for `128`",
    ),
    (
        "learning_rate = 3e-3",
        "learning_rate = -1.0",
        "`learning_rate`",
    ),
    (
        "format = \"jsonl\"",
        "format = \"chat\"",
        "line 1: it has neither",
    ),
    (
        "intermediate_size = 64",
        "intermedate_size = 64",
        "unknown field `intermedate_size`",
    ),
    (
        "data = [\"talk\"]",
        "data = [\"kept-aside\"]",
        "learns from `kept-aside`, which is held out",
    ),
    (
        "licences = [\"CC0-1.0\"]",
        "languages = [\"deu\"]",
        "nothing of `words` is kept, of 82 texts",
    ),
    (
        "optimiser = \"muon\"",
        "weight_decay = nan",
        "`weight_decay`",
    ),
    (
        "validate_every = 10",
        "validate_every = 0",
        "`validate_every = 0`",
    ),
    (
        "name = \"read\"",
        "name = \"release\"",
        "called `release`, as a folder of the run is",
    ),
];

#[test]
fn bad_recipes_are_refused_with_the_place_and_a_hint() {
    let house = House::new();
    let with = |from: &str, to: &str| {
        assert!(RECIPE.contains(from), "{from}");
        house.write("recipe.toml", &RECIPE.replacen(from, to, 1));
        house.refused()
    };
    for (from, to, wanted) in BAD {
        let error = with(from, to);
        assert!(error.contains(wanted), "{from} → {to}:\n{error}");
        assert!(error.contains("hint: "), "{error}");
        drop(std::fs::remove_dir_all(house.path("runs")));
    }
}

#[test]
fn other_data_or_another_stage_is_not_gone_on_with() {
    let house = House::new();
    let stop = Arc::new(AtomicBool::new(false));
    let outcome = house.run(&stop, &mut |event| {
        stop.store(
            matches!(event, Event::Line(_)) || stop.load(Ordering::Relaxed),
            Ordering::Relaxed,
        );
    });
    assert!(matches!(outcome, Err(Error::Stopped { .. })));
    house.write(
        "recipe.toml",
        &RECIPE.replacen("learning_rate = 3e-3", "learning_rate = 4e-3", 1),
    );
    assert!(
        house
            .refused()
            .contains("the recipe says something else of this stage now")
    );
    house.write("recipe.toml", &RECIPE.replacen("seed = 3", "seed = 4", 1));
    let refused = house.refused();
    assert!(
        refused.contains("begun with the seed 3, and the recipe says 4"),
        "{refused}"
    );
    house.write("recipe.toml", RECIPE);
    house.write("words.jsonl", "{\"text\": \"other words\"}\n");
    assert!(
        house
            .refused()
            .contains("no longer what this run began with")
    );
}

#[test]
fn what_would_not_fit_is_refused_before_it_starts() {
    let house = House::new();
    let options = RunOptions {
        pool: Arc::new(Pool::of_all_cores()),
        stage: None,
        memory_bytes: Some(1 << 20),
        stop: Arc::default(),
        films: None,
    };
    let error = Run::open(&house.path("recipe.toml"), options)
        .unwrap()
        .go(&mut |_| {});
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("needs about") && error.contains("there are 1 MiB"),
        "{error}"
    );
}

#[test]
fn the_same_recipe_goes_on_from_wherever_it_is_called() {
    let house = House::new();
    assert!(house.run_until(2).is_err());
    let options = RunOptions {
        pool: Arc::new(Pool::new(std::num::NonZeroUsize::MIN)),
        stage: None,
        memory_bytes: None,
        stop: Arc::new(AtomicBool::new(true)),
        films: None,
    };
    let other = house.path("talk").join("../recipe.toml");
    let outcome = Run::open(&other, options).unwrap().go(&mut |_| {});
    assert!(
        matches!(outcome, Err(Error::Stopped { step: 2 })),
        "{outcome:?}"
    );
    // A file in a folder counts as well as the folder.
    house.write("talk/b.jsonl", "{\"turns\": []}\n");
    assert!(
        house
            .refused()
            .contains("no longer what this run began with")
    );
}

/// Goes on from the model that [`RECIPE`] makes, with small matrices beside its own.
const ADAPT: &str = r#"
name = "adapted"

[[data]]
name = "talk"
path = "talk"
format = "chat"
licence = "CC0-1.0"

[model]
from = "runs/tiny/answer/model"

[[stage]]
name = "adapt"
purpose = "finetune"
steps = 30
batch_tokens = 200
context = 96
learning_rate = 1e-2
weight_decay = 0.0

[stage.adapters]
rank = 4
alpha = 8.0
targets = ["q_proj", "v_proj"]
"#;

#[test]
fn adapters_learn_beside_frozen_weights_and_are_merged_into_them() {
    let house = House::new();
    let before = house.run(&Arc::default(), &mut |_| {}).unwrap();
    // Another task: what is learnt must go through the adapters.
    let lines = (0..60).map(|n| {
        let (a, b) = (n % 10, n / 10 % 10);
        let calls = serde_json::json!([{"tool": "take", "arguments": {"from": a, "less": b}}]);
        serde_json::json!({"turns": [{"user": format!("add {a} and {b}"), "calls": calls}]})
            .to_string()
            + "\n"
    });
    house.write("talk/a.jsonl", &lines.collect::<String>());
    std::fs::remove_file(house.path("talk/b.jsonl")).unwrap();
    house.write("recipe.toml", ADAPT);
    let mut losses = Vec::new();
    let after = house.run(&Arc::default(), &mut |event| {
        if let Event::Line(Line::Step(line)) = event {
            losses.push(line.loss);
        }
    });
    let after = after.unwrap();
    assert!(losses[29] < 0.7 * losses[0], "{losses:?}");
    let open = |model: &Path| {
        tensor::files::Safetensors::open(model.join("model.safetensors")).expect("weights")
    };
    let (before, file) = (open(&before), open(&after));
    for name in before.names() {
        let moved = before.view(name).unwrap().to_f32() != file.view(name).unwrap().to_f32();
        let is_target = name.contains("q_proj") || name.contains("v_proj");
        assert_eq!(moved, is_target, "{name}");
    }
    house.write(
        "recipe.toml",
        &ADAPT
            .replace("\"adapted\"", "\"nowhere\"")
            .replace("\"q_proj\", \"v_proj\"", "\"query\""),
    );
    let error = house.refused();
    assert!(error.contains("no matrix ends as `targets` say"), "{error}");
    // What was merged says what the adapted network said: a further step from it begins where it ended.
    house.write(
        "recipe.toml",
        &ADAPT
            .replace("\"adapted\"", "\"again\"")
            .replace("runs/tiny/answer", "runs/adapted/adapt"),
    );
    let mut first = None;
    assert!(house.run_until(1).is_err());
    let lines = read_journal(&house.path("runs/again/adapt/log.jsonl")).unwrap();
    for line in lines {
        if let Line::Step(line) = line {
            first.get_or_insert(line.loss);
        }
    }
    let first = first.unwrap();
    assert!(first < 1.2 * losses[29], "{first} after {losses:?}");
}
