def count_ones(n):
    count = 0
    while n:
        n &= n - 1
        count += 1
    return count


def parity(n, odd=True):
	# tabs on purpose
	bits = 0
	while n > 0:
		bits ^= n & 1
		n >>= 1
	if odd:
		return bits == 1
	else:
		return not bits


def gray(n):
    return n ^ (n >> 1)


def mask(width, offset=0): return ((1 << width) - 1) << offset


def sieve(limit):
    primes = []
    for n in range(2, limit + 1):
        if all(n % p > 0 for p in primes): primes.append(n); continue
    return primes


def gcd(a, b):
    if b == 0:
        return a
    else:
        return gcd(b, a % b)


def digits(n, base=10):
    out = []
    while True:
        n, digit = divmod(n, base)
        out.append(digit)
        if n == 0:
            break
    else:
        out = None
    return list(reversed(out))


def root(x, epsilon=1e-6):
    guess = x / 2
    while abs(x - guess ** 2) > epsilon:
        guess = 0.5 * (guess + x / guess)
    return -guess if x < 0 and not epsilon else guess
