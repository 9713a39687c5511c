//! Answers as they come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use dialogue::{Answering, Error, Moment, Outcome, Request, Settings, Speaker, Thinking};
use engine::Reason;
use engine::constrain::Constraint;
use models::chat::{Event, Message, Role};

use crate::tiny;

fn speaker(settings: Settings) -> Speaker {
    Speaker::load(tiny::folder().path(), settings).unwrap()
}

fn said(text: &str) -> Vec<Message> {
    vec![Message::new(Role::User, text)]
}

/// A request that is answered alike each time.
fn request(messages: &[Message], seed: u64) -> Request<'_> {
    Request {
        messages,
        seed,
        max_tokens: Some(16),
        ..Request::default()
    }
}

/// All that is said, and how it ends.
fn whole(mut answering: Answering) -> (Vec<Event>, Outcome) {
    let mut events = Vec::new();
    loop {
        match answering.next(Duration::from_secs(20)) {
            Moment::Said(more) => events.extend(more.events),
            Moment::Over(more, outcome) => {
                events.extend(more.events);
                return (events, *outcome);
            }
            Moment::Silence => panic!("nothing for 20 seconds"),
        }
    }
}

#[test]
fn what_is_said_becomes_the_message_of_the_answer() {
    let speaker = speaker(Settings::default());
    let messages = said("Hello");
    let (events, outcome) = whole(speaker.answer(&request(&messages, 7)).unwrap());
    let text: String = events
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let content = outcome
        .message
        .content
        .as_ref()
        .map(models::chat::Content::text);
    assert_eq!(content.unwrap_or_default(), text);
    assert_eq!(outcome.message.role, Role::Assistant);
    let prompt = speaker.count(&messages, None).unwrap();
    assert_eq!(outcome.finished.usage.prompt, prompt);
    let expected = match outcome.finished.usage.generated {
        16 => "length",
        _ => "stop",
    };
    assert_eq!(outcome.reason(), expected);
}

