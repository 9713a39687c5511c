//! What the engine tells of itself while it works: who runs, what ended and why, and never what was said.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use engine::{Options, Reason, Request};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::toy::{Toy, read, request};

/// Keeps every span and event as a line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("engine")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(span.metadata().name().to_owned());
        span.record(&mut line);
        self.0.lock().unwrap().push(line.0);
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn requests_and_steps_leave_lines_with_numbers_and_without_words() {
    let lines = Lines::default();
    // The engine computes on a thread of its own, which only a subscriber for all threads hears.
    tracing::subscriber::set_global_default(lines.clone()).unwrap();
    let handle = Toy::new(50).start(Options::default());
    let asked = Request {
        ignores_end: true,
        ..request(4, 20, 7)
    };
    let (_, end) = read(&handle.submit(asked.clone()).unwrap());
    assert_eq!(end.reason, Reason::Length);
    handle.shutdown();
    let lines = lines.0.lock().unwrap();
    let holds = |parts: &[&str]| {
        lines
            .iter()
            .any(|line| parts.iter().all(|part| line.contains(part)))
    };
    assert!(
        holds(&["INFO", "an engine is ready", "pages=50"]),
        "{lines:#?}"
    );
    assert!(
        holds(&["DEBUG", "a sequence runs", "tokens=20"]),
        "{lines:#?}"
    );
    assert!(holds(&["engine_step", "step=1"]), "{lines:#?}");
    assert!(
        holds(&["TRACE", "computing", "sequences=1", "tokens=20"]),
        "{lines:#?}"
    );
    let end = [
        "DEBUG",
        "an answer ended",
        "reason=\"length\"",
        "generated=7",
    ];
    assert!(holds(&end), "{lines:#?}");
    let prompt = asked.prompt.iter().map(u32::to_string);
    let prompt = prompt.collect::<Vec<String>>().join(", ");
    assert!(
        !holds(&[&prompt]),
        "what was said is nobody else's business"
    );
}
