//! A network without weights: its logits are a function of the tokens that it finds in the pages of a
//! sequence, so that any page that is wrong changes the answer.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::sampling::{Sampler, Sampling, Scratch};
use engine::{
    Error, Event, Events, Finished, Handle, Network, Networks, Options, Reason, Request,
    Vocabulary, Word,
};
use models::Batch;

/// Tokens in a page.
pub const PAGE: usize = 64;
/// This token breaks the network.
pub const POISON: u32 = 299;
/// This token ends a text.
pub const END: u32 = 0;

/// What the toy network is like.
#[derive(Clone)]
pub struct Toy {
    pub vocab: usize,
    pub context: usize,
    pub pages: usize,
    /// Tokens computed so far, those of repeated attempts included.
    pub computed: Arc<AtomicUsize>,
    /// Other weights: a network that often agrees but not always.
    pub accent: u64,
    /// How long a step takes at least.
    pub pace: Duration,
    /// How many of the last tokens mostly decide.
    pub order: usize,
    /// Whether it sums its past up, as recurrent layers do, instead of reading it from pages.
    pub is_recurrent: bool,
}

impl Toy {
    pub fn new(pages: usize) -> Self {
        Self {
            vocab: 300,
            context: 4096,
            pages,
            computed: Arc::default(),
            accent: 0,
            pace: Duration::ZERO,
            order: 2,
            is_recurrent: false,
        }
    }

    pub fn start(&self, options: Options) -> Handle {
        self.start_with(options, None, vocabulary())
    }

    pub fn start_with(
        &self,
        options: Options,
        draft: Option<Toy>,
        vocabulary: Vocabulary,
    ) -> Handle {
        let toy = self.clone();
        let make = move || {
            Ok::<_, Error>(Networks {
                network: Box::new(toy.network()),
                draft: draft.map(|draft| Box::new(draft.network()) as Box<dyn Network>),
            })
        };
        Handle::start(options, vocabulary, make).unwrap()
    }

    fn network(self) -> Paged {
        Paged {
            slots: vec![[None; PAGE]; self.pages],
            sums: HashMap::new(),
            toy: self,
        }
    }

    /// The logits after a text: mostly its last tokens decide, a little all of them.
    fn logits(&self, text: &[u32]) -> impl Iterator<Item = f32> + use<> {
        let end = &text[text.len().saturating_sub(self.order)..];
        let near = end
            .iter()
            .fold(7_u64, |hash, token| mix(hash ^ u64::from(*token)));
        let far = text.iter().fold(
            11 + self.accent,
            |hash, token| mix(hash ^ u64::from(*token)),
        );
        (0..self.vocab as u64).map(move |token| {
            let ending = if token == u64::from(END) { -3.0 } else { 0.0 };
            let near = unit(mix(near ^ (token << 20)));
            30.0 * near.powi(4) + 0.5 * unit(mix(far ^ (token << 20))) + ending
        })
    }

    /// What the engine must answer: one token after the other, the whole text each time.
    pub fn expected(&self, request: &Request, choice: u32) -> Vec<u32> {
        let mut sampler = Sampler::new(
            request.sampling.clone(),
            request.seed,
            choice,
            request.prompt.len(),
        );
        let mut text = request.prompt.clone();
        let most = request.max_tokens.unwrap_or(usize::MAX);
        while text.len() - request.prompt.len() < most {
            let mut logits: Vec<f32> = self.logits(&text).collect();
            logits[257..].fill(f32::NEG_INFINITY);
            let token = sampler
                .sample(&mut logits, &text, &mut Scratch::default())
                .unwrap();
            text.push(token);
            if token == END {
                break;
            }
        }
        text.split_off(request.prompt.len())
    }
}

struct Paged {
    toy: Toy,
    slots: Vec<[Option<u32>; PAGE]>,
    /// By first page, the text summed up.
    sums: HashMap<u32, Vec<u32>>,
}

impl Network for Paged {
    fn vocab(&self) -> usize {
        self.toy.vocab
    }

    fn context_length(&self) -> usize {
        self.toy.context
    }

    fn pages(&self) -> usize {
        self.toy.pages
    }

