"""`fixtures/blocks/`: blocks of random bytes with the numbers that gguf reads from them, and numbers
with the blocks that gguf makes of them. Each file holds the blocks, then the numbers as f32.

    python reference/blocks.py
"""

import platform

import gguf
import numpy as np
from gguf.quants import dequantize, quantize

import manifest

SEED = 11
COUNT = 6
READ = {
    "q4_0": gguf.GGMLQuantizationType.Q4_0,
    "q4_k": gguf.GGMLQuantizationType.Q4_K,
    "q6_k": gguf.GGMLQuantizationType.Q6_K,
    "q8_0": gguf.GGMLQuantizationType.Q8_0,
    "mxfp4": gguf.GGMLQuantizationType.MXFP4,
}
MADE = ["q4_0", "mxfp4"]
# Where a format's half floats stand, which are made small numbers.
HALVES = {"q4_0": [0], "q8_0": [0], "q4_k": [0, 2], "q6_k": [208], "mxfp4": []}


def main() -> None:
    random = np.random.default_rng(SEED)
    folder = manifest.FIXTURES / "blocks"
    folder.mkdir(parents=True, exist_ok=True)
    for name, kind in READ.items():
        size, block = gguf.GGML_QUANT_SIZES[kind]
        blocks = random.integers(0, 256, (COUNT, block), dtype=np.uint8)
        for at in HALVES[name]:
            halves = random.normal(size=COUNT).astype(np.float16) * np.float16(0.1)
            blocks[:, at : at + 2] = halves.view(np.uint8).reshape(COUNT, 2)
        if name == "mxfp4":
            blocks[:, 0] = [0, 1, 2, 127, 200, 254]
        numbers = dequantize(blocks, kind).astype(np.float32)
        (folder / f"{name}.read").write_bytes(blocks.tobytes() + numbers.tobytes())
        if name in MADE:
            numbers = random.normal(size=(COUNT, size)).astype(np.float32)
            blocks = quantize(numbers, kind)
            (folder / f"{name}.made").write_bytes(blocks.tobytes() + numbers.tobytes())
    entry = {
        "command": "python reference/blocks.py",
        "seed": SEED,
        "versions": f"python {platform.python_version()}, gguf 0.19.0, numpy {np.__version__}",
    }
    manifest.record({"blocks": entry})


if __name__ == "__main__":
    main()
