//! What `POST /v1/chat/completions` answers, at once or piece by piece.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use dialogue::{Moment, Outcome, Saying, Word};
use engine::Usage;
use models::chat::{Event, Tool, ToolCall, ToolKind};
use serde_json::{Value, json};

use super::stored::Keeping;
use crate::answer::{Answer, Whole, check};
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Result;
use crate::sse::{Events, Source};
use crate::v1::messages::input_of;

/// What all parts of a reply repeat.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub id: String,
    pub created: u64,
    pub model: String,
    /// Names of the tools that take free text.
    pub free_form: Vec<String>,
    /// Whether the client says functions where others say tools.
    pub functions: bool,
    pub include_usage: bool,
    pub logprobs: bool,
}

/// Names of the tools that take free text.
pub(crate) fn free_form(tools: &[Tool]) -> Vec<String> {
    let free = tools
        .iter()
        .filter(|tool| matches!(tool.kind, ToolKind::FreeForm { .. }));
    free.map(|tool| tool.name.clone()).collect()
}

/// The whole reply.
pub(crate) fn completion(frame: &Frame, wholes: &[Whole]) -> Value {
    let choices: Vec<Value> = wholes.iter().map(|whole| choice(frame, whole)).collect();
    let usages = wholes.iter().map(|whole| whole.outcome.finished.usage);
    json!({
        "id": frame.id,
        "object": "chat.completion",
        "created": frame.created,
        "model": frame.model,
        "choices": choices,
        "usage": usage(usages),
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    })
}

/// Which build answered.
pub(crate) const FINGERPRINT: &str = concat!("freehold-", env!("CARGO_PKG_VERSION"));

fn choice(frame: &Frame, whole: &Whole) -> Value {
    let said = &whole.outcome.message;
    let text = said.content.as_ref().map(models::chat::Content::text);
    let mut message = json!({
        "role": "assistant",
        "content": text.filter(|text| !text.is_empty() || said.tool_calls.is_empty()),
        "refusal": null,
        "annotations": [],
    });
    if let Some(thoughts) = &said.reasoning {
        message["reasoning_content"] = json!(thoughts.trim());
    }
    match (&*said.tool_calls, frame.functions) {
        ([], _) => {}
        ([call, ..], true) => {
            message["function_call"] = json!({ "name": call.name, "arguments": call.arguments });
        }
        (calls, false) => {
            let calls: Vec<Value> = calls.iter().map(|call| tool_call(frame, call)).collect();
            message["tool_calls"] = json!(calls);
        }
    }
    let words = whole
        .sayings
        .iter()
        .filter_map(|saying| saying.word.as_ref());
    let words: Vec<Value> = words
        .filter(|word| !word.is_reasoning)
        .map(logprob)
        .collect();
    json!({
        "index": whole.outcome.finished.choice,
        "message": message,
        "logprobs": frame.logprobs.then(|| json!({ "content": words, "refusal": null })),
        "finish_reason": finish_reason(frame, &whole.outcome),
    })
}

/// A call, as functions and tools of free text are written.
fn tool_call(frame: &Frame, call: &ToolCall) -> Value {
    match frame.free_form.contains(&call.name) {
        true => json!({
            "id": call.id,
            "type": "custom",
            "custom": { "name": call.name, "input": input_of(&call.arguments) },
        }),
        false => json!({
            "id": call.id,
            "type": "function",
            "function": { "name": call.name, "arguments": call.arguments },
        }),
    }
}

fn finish_reason(frame: &Frame, outcome: &Outcome) -> &'static str {
    match outcome.reason() {
        "tool_calls" if frame.functions => "function_call",
        // The API knows no word for it.
        "cancelled" => "stop",
        reason => reason,
    }
}

