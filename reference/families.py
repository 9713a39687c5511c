"""The fixtures: one small configuration for each family and each oddity that a published checkpoint has.

Configurations are written as the published `config.json` files are, old spellings included
(`rope_theta` beside `rope_scaling`, or `rope_parameters`), because that is what a loader meets.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fixture:
    """One folder under `fixtures/models`.

    `shows` changes the configuration back to what is usual: the same weights must then give other
    outputs, or the fixture would not notice a loader that overlooks the setting.
    """

    name: str
    config: dict
    shows: dict = field(default_factory=dict)
    prompt: int = 28
    dtype: str = "float32"
    shard: str | None = None
    head: str = "causal"


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

LLAMA = [
    Fixture("llama", llama(rope_theta=500000.0, rope_scaling=LLAMA3_ROPE), shows={"rope_scaling": None}),
    Fixture("llama-tied-mqa", llama(tie_word_embeddings=True, num_key_value_heads=1)),
    # Old checkpoints leave head_dim and num_key_value_heads out.
    Fixture(
        "llama-mha-bias-sharded",
        {
            key: value
            for key, value in llama(num_attention_heads=2, attention_bias=True, mlp_bias=True).items()
            if key not in ("head_dim", "num_key_value_heads")
        },
        shard="40KB",
    ),
    Fixture("llama-rope-linear", llama(rope_scaling={"type": "linear", "factor": 4.0}), shows={"rope_scaling": None}),
    # Dynamic scaling leaves the rotation alone up to max_position_embeddings. Beyond, `transformers`
    # rotates by the length of each pass, so its answer depends on how the prompt was cut.
    Fixture("llama-rope-dynamic", llama(rope_scaling={"type": "dynamic", "factor": 2.0})),
    Fixture("llama-rope-yarn", llama(rope_scaling=YARN_ROPE), shows={"rope_scaling": None}),
    Fixture("llama-bf16", llama(torch_dtype="bfloat16"), dtype="bfloat16"),
]


def qwen3(**changes):
    return decoder("qwen3", "Qwen3ForCausalLM", rms_norm_eps=1e-6, rope_theta=1000000.0, **changes)


QWEN3 = [
    Fixture("qwen3", qwen3(attention_bias=False, tie_word_embeddings=True)),
    # The published way to a longer context, in the new spelling.
    Fixture(
        "qwen3-yarn-untied",
        {
            key: value
            for key, value in qwen3(rope_parameters=YARN_ROPE | {"rope_theta": 1000000.0}).items()
            if key != "rope_theta"
        },
        shows={"rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}},
    ),
]

FIXTURES = LLAMA + QWEN3
