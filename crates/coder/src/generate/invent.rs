//! Makes values of a shape: small, varied, and related to each other.

use super::rng::Rng;
use super::shape::Shape;
use super::target::{Callable, Clues, Param, Passing, StandIn, Target};
use super::value::{Case, Object, Step, Value};

/// How deep invented containers nest.
const DEPTH_MAX: usize = 3;

/// Makes the values of one case. Values are drawn from a small palette, so that they often are
/// equal to, next to, or an index into each other.
pub(super) struct Inventor<'a> {
    rng: &'a mut Rng,
    clues: &'a Clues,
    standins: &'a [StandIn],
    classes: &'a [Callable],
    palette: Vec<i64>,
    letters: Vec<char>,
    /// Texts that the case has so far, and how often one of them is taken again.
    texts: Vec<String>,
    recall: usize,
    objects: Vec<Object>,
    object_count: usize,
}

impl<'a> Inventor<'a> {
    pub fn new(rng: &'a mut Rng, target: &'a Target) -> Self {
        let clues = &target.clues;
        let palette = palette(rng, clues);
        let letters = letters(rng, clues);
        let object_count = 1 + rng.below(5);
        Self {
            rng,
            clues,
            standins: &target.standins,
            classes: &target.classes,
            palette,
            letters,
            texts: Vec::new(),
            recall: target.story.recall,
            objects: Vec::new(),
            object_count,
        }
    }

    /// A case for the callables at `steps` of `target`, in that order.
    pub fn case(mut self, target: &Target, steps: &[usize]) -> Case {
        let mut done = Vec::with_capacity(steps.len());
        for &callable in steps {
            let args = self.args(&target.callables[callable].params);
            done.push(Step { callable, args });
        }
        let mut case = Case {
            objects: self.objects,
            steps: done,
        };
        case.tidy();
        case
    }

    /// Continues a case that has objects already.
    pub fn over(mut self, case: &Case) -> Self {
        self.objects = case.objects.clone();
        for value in case.steps.iter().flat_map(|step| &step.args) {
            self.remember(value);
        }
        self
    }

    /// One value for `param`, and all objects that there are now.
    pub fn one(mut self, param: &Param) -> (Value, Vec<Object>) {
        let value = self.argument(param);
        (value, self.objects)
    }

    /// Arguments for `params`: containers first, then what may be an index or a member of them.
    fn args(&mut self, params: &[Param]) -> Vec<Value> {
        let chosen: Vec<Shape> = params.iter().map(|param| self.shape_for(param)).collect();
        let mut args = vec![Value::Omitted; params.len()];
        for scalars in [false, true] {
            for (at, param) in params.iter().enumerate() {
                if is_scalar(&chosen[at]) != scalars {
                    continue;
                }
                if param.has_default && self.rng.chance(30) {
                    continue;
                }
                args[at] = self.passed(param, &chosen[at]);
                let value = args[at].clone();
                self.remember(&value);
            }
        }
        args
    }

    fn argument(&mut self, param: &Param) -> Value {
        let shape = self.shape_for(param);
        self.passed(param, &shape)
    }

    fn passed(&mut self, param: &Param, shape: &Shape) -> Value {
        match param.passing {
            Passing::Rest => {
                let count = self.rng.below(4);
                Value::List((0..count).map(|_| self.value(shape, 1)).collect())
            }
            _ => self.value(shape, 0),
        }
    }

    fn shape_for(&mut self, param: &Param) -> Shape {
        let weights: Vec<f64> = param.shapes.iter().map(|(_, weight)| *weight).collect();
        param.shapes[self.rng.weighted(&weights)].0.clone()
    }

    /// Lets later values of this case be related to `value`.
    fn remember(&mut self, value: &Value) {
        let mut ints = Vec::new();
        let mut recalled = Vec::new();
        value.each(&mut |inner| match inner {
            Value::Int(n) => ints.push(*n),
            Value::List(items) => {
                let length = items.len() as i64;
                ints.extend([length, length - 1]);
            }
            Value::Str(text) => {
                ints.push(text.chars().count() as i64);
                if self.recall > 0 {
                    recalled.push(text.clone());
                }
            }
            _ => {}
        });
        self.palette.extend(ints.into_iter().take(12));
        for text in recalled {
            let pieces = text.split(|c: char| !c.is_alphanumeric());
            for piece in std::iter::once(text.as_str()).chain(pieces) {
                let is_new = !self.texts.iter().any(|known| known == piece);
                if is_new && self.texts.len() < 16 && !piece.is_empty() {
                    self.texts.push(piece.to_owned());
                }
            }
        }
    }

