"""Makes `fixtures/files`: what files of tensors hold, and which numbers that stands for.

    python reference/files.py

`blocks.safetensors` has, for each block format of GGUF, random blocks (`Q4_K.bytes`, U8) and the numbers
that `gguf` reads in them (`Q4_K.f32`). `singles.safetensors` has tensors of every type that stands
alone, and the same as `torch` converts them (`F8_E4M3.f32`). `every.gguf` has metadata and tensors of
every type, as `gguf` writes them. `quantised.safetensors` has numbers (`f32`) and the blocks that `gguf`
makes of them (`Q8_0`).
"""

import platform
import warnings

import gguf
import numpy as np
import safetensors
import torch
from gguf import GGMLQuantizationType as Type
from gguf import GGUFValueType as ValueType
from manifest import FIXTURES, record
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import save_file as save_torch

SEED = 3
FOLDER = FIXTURES / "files"

BLOCKS = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"]
BLOCKS += ["IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4"]

SINGLES = {
    "BOOL": torch.bool,
    "U8": torch.uint8,
    "U16": torch.uint16,
    "U32": torch.uint32,
    "U64": torch.uint64,
    "I8": torch.int8,
    "I16": torch.int16,
    "I32": torch.int32,
    "I64": torch.int64,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "F8_E8M0": torch.float8_e8m0fnu,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F32": torch.float32,
    "F64": torch.float64,
}


def blocks(numbers: int = 1024) -> dict[str, np.ndarray]:
    """Random bytes, so that scales are of any size, subnormal, infinite or no number at all."""
    random = np.random.default_rng(SEED)
    made = {}
    for name in BLOCKS:
        length, size = gguf.GGML_QUANT_SIZES[Type[name]]
        made[f"{name}.bytes"] = random.integers(0, 256, (numbers // length, size), dtype=np.uint8)
        made[f"{name}.f32"] = gguf.dequantize(made[f"{name}.bytes"], Type[name])
    return made


def singles() -> dict[str, torch.Tensor]:
    """All 256 bytes where a number is one, random bits otherwise."""
    random = np.random.default_rng(SEED)
    made = {}
    for name, dtype in SINGLES.items():
        every = np.arange(256, dtype=np.uint8)
        if dtype == torch.bool:
            raw = torch.from_numpy(every % 2).view(dtype)
        else:
            bits = every if dtype.itemsize == 1 else random.integers(0, 256, 300 * dtype.itemsize, dtype=np.uint8)
            raw = torch.from_numpy(bits).view(dtype)
        made[name] = raw
        made[f"{name}.f32"] = raw.to(torch.float32, copy=True)
    return made


def quantised() -> dict[str, np.ndarray]:
    """Weights of several sizes, some zero; BF16 and F16 as their bits."""
    random = np.random.default_rng(SEED)
    numbers = random.normal(size=(6, 512)).astype(np.float32)
    numbers *= np.array([[1e-6], [1e-2], [1.0], [30.0], [3e4], [1.0]], dtype=np.float32)
    numbers[2, :32] = 0
    numbers[5] = 0
    made = {"f32": numbers}
    for name in ["F16", "BF16", "Q8_0", "Q4_0", "MXFP4"]:
        made[name] = gguf.quantize(numbers, Type[name]).view(np.uint8)
    return made


def every_gguf(path) -> None:
    random = np.random.default_rng(SEED)
    writer = gguf.GGUFWriter(path, "llama")
    for name, kind, value in [
        ("u8", ValueType.UINT8, 200),
        ("i8", ValueType.INT8, -100),
        ("u16", ValueType.UINT16, 60_000),
        ("i16", ValueType.INT16, -30_000),
        ("u32", ValueType.UINT32, 4_000_000_000),
        ("i32", ValueType.INT32, -2_000_000_000),
        ("u64", ValueType.UINT64, 2**63 + 1),
        ("i64", ValueType.INT64, -(2**62)),
        ("f32", ValueType.FLOAT32, 0.5),
        ("f64", ValueType.FLOAT64, 1e300),
        ("bool", ValueType.BOOL, True),
        ("text", ValueType.STRING, "Grüße, 世界"),
    ]:
        writer.add_key_value(f"test.{name}", value, kind)
    writer.add_array("test.texts", ["", "a", "▁the"])
    writer.add_array("test.numbers", [1, -2, 3])
    writer.add_array("test.scores", [0.25, -1.5])
    writer.add_array("test.truths", [True, False])
    for name in ["F32", "F16", "F64", "I8", "I16", "I32", "I64"]:
        kind = np.dtype({"F": "float", "I": "int"}[name[0]] + name[1:])
        writer.add_tensor(f"{name}.weight", np.arange(6).reshape(2, 3).astype(kind))
    writer.add_tensor("BF16.weight", gguf.quantize(np.arange(64, dtype=np.float32).reshape(2, 32), Type.BF16), raw_dtype=Type.BF16)
    for name in BLOCKS:
        length, size = gguf.GGML_QUANT_SIZES[Type[name]]
        raw = random.integers(0, 256, (2, 512 // length * size), dtype=np.uint8)
        writer.add_tensor(f"{name}.weight", raw, raw_dtype=Type[name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore", RuntimeWarning)  # infinities times zero
    save_numpy(blocks(), FOLDER / "blocks.safetensors")
    save_torch(singles(), FOLDER / "singles.safetensors")
    save_numpy(quantised(), FOLDER / "quantised.safetensors")
    every_gguf(FOLDER / "every.gguf")
    packages = [gguf.__name__, np.__name__, safetensors.__name__, torch.__name__]
    versions = [f"python {platform.python_version()}"]
    versions += [f"{name} {version(name)}" for name in packages]
    record({"files": {"command": "python reference/files.py", "seed": SEED, "versions": ", ".join(versions)}})


def version(package: str) -> str:
    from importlib import metadata

    return metadata.version(package)


if __name__ == "__main__":
    main()
