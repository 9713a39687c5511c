//! What others say of a release: made here of a tiny model, and read by the programs of the formats' own makers.

use std::fs;
use std::process::Command;

use anyhow::{Result, bail};

use super::{Trial, passes};
use crate::tree;

/// Cases that need the same packages, the file that lists them, and whether they run when nothing is named: the others take
/// gigabytes, or a compiler.
const GROUPS: &[(&[&str], &str, bool)] = &[
    (
        &["signing", "bom", "gguf"],
        "release/requirements.txt",
        true,
    ),
    (&["events"], "release/tensorboard.txt", true),
    (&["transformers"], "release/transformers.txt", false),
    (&["llama"], "release/llama.txt", false),
];

const RECIPE: &str = r#"
name = "tiny"
seed = 3

[tokenizer]
vocab_size = 280
digits = 1

[[data]]
name = "numbers"
path = "numbers.jsonl"
format = "jsonl"
licence = "CC0-1.0"

[model]
hidden_size = 256
num_hidden_layers = 2
num_attention_heads = 4
num_key_value_heads = 2
intermediate_size = 512
max_position_embeddings = 128

[[stage]]
name = "read"
purpose = "pretrain"
steps = 20
batch_tokens = 400
context = 48
learning_rate = 3e-3

[release]
licence = "Apache-2.0"
kinds = { numbers = "synthetic" }
"#;

pub fn run(trial: &Trial<'_>) -> Result<bool> {
    let named = trial.cases;
    let known: Vec<&str> = GROUPS
        .iter()
        .flat_map(|(cases, ..)| *cases)
        .copied()
        .collect();
    if let Some(case) = named.iter().find(|case| !known.contains(case)) {
        bail!("there is no case `{case}`: there are {}", known.join(", "));
    }
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let lines = (0..80).map(|n| {
        format!(
            "{{\"text\": \"The next number is {n}, and after it comes {}.\"}}\n",
            n + 1
        )
    });
    fs::write(path("numbers.jsonl"), lines.collect::<String>())?;
    fs::write(path("recipe.toml"), RECIPE)?;
    let (recipe, key, release) = (path("recipe.toml"), path("owner.pem"), path("release"));
    let freehold = || Command::new(trial.freehold);
    tree::stdout_of(freehold().arg("train").arg(&recipe))?;
    tree::stdout_of(freehold().args(["release", "key"]).arg(&key))?;
    let mut make = freehold();
    make.arg("release").arg(&recipe).arg("--out").arg(&release);
    tree::stdout_of(make.arg("--checkpoints").arg("--key").arg(&key))?;
    let mut is_good = true;
    for (cases, packages, is_usual) in GROUPS {
        let is_wanted = |case: &&str| match named.is_empty() {
            true => *is_usual,
            false => named.contains(case),
        };
        let wanted: Vec<&str> = cases.iter().copied().filter(is_wanted).collect();
        if wanted.is_empty() {
            continue;
        }
        let mut check = Command::new(trial.place.python_with(packages)?);
        check
            .arg(trial.place.sources("release/check.py"))
            .args(wanted);
        check.arg("--release").arg(&release);
        check.arg("--freehold").arg(trial.freehold);
        check.arg("--key").arg(&key);
        check.arg("--public").arg(key.with_extension("pub"));
        check.arg("--run").arg(path("runs/tiny"));
        is_good &= passes(&mut check)?;
    }
    Ok(is_good)
}
