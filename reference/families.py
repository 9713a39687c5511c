"""The fixtures: one small configuration for each family and each oddity that a published checkpoint has.

Configurations are written as the published `config.json` files are, old spellings included
(`rope_theta` beside `rope_scaling`, or `rope_parameters`), because that is what a loader meets.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fixture:
    """One folder under `fixtures/models`.

    `shows` changes the configuration back to what is usual: the same weights must then give other
    outputs, or the fixture would not notice a loader that overlooks the setting. `built` is the
    configuration as `transformers` wants it where that is not the published spelling, and `rename` gives
    the tensors their published names where saving does not.
    """

    name: str
    config: dict
    shows: dict = field(default_factory=dict)
    prompt: int = 28
    dtype: str = "float32"
    shard: str | None = None
    head: str = "causal"
    built: dict | None = None
    rename: dict[str, str] = field(default_factory=dict)
    mxfp4: bool = False


def decoder(model_type: str, architecture: str, **changes) -> dict:
    """What most decoders share: 2 layers, 4 heads of 16 over 2 pairs of keys and values, hidden 32."""
    return {
        "architectures": [architecture],
        "model_type": model_type,
        "vocab_size": 160,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
    } | changes


def without(config: dict, *keys: str) -> dict:
    return {key: value for key, value in config.items() if key not in keys}


def llama(**changes):
    return decoder("llama", "LlamaForCausalLM", **changes)


LLAMA3_ROPE = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
YARN_ROPE = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
PLAIN = {"rope_scaling": None}

LLAMA = [
    Fixture("llama", llama(rope_theta=500000.0, rope_scaling=LLAMA3_ROPE), shows=PLAIN),
    Fixture("llama-tied-mqa", llama(tie_word_embeddings=True, num_key_value_heads=1)),
    # Old checkpoints leave head_dim and num_key_value_heads out.
    Fixture(
        "llama-mha-bias-sharded",
        without(llama(num_attention_heads=2, attention_bias=True, mlp_bias=True), "head_dim", "num_key_value_heads"),
        shard="40KB",
    ),
    Fixture("llama-rope-linear", llama(rope_scaling={"type": "linear", "factor": 4.0}), shows=PLAIN),
    # Dynamic scaling leaves the rotation alone up to max_position_embeddings. Beyond, `transformers`
    # rotates by the length of each pass, so its answer depends on how the prompt was cut.
    Fixture("llama-rope-dynamic", llama(rope_scaling={"type": "dynamic", "factor": 2.0})),
    Fixture("llama-rope-yarn", llama(rope_scaling=YARN_ROPE), shows=PLAIN),
    Fixture("llama-bf16", llama(torch_dtype="bfloat16"), dtype="bfloat16"),
]

MISTRAL = [
    Fixture(
        "mistral-window",
        decoder("mistral", "MistralForCausalLM", sliding_window=8),
        shows={"sliding_window": None},
        prompt=30,
    ),
]

QWEN2 = [
    Fixture(
        "qwen2",
        without(
            decoder(
                "qwen2",
                "Qwen2ForCausalLM",
                num_attention_heads=2,
                num_key_value_heads=1,
                rope_theta=1000000.0,
                tie_word_embeddings=True,
                use_sliding_window=False,
                sliding_window=8,
                max_window_layers=1,
            ),
            "head_dim",
        ),
        shows={"use_sliding_window": True},
    ),
    Fixture(
        "qwen2-window",
        without(
            decoder(
                "qwen2",
                "Qwen2ForCausalLM",
                num_attention_heads=2,
                use_sliding_window=True,
                sliding_window=8,
                max_window_layers=1,
            ),
            "head_dim",
        ),
        shows={"use_sliding_window": False},
    ),
]


def qwen3(**changes):
    return decoder("qwen3", "Qwen3ForCausalLM", rms_norm_eps=1e-6, **({"rope_theta": 1000000.0} | changes))


QWEN3 = [
    Fixture("qwen3", qwen3(attention_bias=False, tie_word_embeddings=True)),
    # The published way to a longer context, in the new spelling.
    Fixture(
        "qwen3-yarn-untied",
        without(qwen3(rope_parameters=YARN_ROPE | {"rope_theta": 1000000.0}), "rope_theta"),
        shows={"rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}},
    ),
]


def qwen3_moe(**changes):
    usual = {
        "rms_norm_eps": 1e-6,
        "moe_intermediate_size": 16,
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "norm_topk_prob": True,
        "decoder_sparse_step": 1,
        "mlp_only_layers": [],
    }
    return decoder("qwen3_moe", "Qwen3MoeForCausalLM", **(usual | changes))


QWEN3_MOE = [
    Fixture("qwen3-moe", qwen3_moe(), shows={"norm_topk_prob": False}),
    Fixture(
        "qwen3-moe-top1-raw",
        qwen3_moe(num_experts_per_tok=1, norm_topk_prob=False),
        shows={"norm_topk_prob": True},
    ),
    # Layer 0 dense by the step, layer 1 sparse, layer 2 dense by the list.
    Fixture(
        "qwen3-moe-top4-mixed",
        qwen3_moe(
            num_hidden_layers=4,
            num_experts=6,
            num_experts_per_tok=4,
            decoder_sparse_step=2,
            mlp_only_layers=[3],
            num_attention_heads=2,
            num_key_value_heads=1,
        ),
        shows={"num_experts_per_tok": 3},
    ),
]


def gemma3(**changes):
    usual = {
        "num_hidden_layers": 3,
        "rms_norm_eps": 1e-6,
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": 24,
        "sliding_window": 8,
        "sliding_window_pattern": 3,
        "rope_theta": 1000000.0,
        "rope_local_base_freq": 10000.0,
        "attn_logit_softcapping": None,
        "final_logit_softcapping": None,
        "tie_word_embeddings": True,
        "pad_token_id": 0,
    }
    return without(decoder("gemma3_text", "Gemma3ForCausalLM", **(usual | changes)), "hidden_act")


def nested(config: dict, model_type: str, architecture: str) -> dict:
    """A text model as it lies inside a checkpoint that also sees pictures."""
    return {
        "architectures": [architecture],
        "model_type": model_type,
        "tie_word_embeddings": config["tie_word_embeddings"],
        "text_config": without(config, "architectures"),
        "vision_config": {},
    }


GEMMA3_LONG = gemma3(rope_scaling={"rope_type": "linear", "factor": 8.0}, final_logit_softcapping=8.0)

GEMMA3 = [
    # GGUF has no field for the pattern or the scale of queries, so its twin has the usual ones.
    Fixture(
        "gemma3",
        gemma3(
            num_hidden_layers=6,
            sliding_window_pattern=6,
            query_pre_attn_scalar=16,
            num_attention_heads=2,
            num_key_value_heads=1,
            intermediate_size=32,
        ),
        shows={"sliding_window": 9},
    ),
    # The larger Gemma 3: stretched global rotation, and inside a model for pictures.
    Fixture(
        "gemma3-nested-softcap",
        nested(GEMMA3_LONG, "gemma3", "Gemma3ForConditionalGeneration"),
        built=GEMMA3_LONG,
        shows={"final_logit_softcapping": None},
        rename={"model.": "language_model.model."},
    ),
]


def gemma4(**changes):
    usual = {
        "num_hidden_layers": 4,
        "rms_norm_eps": 1e-6,
        "hidden_activation": "gelu_pytorch_tanh",
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "global_head_dim": 32,
        "num_global_key_value_heads": None,
        "sliding_window": 8,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "rope_parameters": {
            "full_attention": {"partial_rotary_factor": 0.25, "rope_theta": 1000000.0, "rope_type": "proportional"},
            "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"},
        },
        "final_logit_softcapping": 30.0,
        "attention_k_eq_v": False,
        "enable_moe_block": False,
        "num_experts": None,
        "top_k_experts": None,
        "moe_intermediate_size": None,
        "hidden_size_per_layer_input": 0,
        "vocab_size_per_layer_input": 160,
        "num_kv_shared_layers": 0,
        "use_double_wide_mlp": False,
        "use_bidirectional_attention": None,
        "tie_word_embeddings": True,
        "pad_token_id": 0,
    }
    return without(decoder("gemma4_text", "Gemma4ForCausalLM", **(usual | changes)), "hidden_act", "rope_theta")


GEMMA4_MOE = gemma4(
    num_hidden_layers=2,
    layer_types=["sliding_attention", "full_attention"],
    num_key_value_heads=2,
    attention_k_eq_v=True,
    num_global_key_value_heads=1,
    enable_moe_block=True,
    num_experts=4,
    top_k_experts=2,
    moe_intermediate_size=16,
)

GEMMA4 = [
    # The small ones: embeddings for each layer, and later layers that use the keys of earlier ones.
    Fixture(
        "gemma4",
        gemma4(
            hidden_size_per_layer_input=16,
            num_kv_shared_layers=2,
            use_double_wide_mlp=True,
            intermediate_size=32,
        ),
        shows={"sliding_window": 9},
    ),
    # The larger ones: experts beside the dense layer, values taken from keys, inside a model for pictures.
    Fixture(
        "gemma4-moe-nested",
        nested(GEMMA4_MOE, "gemma4", "Gemma4ForConditionalGeneration"),
        built=GEMMA4_MOE,
        shows={"top_k_experts": 1},
        rename={"model.": "model.language_model."},
    ),
]

GPT_OSS_YARN = {
    "rope_type": "yarn",
    "factor": 4.0,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
    "truncate": False,
    "original_max_position_embeddings": 64,
}


def gpt_oss(**changes):
    usual = {
        "attention_bias": True,
        "layer_types": ["sliding_attention", "full_attention"],
        "sliding_window": 8,
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "intermediate_size": 32,
        "rope_theta": 150000.0,
        "rope_scaling": GPT_OSS_YARN,
        "swiglu_limit": 2.0,
    }
    return decoder("gpt_oss", "GptOssForCausalLM", **(usual | changes))


GPT_OSS = [
    # As published: bfloat16 but for the experts, which are MXFP4 in blocks of 32.
    Fixture(
        "gpt-oss",
        gpt_oss(
            hidden_size=64,
            swiglu_limit=7.0,
            torch_dtype="bfloat16",
            quantization_config={
                "quant_method": "mxfp4",
                "modules_to_not_convert": [
                    "model.layers.*.self_attn",
                    "model.layers.*.mlp.router",
                    "model.embed_tokens",
                    "lm_head",
                ],
            },
        ),
        dtype="bfloat16",
        mxfp4=True,
    ),
    # Experts left in float, top 4, and the clamp of the gate at work.
    Fixture("gpt-oss-float-top4", gpt_oss(num_experts_per_tok=4), shows={"swiglu_limit": 7.0}),
]


def olmo(model_type, architecture, **changes):
    return without(decoder(model_type, architecture, **({"num_attention_heads": 2} | changes)), "head_dim")


OLMO = [
    Fixture("olmo2", olmo("olmo2", "Olmo2ForCausalLM", num_key_value_heads=2, rope_theta=500000.0)),
    # Long context: YaRN on the global layers alone.
    Fixture(
        "olmo3",
        olmo(
            "olmo3",
            "Olmo3ForCausalLM",
            num_hidden_layers=3,
            num_key_value_heads=1,
            sliding_window=8,
            layer_types=["sliding_attention", "sliding_attention", "full_attention"],
            rope_theta=500000.0,
            rope_scaling=YARN_ROPE | {"attention_factor": 1.2079441541679836, "beta_fast": 32.0, "beta_slow": 1.0},
        ),
        shows=PLAIN,
    ),
]

SMOLLM3 = [
    Fixture(
        "smollm3",
        without(
            decoder(
                "smollm3",
                "SmolLM3ForCausalLM",
                num_attention_heads=2,
                num_key_value_heads=1,
                num_hidden_layers=3,
                no_rope_layers=[1, 0, 1],
                no_rope_layer_interval=4,
                rope_theta=5000000.0,
                tie_word_embeddings=True,
                pad_token_id=0,
            ),
            "head_dim",
        ),
        shows={"no_rope_layers": [1, 1, 1]},
    ),
]


def phi3(original: int, **changes):
    """Phi-4-mini: the factors number half of the rotated part, here 12 of 16."""
    longrope = {
        "type": "longrope",
        "short_factor": [1.0, 1.1, 1.25, 1.5, 1.75, 2.0],
        "long_factor": [1.0, 1.5, 2.5, 4.0, 6.0, 9.0],
    }
    usual = {
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "partial_rotary_factor": 0.75,
        "original_max_position_embeddings": original,
        "rope_scaling": longrope,
        "sliding_window": 262144,
        "tie_word_embeddings": True,
        "pad_token_id": 0,
    }
    return without(decoder("phi3", "Phi3ForCausalLM", **(usual | changes)), "head_dim")


def stretch(original: int, name: str, factors: list) -> dict:
    """The same rotation with one list of factors changed."""
    return {"rope_scaling": phi3(original)["rope_scaling"] | {name: factors}}


PHI3 = [
    # Prompt and answer stay within the original context: short factors throughout.
    Fixture("phi3-longrope-short", phi3(128), shows=stretch(128, "short_factor", [1.0] * 6)),
    # The prompt is beyond the original context from the start: long factors throughout.
    Fixture("phi3-longrope-long", phi3(16), shows=stretch(16, "long_factor", [1.0] * 6)),
    Fixture("phi3-window", without(phi3(256, sliding_window=8), "rope_scaling"), shows={"sliding_window": 9}),
]


def qwen3_5(model_type="qwen3_5_text", architecture="Qwen3_5ForCausalLM", **changes):
    usual = {
        "rms_norm_eps": 1e-6,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "linear_conv_kernel_dim": 4,
        "linear_key_head_dim": 16,
        "linear_value_head_dim": 16,
        "linear_num_key_heads": 1,
        "linear_num_value_heads": 2,
        "full_attention_interval": 2,
        "layer_types": ["linear_attention", "full_attention"],
        "rope_parameters": {
            "mrope_interleaved": True,
            "mrope_section": [11, 11, 10],
            "partial_rotary_factor": 0.25,
            "rope_theta": 10000000,
            "rope_type": "default",
        },
    }
    return without(decoder(model_type, architecture, **(usual | changes)), "rope_theta")


QWEN3_5_MOE = without(
    qwen3_5(
        "qwen3_5_moe_text",
        "Qwen3_5MoeForCausalLM",
        linear_value_head_dim=32,
        linear_num_value_heads=1,
        moe_intermediate_size=16,
        shared_expert_intermediate_size=32,
        num_experts=4,
        num_experts_per_tok=2,
    ),
    "intermediate_size",
)

QWEN3_5 = [
    Fixture(
        "qwen3.5",
        qwen3_5(
            num_hidden_layers=3,
            layer_types=["linear_attention", "linear_attention", "full_attention"],
            tie_word_embeddings=True,
        ),
    ),
    # As published, inside a model for pictures; value heads wider than key heads.
    Fixture(
        "qwen3.5-moe-nested",
        nested(QWEN3_5_MOE, "qwen3_5_moe", "Qwen3_5MoeForConditionalGeneration"),
        built=QWEN3_5_MOE,
        shows={"num_experts_per_tok": 1},
        rename={"model.": "model.language_model."},
    ),
]


def bert(architecture, **changes):
    usual = {
        "architectures": [architecture],
        "model_type": "bert",
        "vocab_size": 160,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "hidden_act": "gelu",
        "max_position_embeddings": 64,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "position_embedding_type": "absolute",
        "pad_token_id": 0,
    }
    return usual | changes


# The published spelling of Nomic's encoder is GPT-2's; its gate is `fc12` and what is gated is `fc11`.
NOMIC_PUBLISHED = {
    "architectures": ["NomicBertModel"],
    "model_type": "nomic_bert",
    "activation_function": "swiglu",
    "vocab_size": 160,
    "n_embd": 32,
    "n_head": 2,
    "n_inner": 48,
    "n_layer": 2,
    "n_positions": 64,
    "layer_norm_epsilon": 1e-12,
    "mlp_fc1_bias": False,
    "mlp_fc2_bias": False,
    "qkv_proj_bias": False,
    "prenorm": False,
    "rotary_emb_base": 1000,
    "rotary_emb_fraction": 1.0,
    "rotary_emb_interleaved": False,
    "rotary_emb_scale_base": None,
    "type_vocab_size": 2,
    "use_rms_norm": False,
    "pad_token_id": 0,
}
NOMIC = without(bert("NomicBertModel", model_type="nomic_bert", hidden_act="silu"), "position_embedding_type") | {
    "rope_parameters": {"rope_type": "default", "rope_theta": 1000.0}
}


def modernbert(architecture, **changes):
    usual = {
        "architectures": [architecture],
        "model_type": "modernbert",
        "vocab_size": 160,
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "hidden_activation": "gelu",
        "max_position_embeddings": 64,
        "norm_eps": 1e-5,
        "norm_bias": False,
        "attention_bias": False,
        "mlp_bias": False,
        "global_attn_every_n_layers": 3,
        "local_attention": 8,
        "global_rope_theta": 160000.0,
        "local_rope_theta": 10000.0,
        "classifier_pooling": "mean",
        "classifier_activation": "gelu",
        "classifier_bias": False,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "cls_token_id": 1,
        "eos_token_id": 2,
        "sep_token_id": 2,
    }
    return usual | changes


ONE_LABEL = {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}

ENCODERS = [
    Fixture("bert-mean", bert("BertModel"), head="mean"),
    Fixture("bert-cls-bf16", bert("BertModel", torch_dtype="bfloat16"), head="cls", dtype="bfloat16"),
    Fixture("bert-reranker", bert("BertForSequenceClassification", **ONE_LABEL), head="score"),
    Fixture("nomic-bert", NOMIC_PUBLISHED, built=NOMIC, head="mean"),
    Fixture(
        "modernbert-cls",
        modernbert("ModernBertModel"),
        head="cls",
        shows={"local_attention": 10},
    ),
    Fixture("modernbert-reranker", modernbert("ModernBertForSequenceClassification", **ONE_LABEL), head="score"),
    # Published without the prefix `model.` that the generating model has.
    Fixture("qwen3-embedding", qwen3(tie_word_embeddings=True), head="lasttoken"),
    Fixture("qwen3-reranker", qwen3(tie_word_embeddings=True), head="yes_no"),
]

FIXTURES = LLAMA + MISTRAL + QWEN2 + QWEN3 + QWEN3_MOE + GEMMA3 + GEMMA4 + GPT_OSS + OLMO + SMOLLM3 + PHI3 + QWEN3_5 + ENCODERS
