//! Who goes first, who is refused, and that everybody's turn comes.

use std::collections::VecDeque;
use std::time::Duration;

use engine::sampling::Sampling;
use engine::{Error, Event, Events, Options, Request};

use crate::toy::{Toy, read, request};

fn one_at_a_time() -> Options {
    Options {
        running_max: 1,
        speculation: None,
        ..Options::default()
    }
}

/// One whose answers do not end while others ask.
fn unhurried() -> Toy {
    Toy {
        pace: Duration::from_millis(2),
        ..Toy::new(100)
    }
}

fn endless(seed: u64) -> Request {
    Request {
        ignores_end: true,
        max_tokens: None,
        ..request(seed, 20, 1)
    }
}

#[test]
fn more_than_may_wait_are_refused_as_busy() {
    let handle = unhurried().start(Options {
        waiting_max: 2,
        ..one_at_a_time()
    });
    let running = handle.submit(endless(1)).unwrap();
    assert!(running.recv().is_some());
    let waiting = [
        handle.submit(endless(2)).unwrap(),
        handle.submit(endless(3)).unwrap(),
    ];
    let refused = handle.submit(endless(4)).unwrap_err();
    assert_eq!(refused, Error::Busy { waiting: 2 });
    assert!(refused.to_string().contains("hint: "));
    drop((running, waiting));
}

#[test]
fn what_can_never_be_served_is_refused_before_it_starts() {
    let handle = Toy {
        context: 200,
        ..Toy::new(2)
    }
    .start(Options::default());
    let code = |request: Request| handle.submit(request).unwrap_err().code();
    assert_eq!(code(Request::default()), "unusable_request");
    assert_eq!(code(request(1, 200, 1)), "prompt_too_long");
    assert_eq!(code(request(1, 128, 1)), "prompt_too_long");
    assert_eq!(
        code(Request {
            prompt: vec![300],
            ..request(1, 1, 1)
        }),
        "unusable_request"
    );
    assert_eq!(
        code(Request {
            choices: 17,
            ..request(1, 1, 1)
        }),
        "unusable_request"
    );
    assert_eq!(
        code(Request {
            max_tokens: Some(0),
            ..request(1, 1, 1)
        }),
        "unusable_request"
    );
    let long = vec!["x".repeat(2000)];
    assert_eq!(
        code(Request {
            stop: long,
            ..request(1, 1, 1)
        }),
        "unusable_request"
    );
    let hot = Sampling {
        temperature: -1.0,
        ..Sampling::default()
    };
    assert_eq!(
        code(Request {
            sampling: hot,
            ..request(1, 1, 1)
        }),
        "unusable_request"
    );
}

#[test]
fn a_higher_priority_goes_first_and_takes_the_place_of_a_lower() {
    let toy = Toy::new(100);
    let handle = toy.start(one_at_a_time());
    let low = Request {
        max_tokens: Some(1500),
        ..endless(1)
    };
    let running = handle.submit(low.clone()).unwrap();
    assert!(running.recv().is_some());
    let high = handle
        .submit(Request {
            priority: 5,
            ..request(2, 10, 5)
        })
        .unwrap();
    let waited = read(&high).1.timings.queued;
    let (tokens, finished) = read(&running);
    assert_eq!(
        tokens.len(),
        1499,
        "it goes on where it was, after the token read before"
    );
    assert!(
        waited < finished.timings.decode / 10,
        "{waited:?} of {:?}",
        finished.timings
    );
}

#[test]
fn a_low_priority_is_not_starved() {
    let handle = Toy::new(100).start(one_at_a_time());
    let high = |seed| {
        let twenty = Request {
            max_tokens: Some(20),
            ..endless(seed)
        };
        handle
            .submit(Request {
                priority: 3,
                ..twenty
            })
            .unwrap()
    };
    let mut queue: VecDeque<Events> = (0..4).map(high).collect();
    let low = handle.submit(request(100, 10, 3)).unwrap();
    // There are always four of higher priority; 3 levels of 64 steps make up for that.
    let served = (4..200).find(|seed| {
        queue.push_back(high(*seed));
        read(&queue.pop_front().unwrap());
        low.try_recv().is_some()
    });
    assert!(served.is_some_and(|served| served < 60), "{served:?}");
}

