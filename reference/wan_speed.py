"""Times what `cargo bench -p video --bench open_weights` times, with `diffusers` on the same folders of weights.

    python reference/wan_speed.py step|pictures [f32|bf16] [PICTURES] [WIDTHxHEIGHT]

One thread, by the time that it was given. Writes one line of JSON.
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
def main(what: str, held: str = "f32", pictures: str = "33", size: str = "416x240") -> None:
    torch.set_num_threads(1)
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[held]
    if what == "step":
        model = WanTransformer3DModel.from_pretrained(PLACE / "transformer", torch_dtype=dtype).eval()
        latents = torch.rand((1, 16, 8, 32, 32)).to(dtype)
        text = torch.rand((1, 512, 4096)).to(dtype)
        # The second of two, as there.
        for _ in range(2):
            begun = time.thread_time()
            model(latents, timestep=torch.tensor([500]), encoder_hidden_states=text)
            seconds = time.thread_time() - begun
    else:
        vae = AutoencoderKLWan.from_pretrained(PLACE / "vae", torch_dtype=dtype, low_cpu_mem_usage=False).eval()
        width, height = (int(length) // 8 for length in size.split("x"))
        latents = torch.rand((1, 16, int(pictures) // 4 + 1, height, width)).to(dtype)
        begun = time.thread_time()
        vae.decode(latents)
        seconds = time.thread_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"what": what, "weights": held, "seconds": seconds, "peak_mib": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
