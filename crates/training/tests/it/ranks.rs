//! Several ranks learn what one learns, and what is interrupted goes on. Here ranks are threads.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tensor::Pool;
use training::{
    Error, Event, Kind, Line, Local, Loose, Options, Run, RunOptions, State, Trainer, read_journal,
};

use crate::parity::{Golden, options};
use crate::recipe::{House, RECIPE};

/// What each of so many ranks says in the end.
fn together<T: Send>(count: usize, act: impl Fn(Rc<Local>) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = Local::of(count)
            .into_iter()
            .map(|ranks| scope.spawn(|| act(Rc::new(ranks))))
            .collect();
        let said = threads.into_iter().map(|thread| thread.join());
        said.map(|said| said.expect("a rank does not panic"))
            .collect()
    })
}

fn one_thread() -> Arc<Pool> {
    Arc::new(Pool::new(std::num::NonZeroUsize::MIN))
}

/// The losses of some steps by so many ranks, and the state of all of them after those.
fn learnt(
    golden: &Golden,
    options: &Options,
    ranks: usize,
    steps: std::ops::Range<usize>,
    from: Option<&State>,
) -> (Vec<f64>, State) {
    let mut said = together(ranks, |rank| {
        let trainer = Trainer::open(&golden.folder, options.clone(), one_thread());
        let mut trainer = trainer.expect("a fixture").with_ranks(rank, None);
        if let Some(from) = from {
            trainer.restore(from.clone()).expect("it is of this model");
        }
        let batches = &golden.batches()[steps.clone()];
        let losses: Vec<f64> = batches
            .iter()
            .map(|batch| trainer.step(batch).expect("numbers stay in bounds").loss)
            .collect();
        let mut state = trainer.state(0.into());
        trainer.gather(&mut state).expect("all are there");
        (losses, state)
    });
    assert!(
        said.iter()
            .all(|(losses, _)| bits(losses) == bits(&said[0].0))
    );
    said.swap_remove(0)
}

fn bits(losses: &[f64]) -> Vec<u64> {
    losses.iter().map(|loss| loss.to_bits()).collect()
}

fn worst(these: &[f64], those: &[f64]) -> f64 {
    assert_eq!(these.len(), those.len());
    let pairs = these.iter().zip(those);
    pairs.map(|(a, b)| ((a - b) / b).abs()).fold(0.0, f64::max)
}

#[test]
fn two_ranks_have_the_losses_of_one_with_twice_the_batch() {
    for (name, kind) in [("llama-adamw", Kind::AdamW), ("qwen3-muon", Kind::Muon)] {
        let golden = Golden::open(name);
        let options = Options {
            average: Some(0.9),
            ..options(kind)
        };
        let (alone, whole) = learnt(&golden, &options, 1, 0..12, None);
        for ranks in [2, 3] {
            let (losses, state) = learnt(&golden, &options, ranks, 0..12, None);
            let worst = worst(&losses, &alone);
            assert!(worst < 1e-5, "{name} on {ranks}: {worst:e}");
            assert_eq!(state.kept().len(), whole.kept().len());
            let lengths = |state: &State| state.kept().iter().map(Vec::len).collect::<Vec<_>>();
            assert_eq!(lengths(&state), lengths(&whole));
        }
    }
}

#[test]
fn as_many_ranks_go_on_to_the_bit_and_others_go_on_too() {
    let golden = Golden::open("qwen3-muon");
    let options = Options {
        average: Some(0.9),
        ..options(Kind::Muon)
    };
    let (losses, whole) = learnt(&golden, &options, 2, 0..10, None);
    let (_, half) = learnt(&golden, &options, 2, 0..6, None);
    let (_, state) = learnt(&golden, &options, 2, 6..10, Some(&half));
    assert!(state == whole);
    for ranks in [1, 3] {
        let (rest, _) = learnt(&golden, &options, ranks, 6..10, Some(&half));
        assert!(worst(&rest, &losses[6..]) < 1e-5, "on {ranks}");
    }
}

#[test]
fn a_rank_without_a_part_of_the_batch_takes_part_all_the_same() {
    let golden = Golden::open("llama-adamw");
    let (alone, _) = learnt(&golden, &options(Kind::AdamW), 1, 0..3, None);
    let (losses, _) = learnt(&golden, &options(Kind::AdamW), 6, 0..3, None);
    assert!(worst(&losses, &alone) < 1e-5);
}

#[test]
fn ranks_that_meet_after_each_step_with_the_mean_alone_are_one() {
    let golden = Golden::open("llama-adamw");
    let loose = Loose {
        every: 1,
        outer_learning_rate: 1.0,
        outer_momentum: 0.0,
    };
    let weights = together(2, |rank| {
        let trainer = Trainer::open(&golden.folder, options(Kind::AdamW), one_thread());
        let mut trainer = trainer.expect("a fixture").with_ranks(rank, Some(loose));
        for batch in &golden.batches()[..5] {
            trainer.step(batch).unwrap();
            trainer.meet().unwrap();
        }
        trainer.state(0.into()).kept().to_vec()
    });
    assert!(weights[0] == weights[1]);
}

