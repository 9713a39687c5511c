//! What expired is deleted, and what nobody uses is taken away.

use std::time::Duration;

use store::{Cursor, List, Metadata, Object};

use super::{EXPIRES, File, KIND};
use crate::app::App;
use crate::fault::Result;
use crate::v1::uploads;

/// How often.
pub(crate) const EVERY: Duration = Duration::from_secs(3600);

/// How long what comes in may take before it is used.
const UNUSED_FOR: Duration = Duration::from_secs(6 * 3600);

/// How long one can see what became of a job.
const JOBS_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// Documents that are looked at together.
const PAGE: u32 = 500;

/// Deletes what is over.
pub(crate) async fn tidy(app: &App) -> Result<()> {
    let now = app.timestamp();
    let (name, value) = EXPIRES;
    let expiring = Metadata::from([(name.to_owned(), value.to_owned())]);
    let expired = |object| Some(File::of(object)).filter(|file| file.is_expired(now));
    for file in all(app, KIND, expiring, expired).await? {
        app.store().objects().delete(&file.id).await?;
    }
    let over = |upload| uploads::is_over(&upload, now).then_some(upload);
    for upload in all(app, uploads::KIND, Metadata::new(), over).await? {
        uploads::tidy(app, upload, now).await?;
    }
    app.store()
        .jobs()
        .delete_ended(now.before(JOBS_FOR))
        .await?;
    let garbage = app.store().blobs().collect_garbage(now, UNUSED_FOR).await?;
    if garbage.blobs + garbage.files > 0 {
        tracing::info!(garbage.blobs, garbage.files, "unused files were taken away");
    }
    Ok(())
}

/// What `wanted` wants of all documents of a kind with some metadata, whoever has them.
async fn all<T>(
    app: &App,
    kind: &str,
    metadata: Metadata,
    wanted: impl Fn(Object) -> Option<T>,
) -> Result<Vec<T>> {
    let mut list = List {
        kind: Some(kind.to_owned()),
        metadata,
        limit: PAGE,
        ..List::default()
    };
    let mut found = Vec::new();
    loop {
        let page = match app.store().objects().list(&list).await {
            // Whatever the cursor stood on is gone; the next round finds the rest.
            Err(store::Error::NotFound { .. }) => return Ok(found),
            page => page?,
        };
        let last = page.data.last().map(|last| last.id.clone());
        found.extend(page.data.into_iter().filter_map(&wanted));
        match last.filter(|_| page.has_more) {
            Some(last) => list.cursor = Cursor::After(last),
            None => return Ok(found),
        }
    }
}