#[test]
fn answers_side_by_side_are_those_that_each_would_get_alone() {
    let one = speaker(Settings::default());
    let many = speaker(Settings {
        answers: 4,
        ..Settings::default()
    });
    assert!(many.bytes() > one.bytes());
    let questions: Vec<Vec<Message>> = (0..4).map(|at| said(&"Why? ".repeat(at + 1))).collect();
    let together: Vec<Answering> = questions
        .iter()
        .zip(0..)
        .map(|(messages, seed)| many.answer(&request(messages, seed)).unwrap())
        .collect();
    for ((answering, messages), seed) in together.into_iter().zip(&questions).zip(0..) {
        let alone = whole(one.answer(&request(messages, seed)).unwrap()).1;
        assert_eq!(whole(answering).1.message, alone.message);
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_task_that_awaits_an_answer_is_woken_and_gets_all_of_it() {
    let speaker = speaker(Settings::default());
    let messages = said("Hello");
    let expected = whole(speaker.answer(&request(&messages, 3)).unwrap());
    let mut answering = speaker.answer(&request(&messages, 3)).unwrap();
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut cx = Context::from_waker(&waker);
    let mut events = Vec::new();
    let outcome = loop {
        let before = bell.0.load(Ordering::SeqCst);
        match answering.poll_next(&mut cx) {
            Poll::Ready(Some(Moment::Said(more))) => events.extend(more.events),
            Poll::Ready(Some(Moment::Over(more, outcome))) => {
                events.extend(more.events);
                break outcome;
            }
            Poll::Ready(other) => panic!("{other:?} before the end"),
            Poll::Pending => {
                while bell.0.load(Ordering::SeqCst) == before {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
    };
    assert_eq!((events, outcome.message), (expected.0, expected.1.message));
    assert!(matches!(answering.poll_next(&mut cx), Poll::Ready(None)));
}

#[test]
fn an_answer_ends_when_it_is_cancelled_or_nobody_holds_it_any_more() {
    let speaker = speaker(Settings::default());
    let messages = said("Hello");
    let long = Request {
        max_tokens: None,
        ..request(&messages, 1)
    };
    let answering = speaker.answer(&long).unwrap();
    answering.stopper().cancel();
    let (_, outcome) = whole(answering);
    assert_eq!(
        (outcome.finished.reason.clone(), outcome.reason()),
        (Reason::Cancelled, "cancelled")
    );
    drop(speaker.answer(&long).unwrap());
    // There is room for one answer only: this one comes because the other has ended.
    whole(speaker.answer(&request(&messages, 2)).unwrap());
    assert_eq!(speaker.status().waiting, 0);
}

#[test]
fn a_constraint_holds_behind_the_thoughts() {
    let speaker = speaker(Settings::default());
    let messages = said("Well?");
    for thinks in [Some(true), Some(false), None] {
        let answering = speaker.answer(&Request {
            constraint: Some(Constraint::JsonSchema(
                r#"{"enum": ["yes", "no"]}"#.to_owned(),
            )),
            max_tokens: None,
            thinking: Thinking {
                thinks,
                ..Thinking::default()
            },
            ..request(&messages, 5)
        });
        let (_, outcome) = whole(answering.unwrap());
        let text = outcome
            .message
            .content
            .as_ref()
            .map(models::chat::Content::text);
        // Somebody who never stops thinking says nothing.
        if let (Some(text), "stop") = (text, outcome.reason()) {
            assert!([r#""yes""#, r#""no""#].contains(&text.trim()), "{text}");
        }
    }
}

#[test]
fn what_cannot_be_answered_is_refused_at_once() {
    let speaker = speaker(Settings::default());
    let long = said(&"word ".repeat(400));
    assert!(matches!(
        speaker.answer(&request(&long, 1)),
        Err(Error::TooLong { .. })
    ));
    assert!(matches!(
        speaker.answer(&request(&[], 1)),
        Err(Error::Model(_))
    ));
    let messages = said("Hello");
    let unmet = speaker.answer(&Request {
        constraint: Some(Constraint::JsonSchema("false".to_owned())),
        ..request(&messages, 1)
    });
    assert_eq!(
        unmet.err().map(|error| error.code()),
        Some("unusable_constraint")
    );
    let settings = Settings {
        context: Some(1 << 20),
        ..Settings::default()
    };
    let error = Speaker::load(tiny::folder().path(), settings)
        .err()
        .unwrap();
    assert_eq!(error.code(), "context_too_long");
}

#[test]
fn a_stop_text_ends_an_answer_before_it_and_choices_are_told_apart() {
    let speaker = speaker(Settings {
        answers: 2,
        ..Settings::default()
    });
    let messages = said("Hello");
    let (_, free) = whole(speaker.answer(&request(&messages, 7)).unwrap());
    let text = free
        .message
        .content
        .as_ref()
        .map(models::chat::Content::text);
    let text = text.unwrap_or_default();
    let stop = vec![text.chars().skip(2).take(2).collect::<String>()];
    let (_, held) = whole(
        speaker
            .answer(&Request {
                stop: &stop,
                ..request(&messages, 7)
            })
            .unwrap(),
    );
    let cut = held
        .message
        .content
        .as_ref()
        .map(models::chat::Content::text);
    let before = text.split(&stop[0]).next().unwrap();
    assert_eq!(cut.unwrap_or_default(), before);
    assert_eq!(held.reason(), "stop");
    let mut two = speaker
        .answer(&Request {
            choices: 2,
            logprobs: Some(3),
            ..request(&messages, 7)
        })
        .unwrap();
    let mut ended = Vec::new();
    while ended.len() < 2 {
        match two.next(Duration::from_secs(20)) {
            Moment::Said(said) => {
                let word = said.word.unwrap();
                assert_eq!(word.top.len(), 3);
                assert!(word.logprob <= word.top[0].1 + 1e-6 && word.logprob < 0.0);
            }
            Moment::Over(saying, outcome) => {
                assert_eq!(saying.choice, outcome.finished.choice);
                ended.push(outcome.message);
            }
            Moment::Silence => panic!("nothing for 20 seconds"),
        }
    }
    assert_ne!(ended[0], ended[1]);
}
