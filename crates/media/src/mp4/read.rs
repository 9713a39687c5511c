//! Films out of MP4 files of anybody: boxes and streams are distrusted, and what they cost is bounded.

use std::collections::VecDeque;
use std::io::{Read, Seek, SeekFrom};

use shiguredo_mp4::TrackKind;

use shiguredo_mp4::bitstream::h264::{LengthSize, length_prefixed_to_annexb};
use shiguredo_mp4::boxes::{Avc1Box, SampleEntry};
use shiguredo_mp4::demux::{DemuxError, Input, Mp4FileDemuxer};

use super::KIND;
use crate::error::{Error, Result};
use crate::h264::Decoder;
use crate::picture::Picture;

/// Pictures that are read of one film: half an hour at sixty a second.
pub const FRAMES_MAX: u64 = 108_000;

/// Bytes that the description of a film may have.
pub(super) const TABLES_BYTES_MAX: u64 = 64 << 20;
/// Bytes that one encoded picture may have.
const SAMPLE_BYTES_MAX: u64 = 64 << 20;
/// Pixels of one picture.
const PIXELS_MAX: u64 = 3840 * 2160;

/// What the head of a file says of the film in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Film {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pictures a second, to the nearest whole number.
    pub frames_per_second: u32,
    /// How long the pictures go on.
    pub seconds: f64,
    /// Whether there is sound.
    pub has_sound: bool,
}

/// The pictures of a film, one by one.
pub struct Frames<R> {
    file: R,
    demuxer: Mp4FileDemuxer,
    film: Film,
    decoder: Decoder,
    /// Bytes of the length before each unit, and the parameters that come before the next picture.
    lengths: LengthSize,
    parameters: Vec<u8>,
    ready: VecDeque<Picture>,
    read: u64,
    is_over: bool,
}

impl<R: Read + Seek> Frames<R> {
    /// Reads the head of `file`.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when it is no MP4 with H.264, and [`Error::TooLarge`].
    pub fn open(mut file: R) -> Result<Self> {
        let end = file.seek(SeekFrom::End(0))?;
        let mut demuxer = Mp4FileDemuxer::new();
        while let Some(wanted) = demuxer.required_input() {
            let rest = end.saturating_sub(wanted.position);
            let bytes = wanted.size.map_or(rest, |size| (size as u64).min(rest));
            if bytes > TABLES_BYTES_MAX {
                return Err(Error::TooLarge {
                    what: "the description of the film",
                    found: bytes,
                    limit: TABLES_BYTES_MAX,
                });
            }
            if rest == 0 {
                return Err(unreadable("it ends before the description of the film"));
            }
            let data = part(&mut file, wanted.position, bytes)?;
            demuxer.handle_input(Input {
                position: wanted.position,
                data: &data,
            });
        }
        let (film, entry) = described(&mut demuxer)?;
        Ok(Self {
            file,
            demuxer,
            film,
            decoder: Decoder::new()?,
            lengths: LengthSize::from_length_size_minus_one(
                entry.avcc_box.length_size_minus_one.get(),
            )
            .map_err(|fault| unreadable(&fault))?,
            parameters: parameters(&entry),
            ready: VecDeque::new(),
            read: 0,
            is_over: false,
        })
    }

    /// What the head says.
    pub fn film(&self) -> &Film {
        &self.film
    }

    /// The next picture; none at the end.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when the stream is damaged, and [`Error::TooLarge`].
    pub fn next_picture(&mut self) -> Result<Option<Picture>> {
        while self.ready.is_empty() && !self.is_over {
            self.decode()?;
        }
        let Some(picture) = self.ready.pop_front() else {
            return Ok(None);
        };
        if (picture.width, picture.height) != (self.film.width, self.film.height) {
            return Err(Error::Changed(
                self.film.width,
                self.film.height,
                picture.width,
                picture.height,
            ));
        }
        Ok(Some(picture))
    }

