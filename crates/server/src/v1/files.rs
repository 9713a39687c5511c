//! `/v1/files`.

pub(crate) mod content;
pub(crate) mod heads;
pub(crate) mod incoming;
pub(crate) mod tidy;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use policy::action::{Read, Thing, Write};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Blob, Cursor, List, Metadata, Object, Order, Timestamp};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::kept::{deleted, page};
use crate::reading::Query;
use content::Shown;
use incoming::{Expected, FORM_BYTES, Form, missing, receive};

/// What files are called in the store.
pub(crate) const KIND: &str = "file";

/// By what files that expire are found, and the word that says so.
const EXPIRES: (&str, &str) = ("expires", "yes");

/// Bytes of a file that comes in one piece.
const BYTES_MAX: u64 = 512 << 20;

/// Files on a page.
const PAGE_MAX: u32 = 10_000;

/// Seconds that a file may be kept for before it expires.
const EXPIRES_AFTER: std::ops::RangeInclusive<u64> = 3600..=2_592_000;

/// What people keep files for.
const PURPOSES: [&str; 6] = [
    "assistants",
    "batch",
    "evals",
    "fine-tune",
    "user_data",
    "vision",
];

pub(crate) fn routes() -> Router<Arc<App>> {
    let bytes = usize::try_from(BYTES_MAX + FORM_BYTES).unwrap_or(usize::MAX);
    Router::new()
        .route(
            "/v1/files",
            post(create).layer(DefaultBodyLimit::max(bytes)).get(list),
        )
        .route("/v1/files/{id}", get(retrieve).delete(delete))
        .route("/v1/files/{id}/content", get(content))
}

/// A file, as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub id: String,
    pub owner: String,
    pub project: Option<String>,
    pub name: String,
    pub purpose: String,
    pub bytes: u64,
    pub sha256: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

impl File {
    /// A new file of somebody's with a blob that they have.
    pub fn new(owner: &str, project: Option<&str>, blob: Blob, now: Timestamp) -> Self {
        Self {
            id: ids::new("file-"),
            owner: owner.to_owned(),
            project: project.map(str::to_owned),
            name: String::new(),
            purpose: String::new(),
            bytes: blob.bytes,
            sha256: blob.sha256,
            created_at: now,
            expires_at: None,
        }
    }

    /// The file that a document of the store describes.
    pub fn of(object: Object) -> Self {
        let text = |key: &str| object.body[key].as_str().unwrap_or_default().to_owned();
        Self {
            name: text("filename"),
            sha256: text("sha256"),
            bytes: object.body["bytes"].as_u64().unwrap_or_default(),
            expires_at: object.body["expires_at"]
                .as_i64()
                .map(Timestamp::from_millis),
            purpose: object.metadata.get("purpose").cloned().unwrap_or_default(),
            id: object.id,
            owner: object.owner,
            project: object.project,
            created_at: object.created_at,
        }
    }

    /// The document that describes it.
    pub fn object(&self) -> Object {
        let mut metadata = Metadata::from([("purpose".to_owned(), self.purpose.clone())]);
        if self.expires_at.is_some() {
            metadata.insert(EXPIRES.0.to_owned(), EXPIRES.1.to_owned());
        }
        Object {
            id: self.id.clone(),
            kind: KIND.to_owned(),
            owner: self.owner.clone(),
            project: self.project.clone(),
            parent: None,
            created_at: self.created_at,
            version: 1,
            state: "processed".to_owned(),
            metadata,
            body: json!({
                "filename": self.name,
                "bytes": self.bytes,
                "sha256": self.sha256,
                "expires_at": self.expires_at.map(Timestamp::as_millis),
            }),
        }
    }

    /// The file as clients see it.
    pub fn wire(&self) -> Value {
        json!({
            "id": self.id,
            "object": "file",
            "bytes": self.bytes,
            "created_at": seconds(self.created_at),
            "expires_at": self.expires_at.map(seconds),
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
            "status_details": null,
        })
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// A moment as clients see it.
pub(crate) fn seconds(at: Timestamp) -> i64 {
    at.as_millis() / 1000
}

/// When something is deleted by itself, as clients ask for it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ExpiresAfter {
    anchor: String,
    seconds: u64,
}

impl ExpiresAfter {
    /// Reads the fields of a form.
    fn of(fields: &BTreeMap<String, String>) -> Result<Option<Self>> {
        let anchor = fields.get("expires_after[anchor]");
        let seconds = fields.get("expires_after[seconds]");
        if anchor.is_none() && seconds.is_none() {
            return Ok(None);
        }
        let anchor = anchor.ok_or_else(|| missing("expires_after.anchor"))?;
        let seconds = seconds.ok_or_else(|| missing("expires_after.seconds"))?;
        let refuse = |_| {
            let message = format!("`{seconds}` is no number of seconds");
            Fault::param("expires_after.seconds", message)
        };
        Ok(Some(Self {
            anchor: anchor.clone(),
            seconds: seconds.parse().map_err(refuse)?,
        }))
    }

