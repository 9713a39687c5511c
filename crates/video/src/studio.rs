//! Makes films that say in themselves where they came from: signed, and marked.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use media::Picture;
use media::credentials::{
    self, Facts, FilmSeal, Generator, Identity, Ingredient, Making, Relationship, Signer, Status,
    Trust,
};
use media::sound::{Sound, Track};
use media::watermark::{Mark, SIDE_MIN, STRENGTH};

use crate::label::Label;
use crate::make::{Format, Target, Unmade, make};
use crate::order::Soundtrack;
use crate::pictures::Pictures;
use crate::settings::Settings;

/// The key of the mark that nobody sees. It is no secret: everybody may look for the mark.
pub const MARK_KEY: u64 = 0x4672_6565_686f_6c64;

/// Pixels of all pictures of a GIF or an animated PNG.
pub(crate) const ANIMATION_PIXELS_MAX: u64 = 500_000_000;

/// The folder of the key that signs, in the folder of everything that is kept.
const FOLDER: &str = "signer";

/// Under which name credentials keep the settings.
const SETTINGS: &str = "order";

/// What a film is made of, beside words.
#[derive(Debug, Default)]
pub struct Brought {
    /// The film from which it is made.
    pub parent: Option<File>,
    /// What is heard.
    pub track: Option<BroughtFile>,
    /// Pictures that guided whoever made the film.
    pub pictures: Vec<BroughtFile>,
}

/// A file, with its name.
#[derive(Debug)]
pub struct BroughtFile {
    file: File,
    name: String,
}

impl BroughtFile {
    /// `file`, which is called `name`.
    pub fn new(file: File, name: impl Into<String>) -> Self {
        Self {
            file,
            name: name.into(),
        }
    }

    /// The file, from wherever it was read to.
    pub fn into_file(self) -> File {
        self.file
    }

    /// The same file once more. Both read on from one place.
    ///
    /// # Errors
    /// When there are too many open files.
    pub fn open(&self) -> media::Result<File> {
        Ok(self.file.try_clone()?)
    }
}

/// Who makes and signs films here.
pub struct Studio {
    signer: Signer,
    root: String,
    version: String,
}