    /// A value of `shape`, `depth` containers deep.
    pub fn value(&mut self, shape: &Shape, depth: usize) -> Value {
        match shape {
            Shape::Any => self.anything(depth),
            Shape::None => Value::None,
            Shape::Bool => Value::Bool(self.rng.chance(50)),
            Shape::Int => Value::Int(self.int()),
            Shape::Float => Value::Float(self.float()),
            Shape::Str => Value::Str(self.text()),
            Shape::Char => Value::Str(self.rng.pick(&self.letters).to_string()),
            Shape::Bytes => Value::Bytes(self.text().into_bytes()),
            Shape::List(item) => self.list(item, depth),
            Shape::Tuple(items) => Value::Tuple(
                items
                    .iter()
                    .map(|item| self.value(item, depth + 1))
                    .collect(),
            ),
            Shape::Set(item) => Value::Set(self.items(item, depth)),
            Shape::Dict(key, value) => self.dict(key, value, depth),
            Shape::Object(class) => self.object(*class),
            Shape::Class(name) => self.built(name, depth),
            Shape::Words(words) => Value::Raw(self.rng.pick(words).clone()),
            Shape::Function(count) => Value::Raw(self.function(*count)),
            Shape::Choice(shapes) => {
                let shape = self.rng.pick(shapes);
                self.value(shape, depth)
            }
        }
    }

    /// An object of one of the program's own classes; its optional arguments are left out.
    fn built(&mut self, name: &str, depth: usize) -> Value {
        let classes = self.classes;
        let constructor = classes.iter().find(|class| class.name == name);
        let params = constructor.map_or(&[][..], |class| &class.params);
        // Where types are known, so is what a constructor takes, however deep it stands.
        let deepest = if self.recall > 0 { 2 } else { 1 } * DEPTH_MAX;
        let args = params
            .iter()
            .filter(|param| !param.has_default && depth < deepest)
            .map(|param| {
                let shape = self.shape_for(param);
                self.value(&shape, depth + 1)
            });
        Value::New(name.to_owned(), args.collect())
    }

    /// A value of which nothing is known but that simple ones are likelier.
    fn anything(&mut self, depth: usize) -> Value {
        if !self.clues.values.is_empty() && self.rng.chance(10) {
            return self.rng.pick(&self.clues.values).clone();
        }
        let deepest = depth >= DEPTH_MAX;
        match self.rng.below(if depth == 0 { 16 } else { 12 }) {
            0..=4 => Value::Int(self.int()),
            5 | 6 => Value::Str(self.text()),
            7 => Value::Float(self.float()),
            8 => Value::Bool(self.rng.chance(50)),
            9 if depth < 2 => Value::None,
            10 if !deepest => self.list(&Shape::Any, depth),
            11 if !deepest => self.dict(&Shape::Str, &Shape::Int, depth),
            12 => self.list(&Shape::Int, depth),
            13 => self.list(&Shape::Str, depth),
            14 => self.list(&Shape::list(Shape::Int), depth),
            _ => Value::Int(self.int()),
        }
    }

    fn int(&mut self) -> i64 {
        match self.rng.below(20) {
            0..=10 => *self.rng.pick(&self.palette),
            11 => *self.rng.pick(&[0, 1, -1, 2]),
            12 if !self.clues.ints.is_empty() => {
                *self.rng.pick(&self.clues.ints) + self.rng.between(-1, 1)
            }
            13 => self.rng.between(-20, 100),
            14 if self.rng.chance(40) => self.rng.between(-1000, 5000),
            15 => *self.rng.pick(&self.palette) + self.rng.between(-1, 1),
            _ => self.rng.between(0, 9),
        }
    }

    fn float(&mut self) -> f64 {
        match self.rng.below(12) {
            0 if !self.clues.floats.is_empty() => *self.rng.pick(&self.clues.floats),
            1 => *self.rng.pick(&[0.0, 1.0, -1.0, 0.5]),
            2 | 3 => self.rng.between(1, 99) as f64 / 100.0,
            4..=6 => self.int() as f64,
            7 => self.rng.between(-80, 80) as f64 / 8.0,
            _ => self.rng.between(0, 40) as f64 / 4.0,
        }
    }

