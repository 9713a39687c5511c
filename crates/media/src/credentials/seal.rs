//! Putting credentials into files.

use std::io::{Read, Seek};

use super::assertions::Binding;
use super::digest::{Sum, sum_of_parts, sum_without};
use super::draft::Draft;
use super::error::{Checked, Error, Fault, Result, invalid};
use super::facts::Facts;
use super::format::{self, Format, Place};
use super::input::Input;
use super::signer::Signer;

/// A picture with credentials, in place of those that it had. Films are sealed by [`FilmSeal`].
///
/// # Errors
/// [`Error::Format`], [`Error::Damaged`] when it is no whole picture, and [`Error::Facts`].
pub fn seal(picture: &[u8], facts: &Facts, signer: &Signer) -> Result<Vec<u8>> {
    let format = picture.first_chunk().and_then(Format::of_head);
    let format = format.filter(|format| *format != Format::Mp4);
    let format = format.ok_or(Error::Format)?;
    let draft = Draft::new(facts, signer)?;
    let damaged = damaged(format.name());
    let (rest, at) = format.opened(picture).map_err(&damaged)?;
    let bound = |length, sum| Binding::Picture {
        start: at as u64,
        length,
        sum,
    };
    // How long they are depends on the number that says how long they are. It only grows.
    let mut wrapped: Vec<u8> = Vec::new();
    loop {
        let length = wrapped.len();
        wrapped = format.wrapped(&draft.unsigned(&bound(length as u64, [0; 32])));
        if wrapped.len() == length {
            break;
        }
    }
    let unsigned = format.inserted(&rest, at, &wrapped);
    let sums = Input::over(&unsigned, |input| sums_of_picture(input, format));
    let (place, sum, frame) = sums.map_err(&damaged)?;
    let length = place.span.end - place.span.start;
    let store = draft.signed(&bound(length, sum), &frame);
    let sealed = format.inserted(&rest, at, &format.wrapped(&store));
    assert_eq!(
        sealed.len(),
        unsigned.len(),
        "a signature changes no length"
    );
    Ok(sealed)
}

fn sums_of_picture<R: Read + Seek>(
    input: &mut Input<'_, R>,
    format: Format,
) -> Checked<(Place, Sum, Sum)> {
    let Some(place) = format.find(input)? else {
        return invalid("it hides what is put into it");
    };
    let sum = sum_without(input, std::slice::from_ref(&place.span), &[])?;
    let frame = sum_of_parts(input, &place.frame, &[])?;
    Ok((place, sum, frame))
}

/// Credentials for a film: a box whose size is known before the film is there. The film is written with any other box
/// of that size behind its first one, summed, and the box is written over what kept its place.
pub struct FilmSeal<'a> {
    draft: Draft<'a>,
    bytes: usize,
    /// What the box begins with.
    head: Vec<u8>,
}

impl<'a> FilmSeal<'a> {
    /// The box for a film of which `facts` are true.
    ///
    /// # Errors
    /// [`Error::Facts`].
    pub fn new(facts: &'a Facts, signer: &'a Signer) -> Result<Self> {
        let draft = Draft::new(facts, signer)?;
        let mut head = format::film_box(&draft.unsigned(&Binding::Film { sum: [0; 32] }));
        let bytes = head.len();
        head.truncate(format::FILM_HEAD_BYTES);
        Ok(Self { draft, bytes, head })
    }

    /// How long the box is.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The box for a finished film, in which another box of the same size keeps its place at `at`. It is read once
    /// from its beginning to its end.
    ///
    /// # Errors
    /// [`Error::File`], and [`Error::Damaged`] when it is no film, or has no such box.
    pub fn seal<R: Read + Seek>(&self, film: &mut R, at: u64) -> Result<Vec<u8>> {
        let mut input = Input::new(film)?;
        let sums = self.sums(&mut input, at);
        let (sum, frame) = sums.map_err(damaged(Format::Mp4.name()))?;
        let store = self.draft.signed(&Binding::Film { sum }, &frame);
        let sealed = format::film_box(&store);
        assert_eq!(sealed.len(), self.bytes, "a signature changes no length");
        Ok(sealed)
    }

    fn sums<R: Read + Seek>(&self, input: &mut Input<'_, R>, at: u64) -> Checked<(Sum, Sum)> {
        if Format::of(input)? != Some(Format::Mp4) || Format::Mp4.find(input)?.is_some() {
            return invalid("it is no film without credentials");
        }
        let place = at..at + self.bytes as u64;
        let roots = format::roots(input)?;
        if !roots.iter().any(|node| node.range == place) {
            return invalid(format!("no box of `{}` bytes is at `{at}`", self.bytes));
        }
        let (mut skipped, mut marks) = (Vec::new(), Vec::new());
        for node in roots.into_iter().filter(|node| node.range != place) {
            match node.is_left_out() {
                true => skipped.push(node.range),
                false => marks.push(node.range.start),
            }
        }
        let frame = sum_of_parts(input, &skipped, &self.head)?;
        skipped.push(place);
        Ok((sum_without(input, &skipped, &marks)?, frame))
    }
}

fn damaged(format: &'static str) -> impl Fn(Fault) -> Error {
    move |fault| match fault {
        Fault::File(error) => Error::File(error),
        Fault::Invalid(reason) | Fault::Unread(reason) => Error::Damaged { format, reason },
    }
}
