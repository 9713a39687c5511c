use super::*;

/// Numbers in `[-1, 1)` from a counter.
fn noise(seed: u64, count: usize) -> Vec<f32> {
    (0..count)
        .map(|at| (random::uniform(seed, 9, at) * 2.0 - 1.0) as f32)
        .collect()
}

/// Logits with a heavy head, as networks give them.
fn peaked(seed: u64, count: usize) -> Vec<f32> {
    noise(seed, count)
        .into_iter()
        .map(|x| 12.0 * x * x * x)
        .collect()
}

/// The definition: everything sorted, every step on the whole list.
fn naive(options: &Sampling, logits: &[f32], uniform: f64) -> u32 {
    let mut all: Vec<(u32, f64)> = logits
        .iter()
        .enumerate()
        .map(|(token, logit)| (token as u32, f64::from(*logit)))
        .collect();
    let by_logit = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    all.sort_by(by_logit);
    if options.top_k > 0 {
        all.truncate(options.top_k);
    }
    let until = |all: &mut Vec<(u32, f64)>, mass: f32| {
        let sum: f64 = all.iter().map(|(_, logit)| logit.exp()).sum();
        let mut so_far = 0.0;
        let kept = all.iter().take_while(|(_, logit)| {
            let goes_on = so_far < f64::from(mass) * sum;
            so_far += logit.exp();
            goes_on
        });
        let kept = kept.count().max(1);
        all.truncate(kept);
    };
    if options.typical_p < 1.0 {
        let sum: f64 = all.iter().map(|(_, logit)| logit.exp()).sum();
        let entropy: f64 = all
            .iter()
            .map(|(_, logit)| logit.exp() / sum)
            .map(|p| -p * p.ln())
            .sum();
        let shift = |logit: f64| (-(logit.exp() / sum).ln() - entropy).abs();
        all.sort_by(|a, b| shift(a.1).total_cmp(&shift(b.1)).then(a.0.cmp(&b.0)));
        until(&mut all, options.typical_p);
    }
    all.sort_by(by_logit);
    if options.top_p < 1.0 {
        until(&mut all, options.top_p);
    }
    if options.min_p > 0.0 {
        let floor = all[0].1 + f64::from(options.min_p).ln();
        all.retain(|(_, logit)| *logit >= floor);
    }
    all.sort_by_key(|(token, _)| *token);
    let weights: Vec<f64> = all
        .iter()
        .map(|(_, logit)| (logit / f64::from(options.temperature)).exp())
        .collect();
    let target = uniform * weights.iter().sum::<f64>();
    let mut sum = 0.0;
    let at = weights.iter().position(|weight| {
        sum += weight;
        sum > target
    });
    all[at.unwrap_or(all.len() - 1)].0
}

fn choose(options: &Sampling, logits: &[f32], seed: u64, position: usize) -> u32 {
    let tokens = vec![0; position];
    let mut sampler = Sampler::new(options.clone(), seed, 0, position);
    sampler
        .sample(&mut logits.to_vec(), &tokens, &mut Scratch::default())
        .unwrap()
}

#[test]
fn truncation_without_sorting_chooses_what_the_definition_chooses() {
    let all = Sampling::default();
    let settings = [
        all.clone(),
        Sampling {
            temperature: 0.7,
            ..all.clone()
        },
        Sampling {
            top_k: 1,
            ..all.clone()
        },
        Sampling {
            top_k: 20,
            top_p: 0.8,
            temperature: 0.7,
            ..all.clone()
        },
        Sampling {
            top_k: 900,
            min_p: 0.02,
            ..all.clone()
        },
        Sampling {
            top_p: 0.95,
            ..all.clone()
        },
        Sampling {
            top_p: 0.999,
            temperature: 1.5,
            ..all.clone()
        },
        Sampling {
            top_p: 0.0,
            ..all.clone()
        },
        Sampling {
            min_p: 0.05,
            ..all.clone()
        },
        Sampling {
            typical_p: 0.4,
            ..all.clone()
        },
        Sampling {
            typical_p: 0.9,
            top_k: 50,
            top_p: 0.9,
            min_p: 0.01,
            temperature: 0.6,
            ..all
        },
    ];
    let mut differing = 0;
    for size in [1, 2, 63, 64, 65, 1000, 5003] {
        for (at, options) in settings.iter().enumerate() {
            for position in 0..20 {
                let seed = (size * 31 + at) as u64;
                let logits = peaked(seed + position as u64, size);
                let uniform = random::uniform(seed, 0, position);
                let expected = naive(options, &logits, uniform);
                differing += usize::from(choose(options, &logits, seed, position) != expected);
            }
        }
    }
    // Where the draw falls within rounding of a border, f32 and f64 may differ.
    assert!(differing <= 2, "{differing} of 1540 differ");
}

#[test]
fn draws_follow_the_probabilities() {
    let logits: Vec<f32> = [0.1_f32, 0.2, 0.3, 0.4].iter().map(|p| p.ln()).collect();
    let mut counts = [0_u32; 4];
    for position in 0..20_000 {
        let mut copy = logits.clone();
        let mut candidates_of = Scratch::default();
        let mut candidates = Candidates::new(&mut copy, &mut candidates_of).unwrap();
        counts[candidates.draw(1.0, random::uniform(3, 0, position)).0 as usize] += 1;
    }
    for (count, share) in counts.iter().zip([0.1, 0.2, 0.3, 0.4]) {
        let deviation = (f64::from(*count) / 20_000.0 - share).abs();
        assert!(deviation < 0.01, "{counts:?}");
    }
}

