//! The network from a checkpoint.

use serde_json::{Map, json};
use tensor::Parameter;

use super::attention::LayerAttention;
use super::{Gemma4, Kind, Layer, Mixture, PerLayer, Told};
use crate::batch::Memory;
use crate::error::Error;
use crate::experts::{Choice, ExpertSizes, Experts};
use crate::feed_forward::{FeedForward, Gate};
use crate::loader::Loader;
use crate::rotary::Rotary;
use crate::self_attention::Heads;
use crate::settings::Settings;

impl Gemma4 {
    /// Reads the network from a checkpoint.
    pub fn load(loader: &Loader<'_>) -> Result<Self, Error> {
        let settings = &loader.settings;
        let (hidden, vocab) = (
            settings.count("hidden_size")?,
            settings.count("vocab_size")?,
        );
        let plan = Plan::read(settings)?;
        let layers = (0..plan.kinds.len()).map(|number| Layer::load(loader, &plan, number));
        Ok(Self {
            embedding: loader.weight("model.embed_tokens.weight", vocab, hidden)?,
            per_layer: match plan.told {
                0 => None,
                width => Some(PerLayer::load(loader, &plan, (hidden, width))?),
            },
            layers: layers.collect::<Result<_, _>>()?,
            norm: loader.parameter("model.norm.weight", &[hidden])?,
            rotary: [
                plan.rotary(loader, Kind::Near)?,
                plan.rotary(loader, Kind::All)?,
            ],
            soft_cap: settings
                .number_if("final_logit_softcapping")?
                .map(|cap| cap as f32),
            hidden,
            eps: settings.number("rms_norm_eps")? as f32,
        })
    }

    /// What its layers will keep of past tokens, before it is loaded.
    pub fn memory_by(settings: &Settings) -> Result<Vec<Memory>, Error> {
        let plan = Plan::read(settings)?;
        let makers = plan.kinds.iter().take(plan.makers);
        Ok(makers
            .map(|kind| plan.heads[*kind as usize].memory())
            .collect())
    }
}

/// What the settings say of the layers.
pub(super) struct Plan {
    pub kinds: Vec<Kind>,
    /// Heads by kind.
    pub heads: [Heads; 2],
    /// Layers that make their keys.
    pub makers: usize,
    pub window: usize,
    /// P, none when layers are told nothing.
    told: usize,
}

impl Plan {
    fn read(settings: &Settings) -> Result<Self, Error> {
        let layers = settings.layers()?;
        let kinds = match settings.words_if("layer_types")? {
            Some(kinds) => kinds.iter().map(|kind| *kind == "full_attention").collect(),
            None => (1..=layers)
                .map(|layer| layer % 6 == 0 || layer == layers)
                .collect(),
        };
        let kinds: Vec<bool> = kinds;
        let kinds = kinds
            .into_iter()
            .map(|sees_all| if sees_all { Kind::All } else { Kind::Near });
        let kinds: Vec<Kind> = kinds.collect();
        let shared = settings.count_if("num_kv_shared_layers")?.unwrap_or(0);
        let makers = layers.saturating_sub(shared);
        let is_made = |kind| kinds.iter().take(makers).any(|made| made == kind);
        if kinds.len() != layers || !kinds.iter().all(is_made) {
            let flaw = format!("`{shared}` of {layers} layers read keys that no layer makes");
            return Err(Error::Config(flaw));
        }
        let near = Heads::read(settings)?;
        let keys = match settings.is_on("attention_k_eq_v")? {
            true => settings.count_if("num_global_key_value_heads")?,
            false => None,
        };
        let all = Heads {
            width: settings.count_if("global_head_dim")?.unwrap_or(512),
            keys: keys.unwrap_or(near.keys),
            ..near
        };
        Ok(Self {
            kinds,
            heads: [near, all.checked()?],
            makers,
            window: settings.count("sliding_window")?,
            told: settings
                .count_if("hidden_size_per_layer_input")?
                .unwrap_or(256),
        })
    }

