//! A chat as a file: the branch that is shown as Markdown, or everything as JSON.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Object;

use super::branches::{branch, text, turns};
use crate::api::Refusal;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;
use crate::reading::Query;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    format: Option<String>,
}

pub(super) async fn export(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refusal> {
    let chat = app.chat(&caller, &id).await?;
    let turns = turns(&app, &chat).await?;
    let (kind, name, text) = match wanted.format.as_deref().unwrap_or("markdown") {
        "markdown" => (
            "text/markdown; charset=utf-8",
            "md",
            markdown(&chat, &turns),
        ),
        "json" => {
            let mut value = super::described(&chat);
            value["turns"] = turns.iter().map(super::branches::described).collect();
            let text = serde_json::to_string_pretty(&value).unwrap_or_default();
            ("application/json", "json", text)
        }
        other => {
            let message = format!("`{other}` is no format\nhint: `markdown` or `json`");
            return Err(Fault::param("format", message).into());
        }
    };
    let file = format!("attachment; filename=\"{}.{name}\"", chat.id);
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, text).into_response())
}

fn markdown(chat: &Object, turns: &[Object]) -> String {
    let title = chat.body["title"].as_str().unwrap_or("Chat");
    let mut page = format!("# {title}\n");
    if let Some(instructions) = chat.body["instructions"].as_str() {
        page += &format!("\n> {}\n", instructions.replace('\n', "\n> "));
    }
    let newest = turns.last().map(|turn| json!(turn.id)).unwrap_or_default();
    let leaf = match &chat.body["active"] {
        Value::Null => &newest,
        active => active,
    };
    for turn in branch(turns, leaf.as_str().unwrap_or_default()) {
        let model = turn.body["response"]["model"].as_str().unwrap_or_default();
        page += &format!("\n## You\n\n{}\n", text(&turn.body["input"]));
        page += &pictures(&turn.body["input"]);
        page += &format!(
            "\n## {model}\n\n{}\n",
            text(&turn.body["response"]["output"])
        );
    }
    page
}

/// The pictures of a question, each within its address.
fn pictures(items: &Value) -> String {
    let items = items.as_array().into_iter().flatten();
    let parts = items.flat_map(|item| item["content"].as_array().into_iter().flatten());
    let urls = parts
        .filter(|part| part["type"] == "input_image")
        .filter_map(|part| part["image_url"].as_str());
    urls.map(|url| format!("\n![]({url})\n")).collect()
}
