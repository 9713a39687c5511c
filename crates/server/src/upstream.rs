//! Models that other servers run: requests passed on as they are, and answers read from what comes back.

pub(crate) mod answer;
mod wire;

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use fleet::{Call, Reply};
use http_body::{Frame, SizeHint};
use policy::{Admission, Tokens};
use serde_json::json;

use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};

/// Bytes at the end of a reply in which its usage is looked for.
const TAIL: usize = 4096;

impl App {
    /// Passes a request on as it came, and its reply back as it comes.
    pub(crate) async fn pass(
        &self,
        caller: &Caller,
        (model, path): (&str, &str),
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response> {
        let admission = self.admit(caller, model).await?;
        let call = Call {
            headers,
            // Prompts stand at the beginning of bodies, near enough.
            prefix: body.clone(),
            ..Call::new(model, path, body)
        };
        let reply = self.catalogue.fleet().send(call).await?;
        Ok(passed(reply, admission))
    }
}

fn passed(reply: Reply, admission: Admission) -> Response {
    let kind = reply.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let body = Tapped {
        is_stream: kind.starts_with("text/event-stream"),
        body: reply.body,
        tail: Vec::new(),
        events: 0,
        admission: Some(admission),
    };
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// A reply on its way through, of which is read what it cost.
struct Tapped {
    body: fleet::Body,
    is_stream: bool,
    tail: Vec<u8>,
    /// Events of a stream: about as many as tokens.
    events: u64,
    admission: Option<Admission>,
}

impl Tapped {
    fn read(&mut self, bytes: &[u8]) {
        self.events += bytes
            .windows(6)
            .filter(|window| window == b"data: ")
            .count() as u64;
        self.tail.extend_from_slice(bytes);
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
    }

    fn used(&self) -> Tokens {
        let number = |key: &str| {
            let text = String::from_utf8_lossy(&self.tail);
            let (_, rest) = text.rsplit_once(&format!("\"{key}\""))?;
            let digits = rest.trim_start_matches([':', ' ']);
            let end = digits
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(digits.len());
            digits[..end].parse::<u64>().ok()
        };
        Tokens {
            input: number("prompt_tokens").unwrap_or(0),
            output: number("completion_tokens").unwrap_or(self.events),
        }
    }
}

impl Drop for Tapped {
    fn drop(&mut self) {
        let used = self.used();
        if let Some(admission) = self.admission.take() {
            admission.settle(used);
        }
    }
}

/// The event that ends a stream which broke, whatever it broke in.
fn torn(reason: &str) -> Bytes {
    let fault = Fault::new(StatusCode::BAD_GATEWAY, reason).code("upstream_failed");
    format!("\n\ndata: {}\n\n", json!({ "error": fault.body() })).into()
}

impl http_body::Body for Tapped {
    type Data = Bytes;
    type Error = fleet::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, fleet::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let (Some(Err(error)), true) = (&frame, self.is_stream) {
            let event = torn(&error.to_string());
            return Poll::Ready(Some(Ok(Frame::data(event))));
        }
        if let Some(Ok(frame)) = &frame
            && let Some(bytes) = frame.data_ref()
        {
            self.read(bytes);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl From<fleet::Error> for Fault {
    fn from(error: fleet::Error) -> Self {
        use fleet::Error;
        let message = error.to_string();
        tracing::warn!(%message, "a request could not be passed on");
        match error {
            Error::NoSuchModel { .. } => {
                Self::new(StatusCode::NOT_FOUND, message).code("model_not_found")
            }
            Error::BadCall { .. } => Self::invalid(message),
            Error::Busy { .. } => Self {
                retry_after: Some(1),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, message).code("rate_limit_exceeded")
            },
            Error::Unavailable { retry_after, .. } => Self {
                retry_after: Some(retry_after.as_secs().max(1)),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message).code("upstream_unavailable")
            },
            Error::Stalled { .. } => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, message).code("upstream_stalled")
            }
            _ => Self::new(StatusCode::BAD_GATEWAY, message).code("upstream_failed"),
        }
    }
}
