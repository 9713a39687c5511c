use std::num::NonZeroUsize;

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
    tokens: usize,
}

impl Scene {
    fn new(past: usize, tokens: usize, shape: [usize; 3]) -> Self {
        Self::of(CacheType::Bf16, past, tokens, shape)
    }

    fn of(
        cache_type: CacheType,
        past: usize,
        tokens: usize,
        [heads, kv_heads, dim]: [usize; 3],
    ) -> Self {
        let mut numbers = Numbers::new((past * 31 + tokens) as u64);
        let width = kv_heads * dim;
        let mut rounded = || -> Vec<f32> {
            let many: Vec<f32> = numbers.many((past + tokens) * width).collect();
            many.chunks(dim)
                .flat_map(|head| kept(cache_type, head))
                .collect()
        };
        let (keys, values) = (rounded(), rounded());
        let count = (past + tokens).div_ceil(PAGE);
        // Pages lie in another order than the sequence has them.
        let table: Vec<u32> = (0..count as u32).rev().collect();
        let mut pages = KvPages::new(count + 1, kv_heads, dim, cache_type);
        // What a former owner left in a page is none of this sequence's business.
        let (unknown, everything) = (vec![f32::NAN; PAGE * width], (0..=count as u32).collect());
        let everything: Vec<u32> = everything;
        for page in &everything {
            let whole = Sequence {
                table: std::slice::from_ref(page),
                past: 0,
                tokens: PAGE,
            };
            pages.write(&[whole], &unknown, &unknown, &Pool::of_all_cores());
        }
        let pool = Pool::new(NonZeroUsize::new(3).unwrap());
        let mut done = 0;
        for run in [1, 5, 16, 100].into_iter().cycle() {
            let tokens = run.min(past + tokens - done);
            let run = Sequence {
                table: &table,
                past: done,
                tokens,
            };
            let part = done * width..(done + tokens) * width;
            pages.write(&[run], &keys[part.clone()], &values[part], &pool);
            done += tokens;
            if tokens == 0 {
                break;
            }
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
            tokens,
        }
    }

    fn sequence(&self) -> Sequence<'_> {
        Sequence {
            table: &self.table,
            past: self.past,
            tokens: self.tokens,
        }
    }

    fn run(&self, layer: &Attention<'_>, threads: usize) -> Vec<f32> {
        let pool = Pool::new(NonZeroUsize::new(threads).unwrap());
        let mut out = vec![f32::NAN; self.queries.len()];
        attention(
            &mut out,
            &self.queries,
            &self.pages,
            &[self.sequence()],
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
            let last = position
                .saturating_add(layer.ahead)
                .min(self.past + self.tokens - 1);
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
            let worths: Vec<f64> = (first..=last).map(|token| score(token).exp()).collect();
            let sink = layer
                .sinks
                .map_or(0.0, |sinks| f64::from(sinks[head]).exp());
            let sum: f64 = worths.iter().sum::<f64>() + sink;
            for number in 0..dim {
                let gathered: f64 = (first..=last)
                    .zip(&worths)
                    .map(|(token, worth)| worth * f64::from(self.values[at(token)][number]))
                    .sum();
                out.push(gathered / sum);
            }
        }
        out
    }
}

/// A head's numbers as a cache gives them back.
fn kept(cache_type: CacheType, head: &[f32]) -> Vec<f32> {
    fn taken<T: Element>(head: &[f32]) -> Vec<f32> {
        let mut kept = vec![T::zeroed(); head.len()];
        let worth = T::take(head, &mut kept);
        kept.iter().map(|x| x.to_f32() * worth).collect()
    }
    match cache_type {
        CacheType::F32 => taken::<f32>(head),
        CacheType::Bf16 => taken::<bf16>(head),
        CacheType::F16 => taken::<f16>(head),
        CacheType::Q8 => taken::<i8>(head),
    }
}

