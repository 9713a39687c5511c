//! What was wished, beside what is seen.

use super::{Seen, SeenObject};
use crate::world::{Motion, Relation, Thing, Wish};

/// What of a film is graded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// How many things there are.
    Count,
    /// What a thing looks like.
    Shape,
    /// Its colour.
    Colour,
    /// How large it is.
    Size,
    /// What is on it.
    Pattern,
    /// What it does.
    Motion,
    /// Where it goes, of those that go.
    Direction,
    /// How fast.
    Speed,
    /// Where a thing is, seen from another.
    Relation,
    /// What is behind all things.
    Background,
    /// What the camera does.
    Camera,
}

impl Attribute {
    /// All there are.
    pub const ALL: [Self; 11] = [
        Self::Count,
        Self::Shape,
        Self::Colour,
        Self::Size,
        Self::Pattern,
        Self::Motion,
        Self::Direction,
        Self::Speed,
        Self::Relation,
        Self::Background,
        Self::Camera,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Shape => "shape",
            Self::Colour => "colour",
            Self::Size => "size",
            Self::Pattern => "pattern",
            Self::Motion => "motion",
            Self::Direction => "direction",
            Self::Speed => "speed",
            Self::Relation => "relation",
            Self::Background => "background",
            Self::Camera => "camera",
        }
    }
}

/// How something that was wished came out. What was not wished has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grade {
    /// It is there.
    Right,
    /// It is not.
    Wrong,
    /// Nothing in the picture says.
    Untold,
}

impl Grade {
    fn of(is_right: bool) -> Self {
        match is_right {
            true => Self::Right,
            false => Self::Wrong,
        }
    }

    /// Of what may be one of several.
    fn among<T: PartialEq>(found: &[T], wished: &T) -> Self {
        match found {
            [only] => Self::of(only == wished),
            _ if found.contains(wished) => Self::Untold,
            _ => Self::Wrong,
        }
    }
}

/// How a film came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grades {
    /// A grade for each thing that was said.
    pub all: Vec<(Attribute, Grade)>,
    /// Which of the things seen each of those wished is.
    pub matched: Vec<Option<usize>>,
}

impl Grades {
    /// How many of an attribute came out so.
    pub fn count(&self, attribute: Attribute, grade: Grade) -> usize {
        self.all
            .iter()
            .filter(|one| **one == (attribute, grade))
            .count()
    }

    /// Whether nothing is wrong.
    pub fn is_right(&self) -> bool {
        self.all.iter().all(|(_, grade)| *grade != Grade::Wrong)
    }
}

/// Grades what is seen by what was wished, and by nothing else: each thing wished is the one seen with which most comes out right.
pub fn grade(seen: &Seen, wish: &Wish) -> Grades {
    let matched = matched(seen, wish);
    let mut all = vec![(
        Attribute::Count,
        Grade::of(seen.objects.len() == wish.things.len()),
    )];
    for index in 0..wish.things.len() {
        all.extend(of_thing(seen, wish, index, &matched));
    }
    for &(one, relation, two) in &wish.relations {
        let ends = [one, two].map(|thing| matched.get(thing).copied().flatten());
        let is_right = match ends {
            [Some(one), Some(two)] => is_related(&seen.objects[one], relation, &seen.objects[two]),
            _ => false,
        };
        all.push((Attribute::Relation, Grade::of(is_right)));
    }
    if let Some(background) = wish.background {
        let is_right = background == seen.background;
        all.push((Attribute::Background, Grade::of(is_right)));
    }
    if let Some(camera) = wish.camera {
        let grade = match seen.objects.is_empty() && seen.cameras.len() > 1 {
            true => Grade::Wrong,
            false => Grade::among(&seen.cameras, &camera),
        };
        all.push((Attribute::Camera, grade));
    }
    Grades { all, matched }
}

/// The assignment of things seen to things wished with which most comes out right.
fn matched(seen: &Seen, wish: &Wish) -> Vec<Option<usize>> {
    let mut best = (-1.0, vec![None; wish.things.len()]);
    let mut chosen = vec![None; wish.things.len()];
    assign(seen, wish, 0, &mut chosen, &mut best);
    best.1
}

