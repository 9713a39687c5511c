use super::*;
use crate::world::{
    Background, Camera, Colour, Direction, Motion, Object, Pattern, Scene, Shape, Size, Speed,
};

fn thing(shape: Shape, motion: Motion) -> Object {
    Object {
        shape,
        colour: Colour::Red,
        size: Size::Medium,
        pattern: Pattern::Plain,
        motion,
        speed: Speed::Medium,
    }
}

fn shot(objects: Vec<Object>, background: Background, seconds: f32, is_loop: bool) -> Shot {
    let scene = Scene {
        objects,
        relations: Vec::new(),
        background,
        camera: Camera::Still,
    };
    let staged = if is_loop { seconds / 2.0 } else { seconds };
    Shot {
        stage: Stage::new(&scene, 3, staged, 1.5),
        begin: 0,
        end: (seconds * RATE as f32) as u64,
        is_loop,
        seed: 3,
    }
}

fn heard(shots: Vec<Shot>, samples: usize, piece: usize) -> Vec<[f32; 2]> {
    let mut score = Score::new(shots);
    let mut out = vec![[0.0; 2]; samples];
    for piece in out.chunks_mut(piece) {
        score.fill(piece).unwrap();
    }
    out
}

/// How loud a piece of sound is.
fn level(samples: &[[f32; 2]]) -> f32 {
    let power: f32 = samples.as_flattened().iter().map(|side| side * side).sum();
    (power / samples.len() as f32).sqrt()
}

const SECOND: usize = RATE as usize;

#[test]
fn what_lands_is_heard_when_it_does_and_from_where_it_is() {
    let shot = shot(
        vec![thing(Shape::Square, Motion::Fall)],
        Background::Grey,
        3.0,
        false,
    );
    let contact = shot.stage.contacts()[0];
    let place = shot.stage.frame(contact.at).placed[0].at[0];
    let heard = heard(vec![shot], 3 * SECOND, 4801);
    let at = (contact.at * RATE as f32) as usize;
    let (before, after) = (&heard[at - 4800..at], &heard[at..at + 4800]);
    assert!(
        level(after) > 2.0 * level(before),
        "{} {}",
        level(before),
        level(after)
    );
    let power = |side: usize| -> f32 { after.iter().map(|sample| sample[side].powi(2)).sum() };
    assert_eq!(power(1) > power(0), place > 0.0);
}

#[test]
fn what_moves_is_louder_than_what_stands() {
    let going = thing(Shape::Circle, Motion::Go(Direction::Right));
    let still = thing(Shape::Circle, Motion::Still);
    for background in [Background::Grey, Background::Floor] {
        let [going, still] = [going, still].map(|thing| {
            level(&heard(
                vec![shot(vec![thing], background, 1.0, false)],
                SECOND,
                960,
            ))
        });
        assert!(going > 1.2 * still, "{background:?}: {going} {still}");
    }
}

#[test]
fn every_background_is_heard_and_nothing_is_too_loud() {
    let mut motions = vec![Motion::Bounce, Motion::Spin, Motion::Orbit, Motion::Grow];
    motions.extend([Motion::Appear, Motion::Turn(Colour::Blue), Motion::Push(1)]);
    for &background in Background::ALL {
        let still = thing(Shape::Star, Motion::Still);
        let quiet = level(&heard(
            vec![shot(vec![still], background, 1.0, false)],
            SECOND,
            960,
        ));
        assert!((0.003..0.1).contains(&quiet), "{background:?}: {quiet}");
    }
    for &motion in &motions {
        for &shape in Shape::ALL {
            let things = vec![thing(shape, motion), thing(shape, Motion::Bounce)];
            let heard = heard(
                vec![shot(things, Background::Night, 2.0, false)],
                2 * SECOND,
                960,
            );
            let peak = heard
                .as_flattened()
                .iter()
                .fold(0.0_f32, |peak, side| peak.max(side.abs()));
            assert!((0.02..0.98).contains(&peak), "{motion:?} {shape:?}: {peak}");
        }
    }
}

#[test]
fn the_same_pieces_give_the_same_sound_however_it_is_asked_for() {
    let make = || {
        let things = vec![
            thing(Shape::Ring, Motion::Bounce),
            thing(Shape::Cone, Motion::Spin),
        ];
        vec![shot(things, Background::Sky, 1.0, false)]
    };
    let whole = heard(make(), SECOND, BLOCK);
    assert_eq!(whole, heard(make(), SECOND, 2 * BLOCK));
    // Where things are is looked up at other moments then, which is hardly heard.
    let others = heard(make(), SECOND, 777);
    let apart = whole.as_flattened().iter().zip(others.as_flattened());
    assert!(
        apart
            .map(|(one, two)| (one - two).abs())
            .fold(0.0, f32::max)
            < 0.02
    );
}

#[test]
fn a_loop_has_no_seam() {
    for &background in Background::ALL {
        let things = vec![
            thing(Shape::Star, Motion::Bounce),
            thing(Shape::Square, Motion::Go(Direction::Left)),
            thing(Shape::Ring, Motion::Vanish),
        ];
        let looped = heard(vec![shot(things, background, 3.0, true)], 3 * SECOND, 960);
        let step =
            |one: [f32; 2], two: [f32; 2]| (one[0] - two[0]).abs().max((one[1] - two[1]).abs());
        let steps = looped.windows(2).map(|pair| step(pair[0], pair[1]));
        let usual = steps.fold(0.0, f32::max);
        let seam = step(looped[0], looped[looped.len() - 1]);
        assert!(
            seam <= 1.5 * usual.max(0.01),
            "{background:?}: {seam} {usual}"
        );
    }
}

#[test]
fn shots_follow_each_other_and_then_it_is_silent() {
    let one = shot(
        vec![thing(Shape::Star, Motion::Bounce)],
        Background::Sky,
        1.0,
        false,
    );
    let mut two = shot(
        vec![thing(Shape::Star, Motion::Still)],
        Background::Night,
        1.0,
        false,
    );
    two.begin = SECOND as u64;
    two.end = 2 * SECOND as u64;
    let heard = heard(vec![one, two], 3 * SECOND, 1000);
    assert!(level(&heard[SECOND / 2..SECOND]) > 0.001 && level(&heard[SECOND..2 * SECOND]) > 0.001);
    assert!(heard[SECOND].iter().all(|side| side.abs() < 1e-3));
    assert!(heard[2 * SECOND..].iter().all(|sample| *sample == [0.0; 2]));
}
