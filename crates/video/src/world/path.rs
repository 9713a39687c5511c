//! Where everything is at each moment.

mod contacts;

use super::facts::{Camera, Motion, Object, Pattern, Relation, Scene, Shape};
use crate::chance::Chance;

pub use contacts::{Contact, Event};

/// Lengths a second of what goes at medium speed.
pub(crate) const GOING: f32 = 0.32;

/// How far a camera that shakes is off, and how often a second, to both sides and up and down, in its longest waves.
pub(crate) const SHAKEN: f32 = 0.012;
pub(crate) const SHAKING: [f32; 2] = [2.3, 2.9];

/// How often places are drawn before the best are taken.
const DRAWS_MAX: usize = 400;

/// When in a film a thing that is pushed is reached.
const PUSHED: f32 = 0.45;

/// How far from the middle, to the side and up or down, one looks for things when there are several.
const HOME: f32 = 0.21;

/// Moments at which it is looked whether things lie on each other.
const LOOKS: usize = 7;

/// Free room between things, and between things and the rim.
pub(crate) const GAP: f32 = 0.03;

/// A scene on its stage: the places are chosen.
#[derive(Clone, Debug)]
pub struct Stage {
    scene: Scene,
    seconds: f32,
    /// Half of what is seen: to the right and up.
    half: [f32; 2],
    /// How much of its room chance may use for a thing: none (0) or all (1).
    spread: f32,
    courses: Vec<Course>,
    shaking: [f32; 4],
}

/// What a moment looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Things, those behind first.
    pub placed: Vec<Placed>,
    /// Where the camera looks.
    pub look_at: [f32; 2],
    /// How much larger everything looks.
    pub zoom: f32,
}

/// A thing in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Which thing of the scene it is.
    pub object: usize,
    /// What it looks like.
    pub shape: Shape,
    /// What is on it.
    pub pattern: Pattern,
    /// Its middle.
    pub at: [f32; 2],
    /// From its middle to its rim.
    pub radius: f32,
    /// How far it has turned, in radians, against the clock.
    pub angle: f32,
    /// From not there (0) to there (1).
    pub opacity: f32,
    /// Red, green and blue, each from 0 to 1, as sRGB has them.
    pub rgb: [f32; 3],
}

/// Where a thing goes.
#[derive(Clone, Debug)]
enum Course {
    /// Straight on; what leaves the picture comes back on the other side.
    Line {
        from: [f32; 2],
        velocity: [f32; 2],
        wraps: bool,
    },
    /// Through points at their times.
    Way(Vec<(f32, [f32; 2])>),
    Bounce {
        ground: [f32; 2],
        height: f32,
        jumps_per_second: f32,
    },
    Fall {
        from: [f32; 2],
        ground: f32,
        acceleration: f32,
    },
    Orbit {
        middle: [f32; 2],
        radius: f32,
        phase: f32,
        turn: f32,
    },
}

impl Stage {
    /// Puts the things of `scene` into places by the chance of `seed`, for a film of `seconds` in pictures that are
    /// `aspect` times as wide as high.
    pub fn new(scene: &Scene, seed: u64, seconds: f32, aspect: f32) -> Self {
        Self::composed(scene, seed, (seconds, aspect), 1.0)
    }

    /// The same, with things where one would look for them first: one in the middle, those said first above and to the left of others. `spread`,
    /// from 0 to 1, says how much of the room chance may use beside that; more where they would lie on each other.
    pub fn composed(scene: &Scene, seed: u64, (seconds, aspect): (f32, f32), spread: f32) -> Self {
        let half = [aspect.max(1.0) / 2.0, (1.0 / aspect).max(1.0) / 2.0];
        let mut chance = Chance::new(seed, 0);
        let mut stage = Self {
            scene: scene.clone(),
            seconds,
            half,
            spread,
            courses: Vec::new(),
            shaking: std::array::from_fn(|_| chance.between(0.0, std::f32::consts::TAU) * spread),
        };
        let mut best = f32::INFINITY;
        for draw in 0..DRAWS_MAX {
            stage.spread = spread.max(draw as f32 / DRAWS_MAX as f32);
            let courses = stage.draw_courses(&mut chance);
            let before = std::mem::replace(&mut stage.courses, courses);
            let flaw = stage.flaw();
            if flaw < best {
                best = flaw;
            } else {
                stage.courses = before;
            }
            if best <= 0.0 {
                break;
            }
        }
        stage
    }