fn assign(
    seen: &Seen,
    wish: &Wish,
    thing: usize,
    chosen: &mut Vec<Option<usize>>,
    best: &mut (f32, Vec<Option<usize>>),
) {
    if thing == wish.things.len() {
        let worth = (0..thing)
            .flat_map(|index| of_thing(seen, wish, index, chosen))
            .filter(|(_, grade)| *grade != Grade::Wrong)
            // Things are told from each other by what they look like, first of all.
            .map(|(attribute, _)| match attribute {
                Attribute::Shape | Attribute::Colour => 1.5,
                _ => 1.0,
            })
            .sum();
        if worth > best.0 {
            *best = (worth, chosen.clone());
        }
        return;
    }
    // A film full of patches is not matched with all of them.
    for index in (0..seen.objects.len().min(6))
        .filter(|index| !chosen.contains(&Some(*index)))
        .collect::<Vec<_>>()
    {
        chosen[thing] = Some(index);
        assign(seen, wish, thing + 1, chosen, best);
    }
    if seen.objects.len() < wish.things.len() {
        chosen[thing] = None;
        assign(seen, wish, thing + 1, chosen, best);
    }
    chosen[thing] = None;
}

fn of_thing(
    seen: &Seen,
    wish: &Wish,
    index: usize,
    matched: &[Option<usize>],
) -> Vec<(Attribute, Grade)> {
    let thing = &wish.things[index];
    let found = matched[index].map(|found| &seen.objects[found]);
    let is = |test: &dyn Fn(&SeenObject) -> bool| Grade::of(found.is_some_and(test));
    let mut grades = vec![(Attribute::Shape, is(&|found| found.shape == thing.shape))];
    if let Some(colour) = thing.colour {
        grades.push((Attribute::Colour, is(&|found| found.colour == colour)));
    }
    if let Some(size) = thing.size {
        grades.push((Attribute::Size, is(&|found| found.size == size)));
    }
    if let Some(pattern) = thing.pattern {
        grades.push((Attribute::Pattern, is(&|found| found.pattern == pattern)));
    }
    // Whoever is pushed or run into moves, whatever is said of it.
    let is_moved = wish.things.iter().any(|other| {
        matches!(other.motion, Some(Motion::Push(moved) | Motion::Collide(moved)) if moved == index)
    });
    if let Some(motion) = thing.motion.filter(|_| !is_moved) {
        let is_right = |found: &SeenObject| does(found.motion, motion, matched);
        grades.push((Attribute::Motion, is(&is_right)));
        if let Motion::Go(direction) = motion {
            let goes = |found: &SeenObject| found.motion == Motion::Go(direction);
            grades.push((Attribute::Direction, is(&goes)));
        }
        grades.extend(of_speed(thing, found));
    }
    grades
}

fn of_speed(thing: &Thing, found: Option<&SeenObject>) -> Option<(Attribute, Grade)> {
    let speed = thing.speed?;
    let grade = found.map_or(Grade::Wrong, |found| match found.motion {
        Motion::Still | Motion::Turn(_) => Grade::Wrong,
        _ => Grade::among(&found.speeds, &speed),
    });
    Some((Attribute::Speed, grade))
}

/// Whether what is done is what was wished, wherever it goes.
fn does(found: Motion, wished: Motion, matched: &[Option<usize>]) -> bool {
    let other = |thing: usize| matched.get(thing).copied().flatten();
    match (found, wished) {
        (Motion::Go(_), Motion::Go(_)) => true,
        (Motion::Push(found), Motion::Push(wished))
        | (Motion::Collide(found), Motion::Collide(wished))
        | (Motion::PassBefore(found), Motion::PassBefore(wished))
        | (Motion::PassBehind(found), Motion::PassBehind(wished)) => Some(found) == other(wished),
        _ => found == wished,
    }
}

/// Whether a thing is where it should be, seen from another, when both are first seen.
fn is_related(one: &SeenObject, relation: Relation, two: &SeenObject) -> bool {
    let (Some((_, one)), Some((_, two))) = (one.path.first(), two.path.first()) else {
        return false;
    };
    let [right, up] = [one[0] - two[0], one[1] - two[1]];
    match relation {
        Relation::LeftOf => -right > 0.5 * up.abs(),
        Relation::RightOf => right > 0.5 * up.abs(),
        Relation::Above => up > 0.5 * right.abs(),
        Relation::Below => -up > 0.5 * right.abs(),
    }
}
