//! Ranks that MPI started, on one machine or many.

use mpi::environment::{Threading, Universe};
use mpi::request::multiple_scope;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, Destination as _, Source as _};

use super::Ranks;
use crate::error::{Error, Result};

/// The processes that `mpirun` or `srun --mpi=pmix` started together.
pub struct Mpi {
    world: SimpleCommunicator,
    /// None once the ranks have taken leave of each other.
    universe: Option<Universe>,
}

impl Mpi {
    /// Meets the others.
    ///
    /// # Errors
    /// When the process has met them before.
    pub fn begin() -> Result<Self> {
        // There are other threads, but none of them talks to other ranks.
        let begun = mpi::initialize_with_threading(Threading::Funneled);
        let (universe, _) = begun.ok_or_else(|| Error::Ranks {
            reason: "MPI was begun before in this process".to_owned(),
            hint: "a process trains one model",
        })?;
        Ok(Self {
            world: universe.world(),
            universe: Some(universe),
        })
    }

    /// Takes leave, once all have done their part. A rank that ends without it takes the others with it: whoever
    /// started them sees to that, so that none waits for ever.
    pub fn end(mut self) {
        self.universe.take();
    }
}

impl Drop for Mpi {
    fn drop(&mut self) {
        // To take leave is to wait for the others, who may be waiting for this one.
        std::mem::forget(self.universe.take());
    }
}

impl Ranks for Mpi {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn count(&self) -> usize {
        self.world.size() as usize
    }

    fn exchange(&self, sent: &[&[u8]], received: &mut [&mut [u8]]) -> Result<()> {
        let own = self.rank();
        multiple_scope(2 * self.count(), |scope, all| {
            for (rank, place) in received.iter_mut().enumerate() {
                if rank != own && !place.is_empty() {
                    let from = self.world.process_at_rank(rank as i32);
                    all.add(from.immediate_receive_into(scope, &mut **place));
                }
            }
            for (rank, bytes) in sent.iter().enumerate() {
                if rank != own && !bytes.is_empty() {
                    let to = self.world.process_at_rank(rank as i32);
                    all.add(to.immediate_send(scope, *bytes));
                }
            }
            let mut done = Vec::new();
            all.wait_all(&mut done);
        });
        Ok(())
    }
}
