//! Grammars in llama.cpp's notation, rewritten in llguidance's dialect of Lark.
//!
//! GBNF knows characters only, Lark knows words. Rules that do not contain themselves become single
//! words, matched as regular expressions; the others stay rules. Where two words of a recursive rule
//! could end at the same character, the longer is taken, which is narrower than GBNF.

use std::collections::{BTreeMap, BTreeSet};

use super::tags::quoted;

/// What a rule says.
#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Text(String),
    /// Characters between these, or all others.
    Class {
        is_negated: bool,
        ranges: Vec<(char, char)>,
    },
    Any,
    Rule(String),
    Repeat(Box<Expression>, u32, Option<u32>),
    Sequence(Vec<Expression>),
    Choice(Vec<Expression>),
}

/// How deep groups may nest.
const DEPTH_MAX: usize = 200;

pub(super) fn to_lark(text: &str) -> Result<String, String> {
    let rules = Parser {
        text,
        at: 0,
        depth: 0,
    }
    .rules()?;
    if !rules.contains_key("root") {
        return Err("there is no rule `root`".to_owned());
    }
    for (name, expression) in &rules {
        if let Some(missing) = mentioned(expression)
            .into_iter()
            .find(|name| !rules.contains_key(*name))
        {
            return Err(format!("`{name}` uses `{missing}`, which is no rule"));
        }
    }
    let words: BTreeSet<&str> = rules
        .keys()
        .filter(|name| !is_recursive(name, &rules))
        .map(String::as_str)
        .collect();
    let names: BTreeMap<&str, String> = rules
        .keys()
        .enumerate()
        .map(|(number, name)| {
            let kind = if words.contains(name.as_str()) {
                "WORD"
            } else {
                "rule"
            };
            (name.as_str(), format!("{kind}_{number}"))
        })
        .collect();
    let mut lark = format!("start: {}\n", names["root"]);
    for (name, expression) in &rules {
        lark += &format!(
            "{}: {}\n",
            names[name.as_str()],
            written(expression, &names)
        );
    }
    Ok(lark)
}

/// Whether following what `name` mentions leads back to a rule seen on the way.
fn is_recursive(name: &str, rules: &BTreeMap<String, Expression>) -> bool {
    // A word may only mention words, so all that is reachable must be free of circles.
    fn walk<'a>(
        name: &'a str,
        rules: &'a BTreeMap<String, Expression>,
        open: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> bool {
        if open.contains(&name) {
            return true;
        }
        if !done.insert(name) {
            return false;
        }
        open.push(name);
        let found = mentioned(&rules[name])
            .into_iter()
            .any(|next| walk(next, rules, open, done));
        open.pop();
        found
    }
    walk(name, rules, &mut Vec::new(), &mut BTreeSet::new())
}

fn mentioned(expression: &Expression) -> Vec<&str> {
    match expression {
        Expression::Rule(name) => vec![name],
        Expression::Repeat(inner, ..) => mentioned(inner),
        Expression::Sequence(parts) | Expression::Choice(parts) => {
            parts.iter().flat_map(mentioned).collect()
        }
        Expression::Text(_) | Expression::Class { .. } | Expression::Any => Vec::new(),
    }
}

