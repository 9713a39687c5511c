//! What layers that sum up the past keep of each sequence.

use kernels::Sequence;

/// As many numbers for each sequence as the layer needs, whatever its length. A sequence is known by its
/// first page, which it must not share with another.
#[derive(Debug)]
pub struct States {
    count: usize,
    slots: Vec<Option<State>>,
}

#[derive(Debug)]
struct State {
    /// Tokens that are summed up.
    tokens: usize,
    values: Box<[f32]>,
}

impl States {
    /// Room for states of `count` numbers of sequences in `pages` pages; each is taken when its sequence
    /// begins.
    pub fn new(pages: usize, count: usize) -> Self {
        Self {
            count,
            slots: (0..pages).map(|_| None).collect(),
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.slots.iter().flatten().count() * self.count * size_of::<f32>()
    }

    /// Gives up what is kept of the sequence whose first page this is.
    pub fn forget(&mut self, first_page: u32) {
        if let Some(slot) = self.slots.get_mut(first_page as usize) {
            *slot = None;
        }
    }

    /// The states of these sequences, taken out to be brought up to their last new tokens and
    /// [put](Self::put) back. Zeros where a sequence begins.
    ///
    /// # Panics
    /// When a sequence does not go on where its state ends, or two share their first page.
    pub(crate) fn take(&mut self, sequences: &[Sequence<'_>]) -> Vec<Box<[f32]>> {
        let states = sequences.iter().map(|sequence| {
            let slot = &mut self.slots[sequence.table[0] as usize];
            let kept = slot.take();
            if sequence.past > 0 {
                let kept = kept.expect("a sequence that went before has a state");
                assert_eq!(
                    kept.tokens, sequence.past,
                    "a summed up text goes on where it ends"
                );
                return kept.values;
            }
            match kept {
                Some(mut kept) => {
                    kept.values.fill(0.0);
                    kept.values
                }
                None => vec![0.0; self.count].into(),
            }
        });
        states.collect()
    }

    /// Puts states back.
    pub(crate) fn put(&mut self, sequences: &[Sequence<'_>], states: Vec<Box<[f32]>>) {
        for (sequence, values) in sequences.iter().zip(states) {
            let tokens = sequence.past + sequence.tokens;
            let slot = &mut self.slots[sequence.table[0] as usize];
            *slot = Some(State { tokens, values });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(table: &[u32], past: usize, tokens: usize) -> Sequence<'_> {
        Sequence {
            table,
            past,
            tokens,
        }
    }

    #[test]
    fn a_state_lives_as_long_as_its_sequence() {
        let mut states = States::new(4, 2);
        let begins = [at(&[3, 1], 0, 5), at(&[2], 0, 1)];
        let mut taken = states.take(&begins);
        taken[0][1] = 7.0;
        states.put(&begins, taken);
        assert_eq!(states.bytes(), 16);
        let goes_on = [at(&[3, 1], 5, 1)];
        let taken = states.take(&goes_on);
        assert_eq!(&*taken[0], [0.0, 7.0]);
        states.put(&goes_on, taken);
        // Another sequence gets the page, and nothing of the first.
        assert_eq!(&*states.take(&[at(&[3], 0, 1)])[0], [0.0, 0.0]);
        states.forget(2);
        assert_eq!(states.bytes(), 0);
    }

    #[test]
    #[should_panic(expected = "goes on where it ends")]
    fn a_sequence_that_was_cut_back_has_no_state() {
        let mut states = States::new(1, 1);
        let begins = [at(&[0], 0, 5)];
        let taken = states.take(&begins);
        states.put(&begins, taken);
        states.take(&[at(&[0], 3, 1)]);
    }
}
