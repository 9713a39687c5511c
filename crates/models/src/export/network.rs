//! What a network's settings are called in GGUF.

use tensor::files::Value;

use crate::error::Error;
use crate::gguf::KEYS;
use crate::rotary::{Rotary, Served};
use crate::settings::Settings;
use crate::windows::windows;

/// A family that has a form in GGUF.
pub struct Family {
    /// What it is called there.
    pub gguf: &'static str,
    /// Whether heads are stored there so that neighbours turn together.
    pub pairs_are_neighbours: bool,
    /// Whether norms have the one added that their networks add.
    pub norms_have_one: bool,
    /// Which layers see all: every so many; all or none have a window where nothing is said.
    every: Option<usize>,
}

impl Family {
    /// That of models that Hugging Face calls `model_type`.
    pub fn of(model_type: &str) -> Option<Self> {
        let plain = |gguf| Self {
            gguf,
            pairs_are_neighbours: false,
            norms_have_one: false,
            every: None,
        };
        Some(match model_type {
            "llama" | "mistral" => Self {
                pairs_are_neighbours: true,
                ..plain("llama")
            },
            "qwen2" => plain("qwen2"),
            "qwen3" => plain("qwen3"),
            "qwen3_moe" => plain("qwen3moe"),
            "phi3" => plain("phi3"),
            "smollm3" => Self {
                pairs_are_neighbours: true,
                ..plain("smollm3")
            },
            "olmo2" => plain("olmo2"),
            "olmo3" => Self {
                every: Some(4),
                ..plain("olmo2")
            },
            "gemma3" | "gemma3_text" => Self {
                norms_have_one: true,
                every: Some(6),
                ..plain("gemma3")
            },
            _ => return None,
        })
    }
}

/// What is said, and what is said by tensors.
pub struct Words {
    pub metadata: Vec<(String, Value)>,
    pub tensors: Vec<(String, Vec<f32>)>,
}

impl Words {
    /// The settings in GGUF's words.
    pub fn of(family: &Family, settings: &Settings) -> Result<Self, Error> {
        let mut words = Self {
            metadata: Vec::new(),
            tensors: Vec::new(),
        };
        let rope = far_rope(settings)?;
        let mut flat = settings.clone();
        flat.fill_from(&rope, &["rope_theta"]);
        for (theirs, ours) in KEYS {
            let key = format!("{}.{theirs}", family.gguf);
            let is_number = matches!(
                theirs,
                "attention.layer_norm_rms_epsilon" | "final_logit_softcapping" | "rope.freq_base"
            );
            let value = match is_number {
                true => flat
                    .number_if(ours)?
                    .map(|number| Value::F32(number as f32)),
                false => flat.count_if(ours)?.map(|count| Value::U32(count as u32)),
            };
            let is_apart = ["sliding_window", "head_dim"].contains(&ours);
            words
                .metadata
                .extend(value.filter(|_| !is_apart).map(|value| (key, value)));
        }
        let head_dim = settings.head_dim()?;
        for part in ["key_length", "value_length"] {
            words.count(family, &format!("attention.{part}"), head_dim);
        }
        if settings.count_if("num_key_value_heads")?.is_none() {
            let heads = settings.count("num_attention_heads")?;
            words.count(family, "attention.head_count_kv", heads);
        }
        words.windows(family, settings)?;
        words.rope(family, settings, &rope, head_dim)?;
        check_unsaid(family, settings, head_dim)?;
        Ok(words)
    }

    fn count(&mut self, family: &Family, key: &str, count: usize) {
        let key = format!("{}.{key}", family.gguf);
        self.metadata.push((key, Value::U32(count as u32)));
    }

    fn number(&mut self, family: &Family, key: &str, number: f64) {
        let key = format!("{}.{key}", family.gguf);
        self.metadata.push((key, Value::F32(number as f32)));
    }

    fn text(&mut self, family: &Family, key: &str, text: &str) {
        let key = format!("{}.{key}", family.gguf);
        self.metadata.push((key, Value::Text(text.to_owned())));
    }

    /// The window of attention, where the layers that have one are those that files take for granted.
    fn windows(&mut self, family: &Family, settings: &Settings) -> Result<(), Error> {
        let windows = windows(settings)?;
        let has_window: Vec<bool> = (0..settings.layers()?)
            .map(|layer| windows.of(layer).is_some())
            .collect();
        if !has_window.contains(&true) {
            return Ok(());
        }
        let usual = |layer: usize| {
            family
                .every
                .is_none_or(|every| !(layer + 1).is_multiple_of(every))
        };
        if has_window
            .iter()
            .enumerate()
            .any(|(layer, has)| *has != usual(layer))
        {
            return Err(Error::export(
                "other layers have a window than usual".to_owned(),
            ));
        }
        self.count(
            family,
            "attention.sliding_window",
            settings.count("sliding_window")?,
        );
        Ok(())
    }