    fn rotary(&self, loader: &Loader<'_>, kind: Kind) -> Result<Rotary, Error> {
        let (name, usual) = match kind {
            Kind::Near => ("sliding_attention", json!({"rope_theta": 1e4})),
            Kind::All => (
                "full_attention",
                json!({"rope_type": "proportional", "partial_rotary_factor": 0.25, "rope_theta": 1e6}),
            ),
        };
        let named = loader
            .settings
            .inner("rope_parameters")?
            .unwrap_or_default();
        let usual = Settings::new(Map::from_iter(
            usual
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.clone(), value.clone())),
        ));
        let rope = named.inner(name)?.unwrap_or(usual);
        loader.rotary_of(&rope, self.heads[kind as usize].width)
    }
}

impl PerLayer {
    fn load(
        loader: &Loader<'_>,
        plan: &Plan,
        (hidden, width): (usize, usize),
    ) -> Result<Self, Error> {
        let settings = &loader.settings;
        let vocab = match settings.count_if("vocab_size_per_layer_input")? {
            Some(vocab) => vocab,
            None => settings.count("vocab_size")?,
        };
        let all = plan.kinds.len() * width;
        let embedding = "model.embed_tokens_per_layer.weight";
        Ok(Self {
            embedding: loader.weight(embedding, vocab, all)?,
            projection: loader.linear("model.per_layer_model_projection", all, hidden)?,
            norm: loader.parameter("model.per_layer_projection_norm.weight", &[width])?,
            width,
        })
    }
}

impl Layer {
    fn load(loader: &Loader<'_>, plan: &Plan, number: usize) -> Result<Self, Error> {
        let settings = &loader.settings;
        let layer = format!("model.layers.{number}");
        let hidden = plan.heads[0].hidden;
        let norm = |name: &str| loader.parameter(&format!("{layer}.{name}.weight"), &[hidden]);
        let is_wide = settings.is_on("use_double_wide_mlp")? && number >= plan.makers;
        let inner = settings.count("intermediate_size")? * if is_wide { 2 } else { 1 };
        let told = match plan.told {
            0 => None,
            width => Some(Told {
                gate: loader.linear(&format!("{layer}.per_layer_input_gate"), width, hidden)?,
                projection: loader.linear(
                    &format!("{layer}.per_layer_projection"),
                    hidden,
                    width,
                )?,
                norm: norm("post_per_layer_input_norm")?,
            }),
        };
        let factor = format!("{layer}.layer_scalar");
        Ok(Self {
            kind: plan.kinds[number],
            attention_norm: norm("input_layernorm")?,
            attention: LayerAttention::load(loader, plan, number)?,
            attention_out_norm: norm("post_attention_layernorm")?,
            mlp_norm: norm("pre_feedforward_layernorm")?,
            mlp: FeedForward::load(
                loader,
                &format!("{layer}.mlp"),
                (hidden, inner),
                Gate::GeluTanh,
            )?,
            mixture: match settings.is_on("enable_moe_block")? {
                true => Some(Mixture::load(loader, &layer, hidden)?),
                false => None,
            },
            mlp_out_norm: norm("post_feedforward_layernorm")?,
            told,
            factor: match loader.has(&factor) {
                true => loader.parameter(&factor, &[1])?.values()[0],
                false => 1.0,
            },
        })
    }
}

impl Mixture {
    fn load(loader: &Loader<'_>, layer: &str, hidden: usize) -> Result<Self, Error> {
        let settings = &loader.settings;
        let norm = |name: &str| loader.parameter(&format!("{layer}.{name}.weight"), &[hidden]);
        let sizes = ExpertSizes {
            count: settings.count("num_experts")?,
            hidden,
            inner: settings.count("moe_intermediate_size")?,
        };
        let root = 1.0 / (hidden as f32).sqrt();
        let scales = loader.parameter(&format!("{layer}.router.scale"), &[hidden])?;
        let scales: Vec<f32> = scales.values().iter().map(|scale| scale * root).collect();
        let expert_scales = format!("{layer}.router.per_expert_scale");
        Ok(Self {
            dense_norm: norm("post_feedforward_layernorm_1")?,
            router_norm: Parameter::new(scales, [hidden]),
            router: loader.linear(&format!("{layer}.router.proj"), sizes.count, hidden)?,
            expert_scales: loader.parameter(&expert_scales, &[sizes.count])?,
            choice: Choice {
                top: settings.count("top_k_experts")?,
                is_normalised: true,
            },
            experts_norm: norm("pre_feedforward_layernorm_2")?,
            experts: Experts::load(loader, layer, sizes, Gate::GeluTanh)?,
            experts_out_norm: norm("post_feedforward_layernorm_2")?,
        })
    }
}
