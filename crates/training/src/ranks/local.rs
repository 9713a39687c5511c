//! Ranks that are threads of one process.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::Ranks;
use crate::error::{Error, Result};

/// One of several threads that train one model: what MPI does between machines, without it.
pub struct Local {
    rank: usize,
    to: Vec<Sender<Vec<u8>>>,
    from: Vec<Receiver<Vec<u8>>>,
}

impl Local {
    /// So many ranks, one for each thread.
    pub fn of(count: usize) -> Vec<Self> {
        let mut ranks: Vec<Self> = (0..count)
            .map(|rank| Self {
                rank,
                to: Vec::new(),
                from: Vec::new(),
            })
            .collect();
        for from in 0..count {
            for to in 0..count {
                let (sender, receiver) = channel();
                ranks[from].to.push(sender);
                ranks[to].from.push(receiver);
            }
        }
        ranks
    }
}

impl Ranks for Local {
    fn rank(&self) -> usize {
        self.rank
    }

    fn count(&self) -> usize {
        self.to.len()
    }

    fn exchange(&self, sent: &[&[u8]], received: &mut [&mut [u8]]) -> Result<()> {
        let others = |at: usize, length: usize| at != self.rank && length > 0;
        for (at, bytes) in sent.iter().enumerate() {
            if others(at, bytes.len()) {
                self.to[at].send(bytes.to_vec()).map_err(|_| gone(at))?;
            }
        }
        for (at, place) in received.iter_mut().enumerate() {
            if others(at, place.len()) {
                let bytes = self.from[at].recv().map_err(|_| gone(at))?;
                assert_eq!(bytes.len(), place.len(), "both sides know the lengths");
                place.copy_from_slice(&bytes);
            }
        }
        Ok(())
    }
}

fn gone(rank: usize) -> Error {
    Error::Rank {
        rank,
        reason: "it has ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gets_what_was_sent_to_it() {
        let said = std::thread::scope(|scope| {
            let threads: Vec<_> = Local::of(3)
                .into_iter()
                .map(|ranks| {
                    scope.spawn(move || {
                        let own = ranks.rank() as u8;
                        let sent = [[own, 0], [own, 1], [own, 2]];
                        let mut received = [[9; 2]; 3];
                        let sent = sent.each_ref().map(|bytes| &bytes[..]);
                        let mut places = received.each_mut().map(|bytes| &mut bytes[..]);
                        ranks.exchange(&sent, &mut places).unwrap();
                        received
                    })
                })
                .collect();
            let joined = threads.into_iter().map(|thread| thread.join().unwrap());
            joined.collect::<Vec<_>>()
        });
        assert_eq!(said[0], [[9, 9], [1, 0], [2, 0]]);
        assert_eq!(said[2], [[0, 2], [1, 2], [9, 9]]);
    }

    #[test]
    fn a_rank_that_has_ended_is_an_error_and_not_an_endless_wait() {
        let mut ranks = Local::of(2);
        drop(ranks.remove(1));
        let mut place = [0];
        let error = ranks[0].exchange(&[&[], &[]], &mut [&mut [], &mut place]);
        assert!(matches!(error, Err(Error::Rank { rank: 1, .. })));
    }
}
