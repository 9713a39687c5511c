//! A pool of threads that stay: work is handed out in microseconds, because a token of a small
//! model is a hundred handovers.

mod chunks;
#[cfg(target_os = "linux")]
mod pin;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{JoinHandle, Thread};

use chunks::Chunks;
#[cfg(target_os = "linux")]
pub use pin::Pinned;

/// Turns of a waiting loop before a thread goes to sleep: some tens of microseconds, more than the
/// pause between two operations of a model.
const SPINS: u32 = 20_000;

/// The same where several pools have more threads together than there are cores: a few microseconds,
/// since the core may be wanted by another pool.
const SPINS_CROWDED: u32 = 500;

/// Threads of all pools of this process that have several, their callers included.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Turns of a waiting loop that are in order now.
fn spins() -> u32 {
    static CORES: OnceLock<usize> = OnceLock::new();
    let cores =
        CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get));
    if THREADS.load(Ordering::Relaxed) > *cores {
        SPINS_CROWDED
    } else {
        SPINS
    }
}

/// Threads that run pieces of work side by side. The caller is one of them.
///
/// Which thread runs which piece is fixed by their numbers alone, and pieces do not share results, so
/// results do not depend on the number of threads.
pub struct Pool {
    work: Arc<Work>,
    threads: Vec<JoinHandle<()>>,
    sleepers: Vec<Thread>,
    /// One operation at a time.
    turn: Mutex<()>,
}

/// What the threads share.
struct Work {
    /// Rises with each operation; the threads wait for it to change.
    round: AtomicU32,
    /// Threads that are still busy with this round.
    busy: AtomicUsize,
    is_over: AtomicBool,
    has_panicked: AtomicBool,
    task: Mutex<Option<Task>>,
}

/// The operation of a round, with its lifetime taken off.
#[derive(Clone, Copy)]
struct Task(*const (dyn Fn(usize) + Sync));

// SAFETY: the pointer is only followed while `Pool::run` waits for the threads, and what it points to
// is `Sync`.
unsafe impl Send for Task {}

impl Pool {
    /// A pool of `threads` threads, the caller of [`run`](Self::run) included.
    pub fn new(threads: NonZeroUsize) -> Self {
        let work = Arc::new(Work {
            round: AtomicU32::new(0),
            busy: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            has_panicked: AtomicBool::new(false),
            task: Mutex::new(None),
        });
        if threads.get() > 1 {
            THREADS.fetch_add(threads.get(), Ordering::Relaxed);
        }
        let threads: Vec<JoinHandle<()>> = (1..threads.get())
            .map(|number| {
                let work = Arc::clone(&work);
                std::thread::Builder::new()
                    .name(format!("kernels-{number}"))
                    .spawn(move || work.serve(number))
                    .expect("the system has room for a few threads")
            })
            .collect();
        let sleepers = threads
            .iter()
            .map(|thread| thread.thread().clone())
            .collect();
        Self {
            work,
            threads,
            sleepers,
            turn: Mutex::new(()),
        }
    }

