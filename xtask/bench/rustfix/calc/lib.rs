//! Arithmetic on text: a recursive-descent parser with variables and functions.

use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    UnexpectedEnd,
    Unexpected(char),
    UnknownName(String),
    DivisionByZero,
    WrongArguments { name: String, expected: usize, found: usize },
    Trailing(usize),
}

/// Variables by name.
#[derive(Debug, Default, Clone)]
pub struct Scope {
    values: HashMap<String, i64>,
}

struct Parser<'a> {
    chars: Vec<char>,
    pos: usize,
    scope: &'a Scope,
}

impl<'a> Parser<'a> {
    fn new(text: &str, scope: &'a Scope) -> Self {
        Parser {
            chars: text.chars().filter(|c| !c.is_whitespace()).collect(),
            pos: 0,
            scope,
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.pos).copied()
    }

    fn accept(&mut self, c: char) -> bool {
        if self.peek() == Some(c) {
            self.pos += 1;
            return true;
        }
        false
    }

    fn expect(&mut self, c: char) -> Result<(), Error> {
        if self.accept(c) {
            return Ok(());
        }
        match self.peek() {
            Some(other) => Err(Error::Unexpected(other)),
            None => Err(Error::UnexpectedEnd),
        }
    }

    /// sum := product (('+' | '-') product)*
    fn sum(&mut self) -> Result<i64, Error> {
        let mut value = self.product()?;
        loop {
            if self.accept('+') {
                value += self.product()?;
            } else if self.accept('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    /// product := unary (('*' | '/' | '%') unary)*
    fn product(&mut self) -> Result<i64, Error> {
        let mut value = self.unary()?;
        loop {
            if self.accept('*') {
                value *= self.unary()?;
            } else if self.accept('/') {
                let divisor = self.unary()?;
                if divisor == 0 {
                    return Err(Error::DivisionByZero);
                }
                value /= divisor;
            } else if self.accept('%') {
                let divisor = self.unary()?;
                if divisor == 0 {
                    return Err(Error::DivisionByZero);
                }
                value %= divisor;
            } else {
                return Ok(value);
            }
        }
    }

    /// unary := '-' unary | power
    fn unary(&mut self) -> Result<i64, Error> {
        if self.accept('-') {
            return Ok(-self.unary()?);
        }
        self.power()
    }

    /// power := atom ('^' unary)?  and so binds to the right
    fn power(&mut self) -> Result<i64, Error> {
        let base = self.atom()?;
        if self.accept('^') {
            let exponent = self.unary()?;
            return Ok(power(base, exponent));
        }
        Ok(base)
    }

    fn atom(&mut self) -> Result<i64, Error> {
        match self.peek() {
            Some('(') => {
                self.pos += 1;
                let value = self.sum()?;
                self.expect(')')?;
                Ok(value)
            }
            Some(c) if c.is_ascii_digit() => Ok(self.number()),
            Some(c) if c.is_alphabetic() => self.name(),
            Some(c) => Err(Error::Unexpected(c)),
            None => Err(Error::UnexpectedEnd),
        }
    }

    fn number(&mut self) -> i64 {
        let mut value = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            value = value * 10 + i64::from(digit);
            self.pos += 1;
        }
        value
    }

    fn name(&mut self) -> Result<i64, Error> {
        let start = self.pos;
        while self.peek().is_some_and(|c| c.is_alphanumeric()) {
            self.pos += 1;
        }
        let name: String = self.chars[start..self.pos].iter().collect();
        if self.accept('(') {
            let arguments = self.arguments()?;
            return call(&name, &arguments);
        }
        self.scope
            .values
            .get(&name)
            .copied()
            .ok_or(Error::UnknownName(name))
    }

    fn arguments(&mut self) -> Result<Vec<i64>, Error> {
        let mut arguments = Vec::new();
        if self.accept(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.sum()?);
            if !self.accept(',') {
                break;
            }
        }
        self.expect(')')?;
        Ok(arguments)
    }
}

/// `base` to the power of `exponent`; a negative exponent gives 0, or ±1 for a base of ±1.
pub fn power(base: i64, exponent: i64) -> i64 {
    if exponent < 0 {
        return match base {
            1 => 1,
            -1 => if exponent % 2 == 0 { 1 } else { -1 },
            _ => 0,
        };
    }
    let mut result = 1;
    for _ in 0..exponent {
        result *= base;
    }
    result
}

fn call(name: &str, arguments: &[i64]) -> Result<i64, Error> {
    let arity = |expected: usize| {
        if arguments.len() == expected {
            Ok(())
        } else {
            Err(Error::WrongArguments {
                name: name.to_string(),
                expected,
                found: arguments.len(),
            })
        }
    };
    match name {
        "abs" => {
            arity(1)?;
            Ok(arguments[0].abs())
        }
        "clamp" => {
            arity(3)?;
            Ok(arguments[0].max(arguments[1]).min(arguments[2]))
        }
        "sum" => Ok(arguments.iter().sum()),
        "max" => arguments.iter().copied().max().ok_or(Error::UnexpectedEnd),
        "gcd" => {
            arity(2)?;
            Ok(gcd(arguments[0], arguments[1]))
        }
        _ => Err(Error::UnknownName(name.to_string())),
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

impl Scope {
    pub fn new() -> Self {
        Scope::default()
    }

    pub fn set(&mut self, name: &str, value: i64) {
        self.values.insert(name.to_string(), value);
    }

    pub fn get(&self, name: &str) -> Option<i64> {
        self.values.get(name).copied()
    }

    /// Evaluates one expression.
    pub fn eval(&self, text: &str) -> Result<i64, Error> {
        let mut parser = Parser::new(text, self);
        let value = parser.sum()?;
        if parser.pos < parser.chars.len() {
            return Err(Error::Trailing(parser.pos));
        }
        Ok(value)
    }

    /// Runs `name = expression` or `expression` on each line; the last value is returned.
    pub fn run(&mut self, program: &str) -> Result<Option<i64>, Error> {
        let mut last = None;
        for line in program.lines() {
            let line = line.split('#').next().unwrap_or("").trim();
            if line.is_empty() {
                continue;
            }
            let value = match line.split_once('=') {
                Some((name, expression)) => {
                    let value = self.eval(expression)?;
                    self.set(name.trim(), value);
                    value
                }
                None => self.eval(line)?,
            };
            last = Some(value);
        }
        Ok(last)
    }
}
