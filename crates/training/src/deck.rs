//! The order in which things are learnt from.

use serde::{Deserialize, Serialize};

use crate::chance::Chance;

/// Where a reader stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Passes over the data that are done.
    pub epoch: u64,
    /// Pieces of this pass that were read.
    pub piece: usize,
}

/// Numbers below a count in an order by chance, another one in each pass, the same for the same seed.
#[derive(Debug, Default)]
pub(crate) struct Deck {
    seed: u64,
    position: Position,
    /// The order of this pass.
    order: Vec<u32>,
    ordered: Option<u64>,
}

impl Deck {
    /// An order of that seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Goes on from there.
    pub fn go_to(&mut self, position: Position) {
        self.position = position;
    }

    /// The next of `count` numbers.
    ///
    /// # Panics
    /// When there is none.
    pub fn draw(&mut self, count: usize) -> usize {
        if self.position.piece >= count {
            self.position = Position {
                epoch: self.position.epoch + 1,
                piece: 0,
            };
        }
        if self.ordered != Some(self.position.epoch) {
            self.order.clear();
            self.order.extend(0..count as u32);
            Chance::new(self.seed, self.position.epoch).shuffle(&mut self.order);
            self.ordered = Some(self.position.epoch);
        }
        self.position.piece += 1;
        self.order[self.position.piece - 1] as usize
    }
}
