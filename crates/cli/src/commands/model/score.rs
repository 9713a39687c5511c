//! `freehold model score`: how probable a model finds each token of a text.

use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use models::{LoadOptions, Special, Tokenizer};
use serde_json::{Value, json};
use tensor::files::Dtype;
use tensor::{CacheType, WeightType};

use super::measure::{Scored, measure};
use crate::args::model::{ModelScore, Pass};
use crate::console::{Console, Progress, paint};
use crate::failure::{Exit, Failure};
use library::{CACHE, Opened};
use library::{Library, Located};

/// The longest text that is read, in bytes.
const TEXT_BYTES_MAX: u64 = 64 << 20;

/// Scores tokens or a text.
pub fn run(
    args: &ModelScore,
    library: &Library,
    stop: &AtomicBool,
    console: &mut Console,
) -> anyhow::Result<Exit> {
    let located = library.locate(&args.model)?;
    let text = match &args.text_file {
        Some(file) => Some(text_of(file)?),
        None => None,
    };
    let opened = Opened::at(&located.path)?;
    let tokenizer = match &text {
        Some(_) => Some(Tokenizer::open(&located.path)?),
        None => Tokenizer::open(&located.path).ok(),
    };
    let tokens = match (&text, &tokenizer) {
        (Some(text), Some(tokenizer)) => tokenizer.encode_framed(text, Special::AsText),
        _ => args.tokens.clone(),
    };
    check_tokens(&tokens, opened.outline.vocab, text.is_some())?;
    let own = opened.outline.context_length;
    let context = args
        .context
        .map_or(own, |context| context as usize)
        .min(own);
    let passes = [
        (Pass::F32, WeightType::As(Dtype::F32), CacheType::F32),
        (Pass::Served, args.weights.0, CACHE),
    ];
    let mut scores = Vec::new();
    for (pass, weights, cache) in passes {
        if args.only.is_none_or(|only| only == pass) {
            let how = How {
                pass,
                weights,
                cache,
                context,
            };
            scores.push(how.score(&opened, &tokens, stop, console)?);
        }
    }
    let page = Page {
        located: &located,
        tokens: &tokens,
        tokenizer: tokenizer.as_ref(),
        scores: &scores,
    };
    match console.is_json() {
        true => console.print_json(&page.json())?,
        false => console.print(&page.text())?,
    }
    Ok(Exit::Done)
}

/// One way to compute scores.
struct How {
    pass: Pass,
    weights: WeightType,
    cache: CacheType,
    /// Tokens looked at together at most.
    context: usize,
}

/// The scores of one way.
struct Scores {
    pass: Pass,
    /// The format of most bytes, as held.
    weights: String,
    cache: CacheType,
    scored: Scored,
}

impl How {
    fn score(
        &self,
        opened: &Opened,
        tokens: &[u32],
        stop: &AtomicBool,
        console: &Console,
    ) -> anyhow::Result<Scores> {
        let &Self {
            pass,
            weights,
            cache,
            context,
        } = self;
        let held = context.min(tokens.len());
        opened
            .check_memory(weights, (held, cache))
            .map_err(|failure| match pass {
                Pass::F32 => failure.hint("`--only served` leaves out the pass in f32"),
                Pass::Served => failure,
            })?;
        let name = match pass {
            Pass::F32 => "scoring in f32",
            Pass::Served => "scoring as served",
        };
        let mut progress = Progress::of_tokens(console, name, tokens.len() as u64);
        let pool = library::pool();
        let options = LoadOptions {
            weights,
            ..LoadOptions::default()
        };
        let model = opened.load(options, &pool)?;
        let scored = measure(&model, pool, (tokens, context), cache, &mut |tokens| {
            progress.add(tokens as u64);
            !stop.load(std::sync::atomic::Ordering::Relaxed)
        });
        let Some(scored) = scored else {
            return Err(Failure::fault("stopped", "stopped before all tokens were scored").into());
        };
        let first = model.config().weight_types.first();
        Ok(Scores {
            pass,
            weights: first.map_or_else(String::new, |(name, _)| name.clone()),
            cache,
            scored,
        })
    }
}

/// The text in `file`, or on standard input.
fn text_of(file: &Path) -> Result<String, Failure> {
    let is_input = file == Path::new("-");
    let mut bytes = Vec::new();
    let read = match is_input {
        true => std::io::stdin()
            .take(TEXT_BYTES_MAX + 1)
            .read_to_end(&mut bytes),
        false => std::fs::File::open(file)
            .and_then(|file| file.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let what = format!("there is no file `{}`", file.display());
            Failure::refused("no_such_file", what)
        }
        _ => Failure::unreadable(file, &error),
    })?;
    let name = match is_input {
        true => "standard input".to_owned(),
        false => format!("`{}`", file.display()),
    };
    if bytes.len() as u64 > TEXT_BYTES_MAX {
        let what = format!("{name} holds more than `{}` MiB", TEXT_BYTES_MAX >> 20);
        return Err(Failure::refused("text_too_long", what).hint("score a part of it"));
    }
    String::from_utf8(bytes).map_err(|error| not_utf8(&name, error.utf8_error().valid_up_to()))
}

