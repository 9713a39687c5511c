//! Films and pictures to begin with.

use std::io::{Cursor, Write as _};

use media::animation::{Apng, Gif};
use media::credentials::{Facts, FilmSeal, Generator, Making, Signer, Source, seal};
use media::mp4::Writer;
use media::{Picture, Spec, still};

/// When they were signed.
pub const NOW: i64 = 1_790_000_000;

fn picture(at: usize) -> Picture {
    let mut picture = Picture::new(32, 16);
    for (index, byte) in picture.bytes.iter_mut().enumerate() {
        *byte = (index * 7 + at * 50) as u8;
    }
    picture
}

/// A film of three pictures, with a gap of so many bytes behind its first box, and where that is.
fn film(gap: usize) -> (Vec<u8>, u64) {
    let mut writer =
        Writer::new(Spec::new(32, 16, 8), Cursor::new(Vec::new())).expect("a size of films");
    for at in 0..3 {
        writer.push(&picture(at)).expect("a picture of the film");
    }
    let mut bytes = Vec::new();
    let gap = writer.finish(&mut bytes, gap).expect("a film");
    (bytes, gap.at)
}

/// One of each kind, without credentials; the film comes first.
pub fn plain() -> Vec<Vec<u8>> {
    let spec = Spec::new(32, 16, 8);
    let (mut gif, mut apng) = (Vec::new(), Vec::new());
    let mut animated = Gif::new(spec, &mut gif).expect("a size of GIF");
    animated.push(&picture(0)).expect("a picture of the film");
    animated.finish().expect("a film");
    let mut animated = Apng::new(spec, 2, &mut apng).expect("a size of PNG");
    for at in 0..2 {
        animated.push(&picture(at)).expect("a picture of the film");
    }
    animated.finish().expect("a film");
    let one = picture(0);
    vec![
        film(0).0,
        gif,
        apng,
        still::png(&one).expect("a picture"),
        still::jpeg(&one, 80).expect("a picture"),
        still::webp(&one).expect("a picture"),
    ]
}

/// One of each kind, signed.
pub fn sealed() -> Vec<Vec<u8>> {
    let identity = Signer::generate("Fuzz", NOW).expect("a key");
    let signer = Signer::of_pem(&identity.key, &identity.chain).expect("its key");
    let facts = Facts {
        title: "film".to_owned(),
        generator: Generator {
            name: "fuzz".to_owned(),
            version: "1".to_owned(),
        },
        source: Source::DigitalCreation,
        created_at: NOW,
        identity: [7; 32],
        making: Making::default(),
        ingredients: Vec::new(),
    };
    let pictures = plain().into_iter().skip(1);
    let mut files: Vec<Vec<u8>> = pictures
        .map(|bytes| seal(&bytes, &facts, &signer).expect("a whole picture"))
        .collect();
    let credentials = FilmSeal::new(&facts, &signer).expect("facts that can be told");
    let (mut bytes, at) = film(credentials.bytes());
    let sealed = credentials
        .seal(&mut Cursor::new(&bytes), at)
        .expect("a whole film");
    (&mut bytes[at as usize..])
        .write_all(&sealed)
        .expect("the gap is as long");
    files.push(bytes);
    files
}
