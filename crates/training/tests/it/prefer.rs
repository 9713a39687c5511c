//! Which of two answers is preferred is learnt as PyTorch learns it, and by a recipe.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tensor::Pool;
use training::{Error, Event, Line, Preference, Trainer};

use crate::parity::{Golden, thirty_steps};
use crate::recipe::House;

#[test]
fn thirty_steps_of_preferences_follow_pytorch() {
    let golden = Golden::open("llama-dpo");
    let pool = Arc::new(Pool::new(NonZeroUsize::MIN));
    let options = thirty_steps(1e-3);
    let mut trainer = Trainer::open(&golden.folder, options, pool).unwrap();
    let answers = golden.answers();
    let pairs = answers.as_chunks::<2>().0;
    let reference = Preference::reference(&mut trainer, pairs);
    let exact = golden.numbers("reference");
    for (ours, exact) in reference.as_flattened().iter().zip(&exact) {
        assert!(
            (ours - f64::from(*exact)).abs() < 1e-4 * ours.abs(),
            "{ours} {exact}"
        );
    }
    let preference = Preference {
        beta: 0.3,
        label_smoothing: 0.05,
    };
    let [losses, norms, accuracies, margins] =
        ["losses", "norms", "accuracies", "margins"].map(|key| golden.numbers(key));
    let mut worst = 0.0_f64;
    for step in 0..30 {
        let here = step * 4..(step + 1) * 4;
        let (pairs, reference) = (&pairs[here.clone()], &reference[here]);
        let before = preference.measure(&mut trainer, pairs, reference);
        let (measured, preferred) = preference
            .step(&mut trainer, pairs, reference, f64::INFINITY)
            .unwrap();
        assert_eq!(before, preferred, "measured as it is learnt");
        let error = (measured.loss / f64::from(losses[step]) - 1.0).abs();
        let error_norm = (measured.gradient_norm / f64::from(norms[step]) - 1.0).abs();
        assert!(
            error < 1e-3,
            "step {step}: {} {}",
            measured.loss,
            losses[step]
        );
        assert!(error_norm < 5e-3, "step {step}: {error_norm}");
        assert!((preferred.accuracy - f64::from(accuracies[step])).abs() < 1e-6);
        assert!((preferred.margin() - f64::from(margins[step])).abs() < 5e-3);
        worst = worst.max(error);
    }
    println!("losses differ by {worst:.1e} at most");
    golden.compare_weights(&mut trainer, 1e-3);
}

const RECIPE: &str = r#"
name = "tiny"
seed = 3

[tokenizer]
vocab_size = 280
digits = 1

[[data]]
name = "talk"
path = "prefer.jsonl"
format = "pairs"
licence = "CC0-1.0"

[[data]]
name = "other-talk"
path = "aside.pairs.jsonl"
format = "pairs"
licence = "CC0-1.0"
held_out = true

[[data]]
name = "words"
path = "words.jsonl"
format = "jsonl"
licence = "CC0-1.0"

[model]
hidden_size = 32
num_hidden_layers = 1
num_attention_heads = 2
intermediate_size = 48
max_position_embeddings = 128

[[stage]]
name = "read"
purpose = "pretrain"
steps = 2
batch_tokens = 100
context = 64
learning_rate = 1e-3

[[stage]]
name = "prefer"
purpose = "prefer"
validate = ["other-talk"]
steps = 12
batch_tokens = 300
context = 64
learning_rate = 3e-3
validate_every = 12

[stage.prefer]
beta = 0.2
"#;

/// A house in which words in capitals are preferred.
fn house() -> House {
    let house = House::new();
    let pair = |n: usize| {
        let words = ["red", "green", "blue", "grey"];
        let [asked, other] = [words[n % 4], words[n / 4 % 4]];
        let pair = json!({
            "prompt": format!("say {asked} and {other}"),
            "chosen": asked.to_uppercase(),
            "rejected": asked,
        });
        pair.to_string() + "\n"
    };
    house.write("prefer.jsonl", &(0..14).map(pair).collect::<String>());
    house.write("aside.pairs.jsonl", &(14..16).map(pair).collect::<String>());
    house.write("recipe.toml", RECIPE);
    house
}