    /// How long that is.
    pub fn length(&self) -> Result<Duration> {
        if self.anchor != "created_at" {
            let message = format!("there is no anchor `{}`\nhint: `created_at`", self.anchor);
            return Err(Fault::param("expires_after.anchor", message));
        }
        if !EXPIRES_AFTER.contains(&self.seconds) {
            let (least, most) = (EXPIRES_AFTER.start(), EXPIRES_AFTER.end());
            let message = format!(
                "`{}` seconds; there may be `{least}` to `{most}`",
                self.seconds
            );
            return Err(Fault::param("expires_after.seconds", message));
        }
        Ok(Duration::from_secs(self.seconds))
    }
}

/// How long a file of `purpose` is kept; for ever, when none.
pub(crate) fn kept_for(
    purpose: &str,
    expires_after: Option<&ExpiresAfter>,
) -> Result<Option<Duration>> {
    match expires_after {
        Some(expires_after) => expires_after.length().map(Some),
        None if purpose == "batch" => Ok(Some(Duration::from_secs(*EXPIRES_AFTER.end()))),
        None => Ok(None),
    }
}

/// That people may keep files for `purpose`.
pub(crate) fn check_purpose(purpose: &str) -> Result<()> {
    if PURPOSES.contains(&purpose) {
        return Ok(());
    }
    let shown: String = purpose.chars().take(64).collect();
    let message = format!(
        "'{shown}' is not one of ['{}'] - 'purpose'",
        PURPOSES.join("', '")
    );
    Err(Fault::param("purpose", message))
}

/// That the caller may make something new of `kind`, called `id`.
pub(crate) async fn may_make(app: &App, caller: &Caller, kind: &str, id: &str) -> Result<()> {
    let thing = Thing {
        kind: kind.to_owned(),
        id: Some(id.to_owned()),
        owner: caller.user().to_owned(),
        project: caller.project().map(str::to_owned),
    };
    let _permit = app.gate.permit(caller, Write(thing)).await?;
    Ok(())
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Value>> {
    let id = ids::new("file-");
    may_make(&app, &caller, KIND, &id).await?;
    let expected = Expected {
        field: "file",
        bytes_max: BYTES_MAX,
    };
    let Form { fields, file } = receive(&app, &caller, request, expected).await?;
    let purpose = fields.get("purpose").ok_or_else(|| missing("purpose"))?;
    check_purpose(purpose)?;
    let length = kept_for(purpose, ExpiresAfter::of(&fields)?.as_ref())?;
    let now = app.timestamp();
    let file = File {
        id,
        name: file.name,
        purpose: purpose.clone(),
        expires_at: length.map(|length| now.after(length)),
        ..File::new(caller.user(), caller.project(), file.blob, now)
    };
    let blobs = vec![file.sha256.clone()];
    app.store()
        .objects()
        .put_using(file.object(), blobs)
        .await?;
    Ok(Json(file.wire()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listing {
    purpose: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
    order: Option<String>,
}

impl Listing {
    fn list(&self, caller: &Caller) -> Result<List> {
        let limit = self.limit.unwrap_or(PAGE_MAX);
        if !(1..=PAGE_MAX).contains(&limit) {
            let message = format!("`limit` is `{limit}`; it lies between `1` and `{PAGE_MAX}`");
            return Err(Fault::param("limit", message));
        }
        let order = match self.order.as_deref() {
            None | Some("desc") => Order::Descending,
            Some("asc") => Order::Ascending,
            Some(other) => {
                let message = format!("there is no order `{other}`\nhint: `asc` or `desc`");
                return Err(Fault::param("order", message));
            }
        };
        let purpose = self.purpose.iter().filter(|purpose| !purpose.is_empty());
        let after = self.after.as_ref().filter(|id| !id.is_empty());
        Ok(List {
            kind: Some(KIND.to_owned()),
            owner: Some(caller.user().to_owned()),
            metadata: purpose
                .map(|purpose| ("purpose".to_owned(), purpose.clone()))
                .collect(),
            cursor: after.map_or(Cursor::Start, |id| Cursor::After(id.clone())),
            order,
            limit,
            ..List::default()
        })
    }
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(listing): Query<Listing>,
) -> Result<Json<Value>> {
    let list = listing.list(&caller)?;
    let all = Read(Thing::of(KIND, caller.user()));
    let _permit = app.gate.permit(&caller, all).await?;
    let found = app.store().objects().list(&list).await?;
    let now = app.timestamp();
    let files = found.data.into_iter().map(File::of);
    let files = files.filter(|file| !file.is_expired(now));
    let data = files.map(|file| file.wire()).collect();
    Ok(Json(page(data, found.has_more)))
}

/// The file called `id`, if the caller may read it and it is not expired.
pub(crate) async fn find(app: &App, caller: &Caller, id: &str) -> Result<File> {
    let file = File::of(app.kept(caller, KIND, id).await?);
    match file.is_expired(app.timestamp()) {
        true => Err(Fault::not_found(KIND, id)),
        false => Ok(file),
    }
}

async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    Ok(Json(find(&app, &caller, &id).await?.wire()))
}

async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    app.delete(&caller, KIND, &id).await?;
    Ok(Json(deleted(&id, KIND)))
}

async fn content(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let file = find(&app, &caller, &id).await?;
    content::reply(&app, &file, Shown::SAVED, &headers).await
}
