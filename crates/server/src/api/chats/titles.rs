//! Titles of chats, which the model writes after its first answer. Until then, and where it cannot, the first words of
//! what was asked stand there.

use std::sync::Arc;
use std::time::Duration;

use models::chat::{Message, Role};
use serde_json::{Value, json};

use super::branches::text;
use super::{KEPT, settings::TITLE_MAX};
use crate::api::house;
use crate::app::App;
use crate::asked::{Asked, Wishes};
use crate::caller::{Caller, Urgency};
use crate::fault::Result;
use crate::v1::responses::background;

/// Tokens of a title at most.
const TOKENS_MAX: usize = 24;

/// A title is waited for so long.
const PATIENCE: Duration = Duration::from_secs(15);

/// Models that speak more slowly than this are not asked, in tokens a second.
const SPEED_MIN: f64 = 4.0;

/// Nor those that began their answer later than this.
const FIRST_WORD_MAX_MS: u64 = 20_000;

/// Letters of question and answer that are shown to the model.
const SHOWN: usize = 1_000;

/// Letters of a title that is taken.
const LETTERS: std::ops::RangeInclusive<usize> = 2..=64;

const PROMPT: &str = "Write a title for the conversation above: two to six words, in the language of the question, \
    without quotes. Answer with the title alone.";

/// A chat whose first turn was just begun.
pub(super) struct First {
    pub chat: String,
    pub turn: String,
    /// The title that it has until then.
    pub title: String,
}

/// Has a title written once the turn has ended. Nobody waits for it, and what somebody asks goes first.
pub(super) fn follow(app: &Arc<App>, caller: &Caller, first: First) {
    let (of, caller) = (Arc::clone(app), Caller(caller.0.clone(), Urgency::Low));
    app.running.spawn(async move {
        background::ended(&of, &first.turn).await;
        if let Err(fault) = entitle(&of, &caller, &first).await {
            tracing::debug!(
                chat = first.chat,
                message = fault.message,
                "a chat keeps its first words"
            );
        }
    });
}

async fn entitle(app: &App, caller: &Caller, first: &First) -> Result<()> {
    let turn = app.store().objects().get(&first.turn).await?;
    let model = turn.body["response"]["model"].as_str().unwrap_or_default();
    let is_done = turn.state == "completed";
    if !is_done
        || app.catalogue.says_its_own(model)
        || is_slow(&turn.body)
        || !house::titles(app).await?
    {
        return Ok(());
    }
    let asked = asked(
        &text(&turn.body["input"]),
        &text(&turn.body["response"]["output"]),
    );
    let written = async { app.answer(caller, model, asked).await?.whole().await };
    let Ok(written) = tokio::time::timeout(PATIENCE, written).await else {
        return Ok(());
    };
    let said = written?.into_iter().next();
    let said = said.and_then(|whole| whole.outcome.message.content);
    let Some(title) = said.and_then(|said| cleaned(&said.text())) else {
        return Ok(());
    };
    let chat = app.store().objects().get(&first.chat).await?;
    app.amend(chat, |chat| {
        // Whoever named it meanwhile knows better.
        if chat.state == KEPT && chat.body["title"] == *first.title {
            chat.body["title"] = json!(title);
        }
        Ok(())
    })
    .await
    .map(drop)
}

/// Whether a title would take too long, by how long the answer took.
fn is_slow(turn: &Value) -> bool {
    let timings = &turn["timings"];
    let (Some(first), Some(total)) = (timings["first_ms"].as_u64(), timings["total_ms"].as_u64())
    else {
        return true;
    };
    let tokens = turn["response"]["usage"]["output_tokens"].as_u64();
    let seconds = total.saturating_sub(first) as f64 / 1000.0;
    let speed = tokens.unwrap_or(0) as f64 / seconds.max(0.001);
    first > FIRST_WORD_MAX_MS || speed < SPEED_MIN
}

fn asked(question: &str, answer: &str) -> Asked {
    let shown = |text: &str| -> String { text.chars().take(SHOWN).collect() };
    let prompt = format!(
        "Question:\n{}\n\nAnswer:\n{}\n\n{PROMPT}",
        shown(question),
        shown(answer)
    );
    Asked {
        messages: vec![Message::new(Role::User, prompt)],
        wishes: Wishes {
            temperature: Some(0.0),
            ..Wishes::default()
        },
        choices: 1,
        max_tokens: Some(TOKENS_MAX),
        effort: Some("none".to_owned()),
        ..Asked::default()
    }
}

/// What a model said, as a title; `None` where it is none.
fn cleaned(said: &str) -> Option<String> {
    let line = said.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_start_matches(['#', '*', '-', ' ']);
    let named = line
        .split_once(':')
        .filter(|(word, _)| ["title", "titel"].contains(&word.trim().to_lowercase().as_str()));
    let line = named.map_or(line, |(_, title)| title);
    let marks = ['"', '\'', '“', '”', '„', '«', '»', '*', '`', ' '];
    let line = line
        .trim_matches(marks)
        .trim_end_matches(['.', ',', ';', ':'])
        .trim_matches(marks);
    let letters = line.chars().count();
    let is_title = LETTERS.contains(&letters)
        && letters <= TITLE_MAX
        && line.chars().any(char::is_alphabetic)
        && !line.chars().any(char::is_control);
    is_title.then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_models_wrap_titles_in_is_taken_off() {
        let title = |said: &str| cleaned(said).unwrap_or_default();
        assert_eq!(
            title("\n**Title: \"Why the sky is blue\"**\nMore"),
            "Why the sky is blue"
        );
        assert_eq!(
            title("„Warum der Himmel blau ist.“"),
            "Warum der Himmel blau ist"
        );
        assert_eq!(
            title("# Rust: lifetimes explained"),
            "Rust: lifetimes explained"
        );
        assert_eq!(title(""), "");
        assert_eq!(title("…"), "");
        assert_eq!(title(&"long ".repeat(40)), "");
    }

    #[test]
    fn slow_models_are_not_asked() {
        let turn = |first: u64, total: u64, tokens: u64| json!({ "timings": { "first_ms": first, "total_ms": total }, "response": { "usage": { "output_tokens": tokens } } });
        assert!(!is_slow(&turn(100, 2_100, 40)));
        assert!(is_slow(&turn(100, 20_100, 40)));
        assert!(is_slow(&turn(30_000, 31_000, 400)));
        assert!(is_slow(&json!({})));
    }
}
