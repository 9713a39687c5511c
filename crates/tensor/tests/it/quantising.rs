//! Numbers that become smaller ones are those that the reference makes, in memory and in files.

use std::num::NonZeroUsize;

use tensor::Pool;
use tensor::files::{Checkpoint, Dtype, Gguf, Source, Value, View, quantise, write_gguf};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/files");

fn pool(threads: usize) -> Pool {
    Pool::new(NonZeroUsize::new(threads).expect("a thread"))
}

#[test]
fn blocks_are_those_that_the_reference_makes() {
    let golden = Checkpoint::open(format!("{FIXTURES}/quantised.safetensors")).unwrap();
    let numbers = golden.view("f32").unwrap();
    for dtype in [
        Dtype::F16,
        Dtype::Bf16,
        Dtype::Q8_0,
        Dtype::Q4_0,
        Dtype::Mxfp4,
    ] {
        let expected = golden.view(dtype.name()).unwrap().bytes;
        for threads in [1, 3] {
            let made = quantise(&numbers, dtype, &pool(threads)).unwrap();
            assert!(made == expected, "{dtype} on {threads} threads");
        }
    }
    let same = quantise(&numbers, Dtype::F32, &pool(1)).unwrap();
    assert_eq!(same, numbers.bytes);
}

#[test]
fn k_blocks_are_as_near_as_their_bits_allow() {
    let golden = Checkpoint::open(format!("{FIXTURES}/quantised.safetensors")).unwrap();
    let numbers = golden.view("f32").unwrap();
    // Root of the mean square error against that of the numbers: normal ones, at these bits.
    for (dtype, least, most) in [(Dtype::Q4K, 0.05, 0.085), (Dtype::Q6K, 0.01, 0.02)] {
        let made = quantise(&numbers, dtype, &pool(2)).unwrap();
        let made = View::new(dtype, numbers.shape.clone(), &made).unwrap();
        // Rows of a size that half floats of scales can tell apart.
        for row in 1..4 {
            let (own, found) = (numbers.at(row).to_f32(), made.at(row).to_f32());
            let square = |x: &f32| f64::from(*x).powi(2);
            let error: f64 = own.iter().zip(&found).map(|(a, b)| square(&(a - b))).sum();
            let relative = (error / own.iter().map(square).sum::<f64>()).sqrt();
            assert!(
                (least..most).contains(&relative),
                "{dtype}, row {row}: {relative}"
            );
        }
        assert!(made.at(5).to_f32().iter().all(|x| *x == 0.0), "zeros stay");
    }
}

#[test]
fn what_cannot_be_made_is_nothing() {
    let bytes = [0; 40 * 4];
    let numbers = View::new(Dtype::F32, vec![40], &bytes).unwrap();
    assert_eq!(quantise(&numbers, Dtype::Q8_0, &pool(1)), None);
    assert_eq!(quantise(&numbers, Dtype::I32, &pool(1)), None);
    let none = View::new(Dtype::F32, vec![0, 32], &[]).unwrap();
    assert_eq!(quantise(&none, Dtype::Q8_0, &pool(2)), Some(Vec::new()));
}

#[test]
fn a_model_is_written_in_other_types_piece_by_piece() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.gguf");
    // More than is converted at a time, with a last piece that is shorter.
    let (rows, columns) = (1_111, 2_048);
    let halves: Vec<u8> = (0..rows * columns)
        .flat_map(|at| half::bf16::from_f32((at % 977) as f32 / 97.0 - 5.0).to_le_bytes())
        .collect();
    let matrix = View::new(Dtype::Bf16, vec![rows, columns], &halves).unwrap();
    let norm = View::new(Dtype::F32, vec![3], &[7; 12]).unwrap();
    let scalar = View::new(Dtype::F32, vec![], &[1, 2, 3, 4]).unwrap();
    let source = |name: &str, dtype, view: &View<'static>| Source {
        name: name.to_owned(),
        dtype,
        view: view.clone(),
    };
    let sources = [
        Source {
            name: "a".to_owned(),
            dtype: Dtype::F32,
            view: matrix.clone(),
        },
        Source {
            name: "b".to_owned(),
            dtype: Dtype::Q8_0,
            view: matrix.clone(),
        },
        source("c", Dtype::F32, &norm),
        source("d", Dtype::F16, &scalar),
        source(
            "e",
            Dtype::Q4K,
            &View::new(Dtype::Q4K, vec![256], &[5; 144]).unwrap(),
        ),
    ];
    let architecture = Value::Text("llama".to_owned());
    let mut told = Vec::new();
    write_gguf(
        &path,
        &[("general.architecture", &architecture)],
        &sources,
        &pool(2),
        &mut |source| told.push(source.name.clone()),
    )
    .unwrap();
    assert_eq!(told, ["a", "b", "c", "d", "e"]);
    let read = Gguf::open(&path).unwrap();
    for Source { name, dtype, view } in &sources {
        let found = read.view(name).unwrap();
        assert_eq!((found.dtype, &found.shape), (*dtype, &view.shape), "{name}");
        let expected = quantise(view, *dtype, &pool(1)).unwrap();
        assert!(found.bytes == expected, "{name}");
    }
    assert!(read.view("a").unwrap().to_f32() == matrix.to_f32());
}

#[test]
fn a_wish_that_cannot_be_met_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let view = View::new(Dtype::F32, vec![3], &[7; 12]).unwrap();
    for dtype in [Dtype::Q8_0, Dtype::Iq4Nl] {
        let sources = [Source {
            name: "a".to_owned(),
            dtype,
            view: view.clone(),
        }];
        let path = folder.path().join("new.gguf");
        let refused = write_gguf(path, &[], &sources, &pool(1), &mut |_| {});
        let refusal = refused.unwrap_err().to_string();
        let reason = format!("tensor `a` of type `F32` and shape [3] cannot become `{dtype}`");
        assert!(refusal.contains(&reason), "{refusal}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
