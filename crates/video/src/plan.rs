//! A film that can be drawn: its words were understood, and its things have places.

use media::Picture;
use media::credentials::Source;
use media::sound::{RATE, Sound};

use crate::chance::Chance;
use crate::make::Unmade;
use crate::order::{Order, Refused};
use crate::pace::seconds_of_film;
use crate::pictures::Pictures;
use crate::settings::Settings;
use crate::sound::{self, Score};
use crate::world::{Scene, Stage, draw, read};

/// Streams of chance: that of what was not said, and that of places.
const UNSAID: u64 = 1;

/// What is drawn, picture by picture.
#[derive(Clone, Debug)]
pub struct Plan {
    order: Order,
    shots: Vec<Drawn>,
    unknown: Vec<String>,
}

/// A shot on its stage.
#[derive(Clone, Debug)]
struct Drawn {
    stage: Stage,
    /// The first picture, counted through the film.
    first: u64,
    frames: u64,
}

impl Plan {
    /// Reads what the order's words mean, and puts things into places.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn new(order: &Order) -> Result<Self, Refused> {
        order.check()?;
        if !order.negative.is_empty() {
            return Err(Refused::Unable {
                what: "films against words",
                hint: "a film that is drawn holds what its words say, and nothing else",
            });
        }
        let aspect = order.size.width as f32 / order.size.height as f32;
        let (mut shots, mut unknown, mut first) = (Vec::new(), Vec::new(), 0);
        for (number, shot) in order.numbered() {
            let reading = read(&shot.prompt).map_err(|source| Refused::Prompt {
                shot: number,
                source,
            })?;
            for word in reading.unknown {
                if !unknown.contains(&word) {
                    unknown.push(word);
                }
            }
            let scene = reading.wish.granted(&mut Chance::new(order.seed, UNSAID));
            let frames = order.frames_of(shot);
            let seconds = match order.is_loop {
                true => shot.seconds / 2.0,
                false => shot.seconds,
            };
            shots.push(Drawn {
                stage: Stage::new(&scene, order.seed, seconds, aspect),
                first,
                frames,
            });
            first += frames;
        }
        Ok(Self {
            order: order.clone(),
            shots,
            unknown,
        })
    }

    /// The scenes, shot by shot.
    pub fn scenes(&self) -> impl Iterator<Item = &Scene> {
        self.shots.iter().map(|shot| shot.stage.scene())
    }

    /// Draws picture number `frame`.
    ///
    /// # Panics
    /// When there is no such picture.
    pub fn draw(&self, frame: u64, picture: &mut Picture) {
        let shot = self
            .shots
            .iter()
            .find(|shot| (shot.first..shot.first + shot.frames).contains(&frame))
            .expect("the picture is one of the film");
        let mut within = frame - shot.first;
        // A loop runs to its middle and back: its last picture is the neighbour of its first, whatever moves.
        if self.order.is_loop {
            within = within.min(shot.frames - within);
        }
        let time = within as f32 / self.order.frames_per_second as f32;
        let moment = shot.stage.frame(time);
        draw(&moment, shot.stage.scene().background, picture);
    }
}

impl Pictures for Plan {
    fn order(&self) -> &Order {
        &self.order
    }

    fn seconds_to_make(&self) -> f64 {
        seconds_of_film(&self.order)
    }

    fn unknown(&self) -> &[String] {
        &self.unknown
    }

    fn settings(&self) -> Settings {
        Settings::of(&self.order)
    }

    fn source(&self) -> Source {
        Source::DigitalCreation
    }

    fn sound(&self) -> Option<Box<dyn Sound + Send>> {
        let rate = u64::from(self.order.frames_per_second);
        let sample = |frame: u64| frame * u64::from(RATE) / rate;
        let shots = self.shots.iter().map(|shot| sound::Shot {
            stage: shot.stage.clone(),
            begin: sample(shot.first),
            end: sample(shot.first + shot.frames),
            is_loop: self.order.is_loop,
            seed: self.order.seed,
        });
        Some(Box::new(Score::new(shots.collect())))
    }

    fn run(
        &self,
        canvas: &mut dyn FnMut() -> Picture,
        take: &mut dyn FnMut(Picture) -> bool,
    ) -> Result<(), Unmade> {
        for frame in 0..self.frames() {
            let mut picture = canvas();
            self.draw(frame, &mut picture);
            if !take(picture) {
                return Err(Unmade::Stopped);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Shot, Size};

    const SMALL: Size = Size {
        width: 96,
        height: 64,
    };

    fn picture(plan: &Plan, frame: u64) -> Picture {
        let mut picture = plan.blank();
        plan.draw(frame, &mut picture);
        picture
    }

    #[test]
    fn the_same_order_is_the_same_film_and_another_seed_another() {
        let order = Order::new("a red ball and a cube", 1.0, SMALL);
        let (a, b) = (Plan::new(&order).unwrap(), Plan::new(&order).unwrap());
        assert_eq!(a.frames(), 24);
        assert_eq!(picture(&a, 7), picture(&b, 7));
        let other = Plan::new(&Order { seed: 1, ..order }).unwrap();
        assert_ne!(picture(&a, 7), picture(&other, 7));
    }

    #[test]
    fn shots_follow_each_other() {
        let mut order = Order::new("a red circle on white", 0.5, SMALL);
        order.shots.push(Shot {
            prompt: "a blue square at night".to_owned(),
            seconds: 0.25,
        });
        let plan = Plan::new(&order).unwrap();
        assert_eq!(plan.frames(), 12 + 6);
        assert_eq!(plan.scenes().count(), 2);
        let bright = |frame| picture(&plan, frame).bytes[0] > 128;
        assert!(bright(0) && bright(11) && !bright(12) && !bright(17));
    }

    #[test]
    fn a_loop_ends_where_it_begins() {
        let order = Order {
            is_loop: true,
            ..Order::new("a small red circle moves quickly right", 2.0, SMALL)
        };
        let plan = Plan::new(&order).unwrap();
        assert_eq!(picture(&plan, 1), picture(&plan, plan.frames() - 1));
        assert_ne!(picture(&plan, 0), picture(&plan, plan.frames() / 2));
    }

    #[test]
    fn unknown_words_are_named_and_a_prompt_of_nothing_else_is_refused() {
        let plan = Plan::new(&Order::new("a red ball and a dragon", 1.0, SMALL)).unwrap();
        assert_eq!(plan.unknown(), ["dragon"]);
        let refused = Plan::new(&Order::new("a dragon", 1.0, SMALL)).unwrap_err();
        assert!(
            refused.to_string().contains("I do not know `dragon`"),
            "{refused}"
        );
        let empty = Plan::new(&Order::new("  \n", 1.0, SMALL)).unwrap_err();
        assert_eq!(empty, Refused::Empty { shot: None });
    }

    #[test]
    fn the_shot_that_is_not_understood_is_numbered() {
        let mut order = Order::new("a red ball", 1.0, SMALL);
        order.shots.push(Shot {
            prompt: "a dragon".to_owned(),
            seconds: 1.0,
        });
        let refused = Plan::new(&order).unwrap_err().to_string();
        assert!(refused.starts_with("shot 2: "), "{refused}");
    }
}
