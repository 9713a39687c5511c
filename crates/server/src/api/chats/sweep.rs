//! What was deleted is gone after a day.

use std::sync::Arc;
use std::time::Duration;

use store::List;

use super::{DELETED, KIND, branches};
use crate::app::App;
use crate::fault::Result;
use crate::v1::responses::background;

/// How long a deleted chat can be taken back.
const TAKEN_BACK_MS: i64 = 24 * 60 * 60 * 1000;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(15 * 60);

/// Looks for what is to go, again and again.
pub(crate) async fn keep_swept(app: Arc<App>) {
    loop {
        let before = app.timestamp().as_millis() - TAKEN_BACK_MS;
        if let Err(fault) = sweep(&app, before).await {
            tracing::warn!(message = fault.message, "deleted chats were not removed");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Removes chats that were deleted before a time. That they may go was permitted when they were deleted.
async fn sweep(app: &App, before: i64) -> Result<()> {
    let list = List {
        kind: Some(KIND.to_owned()),
        state: Some(DELETED.to_owned()),
        limit: super::AT_ONCE,
        ..List::default()
    };
    let page = app.store().objects().list(&list).await?;
    let is_due = |chat: &&store::Object| {
        chat.body["deleted_at"]
            .as_i64()
            .is_none_or(|at| at < before)
    };
    for chat in page.data.iter().filter(is_due) {
        destroy(app, chat).await?;
        tracing::info!(id = chat.id, "a deleted chat was removed");
    }
    Ok(())
}

/// Removes a chat with all of its turns, those that are being made included.
pub(super) async fn destroy(app: &App, chat: &store::Object) -> Result<()> {
    for turn in branches::turns(app, chat).await? {
        if app.running.stop(&turn.id) {
            background::cancel(app, &turn.id).await?;
        }
        app.store().objects().delete(&turn.id).await?;
    }
    app.store().objects().delete(&chat.id).await?;
    Ok(())
}
