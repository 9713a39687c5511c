//! Real networks, tiny and random: what the reference implementation chooses, the engine chooses.

use std::path::PathBuf;
use std::sync::Arc;

use engine::{
    Error, Handle, Local, LocalOptions, Networks, Options, Reason, Request, Speculation,
    Vocabulary, Word,
};
use models::{LoadOptions, Model};
use tensor::files::Safetensors;
use tensor::{CacheType, Pool};

use crate::toy::{read, sampling};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/models")
        .join(name)
}

/// Tokens without letters: the golden texts are of tokens alone.
fn vocabulary(model: &Model) -> Vocabulary {
    let words = (0..model.config().vocab).map(|token| Word::Text(vec![token as u8]));
    Vocabulary::new(words.collect(), Vec::new())
}

fn start(name: &str, pages: usize, draft: Option<&str>, options: Options) -> Handle {
    let pool = Arc::new(Pool::of_all_cores());
    let load =
        |name: &str| Arc::new(Model::load(&folder(name), LoadOptions::default(), &pool).unwrap());
    let (model, draft) = (load(name), draft.map(load));
    let words = vocabulary(&model);
    let sequences = options.running_max;
    let make = move || {
        let local = |model: Arc<Model>| {
            let page = model.page_bytes(CacheType::F32);
            let cache_bytes = pages * page + sequences * model.sequence_bytes();
            let options = LocalOptions {
                cache_bytes,
                cache_type: CacheType::F32,
                sequences,
            };
            Local::new(model, options, Arc::clone(&pool))
        };
        Ok::<_, Error>(Networks {
            network: Box::new(local(model)?),
            draft: match draft {
                Some(draft) => Some(Box::new(local(draft)?)),
                None => None,
            },
        })
    };
    Handle::start(options, words, make).unwrap()
}

fn golden(name: &str, key: &str) -> Vec<u32> {
    let golden = Safetensors::open(folder(name).join("golden.safetensors")).unwrap();
    let tokens = golden.view(key).unwrap().to_f32();
    tokens.into_iter().map(|token| token as u32).collect()
}

#[test]
fn every_kind_of_network_answers_as_the_reference_does() {
    for name in [
        "llama",
        "qwen3",
        "mistral-window",
        "gemma3",
        "olmo3",
        "gpt-oss-float-top4",
        "qwen3-moe",
        "qwen3.5",
    ] {
        let (prompt, expected) = (golden(name, "tokens"), golden(name, "greedy"));
        let request = Request {
            prompt,
            sampling: engine::sampling::Sampling::greedy(),
            max_tokens: Some(expected.len()),
            ..Request::default()
        };
        let handle = start(
            name,
            64,
            None,
            Options {
                step_tokens: 20,
                ..Options::default()
            },
        );
        let several: Vec<_> = (0..3)
            .map(|_| handle.submit(request.clone()).unwrap())
            .collect();
        for events in &several {
            let (tokens, finished) = read(events);
            assert_eq!(finished.reason, Reason::Length, "{name}");
            assert_eq!(tokens, expected, "{name}");
        }
    }
}

#[test]
fn one_at_a_time_or_eight_with_and_without_guesses_the_answers_are_the_same() {
    for name in ["qwen3", "qwen3.5"] {
        let prompt = golden(name, "tokens");
        let request = |seed: u64| Request {
            prompt: [&prompt[..1 + seed as usize % prompt.len()], &prompt[..]].concat(),
            sampling: sampling(seed),
            seed,
            max_tokens: Some(40),
            ..Request::default()
        };
        let run = |handle: Handle| {
            let events: Vec<_> = (0..8)
                .map(|seed| handle.submit(request(seed)).unwrap())
                .collect();
            events
                .iter()
                .map(|events| read(events).0)
                .collect::<Vec<_>>()
        };
        let plain = Options {
            speculation: None,
            ..Options::default()
        };
        let alone = run(start(
            name,
            64,
            None,
            Options {
                running_max: 1,
                ..plain.clone()
            },
        ));
        assert_eq!(
            run(start(name, 64, None, plain.clone())),
            alone,
            "{name}: together"
        );
        assert_eq!(
            run(start(name, 5, None, plain.clone())),
            alone,
            "{name}: in little memory"
        );
        let speculation = Some(Speculation {
            drafts_max: 4,
            lookup: 1,
        });
        let guessing = Options {
            speculation,
            ..plain
        };
        assert_eq!(
            run(start(name, 64, None, guessing.clone())),
            alone,
            "{name}: with look-up"
        );
        assert_eq!(
            run(start(name, 64, Some("qwen3"), guessing)),
            alone,
            "{name}: with a draft"
        );
    }
}

#[test]
fn a_cache_that_holds_nothing_is_refused() {
    let pool = Arc::new(Pool::of_all_cores());
    let model = Arc::new(Model::load(&folder("qwen3"), LoadOptions::default(), &pool).unwrap());
    let options = LocalOptions {
        cache_bytes: 100,
        cache_type: CacheType::F32,
        sequences: 4,
    };
    let refused = Local::new(model, options, pool).err().unwrap();
    assert_eq!(refused.code(), "not_enough_memory");
}
