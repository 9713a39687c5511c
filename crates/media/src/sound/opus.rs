//! Sound to Opus. Source: RFC 6716; `opus-rs` encodes.

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
