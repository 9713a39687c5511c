//! Server-sent events, written straight into the body of a reply.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::{BufMut as _, Bytes, BytesMut};
use http_body::Frame;
use serde::Serialize;
use tokio::time::{Instant, Sleep};

/// A comment is sent when nothing else was for so long, so that nobody in between gives up.
const KEPT_ALIVE: Duration = Duration::from_secs(15);

/// What is ready at once is sent as one piece, up to so many bytes.
const PIECE_BYTES: usize = 16 << 10;

/// Where events come from.
pub(crate) trait Source: Send + 'static {
    /// Writes what comes next; whether more follows.
    fn poll_events(&mut self, cx: &mut Context<'_>, out: &mut Events) -> Poll<bool>;
}

/// Events that are about to be sent.
#[derive(Debug, Default)]
pub(crate) struct Events {
    bytes: BytesMut,
}

impl Events {
    /// `data:` with JSON.
    pub fn data(&mut self, value: &impl Serialize) {
        self.bytes.put_slice(b"data: ");
        self.json(value);
        self.bytes.put_slice(b"\n\n");
    }

    /// An event with a name.
    pub fn named(&mut self, name: &str, value: &impl Serialize) {
        self.bytes.put_slice(b"event: ");
        self.bytes.put_slice(name.as_bytes());
        self.bytes.put_slice(b"\n");
        self.data(value);
    }

    /// That this was all.
    pub fn done(&mut self) {
        self.bytes.put_slice(b"data: [DONE]\n\n");
    }

    fn json(&mut self, value: &impl Serialize) {
        // JSON escapes line breaks, so that an event stays on its line.
        serde_json::to_writer((&mut self.bytes).writer(), value).expect("values of ours are JSON");
    }
}

/// A reply of events.
pub(crate) fn reply(source: impl Source) -> Response {
    let body = Stream {
        source,
        events: Events::default(),
        is_over: false,
        quiet: Box::pin(tokio::time::sleep(KEPT_ALIVE)),
    };
    let mut response = Body::new(body).into_response();
    let headers = response.headers_mut();
    let fixed = |text| HeaderValue::from_static(text);
    headers.insert(
        header::CONTENT_TYPE,
        fixed("text/event-stream; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, fixed("no-cache"));
    // nginx would hold the events back.
    headers.insert("x-accel-buffering", fixed("no"));
    response
}

struct Stream<S> {
    source: S,
    events: Events,
    is_over: bool,
    quiet: Pin<Box<Sleep>>,
}

// Nothing in it is borrowed from itself.
impl<S> Unpin for Stream<S> {}

impl<S: Source> http_body::Body for Stream<S> {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        while !this.is_over && this.events.bytes.len() < PIECE_BYTES {
            match this.source.poll_events(cx, &mut this.events) {
                Poll::Ready(more) => this.is_over = !more,
                Poll::Pending => break,
            }
        }
        if !this.events.bytes.is_empty() {
            this.quiet.as_mut().reset(Instant::now() + KEPT_ALIVE);
            let piece = this.events.bytes.split().freeze();
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if this.is_over {
            return Poll::Ready(None);
        }
        if this.quiet.as_mut().poll(cx).is_ready() {
            this.quiet.as_mut().reset(Instant::now() + KEPT_ALIVE);
            let comment = Bytes::from_static(b": still here\n\n");
            return Poll::Ready(Some(Ok(Frame::data(comment))));
        }
        Poll::Pending
    }
}
