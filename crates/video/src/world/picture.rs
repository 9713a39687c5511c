//! Draws a moment: every edge from its distance to the middle of each pixel, so that it is as smooth at any size.

use media::Picture;

use super::facts::{Background, Pattern, Shape};
use super::path::{Frame, Placed};

/// Where the light comes from: to the left, from above, from where one looks.
const LIGHT: [f32; 3] = [-0.45, 0.65, 0.61];

/// How much of a thing's own colour its marks hide.
pub(crate) const MARKED: f32 = 0.85;

/// How much darker it is in a shadow, and over which length its rim is soft.
pub(crate) const SHADE: f32 = 0.28;
pub(crate) const SHADE_SOFT: f32 = 0.03;

/// Where a shadow lies from what throws it.
pub(crate) const SHADOW: [f32; 2] = [0.03, -0.035];

fn put(picture: &mut Picture, x: usize, y: usize, rgb: [f32; 3]) {
    let at = (y * picture.width + x) * 3;
    for (byte, part) in picture.bytes[at..at + 3].iter_mut().zip(rgb) {
        *byte = (part * 255.0 + 0.5) as u8;
    }
}

/// Lays a colour over a pixel.
fn lay(picture: &mut Picture, x: usize, y: usize, rgb: [f32; 3], cover: f32) {
    let at = (y * picture.width + x) * 3;
    for (byte, part) in picture.bytes[at..at + 3].iter_mut().zip(rgb) {
        let below = f32::from(*byte);
        *byte = (below + (part * 255.0 - below) * cover + 0.5) as u8;
    }
}

/// What the camera sees: from places in the world to pixels and back.
#[derive(Clone, Copy)]
struct View {
    /// Pixels for one length.
    scale: f32,
    middle: [f32; 2],
    look_at: [f32; 2],
}

impl View {
    fn new(frame: &Frame, picture: &Picture) -> Self {
        let (width, height) = (picture.width as f32, picture.height as f32);
        Self {
            scale: width.min(height) * frame.zoom,
            middle: [width / 2.0, height / 2.0],
            look_at: frame.look_at,
        }
    }

    /// The place of the middle of a pixel.
    fn place(&self, x: usize, y: usize) -> [f32; 2] {
        [
            (x as f32 + 0.5 - self.middle[0]) / self.scale + self.look_at[0],
            (self.middle[1] - y as f32 - 0.5) / self.scale + self.look_at[1],
        ]
    }

    /// Pixels that a square of half this length around a place may touch: columns and rows.
    fn window(
        &self,
        at: [f32; 2],
        reach: f32,
        picture: &Picture,
    ) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let x = (at[0] - self.look_at[0]) * self.scale + self.middle[0];
        let y = self.middle[1] - (at[1] - self.look_at[1]) * self.scale;
        let reach = reach * self.scale + 1.0;
        let range = |middle: f32, end: usize| {
            let from = (middle - reach).floor().max(0.0) as usize;
            let to = (middle + reach).ceil().max(0.0) as usize;
            from.min(end)..to.min(end)
        };
        (range(x, picture.width), range(y, picture.height))
    }
}

/// Draws what `frame` holds before `background`.
pub fn draw(frame: &Frame, background: Background, picture: &mut Picture) {
    let view = View::new(frame, picture);
    draw_background(&view, background, picture);
    for placed in &frame.placed {
        draw_shadow(&view, placed, background, picture);
    }
    for placed in &frame.placed {
        draw_thing(&view, placed, picture);
    }
}

fn draw_background(view: &View, background: Background, picture: &mut Picture) {
    let edge = 0.5 / view.scale;
    for y in 0..picture.height {
        for x in 0..picture.width {
            let place = view.place(x, y);
            let rgb = behind(background, place, edge);
            put(picture, x, y, rgb);
        }
    }
}

