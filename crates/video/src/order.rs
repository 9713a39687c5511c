//! What is asked for, and what of it can be done.

use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::settings::{GUIDANCE, STEPS, Steps};
use crate::world::{TEXT_CHARS_MAX, Unreadable};

/// Pictures a second that a film may have.
pub const FRAMES_PER_SECOND: RangeInclusive<u32> = 1..=60;

/// Seconds that a film may last in all.
pub const SECONDS_MAX: f32 = 600.0;

/// Pixels that a side may have; each side is even, and the shorter has 2,160 at most.
pub const SIDE: RangeInclusive<usize> = 64..=3840;

/// Pixels that the shorter side has at most.
const SHORT_SIDE_MAX: usize = 2160;

/// Shots of one film.
const SHOTS_MAX: usize = 64;

/// Bytes of all words together: credentials keep them twice.
const WORDS_BYTES_MAX: usize = 64 << 10;

/// Pixels of all pictures together: ten minutes of 1920×1080 at 24 a second.
const PIXELS_MAX: f64 = 1920.0 * 1080.0 * 24.0 * 600.0;

/// A film that somebody wishes for.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What is seen, one shot after the other.
    pub shots: Vec<Shot>,
    /// How large the pictures are.
    pub size: Size,
    /// Pictures a second.
    pub frames_per_second: u32,
    /// Chance: the same order with the same seed is the same film.
    pub seed: u64,
    /// Whether its end leads back to its beginning.
    pub is_loop: bool,
    /// What is heard.
    pub sound: Soundtrack,
    /// What should not be seen, in words; only networks know what to do with them.
    pub negative: String,
    /// Whether letters in a corner say that nobody filmed this.
    pub has_label: bool,
}

/// What is heard in a film.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Soundtrack {
    /// What is seen, where whoever makes the pictures knows what that sounds like.
    #[default]
    Made,
    /// Nothing.
    Silent,
    /// A track that was brought.
    Brought,
}

impl Soundtrack {
    /// What is heard in a film that is made after one with this: a track has to be brought again.
    pub(crate) fn anew(self) -> Self {
        match self {
            Self::Made | Self::Brought => Self::Made,
            Self::Silent => Self::Silent,
        }
    }
}

/// What is seen without a cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Shot {
    /// What is seen, in words.
    pub prompt: String,
    /// For how long.
    pub seconds: f32,
}

/// Pixels in a row, and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Size {
    /// Whether a film can have it.
    ///
    /// # Errors
    /// [`Refused::Size`], with the nearest that it can have.
    pub fn check(self) -> Result<Self, Refused> {
        let nearest = self.nearest();
        match nearest == self {
            true => Ok(self),
            false => Err(Refused::Size {
                wanted: self.to_string(),
                nearest,
            }),
        }
    }

    /// The nearest size that a film can have.
    pub fn nearest(self) -> Self {
        let within = |side: usize| side.clamp(*SIDE.start(), *SIDE.end()) / 2 * 2;
        let (mut width, mut height) = (within(self.width), within(self.height));
        if width.min(height) > SHORT_SIDE_MAX {
            match width <= height {
                true => width = SHORT_SIDE_MAX,
                false => height = SHORT_SIDE_MAX,
            }
        }
        Self { width, height }
    }

    /// Pixels of a picture.
    pub fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = Refused;

    /// Reads `1280x720`.
    fn from_str(text: &str) -> Result<Self, Refused> {
        let unreadable = || Refused::Size {
            wanted: text.chars().take(40).collect(),
            nearest: Self {
                width: 1280,
                height: 720,
            },
        };
        let (width, height) = text
            .split_once(['x', 'X', '×', '*'])
            .ok_or_else(unreadable)?;
        let side = |text: &str| text.trim().parse::<usize>().map_err(|_| unreadable());
        Self {
            width: side(width)?,
            height: side(height)?,
        }
        .check()
    }
}

impl Order {
    /// A film of one shot.
    pub fn new(prompt: impl Into<String>, seconds: f32, size: Size) -> Self {
        Self {
            shots: vec![Shot {
                prompt: prompt.into(),
                seconds,
            }],
            size,
            frames_per_second: 24,
            seed: 0,
            is_loop: false,
            sound: Soundtrack::Made,
            negative: String::new(),
            has_label: false,
        }
    }

    /// How long it lasts.
    pub fn seconds(&self) -> f32 {
        self.shots.iter().map(|shot| shot.seconds).sum()
    }

