//! How fast this machine is, for saying how long a film takes before it is begun.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use kernels::{Pool, multiply, multiply_bf16};

use crate::order::Order;

/// The share of what a core multiplies from registers that large networks reach here (docs/benchmarks.md).
const SHARE: f64 = 0.7;

/// How long is measured, and how often: the fastest time is the one in which nothing else ran.
const MEASURED: Duration = Duration::from_millis(6);
const TIMES: usize = 3;

/// Rounds between two looks at the time.
const ROUNDS: usize = 1 << 14;

/// Seconds that a pixel of a film takes to be drawn, encoded and signed, of a core: 20 s at 1280x720 took two cores 3.1 s.
const SECONDS_PER_PIXEL: f64 = 16e-9;

/// Cores that drawing and encoding are spread over at most.
const DRAWING_CORES: usize = 2;

/// Operations of networks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Operations {
    /// With weights that are multiplied as pairs of bfloat16, where the processor does so.
    pub of_pairs: f64,
    /// With floats.
    pub of_floats: f64,
}

impl Operations {
    /// Seconds that they take on all threads of `pool`, about.
    pub fn seconds(self, pool: &Pool) -> f64 {
        static PER_SECOND: OnceLock<[f64; 2]> = OnceLock::new();
        let [pairs, floats] = PER_SECOND.get_or_init(|| {
            let floats = measured(&|| multiply(ROUNDS, pool));
            let pairs = match multiply_bf16(1, pool) {
                Some(_) => measured(&|| multiply_bf16(ROUNDS, pool).unwrap_or_default()),
                None => floats,
            };
            [
                pairs / pool.threads() as f64,
                floats / pool.threads() as f64,
            ]
        });
        let cores = pool.threads() as f64;
        (self.of_pairs / pairs + self.of_floats / floats) / (SHARE * cores)
    }
}

/// Operations a second.
fn measured(run: &dyn Fn() -> u64) -> f64 {
    let times = (0..TIMES).map(|_| {
        let (start, mut operations) = (Instant::now(), 0);
        while start.elapsed() < MEASURED {
            operations += run();
        }
        operations as f64 / start.elapsed().as_secs_f64()
    });
    times.fold(f64::MIN_POSITIVE, f64::max)
}

/// Seconds that drawing and encoding the pictures of `order` takes, about.
pub(crate) fn seconds_of_film(order: &Order) -> f64 {
    let pixels = order.size.pixels() * order.frames();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    pixels as f64 * SECONDS_PER_PIXEL / cores.min(DRAWING_CORES) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_work_takes_twice_the_time() {
        let pool = Pool::of_all_cores();
        let work = |operations| {
            let work = Operations {
                of_pairs: operations,
                of_floats: operations,
            };
            work.seconds(&pool)
        };
        let once = work(1e12);
        assert!(once.is_finite() && once > 0.0);
        assert!((work(2e12) / once - 2.0).abs() < 1e-9);
        assert_eq!(work(0.0), 0.0);
        let order = |seconds| Order::new("a ball", seconds, "1280x720".parse().unwrap());
        let [short, long] = [2.0, 4.0].map(|seconds| seconds_of_film(&order(seconds)));
        assert!(short > 0.0 && (long / short - 2.0).abs() < 1e-9);
    }
}
