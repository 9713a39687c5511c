//! What breaks or is given up harms nobody else.

use std::time::{Duration, Instant};

use engine::{Error, Event, Options, Reason, Request};

use crate::toy::{POISON, Toy, read, request, until_idle};

#[test]
fn a_request_that_breaks_the_network_ends_alone() {
    for is_recurrent in [false, true] {
        breaks_alone(&Toy {
            is_recurrent,
            ..Toy::new(200)
        });
    }
}

fn breaks_alone(toy: &Toy) {
    let handle = toy.start(Options::default());
    let good: Vec<Request> = (0..6).map(|seed| request(seed, 90, 40)).collect();
    let events: Vec<_> = good
        .iter()
        .map(|good| handle.submit(good.clone()).unwrap())
        .collect();
    let mut bad = request(9, 80, 10);
    bad.prompt[50] = POISON;
    let broken = handle.submit(Request { choices: 2, ..bad }).unwrap();
    let ends: Vec<Reason> = (&broken)
        .filter_map(|event| match event {
            Event::Finished(finished) => Some(finished.reason),
            Event::Token(_) => None,
        })
        .collect();
    let reason = Reason::Failed(Error::Broken {
        reason: "poisoned".to_owned(),
    });
    assert_eq!(ends, [reason.clone(), reason]);
    for (request, events) in good.iter().zip(&events) {
        assert_eq!(read(events).0, toy.expected(request, 0));
    }
    let again = request(20, 30, 10);
    assert_eq!(
        read(&handle.submit(again.clone()).unwrap()).0,
        toy.expected(&again, 0)
    );
}

#[test]
fn dropping_the_events_frees_the_pages_at_once() {
    let slow = Toy {
        pace: Duration::from_millis(10),
        ..Toy::new(100)
    };
    let handle = slow.start(Options {
        speculation: None,
        ..Options::default()
    });
    let endless = Request {
        ignores_end: true,
        max_tokens: None,
        ..request(1, 300, 1)
    };
    let events = handle.submit(endless).unwrap();
    assert!(events.recv().is_some() && events.recv().is_some());
    assert!(handle.status().pages_available <= 95);
    let steps = handle.status().steps;
    drop(events);
    until_idle(&handle);
    let status = handle.status();
    assert_eq!(status.pages_available, 100);
    // The step under way and the one that notices; more only if this thread was kept from running.
    assert!(status.steps <= steps + 10, "{} steps", status.steps - steps);
}

#[test]
fn a_cancelled_request_says_so() {
    let handle = Toy::new(100).start(Options::default());
    let endless = |seed| Request {
        ignores_end: true,
        max_tokens: None,
        ..request(seed, 30, 1)
    };
    let running = handle.submit(endless(1)).unwrap();
    assert!(running.recv().is_some());
    running.control().cancel();
    assert_eq!(read(&running).1.reason, Reason::Cancelled);

    let one = Toy::new(100).start(Options {
        running_max: 1,
        ..Options::default()
    });
    let first = one.submit(endless(1)).unwrap();
    let second = one.submit(endless(2)).unwrap();
    second.control().cancel();
    assert_eq!(read(&second).1.reason, Reason::Cancelled);
    drop(first);
}

#[test]
fn a_storm_of_requests_and_cancellations_leaves_nothing_behind() {
    let toy = Toy::new(40);
    let handle = toy.start(Options {
        running_max: 8,
        waiting_max: 10_000,
        ..Options::default()
    });
    let storm = |seed: u64| {
        let handle = handle.clone();
        std::thread::spawn(move || {
            for turn in 0..150 {
                let request = Request {
                    ignores_end: true,
                    choices: 1 + (turn % 3) as u32,
                    ..request(seed * 1000 + turn % 20, 10 + (turn as usize * 53) % 300, 50)
                };
                let events = handle.submit(request).unwrap();
                for _ in 0..turn % 7 {
                    events.recv_timeout(Duration::from_millis(20));
                }
                if turn % 2 == 0 {
                    events.control().cancel();
                }
            }
        })
    };
    let storms: Vec<_> = (1..5).map(storm).collect();
    for storm in storms {
        storm.join().unwrap();
    }
    until_idle(&handle);
    let status = handle.status();
    assert_eq!(status.pages_available, status.pages);
    let calm = request(77, 100, 30);
    assert_eq!(
        read(&handle.submit(calm.clone()).unwrap()).0,
        toy.expected(&calm, 0)
    );
}

#[test]
fn shutting_down_answers_what_was_asked_and_refuses_more() {
    let toy = Toy::new(100);
    let handle = toy.start(Options {
        running_max: 2,
        ..Options::default()
    });
    let requests: Vec<Request> = (0..6).map(|seed| request(seed, 40, 25)).collect();
    let events: Vec<_> = requests
        .iter()
        .map(|request| handle.submit(request.clone()).unwrap())
        .collect();
    handle.shutdown();
    for (request, events) in requests.iter().zip(&events) {
        assert_eq!(read(events).0, toy.expected(request, 0));
    }
    assert_eq!(handle.submit(request(1, 5, 5)).unwrap_err(), Error::Stopped);
}

#[test]
fn dropping_the_last_handle_ends_the_thread_and_tells_the_readers() {
    let handle = Toy::new(100).start(Options::default());
    let endless = Request {
        ignores_end: true,
        max_tokens: None,
        ..request(1, 30, 1)
    };
    let events = handle.submit(endless).unwrap();
    assert!(events.recv().is_some());
    let begun = Instant::now();
    drop(handle);
    assert_eq!(read(&events).1.reason, Reason::Cancelled);
    assert!(events.recv().is_none());
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn ten_thousand_requests_take_no_more_memory_than_the_first() {
    let resident = || {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    };
    let handle = Toy::new(60).start(Options {
        waiting_max: 20_000,
        ..Options::default()
    });
    let run = |count: u64| {
        for number in 0..count {
            let request = request(number, 3 + number as usize % 70, 3);
            read(&handle.submit(request).unwrap());
        }
    };
    run(1500);
    let before = resident();
    run(8500);
    let grown = resident().saturating_sub(before);
    assert!(grown < 1 << 20, "{grown} bytes more");
}
