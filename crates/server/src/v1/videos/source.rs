//! Films that others are made from: they stand in the content credentials of those.

use std::fs::File;
use std::io::{Seek as _, Write as _};

use serde_json::json;
use store::{Blob, BlobReader, Object};

use super::form::Asked;
use super::{KIND, settings_of};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::pipe::pipe;
use video::Settings;

/// What documents are called that hold a film until another is made from it.
const HELD: &str = "video.source";

/// Bytes that are handed on at once.
const PIECE: usize = 256 << 10;

/// What a film came from.
pub(super) enum Origin {
    /// Words alone.
    Words,
    /// Another film of this house, with its own words or more.
    Film(Box<Object>),
    /// A film that was handed in.
    Upload(File),
}

impl Origin {
    /// The film that is to be changed, and how it was made: one of this house by its id, or one that is handed in and says so itself.
    pub async fn of(app: &App, caller: &Caller, asked: &Asked) -> Result<(Settings, Self)> {
        if let Some(id) = asked.id_of_video()? {
            return Self::named(app, caller, &id).await;
        }
        let (settings, file) = asked.upload(app.now()).await?;
        Ok((settings, Self::Upload(file)))
    }

    /// The film of this house that is called `id`.
    pub async fn named(app: &App, caller: &Caller, id: &str) -> Result<(Settings, Self)> {
        let object = app.kept(caller, KIND, id).await?;
        Ok((settings_of(&object)?, Self::Film(Box::new(object))))
    }

    /// The id of the film of this house, where it is one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Film(object) => Some(&object.id),
            Self::Words | Self::Upload(_) => None,
        }
    }

    /// Holds it until the film `made` is made, whatever becomes of it meanwhile. One that is not done yet, or is somebody else's, is
    /// looked for then.
    pub async fn hold(self, app: &App, made: &Object) -> Result<()> {
        let blob = match self {
            Self::Words => return Ok(()),
            Self::Film(object) if object.owner != made.owner => return Ok(()),
            Self::Film(object) => match film(&object) {
                Some(blob) => blob,
                None => return Ok(()),
            },
            Self::Upload(file) => put(app, &made.owner, file).await?,
        };
        let held = Object {
            id: name(&made.id),
            kind: HELD.to_owned(),
            owner: made.owner.clone(),
            project: made.project.clone(),
            parent: Some(made.id.clone()),
            created_at: app.timestamp(),
            body: json!({ "bytes": blob.bytes, "sha256": blob.sha256 }),
            ..Object::default()
        };
        let objects = app.store().objects();
        Ok(objects.put_using(held, vec![blob.sha256]).await.map(drop)?)
    }
}

fn name(made: &str) -> String {
    format!("{made}.source")
}

/// The bytes of a film that is done.
fn film(object: &Object) -> Option<Blob> {
    blob(&object.body["assets"]["video"])
}

/// The bytes that a part of a document names.
pub(super) fn blob(asset: &serde_json::Value) -> Option<Blob> {
    Some(Blob {
        sha256: asset["sha256"].as_str()?.to_owned(),
        bytes: asset["bytes"].as_u64()?,
    })
}

/// The film from which `made` is made, if it is there.
pub(super) async fn held(app: &App, made: &Object) -> Result<Option<File>> {
    let objects = app.store().objects();
    let named = made.body["video"]["remixed_from_video_id"].as_str();
    let (object, blob) = match objects.get(&name(&made.id)).await {
        Ok(held) => {
            let blob = blob(&held.body);
            (held, blob)
        }
        Err(store::Error::NotFound { .. }) => match named {
            None => return Ok(None),
            Some(id) => match objects.get(id).await {
                Ok(source) => {
                    let blob = film(&source);
                    (source, blob)
                }
                // It was deleted, and is nothing any more that could be named.
                Err(store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            },
        },
        Err(error) => return Err(error.into()),
    };
    let Some(blob) = blob else {
        return Ok(None);
    };
    let blobs = app.store().blobs();
    let reader = blobs.open(&object.owner, &blob.sha256, None).await?;
    Ok(Some(copied(app, reader).await?))
}

/// Lets go what was held for the film called `made`.
pub(super) async fn let_go(app: &App, made: &str) -> Result<()> {
    Ok(app.store().objects().delete(&name(made)).await.map(drop)?)
}

/// Bytes that are kept, in a file without a name.
pub(super) async fn copied(app: &App, mut reader: BlobReader) -> Result<File> {
    let no_room = |error: std::io::Error| Fault::broken(format!("there is no room: {error}"));
    let mut file = tempfile::tempfile_in(&app.data).map_err(no_room)?;
    while let Some(piece) = reader.next().await? {
        file.write_all(&piece).map_err(no_room)?;
    }
    file.rewind().map_err(no_room)?;
    Ok(file)
}

/// Keeps what was handed in.
pub(super) async fn put(app: &App, owner: &str, mut file: File) -> Result<Blob> {
    use std::io::Read as _;
    let unread =
        |error: std::io::Error| Fault::broken(format!("the upload cannot be read: {error}"));
    file.rewind().map_err(unread)?;
    let (sender, reader) = pipe();
    let blobs = app.store().blobs();
    let put = blobs.put(owner, reader, u64::MAX, app.timestamp());
    let send = async {
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece).map_err(unread)? {
                0 => break,
                bytes if sender.send(piece[..bytes].to_vec().into()).await => {}
                // The store gave up, and says why.
                _ => return Ok(()),
            }
        }
        sender.end().await;
        Ok::<(), Fault>(())
    };
    let (sent, blob) = tokio::join!(send, put);
    sent?;
    Ok(blob?)
}