/// The colour behind all things at a place; `edge` is half a pixel.
pub(crate) fn behind(background: Background, place: [f32; 2], edge: f32) -> [f32; 3] {
    let own = background.rgb().map(|part| f32::from(part) / 255.0);
    let [x, y] = place;
    match background {
        Background::Grey | Background::Cream | Background::Mint | Background::Dark => own,
        Background::Sky => {
            let up = (y + 0.5).clamp(0.0, 1.0);
            mix([0.82, 0.91, 0.97], [0.36, 0.62, 0.9], up)
        }
        Background::Floor => {
            let horizon = -0.06;
            let below = cover(y - horizon, edge);
            let wall = mix(
                [0.80, 0.82, 0.85],
                [0.70, 0.74, 0.80],
                (y + 0.1).clamp(0.0, 1.0),
            );
            let near = ((horizon - y) / 0.5).clamp(0.0, 1.0);
            let floor = mix([0.62, 0.55, 0.47], [0.80, 0.73, 0.64], near);
            mix(wall, floor, below)
        }
        Background::Checker => {
            // How deep inside its square: positive in light squares, negative in dark ones.
            let cell = 0.25;
            let wave = |at: f32| {
                let turn = (at / cell).rem_euclid(2.0);
                let inside = if turn < 1.0 {
                    turn.min(1.0 - turn)
                } else {
                    -(turn - 1.0).min(2.0 - turn)
                };
                inside * cell
            };
            let (a, b) = (wave(x), wave(y));
            let deep = a.abs().min(b.abs()) * (a * b).signum();
            mix([0.60, 0.60, 0.62], [0.73, 0.73, 0.75], cover(-deep, edge))
        }
        Background::Night => {
            let sky = mix(
                [0.09, 0.11, 0.25],
                [0.03, 0.04, 0.13],
                (y + 0.5).clamp(0.0, 1.0),
            );
            let star = star_light(x, y, edge);
            mix(sky, [1.0, 0.98, 0.9], star)
        }
    }
}

/// A sky full of stars: one in some of the cells of a grid, the same in every picture.
fn star_light(x: f32, y: f32, edge: f32) -> f32 {
    let cell = 0.11;
    let (column, row) = ((x / cell).floor(), (y / cell).floor());
    let seed = (column as i32).wrapping_mul(73_856_093) ^ (row as i32).wrapping_mul(19_349_663);
    let chance = |turn: u32| {
        let mixed = (seed as u32 ^ turn.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
        let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0xc2b2_ae35);
        ((mixed ^ (mixed >> 13)) >> 8) as f32 / (1_u32 << 24) as f32
    };
    if chance(1) > 0.6 {
        return 0.0;
    }
    let at = [
        (column + 0.2 + 0.6 * chance(2)) * cell,
        (row + 0.2 + 0.6 * chance(3)) * cell,
    ];
    let radius = 0.002 + 0.003 * chance(4);
    let far = (x - at[0]).hypot(y - at[1]) - radius;
    cover(far, edge.max(0.0015)) * (0.4 + 0.6 * chance(5))
}

fn draw_shadow(view: &View, placed: &Placed, background: Background, picture: &mut Picture) {
    if placed.opacity <= 0.0 || background == Background::Night {
        return;
    }
    let at = [placed.at[0] + SHADOW[0], placed.at[1] + SHADOW[1]];
    let soft = SHADE_SOFT;
    let (columns, rows) = view.window(at, placed.radius * 1.1 + soft, picture);
    let strength = SHADE * placed.opacity;
    for y in rows {
        for x in columns.clone() {
            let place = view.place(x, y);
            let far = distance(placed, [place[0] - at[0], place[1] - at[1]]);
            let dark = cover(far, soft) * strength;
            if dark > 0.0 {
                lay(picture, x, y, [0.0; 3], dark);
            }
        }
    }
}

fn draw_thing(view: &View, placed: &Placed, picture: &mut Picture) {
    if placed.opacity <= 0.0 {
        return;
    }
    let edge = 0.5 / view.scale;
    let (columns, rows) = view.window(placed.at, placed.radius * 1.1, picture);
    for y in rows {
        for x in columns.clone() {
            let place = view.place(x, y);
            let from = [place[0] - placed.at[0], place[1] - placed.at[1]];
            let covered = cover(distance(placed, from), edge) * placed.opacity;
            if covered > 0.0 {
                let rgb = surface(placed, from, edge);
                lay(picture, x, y, rgb, covered);
            }
        }
    }
}

/// What a thing looks like at a place seen from its middle.
fn surface(placed: &Placed, from: [f32; 2], edge: f32) -> [f32; 3] {
    let local = turned(from, -placed.angle).map(|part| part / placed.radius);
    let marked = marked(placed.pattern, local, edge / placed.radius);
    // On what is light the marks are dark, on what is dark they are light.
    let rgb = mix(placed.rgb, [tone(placed.rgb); 3], marked * MARKED);
    let shade = shade(placed.shape, local);
    match shade < 1.0 {
        true => rgb.map(|part| part * shade),
        false => mix(rgb, [1.0; 3], (shade - 1.0).min(0.8)),
    }
}

/// How light what is on a thing of this colour is.
pub(crate) fn tone(rgb: [f32; 3]) -> f32 {
    if rgb.iter().sum::<f32>() / 3.0 > 0.62 {
        0.16
    } else {
        0.97
    }
}

