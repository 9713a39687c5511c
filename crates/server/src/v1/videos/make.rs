//! Films are made: drawn, signed, and kept with what is shown of them.

use std::fs::File;
use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use media::{Picture, still};
use serde_json::{Value, json};
use store::{Blob, Cursor, Job, JobState, List, Object};
use tokio::runtime::Handle;
use video::{Brought, Format, Settings, Studio, Unknown, Unmade};

use super::{KIND, guides, settings_of, source, wanted};
use crate::app::App;
use crate::fault::{Fault, Result};
use crate::pipe::pipe;
use crate::v1::files::seconds;
use crate::v1::webhooks::announce;
use crate::works::{self, Live};

/// Pictures on a sheet, and in a row of it.
const SHEET: (u64, usize) = (16, 4);

/// Pixels of the longer side of a picture on a sheet.
const SHEET_SIDE: usize = 256;

/// Pixels of the longer side of a thumbnail.
const THUMBNAIL_SIDE: usize = 512;

/// Quality of a sheet.
const JPEG_QUALITY: u8 = 82;

/// A picture in so many is shown while the film is drawn.
const PREVIEW_EVERY: u64 = 24;

/// A film that nobody has queued for so long is not going to be.
const ADOPTED_AFTER: Duration = Duration::from_secs(10);

/// Bytes that are handed on at once.
const PIECE: usize = 256 << 10;

/// Makes the film that a job is about. It blocks.
pub(crate) fn film(app: &App, job: &Job, live: &Live) -> Result<Value> {
    let handle = Handle::current();
    let object = match handle.block_on(app.store().objects().get(&job.id)) {
        Ok(object) => object,
        // It was deleted meanwhile.
        Err(store::Error::NotFound { .. }) => return Ok(Value::Null),
        Err(error) => return Err(error.into()),
    };
    if object.state == "completed" {
        // The server ended before anybody was told.
        handle.block_on(source::let_go(app, &job.id))?;
        handle.block_on(announce(app, "video.completed", &job.id));
        return Ok(json!({ "video": job.id }));
    }
    let settings = settings_of(&object)?;
    draw(app, &handle, object, &settings, live)?;
    Ok(json!({ "video": job.id }))
}