    /// The scene.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// How long the film is.
    pub fn seconds(&self) -> f32 {
        self.seconds
    }

    /// Half of what is seen: to the right and up.
    pub fn half(&self) -> [f32; 2] {
        self.half
    }

    /// What is where after `time` seconds.
    pub fn frame(&self, time: f32) -> Frame {
        let mut order: Vec<usize> = (0..self.scene.objects.len()).collect();
        // Whoever passes before something is drawn after it.
        order.sort_by_key(|&object| match self.scene.objects[object].motion {
            Motion::PassBehind(_) => 0,
            Motion::PassBefore(_) => 2,
            _ => 1,
        });
        let placed = order.into_iter().map(|object| self.placed(object, time));
        let (look_at, zoom) = self.camera(time);
        Frame {
            placed: placed.collect(),
            look_at,
            zoom,
        }
    }

    fn placed(&self, object: usize, time: f32) -> Placed {
        let thing = &self.scene.objects[object];
        let factor = thing.speed.factor();
        // From the beginning to the end of what happens once, in its middle.
        let once = |seconds: f32| {
            let begin = (self.seconds - seconds) / 2.0;
            smooth(((time - begin) / seconds).clamp(0.0, 1.0))
        };
        let grown = smooth((time * 0.5 * factor).clamp(0.0, 1.0));
        let scale = match thing.motion {
            Motion::Grow => 0.6 + 0.9 * grown,
            Motion::Shrink => 1.4 - 0.9 * grown,
            _ => 1.0,
        };
        let opacity = match thing.motion {
            Motion::Appear => once(0.6 / factor),
            Motion::Vanish => 1.0 - once(0.6 / factor),
            _ => 1.0,
        };
        let own = thing.colour.rgb().map(|part| f32::from(part) / 255.0);
        let rgb = match thing.motion {
            Motion::Turn(other) => {
                let done = once(0.6 / factor);
                let other = other.rgb().map(|part| f32::from(part) / 255.0);
                std::array::from_fn(|part| own[part] + (other[part] - own[part]) * done)
            }
            _ => own,
        };
        let angle = match thing.motion {
            Motion::Spin => 1.8 * factor * time,
            _ => 0.0,
        };
        Placed {
            object,
            shape: thing.shape,
            pattern: thing.pattern,
            at: self.at(object, time),
            radius: thing.size.radius() * scale,
            angle,
            opacity,
            rgb,
        }
    }

    fn at(&self, object: usize, time: f32) -> [f32; 2] {
        match &self.courses[object] {
            Course::Line {
                from,
                velocity,
                wraps,
            } => {
                let radius = self.scene.objects[object].size.radius();
                std::array::from_fn(|axis| {
                    let at = from[axis] + velocity[axis] * time;
                    let room = self.half[axis] + radius;
                    match *wraps && velocity[axis] != 0.0 {
                        true => (at + room).rem_euclid(2.0 * room) - room,
                        false => at,
                    }
                })
            }
            Course::Way(points) => along(points, time),
            Course::Bounce {
                ground,
                height,
                jumps_per_second,
            } => {
                let lift = (std::f32::consts::PI * jumps_per_second * time).sin().abs();
                // A thrown thing is long above and short below.
                [ground[0], ground[1] + height * lift]
            }
            Course::Fall {
                from,
                ground,
                acceleration,
            } => {
                let at = from[1] - acceleration * time * time / 2.0;
                [from[0], at.max(*ground)]
            }
            Course::Orbit {
                middle,
                radius,
                phase,
                turn,
            } => {
                let (sine, cosine) = (phase + turn * time).sin_cos();
                [middle[0] + radius * cosine, middle[1] + radius * sine]
            }
        }
    }

