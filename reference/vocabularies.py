"""Ids of random text by PyPI's `tokenizers`, for the vocabularies of `shared/data/tokenizers`.

    python reference/vocabularies.py ../shared/data/tokenizers target/vocabularies [STRINGS]

writes for each vocabulary a `NAME/tokenizer.json` and `NAME/strings.jsonl`, whose lines hold a text
and its ids. `cargo test -p models` compares whatever lies there; with 300 strings and the folder
`fixtures/tokenizers` the script makes the sample that is kept (without the vocabularies).
"""

import json
import pathlib
import platform
import random
import sys
import unicodedata
from importlib.metadata import version

from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE

import manifest

# The vocabularies whose sample is kept.
KEPT = ["gemma-4", "gpt-2", "llama-bpe", "llama-spm", "phi-3"]
SEED = 20261121

CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = CL100K.replace("{1,3}", "")
QWEN35 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
LEAD, SUFFIX = r"[^\r\n\p{L}\p{N}]?", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = rf"{LEAD}{UPPER}*{LOWER}+{SUFFIX}|{LEAD}{UPPER}+{LOWER}*{SUFFIX}|\p{{N}}{{1,3}}{REST}"
TEKKEN = rf"{LEAD}{UPPER}*{LOWER}+|{LEAD}{UPPER}+{LOWER}*|\p{{N}}{REST}"

# Name, vocabulary, how text is split, normaliser, and whether words that are tokens stay whole.
BYTE_LEVEL = [
    ("gpt-2", "gpt-2", None, None, False),
    ("llama-bpe", "llama-bpe", [CL100K], None, True),
    ("qwen2", "qwen2", [QWEN2], "NFC", False),
    ("qwen35", "qwen2", [QWEN35], "NFC", False),
    ("o200k", "llama-bpe", [O200K], None, False),
    ("tekken", "llama-bpe", [TEKKEN], None, True),
    ("smollm", "gpt-2", "digits", None, False),
    ("unknown", "gpt-2", [r"\p{N}{1,2}", r"[a-z]+|\s+|[^a-z\s]+"], "NFKC", False),
]


def read(path):
    """Tokens, types, scores and merges of a GGUF file."""
    fields = GGUFReader(path).fields
    values = lambda name: fields[name].contents() if name in fields else None
    prefix = "tokenizer.ggml."
    return [values(prefix + name) for name in ("tokens", "token_type", "scores", "merges")]


def add_special(tokenizer, tokens, types, options=None):
    found = [
        AddedToken(token, special=kind != 4, normalized=False, **(options or {}).get(token, {}))
        for token, kind in zip(tokens, types)
        if kind in (2, 3, 4)
    ]
    tokenizer.add_tokens(found)


def byte_level(source, splits, normal, whole):
    tokens, types, _, merges = read(source)
    vocab = {t: i for i, (t, kind) in enumerate(zip(tokens, types)) if kind == 1}
    pairs = [tuple(merge.split(" ")) for merge in merges]
    tokenizer = Tokenizer(BPE(vocab, pairs, ignore_merges=whole))
    if normal:
        tokenizer.normalizer = getattr(normalizers, normal)()
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=splits in (None, "digits"))
    steps = []
    if splits == "digits":
        steps = [pre_tokenizers.Digits(individual_digits=True)]
    elif splits:
        steps = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in splits]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*steps, level]) if steps else level
    tokenizer.decoder = decoders.ByteLevel()
    # Ids that only added tokens have must not move, so they are given in order.
    add_special(tokenizer, tokens, types)
    return tokenizer


def characters(source, prefix, strips=False):
    tokens, types, scores, merges = read(source)
    vocab = {token: i for i, token in enumerate(tokens)}
    if merges is None:
        ranked = []
        for token, score in zip(tokens, scores):
            splits = [(token[:at], token[at:]) for at in range(1, len(token))]
            splits = [pair for pair in splits if pair[0] in vocab and pair[1] in vocab]
            splits.sort(key=lambda pair: (vocab[pair[0]], vocab[pair[1]]))
            ranked += [(-score, *pair) for pair in splits]
        ranked.sort(key=lambda entry: entry[0])
        pairs = [(left, right) for _, left, right in ranked]
    else:
        # The space that parts the two tokens is never the first character.
        pairs = [(m[: m.index(" ", 1)], m[m.index(" ", 1) + 1 :]) for m in merges]
    model = BPE(vocab, pairs, byte_fallback=True, fuse_unk=True, unk_token="<unk>")
    tokenizer = Tokenizer(model)
    steps = [normalizers.Prepend("▁")] if prefix else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "▁")])
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence(steps + [decoders.Strip(" ", 1, 0)] * prefix)
    if not prefix:
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    # Phi-3 was trained with the white space behind its special tokens taken away.
    keep = ["<unk>", "<s>", "<|endoftext|>"]
    options = {token: {"rstrip": True} for token in tokens if strips and token not in keep}
    add_special(tokenizer, tokens, types, options)
    return tokenizer


