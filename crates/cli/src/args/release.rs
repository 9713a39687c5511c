//! What may be typed after `freehold release`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use tensor::files::{Dtype, Mix};

/// `freehold release RUN`, or one of its commands.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  freehold release key owner.pem                     a pair of keys: owner.pem signs, owner.pub is passed on
  freehold release recipe.toml --key owner.pem       everything, to runs/NAME/release
  freehold release recipe.toml --dtype bf16 --gguf none --results results.json -o tiny
  freehold release verify tiny --key owner.pub       anybody, anywhere

The folder holds the weights for transformers and llama.cpp, cards of model and data, the recipe, every step of
the training, a bill of materials, and two forms of the EU's AI Act. docs/training.md says more."
)]
pub struct Release {
    #[command(subcommand)]
    pub command: Option<ReleaseCommand>,

    /// The recipe of a training that is done, or the folder of its run
    #[arg(value_name = "RECIPE", required = true)]
    pub from: Option<PathBuf>,

    /// Where the release shall lie [default: runs/NAME/release]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// What the weights are kept as; all but f32, as they were trained, rounds them
    #[arg(long, value_name = "TYPE", default_value = "f32")]
    pub dtype: ReleaseDtype,

    /// Files of GGUF beside them, or none
    #[arg(long, value_name = "FORMATS", default_value = "f16,q8_0,q4_k_m", value_parser = mixes)]
    pub gguf: Mixes,

    /// Release the networks before each stage as well
    #[arg(long)]
    pub checkpoints: bool,

    /// What was measured of the model: a JSON object of names with numbers, and `command`, which made them
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,

    /// The private key that signs; without it, the release is not signed
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// What is done with a release.
#[derive(Debug, Subcommand)]
pub enum ReleaseCommand {
    /// Check that a release is what was signed; exit 1 if anything was changed, added or taken away
    Verify(ReleaseVerify),
    /// Sign a folder as it is
    Sign(ReleaseSign),
    /// Make a pair of keys to sign with
    Key(ReleaseKey),
}

/// Numbers that weights are kept as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReleaseDtype {
    /// As they were trained.
    F32,
    /// Half floats: eleven bits of each number.
    F16,
    /// Brain floats: eight bits of each number.
    Bf16,
}

impl ReleaseDtype {
    /// As files name it.
    pub fn dtype(self) -> Dtype {
        match self {
            Self::F32 => Dtype::F32,
            Self::F16 => Dtype::F16,
            Self::Bf16 => Dtype::Bf16,
        }
    }
}

/// Formats of GGUF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mixes(pub Vec<Mix>);

fn mixes(text: &str) -> Result<Mixes, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Mixes(Vec::new()));
    }
    let mut mixes = Vec::new();
    for name in text.split(',') {
        let Some(mix) = Mix::of_name(name.trim()) else {
            let names = Mix::ALL.map(|mix| mix.name().to_lowercase());
            return Err(format!(
                "`{name}` is no format\nhint: `--gguf` takes `none`, or some of {} with commas between",
                names.join(", ")
            ));
        };
        if !mixes.contains(&mix) {
            mixes.push(mix);
        }
    }
    Ok(Mixes(mixes))
}

/// `freehold release verify DIR`
#[derive(Debug, clap::Args)]
pub struct ReleaseVerify {
    /// The release
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,

    /// The public key of whoever you trust to have signed; without it, the key in the release tells of damage alone
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// `freehold release sign DIR`
#[derive(Debug, clap::Args)]
pub struct ReleaseSign {
    /// The release
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,

    /// The private key: ECDSA over P-256, PEM
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}

/// `freehold release key FILE`
#[derive(Debug, clap::Args)]
pub struct ReleaseKey {
    /// Where the private key shall lie; the public one lies beside it as `.pub`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