fn written(expression: &Expression, names: &BTreeMap<&str, String>) -> String {
    match expression {
        Expression::Text(text) => quoted(text),
        Expression::Any => "/(?s:.)/".to_owned(),
        Expression::Class { is_negated, ranges } => {
            let sign = if *is_negated { "^" } else { "" };
            let ranges = ranges.iter().map(|(first, last)| {
                format!("\\x{{{:X}}}-\\x{{{:X}}}", *first as u32, *last as u32)
            });
            format!("/[{sign}{}]/", ranges.collect::<String>())
        }
        Expression::Rule(name) => names[name.as_str()].clone(),
        Expression::Repeat(inner, least, most) => {
            let times = match (least, most) {
                (0, None) => "*".to_owned(),
                (1, None) => "+".to_owned(),
                (0, Some(1)) => "?".to_owned(),
                (least, None) => format!("{{{least},}}"),
                (least, Some(most)) => format!("{{{least},{most}}}"),
            };
            format!("({}){times}", written(inner, names))
        }
        Expression::Sequence(parts) if parts.is_empty() => "\"\"".to_owned(),
        Expression::Sequence(parts) => {
            let parts: Vec<String> = parts.iter().map(|part| written(part, names)).collect();
            parts.join(" ")
        }
        Expression::Choice(parts) => {
            let parts: Vec<String> = parts.iter().map(|part| written(part, names)).collect();
            format!("({})", parts.join(" | "))
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn rules(mut self) -> Result<BTreeMap<String, Expression>, String> {
        let mut rules = BTreeMap::new();
        self.skip_space(true);
        while self.at < self.text.len() {
            let name = self.name()?;
            self.skip_space(false);
            if !self.eat("::=") {
                return Err(self.complaint("`::=` expected"));
            }
            let expression = self.choice()?;
            if rules.insert(name.clone(), expression).is_some() {
                return Err(format!("the rule `{name}` stands there twice"));
            }
            self.skip_space(true);
        }
        Ok(rules)
    }

    fn choice(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("groups nest deeper than `{DEPTH_MAX}`"));
        }
        let is_nested = self.depth > 1;
        let mut parts = vec![self.sequence(is_nested)?];
        while self.eat("|") {
            parts.push(self.sequence(is_nested)?);
        }
        self.depth -= 1;
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Expression::Choice(parts),
        })
    }

    fn sequence(&mut self, is_nested: bool) -> Result<Expression, String> {
        let mut parts = Vec::new();
        // After `::=` and `|` a line may end; within brackets anywhere.
        self.skip_space(true);
        loop {
            let part = match self.peek() {
                Some('"') => self.text_literal()?,
                Some('[') => self.class()?,
                Some('(') => {
                    self.at += 1;
                    let inner = self.choice()?;
                    self.skip_space(true);
                    if !self.eat(")") {
                        return Err(self.complaint("`)` expected"));
                    }
                    inner
                }
                Some('.') => {
                    self.at += 1;
                    Expression::Any
                }
                Some(c) if is_name(c) => Expression::Rule(self.name()?),
                _ => break,
            };
            let part = self.repetitions(part)?;
            parts.push(part);
            self.skip_space(is_nested);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Expression::Sequence(parts),
        })
    }

    fn repetitions(&mut self, mut part: Expression) -> Result<Expression, String> {
        loop {
            let (least, most) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => {
                    let end = self.text[self.at..]
                        .find('}')
                        .ok_or_else(|| self.complaint("`}` expected"))?;
                    let inside = &self.text[self.at + 1..self.at + end];
                    let bounds = bounds(inside).ok_or_else(|| self.complaint("no repetition"))?;
                    self.at += end;
                    bounds
                }
                _ => return Ok(part),
            };
            self.at += 1;
            part = Expression::Repeat(Box::new(part), least, most);
        }
    }

    fn text_literal(&mut self) -> Result<Expression, String> {
        self.at += 1;
        let mut text = String::new();
        while !self.eat("\"") {
            text.push(self.character()?);
        }
        Ok(Expression::Text(text))
    }

    fn class(&mut self) -> Result<Expression, String> {
        self.at += 1;
        let is_negated = self.eat("^");
        let mut ranges = Vec::new();
        while !self.eat("]") {
            let first = self.character()?;
            let is_range =
                self.text[self.at..].starts_with('-') && !self.text[self.at..].starts_with("-]");
            let last = if is_range {
                self.at += 1;
                self.character()?
            } else {
                first
            };
            if last < first {
                return Err(self.complaint("a range that ends before it begins"));
            }
            ranges.push((first, last));
        }
        match (ranges.is_empty(), is_negated) {
            (true, true) => Ok(Expression::Any),
            (true, false) => Err(self.complaint("an empty class")),
            _ => Ok(Expression::Class { is_negated, ranges }),
        }
    }

    /// A character of a literal or a class, its escape read.
    fn character(&mut self) -> Result<char, String> {
        let c = self
            .peek()
            .ok_or_else(|| self.complaint("the end of a literal expected"))?;
        self.at += c.len_utf8();
        if c != '\\' {
            return Ok(c);
        }
        let escape = self
            .peek()
            .ok_or_else(|| self.complaint("an escape expected"))?;
        self.at += escape.len_utf8();
        let digits = match escape {
            'n' => return Ok('\n'),
            'r' => return Ok('\r'),
            't' => return Ok('\t'),
            '\\' | '"' | '[' | ']' | '-' | '^' | '/' => return Ok(escape),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            other => return Err(self.complaint(&format!("unknown escape `\\{other}`"))),
        };
        let number = self.text.get(self.at..self.at + digits);
        let found = number.and_then(|number| char::from_u32(u32::from_str_radix(number, 16).ok()?));
        self.at += digits;
        found.ok_or_else(|| "an escape that is no character".to_owned())
    }

    fn name(&mut self) -> Result<String, String> {
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        if length == 0 {
            return Err(self.complaint("the name of a rule expected"));
        }
        self.at += length;
        Ok(rest[..length].to_owned())
    }

    fn skip_space(&mut self, also_lines: bool) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' => self.at += 1,
                '\n' | '\r' if also_lines => self.at += 1,
                '#' => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
                }
                _ => break,
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.text[self.at..].starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn complaint(&self, what: &str) -> String {
        let line = 1 + self.text[..self.at.min(self.text.len())]
            .matches('\n')
            .count();
        format!("{what}, in line `{line}`")
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// `m`, `m,` or `m,n`.
fn bounds(text: &str) -> Option<(u32, Option<u32>)> {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    match text.split_once(',') {
        None => number(text).map(|count| (count, Some(count))),
        Some((least, most)) if most.trim().is_empty() => Some((number(least)?, None)),
        Some((least, most)) => {
            let (least, most) = (number(least)?, number(most)?);
            (least <= most).then_some((least, Some(most)))
        }
    }
}
