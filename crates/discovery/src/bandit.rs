//! Which proposer to believe: weights learnt from what their proposals were worth.

/// Learns the worth of several arms from rewards in [0, 1].
///
/// Each arm has a Beta posterior that starts at the same mild prior; its weight is the posterior
/// mean plus an exploration bonus (UCB1), relative to the prior mean, so that an untried arm
/// weighs 1 and an arm is never silenced. Source: Auer, Cesa-Bianchi & Fischer 2002.
#[derive(Clone, Debug)]
pub struct Bandit {
    arms: Vec<Arm>,
    pulls: f64,
}

#[derive(Clone, Copy, Debug)]
struct Arm {
    reward: f64,
    pulls: f64,
}

/// Rewards and pulls that every arm starts with: one success in twenty.
const PRIOR: Arm = Arm {
    reward: 1.0,
    pulls: 20.0,
};
/// Bounds of a weight: the prior order of the candidates is never overturned wholly.
const WEIGHT_MIN: f64 = 0.25;
const WEIGHT_MAX: f64 = 4.0;

impl Bandit {
    /// A bandit of `arms` arms of which nothing is known.
    pub fn new(arms: usize) -> Self {
        Self {
            arms: vec![PRIOR; arms],
            pulls: 0.0,
        }
    }

    /// Takes note that a pull of `arm` brought `reward`, in [0, 1].
    pub fn reward(&mut self, arm: usize, reward: f64) {
        self.pulls += 1.0;
        self.arms[arm].pulls += 1.0;
        self.arms[arm].reward += reward.clamp(0.0, 1.0);
    }

    /// The factor by which proposals of `arm` are worth more (or less) than they claim, from
    /// 0.25 to 4.
    pub fn weight(&self, arm: usize) -> f64 {
        let Arm { reward, pulls } = self.arms[arm];
        let bonus = ((self.pulls + 1.0).ln() / pulls).sqrt() * 0.02;
        let prior_mean = PRIOR.reward / PRIOR.pulls;
        ((reward / pulls + bonus) / prior_mean).clamp(WEIGHT_MIN, WEIGHT_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untried_arm_weighs_one() {
        assert_eq!(Bandit::new(3).weight(1), 1.0);
    }

    #[test]
    fn arms_that_pay_weigh_more_and_no_arm_is_silenced() {
        let mut bandit = Bandit::new(2);
        for _ in 0..100 {
            bandit.reward(0, 0.5);
            bandit.reward(1, 0.0);
        }
        assert!(bandit.weight(0) > 2.0 * bandit.weight(1));
        assert!(bandit.weight(1) >= WEIGHT_MIN);
        assert!(bandit.weight(0) <= WEIGHT_MAX);
    }
}
