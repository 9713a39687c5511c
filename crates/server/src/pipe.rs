//! Bytes on their way from one task to another, no more of them at once than fit into a few pieces.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

/// Pieces that wait to be read.
const AHEAD: usize = 4;

/// Both ends of a pipe.
pub(crate) fn pipe() -> (Sender, Reader) {
    let (sender, pieces) = mpsc::channel(AHEAD);
    let reader = Reader {
        pieces,
        rest: Bytes::new(),
        is_over: false,
    };
    (Sender { pieces: sender }, reader)
}

enum Piece {
    Bytes(Bytes),
    End,
}

/// Where bytes go in. Dropped before [`Sender::end`], it breaks the pipe.
pub(crate) struct Sender {
    pieces: mpsc::Sender<Piece>,
}

impl Sender {
    /// Sends a piece on; whether anybody reads still.
    pub async fn send(&self, bytes: Bytes) -> bool {
        self.pieces.send(Piece::Bytes(bytes)).await.is_ok()
    }

    /// Says that this was all.
    pub async fn end(self) {
        // Whoever read may be gone, and knows why.
        let _ = self.pieces.send(Piece::End).await;
    }
}

/// Where bytes come out. It fails where the other end broke off.
pub(crate) struct Reader {
    pieces: mpsc::Receiver<Piece>,
    rest: Bytes,
    is_over: bool,
}

impl AsyncRead for Reader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() && !self.is_over {
            match ready!(self.pieces.poll_recv(cx)) {
                Some(Piece::Bytes(bytes)) => self.rest = bytes,
                Some(Piece::End) => self.is_over = true,
                None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            }
        }
        let length = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest[..length]);
        self.rest.advance(length);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn what_goes_in_comes_out() {
        let (sender, mut reader) = pipe();
        tokio::spawn(async move {
            for piece in ["one", "", " and another"] {
                assert!(sender.send(Bytes::from(piece)).await);
            }
            sender.end().await;
        });
        let mut read = String::new();
        reader.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "one and another");
    }

    #[tokio::test]
    async fn a_sender_that_is_lost_is_no_end() {
        let (sender, mut reader) = pipe();
        assert!(sender.send(Bytes::from("half")).await);
        drop(sender);
        let error = reader.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
