//! Encoded pictures, as an MP4 holds them.

use shiguredo_mp4::bitstream::h264::{
    H264NalUnitType, H264SampleEntryConfig, LengthSize, build_avc1_box_from_annexb,
    parse_annexb_nal_units,
};
use shiguredo_mp4::boxes::{Avc1Box, Brand, SampleEntry, UnknownBox};
use shiguredo_mp4::{BoxSize, BoxType};

use super::KIND;
#[cfg(feature = "av1")]
use crate::av1;
use crate::error::{Error, Result};
use crate::film::{Access, Codec, Spec};
use crate::h264;
use crate::picture::Picture;

/// What encodes pictures.
pub(super) enum Stream {
    H264(h264::Encoder),
    #[cfg(feature = "av1")]
    Av1(Box<av1::Encoder>),
}

impl Stream {
    pub fn new(spec: &Spec) -> Result<Self> {
        match spec.codec {
            Codec::H264 => Ok(Self::H264(h264::Encoder::new(spec)?)),
            #[cfg(feature = "av1")]
            Codec::Av1 => Ok(Self::Av1(Box::new(av1::Encoder::new(spec)?))),
            #[cfg(not(feature = "av1"))]
            Codec::Av1 => Err(Error::LeftOut {
                kind: "AV1",
                feature: "av1",
            }),
        }
    }

    /// What comes of the next picture: itself, or earlier ones, or nothing as yet.
    pub fn push(&mut self, picture: &Picture) -> Result<Vec<Access>> {
        match self {
            Self::H264(encoder) => Ok(vec![encoder.encode(picture)?]),
            #[cfg(feature = "av1")]
            Self::Av1(encoder) => encoder.encode(picture),
        }
    }

    /// The pictures that were held back.
    pub fn rest(&mut self) -> Result<Vec<Access>> {
        match self {
            Self::H264(_) => Ok(Vec::new()),
            #[cfg(feature = "av1")]
            Self::Av1(encoder) => encoder.rest(),
        }
    }

    /// What a player needs to know of the stream whose first picture this is.
    pub fn described(&self, access: &Access) -> Result<SampleEntry> {
        match self {
            Self::H264(_) => Ok(SampleEntry::Avc1(described(&access.bytes)?)),
            #[cfg(feature = "av1")]
            Self::Av1(_) => obus::described(&access.bytes),
        }
    }

    /// The bytes of a picture.
    pub fn sample(&self, access: &Access) -> Result<Vec<u8>> {
        match self {
            Self::H264(_) => without_parameters(&access.bytes),
            #[cfg(feature = "av1")]
            Self::Av1(_) => obus::sample(&access.bytes),
        }
    }

    /// What readers are to know.
    pub fn brand(&self) -> Brand {
        match self {
            Self::H264(_) => Brand::AVC1,
            #[cfg(feature = "av1")]
            Self::Av1(_) => Brand::AV01,
        }
    }
}

/// The colours, as BT.709 has them: primaries, transfer and matrix; the last byte says that the range is narrow.
fn colours() -> UnknownBox {
    let colours = [b"nclx".as_slice(), &[0, 1, 0, 1, 0, 1, 0]].concat();
    UnknownBox {
        box_type: BoxType::Normal(*b"colr"),
        box_size: BoxSize::U32(8 + colours.len() as u32),
        payload: colours,
    }
}

fn described(units: &[u8]) -> Result<Avc1Box> {
    let config = H264SampleEntryConfig {
        length_size: LengthSize::FourBytes,
    };
    let mut described =
        build_avc1_box_from_annexb(units, &config).map_err(|fault| Error::encoder(KIND)(&fault))?;
    described.unknown_boxes.push(colours());
    Ok(described)
}

/// The units of a picture with their lengths in front, without those that the file's head holds.
fn without_parameters(units: &[u8]) -> Result<Vec<u8>> {
    let units = parse_annexb_nal_units(units).map_err(|fault| Error::encoder(KIND)(&fault))?;
    let mut sample = Vec::new();
    for unit in units {
        if matches!(
            unit.nal_unit_type,
            H264NalUnitType::Sps | H264NalUnitType::Pps
        ) {
            continue;
        }
        sample.extend((unit.data.len() as u32).to_be_bytes());
        sample.extend(unit.data);
    }
    Ok(sample)
}

/// Units of AV1.
///
/// Source: AV1 Codec ISO Media File Format Binding v1.3.0, sections 2.3 and 2.4.
#[cfg(feature = "av1")]
mod obus {
    use shiguredo_mp4::bitstream::av1::{
        Av1Obu, Av1ObuParseContext, Av1ObuType, Av1SampleEntryConfig,
        build_av01_box_from_config_obus, parse_obus,
    };

    use super::{Error, KIND, Result, SampleEntry, colours};

    fn units(bytes: &[u8]) -> Result<Vec<Av1Obu<'_>>> {
        let units = parse_obus(bytes, Av1ObuParseContext::Sample);
        units.map_err(|fault| Error::encoder(KIND)(&fault))
    }

    pub fn described(bytes: &[u8]) -> Result<SampleEntry> {
        let units = units(bytes)?;
        let is_head = |unit: &&Av1Obu<'_>| unit.obu_type == Av1ObuType::SequenceHeader;
        let head = units.iter().find(is_head).map_or(&[][..], |unit| unit.obu);
        let config = Av1SampleEntryConfig {
            initial_presentation_delay_minus_one: None,
        };
        let mut described = build_av01_box_from_config_obus(head, &config)
            .map_err(|fault| Error::encoder(KIND)(&fault))?;
        described.unknown_boxes.push(colours());
        Ok(SampleEntry::Av01(described))
    }

    /// All units but the one that says that a picture begins, which the box around them says, too.
    pub fn sample(bytes: &[u8]) -> Result<Vec<u8>> {
        let units = units(bytes)?;
        let kept = units.iter();
        let kept = kept.filter(|unit| unit.obu_type != Av1ObuType::TemporalDelimiter);
        Ok(kept.flat_map(|unit| unit.obu).copied().collect())
    }
}
