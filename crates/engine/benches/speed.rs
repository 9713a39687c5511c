//! `cargo bench -p engine`: what choosing a token, keeping to a grammar and dealing out
//! steps cost, as Markdown.

use std::collections::BTreeSet;
use std::time::Instant;

use engine::constrain::{Constraint, Grammars};
use engine::sampling::{Dry, Mirostat, Sampler, Sampling, Scratch, logprobs};
use engine::{Error, Handle, Network, Networks, Options, Request, Vocabulary, Word};
use models::Batch;

/// Tokens of Qwen3's vocabulary.
const VOCABULARY: usize = 151_936;
/// Choices measured for each setting.
const CHOICES: usize = 200;

fn main() {
    sampling();
    masks();
    steps();
}

/// Logits as networks give them: a bell with a few tokens far above it.
fn logits(count: usize) -> Vec<f32> {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(11);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let bell: Vec<f32> = (0..count)
        .map(|_| (0..6).map(|_| next()).sum::<f32>() * 4.0 - 12.0)
        .collect();
    let head = (0..12).map(|rank| (rank * 7919 % count, 16.0 - rank as f32));
    let mut logits = bell;
    for (token, logit) in head {
        logits[token] = logit;
    }
    logits
}

fn sampling() {
    let logits = logits(VOCABULARY);
    let history: Vec<u32> = (0..4096).map(|at| at * 37 % 1000).collect();
    println!("| sampling, {VOCABULARY} tokens | µs a token |\n|---|---|");
    let mut scratch = Scratch::default();
    let mut copy = logits.clone();
    for (name, options) in settings() {
        let mut sampler = Sampler::new(options, 1, 0, 1000);
        let mut spent = 0.0;
        for turn in 0..CHOICES {
            copy.copy_from_slice(&logits);
            let history = &history[..history.len() - turn % 2];
            let begun = Instant::now();
            let token = sampler.sample(&mut copy, history, &mut scratch);
            spent += begun.elapsed().as_secs_f64();
            assert!(token.is_some());
        }
        println!("| {name} | {:.0} |", spent / CHOICES as f64 * 1e6);
    }
    let begun = Instant::now();
    for _ in 0..CHOICES {
        assert!(logprobs(&logits, 0, 20, &mut scratch).chosen < 0.0);
    }
    let spent = begun.elapsed().as_secs_f64();
    println!("| 20 logprobs | {:.0} |", spent / CHOICES as f64 * 1e6);
}

fn settings() -> [(&'static str, Sampling); 9] {
    let all = Sampling::default();
    let with = |change: fn(&mut Sampling)| {
        let mut options = all.clone();
        change(&mut options);
        options
    };
    [
        ("greedy", Sampling::greedy()),
        ("temperature 0.7", with(|it| it.temperature = 0.7)),
        (
            "top-k 20, top-p 0.8, temperature 0.7",
            with(|it| (it.top_k, it.top_p, it.temperature) = (20, 0.8, 0.7)),
        ),
        (
            "top-k 40, top-p 0.95, min-p 0.05",
            with(|it| (it.top_k, it.top_p, it.min_p) = (40, 0.95, 0.05)),
        ),
        ("top-p 0.95", with(|it| it.top_p = 0.95)),
        ("min-p 0.05", with(|it| it.min_p = 0.05)),
        ("typical 0.9", with(|it| it.typical_p = 0.9)),
        (
            "mirostat",
            with(|it| it.mirostat = Some(Mirostat::default())),
        ),
        (
            "top-k 20, top-p 0.8, penalties, DRY over 4,096 tokens",
            with(|it| {
                (it.top_k, it.top_p) = (20, 0.8);
                (it.repetition_penalty, it.presence_penalty) = (1.1, 0.5);
                it.dry = Some(Dry::default());
            }),
        ),
    ]
}

/// As many words as Qwen3 has, made of syllables, figures and marks as byte-pair merges are.
fn vocabulary() -> Vocabulary {
    let syllables = [
        "th", "er", "in", "st", "al", "on", "re", "an", "ti", "or", "en", "le", "o", "a", "qu",
    ];
    let marks = [
        "\"", "\":", "\",", "{\"", "}}", "},", "],", "[", "  ", "\n", "\n\n", ".", ", ", "()", "//",
    ];
    let mut words: BTreeSet<Vec<u8>> = (0..=255_u8).map(|byte| vec![byte]).collect();
    words.extend(marks.map(|mark| mark.as_bytes().to_vec()));
    words.extend((0..1000).map(|number| number.to_string().into_bytes()));
    let mut state = 9_u64;
    while words.len() < VOCABULARY - 1 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(11);
        let mut word = if state >> 63 == 1 {
            " ".to_owned()
        } else {
            String::new()
        };
        for at in 0..1 + (state >> 33) % 4 {
            word += syllables[(state >> (36 + 4 * at)) as usize % syllables.len()];
        }
        if (state >> 60) & 7 == 0 {
            word += marks[(state >> 40) as usize % marks.len()];
        }
        words.insert(word.into_bytes());
    }
    let mut words: Vec<Word> = words.into_iter().map(Word::Text).collect();
    words.push(Word::Control("<|im_end|>".into()));
    Vocabulary::new(words, vec![VOCABULARY as u32 - 1])
}

