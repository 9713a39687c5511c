"""Times what `cargo bench -p video --bench open_weights` times, with `diffusers` on the same folders of weights.

    python reference/wan_speed.py step|pictures [f32|bf16] [THREADS]

Writes one line of JSON.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel

PLACE = Path(tempfile.gettempdir()) / "freehold-open-weights"


@torch.no_grad()
def main(what: str, held: str = "f32", threads: str = "2") -> None:
    torch.set_num_threads(int(threads))
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[held]
    best = float("inf")
    if what == "step":
        model = WanTransformer3DModel.from_pretrained(PLACE / "transformer", torch_dtype=dtype).eval()
        latents = torch.rand((1, 16, 8, 32, 32)).to(dtype)
        text = torch.rand((1, 512, 4096)).to(dtype)
        for _ in range(3):
            begun = time.perf_counter()
            model(latents, timestep=torch.tensor([500]), encoder_hidden_states=text)
            best = min(best, time.perf_counter() - begun)
    else:
        vae = AutoencoderKLWan.from_pretrained(PLACE / "vae", torch_dtype=dtype, low_cpu_mem_usage=False).eval()
        latents = torch.rand((1, 16, 9, 30, 52)).to(dtype)
        begun = time.perf_counter()
        vae.decode(latents)
        best = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"what": what, "weights": held, "seconds": best, "peak_mib": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
