//! What a patch is: it is laid beside each shape with each pattern, in its place.

use std::sync::LazyLock;

use super::backdrop::stands_out;
use super::film::{Film, Rgb};
use super::stamp::Stamp;
use crate::world::{
    MARKED, Pattern, SHADE, SHADE_SOFT, SHADOW, Shape, cover, marked, shade, tone, unit_distance,
};

/// Squares of how far a pixel may be from what is expected count up to this.
const FAR: f32 = 3600.0;

/// No shape reaches further than this, in shares of its radius.
const REACH: f32 = 1.2;

/// What is told of a pixel that belongs to something else.
const OTHERS: f32 = -1.0;

/// What a thing looks like but for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub shape: Shape,
    pub pattern: Pattern,
}

/// Where a thing is, in pixels from the upper left corner, and how it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pose {
    pub at: [f32; 2],
    pub radius: f32,
    pub angle: f32,
}

/// How well a look fits in a pose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub pose: Pose,
    pub rgb: Rgb,
    /// From not there (0) to there (1).
    pub opacity: f32,
    /// The mean of the squares of how far pixels are from what is expected.
    pub error: f32,
}

/// A part of a picture.
#[derive(Clone)]
pub(super) struct Scrap<'a> {
    pub film: &'a Film,
    pub seen: &'a [Rgb],
    pub plate: &'a [Rgb],
    /// Columns and rows, without the last.
    pub columns: [usize; 2],
    pub rows: [usize; 2],
    /// How soft edges are, in shares of a pixel.
    pub soft: f32,
    pub has_shadows: bool,
    /// How far each pixel is from what is behind it, in whatever shadow, row by row; less than nothing where it belongs to something else.
    bare: Vec<f32>,
}

/// How far the rim of each shape lies to the left, to the right, above and below its middle.
static EXTENTS: LazyLock<Vec<[f32; 4]>> = LazyLock::new(|| {
    Shape::ALL
        .iter()
        .map(|&shape| {
            let mut extent = [0.0_f32; 4];
            for row in -60..=60 {
                for column in -60..=60 {
                    let [x, y] = [column as f32 / 50.0, row as f32 / 50.0];
                    if unit_distance(shape, [x, y]) <= 0.0 {
                        for (side, far) in extent.iter_mut().zip([-x, x, y, -y]) {
                            *side = side.max(far);
                        }
                    }
                }
            }
            extent
        })
        .collect()
});

impl Look {
    pub fn all() -> impl Iterator<Item = Self> {
        Shape::ALL.iter().flat_map(|&shape| {
            Pattern::ALL
                .iter()
                .map(move |&pattern| Self { shape, pattern })
        })
    }

    /// The pose in which it fills these columns and rows, first and last.
    pub fn filling(self, columns: [usize; 2], rows: [usize; 2]) -> Pose {
        let [left, right, up, down] = EXTENTS[self.shape as usize];
        let [width, height] = [columns, rows].map(|[from, to]| (to + 1 - from) as f32 - 0.6);
        let radius = (width / (left + right) + height / (up + down)) / 2.0;
        let [x, y] = [columns, rows].map(|[from, to]| (from + to + 1) as f32 / 2.0);
        Pose {
            at: [
                x + (left - right) / 2.0 * radius,
                y + (up - down) / 2.0 * radius,
            ],
            radius,
            angle: 0.0,
        }
    }
}

/// A pixel that a thing covers in part or whole.
struct Cell {
    at: usize,
    /// How much of it is covered.
    share: f32,
    /// How light the colour of the thing is there, and how much white is on it.
    light: f32,
    white: f32,
    /// How much of that is covered by marks.
    marks: f32,
    /// How much light its own shadow leaves of what is behind it.
    shaded: f32,
}

impl Cell {
    /// What it adds to a pixel besides its colour, when marks are that light.
    fn added(&self, mark: f32) -> f32 {
        self.share * 255.0 * (self.light * self.marks * mark + self.white)
    }

    /// How much of its colour it adds.
    fn own(&self) -> f32 {
        self.share * self.light * (1.0 - self.marks)
    }

