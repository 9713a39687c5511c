//! Reads what a scene should hold from words, and says which words it does not know.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::facts::{
    Background, Camera, Colour, Direction, Motion, Pattern, Relation, Scene, Shape, Size, Speed,
};
use super::lexicon::{BEHIND, DEEDS, Deed, FILLERS, FILMED, PACED, SHAPED};
use super::wish::{Thing, Wish};

/// Words in a row that may mean one thing.
const PHRASE_WORDS_MAX: usize = 6;

/// Characters that are read at most.
pub const TEXT_CHARS_MAX: usize = 4000;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What is wished.
    pub wish: Wish,
    /// Words that mean nothing here, as they were written, each once.
    pub unknown: Vec<String>,
}

/// Why words cannot be a scene.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No thing is named.
    #[error(
        "no thing is named that can be drawn{}\nhint: `a red ball bounces on a checkerboard` is a scene",
        in_brackets(.unknown)
    )]
    Nothing {
        /// Words that mean nothing here.
        unknown: Vec<String>,
    },
    /// More things than a scene holds.
    #[error(
        "{found} things are named, and a scene holds {} at most",
        Scene::OBJECTS_MAX
    )]
    TooMany {
        /// How many.
        found: usize,
    },
    /// More text than is read.
    #[error(
        "the text has {found} characters, and {TEXT_CHARS_MAX} are read at most\nhint: a sentence or two are a scene; several scenes are several shots"
    )]
    TooLong {
        /// How many.
        found: usize,
    },
}

fn in_brackets(words: &[String]) -> String {
    match words {
        [] => String::new(),
        words => format!(" (I do not know {})", listed(words)),
    }
}

/// Words in quotes, one after the other.
pub fn listed(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

/// Reads a scene from words.
///
/// # Errors
/// When no thing is named, or too many are.
pub fn read(text: &str) -> Result<Reading, Unreadable> {
    let found = text.chars().count();
    if found > TEXT_CHARS_MAX {
        return Err(Unreadable::TooLong { found });
    }
    let mut reader = Reader::default();
    let words = split(text);
    let mut at = 0;
    while at < words.len() {
        let (meaning, used) = look_up(&words[at..]);
        match meaning {
            Some(meaning) => reader.take(meaning),
            None => reader.wonder(&words[at]),
        }
        at += used;
    }
    reader.end_clause();
    let found = reader.wish.things.len();
    if found == 0 {
        return Err(Unreadable::Nothing {
            unknown: reader.unknown,
        });
    }
    if found > Scene::OBJECTS_MAX {
        return Err(Unreadable::TooMany { found });
    }
    Ok(Reading {
        wish: reader.wish,
        unknown: reader.unknown,
    })
}

/// What a word or some words in a row mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Shape { shape: Shape, is_many: bool },
    Colour(Colour),
    Size(Size),
    Pattern(Pattern),
    Deed(Deed),
    Speed(Speed),
    Way(Direction),
    Relation(Relation),
    Background(Background),
    Camera(Camera),
    TheCamera,
    Count(usize),
    The,
    A,
    It,
    And,
    Stop,
    Filler,
}

