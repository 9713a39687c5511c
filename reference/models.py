"""Makes `fixtures/models/<name>`: tiny random checkpoints of every family and their golden outputs.

    python reference/models.py            # all of them
    python reference/models.py qwen3 …    # only these

Each folder holds `config.json`, `model.safetensors` (or shards with their index) and
`golden.safetensors`; `golden.make` says which tensors. A seed that makes a poor fixture (a near tie, an
ill-conditioned layer, a continuation that runs in a circle) is passed over for the next.
"""

import copy
import platform
import re
import sys

import golden
import mxfp4
import torch
import transformers
from checkpoint import randomise, rewrite, write, write_config, write_pooling
from families import FIXTURES, Fixture, without
from manifest import FIXTURES as FOLDER
from manifest import record
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification

EAGER = {"attn_implementation": "eager", "experts_implementation": "eager"}
SEEDS = range(1, 200)
HEADS = {
    "causal": (AutoModelForCausalLM, golden.Causal),
    "mean": (AutoModel, golden.Embedding),
    "cls": (AutoModel, golden.Embedding),
    "lasttoken": (AutoModel, golden.Embedding),
    "score": (AutoModelForSequenceClassification, golden.Score),
    "yes_no": (AutoModelForCausalLM, golden.YesNo),
}


def build(fixture: Fixture) -> int:
    """Writes one fixture and returns the seed that made it."""
    folder = FOLDER / "models" / fixture.name
    auto, head = HEADS[fixture.head]
    built = fixture.built or fixture.config
    for seed in SEEDS:
        model = auto.from_config(configuration(built), **EAGER, dtype=torch.float32).eval()
        randomise(model, seed)
        write(model, built, folder, dtype=getattr(torch, fixture.dtype), shard=fixture.shard)
        if fixture.mxfp4:
            mxfp4.quantise_experts(folder)
        loaded, report = auto.from_pretrained(
            folder, **EAGER, dtype=torch.float32, output_loading_info=True
        )
        assert not any(report.values()), report
        assert_shows(fixture, loaded.eval(), seed)
        try:
            tensors = golden.make(loaded, built["vocab_size"], fixture.prompt, seed, head(fixture))
        except golden.Rejected as reason:
            print(f"{fixture.name}: seed {seed} passed over: {reason}", file=sys.stderr)
            continue
        if fixture.mxfp4:
            tensors |= mxfp4.an_expert(loaded, folder)
        publish(fixture, folder)
        golden.save(tensors, folder)
        return seed
    raise SystemExit(f"{fixture.name}: no seed in {SEEDS} will do")


def configuration(built: dict):
    return AutoConfig.for_model(**copy.deepcopy(without(built, "quantization_config")))


def publish(fixture: Fixture, folder) -> None:
    """Gives configuration and tensors the spelling under which the family is published."""
    write_config(folder, fixture.config)
    if fixture.head in ("mean", "cls", "lasttoken"):
        write_pooling(folder, fixture.head, fixture.config.get("hidden_size") or fixture.config["n_embd"])
    for old, new in fixture.rename.items():
        rewrite(folder, lambda tensors: {re.sub(old, new, name): tensors[name] for name in tensors})


def assert_shows(fixture: Fixture, model, seed: int) -> None:
    """The setting that the fixture is about changes what the same weights answer."""
    if not fixture.shows:
        return
    auto, head = HEADS[fixture.head]
    built = fixture.built or fixture.config
    usual = auto.from_config(configuration(built | fixture.shows), **EAGER, dtype=torch.float32).eval()
    usual.load_state_dict(model.state_dict())
    tokens = golden.prompt(built["vocab_size"], fixture.prompt, seed)
    ours, theirs = (golden.forward(each, tokens, head(fixture)) for each in (model, usual))
    last = list(ours)[-1]
    assert (ours[last] - theirs[last]).abs().max() > 0.05, f"{fixture.name} shows nothing"


def main(names: list[str]) -> None:
    golden.one_thread()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    versions = f"python {platform.python_version()}, torch {torch.__version__.partition('+')[0]}, "
    versions += f"transformers {transformers.__version__}"
    known = {fixture.name: fixture for fixture in FIXTURES}
    for name in names or known:
        seed = build(known[name])
        command = f"python reference/models.py {name}"
        record({f"models/{name}": {"command": command, "versions": versions, "seed": seed}})
        size = sum(file.stat().st_size for file in (FOLDER / "models" / name).iterdir())
        print(f"{name}: seed {seed}, {size // 1024} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
