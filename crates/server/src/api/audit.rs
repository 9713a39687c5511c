//! `/api/audit`: the log of what was done, and the proof that it is whole.

mod names;
mod words;

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use policy::action::ReadAudit;
use policy::audit::{Anchor, Line, Log, Record, key_text};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Timestamp;

use self::names::Names;
use self::words::Sought;
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

/// Characters that may be sought at most.
const SOUGHT_MAX: usize = 200;

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
    /// Whether those are wanted by which somebody merely looked, and was let; they are unless this says no.
    reads: Option<bool>,
    /// Words of what a line says, in any language of the app, or of its raw names.
    q: Option<String>,
}

impl Wanted {
    /// Whether it is one of those.
    fn fits(
        &self,
        record: &Record,
        names: &Names,
        sought: &Sought<impl Fn(&str) -> Option<String>>,
    ) -> bool {
        self.by.as_ref().is_none_or(|by| record.by == *by)
            && (self.action.as_ref()).is_none_or(|action| record.action == *action)
            && self.allowed.is_none_or(|allowed| record.allowed == allowed)
            && (self.reads != Some(false) || !record.is_mere_look())
            && sought.is_in(record, |name| names.of(name))
    }
}

/// The line as it is shown.
fn described(line: &Line, record: Record) -> Value {
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
    let text = wanted.q.as_deref().unwrap_or_default();
    if text.chars().count() > SOUGHT_MAX {
        let message = format!("`q` has at most `{SOUGHT_MAX}` characters");
        return Err(Fault::param("q", message).into());
    }
    let _permit = app.gate.permit(&caller, ReadAudit).await?;
    let log = Log::of(app.store());
    // What is written down of this request from here on is not what it asked for.
    let mut before = match wanted.before {
        Some(before) => before,
        None => log.end().await? + 1,
    };
    let names = Names::read(&app, &caller).await?;
    let sought = Sought::new(text, |rule| app.gate.rule_says(rule));
    let oldest = before.saturating_sub(LOOKED_THROUGH);
    let mut found: Vec<(Line, Record)> = Vec::new();
    while (found.len() as u64) < limit && before > 1 && before > oldest {
        let after = before.saturating_sub(READ + 1);
        let count = u32::try_from(before - 1 - after).unwrap_or(u32::MAX);
        for line in log.page(after, count).await?.into_iter().rev() {
            if found.len() as u64 == limit {
                break;
            }
            before = line.sequence;
            let record = line.record();
            let record = record.filter(|record| wanted.fits(record, &names, &sought));
            found.extend(record.map(|record| (line, record)));
        }
        if (found.len() as u64) < limit {
            before = after + 1;
        }
    }
    // More may lie before the oldest that was looked at, even where none of the kind was found.
    let next = (before > 1).then_some(before);
    let (told, rules) = (names.told(&found), rules(&app, &found));
    let data = found
        .into_iter()
        .map(|(line, record)| described(&line, record));
    let data: Vec<Value> = data.collect();
    Ok(Json(
        json!({ "data": data, "next_before": next, "names": told, "rules": rules }),
    ))
}

/// What the rules say of themselves that decided about the lines `found`, by their ids.
fn rules(app: &App, found: &[(Line, Record)]) -> serde_json::Map<String, Value> {
    let ids = found.iter().flat_map(|(_, record)| &record.because);
    ids.map(|id| (id.clone(), json!(app.gate.rule_says(id))))
        .collect()
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