/// That what was read is no text.
pub fn not_utf8(name: &str, at: usize) -> Failure {
    let what = format!("{name} is not UTF-8: byte `{at}` belongs to no character");
    Failure::refused("not_utf8", what)
        .hint("`iconv -f LATIN1 -t UTF-8` converts texts of western Europe")
}

fn check_tokens(tokens: &[u32], vocab: usize, is_text: bool) -> Result<(), Failure> {
    if tokens.len() < 2 {
        let what = match (is_text, tokens.len()) {
            (true, 0) => "the text is empty",
            (true, _) => "the text has a single token",
            (false, _) => "there is a single token",
        };
        return Err(Failure::refused("nothing_to_score", what)
            .hint("a token is scored by what stands before it, so two are the fewest"));
    }
    let Some(token) = tokens.iter().find(|token| **token as usize >= vocab) else {
        return Ok(());
    };
    let what = format!(
        "token `{token}` is beyond the vocabulary, which ends at `{}`",
        vocab.max(1) - 1
    );
    let hint = match is_text {
        true => "the tokenizer is not the one that came with these weights",
        false => "`freehold model show` tells how many tokens there are",
    };
    Err(Failure::refused("no_such_token", what).hint(hint))
}

/// What is printed.
struct Page<'a> {
    located: &'a Located,
    tokens: &'a [u32],
    tokenizer: Option<&'a Tokenizer>,
    scores: &'a [Scores],
}

impl Page<'_> {
    fn word(&self, token: u32) -> Option<String> {
        let bytes = self.tokenizer?.token_bytes(token);
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    fn text(&self) -> String {
        let names = self.scores.iter().map(|scores| match scores.pass {
            Pass::F32 => "f32",
            Pass::Served => "served",
        });
        let names: Vec<String> = names.map(|name| format!("{name:>10}")).collect();
        let heads = format!("{:>7} {:>7} {}  text", "place", "token", names.join(" "));
        let mut text = format!("{}\n", paint::styled(paint::STRONG, heads.trim_end()));
        for (at, token) in self.tokens.iter().enumerate() {
            let scores = self
                .scores
                .iter()
                .map(|scores| match scores.scored.logprobs[at] {
                    Some(logprob) => format!("{logprob:10.4}"),
                    None => format!("{:>10}", "-"),
                });
            let scores: Vec<String> = scores.collect();
            let word = self
                .word(*token)
                .map_or_else(String::new, |word| format!("{word:?}"));
            let line = format!("{at:7} {token:7} {}  {word}", scores.join(" "));
            text += &format!("{}\n", line.trim_end());
        }
        for scores in self.scores {
            let (name, how) = scores.words();
            let count = scores.scored.count();
            text += &format!(
                "perplexity {name}: {} over {count} tokens{how}\n",
                paint::styled(
                    paint::STRONG,
                    format_args!("{:.4}", scores.scored.perplexity())
                ),
            );
        }
        text
    }

    fn json(&self) -> Value {
        let tokens = self.tokens.iter().enumerate().map(|(at, token)| {
            let mut value = json!({ "id": token, "text": self.word(*token) });
            for scores in self.scores {
                value[scores.key("logprob")] = json!(scores.scored.logprobs[at]);
            }
            value
        });
        let mut value = json!({
            "model": self.located.name,
            "tokens": tokens.collect::<Vec<Value>>(),
        });
        for scores in self.scores {
            value[scores.key("perplexity")] = json!(scores.scored.perplexity());
            value["scored"] = json!(scores.scored.count());
            if scores.pass == Pass::Served {
                let cache = format!("{:?}", scores.cache).to_uppercase();
                value["served"] = json!({ "weights": scores.weights, "cache": cache });
            }
        }
        value
    }
}

impl Scores {
    fn key(&self, key: &str) -> String {
        match self.pass {
            Pass::F32 => key.to_owned(),
            Pass::Served => format!("{key}_served"),
        }
    }

    /// What it is called, and how it was computed.
    fn words(&self) -> (&'static str, String) {
        match self.pass {
            Pass::F32 => ("in f32", String::new()),
            Pass::Served => {
                let cache = format!("{:?}", self.cache).to_uppercase();
                (
                    "as served",
                    format!(" (weights {}, cache {cache})", self.weights),
                )
            }
        }
    }
}
