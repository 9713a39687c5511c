//! An order as it is kept: in a film's own credentials, and wherever films are kept.

use std::ops::RangeInclusive;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::order::{Order, Refused, Shot, Soundtrack};

/// What made the film, when it was drawn from facts.
pub const SCENE_MODEL: &str = "freehold-scene";

/// Steps that a network may take.
pub const STEPS: RangeInclusive<u32> = 1..=200;

/// Guidance that it may have.
pub const GUIDANCE: RangeInclusive<f32> = 1.0..=20.0;

/// An order with the model that fulfils it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Which model made it.
    pub model: String,
    /// What is seen, shot by shot.
    pub shots: Vec<KeptShot>,
    /// Pixels in a row and rows, as `1280x720`.
    pub size: String,
    /// Pictures a second.
    pub fps: u32,
    /// Chance.
    pub seed: u64,
    /// Whether its end leads back to its beginning.
    #[serde(default, rename = "loop")]
    pub is_loop: bool,
    /// What is heard.
    #[serde(default)]
    pub sound: Soundtrack,
    /// What should not be seen, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub negative: String,
    /// Whether letters in a corner say that nobody filmed this.
    #[serde(default, rename = "label", skip_serializing_if = "std::ops::Not::not")]
    pub has_label: bool,
    /// How a network went from noise to film, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Steps>,
    /// Adapters that were added to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adapters: Vec<KeptAdapter>,
}

/// An adapter (LoRA) of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptAdapter {
    /// Its file's name, without the ending.
    pub name: String,
    /// How strongly it is added.
    pub scale: f32,
}

impl KeptAdapter {
    /// The adapter of a file.
    pub fn of(path: &Path, scale: f32) -> Self {
        let name = path.file_stem().unwrap_or_default();
        Self {
            name: name.to_string_lossy().into_owned(),
            scale,
        }
    }
}

/// How a network goes from noise to film.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// How many steps: more are better, and slower.
    pub count: u32,
    /// How much more weight is on the words than the network has learnt; one is none.
    pub guidance: f32,
}

impl Steps {
    /// That there are some, and not too many.
    ///
    /// # Errors
    /// [`Refused::Steps`].
    pub fn check(self) -> Result<Self, Refused> {
        let is_fine = STEPS.contains(&self.count) && GUIDANCE.contains(&self.guidance);
        match is_fine {
            true => Ok(self),
            false => Err(Refused::Steps { wanted: self }),
        }
    }
}

/// What is seen without a cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptShot {
    /// What is seen, in words.
    pub prompt: String,
    /// For how long.
    pub seconds: f32,
}

impl Settings {
    /// The settings of `order`, which the scene renderer fulfils.
    pub fn of(order: &Order) -> Self {
        let shots = order.shots.iter().map(|shot| KeptShot {
            prompt: shot.prompt.clone(),
            seconds: shot.seconds,
        });
        Self {
            model: SCENE_MODEL.to_owned(),
            shots: shots.collect(),
            size: order.size.to_string(),
            fps: order.frames_per_second,
            seed: order.seed,
            is_loop: order.is_loop,
            sound: order.sound,
            negative: order.negative.clone(),
            has_label: order.has_label,
            steps: None,
            adapters: Vec::new(),
        }
    }

    /// Its words, a line a shot.
    pub fn words(&self) -> String {
        let prompts: Vec<&str> = self.shots.iter().map(|shot| shot.prompt.as_str()).collect();
        prompts.join("\n")
    }

    /// How long it lasts.
    pub fn seconds(&self) -> f32 {
        self.shots.iter().map(|shot| shot.seconds).sum()
    }

    /// The same film with other words.
    pub fn remixed(&self, prompt: &str) -> Self {
        let seconds = self.seconds();
        let prompt = prompt.to_owned();
        Self {
            shots: vec![KeptShot { prompt, seconds }],
            sound: self.sound.anew(),
            ..self.clone()
        }
    }

