//! What may be typed after `freehold video` and `freehold media`.

use std::path::PathBuf;

/// `freehold video …`
#[derive(Debug, clap::Subcommand)]
pub enum Video {
    /// Make a film of what is said
    Create(VideoCreate),
    /// Make a film longer, or follow it with another shot
    Extend(VideoExtend),
    /// Make a film again with other words: the same chance, size and length
    Remix(VideoRemix),
    /// Make a film of several shots, as a file lists them
    Storyboard(VideoStoryboard),
    /// List the films of a folder that say how they were made
    List(VideoList),
    /// Say how a film was made
    Show(VideoShow),
}

/// `freehold video create PROMPT`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  freehold video create 'a red ball bounces on a checkerboard'
  freehold video create 'two blue cubes collide at night' -o cubes.mp4 --seconds 3
  freehold video create 'a striped ring spins, the camera zooms in' -o ring.gif --size 480x480 --loop
  freehold video create 'a small yellow star orbits a large purple sphere' --seed 7

The scene renderer draws from words: circles, squares, triangles, stars, rings, capsules, spheres, cubes and
cones; ten colours, three sizes, patterns; how they move, what is behind them, and what the camera does. Words
that it does not know are named. Every film says in itself how it was made (`freehold media verify`).")]
pub struct VideoCreate {
    /// What is seen
    #[arg(value_name = "PROMPT")]
    pub prompt: String,

    #[command(flatten)]
    pub made: Made,

    /// How long it lasts
    #[arg(long, value_name = "N", default_value_t = 4.0)]
    pub seconds: f32,

    /// Pixels in a row and rows [default: 1280x720, or what is usual for the model]
    #[arg(long, value_name = "WxH")]
    pub size: Option<String>,

    /// Pictures a second [default: 24, or those of the model]
    #[arg(long, value_name = "N")]
    pub fps: Option<u32>,

    /// Chance: the same words with the same seed are the same film [default: another each time]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Let its end lead back to its beginning
    #[arg(long = "loop")]
    pub is_loop: bool,
}

/// Where a film goes, and who makes it.
#[derive(Clone, Debug, clap::Args)]
pub struct Made {
    /// The film: `.mp4`, `.gif` or `.png` (animated) [default: named after its words]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,

    /// How the pictures of an `.mp4` are encoded
    #[arg(long, value_name = "CODEC", default_value = "h264")]
    pub codec: Codec,

    /// What is heard: WAV, FLAC, MP3, Ogg Vorbis, Opus or M4A [default: what is drawn has a sound of its own]
    #[arg(long, value_name = "FILE", conflicts_with = "silent")]
    pub sound: Option<PathBuf>,

    /// Make it without sound
    #[arg(long)]
    pub silent: bool,

    /// Say in a corner of each picture, for all to see, that it was generated (`AI`) or drawn (`CG`)
    #[arg(long)]
    pub label: bool,

    /// A network that makes it, in place of the scene renderer: `built-in`, what `freehold train` made, or Wan 2.1 T2V or
    /// Wan 2.2 TI2V in the layout of `diffusers`
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,

    /// Steps from noise to film, with `--model`: more are better, and slower [default: what is usual for it]
    #[arg(long, value_name = "N", requires = "model")]
    pub steps: Option<u32>,

    /// How much more weight is on the words, with `--model`; 1 is none [default: what is usual for it]
    #[arg(long, value_name = "X", requires = "model")]
    pub guidance: Option<f32>,

    /// What should not be seen, with `--model`
    #[arg(long, value_name = "WORDS", requires = "model")]
    pub negative: Option<String>,

    /// A picture that is seen first, with `--model`: GIF, JPEG, PNG or WebP
    #[arg(long, value_name = "FILE", requires = "model")]
    pub first: Option<PathBuf>,

    /// A picture that is seen last, with `--model`
    #[arg(long, value_name = "FILE", requires = "model")]
    pub last: Option<PathBuf>,

    /// An adapter (LoRA) for open weights, and how strong it is, as in `style.safetensors=0.8`; may be said again
    #[arg(long = "adapter", value_name = "FILE[=X]", requires = "model")]
    pub adapters: Vec<String>,

    /// How open weights are held in memory: `q8_0` takes half of `bf16`, and `q4_0` a quarter
    #[arg(long, value_name = "TYPE", requires = "model")]
    pub weights: Option<Weights>,
}

/// How the pictures of an MP4 are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Codec {
    /// Plays everywhere
    H264,
    /// Smaller and slower to make, where Freehold was built with it
    Av1,
}

/// How open weights are held in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Weights {
    /// As numbers of 16 bits, as they are published
    #[value(name = "bf16")]
    Bf16,
    /// In 8 bits
    #[value(name = "q8_0")]
    Q8,
    /// In 4 bits
    #[value(name = "q4_0")]
    Q4,
}

/// `freehold video extend FILE [PROMPT]`
#[derive(Debug, clap::Args)]
pub struct VideoExtend {
    /// A film that Freehold made
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// What is seen next [default: the last shot is made anew, longer]
    #[arg(value_name = "PROMPT")]
    pub prompt: Option<String>,

    /// How much longer it gets
    #[arg(long, value_name = "N", default_value_t = 4.0)]
    pub seconds: f32,

    #[command(flatten)]
    pub made: Made,
}

/// `freehold video remix FILE PROMPT`
#[derive(Debug, clap::Args)]
pub struct VideoRemix {
    /// A film that Freehold made
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// What is seen instead
    #[arg(value_name = "PROMPT")]
    pub prompt: String,

    #[command(flatten)]
    pub made: Made,
}

/// `freehold video storyboard FILE`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A storyboard is a TOML file:

  size = \"1280x720\"     # these four may be left out
  fps = 24
  seed = 7
  loop = false

  [[shot]]
  prompt = \"a red ball bounces on a checkerboard\"
  seconds = 3

  [[shot]]
  prompt = \"a red ball at night, the camera zooms out\"
  seconds = 2.5")]
pub struct VideoStoryboard {
    /// The list of shots
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub made: Made,
}

/// `freehold video list [DIR]`
#[derive(Debug, clap::Args)]
pub struct VideoList {
    /// The folder
    #[arg(default_value = ".", value_name = "DIR")]
    pub dir: PathBuf,
}

/// `freehold video show FILE`
#[derive(Debug, clap::Args)]
pub struct VideoShow {
    /// A film that Freehold made
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `freehold media …`
#[derive(Debug, clap::Subcommand)]
pub enum Media {
    /// Check the content credentials of a picture or film, and look for the mark that nobody sees
    Verify(MediaVerify),
}

/// `freehold media verify FILE`
#[derive(Debug, clap::Args)]
pub struct MediaVerify {
    /// A film or picture: MP4, GIF, JPEG, PNG or WebP
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Certificates to trust, in PEM [default: the one of this house]
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
}
