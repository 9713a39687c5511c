//! Single pictures: any common format in, and JPEG, PNG and WebP out.

use std::io::{Cursor, Read};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder as _, ImageFormat, ImageReader, Limits};

use crate::error::{Error, Result};
use crate::picture::Picture;

/// Pixels of a side that are read at most.
pub const SIDE_MAX: u32 = 8_192;

/// Bytes of memory that reading may take.
const MEMORY_MAX: u64 = 256 << 20;

/// Bytes of a file with a picture.
const FILE_BYTES_MAX: u64 = 64 << 20;

const KIND: &str = "picture";

/// Reads a picture out of a file; as [`read`].
///
/// # Errors
/// The same, [`Error::TooLarge`], and [`Error::File`].
pub fn read_from(file: impl Read) -> Result<Picture> {
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    let found = bytes.len() as u64;
    if found > FILE_BYTES_MAX {
        return Err(Error::TooLarge {
            what: "a file with a picture",
            found,
            limit: FILE_BYTES_MAX,
        });
    }
    read(&bytes)
}

/// Reads GIF, JPEG, PNG or WebP, whichever it is by its first bytes. What can be seen through becomes black.
///
/// # Errors
/// [`Error::Unreadable`] when it is none of them, is damaged, or is larger than is read.
pub fn read(bytes: &[u8]) -> Result<Picture> {
    let unreadable = Error::unreadable(KIND);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let known = [
        ImageFormat::Gif,
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
    ];
    if !reader
        .format()
        .is_some_and(|format| known.contains(&format))
    {
        return Err(unreadable(&"it is neither GIF, JPEG, PNG nor WebP"));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let decoded = reader
        .decode()
        .map_err(|fault| unreadable(&fault))?
        .into_rgba8();
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    let mut picture = Picture::new(width, height);
    for (pixel, seen) in picture
        .bytes
        .chunks_exact_mut(3)
        .zip(decoded.as_raw().chunks_exact(4))
    {
        let cover = u32::from(seen[3]);
        for (byte, part) in pixel.iter_mut().zip(seen) {
            *byte = ((u32::from(*part) * cover + 127) / 255) as u8;
        }
    }
    Ok(picture)
}

/// Writes a picture as JPEG, with `quality` from 1 to 100.
///
/// # Errors
/// [`Error::Size`] when a side is longer than 65,535.
pub fn jpeg(picture: &Picture, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100));
    let written = write(picture, |data, width, height| {
        encoder.encode(data, width, height, ExtendedColorType::Rgb8)
    });
    written
        .map(|()| bytes)
        .map_err(|_| too_long(picture, "JPEG", "both sides must be from 1 to 65,535"))
}

/// Writes a picture as PNG.
///
/// # Errors
/// [`Error::Size`] when it is empty.
pub fn png(picture: &Picture) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let written = write(picture, |data, width, height| {
        encoder.write_image(data, width, height, ExtendedColorType::Rgb8)
    });
    written
        .map(|()| bytes)
        .map_err(|_| too_long(picture, "PNG", "no side may be empty"))
}

/// Writes a picture as WebP, without loss.
///
/// # Errors
/// [`Error::Size`] when a side is longer than 16,384.
pub fn webp(picture: &Picture) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut bytes);
    let written = write(picture, |data, width, height| {
        encoder.encode(data, width, height, ExtendedColorType::Rgb8)
    });
    written
        .map(|()| bytes)
        .map_err(|_| too_long(picture, "WebP", "both sides must be from 1 to 16,384"))
}

fn write<E>(
    picture: &Picture,
    encode: impl FnOnce(&[u8], u32, u32) -> std::result::Result<(), E>,
) -> std::result::Result<(), Option<E>> {
    let (Ok(width), Ok(height)) = (u32::try_from(picture.width), u32::try_from(picture.height))
    else {
        return Err(None);
    };
    if width == 0 || height == 0 {
        return Err(None);
    }
    encode(&picture.bytes, width, height).map_err(Some)
}

fn too_long(picture: &Picture, kind: &'static str, hint: &'static str) -> Error {
    Error::Size {
        kind,
        width: picture.width,
        height: picture.height,
        hint,
    }
}

/// Lays pictures of one size out in rows of `columns`, from the upper left corner on; what is left over stays black.
///
/// # Panics
/// When there is no picture or no column, or when the pictures are not of one size.
pub fn sheet(pictures: &[Picture], columns: usize) -> Picture {
    let first = pictures.first().expect("a sheet has pictures");
    let rows = pictures.len().div_ceil(columns);
    let mut sheet = Picture::new(first.width * columns, first.height * rows);
    for (index, picture) in pictures.iter().enumerate() {
        assert_eq!(
            (picture.width, picture.height),
            (first.width, first.height),
            "pictures of a sheet are of one size"
        );
        let left = index % columns * first.width;
        let top = index / columns * first.height;
        for (y, row) in picture.bytes.chunks_exact(first.width * 3).enumerate() {
            let at = ((top + y) * sheet.width + left) * 3;
            sheet.bytes[at..at + row.len()].copy_from_slice(row);
        }
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(width: usize, height: usize) -> Picture {
        let mut picture = Picture::new(width, height);
        for (index, pixel) in picture.bytes.chunks_exact_mut(3).enumerate() {
            pixel.copy_from_slice(&[(index % width * 5) as u8, (index / width * 5) as u8, 90]);
        }
        picture
    }

    #[test]
    fn formats_without_loss_come_back_as_they_were() {
        let picture = gradient(33, 17);
        assert_eq!(read(&png(&picture).unwrap()).unwrap(), picture);
        assert_eq!(read(&webp(&picture).unwrap()).unwrap(), picture);
    }

    #[test]
    fn jpeg_comes_back_nearly_as_it_was() {
        let picture = gradient(33, 17);
        let back = read(&jpeg(&picture, 92).unwrap()).unwrap();
        assert_eq!((back.width, back.height), (33, 17));
        let worst = back
            .bytes
            .iter()
            .zip(&picture.bytes)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(worst < Some(40), "{worst:?}");
    }

    #[test]
    fn what_is_no_picture_is_named() {
        for bytes in [
            b"".as_slice(),
            b"hello",
            b"GIF89a",
            b"\x89PNG\r\n\x1a\n",
            b"RIFF\x10\0\0\0WEBPVP8 ",
        ] {
            let error = read(bytes).unwrap_err();
            assert!(matches!(error, Error::Unreadable { .. }), "{error}");
        }
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_refused_before_it_is_made() {
        let mut bytes = png(&gradient(2, 2)).unwrap();
        bytes[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        assert!(matches!(read(&bytes), Err(Error::Unreadable { .. })));
    }

    #[test]
    fn empty_pictures_are_refused() {
        for written in [
            png(&Picture::new(0, 4)),
            jpeg(&Picture::new(4, 0), 80),
            webp(&Picture::new(0, 0)),
        ] {
            assert!(matches!(written, Err(Error::Size { .. })));
        }
    }

    #[test]
    fn a_sheet_has_its_pictures_in_reading_order() {
        let pictures: Vec<_> = (0..5)
            .map(|grey| {
                let mut picture = Picture::new(2, 1);
                picture.bytes.fill(grey * 10 + 10);
                picture
            })
            .collect();
        let sheet = sheet(&pictures, 3);
        assert_eq!((sheet.width, sheet.height), (6, 2));
        let greys: Vec<_> = sheet.bytes.chunks_exact(6).map(|two| two[0]).collect();
        assert_eq!(greys, [10, 20, 30, 40, 50, 0]);
    }
}