fn masks() {
    let vocabulary = vocabulary();
    let begun = Instant::now();
    let grammars = Grammars::new(&vocabulary).expect("a vocabulary with an end");
    println!(
        "\nGrammars for {VOCABULARY} tokens are ready after {:.0} ms.\n",
        begun.elapsed().as_secs_f64() * 1e3
    );
    let person = r#"{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},
        "tags":{"type":"array","items":{"type":"string","maxLength":20}},"born":{"type":"string","format":"date"},
        "kind":{"enum":["person","company","unknown"]}},"required":["name","age","tags","born","kind"],"additionalProperties":false}"#;
    let constraints = [
        (
            "schema of a person",
            Constraint::JsonSchema(person.to_owned()),
        ),
        ("any JSON object", Constraint::JsonObject),
        (
            "regular expression",
            Constraint::Regex(r"([a-z]+ ){3,40}[a-z]+\.".to_owned()),
        ),
        (
            "GBNF of arithmetic",
            Constraint::Gbnf(
                "root ::= term ([-+*/] term)*\nterm ::= [0-9]+ | \"(\" root \")\"".to_owned(),
            ),
        ),
    ];
    println!("| masks, {VOCABULARY} tokens | compile ms | mean µs | worst µs |\n|---|---|---|---|");
    for (name, constraint) in constraints {
        let begun = Instant::now();
        let fresh = grammars
            .guide(&constraint)
            .expect("a constraint that can be met");
        let compiled = begun.elapsed().as_secs_f64() * 1e3;
        let (mut times, mut logits) = (Vec::new(), vec![0.0_f32; VOCABULARY]);
        let mut state = 3_u64;
        while times.len() < 600 {
            let mut guide = fresh.clone();
            for _ in 0..60 {
                logits.fill(0.0);
                let begun = Instant::now();
                guide
                    .mask(&mut logits)
                    .expect("a grammar that can be followed");
                let masked = begun.elapsed();
                let allowed: Vec<u32> = (0..VOCABULARY as u32)
                    .filter(|token| logits[*token as usize] == 0.0)
                    .collect();
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(11);
                let token = allowed[(state >> 33) as usize % allowed.len()];
                let begun = Instant::now();
                guide.accept(token).expect("an allowed token");
                times.push((masked + begun.elapsed()).as_secs_f64() * 1e6);
                if guide.is_complete() {
                    break;
                }
            }
        }
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        let worst = times.iter().copied().fold(0.0, f64::max);
        println!("| {name} | {compiled:.1} | {mean:.0} | {worst:.0} |");
    }
}

/// A network that costs nothing but the copy of its logits.
struct Free(Vec<f32>);

impl Network for Free {
    fn vocab(&self) -> usize {
        VOCABULARY
    }

    fn context_length(&self) -> usize {
        40_960
    }

    fn pages(&self) -> usize {
        4096
    }

    fn forward(&mut self, batch: &Batch<'_>, logits: &mut Vec<f32>) {
        for _ in batch.wanted {
            logits.extend_from_slice(&self.0);
        }
    }

    fn copy_page(&mut self, _from: u32, _to: u32) {}
}

/// What a step costs besides the network, with prompts of 4,000 tokens behind it.
fn steps() {
    println!("\n| sequences | µs a step besides the network | µs a token |\n|---|---|---|");
    for count in [1, 8, 16] {
        let words = (0..VOCABULARY).map(|token| Word::Text(vec![b'a' + (token % 26) as u8]));
        let vocabulary = Vocabulary::new(words.collect(), Vec::new());
        let make = || {
            Ok::<_, Error>(Networks {
                network: Box::new(Free(logits(VOCABULARY))),
                draft: None,
            })
        };
        let options = Options {
            speculation: None,
            ..Options::default()
        };
        let handle = Handle::start(options, vocabulary, make).expect("an engine");
        let request = |seed: u64| Request {
            prompt: (0..4000)
                .map(|at| (seed * 5000 + at) as u32 % 100_000)
                .collect(),
            sampling: Sampling {
                top_k: 20,
                top_p: 0.8,
                temperature: 0.7,
                ..Sampling::default()
            },
            seed,
            max_tokens: Some(400),
            ..Request::default()
        };
        let events: Vec<_> = (0..count)
            .map(|seed| handle.submit(request(seed)).expect("room to wait"))
            .collect();
        // All have begun when the last has its first token.
        for events in &events {
            events.recv();
        }
        let (begun, before) = (Instant::now(), handle.status());
        for events in &events {
            events.for_each(drop);
        }
        let after = handle.status();
        let spent = begun.elapsed().as_secs_f64() * 1e6;
        let steps = (after.steps - before.steps).max(1) as f64;
        let tokens = (after.generated - before.generated).max(1) as f64;
        println!("| {count} | {:.0} | {:.0} |", spent / steps, spent / tokens);
    }
}