    /// What a pixel is, before a plate, when marks are that light and the thing has that colour.
    fn over(&self, plate: Rgb, mark: f32, rgb: Rgb) -> Rgb {
        let (added, own) = (self.added(mark), self.own());
        let left = self.shaded * (1.0 - self.share);
        std::array::from_fn(|channel| plate[channel] * left + added + own * rgb[channel])
    }
}

/// How light the marks are of a thing of that colour.
fn mark_on(rgb: Rgb) -> f32 {
    tone(rgb.map(|part| part / 255.0))
}

impl<'a> Scrap<'a> {
    /// A part of a picture, but for pixels that belong to something else.
    pub fn new(
        film: &'a Film,
        [seen, plate]: [&'a [Rgb]; 2],
        [columns, rows]: [[usize; 2]; 2],
        (soft, has_shadows): (f32, bool),
        is_others: &dyn Fn(usize) -> bool,
    ) -> Self {
        let [left, right] = columns;
        let pixels =
            (rows[0]..rows[1]).flat_map(|y| (left..right).map(move |x| y * film.width + x));
        let bare = pixels.map(|at| match is_others(at) {
            true => OTHERS,
            false => stands_out(seen[at], plate[at]).min(FAR),
        });
        Self {
            film,
            seen,
            plate,
            columns,
            rows,
            soft,
            has_shadows,
            bare: bare.collect(),
        }
    }

    /// Some of its columns and rows, which may go beyond it: what is there belongs to something else.
    pub fn narrowed(&self, columns: [usize; 2], rows: [usize; 2]) -> Self {
        let is_others = |at| self.bare_at(at) < 0.0;
        let light = (self.soft, self.has_shadows);
        Self::new(
            self.film,
            [self.seen, self.plate],
            [columns, rows],
            light,
            &is_others,
        )
    }

    /// The same without some pixels.
    pub fn without(&self, hidden: &[bool]) -> Self {
        let is_others = |at: usize| hidden[at] || self.bare_at(at) < 0.0;
        let light = (self.soft, self.has_shadows);
        Self::new(
            self.film,
            [self.seen, self.plate],
            [self.columns, self.rows],
            light,
            &is_others,
        )
    }

    /// How far a pixel that nothing covers is from what is behind it, in whatever shadow.
    fn bare_at(&self, at: usize) -> f32 {
        let (x, y) = (at % self.film.width, at / self.film.width);
        let [left, right] = self.columns;
        let is_within = (left..right).contains(&x) && (self.rows[0]..self.rows[1]).contains(&y);
        match is_within {
            true => self.bare[(y - self.rows[0]) * (right - left) + x - left],
            false => OTHERS,
        }
    }

    /// Where a pixel is, seen from the middle of a thing, with up above, in pixels.
    fn from(&self, pose: Pose, at: usize) -> [f32; 2] {
        let (x, y) = (at % self.film.width, at / self.film.width);
        [x as f32 + 0.5 - pose.at[0], pose.at[1] - y as f32 - 0.5]
    }

    /// How much light the shadow of a thing leaves.
    fn shaded(&self, stamp: &Stamp<'_>, at: usize) -> f32 {
        if !self.has_shadows {
            return 1.0;
        }
        let scale = self.film.scale();
        let [x, y] = self.from(stamp.pose, at);
        let local = stamp.local([x - SHADOW[0] * scale, y - SHADOW[1] * scale]);
        1.0 - cover(stamp.far(local), SHADE_SOFT * scale) * SHADE
    }

    /// What a thing makes of a pixel, if it covers any of it.
    fn cell(&self, stamp: &Stamp<'_>, at: usize) -> Option<Cell> {
        let Stamp { look, pose, .. } = *stamp;
        let from = self.from(pose, at);
        let reach = pose.radius * REACH + self.soft;
        if from[0] * from[0] + from[1] * from[1] > reach * reach {
            return None;
        }
        let local = stamp.local(from);
        let share = cover(stamp.far(local), 0.5 * self.soft);
        if share <= 0.0 {
            return None;
        }
        let light = shade(look.shape, local);
        let white = (light - 1.0).clamp(0.0, 0.8);
        Some(Cell {
            at,
            share,
            light: light.min(1.0 - white),
            white,
            marks: marked(look.pattern, local, 0.5 * self.soft / pose.radius) * MARKED,
            shaded: match share < 1.0 {
                true => self.shaded(stamp, at),
                false => 1.0,
            },
        })
    }

    /// The pixels that a thing covers.
    fn cells(&self, look: Look, pose: Pose) -> Vec<Cell> {
        let stamp = Stamp::new(look, pose);
        let reach = pose.radius * REACH + self.soft;
        let within = |axis: usize, [from, end]: [usize; 2]| {
            let at = pose.at[axis];
            let first = ((at - reach).max(0.0) as usize).clamp(from, end);
            first..((at + reach).max(0.0) as usize + 1).clamp(first, end)
        };
        let [columns, rows] = [within(0, self.columns), within(1, self.rows)];
        let mut cells = Vec::with_capacity(columns.len() * rows.len());
        for y in rows {
            let line = (y - self.rows[0]) * (self.columns[1] - self.columns[0]);
            for x in columns.clone() {
                if self.bare[line + x - self.columns[0]] >= 0.0 {
                    cells.extend(self.cell(&stamp, y * self.film.width + x));
                }
            }
        }
        cells
    }

    fn pixels(&self) -> impl Iterator<Item = (usize, f32)> {
        let [left, right] = self.columns;
        let places = (self.rows[0]..self.rows[1])
            .flat_map(move |y| (left..right).map(move |x| y * self.film.width + x));
        let all = places.zip(self.bare.iter().copied());
        all.filter(|(_, bare)| *bare >= 0.0)
    }

    /// How far pixels are from those of several things, those behind first.
    pub fn layered(&self, things: &[(Look, Pose, Rgb)]) -> f32 {
        let things: Vec<(Stamp<'_>, Rgb)> = things
            .iter()
            .map(|&(look, pose, own)| (Stamp::new(look, pose), own))
            .collect();
        let (mut count, mut sum) = (0, 0.0);
        for (at, bare) in self.pixels() {
            count += 1;
            let cells: Vec<(Cell, Rgb)> = things
                .iter()
                .filter_map(|(stamp, own)| Some((self.cell(stamp, at)?, *own)))
                .collect();
            if cells.is_empty() {
                sum += bare;
                continue;
            }
            let mut rgb = self.plate[at];
            if cells.iter().all(|(cell, _)| cell.share < 1.0) {
                for (stamp, _) in &things {
                    let light = self.shaded(stamp, at);
                    rgb = rgb.map(|part| part * light);
                }
            }
            for (cell, own) in cells {
                // The shadow is there already.
                let cell = Cell {
                    shaded: 1.0,
                    ..cell
                };
                rgb = cell.over(rgb, mark_on(own), own);
            }
            sum += super::film::apart(rgb, self.seen[at]).min(FAR);
        }
        sum / count.max(1) as f32
    }

    /// The mean over all pixels of how far they are from what is expected; where something is, `told` says it.
    fn error(&self, cells: &[Cell], told: impl Fn(&Cell) -> Rgb) -> f32 {
        let (mut count, mut sum) = (0_usize, 0.0_f64);
        for &bare in self.bare.iter().filter(|bare| **bare >= 0.0) {
            count += 1;
            sum += f64::from(bare);
        }
        for cell in cells {
            let off = super::film::apart(told(cell), self.seen[cell.at]).min(FAR);
            sum += f64::from(off) - f64::from(self.bare_at(cell.at));
        }
        (sum.max(0.0) / count.max(1) as f64) as f32
    }

    /// The colour with which a look fits best in a pose, and how well.
    pub fn fit(&self, look: Look, pose: Pose) -> Fit {
        let cells = self.cells(look, pose);
        let tones: &[f32] = match look.pattern {
            Pattern::Plain => &[0.0],
            _ => &[0.16, 0.97],
        };
        let fits = tones.iter().map(|&mark| {
            let rgb = self.colour(&cells, mark);
            // Dark marks are on what is light.
            let is_odd = look.pattern != Pattern::Plain && mark_on(rgb) != mark;
            let error = self.error(&cells, |cell| cell.over(self.plate[cell.at], mark, rgb));
            Fit {
                pose,
                rgb,
                opacity: 1.0,
                error: error * if is_odd { 1.5 } else { 1.0 },
            }
        });
        fits.min_by(|one, two| one.error.total_cmp(&two.error))
            .expect("there is a tone")
    }

    /// The colour with which a thing is nearest to what is seen, when its marks are that light.
    fn colour(&self, cells: &[Cell], mark: f32) -> Rgb {
        let (mut weight, mut sum) = (1e-3_f32, [0.0_f32; 3]);
        for cell in cells {
            let own = cell.own();
            let fixed = cell.over(self.plate[cell.at], mark, [0.0; 3]);
            weight += own * own;
            for (sum, (seen, fixed)) in sum.iter_mut().zip(self.seen[cell.at].iter().zip(fixed)) {
                *sum += own * (seen - fixed);
            }
        }
        sum.map(|sum| (sum / weight).clamp(0.0, 255.0))
    }

    /// How well something fits that has a known colour, and of which only a share is there.
    pub fn fit_faded(&self, look: Look, pose: Pose, rgb: Rgb) -> Fit {
        let cells = self.cells(look, pose);
        let mark = mark_on(rgb);
        let opacity = self.opacity(&cells, mark, rgb).clamp(0.0, 1.0);
        let error = self.error(&cells, |cell| {
            let plate = self.plate[cell.at];
            let whole = cell.over(plate, mark, rgb);
            std::array::from_fn(|part| plate[part] + opacity * (whole[part] - plate[part]))
        });
        Fit {
            pose,
            rgb,
            opacity,
            error,
        }
    }

    /// How much of a pixel a thing covers.
    pub fn cover(&self, look: Look, pose: Pose, at: usize) -> f32 {
        let cell = self.cell(&Stamp::new(look, pose), at);
        cell.map_or(0.0, |cell| cell.share)
    }

    /// Which pixels of the picture a thing covers, and look there as it does.
    pub fn explained(&self, (look, pose, rgb): (Look, Pose, Rgb)) -> Vec<bool> {
        let (stamp, mark) = (Stamp::new(look, pose), mark_on(rgb));
        let pixels = 0..self.seen.len();
        let explained = pixels.map(|at| {
            let cell = self.cell(&stamp, at).filter(|cell| cell.share > 0.02);
            cell.is_some_and(|cell| {
                let told = cell.over(self.plate[at], mark, rgb);
                super::film::apart(told, self.seen[at]) < FAR / 2.0
            })
        });
        explained.collect()
    }

    /// How far pixels are from what is expected where a thing is.
    pub fn within(&self, look: Look, fit: Fit) -> f32 {
        let mark = mark_on(fit.rgb);
        let (mut count, mut sum) = (0, 0.0);
        for cell in self.cells(look, fit.pose) {
            if cell.share > 0.5 {
                let told = cell.over(self.plate[cell.at], mark, fit.rgb);
                count += 1;
                sum += super::film::apart(told, self.seen[cell.at]).min(FAR);
            }
        }
        sum / count.max(1) as f32
    }

    /// How much of a picture's light comes from what is not behind all things: the mean of squares.
    pub fn signal(&self) -> f32 {
        self.error(&[], |_| [0.0; 3])
    }

    /// What a thing of that colour shows of itself here: 0 is nothing, 1 all.
    fn opacity(&self, cells: &[Cell], mark: f32, rgb: Rgb) -> f32 {
        let (mut weight, mut sum) = (1e-3_f32, 0.0_f32);
        for cell in cells {
            let plate = self.plate[cell.at];
            let whole = cell.over(plate, mark, rgb);
            for channel in 0..3 {
                let step = whole[channel] - plate[channel];
                weight += step * step;
                sum += step * (self.seen[cell.at][channel] - plate[channel]);
            }
        }
        sum / weight
    }
}
