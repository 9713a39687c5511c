"""What PyTorch learns: `fixtures/training/<run>/`, a tiny Llama trained for 200 steps.

Each folder holds the weights at the start, the tokens in the order in which they were read, the gradient of the
first batch, the loss and the length of the gradient before each step, and the weights at the end. `llama-adamw` runs
`torch.optim.AdamW`; `qwen3-muon` moves the matrices of the layers by Muon, here in f32 throughout, and trains a Qwen3,
whose heads have norms of their own.

    python reference/training.py
"""

import json
import math
import platform

import safetensors
import torch
import transformers
from safetensors.torch import save_file

from manifest import FIXTURES, record

SEED, STEPS, BATCH, LENGTH, VOCAB = 23, 200, 4, 48, 96
WARMUP, DECAY, RATE, CLIP = 20, 40, 3e-3, 1.0

SIZES = dict(
    vocab_size=VOCAB,
    hidden_size=64,
    intermediate_size=96,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=16,
    max_position_embeddings=128,
    tie_word_embeddings=True,
    rms_norm_eps=1e-5,
)


def tokens(generator: torch.Generator) -> torch.Tensor:
    """Text of a sort: each token is one of two that often follow the one before it, or any."""
    steps = torch.randint(0, VOCAB, (3,), generator=generator).tolist()
    rows = []
    for _ in range(STEPS * BATCH):
        row = torch.randint(0, VOCAB, (2,), generator=generator).tolist()
        while len(row) < LENGTH + 1:
            kind = int(torch.randint(0, 10, (1,), generator=generator))
            row.append(
                int(torch.randint(0, VOCAB, (1,), generator=generator))
                if kind == 9
                else (row[-1] * 5 + steps[kind // 5]) % VOCAB
            )
        rows.append(row)
    return torch.tensor(rows, dtype=torch.int32)


def share(step: int) -> float:
    """Warm-up, stable, decay."""
    return min(1.0, (step + 1) / WARMUP) * min(1.0, (STEPS - step) / DECAY)


class Muon(torch.optim.Optimizer):
    """Jordan et al. 2024 with the step of Liu et al. 2025, in f32."""

    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                mean = state.setdefault("mean", torch.zeros_like(p))
                mean.lerp_(p.grad, 1 - 0.95)
                x = p.grad.lerp(mean, 0.95)
                tall = x.shape[0] > x.shape[1]
                x = x.T if tall else x
                x = x / (x.norm() + 1e-7)
                for _ in range(5):
                    square = x @ x.T
                    x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
                x = x.T if tall else x
                p.mul_(1 - group["lr"] * 0.1)
                p.sub_(x * (0.2 * math.sqrt(max(p.shape)) * group["lr"]))


def run(name: str, model: torch.nn.Module, muon: bool) -> None:
    folder = FIXTURES / "training" / name
    folder.mkdir(parents=True, exist_ok=True)
    config = {key: value for key, value in model.config.to_dict().items() if value is not None}
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for key, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(1 + 0.1 * noise if parameter.ndim == 1 else 0.08 * noise)
    weights = lambda: {k: v.detach().clone() for k, v in model.named_parameters()}
    save_file(weights(), folder / "model.safetensors", metadata={"format": "pt"})
    rows = tokens(generator)
    named = dict(model.named_parameters())
    hidden = [p for k, p in named.items() if muon and p.ndim == 2 and "embed" not in k]
    rest = [p for p in named.values() if all(p is not h for h in hidden)]
    groups = [
        {"params": [p for p in rest if p.ndim > 1], "weight_decay": 0.1},
        {"params": [p for p in rest if p.ndim == 1], "weight_decay": 0.0},
    ]
    optimisers = [torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.95), eps=1e-8)]
    if muon:
        optimisers.append(Muon(hidden, {"lr": RATE}))
    losses, norms, first = [], [], {}
    for step in range(STEPS):
        batch = rows[step * BATCH : (step + 1) * BATCH].long()
        logits = model(batch[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, VOCAB), batch[:, 1:].reshape(-1))
        model.zero_grad()
        loss.backward()
        if step == 0:
            first = {f"gradient.{k}": p.grad.clone() for k, p in named.items()}
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP))
        losses.append(loss.detach())
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = RATE * share(step)
            with torch.no_grad():
                optimiser.step()
    golden = first | {f"final.{k}": v for k, v in weights().items()}
    golden |= {"tokens": rows, "losses": torch.stack(losses), "norms": torch.stack(norms)}
    save_file({k: v.contiguous() for k, v in golden.items()}, folder / "golden.safetensors")
    print(name, float(losses[0]), float(losses[-1]))


def main() -> None:
    torch.set_num_threads(1)
    llama = transformers.LlamaForCausalLM(transformers.LlamaConfig(**SIZES))
    run("llama-adamw", llama, muon=False)
    qwen = transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**SIZES))
    run("qwen3-muon", qwen, muon=True)
    versions = f"python {platform.python_version()}, torch {torch.__version__.split('+')[0]}, "
    versions += f"transformers {transformers.__version__}, safetensors {safetensors.__version__}"
    entry = {"command": "python reference/training.py", "seed": SEED, "versions": versions}
    record({f"training/{name}": entry for name in ("llama-adamw", "qwen3-muon")})


main()