#[test]
fn greedy_takes_the_first_of_the_best_and_ignores_what_is_no_number() {
    let mut logits = vec![f32::NAN, 1.0, 3.0, 3.0, f32::NEG_INFINITY];
    assert_eq!(choose(&Sampling::greedy(), &logits, 0, 0), 2);
    logits[4] = f32::INFINITY;
    assert_eq!(choose(&Sampling::greedy(), &logits, 0, 0), 4);
    for position in 0..50 {
        assert_eq!(choose(&Sampling::default(), &logits, 0, position), 4);
    }
    let mut none = vec![f32::NAN, f32::NEG_INFINITY];
    let mut sampler = Sampler::new(Sampling::default(), 0, 0, 0);
    assert_eq!(
        sampler.sample(&mut none, &[], &mut Scratch::default()),
        None
    );
}

#[test]
fn what_is_no_number_is_never_drawn() {
    let mut logits = peaked(4, 200);
    for at in (0..200).step_by(3) {
        logits[at] = f32::NAN;
    }
    for position in 0..500 {
        assert_ne!(choose(&Sampling::default(), &logits, 1, position) % 3, 0);
    }
}

#[test]
fn a_bias_forbids_and_forces() {
    let logits = peaked(2, 100);
    let best = choose(&Sampling::greedy(), &logits, 0, 0);
    let forbidden = Sampling {
        logit_bias: vec![(best, f32::NEG_INFINITY), (7000, 1.0)],
        ..Sampling::greedy()
    };
    assert_ne!(choose(&forbidden, &logits, 0, 0), best);
    let forced = Sampling {
        logit_bias: vec![(42, 100.0)],
        ..Sampling::default()
    };
    assert_eq!(choose(&forced, &logits, 5, 0), 42);
}

#[test]
fn penalties_hold_for_generated_text_and_repetition_for_the_prompt_too() {
    let logits = vec![2.0, 1.9, -0.1, -0.2];
    let run = |options: Sampling| {
        let mut sampler = Sampler::new(options, 0, 0, 1);
        let mut copy = logits.clone();
        let token = sampler.sample(&mut copy, &[0, 2, 2], &mut Scratch::default());
        (token.unwrap(), copy)
    };
    let (token, seen) = run(Sampling {
        repetition_penalty: 2.0,
        ..Sampling::greedy()
    });
    assert_eq!((token, seen), (1, vec![1.0, 1.9, -0.2, -0.2]));
    let (token, seen) = run(Sampling {
        presence_penalty: 0.5,
        frequency_penalty: 0.25,
        ..Sampling::greedy()
    });
    assert_eq!((token, seen), (0, vec![2.0, 1.9, -1.1, -0.2]));
}

#[test]
fn mirostat_brings_the_surprise_near_its_aim() {
    for tau in [2.0_f32, 4.0] {
        let options = Sampling {
            mirostat: Some(Mirostat { tau, eta: 0.1 }),
            ..Sampling::default()
        };
        let mut sampler = Sampler::new(options, 1, 0, 0);
        let mut scratch = Scratch::default();
        let mut tokens = Vec::new();
        for position in 0..3000_u64 {
            let mut logits: Vec<f32> = peaked(position, 500).iter().map(|x| x * 0.5).collect();
            tokens.push(sampler.sample(&mut logits, &tokens, &mut scratch).unwrap());
        }
        // The bound moves by what each surprise misses the aim, so it stays only if they meet it.
        let missed = (2.0 * tau - sampler.surprise_max) / (0.1 * 3000.0);
        assert!(missed.abs() < 0.05, "{missed} bits off {tau}");
        assert!((tau..3.0 * tau).contains(&sampler.surprise_max));
    }
}

#[test]
fn logprobs_are_of_the_distribution_before_sampling() {
    let logits = peaked(8, 1000);
    let found = logprobs(&logits, 17, 5, &mut Scratch::default());
    let sum: f64 = logits.iter().map(|x| f64::from(*x).exp()).sum();
    let exact = |token: u32| (f64::from(logits[token as usize]) - sum.ln()) as f32;
    assert!((found.chosen - exact(17)).abs() < 1e-4);
    assert_eq!(found.top.len(), 5);
    for (token, logprob) in &found.top {
        assert!((logprob - exact(*token)).abs() < 1e-4);
    }
    let mut order: Vec<u32> = (0..1000).collect();
    order.sort_by(|a, b| logits[*b as usize].total_cmp(&logits[*a as usize]));
    let top: Vec<u32> = found.top.iter().map(|(token, _)| *token).collect();
    assert_eq!(top, order[..5]);
    assert_eq!(
        logprobs(&[0.0; 3], 0, 20, &mut Scratch::default())
            .top
            .len(),
        3
    );
}

#[test]
fn figures_out_of_range_are_named() {
    let complaint = |options: Sampling| options.complaint();
    assert_eq!(complaint(Sampling::default()), None);
    let warm = Sampling {
        temperature: f32::NAN,
        ..Sampling::default()
    };
    assert!(complaint(warm).unwrap().contains("`temperature`"));
    let wide = Sampling {
        top_p: 1.5,
        ..Sampling::default()
    };
    assert_eq!(
        complaint(wide).unwrap(),
        "`top_p` is `1.5`; it lies between `0` and `1`"
    );
}
