//! Rotary position embedding: pairs of numbers turned by angles that grow with the position.

use crate::levels::at_each_level;

/// Which numbers of a head form a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopePairs {
    /// The first half with the second half, as Llama's and most checkpoints have it.
    Halves,
    /// Neighbours.
    Interleaved,
}

at_each_level! {
    /// Turns the first `2 · half` numbers of each head: the pair `(a, b)` of angle `t` becomes
    /// `(a cos t - b sin t, b cos t + a sin t)`.
    /// Shapes: `x` is `[tokens, heads, head_dim]`, turned in place; `cos` and `sin` are
    /// `[tokens, half]`. Numbers of a head beyond the pairs stay as they are (partial rotation).
    /// Source: Su et al. 2021, eq. 34.
    ///
    /// # Panics
    /// When the lengths do not fit.
    pub fn rope(x: &mut [f32], heads: usize, cos: &[f32], sin: &[f32], half: usize, pairs: RopePairs) = definition
}

#[inline(always)]
fn definition(
    x: &mut [f32],
    heads: usize,
    cos: &[f32],
    sin: &[f32],
    half: usize,
    pairs: RopePairs,
) {
    let tokens = cos.len().checked_div(half).unwrap_or(0);
    if tokens == 0 {
        return;
    }
    assert!(
        cos.len() == sin.len() && cos.len() == tokens * half,
        "angles of {half} pairs"
    );
    let head_dim = x.len() / (tokens * heads.max(1));
    assert!(
        x.len() == tokens * heads * head_dim && 2 * half <= head_dim,
        "{heads} heads"
    );
    let angles = cos.chunks_exact(half).zip(sin.chunks_exact(half));
    for (x, (cos, sin)) in x.chunks_exact_mut(heads * head_dim).zip(angles) {
        for head in x.chunks_exact_mut(head_dim) {
            match pairs {
                RopePairs::Halves => {
                    let (first, second) = head[..2 * half].split_at_mut(half);
                    for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                        (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                    }
                }
                RopePairs::Interleaved => {
                    let pairs = head[..2 * half].as_chunks_mut::<2>().0;
                    for (([a, b], cos), sin) in pairs.iter_mut().zip(cos).zip(sin) {
                        (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Numbers;

    #[test]
    fn pairs_are_turned_and_the_rest_stays() {
        let (cos, sin) = ([0.0, 1.0], [1.0, 0.0]);
        let mut x = [1.0, 2.0, 3.0, 4.0, 5.0];
        rope(&mut x, 1, &cos, &sin, 2, RopePairs::Halves);
        assert_eq!(x, [-3.0, 2.0, 1.0, 4.0, 5.0]);
        let mut x = [1.0, 2.0, 3.0, 4.0, 5.0];
        rope(&mut x, 1, &cos, &sin, 2, RopePairs::Interleaved);
        assert_eq!(x, [-2.0, 1.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn turning_keeps_lengths_and_is_the_same_at_every_level() {
        let mut numbers = Numbers::new(2);
        for half in 1..40 {
            let (tokens, heads) = (3, 2);
            let angles: Vec<f32> = numbers.many(tokens * half).map(|x| x * 9.0).collect();
            let cos: Vec<f32> = angles.iter().map(|angle| angle.cos()).collect();
            let sin: Vec<f32> = angles.iter().map(|angle| angle.sin()).collect();
            let x: Vec<f32> = numbers.many(tokens * heads * (2 * half + 3)).collect();
            for pairs in [RopePairs::Halves, RopePairs::Interleaved] {
                let (mut out, mut plain) = (x.clone(), x.clone());
                rope(&mut out, heads, &cos, &sin, half, pairs);
                definition(&mut plain, heads, &cos, &sin, half, pairs);
                for (head, out) in x.chunks(2 * half + 3).zip(out.chunks(2 * half + 3)) {
                    let length = |head: &[f32]| head.iter().map(|x| x * x).sum::<f32>().sqrt();
                    assert!((length(head) - length(out)).abs() < 1e-4);
                    assert_eq!(head[2 * half..], out[2 * half..]);
                }
                for (out, plain) in out.iter().zip(plain) {
                    assert!((out - plain).abs() <= 2e-6, "{out} and {plain}");
                }
            }
        }
    }
}
