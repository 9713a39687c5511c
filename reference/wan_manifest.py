"""Makes `fixtures/wan-checkpoints.json`: names and shapes of the tensors of the published checkpoints.

    python reference/wan_manifest.py

The networks are built by `diffusers` and `transformers` from the published configurations, without memory for their
weights. `blocks.*30.x` stands for `blocks.0.x` to `blocks.29.x`.
"""

import json
import platform
import re

import diffusers
import torch
import transformers
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from manifest import FIXTURES, record
from transformers import UMT5Config, UMT5EncoderModel

TEXT = {
    "model_type": "umt5",
    "d_model": 4096,
    "d_ff": 10240,
    "d_kv": 64,
    "num_heads": 64,
    "num_layers": 24,
    "vocab_size": 256384,
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
    "feed_forward_proj": "gated-gelu",
    "layer_norm_epsilon": 1e-6,
}
COMMON = {"attention_head_dim": 128, "text_dim": 4096, "freq_dim": 256, "num_layers": 30, "patch_size": [1, 2, 2]}
SMALL = COMMON | {"num_attention_heads": 12, "in_channels": 16, "out_channels": 16, "ffn_dim": 8960}
LARGE = COMMON | {"num_attention_heads": 24, "in_channels": 48, "out_channels": 48, "ffn_dim": 14336}
PLAIN = {"base_dim": 96, "z_dim": 16}
RESIDUAL = {
    "base_dim": 160,
    "decoder_base_dim": 256,
    "z_dim": 48,
    "is_residual": True,
    "in_channels": 12,
    "out_channels": 12,
    "patch_size": 2,
    "scale_factor_spatial": 16,
    "latents_mean": [0.0] * 48,
    "latents_std": [1.0] * 48,
}


def shapes(model) -> dict:
    """Those of a network, with its numbered parts put together."""
    tensors = {name: list(x.shape) for name, x in model.state_dict().items()}
    tensors.pop("encoder.embed_tokens.weight", None)
    groups = {}
    for name in tensors:
        found = re.match(r"(blocks|encoder\.block)\.(\d+)\.(.*)", name)
        key = (found[1], found[3]) if found else (name, None)
        groups.setdefault(key, []).append(name)
    return {
        (head if rest is None else f"{head}.*{len(names)}.{rest}"): tensors[names[0]]
        for (head, rest), names in groups.items()
    }


def described(model, class_name: str | None) -> dict:
    config = json.loads(json.dumps(dict(model.config) if class_name else TEXT))
    kept = {name: value for name, value in config.items() if not name.startswith("_")}
    return {"config": kept | ({"_class_name": class_name} if class_name else {}), "tensors": shapes(model)}


def main() -> None:
    with torch.device("meta"):
        text = described(UMT5EncoderModel(UMT5Config(**{k: v for k, v in TEXT.items() if k != "model_type"})), None)
        parts = {
            "text_encoder": text,
            "wan2.1/transformer": described(WanTransformer3DModel(**SMALL), "WanTransformer3DModel"),
            "wan2.1/vae": described(AutoencoderKLWan(**PLAIN), "AutoencoderKLWan"),
            "wan2.2/transformer": described(WanTransformer3DModel(**LARGE), "WanTransformer3DModel"),
            "wan2.2/vae": described(AutoencoderKLWan(**RESIDUAL), "AutoencoderKLWan"),
        }
    lines = []
    for name, part in parts.items():
        tensors = ",\n".join(f"{json.dumps(key)}:{json.dumps(shape)}" for key, shape in part["tensors"].items())
        lines.append(f'{json.dumps(name)}: {{"config": {json.dumps(part["config"])}, "tensors": {{\n{tensors}}}}}')
    (FIXTURES / "wan-checkpoints.json").write_text("{" + ",\n".join(lines) + "}\n")
    versions = f"python {platform.python_version()}, torch {torch.__version__.partition('+')[0]}, "
    versions += f"transformers {transformers.__version__}, diffusers {diffusers.__version__}"
    record({"wan-checkpoints.json": {"command": "python reference/wan_manifest.py", "versions": versions}})


if __name__ == "__main__":
    main()
