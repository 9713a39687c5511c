//! Pictures to H.264 and back, by OpenH264.

use openh264::OpenH264API;
use openh264::decoder::{DecodeOptions, Decoder as Inner, DecoderConfig, Flush};
use openh264::encoder::{
    Complexity, Encoder as Outer, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, Profile,
    QpRange, RateControlMode, VuiConfig,
};
use openh264::formats::YUVSource;

use crate::error::{Error, Result};
use crate::film::{Access, SECONDS_ALONE, Spec};
use crate::picture::Picture;
use crate::planes::{Planes, Strided};

const KIND: &str = "H.264";

/// Steps that the quantiser may be coarser where much changes.
const QUANTISER_ROOM: u8 = 2;

/// The coarsest quantiser.
const QUANTISER_MAX: u8 = 51;

/// Turns pictures into an H.264 stream.
pub(crate) struct Encoder {
    inner: Outer,
    planes: Planes,
}

impl Encoder {
    /// An encoder of films like `spec`.
    ///
    /// # Errors
    /// [`Error::Size`] when it is no size for H.264.
    pub fn new(spec: &Spec) -> Result<Self> {
        spec.check_size(KIND)?;
        let coarse = spec.quantiser.min(QUANTISER_MAX - QUANTISER_ROOM);
        // Of the ways to control the rate, this one keeps the quantiser where it is told to.
        let config = EncoderConfig::new()
            .rate_control_mode(RateControlMode::Bufferbased)
            .skip_frames(false)
            .max_frame_rate(FrameRate::from_hz(spec.frames_per_second as f32))
            .intra_frame_period(IntraFramePeriod::from_num_frames(
                SECONDS_ALONE * spec.frames_per_second,
            ))
            .qp(QpRange::new(coarse, coarse + QUANTISER_ROOM))
            .profile(Profile::High)
            .complexity(Complexity::Medium)
            .background_detection(false)
            .num_threads(1)
            .vui(VuiConfig::bt709());
        let inner = Outer::with_api_config(OpenH264API::from_source(), config)
            .map_err(|fault| Error::encoder(KIND)(&fault))?;
        Ok(Self {
            inner,
            planes: Planes::new(spec.width, spec.height),
        })
    }

    /// Encodes the next picture, which is of the film's size.
    pub fn encode(&mut self, picture: &Picture) -> Result<Access> {
        self.planes.read(picture);
        let stream = self
            .inner
            .encode(&self.planes)
            .map_err(|fault| Error::encoder(KIND)(&fault))?;
        let is_key = matches!(stream.frame_type(), FrameType::IDR);
        Ok(Access {
            is_key,
            bytes: stream.to_vec(),
        })
    }
}

impl YUVSource for Planes {
    fn dimensions(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.width, self.width / 2, self.width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.y
    }

    fn u(&self) -> &[u8] {
        &self.u
    }

    fn v(&self) -> &[u8] {
        &self.v
    }
}

/// Turns an H.264 stream into pictures.
pub(crate) struct Decoder(Inner);

impl Decoder {
    /// A decoder that has seen nothing.
    pub fn new() -> Result<Self> {
        let inner = Inner::with_api_config(OpenH264API::from_source(), DecoderConfig::new())
            .map_err(|fault| Error::unreadable(KIND)(&fault))?;
        Ok(Self(inner))
    }

    /// Decodes one access unit, which may give a picture, this or an earlier one.
    pub fn decode(&mut self, units: &[u8]) -> Result<Option<Picture>> {
        let options = DecodeOptions::new().flush_after_decode(Flush::NoFlush);
        let decoded = self
            .0
            .decode_with_options(units, options)
            .map_err(|fault| Error::unreadable(KIND)(&fault))?;
        Ok(decoded.map(|decoded| picture_of(&decoded)))
    }

    /// The pictures that were held back for their order.
    pub fn rest(&mut self) -> Result<Vec<Picture>> {
        let decoded = self
            .0
            .flush_remaining()
            .map_err(|fault| Error::unreadable(KIND)(&fault))?;
        Ok(decoded.iter().map(picture_of).collect())
    }
}

fn picture_of(decoded: &impl YUVSource) -> Picture {
    let (y, u, v) = decoded.strides();
    Strided {
        size: decoded.dimensions(),
        y: (decoded.y(), y),
        u: (decoded.u(), u),
        v: (decoded.v(), v),
    }
    .picture()
}
