//! Films as GIF and as animated PNG, for places that play no video.

use std::io::Write;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbaImage};

use crate::error::{Error, Result};
use crate::film::Spec;
use crate::picture::Picture;

/// Speed of the search for colours, from 1 for the best to 30.
const GIF_SPEED: i32 = 10;

/// Pictures a second: what stands for less than two hundredths of a second is shown for ten.
const GIF_RATE_MAX: u32 = 50;

/// Writes a film as GIF, which has 256 colours a picture.
pub struct Gif<W: Write> {
    spec: Spec,
    encoder: GifEncoder<W>,
    frames: u64,
}

impl<W: Write> Gif<W> {
    /// A film like `spec`, which begins anew when it is over.
    ///
    /// # Errors
    /// [`Error::Size`] when a side is longer than 65,535.
    pub fn new(spec: Spec, out: W) -> Result<Self> {
        let sides = 1..=usize::from(u16::MAX);
        if !sides.contains(&spec.width) || !sides.contains(&spec.height) {
            return Err(Error::Size {
                kind: "GIF",
                width: spec.width,
                height: spec.height,
                hint: "both sides must be from 1 to 65,535",
            });
        }
        if spec.frames_per_second > GIF_RATE_MAX {
            return Err(Error::encoder("GIF")(&format_args!(
                "it has {GIF_RATE_MAX} pictures a second at most"
            )));
        }
        let mut encoder = GifEncoder::new_with_speed(out, GIF_SPEED);
        encoder
            .set_repeat(Repeat::Infinite)
            .map_err(unwritten("GIF"))?;
        Ok(Self {
            spec,
            encoder,
            frames: 0,
        })
    }

    /// Adds the next picture.
    ///
    /// # Errors
    /// [`Error::Changed`] when its size is not the film's.
    pub fn push(&mut self, picture: &Picture) -> Result<()> {
        self.spec.fits(picture)?;
        let rgba = picture
            .bytes
            .chunks_exact(3)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255])
            .collect();
        let image = RgbaImage::from_raw(self.spec.width as u32, self.spec.height as u32, rgba)
            .expect("four bytes a pixel");
        // Times are in hundredths: each picture stands until the hundredth in which the next one begins.
        let hundredth = |frame: u64| frame * 100 / u64::from(self.spec.frames_per_second);
        let stands = hundredth(self.frames + 1) - hundredth(self.frames);
        let delay = Delay::from_numer_denom_ms(stands as u32 * 10, 1);
        self.encoder
            .encode_frame(Frame::from_parts(image, 0, 0, delay))
            .map_err(unwritten("GIF"))?;
        self.frames += 1;
        Ok(())
    }

    /// Ends the film.
    ///
    /// # Errors
    /// [`Error::Empty`] without a picture.
    pub fn finish(self) -> Result<()> {
        if self.frames == 0 {
            return Err(Error::Empty);
        }
        Ok(())
    }
}

/// Writes a film as animated PNG, without loss.
pub struct Apng<W: Write> {
    spec: Spec,
    writer: png::Writer<W>,
    left: u32,
}

