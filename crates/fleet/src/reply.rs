//! What comes back: bytes as the upstream sends them.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::breaker::Cause;
use crate::connect::{Connection, plain};
use crate::error::Error;
use crate::member::{Flight, Member};
use crate::options::Timeouts;

/// What an upstream replied.
#[derive(Debug)]
pub struct Reply {
    /// Its status: a success, a refusal of the request (4xx), 500, or the refusal of the last upstream that
    /// could be tried.
    pub status: StatusCode,
    /// The few headers that are of use.
    pub headers: HeaderMap,
    /// Who replied.
    pub upstream: Arc<str>,
    /// What it says. The first bytes are here already.
    pub body: Body,
}

/// The bytes of a reply, unbuffered: the upstream is read as fast as this is. Dropping it ends the request.
///
/// A reply that stalls or breaks ends with an [`Error`] in place of the next bytes; for a stream of events that is
/// the moment to close the event that may have begun, and to send one that says so.
pub struct Body {
    first: Option<Bytes>,
    rest: Option<Rest>,
}

struct Rest {
    incoming: Incoming,
    connection: Connection,
    /// None once the upstream was told off.
    flight: Option<Flight>,
    name: Arc<str>,
    timeouts: Timeouts,
    timer: Pin<Box<Sleep>>,
    is_armed: bool,
    ends_by: Instant,
}

impl Body {
    /// A body of which nothing has come yet.
    pub(crate) fn new(
        incoming: Incoming,
        connection: Connection,
        flight: Flight,
        timeouts: Timeouts,
        since: Instant,
    ) -> Self {
        let ends_by = since + timeouts.whole;
        Self {
            first: None,
            rest: Some(Rest {
                incoming,
                connection,
                name: Arc::clone(&flight.member.name),
                flight: Some(flight),
                timeouts,
                timer: Box::pin(sleep_until(ends_by)),
                is_armed: false,
                ends_by,
            }),
        }
    }

    /// The next bytes, an error that ends them, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Waits for the first bytes, or the end, within `patience`.
    pub(crate) async fn begin(&mut self, by: Instant, patience: Duration) -> Result<(), Error> {
        if let Some(rest) = &mut self.rest {
            // Until then no other bound counts.
            rest.timer.as_mut().reset(by);
            rest.is_armed = true;
        }
        match self.next().await {
            None => Ok(()),
            Some(Ok(bytes)) => {
                self.first = Some(bytes);
                if let Some(rest) = &mut self.rest {
                    rest.flight
                        .iter_mut()
                        .for_each(|flight| flight.began(Instant::now()));
                }
                Ok(())
            }
            Some(Err(Error::Stalled { upstream, .. })) => Err(Error::Stalled {
                upstream,
                waited: patience,
                has_begun: false,
            }),
            Some(Err(Error::Broken {
                upstream, cause, ..
            })) => Err(Error::Broken {
                upstream,
                cause,
                has_begun: false,
            }),
            Some(Err(other)) => Err(other),
        }
    }

    /// Counts the reply as a failure, whatever comes.
    pub(crate) fn tell_off(&mut self) {
        let flight = self.rest.as_mut().and_then(|rest| rest.flight.take());
        if let Some(flight) = flight {
            flight.failed(Cause::Misbehaved, Instant::now());
        }
    }

    /// Counts the reply neither for its upstream nor against it; the upstream.
    pub(crate) fn withhold(&mut self) -> Option<Arc<Member>> {
        let flight = self.rest.as_mut()?.flight.take()?;
        Some(Arc::clone(&flight.member))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        let next = std::task::ready!(rest.poll_next(cx));
        match &next {
            Some(Ok(_)) if !rest.incoming.is_end_stream() => {}
            Some(Err(_)) => self.rest = None,
            Some(Ok(_)) | None => {
                if let Some(rest) = self.rest.take() {
                    rest.finish();
                }
            }
        }
        Poll::Ready(next)
    }
}

impl Rest {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            let now = Instant::now();
            match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => {
                    let error = Error::Broken {
                        upstream: self.name.to_string(),
                        cause: plain(&error),
                        has_begun: true,
                    };
                    if let Some(flight) = self.flight.take() {
                        flight.failed(Cause::Misbehaved, now);
                    }
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers and empty parts are no bytes.
                    let Some(bytes) = frame.into_data().ok().filter(|bytes| !bytes.is_empty())
                    else {
                        continue;
                    };
                    self.is_armed = false;
                    if now > self.ends_by {
                        return Poll::Ready(Some(Err(self.stalled(now))));
                    }
                    return Poll::Ready(Some(Ok(bytes)));
                }
                Poll::Pending => {
                    if !self.is_armed {
                        let by = (now + self.timeouts.idle).min(self.ends_by);
                        self.timer.as_mut().reset(by);
                        self.is_armed = true;
                    }
                    std::task::ready!(self.timer.as_mut().poll(cx));
                    return Poll::Ready(Some(Err(self.stalled(now))));
                }
            }
        }
    }

    fn stalled(&mut self, now: Instant) -> Error {
        if let Some(flight) = self.flight.take() {
            flight.stalled(now);
        }
        Error::Stalled {
            upstream: self.name.to_string(),
            waited: match now >= self.ends_by {
                true => self.timeouts.whole,
                false => self.timeouts.idle,
            },
            has_begun: true,
        }
    }

    fn finish(self) {
        if let Some(flight) = self.flight {
            flight
                .member
                .connections
                .put(self.connection, Instant::now());
            flight.done();
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.poll_next(cx)
            .map(|next| next.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let rest = self.rest.as_ref().map(|rest| rest.incoming.size_hint());
        let rest = rest.unwrap_or_else(|| SizeHint::with_exact(0));
        let mut hint = SizeHint::new();
        hint.set_lower(first.saturating_add(rest.lower()));
        if let Some(upper) = rest.upper() {
            hint.set_upper(first.saturating_add(upper));
        }
        hint
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hint = self.size_hint();
        write!(out, "Body({}..{:?} bytes)", hint.lower(), hint.upper())
    }
}