    /// That its numbers are such as a film can have.
    ///
    /// # Errors
    /// [`Refused`], for all reasons but that its words are not known.
    pub fn check(&self) -> Result<(), Refused> {
        self.size.check()?;
        if !FRAMES_PER_SECOND.contains(&self.frames_per_second) {
            return Err(Refused::Rate {
                wanted: self.frames_per_second,
            });
        }
        if self.shots.is_empty() || self.shots.len() > SHOTS_MAX {
            return Err(Refused::Shots {
                wanted: self.shots.len(),
            });
        }
        if self.is_loop && self.shots.len() > 1 {
            return Err(Refused::Loop);
        }
        for shot in &self.shots {
            // What is no number is no length.
            let is_length = shot.seconds.is_finite() && shot.seconds <= SECONDS_MAX;
            if !is_length || shot.seconds <= 0.0 || self.frames_of(shot) == 0 {
                return Err(Refused::Seconds {
                    wanted: shot.seconds,
                });
            }
        }
        if self.seconds() > SECONDS_MAX {
            return Err(Refused::Seconds {
                wanted: self.seconds(),
            });
        }
        let pixels = self.size.pixels() as f64 * f64::from(self.frames_per_second);
        if pixels * f64::from(self.seconds()) > PIXELS_MAX {
            return Err(Refused::Pixels {
                size: self.size,
                frames_per_second: self.frames_per_second,
                most: (PIXELS_MAX / pixels).floor() as u32,
            });
        }
        let found: usize = self.shots.iter().map(|shot| shot.prompt.len()).sum();
        let found = found + self.negative.len();
        if found > WORDS_BYTES_MAX {
            return Err(Refused::Words { found });
        }
        match self
            .numbered()
            .find(|(_, shot)| shot.prompt.trim().is_empty())
        {
            Some((shot, _)) => Err(Refused::Empty { shot }),
            None => Ok(()),
        }
    }

    /// The shots, with their numbers from one where there are several.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (Option<usize>, &Shot)> {
        let are_several = self.shots.len() > 1;
        let numbers = (1..).map(move |number| are_several.then_some(number));
        numbers.zip(&self.shots)
    }

    /// Pictures in all.
    pub fn frames(&self) -> u64 {
        self.shots.iter().map(|shot| self.frames_of(shot)).sum()
    }

    /// Which of `rate` pictures a second is seen in picture `frame` of a shot.
    pub(crate) fn seen_at(&self, frame: u64, rate: u32) -> u64 {
        frame * u64::from(rate) / u64::from(self.frames_per_second)
    }

    /// Pictures of a shot, to the nearest.
    pub(crate) fn frames_of(&self, shot: &Shot) -> u64 {
        (f64::from(shot.seconds) * f64::from(self.frames_per_second)).round() as u64
    }
}

/// Why a film is not made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    /// Its words name nothing that can be shown.
    #[error("{}{source}", of_shot(.shot))]
    Prompt {
        /// Which shot, from one, when there are several.
        shot: Option<usize>,
        /// What is wrong with them.
        source: Unreadable,
    },

    /// No words.
    #[error("{}the prompt is empty\nhint: say what is seen, as in `a red ball bounces on a checkerboard`", of_shot(.shot))]
    Empty {
        /// Which shot, from one, when there are several.
        shot: Option<usize>,
    },

    /// A size that a film cannot have.
    #[error(
        "a film cannot have the size `{wanted}`\nhint: `{nearest}` is the nearest; sides are even, from {} to {} pixels, and the shorter has {SHORT_SIDE_MAX} at most",
        SIDE.start(), SIDE.end()
    )]
    Size {
        /// What was asked for.
        wanted: String,
        /// What can be.
        nearest: Size,
    },

    /// Too many pictures a second, or none.
    #[error("a film cannot have {wanted} pictures a second\nhint: {} to {}", FRAMES_PER_SECOND.start(), FRAMES_PER_SECOND.end())]
    Rate {
        /// What was asked for.
        wanted: u32,
    },

    /// Too short for a picture, or too long.
    #[error("a film cannot last {wanted} seconds\nhint: from one picture to {SECONDS_MAX} seconds")]
    Seconds {
        /// What was asked for.
        wanted: f32,
    },

    /// So many and so large pictures that it would take hours.
    #[error(
        "a film of {size} at {frames_per_second} pictures a second lasts {most} seconds at most\nhint: make it smaller or shorter, or several films of it"
    )]
    Pixels {
        /// How large the pictures are.
        size: Size,
        /// How many there are a second.
        frames_per_second: u32,
        /// For how many seconds.
        most: u32,
    },

    /// More words than are kept.
    #[error("the shots have {found} bytes of words, and {WORDS_BYTES_MAX} are read at most")]
    Words {
        /// How many.
        found: usize,
    },

    /// Several shots as a loop.
    #[error("a film of several shots is no loop\nhint: leave `loop` out, or make each shot a film")]
    Loop,

    /// A model that does not make films here.
    #[error("`{wanted}` makes no films here")]
    Model {
        /// Which.
        wanted: String,
    },

    /// More steps than a network takes, or none.
    #[error(
        "a network does not go from noise to film in {} steps with a guidance of {}\nhint: {} to {} steps, and a guidance from {} to {}",
        wanted.count, wanted.guidance, STEPS.start(), STEPS.end(), GUIDANCE.start(), GUIDANCE.end()
    )]
    Steps {
        /// What was asked for.
        wanted: Steps,
    },

    /// What a model cannot.
    #[error("this model makes no {what}\nhint: {hint}")]
    Unable {
        /// What was asked for.
        what: &'static str,
        /// Who does, or what else.
        hint: &'static str,
    },

    /// Pictures wider or higher than those that a network makes.
    #[error(
        "a film of {wanted} is not as wide to its height as those of this model, {columns}x{rows}\nhint: `{}x{}`", columns * 8, rows * 8
    )]
    Aspect {
        /// What was asked for.
        wanted: Size,
        /// Rows of the model.
        rows: usize,
        /// Pixels in a row of the model.
        columns: usize,
    },

    /// No shot, or too many.
    #[error("a film cannot have {wanted} shots\nhint: from 1 to {SHOTS_MAX}")]
    Shots {
        /// What was asked for.
        wanted: usize,
    },
}

