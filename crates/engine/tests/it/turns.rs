//! Who goes first, who is refused, and that everybody's turn comes.

use std::collections::VecDeque;

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

fn endless(seed: u64) -> Request {
    Request {
        ignores_end: true,
        max_tokens: None,
        ..request(seed, 20, 1)
    }
}

#[test]
fn more_than_may_wait_are_refused_as_busy() {
    let handle = Toy::new(100).start(Options {
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
