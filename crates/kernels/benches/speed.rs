//! `cargo bench -p kernels [-- WORDS]`: every format beside what this machine can do at most, as
//! Markdown. Words choose the formats whose names hold one of them; `attention` is that of a layer.
//!
//! The least time of several rounds counts, and the limits are measured anew before each format. One
//! thread is timed by what it was given of its core (Linux), so that its figures mean something on a
//! machine that others use as well; several threads by the clock.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use half::{bf16, f16};
use kernels::{
    Attention, BlockMxfp4, BlockQ4_0, BlockQ4K, BlockQ6K, BlockQ8_0, CacheType, Epilogue, Isa,
    KvPages, PAGE, PackedBf16, PackedF16, PackedF32, PackedMxfp4, PackedQ4_0, PackedQ4K, PackedQ6K,
    PackedQ8_0, Pool, QuantisedRows, Reading, Sequence, attention, matmul_bf16, matmul_f16,
    matmul_f32, matmul_mxfp4, matmul_q4_0, matmul_q4_k, matmul_q6_k, matmul_q8_0, multiply,
    multiply_bf16,
};

/// Outputs and inputs of a layer of a model of 0.6 billion weights.
const OUTPUTS: usize = 3072;
const INPUTS: usize = 1024;
/// Rows of input: one token, four and sixteen sequences, a prompt.
const ROWS: [usize; 4] = [1, 4, 16, 512];
/// Different matrices are taken by turns until they weigh this much, so that none stays in a cache.
const BYTES: usize = 160 << 20;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    let all = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut bench = Bench {
        reading: Reading::new(512 << 20),
        pool: Pool::new(NonZeroUsize::MIN),
        begun: Instant::now(),
    };
    println!("instructions: {}\n", Isa::current().name());
    for threads in [NonZeroUsize::MIN, all] {
        bench.pool = Pool::new(threads);
        println!("threads: {threads}; {OUTPUTS} × {INPUTS}\n");
        println!(
            "| format | rows | GFLOP/s | of the floats' peak | GB/s of weights | of the memory's |"
        );
        println!("|---|---|---|---|---|---|");
        for (name, run) in FORMATS {
            if is_wanted(name) {
                run(&bench, name);
            }
        }
        if is_wanted("attention") {
            println!("\n| attention | GFLOP/s | of the peak | GB/s of cache | of the memory's |");
            println!("|---|---|---|---|---|");
            for cache_type in [
                CacheType::F32,
                CacheType::Bf16,
                CacheType::F16,
                CacheType::Q8,
            ] {
                bench.attention(cache_type, 4096, 1);
                bench.attention(cache_type, 0, 512);
            }
        }
        println!();
        if threads == all {
            break;
        }
    }
}

/// Writes the product of an input with a matrix.
type Product<'a, W> = &'a mut dyn FnMut(&mut [f32], &[f32], &W);

