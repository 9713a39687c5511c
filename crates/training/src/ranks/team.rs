//! What ranks do together.

use std::borrow::Cow;
use std::rc::Rc;

use super::{Ranks, Shares};
use crate::error::{Error, Result};

/// Numbers that go to a rank in one message at most: what lies ready to be sent stays small.
const PIECE: usize = 1 << 18;

/// A rank with its fellows, or one alone.
#[derive(Clone, Default)]
pub(crate) struct Team {
    ranks: Option<Rc<dyn Ranks>>,
}

impl Team {
    /// Of ranks; of one it is as if it were alone.
    pub fn of(ranks: Rc<dyn Ranks>) -> Self {
        let ranks = (ranks.count() > 1).then_some(ranks);
        Self { ranks }
    }

    pub fn is_alone(&self) -> bool {
        self.ranks.is_none()
    }

    pub fn rank(&self) -> usize {
        self.ranks.as_ref().map_or(0, |ranks| ranks.rank())
    }

    pub fn count(&self) -> usize {
        self.ranks.as_ref().map_or(1, |ranks| ranks.count())
    }

    /// Whether this one speaks for all.
    pub fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// This rank's part of what there is for all.
    pub fn part<'a, T: Clone>(&self, all: &'a [T]) -> Cow<'a, [T]> {
        if self.is_alone() {
            return Cow::Borrowed(all);
        }
        let part = all.iter().skip(self.rank()).step_by(self.count());
        Cow::Owned(part.cloned().collect())
    }

    /// Puts the sums over all ranks in place of `values`, the same to the bit everywhere.
    pub fn sum(&self, values: &mut [f64]) -> Result<()> {
        let Some(ranks) = &self.ranks else {
            return Ok(());
        };
        let own = values.to_vec();
        let mut said = vec![vec![0.0; own.len()]; ranks.count()];
        {
            let sent = vec![bytemuck::cast_slice(&own[..]); ranks.count()];
            let mut received: Vec<&mut [u8]> = said
                .iter_mut()
                .map(|values| bytemuck::cast_slice_mut(&mut values[..]))
                .collect();
            ranks.exchange(&sent, &mut received)?;
        }
        said[ranks.rank()] = own;
        for (at, value) in values.iter_mut().enumerate() {
            *value = said.iter().map(|said| said[at]).sum();
        }
        Ok(())
    }

    /// What the first rank says. Numbers up to 2⁵³ are told exactly.
    pub fn first_says(&self, number: u64) -> Result<u64> {
        if self.is_alone() {
            return Ok(number);
        }
        let mut said = [if self.is_first() { number as f64 } else { 0.0 }];
        self.sum(&mut said)?;
        Ok(said[0] as u64)
    }

    /// Waits until all have done something; when one could not, all stop.
    pub fn agree<T>(&self, done: Result<T>) -> Result<T> {
        let mut failed = vec![0.0; self.count()];
        failed[self.rank()] = f64::from(u8::from(done.is_err()));
        let told = self.sum(&mut failed);
        // What went wrong here says more than that somebody else has gone.
        let done = done?;
        told?;
        match failed.iter().position(|failed| *failed > 0.0) {
            None => Ok(done),
            Some(rank) => Err(Error::Rank {
                rank,
                reason: "it could not go on, and says why itself",
            }),
        }
    }

    /// Sums arrays over all ranks, in the order of the ranks, each at the one that keeps it: into `sums`, by number.
    /// An array that a rank has not counts as zeros.
    pub fn reduce<'a>(
        &self,
        shares: &Shares,
        array: &dyn Fn(usize) -> Option<&'a [f32]>,
        sums: &mut [Vec<f32>],
    ) -> Result<()> {
        let Some(ranks) = &self.ranks else {
            return Ok(());
        };
        let (own, count) = (ranks.rank(), ranks.count());
        let mut sent = vec![Vec::new(); count];
        let mut received = vec![Vec::new(); count];
        for start in (0..shares.longest()).step_by(PIECE) {
            let range = start..start + PIECE;
            let length = shares.of_rank(own).within(&range);
            for rank in 0..count {
                let share = shares.of_rank(rank);
                sent[rank].clear();
                sent[rank].resize(share.within(&range), 0.0);
                share.pieces(&range, &mut |number, inside, here| {
                    if let Some(values) = array(number) {
                        sent[rank][here].copy_from_slice(&values[inside]);
                    }
                });
                received[rank].resize(if rank == own { 0 } else { length }, 0.0);
            }
            exchange(&**ranks, &sent, &mut received)?;
            let mut sum = vec![0.0_f32; length];
            for rank in 0..count {
                let values = if rank == own {
                    &sent[rank]
                } else {
                    &received[rank]
                };
                for (sum, value) in sum.iter_mut().zip(values) {
                    *sum += value;
                }
            }
            shares
                .of_rank(own)
                .pieces(&range, &mut |number, inside, here| {
                    sums[number][inside].copy_from_slice(&sum[here]);
                });
        }
        Ok(())
    }

    /// Gives every rank the arrays that others keep; all have room for all.
    pub fn spread(&self, shares: &Shares, arrays: &mut [Vec<f32>]) -> Result<()> {
        self.pass(shares, arrays, None)
    }

    /// Gives the first rank the arrays that others keep; it has room for all.
    pub fn gather(&self, shares: &Shares, arrays: &mut [Vec<f32>]) -> Result<()> {
        self.pass(shares, arrays, Some(0))
    }

    fn pass(&self, shares: &Shares, arrays: &mut [Vec<f32>], only: Option<usize>) -> Result<()> {
        let Some(ranks) = &self.ranks else {
            return Ok(());
        };
        let (own, count) = (ranks.rank(), ranks.count());
        let is_given = |rank: usize| only.is_none_or(|only| only == rank);
        let mut received = vec![Vec::new(); count];
        for start in (0..shares.longest()).step_by(PIECE) {
            let range = start..start + PIECE;
            let mut piece = vec![0.0; shares.of_rank(own).within(&range)];
            shares
                .of_rank(own)
                .pieces(&range, &mut |number, inside, here| {
                    piece[here].copy_from_slice(&arrays[number][inside]);
                });
            let mut sent = vec![Vec::new(); count];
            for rank in (0..count).filter(|rank| *rank != own) {
                if is_given(rank) {
                    sent[rank].clone_from(&piece);
                }
                let length = if is_given(own) {
                    shares.of_rank(rank).within(&range)
                } else {
                    0
                };
                received[rank].resize(length, 0.0);
            }
            exchange(&**ranks, &sent, &mut received)?;
            for rank in (0..count).filter(|rank| *rank != own && is_given(own)) {
                shares
                    .of_rank(rank)
                    .pieces(&range, &mut |number, inside, here| {
                        arrays[number][inside].copy_from_slice(&received[rank][here]);
                    });
            }
        }
        Ok(())
    }
}

