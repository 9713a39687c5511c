from formula import FormulaError, Parser, evaluate, names, show, tokenize
from probing import check, rng


def formula(depth):
    if depth == 0:
        return rng.choice(["1", "2", "3", "10", "0.5", "2.25", "x", "y", "_z1"])
    kind = rng.random()
    gap = rng.choice(["", " "])
    if kind < 0.6:
        operator = rng.choice("+-*/%^")
        return f"{formula(depth - 1)}{gap}{operator}{gap}{formula(rng.randrange(depth))}"
    if kind < 0.75:
        return f"({formula(depth - 1)}{gap})"
    if kind < 0.85:
        return f"-{gap}{formula(depth - 1)}"
    count = rng.randint(1, 3)
    name = rng.choice(["max", "min"]) if count > 1 else rng.choice(["abs", "round"])
    return f"{name}({', '.join(formula(depth - 1) for _ in range(count))})"


def parsed(text):
    try:
        tree = Parser(text).parse()
        return tree, show(tree), sorted(names(tree))
    except FormulaError as error:
        return error.position, str(error)


def evaluated(text, **variables):
    try:
        return evaluate(text, **variables)
    except FormulaError as error:
        return error.position
    except ArithmeticError as error:
        return type(error).__name__


for _ in range(120):
    text = formula(rng.randint(0, 4))
    check(parsed, text)
    if text.count("^") < 3:
        check(evaluated, text, x=rng.randint(-3, 3), y=rng.randint(1, 4), _z1=rng.choice([0, 2]))
    broken = list(text)
    broken[rng.randrange(len(broken))] = rng.choice(["", ")", "(", "$", ",", "+", " "])
    check(parsed, "".join(broken))
for text in ["2 ^ 3 ^ 2", "-2 ^ 2", "2 ^ -2", "9 - 5 - 1", "8 / 4 / 2", "7 % 5 % 2", "- - 2", "f()", "g(1)", "1.", ".5", "x y"]:
    check(parsed, text)
    check(evaluated, text)
for text in ["", " ", "1  +  22", "a1b", "1a", "3.14 15", "(,)", "\t5", "5 # 6"]:
    check(tokenize, text)
