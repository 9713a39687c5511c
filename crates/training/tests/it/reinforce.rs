//! A task is learnt by rewards alone.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tensor::Pool;
use training::{Drawn, Error, Event, Example, Line, Reinforcement, StepLine, Trainer};

use crate::parity::{Golden, thirty_steps};
use crate::recipe::House;

#[test]
fn thirty_steps_of_rewards_follow_pytorch() {
    const ANSWERS: usize = 8;
    let golden = Golden::open("llama-grpo");
    let pool = Arc::new(Pool::new(NonZeroUsize::MIN));
    let options = thirty_steps(5e-4);
    let mut trainer = Trainer::open(&golden.folder, options, pool).unwrap();
    let rules = Reinforcement {
        group: 4,
        updates: 3,
        clip_high: 0.28,
        kl: 0.05,
        ..Reinforcement::default()
    };
    let [losses, norms, kls, clips, rewards, reference] =
        ["losses", "norms", "kls", "clips", "rewards", "reference"].map(|key| golden.numbers(key));
    let mut reference = reference.into_iter();
    let mut step = 0;
    let mut worst = 0.0_f64;
    let answers = golden.answers();
    for (round, rewards) in answers.chunks(ANSWERS).zip(rewards.chunks(ANSWERS)) {
        let rewards: Vec<f64> = rewards.iter().map(|x| f64::from(*x)).collect();
        let groups = rewards.chunks(rules.group);
        let advantages = groups.flat_map(|group| rules.advantages(group).expect("they differ"));
        let told = |answer: &Example| answer.weights.iter().filter(|x| **x > 0.0).count();
        let tokens = round.iter().map(told).sum();
        let drawn = round
            .iter()
            .zip(advantages)
            .map(|(answer, advantage)| Drawn {
                advantage,
                before: Vec::new(),
                reference: reference.by_ref().take(told(answer)).map(|x| -x).collect(),
            });
        let mut drawn: Vec<Drawn> = drawn.collect();
        for _ in 0..rules.updates {
            let (measured, moved) = rules.step(&mut trainer, round, &mut drawn, tokens).unwrap();
            let error = (measured.loss - f64::from(losses[step])).abs();
            let error_norm = (measured.gradient_norm / f64::from(norms[step]) - 1.0).abs();
            assert!(
                error < 2e-4,
                "step {step}: {} {}",
                measured.loss,
                losses[step]
            );
            assert!(error_norm < 1e-2, "step {step}: {error_norm}");
            assert!(
                (moved.kl - f64::from(kls[step])).abs() < 1e-4,
                "step {step}"
            );
            // A token that lies at a bound may be seen on either side of it.
            let one = 1.5 / tokens as f64;
            assert!(
                (moved.clipped - f64::from(clips[step])).abs() < one,
                "step {step}"
            );
            worst = worst.max(error);
            step += 1;
        }
    }
    assert_eq!(step, losses.len());
    println!("losses differ by {worst:.1e} at most");
    golden.compare_weights(&mut trainer, 2e-3);
}

/// At first it learns to say some digit; which one was asked for, it learns by rewards.
const RECIPE: &str = r#"
name = "tiny"
seed = 5

[tokenizer]
vocab_size = 259
digits = 1
chat_template = "short.jinja"

[[data]]
name = "any-digit"
path = "any.jsonl"
format = "chat"
licence = "CC0-1.0"

[[data]]
name = "the-digit"
path = "tasks.jsonl"
format = "tasks"
licence = "CC0-1.0"

[[data]]
name = "held-out"
path = "tasks.jsonl"
format = "tasks"
licence = "CC0-1.0"
held_out = true

[model]
hidden_size = 32
num_hidden_layers = 1
num_attention_heads = 2
intermediate_size = 48
max_position_embeddings = 64

[[stage]]
name = "speak"
purpose = "finetune"
steps = 50
batch_tokens = 100
context = 32
learning_rate = 1e-2

[[stage]]
name = "reward"
purpose = "reinforce"
validate = ["held-out"]
steps = 160
context = 32
learning_rate = 4e-3
decay = 0.1
validate_every = 160

[stage.reinforce]
prompts = 4
group = 16
tokens_max = 4
updates = 2
kl = 0.01
format = 0.1
"#;

/// As few tokens around what is said as there can be.
const TEMPLATE: &str = "{%- for message in messages %}{{- '<|im_start|>' + message.content + '<|im_end|>' }}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>' }}{%- endif %}";

fn house() -> House {
    let house = House::new();
    let digits = 0..4;
    let any = digits.clone().flat_map(|asked| {
        digits.clone().map(move |said| {
            let message = |role: &str, text: u8| json!({"role": role, "content": text.to_string()});
            let chat = json!({"messages": [message("user", asked), message("assistant", said)]});
            chat.to_string() + "\n"
        })
    });
    house.write("any.jsonl", &any.collect::<String>());
    let tasks = digits.clone().map(|n| {
        json!({"prompt": n.to_string(), "answer": n, "check": "exact"}).to_string() + "\n"
    });
    house.write("tasks.jsonl", &tasks.collect::<String>());
    house.write("short.jinja", TEMPLATE);
    house.write("recipe.toml", RECIPE);
    house
}

