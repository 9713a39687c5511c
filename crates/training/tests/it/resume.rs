//! Nothing is lost, and nothing differs, when a training goes on later.

use std::sync::Arc;

use tensor::Pool;
use training::{Adapters, Example, Kind, Options, Shape, State, Trainer, begin};

use crate::parity::{Golden, options};

pub fn trained(golden: &Golden, options: &Options) -> Trainer {
    let pool = Arc::new(Pool::of_all_cores());
    Trainer::open(&golden.folder, options.clone(), pool).expect("a fixture")
}

fn learn(trainer: &mut Trainer, batch: &[Example]) {
    trainer.step(batch).expect("numbers stay in bounds");
}

#[test]
fn what_goes_on_later_is_the_same_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    for (name, kind) in [("llama-adamw", Kind::AdamW), ("qwen3-muon", Kind::Muon)] {
        let golden = Golden::open(name);
        let options = Options {
            average: Some(0.9),
            ..options(kind)
        };
        let batches = golden.batches();
        let mut whole = trained(&golden, &options);
        batches[..12]
            .iter()
            .for_each(|batch| learn(&mut whole, batch));

        let mut first = trained(&golden, &options);
        batches[..7]
            .iter()
            .for_each(|batch| learn(&mut first, batch));
        let path = folder.path().join(name);
        first.state("seven".into()).save(&path).unwrap();
        drop(first);
        let state = State::load(&path).unwrap();
        assert_eq!((state.step, state.position.as_str()), (7, Some("seven")));
        let mut second = trained(&golden, &options);
        second.restore(state).unwrap();
        batches[7..12]
            .iter()
            .for_each(|batch| learn(&mut second, batch));
        assert!(whole.state(0.into()) == second.state(0.into()), "{name}");
    }
}

#[test]
fn a_steady_loop_takes_no_new_memory() {
    let golden = Golden::open("llama-adamw");
    let mut trainer = trained(&golden, &options(Kind::AdamW));
    let batches = golden.batches();
    batches[..2]
        .iter()
        .for_each(|batch| learn(&mut trainer, batch));
    let before = trainer.buffers_made();
    batches[2..8]
        .iter()
        .for_each(|batch| learn(&mut trainer, batch));
    assert_eq!(trainer.buffers_made(), before);
}

#[test]
fn a_state_of_another_model_is_refused() {
    let (llama, qwen) = (Golden::open("llama-adamw"), Golden::open("qwen3-muon"));
    let state = trained(&llama, &options(Kind::AdamW)).state(0.into());
    let flaw = trained(&qwen, &options(Kind::Muon)).restore(state.clone());
    assert!(flaw.unwrap_err().contains("it has no fitting"));
    let averaged = Options {
        average: Some(0.9),
        ..options(Kind::AdamW)
    };
    assert!(trained(&llama, &averaged).restore(state).is_err());
}

#[test]
fn a_damaged_state_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let golden = Golden::open("llama-adamw");
    trained(&golden, &options(Kind::AdamW))
        .state(0.into())
        .save(&path)
        .unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert!(State::load(&path).is_err(), "{length} bytes of it");
    }
    let foreign = golden.folder.join("model.safetensors");
    let error = State::load(&foreign).unwrap_err().to_string();
    assert!(error.contains("it is no state of a training"), "{error}");
}

#[test]
fn a_step_whose_loss_stands_out_is_not_taken() {
    let golden = Golden::open("llama-adamw");
    let mut trainer = trained(&golden, &options(Kind::AdamW));
    let batches = golden.batches();
    learn(&mut trainer, &batches[0]);
    let before = trainer.state(0.into());
    let refused = trainer.step_within(&batches[1], 0.5);
    assert!(
        matches!(refused, Err(training::Error::Spike { step: 1, .. })),
        "{refused:?}"
    );
    assert!(trainer.state(0.into()) == before);
    assert!(trainer.step_within(&batches[1], 100.0).is_ok());
}

#[test]
fn layers_that_are_computed_again_give_the_same_to_the_bit_in_less_memory() {
    for (name, kind) in [("llama-adamw", Kind::AdamW), ("qwen3-muon", Kind::Muon)] {
        let golden = Golden::open(name);
        let batches = golden.batches();
        let run = |checkpoint_activations| {
            let options = Options {
                checkpoint_activations,
                tokens_at_once: 200,
                ..options(kind)
            };
            let mut trainer = trained(&golden, &options);
            batches[..4]
                .iter()
                .for_each(|batch| learn(&mut trainer, batch));
            (trainer.state(0.into()), trainer.bytes_made())
        };
        let ((kept, kept_bytes), (again, again_bytes)) = (run(false), run(true));
        assert!(kept == again, "{name}");
        println!("{name}: {kept_bytes} bytes, {again_bytes} when layers are computed again");
        assert!(again_bytes < kept_bytes, "{again_bytes} of {kept_bytes}");
    }
}

#[test]
fn a_deep_network_needs_the_memory_of_a_layer() {
    let folder = tempfile::tempdir().unwrap();
    let shape = Shape {
        hidden_size: 32,
        num_hidden_layers: 12,
        num_attention_heads: 2,
        num_key_value_heads: None,
        intermediate_size: 96,
        max_position_embeddings: 256,
        rope_theta: 1e4,
        tie_word_embeddings: true,
        rms_norm_eps: 1e-5,
    };
    begin(folder.path(), &shape, 64, 1).unwrap();
    let batch = [Example::whole((0..200).map(|x| x * 7 % 64).collect())];
    let run = |checkpoint_activations, adapters| {
        let mut options = Options {
            checkpoint_activations,
            ..options(Kind::AdamW)
        };
        options.learn.adapters = adapters;
        let pool = Arc::new(Pool::of_all_cores());
        let mut trainer = Trainer::open(folder.path(), options, pool).expect("a network");
        (0..2).for_each(|_| learn(&mut trainer, &batch));
        (trainer.state(0.into()), trainer.bytes_made())
    };
    let adapters = Adapters {
        rank: 4,
        alpha: 8.0,
        targets: vec!["q_proj".into(), "down_proj".into()],
        seed: 2,
    };
    for adapters in [None, Some(adapters)] {
        let (kept, kept_bytes) = run(false, adapters.clone());
        let (again, again_bytes) = run(true, adapters.clone());
        println!("{kept_bytes} bytes, {again_bytes} when layers are computed again");
        assert!(kept == again, "the same to the bit");
        assert!(
            3 * again_bytes < kept_bytes,
            "{again_bytes} of {kept_bytes}"
        );
    }
}
