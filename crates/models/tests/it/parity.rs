//! Networks compute what the reference implementation does.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use models::{Batch, Cache, LoadOptions, Model};
use tensor::files::{Dtype, Safetensors};
use tensor::{CacheType, Context, Pool, Sequence, WeightType};

/// The largest error of a row over its size in the checkpoint of that name. A tile unit rounds what is
/// multiplied with bfloat16 to eight bits.
pub fn bound(name: &str) -> f32 {
    match name.contains("bf16") && rounds_inputs_of_bfloat16() {
        true => 0.03,
        false => 1e-4,
    }
}

/// Whether products with weights in bfloat16 round their inputs to it.
pub fn rounds_inputs_of_bfloat16() -> bool {
    kernels::Isa::current().rounds_inputs()
}

/// A checkpoint of the reference, what it computes, and ours.
pub struct Case {
    name: &'static str,
    golden: Safetensors,
    model: Model,
    cx: Context,
}

impl Case {
    pub fn load(name: &'static str, options: LoadOptions) -> Self {
        let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        // A GGUF file has the golden outputs of the folder from which it was made.
        let files = match name.ends_with(".gguf") {
            true => fixtures.join("gguf").join(name),
            false => fixtures.join("models").join(name),
        };
        Self::at(name, &files, options)
    }

    /// The checkpoint at `files`, which should compute what the folder `name` does.
    pub fn at(name: &'static str, files: &Path, options: LoadOptions) -> Self {
        let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        let folder = fixtures.join("models").join(name.trim_end_matches(".gguf"));
        let pool = Arc::new(Pool::of_all_cores());
        let model = Model::load(files, options, &pool);
        Self {
            name,
            golden: Safetensors::open(folder.join("golden.safetensors")).expect("golden outputs"),
            model: model.unwrap_or_else(|error| panic!("{name}: {error}")),
            cx: Context::new(pool),
        }
    }

    fn golden(&self, key: &str) -> Vec<f32> {
        self.golden.view(key).expect("a golden output").to_f32()
    }

    fn tokens(&self, key: &str) -> Vec<u32> {
        self.golden(key).iter().map(|token| *token as u32).collect()
    }

    fn cache(&self) -> Cache {
        self.model.cache(8, CacheType::F32)
    }

    /// Runs new tokens of one sequence; the logits after each.
    fn run(&self, cache: &mut Cache, table: &[u32], past: usize, tokens: &[u32]) -> Vec<f32> {
        let wanted: Vec<u32> = (0..tokens.len() as u32).collect();
        let sequence = Sequence {
            table,
            past,
            tokens: tokens.len(),
        };
        let batch = Batch {
            tokens,
            sequences: &[sequence],
            wanted: &wanted,
        };
        self.model
            .forward(&self.cx, &batch, cache)
            .values()
            .to_vec()
    }

    fn assert_near(&self, what: &str, ours: &[f32], exact: &[f32]) {
        assert_eq!(ours.len(), exact.len(), "{}: {what}", self.name);
        let size = exact.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
        let bound = bound(self.name);
        for (at, (ours, exact)) in ours.iter().zip(exact).enumerate() {
            let error = (ours - exact).abs() / size;
            assert!(
                error <= bound,
                "{}: {what} [{at}] is {ours}, not {exact}: off by {error:e}",
                self.name
            );
        }
    }

    /// Every layer, then the logits.
    pub fn layers_and_logits(&self) {
        let seen: Rc<RefCell<Vec<Vec<f32>>>> = Rc::default();
        let sink = Rc::clone(&seen);
        self.cx
            .observe(move |_, x| sink.borrow_mut().push(x.values().to_vec()));
        let logits = self.run(&mut self.cache(), &[3, 1, 2, 0], 0, &self.tokens("tokens"));
        let seen = std::mem::take(&mut *seen.borrow_mut());
        assert!(seen.len() >= 2, "{}: every layer is seen", self.name);
        for (layer, x) in seen.iter().enumerate() {
            self.assert_near(
                &format!("layer {layer}"),
                x,
                &self.golden(&format!("hidden.{layer}")),
            );
        }
        self.assert_near("logits", &logits, &self.golden("logits"));
    }

    /// The prompt in pieces gives the same logits.
    pub fn pieces(&self) {
        let tokens = self.tokens("tokens");
        let exact = self.golden("logits");
        for size in [1, 7, 64] {
            let mut cache = self.cache();
            let mut logits = Vec::new();
            for (piece, tokens) in tokens.chunks(size).enumerate() {
                logits.extend(self.run(&mut cache, &[5, 0], piece * size, tokens));
            }
            self.assert_near(&format!("logits in pieces of {size}"), &logits, &exact);
        }
    }

