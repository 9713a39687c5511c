//! `freehold media verify`: where a file came from, as far as it says so.

use std::fs::File;
use std::path::Path;

use media::credentials::{self, Content, Report, Source, Standing, Status, Trust};
use media::watermark::{Detector, Found};
use media::{mp4, still};
use serde_json::json;
use video::{described, made_by};

use crate::args::video::MediaVerify;
use crate::console::{Console, paint};
use crate::environment;
use crate::failure::{Exit, Failure};

/// Pictures of a film in which the mark is looked for.
const LOOKED_AT_MAX: usize = 240;

/// Bytes of a picture that is looked at.
const PICTURE_BYTES_MAX: u64 = 256 << 20;

/// Bytes of certificates.
const TRUST_BYTES_MAX: u64 = 1 << 20;

pub fn run(args: &MediaVerify, console: &mut Console) -> anyhow::Result<Exit> {
    let now = environment::seconds_since_1970();
    let trust = trust(args.trust.as_deref(), now)?;
    let mut file = super::opened(&args.file)?;
    let report = credentials::verify(&mut file, &trust).map_err(|error| match error {
        credentials::Error::File(error) => Failure::unreadable(&args.file, &error),
        other => Failure::refused("no_media", format!("`{}`: {other}", args.file.display()))
            .hint("films in MP4, and pictures in GIF, JPEG, PNG and WebP are read"),
    })?;
    let mark = mark(&args.file);
    let exit = match report.status {
        Status::Valid => Exit::Done,
        _ => Exit::Refused,
    };
    if console.is_json() {
        let mut said = described(&report);
        said["mark"] = json!(mark.map(|mark| format!("{:08x}", mark.message)));
        console.print_json(&said)?;
        return Ok(exit);
    }
    console.print(&told(&report, mark))?;
    if report
        .signer
        .as_ref()
        .is_some_and(|signer| signer.standing == Standing::Unknown)
    {
        console.talk(format_args!(
            "{} nobody who is trusted here vouches for the signer: the file is as it was signed, and who signed is not known; \
             `--trust` takes certificates",
            paint::styled(paint::WARN, "note:")
        ));
    }
    Ok(exit)
}

/// Who is trusted: the certificates that were named, or those of this house.
fn trust(path: Option<&Path>, now: i64) -> anyhow::Result<Trust> {
    let own = environment::read().data.join("signer").join("root.pem");
    let path = match path {
        Some(path) => path,
        None if own.is_file() => &own,
        None => return Ok(Trust::nobody(now)),
    };
    let bytes = std::fs::metadata(path)
        .map_err(|error| Failure::unreadable(path, &error))?
        .len();
    if bytes > TRUST_BYTES_MAX {
        return Err(Failure::refused(
            "unusable_key",
            format!("`{}` is too large to be certificates", path.display()),
        )
        .into());
    }
    let pem = std::fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    let trust = Trust::of_pem(&pem, now);
    Ok(trust.map_err(|error| {
        Failure::refused("unusable_key", format!("`{}`: {error}", path.display()))
    })?)
}

/// The mark that nobody sees, if there is one.
fn mark(path: &Path) -> Option<Found> {
    let mut detector = Detector::new(video::MARK_KEY);
    if let Ok(mut frames) = mp4::Frames::open(File::open(path).ok()?) {
        for _ in 0..LOOKED_AT_MAX {
            match frames.next_picture() {
                Ok(Some(picture)) => drop(detector.see(&picture)),
                Ok(None) | Err(_) => break,
            }
        }
    } else if std::fs::metadata(path).ok()?.len() <= PICTURE_BYTES_MAX {
        let picture = still::read(&std::fs::read(path).ok()?).ok()?;
        let _ = detector.see(&picture);
    }
    detector.found()
}

fn told(report: &Report, mark: Option<Found>) -> String {
    let (style, head, more) = match &report.status {
        Status::Valid => (paint::GOOD, "valid", "every byte is as it was signed"),
        Status::Invalid { reason } => (paint::BAD, "invalid", reason.as_str()),
        Status::Unread { reason } => (paint::WARN, "not understood", reason.as_str()),
        Status::Missing => (
            paint::WARN,
            "no credentials",
            "it says nothing of where it came from",
        ),
    };
    let mut rows = Vec::new();
    // What does not hold was said of another file.
    if let Some(content) = report
        .content
        .as_ref()
        .filter(|_| report.status == Status::Valid)
    {
        rows = said(content);
    }
    if let Some(signer) = &report.signer {
        let name = signer.organisation.as_deref().or(signer.name.as_deref());
        let name = name.unwrap_or("somebody without a name");
        let (standing, fingerprint) = (standing(signer.standing), &signer.fingerprint[..16]);
        rows.push(("signed by", format!("{name} ({standing}, {fingerprint})")));
    }
    if let Some(mark) = mark {
        rows.push((
            "mark",
            format!("{:08x}, unseen in the picture", mark.message),
        ));
    }
    let mut text = format!("{} {more}\n", paint::styled(style, head));
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        // What others signed may hold signs that a terminal obeys.
        let value = value.replace('\n', " | ").replace(char::is_control, " ");
        text += &format!("{name:>12}  {value}\n");
    }
    text
}

/// What was signed, name by name.
fn said(content: &Content) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut rows = vec![
        ("title", text(&content.title)),
        ("made by", made_by(content)),
        (
            "it is",
            content.source.as_ref().map(kind).unwrap_or_default(),
        ),
        ("made at", text(&content.created_at)),
    ];
    if let Some(making) = &content.making {
        rows.push(("model", text(&making.model)));
        rows.push(("prompt", text(&making.prompt)));
        rows.push((
            "seed",
            making.seed.map(|seed| seed.to_string()).unwrap_or_default(),
        ));
    }
    for origin in &content.ingredients {
        let title = origin.title.clone();
        rows.push((
            "made from",
            title.unwrap_or_else(|| "a file without a title".to_owned()),
        ));
    }
    rows
}

/// What kind of content it is, in words.
fn kind(source: &Source) -> String {
    match source {
        Source::TrainedAlgorithmicMedia => "generated by a trained model".to_owned(),
        Source::CompositeWithTrainedAlgorithmicMedia => "changed by a trained model".to_owned(),
        Source::DigitalCreation => "drawn by a program".to_owned(),
        Source::AlgorithmicMedia => "made by a program by rules".to_owned(),
        other => other.uri(),
    }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Trusted => "trusted",
        Standing::Unknown => "not known here",
        Standing::Expired => "the certificate is not good at this time",
    }
}
