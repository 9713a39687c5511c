"""Random inputs for each QuixBugs program, within its documented preconditions.

`GENERATORS[name](rng)` returns the argument tuple of one call. Equal random states give equal
arguments, so that the reference and a candidate can each have a fresh copy to consume or mutate.
Sizes lean to the small side, where boundaries lie; calls of exponential programs stay affordable.
"""

import graphs

WORDS = ["a", "an", "leaf", "stone", "river", "of", "the", "grasshopper", "so", "it", "must", "have"]


def size(rng, largest):
    """A length in 0..=largest, small ones more often."""
    return min(rng.randint(0, largest), rng.randint(0, largest))


def ints(rng, length, low=-20, high=20):
    return [rng.randint(low, high) for _ in range(length)]


def unique_ints(rng, length, low=-50, high=50):
    return rng.sample(range(low, high + 1), length)


def string(rng, longest, alphabet):
    return "".join(rng.choice(alphabet) for _ in range(size(rng, longest)))


def bitcount(rng):
    return (rng.randrange(2 ** rng.randint(0, 40)),)


def bucketsort(rng):
    k = rng.randint(1, 15)
    return [rng.randrange(k) for _ in range(size(rng, 20))], k


def find_first_in_sorted(rng):
    arr = sorted(ints(rng, size(rng, 16), -8, 8))
    return arr, rng.randint(-10, 10)


def find_in_sorted(rng):
    return find_first_in_sorted(rng)


def nested(rng, depth):
    if depth == 0 or rng.random() < 0.5:
        return rng.choice([rng.randint(-9, 9), rng.choice(WORDS), None, (1, 2), 2.5, True])
    return [nested(rng, depth - 1) for _ in range(size(rng, 5))]


def flatten(rng):
    return ([nested(rng, 4) for _ in range(size(rng, 7))],)


def gcd(rng):
    factor = rng.choice([1, 1, 2, 6, 35, 1024])
    return factor * rng.randint(0, 400), factor * rng.randint(0, 400)


def get_factors(rng):
    return (rng.randint(1, rng.choice([30, 200, 20_000])),)


def hanoi(rng):
    height = size(rng, 9)
    return rng.choice([(height,), (height, rng.randint(1, 2))] + [(height, rng.randint(1, 3), rng.randint(1, 3))] * 6)


def is_valid_parenthesization(rng):
    parens, depth = [], 0
    for _ in range(size(rng, 12)):
        down = depth > 0 and rng.random() < 0.5
        parens.append(")" if down else "(")
        depth += -1 if down else 1
    if rng.random() < 0.6:
        parens += ")" * depth
    if parens and rng.random() < 0.35:
        parens[rng.randrange(len(parens))] = rng.choice("()")
    if rng.random() < 0.2:
        rng.shuffle(parens)
    return ("".join(parens),)


def kheapsort(rng):
    arr = sorted(unique_ints(rng, size(rng, 14)))
    k = rng.randint(0, max(len(arr) - 1, 0))
    # Shuffling within blocks of k + 1 moves no element further than k places.
    result = []
    for start in range(0, len(arr), k + 1):
        block = arr[start : start + k + 1]
        rng.shuffle(block)
        result += block
    return result, k


def knapsack(rng):
    items = [[rng.randint(1, 15), rng.randint(1, 30)] for _ in range(size(rng, 7))]
    total = sum(weight for weight, _ in items)
    return rng.choice([rng.randint(0, 40), total, max(total - 1, 0), rng.randint(0, total)]), items


def kth(rng):
    arr = ints(rng, 1 + size(rng, 14), -9, 9)
    return arr, rng.randrange(len(arr))


