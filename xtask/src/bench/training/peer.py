"""Steps of training the networks of `crates/training/benches/speed.rs` with PyTorch, one line of JSON.

    python peer.py small|large f32|bf16 eager|compiled STEPS
"""

import json
import resource
import sys
import time

import torch
import transformers

SIZES = {"small": (256, 8, 4, 688, 8192), "large": (512, 12, 8, 1376, 16384)}


def main() -> None:
    size, numbers, mode, steps = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    hidden, layers, heads, inner, vocab = SIZES[size]
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=vocab,
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        max_position_embeddings=512,
        tie_word_embeddings=True,
    )
    model = transformers.LlamaForCausalLM(config)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    forward = torch.compile(model) if mode == "compiled" else model
    best = float("inf")
    for step in range(steps + 1):
        batch = torch.randint(0, vocab, (8, 513))
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=numbers == "bf16"):
            logits = forward(input_ids=batch[:, :-1]).logits
            loss = torch.nn.functional.cross_entropy(logits.float().reshape(-1, vocab), batch[:, 1:].reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step > 0:
            best = min(best, time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"tokens_per_second": 4096 / best, "peak_mib": peak, "version": torch.__version__.split("+")[0]}))


main()