/// A format's name and what measures it.
type Format = (&'static str, fn(&Bench, &str));

const FORMATS: [Format; 8] = [
    ("f32", |bench, name| {
        let packed = PackedF32::pack(&values(|x| x), OUTPUTS, INPUTS, &bench.pool);
        bench.floats(name, &packed, packed.bytes(), matmul_f32);
    }),
    ("f16", |bench, name| {
        let packed = PackedF16::pack(&values(f16::from_f32), OUTPUTS, INPUTS, &bench.pool);
        bench.floats(name, &packed, packed.bytes(), matmul_f16);
    }),
    ("bf16", |bench, name| {
        let packed = PackedBf16::pack(&values(bf16::from_f32), OUTPUTS, INPUTS, &bench.pool);
        bench.floats(name, &packed, packed.bytes(), matmul_bf16);
    }),
    ("q8_0", |bench, name| {
        let packed = PackedQ8_0::pack(&blocks(BlockQ8_0::quantise), OUTPUTS, INPUTS, &bench.pool);
        bench.blocks(name, &packed, packed.bytes(), matmul_q8_0);
    }),
    ("q4_0", |bench, name| {
        let packed = PackedQ4_0::pack(&blocks(BlockQ4_0::quantise), OUTPUTS, INPUTS, &bench.pool);
        bench.blocks(name, &packed, packed.bytes(), matmul_q4_0);
    }),
    ("q4_k", |bench, name| {
        let packed = PackedQ4K::pack(&blocks(BlockQ4K::quantise), OUTPUTS, INPUTS, &bench.pool);
        bench.blocks(name, &packed, packed.bytes(), matmul_q4_k);
    }),
    ("q6_k", |bench, name| {
        let packed = PackedQ6K::pack(&blocks(BlockQ6K::quantise), OUTPUTS, INPUTS, &bench.pool);
        bench.blocks(name, &packed, packed.bytes(), matmul_q6_k);
    }),
    ("mxfp4", |bench, name| {
        let packed = PackedMxfp4::pack(&blocks(BlockMxfp4::quantise), OUTPUTS, INPUTS, &bench.pool);
        bench.blocks(name, &packed, packed.bytes(), matmul_mxfp4);
    }),
];

struct Bench {
    reading: Reading,
    pool: Pool,
    begun: Instant,
}

impl Bench {
    fn floats<W: Clone>(
        &self,
        name: &str,
        packed: &W,
        bytes: usize,
        product: fn(&mut [f32], &[f32], &W, Epilogue<'_>, &Pool),
    ) {
        self.product(name, packed, bytes, &mut |out, x, weights| {
            product(out, x, weights, Epilogue::Store, &self.pool);
        });
    }

    fn blocks<W: Clone>(
        &self,
        name: &str,
        packed: &W,
        bytes: usize,
        product: fn(&mut [f32], &QuantisedRows, &W, Epilogue<'_>, &Pool),
    ) {
        let mut rows = QuantisedRows::default();
        self.product(name, packed, bytes, &mut |out, x, weights| {
            rows.fill(x, INPUTS, &self.pool);
            product(out, &rows, weights, Epilogue::Store, &self.pool);
        });
    }

    fn product<W: Clone>(&self, name: &str, packed: &W, bytes: usize, run: Product<'_, W>) {
        let matrices = vec![packed.clone(); BYTES.div_ceil(bytes)];
        let (peak, memory) = self.limits();
        println!("| limits | – | {peak:.0} | 1.00 | {memory:.1} | 1.00 |");
        if let Some(tiles) = self.tiles() {
            println!("| tiles | – | {tiles:.0} | {:.2} | – | – |", tiles / peak);
        }
        for rows in ROWS {
            let x: Vec<f32> = (0..rows * INPUTS).map(value).collect();
            let mut out = vec![0.0; rows * OUTPUTS];
            // A call alone may be lucky with its caches: a round over many matrices is what counts.
            let few = if rows > 100 { 2 } else { matrices.len() };
            let time = self.shortest(if rows > 100 { 12 } else { 7 }, || {
                for weights in &matrices[..few] {
                    run(&mut out, &x, weights);
                }
            }) / few as f64;
            let flops = 2.0 * (rows * OUTPUTS * INPUTS) as f64 / time / 1e9;
            let read = bytes as f64 / time / 1e9;
            println!(
                "| {name} | {rows} | {flops:.0} | {:.2} | {read:.1} | {:.2} |",
                flops / peak,
                read / memory,
            );
        }
    }

    /// A layer of 16 heads of 128 with 8 of keys.
    fn attention(&self, cache_type: CacheType, past: usize, tokens: usize) {
        let (heads, kv_heads, dim) = (16, 8, 128);
        let count = (past + tokens).div_ceil(PAGE);
        let table: Vec<u32> = (0..count as u32).collect();
        let all = Sequence {
            table: &table,
            past: 0,
            tokens: past + tokens,
        };
        let width = kv_heads * dim;
        let kept: Vec<f32> = (0..(past + tokens) * width).map(value).collect();
        let mut pages = KvPages::new(count, kv_heads, dim, cache_type);
        pages.write(&[all], &kept, &kept, &self.pool);
        let bytes = (past + tokens) * cache_type.bytes_per_token(kv_heads, dim);
        let layers = vec![
            pages;
            (BYTES / 2)
                .div_ceil(bytes)
                .min(if tokens > 1 { 2 } else { 100 })
        ];
        let (peak, memory) = self.limits();
        let layer = Attention {
            heads,
            scale: 0.01,
            window: None,
            ahead: 0,
            soft_cap: None,
            sinks: None,
        };
        let new = Sequence {
            past,
            tokens,
            ..all
        };
        let queries: Vec<f32> = (0..tokens * heads * dim).map(value).collect();
        let mut out = vec![0.0; queries.len()];
        let time = self.shortest(7, || {
            for pages in &layers {
                attention(&mut out, &queries, pages, &[new], &layer, &self.pool);
            }
        }) / layers.len() as f64;
        let pairs = tokens * past + tokens * (tokens + 1) / 2;
        let flops = 4.0 * (pairs * heads * dim) as f64 / time / 1e9;
        let read = bytes as f64 / time / 1e9;
        println!(
            "| {tokens} after {past}, {cache_type:?} | {flops:.0} | {:.2} | {read:.1} | {:.2} |",
            flops / peak,
            read / memory,
        );
    }

    /// The shortest of some calls, in seconds.
    fn shortest(&self, times: usize, mut call: impl FnMut()) -> f64 {
        let turns = (0..times).map(|_| {
            let begun = self.now();
            call();
            self.now().saturating_sub(begun).as_secs_f64()
        });
        turns.fold(f64::MAX, f64::min)
    }

    /// The time since the start.
    fn now(&self) -> Duration {
        #[cfg(target_os = "linux")]
        if self.pool.threads() == 1 {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
            return Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32);
        }
        self.begun.elapsed()
    }

    /// What this machine gives at most just now: GFLOP/s and GB/s.
    fn limits(&self) -> (f64, f64) {
        let mut operations = 0;
        let time = self.shortest(5, || operations = multiply(2_000_000, &self.pool));
        let mut bytes = 0;
        let reading = self.shortest(5, || bytes = self.reading.read(&self.pool));
        (operations as f64 / time / 1e9, bytes as f64 / reading / 1e9)
    }

    /// What a tile unit gives at most just now, in GFLOP/s of bfloat16.
    fn tiles(&self) -> Option<f64> {
        let mut operations = None;
        let time = self.shortest(5, || operations = multiply_bf16(200_000, &self.pool));
        operations.map(|operations| operations as f64 / time / 1e9)
    }
}

fn values<T>(of: fn(f32) -> T) -> Vec<T> {
    (0..OUTPUTS * INPUTS).map(|at| of(value(at))).collect()
}

fn blocks<const N: usize, B: Copy>(quantise: fn(&[f32; N]) -> B) -> Vec<B> {
    let few: Vec<B> = (0..61)
        .map(|block| quantise(&std::array::from_fn(|at| value(block * N + at))))
        .collect();
    few.into_iter().cycle().take(OUTPUTS * INPUTS / N).collect()
}

fn value(at: usize) -> f32 {
    (at.wrapping_mul(0x9e37_79b9) >> 16 & 0xff) as f32 / 128.0 - 1.0
}
