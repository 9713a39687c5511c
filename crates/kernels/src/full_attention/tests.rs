use std::num::NonZeroUsize;

use half::bf16;

use super::*;
use crate::testing::Numbers;

/// The same in f64, all scores at once.
fn exact([q, k, v]: [&[f32]; 3], heads: usize, dim: usize, looks: &Looks<'_>) -> Vec<f64> {
    let width = heads * dim;
    let (queries, keys) = (q.len() / width, k.len() / width);
    let mut out = vec![0.0; q.len()];
    for head in 0..heads {
        for query in 0..queries {
            let at = |x: &[f32], row: usize, i: usize| f64::from(x[row * width + head * dim + i]);
            let score = |key: usize| {
                let product: f64 = (0..dim).map(|i| at(q, query, i) * at(k, key, i)).sum();
                let bias = looks.bias.map_or(0.0, |bias| {
                    bias[head * (queries + keys - 1) + key + queries - 1 - query]
                });
                product * f64::from(looks.scale) + f64::from(bias)
            };
            let times = |key| {
                if key + 1 == keys {
                    looks.last.unwrap_or(1)
                } else {
                    1
                }
            };
            let worths: Vec<f64> = (0..keys)
                .map(|key| score(key).exp() * times(key) as f64)
                .collect();
            let whole: f64 = worths.iter().sum();
            for i in 0..dim {
                let sum: f64 = worths
                    .iter()
                    .enumerate()
                    .map(|(key, w)| w * at(v, key, i))
                    .sum();
                out[query * width + head * dim + i] = sum / whole;
            }
        }
    }
    out
}

fn check<T: Element>(bound: f64) {
    let mut numbers = Numbers::new(31);
    for (queries, keys, heads, dim) in [
        (1, 1, 1, 16),
        (13, 5, 2, 32),
        (57, 300, 2, 16),
        (120, 515, 1, 48),
    ] {
        let width = heads * dim;
        let q: Vec<f32> = numbers.many(queries * width).map(|x| x * 3.0).collect();
        let k: Vec<f32> = numbers.many(keys * width).collect();
        let v: Vec<f32> = numbers.many(keys * width).collect();
        let bias: Vec<f32> = numbers.many(heads * (queries + keys - 1)).collect();
        let mut looks = Looks {
            scale: 0.7,
            ..Looks::default()
        };
        for (bias, last) in [(None, None), (Some(&bias[..]), None), (None, Some(9))] {
            (looks.bias, looks.last) = (bias, last);
            let expected = exact([&q, &k, &v], heads, dim, &looks);
            let mut first: Option<Vec<f32>> = None;
            for threads in [1, 3] {
                let pool = Pool::new(NonZeroUsize::new(threads).unwrap());
                let kept = KeysValues::<T>::new([&k, &v], heads, dim, &pool);
                let mut out = vec![0.0; q.len()];
                full_attention(&mut out, &q, &kept, &looks, &pool);
                for (out, expected) in out.iter().zip(&expected) {
                    let error = (f64::from(*out) - expected).abs();
                    assert!(error < bound, "{queries} {keys} {dim}: {error:e}");
                }
                assert_eq!(*first.get_or_insert(out.clone()), out);
            }
        }
    }
}

#[test]
fn agrees_with_f64_whatever_the_number_of_threads() {
    check::<f32>(3e-6);
}

#[test]
fn keys_in_bfloat16_are_as_near_as_their_rounding() {
    check::<bf16>(0.05);
}
