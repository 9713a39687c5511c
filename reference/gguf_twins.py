"""Makes `fixtures/gguf/<name>.gguf`: the same weights as `fixtures/models/<name>`, stored as GGUF.

    python reference/gguf_twins.py

Names, metadata and rearrangements are those of llama.cpp's converter: rows of Llama's queries and keys
permuted so that neighbours turn together, Gemma's norms stored with the 1 added, the experts of gpt-oss
split into gate and up and their nibbles reordered. Golden outputs are those of the folder. The
vocabulary is a placeholder of the right length.
"""

import json
import math
import platform
import re

import gguf
import numpy as np
import torch
from manifest import FIXTURES, record
from safetensors.torch import load_file

ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "qwen3_moe": gguf.MODEL_ARCH.QWEN3MOE,
    "gemma3_text": gguf.MODEL_ARCH.GEMMA3,
    "gpt_oss": gguf.MODEL_ARCH.GPT_OSS,
}
TWINS = ["llama", "qwen3", "qwen3-moe", "gemma3", "gpt-oss"]


class Twin:
    """One file being written."""

    def __init__(self, name: str):
        folder = FIXTURES / "models" / name
        self.config = json.loads((folder / "config.json").read_text())
        self.tensors = load_file(folder / "model.safetensors")
        self.family = self.config["model_type"]
        arch = ARCHITECTURES[self.family]
        self.path = FIXTURES / "gguf" / f"{name}.gguf"
        self.path.parent.mkdir(exist_ok=True)
        self.writer = gguf.GGUFWriter(self.path, gguf.MODEL_ARCH_NAMES[arch])
        self.names = gguf.get_tensor_name_map(arch, self.config["num_hidden_layers"])

    def write(self) -> None:
        self.metadata()
        self.vocabulary()
        for name, tensor in sorted(self.tensors.items()):
            self.convert(name, tensor)
        self.writer.write_header_to_file()
        self.writer.write_kv_data_to_file()
        self.writer.write_tensors_to_file()
        self.writer.close()

    def metadata(self) -> None:
        config, writer = self.config, self.writer
        writer.add_name("fixture")
        writer.add_file_type(gguf.LlamaFileType.ALL_F32)
        writer.add_block_count(config["num_hidden_layers"])
        writer.add_context_length(config["max_position_embeddings"])
        writer.add_embedding_length(config["hidden_size"])
        writer.add_feed_forward_length(config["intermediate_size"])
        writer.add_head_count(config["num_attention_heads"])
        writer.add_head_count_kv(config["num_key_value_heads"])
        writer.add_rope_freq_base(config["rope_theta"])
        writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
        writer.add_key_length(config["head_dim"])
        writer.add_value_length(config["head_dim"])
        if experts := config.get("num_experts", config.get("num_local_experts")):
            writer.add_expert_count(experts)
            writer.add_expert_used_count(config["num_experts_per_tok"])
        if self.family == "llama":
            writer.add_vocab_size(config["vocab_size"])
            writer.add_rope_dimension_count(config["head_dim"])
            writer.add_tensor("rope_freqs.weight", self.llama3_factors())
        if self.family == "qwen3_moe":
            writer.add_expert_feed_forward_length(config["moe_intermediate_size"])
        if self.family in ("gemma3_text", "gpt_oss"):
            writer.add_sliding_window(config["sliding_window"])
        if self.family == "gpt_oss":
            writer.add_expert_feed_forward_length(config["intermediate_size"])
            self.yarn(config["rope_scaling"])

    def yarn(self, rope: dict) -> None:
        self.writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        self.writer.add_rope_scaling_factor(rope["factor"])
        self.writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        self.writer.add_rope_scaling_yarn_beta_fast(rope["beta_fast"])
        self.writer.add_rope_scaling_yarn_beta_slow(rope["beta_slow"])

    def llama3_factors(self) -> np.ndarray:
        """By what each frequency is divided; Llama 3's scaling is stored as a tensor."""
        rope, dim = self.config["rope_scaling"], self.config["head_dim"]
        low, high, context = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
        factors = []
        for pair in range(dim // 2):
            wavelength = 2 * math.pi * self.config["rope_theta"] ** (2 * pair / dim)
            smooth = min(max((context / wavelength - low) / (high - low), 0), 1)
            factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
        return np.array(factors, dtype=np.float32)

    def vocabulary(self) -> None:
        self.writer.add_tokenizer_model("gpt2")
        self.writer.add_tokenizer_pre("default")
        count = self.config["vocab_size"]
        self.writer.add_token_list([f"token{number}" for number in range(count)])
        self.writer.add_token_types([gguf.TokenType.NORMAL] * count)
        self.writer.add_token_merges(["t o"])
        self.writer.add_bos_token_id(1)
        self.writer.add_eos_token_id(2)

    def convert(self, name: str, tensor: torch.Tensor) -> None:
        config = self.config
        if self.family == "llama" and re.search(r"\.[qk]_proj\.", name):
            heads = config["num_attention_heads" if ".q_proj." in name else "num_key_value_heads"]
            tensor = tensor.unflatten(0, (heads, 2, -1)).transpose(1, 2).reshape(tensor.shape)
        if self.family == "gemma3_text" and name.endswith("norm.weight"):
            tensor = tensor + 1
        if self.family == "qwen3_moe" and (part := re.match(r"(.*\.experts)\.0\.(.*)", name)):
            experts = [self.tensors[f"{part[1]}.{expert}.{part[2]}"] for expert in range(config["num_experts"])]
            return self.add(f"{part[1]}.{part[2]}", torch.stack(experts))
        if ".experts." in name:
            return self.convert_expert(name, tensor)
        self.add(f"{name}.weight" if name.endswith("sinks") else name, tensor)

    def convert_expert(self, name: str, tensor: torch.Tensor) -> None:
        """Experts of gpt-oss; those of Qwen beyond the first have been written with the first."""
        if self.family == "qwen3_moe" or name.endswith("_scales"):
            return
        whole, _, ending = name.rpartition("_")
        ending = "weight" if ending == "blocks" else "bias"
        if ending == "weight":
            tensor = to_ggml(tensor, self.tensors[f"{whole}_scales"])
        if "gate_up_proj" not in name:
            return self.add(f"{whole}.{ending}", tensor)
        self.add(f"{whole.replace('gate_up', 'gate')}.{ending}", tensor[:, 0::2])
        self.add(f"{whole.replace('gate_up', 'up')}.{ending}", tensor[:, 1::2])

    def add(self, name: str, tensor: torch.Tensor) -> None:
        stored = self.names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert stored, f"no name for `{name}`"
        if tensor.dtype == torch.uint8:
            blocks = tensor.contiguous().numpy()
            return self.writer.add_tensor(stored, blocks, raw_dtype=gguf.GGMLQuantizationType.MXFP4)
        if tensor.dtype == torch.bfloat16 and tensor.ndim == 2 and stored.endswith(".weight"):
            bits = tensor.contiguous().view(torch.uint8).numpy()
            return self.writer.add_tensor(stored, bits, raw_dtype=gguf.GGMLQuantizationType.BF16)
        self.writer.add_tensor(stored, tensor.float().contiguous().numpy())


def to_ggml(blocks: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """`[experts, outputs, inputs/32, 16]` and scales to rows of 17 bytes a block: the scale, then bytes
    whose low halves are the first 16 numbers and whose high halves are the last 16."""
    codes = torch.stack([blocks & 15, blocks >> 4], dim=-1).flatten(-2)
    packed = codes[..., :16] | codes[..., 16:] << 4
    return torch.cat([scales[..., None], packed], dim=-1).flatten(-2)


def main() -> None:
    versions = f"python {platform.python_version()}, gguf 0.19.0, torch {torch.__version__.partition('+')[0]}"
    for name in TWINS:
        Twin(name).write()
        record({f"gguf/{name}.gguf": {"command": "python reference/gguf_twins.py", "versions": versions}})


if __name__ == "__main__":
    main()