    fn decode(&mut self) -> Result<()> {
        let Some((at, bytes, entry)) = next_sample(&mut self.demuxer)? else {
            self.is_over = true;
            self.ready.extend(self.decoder.rest()?);
            return Ok(());
        };
        self.read += 1;
        if self.read > FRAMES_MAX {
            return Err(Error::TooLarge {
                what: "the number of pictures",
                found: self.read,
                limit: FRAMES_MAX,
            });
        }
        if bytes > SAMPLE_BYTES_MAX {
            return Err(Error::TooLarge {
                what: "a picture of the film",
                found: bytes,
                limit: SAMPLE_BYTES_MAX,
            });
        }
        if let Some(entry) = entry.filter(|_| self.read > 1) {
            self.parameters.extend(parameters(&entry));
        }
        let sample = part(&mut self.file, at, bytes)?;
        if sample.len() as u64 != bytes {
            return Err(unreadable("it ends within a picture"));
        }
        let mut units = std::mem::take(&mut self.parameters);
        units.extend(
            length_prefixed_to_annexb(&sample, self.lengths).map_err(|fault| unreadable(&fault))?,
        );
        self.ready.extend(self.decoder.decode(&units)?);
        Ok(())
    }
}

fn unreadable(reason: impl std::fmt::Display) -> Error {
    Error::unreadable(KIND)(&reason)
}

/// At most `bytes` bytes from there on.
fn part(file: &mut (impl Read + Seek), at: u64, bytes: u64) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(bytes).read_to_end(&mut data)?;
    Ok(data)
}

/// Where the next picture lies, how long it is, and how it is encoded when that is new.
fn next_sample(demuxer: &mut Mp4FileDemuxer) -> Result<Option<(u64, u64, Option<Avc1Box>)>> {
    loop {
        let sample = match demuxer.next_sample() {
            Ok(Some(sample)) => sample,
            Ok(None) => return Ok(None),
            Err(DemuxError::InputRequired(_)) => {
                return Err(unreadable("it ends before the description of the film"));
            }
            Err(fault) => return Err(unreadable(fault)),
        };
        if sample.track.kind != TrackKind::Video {
            continue;
        }
        let entry = match sample.sample_entry {
            Some(SampleEntry::Avc1(entry)) => Some(entry.clone()),
            Some(_) => return Err(unreadable("its pictures are not H.264")),
            None => None,
        };
        return Ok(Some((sample.data_offset, sample.data_size as u64, entry)));
    }
}

/// What the head says, and how the pictures are encoded.
fn described(demuxer: &mut Mp4FileDemuxer) -> Result<(Film, Avc1Box)> {
    let tracks = demuxer.tracks().map_err(unreadable)?;
    let has_sound = tracks.iter().any(|track| track.kind == TrackKind::Audio);
    let Some(track) = tracks.iter().find(|track| track.kind == TrackKind::Video) else {
        return Err(unreadable("there are no pictures in it"));
    };
    let seconds = track.duration as f64 / f64::from(track.timescale.get());
    let timescale = f64::from(track.timescale.get());
    let mut first = demuxer.clone();
    let (_, _, Some(entry)) = next_sample(&mut first)?.ok_or(Error::Empty)? else {
        return Err(unreadable("the first picture is not described"));
    };
    let frame = first_duration(&mut demuxer.clone())?;
    let (width, height) = (
        u64::from(entry.visual.width),
        u64::from(entry.visual.height),
    );
    if width * height > PIXELS_MAX {
        return Err(Error::TooLarge {
            what: "a picture of the film",
            found: width * height,
            limit: PIXELS_MAX,
        });
    }
    let film = Film {
        width: width as usize,
        height: height as usize,
        frames_per_second: (timescale / f64::from(frame.max(1)))
            .round()
            .clamp(1.0, 240.0) as u32,
        seconds,
        has_sound,
    };
    Ok((film, entry))
}

/// How long the first picture stands, in the film's own units.
fn first_duration(demuxer: &mut Mp4FileDemuxer) -> Result<u32> {
    while let Some(sample) = demuxer.next_sample().map_err(unreadable)? {
        if sample.track.kind == TrackKind::Video {
            return Ok(sample.duration);
        }
    }
    Err(Error::Empty)
}

/// The units that a decoder needs before the first picture.
fn parameters(entry: &Avc1Box) -> Vec<u8> {
    let lists = entry
        .avcc_box
        .sps_list
        .iter()
        .chain(&entry.avcc_box.pps_list);
    let mut units = Vec::new();
    for unit in lists {
        units.extend([0, 0, 0, 1]);
        units.extend(unit);
    }
    units
}