impl<W: Write> Apng<W> {
    /// A film like `spec` with just `frames` pictures, which begins anew when it is over.
    ///
    /// # Errors
    /// [`Error::Empty`] for none, and [`Error::Size`] when there are no pixels.
    pub fn new(spec: Spec, frames: u32, out: W) -> Result<Self> {
        if frames == 0 {
            return Err(Error::Empty);
        }
        let (Ok(width), Ok(height), Ok(rate)) = (
            u32::try_from(spec.width),
            u32::try_from(spec.height),
            u16::try_from(spec.frames_per_second),
        ) else {
            return Err(size(&spec));
        };
        if width == 0 || height == 0 {
            return Err(size(&spec));
        }
        let mut encoder = png::Encoder::new(out, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_animated(frames, 0).map_err(unwritten("APNG"))?;
        encoder
            .set_frame_delay(1, rate)
            .map_err(unwritten("APNG"))?;
        Ok(Self {
            spec,
            writer: encoder.write_header().map_err(unwritten("APNG"))?,
            left: frames,
        })
    }

    /// Adds the next picture.
    ///
    /// # Errors
    /// [`Error::Changed`] when its size is not the film's, [`Error::Encoder`] when there are more than were said.
    pub fn push(&mut self, picture: &Picture) -> Result<()> {
        self.spec.fits(picture)?;
        self.writer
            .write_image_data(&picture.bytes)
            .map_err(unwritten("APNG"))?;
        self.left = self.left.saturating_sub(1);
        Ok(())
    }

    /// Ends the film.
    ///
    /// # Errors
    /// [`Error::Encoder`] when there were fewer pictures than were said.
    pub fn finish(self) -> Result<()> {
        if self.left > 0 {
            return Err(Error::encoder("APNG")(&format_args!(
                "{} pictures are missing",
                self.left
            )));
        }
        self.writer.finish().map_err(unwritten("APNG"))
    }
}

fn size(spec: &Spec) -> Error {
    Error::Size {
        kind: "APNG",
        width: spec.width,
        height: spec.height,
        hint: "no side may be empty",
    }
}

/// A failure of an encoder, or of what it writes to.
fn unwritten<E: std::error::Error + 'static>(kind: &'static str) -> impl Fn(E) -> Error {
    move |fault| Error::encoder(kind)(&fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::still;

    fn frame(at: u8) -> Picture {
        let mut picture = Picture::new(12, 8);
        for (index, pixel) in picture.bytes.chunks_exact_mut(3).enumerate() {
            pixel.copy_from_slice(&[at * 60, (index % 4 * 50) as u8, 10]);
        }
        picture
    }

    #[test]
    fn a_gif_begins_with_the_first_picture_and_holds_them_all() {
        let mut bytes = Vec::new();
        let mut gif = Gif::new(Spec::new(12, 8, 24), &mut bytes).unwrap();
        for at in 0..3 {
            gif.push(&frame(at)).unwrap();
        }
        gif.finish().unwrap();
        assert_eq!(still::read(&bytes).unwrap(), frame(0));
        // 24 pictures a second begin at hundredths 0, 4, 8 and 12.
        let control: Vec<_> = bytes
            .windows(4)
            .filter(|window| window[..3] == [0x21, 0xf9, 4])
            .collect();
        assert_eq!(control.len(), 3);
        assert!(bytes.windows(11).any(|window| window == b"NETSCAPE2.0"));
    }

    #[test]
    fn an_animated_png_holds_each_picture_as_it_was() {
        let mut bytes = Vec::new();
        let mut apng = Apng::new(Spec::new(12, 8, 8), 3, &mut bytes).unwrap();
        for at in 0..3 {
            apng.push(&frame(at)).unwrap();
        }
        apng.finish().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes))
            .read_info()
            .unwrap();
        assert_eq!(reader.info().animation_control().unwrap().num_frames, 3);
        for at in 0..3 {
            let mut row = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut row).unwrap();
            assert_eq!(row, frame(at).bytes, "picture {at}");
        }
    }

    #[test]
    fn films_without_pictures_and_without_pixels_are_refused() {
        assert!(matches!(
            Apng::new(Spec::new(4, 4, 8), 0, Vec::new()),
            Err(Error::Empty)
        ));
        assert!(matches!(
            Gif::new(Spec::new(4, 4, 8), Vec::new()).unwrap().finish(),
            Err(Error::Empty)
        ));
        assert!(matches!(
            Gif::new(Spec::new(0, 4, 8), Vec::new()),
            Err(Error::Size { .. })
        ));
        assert!(matches!(
            Apng::new(Spec::new(4, 0, 8), 1, Vec::new()),
            Err(Error::Size { .. })
        ));
    }
}
