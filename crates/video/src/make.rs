//! Draws a film and writes it at the same time.

use std::io::{Read, Seek, Write};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use media::animation::{Apng, Gif};
use media::mp4::{Gap, Writer};
use media::sound::Sound;
use media::watermark::Mark;
use media::{Codec, Picture, Spec};

use crate::label::Label;
use crate::order::Refused;
use crate::pictures::Pictures;

/// Pictures that are drawn before they are written, at most.
const AHEAD: usize = 4;

/// How a film is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// H.264 in MP4.
    Mp4,
    /// AV1 in MP4; only programs that were built with the feature `av1` write it.
    Av1,
    /// GIF.
    Gif,
    /// Animated PNG.
    Apng,
}

impl Format {
    /// Those that endings of files tell.
    pub const ALL: [Self; 3] = [Self::Mp4, Self::Gif, Self::Apng];

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Mp4 | Self::Av1 => "mp4",
            Self::Gif => "gif",
            Self::Apng => "png",
        }
    }

    /// Its type, as mails and the web name it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Mp4 | Self::Av1 => "video/mp4",
            Self::Gif => "image/gif",
            Self::Apng => "image/png",
        }
    }

    /// The format whose files end so; `apng`, too, is one.
    pub fn of_ending(ending: &str) -> Option<Self> {
        let ending = ending.to_ascii_lowercase();
        let known = Self::ALL
            .into_iter()
            .find(|format| format.ending() == ending);
        known.or((ending == "apng").then_some(Self::Apng))
    }
}

/// Where a film goes.
pub(crate) struct Target<S, W> {
    /// How it is written.
    pub format: Format,
    /// An empty file for what is on its way.
    pub scratch: S,
    /// Where the whole goes.
    pub out: W,
    /// Bytes to leave free behind the first box of an MP4, for credentials.
    pub gap: usize,
    /// The mark that everybody sees.
    pub label: Option<Label>,
    /// The mark that nobody sees.
    pub mark: Option<Mark>,
    /// What is heard, where the format has sound.
    pub sound: Option<Box<dyn Sound + Send>>,
}

/// Why a film was not made.
#[derive(Debug, thiserror::Error)]
pub enum Unmade {
    /// It was called off.
    #[error("it was called off")]
    Stopped,
    /// It could not be encoded.
    #[error(transparent)]
    Media(#[from] media::Error),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// More pictures than a GIF or an animated PNG holds here.
    #[error(
        "{pixels} pixels in all are too many for this format\nhint: `.mp4` holds films of any length; or make it smaller or shorter"
    )]
    Long {
        /// How many.
        pixels: u64,
    },
    /// It is none that can be made.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A network that was trained here cannot be used.
    #[error(transparent)]
    Network(#[from] crate::generate::Unloadable),
    /// Open weights made nothing.
    #[error(transparent)]
    OpenWeights(#[from] crate::open_weights::Error),
    /// Sound in a format that has none.
    #[error("a `.{}` holds no sound\nhint: `.mp4` does", .0.ending())]
    Mute(Format),
    /// It could not be signed.
    #[error(transparent)]
    Credentials(#[from] media::credentials::Error),
    /// The key that signs could not be read or kept.
    #[error(
        "what signs here, `{}`, cannot be read or kept: {source}\nhint: take its folder from a backup; or move it away, and a new key is made, by which nobody knows the films before",
        path.display()
    )]
    Key {
        /// Where it is, or should be.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Makes the pictures of `film` and writes them. `each` is told of every picture as it is written, with its number, and says whether
/// to go on. What it gives back is the gap that was left, for an MP4.
///
/// # Errors
/// [`Unmade`].
pub(crate) fn make<S, W>(
    film: &dyn Pictures,
    target: Target<S, W>,
    each: &mut dyn FnMut(u64, &Picture) -> bool,
) -> Result<Gap, Unmade>
where
    S: Read + Write + Seek,
    W: Write,
{
    let order = film.order();
    let mut spec = Spec::new(order.size.width, order.size.height, order.frames_per_second);
    let Target {
        format,
        scratch,
        mut out,
        gap,
        label,
        mark,
        sound,
    } = target;
    let marks = &Marks { label, mark };
    match format {
        Format::Mp4 | Format::Av1 => {
            if format == Format::Av1 {
                spec.codec = Codec::Av1;
            }
            let mut writer = Writer::new(spec, scratch)?;
            if let Some(sound) = sound {
                writer = writer.with_sound(sound)?;
            }
            through(film, marks, each, &mut |picture| writer.push(picture))?;
            Ok(writer.finish(&mut out, gap)?)
        }
        Format::Gif => {
            let mut writer = Gif::new(spec, &mut out)?;
            through(film, marks, each, &mut |picture| writer.push(picture))?;
            writer.finish()?;
            Ok(Gap { at: 0, bytes: 0 })
        }
        Format::Apng => {
            let frames = u32::try_from(film.frames()).unwrap_or(u32::MAX);
            let mut writer = Apng::new(spec, frames, &mut out)?;
            through(film, marks, each, &mut |picture| writer.push(picture))?;
            writer.finish()?;
            Ok(Gap { at: 0, bytes: 0 })
        }
    }
}

/// Hands each picture to `push`, while the next ones are drawn.
fn through(
    film: &dyn Pictures,
    marks: &Marks,
    each: &mut dyn FnMut(u64, &Picture) -> bool,
    push: &mut dyn FnMut(&Picture) -> media::Result<()>,
) -> Result<(), Unmade> {
    let (drawn, pictures) = sync_channel(AHEAD);
    let (free, canvases) = channel();
    std::thread::scope(|scope| {
        let maker = scope.spawn(move || make_all(film, marks, &drawn, &canvases));
        let mut made = 0;
        for picture in pictures {
            push(&picture)?;
            if !each(made, &picture) {
                return Err(Unmade::Stopped);
            }
            made += 1;
            // Whoever draws has ended when nobody takes it.
            let _ = free.send(picture);
        }
        maker
            .join()
            .expect("whoever makes pictures does not panic")?;
        match made == film.frames() {
            true => Ok(()),
            false => Err(Unmade::Stopped),
        }
    })
}

/// What is put onto each picture.
struct Marks {
    label: Option<Label>,
    mark: Option<Mark>,
}

fn make_all(
    film: &dyn Pictures,
    marks: &Marks,
    made: &SyncSender<Picture>,
    canvases: &Receiver<Picture>,
) -> Result<(), Unmade> {
    let mut canvas = || canvases.try_recv().unwrap_or_else(|_| film.blank());
    film.run(&mut canvas, &mut |mut picture| {
        if let Some(label) = &marks.label {
            label.apply(&mut picture);
        }
        if let Some(mark) = &marks.mark {
            mark.apply(&mut picture)
                .expect("only what is large enough gets a mark");
        }
        // Nobody takes it when the film was called off.
        made.send(picture).is_ok()
    })
}
