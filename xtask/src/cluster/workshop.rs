//! Recipes to try, and what came of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

const RECIPE: &str = r#"
name = "tiny"
seed = 1

[tokenizer]
vocab_size = 1024

[[data]]
name = "code"
path = "code"
format = "text"
licence = "Apache-2.0"

[[data]]
name = "aside"
path = "aside"
format = "text"
licence = "Apache-2.0"
held_out = true

[model]
hidden_size = 64
num_hidden_layers = 2
num_attention_heads = 4
intermediate_size = 172
max_position_embeddings = 128

[[stage]]
name = "read"
purpose = "pretrain"
validate = ["aside"]
steps = STEPS
batch_tokens = 2048
context = 128
learning_rate = 3e-3
validate_every = 100000
save_minutes = 0.02
"#;

/// Where everything is tried.
pub struct Workshop {
    /// The program with MPI.
    pub freehold: PathBuf,
    folder: PathBuf,
}

/// One run, in a folder of its own.
pub struct Trial {
    pub recipe: PathBuf,
    folder: PathBuf,
}

impl Workshop {
    /// Makes the texts to learn from: sources of this workspace, and its documents to measure with.
    pub fn new(freehold: PathBuf) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let root = root.context("xtask lies in a folder of the workspace")?;
        let folder = root.join("target/cluster");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        for (name, from, ending) in [
            ("code", "crates/training/src", "rs"),
            ("code", "crates/models/src", "rs"),
            ("code", "crates/engine/src", "rs"),
            ("aside", "crates/tensor/src", "rs"),
        ] {
            let to = folder.join(name);
            fs::create_dir_all(&to)?;
            copy(&root.join(from), ending, &to, from)?;
        }
        Ok(Self { freehold, folder })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A recipe of so many steps, with further lines for its stage.
    pub fn trial(&self, name: &str, steps: u32, stage: &str) -> Result<Trial> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        let text = RECIPE
            .replace("\"code\"\nformat", "\"../code\"\nformat")
            .replace("\"aside\"\nformat", "\"../aside\"\nformat")
            .replace("STEPS", &steps.to_string());
        let recipe = folder.join("recipe.toml");
        fs::write(&recipe, text + stage)?;
        Ok(Trial { recipe, folder })
    }

    /// The program, as one process.
    pub fn alone(&self) -> Command {
        Command::new(&self.freehold)
    }

    /// The program, as so many processes.
    pub fn ranks(&self, count: usize) -> Command {
        let mut command = Command::new("mpirun");
        command.args([
            "--oversubscribe",
            "--allow-run-as-root",
            "--bind-to",
            "none",
        ]);
        // Every machine has a loop; not every one has another network.
        command.args(["--mca", "btl", "self,vader,tcp", "-n", &count.to_string()]);
        command.arg(&self.freehold);
        command
    }
}

impl Trial {
    /// The folder of the only stage.
    pub fn stage(&self) -> PathBuf {
        self.folder.join("runs/tiny/read")
    }

    pub fn out(&self) -> PathBuf {
        self.folder.join("runs/tiny")
    }

    pub fn is_done(&self) -> bool {
        self.stage().join("model/config.json").is_file()
    }

    /// The loss of each step, in the order in which the journal has them.
    pub fn losses(&self) -> Result<Vec<(u64, f64)>> {
        let lines = self.lines("step")?;
        let losses = lines.iter().filter_map(|line| {
            let (step, loss) = (line.get("step")?.as_u64()?, line.get("loss")?.as_f64()?);
            Some((step, loss))
        });
        Ok(losses.collect())
    }

    /// The last loss on what is held out.
    pub fn measured(&self) -> Result<f64> {
        let lines = self.lines("measured")?;
        let last = lines.last().and_then(|line| line.get("loss")?.as_f64());
        last.context("nothing was measured")
    }

    /// Lines of one kind of the journal; what is being written is passed over.
    pub fn lines(&self, kind: &str) -> Result<Vec<Value>> {
        let text = fs::read_to_string(self.stage().join("log.jsonl")).unwrap_or_default();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        Ok(lines.filter(|line: &Value| line["kind"] == kind).collect())
    }

    /// The newest state.
    pub fn state(&self) -> Option<(u64, PathBuf)> {
        let entries = fs::read_dir(self.stage()).ok()?.flatten();
        let states = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.strip_prefix("state-")?.strip_suffix(".safetensors")?;
            Some((number.parse().ok()?, entry.path()))
        });
        states.max()
    }

    pub fn weights(&self) -> Result<Vec<u8>> {
        Ok(fs::read(self.stage().join("model/model.safetensors"))?)
    }

    /// How far the losses are from those of another run, as a share of them. Both have every step once.
    pub fn distance(&self, other: &Self) -> Result<f64> {
        let (own, other) = (self.losses()?, other.losses()?);
        let steps = |losses: &[(u64, f64)]| losses.iter().map(|loss| loss.0).collect::<Vec<_>>();
        ensure!(
            !own.is_empty() && steps(&own) == steps(&other),
            "the journals have {} and {} steps, or not each once",
            own.len(),
            other.len()
        );
        let pairs = own.iter().zip(&other);
        Ok(pairs
            .map(|(own, other)| ((own.1 - other.1) / other.1).abs())
            .fold(0.0, f64::max))
    }
}

/// Copies files of one ending into one folder, names of folders before their own.
fn copy(from: &Path, ending: &str, to: &Path, name: &str) -> Result<()> {
    let mut entries: Vec<_> = fs::read_dir(from)?.collect::<std::io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = format!("{name}-{}", entry.file_name().to_string_lossy()).replace('/', "-");
        if path.is_dir() {
            copy(&path, ending, to, &name)?;
        } else if path.extension().is_some_and(|end| end == ending) {
            fs::copy(&path, to.join(name + ".txt"))?;
        }
    }
    Ok(())
}
