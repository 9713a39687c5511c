//! What is asked of a scene: some facts are said, the others are left to chance.

use super::facts::{
    Background, Camera, Colour, Motion, Object, Pattern, Relation, Scene, Shape, Size, Speed,
};
use crate::chance::Chance;

/// The colour of the last shape where none is said; those of the shapes before it follow.
const OWN: usize = 2;

/// A scene of which some facts are said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The things.
    pub things: Vec<Thing>,
    /// Where they are, seen from each other.
    pub relations: Vec<(usize, Relation, usize)>,
    /// What is behind them.
    pub background: Option<Background>,
    /// What the camera does.
    pub camera: Option<Camera>,
}

/// A thing of which some facts are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it looks like.
    pub shape: Shape,
    /// Its colour.
    pub colour: Option<Colour>,
    /// How large it is.
    pub size: Option<Size>,
    /// What is on it.
    pub pattern: Option<Pattern>,
    /// What it does.
    pub motion: Option<Motion>,
    /// How fast.
    pub speed: Option<Speed>,
}

impl Thing {
    /// A thing of which nothing but its shape is said.
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            colour: None,
            size: None,
            pattern: None,
            motion: None,
            speed: None,
        }
    }
}

impl Wish {
    /// A scene in which everything is as it was wished. What was not said is plain, of medium size, and still; its colour is drawn
    /// from those that stand out, and are not there yet.
    pub fn granted(&self, chance: &mut Chance) -> Scene {
        self.coloured(&mut |_, free| chance.pick(free))
    }

    /// The same, with nothing left to chance: what has no colour that was said has that of its shape, or the next that is free.
    pub fn expected(&self) -> Scene {
        let all = Colour::ALL.len();
        self.coloured(&mut |shape, free| {
            let own = Shape::ALL.len() + OWN - shape as usize;
            let after = |colour: &Colour| (*colour as usize + 2 * all - own) % all;
            *free
                .iter()
                .min_by_key(|colour| after(colour))
                .expect("backgrounds bear most colours")
        })
    }

    /// The same, with colours that were not said by `pick`, which is told the shape and the colours that there are to choose from.
    fn coloured(&self, pick: &mut dyn FnMut(Shape, &[Colour]) -> Colour) -> Scene {
        let background = self.background.unwrap_or(Background::Grey);
        let mut taken: Vec<Colour> = self
            .things
            .iter()
            .filter_map(|thing| thing.colour)
            .collect();
        let objects = self.things.iter().map(|thing| {
            let colour = thing.colour.unwrap_or_else(|| {
                let free = Colour::ALL
                    .iter()
                    .filter(|colour| background.bears(**colour) && !taken.contains(colour));
                let free: Vec<Colour> = free.copied().collect();
                let colour = pick(thing.shape, &free);
                taken.push(colour);
                colour
            });
            let motion = thing.motion.unwrap_or(Motion::Still);
            let is_blank =
                thing.pattern.is_none() && motion == Motion::Spin && thing.shape.is_round();
            Object {
                shape: thing.shape,
                colour,
                size: thing.size.unwrap_or(Size::Medium),
                // Whether something round turns is seen by what is on it.
                pattern: thing.pattern.unwrap_or(if is_blank {
                    Pattern::Striped
                } else {
                    Pattern::Plain
                }),
                motion,
                speed: thing.speed.unwrap_or(Speed::Medium),
            }
        });
        Scene {
            objects: objects.collect(),
            relations: self.relations.clone(),
            background,
            camera: self.camera.unwrap_or(Camera::Still),
        }
    }
}
