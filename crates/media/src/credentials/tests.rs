use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};

use super::*;

const NOW: i64 = 1_790_000_000;

const YEAR: i64 = 365 * 24 * 3600;

fn identity() -> Identity {
    Signer::generate("Example Ltd", NOW).unwrap()
}

fn signer() -> Signer {
    let identity = identity();
    Signer::of_pem(&identity.key, &identity.chain).unwrap()
}

fn facts() -> Facts {
    Facts {
        title: "A lake at night".to_owned(),
        generator: Generator {
            name: "Freehold".to_owned(),
            version: "0.1.0".to_owned(),
        },
        source: Source::TrainedAlgorithmicMedia,
        created_at: NOW,
        identity: [7; 32],
        making: Making {
            model: Some("lakes-1b".to_owned()),
            prompt: Some("a lake, at night".to_owned()),
            seed: Some(u64::MAX),
            settings: [("steps".to_owned(), "20".to_owned())].into(),
        },
        ingredients: Vec::new(),
    }
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(9, 7, |x, y| [(x * 25) as u8, (y * 30) as u8, 90].into());
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(pixels)
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// A PNG with two pictures.
fn moving_picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 4, 4);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[10; 16]).unwrap();
    writer.write_image_data(&[200; 16]).unwrap();
    writer.finish().unwrap();
    bytes
}

fn pictures() -> Vec<Vec<u8>> {
    let formats = [
        ImageFormat::Gif,
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
    ];
    let mut pictures = formats.map(picture).to_vec();
    pictures.push(moving_picture());
    pictures
}

fn boxed(letters: &[u8; 4], content: &[u8]) -> Vec<u8> {
    jumbf::boxed(letters, content)
}

/// The boxes of a film with credentials behind the first; nobody could play it.
fn film(facts: &Facts, signer: &Signer) -> Vec<u8> {
    let seal = FilmSeal::new(facts, signer).unwrap();
    let first = boxed(b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41");
    let gap = boxed(b"free", &vec![0; seal.bytes() - 8]);
    let stco = boxed(b"stco", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 9, 9]);
    let moov = boxed(b"moov", &boxed(b"trak", &stco));
    let mdat = boxed(b"mdat", &[5; 300]);
    let mut film = [&first[..], &gap, &moov, &mdat].concat();
    let at = first.len();
    let sealed = seal.seal(&mut Cursor::new(&film), at as u64).unwrap();
    assert_eq!(sealed.len(), seal.bytes());
    film[at..at + sealed.len()].copy_from_slice(&sealed);
    film
}

fn sealed(facts: &Facts, signer: &Signer) -> Vec<Vec<u8>> {
    let pictures = pictures();
    let pictures = pictures
        .iter()
        .map(|picture| seal(picture, facts, signer).unwrap());
    pictures.chain([film(facts, signer)]).collect()
}

fn checked(bytes: &[u8]) -> Report {
    verify(&mut Cursor::new(bytes), &Trust::nobody(NOW)).unwrap()
}

#[test]
fn every_kind_of_file_says_what_made_it() {
    let signer = signer();
    let files = sealed(&facts(), &signer);
    for file in &files {
        let report = checked(file);
        assert_eq!(report.status, Status::Valid, "{}", report.format);
        let content = report.content.unwrap();
        assert_eq!(content.title.as_deref(), Some("A lake at night"));
        assert_eq!(content.generator, Some(facts().generator));
        assert_eq!(content.source, Some(Source::TrainedAlgorithmicMedia));
        assert_eq!(content.created_at.as_deref(), Some("2026-09-21T14:13:20Z"));
        assert_eq!(content.making, Some(facts().making));
        assert_eq!(content.actions.len(), 1);
        assert_eq!(content.actions[0].name, "c2pa.created");
        assert_eq!(content.actions[0].generator.as_deref(), Some("Freehold"));
        assert_eq!(content.uncovered_bytes, 0);
        let by = report.signer.unwrap();
        assert_eq!(by.name.as_deref(), Some("Freehold"));
        assert_eq!(by.organisation.as_deref(), Some("Example Ltd"));
        assert_eq!(by.fingerprint, signer.fingerprint());
        assert_eq!(by.standing, Standing::Unknown);
    }
    assert_eq!(files.len(), 6);
}