impl Studio {
    /// The studio of the house whose data lies in `data`. Its key is made when there is none.
    ///
    /// # Errors
    /// When the key cannot be read or written.
    pub fn open(data: &Path, now: i64, version: &str) -> Result<Self, Unmade> {
        let folder = data.join(FOLDER);
        if !folder.is_dir() {
            make_identity(data, &folder, now)?;
        }
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|source| Unmade::Key { path, source })
        };
        Ok(Self {
            signer: Signer::of_pem(&read("key.pem")?, &read("chain.pem")?)?,
            root: read("root.pem")?,
            version: version.to_owned(),
        })
    }

    /// Who is trusted where nobody else is named: what was signed in the house whose data lies in `data`.
    pub fn trust(data: &Path, now: i64) -> Trust {
        let root = fs::read_to_string(data.join(FOLDER).join("root.pem"));
        let trust = root.ok().and_then(|pem| Trust::of_pem(&pem, now).ok());
        trust.unwrap_or_else(|| Trust::nobody(now))
    }

    /// The certificate by which others know what was signed here, in PEM.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Makes the film of `plan` in a file without a name, beside those of `folder`, of what was `brought`. `each` is told of every picture,
    /// and says whether to go on.
    ///
    /// # Errors
    /// [`Unmade`].
    pub fn film(
        &self,
        plan: &dyn Pictures,
        format: Format,
        folder: &Path,
        mut brought: Brought,
        now: i64,
        each: &mut dyn FnMut(u64, &Picture) -> bool,
    ) -> Result<File, Unmade> {
        let facts = self.facts(plan, format, &mut brought, now)?;
        let sound = sound(plan, format, brought.track)?;
        let size = plan.order().size;
        let is_large = size.width.min(size.height) >= SIDE_MIN;
        let mark = is_large.then(|| Mark::new(message(&facts.identity), MARK_KEY, STRENGTH));
        let label = plan.order().has_label;
        let label = label.then(|| Label::of(&plan.source(), size));
        let mut film = tempfile::tempfile_in(folder)?;
        match format {
            Format::Mp4 | Format::Av1 => {
                let seal = FilmSeal::new(&facts, &self.signer)?;
                let target = Target {
                    format,
                    scratch: tempfile::tempfile_in(folder)?,
                    out: BufWriter::new(&film),
                    gap: seal.bytes(),
                    label,
                    mark,
                    sound,
                };
                let gap = make(plan, target, each)?;
                film.seek(SeekFrom::Start(0))?;
                let sealed = seal.seal(&mut film, gap.at)?;
                film.seek(SeekFrom::Start(gap.at))?;
                film.write_all(&sealed)?;
            }
            Format::Gif | Format::Apng => {
                // These are sealed in memory.
                let pixels = size.pixels() * plan.frames();
                if pixels > ANIMATION_PIXELS_MAX {
                    return Err(Unmade::Long { pixels });
                }
                let mut bytes = Vec::new();
                let target = Target {
                    format,
                    scratch: tempfile::tempfile_in(folder)?,
                    out: &mut bytes,
                    gap: 0,
                    label,
                    mark,
                    sound: None,
                };
                make(plan, target, each)?;
                film.write_all(&credentials::seal(&bytes, &facts, &self.signer)?)?;
            }
        }
        film.seek(SeekFrom::Start(0))?;
        Ok(film)
    }

    /// A picture of a film, such as its thumbnail, with credentials of its own.
    ///
    /// # Errors
    /// [`Unmade`].
    pub fn seal_picture(
        &self,
        plan: &dyn Pictures,
        picture: &[u8],
        now: i64,
    ) -> Result<Vec<u8>, Unmade> {
        let facts = self.facts(plan, Format::Mp4, &mut Brought::default(), now)?;
        Ok(credentials::seal(picture, &facts, &self.signer)?)
    }

    fn facts(
        &self,
        plan: &dyn Pictures,
        format: Format,
        brought: &mut Brought,
        now: i64,
    ) -> Result<Facts, Unmade> {
        let settings = plan.settings();
        let prompt = settings.words();
        let mut identity = [0; 32];
        getrandom::fill(&mut identity).map_err(io::Error::other)?;
        let kept = serde_json::to_string(&settings).expect("settings are JSON");
        let parent = brought
            .parent
            .as_mut()
            .map(|file| Ingredient::read(file, "the film before", Relationship::Parent, now));
        let track = brought.track.as_mut().map(|track| {
            let media_type = Track::open(track.file.try_clone()?)?.media_type();
            let part = Relationship::Component;
            let read = Ingredient::plain(&mut track.file, &track.name, media_type, part);
            Ok::<_, Unmade>(read?)
        });
        let pictures = brought.pictures.iter_mut().map(|picture| {
            Ingredient::read(&mut picture.file, &picture.name, Relationship::Input, now)
        });
        let mut ingredients = pictures.collect::<Result<Vec<_>, _>>()?;
        ingredients.extend(track.transpose()?);
        ingredients.splice(0..0, parent.transpose()?);
        Ok(Facts {
            title: title(&prompt, format),
            generator: Generator {
                name: "Freehold".to_owned(),
                version: self.version.clone(),
            },
            source: plan.source(),
            created_at: now,
            identity,
            making: Making {
                model: Some(settings.model),
                prompt: Some(prompt),
                seed: Some(settings.seed),
                settings: [(SETTINGS.to_owned(), kept)].into(),
            },
            ingredients,
        })
    }
}

/// What is heard: what was brought, or what is seen, or nothing.
fn sound(
    plan: &dyn Pictures,
    format: Format,
    track: Option<BroughtFile>,
) -> Result<Option<Box<dyn Sound + Send>>, Unmade> {
    let order = plan.order();
    let Some(track) = track else {
        return Ok(match order.sound {
            Soundtrack::Made => plan.sound(),
            Soundtrack::Silent | Soundtrack::Brought => None,
        });
    };
    if !matches!(format, Format::Mp4 | Format::Av1) {
        return Err(Unmade::Mute(format));
    }
    let seconds = plan.frames() as f64 / f64::from(order.frames_per_second);
    let track = Track::open(track.file)?.ending_after(seconds);
    Ok(Some(Box::new(track)))
}

/// What the mark of a film says: the beginning of its identity.
fn message(identity: &[u8; 32]) -> u32 {
    u32::from_be_bytes([identity[0], identity[1], identity[2], identity[3]])
}

/// What a film is called in its credentials.
fn title(prompt: &str, format: Format) -> String {
    let words: String = prompt
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .take(80)
        .collect();
    format!("{}.{}", words.trim(), format.ending())
}

