//! Inputs: typed values, the objects that they refer to, and the calls that use them.

/// A value that can be written down in a test.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Set(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// One of the case's objects.
    Object(usize),
    /// A call of a constructor.
    New(String, Vec<Value>),
    /// An expression kept as somebody wrote it.
    Raw(String),
    /// The parameter's default.
    Omitted,
}

/// An object with attributes, of which others may hold a reference.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    /// Index of its stand-in class.
    pub class: usize,
    pub fields: Vec<(String, Value)>,
}

/// One call in a case.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// Index of the callable among the target's.
    pub callable: usize,
    pub args: Vec<Value>,
}

/// One test to be: objects, then calls in order. For a method, the first step constructs.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Case {
    pub objects: Vec<Object>,
    pub steps: Vec<Step>,
}

impl Value {
    /// How much a reader has to read.
    pub fn size(&self) -> usize {
        match self {
            Self::None | Self::Bool(_) => 1,
            Self::Int(n) => {
                1 + n.unsigned_abs().checked_ilog10().unwrap_or(0) as usize / 2
                    + usize::from(*n < 0)
            }
            Self::Float(x) => 2 + format!("{x}").len() / 3,
            Self::Str(s) => 1 + s.chars().count() / 2,
            Self::Bytes(b) => 1 + b.len() / 2,
            Self::List(v) | Self::Tuple(v) | Self::Set(v) | Self::New(_, v) => {
                1 + v.iter().map(Self::size).sum::<usize>()
            }
            Self::Dict(items) => {
                1 + items
                    .iter()
                    .map(|(k, v)| k.size() + v.size())
                    .sum::<usize>()
            }
            Self::Object(_) => 1,
            Self::Omitted => 0,
            Self::Raw(text) => 1 + text.len() / 2,
        }
    }

    /// Whether calling code could change it.
    pub fn is_mutable(&self) -> bool {
        match self {
            Self::List(_) | Self::Set(_) | Self::Dict(_) | Self::New(..) => true,
            Self::Tuple(items) => items.iter().any(Self::is_mutable),
            Self::Raw(text) => text.contains(['[', '{', '(']),
            _ => false,
        }
    }

    /// Whether it can be a key of a dictionary or a member of a set.
    pub fn is_hashable(&self) -> bool {
        match self {
            Self::List(_) | Self::Set(_) | Self::Dict(_) | Self::New(..) | Self::Raw(_) => false,
            Self::Tuple(items) => items.iter().all(Self::is_hashable),
            _ => true,
        }
    }

    /// Calls `see` for this value and every value in it.
    pub fn each(&self, see: &mut dyn FnMut(&Value)) {
        see(self);
        match self {
            Self::List(v) | Self::Tuple(v) | Self::Set(v) | Self::New(_, v) => {
                v.iter().for_each(|item| item.each(see));
            }
            Self::Dict(items) => items.iter().for_each(|(k, v)| {
                k.each(see);
                v.each(see);
            }),
            _ => {}
        }
    }

    /// Calls `see` for this value and every value in it, to change them.
    pub fn each_mut(&mut self, see: &mut dyn FnMut(&mut Value)) {
        see(self);
        match self {
            Self::List(v) | Self::Tuple(v) | Self::Set(v) | Self::New(_, v) => {
                v.iter_mut().for_each(|item| item.each_mut(see));
            }
            Self::Dict(items) => items.iter_mut().for_each(|(k, v)| {
                k.each_mut(see);
                v.each_mut(see);
            }),
            _ => {}
        }
    }

    /// Puts sets and dictionaries in a form in which no member is there twice.
    pub fn tidy(&mut self) {
        self.each_mut(&mut |value| match value {
            Self::Set(items) => {
                items.retain(Self::is_hashable);
                let mut kept: Vec<Value> = Vec::with_capacity(items.len());
                for item in items.drain(..) {
                    if !kept.contains(&item) {
                        kept.push(item);
                    }
                }
                *items = kept;
            }
            Self::Dict(items) => {
                items.retain(|(key, _)| key.is_hashable());
                let mut kept: Vec<(Value, Value)> = Vec::with_capacity(items.len());
                for item in items.drain(..) {
                    if !kept.iter().any(|(key, _)| *key == item.0) {
                        kept.push(item);
                    }
                }
                *items = kept;
            }
            _ => {}
        });
    }
}

impl Case {
    /// How much a reader has to read.
    pub fn size(&self) -> usize {
        let values = self
            .objects
            .iter()
            .flat_map(|o| o.fields.iter().map(|(_, v)| v));
        let args = self.steps.iter().flat_map(|step| &step.args);
        values.chain(args).map(Value::size).sum::<usize>()
            + 2 * self.objects.len()
            + 2 * self.steps.len()
    }

    /// Every value that the case holds.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let fields = self
            .objects
            .iter_mut()
            .flat_map(|o| o.fields.iter_mut().map(|(_, v)| v));
        fields.chain(self.steps.iter_mut().flat_map(|step| &mut step.args))
    }

    /// Drops the objects that nothing refers to and renumbers the rest in order of first use.
    pub fn tidy(&mut self) {
        self.values_mut().for_each(Value::tidy);
        let mut order: Vec<usize> = Vec::new();
        let note = |value: &Value, order: &mut Vec<usize>| {
            value.each(&mut |inner| {
                if let Value::Object(id) = inner
                    && !order.contains(id)
                {
                    order.push(*id);
                }
            });
        };
        for arg in self.steps.iter().flat_map(|step| &step.args) {
            note(arg, &mut order);
        }
        let mut at = 0;
        while at < order.len() {
            for (_, value) in &self.objects[order[at]].fields {
                note(value, &mut order);
            }
            at += 1;
        }
        self.objects = order.iter().map(|&id| self.objects[id].clone()).collect();
        self.values_mut().for_each(|value| {
            value.each_mut(&mut |inner| {
                if let Value::Object(id) = inner {
                    *id = order
                        .iter()
                        .position(|kept| kept == id)
                        .expect("noted above");
                }
            });
        });
    }
}