    /// How positions turn.
    fn rope(
        &mut self,
        family: &Family,
        settings: &Settings,
        rope: &Settings,
        head_dim: usize,
    ) -> Result<(), Error> {
        let share = rope.number_if("partial_rotary_factor")?.unwrap_or(1.0);
        let turned = (head_dim as f64 * share) as usize;
        self.count(family, "rope.dimension_count", turned);
        let kind = rope.word_if("rope_type")?.or(rope.word_if("type")?);
        let key = |key: &str| format!("rope.scaling.{key}");
        let original = "original_max_position_embeddings";
        match kind.unwrap_or("default") {
            "default" => {}
            "linear" => {
                self.text(family, &key("type"), "linear");
                self.number(family, &key("factor"), rope.number("factor")?);
            }
            "yarn" => {
                let factor = rope.number("factor")?;
                let usual = 0.1 * factor.max(1.0).ln() + 1.0;
                let is_usual = |given: f64| (given - usual).abs() < 1e-4;
                let is_whole = rope.flag_if("truncate")?.unwrap_or(true);
                let has_mscale =
                    rope.get("mscale").is_some() || rope.get("mscale_all_dim").is_some();
                if !rope.number_if("attention_factor")?.is_none_or(is_usual)
                    || has_mscale
                    || !is_whole
                {
                    return Err(Error::export(
                        "positions are stretched in an unusual way".to_owned(),
                    ));
                }
                self.text(family, &key("type"), "yarn");
                self.number(family, &key("factor"), factor);
                self.count(
                    family,
                    &key("original_context_length"),
                    rope.count(original)?,
                );
                for name in ["beta_fast", "beta_slow"] {
                    if let Some(beta) = rope.number_if(name)? {
                        self.number(family, &key(&format!("yarn_{name}")), beta);
                    }
                }
            }
            "llama3" => {
                let served = Served(settings.count("max_position_embeddings")?);
                let factors = Rotary::of(rope, settings, head_dim, served)?.factors(rope)?;
                self.tensors.push(("rope_freqs.weight".to_owned(), factors));
            }
            "longrope" | "su" => {
                for (name, ours) in [("short", "short_factor"), ("long", "long_factor")] {
                    let factors = rope.numbers_if(ours)?.unwrap_or_default();
                    let factors = factors.into_iter().map(|factor| factor as f32).collect();
                    self.tensors
                        .push((format!("rope_factors_{name}.weight"), factors));
                }
                let served = Served(settings.count("max_position_embeddings")?);
                let rotary = Rotary::of(rope, settings, head_dim, served)?;
                self.count(
                    family,
                    &key("original_context_length"),
                    rope.count(original)?,
                );
                self.number(family, &key("attn_factor"), rotary.magnitude().into());
            }
            other => {
                let reason = format!("positions are stretched in the way `{other}`");
                return Err(Error::export(reason));
            }
        }
        Ok(())
    }
}

/// How layers that see all turn: each kind named in newer settings, scattered in older.
fn far_rope(settings: &Settings) -> Result<Settings, Error> {
    let stated = settings.inner("rope_parameters")?;
    let stated = stated
        .or(settings.inner("rope_scaling")?)
        .unwrap_or_default();
    let mut rope = stated.inner("full_attention")?.unwrap_or(stated);
    rope.fill_from(
        settings,
        &[
            "rope_theta",
            "partial_rotary_factor",
            "original_max_position_embeddings",
        ],
    );
    Ok(rope)
}

/// Refuses a model that differs in what files of its family do not say.
fn check_unsaid(family: &Family, settings: &Settings, head_dim: usize) -> Result<(), Error> {
    let unusual = |what: &str| {
        Err(Error::export(format!(
            "{what}, which files of `{}` do not say",
            family.gguf
        )))
    };
    let activation = settings
        .word_if("hidden_act")?
        .or(settings.word_if("hidden_activation")?);
    let usual = match family.gguf {
        "gemma3" => "gelu_pytorch_tanh",
        _ => "silu",
    };
    if activation.is_some_and(|activation| activation != usual) {
        return unusual("the activation is an unusual one");
    }
    let layers = settings.layers()?;
    match family.gguf {
        "qwen3moe" => {
            let is_sparse = settings.count_if("decoder_sparse_step")?.unwrap_or(1) == 1;
            let is_even = settings
                .numbers_if("mlp_only_layers")?
                .is_none_or(|list| list.is_empty());
            if !is_sparse || !is_even {
                return unusual("some layers have no experts");
            }
            if !settings.is_on("norm_topk_prob")? {
                return unusual("the shares of experts do not sum to one");
            }
        }
        "gemma3" => {
            let hidden = settings.count("hidden_size")?;
            let heads = settings.count("num_attention_heads")?.max(1);
            let usual = if layers == 62 {
                hidden / heads
            } else {
                head_dim
            };
            let scalar = settings.number_if("query_pre_attn_scalar")?;
            if scalar.is_some_and(|scalar| scalar != usual as f64) {
                return unusual("scores are scaled by another width than that of heads");
            }
            let named = settings.inner("rope_parameters")?.unwrap_or_default();
            let near = named.inner("sliding_attention")?.unwrap_or_default();
            let local = near.number_if("rope_theta")?;
            let local = local.or(settings.number_if("rope_local_base_freq")?);
            if local.is_some_and(|base| base != 1e4) {
                return unusual("layers with a window turn in an unusual way");
            }
        }
        "smollm3" => {
            let turned = settings.numbers_if("no_rope_layers")?.unwrap_or_default();
            let interval = settings.count_if("no_rope_layer_interval")?;
            if turned.is_empty() && interval.is_some_and(|interval| interval != 4) {
                return unusual("other layers than usual know no positions");
            }
            let usual = (1..=layers).map(|layer| f64::from(u8::from(layer % 4 != 0)));
            if !turned.is_empty() && turned != usual.collect::<Vec<f64>>() {
                return unusual("other layers than usual know no positions");
            }
        }
        _ => {}
    }
    Ok(())
}
