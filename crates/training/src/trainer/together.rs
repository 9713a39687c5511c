//! A trainer that is one of several.

use std::rc::Rc;

use tensor::{Gradients, ParameterId};

use super::{Mover, Trainer};
use crate::error::Result;
use crate::optimiser::Moments;
use crate::ranks::{Loose, Outer, Ranks, Shares, Team};
use crate::state::State;

/// What a trainer keeps for the others, or has of them. By number of the array.
#[derive(Default)]
pub(super) struct Together {
    pub team: Team,
    shares: Shares,
    /// Gradients of the arrays that are kept here, summed over all ranks.
    sums: Vec<Vec<f32>>,
    /// Whether any rank had a gradient.
    has: Vec<bool>,
    /// Weights on their way.
    moved: Vec<Vec<f32>>,
    outer: Option<Outer>,
}

impl Together {
    /// Whether gradients are summed at each step.
    pub fn is_tight(&self) -> bool {
        !self.team.is_alone() && self.outer.is_none()
    }

    /// Sums something over the ranks where they take each step together.
    pub fn sum(&self, values: &mut [f64]) -> Result<()> {
        match self.is_tight() {
            true => self.team.sum(values),
            false => Ok(()),
        }
    }

    /// The gradient of an array that is moved here.
    pub fn gradient<'a>(&'a self, gradients: &'a Gradients, number: usize) -> Option<&'a [f32]> {
        if self.is_tight() {
            let is_here = self.has[number] && self.is_kept(number);
            return is_here.then(|| &self.sums[number][..]);
        }
        let gradient = gradients.of_parameter(ParameterId(number));
        gradient.map(tensor::Tensor::values)
    }

    fn is_kept(&self, number: usize) -> bool {
        self.shares.owner(number) == self.team.rank()
    }

    /// Sums the gradients where they are kept, and what was seen everywhere.
    pub fn reduce(&mut self, gradients: &Gradients, seen: &mut [f64; 2]) -> Result<()> {
        if !self.is_tight() {
            return Ok(());
        }
        let of = |number: usize| gradients.of_parameter(ParameterId(number));
        let has = (0..self.has.len()).map(|number| f64::from(u8::from(of(number).is_some())));
        let mut all: Vec<f64> = seen.iter().copied().chain(has).collect();
        self.team.sum(&mut all)?;
        seen.copy_from_slice(&all[..2]);
        self.has = all[2..].iter().map(|has| *has > 0.0).collect();
        let array = |number: usize| of(number).map(tensor::Tensor::values);
        self.team.reduce(&self.shares, &array, &mut self.sums)
    }
}

impl Trainer {
    /// Makes it one of several, which all begin with the same weights and are given the same batches. Of each batch it
    /// reads its part. With `loose` they take steps alone and come together by [`meet`](Self::meet).
    #[must_use]
    pub fn with_ranks(self, ranks: Rc<dyn Ranks>, loose: Option<Loose>) -> Self {
        self.among(&Team::of(ranks), loose)
    }

    pub(crate) fn among(mut self, team: &Team, loose: Option<Loose>) -> Self {
        let mut lengths = Vec::new();
        let mut moved = Vec::new();
        self.trainee.each(&mut |_, learner| {
            lengths.push(learner.values().len());
            moved.push(learner.values().to_vec());
        });
        if team.is_alone() && loose.is_none() {
            return self;
        }
        let mut together = Together {
            shares: Shares::of(&lengths, team.count()),
            has: vec![false; lengths.len()],
            team: team.clone(),
            ..Together::default()
        };
        let kept = |number: usize| match together.is_kept(number) {
            true => lengths[number],
            false => 0,
        };
        together.sums = (0..lengths.len())
            .map(|number| vec![0.0; kept(number)])
            .collect();
        let start = |loose| Outer::new(loose, kept_of(&together, &moved));
        together.outer = loose.map(start);
        together.moved = moved;
        self.together = together;
        self.let_go();
        self
    }

    /// Forgets what other ranks keep.
    pub(super) fn let_go(&mut self) {
        if !self.together.is_tight() {
            return;
        }
        for number in (0..self.moments.len()).filter(|number| !self.together.is_kept(*number)) {
            self.moments[number] = Moments::default();
            if let Some(average) = self.average.get_mut(number) {
                *average = Vec::new();
            }
        }
    }

    /// Moves the arrays that are kept here and gets the others.
    pub(super) fn move_together(&mut self, rates: [f64; 2]) -> Result<()> {
        let (trainee, together, mut mover) = self.mover(rates);
        let Together {
            team,
            shares,
            sums,
            has,
            moved,
            ..
        } = together;
        let kept = sums.iter_mut().enumerate();
        let kept = kept.filter(|(number, _)| shares.owner(*number) == team.rank() && has[*number]);
        mover.turn(kept.map(|(number, sum)| (number, &mut sum[..])));
        trainee.each(&mut |id, learner| {
            if shares.owner(id.0) == team.rank() {
                let values = &mut moved[id.0];
                values.copy_from_slice(learner.values());
                if has[id.0] {
                    mover.array(id.0, values, &sums[id.0]);
                }
            }
        });
        team.spread(shares, moved)?;
        trainee.change(mover.pool, &mut |id, values| {
            values.copy_from_slice(&moved[id.0]);
        });
        Ok(())
    }

