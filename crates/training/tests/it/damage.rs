//! What was trained before, with a recipe that says something else now or with files that are damaged.

use std::path::Path;
use std::sync::Arc;

use tensor::files::{Safetensors, View, write_safetensors};
use training::{Kind, Options, State};

use crate::parity::{Golden, options};
use crate::recipe::{House, RECIPE, weights};
use crate::resume::trained;

#[test]
fn what_is_done_is_not_gone_on_from_by_other_words() {
    let house = House::new();
    let model = house.run(&Arc::default(), &mut |_| {}).unwrap();
    let before = weights(&model);
    for (said, now) in [
        ("learning_rate = 3e-3", "learning_rate = 4e-3"),
        ("seed = 3", "seed = 4"),
    ] {
        house.write("recipe.toml", &RECIPE.replacen(said, now, 1));
        let refused = house.refused();
        assert!(
            refused.contains("is done, and the recipe says something else of it now"),
            "{refused}"
        );
        assert!(
            refused.contains("hint: give the recipe another `name`"),
            "{refused}"
        );
    }
    assert_eq!(weights(&model), before);
    house.write("recipe.toml", RECIPE);
    house.run(&Arc::default(), &mut |_| {}).unwrap();
}

#[test]
fn a_token_beyond_the_network_is_refused_and_nothing_falls_over() {
    let house = House::new();
    house.run_until(1).unwrap_err();
    for token in [i32::MAX, -1] {
        for entry in std::fs::read_dir(house.path("runs/tiny/data")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "safetensors") {
                rewrite(&path, "tokens", &mut |bytes| {
                    token.to_le_bytes().repeat(bytes.len() / 4)
                });
            }
        }
        let refused = house.refused();
        assert!(
            refused.contains("a token that the network has no row for"),
            "{refused}"
        );
    }
}

#[test]
fn a_state_whose_mean_of_weights_is_cut_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let golden = Golden::open("llama-adamw");
    let options = Options {
        average: Some(0.9),
        ..options(Kind::AdamW)
    };
    let mut trainer = trained(&golden, &options);
    trainer.state(0.into()).save(&path).unwrap();
    trainer.restore(State::load(&path).unwrap()).unwrap();
    rewrite(&path, "average.1", &mut |bytes| bytes[4..].to_vec());
    let flaw = trainer.restore(State::load(&path).unwrap()).unwrap_err();
    assert!(flaw.contains("it has no fitting"), "{flaw}");
}

/// Writes a file anew with other bytes for one of its arrays, of one axis.
fn rewrite(path: &Path, changed: &str, change: &mut dyn FnMut(&[u8]) -> Vec<u8>) {
    let file = Safetensors::open(path).expect("a file that was written");
    let names: Vec<String> = file.names().map(str::to_owned).collect();
    let mut arrays = Vec::new();
    for name in &names {
        let view = file.view(name).expect("it was named");
        let mut bytes = view.bytes.to_vec();
        if name == changed {
            bytes = change(&bytes);
        }
        let count = bytes.len() * view.shape[0] / view.bytes.len();
        arrays.push((name.as_str(), view.dtype, count, bytes));
    }
    let views = arrays.iter().map(|(name, dtype, count, bytes)| {
        let view = View {
            dtype: *dtype,
            shape: vec![*count],
            bytes: &bytes[..],
        };
        (*name, view)
    });
    let views: Vec<_> = views.collect();
    write_safetensors(path, &views, file.metadata()).expect("there is room");
}
