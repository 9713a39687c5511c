//! What an answer is held to: stop texts, grammars, bounds of thinking; and how the best is found.

use std::sync::Arc;

use engine::constrain::Constraint;
use engine::sampling::Sampling;
use engine::{
    Error, Event, Options, Reason, Reasoning, Request, Shelf, Speculation, answers, best_of,
    most_agreed,
};

use crate::toy::{Toy, read, request, text, vocabulary};

fn warm(request: Request) -> Request {
    Request {
        sampling: Sampling {
            temperature: 1.5,
            ..Sampling::default()
        },
        ..request
    }
}

#[test]
fn a_stop_text_ends_the_answer_before_it_appears() {
    let handle = Toy::new(50).start(Options::default());
    let free = Request {
        ignores_end: true,
        ..request(4, 20, 60)
    };
    let (whole, _) = text(&handle.submit(free.clone()).unwrap());
    let letters: Vec<char> = whole
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect();
    let stop = letters[letters.len() / 2].to_string();
    let stopped = Request {
        stop: vec!["never".into(), stop.clone()],
        ..free
    };
    let (cut, reason) = text(&handle.submit(stopped).unwrap());
    assert_eq!(reason, Reason::StopText(1));
    assert_eq!(cut, whole.split(&stop).next().unwrap());
}

#[test]
fn log_probabilities_come_with_each_token_and_change_nothing() {
    let toy = Toy::new(50);
    let handle = toy.start(Options::default());
    let asked = Request {
        logprobs: Some(3),
        ..warm(request(4, 20, 20))
    };
    for event in &handle.submit(asked.clone()).unwrap() {
        if let Event::Token(token) = event {
            let logprobs = token.logprobs.unwrap();
            assert_eq!(logprobs.top.len(), 3);
            assert!(logprobs.chosen <= logprobs.top[0].1 && logprobs.top[0].1 < 0.0);
        }
    }
    assert_eq!(
        read(&handle.submit(asked.clone()).unwrap()).0,
        toy.expected(&asked, 0)
    );
}

#[test]
fn a_schema_is_met_with_and_without_guesses_and_forced_tokens() {
    let schema = r#"{"type":"object","properties":{"kind":{"enum":["alpha","beta"]},"count":{"type":"integer","minimum":10,"maximum":99}},
        "required":["kind","count"],"additionalProperties":false}"#;
    let encode = Arc::new(|text: &str| text.bytes().map(|byte| u32::from(byte) + 1).collect());
    let known = vocabulary().with_encode(encode);
    let mut seen = Vec::new();
    for (speculation, vocabulary) in [
        (None, vocabulary()),
        (
            Some(Speculation {
                drafts_max: 4,
                lookup: 1,
            }),
            vocabulary(),
        ),
        (None, known),
    ] {
        let handle = Toy::new(50).start_with(
            Options {
                speculation,
                ..Options::default()
            },
            None,
            vocabulary,
        );
        for seed in 0..20 {
            let asked = Request {
                constraint: Some(Constraint::JsonSchema(schema.to_owned())),
                ..warm(request(seed, 20, 300))
            };
            let (answer, reason) = text(&handle.submit(asked).unwrap());
            assert!(
                matches!(reason, Reason::Complete | Reason::End),
                "{reason:?}"
            );
            let value: serde_json::Value = serde_json::from_str(&answer).unwrap();
            assert!((10..=99).contains(&value["count"].as_i64().unwrap()));
            seen.push(answer);
        }
    }
    assert_eq!(seen[..20], seen[20..40], "guesses changed an answer");
    let handle = Toy::new(50).start(Options::default());
    let impossible = Request {
        constraint: Some(Constraint::JsonSchema("false".into())),
        ..request(1, 5, 5)
    };
    assert_eq!(
        handle.submit(impossible).unwrap_err().code(),
        "unusable_constraint"
    );
}

#[test]
fn choices_under_one_grammar_do_not_disturb_each_other() {
    let handle = Toy::new(50).start(Options::default());
    let constraint = Some(Constraint::Regex("[a-f]{5,9}(-[0-9]{3}){2}".into()));
    let asked = Request {
        choices: 6,
        constraint,
        ..warm(request(2, 30, 200))
    };
    let found = answers(&handle, asked).unwrap();
    assert_eq!(found.len(), 6);
    for answer in &found {
        let (letters, digits) = answer.text.split_once('-').unwrap();
        assert!(
            (5..=9).contains(&letters.len()) && letters.bytes().all(|b| (b'a'..=b'f').contains(&b))
        );
        assert_eq!(digits.len(), 7, "{}", answer.text);
    }
    assert_ne!(found[0].text, found[1].text);
}

/// `<` opens the thinking and `>` closes it.
fn thinking(min_tokens: usize, max_tokens: Option<usize>, is_open: bool) -> Reasoning {
    Reasoning {
        is_open,
        begin: vec![u32::from(b'<') + 1],
        end: vec![u32::from(b'>') + 1],
        min_tokens,
        max_tokens,
        conclusion: b"So:".iter().map(|byte| u32::from(*byte) + 1).collect(),
    }
}

#[test]
fn thinking_is_held_within_its_bounds_and_the_answer_to_its_grammar() {
    let handle = Toy::new(50).start(Options::default());
    for seed in 0..20 {
        let asked = Request {
            reasoning: Some(thinking(15, Some(30), true)),
            constraint: Some(Constraint::Regex("(yes|no)!".into())),
            stop: vec!["o".into()],
            ..warm(request(seed, 20, 200))
        };
        let answer = answers(&handle, asked).unwrap().remove(0);
        let thought = answer.finished.usage.reasoning;
        assert!((16..=34).contains(&thought), "{thought}");
        assert!(
            ["yes!", "n"].contains(&answer.text.as_str()),
            "{}",
            answer.text
        );
        if thought == 34 {
            assert!(answer.reasoning.ends_with("So:>"), "{}", answer.reasoning);
        }
    }
}

