//! `/v1/completions`: texts that go on as they stand.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use dialogue::{Moment, Outcome, Saying, Word};
use engine::Usage;
use models::chat::Event;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Continued, Prompt, Whole, check};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::reading::Parsed;
use crate::sse::{self, Events, Source};
use crate::v1::chat::reply::{FINGERPRINT, finite, usage};
use crate::v1::chat::request::{Sampled, StreamOptions};

/// The most texts that one request goes on with.
const PROMPTS_MAX: usize = 2048;

/// Tokens of an answer when nobody says how many.
const TOKENS_USUAL: usize = 16;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/completions", post(create))
}

#[derive(Debug, Deserialize)]
struct CompletionRequest {
    model: String,
    #[serde(default)]
    prompt: Value,
    suffix: Option<String>,
    echo: Option<bool>,
    n: Option<u32>,
    best_of: Option<u32>,
    logprobs: Option<usize>,
    max_tokens: Option<usize>,
    #[serde(flatten)]
    sampled: Sampled,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
}

impl CompletionRequest {
    fn check(&self) -> Result<()> {
        if self
            .suffix
            .as_ref()
            .is_some_and(|suffix| !suffix.is_empty())
        {
            let message = "filling in before a `suffix` is not supported";
            return Err(Fault::param("suffix", message));
        }
        if self.logprobs.is_some_and(|top| top > 20) {
            return Err(Fault::param("logprobs", "`20` alternatives are the most"));
        }
        let choices = self.n.unwrap_or(1);
        let best_of = self.best_of.unwrap_or(choices);
        if !(1..=128).contains(&choices) || !(choices..=128).contains(&best_of) {
            let message = format!(
                "`n` is `{choices}` and `best_of` is `{best_of}`; 1 to 128, `n` at most `best_of`"
            );
            return Err(Fault::param("n", message));
        }
        if best_of > choices && self.stream == Some(true) {
            let message =
                "the best of several is known only when all are there\nhint: leave out `stream`";
            return Err(Fault::param("best_of", message));
        }
        Ok(())
    }

    fn prompts(&self) -> Result<Vec<Prompt>> {
        let refuse = || {
            let message = "a text, a list of texts, a list of tokens, or a list of such lists";
            Fault::param("prompt", message)
        };
        let tokens = |list: &[Value]| {
            let numbers = list.iter().map(|one| u32::try_from(one.as_u64()?).ok());
            numbers.collect::<Option<Vec<u32>>>()
        };
        let prompts = match &self.prompt {
            Value::Null => vec![Prompt::Text(String::new())],
            Value::String(text) => vec![Prompt::Text(text.clone())],
            Value::Array(list) if list.first().is_some_and(Value::is_number) => {
                vec![Prompt::Tokens(tokens(list).ok_or_else(refuse)?)]
            }
            Value::Array(list) => {
                let each = list.iter().map(|one| match one {
                    Value::String(text) => Some(Prompt::Text(text.clone())),
                    Value::Array(list) => tokens(list).map(Prompt::Tokens),
                    _ => None,
                });
                each.collect::<Option<Vec<Prompt>>>().ok_or_else(refuse)?
            }
            _ => return Err(refuse()),
        };
        match prompts.len() {
            1..=PROMPTS_MAX => Ok(prompts),
            _ => Err(refuse()),
        }
    }

    fn continued(&self, prompt: Prompt) -> Result<Continued> {
        let best_of = self.best_of.unwrap_or(1);
        Ok(Continued {
            prompt,
            wishes: self.sampled.wishes()?,
            seed: self.sampled.seed(),
            choices: self.n.unwrap_or(1).max(best_of),
            max_tokens: Some(self.max_tokens.unwrap_or(TOKENS_USUAL)),
            stop: self.sampled.stop()?,
            // The best is the one that is most probable, so that probabilities must be known.
            logprobs: match best_of > self.n.unwrap_or(1) {
                true => Some(self.logprobs.unwrap_or(0)),
                false => self.logprobs,
            },
            constraint: None,
        })
    }
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Parsed<CompletionRequest>,
) -> Result<Response> {
    let request = body.value;
    if app.catalogue.is_far(&request.model) {
        let to = (request.model.as_str(), "/completions");
        return app.pass(&caller, to, headers, body.bytes).await;
    }
    request.check()?;
    let prompts = request.prompts()?;
    let mut answers = VecDeque::new();
    let mut echoes = Vec::new();
    for prompt in prompts {
        echoes.push(match (&prompt, request.echo) {
            (Prompt::Text(text), Some(true)) => text.clone(),
            (Prompt::Tokens(_), Some(true)) => {
                let message = "tokens are not echoed\nhint: send the prompt as text";
                return Err(Fault::param("echo", message));
            }
            _ => String::new(),
        });
        let continued = request.continued(prompt)?;
        answers.push_back(app.complete(&caller, &request.model, continued).await?);
    }
    let frame = Frame {
        id: ids::new("cmpl-"),
        created: app.now(),
        model: request.model.clone(),
        echoes,
        choices: request.n.unwrap_or(1),
        logprobs: request.logprobs.is_some(),
        include_usage: request
            .stream_options
            .is_some_and(|options| options.include_usage),
    };
    if request.stream == Some(true) {
        return Ok(sse::reply(Chunks {
            frame,
            answers,
            prompt: 0,
            begun: HashSet::new(),
            usages: Vec::new(),
        }));
    }
    let mut choices = Vec::new();
    let mut usages = Vec::new();
    for (prompt, answer) in answers.into_iter().enumerate() {
        let mut wholes = answer.whole().await?;
        usages.extend(wholes.iter().map(|whole| whole.outcome.finished.usage));
        keep_best(&mut wholes, frame.choices as usize);
        for whole in &wholes {
            choices.push(frame.choice(choices.len(), prompt, whole));
        }
    }
    let mut reply = frame.reply(choices);
    reply["usage"] = summed(&usages);
    Ok(Json(reply).into_response())
}

