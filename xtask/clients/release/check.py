"""What others say of a release that we made: each function reads the folder with the program of its own makers.

    python check.py CASE… --release DIR --freehold PROGRAM --key KEY.pem --public KEY.pub --run DIR

`signing`, `bom` and `gguf` need `requirements.txt`, `events` needs `tensorboard.txt`, `transformers` and `llama` the files of
their names.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CURVES = {
    "train/loss": "loss",
    "train/gradient_norm": "gradient_norm",
    "train/learning_rate": "learning_rate",
    "speed/tokens_per_second": "tokens_per_second",
    "speed/utilisation": "utilisation",
}
TEXT = "The first number is 4, and after it comes 5. add 3 and 4"


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def must(is_good, what):
    if not is_good:
        raise SystemExit(f"release: {what}")


def flipped(path):
    """Turns one bit in the middle of a file round."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def signing(options):
    """Ours is verified by model_signing, its signature by us, and both refuse a flipped bit."""
    peer = [sys.executable, "-m", "model_signing"]
    with tempfile.TemporaryDirectory() as place:
        release = Path(place) / "copy"
        shutil.copytree(options.release, release)
        signature = release / "model.sig"

        def theirs():
            keys = ["--signature", signature, "--public_key", options.public]
            return run(*peer, "verify", "key", release, *keys)

        def ours():
            return run(options.freehold, "release", "verify", release, "--key", options.public)

        for who in ("freehold", "model_signing"):
            if who == "model_signing":
                signature.unlink()
                keys = ["--signature", signature, "--private_key", options.key]
                code, said = run(*peer, "sign", "key", release, *keys)
                must(code == 0, f"model_signing does not sign with our key: {said}")
            for name, verify in (("model_signing", theirs), ("freehold", ours)):
                code, said = verify()
                must(code == 0, f"{name} refuses what {who} signed: {said}")
                flipped(release / "model.safetensors")
                code, said = verify()
                must(code == 1, f"{name} does not see a flipped bit in what {who} signed: {said}")
                flipped(release / "model.safetensors")
    print("signing: each verifies the other's signature, and refuses a flipped bit")


def bom(options):
    """The bill of materials keeps the schema of CycloneDX 1.6."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = (options.release / "bom.cdx.json").read_text(encoding="utf-8")
    flaw = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    must(flaw is None, f"the bill of materials: {flaw}")
    print("bom: valid by the schema of CycloneDX 1.6")


def gguf(options):
    """Every file is read by gguf, has the template, and numbers near those of the weights."""
    import numpy
    from gguf import GGUFReader
    from gguf.quants import dequantize

    files = sorted((options.release / "gguf").glob("*.gguf"))
    must(files, "there is no file of GGUF")
    whole = None
    for path in files:
        reader = GGUFReader(path)
        must("tokenizer.chat_template" in reader.fields, f"{path.name} has no chat template")
        tensors = {tensor.name: dequantize(tensor.data, tensor.tensor_type) for tensor in reader.tensors}
        whole = whole or tensors
        must(whole.keys() == tensors.keys(), f"{path.name} has other tensors")
        for name, numbers in tensors.items():
            apart = numpy.abs(numbers - whole[name]).max()
            most = numpy.abs(whole[name]).max()
            must(apart <= 0.1 * most, f"{name} in {path.name} is {apart} of {most} away")
    print(f"gguf: {', '.join(path.name for path in files)}")


def events(options):
    """TensorBoard reads the same curves as stand in the journal of each stage."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    stages = sorted(path.parent for path in options.run.glob("*/log.jsonl"))
    must(stages, "there is no journal")
    for stage in stages:
        read = EventAccumulator(str(stage), size_guidance={"scalars": 0})
        read.Reload()
        steps = [line for line in map(json.loads, (stage / "log.jsonl").read_text().splitlines()) if line["kind"] == "step"]
        must(steps, f"{stage.name} has no steps")
        tags = read.Tags()["scalars"]
        for tag, name in CURVES.items():
            must(tag in tags, f"no curve `{tag}` among {tags}")
            told = {event.step: event.value for event in read.Scalars(tag)}
            for line in steps:
                apart = abs(told.get(line["step"], float("inf")) - line[name])
                must(apart <= 1e-6 * max(1, abs(line[name])), f"{tag} of step {line['step']}: {told.get(line['step'])} for {line[name]}")
        print(f"events: {stage.name}, {len(steps)} steps, {', '.join(tags)}")


def scored(options):
    """Tokens of a text with our log-probabilities."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(TEXT)
        file.flush()
        words = ["model", "score", options.release, "--text-file", file.name, "--only", "f32", "--json"]
        code, said = run(options.freehold, *words)
    must(code == 0, f"the release cannot be scored: {said}")
    tokens = json.loads(said[said.index("{") :])["tokens"]
    return [token["id"] for token in tokens], [token["logprob"] for token in tokens]


def transformers(options):
    """AutoModelForCausalLM loads it and finds each token as probable as we do."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    ids, logprobs = scored(options)
    tokenizer = AutoTokenizer.from_pretrained(options.release)
    must(tokenizer(TEXT)["input_ids"] == ids, "the tokenizer gives other ids")
    model, said = AutoModelForCausalLM.from_pretrained(
        options.release, dtype=torch.float32, output_loading_info=True
    )
    must(not said["missing_keys"] and not said["unexpected_keys"], f"weights: {said}")
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    rows = torch.log_softmax(logits.double(), -1)
    pairs = [(rows[at, token].item(), logprobs[at + 1]) for at, token in enumerate(ids[1:])]
    apart = max(abs(theirs - own) for theirs, own in pairs)
    must(apart <= 1e-4, f"log-probabilities are {apart} apart")
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": "add 3"}], tokenize=False)
    must("add 3" in prompt, "the chat template says nothing")
    print(f"transformers: {type(model).__name__}, {len(pairs)} log-probabilities, {apart:.1e} apart at most")


def llama(options):
    """llama.cpp loads every file and answers."""
    from llama_cpp import Llama

    for path in sorted((options.release / "gguf").glob("*.gguf")):
        model = Llama(str(path), n_ctx=64, verbose=False)
        ids, _ = scored(options)
        must(model.tokenize(TEXT.encode(), add_bos=False) == ids, f"{path.name}: the tokenizer gives other ids")
        answer = model.create_completion(TEXT, max_tokens=4, temperature=0)
        must(answer["usage"]["completion_tokens"] > 0, f"{path.name} says nothing")
        print(f"llama.cpp: {path.name} answers {answer['choices'][0]['text']!r}")


CASES = {"signing": signing, "bom": bom, "gguf": gguf, "events": events, "transformers": transformers, "llama": llama}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("cases", nargs="+", choices=CASES)
    for name in ("release", "freehold", "key", "public", "run"):
        arguments.add_argument(f"--{name}", type=Path, required=True)
    options = arguments.parse_args()
    for case in options.cases:
        CASES[case](options)


main()