#[test]
fn events_wake_async_readers_too() {
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let handle = Toy::new(100).start(Options::default());
    let asked = request(1, 50, 30);
    let events = handle.submit(asked.clone()).unwrap();
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut tokens = Vec::new();
    loop {
        match events.poll_recv(&mut cx) {
            Poll::Pending => std::thread::park(),
            Poll::Ready(Some(Event::Token(token))) => tokens.push(token.token),
            Poll::Ready(Some(Event::Finished(_))) => {}
            Poll::Ready(None) => break,
        }
    }
    assert_eq!(tokens, Toy::new(100).expected(&asked, 0));
}

fn of(tenant: u64, seed: u64, tokens: usize) -> Request {
    Request {
        max_tokens: Some(tokens),
        tenant,
        ..endless(seed)
    }
}

#[test]
fn who_asks_for_much_leaves_others_their_part() {
    let handle = Toy::new(200).start(Options {
        running_max: 2,
        speculation: None,
        ..Options::default()
    });
    // Forty answers of one tenant wait before the first of another.
    let flood: Vec<Events> = (0..40)
        .map(|seed| handle.submit(of(1, seed, 50)).unwrap())
        .collect();
    let modest: Vec<Events> = (100..105)
        .map(|seed| handle.submit(of(2, seed, 50)).unwrap())
        .collect();
    modest.iter().for_each(|events| drop(read(events)));
    let ended = |events: &Events| {
        std::iter::from_fn(|| events.try_recv()).any(|event| matches!(event, Event::Finished(_)))
    };
    let ended = flood.iter().filter(|events| ended(events)).count();
    // As many as the other had, and those that ran or came to run meanwhile.
    assert!((3..=12).contains(&ended), "{ended}");
}

#[test]
fn who_makes_room_does_not_take_it_back() {
    let handle = unhurried().start(Options {
        running_max: 2,
        speculation: None,
        ..Options::default()
    });
    // One tenant has both places, and a third request that waits long.
    let first = [1, 2].map(|seed| handle.submit(of(1, seed, 120)).unwrap());
    let last = handle.submit(of(1, 3, 20)).unwrap();
    (0..70).for_each(|_| drop(first[0].recv()));
    // Another then gets both, and has had less all the same: one of the two makes room for the third request.
    let others = [4, 5].map(|seed| handle.submit(of(2, seed, 50)).unwrap());
    for events in [&last, &others[0], &others[1]] {
        let (tokens, _) = read(events);
        assert!(!tokens.is_empty());
    }
}

#[test]
fn who_has_nothing_running_is_let_in_among_long_answers() {
    let handle = Toy::new(400).start(Options {
        running_max: 4,
        speculation: None,
        ..Options::default()
    });
    let long: Vec<Events> = (0..4)
        .map(|seed| handle.submit(of(1, seed, 3000)).unwrap())
        .collect();
    long.iter().for_each(|events| drop(events.recv()));
    let short = handle.submit(of(2, 9, 20)).unwrap();
    let (_, finished) = read(&short);
    assert_eq!(finished.usage.generated, 20);
    assert!(finished.timings.queued < finished.timings.decode * 100);
    for events in long {
        let (tokens, _) = read(&events);
        assert_eq!(tokens.len(), 2999, "what made room goes on where it was");
    }
}

#[test]
fn nobody_fills_the_queue_for_all_others() {
    let handle = unhurried().start(Options {
        waiting_max: 8,
        ..one_at_a_time()
    });
    let running = handle.submit(of(1, 0, 100_000)).unwrap();
    assert!(running.recv().is_some());
    let flood: Vec<_> = (1..20).map(|seed| handle.submit(of(1, seed, 5))).collect();
    assert_eq!(flood.iter().filter(|taken| taken.is_ok()).count(), 8);
    let others: Vec<_> = (2..4)
        .flat_map(|tenant| (0..8).map(move |seed| of(tenant, seed, 5)))
        .map(|request| handle.submit(request))
        .collect();
    let taken = others.iter().filter(|taken| taken.is_ok()).count();
    assert!((4..=8).contains(&taken), "{taken}");
}