def random_text(random, names):
    """Text of many scripts, of much white space, and of what patterns look for."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    pieces = ["'s", "'S", "'ſ", "'re", "'LL", "'ve ", "'d", "n't", "//", "\r\n", "...", "▁", "ﬁ", "Å", "A\u030a"]
    spaces = " \t\n\r\u00a0\u2003\u3000\u0085\u200b\v\f"
    out = []
    for _ in range(random.randint(1, random.choice([4, 12, 40]))):
        match random.randint(0, 11):
            case 0 | 1 | 2:
                out.append("".join(random.choices(letters, k=random.randint(1, 9))))
            case 3:
                out.append("".join(random.choices(spaces[:4], k=random.randint(1, 6))))
            case 4:
                out.append(" " * random.randint(1, 3))
            case 5:
                out.append(random.choice(spaces))
            case 6:
                out.append("".join(random.choices("0123456789٣४", k=random.randint(1, 7))))
            case 7:
                out.append(random.choice(pieces))
            case 8:
                out.append("".join(random.choices("!\"#$%&()*+,-./:;<=>?@[]^_`{|}~", k=random.randint(1, 4))))
            case 9:
                out.append(random.choice(names) if random.random() < 0.3 else "日本語"[: random.randint(1, 3)])
            case _:
                first = random.choice([0x80, 0x300, 0x400, 0x600, 0x900, 0x1F00, 0x2000, 0x3040, 0x1F300, 0x0])
                width = 0x110000 if first == 0 else 0x180
                for _ in range(random.randint(1, 4)):
                    code = random.randrange(first, first + width if first else width)
                    character = chr(code)
                    # Letters that Unicode took in after 15.0 are letters to newer tables only.
                    if unicodedata.category(character) not in ("Cs", "Cn"):
                        out.append(character)
    return "".join(out)


def main(source, target, count=10_000):
    source, target = pathlib.Path(source), pathlib.Path(target)
    gguf = lambda name: source / f"ggml-vocab-{name}.gguf"
    makers = {name: (lambda v=v, s=s, n=n, w=w: byte_level(gguf(v), s, n, w)) for name, v, s, n, w in BYTE_LEVEL}
    makers["llama-spm"] = lambda: characters(gguf("llama-spm"), True)
    makers["phi-3"] = lambda: characters(gguf("phi-3"), True, strips=True)
    makers["gemma-4"] = lambda: characters(gguf("gemma-4"), False)
    is_sample = int(count) <= 1000
    for name, make in makers.items():
        if is_sample and name not in KEPT:
            continue
        tokenizer = make()
        choose = random.Random(f"{SEED} {name}")
        folder = target if is_sample else target / name
        folder.mkdir(parents=True, exist_ok=True)
        if not is_sample:
            tokenizer.save(str(folder / "tokenizer.json"))
        names = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
        texts = [random_text(choose, names) for _ in range(int(count))]
        lines = []
        for parses in (True, False):
            tokenizer.encode_special_tokens = not parses
            half = texts[:: 2] if parses else texts[1::2]
            for text, encoding in zip(half, tokenizer.encode_batch(half, add_special_tokens=False)):
                line = {"text": text, "parses": parses, "ids": encoding.ids}
                line["decoded"] = tokenizer.decode(encoding.ids, skip_special_tokens=parses)
                lines.append(json.dumps(line, ensure_ascii=True))
        path = target / f"{name}.jsonl" if is_sample else folder / "strings.jsonl"
        path.write_text("\n".join(lines) + "\n")
        print(name, len(lines), path.stat().st_size)
    if is_sample:
        command = f"python reference/vocabularies.py ../shared/data/tokenizers fixtures/tokenizers {count}"
        versions = f"python {platform.python_version()}, gguf {version('gguf')}, tokenizers {version('tokenizers')}"
        manifest.record({"tokenizers": {"command": command, "seed": SEED, "versions": versions}})


if __name__ == "__main__":
    main(*sys.argv[1:])
