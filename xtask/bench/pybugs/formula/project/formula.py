"""Arithmetic as people write it: "2 * (x + 1) ^ 2", "max(a, b) / -3".

    expression = term (("+" | "-") term)*
    term       = unary (("*" | "/" | "%") unary)*
    unary      = "-" unary | power
    power      = atom ("^" unary)?
    atom       = number | name | name "(" arguments ")" | "(" expression ")"
"""

import re

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(.))")

FUNCTIONS = {
    "abs": abs,
    "max": max,
    "min": min,
    "round": round,
}


class FormulaError(ValueError):
    """What stands at `position` of the text does not fit."""

    def __init__(self, message, position):
        super().__init__(f"{message} at {position}")
        self.position = position


def tokenize(text):
    """(kind, value, position) of each token; kinds are number, name, symbol and, at last, end."""
    tokens = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        number, name, symbol = match.groups()
        start = match.start(match.lastindex)
        if number:
            tokens.append(("number", float(number) if "." in number else int(number), start))
        elif name:
            tokens.append(("name", name, start))
        elif symbol in "+-*/%^(),":
            tokens.append(("symbol", symbol, start))
        else:
            raise FormulaError(f"unexpected {symbol!r}", start)
        position = match.end()
    tokens.append(("end", None, len(text)))
    return tokens


class Parser:
    """Builds nested tuples: ("+", left, right), ("neg", x), ("call", name, [arguments])."""

    def __init__(self, text):
        self.tokens = tokenize(text)
        self.place = 0

    def peek(self):
        kind, value, _ = self.tokens[self.place]
        return value if kind == "symbol" else None

    def take(self):
        token = self.tokens[self.place]
        self.place += 1
        return token

    def expect(self, symbol):
        if self.peek() != symbol:
            raise FormulaError(f"expected {symbol!r}", self.tokens[self.place][2])
        self.place += 1

    def parse(self):
        tree = self.expression()
        kind, _, position = self.tokens[self.place]
        if kind != "end":
            raise FormulaError("expected the end", position)
        return tree

    def expression(self):
        tree = self.term()
        while self.peek() in ("+", "-"):
            _, operator, _ = self.take()
            tree = (operator, tree, self.term())
        return tree

    def term(self):
        tree = self.unary()
        while self.peek() in ("*", "/", "%"):
            _, operator, _ = self.take()
            tree = (operator, tree, self.unary())
        return tree

    def unary(self):
        if self.peek() == "-":
            self.take()
            return ("neg", self.unary())
        return self.power()

    def power(self):
        base = self.atom()
        if self.peek() == "^":
            self.take()
            return ("^", base, self.unary())
        return base

    def atom(self):
        kind, value, position = self.take()
        if kind == "number":
            return value
        if kind == "name":
            if self.peek() == "(":
                return ("call", value, self.arguments())
            return value
        if value == "(":
            tree = self.expression()
            self.expect(")")
            return tree
        raise FormulaError("expected a value", position)

    def arguments(self):
        self.expect("(")
        arguments = []
        if self.peek() != ")":
            arguments.append(self.expression())
            while self.peek() == ",":
                self.take()
                arguments.append(self.expression())
        self.expect(")")
        return arguments


def evaluate(text, **variables):
    """The value of a formula; names that are not given raise `KeyError`."""
    return value_of(Parser(text).parse(), variables)


def value_of(tree, variables):
    if isinstance(tree, (int, float)):
        return tree
    if isinstance(tree, str):
        return variables[tree]
    operator, *operands = tree
    if operator == "call":
        name, arguments = operands
        return FUNCTIONS[name](*[value_of(argument, variables) for argument in arguments])
    values = [value_of(operand, variables) for operand in operands]
    match operator:
        case "neg":
            return -values[0]
        case "+":
            return values[0] + values[1]
        case "-":
            return values[0] - values[1]
        case "*":
            return values[0] * values[1]
        case "/":
            return values[0] / values[1]
        case "%":
            return values[0] % values[1]
        case "^":
            return values[0] ** values[1]
    raise AssertionError(operator)


def names(tree):
    """The variables that a tree uses, not the functions."""
    if isinstance(tree, str):
        return {tree}
    if not isinstance(tree, tuple):
        return set()
    if tree[0] == "call":
        parts = tree[2]
    else:
        parts = tree[1:]
    found = set()
    for part in parts:
        found |= names(part)
    return found


def show(tree):
    """The formula of a tree, with every operation in parentheses."""
    if not isinstance(tree, tuple):
        return str(tree)
    operator, *operands = tree
    if operator == "neg":
        return f"(-{show(operands[0])})"
    if operator == "call":
        name, arguments = operands
        return f"{name}({', '.join(show(argument) for argument in arguments)})"
    left, right = operands
    return f"({show(left)} {operator} {show(right)})"
