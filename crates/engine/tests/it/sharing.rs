//! What was computed once is found again.

use std::sync::atomic::Ordering;

use engine::{Options, Request};

use crate::toy::{Toy, read, request};

#[test]
fn the_next_turn_of_a_chat_computes_only_what_is_new() {
    let toy = Toy::new(100);
    let handle = toy.start(Options::default());
    let mut prompt = request(1, 500, 40).prompt;
    let mut expected_cached = 0;
    for turn in 0..5 {
        let request = Request {
            prompt: prompt.clone(),
            ..request(1, 1, 40)
        };
        let (tokens, finished) = read(&handle.submit(request.clone()).unwrap());
        assert_eq!(tokens, toy.expected(&request, 0));
        assert_eq!(finished.usage.cached, expected_cached, "turn {turn}");
        // All but the last token, whose keys and values nobody needed yet.
        expected_cached = prompt.len() + tokens.len() - 1;
        prompt.extend(tokens.into_iter().chain([30, 31, 32]));
    }
}

#[test]
fn many_with_the_same_beginning_compute_it_once() {
    let toy = Toy::new(300);
    let handle = toy.start(Options {
        step_tokens: 128,
        ..Options::default()
    });
    let system = request(7, 640, 1).prompt;
    let events: Vec<_> = (0..10)
        .map(|number| {
            let prompt = [&system[..], &request(100 + number, 20, 1).prompt].concat();
            handle
                .submit(Request {
                    prompt,
                    ..request(number, 1, 4)
                })
                .unwrap()
        })
        .collect();
    for events in &events {
        read(events);
    }
    let computed = toy.computed.load(Ordering::Relaxed);
    assert!(computed < 640 + 10 * 64, "{computed} tokens computed");
}

#[test]
fn prefixes_can_be_forgotten_on_demand() {
    let handle = Toy::new(50).start(Options::default());
    let run = || {
        read(&handle.submit(request(1, 200, 2)).unwrap())
            .1
            .usage
            .cached
    };
    assert_eq!((run(), run()), (0, 199));
    handle.forget();
    assert_eq!(run(), 0);
}