    fn camera(&self, time: f32) -> ([f32; 2], f32) {
        let done = if self.seconds > 0.0 {
            time / self.seconds
        } else {
            0.0
        };
        if self.scene.camera != Camera::Shake {
            return looked(self.scene.camera, done, self.seconds);
        }
        let wave = |turns: f32, phase: f32| (std::f32::consts::TAU * turns * time + phase).sin();
        let [a, b, c, d] = self.shaking;
        let x = SHAKEN * wave(SHAKING[0], a) + 0.007 * wave(3.7, b);
        let y = SHAKEN * wave(SHAKING[1], c) + 0.007 * wave(4.1, d);
        ([x, y], 1.0)
    }

    /// How far the camera turns in all.
    fn pan(&self) -> f32 {
        panned(self.seconds)
    }

    /// How much of the room is seen all the time.
    fn room(&self) -> [f32; 2] {
        let mut room = self.half;
        match self.scene.camera {
            Camera::PanLeft | Camera::PanRight => room[0] -= self.pan() / 2.0,
            Camera::PanUp | Camera::PanDown => room[1] -= self.pan() / 2.0,
            Camera::ZoomIn | Camera::ZoomOut => room = room.map(|length| length / 1.2),
            Camera::Shake => room = room.map(|length| length - 0.02),
            Camera::Still => {}
        }
        room
    }

    fn draw_courses(&self, chance: &mut Chance) -> Vec<Course> {
        let objects = &self.scene.objects;
        let mut courses: Vec<Option<Course>> = vec![None; objects.len()];
        for (object, thing) in objects.iter().enumerate() {
            let other = thing.motion.other();
            let Some(other) = other.filter(|&other| other < objects.len() && other != object)
            else {
                continue;
            };
            let (own, others) = self.draw_meeting(thing, &objects[other], chance);
            courses[object] = Some(own);
            courses[other] = Some(others);
        }
        let alone = courses
            .into_iter()
            .enumerate()
            .map(|(object, course)| course.unwrap_or_else(|| self.draw_alone(object, chance)));
        alone.collect()
    }

    /// Where one would look for a thing first.
    fn home(&self, object: usize) -> [f32; 2] {
        let related = self.scene.relations.iter();
        let related = related.filter_map(|&(first, relation, second)| match object {
            _ if object == first => Some((relation, 1.0)),
            _ if object == second => Some((relation, -1.0)),
            _ => None,
        });
        if let Some((relation, side)) = related.into_iter().next() {
            return match relation {
                Relation::LeftOf => [-side * HOME, 0.0],
                Relation::RightOf => [side * HOME, 0.0],
                Relation::Above => [0.0, side * HOME],
                Relation::Below => [0.0, -side * HOME],
            };
        }
        match self.scene.objects.len() {
            0 | 1 => [0.0; 2],
            _ => [[-1.0, 1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]][object % 4]
                .map(|side: f32| side * HOME),
        }
    }

    /// A place near `home` from which `step` leads nowhere outside.
    fn draw_place(
        &self,
        radius: f32,
        (home, step): ([f32; 2], [f32; 2]),
        chance: &mut Chance,
    ) -> [f32; 2] {
        let room = self.room();
        std::array::from_fn(|axis| {
            let low = -room[axis] + radius + GAP - step[axis].min(0.0);
            let high = room[axis] - radius - GAP - step[axis].max(0.0);
            match low <= high {
                true => {
                    let home = (home[axis] - step[axis] / 2.0).clamp(low, high);
                    chance.between(low, high) * self.spread + home * (1.0 - self.spread)
                }
                false => (low + high) / 2.0,
            }
        })
    }