#[test]
fn a_sealed_picture_shows_what_it_did() {
    let signer = signer();
    for picture in pictures() {
        let sealed = seal(&picture, &facts(), &signer).unwrap();
        let before = image::load_from_memory(&picture).unwrap();
        assert_eq!(image::load_from_memory(&sealed).unwrap(), before);
    }
}

#[test]
fn a_flipped_byte_is_found() {
    for (index, file) in sealed(&facts(), &signer()).into_iter().enumerate() {
        let format = checked(&file).format;
        let place = input::Input::over(&file, |input| format.find(input));
        let span = place.unwrap().unwrap().span;
        // The credentials are much the same in each: their middle is shared among them.
        let middle = span.start as usize + 400..span.end as usize - 100;
        let is_mine = |at: &usize| !middle.contains(at) || at % 6 == index;
        let (mut missing, mut unread) = (0, 0);
        for at in (0..file.len()).filter(is_mine) {
            let mut file = file.clone();
            file[at] ^= 1 << (at % 8);
            match verify(&mut Cursor::new(&file), &Trust::nobody(NOW)).map(|report| report.status) {
                Ok(Status::Valid) => panic!("byte {at} of a {format} was changed and not found"),
                Ok(Status::Missing) => missing += 1,
                Ok(Status::Unread { .. }) => unread += 1,
                // It is another kind of file now.
                Err(Error::Format) => assert!(at < 12, "byte {at} of a {format}"),
                Err(error) => panic!("{error}"),
                Ok(_) => {}
            }
        }
        // The names by which they are found, and the one of the algorithm.
        assert!(
            missing <= 40 && unread <= 1,
            "{missing} and {unread} of a {format}"
        );
    }
}

#[test]
fn letters_that_mean_the_same_are_found_when_they_were_not_those() {
    for mut bytes in sealed(&facts(), &signer()) {
        let at = bytes
            .windows(8)
            .position(|window| window == b"jumdc2ma")
            .unwrap();
        bytes[at + 7] = b'd';
        assert_ne!(checked(&bytes).status, Status::Valid);
    }
}

#[test]
fn bytes_that_are_added_or_cut_off_are_found() {
    for file in sealed(&facts(), &signer()) {
        let longer = [&file[..], b"1"].concat();
        assert_ne!(checked(&longer).status, Status::Valid);
        for length in 12..file.len() {
            assert_ne!(checked(&file[..length]).status, Status::Valid);
        }
    }
}

#[test]
fn files_without_credentials_have_none() {
    for picture in pictures() {
        assert_eq!(checked(&picture).status, Status::Missing);
    }
    let film = [boxed(b"ftyp", b"isom"), boxed(b"mdat", &[1; 9])].concat();
    assert_eq!(checked(&film).status, Status::Missing);
    let trust = Trust::nobody(NOW);
    let text = verify(&mut Cursor::new(b"just some words"), &trust);
    assert!(matches!(text, Err(Error::Format)));
}

#[test]
fn whoever_is_trusted_vouches_for_a_signer_while_the_certificate_is_good() {
    let identity = identity();
    let signer = Signer::of_pem(&identity.key, &identity.chain).unwrap();
    let file = seal(&picture(ImageFormat::Png), &facts(), &signer).unwrap();
    let standing = |roots: &str, now| {
        let trust = Trust::of_pem(roots, now).unwrap();
        let report = verify(&mut Cursor::new(&file), &trust).unwrap();
        (
            report.signer.unwrap().standing,
            report.status == Status::Valid,
        )
    };
    let other = self::identity().root;
    let both = format!("{other}{}", identity.root);
    assert_eq!(standing(&identity.root, NOW), (Standing::Trusted, true));
    assert_eq!(standing(&both, NOW + 9 * YEAR), (Standing::Trusted, true));
    assert_eq!(standing(&other, NOW), (Standing::Unknown, true));
    assert_eq!(
        standing(&identity.root, NOW + 11 * YEAR),
        (Standing::Expired, false)
    );
    assert_eq!(
        standing(&identity.root, NOW - YEAR),
        (Standing::Expired, false)
    );
    assert!(Trust::of_pem("", NOW).is_err());
}

