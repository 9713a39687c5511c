//! Published checkpoints of Wan would load, and what is wrong with one is said.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use models::{Error, Umt5, WanOutline, WanTransformer, WanVaeOutline};
use serde_json::{Map, Value, json};
use tensor::files::{Dtype, View, write_safetensors};
use tensor::{Pool, WeightType};

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn manifest() -> Value {
    let text =
        std::fs::read_to_string(fixtures().join("wan-checkpoints.json")).expect("the manifest");
    serde_json::from_str(&text).expect("JSON")
}

/// Every tensor of a part, with its shape; numbered parts one by one.
fn tensors(part: &Value) -> BTreeMap<String, Vec<u64>> {
    let mut tensors = BTreeMap::new();
    for (name, shape) in part["tensors"].as_object().expect("names and shapes") {
        let shape: Vec<u64> = shape
            .as_array()
            .expect("a shape")
            .iter()
            .filter_map(Value::as_u64)
            .collect();
        let Some((head, rest)) = name.split_once(".*") else {
            tensors.insert(name.clone(), shape);
            continue;
        };
        let (count, rest) = rest.split_once('.').expect("a count");
        for number in 0..count.parse::<usize>().expect("a count") {
            tensors.insert(format!("{head}.{number}.{rest}"), shape.clone());
        }
    }
    tensors
}

