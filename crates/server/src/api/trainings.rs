//! `/api/trainings`: models that are being made, as their journals tell it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use policy::action::{ManageModels, SeeModels};
use serde_json::{Value, json};
use training::{Known, Line, StageView, known_trainings};

use super::Refusal;
use super::may::manages_models;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};

/// Steps of a curve at most.
const POINTS: usize = 500;

/// A training that has written nothing for so long has stopped, unless its steps take longer.
const QUIET_SECONDS_MAX: f64 = 60.0;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/trainings", get(list))
        .route("/api/trainings/{id}", get(retrieve))
}

/// All that were begun here, with where each stands.
async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller).await?;
    let data = app.data.clone();
    let told = blocking(move || {
        let all = known_trainings(&data);
        all.iter()
            .map(|known| summary(known, &known.stages(1)))
            .collect()
    });
    let told: Vec<Value> = told.await?;
    Ok(Json(json!({ "data": told })))
}

/// One, with its curves.
async fn retrieve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    permit(&app, &caller).await?;
    let data = app.data.clone();
    let told = blocking(move || {
        let known = known_trainings(&data)
            .into_iter()
            .find(|known| known.id == id)?;
        let stages = known.stages(POINTS);
        let mut told = summary(&known, &stages);
        told["stages"] = stages.iter().map(stage).collect();
        Some(told)
    });
    let missing =
        || Fault::new(StatusCode::NOT_FOUND, "there is no such training").code("not_found");
    Ok(Json(told.await?.ok_or_else(missing)?))
}

/// Samples tell what a model is made of: they are for those who manage models. Looking on is a mere read.
async fn permit(app: &App, caller: &Caller) -> Result<()> {
    if !manages_models(app, caller) {
        let refused = ManageModels {
            change: "look",
            model: None,
        };
        let _permit = app.gate.permit(caller, refused).await?;
    }
    let _permit = app.gate.permit(caller, SeeModels).await?;
    Ok(())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Fault::broken(format!("reading the journals broke: {error}")))
}

/// Where a training stands.
fn summary(known: &Known, stages: &[StageView]) -> Value {
    let at = stages.iter().rposition(|stage| !stage.lines.is_empty());
    let stage = at.map(|at| &stages[at]);
    let step = stage.and_then(|stage| {
        let mut lines = stage.lines.iter().rev();
        lines.find_map(|line| match line {
            Line::Step(step) => Some(step),
            _ => None,
        })
    });
    let per_step = step.map_or(0.0, |step| step.seconds / step.step.max(1) as f64);
    let is_quiet = stage
        .and_then(|stage| stage.quiet_seconds)
        .unwrap_or(f64::INFINITY)
        > QUIET_SECONDS_MAX.max(5.0 * per_step);
    let state = match (stages.iter().all(|stage| stage.is_done), is_quiet) {
        (true, _) => "done",
        (false, true) => "stopped",
        (false, false) => "running",
    };
    json!({
        "id": known.id,
        "name": known.name,
        "recipe": known.recipe,
        "out": known.out,
        "state": state,
        "stage": stage.map(|stage| &stage.name),
        "step": step,
    })
}

/// The curves of a stage: columns, which are a fraction of the lines.
fn stage(stage: &StageView) -> Value {
    let (mut steps, mut measured, mut samples, mut notes) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for line in &stage.lines {
        match line {
            Line::Step(step) => steps.push(step),
            Line::Measured {
                step, data, loss, ..
            } => {
                measured.push(json!({ "step": step, "data": data, "loss": loss }));
            }
            Line::Sample {
                step,
                question,
                answer,
            } => samples.push(json!({ "step": step, "question": question, "answer": answer })),
            Line::Note { step, text } => notes.push(json!({ "step": step, "text": text })),
        }
    }
    let column = |of: &dyn Fn(&training::StepLine) -> f64| -> Vec<f64> {
        steps.iter().map(|step| of(step)).collect()
    };
    json!({
        "name": stage.name,
        "is_done": stage.is_done,
        "steps": column(&|step| step.step as f64),
        "loss": column(&|step| step.loss),
        "learning_rate": column(&|step| step.learning_rate),
        "tokens_per_second": column(&|step| step.tokens_per_second),
        "measured": measured,
        "samples": samples,
        "notes": notes,
    })
}
