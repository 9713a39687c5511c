//! Says what is wished of a scene in words, in one of many ways.

use super::facts::{Direction, Motion, Speed};
use super::lexicon::{DEEDS, Deed, Verb};
use super::wish::{Thing, Wish};
use crate::chance::Chance;

/// Words that begin a caption and say nothing.
pub(crate) const OPENINGS: &[&str] = &[
    "a video of ",
    "a clip of ",
    "a short film that shows ",
    "a scene with ",
    "show me ",
    "make a video of ",
    "an animation of ",
];

/// What joins what things do.
const JOINTS: &[&str] = &[". ", ". ", ", ", " and ", ", and ", " while ", ", while "];

/// How a verb stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Third,
    Doing,
}

/// A caption of `wish`, which [`read`](super::read) reads as just that.
pub fn caption(wish: &Wish, chance: &mut Chance) -> String {
    let mut writer = Writer {
        wish,
        chance,
        named: vec![false; wish.things.len()],
        text: String::new(),
    };
    writer.write();
    writer.finished()
}

struct Writer<'a> {
    wish: &'a Wish,
    chance: &'a mut Chance,
    named: Vec<bool>,
    text: String,
}

impl Writer<'_> {
    fn write(&mut self) {
        let form = match self.chance.happens(0.3) {
            true => Form::Doing,
            false => Form::Third,
        };
        let background = self
            .wish
            .background
            .map(|background| self.chance.pick(background.words()));
        let is_first = self.chance.happens(0.25);
        if let Some(background) = background.filter(|_| is_first) {
            self.text += background;
            self.text += ", ";
        }
        if form == Form::Doing {
            self.text += self.chance.pick(OPENINGS);
        }
        let count = self.wish.things.len();
        let mut is_begun = false;
        for thing in 0..count {
            // Who is named by another has been spoken of.
            if self.named[thing] && self.wish.things[thing].motion.is_none() {
                continue;
            }
            if is_begun {
                self.text += self.chance.pick(JOINTS);
            }
            is_begun = true;
            self.tell(thing, form);
        }
        for &(first, relation, second) in &self.wish.relations {
            let (first, second) = (self.definite(first), self.definite(second));
            let relation = self.chance.pick(relation.words());
            self.text += &format!(". {first} is {relation} {second}");
        }
        if let Some(background) = background.filter(|_| !is_first) {
            self.text += if self.chance.happens(0.5) { ", " } else { " " };
            self.text += background;
        }
        if let Some(camera) = self.wish.camera {
            self.text += self.chance.pick(&[". ", ", ", " while ", " and ", ". "]);
            self.text += "the camera ";
            self.text += self.chance.pick(camera.words());
        }
    }

    /// What a thing is and does.
    fn tell(&mut self, at: usize, form: Form) {
        let thing = self.wish.things[at];
        let is_named = std::mem::replace(&mut self.named[at], true);
        let noun = match is_named {
            true => self.definite(at),
            false => self.indefinite(&thing),
        };
        self.text += &noun;
        let Some(motion) = thing.motion else {
            return;
        };
        let deed = deed(motion);
        let (_, verbs) = DEEDS
            .iter()
            .find(|(known, _)| *known == deed)
            .expect("every deed has its verbs");
        let verb: Verb = self.chance.pick(verbs);
        let mut said = match form {
            Form::Third => verb.third.to_owned(),
            Form::Doing => verb.doing.to_owned(),
        };
        said += verb.tail;
        match motion {
            Motion::Turn(colour) => {
                said += " ";
                said += self.chance.pick(colour.words());
            }
            Motion::Go(direction) => {
                said += " ";
                said += self.way(direction);
            }
            _ => {}
        }
        if let Some(other) = motion.other() {
            said += " ";
            let known = std::mem::replace(&mut self.named[other], true);
            let others = self.wish.things[other];
            said += &match known {
                true => self.definite(other),
                false => self.indefinite(&others),
            };
        }
        let said = self.paced(said, thing.speed, motion);
        self.text += " ";
        self.text += &said;
    }

    fn way(&mut self, direction: Direction) -> &'static str {
        self.chance.pick(direction.words())
    }

    /// What is done, and how fast.
    fn paced(&mut self, said: String, speed: Option<Speed>, motion: Motion) -> String {
        let Some(speed) = speed else {
            return said;
        };
        let word = self.chance.pick(speed.words());
        match motion.other().is_some() || self.chance.happens(0.35) {
            true if !word.contains(' ') && word != "fast" => format!("{word} {said}"),
            _ => format!("{said} {word}"),
        }
    }

    fn indefinite(&mut self, thing: &Thing) -> String {
        let said = self.described(thing);
        let is_vowel = said.starts_with(['a', 'e', 'i', 'o', 'u']);
        format!("{} {said}", if is_vowel { "an" } else { "a" })
    }

    /// A thing that was named before, by what tells it from others.
    fn definite(&mut self, at: usize) -> String {
        let thing = self.wish.things[at];
        let short = Thing {
            pattern: None,
            size: None,
            colour: thing.colour.filter(|_| self.chance.happens(0.5)),
            ..thing
        };
        format!("the {}", self.described(&short))
    }

    fn described(&mut self, thing: &Thing) -> String {
        let mut words: Vec<&str> = Vec::new();
        if let Some(pattern) = thing.pattern {
            words.push(self.chance.pick(pattern.words()));
        }
        if let Some(colour) = thing.colour {
            words.push(self.chance.pick(colour.words()));
        }
        if words.len() == 2 && self.chance.happens(0.3) {
            words.swap(0, 1);
        }
        if let Some(size) = thing.size {
            words.insert(0, self.chance.pick(size.words()));
        }
        words.push(self.chance.pick(thing.shape.words()));
        words.join(" ")
    }

    fn finished(self) -> String {
        match self.chance.happens(0.6) {
            true => {
                let mut text = String::new();
                let mut is_first = true;
                for sign in self.text.chars() {
                    match is_first && sign.is_alphabetic() {
                        true => {
                            text.extend(sign.to_uppercase());
                            is_first = false;
                        }
                        false => text.push(sign),
                    }
                    is_first |= sign == '.';
                }
                text + "."
            }
            false => self.text,
        }
    }
}

