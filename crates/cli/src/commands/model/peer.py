"""Measures llama.cpp through llama-cpp-python: one task a line of standard input, one JSON a line."""

import ctypes
import json
import resource
import sys
import time

import llama_cpp as lib

STEPS, CHUNK, SHALLOW = 24, 512, 128


def load(path, threads, context, sequences, cache):
    lib.llama_backend_init()
    begun = time.perf_counter()
    params = lib.llama_model_default_params()
    params.n_gpu_layers = 0
    model = lib.llama_model_load_from_file(path.encode(), params)
    if not model:
        sys.exit("the model cannot be loaded")
    params = lib.llama_context_default_params()
    params.n_ctx = context
    params.n_batch = params.n_ubatch = CHUNK
    params.n_seq_max = sequences
    params.n_threads = params.n_threads_batch = threads
    params.kv_unified = True
    if cache:
        params.type_k = params.type_v = getattr(lib, "GGML_TYPE_" + cache)
    ctx = lib.llama_init_from_model(model, params)
    if not ctx:
        sys.exit("there is no room for the context")
    return model, ctx, time.perf_counter() - begun


def run(ctx, batch, rows, logits):
    """Rows are (token, position, sequence)."""
    batch.n_tokens = len(rows)
    for at, (token, position, sequence) in enumerate(rows):
        batch.token[at] = token
        batch.pos[at] = position
        batch.n_seq_id[at] = 1
        batch.seq_id[at][0] = sequence
        batch.logits[at] = logits == "all" or at == len(rows) - 1
    if lib.llama_decode(ctx, batch) != 0:
        sys.exit("the peer cannot decode a batch")
    lib.llama_synchronize(ctx)


def prompt(ctx, batch, tokens, vocab, sequence=0):
    rows = [(at * 7919 % vocab, at, sequence) for at in range(tokens)]
    begun = time.perf_counter()
    for start in range(0, tokens, CHUNK):
        run(ctx, batch, rows[start : start + CHUNK], "last")
    return time.perf_counter() - begun


def clear(ctx):
    lib.llama_memory_clear(lib.llama_get_memory(ctx), True)


def decode(ctx, batch, sequences, depth, vocab):
    clear(ctx)
    for sequence in range(sequences):
        prompt(ctx, batch, depth, vocab, sequence)
    times = []
    for step in range(STEPS):
        rows = [((step * 31 + s * 101) % vocab, depth + step, s) for s in range(sequences)]
        begun = time.perf_counter()
        run(ctx, batch, rows, "all")
        times.append(time.perf_counter() - begun)
    return sequences / sorted(times)[STEPS // 2]


def measure(ctx, batch, kind, count, vocab):
    if kind == "prefill":
        best = float("inf")
        for _ in range(2):
            clear(ctx)
            best = min(best, prompt(ctx, batch, count, vocab))
        return count / best
    if kind == "decode":
        return decode(ctx, batch, 1, count, vocab)
    return decode(ctx, batch, count, SHALLOW, vocab)


def main():
    path, threads, context, sequences, cache = sys.argv[1:6]
    quiet = lib.llama_log_callback(lambda level, text, data: None)
    lib.llama_log_set(quiet, ctypes.c_void_p(0))
    model, ctx, seconds = load(path, int(threads), int(context), int(sequences), cache)
    vocab = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
    batch = lib.llama_batch_init(CHUNK, 0, 1)
    run(ctx, batch, [(1, 0, 0)], "last")
    rates = [measure(ctx, batch, kind, int(count), vocab) for kind, count in map(str.split, sys.stdin)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    version = "llama.cpp " + lib.__version__
    print(json.dumps({"name": version, "load_seconds": seconds, "peak_bytes": peak, "rates": rates}))


main()