#[test]
fn a_network_that_does_not_think_answers_at_once() {
    let handle = Toy::new(50).start(Options::default());
    let mut thought = 0;
    for seed in 0..20 {
        let mut asked = Request {
            reasoning: Some(thinking(2, Some(5), false)),
            constraint: Some(Constraint::Regex("(yes|no)!".into())),
            ..warm(request(seed, 20, 200))
        };
        let bias = if seed % 2 == 0 { 100.0 } else { -100.0 };
        asked.sampling.logit_bias = vec![(u32::from(b'<') + 1, bias)];
        let answer = answers(&handle, asked).unwrap().remove(0);
        assert!(
            ["yes!", "no!"].contains(&answer.text.as_str()),
            "{}",
            answer.text
        );
        thought += usize::from(answer.finished.usage.reasoning > 0);
    }
    assert_eq!(thought, 10);
}

#[test]
fn thinking_can_be_ended_from_outside() {
    let handle = Toy::new(100).start(Options {
        speculation: None,
        ..Options::default()
    });
    let asked = Request {
        reasoning: Some(thinking(1_000_000, None, true)),
        constraint: Some(Constraint::Regex("done".into())),
        ..warm(request(1, 20, 4000))
    };
    let events = handle.submit(asked).unwrap();
    for _ in 0..50 {
        assert!(events.recv().is_some());
    }
    events.control().conclude();
    let (rest, reason) = text(&events);
    assert!(rest.ends_with("So:>done"), "{rest}");
    assert!(
        matches!(reason, Reason::Complete | Reason::End),
        "{reason:?}"
    );
}

#[test]
fn the_best_of_several_is_the_one_the_verifier_likes_most() {
    let handle = Toy::new(200).start(Options::default());
    let asked = Request {
        choices: 8,
        ignores_end: true,
        ..warm(request(3, 30, 20))
    };
    let score = |answer: &engine::Answer| f64::from(answer.tokens.iter().max().copied().unwrap());
    let all = answers(&handle, asked.clone()).unwrap();
    let highest = all.iter().map(score).fold(0.0, f64::max);
    let (best, found) = best_of(&handle, asked.clone(), f64::INFINITY, score).unwrap();
    assert_eq!(found, highest);
    assert_eq!(score(&best), highest);
    let (_, enough) = best_of(&handle, asked, 1.0, score).unwrap();
    assert!(enough >= 1.0);
}

#[test]
fn the_answer_that_most_agree_on_wins_and_ends_the_others() {
    let handle = Toy::new(200).start(Options::default());
    let constraint = Some(Constraint::Regex("[ab]".into()));
    let mut asked = Request {
        choices: 15,
        constraint,
        ..warm(request(5, 30, 20))
    };
    asked.sampling.logit_bias = vec![(u32::from(b'a') + 1, 20.0)];
    let (answer, votes, heard) = most_agreed(&handle, asked, |answer| Some(answer.text.clone()))
        .unwrap()
        .unwrap();
    assert_eq!(answer.text, "a");
    assert!(votes >= 8 && heard <= 15, "{votes} of {heard}");
}

struct Toys;

impl Shelf for Toys {
    type Model = engine::Handle;
    type Error = Error;

    fn bytes(&self, name: &str) -> Result<usize, Error> {
        name.parse().map_err(|_| Error::Load {
            name: name.to_owned(),
            reason: "no such model".to_owned(),
        })
    }

    fn load(&self, name: &str) -> Result<engine::Handle, Error> {
        assert_ne!(name, "13", "a model that brings its loader down");
        Ok(Toy::new(50).start(Options::default()))
    }

    fn is_busy(handle: &engine::Handle) -> bool {
        let status = handle.status();
        status.running + status.waiting > 0
    }
}

#[test]
fn models_share_a_budget_and_the_one_used_longest_ago_makes_room() {
    let models = engine::Models::new(Toys, 100);
    let names = |models: &engine::Models<Toys>| {
        models
            .resident()
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    models.get("40").unwrap();
    models.get("50").unwrap();
    models.get("40").unwrap();
    models.get("30").unwrap();
    assert_eq!(names(&models), ["40", "30"]);
    assert_eq!(models.get("101").err().unwrap().code(), "not_enough_memory");
    assert_eq!(models.get("none").err().unwrap().code(), "model_not_loaded");
    let busy = models.get("40").unwrap();
    let events = busy
        .submit(Request {
            ignores_end: true,
            max_tokens: None,
            ..request(1, 5, 1)
        })
        .unwrap();
    assert!(events.recv().is_some());
    let refused = models.get("90").err().unwrap();
    assert_eq!(
        refused,
        Error::Memory {
            what: "`90`".to_owned(),
            needed: 90,
            available: 60
        }
    );
    models.get("60").unwrap();
    assert_eq!(names(&models), ["40", "60"]);
    models.unload("60");
    assert_eq!(names(&models), ["40"]);
}

#[test]
fn nobody_waits_for_a_model_whose_loading_broke() {
    let models = engine::Models::new(Toys, 100);
    for _ in 0..2 {
        let load = || models.get("13").is_ok();
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(load)).unwrap_err();
    }
    // Its room is free again.
    assert!(models.get("100").is_ok());
}
