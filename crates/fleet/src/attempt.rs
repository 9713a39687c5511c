//! One request to one upstream, up to the first byte of its reply.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout, timeout_at};

use crate::breaker::Cause;
use crate::call::Repeat;
use crate::connect::{Connection, plain};
use crate::error::Error;
use crate::headers;
use crate::member::{Flight, Member};
use crate::options::Timeouts;
use crate::reply::{Body, Reply};

/// What came of it.
pub enum Outcome {
    /// A reply for the caller.
    Reply(Reply),
    /// The upstream says that it did not do it (429, 503), and perhaps when to ask again.
    Declined(Reply, Option<Duration>),
    /// A gateway before it says that nothing came of it (502, 504). It may have been done.
    Faulty(Reply),
    /// It broke over this request (500), by its own fault or the request's.
    Erred(Reply),
    /// Nothing came.
    Failed {
        error: Error,
        /// Whether the upstream may have received the request.
        is_received: bool,
    },
}

/// A request as it goes to one upstream.
pub struct Attempt<'a> {
    pub method: Method,
    pub path: &'a str,
    /// The caller's, already chosen.
    pub headers: &'a HeaderMap,
    pub body: Bytes,
    pub repeat: Repeat,
    pub timeouts: Timeouts,
}

/// Why no head of a reply came.
enum Headless {
    NotSent(String),
    Broken(String),
    Late,
}

impl Attempt<'_> {
    /// Sends it, and waits for the first byte of the reply's body.
    pub async fn make(self, flight: Flight) -> Outcome {
        let name = flight.member.name.to_string();
        let since = Instant::now();
        let by = since + self.timeouts.first_byte;
        let (connection, response) = match self.head(&flight.member, by).await {
            Ok(found) => found,
            Err(Headless::NotSent(cause)) => {
                flight.failed(Cause::Unreachable, Instant::now());
                let error = Error::Unreachable {
                    upstream: name,
                    cause,
                };
                return Outcome::failed(error, false);
            }
            Err(Headless::Broken(cause)) => {
                flight.failed(Cause::Misbehaved, Instant::now());
                return Outcome::failed(broken(name, cause), true);
            }
            Err(Headless::Late) => {
                flight.stalled(Instant::now());
                let error = Error::Stalled {
                    upstream: name,
                    waited: self.timeouts.first_byte,
                    has_begun: false,
                };
                return Outcome::failed(error, true);
            }
        };
        let status = response.status();
        if let Some(error) = unusable(&name, status) {
            flight.failed(Cause::Misbehaved, Instant::now());
            return Outcome::failed(error, false);
        }
        let (head, incoming) = response.into_parts();
        let upstream = flight.member.name.clone();
        let mut body = Body::new(incoming, connection, flight, self.timeouts, since);
        if is_gateway_fault(status, &head.headers) {
            body.tell_off();
        }
        if let Err(error) = body.begin(by, self.timeouts.first_byte).await {
            return Outcome::failed(error, true);
        }
        let reply = Reply {
            status,
            headers: headers::of_reply(&head.headers),
            upstream,
            body,
        };
        match status.as_u16() {
            429 | 503 | 529 => Outcome::Declined(reply, retry_after(&head.headers)),
            502 | 504 => Outcome::Faulty(reply),
            500 => Outcome::Erred(reply),
            _ => Outcome::Reply(reply),
        }
    }

    /// Sends it over a connection that is there, or a new one. One that was closed meanwhile is no failure.
    async fn head(
        &self,
        member: &Member,
        by: Instant,
    ) -> Result<(Connection, Response<Incoming>), Headless> {
        // An unused connection may be closed just as it is used, and then nobody knows what was received.
        let mut kept = match self.repeat {
            Repeat::Harmless => member
                .connections
                .take(Instant::now(), self.timeouts.connection_idle),
            Repeat::OnlyIfUnreceived => None,
        };
        loop {
            let was_kept = kept.is_some();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => open(member, self.timeouts.connect).await?,
            };
            let request = self.request(member)?;
            let sent = timeout_at(by, connection.sender.try_send_request(request)).await;
            match sent.map_err(|_| Headless::Late)? {
                Ok(response) => return Ok((connection, response)),
                Err(error) if was_kept && is_closing(error.error()) => {}
                Err(error) if error.message().is_some() => {
                    return Err(Headless::NotSent(plain(error.error())));
                }
                Err(error) => return Err(Headless::Broken(plain(error.error()))),
            }
        }
    }

    fn request(&self, member: &Member) -> Result<Request<Full<Bytes>>, Headless> {
        let path = member.path(self.path);
        let uri: Uri = path
            .parse()
            .map_err(|_| Headless::NotSent(format!("`{path}` is no path")))?;
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        for (name, value) in &member.headers {
            request.headers_mut().insert(name, value.clone());
        }
        Ok(request)
    }
}

impl Outcome {
    fn failed(error: Error, is_received: bool) -> Self {
        Self::Failed { error, is_received }
    }
}

async fn open(member: &Member, patience: Duration) -> Result<Connection, Headless> {
    match timeout(patience, member.door.open(None)).await {
        Ok(opened) => opened.map_err(Headless::NotSent),
        Err(_) => Err(Headless::NotSent(format!(
            "no connection within {} s",
            patience.as_secs_f64()
        ))),
    }
}

/// Whether a kept connection ended before a byte of the reply came, as when a server closes what is unused.
fn is_closing(error: &hyper::Error) -> bool {
    error.is_canceled()
        || error.is_closed()
        || error.is_incomplete_message()
        || std::error::Error::source(error)
            .and_then(|cause| cause.downcast_ref::<std::io::Error>())
            .is_some()
}

/// What is no reply to the caller: the owner's settings are wrong, and what it says may quote the key.
fn unusable(name: &str, status: StatusCode) -> Option<Error> {
    let upstream = name.to_owned();
    let code = status.as_u16();
    match code {
        300..=399 => Some(Error::Redirected {
            upstream,
            status: code,
        }),
        401 | 403 | 407 => Some(Error::KeyRefused {
            upstream,
            status: code,
        }),
        100..=199 => Some(broken(upstream, "it switches protocols".to_owned())),
        _ => None,
    }
}

/// A 500 alone does not tell whose fault it is; these say that the upstream is not well.
/// One that says when to come back is well enough to know.
fn is_gateway_fault(status: StatusCode, headers: &HeaderMap) -> bool {
    match status.as_u16() {
        502 | 504 => true,
        503 => retry_after(headers).is_none(),
        _ => false,
    }
}

fn broken(upstream: String, cause: String) -> Error {
    Error::Broken {
        upstream,
        cause,
        has_begun: false,
    }
}

/// The seconds of `Retry-After`. The other form, a date, would need both clocks to agree; it is not followed.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds: f64 = value.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}
