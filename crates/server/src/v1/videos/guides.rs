//! What a film is made of beside words: pictures that it begins or ends with, and a track.

use std::fs::File;
use std::io::{Seek as _, Write as _};

use base64ct::{Base64, Encoding as _};
use media::sound::Track;
use media::{Picture, still};
use serde_json::{Value, json};
use store::Object;
use video::{BroughtFile, Guide};

use super::form::{Asked, no_room};
use super::source;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::v1::files::find;

/// What is asked for, and what it is called in a film's document.
const ROLES: [(&str, &str); 2] = [("input_reference", "first"), ("last_frame", "last")];

/// The track in place of a film's own sound, in requests.
pub(super) const TRACK: &str = "audio";

/// The same in a film's document.
const TRACK_ROLE: &str = "track";

/// What is handed in for a film that is to be made: where it lies, and how pictures look.
#[derive(Default)]
pub(super) struct Guides {
    pub guide: Guide,
    /// What the film's document says of them.
    pub told: Value,
    /// Sums of their bytes, which are the film's to keep.
    pub sums: Vec<String>,
}

impl Guides {
    /// Whether pictures are handed in.
    pub fn are_in(asked: &Asked) -> bool {
        ROLES.iter().any(|(param, _)| asked.has(param))
    }

    /// That of a request, kept for the caller.
    pub async fn read(app: &App, caller: &Caller, asked: &Asked) -> Result<Self> {
        let mut guides = Self {
            told: json!({}),
            ..Self::default()
        };
        if let Some(file) = handed_in(app, caller, asked, TRACK).await? {
            let copy = file.try_clone().map_err(|error| unread(&error))?;
            blocking(move || heard(copy)).await?;
            guides.keep(app, caller, TRACK_ROLE, file).await?;
        }
        for (param, role) in ROLES {
            let Some(file) = handed_in(app, caller, asked, param).await? else {
                continue;
            };
            let copy = file.try_clone().map_err(|error| unread(&error))?;
            let picture = blocking(move || seen(param, copy)).await?;
            guides.keep(app, caller, role, file).await?;
            match role {
                "first" => guides.guide.first = Some(picture),
                _ => guides.guide.last = Some(picture),
            }
        }
        Ok(guides)
    }

    async fn keep(&mut self, app: &App, caller: &Caller, role: &str, file: File) -> Result<()> {
        let blob = source::put(app, caller.user(), file).await?;
        self.told[role] = json!({ "bytes": blob.bytes, "sha256": blob.sha256 });
        self.sums.push(blob.sha256);
        Ok(())
    }
}

/// The pictures of a film that is made now, their files, and its track.
pub(super) async fn kept(
    app: &App,
    object: &Object,
) -> Result<(Guide, Vec<BroughtFile>, Option<BroughtFile>)> {
    let (mut guide, mut files) = (Guide::default(), Vec::new());
    for (param, role) in ROLES {
        let Some(file) = kept_as(app, object, role).await? else {
            continue;
        };
        let picture = seen(param, file.try_clone().map_err(|error| unread(&error))?)?;
        match role {
            "first" => guide.first = Some(picture),
            _ => guide.last = Some(picture),
        }
        files.push(BroughtFile::new(file, param));
    }
    let track = kept_as(app, object, TRACK_ROLE).await?;
    Ok((
        guide,
        files,
        track.map(|file| BroughtFile::new(file, TRACK)),
    ))
}

/// What was handed in for that part of a film.
async fn kept_as(app: &App, object: &Object, role: &str) -> Result<Option<File>> {
    let Some(blob) = source::blob(&object.body["guides"][role]) else {
        return Ok(None);
    };
    let blobs = app.store().blobs();
    let reader = blobs.open(&object.owner, &blob.sha256, None).await?;
    Ok(Some(source::copied(app, reader).await?))
}

/// What was handed in: as a file of the form, an address that carries it, or the id of a file.
async fn handed_in(app: &App, caller: &Caller, asked: &Asked, param: &str) -> Result<Option<File>> {
    if let Some(file) = asked.file(param)? {
        return Ok(Some(file));
    }
    let Some(value) = asked.value(param) else {
        return Ok(None);
    };
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let given = value.as_str().map(str::to_owned);
    let named = given
        .or_else(|| text("image_url"))
        .or_else(|| text("audio_url"))
        .or_else(|| text("file_id"));
    let wrong = || {
        let message = match param {
            TRACK => {
                "a track is handed in as a file, by the id of one, or as `data:audio/wav;base64,…`"
            }
            _ => {
                "a picture is handed in as a file, by the id of one, or as `data:image/png;base64,…`"
            }
        };
        Fault::param(param, message)
    };
    let named = named.ok_or_else(wrong)?;
    if let Some(carried) = named.strip_prefix("data:") {
        let (_, text) = carried.split_once(";base64,").ok_or_else(wrong)?;
        let bytes = Base64::decode_vec(text).map_err(|_| wrong())?;
        let mut file = tempfile::tempfile_in(&app.data).map_err(|error| no_room(&error))?;
        file.write_all(&bytes).map_err(|error| no_room(&error))?;
        return Ok(Some(file));
    }
    if !named.starts_with("file-") {
        return Err(wrong());
    }
    let found = find(app, caller, &named).await?;
    let reader = app
        .store()
        .blobs()
        .open(&found.owner, &found.sha256, None)
        .await?;
    Ok(Some(source::copied(app, reader).await?))
}

/// What a file shows. It blocks.
fn seen(param: &str, mut file: File) -> Result<Picture> {
    file.rewind().map_err(|error| unread(&error))?;
    still::read_from(file).map_err(|error| {
        Fault::param(
            param,
            format!("{error}\nhint: GIF, JPEG, PNG and WebP are read"),
        )
    })
}

/// Whether a file can be heard. It blocks.
fn heard(mut file: File) -> Result<()> {
    file.rewind().map_err(|error| unread(&error))?;
    let track = Track::open(file).map_err(|error| {
        let message =
            format!("{error}\nhint: WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus and M4A are read");
        Fault::param(TRACK, message)
    })?;
    drop(track);
    Ok(())
}

async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|error| Fault::broken(error.to_string()))?
}

fn unread(error: &std::io::Error) -> Fault {
    Fault::broken(format!("the upload cannot be read: {error}"))
}
