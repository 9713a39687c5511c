//! Films in MP4: H.264 or AV1, and Opus, with what a player needs in front of the pictures, so that it starts before all has arrived.
//!
//! Source: ISO/IEC 14496-12 and -15; `shiguredo_mp4` writes the boxes.

mod edit;
mod read;
mod sound;
mod stream;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::num::NonZeroU32;

use shiguredo_mp4::boxes::{Brand, FtypBox, MoovBox, SampleEntry};
use shiguredo_mp4::mux::{Mp4FileMuxer, Sample};
use shiguredo_mp4::{Either, Encode as _, TrackKind};

use crate::error::{Error, Result};
use crate::film::{Access, Spec};
use crate::picture::Picture;
use crate::sound::{RATE, Sound};

use self::sound::Hearing;
use self::stream::Stream;

pub(crate) use edit::sound_begins;
pub use read::{FRAMES_MAX, Film, Frames};

const KIND: &str = "MP4";

/// Bytes before the pictures in their box: a size of 64 bits.
const MDAT_HEADER: u64 = 16;

/// Writes a film. Encoded pictures go to a scratch file as they come, so that memory does not grow with the length.
pub struct Writer<S> {
    spec: Spec,
    stream: Stream,
    entry: Option<SampleEntry>,
    scratch: S,
    muxer: Mp4FileMuxer,
    /// Where the muxer believes the first picture to lie.
    first: u64,
    bytes: u64,
    frames: u64,
    sound: Option<Hearing>,
}

/// A gap that was left for a box of the given size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where it begins.
    pub at: u64,
    /// How long it is.
    pub bytes: u64,
}

impl<S: Read + Write + Seek> Writer<S> {
    /// A film like `spec`; `scratch` is an empty file that nobody else needs.
    ///
    /// # Errors
    /// [`Error::Size`].
    pub fn new(spec: Spec, scratch: S) -> Result<Self> {
        let muxer = Mp4FileMuxer::new().map_err(|fault| Error::encoder(KIND)(&fault))?;
        Ok(Self {
            stream: Stream::new(&spec)?,
            spec,
            entry: None,
            scratch,
            first: muxer.initial_boxes_bytes().len() as u64,
            muxer,
            bytes: 0,
            frames: 0,
            sound: None,
        })
    }

    /// The same film with sound, which is as long as its pictures. Before the first of them.
    ///
    /// # Errors
    /// When there is no encoder.
    pub fn with_sound(self, sound: Box<dyn Sound + Send>) -> Result<Self> {
        Ok(Self {
            sound: Some(Hearing::new(sound)?),
            ..self
        })
    }

    /// Adds the next picture.
    ///
    /// # Errors
    /// [`Error::Changed`] when its size is not the film's, and [`Error::File`] when the scratch file is full.
    pub fn push(&mut self, picture: &Picture) -> Result<()> {
        self.spec.fits(picture)?;
        for access in self.stream.push(picture)? {
            self.see(&access)?;
        }
        self.frames += 1;
        // What is heard lies beside what is seen, half a second at a time.
        let half = u64::from(self.spec.frames_per_second.div_ceil(2));
        match self.frames.is_multiple_of(half) {
            true => self.hear(false),
            false => Ok(()),
        }
    }

    /// Adds an encoded picture.
    fn see(&mut self, access: &Access) -> Result<()> {
        let entry = match &self.entry {
            None => {
                let entry = self.stream.described(access)?;
                self.entry = Some(entry.clone());
                Some(entry)
            }
            Some(_) => None,
        };
        let sample = self.stream.sample(access)?;
        let described = Sample {
            track_kind: TrackKind::Video,
            sample_entry: entry,
            keyframe: access.is_key,
            timescale: NonZeroU32::new(self.spec.frames_per_second)
                .expect("a film has pictures in each second"),
            duration: 1,
            composition_time_offset: None,
            data_offset: self.first + self.bytes,
            data_size: sample.len(),
        };
        self.append(&described, &sample)
    }

