//! Where the sound of a file of MP4's kind begins, as its edit list says: encoders of AAC and Opus put something before.
//!
//! Source: ISO/IEC 14496-12, section 8.6.6.

use std::io::{Read, Seek, SeekFrom};

use shiguredo_mp4::boxes::{HdlrBox, MoovBox, TrakBox};
use shiguredo_mp4::{BoxHeader, BoxSize, Decode as _};

use super::read::TABLES_BYTES_MAX;
use crate::error::Result;

/// Boxes that are passed by before the one that describes the file.
const BOXES_MAX: usize = 64;

/// Bytes of a box's head at most.
const HEAD: u64 = 32;

/// Seconds that may lie before the sound: more is no encoder's, but a cut.
const BEFORE_MAX: f64 = 60.0;

/// Where in what is decoded of `file` its sound begins, in seconds; nothing when it does not say so, as files of other kinds do not.
/// The file stands at its beginning afterwards.
pub(crate) fn sound_begins(file: &mut (impl Read + Seek)) -> Result<Option<f64>> {
    let moov = moov(file)?;
    file.rewind()?;
    let tracks = moov.iter().flat_map(|moov| &moov.trak_boxes);
    let mut sounds =
        tracks.filter(|track| track.mdia_box.hdlr_box.handler_type == HdlrBox::HANDLER_TYPE_SOUN);
    Ok(sounds.next().and_then(begins))
}

fn begins(track: &TrakBox) -> Option<f64> {
    let edits = track.edts_box.as_ref()?.elst_box.as_ref()?;
    let first = edits.entries.iter().find(|entry| entry.media_time >= 0)?;
    let seconds = first.media_time as f64 / f64::from(track.mdia_box.mdhd_box.timescale.get());
    (seconds <= BEFORE_MAX).then_some(seconds)
}

/// The box that describes the file, where there is one that can be read.
fn moov(file: &mut (impl Read + Seek)) -> Result<Option<MoovBox>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    for _ in 0..BOXES_MAX {
        file.seek(SeekFrom::Start(at))?;
        let mut head = Vec::new();
        file.by_ref().take(HEAD).read_to_end(&mut head)?;
        let Ok((header, header_bytes)) = BoxHeader::decode(&head) else {
            return Ok(None);
        };
        let bytes = match header.box_size {
            // As long as the file.
            BoxSize::U32(0) | BoxSize::U64(0) => end - at,
            BoxSize::U32(bytes) => u64::from(bytes),
            BoxSize::U64(bytes) => bytes,
        };
        let bytes = bytes.min(end - at);
        if header.box_type != MoovBox::TYPE {
            if bytes < header_bytes as u64 {
                return Ok(None);
            }
            at += bytes;
            continue;
        }
        if bytes > TABLES_BYTES_MAX {
            return Ok(None);
        }
        let mut moov = Vec::new();
        file.seek(SeekFrom::Start(at))?;
        file.by_ref().take(bytes).read_to_end(&mut moov)?;
        return Ok(MoovBox::decode(&moov).ok().map(|(moov, _)| moov));
    }
    Ok(None)
}
