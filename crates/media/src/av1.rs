//! Pictures to AV1, by rav1e.

use rav1e::color::{ChromaSamplePosition, ChromaSampling, TransferCharacteristics};
use rav1e::color::{ColorDescription, ColorPrimaries, MatrixCoefficients, PixelRange};
use rav1e::config::SpeedSettings;
use rav1e::data::Rational;
use rav1e::{Config, Context, EncoderConfig, EncoderStatus};

use crate::error::{Error, Result};
use crate::film::{Access, SECONDS_ALONE, Spec};
use crate::picture::Picture;
use crate::planes::Planes;

const KIND: &str = "AV1";

/// How fast it is, from 0, the slowest and smallest, to 10.
const SPEED: u8 = 9;

/// Steps of its quantiser, which has 256, to one of H.264's, which has 52.
const QUANTISER_STEPS: usize = 5;

/// Turns pictures into an AV1 stream.
pub(crate) struct Encoder {
    inner: Context<u8>,
    planes: Planes,
}

impl Encoder {
    /// An encoder of films like `spec`.
    ///
    /// # Errors
    /// [`Error::Size`] when it is no size for films.
    pub fn new(spec: &Spec) -> Result<Self> {
        spec.check_size(KIND)?;
        let alone = u64::from(SECONDS_ALONE * spec.frames_per_second);
        let config = EncoderConfig {
            width: spec.width,
            height: spec.height,
            time_base: Rational::new(1, u64::from(spec.frames_per_second)),
            chroma_sampling: ChromaSampling::Cs420,
            chroma_sample_position: ChromaSamplePosition::Unknown,
            pixel_range: PixelRange::Limited,
            color_description: Some(ColorDescription {
                color_primaries: ColorPrimaries::BT709,
                transfer_characteristics: TransferCharacteristics::BT709,
                matrix_coefficients: MatrixCoefficients::BT709,
            }),
            min_key_frame_interval: alone.min(12),
            max_key_frame_interval: alone,
            quantizer: (usize::from(spec.quantiser) * QUANTISER_STEPS).min(255),
            speed_settings: SpeedSettings::from_preset(SPEED),
            ..EncoderConfig::default()
        };
        let inner = Config::new().with_encoder_config(config).new_context();
        Ok(Self {
            inner: inner.map_err(|fault| Error::encoder(KIND)(&fault))?,
            planes: Planes::new(spec.width, spec.height),
        })
    }

    /// Encodes the next picture, which is of the film's size. What comes of it is this one, or earlier ones, or nothing as yet.
    pub fn encode(&mut self, picture: &Picture) -> Result<Vec<Access>> {
        self.planes.read(picture);
        let mut frame = self.inner.new_frame();
        let half = self.planes.width / 2;
        let planes = [
            (&self.planes.y, self.planes.width),
            (&self.planes.u, half),
            (&self.planes.v, half),
        ];
        for (plane, (bytes, stride)) in frame.planes.iter_mut().zip(planes) {
            plane.copy_from_raw_u8(bytes, stride, 1);
        }
        let sent = self.inner.send_frame(frame);
        sent.map_err(|fault| Error::encoder(KIND)(&fault))?;
        self.ready()
    }

    /// The pictures that were held back.
    pub fn rest(&mut self) -> Result<Vec<Access>> {
        self.inner.flush();
        self.ready()
    }

    fn ready(&mut self) -> Result<Vec<Access>> {
        let mut ready = Vec::new();
        loop {
            match self.inner.receive_packet() {
                Ok(packet) => ready.push(Access {
                    is_key: packet.frame_type == rav1e::data::FrameType::KEY,
                    bytes: packet.data,
                }),
                Err(EncoderStatus::Encoded) => {}
                Err(EncoderStatus::NeedMoreData | EncoderStatus::LimitReached) => return Ok(ready),
                Err(fault) => return Err(Error::encoder(KIND)(&fault)),
            }
        }
    }
}
