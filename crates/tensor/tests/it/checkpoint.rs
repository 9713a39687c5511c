//! Opening whatever people point at: folders, single files, shards, and things that are no models.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use tempfile::TempDir;
use tensor::Pool;
use tensor::files::{Checkpoint, Dtype, Source, Value, View, write_gguf};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");

/// A safetensors file with one tensor `name` of one byte.
fn safetensors(name: &str) -> Vec<u8> {
    let header = format!(r#"{{"{name}":{{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}}}"#);
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.push(7);
    file
}

/// A folder of files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("a file");
    }
    folder
}

fn refusal(path: &Path) -> String {
    let opened = Checkpoint::open(path);
    opened.expect_err("not a model").to_string()
}

#[test]
fn a_folder_a_file_and_shards_are_opened_alike() {
    let sharded = format!("{FIXTURES}/models/llama-mha-bias-sharded");
    let checkpoint = Checkpoint::open(&sharded).unwrap();
    let index = fs::read(format!("{sharded}/model.safetensors.index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    let promised = index["weight_map"].as_object().unwrap();
    assert_eq!(checkpoint.names().len(), promised.len());
    for name in promised.keys() {
        assert!(!checkpoint.view(name).unwrap().is_empty(), "{name}");
        checkpoint.release(name);
    }
    assert_eq!(checkpoint.folder(), Path::new(&sharded));
    let by_index = Checkpoint::open(format!("{sharded}/model.safetensors.index.json")).unwrap();
    assert_eq!(by_index.names().len(), promised.len());
    let by_shard = Checkpoint::open(format!("{sharded}/model-00002-of-00003.safetensors")).unwrap();
    assert_eq!(by_shard.names().len(), promised.len());

    let single = Checkpoint::open(format!("{FIXTURES}/models/llama")).unwrap();
    let file = Checkpoint::open(format!("{FIXTURES}/models/llama/model.safetensors")).unwrap();
    assert!(single.names().eq(file.names()));
    let gguf = Checkpoint::open(format!("{FIXTURES}/files/every.gguf")).unwrap();
    assert_eq!(
        gguf.metadata()
            .unwrap()
            .text("general.architecture")
            .unwrap(),
        "llama"
    );
}

#[test]
fn all_parts_of_a_split_gguf_model_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |number: u16| folder.path().join(format!("m-{number:05}-of-00002.gguf"));
    let write = |number: u16, promised: i32| {
        let values = [
            ("split.no", Value::U16(number - 1)),
            ("split.count", Value::U16(2)),
            ("split.tensors.count", Value::I32(promised)),
        ];
        let view = View::new(Dtype::F32, vec![1], &[0, 0, 128, 63]).unwrap();
        let source = Source {
            name: format!("t{number}"),
            dtype: Dtype::F32,
            view,
        };
        let values = values.each_ref().map(|(key, value)| (*key, value));
        let pool = Pool::new(NonZeroUsize::MIN);
        write_gguf(path(number), &values, &[source], &pool, &mut |_| {}).unwrap();
    };
    write(1, 2);
    assert!(refusal(&path(1)).contains("its part `m-00002-of-00002.gguf` is not there"));
    write(2, 2);
    for opened in [folder.path(), &path(1), &path(2)] {
        let checkpoint = Checkpoint::open(opened).unwrap();
        assert_eq!(checkpoint.names().collect::<Vec<_>>(), ["t1", "t2"]);
        assert_eq!(checkpoint.view("t2").unwrap().to_f32(), [1.0]);
        assert_eq!(checkpoint.bytes(), 8);
        assert_eq!(checkpoint.metadata().unwrap().u64("split.no").unwrap(), 0);
    }
    write(1, 3);
    assert!(refusal(folder.path()).contains("its parts hold 2 tensors of 3"));
}

#[test]
fn a_missing_shard_is_named() {
    let index =
        r#"{"weight_map":{"a":"x-00001-of-00002.safetensors","b":"x-00002-of-00002.safetensors"}}"#;
    let first = ("x-00001-of-00002.safetensors", &*safetensors("a"));
    let with_index = folder(&[("model.safetensors.index.json", index.as_bytes()), first]);
    let without = folder(&[first]);
    for folder in [&with_index, &without] {
        let refusal = refusal(folder.path());
        let reason = "is incomplete: its part `x-00002-of-00002.safetensors` is not there\nhint: ";
        assert!(refusal.contains(reason), "{refusal}");
    }
    let second = ("x-00002-of-00002.safetensors", &*safetensors("c"));
    let other = folder(&[
        ("model.safetensors.index.json", index.as_bytes()),
        first,
        second,
    ]);
    let refusal = refusal(other.path());
    assert!(
        refusal.contains("the index says that it holds tensor `b`, which it does not"),
        "{refusal}"
    );
}

#[test]
fn an_index_does_not_lead_out_of_its_folder() {
    for escape in [
        "../a.safetensors",
        "/etc/passwd",
        "..",
        "",
        "a/b.safetensors",
    ] {
        let index = serde_json::json!({"weight_map": {"a": escape}}).to_string();
        let folder = folder(&[("model.safetensors.index.json", index.as_bytes())]);
        let refusal = refusal(folder.path());
        assert!(
            refusal.contains("which is not a file beside it"),
            "{refusal}"
        );
    }
}

#[test]
fn what_is_no_model_is_named_with_a_way_out() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    let cases: [(&str, &[u8], &str); 9] = [
        ("model.safetensors", b"", "is incomplete: it is empty"),
        (
            "model.safetensors",
            pointer,
            "is a git-lfs pointer, not the weights it points to\nhint: run `git lfs pull`",
        ),
        ("model.gguf", pointer, "is a git-lfs pointer"),
        (
            "model.safetensors.index.json",
            pointer,
            "is a git-lfs pointer",
        ),
        (
            "pytorch_model.bin",
            b"PK\x03\x04",
            "holds only PyTorch files such as `pytorch_model.bin`",
        ),
        (
            "model.safetensors",
            b"PK\x03\x04----",
            "is a PyTorch file, which can run code",
        ),
        ("model.safetensors", b"\x80\x02}q\x00", "is a pickle"),
        (
            "model.safetensors",
            b"<!DOCTYPE html><html></html>",
            "is a web page",
        ),
        (
            "readme.md",
            b"hello",
            "holds no model\nhint: point at a folder with `model.safetensors`",
        ),
    ];
    for (name, bytes, reason) in cases {
        let folder = folder(&[(name, bytes)]);
        let refusal = refusal(folder.path());
        assert!(refusal.contains(reason), "{refusal} lacks {reason}");
    }
    let empty = folder(&[]);
    assert!(refusal(empty.path()).contains("is an empty folder"));
    assert!(refusal(&empty.path().join("none")).starts_with("cannot open `"));
    let two = folder(&[("a.gguf", b"GGUF"), ("b.gguf", b"GGUF")]);
    assert!(refusal(two.path()).contains("holds several models: `a.gguf`, `b.gguf`\nhint: "));
}