fn of_shot(shot: &Option<usize>) -> String {
    shot.map_or_else(String::new, |shot| format!("shot {shot}: "))
}

const _: () = assert!(TEXT_CHARS_MAX >= 1000, "prompts of the field are read");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_and_what_cannot_be_is_told_with_the_nearest() {
        let read = |text: &str| {
            text.parse::<Size>()
                .map(|size| size.to_string())
                .map_err(|refused| match refused {
                    Refused::Size { nearest, .. } => nearest.to_string(),
                    other => panic!("{other}"),
                })
        };
        assert_eq!(read("1280x720"), Ok("1280x720".to_owned()));
        assert_eq!(read("720×1280"), Ok("720x1280".to_owned()));
        assert_eq!(read("1281x721"), Err("1280x720".to_owned()));
        assert_eq!(read("10x100000"), Err("64x3840".to_owned()));
        assert_eq!(read("3840x3840"), Err("2160x3840".to_owned()));
        assert_eq!(read("0x0"), Err("64x64".to_owned()));
        for text in [
            "",
            "x",
            "1280",
            "1280x",
            "1280x720x3",
            "-2x4",
            "99999999999999999999x4",
        ] {
            assert_eq!(read(text), Err("1280x720".to_owned()), "{text}");
        }
    }

    #[test]
    fn numbers_that_no_film_has_are_refused() {
        let size = Size {
            width: 64,
            height: 64,
        };
        let order = |seconds: f32| Order::new("a red ball", seconds, size);
        assert_eq!(order(2.0).check(), Ok(()));
        for seconds in [0.0, -1.0, 0.01, 601.0, f32::NAN, f32::INFINITY] {
            assert!(
                matches!(order(seconds).check(), Err(Refused::Seconds { .. })),
                "{seconds}"
            );
        }
        let with = |change: fn(&mut Order)| {
            let mut order = order(2.0);
            change(&mut order);
            order.check()
        };
        assert!(matches!(
            with(|order| order.frames_per_second = 0),
            Err(Refused::Rate { wanted: 0 })
        ));
        assert!(matches!(
            with(|order| order.frames_per_second = 61),
            Err(Refused::Rate { wanted: 61 })
        ));
        assert!(matches!(
            with(|order| order.shots.clear()),
            Err(Refused::Shots { wanted: 0 })
        ));
        assert!(matches!(
            with(|order| order.shots = vec![order.shots[0].clone(); 65]),
            Err(Refused::Shots { .. })
        ));
        assert!(matches!(
            with(|order| order.shots = vec![
                Shot {
                    seconds: 400.0,
                    ..order.shots[0].clone()
                };
                2
            ]),
            Err(Refused::Seconds { .. })
        ));
        assert!(matches!(
            with(|order| order.size.width = 65),
            Err(Refused::Size { .. })
        ));
    }
}
