"""Golden outputs of a checkpoint: what `transformers` computes from the files as they lie on disk.

float32 on one CPU thread, eager attention, no cache: every greedy step runs the whole sequence anew,
so the expected tokens owe nothing to anybody's cache.
"""

import inspect
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

GREEDY_TOKENS = 64
FIRST_PLAIN_ID = 4  # smaller ids serve as pad, bos, eos, unk in the configurations
GAP_MIN = 1e-3  # between the two best logits of each greedy step
PRECISION = 2e-5  # agreement of float32 with float64, relative, in every tensor


class Rejected(Exception):
    """This seed makes a poor fixture; the next one is tried."""


def prompt(vocab: int, length: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1_000_000 + seed)
    return torch.randint(FIRST_PLAIN_ID, vocab, (length,), generator=generator)


class Layers:
    """Records what enters the first layer and what leaves each one."""

    def __init__(self, layers: nn.ModuleList):
        self.seen: dict[str, torch.Tensor] = {}
        self.hooks = [layers[0].register_forward_pre_hook(self.enter, with_kwargs=True)]
        for index, layer in enumerate(layers):
            self.hooks.append(layer.register_forward_hook(self.leave(index)))

    def enter(self, _module, args, kwargs):
        self.seen["embedded"] = (args[0] if args else kwargs["hidden_states"])[0].detach().clone()

    def leave(self, index):
        def hook(_module, _args, output):
            output = output[0] if isinstance(output, tuple) else output
            self.seen[f"hidden.{index}"] = output[0].detach().clone()

        return hook

    def close(self) -> dict[str, torch.Tensor]:
        for hook in self.hooks:
            hook.remove()
        return self.seen


def layers_of(model: nn.Module) -> nn.ModuleList:
    """The stack of transformer layers, wherever the family keeps it."""
    lists = [module for name, module in model.named_modules() if name.rpartition(".")[2] in ("layers", "layer")]
    return next(module for module in lists if isinstance(module, nn.ModuleList))


@torch.no_grad()
def forward(model: nn.Module, tokens: torch.Tensor, head) -> dict[str, torch.Tensor]:
    """One pass over `tokens`; `head` names and picks what the model is for (logits, a pooled vector)."""
    recorder = Layers(layers_of(model))
    output = model(input_ids=tokens[None].long(), **head.inputs(model, tokens))
    return recorder.close() | head.outputs(model, output)


@torch.no_grad()
def greedy(model: nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    """`GREEDY_TOKENS` continuations; raises `Rejected` where the choice is a near tie or stops early."""
    sequence = tokens.long()
    for _ in range(GREEDY_TOKENS):
        best = model(input_ids=sequence[None], use_cache=False).logits[0, -1].topk(2)
        if best.values[0] - best.values[1] < GAP_MIN:
            raise Rejected("near tie")
        if best.indices[0] < FIRST_PLAIN_ID:
            raise Rejected("a special token")
        sequence = torch.cat([sequence, best.indices[:1]])
    continuation = sequence[len(tokens) :]
    if continuation.unique().numel() < 12 or continuation[GREEDY_TOKENS // 2 :].unique().numel() < 6:
        raise Rejected("runs in a circle")
    return continuation


class Head:
    """What a model is for: which inputs it takes beside tokens, which outputs are golden."""

    generates = False

    def __init__(self, fixture):
        self.fixture = fixture

    def inputs(self, model, tokens):
        if "token_type_ids" not in inspect.signature(model.forward).parameters:
            return {}
        return {"token_type_ids": self.token_types(tokens)[None]}

    def token_types(self, tokens):
        """The second half of the prompt is the second segment, as in a pair of question and passage."""
        return (torch.arange(len(tokens)) >= len(tokens) // 2).long()


class Causal(Head):
    """Next-token logits after every position."""

    generates = True

    def inputs(self, model, tokens):
        return {"use_cache": False}

    def outputs(self, model, output):
        logits = output.logits[0]
        spread = logits.std(dim=-1).mean()
        if not 0.5 < spread < 40:
            raise Rejected(f"logits spread {spread:.2f}")
        return {"logits": logits}


class YesNo(Causal):
    """A reranker of Qwen3's kind: how much likelier `yes` is than `no` after the prompt."""

    generates = False
    NO, YES = 20, 30  # token ids

    def outputs(self, model, output):
        logits = output.logits[0]
        answers = torch.tensor([self.NO, self.YES])
        score = logits[-1, answers].softmax(-1)[1:]
        return {"logits": logits, "no_yes": answers.to(torch.int32), "score": score}


class Embedding(Head):
    """Final states and the vector pooled from them as `1_Pooling/config.json` says; not normalised."""

    def outputs(self, model, output):
        states = output.last_hidden_state[0]
        pooled = {"mean": states.mean(0), "cls": states[0], "lasttoken": states[-1]}[self.fixture.head]
        return {"states": states, "pooled": pooled}


class Score(Head):
    """A cross-encoder: one number for a pair of texts, before any sigmoid."""

    def outputs(self, model, output):
        return {"score": output.logits[0]}


def precise(model: nn.Module, tokens: torch.Tensor, head, single: dict[str, torch.Tensor]) -> None:
    """Raises `Rejected` where float64 disagrees: routing ties, cancellation, anything ill-conditioned."""
    double = forward(model.double(), tokens, head)
    model.float()
    for name, value in single.items():
        error = (value.double() - double[name].double()).abs().max() / double[name].abs().max()
        if not error < PRECISION:
            raise Rejected(f"{name} has relative error {error:.1e} in float32")


def make(model: nn.Module, vocab: int, length: int, seed: int, head) -> dict[str, torch.Tensor]:
    """All golden tensors of one checkpoint. Shapes: `tokens [T]`, `embedded` and `hidden.N [T, hidden]`
    (N counts layers from 0), `logits [T, vocab]`, `greedy [64]`, or what the head gives; integers are i32."""
    tokens = prompt(vocab, length, seed)
    tensors = forward(model, tokens, head)
    again = forward(model, tokens, head)
    assert all(torch.equal(value, again[name]) for name, value in tensors.items()), "not deterministic"
    precise(model, tokens, head, tensors)
    tensors["tokens"] = tokens.to(torch.int32)
    if "token_type_ids" in head.inputs(model, tokens):
        tensors["token_types"] = head.token_types(tokens).to(torch.int32)
    if head.generates:
        tensors["greedy"] = greedy(model, tokens).to(torch.int32)
    return tensors


def save(tensors: dict[str, torch.Tensor], folder: Path) -> None:
    save_file({name: value.clone().contiguous() for name, value in tensors.items()}, folder / "golden.safetensors")


def one_thread() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    np.random.seed(0)
