//! Which rank keeps what.

use std::ops::Range;

/// The arrays of a model, each kept by one rank.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shares {
    owners: Vec<usize>,
    shares: Vec<Share>,
}

/// The arrays of one rank, as if they lay one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Share {
    /// Number, where it begins, and its length.
    places: Vec<(usize, usize, usize)>,
    length: usize,
}

impl Shares {
    /// Arrays are kept whole, because some rules move a matrix as a whole: the largest first, each where the least
    /// lies so far.
    pub fn of(lengths: &[usize], ranks: usize) -> Self {
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|number| (usize::MAX - lengths[*number], *number));
        let mut owners = vec![0; lengths.len()];
        let mut loads = vec![0; ranks.max(1)];
        for number in order {
            let least = (0..loads.len()).min_by_key(|rank| (loads[*rank], *rank));
            let owner = least.expect("there is a rank");
            owners[number] = owner;
            loads[owner] += lengths[number];
        }
        Self::owned(owners, loads.len(), lengths)
    }

    /// The same ranks keep arrays of other lengths.
    pub fn with(&self, lengths: &[usize]) -> Self {
        Self::owned(self.owners.clone(), self.shares.len(), lengths)
    }

    fn owned(owners: Vec<usize>, ranks: usize, lengths: &[usize]) -> Self {
        let mut shares = vec![Share::default(); ranks];
        for (number, owner) in owners.iter().enumerate() {
            let share = &mut shares[*owner];
            share.places.push((number, share.length, lengths[number]));
            share.length += lengths[number];
        }
        Self { owners, shares }
    }

    /// Who keeps an array.
    pub fn owner(&self, number: usize) -> usize {
        self.owners[number]
    }

    /// What a rank keeps.
    pub fn of_rank(&self, rank: usize) -> &Share {
        &self.shares[rank]
    }

    /// Numbers of the largest share.
    pub fn longest(&self) -> usize {
        self.shares
            .iter()
            .map(|share| share.length)
            .max()
            .unwrap_or(0)
    }
}

impl Share {
    /// What of `range` there is.
    pub fn within(&self, range: &Range<usize>) -> usize {
        range.end.min(self.length).saturating_sub(range.start)
    }

    /// Calls `each` with every piece of an array that lies in `range`: its number, where the piece lies in the array,
    /// and where it lies in the range.
    pub fn pieces(
        &self,
        range: &Range<usize>,
        each: &mut dyn FnMut(usize, Range<usize>, Range<usize>),
    ) {
        for (number, start, length) in &self.places {
            let from = range.start.max(*start);
            let to = range.end.min(start + length);
            if from < to {
                let here = from - range.start..to - range.start;
                each(*number, from - start..to - start, here);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_shared_out_evenly_and_whole() {
        let shares = Shares::of(&[10, 4, 9, 0, 5, 1], 2);
        assert_eq!(shares.owners, [0, 0, 1, 1, 1, 0]);
        assert_eq!(
            (shares.of_rank(0).length, shares.of_rank(1).length),
            (15, 14)
        );
        let mut pieces = Vec::new();
        let range = 8..13;
        assert_eq!(shares.of_rank(0).within(&range), 5);
        shares
            .of_rank(0)
            .pieces(&range, &mut |number, inside, here| {
                pieces.push((number, inside, here));
            });
        assert_eq!(pieces, [(0, 8..10, 0..2), (1, 0..3, 2..5)]);
        assert_eq!(shares.of_rank(1).within(&(14..20)), 0);
    }

    #[test]
    fn more_ranks_than_arrays_leave_some_empty() {
        let shares = Shares::of(&[3, 3], 4);
        assert_eq!(shares.longest(), 3);
        assert_eq!(shares.of_rank(3).length, 0);
    }
}