/// Writes down that a film could not be made, as its job could not be done.
///
/// # Errors
/// When it cannot be kept.
pub(crate) async fn end_failed(app: &App, id: &str, fault: &Fault) -> Result<()> {
    match app.store().objects().get(id).await {
        Ok(object) => end(app, object, Err(fault)).await,
        // It was deleted meanwhile.
        Err(store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Queues films that were put and never queued, as whoever asked for them had gone, and ends those whose jobs have ended otherwise.
pub(crate) async fn adopt(app: &App) -> Result<()> {
    let mut list = List {
        kind: Some(KIND.to_owned()),
        state: Some("queued".to_owned()),
        limit: 500,
        ..List::default()
    };
    loop {
        let page = app.store().objects().list(&list).await?;
        // What is being asked for at this moment is queued by whoever asks, with all that belongs to it.
        let left = |film: &&Object| film.created_at.after(ADOPTED_AFTER) < app.timestamp();
        for film in page.data.iter().filter(left) {
            let job =
                works::enqueue_as(app, &film.owner, KIND, film.id.clone(), Value::Null).await?;
            if matches!(
                job.state,
                JobState::Done | JobState::Failed | JobState::Cancelled
            ) {
                let fault = Fault::broken("it could not be made").code("video_failed");
                end_failed(app, &film.id, &fault).await?;
            }
        }
        match page.data.last().filter(|_| page.has_more) {
            Some(last) => list.cursor = Cursor::After(last.id.clone()),
            None => return Ok(()),
        }
    }
}

/// Draws the film, and keeps what comes of it and that it is done.
fn draw(
    app: &App,
    handle: &Handle,
    object: Object,
    settings: &Settings,
    live: &Live,
) -> Result<()> {
    let order = settings.order().map_err(wanted::fault)?;
    let mut maker = app.networks.maker(settings)?;
    let (guide, pictures, track) = handle.block_on(guides::kept(app, &object))?;
    let shows = object.body["shows"] != false;
    let steps = settings.steps.unwrap_or(maker.steps());
    let told = |taken: u64, _: u64, seen: &dyn Fn() -> Option<Picture>| {
        live.set(taken);
        if let Some(picture) = shows.then(seen).flatten() {
            live.show(json!({ "preview": preview(&picture) }));
        }
    };
    let plan = maker
        .pictures(&order, (steps, guide), (live.stop_flag(), &told))
        .map_err(wanted::not_begun)?;
    let taken = plan.steps().unwrap_or_default();
    let now = i64::try_from(app.now()).unwrap_or(i64::MAX);
    let studio = Studio::open(&app.data, now, env!("CARGO_PKG_VERSION")).map_err(unmade)?;
    let parent = handle.block_on(source::held(app, &object))?;
    live.begin(taken + plan.frames());
    live.note(json!({ "step": "drawing", "pictures": plan.frames() }));
    let mut stills = Stills::new(plan.frames());
    let film = studio.film(
        &*plan,
        Format::Mp4,
        &app.data,
        Brought {
            parent,
            pictures,
            track,
        },
        now,
        &mut |frame, picture| {
            stills.see(frame, picture);
            if shows && frame.is_multiple_of(PREVIEW_EVERY) {
                live.show(json!({ "preview": preview(picture) }));
            }
            live.set(taken + frame + 1);
            !live.stops()
        },
    );
    let film = film.map_err(unmade)?;
    live.note(json!({ "step": "keeping" }));
    let (thumbnail, sheet) = stills.written().map_err(|error| unmade(error.into()))?;
    let thumbnail = studio
        .seal_picture(&*plan, &thumbnail, now)
        .map_err(unmade)?;
    let sheet = studio.seal_picture(&*plan, &sheet, now).map_err(unmade)?;
    let video = keep(app, handle, &object, film)?;
    let thumbnail = keep(app, handle, &object, thumbnail.as_slice())?;
    let sheet = keep(app, handle, &object, sheet.as_slice())?;
    let asset = |blob: Blob| json!({ "sha256": blob.sha256, "bytes": blob.bytes });
    let assets = json!({ "video": asset(video), "thumbnail": asset(thumbnail), "spritesheet": asset(sheet) });
    handle.block_on(end(app, object, Ok(assets)))?;
    plan.placed();
    Ok(())
}

/// Writes down how a film ended.
async fn end(
    app: &App,
    mut object: Object,
    outcome: std::result::Result<Value, &Fault>,
) -> Result<()> {
    if matches!(object.state.as_str(), "completed" | "failed") {
        return Ok(());
    }
    let (state, error, assets) = match outcome {
        Ok(assets) => ("completed", Value::Null, assets),
        Err(fault) => {
            let code = fault.code.as_deref().unwrap_or("video_failed");
            (
                "failed",
                json!({ "code": code, "message": fault.message }),
                json!({}),
            )
        }
    };
    object.state = state.to_owned();
    let film = &mut object.body["video"];
    film["status"] = json!(state);
    film["error"] = error;
    if state == "completed" {
        film["progress"] = json!(100);
        film["completed_at"] = json!(seconds(app.timestamp()));
    }
    object.body["assets"] = assets;
    match app.store().objects().update(object).await {
        Ok(object) => {
            source::let_go(app, &object.id).await?;
            announce(app, &format!("video.{state}"), &object.id).await;
            Ok(())
        }
        // It was deleted, or somebody else ended it.
        Err(store::Error::NotFound { .. } | store::Error::Version { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Writes down that a film was called off.
pub(crate) async fn call_off(app: &App, id: &str) -> Result<()> {
    let object = match app.store().objects().get(id).await {
        Ok(object) => object,
        Err(store::Error::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let fault = Fault::invalid("the film was called off").code("video_cancelled");
    end(app, object, Err(&fault)).await
}

/// Keeps bytes as a blob of the film.
fn keep(app: &App, handle: &Handle, object: &Object, mut from: impl std::io::Read) -> Result<Blob> {
    handle.block_on(async {
        let (sender, reader) = pipe();
        let blobs = app.store().blobs();
        let put = blobs.put(&object.owner, reader, u64::MAX, app.timestamp());
        let send = async {
            let mut piece = vec![0; PIECE];
            loop {
                match from.read(&mut piece) {
                    Ok(0) => break,
                    Ok(bytes) if sender.send(piece[..bytes].to_vec().into()).await => {}
                    // The store gave up, and says why.
                    Ok(_) => return Ok(()),
                    Err(error) => return Err(unmade(error.into())),
                }
            }
            sender.end().await;
            Ok(())
        };
        let (sent, blob) = tokio::join!(send, put);
        sent?;
        let blob = blob?;
        blobs.attach(&object.id, &blob.sha256).await?;
        Ok(blob)
    })
}

/// What is shown of a film: a picture from its middle, and a sheet of pictures from all of it.
struct Stills {
    middle: u64,
    every: u64,
    thumbnail: Option<Picture>,
    sheet: Vec<Picture>,
}

impl Stills {
    fn new(frames: u64) -> Self {
        Self {
            middle: frames / 2,
            every: frames.div_ceil(SHEET.0).max(1),
            thumbnail: None,
            sheet: Vec::new(),
        }
    }

    fn see(&mut self, frame: u64, picture: &Picture) {
        if frame == self.middle {
            self.thumbnail = Some(within(picture, THUMBNAIL_SIDE));
        }
        if frame.is_multiple_of(self.every) {
            self.sheet.push(within(picture, SHEET_SIDE));
        }
    }

    /// The thumbnail as WebP, and the sheet as JPEG.
    fn written(self) -> media::Result<(Vec<u8>, Vec<u8>)> {
        let thumbnail = self.thumbnail.ok_or(media::Error::Empty)?;
        let sheet = still::sheet(&self.sheet, SHEET.1.min(self.sheet.len()));
        Ok((still::webp(&thumbnail)?, still::jpeg(&sheet, JPEG_QUALITY)?))
    }
}

/// A small picture as an address that carries it; empty when it cannot be written.
fn preview(picture: &Picture) -> String {
    let written = still::jpeg(&within(picture, SHEET_SIDE), JPEG_QUALITY);
    let encoded = written.map(|bytes| Base64::encode_string(&bytes));
    encoded.map_or_else(
        |_| String::new(),
        |encoded| format!("data:image/jpeg;base64,{encoded}"),
    )
}

/// The picture, no larger than `side` on its longer side.
fn within(picture: &Picture, side: usize) -> Picture {
    let scale = side as f64 / picture.width.max(picture.height) as f64;
    if scale >= 1.0 {
        return picture.clone();
    }
    let short = |pixels: usize| ((pixels as f64 * scale).round() as usize).max(1);
    picture.scaled(short(picture.width), short(picture.height))
}

/// How a film that was handed in says that it was made. It blocks.
pub(super) fn settings_in(file: File, now: u64) -> Result<Settings> {
    video::settings_in(file, i64::try_from(now).unwrap_or(i64::MAX)).map_err(|unknown| match unknown {
        Unknown::File(error) => Fault::broken(format!("the upload cannot be read: {error}")),
        unknown => {
            let message = format!("the film {unknown}\nhint: films that Freehold made can be edited and extended by what made them");
            Fault::param("video", message).code("video_unknown")
        }
    })
}

fn unmade(unmade: Unmade) -> Fault {
    match unmade {
        Unmade::Stopped => Fault::broken("it was stopped"),
        other => Fault::broken(format!("the film cannot be written: {other}")).code("video_failed"),
    }
}
