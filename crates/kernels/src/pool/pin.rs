//! Threads that stay on a core each.

use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::Pool;

/// Cores that pools of this process have taken.
static TAKEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// While this lives, the threads of a [`Pool`] and the thread that made it stay on a core each, which no
/// other pool of the process is pinned to.
#[must_use = "the threads are let go when this is dropped"]
#[derive(Debug)]
pub struct Pinned<'a> {
    pool: &'a Pool,
    cores: Vec<usize>,
    before: CpuSet,
    /// The thread that made it is the one to be let go.
    own: PhantomData<*const ()>,
}

impl Pool {
    /// Keeps the pool's threads, and the calling one as the first of them, on a core each until the result
    /// is dropped. Call it from the thread that will call the pool. None where the system refuses, or
    /// fewer cores are free than there are threads; the threads then run where they are put.
    pub fn pin(&self) -> Option<Pinned<'_>> {
        let before = sched_getaffinity(None).ok()?;
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
            .filter(|core| before.is_set(*core) && !taken.contains(core))
            .take(self.threads())
            .collect();
        if cores.len() < self.threads() {
            return None;
        }
        taken.extend(&cores);
        drop(taken);
        let pinned = Pinned {
            pool: self,
            cores,
            before,
            own: PhantomData,
        };
        pinned.set(|cores, thread| {
            let mut one = CpuSet::new();
            one.set(cores[thread]);
            one
        });
        Some(pinned)
    }
}

impl Pinned<'_> {
    /// Gives each thread the cores that are meant for it.
    fn set(&self, meant: impl Fn(&[usize], usize) -> CpuSet + Sync) {
        let cores = &self.cores;
        self.pool.run(&|thread| {
            // A thread that may not be moved works as well where it is.
            let _ = sched_setaffinity(None, &meant(cores, thread));
        });
    }
}

impl Drop for Pinned<'_> {
    fn drop(&mut self) {
        let before = self.before;
        self.set(|_, _| before);
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|core| !self.cores.contains(core));
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[test]
    fn threads_are_pinned_apart_and_let_go_again() {
        let before = sched_getaffinity(None).unwrap();
        let cores = before.count() as usize;
        let pool = Pool::new(NonZeroUsize::new(cores).unwrap());
        let other = Pool::new(NonZeroUsize::MIN);
        let seen = |pool: &Pool| {
            let seen = Mutex::new(Vec::new());
            pool.run(&|_| seen.lock().unwrap().push(sched_getaffinity(None).unwrap()));
            seen.into_inner().unwrap()
        };
        let pinned = pool.pin().unwrap();
        let alone = seen(&pool);
        assert!(alone.iter().all(|set| set.count() == 1));
        let mut together = CpuSet::new();
        (0..CpuSet::MAX_CPU)
            .filter(|core| alone.iter().any(|set| set.is_set(*core)))
            .for_each(|core| together.set(core));
        assert_eq!(
            together.count() as usize,
            cores,
            "each has a core of its own"
        );
        assert!(other.pin().is_none(), "all cores are taken");
        drop(pinned);
        assert!(seen(&pool).iter().all(|set| *set == before));
        assert_eq!(sched_getaffinity(None).unwrap(), before);
        assert!(other.pin().is_some());
        let many = Pool::new(NonZeroUsize::new(cores + 1).unwrap());
        assert!(many.pin().is_none(), "more threads than cores");
    }
}