    fn text(&mut self) -> String {
        if !self.texts.is_empty() && self.rng.chance(self.recall) {
            return self.rng.pick(&self.texts).clone();
        }
        if self.recall > 0 && self.rng.chance(30) {
            return self.phrase();
        }
        if !self.clues.strings.is_empty() && self.rng.chance(30) {
            return self.rng.pick(&self.clues.strings).clone();
        }
        let spaced = self.rng.chance(20);
        let length = match self.rng.below(10) {
            0 => 0,
            1..=3 => 1 + self.rng.below(2),
            9 => 8 + self.rng.below(8),
            _ => 2 + self.rng.below(6),
        };
        (0..length)
            .map(|_| {
                if spaced && self.rng.chance(25) {
                    ' '
                } else {
                    *self.rng.pick(&self.letters)
                }
            })
            .collect()
    }

    /// Short words and numbers between signs that the code knows.
    fn phrase(&mut self) -> String {
        let is_sign =
            |text: &&String| text.chars().count() == 1 && !text.chars().any(char::is_alphanumeric);
        let mut signs: Vec<String> = self.clues.strings.iter().filter(is_sign).cloned().collect();
        signs.push(" ".to_owned());
        let mut words: Vec<String> = ["a", "b", "x"].map(str::to_owned).to_vec();
        words.extend(self.texts.iter().take(6).cloned());
        let count = 1 + self.rng.below(6);
        let mut text = String::new();
        for _ in 0..count {
            if self.rng.chance(50) {
                text.push_str(&self.int().to_string());
            } else {
                let word: &String = self.rng.pick(&words);
                text.push_str(word);
            }
            let sign = self.rng.pick(&signs).clone();
            text.push_str(&sign);
        }
        if self.rng.chance(70) {
            text.pop();
        }
        text
    }

    fn list(&mut self, item: &Shape, depth: usize) -> Value {
        let mut items = self.items(item, depth);
        let ints = items
            .iter()
            .all(|item| matches!(item, Value::Int(_) | Value::Float(_)));
        let strings = items.iter().all(|item| matches!(item, Value::Str(_)));
        if ints || strings {
            match self.rng.below(10) {
                0..=2 => items.sort_by(order),
                3 => {
                    items.sort_by(order);
                    items.reverse();
                }
                4 | 5 => {
                    // All different, which many algorithms ask for.
                    let mut kept: Vec<Value> = Vec::new();
                    items.retain(|item| {
                        let is_new = !kept.contains(item);
                        kept.push(item.clone());
                        is_new
                    });
                }
                6 => {
                    let mirror: Vec<Value> = items.iter().rev().cloned().collect();
                    items.extend(mirror);
                }
                _ => {}
            }
        }
        let widths = items.iter().map(|item| {
            if let Value::List(row) = item {
                row.len()
            } else {
                0
            }
        });
        if let Some(width) = widths.max().filter(|width| *width > 0)
            && self.rng.chance(60)
        {
            for row in &mut items {
                if let (Value::List(row), Shape::List(cell)) = (row, item) {
                    while row.len() < width {
                        row.push(self.value(cell, depth + 2));
                    }
                }
            }
        }
        Value::List(items)
    }

    fn items(&mut self, item: &Shape, depth: usize) -> Vec<Value> {
        let bound = [7, 4, 3, 2][depth.min(3)];
        let mut count = self.rng.below(bound + 1);
        if depth == 0 && self.rng.chance(10) {
            count += self.rng.below(6);
        }
        if depth >= DEPTH_MAX {
            count = count.min(1);
        }
        (0..count).map(|_| self.value(item, depth + 1)).collect()
    }

    fn dict(&mut self, key: &Shape, value: &Shape, depth: usize) -> Value {
        if let Shape::Tuple(parts) = key
            && let [Shape::Object(class), Shape::Object(_)] = parts.as_slice()
            && self.rng.chance(85)
        {
            // Every pair of objects has a value, so that whatever graph they form is covered.
            self.object(*class);
            while self.objects.len() < self.object_count.min(4) {
                self.fresh_object(*class);
            }
            let count = self.objects.len();
            let mut items = Vec::new();
            for a in 0..count {
                for b in (0..count).filter(|b| *b != a) {
                    let pair = Value::Tuple(vec![Value::Object(a), Value::Object(b)]);
                    items.push((pair, self.value(value, depth + 1)));
                }
            }
            return Value::Dict(items);
        }
        let count = self.rng.below([6, 4, 3, 2][depth.min(3)] + 1);
        let items = (0..count)
            .map(|_| (self.key(key, depth + 1), self.value(value, depth + 1)))
            .collect();
        Value::Dict(items)
    }

