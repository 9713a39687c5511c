//! Sound to Opus and back. Source: RFC 6716 and 7845; `opus-rs` encodes, `opus-decoder` decodes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use opus_decoder::OpusDecoder;
use opus_rs::{Application, OpusEncoder};

use super::RATE;
use crate::error::{Error, Result};

const KIND: &str = "Opus";

/// Samples of a packet: 20 ms.
pub(crate) const PACKET: usize = 960;

/// Samples that come out of a decoder before the first that went in.
pub(crate) const PRE_SKIP: u16 = 312;

/// Bits a second: more than anybody hears, and a small part of a film.
const BITRATE: i32 = 160_000;

/// Bytes that a packet of one frame has at most.
const PACKET_BYTES_MAX: usize = 1275;

/// Turns stereo sound into packets.
pub(crate) struct Encoder {
    inner: OpusEncoder,
    samples: Vec<f32>,
}

impl Encoder {
    /// An encoder that has heard nothing.
    pub fn new() -> Result<Self> {
        let mut inner = OpusEncoder::new(RATE as i32, 2, Application::Audio)
            .map_err(|fault| Error::encoder(KIND)(&fault))?;
        inner.bitrate_bps = BITRATE;
        inner.complexity = 10;
        Ok(Self {
            inner,
            samples: Vec::with_capacity(2 * PACKET),
        })
    }

    /// Encodes the next [`PACKET`] samples.
    pub fn encode(&mut self, samples: &[[f32; 2]; PACKET]) -> Result<Vec<u8>> {
        self.samples.clear();
        self.samples.extend(samples.as_flattened());
        let mut packet = vec![0; PACKET_BYTES_MAX];
        let bytes = self
            .inner
            .encode(&self.samples, PACKET, &mut packet)
            .map_err(|fault| Error::encoder(KIND)(&fault))?;
        packet.truncate(bytes);
        Ok(packet)
    }
}

/// Bytes of the head of a stream before the table of its channels.
const HEAD: usize = 19;

/// Samples of a packet at most: 120 ms.
const LONGEST: usize = 5760;

/// Turns packets into sound.
pub(super) struct Decoder {
    /// None after a packet on which it came to grief.
    inner: Option<Box<OpusDecoder>>,
    channels: usize,
    /// What all samples are multiplied with.
    gain: f32,
    /// Samples that are not to be heard.
    pub pre_skip: usize,
}

impl Decoder {
    /// A decoder of a stream with that head (RFC 7845, section 5.1), of one channel or two.
    pub fn new(head: &[u8]) -> Result<Self> {
        let unreadable = Error::unreadable(KIND);
        let two = |at: usize| [head[at], head[at + 1]];
        if head.len() < HEAD || !head.starts_with(b"OpusHead") {
            return Err(unreadable(&"its head is damaged"));
        }
        let channels = usize::from(head[9]);
        if !(1..=2).contains(&channels) {
            let flaw = format!("it has {channels} channels, and two are read at most");
            return Err(unreadable(&flaw));
        }
        let inner = OpusDecoder::new(RATE, channels).map_err(|fault| unreadable(&fault))?;
        Ok(Self {
            inner: Some(Box::new(inner)),
            channels,
            // In steps of a 256th of a decibel.
            gain: 10.0_f32.powf(f32::from(i16::from_le_bytes(two(16))) / (20.0 * 256.0)),
            pre_skip: usize::from(u16::from_le_bytes(two(10))),
        })
    }

    /// Channels that are decoded, side by side.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The samples of a packet, none when it is damaged.
    pub fn decode(&mut self, packet: &[u8]) -> Option<Vec<f32>> {
        let mut inner = self.inner.take()?;
        let mut samples = vec![0.0; LONGEST * self.channels];
        // It was written for packets of friends: one that it does not bear ends the track, and not the house.
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            let count = inner.decode_float(packet, &mut samples, false);
            (inner, count)
        }));
        let (inner, count) = decoded.ok()?;
        self.inner = Some(inner);
        samples.truncate(count.ok()? * self.channels);
        samples.iter_mut().for_each(|sample| *sample *= self.gain);
        Some(samples)
    }
}