/// Follows the recipe with so many ranks until the first has seen so many steps.
fn follow(house: &House, ranks: usize, steps: usize) -> Vec<Result<PathBuf, Error>> {
    let stop = Arc::new(AtomicBool::new(false));
    together(ranks, |rank| {
        let options = RunOptions {
            pool: one_thread(),
            stage: None,
            memory_bytes: None,
            stop: Arc::clone(&stop),
            films: None,
        };
        let run = Run::open(&house.path("recipe.toml"), options)?.among(rank);
        let mut seen = 0;
        run.go(&mut |event| {
            seen += usize::from(matches!(event, Event::Line(Line::Step(_))));
            stop.store(seen >= steps, Ordering::Relaxed);
        })
    })
}

fn losses(house: &House, stage: &str) -> Vec<f64> {
    let path = house.path(&format!("runs/tiny/{stage}/log.jsonl"));
    let lines = read_journal(&path).expect("a journal");
    let steps = lines.iter().filter_map(|line| match line {
        Line::Step(step) => Some(step.loss),
        _ => None,
    });
    steps.collect()
}

fn weights(model: &Path) -> Vec<u8> {
    std::fs::read(model.join("model.safetensors")).expect("weights")
}

#[test]
fn a_recipe_on_two_ranks_is_stopped_goes_on_and_ends_as_if_it_never_had_been() {
    let (alone, whole, broken) = (House::new(), House::new(), House::new());
    let short = RECIPE.replace("epochs = 6", "steps = 8");
    for house in [&alone, &whole, &broken] {
        house.write("recipe.toml", &short);
    }
    alone.run_until(usize::MAX).unwrap();
    let models: Vec<_> = follow(&whole, 2, usize::MAX)
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(models[0], models[1]);
    for stage in ["read", "answer"] {
        let worst = worst(&losses(&whole, stage), &losses(&alone, stage));
        assert!(worst < 1e-5, "{stage}: {worst:e}");
    }
    for steps in [5, 3, 9] {
        for end in follow(&broken, 2, steps) {
            assert!(matches!(end, Err(Error::Stopped { .. })), "{end:?}");
        }
    }
    let model = follow(&broken, 2, usize::MAX).swap_remove(0).unwrap();
    assert!(weights(&model) == weights(&models[0]));
    assert_eq!(losses(&broken, "answer"), losses(&whole, "answer"));
}

#[test]
fn ranks_that_meet_now_and_then_go_on_to_the_bit() {
    let loose = RECIPE
        .replace("steps = 12", "steps = 20")
        .replace("epochs = 6", "steps = 3")
        .replace("average = 0.9", "[stage.loose]\nevery = 4\n");
    let (whole, broken) = (House::new(), House::new());
    for house in [&whole, &broken] {
        house.write("recipe.toml", &loose);
    }
    let model = follow(&whole, 2, usize::MAX).swap_remove(0).unwrap();
    let read = losses(&whole, "read");
    assert!(read.len() == 20 && read[19] < 0.9 * read[0], "{read:?}");
    for steps in [6, 3] {
        for end in follow(&broken, 2, steps) {
            assert!(matches!(end, Err(Error::Stopped { .. })), "{end:?}");
        }
    }
    let again = follow(&broken, 2, usize::MAX).swap_remove(0).unwrap();
    assert!(weights(&model) == weights(&again));
    // Other numbers of ranks go on too, with what there is of the optimiser.
    let other = House::new();
    other.write("recipe.toml", &loose);
    for (ranks, steps) in [(2, 6), (3, 6), (1, 6)] {
        for end in follow(&other, ranks, steps) {
            assert!(
                matches!(end, Err(Error::Stopped { .. })),
                "{ranks}: {end:?}"
            );
        }
    }
}

#[test]
fn what_one_rank_cannot_do_ends_all_with_its_reason() {
    let house = House::new();
    house.write("words.jsonl", "no JSON\n");
    let ends = follow(&house, 2, usize::MAX);
    let said: Vec<String> = ends
        .into_iter()
        .map(|end| end.unwrap_err().to_string())
        .collect();
    assert!(said[0].contains("words.jsonl"), "{}", said[0]);
    assert!(said[1].starts_with("rank 0 is gone"), "{}", said[1]);
}

#[test]
fn meetings_that_cannot_be_are_refused() {
    let house = House::new();
    for (table, reason) in [
        ("[stage.loose]\nevery = 0", "never meet"),
        (
            "average = 0.9\n[stage.loose]\nevery = 5",
            "do not go together",
        ),
        ("[stage.loose]\nevery = 5\nouter_momentum = 1.0", "nowhere"),
    ] {
        house.write("recipe.toml", &RECIPE.replace("average = 0.9", table));
        let said = house.refused();
        assert!(said.contains(reason), "{said}");
    }
}