#[test]
fn sealing_again_takes_the_place_of_what_was_there() {
    let signer = signer();
    for picture in pictures() {
        let once = seal(&picture, &facts(), &signer).unwrap();
        let twice = seal(&once, &facts(), &signer).unwrap();
        assert_eq!(checked(&twice).status, Status::Valid);
        assert_eq!(once.len(), twice.len());
        let changed: Vec<usize> = (0..once.len())
            .filter(|at| once[*at] != twice[*at])
            .collect();
        let span = changed[changed.len() - 1] - changed[0];
        // Only the signature, and in PNG the sum of the chunk behind it.
        assert!(span <= 72, "{span} bytes differ");
    }
}

fn ingredient(bytes: &[u8], title: &str, relationship: Relationship) -> Ingredient {
    Ingredient::read(&mut Cursor::new(bytes), title, relationship, NOW).unwrap()
}

/// A JPEG that was made of a PNG with credentials, a JPEG without, and a PNG that was changed.
fn edited(parent: &[u8], signer: &Signer) -> Vec<u8> {
    let plain = picture(ImageFormat::Jpeg);
    let mut broken = parent.to_vec();
    let last = broken.len() - 20;
    broken[last] ^= 1;
    let ingredients = vec![
        ingredient(parent, "before.png", Relationship::Parent),
        ingredient(&plain, "part.jpeg", Relationship::Component),
        ingredient(&broken, "broken.png", Relationship::Input),
    ];
    let kept: Vec<bool> = ingredients
        .iter()
        .map(Ingredient::has_credentials)
        .collect();
    assert_eq!(kept, [true, false, false]);
    let facts = Facts {
        identity: [8; 32],
        source: Source::CompositeWithTrainedAlgorithmicMedia,
        ingredients,
        ..facts()
    };
    seal(&plain, &facts, signer).unwrap()
}

#[test]
fn credentials_of_what_a_file_was_made_of_are_carried_along() {
    let signer = signer();
    let parent = seal(&picture(ImageFormat::Png), &facts(), &signer).unwrap();
    let report = checked(&edited(&parent, &signer));
    assert_eq!(report.status, Status::Valid);
    let content = report.content.unwrap();
    let names: Vec<&str> = content
        .actions
        .iter()
        .map(|action| &action.name[..])
        .collect();
    assert_eq!(names, ["c2pa.opened", "c2pa.edited", "c2pa.placed"]);
    let [first, second, third] = &content.ingredients[..] else {
        panic!("{:?}", content.ingredients);
    };
    let before = checked(&parent).content.unwrap();
    assert_eq!(first.label, Some(before.label));
    assert_eq!(first.status, Status::Valid);
    assert_eq!(first.relationship, Some(Relationship::Parent));
    assert_eq!(
        first.sha256,
        Some(digest::hexadecimal(&digest::sum(&parent)))
    );
    assert_eq!((&second.label, &second.status), (&None, &Status::Missing));
    let refused = third.description.as_deref().unwrap();
    assert!(refused.contains("the file was changed"), "{refused}");
}

#[test]
fn credentials_that_are_carried_along_cannot_be_changed() {
    let signer = signer();
    let parent = seal(&picture(ImageFormat::Png), &facts(), &signer).unwrap();
    let edited = edited(&parent, &signer);
    // A file of a file of a file, whose first credentials come twice.
    let ingredients = vec![
        ingredient(&edited, "edited.jpeg", Relationship::Parent),
        ingredient(&parent, "before.png", Relationship::Component),
    ];
    let third = Facts {
        identity: [9; 32],
        ingredients,
        ..facts()
    };
    let last = film(&third, &signer);
    assert_eq!(checked(&last).status, Status::Valid);
    for at in (0..last.len()).step_by(23) {
        let mut last = last.clone();
        last[at] ^= 0x20;
        let report = verify(&mut Cursor::new(&last), &Trust::nobody(NOW));
        assert!(
            report.is_err() || report.unwrap().status != Status::Valid,
            "byte {at}"
        );
    }

    let other = film(&facts(), &signer);
    let mut both = third;
    both.ingredients
        .push(ingredient(&other, "film.mp4", Relationship::Input));
    let refused = FilmSeal::new(&both, &signer).map(drop);
    assert!(
        matches!(refused, Err(Error::Facts { .. })),
        "two have the same name"
    );
}

