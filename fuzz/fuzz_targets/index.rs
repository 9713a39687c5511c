//! A folder with an index of shards: refused, or every tensor where the index says.

#![cfg_attr(feature = "libfuzzer", no_main)]

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use fuzz::{Target, outcome_of};
use tensor::files::Checkpoint;

const TARGET: Target = Target {
    name: "index",
    parse,
    seeds,
    bytes_max: |length| 64 * length + (64 << 10),
};

/// A folder with two shards, where the index is written.
fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // Memory where there is such a folder: the disk would be the slowest part.
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() {
            memory
        } else {
            std::env::temp_dir()
        };
        let folder = parent.join(format!("fuzz-index-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for shards");
        for name in ["a", "b"] {
            let header =
                format!(r#"{{"{name}":{{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}}}"#);
            let mut shard = (header.len() as u64).to_le_bytes().to_vec();
            shard.extend(header.bytes());
            shard.extend([7; 4]);
            fs::write(folder.join(format!("{name}.safetensors")), shard).expect("room for a shard");
        }
        folder
    })
}

fn parse(bytes: &[u8]) -> String {
    let index = folder().join("model.safetensors.index.json");
    fs::write(&index, bytes).expect("room for an index");
    match Checkpoint::open(folder()) {
        Ok(checkpoint) => outcome_of(
            8,
            checkpoint
                .names()
                .take(1)
                .map(|name| checkpoint.view(name).expect("a name of the model")),
        ),
        Err(error) => error.to_string(),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    [
        r#"{"metadata":{"total_size":8},"weight_map":{"a":"a.safetensors","b":"b.safetensors"}}"#,
        r#"{"weight_map":{"a":"../a.safetensors","b":"c-00001-of-00002.safetensors"}}"#,
    ]
    .map(|index| index.as_bytes().to_vec())
    .to_vec()
}

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.parse)(bytes);
});

#[cfg(not(feature = "libfuzzer"))]
fn main() -> std::process::ExitCode {
    fuzz::run(&TARGET)
}