/// How much of a place in shares of the radius is covered by what is on a thing.
pub(crate) fn marked(pattern: Pattern, local: [f32; 2], edge: f32) -> f32 {
    match pattern {
        Pattern::Plain => 0.0,
        Pattern::Striped => {
            let band = 0.36;
            let turn = (local[1] / band).rem_euclid(2.0);
            let inside = if turn < 1.0 {
                turn.min(1.0 - turn)
            } else {
                -(turn - 1.0).min(2.0 - turn)
            };
            cover(-inside * band, edge)
        }
        Pattern::Dotted => {
            let cell = 0.52;
            let near = local.map(|at| (at / cell + 0.5).rem_euclid(1.0) - 0.5);
            cover(near[0].hypot(near[1]) * cell - 0.15, edge)
        }
    }
}

/// How light a body is at a place in shares of its radius: 1 as its colour, less is darker, more towards white.
pub(crate) fn shade(shape: Shape, local: [f32; 2]) -> f32 {
    let [x, y] = local;
    match shape {
        Shape::Sphere => {
            let flat = x * x + y * y;
            let z = (1.0 - flat).max(0.0).sqrt();
            let facing = (x * LIGHT[0] + y * LIGHT[1] + z * LIGHT[2]).max(0.0);
            // The light that is thrown back to where one looks: Blinn 1977.
            let half = half_way();
            let shine = (x * half[0] + y * half[1] + z * half[2]).max(0.0).powi(40);
            (0.38 + 0.66 * facing).min(1.0) + 0.6 * shine
        }
        Shape::Cube => {
            // Three faces of a cube that stands on its corner: above, to the left, to the right.
            let slope = 1.0 / 3.0_f32.sqrt();
            if y > x.abs() * slope {
                1.12
            } else if x < 0.0 {
                0.86
            } else {
                0.62
            }
        }
        Shape::Cone => {
            let half = half_width_of_cone(y).max(1e-3);
            let side = (x / half).clamp(-1.0, 1.0);
            0.95 - 0.38 * side - 0.12 * side * side
        }
        _ => 1.0,
    }
}

fn half_way() -> [f32; 3] {
    let half = [LIGHT[0], LIGHT[1], LIGHT[2] + 1.0];
    let length = half.iter().map(|part| part * part).sum::<f32>().sqrt();
    half.map(|part| part / length)
}

fn half_width_of_cone(y: f32) -> f32 {
    (0.95 - y) / 1.65 * 0.8
}

/// How far a place seen from the middle of a thing is from its rim; negative inside.
fn distance(placed: &Placed, from: [f32; 2]) -> f32 {
    let local = turned(from, -placed.angle).map(|part| part / placed.radius);
    placed.radius * unit_distance(placed.shape, local)
}

/// The same for a thing of radius one.
/// Source: the distance functions of Quilez, "2D distance functions".
pub(crate) fn unit_distance(shape: Shape, [x, y]: [f32; 2]) -> f32 {
    match shape {
        Shape::Circle | Shape::Sphere => x.hypot(y) - 1.0,
        Shape::Square => {
            let (a, b) = (x.abs() - 0.84, y.abs() - 0.84);
            a.max(0.0).hypot(b.max(0.0)) + a.max(b).min(0.0)
        }
        Shape::Ring => (x.hypot(y) - 0.74).abs() - 0.24,
        Shape::Capsule => {
            let along = x.clamp(-0.55, 0.55);
            (x - along).hypot(y) - 0.42
        }
        Shape::Triangle => polygon(&TRIANGLE, [x, y]),
        Shape::Star => polygon(&STAR, [x, y]),
        Shape::Cube => polygon(&HEXAGON, [x, y]),
        Shape::Cone => {
            let foot = {
                // An ellipse, near enough: its distance along the ray from its middle.
                let (a, b) = (x / 0.8, (y + 0.7) / 0.24);
                let length = a.hypot(b);
                (length - 1.0) * 0.24_f32.max(0.8 * (a / length.max(1e-6)).abs())
            };
            foot.min(polygon(&CONE, [x, y]))
        }
    }
}

const TRIANGLE: [[f32; 2]; 3] = [[0.0, 1.0], [-0.95, -0.645], [0.95, -0.645]];
const CONE: [[f32; 2]; 3] = [[0.0, 0.95], [-0.8, -0.7], [0.8, -0.7]];
const HEXAGON: [[f32; 2]; 6] = [
    [0.0, 1.0],
    [-0.866, 0.5],
    [-0.866, -0.5],
    [0.0, -1.0],
    [0.866, -0.5],
    [0.866, 0.5],
];
const STAR: [[f32; 2]; 10] = [
    [0.0, 1.0],
    [-0.2469, 0.3398],
    [-0.9511, 0.3090],
    [-0.3995, -0.1298],
    [-0.5878, -0.8090],
    [0.0, -0.42],
    [0.5878, -0.8090],
    [0.3995, -0.1298],
    [0.9511, 0.3090],
    [0.2469, 0.3398],
];

