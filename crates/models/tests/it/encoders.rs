//! Models that embed and score texts compute what the reference implementation does.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use models::{Batch, Encoder, LoadOptions, Model, Pooling, Text};
use tensor::files::Safetensors;
use tensor::{CacheType, Context, Pool, Sequence};

struct Case {
    name: &'static str,
    golden: Safetensors,
    encoder: Encoder,
    cx: Context,
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/models")
        .join(name)
}

impl Case {
    fn load(name: &'static str) -> Self {
        let pool = Arc::new(Pool::of_all_cores());
        let encoder = Encoder::load(&folder(name), LoadOptions::default(), &pool);
        let golden = Safetensors::open(folder(name).join("golden.safetensors"));
        Self {
            name,
            golden: golden.expect("golden outputs"),
            encoder: encoder.unwrap_or_else(|error| panic!("{name}: {error}")),
            cx: Context::new(pool),
        }
    }

    fn golden(&self, key: &str) -> Vec<f32> {
        self.golden.view(key).expect("a golden output").to_f32()
    }

    fn ids(&self, key: &str) -> Vec<u32> {
        self.golden(key).iter().map(|id| *id as u32).collect()
    }

    fn assert_near(&self, what: &str, ours: &[f32], exact: &[f32]) {
        assert_eq!(ours.len(), exact.len(), "{}: {what}", self.name);
        let size = exact.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
        let bound = crate::parity::bound(self.name);
        for (at, (ours, exact)) in ours.iter().zip(exact).enumerate() {
            let error = (ours - exact).abs() / size;
            let name = self.name;
            assert!(error <= bound, "{name}: {what} [{at}] {ours} {exact}");
        }
    }

    /// The text of the fixture between two others.
    fn among_others(&self, run: impl Fn(&[Text<'_>])) {
        let (tokens, segments) = (self.ids("tokens"), self.segments());
        let text = Text {
            tokens: &tokens,
            segments: segments.as_deref(),
        };
        let other = Text {
            tokens: &tokens[3..20],
            segments: None,
        };
        run(&[other, text, other]);
    }

    fn segments(&self) -> Option<Vec<u32>> {
        self.golden
            .view("token_types")
            .ok()
            .map(|_| self.ids("token_types"))
    }

    /// Every layer, then the states.
    fn layers_and_states(&self) {
        let seen: Rc<RefCell<Vec<Vec<f32>>>> = Rc::default();
        let sink = Rc::clone(&seen);
        self.cx
            .observe(move |_, x| sink.borrow_mut().push(x.values().to_vec()));
        let (tokens, segments) = (self.ids("tokens"), self.segments());
        let text = Text {
            tokens: &tokens,
            segments: segments.as_deref(),
        };
        let states = self.encoder.states(&self.cx, &[text]);
        self.cx.observe(|_, _| ());
        assert!(
            seen.borrow().len() >= 2,
            "{}: every layer is seen",
            self.name
        );
        for (layer, x) in seen.borrow().iter().enumerate() {
            self.assert_near("a layer", x, &self.golden(&format!("hidden.{layer}")));
        }
        if self.golden.view("states").is_ok() {
            self.assert_near("states", states.values(), &self.golden("states"));
        }
    }

    fn embeds(name: &'static str, pooling: Pooling) {
        let case = Self::load(name);
        assert_eq!(
            (case.encoder.pooling(), case.encoder.width()),
            (pooling, 32)
        );
        case.layers_and_states();
        let exact = case.golden("pooled");
        case.among_others(|texts| {
            let vectors = case.encoder.embed(&case.cx, texts);
            case.assert_near("the vector", vectors.row(1), &exact);
            assert_eq!(vectors.row(0), vectors.row(2), "one text, one vector");
            assert!(case.encoder.score(&case.cx, texts).is_none());
        });
    }

    fn scores(name: &'static str) {
        let case = Self::load(name);
        assert_eq!(case.encoder.labels(), 1);
        case.layers_and_states();
        let exact = case.golden("score");
        case.among_others(|texts| {
            let scores = case
                .encoder
                .score(&case.cx, texts)
                .expect("a head for scores");
            case.assert_near("the score", scores.row(1), &exact);
        });
    }
}

#[test]
fn bert_embeds_by_the_mean() {
    Case::embeds("bert-mean", Pooling::Mean);
}

#[test]
fn bert_embeds_by_the_first_token() {
    Case::embeds("bert-cls-bf16", Pooling::First);
}

#[test]
fn bert_scores_a_passage() {
    Case::scores("bert-reranker");
}

#[test]
fn nomic_bert_embeds() {
    Case::embeds("nomic-bert", Pooling::Mean);
}

#[test]
fn modern_bert_embeds() {
    Case::embeds("modernbert-cls", Pooling::First);
}

#[test]
fn modern_bert_scores_a_passage() {
    Case::scores("modernbert-reranker");
}

#[test]
fn qwen3_embeds_by_the_last_token() {
    Case::embeds("qwen3-embedding", Pooling::Last);
}

#[test]
fn qwen3_scores_a_passage_by_how_much_likelier_yes_is_than_no() {
    let case = Case::load("qwen3-reranker");
    let model = Model::load(&folder(case.name), LoadOptions::default(), case.cx.pool()).unwrap();
    let tokens = case.ids("tokens");
    let sequence = Sequence {
        table: &[0],
        past: 0,
        tokens: tokens.len(),
    };
    let batch = Batch {
        tokens: &tokens,
        sequences: &[sequence],
        wanted: &[tokens.len() as u32 - 1],
    };
    let mut cache = model.cache(1, CacheType::F32);
    let logits = model.forward(&case.cx, &batch, &mut cache);
    let [no, yes] = case.ids("no_yes")[..] else {
        panic!("two answers");
    };
    let [no, yes] = [no, yes].map(|id| logits.values()[id as usize]);
    let share = 1.0 / (1.0 + (no - yes).exp());
    case.assert_near("the score", &[share], &case.golden("score"));
}
