//! How steadily a film goes on: things that stay what they are, and joins that nobody sees.

use media::Picture;

use super::{Seen, SeenObject};
use crate::world::Motion;

/// Places that are this near, in lengths, are the same.
const HERE: f32 = 0.06;

/// How often something becomes something else, but for what turns its colour because it should: a thing whose colour changes, and one
/// that ends where another begins.
pub fn identity_switches(seen: &Seen) -> usize {
    let recoloured: usize = seen
        .objects
        .iter()
        .map(|object| {
            let changes = object.colours.windows(2).filter(|two| two[0] != two[1]);
            match object.motion {
                // On its way from one colour to another it may look like a third.
                Motion::Turn(_) => changes.count().saturating_sub(2),
                Motion::Appear | Motion::Vanish => 0,
                _ => changes.count(),
            }
        })
        .sum();
    let replaced = seen.objects.iter().enumerate().filter(|(index, one)| {
        let others = seen.objects.iter().enumerate();
        others
            .filter(|(other, _)| other != index)
            .any(|(_, other)| is_followed(one, other))
    });
    recoloured + replaced.count()
}

fn is_followed(one: &SeenObject, two: &SeenObject) -> bool {
    let (Some((last, from)), Some((first, to))) = (one.path.last(), two.path.first()) else {
        return false;
    };
    let is_next = (1..=2).contains(&(*first as isize - *last as isize));
    is_next && (from[0] - to[0]).hypot(from[1] - to[1]) < HERE
}

/// How much more the first picture of a loop differs from its last one than neighbours do from each other: about 1 where nobody sees
/// where it begins.
pub fn seam(pictures: &[Picture]) -> f32 {
    match pictures {
        [first, .., last] => step(last, first) / usual(pictures),
        _ => 1.0,
    }
}

/// How much more the first picture of what goes on differs from the last one before than neighbours do from each other.
pub fn join(before: &[Picture], after: &[Picture]) -> f32 {
    match (before.last(), after.first()) {
        (Some(last), Some(first)) => step(last, first) / usual(before).max(usual(after)),
        _ => 1.0,
    }
}

/// The middle one of how far neighbours are from each other, and no less than what noise would make.
fn usual(pictures: &[Picture]) -> f32 {
    let mut steps: Vec<f32> = pictures
        .windows(2)
        .map(|two| step(&two[0], &two[1]))
        .collect();
    steps.sort_by(f32::total_cmp);
    steps
        .get(steps.len() / 2)
        .copied()
        .unwrap_or_default()
        .max(0.5)
}

/// The root of the mean of the squares of how far two pictures are from each other, in steps of 255.
fn step(one: &Picture, two: &Picture) -> f32 {
    let pairs = one.bytes.iter().zip(&two.bytes);
    let squares: f64 = pairs
        .map(|(one, two)| f64::from(one.abs_diff(*two)).powi(2))
        .sum();
    (squares / one.bytes.len().max(1) as f64).sqrt() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Order, Size};
    use crate::pictures::Pictures as _;
    use crate::plan::Plan;

    fn film(seconds: f32, is_loop: bool) -> Vec<Picture> {
        let size = Size {
            width: 64,
            height: 64,
        };
        let order = Order {
            frames_per_second: 8,
            is_loop,
            ..Order::new("a red ball moves to the right", seconds, size)
        };
        let plan = Plan::new(&order).expect("the words are known");
        let draw = |frame| {
            let mut picture = Picture::new(64, 64);
            plan.draw(frame, &mut picture);
            picture
        };
        (0..plan.frames()).map(draw).collect()
    }

    #[test]
    fn a_loop_has_no_seam_and_what_is_none_has() {
        assert!(seam(&film(2.0, true)) < 1.6);
        assert!(seam(&film(2.0, false)) > 1.6);
    }

    #[test]
    fn what_goes_on_has_no_join_and_a_cut_has() {
        let film = film(2.0, false);
        assert!(join(&film[..8], &film[8..]) < 1.3);
        assert!(join(&film[8..], &film[..8]) > 1.6);
    }

    #[test]
    fn a_thing_that_goes_stays_the_same() {
        let seen = super::super::measure(&film(2.0, false), 8.0);
        assert_eq!(identity_switches(&seen), 0, "{seen:?}");
    }
}