    /// A pool of one thread for each core that this process may use.
    pub fn of_all_cores() -> Self {
        Self::new(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.threads.len() + 1
    }

    /// Runs `piece` once on each thread, with the thread's number, and waits for all.
    ///
    /// # Panics
    /// When `piece` panics on any thread, after all have ended.
    pub fn run(&self, piece: &(dyn Fn(usize) + Sync)) {
        if self.threads.is_empty() {
            return piece(0);
        }
        let _turn = lock(&self.turn);
        // SAFETY: only the lifetime changes. The pointer is followed by threads that have not yet
        // reported the end of this round, and this function waits for all of them.
        let task = unsafe {
            std::mem::transmute::<&(dyn Fn(usize) + Sync), *const (dyn Fn(usize) + Sync)>(piece)
        };
        *lock(&self.work.task) = Some(Task(task));
        self.work.busy.store(self.threads.len(), Ordering::Relaxed);
        self.work.round.fetch_add(1, Ordering::Release);
        self.sleepers.iter().for_each(Thread::unpark);
        let own = catch_unwind(AssertUnwindSafe(|| piece(0)));
        let mut spins = 0;
        while self.work.busy.load(Ordering::Acquire) > 0 {
            pause(&mut spins);
        }
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        assert!(
            !self.work.has_panicked.swap(false, Ordering::Relaxed),
            "a piece of work panicked on another thread"
        );
    }

    /// Splits `0..count` into one range a thread, each of whole multiples of `grain` but the last,
    /// and runs `piece` on those that are not empty.
    pub fn split(&self, count: usize, grain: usize, piece: &(dyn Fn(Range<usize>) + Sync)) {
        let threads = self.threads();
        let grains = count.div_ceil(grain.max(1));
        if grains <= 1 || threads == 1 {
            if count > 0 {
                piece(0..count);
            }
            return;
        }
        self.run(&|thread| {
            let start = (grains * thread / threads * grain).min(count);
            let end = (grains * (thread + 1) / threads * grain).min(count);
            if start < end {
                piece(start..end);
            }
        });
    }

    /// Deals out `0..count` one by one to whichever thread is free, in order. For pieces of unequal
    /// size that do not share results.
    pub fn deal(&self, count: usize, piece: &(dyn Fn(usize) + Sync)) {
        if self.threads() == 1 || count <= 1 {
            return (0..count).for_each(piece);
        }
        let next = AtomicUsize::new(0);
        self.run(&|_| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    return;
                }
                piece(at);
            }
        });
    }

    /// Runs `piece` with the number of each chunk and the chunk itself, of several arrays side by side: each
    /// comes with the length of its chunks, and all have as many.
    ///
    /// # Panics
    /// When one has more chunks than another.
    pub fn each_chunk_of<T: Send, const N: usize>(
        &self,
        arrays: [(&mut [T], usize); N],
        piece: &(dyn Fn(usize, [&mut [T]; N]) + Sync),
    ) {
        let arrays = arrays.map(|(values, length)| Chunks::new(values, length));
        let count = arrays.first().map_or(0, Chunks::count);
        assert!(
            arrays.iter().all(|chunks| chunks.count() == count),
            "as many chunks of each"
        );
        self.split(count, 1, &|numbers| {
            for number in numbers {
                let chunks = arrays.each_ref();
                // SAFETY: a split has each number once.
                piece(number, chunks.map(|chunks| unsafe { chunks.get(number) }));
            }
        });
    }

    /// Runs `piece` with the number of each chunk of `length` values and the chunk itself, the last
    /// of which may be shorter.
    pub fn each_chunk<T: Send>(
        &self,
        values: &mut [T],
        length: usize,
        piece: &(dyn Fn(usize, &mut [T]) + Sync),
    ) {
        let chunks = Chunks::new(values, length);
        self.split(chunks.count(), 1, &|numbers| {
            for number in numbers {
                // SAFETY: a split has each number once.
                piece(number, unsafe { chunks.get(number) });
            }
        });
    }

    /// As [`each_chunk`](Self::each_chunk), for chunks of unequal work.
    pub fn deal_chunks<T: Send>(
        &self,
        values: &mut [T],
        length: usize,
        piece: &(dyn Fn(usize, &mut [T]) + Sync),
    ) {
        let chunks = Chunks::new(values, length);
        self.deal(chunks.count(), &|number| {
            // SAFETY: each number is dealt once.
            piece(number, unsafe { chunks.get(number) });
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.work.is_over.store(true, Ordering::Relaxed);
        self.work.round.fetch_add(1, Ordering::Release);
        self.sleepers.iter().for_each(Thread::unpark);
        if self.threads() > 1 {
            THREADS.fetch_sub(self.threads(), Ordering::Relaxed);
        }
        for thread in self.threads.drain(..) {
            // It has caught every panic of the work itself.
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("threads", &self.threads())
            .finish()
    }
}

impl Work {
    /// What a thread does all its life.
    fn serve(&self, number: usize) {
        let mut seen = 0;
        loop {
            let mut spins = 0;
            while self.round.load(Ordering::Acquire) == seen {
                if spins < self::spins() {
                    pause(&mut spins);
                } else {
                    std::thread::park();
                }
            }
            seen = seen.wrapping_add(1);
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let task = lock(&self.task).expect("a round has a task");
            // SAFETY: `Pool::run` keeps what this points to alive until `busy` falls to nothing.
            let piece = unsafe { &*task.0 };
            if catch_unwind(AssertUnwindSafe(|| piece(number))).is_err() {
                self.has_panicked.store(true, Ordering::Relaxed);
            }
            self.busy.fetch_sub(1, Ordering::Release);
        }
    }
}

/// Waits a moment; gives up the core now and then, for machines with fewer cores than threads.
fn pause(spins: &mut u32) {
    *spins += 1;
    if spins.is_multiple_of(1024) {
        std::thread::yield_now();
    } else {
        std::hint::spin_loop();
    }
}

/// The lock of a mutex that guards nothing a panic could leave half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(threads: usize) -> Pool {
        Pool::new(NonZeroUsize::new(threads).unwrap())
    }

    #[test]
    fn every_thread_runs_each_round_once() {
        for threads in [1, 2, 3, 8] {
            let pool = pool(threads);
            let counts: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
            for _ in 0..500 {
                pool.run(&|thread| {
                    counts[thread].fetch_add(1, Ordering::Relaxed);
                });
            }
            assert!(
                counts
                    .iter()
                    .all(|count| count.load(Ordering::Relaxed) == 500)
            );
        }
    }

    #[test]
    fn a_split_covers_everything_once_in_whole_grains() {
        for threads in [1, 2, 5] {
            let pool = pool(threads);
            for (count, grain) in [(0, 16), (1, 16), (16, 16), (100, 16), (7, 1), (64, 100)] {
                let seen: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
                pool.split(count, grain, &|range| {
                    assert!(range.start % grain == 0 && !range.is_empty());
                    assert!(range.end % grain == 0 || range.end == count);
                    range.for_each(|at| {
                        seen[at].fetch_add(1, Ordering::Relaxed);
                    });
                });
                assert!(seen.iter().all(|times| times.load(Ordering::Relaxed) == 1));
            }
        }
    }

    #[test]
    fn what_is_dealt_and_chunks_are_each_had_once() {
        for threads in [1, 3] {
            let pool = pool(threads);
            let counts: Vec<AtomicUsize> = (0..57).map(|_| AtomicUsize::new(0)).collect();
            pool.deal(57, &|at| {
                counts[at].fetch_add(1, Ordering::Relaxed);
            });
            assert!(
                counts
                    .iter()
                    .all(|times| times.load(Ordering::Relaxed) == 1)
            );
            for (length, count) in [(10, 57), (57, 57), (0, 5), (3, 0)] {
                let mut values = vec![0; count];
                pool.each_chunk(&mut values, length, &|chunk, values| {
                    values.iter_mut().for_each(|value| *value += chunk + 1);
                });
                let exact: Vec<usize> = (0..count).map(|at| at / length.max(1) + 1).collect();
                assert_eq!(values, exact);
            }
        }
    }

    #[test]
    fn threads_that_slept_wake_up_and_a_panic_ends_only_its_round() {
        let pool = pool(3);
        std::thread::sleep(std::time::Duration::from_millis(30));
        let ran = AtomicUsize::new(0);
        let failed = catch_unwind(AssertUnwindSafe(|| {
            pool.run(&|thread| {
                ran.fetch_add(1, Ordering::Relaxed);
                assert!(thread != 2, "on purpose");
            });
        }));
        assert!(failed.is_err());
        pool.run(&|_| {
            ran.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(ran.load(Ordering::Relaxed), 6);
    }
}
