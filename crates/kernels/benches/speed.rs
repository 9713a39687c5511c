//! `cargo bench -p kernels`: products beside what this machine can do at most, as Markdown.

use std::num::NonZeroUsize;
use std::time::Instant;

use half::bf16;
use kernels::{
    BLOCK, BlockQ8_0, Epilogue, Isa, PackedBf16, PackedQ8_0, Pool, QuantisedRows, Reading,
    matmul_bf16, matmul_q8_0, multiply,
};

/// Outputs and inputs of the layers of a model of 0.6 billion weights.
const SHAPES: [(usize, usize); 3] = [(3072, 1024), (1024, 3072), (2048, 1024)];
/// Rows of input: one token, eight at once, a prompt.
const ROWS: [usize; 3] = [1, 8, 512];
/// Weights are this many different matrices by turns, so that none stays in a cache.
const MATRICES: usize = 24;

/// The shortest of some calls, in seconds.
fn shortest(times: usize, mut call: impl FnMut(usize)) -> f64 {
    (0..times)
        .map(|turn| {
            let begun = Instant::now();
            call(turn);
            begun.elapsed().as_secs_f64()
        })
        .fold(f64::MAX, f64::min)
}

fn main() {
    let all = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    println!("instructions: {}\n", Isa::current().name());
    println!(
        "| threads | product | rows | GFLOP/s | of the peak | GB/s of weights | of the memory's |"
    );
    println!("|---|---|---|---|---|---|---|");
    let reading = Reading::new(512 << 20);
    for threads in [NonZeroUsize::MIN, all] {
        let pool = Pool::new(threads);
        let mut operations = 0;
        let time = shortest(5, |_| operations = multiply(4_000_000, &pool));
        let peak = operations as f64 / time / 1e9;
        let bytes = reading.read(&pool);
        let memory = bytes as f64 / shortest(5, |_| assert_eq!(reading.read(&pool), bytes)) / 1e9;
        println!("| {threads} | limits | – | {peak:.0} | 1.00 | {memory:.1} | 1.00 |");
        for (outputs, inputs) in SHAPES {
            products(outputs, inputs, &pool, (peak, memory));
        }
        if threads == all {
            break;
        }
    }
}

fn products(outputs: usize, inputs: usize, pool: &Pool, limits: (f64, f64)) {
    let value = |at: usize| (at % 17) as f32 - 8.0;
    let weights: Vec<bf16> = (0..outputs * inputs)
        .map(|at| bf16::from_f32(value(at)))
        .collect();
    let blocks: Vec<BlockQ8_0> = (0..outputs * inputs / BLOCK)
        .map(|block| BlockQ8_0::quantise(&std::array::from_fn(|at| value(block + at))))
        .collect();
    let halves: Vec<PackedBf16> = (0..MATRICES)
        .map(|_| PackedBf16::pack(&weights, outputs, inputs, pool))
        .collect();
    let bytes: Vec<PackedQ8_0> = (0..MATRICES)
        .map(|_| PackedQ8_0::pack(&blocks, outputs, inputs, pool))
        .collect();
    for rows in ROWS {
        let x: Vec<f32> = (0..rows * inputs).map(value).collect();
        let mut out = vec![0.0; rows * outputs];
        let mut quantised = QuantisedRows::default();
        let times = if rows > 100 { 12 } else { 4 * MATRICES };
        // A call alone may be lucky with its caches: one round over all matrices is what counts.
        let rounds = times / MATRICES.min(times);
        let half = shortest(rounds, |_| {
            for weights in halves.iter().take(times) {
                matmul_bf16(&mut out, &x, weights, Epilogue::Store, pool);
            }
        }) / MATRICES.min(times) as f64;
        let byte = shortest(rounds, |_| {
            for weights in bytes.iter().take(times) {
                quantised.fill(&x, inputs, pool);
                matmul_q8_0(&mut out, &quantised, weights, Epilogue::Store, pool);
            }
        }) / MATRICES.min(times) as f64;
        for (name, time, size) in [
            ("bf16", half, halves[0].bytes()),
            ("Q8_0", byte, bytes[0].bytes()),
        ] {
            let flops = 2.0 * (rows * outputs * inputs) as f64 / time / 1e9;
            let read = size as f64 / time / 1e9;
            println!(
                "| {} | {outputs} × {inputs} {name} | {rows} | {flops:.0} | {:.2} | {read:.1} | {:.2} |",
                pool.threads(),
                flops / limits.0,
                read / limits.1,
            );
        }
    }
}