/// A token with its log-probability and those in its place.
pub(crate) fn logprob(word: &Word) -> Value {
    let one = |bytes: &[u8], logprob: f32| {
        json!({
            "token": String::from_utf8_lossy(bytes),
            "logprob": finite(logprob),
            "bytes": bytes,
        })
    };
    let mut value = one(&word.bytes, word.logprob);
    let top = word.top.iter().map(|(bytes, logprob)| one(bytes, *logprob));
    value["top_logprobs"] = Value::Array(top.collect());
    value
}

/// JSON has no infinity; what can never follow gets what OpenAI's API says then.
pub(crate) fn finite(logprob: f32) -> f32 {
    logprob.max(-9999.0)
}

/// Tokens of all answers to one prompt.
pub(crate) fn usage(usages: impl Iterator<Item = Usage>) -> Value {
    let mut all = Usage::default();
    for usage in usages {
        all.prompt = usage.prompt;
        // Later answers find the prompt in memory because of the first.
        all.cached = match all.generated {
            0 => usage.cached,
            _ => all.cached.min(usage.cached),
        };
        all.generated += usage.generated;
        all.reasoning += usage.reasoning;
        all.accepted += usage.accepted;
    }
    json!({
        "prompt_tokens": all.prompt,
        "completion_tokens": all.generated,
        "total_tokens": all.prompt + all.generated,
        "prompt_tokens_details": { "cached_tokens": all.cached, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": all.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

/// The reply piece by piece.
pub(crate) struct Chunks {
    frame: Frame,
    answer: Answer,
    choices: Vec<Progress>,
    usages: Vec<Usage>,
    is_begun: bool,
    /// What is kept before the end is told.
    last: Option<Last>,
}

/// Keeps a completion that was told piece by piece.
pub(crate) struct Last {
    app: Arc<App>,
    caller: Caller,
    keeping: Option<Keeping>,
    wholes: Vec<Whole>,
    work: Option<Pin<Box<dyn Future<Output = Result<()>> + Send>>>,
}

impl Last {
    pub fn new(app: Arc<App>, caller: Caller, keeping: Keeping) -> Self {
        Self {
            app,
            caller,
            keeping: Some(keeping),
            wholes: Vec::new(),
            work: None,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, frame: &Frame) -> Poll<Result<()>> {
        if let Some(keeping) = self.keeping.take() {
            self.wholes
                .sort_by_key(|whole| whole.outcome.finished.choice);
            let completion = completion(frame, &self.wholes);
            let (app, caller) = (Arc::clone(&self.app), self.caller.clone());
            let work = async move { keeping.put(&app, &caller, &completion).await };
            self.work = Some(Box::pin(work));
        }
        match &mut self.work {
            Some(work) => work.as_mut().poll(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}

/// How far one of the answers is.
#[derive(Debug, Default, Clone)]
struct Progress {
    has_thought: bool,
    calls: usize,
    /// A call that is not whole yet.
    open: Option<ToolCall>,
}

impl Chunks {
    pub fn new(frame: Frame, answer: Answer, choices: u32, last: Option<Last>) -> Self {
        Self {
            frame,
            answer,
            choices: vec![Progress::default(); choices.max(1) as usize],
            usages: Vec::new(),
            is_begun: false,
            last,
        }
    }

    fn chunk(&self, choices: Value, usage: Value) -> Value {
        let mut chunk = json!({
            "id": self.frame.id,
            "object": "chat.completion.chunk",
            "created": self.frame.created,
            "model": self.frame.model,
            "service_tier": "default",
            "system_fingerprint": FINGERPRINT,
            "choices": choices,
        });
        if self.frame.include_usage {
            chunk["usage"] = usage;
        }
        chunk
    }

    fn delta(&self, choice: u32, delta: Value, words: Option<&Word>) -> Value {
        let logprobs = words.map(|word| json!({ "content": [logprob(word)], "refusal": null }));
        let choice = json!({
            "index": choice,
            "delta": delta,
            "logprobs": logprobs,
            "finish_reason": null,
        });
        self.chunk(json!([choice]), Value::Null)
    }

    fn begin(&mut self, out: &mut Events) {
        self.is_begun = true;
        for choice in 0..self.choices.len() as u32 {
            let delta = json!({ "role": "assistant", "content": "", "refusal": null });
            out.data(&self.delta(choice, delta, None));
        }
    }

    fn say(&mut self, saying: &Saying, out: &mut Events) {
        let choice = saying.choice;
        let mut word = saying.word.as_ref().filter(|word| !word.is_reasoning);
        for event in &saying.events {
            let Some(delta) = self.delta_of(choice, event) else {
                continue;
            };
            out.data(&self.delta(choice, delta, word.take()));
        }
        // A token that is no character yet has a probability all the same.
        if let Some(word) = word {
            out.data(&self.delta(choice, json!({ "content": "" }), Some(word)));
        }
    }

    fn delta_of(&mut self, choice: u32, event: &Event) -> Option<Value> {
        let functions = self.frame.functions;
        let progress = &mut self.choices[choice as usize];
        match event {
            Event::Reasoning(text) => {
                let text = match progress.has_thought {
                    true => text,
                    false => text.trim_start(),
                };
                progress.has_thought |= !text.is_empty();
                (!text.is_empty()).then(|| json!({ "reasoning_content": text }))
            }
            Event::Text(text) => Some(json!({ "content": text })),
            Event::CallBegin { id, name } => {
                progress.open = Some(ToolCall {
                    id: id.clone(),
                    name: name.clone(),
                    arguments: String::new(),
                });
                None
            }
            Event::CallArguments(text) => {
                if let Some(call) = &mut progress.open {
                    call.arguments.push_str(text);
                }
                None
            }
            // What turns out to be no call comes as text, so that calls are told when they are whole.
            Event::CallBroken => {
                progress.open = None;
                None
            }
            Event::CallEnd => {
                let call = progress.open.take()?;
                let at = progress.calls;
                progress.calls += 1;
                if functions {
                    let call = json!({ "name": call.name, "arguments": call.arguments });
                    return (at == 0).then(|| json!({ "function_call": call }));
                }
                let mut call = tool_call(&self.frame, &call);
                call["index"] = json!(at);
                Some(json!({ "tool_calls": [call] }))
            }
        }
    }

    fn end(&mut self, outcome: &Outcome, out: &mut Events) {
        self.usages.push(outcome.finished.usage);
        if let Err(fault) = check(outcome) {
            out.data(&json!({ "error": fault.body() }));
            return;
        }
        let choice = json!({
            "index": outcome.finished.choice,
            "delta": {},
            "logprobs": null,
            "finish_reason": finish_reason(&self.frame, outcome),
        });
        out.data(&self.chunk(json!([choice]), Value::Null));
    }
}

impl Source for Chunks {
    fn poll_events(&mut self, cx: &mut Context<'_>, out: &mut Events) -> Poll<bool> {
        if !self.is_begun {
            self.begin(out);
            return Poll::Ready(true);
        }
        let more = match ready!(self.answer.poll_next(cx)) {
            Some(Moment::Said(saying)) => {
                self.say(&saying, out);
                true
            }
            Some(Moment::Over(saying, outcome)) => {
                self.say(&saying, out);
                self.end(&outcome, out);
                if let Some(last) = &mut self.last {
                    last.wholes.push(Whole {
                        sayings: Vec::new(),
                        outcome: *outcome,
                    });
                }
                true
            }
            Some(Moment::Silence) => true,
            None => {
                if let Some(last) = &mut self.last
                    && let Err(fault) = ready!(last.poll(cx, &self.frame))
                {
                    out.data(&json!({ "error": fault.body() }));
                    return Poll::Ready(false);
                }
                if self.frame.include_usage {
                    let usage = usage(self.usages.iter().copied());
                    out.data(&self.chunk(json!([]), usage));
                }
                out.done();
                false
            }
        };
        Poll::Ready(more)
    }
}