    /// Brings together what ranks learnt that take their steps alone; nothing to do for others.
    ///
    /// # Errors
    /// [`Error::Rank`](crate::Error::Rank) when another has gone.
    pub fn meet(&mut self) -> Result<()> {
        let Together {
            team,
            shares,
            sums,
            moved,
            outer: Some(outer),
            ..
        } = &mut self.together
        else {
            return Ok(());
        };
        self.trainee.each(&mut |id, learner| {
            moved[id.0].copy_from_slice(learner.values());
        });
        if team.is_alone() {
            sums.clone_from(moved);
        }
        team.reduce(shares, &|number| Some(&moved[number][..]), sums)?;
        outer.step(sums, team.count());
        for (moved, sum) in moved.iter_mut().zip(sums.iter()) {
            if !sum.is_empty() {
                moved.copy_from_slice(sum);
            }
        }
        team.spread(shares, moved)?;
        self.trainee.change(&self.pool, &mut |id, values| {
            values.copy_from_slice(&moved[id.0]);
        });
        Ok(())
    }

    /// Passes over a step: no weight moves, and the next one is taken as if this one had been.
    pub fn pass_over(&mut self) {
        self.step += 1;
    }

    /// Gives the first rank what the others keep; all call it. The state of the others is a part of it and no more.
    ///
    /// # Errors
    /// [`Error::Rank`](crate::Error::Rank) when another has gone.
    pub fn gather(&self, state: &mut State) -> Result<()> {
        let Together { team, shares, .. } = &self.together;
        if team.is_alone() {
            return Ok(());
        }
        let lengths: Vec<usize> = state.values.iter().map(Vec::len).collect();
        let room = |mut arrays: Vec<Vec<f32>>, lengths: &[usize]| {
            if team.is_first() {
                for (array, length) in arrays.iter_mut().zip(lengths) {
                    array.resize(*length, 0.0);
                }
            }
            arrays
        };
        if !self.together.is_tight() {
            let velocity = room(std::mem::take(&mut state.outer), &lengths);
            state.outer = velocity;
            return team.gather(shares, &mut state.outer);
        }
        let moments = std::mem::take(&mut state.moments);
        let (means, squares): (Vec<_>, Vec<_>) = moments
            .into_iter()
            .map(|moments| (moments.mean, moments.square))
            .unzip();
        let mut means = room(means, &lengths);
        team.gather(shares, &mut means)?;
        let square_lengths: Vec<usize> = self
            .shapes
            .iter()
            .zip(&lengths)
            .map(|((_, is_hidden), length)| self.optimiser.squares(*length, *is_hidden))
            .collect();
        let mut squares = room(squares, &square_lengths);
        // Where Muon moves an array there are no squares: the shares are others.
        team.gather(&shares.with(&square_lengths), &mut squares)?;
        let pairs = means.into_iter().zip(squares);
        state.moments = pairs
            .map(|(mean, square)| Moments { mean, square })
            .collect();
        if !state.average.is_empty() {
            state.average = room(std::mem::take(&mut state.average), &lengths);
            team.gather(shares, &mut state.average)?;
        }
        Ok(())
    }

    /// What a state says of meetings.
    pub(super) fn velocity(&self) -> Vec<Vec<f32>> {
        let outer = self.together.outer.as_ref();
        outer.map_or(Vec::new(), |outer| outer.velocity.clone())
    }

    /// Goes back to a meeting.
    pub(super) fn restore_meeting(&mut self, values: &[Vec<f32>], velocity: &[Vec<f32>]) {
        if self.together.outer.is_none() {
            return;
        }
        let start = kept_of(&self.together, values);
        let velocity = kept_of(&self.together, velocity);
        if let Some(outer) = &mut self.together.outer {
            outer.start = start;
            outer.velocity = velocity;
        }
    }

    /// What an array is moved with.
    pub(super) fn mover(
        &mut self,
        rates: [f64; 2],
    ) -> (&mut models::Trainee, &mut Together, Mover<'_>) {
        let mover = Mover {
            pool: &self.pool,
            optimiser: &mut self.optimiser,
            moments: &mut self.moments,
            shapes: &self.shapes,
            average: &mut self.average,
            decay: self.options.average,
            step: self.step,
            rates,
        };
        (&mut self.trainee, &mut self.together, mover)
    }
}

/// The arrays that are kept here; nothing of the others.
fn kept_of(together: &Together, arrays: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let kept = arrays
        .iter()
        .enumerate()
        .map(|(number, values)| match together.is_kept(number) {
            true => values.clone(),
            false => Vec::new(),
        });
    kept.collect()
}
