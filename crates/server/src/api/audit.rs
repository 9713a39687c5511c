//! `/api/audit`: the log of what was done, and the proof that it is whole.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use policy::action::ReadAudit;
use policy::audit::{Anchor, Line, Log, key_text};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Timestamp;

use super::{Refusal, moment};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::reading::Query;

/// Lines of a page at most.
const PAGE_MAX: u64 = 500;

/// Lines of a page when nobody says otherwise.
const PAGE_USUAL: u64 = 100;

/// Lines read at once, from the end towards the beginning.
const READ: u64 = 1000;

/// Lines that are looked through for one page at most.
const LOOKED_THROUGH: u64 = 50_000;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/audit", get(list))
        .route("/api/audit/verify", post(verify))
}

/// Which lines are wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    /// Those before this one.
    before: Option<u64>,
    limit: Option<u64>,
    /// The id of who asked.
    by: Option<String>,
    action: Option<String>,
    allowed: Option<bool>,
}

impl Wanted {
    /// The line as it is shown, if it is one of those.
    fn take(&self, line: &Line) -> Option<Value> {
        let record = line.record()?;
        let fits = self.by.as_ref().is_none_or(|by| record.by == *by)
            && (self.action.as_ref()).is_none_or(|action| record.action == *action)
            && self.allowed.is_none_or(|allowed| record.allowed == allowed);
        fits.then(|| {
            let on: serde_json::Map<String, Value> = record
                .on
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect();
            json!({
                "sequence": line.sequence,
                "at": moment(Timestamp::from_millis(record.at)),
                "by": record.by,
                "via": record.via,
                "action": record.action,
                "on": on,
                "allowed": record.allowed,
                "because": record.because,
                "hash": line.hash.to_string(),
            })
        })
    }
}

/// The newest lines first.
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let limit = wanted.limit.unwrap_or(PAGE_USUAL);
    if !(1..=PAGE_MAX).contains(&limit) {
        let message = format!("`limit` is `{limit}`; it lies between `1` and `{PAGE_MAX}`");
        return Err(Fault::param("limit", message).into());
    }
    let _permit = app.gate.permit(&caller, ReadAudit).await?;
    let log = Log::of(app.store());
    let mut before = match wanted.before {
        Some(before) => before,
        None => log.end().await? + 1,
    };
    let oldest = before.saturating_sub(LOOKED_THROUGH);
    let mut data = Vec::new();
    while (data.len() as u64) < limit && before > 1 && before > oldest {
        let after = before.saturating_sub(READ + 1);
        let count = u32::try_from(before - 1 - after).unwrap_or(u32::MAX);
        for line in log.page(after, count).await?.iter().rev() {
            if data.len() as u64 == limit {
                break;
            }
            before = line.sequence;
            data.extend(wanted.take(line));
        }
        if (data.len() as u64) < limit {
            before = after + 1;
        }
    }
    // More may lie before the oldest that was looked at, even where none of the kind was found.
    let next = (before > 1).then_some(before);
    Ok(Json(json!({ "data": data, "next_before": next })))
}

/// Reads the whole log, and says whether it is what was written.
async fn verify(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let _permit = app.gate.permit(&caller, ReadAudit).await?;
    // What was written until now counts.
    app.gate.sign_audit().await?;
    let log = Log::of(app.store());
    let report = log.verify(&[], Some(&Anchor::below(&app.data))).await?;
    let key = log.key().await?;
    let fault = report.fault.as_ref().map(|fault| {
        json!({
            "line": fault.line,
            "tampering": fault.tampering.name(),
            "explanation": fault.explanation,
        })
    });
    Ok(Json(json!({
        "whole": report.fault.is_none(),
        "fault": fault,
        "lines": report.lines,
        "signed_to": report.signed_to,
        "checkpoints": report.checkpoints,
        "hash": report.head.hash.to_string(),
        "key": key.as_ref().map(key_text),
    })))
}