def lcs_length(rng):
    alphabet = rng.choice(["ab", "abcd", "abcdefgh "])
    s = string(rng, 12, alphabet)
    t = string(rng, 12, alphabet)
    if s and rng.random() < 0.4:
        start = rng.randrange(len(s))
        t = t[: len(t) // 2] + s[start : start + rng.randint(1, 5)] + t[len(t) // 2 :]
    return s, t


def levenshtein(rng):
    alphabet = rng.choice(["ab", "abcd", "kitensg"])
    return string(rng, 6, alphabet), string(rng, 6, alphabet)


def lis(rng):
    return (unique_ints(rng, size(rng, 14)),)


def longest_common_subsequence(rng):
    alphabet = rng.choice(["ab", "abcd", "abcdefgh"])
    return string(rng, 8, alphabet), string(rng, 8, alphabet)


def max_sublist_sum(rng):
    return (ints(rng, size(rng, 14), -10, rng.choice([-1, 4, 10])),)


def mergesort(rng):
    return (ints(rng, size(rng, 20), -9, 9),)


def next_palindrome(rng):
    half = [rng.choice([0, 1, 8, 9, 9, 9, rng.randint(0, 9)]) for _ in range(rng.randint(1, 6))]
    if rng.random() < 0.15:
        half = [9] * len(half)
    digits = half + half[::-1][rng.randint(0, 1) :]
    if len(digits) > 1 and digits[0] == 0:
        digits[0] = digits[-1] = rng.randint(1, 9)
    return (digits,)


def next_permutation(rng):
    while True:
        perm = unique_ints(rng, rng.randint(2, 8))
        if rng.random() < 0.4:
            tail = rng.randrange(len(perm))
            perm[tail:] = sorted(perm[tail:], reverse=True)
        if perm != sorted(perm, reverse=True):
            return (perm,)


def pascal(rng):
    return (rng.randint(1, rng.choice([6, 60])),)


def possible_change(rng):
    coins = rng.sample(range(1, 16), rng.randint(0, 4))
    return coins, rng.choice([0, -rng.randint(1, 9), rng.randint(1, 45), rng.randint(1, 20)])


def powerset(rng):
    return (rng.sample(["a", "b", "xy", "", 0, 1, 5, None, (2,), 3.5], rng.randint(0, 7)),)


def quicksort(rng):
    return mergesort(rng)


def rpn_eval(rng):
    def tokens(depth):
        if depth == 0 or rng.random() < 0.25:
            return [rng.choice([rng.randint(-9, 9), rng.randint(1, 90) / 8]) * 1.0]
        return tokens(depth - 1) + tokens(depth - 1) + [rng.choice("+-*/")]

    return (tokens(rng.randint(0, 4)),)


def shunting_yard(rng):
    tokens = []
    for _ in range(size(rng, 8)):
        tokens += [rng.randint(0, 99), rng.choice("+-*/")]
    return (tokens[:-1],)


def sieve(rng):
    return (rng.randint(1, rng.choice([12, 60, 600])),)


def sqrt(rng):
    x = rng.choice([1, 2, 4, 1.0, rng.randint(1, 400), rng.uniform(1, 5), rng.uniform(1, 1e4)])
    return x, rng.choice([1.0, 0.5, 0.1, 0.01, 1e-3, 1e-6])


def subsequences(rng):
    a = rng.randint(-5, 20)
    return a, a + rng.randint(-3, 9), rng.randint(0, 6)


def to_base(rng):
    return rng.randint(1, rng.choice([40, 2_000, 10**9])), rng.randint(2, 36)


def wrap(rng):
    while True:
        if rng.random() < 0.15:
            text = string(rng, 40, "abc")
        else:
            gap = lambda: " " * rng.choice([1, 1, 1, 2, 3])
            text = "".join(rng.choice(WORDS) + gap() for _ in range(size(rng, 18)))
            text = rng.choice([text, text.strip()])
        cols = rng.randint(1, 30)
        if wrapping_ends(text, cols):
            return text, cols


def wrapping_ends(text, cols):
    """Whether the reference stops: a rest that begins with its only space in reach never shrinks."""
    while len(text) > cols:
        end = text.rfind(" ", 0, cols + 1)
        if end == 0:
            return False
        text = text[end if end > 0 else cols :]
    return True


LISTS_NUMBERS_AND_STRINGS = [
    bitcount, bucketsort, find_first_in_sorted, find_in_sorted, flatten, gcd, get_factors, hanoi,
    is_valid_parenthesization, kheapsort, knapsack, kth, lcs_length, levenshtein, lis,
    longest_common_subsequence, max_sublist_sum, mergesort, next_palindrome, next_permutation, pascal,
    possible_change, powerset, quicksort, rpn_eval, shunting_yard, sieve, sqrt, subsequences, to_base, wrap,
]  # fmt: skip

GENERATORS = {generator.__name__: generator for generator in LISTS_NUMBERS_AND_STRINGS + graphs.GENERATORS}
