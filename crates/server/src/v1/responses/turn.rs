//! A response in the making: from what a model says to the events that clients hear, and the whole at the end.

use dialogue::{Moment, Outcome, Saying, Word};
use engine::Usage;
use models::chat::Event;
use serde_json::{Value, json};

use super::input::carry;
use super::tools::Offered;
use crate::fault::Fault;
use crate::v1::chat::reply::logprob;
use crate::v1::messages::input_of;

/// A response in the making.
pub(crate) struct Turn {
    response: Value,
    offered: Offered,
    /// Whether thoughts are given in a form that clients bring back.
    carries: bool,
    sequence: u64,
    /// How many items have got an id.
    named: u64,
    open: Option<Open>,
    /// Space that is text only if something follows it.
    has_spoken: bool,
    events: Vec<Value>,
}

/// The item that is being said.
enum Open {
    Message {
        id: String,
        text: String,
        logprobs: Vec<Value>,
    },
    Reasoning {
        id: String,
        text: String,
    },
    Call {
        call_id: String,
        name: String,
        arguments: String,
    },
}

impl Turn {
    pub fn new(response: Value, offered: Offered, carries: bool) -> Self {
        Self {
            response,
            offered,
            carries,
            sequence: 0,
            named: 0,
            open: None,
            has_spoken: false,
            events: Vec::new(),
        }
    }

    /// One of which nothing more is said.
    pub fn of(response: Value) -> Self {
        Self::new(response, Offered::default(), false)
    }

    /// The response as it stands.
    pub fn response(&self) -> &Value {
        &self.response
    }

    /// What happened since the last call.
    pub fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    /// It begins; `queued` first, where it goes on in the background.
    pub fn begin(&mut self) {
        let is_background = self.response["background"] == true;
        if is_background {
            self.response["status"] = json!("queued");
        }
        self.tell_whole("response.created");
        if is_background {
            self.tell_whole("response.queued");
            self.response["status"] = json!("in_progress");
        }
        self.tell_whole("response.in_progress");
    }

    /// The model said something; whether more follows.
    pub fn take(&mut self, moment: &Moment) -> bool {
        match moment {
            Moment::Said(saying) => self.say(saying),
            Moment::Over(saying, outcome) => {
                self.say(saying);
                self.finish(outcome);
                return false;
            }
            Moment::Silence => {}
        }
        true
    }

    /// It broke.
    pub fn fail(&mut self, fault: &Fault) {
        self.close("incomplete");
        let code = fault.code.as_deref().unwrap_or("server_error");
        self.response["error"] = json!({ "code": code, "message": fault.message });
        self.response["status"] = json!("failed");
        self.tell_whole("response.failed");
    }

    /// It was broken off after `shown` events, and what was made again is not what they tell.
    pub fn break_off(&mut self, shown: u64, fault: &Fault) {
        self.open = None;
        self.events.clear();
        self.output().clear();
        self.sequence = shown;
        self.fail(fault);
    }

    fn say(&mut self, saying: &Saying) {
        let mut word = saying.word.as_ref().filter(|word| !word.is_reasoning);
        for event in &saying.events {
            match event {
                Event::Reasoning(text) => self.think(text),
                Event::Text(text) => self.speak(text, word.take()),
                Event::CallBegin { id, name } => {
                    self.close("completed");
                    self.open = Some(Open::Call {
                        call_id: id.clone(),
                        name: name.clone(),
                        arguments: String::new(),
                    });
                }
                Event::CallArguments(text) => {
                    if let Some(Open::Call { arguments, .. }) = &mut self.open {
                        arguments.push_str(text);
                    }
                }
                // What turns out to be no call comes as text, so that calls are told when they are whole.
                Event::CallBroken => self.open = None,
                Event::CallEnd => self.close("completed"),
            }
        }
    }

