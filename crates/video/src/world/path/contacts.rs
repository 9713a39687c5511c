//! When things touch, and what happens once.

use super::{Course, Stage};
use crate::world::facts::Motion;

/// Something that happens at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contact {
    /// After how many seconds.
    pub at: f32,
    /// To which thing.
    pub object: usize,
    /// What.
    pub event: Event,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It reaches the ground.
    Landing,
    /// It runs into that thing.
    Knock(usize),
    /// It comes.
    Coming,
    /// It goes.
    Going,
    /// It takes another colour.
    Turning,
}

impl Stage {
    /// What happens at a moment, in its order.
    pub fn contacts(&self) -> Vec<Contact> {
        let mut contacts: Vec<Contact> = (0..self.courses.len())
            .flat_map(|object| self.contacts_of(object))
            .filter(|contact| contact.at < self.seconds)
            .collect();
        contacts.sort_by(|one, two| one.at.total_cmp(&two.at));
        contacts
    }

    fn contacts_of(&self, object: usize) -> Vec<Contact> {
        let contact = |at: f32, event: Event| Contact { at, object, event };
        let middle = self.seconds / 2.0;
        match self.scene.objects[object].motion {
            // It begins on the ground.
            Motion::Bounce => match &self.courses[object] {
                Course::Bounce {
                    jumps_per_second, ..
                } => (1_u32..)
                    .map(|jump| jump as f32 / jumps_per_second)
                    .take_while(|at| *at < self.seconds)
                    .map(|at| contact(at, Event::Landing))
                    .collect(),
                _ => Vec::new(),
            },
            Motion::Fall => match &self.courses[object] {
                Course::Fall {
                    from,
                    ground,
                    acceleration,
                } => {
                    let at = (2.0 * (from[1] - ground).max(0.0) / acceleration).sqrt();
                    vec![contact(at, Event::Landing)]
                }
                _ => Vec::new(),
            },
            Motion::Push(other) => vec![contact(self.seconds * super::PUSHED, Event::Knock(other))],
            Motion::Collide(other) => vec![contact(middle, Event::Knock(other))],
            Motion::Appear => vec![contact(middle, Event::Coming)],
            Motion::Vanish => vec![contact(middle, Event::Going)],
            Motion::Turn(_) => vec![contact(middle, Event::Turning)],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Background, Camera, Colour, Object, Pattern, Scene, Shape, Size, Speed};

    fn stage(motion: Motion, seed: u64) -> Stage {
        let thing = |motion| Object {
            shape: Shape::Circle,
            colour: Colour::Red,
            size: Size::Small,
            pattern: Pattern::Plain,
            motion,
            speed: Speed::Medium,
        };
        let scene = Scene {
            objects: vec![thing(motion), thing(Motion::Still)],
            relations: Vec::new(),
            background: Background::Grey,
            camera: Camera::Still,
        };
        Stage::new(&scene, seed, 4.0, 1.0)
    }

    #[test]
    fn what_lands_is_at_its_lowest_when_it_does() {
        for seed in 0..10 {
            for motion in [Motion::Bounce, Motion::Fall] {
                let stage = stage(motion, seed);
                let contacts = stage.contacts();
                assert_eq!(contacts.len(), if motion == Motion::Fall { 1 } else { 3 });
                for contact in contacts {
                    let lowest = stage.at(0, contact.at)[1];
                    assert!(stage.at(0, contact.at - 0.1)[1] > lowest + 0.01);
                    assert!(stage.at(0, contact.at + 0.1)[1] > lowest - 1e-4);
                }
            }
        }
    }

    #[test]
    fn who_knocks_is_nearest_then() {
        for seed in 0..10 {
            for motion in [Motion::Push(1), Motion::Collide(1)] {
                let stage = stage(motion, seed);
                let [contact] = stage.contacts()[..] else {
                    panic!("one knock");
                };
                assert_eq!(contact.event, Event::Knock(1));
                let apart = |time: f32| (stage.at(0, time)[0] - stage.at(1, time)[0]).abs();
                assert!(apart(contact.at) < apart(contact.at - 0.2) - 0.01);
                assert!(apart(contact.at) <= apart(contact.at + 0.2) + 1e-4);
            }
        }
    }

    #[test]
    fn what_stands_still_makes_no_sound() {
        assert_eq!(stage(Motion::Still, 1).contacts(), []);
    }
}
