use std::time::Duration;

use super::*;
use crate::propose::Scripted;

/// Counts up by one each time it is read.
struct Ticks(AtomicUsize);

impl Clock for Ticks {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.fetch_add(1, Ordering::Relaxed) as u64)
    }
}

fn ticks() -> Ticks {
    Ticks(AtomicUsize::new(0))
}

/// Looks for a number; even numbers cannot be run, numbers from 1000 need effort 1.
struct Guess {
    secret: u32,
    workers: usize,
}

impl Evaluator<u32> for Guess {
    type Error = String;

    fn workers(&self) -> usize {
        self.workers
    }

    fn batch(&self) -> usize {
        4
    }

    fn prepare(&self, batch: &[u32]) -> Result<Vec<bool>, String> {
        Ok(batch.iter().map(|number| number % 2 == 1).collect())
    }

    fn evaluate(
        &self,
        worker: usize,
        effort: u32,
        candidates: &[&u32],
        report: &mut dyn FnMut(usize, Verdict),
    ) -> Result<(), String> {
        assert!(worker < self.workers);
        for (at, &&number) in candidates.iter().enumerate() {
            if number == 13 {
                return Err("thirteen".into());
            }
            let inconclusive = number >= 1000 && effort == 0;
            let distance = f64::from(number.abs_diff(self.secret));
            let is_hopeless = inconclusive && number % 5 == 0;
            report(
                at,
                Verdict {
                    fitness: if is_hopeless {
                        0.0
                    } else {
                        1.0 / (1.0 + distance)
                    },
                    solved: number == self.secret && !inconclusive,
                    inconclusive,
                    behaviour: u64::from(number),
                },
            );
        }
        Ok(())
    }
}

fn script(name: &str, weighted: &[(u32, f64)]) -> Box<dyn Proposer<u32>> {
    let proposals = weighted
        .iter()
        .map(|&(content, weight)| Proposal {
            content,
            key: u64::from(content),
            weight,
        })
        .collect();
    Box::new(Scripted::new(name, proposals))
}

fn run(
    guess: &Guess,
    mut proposers: Vec<Box<dyn Proposer<u32>>>,
) -> (Vec<u32>, Archive<u32>, Stop) {
    let mut order = Vec::new();
    let (archive, stop) = search(
        &mut proposers,
        guess,
        &Options::default(),
        &ticks(),
        &mut |progress| {
            order.extend(progress.batch.iter().map(|entry| entry.content));
            progress.archive.solutions().is_empty()
        },
    )
    .expect("no thirteen");
    (order, archive, stop)
}

#[test]
fn tries_the_weightiest_first_across_proposers_and_stops_when_satisfied() {
    let guess = Guess {
        secret: 7,
        workers: 2,
    };
    let proposers = vec![
        script("low", &[(3, 0.1), (5, 0.05), (9, 0.04)]),
        script("high", &[(7, 0.9), (11, 0.8), (7, 0.7)]),
    ];
    let (order, archive, stop) = run(&guess, proposers);
    assert_eq!(order, [7, 11, 3, 5]);
    assert_eq!(stop, Stop::Satisfied);
    assert_eq!(archive.solutions().len(), 1);
    assert_eq!(archive.improvements()[0].content, 5, "fittest first");
}

#[test]
fn does_not_run_what_cannot_be_prepared_and_ends_when_all_is_tried() {
    let guess = Guess {
        secret: 1,
        workers: 1,
    };
    let (order, archive, stop) = run(&guess, vec![script("all", &[(2, 0.9), (4, 0.8), (3, 0.7)])]);
    assert_eq!(order, [2, 4, 3]);
    assert_eq!(stop, Stop::Exhausted);
    assert_eq!((archive.tried(), archive.refused()), (1, 2));
}

#[test]
fn tries_again_with_more_effort_what_hit_a_limit() {
    let guess = Guess {
        secret: 1001,
        workers: 2,
    };
    let (order, archive, stop) = run(&guess, vec![script("slow", &[(1001, 0.9), (3, 0.5)])]);
    assert_eq!(order, [1001, 3, 1001]);
    assert_eq!(stop, Stop::Satisfied);
    assert_eq!(archive.solutions()[0].effort, 1);
}

#[test]
fn what_was_good_until_the_limit_is_tried_again_before_what_was_not() {
    let guess = Guess {
        secret: 1003,
        workers: 1,
    };
    let script = script(
        "slow",
        &[
            (1005, 0.9),
            (1001, 0.8),
            (3, 0.5),
            (5, 0.3),
            (7, 0.2),
            (9, 0.1),
        ],
    );
    let (order, _, _) = run(&guess, vec![script]);
    assert_eq!(order, [1005, 1001, 3, 5, 7, 9, 1001, 1005]);
}

#[test]
fn a_failing_evaluator_ends_the_search() {
    let guess = Guess {
        secret: 7,
        workers: 2,
    };
    let result = search(
        &mut [script("unlucky", &[(13, 0.9), (3, 0.5)])],
        &guess,
        &Options::default(),
        &ticks(),
        &mut |_| true,
    );
    assert_eq!(result.err().as_deref(), Some("thirteen"));
}

#[test]
fn ends_when_the_time_is_spent() {
    let guess = Guess {
        secret: 1,
        workers: 1,
    };
    let many: Vec<(u32, f64)> = (0..10_000).map(|n| (2 * n + 15, 0.5)).collect();
    let options = Options {
        budget: Duration::from_millis(20),
        ..Options::default()
    };
    let (archive, stop) = search(
        &mut [script("many", &many)],
        &guess,
        &options,
        &ticks(),
        &mut |_| true,
    )
    .expect("no thirteen");
    assert_eq!(stop, Stop::Budget);
    assert!(archive.tried() < 100);
}

/// Proposes the successors of what helped most: a proposer that builds on the archive.
struct Climber;

impl Proposer<u32> for Climber {
    fn name(&self) -> &str {
        "climber"
    }

    fn propose(&mut self, archive: &Archive<u32>, _wanted: usize) -> Vec<Proposal<u32>> {
        archive
            .improvements()
            .first()
            .map(|best| Proposal {
                content: best.content + 2,
                key: u64::from(best.content + 2),
                weight: 1.0,
            })
            .into_iter()
            .collect()
    }
}

#[test]
fn a_proposer_builds_on_what_helped() {
    let guess = Guess {
        secret: 301,
        workers: 2,
    };
    let (_, archive, stop) = run(
        &guess,
        vec![script("seed", &[(201, 0.5)]), Box::new(Climber)],
    );
    assert_eq!(stop, Stop::Satisfied);
    assert_eq!(archive.solutions()[0].proposer, 1);
}
