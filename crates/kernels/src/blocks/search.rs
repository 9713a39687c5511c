//! Scales with little error. The measures, weights and ranges are those of ggml (`make_qkx2_quants`
//! and `make_qx_quants`), so that blocks are as good as those that people have.

/// Numbers as `scale · step - minimum`, with 0 to 15 steps.
#[derive(Clone, Copy, Default)]
pub(super) struct Line {
    pub scale: f32,
    pub minimum: f32,
}

const MOST: f32 = 15.0;

/// The line with the least error of some, each weighed by its size.
pub(super) fn line<const N: usize>(values: &[f32; N]) -> Line {
    let mean = (values.iter().map(|x| x * x).sum::<f32>() / N as f32).sqrt();
    let weights = values.map(|x| mean + x.abs());
    let lowest = values
        .iter()
        .copied()
        .fold(f32::INFINITY, f32::min)
        .min(0.0);
    let highest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !(highest - lowest).is_normal() {
        return Line {
            scale: 0.0,
            minimum: if lowest.is_finite() { -lowest } else { 0.0 },
        };
    }
    let steps =
        |inverse: f32| values.map(|x| (inverse * (x - lowest)).round_ties_even().clamp(0.0, MOST));
    let error = |steps: &[f32; N], line: Line| {
        let mut sum = 0.0;
        for ((step, x), weight) in steps.iter().zip(values).zip(&weights) {
            let off = line.scale * step - line.minimum - x;
            sum += weight * off * off;
        }
        sum
    };
    let mut best = Line {
        scale: (highest - lowest) / MOST,
        minimum: -lowest,
    };
    let mut least = error(&steps(MOST / (highest - lowest)), best);
    for turn in 0..=20 {
        let steps = steps((MOST - 1.0 + 0.1 * turn as f32) / (highest - lowest));
        if let Some(line) = fitted(&steps, values, &weights) {
            let error = error(&steps, line);
            if error < least {
                (least, best) = (error, line);
            }
        }
    }
    best
}

/// The line through the values at their steps, by weighted least squares; its minimum is not negative.
fn fitted<const N: usize>(steps: &[f32; N], values: &[f32; N], weights: &[f32; N]) -> Option<Line> {
    let [mut w, mut wx, mut wl, mut wll, mut wxl] = [0.0_f32; 5];
    for ((step, x), weight) in steps.iter().zip(values).zip(weights) {
        w += weight;
        wx += weight * x;
        wl += weight * step;
        wll += weight * step * step;
        wxl += weight * step * x;
    }
    let determinant = w * wll - wl * wl;
    if determinant <= 0.0 {
        return None;
    }
    let lowest = (wll * wx - wl * wxl) / determinant;
    Some(if lowest > 0.0 {
        Line {
            scale: wxl / wll,
            minimum: 0.0,
        }
    } else {
        Line {
            scale: (w * wxl - wx * wl) / determinant,
            minimum: -lowest,
        }
    })
}

/// The scale of numbers of `-most` to `most - 1` steps with the least error of some, each weighed by
/// its square.
pub(super) fn scale<const N: usize>(values: &[f32; N], most: f32) -> f32 {
    let largest = values
        .iter()
        .fold(0.0_f32, |max, x| if x.abs() > max.abs() { *x } else { max });
    if !largest.is_normal() || largest.abs() < 1e-15 {
        return 0.0;
    }
    let (mut best, mut most_gained) = (0.0, -1.0);
    // The plain scale first: the others must beat it.
    for turn in [
        0, -9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ] {
        let inverse = -(most + 0.1 * turn as f32) / largest;
        let (mut along, mut square) = (0.0, 0.0);
        for x in values {
            let step = (inverse * x).round_ties_even().clamp(-most, most - 1.0);
            let weight = x * x;
            along += weight * x * step;
            square += weight * step * step;
        }
        if square > 0.0 && along * along / square > most_gained {
            (best, most_gained) = (along / square, along * along / square);
        }
    }
    best
}