fn exchange(ranks: &dyn Ranks, sent: &[Vec<f32>], received: &mut [Vec<f32>]) -> Result<()> {
    let sent: Vec<&[u8]> = sent
        .iter()
        .map(|values| bytemuck::cast_slice(&values[..]))
        .collect();
    let mut received: Vec<&mut [u8]> = received
        .iter_mut()
        .map(|values| bytemuck::cast_slice_mut(&mut values[..]))
        .collect();
    ranks.exchange(&sent, &mut received)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranks::Local;

    /// What each of some ranks says in the end.
    fn together<T: Send>(count: usize, act: impl Fn(&Team) -> T + Sync) -> Vec<T> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = Local::of(count)
                .into_iter()
                .map(|ranks| scope.spawn(|| act(&Team::of(Rc::new(ranks)))))
                .collect();
            let said = threads.into_iter().map(|thread| thread.join());
            said.map(|said| said.expect("a rank does not panic"))
                .collect()
        })
    }

    #[test]
    fn sums_and_agreements_are_the_same_everywhere() {
        let said = together(3, |team| {
            let mut values = [team.rank() as f64, 0.1];
            team.sum(&mut values).unwrap();
            let says = team.first_says(7 + team.rank() as u64).unwrap();
            (values, says)
        });
        assert!(said.iter().all(|said| *said == ([3.0, 0.1 + 0.1 + 0.1], 7)));
    }

    #[test]
    fn when_one_cannot_go_on_all_stop_and_say_who() {
        let said = together(2, |team| {
            let done = match team.rank() {
                0 => Ok(()),
                _ => Err(Error::Stopped { step: 3 }),
            };
            team.agree(done).unwrap_err().to_string()
        });
        assert!(said[0].starts_with("rank 1"), "{}", said[0]);
        assert!(said[1].starts_with("stopped at step 3"), "{}", said[1]);
    }

    #[test]
    fn arrays_are_summed_where_they_are_kept_and_spread_from_there() {
        // Longer than a message, so that pieces are put together again.
        let lengths = [PIECE + 5, 3, PIECE / 2, 0, 7];
        let all = together(3, |team| {
            let shares = Shares::of(&lengths, team.count());
            let arrays: Vec<Vec<f32>> = lengths
                .iter()
                .enumerate()
                .map(|(number, length)| {
                    let value = |at: usize| (1 + at % 7 + number) as f32 * (1 + team.rank()) as f32;
                    (0..*length).map(value).collect()
                })
                .collect();
            // One array is not there on one rank.
            let has = |number: usize| number != 1 || team.rank() != 1;
            let mut sums: Vec<Vec<f32>> = lengths.iter().map(|n| vec![0.0; *n]).collect();
            let array = |number: usize| has(number).then(|| &arrays[number][..]);
            team.reduce(&shares, &array, &mut sums).unwrap();
            let mut gathered = sums.clone();
            team.gather(&shares, &mut gathered).unwrap();
            team.spread(&shares, &mut sums).unwrap();
            (team.is_first() && gathered == sums, sums)
        });
        assert!(all[0].0 && all[0].1 == all[1].1 && all[1].1 == all[2].1);
        for (number, sums) in all[0].1.iter().enumerate() {
            let ranks = if number == 1 { 4.0 } else { 6.0 };
            let exact = |at: usize| (1 + at % 7 + number) as f32 * ranks;
            assert!((0..lengths[number]).all(|at| sums[at] == exact(at)));
        }
    }
}