/// The steps that were rewarded.
fn rewarded(event: &Event<'_>) -> Option<StepLine> {
    match event {
        Event::Line(Line::Step(line)) => line.measures.contains_key("reward").then(|| line.clone()),
        _ => None,
    }
}

fn weights(model: &Path) -> Vec<u8> {
    std::fs::read(model.join("model.safetensors")).expect("weights")
}

#[test]
fn a_digit_is_learnt_by_rewards_alone_and_the_same_after_a_stop() {
    let (whole, broken) = (house(), house());
    let (mut steps, mut scores) = (Vec::new(), Vec::new());
    let model = whole.run(&Arc::default(), &mut |event| {
        steps.extend(rewarded(&event));
        if let Event::Line(Line::Measured { measures, .. }) = event {
            scores.push(measures["reward"]);
        }
    });
    let model = model.unwrap();
    assert_eq!(steps.len(), 160);
    let mean = |steps: &[StepLine], name: &str| {
        let sum: f64 = steps.iter().map(|line| line.measures[name]).sum();
        sum / steps.len() as f64
    };
    let (first, last) = (&steps[..4], &steps[150..]);
    assert!(mean(first, "right") < 0.5, "it guesses: {first:?}");
    assert!(mean(last, "right") > 0.9, "it knows: {last:?}");
    assert!(mean(first, "signal") > 0.5 && mean(last, "kl") > 0.1);
    assert!(scores[0] > 0.9, "{scores:?}");
    // Both steps of a round are of the same answers.
    assert_eq!(steps[0].measures["right"], steps[1].measures["right"]);
    assert!(steps[0].measures["clipped"] == 0.0 && steps[0].measures["kl"] < 1e-9);

    let stop = Arc::new(AtomicBool::new(false));
    let stopped = broken.run(&stop, &mut |event| {
        if rewarded(&event).is_some_and(|line| line.step == 9) {
            stop.store(true, Ordering::Relaxed);
        }
    });
    // A round is ended before anything is kept.
    assert!(
        matches!(stopped, Err(Error::Stopped { step: 10 })),
        "{stopped:?}"
    );
    let again = broken.run(&Arc::default(), &mut |_| {}).unwrap();
    assert!(weights(&model) == weights(&again), "the same to the bit");
}

#[test]
fn what_cannot_be_rewarded_is_refused_with_a_hint() {
    let house = house();
    for (from, to, wanted) in [
        ("group = 16", "group = 1", "a group is two answers at least"),
        ("group = 16", "grup = 8", "unknown field `grup`"),
        ("tokens_max = 4", "tokens_max = 32", "leave no room"),
        (
            "kl = 0.01",
            "kl = -1.0",
            "`clip_high` and `kl` are not below zero",
        ),
        (
            "purpose = \"reinforce\"",
            "purpose = \"prefer\"",
            "`[stage.reinforce]` stands in a stage of another purpose",
        ),
        (
            "validate = [\"held-out\"]",
            "data = [\"any-digit\"]",
            "it cannot read `any-digit`",
        ),
        (
            "steps = 160\ncontext = 32",
            "steps = 160\ncontext = 5",
            "no task of stage `reward` fits into its context",
        ),
    ] {
        assert!(RECIPE.contains(from), "{from}");
        let quick = RECIPE.replace("steps = 50", "steps = 1");
        house.write("recipe.toml", &quick.replacen(from, to, 1));
        let error = house.refused();
        assert!(error.contains(wanted), "{from} → {to}:\n{error}");
        assert!(error.contains("hint: "), "{error}");
    }
    for (line, wanted) in [
        (
            r#"{"prompt": "a", "answer": "b", "check": "guess"}"#,
            "unknown variant `guess`",
        ),
        (
            r#"{"prompt": "a", "answer": "b", "check": "number"}"#,
            "`answer` is no number",
        ),
        (
            r#"{"prompt": "a", "check": "exact"}"#,
            "missing field `answer`",
        ),
    ] {
        house.write("recipe.toml", &RECIPE.replace("\"tiny\"", "\"other\""));
        house.write("tasks.jsonl", line);
        let error = house.refused();
        assert!(
            error.contains("line 1") && error.contains(wanted),
            "{error}"
        );
    }
}

#[test]
fn the_recipe_of_digits_is_whole() {
    let house = House::new();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes/digits");
    for name in [
        "recipe.toml",
        "words.jsonl",
        "talk.jsonl",
        "pairs.jsonl",
        "tasks.jsonl",
    ] {
        std::fs::copy(shipped.join(name), house.path(name)).unwrap();
    }
    let outcome = house.run_until(1);
    assert!(
        matches!(outcome, Err(Error::Stopped { step: 1 })),
        "{outcome:?}"
    );
}