/// Makes a key in a folder of its own, which appears whole or not at all.
fn make_identity(data: &Path, folder: &Path, now: i64) -> Result<(), Unmade> {
    let failed = |path: PathBuf| move |source| Unmade::Key { path, source };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .map_err(failed(data.to_owned()))?;
    let Identity { key, chain, root } = Signer::generate("Freehold", now)?;
    let fresh = tempfile::Builder::new()
        .prefix("signer-")
        .tempdir_in(data)
        .map_err(failed(data.to_owned()))?;
    for (name, text) in [
        ("key.pem", key.as_str()),
        ("chain.pem", &chain),
        ("root.pem", &root),
    ] {
        let path = fresh.path().join(name);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed(path.clone()))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed(path))?;
    }
    match fs::rename(fresh.path(), folder) {
        Ok(()) => {
            let _ = fresh.keep();
            Ok(())
        }
        // Another process was faster, and its key is as good.
        Err(_) if folder.is_dir() => Ok(()),
        Err(source) => Err(Unmade::Key {
            path: folder.to_owned(),
            source,
        }),
    }
}

/// Why a film is none of ours.
#[derive(Debug, thiserror::Error)]
pub enum Unknown {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    File(#[from] io::Error),
    /// It has no credentials.
    #[error("does not say how it was made")]
    Silent,
    /// Its credentials do not hold.
    #[error("is not what its credentials say: {0}")]
    Invalid(String),
    /// Its credentials are of another program.
    #[error("was not made by Freehold")]
    Foreign,
}

/// How a film says that it was made, if that is true of every byte of it. Who signed it does not matter; `now` is in seconds since
/// 1970.
///
/// # Errors
/// [`Unknown`].
pub fn settings_in(mut film: impl Read + Seek, now: i64) -> Result<Settings, Unknown> {
    let report =
        credentials::verify(&mut film, &Trust::nobody(now)).map_err(|error| match error {
            credentials::Error::File(error) => Unknown::File(error),
            other => Unknown::Invalid(other.to_string()),
        })?;
    match report.status {
        Status::Missing => return Err(Unknown::Silent),
        Status::Invalid { reason } | Status::Unread { reason } => {
            return Err(Unknown::Invalid(reason));
        }
        Status::Valid => {}
    }
    let making = report
        .content
        .and_then(|content| content.making)
        .ok_or(Unknown::Foreign)?;
    let kept = making.settings.get(SETTINGS).ok_or(Unknown::Foreign)?;
    let mut settings: Settings = serde_json::from_str(kept).map_err(|_| Unknown::Foreign)?;
    for shot in &mut settings.shots {
        // What somebody else signed may hold signs that a terminal obeys.
        shot.prompt = shot
            .prompt
            .replace(|sign: char| sign.is_control() && sign != '\n', " ");
    }
    // The same is true of its other texts, which only an order that can be fulfilled has in a harmless form.
    settings.order().map_err(|_| Unknown::Foreign)?;
    Ok(settings)
}

/// Gives a film without a name the one of `path`; in place of what is there, if it `may_replace` that. It appears whole or not at all.
///
/// # Errors
/// When the folder cannot be written to, and [`io::ErrorKind::AlreadyExists`].
pub fn place(film: &mut File, path: &Path, may_replace: bool) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut named = tempfile::Builder::new()
        .prefix(".freehold-")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    film.seek(SeekFrom::Start(0))?;
    io::copy(film, named.as_file_mut())?;
    named.as_file().sync_all()?;
    match may_replace {
        true => named.persist(path).map_err(|error| error.error)?,
        false => named.persist_noclobber(path).map_err(|error| error.error)?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use media::credentials::{Source, verify};
    use media::mp4::Frames;
    use media::watermark::Detector;

    use super::*;
    use crate::order::{Order, Size};
    use crate::plan::Plan;

    const NOW: i64 = 1_790_000_000;

    fn plan() -> Plan {
        let size = Size {
            width: 192,
            height: 160,
        };
        let order = Order {
            frames_per_second: 12,
            seed: 5,
            ..Order::new("a striped red ball and a dragon at night", 1.0, size)
        };
        Plan::new(&order).unwrap()
    }

    fn bytes(mut film: File) -> Vec<u8> {
        let mut bytes = Vec::new();
        film.read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_film_says_how_it_was_made_until_a_byte_of_it_is_changed() {
        let data = tempfile::tempdir().unwrap();
        let studio = Studio::open(data.path(), NOW, "1.2.3").unwrap();
        for format in Format::ALL {
            let mut seen = 0;
            let film = studio.film(
                &plan(),
                format,
                data.path(),
                Brought::default(),
                NOW,
                &mut |frame, _| {
                    assert_eq!(frame, seen);
                    seen += 1;
                    true
                },
            );
            let mut film = bytes(film.unwrap());
            assert_eq!(seen, 12);
            let settings = settings_in(io::Cursor::new(&film), NOW).unwrap();
            assert_eq!(settings, Settings::of(plan().order()), "{format:?}");
            let trust = Trust::of_pem(studio.root(), NOW).unwrap();
            let report = verify(&mut io::Cursor::new(&film), &trust).unwrap();
            assert_eq!(
                report.content.unwrap().source,
                Some(Source::DigitalCreation)
            );
            assert_eq!(
                report.signer.unwrap().standing,
                credentials::Standing::Trusted
            );
            let last = film.len() - 40;
            film[last] ^= 1;
            assert!(
                settings_in(io::Cursor::new(&film), NOW).is_err(),
                "{format:?}"
            );
        }
    }

    #[test]
    fn an_mp4_plays_and_carries_its_mark() {
        let data = tempfile::tempdir().unwrap();
        let studio = Studio::open(data.path(), NOW, "1.2.3").unwrap();
        let film = studio
            .film(
                &plan(),
                Format::Mp4,
                data.path(),
                Brought::default(),
                NOW,
                &mut |_, _| true,
            )
            .unwrap();
        let mut frames = Frames::open(film).unwrap();
        let mut detector = Detector::new(MARK_KEY);
        let mut count = 0;
        while let Some(picture) = frames.next_picture().unwrap() {
            detector.see(&picture).unwrap();
            count += 1;
        }
        assert_eq!((count, frames.film().frames_per_second), (12, 12));
        assert!(detector.found().is_some());
    }

    #[test]
    fn a_film_that_is_called_off_leaves_nothing_behind() {
        let data = tempfile::tempdir().unwrap();
        let studio = Studio::open(data.path(), NOW, "1.2.3").unwrap();
        let film = studio.film(
            &plan(),
            Format::Mp4,
            data.path(),
            Brought::default(),
            NOW,
            &mut |frame, _| frame < 3,
        );
        assert!(matches!(film, Err(Unmade::Stopped)));
        let left: Vec<_> = fs::read_dir(data.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["signer"]);
    }

    #[test]
    fn the_key_is_made_once_and_nobody_else_reads_it() {
        let data = tempfile::tempdir().unwrap();
        let first = Studio::open(data.path(), NOW, "1").unwrap();
        let second = Studio::open(data.path(), NOW + 5, "1").unwrap();
        assert_eq!(first.signer.fingerprint(), second.signer.fingerprint());
        let mode = fs::metadata(data.path().join("signer/key.pem"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(data.path().join("signer/key.pem"), "no key").unwrap();
        assert!(matches!(
            Studio::open(data.path(), NOW, "1"),
            Err(Unmade::Credentials(_))
        ));
    }

    #[test]
    fn what_is_made_from_a_film_names_it() {
        let data = tempfile::tempdir().unwrap();
        let studio = Studio::open(data.path(), NOW, "1").unwrap();
        let first = studio
            .film(
                &plan(),
                Format::Mp4,
                data.path(),
                Brought::default(),
                NOW,
                &mut |_, _| true,
            )
            .unwrap();
        let second = studio
            .film(
                &plan(),
                Format::Mp4,
                data.path(),
                Brought {
                    parent: Some(first),
                    ..Brought::default()
                },
                NOW,
                &mut |_, _| true,
            )
            .unwrap();
        let mut second = second;
        let report = verify(&mut second, &Trust::nobody(NOW)).unwrap();
        assert_eq!(report.status, Status::Valid);
        let content = report.content.unwrap();
        assert_eq!(
            content.ingredients[0].relationship,
            Some(Relationship::Parent)
        );
        assert_eq!(content.ingredients[0].status, Status::Valid);
    }

    #[test]
    fn a_film_appears_under_its_name_whole() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("a.mp4");
        fs::write(&path, "before").unwrap();
        let mut film = tempfile::tempfile().unwrap();
        film.write_all(b"after").unwrap();
        assert!(place(&mut film, &path, false).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"before");
        place(&mut film, &path, true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after");
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
    }
}