    fn append(&mut self, described: &Sample, bytes: &[u8]) -> Result<()> {
        self.scratch.write_all(bytes)?;
        let appended = self.muxer.append_sample(described);
        appended.map_err(|fault| Error::encoder(KIND)(&fault))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Adds the sound of the pictures so far.
    fn hear(&mut self, is_end: bool) -> Result<()> {
        let Some(mut sound) = self.sound.take() else {
            return Ok(());
        };
        let samples = self.frames * u64::from(RATE) / u64::from(self.spec.frames_per_second);
        while let Some((packet, counts)) = sound.packet(samples, is_end)? {
            let described = sound.sample(self.first + self.bytes, packet.len(), counts);
            self.append(&described, &packet)?;
        }
        self.sound = Some(sound);
        Ok(())
    }

    /// Pictures so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Writes the whole to `out`, with a gap of `gap` bytes behind its first box, which reads as free space.
    ///
    /// # Errors
    /// [`Error::Empty`] without a picture, and [`Error::File`].
    ///
    /// # Panics
    /// When the gap is shorter than a box can be.
    pub fn finish(mut self, out: &mut impl Write, gap: usize) -> Result<Gap> {
        assert!(gap == 0 || gap >= 8, "a gap holds a box");
        if self.frames == 0 {
            return Err(Error::Empty);
        }
        for access in self.stream.rest()? {
            self.see(&access)?;
        }
        self.hear(true)?;
        let failed = Error::encoder(KIND);
        let finalized = self.muxer.finalize().map_err(|fault| failed(&fault))?;
        let mut moov = finalized.moov_box().clone();
        if let Some(sound) = &self.sound {
            sound.describe(&mut moov);
        }
        let ftyp = FtypBox {
            major_brand: Brand::ISOM,
            minor_version: 512,
            compatible_brands: vec![Brand::ISOM, Brand::ISO2, self.stream.brand(), Brand::MP41],
        };
        let head = ftyp.encode_to_vec().map_err(|fault| failed(&fault))?;
        let moov_bytes = moov.encode_to_vec().map_err(|fault| failed(&fault))?.len();
        let first = (head.len() + gap + moov_bytes) as u64 + MDAT_HEADER;
        shift(&mut moov, self.first, first)?;
        let moov = moov.encode_to_vec().map_err(|fault| failed(&fault))?;
        debug_assert_eq!(moov.len(), moov_bytes, "offsets have a fixed width");

        out.write_all(&head)?;
        if gap > 0 {
            out.write_all(&(gap as u32).to_be_bytes())?;
            out.write_all(b"free")?;
            io::copy(&mut io::repeat(0).take(gap as u64 - 8), out)?;
        }
        out.write_all(&moov)?;
        out.write_all(&1_u32.to_be_bytes())?;
        out.write_all(b"mdat")?;
        out.write_all(&(self.bytes + MDAT_HEADER).to_be_bytes())?;
        self.scratch.seek(SeekFrom::Start(0))?;
        let copied = io::copy(&mut (&mut self.scratch).take(self.bytes), out)?;
        if copied != self.bytes {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the scratch file was cut off",
            )
            .into());
        }
        out.flush()?;
        Ok(Gap {
            at: head.len() as u64,
            bytes: gap as u64,
        })
    }
}

/// Moves what the tables say of places in the file from `old` to `new`.
fn shift(moov: &mut MoovBox, old: u64, new: u64) -> Result<()> {
    let tracks = moov.trak_boxes.iter_mut();
    for table in tracks.map(|track| &mut track.mdia_box.minf_box.stbl_box.stco_or_co64_box) {
        match table {
            Either::A(short) => {
                for offset in &mut short.chunk_offsets {
                    let moved = u64::from(*offset) - old + new;
                    *offset = u32::try_from(moved).map_err(|_| Error::TooLarge {
                        what: "the film",
                        found: moved,
                        limit: u64::from(u32::MAX),
                    })?;
                }
            }
            Either::B(long) => {
                for offset in &mut long.chunk_offsets {
                    *offset = *offset - old + new;
                }
            }
        }
    }
    Ok(())
}