    /// Two sequences side by side do not see each other.
    pub fn two_in_a_batch(&self) {
        let tokens = self.tokens("tokens");
        let vocab = self.model.config().vocab;
        let exact = self.golden("logits");
        let mut cache = self.cache();
        let half = tokens.len() / 2;
        // The first half of the one, then the second half of the one beside all of the other.
        self.run(&mut cache, &[0], 0, &tokens[..half]);
        let both: Vec<u32> = tokens[half..].iter().chain(&tokens).copied().collect();
        let wanted: Vec<u32> = (0..both.len() as u32).rev().collect();
        let sequences = [
            Sequence {
                table: &[0],
                past: half,
                tokens: tokens.len() - half,
            },
            Sequence {
                table: &[7],
                past: 0,
                tokens: tokens.len(),
            },
        ];
        let batch = Batch {
            tokens: &both,
            sequences: &sequences,
            wanted: &wanted,
        };
        let logits = self.model.forward(&self.cx, &batch, &mut cache);
        let rows: Vec<f32> = logits
            .values()
            .chunks(vocab)
            .rev()
            .flatten()
            .copied()
            .collect();
        let expected = [&exact[half * vocab..], &exact].concat();
        self.assert_near("logits of two sequences", &rows, &expected);
    }

    /// Greedy decoding chooses the same tokens.
    pub fn greedy(&self) {
        let mut cache = self.cache();
        let prompt = self.tokens("tokens");
        let expected = self.tokens("greedy");
        let (mut past, mut next, mut made) = (0, prompt, Vec::new());
        while made.len() < expected.len() {
            let logits = self.run(&mut cache, &[0, 1, 2, 3], past, &next);
            let last = &logits[logits.len() - self.model.config().vocab..];
            let best = (0..last.len())
                .max_by(|a, b| last[*a].total_cmp(&last[*b]))
                .expect("a vocabulary");
            past += next.len();
            next = vec![best as u32];
            made.push(best as u32);
        }
        assert_eq!(made, expected, "{}", self.name);
    }

    /// All of it.
    pub fn check(name: &'static str, options: LoadOptions) {
        let case = Self::load(name, options);
        case.layers_and_logits();
        case.cx.observe(|_, _| ());
        case.pieces();
        case.two_in_a_batch();
        // Among nearly equal logits rounding chooses: that is no parity to be had.
        if bound(name) <= 1e-4 {
            case.greedy();
        }
    }
}

#[test]
fn layers_that_sum_up_the_past_say_so() {
    let case = Case::load("qwen3.5", LoadOptions::default());
    assert!(!case.model.config().shares_prefixes);
    let mut cache = case.cache();
    let before = cache.bytes();
    case.run(&mut cache, &[2], 0, &case.tokens("tokens"));
    assert_eq!(cache.bytes() - before, case.model.sequence_bytes());
    cache.forget(2);
    assert_eq!(cache.bytes(), before);
    let attending = Case::load("qwen3", LoadOptions::default());
    assert!(attending.model.config().shares_prefixes);
    assert_eq!(attending.model.sequence_bytes(), 0);
}

/// A test for each checkpoint.
macro_rules! agrees_with_the_reference {
    ($($test:ident: $name:literal $(with $options:expr)?),* $(,)?) => {
        $(
            #[test]
            fn $test() {
                Case::check($name, [$($options,)? LoadOptions::default()][0]);
            }
        )*
    };
}

/// Matrices in full precision, whatever the checkpoint has.
const FULL: LoadOptions = LoadOptions {
    weights: WeightType::As(Dtype::F32),
    context_length: None,
};

/// Served for no more than what its prompt and answer take.
const SHORT: LoadOptions = LoadOptions {
    weights: WeightType::Stored,
    context_length: Some(128),
};

agrees_with_the_reference! {
    gemma3_as_gguf: "gemma3.gguf",
    gpt_oss_as_gguf: "gpt-oss.gguf" with FULL,
    llama_as_gguf: "llama.gguf",
    qwen3_as_gguf: "qwen3.gguf",
    qwen3_with_experts_as_gguf: "qwen3-moe.gguf",
    llama: "llama",
    llama_in_bfloat16: "llama-bf16",
    llama_of_several_files_with_biases: "llama-mha-bias-sharded",
    llama_with_one_key_head_and_tied_embeddings: "llama-tied-mqa",
    llama_with_a_dynamic_base: "llama-rope-dynamic",
    llama_with_linear_scaling: "llama-rope-linear",
    llama_with_yarn: "llama-rope-yarn",
    gemma3: "gemma3",
    gemma3_inside_a_model_that_sees: "gemma3-nested-softcap",
    gemma4_with_experts_inside_a_model_that_sees: "gemma4-moe-nested",
    gemma4_with_shared_keys_and_embeddings_for_each_layer: "gemma4",
    olmo2: "olmo2",
    olmo3_with_windows_and_yarn: "olmo3",
    mistral_with_a_window: "mistral-window",
    phi3_beyond_its_first_context: "phi3-longrope-long",
    phi3_with_a_window: "phi3-window",
    phi3_within_its_first_context: "phi3-longrope-short" with SHORT,
    qwen2: "qwen2",
    qwen2_with_a_window_in_later_layers: "qwen2-window",
    qwen3: "qwen3",
    qwen3_with_experts: "qwen3-moe",
    qwen3_with_four_experts_for_each_token_in_some_layers: "qwen3-moe-top4-mixed",
    qwen3_with_one_expert_for_each_token: "qwen3-moe-top1-raw",
    qwen3_with_yarn_and_a_head_of_its_own: "qwen3-yarn-untied",
    qwen3_5: "qwen3.5",
    qwen3_5_with_experts_inside_a_model_that_sees: "qwen3.5-moe-nested",
    smollm3: "smollm3",
    gpt_oss: "gpt-oss" with FULL,
    gpt_oss_with_experts_in_floats: "gpt-oss-float-top4",
}
