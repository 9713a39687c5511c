//! What may be typed after `freehold serve`.

use std::net::IpAddr;
use std::path::PathBuf;

use super::Weights;

/// `freehold serve`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  freehold                           the same as freehold serve: for this machine, at http://127.0.0.1:8787
  OPENAI_BASE_URL=http://127.0.0.1:8787/v1 OPENAI_API_KEY=none your-program
  freehold serve --bind 0.0.0.0 --tls-certificate chain.pem --tls-key key.pem
  freehold serve --load qwen3 --log info

Ctrl-C ends what has begun and stops; a second one stops at once.")]
pub struct Serve {
    /// The address to listen on; others than this machine's own need accounts
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: IpAddr,

    /// A proxy with TLS stands before it: other machines may reach it, everybody shows a key or signs in
    #[arg(long)]
    pub behind_proxy: bool,

    /// The certificate that encrypts connections, with those above it, in PEM; read again when it is renewed
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_key",
        conflicts_with = "behind_proxy"
    )]
    pub tls_certificate: Option<PathBuf>,

    /// The certificate's key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,

    /// Everybody shows a key or signs in, on this machine, too
    #[arg(long)]
    pub accounts: bool,

    /// The port to listen on; 0 takes any that is free
    #[arg(long, value_name = "N", default_value = "8787")]
    pub port: u16,

    /// The folder of everything that is kept [default: $XDG_DATA_HOME/freehold]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The file of settings, with servers that run further models [default: freehold.toml in that folder]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The database: `sqlite:FILE` in that folder, or `postgres://…`
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,

    /// Memory that models may take together, in GiB [default: what is free now]
    #[arg(long, value_name = "GIB")]
    pub memory: Option<f64>,

    /// Answers that a model makes at the same time
    #[arg(long, value_name = "N", default_value = "8", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub answers: u32,

    /// Tokens of conversation and answer together [default: as memory allows]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(64..))]
    pub context: Option<u32>,

    /// How weights are held: `stored`, or a format such as `Q8_0`
    #[arg(long, value_name = "TYPE", default_value = "stored")]
    pub weights: Weights,

    /// A model to read into memory at once; may be given more than once [default: each when it is asked for]
    #[arg(long, value_name = "MODEL")]
    pub load: Vec<String>,

    /// What is written to standard error while it runs; with --json, as JSON
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Log::Warn)]
    pub log: Log,

    /// A file of JSON with what a model called `script` says, for trials: lines with `when`, `text`, `calls`
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,

    /// A folder with the web app in place of the built-in one, read anew with each request, for work on it
    #[arg(long, value_name = "DIR", hide = true)]
    pub web: Option<PathBuf>,
}

/// How much a server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Log {
    /// What broke.
    Error,
    /// And what may.
    Warn,
    /// And each request: method, path, status, time; never what was said.
    Info,
    /// And each connection and try.
    Debug,
}