#[test]
fn long_credentials_go_into_several_parts() {
    let signer = signer();
    let mut long = facts();
    long.making.prompt = Some("a lake ".repeat(30_000));
    for (at, file) in sealed(&long, &signer).into_iter().enumerate() {
        let report = checked(&file);
        assert_eq!(report.status, Status::Valid, "{}", report.format);
        assert_eq!(report.content.unwrap().making, Some(long.making.clone()));
        if at < 5 {
            assert_eq!(image::load_from_memory(&file).unwrap().height() % 3, 1);
        }
    }
    long.making.prompt = Some("a lake ".repeat(40_000));
    let refused = seal(&picture(ImageFormat::Png), &long, &signer);
    assert!(matches!(refused, Err(Error::Facts { .. })));
}

#[test]
fn every_length_of_credentials_fits() {
    let signer = signer();
    let mut facts = facts();
    for letters in 0..90 {
        facts.making.prompt = Some("x".repeat(letters * 7));
        for picture in pictures() {
            let file = seal(&picture, &facts, &signer).unwrap();
            assert_eq!(checked(&file).status, Status::Valid, "{letters}");
        }
    }
}

#[test]
fn a_key_signs_with_its_own_certificate_alone() {
    let (one, other) = (identity(), identity());
    assert!(Signer::of_pem(&one.key, &format!("{}{}", one.chain, one.root)).is_ok());
    for (key, chain) in [
        (&one.key[..], &other.chain[..]),
        (&one.key, &one.root),
        (&one.key, ""),
        (&one.chain, &one.chain),
        ("", &one.chain),
    ] {
        assert!(matches!(Signer::of_pem(key, chain), Err(Error::Key { .. })));
    }
    for name in ["", "  ", "a\nb", &"x".repeat(65)] {
        assert!(matches!(
            Signer::generate(name, NOW),
            Err(Error::Key { .. })
        ));
    }
}

#[test]
fn what_cannot_be_said_is_refused() {
    let signer = signer();
    let refused = |change: fn(&mut Facts)| {
        let mut facts = facts();
        change(&mut facts);
        let sealed = seal(&picture(ImageFormat::Gif), &facts, &signer);
        assert!(matches!(sealed, Err(Error::Facts { .. })));
    };
    refused(|facts| facts.title.clear());
    refused(|facts| facts.generator.name = "x".repeat(1001));
    refused(|facts| facts.created_at = i64::MAX);
    refused(|facts| {
        let mut file = Cursor::new(picture(ImageFormat::Png));
        let parent = Ingredient::read(&mut file, "a", Relationship::Parent, NOW).unwrap();
        facts.ingredients = vec![parent.clone(), parent];
    });
    let film = film(&facts(), &signer);
    assert!(matches!(seal(&film, &facts(), &signer), Err(Error::Format)));
    let cut = &picture(ImageFormat::Png)[..30];
    assert!(matches!(
        seal(cut, &facts(), &signer),
        Err(Error::Damaged { .. })
    ));
    let facts = facts();
    let again = FilmSeal::new(&facts, &signer).unwrap();
    let refused = again.seal(&mut Cursor::new(&film), 32);
    assert!(matches!(refused, Err(Error::Damaged { .. })));
}

#[test]
fn names_follow_from_the_identity() {
    let uuid = names::uuid(&[1; 32], "manifest");
    assert_eq!(uuid, names::uuid(&[1; 32], "manifest"));
    assert_ne!(uuid, names::uuid(&[1; 32], "instance"));
    assert_ne!(uuid, names::uuid(&[2; 32], "manifest"));
    let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert_eq!(&uuid[14..15], "4");
}

#[test]
fn bytes_of_chance_are_no_credentials() {
    let mut state = 1_u64;
    let mut chance = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as u8
    };
    let files = sealed(&facts(), &signer());
    for round in 0..600 {
        let mut file = files[round % files.len()].clone();
        for _ in 0..4 {
            let at = usize::from(chance()) << 8 | usize::from(chance());
            let length = file.len();
            file[at % length] = chance();
        }
        let _ = verify(&mut Cursor::new(&file), &Trust::nobody(NOW));
        let store: Vec<u8> = (0..64).map(|_| chance()).collect();
        assert!(store::Store::read(&store).is_err());
        assert!(cose::Signature::read(&store).is_err());
        let _ = certificate::Certificate::read(&store);
    }
    let deep = vec![0x81; 100_000];
    assert!(cbor::read(&deep).is_err());
    let promised = [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert!(cbor::read(&promised).is_err());
}
