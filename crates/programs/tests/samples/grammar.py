"""Corners of the grammar."""
from __future__ import annotations

import operator as op
from functools import reduce

TABLE = {"+": op.add, "-": op.sub, "*": op.mul, "/": lambda a, b: a / b}
FLAGS = 0x1F


def evaluate(tokens):
    stack = []
    for token in tokens:
        if token in TABLE:
            b, a = stack.pop(), stack.pop()
            stack.append(TABLE[token](a, b))
        else:
            stack.append(float(token))
    return stack.pop()


def odd(*args, scale: int = 1, **options):
    global FLAGS
    FLAGS |= 1
    first, *rest = args
    x = y = z = 0
    del y
    x, z = z, x
    values = [*args, *rest]
    merged = {**options, "scale": scale}
    if (n := len(values)) > 3: return n; print("never")
    print("a" "b", end="")
    return reduce(lambda acc, v: acc + v, values, 0), merged


async def fetch(session, url, retries=3):
    for attempt in range(retries):
        try:
            async with session.get(url) as response:
                return await response.json()
        except TimeoutError:
            if attempt + 1 == retries:
                raise
    return None


def match_shape(command):
    match command.split():
        case ["go", direction]:
            return direction
        case ["drop", *things] if len(things) > 1:
            return things
        case _:
            return None


def grid(rows, cols):
    cells = [[0 for _ in range(cols)] for _ in range(rows)]
    for r in range(rows):
        for c in range(cols):
            cells[r][c] = (
                r * cols
                + c  # row-major
                - 1
            )
    return [row[::-1] for row in cells][1:-1:2]


def nested(data):
    def walk(node, depth=0):
        nonlocal deepest
        deepest = max(deepest, depth)
        for child in node.get("children", ()):
            walk(child, depth + 1)

    deepest = 0
    walk(data)
    return not deepest if data is None else ~deepest


text = """several
lines"""
if __name__ == "__main__":
    print(evaluate("1 2 +".split()), text)