fn plain(heads: usize, dim: usize) -> Attention<'static> {
    Attention {
        heads,
        scale: 1.0 / (dim as f32).sqrt(),
        window: None,
        ahead: 0,
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
                    ahead: usize::MAX,
                    ..plain(4, dim)
                },
                Attention {
                    window: Some(4),
                    ahead: 4,
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
fn agrees_with_the_definition_for_every_kind_of_cache() {
    for (past, tokens) in [(0, 3), (70, 1), (1100, 2), (500, 30)] {
        for cache_type in [CacheType::F32, CacheType::F16, CacheType::Q8] {
            let scene = Scene::of(cache_type, past, tokens, [4, 2, 48]);
            let sinks = Some([0.1, 0.2, -0.3, 0.4].as_slice());
            for layer in [
                plain(4, 48),
                Attention {
                    sinks,
                    ..plain(4, 48)
                },
            ] {
                for threads in [1, 2] {
                    let out = scene.run(&layer, threads);
                    for (out, exact) in out.iter().zip(scene.exact(&layer)) {
                        let error = (f64::from(*out) - exact).abs();
                        assert!(
                            error < 2e-6,
                            "{past}+{tokens} {cache_type:?}: {out} for {exact}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn many_sequences_at_once_are_as_each_alone() {
    let layer = Attention {
        window: Some(1500),
        ..plain(4, 32)
    };
    let (heads, kv_heads, dim) = (4, 2, 32);
    let mut numbers = Numbers::new(77);
    let lengths: [(usize, usize); 6] = [(0, 30), (700, 1), (64, 1), (2100, 3), (5, 0), (1023, 1)];
    let mut pages = KvPages::new(100, kv_heads, dim, CacheType::Q8);
    let mut free = 0..100;
    let tables: Vec<Vec<u32>> = lengths
        .iter()
        .map(|(past, tokens)| {
            let count = (past + tokens).div_ceil(PAGE);
            free.by_ref().take(count).collect()
        })
        .collect();
    let pool = Pool::new(NonZeroUsize::new(3).unwrap());
    let all: Vec<Sequence<'_>> = std::iter::zip(&tables, lengths)
        .map(|(table, (past, tokens))| Sequence {
            table,
            past,
            tokens,
        })
        .collect();
    for sequence in &all {
        let everything = Sequence {
            past: 0,
            tokens: sequence.past,
            ..*sequence
        };
        let count = sequence.past * kv_heads * dim;
        let (keys, values): (Vec<f32>, Vec<f32>) =
            (numbers.many(count).collect(), numbers.many(count).collect());
        pages.write(&[everything], &keys, &values, &pool);
    }
    let new: usize = lengths.iter().map(|(_, tokens)| tokens).sum();
    let keys: Vec<f32> = numbers.many(new * kv_heads * dim).collect();
    let values: Vec<f32> = numbers.many(new * kv_heads * dim).collect();
    pages.write(&all, &keys, &values, &pool);
    let queries: Vec<f32> = numbers.many(new * heads * dim).collect();
    let run = |sequences: &[Sequence<'_>], queries: &[f32], threads: usize| {
        let pool = Pool::new(NonZeroUsize::new(threads).unwrap());
        let mut out = vec![f32::NAN; queries.len()];
        attention(&mut out, queries, &pages, sequences, &layer, &pool);
        out
    };
    let whole = run(&all, &queries, 1);
    // So many threads that sequences are cut into segments.
    assert_eq!(run(&all, &queries, 40), whole);
    let mut from = 0;
    for sequence in &all {
        let part = from..from + sequence.tokens * heads * dim;
        from = part.end;
        for threads in [1, 5] {
            let alone = run(&[*sequence], &queries[part.clone()], threads);
            assert_eq!(alone, whole[part.clone()]);
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
            &[Sequence {
                past: 100 + token,
                tokens: 1,
                ..scene.sequence()
            }],
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