    fn think(&mut self, text: &str) {
        let is_open = matches!(self.open, Some(Open::Reasoning { .. }));
        let text = if is_open { text } else { text.trim_start() };
        if text.is_empty() {
            return;
        }
        if !is_open {
            self.close("completed");
            let id = self.id("rs_");
            let item = json!({ "id": id, "type": "reasoning", "summary": [], "content": [] });
            self.add_item(&item);
            let part = json!({ "type": "reasoning_text", "text": "" });
            self.tell_part("response.content_part.added", &id, json!({ "part": part }));
            self.open = Some(Open::Reasoning {
                id,
                text: String::new(),
            });
        }
        if let Some(Open::Reasoning { id, text: known }) = &mut self.open {
            known.push_str(text);
            let id = id.clone();
            self.tell_part(
                "response.reasoning_text.delta",
                &id,
                json!({ "delta": text }),
            );
        }
    }

    fn speak(&mut self, text: &str, word: Option<&Word>) {
        let is_open = matches!(self.open, Some(Open::Message { .. }));
        // White space before the first word is the template's.
        let text = if is_open || self.has_spoken {
            text
        } else {
            text.trim_start()
        };
        if text.is_empty() || (!is_open && text.trim().is_empty()) {
            return;
        }
        self.has_spoken = true;
        if !is_open {
            self.close("completed");
            let id = self.id("msg_");
            let item = json!({
                "id": id,
                "type": "message",
                "status": "in_progress",
                "role": "assistant",
                "content": [],
            });
            self.add_item(&item);
            let part = output_text("", &[]);
            self.tell_part("response.content_part.added", &id, json!({ "part": part }));
            self.open = Some(Open::Message {
                id,
                text: String::new(),
                logprobs: Vec::new(),
            });
        }
        if let Some(Open::Message {
            id,
            text: known,
            logprobs,
        }) = &mut self.open
        {
            known.push_str(text);
            let told: Vec<Value> = word.map(logprob).into_iter().collect();
            logprobs.extend(told.clone());
            let id = id.clone();
            let more = json!({ "delta": text, "logprobs": told });
            self.tell_part("response.output_text.delta", &id, more);
        }
    }

    /// Ends the open item.
    fn close(&mut self, status: &str) {
        let item = match self.open.take() {
            None => return,
            Some(Open::Reasoning { id, text }) => {
                let text = text.trim_end();
                let part = json!({ "type": "reasoning_text", "text": text });
                self.tell_part("response.reasoning_text.done", &id, json!({ "text": text }));
                self.tell_part("response.content_part.done", &id, json!({ "part": part }));
                let mut item =
                    json!({ "id": id, "type": "reasoning", "summary": [], "content": [part] });
                if self.carries {
                    item["encrypted_content"] = json!(carry(text));
                }
                item
            }
            Some(Open::Message { id, text, logprobs }) => {
                let part = output_text(&text, &logprobs);
                let done = json!({ "text": text, "logprobs": logprobs });
                self.tell_part("response.output_text.done", &id, done);
                self.tell_part("response.content_part.done", &id, json!({ "part": part }));
                json!({
                    "id": id,
                    "type": "message",
                    "status": status,
                    "role": "assistant",
                    "content": [part],
                })
            }
            Some(Open::Call { .. }) if status != "completed" => return,
            Some(Open::Call {
                call_id,
                name,
                arguments,
            }) => self.call(call_id, &name, &arguments),
        };
        let index = self.output().len();
        self.output().push(item.clone());
        let more = json!({ "output_index": index, "item": item });
        self.tell("response.output_item.done", more);
    }

