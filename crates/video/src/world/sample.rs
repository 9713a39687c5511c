//! Scenes by chance, for learning and for measuring.

use super::facts::{
    Background, Camera, Colour, Direction, Motion, Object, Pattern, Relation, Scene, Shape, Size,
    Speed,
};
use super::wish::{Thing, Wish};
use crate::chance::Chance;

impl Scene {
    /// A scene with things that stand out from what is behind them and can be told from each other.
    pub fn by_chance(chance: &mut Chance) -> Self {
        let background = chance.pick(Background::ALL);
        let camera = match chance.happens(0.6) {
            true => Camera::Still,
            false => chance.pick(Camera::ALL),
        };
        let count = chance.pick(&[1, 1, 1, 1, 2, 2, 2, 3, 3, 4]);
        let mut objects: Vec<Object> = Vec::new();
        while objects.len() < count {
            let object = Object::by_chance(background, chance);
            // Each has a shape of its own, so that a word is enough to name it.
            if objects.iter().all(|other| other.shape != object.shape) {
                objects.push(object);
            }
        }
        let mut relations = Vec::new();
        if count > 1 && chance.happens(0.35) {
            let motions = [
                Motion::Push(1),
                Motion::Collide(1),
                Motion::PassBefore(1),
                Motion::PassBehind(1),
            ];
            objects[0].motion = chance.pick(&motions);
            objects[1].motion = Motion::Still;
        } else if count > 1 && chance.happens(0.35) {
            relations.push((0, chance.pick(Relation::ALL), 1));
            for object in &mut objects[..2] {
                if !matches!(object.motion, Motion::Spin | Motion::Turn(_)) {
                    object.motion = Motion::Still;
                }
            }
        }
        Self {
            objects,
            relations,
            background,
            camera,
        }
    }

    /// What somebody says of it who leaves some facts out: first of all what is as one would expect.
    pub fn told(&self, chance: &mut Chance) -> Wish {
        let mut kept = |is_usual: bool, usual: f32, else_: f32| {
            chance.happens(if is_usual { usual } else { else_ })
        };
        let mut things = Vec::new();
        for object in &self.objects {
            let is_still = object.motion == Motion::Still;
            let is_paced = !is_still && !matches!(object.motion, Motion::Turn(_));
            things.push(Thing {
                shape: object.shape,
                colour: kept(false, 0.0, 0.93).then_some(object.colour),
                size: kept(object.size == Size::Medium, 0.2, 0.7).then_some(object.size),
                pattern: kept(object.pattern == Pattern::Plain, 0.1, 0.9).then_some(object.pattern),
                motion: kept(is_still, 0.3, 1.0).then_some(object.motion),
                speed: (is_paced && kept(object.speed == Speed::Medium, 0.15, 0.85))
                    .then_some(object.speed),
            });
        }
        Wish {
            things,
            relations: self.relations.clone(),
            background: kept(self.background == Background::Grey, 0.5, 0.85)
                .then_some(self.background),
            camera: kept(self.camera == Camera::Still, 0.1, 0.9).then_some(self.camera),
        }
    }
}

impl Object {
    fn by_chance(background: Background, chance: &mut Chance) -> Self {
        let shape = chance.pick(Shape::ALL);
        let mut colour = || loop {
            let colour = chance.pick(Colour::ALL);
            if background.bears(colour) {
                break colour;
            }
        };
        let (own, mut other) = (colour(), colour());
        while other == own {
            other = colour();
        }
        let motion = match (chance.unit() * 22.0) as usize {
            0..=2 => Motion::Still,
            3..=10 => Motion::Go(chance.pick(Direction::ALL)),
            11 | 12 => Motion::Bounce,
            13 => Motion::Fall,
            14 => Motion::Orbit,
            15 | 16 => Motion::Spin,
            17 => Motion::Grow,
            18 => Motion::Shrink,
            19 => Motion::Appear,
            20 => Motion::Vanish,
            _ => Motion::Turn(other),
        };
        let mut pattern = match chance.happens(0.6) {
            true => Pattern::Plain,
            false => chance.pick(&[Pattern::Striped, Pattern::Dotted]),
        };
        // Whether something round turns is seen by what is on it.
        if motion == Motion::Spin && shape.is_round() && pattern == Pattern::Plain {
            pattern = Pattern::Striped;
        }
        Self {
            shape,
            colour: own,
            size: chance.pick(Size::ALL),
            pattern,
            motion,
            speed: chance.pick(&[Speed::Slow, Speed::Medium, Speed::Medium, Speed::Fast]),
        }
    }
}
