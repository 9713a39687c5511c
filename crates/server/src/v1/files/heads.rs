//! Forms whose parts have heads of a decent length: what reads forms gathers a head until it ends, however long it is,
//! and looks through all of it again with each piece that comes.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest as _, Multipart, Request};
use bytes::Bytes;
use http_body::Frame;

/// Bytes that may come in without a field or a piece of one coming out.
const GATHERED_MAX: usize = 1 << 20;

/// Bytes that are handed on at once: as much may have come in before anything can come out.
const BURST: usize = 256 << 10;

/// A form as it comes in.
pub(crate) struct Form {
    multipart: Multipart,
    gathered: Arc<AtomicUsize>,
}

impl Form {
    /// The form that a request has for its body.
    pub async fn of(request: Request) -> Result<Self, MultipartRejection> {
        let gathered = Arc::new(AtomicUsize::new(0));
        let request = request.map(|body| {
            Body::new(Counted {
                body,
                gathered: Arc::clone(&gathered),
                burst: 0,
            })
        });
        let multipart = Multipart::from_request(request, &()).await?;
        Ok(Self {
            multipart,
            gathered,
        })
    }

    /// The next field; the one before must have been read to its end.
    pub async fn next_field(&mut self) -> Result<Option<(Field<'_>, Progress)>, MultipartError> {
        let field = self.multipart.next_field().await?;
        let progress = Progress(Arc::clone(&self.gathered));
        progress.note();
        Ok(field.map(|field| (field, progress)))
    }
}

/// Where it is told that something came out.
#[derive(Clone)]
pub(crate) struct Progress(Arc<AtomicUsize>);

impl Progress {
    fn note(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// The next piece of `field`.
    pub async fn chunk(&self, field: &mut Field<'_>) -> Result<Option<Bytes>, MultipartError> {
        let chunk = field.chunk().await;
        self.note();
        chunk
    }
}

/// A body that breaks when too much of it is gathered.
struct Counted {
    body: Body,
    gathered: Arc<AtomicUsize>,
    burst: usize,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.burst >= BURST {
            // Whoever reads is to look at what they have.
            self.burst = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) else {
            return Poll::Ready(None);
        };
        let frame = frame?;
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        self.burst += bytes;
        let gathered = self.gathered.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if gathered > GATHERED_MAX {
            return Poll::Ready(Some(Err("the head of a part has no end".into())));
        }
        Poll::Ready(Some(Ok(frame)))
    }
}