    /// A key; parts of unknown kind are names of things: small numbers or letters.
    fn key(&mut self, shape: &Shape, depth: usize) -> Value {
        match shape {
            Shape::Any if self.palette[0] % 2 == 0 => Value::Int(self.rng.between(0, 4)),
            Shape::Any => Value::Str(((b'a' + self.rng.below(4) as u8) as char).to_string()),
            Shape::Int => Value::Int(self.rng.between(0, 4)),
            Shape::Tuple(items) => {
                Value::Tuple(items.iter().map(|item| self.key(item, depth + 1)).collect())
            }
            other => self.value(other, depth),
        }
    }

    /// One of the case's objects of this class, or a fresh one with its fields.
    fn object(&mut self, class: usize) -> Value {
        let known: Vec<usize> = (0..self.objects.len())
            .filter(|&id| self.objects[id].class == class)
            .collect();
        if !known.is_empty() && (known.len() >= self.object_count || self.rng.chance(45)) {
            return Value::Object(*self.rng.pick(&known));
        }
        self.fresh_object(class)
    }

    fn fresh_object(&mut self, class: usize) -> Value {
        let id = self.objects.len();
        self.objects.push(Object {
            class,
            fields: Vec::new(),
        });
        let mut fields = Vec::new();
        for (name, shape) in &self.standins[class].fields {
            fields.push((name.clone(), self.value(shape, 1)));
        }
        self.objects[id].fields = fields;
        Value::Object(id)
    }

    fn function(&mut self, count: usize) -> String {
        let texts: &[&str] = match count {
            0 => &["lambda: 0", "lambda: 1", "lambda: [1, 2]"],
            1 => &[
                "lambda x: x",
                "lambda x: -x",
                "lambda x: x % 2",
                "lambda x: x > 2",
                "str",
                "lambda x: None",
            ],
            2 => &[
                "lambda x, y: x + y",
                "lambda x, y: x - y",
                "lambda x, y: x < y",
                "max",
            ],
            _ => &["lambda *args: len(args)", "lambda *args: args[0]"],
        };
        (*self.rng.pick(texts)).to_owned()
    }
}

/// Whether a value of this shape may be an index into, or a member of, another.
fn is_scalar(shape: &Shape) -> bool {
    matches!(
        shape,
        Shape::Int | Shape::Float | Shape::Bool | Shape::None | Shape::Any | Shape::Char
    )
}

/// Numbers that this case draws from.
fn palette(rng: &mut Rng, clues: &Clues) -> Vec<i64> {
    let count = 3 + rng.below(5);
    let mode = rng.below(8);
    (0..count)
        .map(|_| match mode {
            0..=2 => rng.between(0, 5),
            3 | 4 => rng.between(0, 9),
            5 => rng.between(-5, 10),
            6 if !clues.ints.is_empty() => *rng.pick(&clues.ints) + rng.between(-2, 2),
            6 => rng.between(1, 30),
            _ => rng.between(-50, 200),
        })
        .collect()
}

/// Characters that this case draws from: those of the code's own strings, or a few letters.
fn letters(rng: &mut Rng, clues: &Clues) -> Vec<char> {
    let mut own: Vec<char> = Vec::new();
    for text in &clues.strings {
        if text.chars().count() <= 24 {
            own.extend(text.chars().take(24));
        }
    }
    own.truncate(64);
    let count = 2 + rng.below(4);
    let mut letters: Vec<char> = (0..count)
        .map(|_| (b'a' + rng.below(6) as u8) as char)
        .collect();
    if !own.is_empty() && rng.chance(75) {
        let few: Vec<char> = (0..4).map(|_| *rng.pick(&own)).collect();
        if rng.chance(60) {
            return few;
        }
        letters.extend(few);
    }
    match rng.below(6) {
        0 => letters.extend(['A', 'B']),
        1 => letters.extend(['1', '2', '0']),
        2 => letters.extend([' ', '-', '_']),
        3 => letters.extend(['é', '\n', '.']),
        _ => {}
    }
    letters
}

fn order(a: &Value, b: &Value) -> std::cmp::Ordering {
    let number = |value: &Value| match value {
        Value::Int(n) => *n as f64,
        Value::Float(x) => *x,
        _ => 0.0,
    };
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        _ => number(a).total_cmp(&number(b)),
    }
}
