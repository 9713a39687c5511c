def flatten(value):
    if isinstance(value, list):
        for inner in value:
            yield from flatten(inner)
    else:
        yield value


def subsets(items):
    if not items:
        return [[]]
    first, rest = items[0], items[1:]
    without = subsets(rest)
    return without + [[first] + subset for subset in without]


def hanoi(height, start=1, end=3):
    steps = []
    if height > 0:
        helper = ({1, 2, 3} - {start} - {end}).pop()
        steps.extend(hanoi(height - 1, start, helper))
        steps.append((start, end))
        steps.extend(hanoi(height - 1, helper, end))
    return steps


def merge(left, right):
    merged = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    merged.extend(left[i:] or right[j:])
    return merged


def sort(values):
    if len(values) <= 1:
        return values
    middle = len(values) // 2
    return merge(sort(values[:middle]), sort(values[middle:]))


def power(base, exponent, modulus):
    if exponent == 0: return 1 % modulus
    half = power(base, exponent // 2, modulus)
    if exponent % 2: return half * half * base % modulus
    return half ** 2 % modulus


def choose(n, k, memo={}):
    if k == 0 or k == n:
        return 1
    if (n, k) not in memo:
        memo[n, k] = choose(n - 1, k - 1) + choose(n - 1, k)
    return memo[n, k]
