"""Tiny random checkpoints whose activations are lively.

Every weight is drawn so that signals keep a spread of about one from layer to layer: matrices with
`gain / sqrt(inputs)`, norms around their neutral value, biases and sinks clearly away from zero. A
transposed matrix, a forgotten bias or a norm with the wrong neutral value then shows in the first
layer instead of hiding below the tolerance.
"""

import json
import math
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

# Queries and keys are larger than the rest, so that attention is neither flat nor one-hot.
GAINS = {"q_proj": 1.4, "k_proj": 1.4, "router.proj": 10.0, "gate.weight": 2.0, "router": 2.0, "lm_head": 2.0}


def randomise(model: nn.Module, seed: int) -> None:
    """Overwrites each parameter of `model`; the same seed gives the same weights."""
    generator = torch.Generator().manual_seed(seed)
    tied = model.config.get_text_config().tie_word_embeddings
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(draw(model, name, parameter, noise, tied))
        for name, buffer in sorted(model.named_buffers()):
            if name.endswith("layer_scalar"):
                buffer.copy_(1 + 0.2 * torch.randn(buffer.shape, generator=generator))


def draw(model, name, parameter, noise, tied):
    """The value of one parameter, from its name, its neutral value and unit noise."""
    owner, _, leaf = name.rpartition(".")
    module = model.get_submodule(owner)
    if isinstance(module, nn.Embedding):
        return noise * (0.25 if tied else 1.0)
    if name.endswith("A_log"):
        return 0.5 * noise  # decay rates exp(A_log) around 1
    if leaf in ("dt_bias", "sinks") or name.endswith("bias"):
        return 0.3 * noise if leaf != "sinks" else noise
    if tied and name in ("model.norm.weight", "norm.weight"):
        return 1.5 * noise  # of both signs, or every token would predict itself
    if parameter.ndim == 1 or "norm" in owner.lower().rpartition(".")[2]:
        neutral = parameter.flatten()[0].round()  # 1, or 0 where the model adds 1 itself
        return neutral + 0.2 * noise
    if "conv" in name:
        return noise / math.sqrt(parameter.shape[-1])
    transposed = type(module).__name__ == "GptOssExperts"  # experts lie as [inputs, outputs]
    inputs = parameter.shape[-2] if transposed else parameter.shape[-1]
    gain = next((gain for part, gain in GAINS.items() if part in name), 1.0)
    return noise * gain / math.sqrt(inputs)


def write(model: nn.Module, config: dict, folder: Path, *, dtype=torch.float32, shard: str | None = None) -> None:
    """Writes `config.json` exactly as given and the weights under the names of the published checkpoints."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        model.to(dtype).save_pretrained(scratch, max_shard_size=shard or "50GB")
        for file in sorted(Path(scratch).glob("model*")):
            shutil.copy(file, folder / file.name)
    write_config(folder, config)


def write_config(folder: Path, config: dict) -> None:
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def rewrite(folder: Path, change) -> None:
    """Passes the tensors of `model.safetensors` through `change` and writes them back."""
    file = folder / "model.safetensors"
    save_file(change(load_file(file)), file, metadata={"format": "pt"})


def write_pooling(folder: Path, mode: str, hidden: int) -> None:
    """`1_Pooling/config.json`, as `sentence-transformers` writes it beside an embedding model."""
    modes = {"cls": "cls_token", "mean": "mean_tokens", "lasttoken": "lasttoken"}
    config = {"word_embedding_dimension": hidden}
    config |= {f"pooling_mode_{spelling}": mode == name for name, spelling in modes.items()}
    (folder / "1_Pooling").mkdir()
    write_config(folder / "1_Pooling", config)
