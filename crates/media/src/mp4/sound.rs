//! The sound of a film, beside its pictures.
//!
//! Source: "Encapsulation of Opus in ISO Base Media File Format", version 0.8.1.

use std::num::NonZeroU32;

use shiguredo_mp4::bitstream::opus::{ChannelCount, OpusSampleEntryConfig, build_opus_box};
use shiguredo_mp4::boxes::{
    EdtsBox, ElstBox, ElstEntry, HdlrBox, MoovBox, SampleEntry, UnknownBox,
};
use shiguredo_mp4::mux::Sample;
use shiguredo_mp4::{BoxSize, BoxType, FixedPointNumber, TrackKind};

use crate::error::Result;
use crate::sound::{Encoder, PACKET, PRE_SKIP, RATE, Sound};

/// Packets that a player decodes before the one that it jumps to: 80 ms.
const ROLL: i16 = 4;

/// What a film is heard with.
pub(super) struct Hearing {
    sound: Box<dyn Sound + Send>,
    encoder: Encoder,
    /// Samples that were taken from the sound.
    taken: u64,
    /// Samples that lie in packets.
    written: u64,
    packets: u32,
}

impl Hearing {
    pub fn new(sound: Box<dyn Sound + Send>) -> Result<Self> {
        Ok(Self {
            sound,
            encoder: Encoder::new()?,
            taken: 0,
            written: 0,
            packets: 0,
        })
    }

    /// The next packet of a film that has `samples` so far, and for how many samples it counts. None when all are in packets: at the
    /// end, with those that the decoder holds back.
    pub fn packet(&mut self, samples: u64, is_end: bool) -> Result<Option<(Vec<u8>, u32)>> {
        let wanted = match is_end {
            true => samples + u64::from(PRE_SKIP),
            // What is not whole yet comes with the next pictures.
            false => samples / PACKET as u64 * PACKET as u64,
        };
        if self.written >= wanted {
            return Ok(None);
        }
        let mut heard = [[0.0; 2]; PACKET];
        let rest = samples.saturating_sub(self.taken).min(PACKET as u64) as usize;
        self.sound.fill(&mut heard[..rest])?;
        self.taken += rest as u64;
        let packet = self.encoder.encode(&heard)?;
        let counts = (wanted - self.written).min(PACKET as u64);
        self.written += counts;
        self.packets += 1;
        Ok(Some((packet, counts as u32)))
    }

    /// A packet as the muxer wants it.
    pub fn sample(&self, offset: u64, bytes: usize, counts: u32) -> Sample {
        let entry = (self.packets == 1).then(|| {
            SampleEntry::Opus(build_opus_box(&OpusSampleEntryConfig {
                channel_count: ChannelCount::Stereo,
                pre_skip: PRE_SKIP,
                input_sample_rate: RATE,
                output_gain: 0,
            }))
        });
        Sample {
            track_kind: TrackKind::Audio,
            sample_entry: entry,
            keyframe: true,
            timescale: NonZeroU32::new(RATE).expect("there are samples in a second"),
            duration: counts,
            composition_time_offset: None,
            data_offset: offset,
            data_size: bytes,
        }
    }

    /// Says in the head of the file what of the sound is heard: not what comes before its first sample.
    pub fn describe(&self, moov: &mut MoovBox) {
        let movie = u64::from(moov.mvhd_box.timescale.get());
        let heard = self.taken * movie / u64::from(RATE);
        let mut longest = 0;
        for track in &mut moov.trak_boxes {
            if track.mdia_box.hdlr_box.handler_type == HdlrBox::HANDLER_TYPE_SOUN {
                track.tkhd_box.duration = heard;
                track.edts_box = Some(EdtsBox {
                    elst_box: Some(ElstBox {
                        entries: vec![ElstEntry {
                            edit_duration: heard,
                            media_time: i64::from(PRE_SKIP),
                            media_rate: FixedPointNumber::new(1, 0),
                        }],
                    }),
                    unknown_boxes: Vec::new(),
                });
                let table = &mut track.mdia_box.minf_box.stbl_box;
                table.unknown_boxes.extend(rolls(self.packets));
            }
            longest = longest.max(track.tkhd_box.duration);
        }
        moov.mvhd_box.duration = longest;
    }
}

/// That a decoder begins some packets before the one that is wanted.
fn rolls(packets: u32) -> [UnknownBox; 2] {
    let described = [
        [1, 0, 0, 0].as_slice(),
        b"roll",
        &2_u32.to_be_bytes(),
        &1_u32.to_be_bytes(),
        &(-ROLL).to_be_bytes(),
    ];
    let grouped = [
        [0; 4].as_slice(),
        b"roll",
        &1_u32.to_be_bytes(),
        &packets.to_be_bytes(),
        &1_u32.to_be_bytes(),
    ];
    let boxed = |kind: &[u8; 4], payload: Vec<u8>| UnknownBox {
        box_type: BoxType::Normal(*kind),
        box_size: BoxSize::U32(8 + payload.len() as u32),
        payload,
    };
    [
        boxed(b"sgpd", described.concat()),
        boxed(b"sbgp", grouped.concat()),
    ]
}