/// How far a place is from the rim of a polygon; negative inside.
fn polygon(corners: &[[f32; 2]], [x, y]: [f32; 2]) -> f32 {
    let mut nearest = f32::INFINITY;
    let mut is_inside = false;
    let mut before = corners[corners.len() - 1];
    for &corner in corners {
        let side = [before[0] - corner[0], before[1] - corner[1]];
        let to = [x - corner[0], y - corner[1]];
        let along = (to[0] * side[0] + to[1] * side[1]) / (side[0] * side[0] + side[1] * side[1]);
        let along = along.clamp(0.0, 1.0);
        let away = [to[0] - side[0] * along, to[1] - side[1] * along];
        nearest = nearest.min(away[0] * away[0] + away[1] * away[1]);
        if (corner[1] > y) != (before[1] > y) && x < side[0] * (y - corner[1]) / side[1] + corner[0]
        {
            is_inside = !is_inside;
        }
        before = corner;
    }
    let far = nearest.sqrt();
    if is_inside { -far } else { far }
}

/// How much of a pixel lies inside, when its middle is `far` from the rim; `edge` is half of what is soft.
pub(crate) fn cover(far: f32, edge: f32) -> f32 {
    (0.5 - far / (2.0 * edge)).clamp(0.0, 1.0)
}

pub(crate) fn turned([x, y]: [f32; 2], angle: f32) -> [f32; 2] {
    if angle == 0.0 {
        return [x, y];
    }
    let (sine, cosine) = angle.sin_cos();
    [x * cosine - y * sine, x * sine + y * cosine]
}

fn mix(from: [f32; 3], to: [f32; 3], share: f32) -> [f32; 3] {
    std::array::from_fn(|part| from[part] + (to[part] - from[part]) * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(shape: Shape) -> Placed {
        Placed {
            object: 0,
            shape,
            pattern: Pattern::Plain,
            at: [0.1, -0.05],
            radius: 0.25,
            angle: 0.3,
            opacity: 1.0,
            rgb: [1.0, 0.0, 0.0],
        }
    }

    fn frame(placed: Vec<Placed>) -> Frame {
        Frame {
            placed,
            look_at: [0.0; 2],
            zoom: 1.0,
        }
    }

    /// The share of a picture that is red, each pixel by how red it is.
    fn red(picture: &Picture) -> f64 {
        let pixels = picture.bytes.chunks_exact(3);
        let reds = pixels.map(|pixel| (f64::from(pixel[0]) - f64::from(pixel[1])).max(0.0) / 255.0);
        reds.sum::<f64>() / (picture.width * picture.height) as f64
    }

    #[test]
    fn areas_are_the_same_at_every_size() {
        for &shape in &[
            Shape::Circle,
            Shape::Square,
            Shape::Triangle,
            Shape::Star,
            Shape::Ring,
            Shape::Capsule,
        ] {
            let mut areas = Vec::new();
            for side in [48, 128, 720] {
                let mut picture = Picture::new(side, side);
                draw_thing(
                    &View::new(&frame(Vec::new()), &picture),
                    &placed(shape),
                    &mut picture,
                );
                areas.push(red(&picture));
            }
            for area in &areas {
                assert!(
                    (area - areas[2]).abs() < 0.01 * areas[2],
                    "{shape:?}: {areas:?}"
                );
            }
        }
        let mut picture = Picture::new(500, 500);
        draw_thing(
            &View::new(&frame(Vec::new()), &picture),
            &placed(Shape::Circle),
            &mut picture,
        );
        let exact = std::f64::consts::PI * 0.25 * 0.25;
        assert!((red(&picture) - exact).abs() < 1e-3 * exact);
    }

    #[test]
    fn what_is_not_there_is_not_drawn() {
        let mut with = Picture::new(64, 64);
        let mut without = Picture::new(64, 64);
        let gone = Placed {
            opacity: 0.0,
            ..placed(Shape::Cube)
        };
        draw(&frame(vec![gone]), Background::Checker, &mut with);
        draw(&frame(Vec::new()), Background::Checker, &mut without);
        assert_eq!(with, without);
    }

    #[test]
    fn a_camera_that_turns_moves_all_things_the_other_way() {
        let mut there = frame(vec![placed(Shape::Square)]);
        let mut picture = Picture::new(100, 100);
        draw(&there, Background::Grey, &mut picture);
        there.look_at = [0.2, 0.0];
        let mut later = Picture::new(100, 100);
        draw(&there, Background::Grey, &mut later);
        let row = |picture: &Picture, shift: usize| {
            let at = (50 * 100 + 25 + shift) * 3;
            picture.bytes[at..at + 150].to_vec()
        };
        assert_eq!(row(&picture, 20), row(&later, 0));
    }
}
