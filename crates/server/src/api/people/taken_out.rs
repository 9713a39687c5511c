//! Everything that somebody keeps, as one file in tar.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::{self, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc;

use crate::api::Refusal;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::ids;

/// Where unsealed copies lie while they are handed out, below the data.
const FOLDER: &str = "handed-out";

/// Pieces that lie between who writes and who reads.
const PIECES: usize = 16;

/// An unsealed copy, which is gone with this.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::error!(path = %self.0.display(), %error, "an unsealed copy could not be deleted");
        }
    }
}

/// Deletes what a crash left behind.
pub(crate) fn tidy(data: &Path) {
    let folder = data.join(FOLDER);
    if folder.exists() {
        drop(Copy(folder));
    }
}

/// Writes it out, and hands it over while it is put together.
pub(super) async fn export(
    State(app): State<Arc<App>>,
    caller: Caller,
    extract::Path(id): extract::Path<String>,
) -> Result<Response, Refusal> {
    let parent = app.data.join(FOLDER);
    fs::create_dir_all(&parent).map_err(|error| {
        let message = format!("there is no room to write it out: {error}");
        Fault::broken(message)
    })?;
    let copy = Copy(parent.join(ids::new("export-")));
    app.gate.export_person(&caller, &id, &copy.0).await?;
    let (pieces, frames) = mpsc::channel(PIECES);
    tokio::task::spawn_blocking(move || {
        let mut archive = tar::Builder::new(Pieces(pieces));
        let told = archive.append_dir_all("freehold-export", &copy.0);
        // Whoever has the end of it can be sure that nothing unsealed lies here.
        drop(copy);
        let told = told.and_then(|()| archive.finish());
        if let (Err(error), Ok(Pieces(pieces))) = (told, archive.into_inner()) {
            tracing::warn!(%error, "an export was not taken to its end");
            // So that whoever reads does not take a part for the whole.
            let _ = pieces.blocking_send(Err(error));
        }
    });
    let mut response = Body::new(Frames(frames)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-tar"),
    );
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"freehold-export.tar\""),
    );
    Ok(response)
}

/// Hands what is written to a reply, and waits where nobody takes it.
struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The body of the reply.
struct Frames(mpsc::Receiver<io::Result<Bytes>>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = ready!(self.0.poll_recv(cx));
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }
}