    /// A call from beginning to end; the item that it became.
    fn call(&mut self, call_id: String, name: &str, arguments: &str) -> Value {
        let (space, inner) = self.offered.spaced(name);
        let space = space.map(str::to_owned);
        let is_free = self.offered.is_free(name);
        let (kind, field, prefix, event) = match is_free {
            true => (
                "custom_tool_call",
                "input",
                "ctc_",
                "response.custom_tool_call_input",
            ),
            false => (
                "function_call",
                "arguments",
                "fc_",
                "response.function_call_arguments",
            ),
        };
        let given = match is_free {
            true => input_of(arguments),
            false => arguments.to_owned(),
        };
        let id = self.id(prefix);
        let item = |status: &str, given: &str| {
            let mut item = json!({
                "id": id,
                "type": kind,
                "status": status,
                "call_id": call_id,
                "name": inner,
                field: given,
            });
            if let Some(space) = &space {
                item["namespace"] = json!(space);
            }
            item
        };
        let index = self.output().len();
        self.add_item(&item("in_progress", ""));
        let place = |more: Value| {
            let mut event = json!({ "item_id": id, "output_index": index });
            extend(&mut event, more);
            event
        };
        self.tell(&format!("{event}.delta"), place(json!({ "delta": given })));
        let mut done = json!({ field: given });
        if !is_free {
            done["name"] = json!(inner);
        }
        self.tell(&format!("{event}.done"), place(done));
        item("completed", &given)
    }

    fn finish(&mut self, outcome: &Outcome) {
        self.response["usage"] = usage(&outcome.finished.usage);
        match outcome.reason() {
            "error" => {
                let fault = crate::answer::check(outcome).err();
                self.fail(&fault.unwrap_or_else(|| Fault::broken("the computation broke")));
            }
            "length" => {
                self.close("incomplete");
                self.response["status"] = json!("incomplete");
                self.response["incomplete_details"] = json!({ "reason": "max_output_tokens" });
                self.tell_whole("response.incomplete");
            }
            "cancelled" => {
                self.close("incomplete");
                self.response["status"] = json!("cancelled");
                self.tell_whole("response.cancelled");
            }
            _ => {
                self.close("completed");
                self.response["status"] = json!("completed");
                self.tell_whole("response.completed");
            }
        }
    }

    /// When it was completed, in seconds since 1970. Told in the last event, too.
    pub fn completed_at(&mut self, seconds: u64) {
        if self.response["status"] == "completed" {
            self.response["completed_at"] = json!(seconds);
            if let Some(last) = self.events.last_mut() {
                last["response"]["completed_at"] = json!(seconds);
            }
        }
    }

    /// The id of the next item. It follows from the response's, so that whoever makes it again says the same.
    fn id(&mut self, prefix: &str) -> String {
        let response = self.response["id"].as_str().unwrap_or_default();
        let (_, tail) = response.split_once('_').unwrap_or_default();
        let id = format!("{prefix}{tail}{}", self.named);
        self.named += 1;
        id
    }

    fn output(&mut self) -> &mut Vec<Value> {
        self.response["output"]
            .as_array_mut()
            .expect("`output` begins as a list")
    }

    fn add_item(&mut self, item: &Value) {
        let index = self.output().len();
        let more = json!({ "output_index": index, "item": item });
        self.tell("response.output_item.added", more);
    }

    /// An event about the only part of the open item.
    fn tell_part(&mut self, name: &str, item: &str, more: Value) {
        let index = self.output().len();
        let mut event = json!({ "item_id": item, "output_index": index, "content_index": 0 });
        extend(&mut event, more);
        self.tell(name, event);
    }

    /// An event with the whole response.
    fn tell_whole(&mut self, name: &str) {
        let more = json!({ "response": self.response });
        self.tell(name, more);
    }

    fn tell(&mut self, name: &str, more: Value) {
        let mut event = json!({ "type": name, "sequence_number": self.sequence });
        extend(&mut event, more);
        self.sequence += 1;
        self.events.push(event);
    }
}

fn output_text(text: &str, logprobs: &[Value]) -> Value {
    json!({ "type": "output_text", "annotations": [], "logprobs": logprobs, "text": text })
}

fn extend(event: &mut Value, more: Value) {
    if let (Value::Object(event), Value::Object(more)) = (event, more) {
        event.extend(more);
    }
}

pub(super) fn usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.prompt,
        "input_tokens_details": { "cached_tokens": usage.cached, "cache_write_tokens": 0 },
        "output_tokens": usage.generated,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.prompt + usage.generated,
    })
}