/// Lower-case words, and signs that part clauses.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for sign in text.chars().flat_map(char::to_lowercase) {
        if sign.is_alphanumeric() || matches!(sign, '-' | '\'' | '’') {
            word.push(if sign == '’' { '\'' } else { sign });
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if matches!(sign, ',' | '.' | ';' | ':' | '!' | '?' | '\n') {
            words.push(sign.to_string());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The meaning of the longest phrase that begins here, and of how many words it is.
fn look_up(words: &[String]) -> (Option<Meaning>, usize) {
    for length in (1..=PHRASE_WORDS_MAX.min(words.len())).rev() {
        if let Some(meaning) = PHRASES.get(&words[..length].join(" ")) {
            return (Some(*meaning), length);
        }
    }
    (None, 1)
}

static PHRASES: LazyLock<HashMap<String, Meaning>> = LazyLock::new(phrases);

/// What comes later means more than what came before.
fn phrases() -> HashMap<String, Meaning> {
    let mut known = Phrases::default();
    known.learn(FILLERS, Meaning::Filler);
    known.learn_small_words();
    known.learn_surroundings();
    known.learn_qualities();
    known.learn_shapes();
    known.0
}

/// What words mean, as far as it was learnt.
#[derive(Default)]
struct Phrases(HashMap<String, Meaning>);

impl Phrases {
    fn learn(&mut self, words: &[&str], meaning: Meaning) {
        for word in words {
            self.0.insert((*word).to_owned(), meaning);
        }
    }

    fn learn_small_words(&mut self) {
        for (words, meaning) in [
            (&["the"][..], Meaning::The),
            (&["a", "an"], Meaning::A),
            (&["it", "they"], Meaning::It),
            (&["and"], Meaning::And),
            (&["one"], Meaning::Count(1)),
            (&["two", "2"], Meaning::Count(2)),
            (&["three", "3"], Meaning::Count(3)),
            (&["four", "4"], Meaning::Count(4)),
            (&["five", "5"], Meaning::Count(5)),
            (&["six", "6"], Meaning::Count(6)),
            (&["camera", "the camera"], Meaning::TheCamera),
            (&[",", ".", ";", ":", "!", "?", "\n"], Meaning::Stop),
        ] {
            self.learn(words, meaning);
        }
    }

    fn learn_surroundings(&mut self) {
        for (background, words) in BEHIND {
            self.learn(words, Meaning::Background(*background));
        }
        for &background in Background::ALL {
            self.learn(background.words(), Meaning::Background(background));
        }
        for (camera, words) in FILMED {
            self.learn(words, Meaning::Camera(*camera));
        }
        for &camera in Camera::ALL {
            for word in camera.words() {
                let phrases = [format!("camera {word}"), format!("the camera {word}")];
                self.learn(&[&phrases[0], &phrases[1]], Meaning::Camera(camera));
            }
        }
    }

    fn learn_qualities(&mut self) {
        for (deed, verbs) in DEEDS {
            for verb in *verbs {
                for form in [verb.base, verb.third, verb.doing] {
                    self.learn(&[&format!("{form}{}", verb.tail)], Meaning::Deed(*deed));
                }
            }
        }
        for &colour in Colour::ALL {
            self.learn(colour.words(), Meaning::Colour(colour));
        }
        for &size in Size::ALL {
            self.learn(size.words(), Meaning::Size(size));
        }
        for &pattern in Pattern::ALL {
            self.learn(pattern.words(), Meaning::Pattern(pattern));
        }
        for &speed in Speed::ALL {
            self.learn(speed.words(), Meaning::Speed(speed));
        }
        for (speed, words) in PACED {
            self.learn(words, Meaning::Speed(*speed));
        }
        for &direction in Direction::ALL {
            self.learn(direction.words(), Meaning::Way(direction));
        }
        for &relation in Relation::ALL {
            self.learn(relation.words(), Meaning::Relation(relation));
        }
    }

    fn learn_shapes(&mut self) {
        let names = Shape::ALL.iter().map(|shape| (*shape, shape.words()));
        let others = SHAPED.iter().map(|(shape, words)| (*shape, *words));
        for (shape, words) in names.chain(others) {
            for word in words {
                let many = match word.ends_with('x') {
                    true => format!("{word}es"),
                    false => format!("{word}s"),
                };
                for (word, is_many) in [(*word, false), (&*many, true)] {
                    self.learn(&[word], Meaning::Shape { shape, is_many });
                }
            }
        }
    }
}

/// What a thing is awaited for.
#[derive(Clone, Copy, Debug)]
enum Awaited {
    Deed(Deed),
    Relation(Relation),
}

#[derive(Default)]
struct Reader {
    wish: Wish,
    unknown: Vec<String>,
    /// Of whom is spoken.
    subject: Vec<usize>,
    /// What is said of a thing before it is named.
    colour: Option<Colour>,
    size: Option<Size>,
    pattern: Option<Pattern>,
    count: Option<usize>,
    is_known: bool,
    deed: Option<Deed>,
    speed: Option<Speed>,
    awaited: Option<Awaited>,
    is_of_camera: bool,
    is_turning: bool,
    /// Whether something since the last noun belongs to the next one.
    is_before_noun: bool,
}

impl Reader {
    fn take(&mut self, meaning: Meaning) {
        if self.is_of_camera && self.film(meaning) {
            return;
        }
        match meaning {
            Meaning::Shape { shape, is_many } => self.name(shape, is_many),
            Meaning::Colour(colour) if self.is_turning => self.turn(colour),
            Meaning::Colour(colour) => {
                self.colour = Some(colour);
                self.is_before_noun = true;
            }
            Meaning::Size(size) => {
                self.size = Some(size);
                self.is_before_noun = true;
            }
            Meaning::Pattern(pattern) => {
                self.pattern = Some(pattern);
                self.is_before_noun = true;
            }
            Meaning::Deed(deed) => self.act(deed),
            Meaning::Speed(speed) => self.pace(speed),
            Meaning::Way(direction) => self.go(direction),
            Meaning::Relation(relation) => self.awaited = Some(Awaited::Relation(relation)),
            Meaning::Background(background) => {
                self.wish.background = Some(background);
                self.forget_noun();
            }
            Meaning::Camera(camera) => self.wish.camera = Some(camera),
            Meaning::TheCamera => {
                self.end_clause();
                self.is_of_camera = true;
            }
            Meaning::Count(count) => {
                self.count = Some(count);
                self.is_before_noun = true;
            }
            Meaning::The => {
                self.is_known = true;
                self.is_before_noun = true;
            }
            Meaning::A => {
                self.is_known = false;
                self.is_before_noun = true;
            }
            Meaning::Stop => self.end_clause(),
            Meaning::It | Meaning::And | Meaning::Filler => {}
        }
    }

    /// What the camera does, when it is spoken of; whether it was that.
    fn film(&mut self, meaning: Meaning) -> bool {
        let camera = match meaning {
            Meaning::Deed(Deed::Still) => Camera::Still,
            Meaning::Way(Direction::Left) => Camera::PanLeft,
            Meaning::Way(Direction::Right) => Camera::PanRight,
            Meaning::Way(Direction::Up) => Camera::PanUp,
            Meaning::Way(Direction::Down) => Camera::PanDown,
            Meaning::Deed(_) | Meaning::Filler => return true,
            _ => {
                self.is_of_camera = false;
                return false;
            }
        };
        self.wish.camera = Some(camera);
        true
    }

    /// A thing is named: one that is there already, or another.
    fn name(&mut self, shape: Shape, is_many: bool) {
        let named = self.find_or_add(shape, is_many);
        match self.awaited.take() {
            Some(awaited) => self.join(awaited, &named),
            None => {
                self.subject = named;
                if let Some(deed) = self.deed.take() {
                    self.do_deed(deed);
                }
                if let Some(speed) = self.speed.take() {
                    self.each(|thing| thing.speed = Some(speed));
                }
            }
        }
        self.forget_noun();
    }

    fn find_or_add(&mut self, shape: Shape, is_many: bool) -> Vec<usize> {
        let (colour, size) = (self.colour, self.size);
        if self.is_known {
            let found = self.wish.things.iter().rposition(|thing| {
                thing.shape == shape
                    && (colour.is_none() || colour == thing.colour)
                    && (size.is_none() || size == thing.size)
            });
            if let Some(found) = found {
                return vec![found];
            }
        }
        let count = self.count.unwrap_or(if is_many { 2 } else { 1 });
        let thing = Thing {
            colour,
            size,
            pattern: self.pattern,
            ..Thing::new(shape)
        };
        let first = self.wish.things.len();
        // Beyond what a scene holds they are counted, and no more.
        self.wish.things.extend(std::iter::repeat_n(
            thing,
            count.min(Scene::OBJECTS_MAX + 1),
        ));
        (first..self.wish.things.len()).collect()
    }

    /// The subject and another thing have to do with each other.
    fn join(&mut self, awaited: Awaited, others: &[usize]) {
        let (Some(&own), Some(&other)) = (self.subject.last(), others.first()) else {
            self.subject = others.to_vec();
            return;
        };
        if own == other {
            return;
        }
        match awaited {
            Awaited::Relation(relation) => self.wish.relations.push((own, relation, other)),
            Awaited::Deed(deed) => {
                self.wish.things[own].motion = Some(match deed {
                    Deed::Push => Motion::Push(other),
                    Deed::Collide => Motion::Collide(other),
                    Deed::PassBehind => Motion::PassBehind(other),
                    _ => Motion::PassBefore(other),
                });
            }
        }
    }

    fn act(&mut self, deed: Deed) {
        self.end_adjectives();
        let needs_other = matches!(
            deed,
            Deed::Push | Deed::Collide | Deed::PassBefore | Deed::PassBehind
        );
        if needs_other {
            self.awaited = Some(Awaited::Deed(deed));
        } else if self.is_before_noun || self.subject.is_empty() {
            self.deed = Some(deed);
        } else {
            self.do_deed(deed);
        }
        if let Some(speed) = self.speed.take_if(|_| !self.is_before_noun) {
            self.each(|thing| thing.speed = Some(speed));
        }
    }

    fn do_deed(&mut self, deed: Deed) {
        self.is_turning = deed == Deed::Turn;
        let motion = match deed {
            Deed::Still => Motion::Still,
            Deed::Go => Motion::Go(Direction::Right),
            Deed::Bounce => Motion::Bounce,
            Deed::Fall => Motion::Fall,
            Deed::Orbit => Motion::Orbit,
            // Until it is said into what it turns.
            Deed::Spin | Deed::Turn => Motion::Spin,
            Deed::Grow => Motion::Grow,
            Deed::Shrink => Motion::Shrink,
            Deed::Appear => Motion::Appear,
            Deed::Vanish => Motion::Vanish,
            Deed::Push | Deed::Collide | Deed::PassBefore | Deed::PassBehind => return,
        };
        self.each(|thing| thing.motion = Some(motion));
    }

    fn turn(&mut self, colour: Colour) {
        self.is_turning = false;
        self.each(|thing| thing.motion = Some(Motion::Turn(colour)));
    }

    fn go(&mut self, direction: Direction) {
        self.each(|thing| {
            if matches!(thing.motion, None | Some(Motion::Go(_))) {
                thing.motion = Some(Motion::Go(direction));
            }
        });
    }

    fn pace(&mut self, speed: Speed) {
        match self.is_before_noun || self.subject.is_empty() || self.awaited.is_some() {
            true if self.awaited.is_none() => self.speed = Some(speed),
            _ => self.each(|thing| thing.speed = Some(speed)),
        }
    }

    fn each(&mut self, change: impl Fn(&mut Thing)) {
        for &thing in &self.subject {
            change(&mut self.wish.things[thing]);
        }
    }

    /// What was said before no noun is said of whom is spoken: "the circle is red".
    fn end_adjectives(&mut self) {
        if self.count.is_some() || self.is_known {
            return;
        }
        let (colour, size, pattern) = (self.colour.take(), self.size.take(), self.pattern.take());
        if colour.is_none() && size.is_none() && pattern.is_none() {
            return;
        }
        if self.subject.is_empty() {
            (self.colour, self.size, self.pattern) = (colour, size, pattern);
            return;
        }
        self.is_before_noun = false;
        self.each(|thing| {
            thing.colour = colour.or(thing.colour);
            thing.size = size.or(thing.size);
            thing.pattern = pattern.or(thing.pattern);
        });
    }

    fn forget_noun(&mut self) {
        (self.colour, self.size, self.pattern, self.count) = (None, None, None, None);
        self.is_known = false;
        self.is_before_noun = false;
    }

    fn end_clause(&mut self) {
        self.is_known = false;
        self.count = None;
        self.end_adjectives();
        if let Some(deed) = self.deed.take() {
            self.do_deed(deed);
        }
        if let Some(speed) = self.speed.take() {
            self.each(|thing| thing.speed = Some(speed));
        }
        self.forget_noun();
        self.is_of_camera = false;
        self.is_turning = false;
    }

    fn wonder(&mut self, word: &str) {
        let is_number = word.chars().all(|sign| sign.is_ascii_digit());
        if !is_number && !self.unknown.iter().any(|known| known == word) {
            self.unknown.push(word.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(text: &str) -> Wish {
        let reading = read(text).unwrap();
        assert_eq!(reading.unknown, [""; 0], "{text}");
        reading.wish
    }

    fn thing(shape: Shape) -> Thing {
        Thing::new(shape)
    }

    #[test]
    fn things_have_what_is_said_of_them() {
        let read =
            wish("A small red ball bounces quickly on a checkerboard while the camera zooms in.");
        assert_eq!(
            read,
            Wish {
                things: vec![Thing {
                    colour: Some(Colour::Red),
                    size: Some(Size::Small),
                    motion: Some(Motion::Bounce),
                    speed: Some(Speed::Fast),
                    ..thing(Shape::Sphere)
                }],
                relations: Vec::new(),
                background: Some(Background::Checker),
                camera: Some(Camera::ZoomIn),
            }
        );
        let read = wish("there is a big striped blue cube and a slowly spinning star at night");
        assert_eq!(read.things.len(), 2);
        assert_eq!(read.things[0].pattern, Some(Pattern::Striped));
        assert_eq!(read.things[1].motion, Some(Motion::Spin));
        assert_eq!(read.things[1].speed, Some(Speed::Slow));
        assert_eq!(read.background, Some(Background::Night));
        assert_eq!(
            wish("the circle is red and large").things[0].colour,
            Some(Colour::Red)
        );
    }

    #[test]
    fn things_have_to_do_with_each_other() {
        let read =
            wish("a red square pushes a green circle. the green circle is to the left of a cone");
        assert_eq!(read.things[0].motion, Some(Motion::Push(1)));
        assert_eq!(read.relations, [(1, Relation::LeftOf, 2)]);
        let read = wish("a pill passes behind a white ring");
        assert_eq!(read.things[0].motion, Some(Motion::PassBehind(1)));
        let read = wish("a star moves up and to the left and a disc turns blue");
        assert_eq!(read.things[0].motion, Some(Motion::Go(Direction::UpLeft)));
        assert_eq!(read.things[1].motion, Some(Motion::Turn(Colour::Blue)));
        let read = wish("a star turns around");
        assert_eq!(read.things[0].motion, Some(Motion::Spin));
    }

    #[test]
    fn several_of_a_kind_are_several() {
        let read = wish("three yellow cones falling in front of a night sky");
        assert_eq!(read.things.len(), 3);
        assert!(
            read.things
                .iter()
                .all(|thing| thing.motion == Some(Motion::Fall))
        );
        assert_eq!(
            super::read("five circles and four boxes"),
            Err(Unreadable::TooMany { found: 9 })
        );
    }

    #[test]
    fn words_that_mean_nothing_are_named() {
        let reading = read("a dragon chases a red ball, Dragon!").unwrap();
        assert_eq!(reading.unknown, ["dragon", "chases"]);
        let error = read("a dragon").unwrap_err().to_string();
        assert!(error.contains("I do not know `dragon`"), "{error}");
        assert!(read("").is_err() && read("🐉 … \0").is_err());
        assert!(matches!(
            read(&"ball ".repeat(10_000)),
            Err(Unreadable::TooLong { found: 50_000 })
        ));
    }
}
