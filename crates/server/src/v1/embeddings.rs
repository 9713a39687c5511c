//! `/v1/embeddings`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64ct::{Base64, Encoding as _};
use dialogue::Input;
use policy::Tokens;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::reading::Parsed;

/// The most texts of a request.
const INPUTS_MAX: usize = 2048;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/embeddings", post(create))
}

#[derive(Debug, Deserialize)]
struct EmbeddingRequest {
    model: String,
    input: Inputs,
    encoding_format: Option<String>,
    dimensions: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Inputs {
    Text(String),
    Texts(Vec<String>),
    Tokens(Vec<u32>),
    TokenLists(Vec<Vec<u32>>),
}

impl Inputs {
    fn each(&self) -> Vec<Input<'_>> {
        match self {
            Self::Text(text) => vec![Input::Text(text)],
            Self::Texts(texts) => texts.iter().map(|text| Input::Text(text)).collect(),
            Self::Tokens(tokens) => vec![Input::Tokens(tokens)],
            Self::TokenLists(lists) => lists.iter().map(|list| Input::Tokens(list)).collect(),
        }
    }
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Parsed<EmbeddingRequest>,
) -> Result<Response> {
    let request = body.value;
    if app.catalogue.is_far(&request.model) {
        let to = (request.model.as_str(), "/embeddings");
        return app.pass(&caller, to, headers, body.bytes).await;
    }
    let as_text = match request.encoding_format.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(other) => {
            let message = format!("there is no format `{other}`\nhint: `float` or `base64`");
            return Err(Fault::param("encoding_format", message));
        }
    };
    let count = request.input.each().len();
    if !(1..=INPUTS_MAX).contains(&count) {
        let message = format!("`{count}` texts; there may be 1 to `{INPUTS_MAX}`");
        return Err(Fault::param("input", message));
    }
    let admission = app.admit(&caller, &request.model).await?;
    let embedder = app.catalogue.embedder(&request.model).await;
    let embedder = embedder.map_err(|fault| app.discreet(&caller, &request.model, fault))?;
    let width = embedder.width();
    let dimensions = request.dimensions.unwrap_or(width);
    if !(1..=width).contains(&dimensions) {
        let message = format!("`{dimensions}` dimensions; this model has `{width}`");
        return Err(Fault::param("dimensions", message));
    }
    let embedded = tokio::task::spawn_blocking(move || embedder.embed(&request.input.each())).await;
    let embedded = embedded.map_err(|error| Fault::broken(format!("it broke: {error}")))??;
    admission.settle(Tokens {
        input: embedded.tokens as u64,
        output: 0,
    });
    let data = embedded.vectors.iter().enumerate().map(|(index, vector)| {
        json!({
            "object": "embedding",
            "index": index,
            "embedding": written(&shortened(vector, dimensions), as_text),
        })
    });
    let reply = Json(json!({
        "object": "list",
        "data": data.collect::<Vec<Value>>(),
        "model": request.model,
        "usage": { "prompt_tokens": embedded.tokens, "total_tokens": embedded.tokens },
    }));
    Ok(reply.into_response())
}

/// The first numbers, of unit length again.
fn shortened(vector: &[f32], dimensions: usize) -> Vec<f32> {
    let kept = &vector[..dimensions];
    if dimensions == vector.len() {
        return kept.to_vec();
    }
    let length = kept.iter().map(|x| x * x).sum::<f32>().sqrt();
    let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
    kept.iter().map(|x| x * scale).collect()
}

/// Numbers, or their bytes in base64, four each, the lowest first.
fn written(vector: &[f32], as_text: bool) -> Value {
    match as_text {
        false => json!(vector),
        true => {
            let bytes: Vec<u8> = vector
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect();
            json!(Base64::encode_string(&bytes))
        }
    }
}
