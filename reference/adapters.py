"""What matrices beside which adapters stand are pulled to: `fixtures/training/adapters/<name>.safetensors`.

Of tiny checkpoints in `fixtures/models/<name>`, whose other weights do not learn here: some tokens, the loss of foretelling each
from those before it, and its gradients by the matrices of attention
and of what stands in its place. An adapter that begins with zeros has gradients of
these alone: of its second matrix `alpha / rank · dW · Aᵀ`, of its first none.

    python reference/adapters.py
"""

import platform

import safetensors
import torch
import transformers
from manifest import FIXTURES, record
from safetensors.torch import save_file

SEED, LENGTH = 29, 24
NAMES = ["gemma4", "gemma4-moe-nested", "gpt-oss", "gpt-oss-float-top4", "qwen3.5", "qwen3.5-moe-nested"]
TARGETS = tuple(f"{name}.weight" for name in "q_proj k_proj v_proj o_proj in_proj_qkv in_proj_z in_proj_a in_proj_b out_proj".split())


def main() -> None:
    torch.set_num_threads(1)
    folder = FIXTURES / "training" / "adapters"
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        eager = {"attn_implementation": "eager", "experts_implementation": "eager"}
        auto = transformers.AutoModelForCausalLM
        model = auto.from_pretrained(FIXTURES / "models" / name, **eager, dtype=torch.float32).eval()
        generator = torch.Generator().manual_seed(SEED)
        tokens = torch.randint(0, model.get_input_embeddings().num_embeddings, (LENGTH,), generator=generator)
        logits = model(tokens[None, :-1]).logits[0]
        loss = torch.nn.functional.cross_entropy(logits, tokens[1:])
        loss.backward()
        arrays = {"tokens": tokens.to(torch.int32), "loss": loss.detach()[None]}
        for key, parameter in model.named_parameters():
            if key.endswith(TARGETS) and parameter.grad is not None:
                arrays[key.replace("language_model.", "")] = parameter.grad
        assert len(arrays) > 6, list(arrays)
        save_file({k: v.contiguous() for k, v in arrays.items()}, folder / f"{name}.safetensors")
        (folder / f"{name}.safetensors").chmod(0o644)
        print(name, float(loss), len(arrays))
    versions = f"python {platform.python_version()}, torch {torch.__version__.split('+')[0]}, "
    versions += f"transformers {transformers.__version__}, safetensors {safetensors.__version__}"
    record({"training/adapters": {"command": "python reference/adapters.py", "seed": SEED, "versions": versions}})


main()