    fn forward(&mut self, batch: &Batch<'_>, logits: &mut Vec<f32>) {
        assert!(!batch.tokens.contains(&POISON), "poisoned");
        std::thread::sleep(self.toy.pace);
        self.toy
            .computed
            .fetch_add(batch.tokens.len(), Ordering::Relaxed);
        let mut start = 0;
        for sequence in batch.sequences {
            for (at, token) in (sequence.past..).zip(&batch.tokens[start..start + sequence.tokens])
            {
                self.slots[sequence.table[at / PAGE] as usize][at % PAGE] = Some(*token);
            }
            if self.toy.is_recurrent {
                let sum = self.sums.entry(sequence.table[0]).or_default();
                sum.truncate(if sequence.past == 0 { 0 } else { sum.len() });
                assert_eq!(
                    sum.len(),
                    sequence.past,
                    "a summed up text goes on where it ends"
                );
                sum.extend(&batch.tokens[start..start + sequence.tokens]);
            }
            start += sequence.tokens;
        }
        for wanted in batch.wanted {
            let mut at = *wanted as usize;
            let of = batch.sequences.iter().find(|sequence| {
                let is_here = at < sequence.tokens;
                at -= if is_here { 0 } else { sequence.tokens };
                is_here
            });
            let sequence = of.expect("a wanted token is of a sequence");
            let text: Vec<u32> = (0..=sequence.past + at)
                .map(|at| {
                    self.slots[sequence.table[at / PAGE] as usize][at % PAGE]
                        .expect("a past that was computed")
                })
                .collect();
            let sum = self.sums.get(&sequence.table[0]);
            assert!(
                sum.is_none_or(|sum| sum.starts_with(&text)),
                "another's past"
            );
            logits.extend(self.toy.logits(&text));
        }
    }

    fn keeps_pages_only(&self) -> bool {
        !self.toy.is_recurrent
    }

    fn forget(&mut self, first_page: u32) {
        self.sums.remove(&first_page);
    }

    fn copy_page(&mut self, from: u32, to: u32) {
        self.slots[to as usize] = self.slots[from as usize];
    }
}

fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn unit(bits: u64) -> f32 {
    (bits >> 40) as f32 / (1 << 24) as f32
}

/// An end, and the 256 bytes.
pub fn vocabulary() -> Vocabulary {
    let mut words = vec![Word::Control("<|end|>".into())];
    words.extend((0..=255_u8).map(|byte| Word::Text(vec![byte])));
    Vocabulary::new(words, vec![END])
}

/// Tokens by turns, none of them the end.
pub fn prompt(seed: u64, length: usize) -> Vec<u32> {
    (0..length as u64)
        .map(|at| 20 + (mix(seed << 32 ^ at) % 200) as u32)
        .collect()
}

pub fn request(seed: u64, prompt_length: usize, max_tokens: usize) -> Request {
    Request {
        prompt: prompt(seed, prompt_length),
        seed,
        max_tokens: Some(max_tokens),
        ..Request::default()
    }
}

/// Several kinds of sampling, by number.
pub fn sampling(number: u64) -> Sampling {
    let mut sampling = Sampling {
        temperature: 0.8,
        ..Sampling::default()
    };
    match number % 5 {
        0 => sampling.temperature = 0.0,
        1 => sampling.top_k = 5,
        2 => (sampling.top_p, sampling.presence_penalty) = (0.9, 0.5),
        3 => (sampling.mirostat, sampling.repetition_penalty) = (Some(Default::default()), 1.2),
        _ => (sampling.min_p, sampling.dry) = (0.1, Some(Default::default())),
    }
    sampling
}

/// The tokens of the first choice, and its end.
pub fn read(events: &Events) -> (Vec<u32>, Finished) {
    let mut tokens = Vec::new();
    for event in events {
        match event {
            Event::Token(token) if token.choice == 0 => tokens.push(token.token),
            Event::Finished(finished) if finished.choice == 0 => return (tokens, finished),
            _ => {}
        }
    }
    panic!("the events ended without an end");
}

/// All text of the first choice, and why it ended.
pub fn text(events: &Events) -> (String, Reason) {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Token(token) if token.choice == 0 => text += &token.text,
            Event::Finished(finished) if finished.choice == 0 => {
                return (text + &finished.text, finished.reason);
            }
            _ => {}
        }
    }
    panic!("the events ended without an end");
}

/// Waits until nothing runs.
pub fn until_idle(handle: &Handle) {
    for _ in 0..10_000 {
        let status = handle.status();
        if status.running + status.waiting == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("still at work: {:?}", handle.status());
}
