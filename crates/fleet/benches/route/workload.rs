//! Conversations: few system prompts, some loved more than others, and turns that grow. All from a seed.

use std::collections::HashSet;

use crate::server;

/// Different system prompts.
const SYSTEMS: usize = 40;

/// Conversations in all.
const CONVERSATIONS: usize = 240;

/// What is said, in the order in which conversations begin.
pub struct Workload {
    pub conversations: Vec<Conversation>,
}

/// A system prompt, then question and answer by turns.
pub struct Conversation {
    pub system: String,
    /// What the person says, and what is answered.
    pub turns: Vec<(String, String)>,
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(x ^ (x >> 31)) * bound as u128) >> 64) as usize
    }

    fn text(&mut self, bytes: std::ops::Range<usize>) -> String {
        let length = bytes.start + self.below(bytes.len());
        let mut text = String::with_capacity(length + 12);
        while text.len() < length {
            for _ in 0..2 + self.below(8) {
                text.push(char::from(b'a' + self.below(26) as u8));
            }
            text.push(' ');
        }
        text
    }
}

impl Workload {
    pub fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let systems: Vec<String> = (0..SYSTEMS).map(|_| random.text(1_000..8_000)).collect();
        let conversation = |_| {
            // The square of a fraction: the first are chosen most.
            let choice = random.below(1000) * random.below(1000) * SYSTEMS / 1_000_000;
            let turns = 3 + random.below(6);
            let turn = |_| (random.text(100..800), random.text(200..1_200));
            Conversation {
                turns: (0..turns).map(turn).collect(),
                system: systems[choice].clone(),
            }
        };
        Self {
            conversations: (0..CONVERSATIONS).map(conversation).collect(),
        }
    }

    /// The share of all prompts that one server with endless memory would have seen before.
    pub fn ideal_hit_rate(&self) -> f64 {
        let (mut seen, mut hits, mut all) = (HashSet::new(), 0, 0);
        for conversation in &self.conversations {
            for turn in 0..conversation.turns.len() {
                let chunks = server::chunks(&conversation.prompt(turn));
                all += chunks.len();
                hits += chunks.iter().filter(|chunk| !seen.insert(**chunk)).count();
            }
        }
        hits as f64 / all as f64
    }
}

impl Conversation {
    /// All that is said before the answer of this turn.
    fn prompt(&self, turn: usize) -> String {
        let said = self.turns[..turn]
            .iter()
            .map(|(question, answer)| format!("{question}{answer}"));
        let said: String = said.collect();
        format!("{}{said}{}", self.system, self.turns[turn].0)
    }

    /// The request of this turn, for a reply in events or in one piece.
    pub fn request(&self, turn: usize, is_streamed: bool) -> String {
        let message =
            |role: &str, content: &str| serde_json::json!({"role": role, "content": content});
        let mut messages = vec![message("system", &self.system)];
        for (question, answer) in &self.turns[..turn] {
            messages.extend([message("user", question), message("assistant", answer)]);
        }
        messages.push(message("user", &self.turns[turn].0));
        let request = serde_json::json!({"model": "m", "messages": messages, "max_tokens": 4, "stream": is_streamed});
        request.to_string()
    }
}
