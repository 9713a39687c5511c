//! What is in a file, or a range of it.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use store::BlobReader;

use super::File;
use crate::app::App;
use crate::fault::{Fault, Result};

/// How content is handed out.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    /// Its type.
    pub media_type: &'static str,
    /// Whether browsers save it, and do not show it.
    pub is_saved: bool,
}

impl Shown {
    /// Whatever somebody handed in: nobody shows it.
    pub const SAVED: Self = Self {
        media_type: "application/octet-stream",
        is_saved: true,
    };
}

/// The content of `file`, as much of it as `headers` ask for.
pub(crate) async fn reply(
    app: &App,
    file: &File,
    shown: Shown,
    headers: &HeaderMap,
) -> Result<Response> {
    let tag = format!("\"{}\"", file.sha256);
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    // A range of something else is of no use.
    let is_same = text(header::IF_RANGE).is_none_or(|shown| shown == tag);
    let wanted = match text(header::RANGE).filter(|_| is_same) {
        Some(range) => wanted(range, file.bytes),
        None => Wanted::Whole,
    };
    let (range, is_part) = match wanted {
        Wanted::Whole => (0..file.bytes, false),
        Wanted::Part(range) => (range, true),
        Wanted::Nothing => return Ok(outside(file.bytes)),
    };
    let blobs = app.store().blobs();
    let reader = blobs.open(&file.owner, &file.sha256, Some(range.clone()));
    let body = Content::new(reader.await?);
    let mut response = Body::new(body).into_response();
    if is_part {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let last = range.end.saturating_sub(1);
        set(
            &mut response,
            header::CONTENT_RANGE,
            &format!("bytes {}-{last}/{}", range.start, file.bytes),
        );
    }
    let length = range.end - range.start;
    set(&mut response, header::CONTENT_LENGTH, &length.to_string());
    set(&mut response, header::CONTENT_TYPE, shown.media_type);
    set(
        &mut response,
        header::CONTENT_DISPOSITION,
        &disposition(&file.name, shown.is_saved),
    );
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    set(&mut response, header::ETAG, &tag);
    // What somebody uploaded is never a page of ours.
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    Ok(response)
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    let value = HeaderValue::from_str(value).expect("headers of ours are ASCII");
    response.headers_mut().insert(name, value);
}

fn outside(bytes: u64) -> Response {
    let message = format!("the range lies outside of the `{bytes}` bytes of the file");
    let fault =
        Fault::new(StatusCode::RANGE_NOT_SATISFIABLE, message).code("range_not_satisfiable");
    let mut response = fault.into_response();
    set(
        &mut response,
        header::CONTENT_RANGE,
        &format!("bytes */{bytes}"),
    );
    response
}

/// Has browsers save the file under its name, which may have any letters.
fn disposition(name: &str, is_saved: bool) -> String {
    let plain = |sign: char| match sign {
        '"' | '\\' | '%' => '_',
        sign if sign.is_ascii() && !sign.is_ascii_control() => sign,
        _ => '_',
    };
    let ascii: String = name.chars().map(plain).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    let how = if is_saved { "attachment" } else { "inline" };
    format!("{how}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// What a header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// No byte that there is.
    Nothing,
}

/// Reads `Range`. One range is answered; whoever asks for several gets the whole, as RFC 9110 allows, and so does
/// whoever asks for what is no range.
fn wanted(header: &str, bytes: u64) -> Wanted {
    let number = |text: &str| match text.bytes().all(|digit| digit.is_ascii_digit()) {
        // More than any file has.
        true => Some(text.parse().unwrap_or(u64::MAX)),
        false => None,
    };
    let asked = header.trim().strip_prefix("bytes=").map(str::trim);
    let Some((first, last)) = asked.and_then(|asked| asked.split_once('-')) else {
        return Wanted::Whole;
    };
    let range = match (first, last) {
        ("", "") => return Wanted::Whole,
        ("", suffix) => number(suffix).map(|suffix| bytes.saturating_sub(suffix)..bytes),
        (first, "") => number(first).map(|first| first..bytes),
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => {
                Some(first..last.saturating_add(1).min(bytes))
            }
            _ => None,
        },
    };
    match range {
        None => Wanted::Whole,
        Some(range) if range.start < range.end => Wanted::Part(range),
        Some(_) => Wanted::Nothing,
    }
}

type Reading = Pin<Box<dyn Future<Output = (BlobReader, store::Result<Option<Vec<u8>>>)> + Send>>;

/// A blob as the body of a reply. What turns out to be damaged breaks the reply off.
struct Content {
    reading: Option<Reading>,
    rest: u64,
}

impl Content {
    fn new(reader: BlobReader) -> Self {
        let range = reader.range();
        Self {
            reading: Some(read(reader)),
            rest: range.end - range.start,
        }
    }
}

fn read(mut reader: BlobReader) -> Reading {
    Box::pin(async move {
        let part = reader.next().await;
        (reader, part)
    })
}

impl http_body::Body for Content {
    type Data = Bytes;
    type Error = store::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, store::Error>>> {
        let Some(reading) = &mut self.reading else {
            return Poll::Ready(None);
        };
        let (reader, part) = ready!(reading.as_mut().poll(cx));
        self.reading = None;
        match part {
            Ok(Some(part)) => {
                self.rest = self.rest.saturating_sub(part.len() as u64);
                self.reading = Some(read(reader));
                Poll::Ready(Some(Ok(Frame::data(part.into()))))
            }
            Ok(None) => Poll::Ready(None),
            Err(error) => {
                tracing::error!(%error, "a file cannot be read to its end");
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        let cases = [
            ("bytes=0-3", Wanted::Part(0..4)),
            ("bytes=2-", Wanted::Part(2..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-30", Wanted::Part(0..10)),
            ("bytes=8-99999999999999999999", Wanted::Part(8..10)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=10-12", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=0-1,4-5", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(wanted(header, 10), expected, "{header}");
        }
        assert_eq!(wanted("bytes=0-", 0), Wanted::Nothing);
    }

    #[test]
    fn names_cannot_break_out_of_their_header() {
        assert_eq!(
            disposition("a\"b;\r\n é.txt", true),
            "attachment; filename=\"a_b;__ _.txt\"; filename*=UTF-8''a%22b%3B%0D%0A%20%C3%A9.txt"
        );
    }
}