/// A folder of that part whose file is as long as the real one, and full of holes.
fn sparse(folder: &Path, part: &Value, tensors: &BTreeMap<String, Vec<u64>>) {
    std::fs::write(folder.join("config.json"), part["config"].to_string())
        .expect("room for a file");
    let (mut header, mut end) = (Map::new(), 0);
    for (name, shape) in tensors {
        let start = end;
        end += 2 * shape.iter().product::<u64>();
        header.insert(
            name.clone(),
            json!({"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}),
        );
    }
    let header = Value::Object(header).to_string();
    let mut file = File::create(folder.join("model.safetensors")).expect("room for a file");
    file.write_all(&(header.len() as u64).to_le_bytes())
        .expect("room for a length");
    file.write_all(header.as_bytes())
        .expect("room for a header");
    file.set_len(8 + header.len() as u64 + end)
        .expect("holes take no room");
}

fn check(name: &str, folder: &Path, pool: &Pool) -> Result<(), Error> {
    match name.rsplit('/').next() {
        Some("transformer") => WanTransformer::check(folder, pool),
        Some("vae") => WanVaeOutline::check(folder, pool),
        _ => Umt5::open(folder, pool)?.check(),
    }
}

#[test]
fn names_and_sizes_of_the_published_checkpoints_would_load() {
    let pool = Pool::of_all_cores();
    let manifest = manifest();
    for (name, numbers) in [
        ("text_encoder", 5_680_910_336),
        ("wan2.1/transformer", 1_418_996_800),
        ("wan2.1/vae", 126_892_531),
        ("wan2.2/transformer", 4_999_787_712),
        ("wan2.2/vae", 704_688_668),
    ] {
        let part = &manifest[name];
        let folder = tempfile::tempdir().unwrap();
        let tensors = tensors(part);
        let count: u64 = tensors
            .values()
            .map(|shape| shape.iter().product::<u64>())
            .sum();
        assert_eq!(count, numbers, "{name}");
        sparse(folder.path(), part, &tensors);
        check(name, folder.path(), &pool).unwrap_or_else(|error| panic!("{name}: {error}"));
        // Each that is not as it should be is named.
        for wrong in tensors.keys().step_by(tensors.len() / 3) {
            let mut other = tensors.clone();
            other.get_mut(wrong).unwrap()[0] += 1;
            sparse(folder.path(), part, &other);
            let error = check(name, folder.path(), &pool).unwrap_err().to_string();
            assert!(
                error.contains(wrong.as_str()) && error.contains("hint:"),
                "{error}"
            );
            other.remove(wrong);
            sparse(folder.path(), part, &other);
            let error = check(name, folder.path(), &pool).unwrap_err().to_string();
            let module = wrong.rsplit_once('.').map_or("", |(module, _)| module);
            assert!(error.contains(module), "{wrong}: {error}");
        }
    }
}

#[test]
fn operations_of_the_published_checkpoints_are_known_before_they_are_read() {
    let manifest = manifest();
    let part = |name: &str| {
        let folder = tempfile::tempdir().unwrap();
        sparse(folder.path(), &manifest[name], &tensors(&manifest[name]));
        folder
    };
    let held = WeightType::As(Dtype::Bf16);
    // Five seconds at 832x480: 32,760 tokens. Those of the layers by hand, and of looks at each other.
    let folder = part("wan2.1/transformer");
    let pass = WanOutline::read(folder.path(), held).unwrap();
    let pass = pass.pass_operations([21, 60, 104], 512);
    assert!((pass / 2.83e14 - 1.0).abs() < 0.01, "{pass:e}");
    // 33 pictures of 416x240, as convolutions count.
    let folder = part("wan2.1/vae");
    let vae = WanVaeOutline::read(folder.path(), held).unwrap();
    let decoding = vae.decoding_operations([9, 30, 52]);
    assert!((decoding / 27.5e12 - 1.0).abs() < 0.05, "{decoding:e}");
    let longer = vae.decoding_operations([17, 30, 52]) / decoding;
    assert!((longer - 65.0 / 33.0).abs() < 0.02, "{longer}");
}

#[test]
fn weights_that_are_not_finite_and_files_that_are_not_there_are_named() {
    let pool = Pool::of_all_cores();
    let folder = tempfile::tempdir().unwrap();
    let from = fixtures().join("wan/t2v/transformer");
    let text = std::fs::read_to_string(from.join("config.json")).unwrap();
    std::fs::write(folder.path().join("config.json"), &text).unwrap();
    let whole = tensor::files::Checkpoint::open(&from).unwrap();
    let broken = "blocks.1.attn2.to_k.weight";
    let numbers: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = whole
        .names()
        .map(|name| {
            let view = whole.view(name).unwrap();
            let mut bytes = view.bytes.to_vec();
            if name == broken {
                bytes[100..102].copy_from_slice(&0x7fc0_u16.to_le_bytes());
            }
            (name.to_owned(), view.dtype, view.shape, bytes)
        })
        .collect();
    let views: Vec<(&str, View<'_>)> = numbers
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            (
                name.as_str(),
                View::new(*dtype, shape.clone(), bytes).unwrap(),
            )
        })
        .collect();
    let file = folder.path().join("diffusion_pytorch_model.safetensors");
    write_safetensors(&file, &views, &BTreeMap::new()).unwrap();
    let load =
        || WanTransformer::load(folder.path(), WeightType::As(Dtype::F32), &[], &pool).map(|_| ());
    let error = load().unwrap_err();
    assert!(
        matches!(&error, Error::NotFinite(name) if name == broken),
        "{error}"
    );
    assert!(
        error.to_string().contains("hint: fetch its file again"),
        "{error}"
    );
    let index =
        json!({"weight_map": {broken: "diffusion_pytorch_model-00002-of-00002.safetensors"}});
    let index_file = folder
        .path()
        .join("diffusion_pytorch_model.safetensors.index.json");
    std::fs::write(index_file, index.to_string()).unwrap();
    let error = load().unwrap_err().to_string();
    assert!(
        error.contains("00002-of-00002") && error.contains("hint:"),
        "{error}"
    );
    let other = text.replace("WanTransformer3DModel", "FluxTransformer2DModel");
    std::fs::write(folder.path().join("config.json"), other).unwrap();
    std::fs::remove_file(
        folder
            .path()
            .join("diffusion_pytorch_model.safetensors.index.json"),
    )
    .unwrap();
    let error = load().unwrap_err().to_string();
    assert!(
        error.contains("`FluxTransformer2DModel` is not known"),
        "{error}"
    );
}
