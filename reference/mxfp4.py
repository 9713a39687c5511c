"""MXFP4, the microscaling format of gpt-oss: 32 numbers share a power of two, each is one of 16 values.

Source: OCP Microscaling Formats 1.0, sections 5.2 and 6.3. Blocks run along the inputs of a matrix; the
low half of a byte holds the earlier of two neighbours.
"""

from pathlib import Path

import torch
from checkpoint import rewrite
from safetensors.torch import load_file

VALUES = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
LARGEST_EXPONENT = 2  # of 6.0
BIAS = 127


def quantise(matrix: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """`[.., outputs, inputs]` to blocks `[.., outputs, inputs/32, 16]` and scales `[.., outputs, inputs/32]`."""
    blocks = matrix.float().unflatten(-1, (-1, 32))
    exponent = blocks.abs().amax(-1).log2().floor() - LARGEST_EXPONENT
    scaled = blocks / exponent.exp2()[..., None]
    nearest = (scaled.abs()[..., None] - VALUES).abs().argmin(-1)
    code = (nearest + 8 * (scaled < 0)).to(torch.uint8)
    return code[..., 0::2] | code[..., 1::2] << 4, (exponent + BIAS).to(torch.uint8)


def dequantise(blocks: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """The inverse of `quantise`, exact in float32."""
    code = torch.stack([blocks & 15, blocks >> 4], dim=-1).flatten(-2).long()
    values = VALUES[code & 7] * (1 - 2 * (code >> 3))
    return (values * (scales.float() - BIAS).exp2()[..., None]).flatten(-2)


def quantise_experts(folder: Path) -> None:
    """Replaces the experts of a gpt-oss checkpoint, `[experts, inputs, outputs]`, by blocks and scales."""

    def change(tensors):
        for name in [name for name in tensors if name.endswith(("experts.gate_up_proj", "experts.down_proj"))]:
            blocks, scales = quantise(tensors.pop(name).transpose(1, 2))
            tensors |= {f"{name}_blocks": blocks, f"{name}_scales": scales}
        return tensors

    rewrite(folder, change)


def an_expert(model, folder: Path) -> dict[str, torch.Tensor]:
    """What `transformers` made of one expert's blocks, `[outputs, inputs]`; ours must be the same bits."""
    weights = load_file(folder / "model.safetensors")
    name = "model.layers.0.mlp.experts.gate_up_proj"
    theirs = model.get_parameter(name)[1].detach().T
    assert torch.equal(theirs, dequantise(weights[f"{name}_blocks"][1], weights[f"{name}_scales"][1]))
    return {"dequantised.layers.0.experts.1.gate_up_proj": theirs}