#[test]
fn preferences_are_learnt_by_a_recipe_that_may_be_stopped() {
    let (whole, broken) = (house(), house());
    let (mut steps, mut scores) = (Vec::new(), Vec::new());
    let model = whole.run(&Arc::default(), &mut |event| match event {
        Event::Line(Line::Step(line)) if !line.measures.is_empty() => steps.push(line.clone()),
        Event::Line(Line::Measured { measures, .. }) => scores.push(measures.clone()),
        _ => {}
    });
    let model = model.unwrap();
    assert_eq!(steps.len(), 12);
    let (first, last) = (&steps[0], &steps[11]);
    assert!(
        (first.loss - 2.0_f64.ln()).abs() < 1e-6,
        "nothing is known at first"
    );
    assert!(
        last.loss < 0.5 && last.measures["accuracy"] > 0.99,
        "{last:?}"
    );
    assert!(last.measures["margin"] > 0.5, "{last:?}");
    assert!(scores[0]["accuracy"] > 0.99, "{scores:?}");

    let stop = Arc::new(AtomicBool::new(false));
    let stopped = broken.run(&stop, &mut |event| {
        if let Event::Line(Line::Step(line)) = event {
            stop.store(
                line.step == 5 && !line.measures.is_empty(),
                Ordering::Relaxed,
            );
        }
    });
    assert!(
        matches!(stopped, Err(Error::Stopped { step: 5 })),
        "{stopped:?}"
    );
    // What the model thought before is kept; lost, it is found again.
    std::fs::remove_file(broken.path("runs/tiny/prefer/reference.safetensors")).unwrap();
    let again = broken.run(&Arc::default(), &mut |_| {}).unwrap();
    let weights = |model: &std::path::Path| std::fs::read(model.join("model.safetensors")).unwrap();
    assert!(weights(&model) == weights(&again), "the same to the bit");
}

#[test]
fn what_cannot_be_preferred_is_refused_with_a_hint() {
    let house = house();
    for (from, to, wanted) in [
        ("beta = 0.2", "beta = 0.0", "`beta` is more than zero"),
        ("beta = 0.2", "betta = 0.2", "unknown field `betta`"),
        ("beta = 0.2", "label_smoothing = 0.5", "less than a half"),
        (
            "purpose = \"prefer\"",
            "purpose = \"finetune\"",
            "`[stage.prefer]` stands in a stage of another purpose",
        ),
        (
            "purpose = \"prefer\"",
            "purpose = \"prefer\"\ndata = [\"words\"]",
            "it cannot read `words`",
        ),
        (
            "purpose = \"pretrain\"",
            "purpose = \"pretrain\"\ndata = [\"talk\"]",
            "it cannot read `talk`",
        ),
        (
            "context = 64\nlearning_rate = 3e-3",
            "context = 8\nlearning_rate = 3e-3",
            "pairs of stage `prefer` are longer than its context",
        ),
    ] {
        assert!(RECIPE.contains(from), "{from}");
        house.write("recipe.toml", &RECIPE.replacen(from, to, 1));
        let error = house.refused();
        assert!(error.contains(wanted), "{from} → {to}:\n{error}");
        assert!(error.contains("hint: "), "{error}");
    }
    for (line, wanted) in [
        (
            r#"{"chosen": "a", "rejected": "b"}"#,
            "neither `prompt` nor",
        ),
        (
            r#"{"prompt": "a", "chosen": "b"}"#,
            "missing field `rejected`",
        ),
        (
            r#"{"messages": [{"role": "assistant", "content": "a"}], "chosen": "a", "rejected": "b"}"#,
            "nothing is asked at the end",
        ),
    ] {
        house.write("recipe.toml", &RECIPE.replace("\"tiny\"", "\"other\""));
        house.write("prefer.jsonl", line);
        let error = house.refused();
        assert!(
            error.contains("line 1") && error.contains(wanted),
            "{error}"
        );
    }
}
