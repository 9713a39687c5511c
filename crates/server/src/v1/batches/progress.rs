//! How far a batch is.

use std::collections::HashSet;

use serde_json::{Value, json};
use store::{Cursor, Item, Order, Result};

use crate::app::App;

/// Results that are read together.
const PAGE: u32 = 500;

/// What is known of the requests that were answered.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Their lines.
    done: HashSet<u32>,
    completed: u32,
    failed: u32,
    tokens: Tokens,
}

#[derive(Debug, Default)]
struct Tokens {
    input: u64,
    cached: u64,
    output: u64,
    reasoning: u64,
}

/// What the result of a line is called.
pub(super) fn item_id(line: u32) -> String {
    format!("line-{line}")
}

/// Whether a result tells of a request that was answered well.
pub(super) fn is_good(result: &Value) -> bool {
    result["response"]["status_code"] == 200
}

impl Progress {
    /// Reads what was written down in the document `results`.
    pub async fn read(app: &App, results: &str) -> Result<Self> {
        let mut progress = Self::default();
        let mut cursor = Cursor::Start;
        loop {
            let objects = app.store().objects();
            let page = objects
                .items(results, &cursor, Order::Ascending, PAGE)
                .await?;
            for item in &page.data {
                progress.add(item);
            }
            match page.data.last().filter(|_| page.has_more) {
                Some(last) => cursor = Cursor::After(last.id.clone()),
                None => return Ok(progress),
            }
        }
    }

    /// Counts a result that was written down.
    pub fn add(&mut self, item: &Item) {
        let line = item
            .id
            .strip_prefix("line-")
            .and_then(|line| line.parse().ok());
        if !line.is_some_and(|line| self.done.insert(line)) {
            return;
        }
        match is_good(&item.body) {
            true => self.completed += 1,
            false => self.failed += 1,
        }
        self.tokens.add(&item.body["response"]["body"]["usage"]);
    }

    /// Whether the request of a line was answered.
    pub fn has(&self, line: u32) -> bool {
        self.done.contains(&line)
    }

    /// The counts as clients see them.
    pub fn counts(&self, total: &Value) -> Value {
        json!({ "total": total, "completed": self.completed, "failed": self.failed })
    }

    /// What was used, as clients see it.
    pub fn usage(&self) -> Value {
        let tokens = &self.tokens;
        json!({
            "input_tokens": tokens.input,
            "input_tokens_details": { "cached_tokens": tokens.cached },
            "output_tokens": tokens.output,
            "output_tokens_details": { "reasoning_tokens": tokens.reasoning },
            "total_tokens": tokens.input + tokens.output,
        })
    }
}

impl Tokens {
    /// Endpoints have two names for each.
    fn add(&mut self, usage: &Value) {
        let number = |paths: [&str; 2]| {
            let mut found = paths
                .iter()
                .filter_map(|path| usage.pointer(path)?.as_u64());
            found.next().unwrap_or_default()
        };
        self.input += number(["/input_tokens", "/prompt_tokens"]);
        self.output += number(["/output_tokens", "/completion_tokens"]);
        self.cached += number([
            "/input_tokens_details/cached_tokens",
            "/prompt_tokens_details/cached_tokens",
        ]);
        self.reasoning += number([
            "/output_tokens_details/reasoning_tokens",
            "/completion_tokens_details/reasoning_tokens",
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(line: u32, status: u32, usage: Value) -> Item {
        Item {
            id: item_id(line),
            body: json!({ "response": { "status_code": status, "body": { "usage": usage } } }),
        }
    }

    #[test]
    fn each_line_counts_once() {
        let mut progress = Progress::default();
        let chat = json!({ "prompt_tokens": 3, "completion_tokens": 4,
            "completion_tokens_details": { "reasoning_tokens": 2 } });
        let response = json!({ "input_tokens": 10, "output_tokens": 20,
            "input_tokens_details": { "cached_tokens": 5 } });
        progress.add(&item(1, 200, chat.clone()));
        progress.add(&item(1, 200, chat));
        progress.add(&item(2, 200, response));
        progress.add(&item(4, 400, Value::Null));
        let done: Vec<bool> = (1..=4).map(|line| progress.has(line)).collect();
        assert_eq!(done, [true, true, false, true]);
        let counts = json!({ "total": 9, "completed": 2, "failed": 1 });
        assert_eq!(progress.counts(&json!(9)), counts);
        let usage = json!({
            "input_tokens": 13, "input_tokens_details": { "cached_tokens": 5 },
            "output_tokens": 24, "output_tokens_details": { "reasoning_tokens": 2 },
            "total_tokens": 37,
        });
        assert_eq!(progress.usage(), usage);
    }
}
