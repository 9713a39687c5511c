//! An answer is a function of the request: neither the batch, nor memory, nor guesses change it.

use std::time::Duration;

use engine::{Event, Options, Reason, Request, Speculation};

use crate::toy::{Toy, prompt, read, request, sampling};

fn requests(count: u64) -> Vec<Request> {
    (0..count)
        .map(|seed| Request {
            sampling: sampling(seed),
            ..request(seed, 1 + (seed as usize * 37) % 200, 60)
        })
        .collect()
}

/// Runs all at once and compares each answer with the definition.
fn check(toy: &Toy, draft: Option<Toy>, options: Options, requests: &[Request]) -> (usize, usize) {
    let handle = toy.start_with(options, draft, crate::toy::vocabulary());
    let events: Vec<_> = requests
        .iter()
        .map(|request| handle.submit(request.clone()).unwrap())
        .collect();
    let (mut drafted, mut accepted) = (0, 0);
    for (request, events) in requests.iter().zip(&events) {
        let (tokens, finished) = read(events);
        assert!(
            matches!(finished.reason, Reason::End | Reason::Length),
            "{finished:?}"
        );
        assert_eq!(tokens, toy.expected(request, 0), "seed {}", request.seed);
        drafted += finished.usage.drafted;
        accepted += finished.usage.accepted;
    }
    drop(events);
    crate::toy::until_idle(&handle);
    assert_eq!(handle.status().pages_available, handle.status().pages);
    (drafted, accepted)
}

fn plain() -> Options {
    Options {
        speculation: None,
        ..Options::default()
    }
}

#[test]
fn alone_or_eight_at_once_the_answers_are_the_same() {
    let toy = Toy::new(200);
    let requests = requests(24);
    for running_max in [1, 8] {
        check(
            &toy,
            None,
            Options {
                running_max,
                ..plain()
            },
            &requests,
        );
    }
}

#[test]
fn prompts_in_chunks_of_any_size_give_the_same_answers() {
    let toy = Toy::new(200);
    for step_tokens in [9, 64, 100] {
        check(
            &toy,
            None,
            Options {
                step_tokens,
                running_max: 8,
                ..plain()
            },
            &requests(12),
        );
    }
}

#[test]
fn with_hardly_any_memory_the_answers_are_the_same() {
    for pages in [5, 7, 11] {
        check(&Toy::new(pages), None, plain(), &requests(20));
    }
}

#[test]
fn guesses_from_the_text_change_no_answer() {
    // What follows a token is mostly the same, so the text soon repeats itself.
    let toy = Toy {
        order: 1,
        ..Toy::new(200)
    };
    let mut requests = requests(20);
    for request in &mut requests {
        request.max_tokens = Some(120);
        request.sampling.temperature = 0.3;
    }
    let speculation = Some(Speculation {
        drafts_max: 6,
        lookup: 2,
    });
    let (drafted, accepted) = check(
        &toy,
        None,
        Options {
            speculation,
            ..plain()
        },
        &requests,
    );
    assert!(
        accepted > 100 && accepted < drafted,
        "{accepted} of {drafted}"
    );
}

#[test]
fn guesses_of_another_network_change_no_answer_and_mostly_hold() {
    let toy = Toy::new(200);
    let draft = Toy {
        accent: 5,
        ..Toy::new(60)
    };
    let speculation = Some(Speculation {
        drafts_max: 5,
        lookup: 0,
    });
    for pages in [12, 200] {
        let toy = Toy {
            pages,
            ..toy.clone()
        };
        let options = Options {
            speculation: speculation.clone(),
            ..plain()
        };
        let (drafted, accepted) = check(&toy, Some(draft.clone()), options, &requests(20));
        assert!(
            3 * accepted > drafted && accepted < drafted,
            "{accepted} of {drafted}"
        );
    }
}

#[test]
fn a_draft_network_without_room_or_that_breaks_harms_nobody() {
    let speculation = Some(Speculation {
        drafts_max: 5,
        lookup: 0,
    });
    let options = Options {
        speculation,
        ..plain()
    };
    check(
        &Toy::new(200),
        Some(Toy::new(2)),
        options.clone(),
        &requests(10),
    );
    let broken = Toy {
        vocab: 1,
        ..Toy::new(60)
    };
    check(&Toy::new(200), Some(broken), options, &requests(10));
}

#[test]
fn networks_that_sum_up_their_past_give_the_same_answers_too() {
    for pages in [7, 200] {
        let toy = Toy {
            is_recurrent: true,
            ..Toy::new(pages)
        };
        check(
            &toy,
            None,
            Options {
                step_tokens: 50,
                ..Options::default()
            },
            &requests(20),
        );
    }
    let toy = Toy {
        is_recurrent: true,
        ..Toy::new(100)
    };
    let handle = toy.start(Options::default());
    let asked = Request {
        choices: 3,
        ..request(3, 150, 20)
    };
    let answers = engine::answers(&handle, asked.clone()).unwrap();
    let found: Vec<_> = answers.into_iter().map(|answer| answer.tokens).collect();
    let expected: Vec<_> = (0..3).map(|choice| toy.expected(&asked, choice)).collect();
    assert_eq!(found, expected);
}

#[test]
fn choices_of_one_request_share_its_prompt_and_differ() {
    let toy = Toy::new(100);
    let handle = toy.start(plain());
    let mut request = Request {
        choices: 4,
        ..request(3, 150, 20)
    };
    request.sampling.temperature = 1.3;
    let events = handle.submit(request.clone()).unwrap();
    let mut answers = vec![Vec::new(); 4];
    for event in &events {
        if let engine::Event::Token(token) = event {
            answers[token.choice as usize].push(token.token);
        }
    }
    for (choice, answer) in answers.iter().enumerate() {
        assert_eq!(*answer, toy.expected(&request, choice as u32));
    }
    assert_ne!(answers[0], answers[1]);
    // 150 of the prompt once, and the tokens of the answers but their last.
    let computed = toy.computed.load(std::sync::atomic::Ordering::Relaxed);
    let own: usize = answers.iter().map(|answer| answer.len() - 1).sum();
    assert_eq!(computed, 150 + own);
}

#[test]
fn an_answer_as_long_as_the_context_or_all_memory_ends_there() {
    let toy = Toy {
        context: 100,
        ..Toy::new(200)
    };
    let endless = |length| Request {
        max_tokens: None,
        ignores_end: true,
        ..request(1, length, 1)
    };
    let (tokens, finished) = read(&toy.start(plain()).submit(endless(30)).unwrap());
    assert_eq!((tokens.len(), finished.reason), (70, Reason::Length));
    let (tokens, finished) = read(&Toy::new(2).start(plain()).submit(endless(30)).unwrap());
    assert_eq!(
        (tokens.len(), finished.reason),
        (2 * 64 - 30 + 1, Reason::Length)
    );
}

#[test]
fn a_long_prompt_does_not_hold_up_running_answers() {
    let toy = Toy {
        pace: Duration::from_millis(2),
        ..Toy::new(200)
    };
    let handle = toy.start(Options {
        step_tokens: 64,
        ..plain()
    });
    let short = handle
        .submit(Request {
            ignores_end: true,
            ..request(1, 5, 30)
        })
        .unwrap();
    assert!(short.recv().is_some());
    let long = handle
        .submit(Request {
            prompt: prompt(9, 3900),
            ..request(2, 1, 1)
        })
        .unwrap();
    read(&long);
    // The prompt takes 62 steps, in which the other answer has its 29: by now they are all there.
    let mut events = std::iter::from_fn(|| short.try_recv());
    assert!(events.any(|event| matches!(event, Event::Finished(_))));
}
