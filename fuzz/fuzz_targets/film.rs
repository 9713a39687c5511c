//! Films and pictures: refused, or pictures of the size that was said.

#![cfg_attr(feature = "libfuzzer", no_main)]

use std::io::Cursor;

use fuzz::Target;
use media::mp4::Frames;
use media::still;

const TARGET: Target = Target {
    name: "film",
    parse,
    seeds: fuzz::films::plain,
    // A head may say that a picture has eight million pixels.
    bytes_max: |length| 64 * length + (900 << 20),
};

/// Pictures that are decoded of a film.
const FEW: usize = 8;

fn parse(bytes: &[u8]) -> String {
    if let Ok(picture) = still::read(bytes) {
        assert_eq!(picture.bytes.len(), picture.width * picture.height * 3);
        return format!("a picture of {} × {}", picture.width, picture.height);
    }
    let mut frames = match Frames::open(Cursor::new(bytes)) {
        Ok(frames) => frames,
        Err(error) => return error.to_string(),
    };
    let (width, height) = (frames.film().width, frames.film().height);
    for count in 0..FEW {
        match frames.next_picture() {
            Ok(Some(picture)) => assert_eq!((picture.width, picture.height), (width, height)),
            Ok(None) => return format!("{count} pictures"),
            Err(error) => return format!("{count} pictures, then {error}"),
        }
    }
    "many pictures".to_owned()
}

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.parse)(bytes);
});

#[cfg(not(feature = "libfuzzer"))]
fn main() -> std::process::ExitCode {
    fuzz::run(&TARGET)
}
