use std::num::NonZeroUsize;

use half::bf16;

use super::*;
use crate::testing::Numbers;

/// A case with all that attention needs, keys and values as bfloat16 holds them.
struct Scene {
    dim: usize,
    kv_heads: usize,
    keys: Vec<f32>,
    values: Vec<f32>,
    queries: Vec<f32>,
    pages: KvPages,
    table: Vec<u32>,
    past: usize,
}

impl Scene {
    fn new(past: usize, tokens: usize, [heads, kv_heads, dim]: [usize; 3]) -> Self {
        let mut numbers = Numbers::new((past * 31 + tokens) as u64);
        let width = kv_heads * dim;
        let mut rounded = || -> Vec<f32> {
            let many = numbers.many((past + tokens) * width);
            many.map(|x| bf16::from_f32(x).to_f32()).collect()
        };
        let (keys, values) = (rounded(), rounded());
        let count = (past + tokens).div_ceil(PAGE);
        // Pages lie in another order than the sequence has them.
        let table: Vec<u32> = (0..count as u32).rev().collect();
        let mut pages = KvPages::new(count + 1, kv_heads, dim);
        for token in 0..past + tokens {
            let part = token * width..(token + 1) * width;
            let page = table[token / PAGE] as usize;
            pages.write(page, token % PAGE, &keys[part.clone()], &values[part]);
        }
        let queries = numbers
            .many(tokens * heads * dim)
            .map(|x| x * 3.0)
            .collect();
        Self {
            dim,
            kv_heads,
            keys,
            values,
            queries,
            pages,
            table,
            past,
        }
    }

    fn run(&self, layer: &Attention<'_>, threads: usize) -> Vec<f32> {
        let pool = Pool::new(NonZeroUsize::new(threads).unwrap());
        let mut out = vec![f32::NAN; self.queries.len()];
        attention(
            &mut out,
            &self.queries,
            &self.pages,
            &self.table,
            self.past,
            layer,
            &pool,
        );
        out
    }

    /// The definition, in f64.
    fn exact(&self, layer: &Attention<'_>) -> Vec<f64> {
        let (dim, heads) = (self.dim, layer.heads);
        let mut out = Vec::new();
        for (row, query) in self.queries.chunks(dim).enumerate() {
            let (position, head) = (self.past + row / heads, row % heads);
            let kv_head = head / (heads / self.kv_heads);
            let first = layer
                .window
                .map_or(0, |window| position.saturating_sub(window));
            let at = |token: usize| (token * self.kv_heads + kv_head) * dim..;
            let score = |token: usize| {
                let key = &self.keys[at(token)][..dim];
                let dot: f64 = query
                    .iter()
                    .zip(key)
                    .map(|(q, k)| f64::from(*q) * f64::from(*k))
                    .sum();
                let score = dot * f64::from(layer.scale);
                layer.soft_cap.map_or(score, |cap| {
                    f64::from(cap) * (score / f64::from(cap)).tanh()
                })
            };
            let worths: Vec<f64> = (first..=position).map(|token| score(token).exp()).collect();
            let sink = layer
                .sinks
                .map_or(0.0, |sinks| f64::from(sinks[head]).exp());
            let sum: f64 = worths.iter().sum::<f64>() + sink;
            for number in 0..dim {
                let gathered: f64 = (first..=position)
                    .zip(&worths)
                    .map(|(token, worth)| worth * f64::from(self.values[at(token)][number]))
                    .sum();
                out.push(gathered / sum);
            }
        }
        out
    }
}

fn plain(heads: usize, dim: usize) -> Attention<'static> {
    Attention {
        heads,
        scale: 1.0 / (dim as f32).sqrt(),
        window: None,
        soft_cap: None,
        sinks: None,
    }
}

#[test]
fn agrees_with_the_definition_for_every_kind_of_layer() {
    let sinks = [0.5, -1.0, 2.0, 0.0];
    for (past, tokens) in [
        (0, 1),
        (0, 5),
        (0, 70),
        (63, 1),
        (64, 1),
        (130, 3),
        (200, 66),
    ] {
        for (kv_heads, dim) in [(4, 16), (2, 32), (1, 80)] {
            let scene = Scene::new(past, tokens, [4, kv_heads, dim]);
            let layers = [
                plain(4, dim),
                Attention {
                    window: Some(10),
                    ..plain(4, dim)
                },
                Attention {
                    window: Some(100),
                    soft_cap: Some(5.0),
                    ..plain(4, dim)
                },
                Attention {
                    sinks: Some(&sinks),
                    window: Some(0),
                    ..plain(4, dim)
                },
            ];
            for layer in layers {
                let out = scene.run(&layer, 2);
                for (at, (out, exact)) in out.iter().zip(scene.exact(&layer)).enumerate() {
                    let error = (f64::from(*out) - exact).abs();
                    assert!(
                        error < 2e-6,
                        "{past}+{tokens} {layer:?} {at}: {out} for {exact}"
                    );
                }
            }
        }
    }
}

#[test]
fn results_depend_neither_on_threads_nor_on_how_a_prompt_is_cut() {
    let scene = Scene::new(100, 40, [4, 2, 32]);
    let layer = plain(4, 32);
    let whole = scene.run(&layer, 1);
    assert_eq!(scene.run(&layer, 3), whole);
    let row = 4 * 32;
    for token in [0, 7, 39] {
        let mut out = vec![0.0; row];
        let query = &scene.queries[token * row..][..row];
        let pool = Pool::new(NonZeroUsize::MIN);
        attention(
            &mut out,
            query,
            &scene.pages,
            &scene.table,
            100 + token,
            &layer,
            &pool,
        );
        assert_eq!(out, whole[token * row..][..row]);
    }
}

#[test]
fn a_copied_page_is_the_same_page() {
    let mut scene = Scene::new(10, 1, [4, 2, 32]);
    let before = scene.run(&plain(4, 32), 1);
    scene.pages.copy_page(scene.table[0] as usize, 1);
    scene.table[0] = 1;
    assert_eq!(scene.run(&plain(4, 32), 1), before);
}