    fn draw_alone(&self, object: usize, chance: &mut Chance) -> Course {
        let (thing, home) = (&self.scene.objects[object], self.home(object));
        let factor = thing.speed.factor();
        let radius = thing.size.radius();
        let room = self.room();
        match thing.motion {
            Motion::Go(direction) => {
                let velocity = direction.step().map(|part| part * GOING * factor);
                let step = velocity.map(|part| part * self.seconds);
                let is_far =
                    (0..2).any(|axis| step[axis].abs() > 2.0 * (room[axis] - radius - GAP));
                let within = if is_far { [0.0; 2] } else { step };
                let from = self.draw_place(radius, (home, within), chance);
                // What goes further than there is room for comes in from outside, and is near its place halfway.
                let before = if is_far {
                    (1.0 - self.spread) / 2.0
                } else {
                    0.0
                };
                Course::Line {
                    from: std::array::from_fn(|axis| from[axis] - step[axis] * before),
                    velocity,
                    wraps: is_far,
                }
            }
            Motion::Bounce => {
                let height = 0.4_f32.min(2.0 * (room[1] - radius - GAP));
                Course::Bounce {
                    ground: self.draw_place(radius, (home, [0.0, height]), chance),
                    height,
                    jumps_per_second: 0.9 * factor,
                }
            }
            Motion::Fall => {
                let ground = -room[1] * 0.6 + radius;
                let top = room[1] - radius - GAP;
                Course::Fall {
                    from: [self.draw_place(radius, (home, [0.0; 2]), chance)[0], top],
                    ground: ground.min(top),
                    acceleration: 0.9 * factor * factor,
                }
            }
            Motion::Orbit => {
                let round = 0.2_f32.min(room[0].min(room[1]) - radius - GAP).max(0.05);
                let side = self.draw_side(chance);
                Course::Orbit {
                    middle: self.draw_place(radius + round, (home, [0.0; 2]), chance),
                    radius: round,
                    phase: chance.between(0.0, std::f32::consts::TAU) * self.spread,
                    turn: side * 2.4 * factor,
                }
            }
            _ => {
                let largest = if thing.motion == Motion::Grow {
                    1.5
                } else {
                    1.0
                };
                Course::Way(vec![(
                    0.0,
                    self.draw_place(radius * largest, (home, [0.0; 2]), chance),
                )])
            }
        }
    }

    /// To the right (1) or to the left (-1).
    fn draw_side(&self, chance: &mut Chance) -> f32 {
        match chance.happens(1.0 - 0.5 * self.spread) {
            true => 1.0,
            false => -1.0,
        }
    }

    /// The courses of one that goes to another, and of the other.
    fn draw_meeting(&self, own: &Object, other: &Object, chance: &mut Chance) -> (Course, Course) {
        let (own_radius, other_radius) = (own.size.radius(), other.size.radius());
        let touch = (own_radius + other_radius) * 0.92;
        let room = self.room()[0] - GAP;
        let side = self.draw_side(chance);
        let speed = GOING * own.speed.factor();
        let largest = own_radius.max(other_radius);
        let y = self.draw_place(largest, ([0.0; 2], [0.0; 2]), chance)[1];
        let end = self.seconds;
        let middle = end / 2.0;
        let point = |time: f32, x: f32| (time, [side * x, y]);
        match own.motion {
            Motion::Push(_) => {
                // From its rim to where the other reaches the other rim.
                let way = (2.0 * room - 2.0 * own_radius - 2.0 * other_radius).max(0.1);
                let way = way.min(speed * end);
                let free = 2.0 * room - way - 2.0 * own_radius - 2.0 * other_radius;
                let free = chance.between(0.0, free.max(0.0)) * self.spread
                    + free.max(0.0) / 2.0 * (1.0 - self.spread);
                let from = -room + own_radius + free;
                let met = from + way * PUSHED;
                (
                    Course::Way(vec![point(0.0, from), point(end, from + way)]),
                    Course::Way(vec![
                        point(0.0, met + touch),
                        point(end * PUSHED, met + touch),
                        point(end, from + way + touch),
                    ]),
                )
            }
            Motion::Collide(_) => {
                let way = (room - own_radius.max(other_radius) - touch / 2.0).max(0.05);
                let way = way.min(speed * middle);
                let (own_met, other_met) = (-touch / 2.0, touch / 2.0);
                (
                    Course::Way(vec![
                        point(0.0, own_met - way),
                        point(middle, own_met),
                        point(end, own_met - way),
                    ]),
                    Course::Way(vec![
                        point(0.0, other_met + way),
                        point(middle, other_met),
                        point(end, other_met + way),
                    ]),
                )
            }
            _ => {
                let reach = (room - own_radius).max(0.05).min(speed * middle);
                let free = (room - own_radius - reach).max(0.0);
                let x = chance.between(-free, free) * self.spread;
                (
                    Course::Way(vec![point(0.0, x - reach), point(end, x + reach)]),
                    Course::Way(vec![point(0.0, x)]),
                )
            }
        }
    }

