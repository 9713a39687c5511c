"""Makes `fixtures/models/<name>`: tiny random checkpoints of every family and their golden outputs.

    python reference/models.py            # all of them
    python reference/models.py qwen3 …    # only these

Each folder holds `config.json`, `model.safetensors` (or shards with their index) and
`golden.safetensors`; `golden.make` says which tensors. A seed that makes a poor fixture (a near tie, an
ill-conditioned layer, a continuation that runs in a circle) is passed over for the next.
"""

import copy
import platform
import sys

import golden
import torch
import transformers
from checkpoint import randomise, write
from families import FIXTURES, Fixture
from manifest import FIXTURES as FOLDER
from manifest import record
from transformers import AutoConfig, AutoModelForCausalLM

SEEDS = range(1, 200)
HEADS = {"causal": (AutoModelForCausalLM, golden.Causal)}


def build(fixture: Fixture) -> int:
    """Writes one fixture and returns the seed that made it."""
    folder = FOLDER / "models" / fixture.name
    auto, head = HEADS[fixture.head]
    for seed in SEEDS:
        config = AutoConfig.for_model(**copy.deepcopy(fixture.config))
        model = auto.from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
        randomise(model, seed)
        write(model, fixture.config, folder, dtype=getattr(torch, fixture.dtype), shard=fixture.shard)
        loaded, report = auto.from_pretrained(
            folder, attn_implementation="eager", dtype=torch.float32, output_loading_info=True
        )
        assert not any(report.values()), report
        assert_shows(fixture, loaded.eval(), seed)
        try:
            tensors = golden.make(loaded, fixture.config["vocab_size"], fixture.prompt, seed, head())
        except golden.Rejected as reason:
            print(f"{fixture.name}: seed {seed} passed over: {reason}", file=sys.stderr)
            continue
        golden.save(tensors, folder)
        return seed
    raise SystemExit(f"{fixture.name}: no seed in {SEEDS} will do")


def assert_shows(fixture: Fixture, model, seed: int) -> None:
    """The setting that the fixture is about changes what the same weights answer."""
    if not fixture.shows:
        return
    auto, head = HEADS[fixture.head]
    config = AutoConfig.for_model(**copy.deepcopy(fixture.config | fixture.shows))
    usual = auto.from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
    usual.load_state_dict(model.state_dict())
    tokens = golden.prompt(fixture.config["vocab_size"], fixture.prompt, seed)
    ours, theirs = (golden.forward(each, tokens, head()) for each in (model, usual))
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