    /// The same film, and more after it: without words, or with the same, its last shot is made anew and longer, and other words are
    /// another shot.
    ///
    /// # Errors
    /// [`Refused::Seconds`] when that would not make it longer.
    pub fn extended(&self, prompt: &str, seconds: f32) -> Result<Self, Refused> {
        if !seconds.is_finite() || seconds <= 0.0 {
            return Err(Refused::Seconds { wanted: seconds });
        }
        let mut extended = Self {
            sound: self.sound.anew(),
            ..self.clone()
        };
        let prompt = prompt.trim();
        match extended.shots.last_mut() {
            Some(last) if prompt.is_empty() || last.prompt.trim() == prompt => {
                last.seconds += seconds
            }
            _ => extended.shots.push(KeptShot {
                prompt: prompt.to_owned(),
                seconds,
            }),
        }
        Ok(extended)
    }

    /// The order, which `model` is to fulfil.
    ///
    /// # Errors
    /// [`Refused`] when another made it, or the numbers are none that a film can have.
    pub fn order_for(&self, model: &str) -> Result<Order, Refused> {
        match self.model == model {
            true => self.order(),
            false => Err(Refused::Model {
                wanted: self.model.chars().take(64).collect(),
            }),
        }
    }

    /// The order, whoever fulfils it.
    ///
    /// # Errors
    /// [`Refused`] when the numbers are none that a film can have.
    pub fn order(&self) -> Result<Order, Refused> {
        let shots = self.shots.iter().map(|shot| Shot {
            prompt: shot.prompt.clone(),
            seconds: shot.seconds,
        });
        let order = Order {
            shots: shots.collect(),
            size: self.size.parse()?,
            frames_per_second: self.fps,
            seed: self.seed,
            is_loop: self.is_loop,
            sound: self.sound,
            negative: self.negative.clone(),
            has_label: self.has_label,
        };
        order.check()?;
        Ok(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Size;

    #[test]
    fn settings_come_back_as_the_order_they_were() {
        let size = Size {
            width: 640,
            height: 360,
        };
        let order = Order {
            seed: u64::MAX,
            is_loop: true,
            has_label: true,
            ..Order::new("a red ball", 2.5, size)
        };
        assert_eq!(Settings::of(&order).order(), Ok(order));
    }

    #[test]
    fn what_is_extended_goes_on_or_is_followed() {
        let size = Size {
            width: 640,
            height: 360,
        };
        let settings = Settings::of(&Order::new("a red ball", 2.0, size));
        let shots = |settings: &Settings| -> Vec<(String, f32)> {
            settings
                .shots
                .iter()
                .map(|shot| (shot.prompt.clone(), shot.seconds))
                .collect()
        };
        let longer = [("a red ball".to_owned(), 3.5)];
        assert_eq!(shots(&settings.extended("", 1.5).unwrap()), longer);
        assert_eq!(
            shots(&settings.extended(" a red ball ", 1.5).unwrap()),
            longer
        );
        let followed = settings.extended("a cube", 1.0).unwrap();
        assert_eq!(
            shots(&followed),
            [("a red ball".to_owned(), 2.0), ("a cube".to_owned(), 1.0)]
        );
        assert_eq!(
            shots(&followed.remixed("a star")),
            [("a star".to_owned(), 3.0)]
        );
        for (sound, then) in [
            (Soundtrack::Made, Soundtrack::Made),
            (Soundtrack::Silent, Soundtrack::Silent),
            // What was brought has to be brought again.
            (Soundtrack::Brought, Soundtrack::Made),
        ] {
            let settings = Settings {
                sound,
                ..settings.clone()
            };
            assert_eq!(settings.remixed("a star").sound, then);
            assert_eq!(settings.extended("", 1.0).unwrap().sound, then);
        }
    }

    #[test]
    fn nothing_gets_shorter_by_being_extended() {
        let size = Size {
            width: 640,
            height: 360,
        };
        let settings = Settings::of(&Order::new("a red ball", 2.0, size));
        for seconds in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(settings.extended("", seconds).is_err(), "{seconds}");
        }
    }

    #[test]
    fn settings_with_numbers_of_no_film_are_refused() {
        let size = Size {
            width: 640,
            height: 360,
        };
        let settings = Settings::of(&Order::new("a red ball", 2.0, size));
        assert!(
            Settings {
                fps: 0,
                ..settings.clone()
            }
            .order()
            .is_err()
        );
        assert!(
            Settings {
                size: "big".to_owned(),
                ..settings.clone()
            }
            .order()
            .is_err()
        );
        assert!(
            Settings {
                shots: Vec::new(),
                ..settings
            }
            .order()
            .is_err()
        );
    }
}
