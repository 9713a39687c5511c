//! Things of films that get a name, by which later films have them.

use serde::{Deserialize, Serialize};

use crate::order::Refused;
use crate::plan::Plan;
use crate::settings::{SCENE_MODEL, Settings};
use crate::world::{Object, Unreadable, read};

/// Characters of a name.
const NAME_MAX: usize = 64;

/// A thing with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Character {
    /// What it is called: none of its words means anything else here.
    pub name: String,
    /// What it looks like, in words that are read as just that: `small striped red sphere`.
    pub looks: String,
}

/// Why a thing gets no such name.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoCharacter {
    /// The name is none.
    #[error(
        "`{name}` is no name for a character\nhint: one to four words of letters and digits, {NAME_MAX} characters at most"
    )]
    Unreadable {
        /// As it was given, cut.
        name: String,
    },
    /// It says something else.
    #[error("`{word}` means something here already\nhint: another name, such as `Bobo`")]
    Taken {
        /// Which word of it.
        word: String,
    },
    /// The film is none of the scene renderer's.
    #[error(transparent)]
    Film(#[from] Refused),
}

impl Character {
    /// The first thing of the first shot of the film that `settings` make, under a name.
    ///
    /// # Errors
    /// [`NoCharacter`].
    pub fn of(settings: &Settings, name: &str) -> Result<Self, NoCharacter> {
        let name = checked(name)?;
        let plan = Plan::new(&settings.order_for(SCENE_MODEL)?)?;
        let scene = plan.scenes().next().expect("a film has a shot");
        let thing = scene.objects.first().expect("a scene has a thing");
        let looks = looks(thing);
        Ok(Self { name, looks })
    }
}

fn looks(thing: &Object) -> String {
    let words = [
        thing.size.name(),
        thing.pattern.name(),
        thing.colour.name(),
        thing.shape.name(),
    ];
    words.join(" ")
}

/// The name, with one space between its words.
fn checked(name: &str) -> Result<String, NoCharacter> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_word = |word: &&str| word.chars().all(is_of_word);
    if words.is_empty()
        || words.len() > 4
        || name.chars().count() > NAME_MAX
        || !words.iter().all(is_word)
    {
        let name = name
            .chars()
            .take(NAME_MAX)
            .filter(|sign| !sign.is_control());
        return Err(NoCharacter::Unreadable {
            name: name.collect(),
        });
    }
    for word in &words {
        let is_free = match read(word) {
            Err(Unreadable::Nothing { unknown }) => !unknown.is_empty(),
            _ => false,
        };
        if !is_free {
            let word = (*word).to_owned();
            return Err(NoCharacter::Taken { word });
        }
    }
    Ok(words.join(" "))
}

fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '-' | '\'')
}

/// `prompt` with what characters look like in place of their names, and which of them it names. Whoever is named again is spoken of as
/// the one that was there.
pub fn cast(prompt: &str, characters: &[Character]) -> (String, Vec<bool>) {
    let pieces = pieces(prompt);
    let names: Vec<Vec<String>> = characters
        .iter()
        .map(|character| character.name.split(' ').map(str::to_lowercase).collect())
        .collect();
    let (mut text, mut named, mut at) = (String::new(), vec![false; characters.len()], 0);
    while at < pieces.len() {
        let found = names.iter().enumerate().find_map(|(which, name)| {
            let length = begins(&pieces[at..], name)?;
            Some((which, length))
        });
        let Some((which, length)) = found else {
            text += pieces[at];
            at += 1;
            continue;
        };
        let article = if named[which] { "the" } else { "a" };
        let before = pieces[..at]
            .iter()
            .rev()
            .find(|piece| !piece.trim().is_empty());
        let has_article =
            before.is_some_and(|word| ["a", "an", "the"].contains(&word.to_lowercase().as_str()));
        if !has_article {
            text += article;
            text += " ";
        }
        text += &characters[which].looks;
        named[which] = true;
        at += length;
    }
    (text, named)
}

/// Words, and what stands between them.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut from, mut was_word) = (0, None);
    for (at, sign) in text.char_indices() {
        let is_word = is_of_word(sign);
        if was_word.is_some_and(|was| was != is_word) {
            pieces.push(&text[from..at]);
            from = at;
        }
        was_word = Some(is_word);
    }
    if from < text.len() {
        pieces.push(&text[from..]);
    }
    pieces
}

/// Of how many pieces the name is that stands at the beginning.
fn begins(pieces: &[&str], name: &[String]) -> Option<usize> {
    let length = 2 * name.len() - 1;
    let here = pieces.get(..length)?;
    let is_here = here.iter().enumerate().all(|(at, piece)| match at % 2 {
        0 => {
            let piece = piece.to_lowercase();
            // What somebody has is said of them.
            let owner = piece.strip_suffix("'s").unwrap_or(&piece);
            piece == name[at / 2] || (at + 1 == length && owner == name[at / 2])
        }
        _ => piece.chars().all(char::is_whitespace),
    });
    is_here.then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Order, Size};
    use crate::world::{Colour, Motion, Pattern, Shape, Speed};

    fn settings(prompt: &str) -> Settings {
        let size = Size {
            width: 64,
            height: 64,
        };
        Settings::of(&Order::new(prompt, 1.0, size))
    }

    #[test]
    fn a_thing_keeps_its_looks_in_other_films() {
        let bobo = Character::of(&settings("a small striped red ball falls"), " Bobo ").unwrap();
        assert_eq!(
            (&*bobo.name, &*bobo.looks),
            ("Bobo", "small striped red sphere")
        );
        let others = [
            bobo.clone(),
            Character::of(&settings("a star"), "Aunt Ada").unwrap(),
        ];
        let (text, named) = cast(
            "bobo bounces, Bobo's fast; the AUNT  ada spins. Bobox",
            &others,
        );
        let star = &others[1].looks;
        let wanted = format!(
            "a small striped red sphere bounces, the small striped red sphere fast; the {star} spins. Bobox"
        );
        assert_eq!((text, named), (wanted, vec![true, true]));
        let (text, named) = cast("a ball", &others);
        assert_eq!((&*text, named), ("a ball", vec![false, false]));
        let reading = read(&cast("Bobo bounces. Bobo is fast", &others).0).unwrap();
        assert_eq!(reading.wish.things.len(), 1, "{reading:?}");
    }

    #[test]
    fn whatever_a_thing_looks_like_is_read_as_that() {
        for &shape in Shape::ALL {
            for &colour in Colour::ALL {
                for &pattern in Pattern::ALL {
                    for &size in crate::world::Size::ALL {
                        let thing = Object {
                            shape,
                            colour,
                            size,
                            pattern,
                            motion: Motion::Still,
                            speed: Speed::Medium,
                        };
                        let reading = read(&format!("a {}", looks(&thing))).unwrap();
                        let [found] = reading.wish.things[..] else {
                            panic!("{reading:?}");
                        };
                        assert_eq!(
                            (found.shape, found.colour, found.pattern, found.size),
                            (shape, Some(colour), Some(pattern), Some(size))
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn names_that_mean_something_or_nothing_are_refused() {
        let film = settings("a ball");
        for name in ["Red", "my ball", "the", "Ada bounces"] {
            assert!(
                matches!(Character::of(&film, name), Err(NoCharacter::Taken { .. })),
                "{name}"
            );
        }
        for name in ["", " ", "a\u{1b}[0m", "o o o o o", "x/y", &"x".repeat(65)] {
            assert!(
                matches!(
                    Character::of(&film, name),
                    Err(NoCharacter::Unreadable { .. })
                ),
                "{name}"
            );
        }
    }
}
