//! An answer of a model on another server, read event by event.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::http::StatusCode;
use dialogue::{Moment, Outcome, Saying, Word};
use engine::{Finished, Reason, Timings, Usage};
use fleet::{Call, Fleet};
use http_body::Body as _;
use models::chat::{Event, Message, Role};
use serde_json::Value;

use super::wire;
use crate::asked::Asked;
use crate::fault::{Fault, Result};

/// Bytes of one event at most.
const EVENT_BYTES_MAX: usize = 8 << 20;

/// An answer that comes from afar.
pub(crate) struct Far {
    body: fleet::Body,
    /// What is no whole line yet.
    rest: Vec<u8>,
    moments: VecDeque<Moment>,
    message: Message,
    usage: Usage,
    reason: Option<Reason>,
    /// The number of the call that is open.
    open: Option<u64>,
    calls: usize,
    is_over: bool,
}

impl Far {
    /// Asks `model` of the fleet.
    pub async fn ask(fleet: &Fleet, model: &str, asked: &Asked) -> Result<Self> {
        let body = wire::body(model, asked);
        let prefix = body["messages"].to_string();
        let call = Call {
            prefix: prefix.into(),
            ..Call::new(model, "/chat/completions", body.to_string())
        };
        let mut reply = fleet.send(call).await?;
        if reply.status != StatusCode::OK {
            let mut text = Vec::new();
            while let Some(Ok(bytes)) = reply.body.next().await {
                text.extend_from_slice(&bytes);
                if text.len() > EVENT_BYTES_MAX {
                    break;
                }
            }
            return Err(refused(reply.status, &text));
        }
        Ok(Self {
            body: reply.body,
            rest: Vec::new(),
            moments: VecDeque::new(),
            message: Message::empty(Role::Assistant),
            usage: Usage::default(),
            reason: None,
            open: None,
            calls: 0,
            is_over: false,
        })
    }

    /// Nothing more is wanted.
    pub fn cancel(&mut self) {
        if !self.is_over {
            self.end(Reason::Cancelled);
        }
    }

    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Moment>> {
        loop {
            if let Some(moment) = self.moments.pop_front() {
                return Poll::Ready(Some(moment));
            }
            if self.is_over {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let bytes = frame.into_data().unwrap_or_default();
                    self.read(&bytes);
                }
                Some(Err(error)) => self.end(broken(&error.to_string())),
                // Some end without saying why.
                None => {
                    let reason = self.reason.take();
                    self.end(reason.unwrap_or_else(|| broken("it ended before the answer did")));
                }
            }
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = line.trim_ascii();
            let Some(data) = line.strip_prefix(b"data:") else {
                continue;
            };
            match data.trim_ascii() {
                b"[DONE]" => {
                    let reason = self.reason.take();
                    return self.end(reason.unwrap_or(Reason::End));
                }
                data => match serde_json::from_slice(data) {
                    Ok(chunk) => self.take(&chunk),
                    Err(error) => return self.end(broken(&format!("it sent no JSON: {error}"))),
                },
            }
        }
        if self.rest.len() > EVENT_BYTES_MAX {
            self.end(broken("it sent an event without end"));
        }
    }

    fn take(&mut self, chunk: &Value) {
        if chunk["error"].is_object() {
            let message = chunk["error"]["message"]
                .as_str()
                .unwrap_or("no message")
                .to_owned();
            return self.end(broken(&message));
        }
        self.count(&chunk["usage"]);
        let choice = &chunk["choices"][0];
        let delta = &choice["delta"];
        let text = |keys: &[&str]| {
            let found = keys.iter().find_map(|key| delta[*key].as_str());
            found.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let mut events = Vec::new();
        events.extend(text(&["reasoning_content", "reasoning"]).map(Event::Reasoning));
        events.extend(text(&["content", "refusal"]).map(Event::Text));
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            self.call(call, &mut events);
        }
        let word = word(&choice["logprobs"]["content"][0]);
        if !events.is_empty() || word.is_some() {
            self.say(events, word);
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.close();
            self.reason = Some(match reason {
                "length" => Reason::Length,
                _ => Reason::End,
            });
        }
    }

    fn call(&mut self, call: &Value, events: &mut Vec<Event>) {
        let number = call["index"].as_u64().unwrap_or(0);
        let function = &call["function"];
        if self.open != Some(number) {
            if self.open.is_some() {
                events.push(Event::CallEnd);
            }
            self.open = Some(number);
            self.calls += 1;
            let id = call["id"].as_str().filter(|id| !id.is_empty());
            events.push(Event::CallBegin {
                id: id.map_or_else(|| format!("call_{}", self.calls), str::to_owned),
                name: function["name"].as_str().unwrap_or_default().to_owned(),
            });
        }
        if let Some(arguments) = function["arguments"].as_str() {
            events.push(Event::CallArguments(arguments.to_owned()));
        }
    }

    /// Ends the open call.
    fn close(&mut self) {
        if self.open.take().is_some() {
            self.say(vec![Event::CallEnd], None);
        }
    }

    fn count(&mut self, usage: &Value) {
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap_or(0)).unwrap_or(0);
        if usage.is_object() {
            self.usage = Usage {
                prompt: number(&usage["prompt_tokens"]),
                cached: number(&usage["prompt_tokens_details"]["cached_tokens"]),
                generated: number(&usage["completion_tokens"]),
                reasoning: number(&usage["completion_tokens_details"]["reasoning_tokens"]),
                ..Usage::default()
            };
        }
    }

    fn say(&mut self, events: Vec<Event>, word: Option<Word>) {
        events
            .iter()
            .for_each(|event| dialogue::take_in(&mut self.message, event));
        self.moments.push_back(Moment::Said(Saying {
            choice: 0,
            events,
            word,
        }));
    }

    fn end(&mut self, reason: Reason) {
        self.close();
        self.is_over = true;
        let finished = Finished {
            choice: 0,
            text: String::new(),
            reason,
            usage: self.usage,
            timings: Timings::default(),
        };
        let message = self.message.clone();
        let outcome = Box::new(Outcome { finished, message });
        self.moments
            .push_back(Moment::Over(Saying::default(), outcome));
    }
}

fn word(value: &Value) -> Option<Word> {
    let bytes = |value: &Value| {
        value["token"]
            .as_str()
            .unwrap_or_default()
            .as_bytes()
            .to_vec()
    };
    let logprob = |value: &Value| value["logprob"].as_f64().unwrap_or(0.0) as f32;
    value.is_object().then(|| Word {
        bytes: bytes(value),
        logprob: logprob(value),
        top: value["top_logprobs"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| (bytes(one), logprob(one)))
            .collect(),
        is_reasoning: false,
    })
}

fn broken(reason: &str) -> Reason {
    Reason::Failed(engine::Error::Broken {
        reason: format!("the upstream failed: {reason}"),
    })
}

/// A refusal of the upstream, as it stands; its faults are ours to the client.
fn refused(status: StatusCode, text: &[u8]) -> Fault {
    let value: Value = serde_json::from_slice(text).unwrap_or_default();
    let error = &value["error"];
    let message = error["message"].as_str().or(value["message"].as_str());
    let message = message.map_or_else(|| format!("the upstream answered {status}"), str::to_owned);
    let status = if status.is_client_error() {
        status
    } else {
        StatusCode::BAD_GATEWAY
    };
    Fault {
        param: error["param"].as_str().map(str::to_owned),
        code: error["code"].as_str().map(|code| code.to_owned().into()),
        ..Fault::new(status, message)
    }
}
