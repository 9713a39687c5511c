//! Kinds of files, and where each of them keeps credentials.

mod film;
mod gif;
mod jpeg;
mod png;
mod webp;

use std::fmt;
use std::io::{Read, Seek};
use std::ops::Range;

use super::error::Checked;
use super::input::Input;
use super::jumbf;

pub(super) use film::{HEAD_BYTES as FILM_HEAD_BYTES, USER, excluded, roots, wrapped as film_box};

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A moving picture of few colours, or a still one.
    Gif,
    /// A photograph.
    Jpeg,
    /// A film.
    Mp4,
    /// A picture without loss, or several of them one after the other (APNG).
    Png,
    /// A picture.
    Webp,
}

/// Where in a file credentials lie.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The credentials themselves.
    pub store: Vec<u8>,
    /// All that was put into the file for them.
    pub span: Range<u64>,
    /// What of the span neither is the credentials nor follows from them.
    pub frame: Vec<Range<u64>>,
}

impl Format {
    /// The kind of a file.
    pub(super) fn of<R: Read + Seek>(input: &mut Input<'_, R>) -> Checked<Option<Self>> {
        if input.length() < 12 {
            return Ok(None);
        }
        let head: [u8; 12] = input.array(0)?;
        Ok(Self::of_head(&head))
    }

    /// The kind of a file by its first bytes.
    pub(super) fn of_head(head: &[u8; 12]) -> Option<Self> {
        match head {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => Some(Self::Webp),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(Self::Mp4),
            _ => None,
        }
    }

    /// Its name in media types.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Gif => "image/gif",
            Self::Jpeg => "image/jpeg",
            Self::Mp4 => "video/mp4",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gif => "GIF",
            Self::Jpeg => "JPEG",
            Self::Mp4 => "MP4",
            Self::Png => "PNG",
            Self::Webp => "WebP",
        }
    }

    /// Where the credentials are; nothing when there are none.
    pub(super) fn find<R: Read + Seek>(self, input: &mut Input<'_, R>) -> Checked<Option<Place>> {
        match self {
            Self::Gif => gif::find(input),
            Self::Jpeg => jpeg::find(input),
            Self::Mp4 => film::find(input),
            Self::Png => png::find(input),
            Self::Webp => webp::find(input),
        }
    }

    /// The picture without its credentials, and where new ones belong.
    ///
    /// # Panics
    /// For films, which are not kept in memory.
    pub(super) fn opened(self, bytes: &[u8]) -> Checked<(Vec<u8>, usize)> {
        let place = Input::over(bytes, |input| self.find(input))?;
        let mut rest = bytes.to_vec();
        if let Some(place) = place {
            match self {
                Self::Webp => webp::remove(&mut rest, &place.span),
                _ => drop(rest.drain(place.span.start as usize..place.span.end as usize)),
            }
        }
        let at = Input::over(&rest, |input| match self {
            Self::Gif => gif::insertion(input),
            Self::Jpeg => jpeg::insertion(input),
            Self::Mp4 => unreachable!("films are sealed where they lie"),
            Self::Png => png::insertion(input),
            Self::Webp => webp::insertion(input),
        })?;
        Ok((rest, at as usize))
    }

    /// What is put into a picture for credentials.
    ///
    /// # Panics
    /// For films, whose box has a place of its own.
    pub(super) fn wrapped(self, store: &[u8]) -> Vec<u8> {
        match self {
            Self::Gif => gif::wrapped(store),
            Self::Jpeg => jpeg::wrapped(store),
            Self::Mp4 => unreachable!("films are sealed where they lie"),
            Self::Png => png::wrapped(store),
            Self::Webp => webp::wrapped(store),
        }
    }

    /// A picture with what was wrapped.
    pub(super) fn inserted(self, rest: &[u8], at: usize, wrapped: &[u8]) -> Vec<u8> {
        match self {
            Self::Gif => gif::inserted(rest, at, wrapped),
            Self::Webp => webp::inserted(rest, at, wrapped),
            _ => [&rest[..at], wrapped, &rest[at..]].concat(),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether bytes begin as credentials do: two boxes, of which the second says what the first is.
fn is_store(bytes: &[u8]) -> bool {
    matches!(bytes, [_, _, _, _, b'j', b'u', b'm', b'b', _, _, _, _, b'j', b'u', b'm', b'd', rest @ ..]
        if rest.starts_with(&jumbf::STORE))
}
