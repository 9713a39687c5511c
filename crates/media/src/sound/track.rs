//! Tracks that people bring: any common file, as stereo sound at the rate of films.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Cursor;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Async, FixedAsync, Resampler as _, SincInterpolationParameters};
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Fault;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

use super::{RATE, Sound, opus};
use crate::error::{Error, Result};
use crate::mp4;

const KIND: &str = "sound";

/// Samples a second that are read.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// Channels that are read.
const CHANNELS_MAX: usize = 32;

/// Samples that are brought to the rate of films at once.
const CHUNK: usize = 1024;

/// Packets in a row that may be damaged.
const DAMAGED_MAX: usize = 100;

/// Samples in which a track fades out at the end of a film.
const FADE: f32 = 0.4 * RATE as f32;

/// How much of the middle goes to either side.
const CENTRE: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// The sound of a file, from its beginning.
pub struct Track {
    file: Box<dyn FormatReader>,
    decoder: Decoder,
    id: u32,
    rate: u32,
    /// Brings it to the rate of films, where it has another.
    resampler: Option<Async<f32>>,
    /// What was decoded and has not yet been brought to that rate.
    decoded: VecDeque<f32>,
    /// What is ready.
    ready: VecDeque<[f32; 2]>,
    /// Samples until the film ends, where that is known.
    rest: Option<u64>,
    /// Samples that the resampler gives before the first that it was given.
    skipped: usize,
    /// Where in what is decoded the sound begins, in seconds: encoders put something before.
    begins: f64,
    /// Samples until then.
    early: usize,
    is_over: bool,
}

/// What turns packets into samples.
enum Decoder {
    Opus(opus::Decoder),
    Other(Box<dyn AudioDecoder>),
}

/// What was decoded: samples a second, channels, and all channels of a moment side by side.
type Decoded = (u32, usize, Vec<f32>);

impl Track {
    /// The sound of `file`: WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus, AAC or ALAC.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when there is none in it, or it is in another format.
    pub fn open(mut file: File) -> Result<Self> {
        let begins = mp4::sound_begins(&mut file)?;
        Self::of(Box::new(file), begins)
    }

    /// The sound of a file that is at hand.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of_bytes(bytes: Vec<u8>) -> Result<Self> {
        let mut bytes = Cursor::new(bytes);
        let begins = mp4::sound_begins(&mut bytes)?;
        Self::of(Box::new(bytes), begins)
    }

    /// The sound of a source that stands at its beginning.
    fn of(source: Box<dyn MediaSource>, begins: Option<f64>) -> Result<Self> {
        let stream = MediaSourceStream::new(source, Default::default());
        let (format, meta) = (FormatOptions::default(), MetadataOptions::default());
        let file = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, format, meta)
            .map_err(unreadable)?;
        let track = file
            .default_track(TrackType::Audio)
            .ok_or_else(|| unreadable("there is none in it"))?;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|parameters| parameters.audio())
            .ok_or_else(|| unreadable("it does not say how it is encoded"))?;
        let decoder = Decoder::new(parameters)?;
        let id = track.id;
        let mut opened = Self {
            file,
            begins: begins.unwrap_or_else(|| decoder.begins()),
            early: 0,
            decoder,
            id,
            rate: 0,
            resampler: None,
            decoded: VecDeque::new(),
            ready: VecDeque::new(),
            rest: None,
            skipped: 0,
            is_over: false,
        };
        // Whoever brings what cannot be played is told before the film is made.
        opened.decode()?;
        match opened.rate {
            0 => Err(unreadable("there is none in it")),
            _ => Ok(opened),
        }
    }

    /// The same, which fades out where a film of so many seconds ends.
    pub fn ending_after(self, seconds: f64) -> Self {
        Self {
            rest: Some((seconds * f64::from(RATE)).round() as u64),
            ..self
        }
    }

    /// Its type, as mails and the web name it.
    pub fn media_type(&self) -> &'static str {
        match self.file.format_info().short_name {
            "wave" => "audio/wav",
            "aiff" => "audio/aiff",
            "flac" => "audio/flac",
            "mp1" | "mp2" | "mp3" => "audio/mpeg",
            "aac" => "audio/aac",
            "ogg" => "audio/ogg",
            "isomp4" => "audio/mp4",
            _ => "application/octet-stream",
        }
    }

    /// Decodes the next packet.
    fn decode(&mut self) -> Result<()> {
        let mut damaged = 0;
        loop {
            let packet = match self.file.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return self.finish(),
                // That is how some formats end.
                Err(Fault::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return self.finish();
                }
                Err(fault) => return Err(unreadable(fault)),
            };
            if packet.track_id != self.id {
                continue;
            }
            let Some((rate, channels, samples)) = self.decoder.decode(&packet)? else {
                damaged += 1;
                match damaged > DAMAGED_MAX {
                    true => return Err(unreadable("it is damaged")),
                    false => continue,
                }
            };
            if samples.is_empty() {
                continue;
            }
            self.take(rate, channels, &samples)?;
            return Ok(());
        }
    }

    /// Takes what was decoded, all channels of a moment side by side.
    fn take(&mut self, rate: u32, channels: usize, samples: &[f32]) -> Result<()> {
        if self.rate == 0 {
            self.begin(rate)?;
        }
        if rate != self.rate || !(1..=CHANNELS_MAX).contains(&channels) {
            return Err(unreadable("it changes its rate, or has too many channels"));
        }
        let moments = samples.chunks_exact(channels);
        let early = self.early.min(moments.len());
        self.early -= early;
        let moments = moments.skip(early).map(stereo);
        if self.resampler.is_none() {
            self.ready.extend(moments);
            return Ok(());
        }
        moments.for_each(|moment| self.decoded.extend(moment));
        while self.decoded.len() >= 2 * CHUNK {
            let chunk: Vec<f32> = self.decoded.drain(..2 * CHUNK).collect();
            self.resample(&chunk)?;
        }
        Ok(())
    }

    fn begin(&mut self, rate: u32) -> Result<()> {
        if !RATES.contains(&rate) {
            return Err(unreadable(format!("it has {rate} samples a second")));
        }
        self.rate = rate;
        self.early = (self.begins * f64::from(rate)).round() as usize;
        if rate != RATE {
            let ratio = f64::from(RATE) / f64::from(rate);
            let filter = SincInterpolationParameters::default();
            let resampler = Async::new_sinc(ratio, 1.0, &filter, CHUNK, 2, FixedAsync::Input)
                .map_err(|fault| Error::encoder(KIND)(&fault))?;
            self.skipped = resampler.output_delay();
            self.resampler = Some(resampler);
        }
        Ok(())
    }

    fn resample(&mut self, chunk: &[f32]) -> Result<()> {
        let Some(resampler) = &mut self.resampler else {
            return Ok(());
        };
        let failed = Error::encoder(KIND);
        let chunk = InterleavedSlice::new(chunk, 2, CHUNK).map_err(|fault| failed(&fault))?;
        let made = resampler
            .process(&chunk, None)
            .map_err(|fault| failed(&fault))?
            .take_data();
        // What is loud to the brim overshoots where it is brought to another rate.
        let moments = made
            .chunks_exact(2)
            .map(|moment| [moment[0], moment[1]].map(bounded));
        let early = self.skipped.min(moments.len());
        self.skipped -= early;
        self.ready.extend(moments.skip(early));
        Ok(())
    }

    /// What is still on its way at the end.
    fn finish(&mut self) -> Result<()> {
        self.is_over = true;
        if self.resampler.is_none() {
            return Ok(());
        }
        let mut rest: Vec<f32> = self.decoded.drain(..).collect();
        // One chunk of silence pushes out what the resampler holds back.
        rest.resize(4 * CHUNK, 0.0);
        rest.chunks_exact(2 * CHUNK)
            .try_for_each(|chunk| self.resample(chunk))
    }
}

