//! Whose turn it is among those who share an engine.
//!
//! Everybody has a counter of the tokens computed for them, and who has had least goes first. Who comes back after a
//! pause begins where the least served of those at work stands, so that nobody saves turns up. Source: the virtual
//! token counter of Sheng et al. 2024, "Fairness in Serving Large Language Models".

use std::collections::{HashMap, HashSet};

/// Tokens computed for each tenant, as far as that matters for who goes first.
#[derive(Debug, Default)]
pub(super) struct Shares {
    served: HashMap<u64, u64>,
}

impl Shares {
    /// Notes that `tenant` asks for something, where `active` have something waiting or running.
    pub(super) fn arrive(&mut self, tenant: u64, active: &HashSet<u64>) {
        if active.contains(&tenant) {
            return;
        }
        let Some(least) = active.iter().map(|tenant| self.served(*tenant)).min() else {
            self.served.clear();
            return;
        };
        // What lies behind the least served would be lifted to it anyway.
        self.served
            .retain(|other, served| active.contains(other) || *served > least);
        let own = self.served.entry(tenant).or_default();
        *own = least.max(*own);
    }

    /// Notes that `tokens` were computed for `tenant`.
    pub(super) fn charge(&mut self, tenant: u64, tokens: u64) {
        *self.served.entry(tenant).or_default() += tokens;
    }

    /// Tokens computed for `tenant`, more or less: only comparisons mean something.
    pub(super) fn served(&self, tenant: u64) -> u64 {
        self.served.get(&tenant).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_away_saves_no_turns_up() {
        let mut shares = Shares::default();
        shares.arrive(1, &HashSet::new());
        shares.charge(1, 1000);
        shares.arrive(2, &HashSet::from([1]));
        assert_eq!(shares.served(2), 1000);
        shares.charge(1, 500);
        shares.charge(2, 10);
        // Coming back at once makes nobody poorer or richer.
        shares.arrive(1, &HashSet::from([2]));
        assert_eq!((shares.served(1), shares.served(2)), (1500, 1010));
        shares.charge(2, 5000);
        shares.arrive(1, &HashSet::from([2]));
        assert_eq!(shares.served(1), 6010);
    }

    #[test]
    fn those_who_left_are_forgotten() {
        let mut shares = Shares::default();
        for tenant in 0..10_000 {
            shares.arrive(tenant, &HashSet::from([10_001]));
            shares.charge(10_001, 1);
        }
        assert!(shares.served.len() < 10, "{}", shares.served.len());
        shares.arrive(1, &HashSet::new());
        assert_eq!(shares.served(10_001), 0);
    }
}
