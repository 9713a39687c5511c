//! Scripts: models that say what was written down for them.

use std::time::{Duration, Instant};

use dialogue::{Line, Moment, Outcome, Request, Script, Speaker};
use models::chat::{Content, Event, Message, Role, Tool, ToolKind};

fn whole(speaker: &Speaker, request: &Request<'_>) -> (Vec<Event>, Outcome) {
    let mut answering = speaker.answer(request).unwrap();
    let mut events = Vec::new();
    loop {
        match answering.next(Duration::from_secs(5)) {
            Moment::Said(said) => events.extend(said.events),
            Moment::Over(_, outcome) => return (events, *outcome),
            Moment::Silence => panic!("nothing for 5 seconds"),
        }
    }
}

fn text(outcome: &Outcome) -> String {
    let content = outcome.message.content.as_ref();
    content.map(Content::text).unwrap_or_default()
}

fn script(pace_ms: u64) -> Speaker {
    Speaker::scripted(Script {
        pace_ms,
        lines: vec![
            Line {
                when: Some("weather".to_owned()),
                after_tool: Some(false),
                calls: vec![("look".to_owned(), r#"{"at":"sky"}"#.to_owned())],
                ..Line::default()
            },
            Line {
                when: Some("story".to_owned()),
                reasoning: "Once more.".to_owned(),
                text: "once upon a time".to_owned(),
                ..Line::default()
            },
        ],
    })
}

#[test]
fn the_first_line_that_fits_is_said_and_others_hear_their_echo() {
    let speaker = script(0);
    let messages = [Message::new(Role::User, "a story please")];
    let request = Request {
        messages: &messages,
        ..Request::default()
    };
    let (events, outcome) = whole(&speaker, &request);
    assert_eq!(text(&outcome), "once upon a time");
    assert_eq!(outcome.message.reasoning.as_deref(), Some("Once more."));
    assert_eq!(events.len(), 6);
    assert_eq!(outcome.finished.usage.generated, 6);
    let echoed = [Message::new(Role::User, "two words")];
    let request = Request {
        messages: &echoed,
        ..Request::default()
    };
    assert_eq!(text(&whole(&speaker, &request).1), "You said: two words");
    let cut = Request {
        max_tokens: Some(3),
        ..request.clone()
    };
    let (_, outcome) = whole(&speaker, &cut);
    assert_eq!(
        (text(&outcome).as_str(), outcome.reason()),
        ("You said: two ", "length")
    );
    let stop = ["two".to_owned()];
    let stopped = Request {
        stop: &stop,
        ..request
    };
    assert_eq!(text(&whole(&speaker, &stopped).1), "You said: ");
}

#[test]
fn tools_are_called_only_where_there_are_some() {
    let speaker = script(0);
    let messages = [Message::new(Role::User, "the weather?")];
    let tools = [Tool {
        name: "look".to_owned(),
        description: None,
        kind: ToolKind::Function {
            parameters: None,
            strict: None,
        },
    }];
    let request = Request {
        messages: &messages,
        ..Request::default()
    };
    assert!(whole(&speaker, &request).1.message.tool_calls.is_empty());
    let request = Request {
        tools: &tools,
        ..request
    };
    let (_, outcome) = whole(&speaker, &request);
    assert_eq!(outcome.reason(), "tool_calls");
    assert_eq!(outcome.message.tool_calls[0].name, "look");
}

#[test]
fn a_pace_is_kept_and_an_answer_can_be_stopped() {
    let speaker = script(20);
    let messages = [Message::new(Role::User, "story")];
    let request = Request {
        messages: &messages,
        ..Request::default()
    };
    let begun = Instant::now();
    assert_eq!(text(&whole(&speaker, &request).1), "once upon a time");
    assert!(begun.elapsed() >= Duration::from_millis(100));
    let mut answering = speaker.answer(&request).unwrap();
    assert!(matches!(
        answering.next(Duration::from_secs(5)),
        Moment::Said(_)
    ));
    answering.stopper().cancel();
    let Moment::Over(_, outcome) = answering.next(Duration::from_secs(5)) else {
        panic!("it goes on");
    };
    assert_eq!(outcome.reason(), "cancelled");
}