impl Decoder {
    fn new(parameters: &AudioCodecParameters) -> Result<Self> {
        if parameters.codec == CODEC_ID_OPUS {
            let head = parameters.extra_data.as_deref().unwrap_or_default();
            return Ok(Self::Opus(opus::Decoder::new(head)?));
        }
        symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map(Self::Other)
            .map_err(|_| unreadable("how it is encoded is not known here"))
    }

    /// Where the sound begins, in seconds, as far as the stream itself says so.
    fn begins(&self) -> f64 {
        match self {
            Self::Opus(opus) => opus.pre_skip as f64 / f64::from(RATE),
            Self::Other(_) => 0.0,
        }
    }

    /// What is in a packet; nothing when it is damaged.
    fn decode(&mut self, packet: &Packet) -> Result<Option<Decoded>> {
        match self {
            Self::Opus(opus) => {
                let samples = opus.decode(&packet.data);
                Ok(samples.map(|samples| (RATE, opus.channels(), samples)))
            }
            Self::Other(decoder) => match decoder.decode(packet) {
                Ok(buffer) => {
                    let mut samples: Vec<f32> = Vec::new();
                    buffer.copy_to_vec_interleaved(&mut samples);
                    Ok(Some((buffer.spec().rate(), buffer.num_planes(), samples)))
                }
                Err(Fault::DecodeError(_)) => Ok(None),
                Err(fault) => Err(unreadable(fault)),
            },
        }
    }
}

impl Sound for Track {
    fn fill(&mut self, out: &mut [[f32; 2]]) -> Result<()> {
        while self.ready.len() < out.len() && !self.is_over {
            self.decode()?;
        }
        for sample in out {
            let open = match &mut self.rest {
                None => 1.0,
                Some(rest) => {
                    *rest = rest.saturating_sub(1);
                    (*rest as f32 / FADE).min(1.0)
                }
            };
            let heard = self.ready.pop_front().unwrap_or_default();
            *sample = heard.map(|side| side * open);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Track {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Track")
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}

/// The channels of a moment as two: one is on both sides, and the middle of more than two goes to either.
pub(super) fn stereo(channels: &[f32]) -> [f32; 2] {
    let [left, right] = match *channels {
        [] => [0.0; 2],
        [one] => [one; 2],
        [left, right] => [left, right],
        [left, right, middle, ..] => [left + CENTRE * middle, right + CENTRE * middle],
    };
    [left, right].map(bounded)
}

/// A sample that is no louder than sound can be.
fn bounded(sample: f32) -> f32 {
    match sample.is_finite() {
        true => sample.clamp(-1.0, 1.0),
        false => 0.0,
    }
}

fn unreadable(reason: impl std::fmt::Display) -> Error {
    Error::unreadable(KIND)(&reason)
}
