"""What PyTorch learns: `fixtures/training/<run>/`, a tiny Llama trained for 200 steps, or for 30 by preferences and rewards.

Each folder holds the weights at the start, the tokens in the order in which they were read, the gradient of the
first batch, the loss and the length of the gradient before each step, and the weights at the end. `llama-adamw` runs
`torch.optim.AdamW`; `qwen3-muon` moves the matrices of the layers by Muon, here in f32 throughout, and trains a Qwen3,
whose heads have norms of their own. `qwen3-moe-adamw` trains a Qwen3 with experts, each of which is an array of its own in the folder.

`llama-dpo` learns preferences (Rafailov et al. 2023) from the same first weights: `tokens` holds the preferred answer of
each pair and then the other, `lengths` their tokens, of which the first `prompts` are told. `reference` holds the
log-probabilities of the answers before anything is learnt.

`llama-grpo` learns by rewards (Shao et al. 2024; the bounds and the mean over tokens of Yu et al. 2025): ten rounds of two
groups of four answers, three steps with each. `rewards` are those of the answers, `reference` the log-probabilities of their
tokens before anything is learnt, one answer after the other.

    python reference/training.py [RUN ...]
"""

import json
import math
import platform
import sys

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


def named(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Weights by the names that folders have: experts one by one."""
    arrays = {}
    for key, value in model.named_parameters():
        if key.endswith("experts.gate_up_proj"):
            stem = key.removesuffix("gate_up_proj")
            for number, both in enumerate(value):
                arrays[f"{stem}{number}.gate_proj.weight"], arrays[f"{stem}{number}.up_proj.weight"] = both.chunk(2)
        elif key.endswith("experts.down_proj"):
            stem = key.removesuffix("down_proj")
            arrays |= {f"{stem}{number}.down_proj.weight": down for number, down in enumerate(value)}
        else:
            arrays[key] = value
    return arrays


def gradients(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The gradients by the same names."""
    held = torch.nn.Module()
    held.named_parameters = lambda: ((key, p.grad) for key, p in model.named_parameters())
    return {f"gradient.{key}": gradient.clone() for key, gradient in named(held).items()}


def begin(name: str, model: torch.nn.Module) -> tuple[torch.Generator, object]:
    """Writes settings and first weights; what draws further numbers, and a function that copies the weights."""
    folder = FIXTURES / "training" / name
    folder.mkdir(parents=True, exist_ok=True)
    config = {key: value for key, value in model.config.to_dict().items() if value is not None}
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for key, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(1 + 0.1 * noise if parameter.ndim == 1 else 0.08 * noise)
    weights = lambda: {k: v.detach().clone() for k, v in named(model).items()}
    save_file(weights(), folder / "model.safetensors", metadata={"format": "pt"})
    return generator, weights


def adamw(model: torch.nn.Module, rate: float) -> torch.optim.Optimizer:
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), eps=1e-8)


def run(name: str, model: torch.nn.Module, muon: bool) -> None:
    folder = FIXTURES / "training" / name
    generator, weights = begin(name, model)
    rows = tokens(generator)
    parameters = dict(model.named_parameters())
    hidden = [p for k, p in parameters.items() if muon and p.ndim == 2 and "embed" not in k]
    rest = [p for p in parameters.values() if all(p is not h for h in hidden)]
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
            first = gradients(model)
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


def answer(model: torch.nn.Module, row: torch.Tensor, length: int, prompt: int) -> torch.Tensor:
    """The log-probabilities of the tokens of an answer."""
    logits = model(row[None, : length - 1].long()).logits[0]
    scores = torch.log_softmax(logits, -1)
    told = row[1:length].long()
    return scores.gather(-1, told[:, None])[prompt - 1 :, 0]


