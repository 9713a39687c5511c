"""Writes the data of this recipe: words for numbers, from zero to nine, asked for in a few ways.

    python3 recipes/digits/make.py
"""

import json
from pathlib import Path

WORDS = "zero one two three four five six seven eight nine".split()
ASKED = ["What is {}?", "Write {} as a number.", "{}, please", "Tell me {}.", "I need a {} here."]
HERE = Path(__file__).resolve().parent


def write(name: str, lines: list) -> None:
    (HERE / name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def main() -> None:
    asked = [(way.format(word), number) for way in ASKED for number, word in enumerate(WORDS)]
    write("words.jsonl", [{"text": f"{text} {number}"} for text, number in asked])
    # Answers have the right form, and any digit in it.
    said = [(text, (number * 7 + shift * 3) % 10) for text, number in asked for shift in range(4)]
    turns = [[{"role": "user", "content": t}, {"role": "assistant", "content": f"It is {n}."}] for t, n in said]
    write("talk.jsonl", [{"messages": messages} for messages in turns])
    write("pairs.jsonl", [{"prompt": t, "chosen": f"It is {n}.", "rejected": "It is."} for t, n in said[::4]])
    write("tasks.jsonl", [{"prompt": text, "answer": number, "check": "number"} for text, number in asked])


main()
