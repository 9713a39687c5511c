//! What a film says itself of where it came from.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use media::credentials::verify;
use serde_json::Value;
use video::Studio;

use super::{KIND, content, source};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};

/// The content credentials in the film's file, checked against every byte of it and the key of this house.
pub(super) async fn credentials(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let object = app.kept(&caller, KIND, &id).await?;
    let blob = content::asset(&object, "video")?;
    let blobs = app.store().blobs();
    let reader = blobs.open(&object.owner, &blob.sha256, None).await?;
    let mut file = source::copied(&app, reader).await?;
    let checked = tokio::task::spawn_blocking(move || {
        let now = i64::try_from(app.now()).unwrap_or(i64::MAX);
        let report = verify(&mut file, &Studio::trust(&app.data, now));
        report.map(|report| video::described(&report))
    });
    let described = checked
        .await
        .map_err(|error| Fault::broken(error.to_string()))?;
    described
        .map(Json)
        .map_err(|error| Fault::broken(format!("the film cannot be read: {error}")))
}