def dpo(name: str, model: torch.nn.Module) -> None:
    """30 steps of 4 pairs, `beta = 0.3`, a label smoothing of 0.05."""
    steps, pairs, beta, smooth = 30, 4, 0.3, 0.05
    generator, weights = begin(name, model)
    many = steps * pairs
    draw = lambda low, high, count: torch.randint(low, high, (count,), generator=generator)
    prompts, answers = draw(3, 9, many), draw(4, 20, 2 * many)
    rows = torch.zeros(2 * many, 32, dtype=torch.int32)
    lengths = torch.zeros(2 * many, dtype=torch.int32)
    for pair in range(many):
        told = draw(0, VOCAB, int(prompts[pair]))
        for side in (0, 1):
            # Preferred are small tokens.
            said = draw(0, VOCAB // 2, int(answers[2 * pair + side])) + side * VOCAB // 3
            row = torch.cat([told, said]).to(torch.int32)
            rows[2 * pair + side, : len(row)] = row
            lengths[2 * pair + side] = len(row)
    sums = lambda at: answer(model, rows[at], int(lengths[at]), int(prompts[at // 2])).sum()
    with torch.no_grad():
        reference = torch.stack([sums(at) for at in range(2 * many)])
    optimiser = adamw(model, 1e-3)
    losses, norms, accuracies, margins, first = [], [], [], [], {}
    for step in range(steps):
        numbers = range(step * pairs, (step + 1) * pairs)
        gains = [[beta * (sums(2 * n + side) - reference[2 * n + side]) for side in (0, 1)] for n in numbers]
        margin = torch.stack([chosen - rejected for chosen, rejected in gains])
        right, wrong = torch.nn.functional.logsigmoid(margin), torch.nn.functional.logsigmoid(-margin)
        loss = (-(1 - smooth) * right - smooth * wrong).mean()
        model.zero_grad()
        loss.backward()
        if step == 0:
            first = gradients(model)
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP))
        losses.append(loss.detach())
        accuracies.append((margin > 0).float().mean())
        margins.append(margin.detach().mean())
        optimiser.step()
    golden = first | {f"final.{k}": v for k, v in weights().items()}
    golden |= {"tokens": rows, "lengths": lengths, "prompts": prompts.to(torch.int32), "reference": reference}
    golden |= {"losses": torch.stack(losses), "norms": torch.stack(norms)}
    golden |= {"accuracies": torch.stack(accuracies), "margins": torch.stack(margins)}
    save_file({k: v.contiguous() for k, v in golden.items()}, FIXTURES / "training" / name / "golden.safetensors")
    print(name, float(losses[0]), float(losses[-1]))


def grpo(name: str, model: torch.nn.Module) -> None:
    """10 rounds of 3 steps with 8 answers, bounds of 0.2 and 0.28, `kl = 0.05`."""
    rounds, updates, group, answers = 10, 3, 4, 8
    low, high, hold = 0.2, 0.28, 0.05
    generator, weights = begin(name, model)
    draw = lambda least, most, count: torch.randint(least, most, (count,), generator=generator)
    many = rounds * answers
    prompts, said_tokens = draw(3, 9, many // group), draw(4, 20, many)
    rows = torch.zeros(many, 32, dtype=torch.int32)
    lengths, rewards = torch.zeros(many, dtype=torch.int32), torch.zeros(many)
    for at in range(many):
        if at % group == 0:
            told = draw(0, VOCAB, int(prompts[at // group]))
        said = draw(0, VOCAB, int(said_tokens[at]))
        row = torch.cat([told, said]).to(torch.int32)
        rows[at, : len(row)], lengths[at] = row, len(row)
        # Small tokens are rewarded.
        rewards[at] = (said < VOCAB // 2).float().mean()
    scores = lambda at: answer(model, rows[at], int(lengths[at]), int(prompts[at // group]))
    with torch.no_grad():
        reference = [scores(at) for at in range(many)]
    optimiser = adamw(model, 5e-4)
    losses, norms, kls, clips = [], [], [], []
    for first in range(0, many, answers):
        numbers = range(first, first + answers)
        groups = rewards[first : first + answers].reshape(-1, group)
        advantages = (groups - groups.mean(1, keepdim=True)) / (groups.std(1, unbiased=False, keepdim=True) + 1e-4)
        advantages = advantages.reshape(-1)
        with torch.no_grad():
            before = [scores(at) for at in numbers]
        for _ in range(updates):
            parts, apart, bounded = [], [], []
            for index, at in enumerate(numbers):
                now = scores(at)
                ratio, advantage = (now - before[index]).exp(), advantages[index]
                free, held = ratio * advantage, ratio.clamp(1 - low, 1 + high) * advantage
                far = reference[at] - now
                kl = far.exp() - far - 1
                parts.append(-torch.minimum(free, held) + hold * kl)
                apart.append(kl.detach())
                bounded.append((held < free).float())
            loss = torch.cat(parts).mean()
            model.zero_grad()
            loss.backward()
            norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP))
            losses.append(loss.detach())
            kls.append(torch.cat(apart).mean())
            clips.append(torch.cat(bounded).mean())
            optimiser.step()
    golden = {f"final.{k}": v for k, v in weights().items()}
    golden |= {"tokens": rows, "lengths": lengths, "prompts": prompts.to(torch.int32), "rewards": rewards}
    golden |= {"reference": torch.cat(reference), "losses": torch.stack(losses), "norms": torch.stack(norms)}
    golden |= {"kls": torch.stack(kls), "clips": torch.stack(clips)}
    save_file({k: v.contiguous() for k, v in golden.items()}, FIXTURES / "training" / name / "golden.safetensors")
    print(name, float(losses[0]), float(losses[-1]), [round(float(x), 3) for x in clips])


def main() -> None:
    torch.set_num_threads(1)
    llama = lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(**SIZES))
    qwen = lambda: transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**SIZES))
    sparse = dict(moe_intermediate_size=32, num_experts=6, num_experts_per_tok=2, norm_topk_prob=True)
    moe = lambda: transformers.Qwen3MoeForCausalLM(transformers.Qwen3MoeConfig(**SIZES, **sparse))
    runs = {
        "llama-adamw": lambda name: run(name, llama(), muon=False),
        "qwen3-muon": lambda name: run(name, qwen(), muon=True),
        "qwen3-moe-adamw": lambda name: run(name, moe(), muon=False),
        "llama-dpo": lambda name: dpo(name, llama()),
        "llama-grpo": lambda name: grpo(name, llama()),
    }
    wanted = sys.argv[1:] or list(runs)
    for name in wanted:
        runs[name](name)
    versions = f"python {platform.python_version()}, torch {torch.__version__.split('+')[0]}, "
    versions += f"transformers {transformers.__version__}, safetensors {safetensors.__version__}"
    entry = {"command": "python reference/training.py", "seed": SEED, "versions": versions}
    record({f"training/{name}": entry for name in wanted})


main()
