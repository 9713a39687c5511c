//! What a model learns from.

use tensor::PAGE;

/// Tokens of one text, and how much it counts to foretell each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// The tokens, in order.
    pub tokens: Vec<u32>,
    /// How much each counts as something to foretell from those before it: one, or zero for what the model
    /// is told and shall not say. Of the first, nothing is said: there is nothing before it.
    pub weights: Vec<f32>,
}

impl Example {
    /// A text of which every token counts.
    pub fn whole(tokens: Vec<u32>) -> Self {
        let weights = vec![1.0; tokens.len()];
        Self { tokens, weights }
    }

    /// Tokens that are read: all but the last, which is only foretold.
    pub fn inputs(&self) -> usize {
        self.tokens.len().saturating_sub(1)
    }

    /// Tokens that count as something to foretell.
    pub fn wanted(&self) -> usize {
        self.weights.iter().skip(1).filter(|x| **x != 0.0).count()
    }

    /// The sum of the weights of what is foretold.
    pub fn weight(&self) -> f64 {
        self.weights.iter().skip(1).map(|x| f64::from(*x)).sum()
    }
}

/// Several examples as one batch of a network.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    pub tokens: Vec<u32>,
    /// Tokens of each sequence.
    pub lengths: Vec<usize>,
    /// Pages of the sequences, one after the other.
    pub pages: Vec<u32>,
    /// Pages of each sequence.
    pub page_counts: Vec<usize>,
    /// After which tokens something is foretold.
    pub wanted: Vec<u32>,
    /// What.
    pub targets: Vec<u32>,
    /// How much it counts.
    pub weights: Vec<f32>,
}

impl Joined {
    /// Joins examples, with weights multiplied by `share`.
    pub fn fill(&mut self, examples: &[Example], share: f64) {
        let Self {
            tokens,
            lengths,
            pages,
            page_counts,
            wanted,
            targets,
            weights,
        } = self;
        for list in [&mut *tokens, pages, wanted, targets] {
            list.clear();
        }
        lengths.clear();
        page_counts.clear();
        weights.clear();
        for example in examples.iter().filter(|example| example.inputs() > 0) {
            let inputs = example.inputs();
            let start = tokens.len();
            tokens.extend(&example.tokens[..inputs]);
            lengths.push(inputs);
            let first = pages.len() as u32;
            let count = inputs.div_ceil(PAGE);
            pages.extend(first..first + count as u32);
            page_counts.push(count);
            let told = example.tokens.iter().zip(&example.weights).skip(1);
            for (at, (token, weight)) in told.enumerate().filter(|(_, told)| *told.1 != 0.0) {
                wanted.push((start + at) as u32);
                targets.push(*token);
                weights.push((f64::from(*weight) * share) as f32);
            }
        }
    }
}

/// Cuts a batch into parts of at most `tokens` tokens each, or of `together` examples that are longer: so many,
/// one after the other, are of one part.
pub(crate) fn parts(
    batch: &[Example],
    tokens: usize,
    together: usize,
) -> impl Iterator<Item = &[Example]> {
    let mut rest = batch;
    std::iter::from_fn(move || {
        let mut sum = 0;
        let fits = rest.chunks(together).take_while(|examples| {
            sum += examples.iter().map(Example::inputs).sum::<usize>();
            sum <= tokens
        });
        let count = (fits.count().max(1) * together).min(rest.len());
        let (part, after) = rest.split_at(count);
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_joined_with_what_counts() {
        let told = Example {
            tokens: vec![5, 6, 7, 8],
            weights: vec![1.0, 0.0, 2.0, 1.0],
        };
        let mut joined = Joined::default();
        joined.fill(
            &[told, Example::whole(vec![1]), Example::whole(vec![1, 2])],
            0.5,
        );
        assert_eq!(joined.tokens, [5, 6, 7, 1]);
        assert_eq!(joined.lengths, [3, 1]);
        assert_eq!(joined.pages, [0, 1]);
        assert_eq!(joined.wanted, [1, 2, 3]);
        assert_eq!(joined.targets, [7, 8, 2]);
        assert_eq!(joined.weights, [1.0, 0.5, 0.5]);
    }

    #[test]
    fn a_batch_is_cut_at_whole_examples() {
        let batch: Vec<Example> = [5, 5, 30, 2, 2, 2]
            .map(|n| Example::whole(vec![0; n]))
            .into();
        let counts =
            |together| -> Vec<usize> { parts(&batch, 8, together).map(<[Example]>::len).collect() };
        assert_eq!(counts(1), [2, 1, 3]);
        assert_eq!(counts(2), [2, 2, 2]);
        assert_eq!(counts(4), [4, 2]);
        assert_eq!(parts(&[], 8, 1).count(), 0);
    }
}