fn deed(motion: Motion) -> Deed {
    match motion {
        Motion::Still => Deed::Still,
        Motion::Go(_) => Deed::Go,
        Motion::Bounce => Deed::Bounce,
        Motion::Fall => Deed::Fall,
        Motion::Orbit => Deed::Orbit,
        Motion::Spin => Deed::Spin,
        Motion::Grow => Deed::Grow,
        Motion::Shrink => Deed::Shrink,
        Motion::Appear => Deed::Appear,
        Motion::Vanish => Deed::Vanish,
        Motion::Turn(_) => Deed::Turn,
        Motion::Push(_) => Deed::Push,
        Motion::Collide(_) => Deed::Collide,
        Motion::PassBefore(_) => Deed::PassBefore,
        Motion::PassBehind(_) => Deed::PassBehind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Scene, read};

    #[test]
    fn what_is_written_is_read_as_what_was_meant() {
        let mut wrong = Vec::new();
        for seed in 0..3000 {
            let mut chance = Chance::new(seed, 1);
            let wish = Scene::by_chance(&mut chance).told(&mut chance);
            let text = caption(&wish, &mut chance);
            let reading = read(&text).unwrap();
            if reading.wish != wish || !reading.unknown.is_empty() {
                wrong.push(format!("{text}\n  meant {wish:?}\n  read  {reading:?}"));
            }
        }
        assert!(
            wrong.is_empty(),
            "{}: {}",
            wrong.len(),
            wrong[..wrong.len().min(8)].join("\n")
        );
    }
}