/// Keeps the most probable, by the mean of their tokens.
fn keep_best(wholes: &mut Vec<Whole>, count: usize) {
    if wholes.len() <= count {
        return;
    }
    let mean = |whole: &Whole| {
        let words = whole
            .sayings
            .iter()
            .filter_map(|saying| saying.word.as_ref());
        let logprobs: Vec<f32> = words.map(|word| word.logprob).collect();
        logprobs.iter().sum::<f32>() / logprobs.len().max(1) as f32
    };
    wholes.sort_by(|one, other| mean(other).total_cmp(&mean(one)));
    wholes.truncate(count);
}

/// Tokens of several prompts.
fn summed(usages: &[Usage]) -> Value {
    let mut total = usage(usages.iter().copied());
    let prompt: usize = usages.iter().map(|usage| usage.prompt).sum();
    let generated: usize = usages.iter().map(|usage| usage.generated).sum();
    total["prompt_tokens"] = json!(prompt);
    total["total_tokens"] = json!(prompt + generated);
    total
}

/// What all parts of a reply repeat.
struct Frame {
    id: String,
    created: u64,
    model: String,
    /// What stands before each answer.
    echoes: Vec<String>,
    choices: u32,
    logprobs: bool,
    include_usage: bool,
}

impl Frame {
    fn reply(&self, choices: Vec<Value>) -> Value {
        json!({
            "id": self.id,
            "object": "text_completion",
            "created": self.created,
            "model": self.model,
            "system_fingerprint": FINGERPRINT,
            "choices": choices,
        })
    }

    fn choice(&self, index: usize, prompt: usize, whole: &Whole) -> Value {
        let said = whole.outcome.message.content.as_ref();
        let said = said.map(models::chat::Content::text).unwrap_or_default();
        let words: Vec<&Word> = whole
            .sayings
            .iter()
            .filter_map(|saying| saying.word.as_ref())
            .collect();
        json!({
            "index": index,
            "text": self.echoes[prompt].clone() + &said,
            "logprobs": self.logprobs.then(|| logprobs(&words, self.echoes[prompt].chars().count())),
            "finish_reason": finish_reason(&whole.outcome),
        })
    }
}

fn finish_reason(outcome: &Outcome) -> &'static str {
    match outcome.reason() {
        "length" => "length",
        _ => "stop",
    }
}

/// Log-probabilities as completions have them; offsets count characters.
fn logprobs(words: &[&Word], from: usize) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut offset = from;
    let offsets: Vec<usize> = words
        .iter()
        .map(|word| {
            let at = offset;
            offset += text(&word.bytes).chars().count();
            at
        })
        .collect();
    let top = words.iter().map(|word| {
        let mut map = Map::new();
        for (bytes, logprob) in &word.top {
            map.entry(text(bytes))
                .or_insert_with(|| json!(finite(*logprob)));
        }
        Value::Object(map)
    });
    json!({
        "tokens": words.iter().map(|word| text(&word.bytes)).collect::<Vec<_>>(),
        "token_logprobs": words.iter().map(|word| finite(word.logprob)).collect::<Vec<_>>(),
        "top_logprobs": top.collect::<Vec<_>>(),
        "text_offset": offsets,
    })
}

/// The reply piece by piece, one prompt after the other.
struct Chunks {
    frame: Frame,
    answers: VecDeque<Answer>,
    prompt: usize,
    /// The answers of which something was said.
    begun: HashSet<(usize, u32)>,
    usages: Vec<Usage>,
}

impl Chunks {
    fn say(&self, saying: &Saying, finish: Option<&'static str>, out: &mut Events, echo: bool) {
        let texts = saying.events.iter().filter_map(|event| match event {
            Event::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let mut text: String = texts.collect();
        if echo {
            text.insert_str(0, &self.frame.echoes[self.prompt]);
        }
        if text.is_empty() && saying.word.is_none() && finish.is_none() {
            return;
        }
        let index = self.prompt as u32 * self.frame.choices + saying.choice;
        let words: Vec<&Word> = saying.word.iter().collect();
        let choice = json!({
            "index": index,
            "text": text,
            "logprobs": (!words.is_empty()).then(|| logprobs(&words, 0)),
            "finish_reason": finish,
        });
        let mut reply = self.frame.reply(vec![choice]);
        if self.frame.include_usage {
            reply["usage"] = Value::Null;
        }
        out.data(&reply);
    }
}

impl Source for Chunks {
    fn poll_events(&mut self, cx: &mut Context<'_>, out: &mut Events) -> Poll<bool> {
        let Some(answer) = self.answers.front_mut() else {
            if self.frame.include_usage {
                let mut reply = self.frame.reply(Vec::new());
                reply["usage"] = summed(&self.usages);
                out.data(&reply);
            }
            out.done();
            return Poll::Ready(false);
        };
        match ready!(answer.poll_next(cx)) {
            Some(Moment::Said(saying)) => {
                let is_first = self.begun.insert((self.prompt, saying.choice));
                self.say(&saying, None, out, is_first);
            }
            Some(Moment::Over(saying, outcome)) => {
                self.usages.push(outcome.finished.usage);
                match check(&outcome) {
                    Ok(()) => self.say(&saying, Some(finish_reason(&outcome)), out, false),
                    Err(fault) => out.data(&json!({ "error": fault.body() })),
                }
            }
            Some(Moment::Silence) => {}
            None => {
                self.answers.pop_front();
                self.prompt += 1;
            }
        }
        Poll::Ready(true)
    }
}
