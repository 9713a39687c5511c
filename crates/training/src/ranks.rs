//! Several processes that train one model together.
//!
//! Each reads its part of every batch. The gradients are summed in the order of the ranks, so the result is the same
//! in every run with as many of them. Each array is moved by one rank alone, which keeps what the optimiser
//! remembers of it, and the others get the moved numbers.
//! Source: Rajbhandari et al. 2020 (ZeRO), stage 1.

mod local;
#[cfg(feature = "mpi")]
mod mpi;
mod outer;
mod share;
mod team;

use crate::error::Result;

pub use local::Local;
#[cfg(feature = "mpi")]
pub use mpi::Mpi;
pub use outer::Loose;

pub(crate) use outer::Outer;
pub(crate) use share::Shares;
pub(crate) use team::Team;

/// How a rank reaches the others. Whoever calls it does so on all ranks in the same order.
pub trait Ranks {
    /// The number of this rank, from zero on.
    fn rank(&self) -> usize;

    /// How many there are.
    fn count(&self) -> usize;

    /// Sends each rank its bytes, and fills each place with what that rank sent here. Both sides know the lengths;
    /// what is meant for this rank itself is left alone.
    ///
    /// # Errors
    /// [`Error::Rank`](crate::Error::Rank) when another rank has gone.
    fn exchange(&self, sent: &[&[u8]], received: &mut [&mut [u8]]) -> Result<()>;
}