    /// How far this is from what the scene says and from things that lie on each other; zero is best.
    fn flaw(&self) -> f32 {
        let objects = &self.scene.objects;
        let mut flaw = 0.0;
        for &(first, relation, second) in &self.scene.relations {
            if first >= objects.len() || second >= objects.len() {
                continue;
            }
            let (one, two) = (self.at(first, 0.0), self.at(second, 0.0));
            let apart = 0.6 * (objects[first].size.radius() + objects[second].size.radius());
            let (ahead, aside) = match relation {
                Relation::LeftOf => (two[0] - one[0], two[1] - one[1]),
                Relation::RightOf => (one[0] - two[0], two[1] - one[1]),
                Relation::Above => (one[1] - two[1], two[0] - one[0]),
                Relation::Below => (two[1] - one[1], two[0] - one[0]),
            };
            flaw += 4.0 * (apart - ahead).max(0.0) + (aside.abs() - ahead.max(0.0)).max(0.0);
        }
        for look in 0..LOOKS {
            let time = self.seconds * look as f32 / (LOOKS - 1) as f32;
            for one in 0..objects.len() {
                for two in one + 1..objects.len() {
                    let meet = |a: usize, b: usize| objects[a].motion.other() == Some(b);
                    if meet(one, two) || meet(two, one) {
                        continue;
                    }
                    let (a, b) = (self.at(one, time), self.at(two, time));
                    let apart = (a[0] - b[0]).hypot(a[1] - b[1]);
                    let (a, b) = (self.placed(one, time), self.placed(two, time));
                    flaw += (a.radius + b.radius + GAP - apart).max(0.0);
                }
            }
        }
        flaw
    }
}

/// How far the camera turns in a film of so many seconds.
pub(crate) fn panned(seconds: f32) -> f32 {
    (0.12 * seconds).min(0.3)
}

/// Where a camera that does not shake looks when so much of the film is over, and how much larger everything looks.
pub(crate) fn looked(camera: Camera, done: f32, seconds: f32) -> ([f32; 2], f32) {
    let far = panned(seconds);
    match camera {
        Camera::Still | Camera::Shake => ([0.0; 2], 1.0),
        Camera::PanLeft => ([far * (0.5 - done), 0.0], 1.0),
        Camera::PanRight => ([far * (done - 0.5), 0.0], 1.0),
        Camera::PanUp => ([0.0, far * (done - 0.5)], 1.0),
        Camera::PanDown => ([0.0, far * (0.5 - done)], 1.0),
        Camera::ZoomIn => ([0.0; 2], 0.8 + 0.4 * done),
        Camera::ZoomOut => ([0.0; 2], 1.2 - 0.4 * done),
    }
}

/// From 0 to 1 with a soft beginning and a soft end.
pub(crate) fn smooth(done: f32) -> f32 {
    done * done * (3.0 - 2.0 * done)
}

