//! Random numbers that are a function of where they are used, so that a token does not depend on
//! what else ran in its batch, on preemption, or on speculation.

/// A number in `[0, 1)` for the token at `position` of choice `choice` under `seed`.
/// Source: the finaliser of SplitMix64 (Steele, Lea & Flood 2014), as in Salmon et al. 2011 a counter
/// takes the place of a state.
pub(super) fn uniform(seed: u64, choice: u32, position: usize) -> f64 {
    let stream = mix(seed ^ mix(u64::from(choice).wrapping_add(0x5851_F42D_4C95_7F2D)));
    let bits = mix(stream ^ mix(position as u64));
    (bits >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_the_unit_interval_evenly() {
        let mut buckets = [0_u32; 16];
        for position in 0..16_000 {
            let number = uniform(7, 0, position);
            assert!((0.0..1.0).contains(&number));
            buckets[(number * 16.0) as usize] += 1;
        }
        assert!(
            buckets.iter().all(|count| (850..1150).contains(count)),
            "{buckets:?}"
        );
    }

    #[test]
    fn seed_choice_and_position_each_change_the_number() {
        let number = uniform(1, 2, 3);
        assert_eq!(number, uniform(1, 2, 3));
        for other in [uniform(2, 2, 3), uniform(1, 3, 3), uniform(1, 2, 4)] {
            assert_ne!(number, other);
        }
        let correlation: f64 = (0..10_000)
            .map(|position| (uniform(1, 0, position) - 0.5) * (uniform(1, 1, position) - 0.5))
            .sum();
        assert!(correlation.abs() / 10_000.0 < 0.005, "{correlation}");
    }
}
