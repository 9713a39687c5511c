//! Takes connections, and lets none of them hold the server up.

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::tls::Encryption;

/// How long clients are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the head of a request, from the end of one to the head of the next, and for encryption to be agreed on.
    /// Default: 20 s.
    pub head: Duration,
    /// For the whole body of a request of JSON. Default: 120 s.
    pub body: Duration,
    /// For a client to take anything of what is written to it. Default: 60 s.
    pub unread: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(20),
            body: Duration::from_secs(120),
            unread: Duration::from_secs(60),
        }
    }
}

/// Bytes of a request's head at most.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// Connections at a time.
const CONNECTIONS_MAX: usize = 10_000;

/// After an error of the system, such as too many open files, it is left in peace for so long.
const PAUSE: Duration = Duration::from_millis(50);

/// Whoever still sends what was refused is let finish for so long, so that the answer is not lost with the rest: a
/// connection that is closed over unread bytes is reset …
const LINGERS_FOR: Duration = Duration::from_secs(10);

/// … unless nothing comes for so long, or more than this comes.
const QUIET_FOR: Duration = Duration::from_millis(250);
const LINGERS_OVER: usize = 256 << 20;

/// What whoever speaks without encryption is told where it is wanted.
const UNENCRYPTED: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 55\r\n\
    connection: close\r\n\r\nthis server encrypts: write https:// before its address";

/// Serves until `stop` ends; then takes no more, and ends what has begun.
pub(crate) async fn serve(
    listener: TcpListener,
    encryption: Option<Encryption>,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_buf_size(HEAD_BYTES_MAX);
    let mut stop = std::pin::pin!(stop);
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let (stream, from) = tokio::select! {
            // The semaphore is never closed.
            accepted = async { (place.await, listener.accept().await) } => match accepted {
                (place, Ok((stream, from))) => ((stream, place), from),
                (_, Err(error)) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let (stream, place) = stream;
        // A failure costs time alone.
        let _ = stream.set_nodelay(true);
        let router = TowerToHyperService::new(router.clone());
        // Wrapping the router for each connection would copy all of its routes.
        let service = service_fn(move |mut request: Request<Incoming>| {
            request
                .extensions_mut()
                .insert(ConnectInfo::<SocketAddr>(from));
            request.extensions_mut().insert(patience);
            router.call(request)
        });
        let stream = Patient::new(stream, patience.unread);
        let (builder, watcher) = (builder.clone(), graceful.watcher());
        let acceptor = encryption.as_ref().map(Encryption::acceptor);
        tokio::spawn(async move {
            let ended = match acceptor {
                None => {
                    let connection = builder.serve_connection(TokioIo::new(stream), service);
                    watcher.watch(connection).await
                }
                Some(acceptor) => match encrypted(&acceptor, stream, patience.head).await {
                    Some(stream) => {
                        let connection = builder.serve_connection(TokioIo::new(stream), service);
                        watcher.watch(connection).await
                    }
                    None => Ok(()),
                },
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// The stream behind its encryption, once both sides agree on one.
async fn encrypted(
    acceptor: &TlsAcceptor,
    mut stream: Patient,
    patience: Duration,
) -> Option<TlsStream<Patient>> {
    let agreed = tokio::time::timeout(patience, async {
        let mut first = [0];
        // The first byte of a method's name, where TLS has 22.
        if stream.stream.peek(&mut first).await.is_ok() && first[0].is_ascii_uppercase() {
            // They may be gone.
            let _ = stream.write_all(UNENCRYPTED).await;
            let _ = stream.shutdown().await;
            return None;
        }
        match acceptor.accept(stream).await {
            Ok(stream) => Some(stream),
            Err(error) => {
                tracing::debug!(%error, "no encryption was agreed on");
                None
            }
        }
    });
    agreed.await.ok().flatten()
}

/// A stream that fails when nothing written to it is taken for too long, and ends when the other side has, too.
struct Patient {
    stream: TcpStream,
    patience: Duration,
    timer: Pin<Box<Sleep>>,
    is_waiting: bool,
    /// Once nothing more is written: until when bytes are read for nobody, and how many.
    lingering: Option<(Instant, usize)>,
}

impl Patient {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            timer: Box::pin(tokio::time::sleep(patience)),
            is_waiting: false,
            lingering: None,
        }
    }

    /// Reads what still comes, for nobody, until it ends.
    fn poll_linger(&mut self, cx: &mut Context<'_>, (until, left): (Instant, usize)) -> Poll<()> {
        let mut left = left;
        let mut bytes = [MaybeUninit::uninit(); 8192];
        // Others want to go on as well.
        for _ in 0..16 {
            let mut buffer = ReadBuf::uninit(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    left = left.saturating_sub(buffer.filled().len());
                    self.lingering = Some((until, left));
                    let quiet = Instant::now() + QUIET_FOR;
                    self.timer.as_mut().reset(quiet.min(until));
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return self.timer.as_mut().poll(cx),
            }
        }
        if Instant::now() > until || left == 0 {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn judge<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.is_waiting = false;
            return written;
        }
        if !self.is_waiting {
            self.is_waiting = true;
            let until = Instant::now() + self.patience;
            self.timer.as_mut().reset(until);
        }
        match self.timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let lingering = match self.lingering {
            Some(lingering) => lingering,
            None => {
                ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
                let now = Instant::now();
                self.timer.as_mut().reset(now + QUIET_FOR);
                *self.lingering.insert((now + LINGERS_FOR, LINGERS_OVER))
            }
        };
        self.poll_linger(cx, lingering).map(Ok)
    }
}