/// Straight from point to point.
fn along(points: &[(f32, [f32; 2])], time: f32) -> [f32; 2] {
    let after = points.iter().position(|(at, _)| *at > time);
    match after {
        None => points.last().map_or([0.0; 2], |(_, at)| *at),
        Some(0) => points[0].1,
        Some(next) => {
            let ((begin, from), (end, to)) = (points[next - 1], points[next]);
            let done = (time - begin) / (end - begin);
            std::array::from_fn(|axis| from[axis] + (to[axis] - from[axis]) * done)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Background, Colour, Direction, Size, Speed};

    fn thing(motion: Motion) -> Object {
        Object {
            shape: Shape::Circle,
            colour: Colour::Red,
            size: Size::Medium,
            pattern: Pattern::Plain,
            motion,
            speed: Speed::Medium,
        }
    }

    fn scene(objects: Vec<Object>) -> Scene {
        Scene {
            objects,
            relations: Vec::new(),
            background: Background::Grey,
            camera: Camera::Still,
        }
    }

    #[test]
    fn what_goes_goes_its_way_and_stays_in_the_picture() {
        for &direction in Direction::ALL {
            for seed in 0..20 {
                let stage = Stage::new(&scene(vec![thing(Motion::Go(direction))]), seed, 2.0, 1.0);
                let (begin, end) = (stage.at(0, 0.0), stage.at(0, 2.0));
                let step = direction.step();
                for axis in 0..2 {
                    let gone = end[axis] - begin[axis];
                    assert!(
                        (gone - step[axis] * GOING * 2.0).abs() < 1e-4,
                        "{direction:?}"
                    );
                    assert!(end[axis].abs() < 0.5 && begin[axis].abs() < 0.5);
                }
            }
        }
    }

    #[test]
    fn composed_things_are_where_one_looks_for_them_first() {
        let fast = Object {
            speed: Speed::Fast,
            ..thing(Motion::Go(Direction::Left))
        };
        for seed in 0..20 {
            let composed = |objects| Stage::composed(&scene(objects), seed, (2.0, 1.0), 0.1);
            for thing in [thing(Motion::Spin), thing(Motion::Go(Direction::Up)), fast] {
                let [x, y] = composed(vec![thing]).at(0, 1.0);
                assert!(x.hypot(y) < 0.12, "{thing:?} at {x}, {y}");
            }
            let two = composed(vec![thing(Motion::Spin), thing(Motion::Still)]);
            let ([x, y], [other_x, other_y]) = (two.at(0, 0.0), two.at(1, 0.0));
            assert!(x < -0.1 && y > 0.1 && other_x > 0.1 && other_y < -0.1);
            assert!(two.flaw() <= 0.0);
            let mut related = scene(vec![thing(Motion::Still), thing(Motion::Still)]);
            related.relations = vec![(0, Relation::RightOf, 1)];
            let stage = Stage::composed(&related, seed, (2.0, 1.0), 0.1);
            assert!(stage.at(0, 0.0)[0] > 0.1 && stage.at(1, 0.0)[0] < -0.1);
        }
    }

    #[test]
    fn things_keep_apart_and_where_they_are_said_to_be() {
        let mut four = scene(vec![
            thing(Motion::Still),
            thing(Motion::Go(Direction::Left)),
            thing(Motion::Spin),
            thing(Motion::Bounce),
        ]);
        four.relations = vec![(0, Relation::LeftOf, 2)];
        let mut good = 0;
        for seed in 0..50 {
            let stage = Stage::new(&four, seed, 2.0, 16.0 / 9.0);
            good += usize::from(stage.flaw() <= 0.0);
            assert!(stage.at(0, 0.0)[0] < stage.at(2, 0.0)[0], "{seed}");
        }
        assert!(good >= 45, "{good}");
    }

    #[test]
    fn a_push_moves_the_other_after_they_touch() {
        for seed in 0..20 {
            let pair = scene(vec![thing(Motion::Push(1)), thing(Motion::Still)]);
            let stage = Stage::new(&pair, seed, 2.0, 1.0);
            let gone = |object: usize, from: f32, to: f32| {
                stage.at(object, to)[0] - stage.at(object, from)[0]
            };
            assert!(gone(1, 0.0, 0.8).abs() < 1e-5);
            assert!(gone(1, 0.9, 2.0).abs() > 0.1);
            assert!(gone(0, 0.0, 2.0) * gone(1, 0.0, 2.0) > 0.0);
        }
    }

    #[test]
    fn two_that_collide_turn_back_and_do_not_go_through_each_other() {
        for seed in 0..20 {
            let pair = scene(vec![thing(Motion::Collide(1)), thing(Motion::Still)]);
            let stage = Stage::new(&pair, seed, 2.0, 1.0);
            let apart = |time: f32| stage.at(1, time)[0] - stage.at(0, time)[0];
            assert!(apart(1.0).abs() < apart(0.0).abs() && apart(1.0).abs() < apart(2.0).abs());
            assert!(apart(0.0) * apart(2.0) > 0.0);
        }
    }

    #[test]
    fn who_passes_before_another_is_drawn_last() {
        let pair = scene(vec![thing(Motion::PassBefore(1)), thing(Motion::Still)]);
        let frame = Stage::new(&pair, 1, 2.0, 1.0).frame(1.0);
        assert_eq!(frame.placed[1].object, 0);
        let gap = frame.placed[0].at[0] - frame.placed[1].at[0];
        assert!(gap.abs() < 0.02, "{gap}");
    }
}
