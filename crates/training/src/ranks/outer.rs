//! Ranks that meet now and then.

use serde::Deserialize;

/// How ranks learn that meet only now and then, for slow links between them.
///
/// Each takes steps alone, on its own part of the data. Then the mean of what they came to is taken as a direction, and
/// an outer step is made in it, with Nesterov's momentum.
/// Source: Douillard et al. 2023 (DiLoCo).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loose {
    /// Steps from meeting to meeting.
    pub every: u64,
    /// The share of the mean way that is gone.
    #[serde(default = "outer_learning_rate")]
    pub outer_learning_rate: f64,
    /// How slowly the mean of such ways forgets.
    #[serde(default = "outer_momentum")]
    pub outer_momentum: f64,
}

fn outer_learning_rate() -> f64 {
    0.7
}

fn outer_momentum() -> f64 {
    0.9
}

/// What is kept from meeting to meeting, of the arrays that this rank keeps; nothing of the others.
pub(crate) struct Outer {
    options: Loose,
    /// The weights of the last meeting.
    pub start: Vec<Vec<f32>>,
    pub velocity: Vec<Vec<f32>>,
}

impl Outer {
    /// Before the first meeting, from these weights on.
    pub fn new(options: Loose, start: Vec<Vec<f32>>) -> Self {
        let velocity = start.iter().map(|values| vec![0.0; values.len()]).collect();
        Self {
            options,
            start,
            velocity,
        }
    }

    /// Takes the sums of what `count` ranks came to, and leaves the weights to go on with in their place.
    pub fn step(&mut self, sums: &mut [Vec<f32>], count: usize) {
        let [rate, momentum] = [
            self.options.outer_learning_rate,
            self.options.outer_momentum,
        ]
        .map(|x| x as f32);
        let share = 1.0 / count as f32;
        for (number, start) in self.start.iter_mut().enumerate() {
            let velocities = &mut self.velocity[number];
            for ((start, velocity), sum) in start.iter_mut().zip(velocities).zip(&mut sums[number])
            {
                let way = *start - *sum * share;
                *velocity = momentum * *velocity + way;
                *start -= rate * (way + momentum * *velocity);
                *sum = *start;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outer_step_is_that_of_nesterov() {
        let options = Loose {
            every: 10,
            outer_learning_rate: 0.5,
            outer_momentum: 0.5,
        };
        let mut outer = Outer::new(options, vec![vec![1.0], vec![]]);
        let mut sums = vec![vec![0.0 + 1.0], vec![9.0]];
        outer.step(&mut sums, 2);
        // The way is 0.5, the velocity too: 1 - 0.5 · (0.5 + 0.25).
        assert_eq!(sums, [vec![0.625], vec![9.0]]);
        let mut sums = vec![vec![2.0 * 0.375], vec![]];
        outer.step(&mut sums, 2);
        // The way is 0.25, the velocity 0.5: 0.625 - 0.5 · (0.25 + 0.25).
        assert_eq!((&sums[0][..], outer.start[0][0]), (&[0.375][..], 0.375));
    }
}
