//! What is to be tested: a function, or a class with its methods.

use std::ops::Range;

use super::shape::Shape;
use super::value::{Case, Value};

/// A function, or a class with its methods, that gets tests.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The name, as the module exports it.
    pub name: String,
    /// A function alone, or a constructor followed by methods.
    pub callables: Vec<Callable>,
    /// Whether `callables` starts with a constructor.
    pub is_class: bool,
    /// Bytes of its definition.
    pub span: Range<usize>,
    /// What is known of values that matter to it.
    pub clues: Clues,
    /// Classes that stand in for the objects it takes.
    pub standins: Vec<StandIn>,
    /// Cases that somebody wrote: examples, call sites, tests.
    pub examples: Vec<Case>,
    /// Constructors of the program's own classes, for parameters that take them.
    pub classes: Vec<Callable>,
    /// How the calls of one case hang together.
    pub story: Story,
}

/// How the calls of one case hang together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Story {
    /// Calls of methods in a fresh case at most.
    pub calls_max: usize,
    /// How often, in percent, a text is one that an earlier call was given, or a piece of one.
    pub recall: usize,
    /// Batches without anything new after which the search ends.
    pub patience: usize,
}

impl Default for Story {
    fn default() -> Self {
        Self {
            calls_max: 4,
            recall: 0,
            patience: 36,
        }
    }
}

/// Something that can be called.
#[derive(Clone, Debug)]
pub(super) struct Callable {
    pub name: String,
    pub kind: Kind,
    pub is_async: bool,
    pub params: Vec<Param>,
}

/// How a callable is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Constructor,
    Method,
    /// A method that is called on the class.
    Static,
    /// An attribute that computes.
    Property,
}

/// One parameter with the kinds of values that it may take.
#[derive(Clone, Debug)]
pub(super) struct Param {
    pub name: String,
    pub passing: Passing,
    /// Whether it can be left out.
    pub has_default: bool,
    /// Kinds of values, each with how likely it is.
    pub shapes: Vec<(Shape, f64)>,
}

/// How an argument is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    Positional,
    Keyword,
    /// Takes the rest of the positional arguments.
    Rest,
}

/// A class with the attributes that the code under test uses, for objects of unknown class.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StandIn {
    pub name: String,
    pub fields: Vec<(String, Shape)>,
}

/// Values that occur in the code under test, and so are likely to matter to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Clues {
    pub ints: Vec<i64>,
    pub floats: Vec<f64>,
    pub strings: Vec<String>,
    /// Values that were seen in examples, by kind of no importance.
    pub values: Vec<Value>,
}

impl Target {
    /// How unusual the arguments of `case` are for what is known of the parameters.
    pub fn oddness(&self, case: &Case) -> usize {
        let steps = case
            .steps
            .iter()
            .flat_map(|step| self.callables[step.callable].params.iter().zip(&step.args));
        let args = steps.map(|(param, value)| match (param.passing, value) {
            (Passing::Rest, Value::List(items)) => {
                items.iter().map(|item| param.oddness(item)).sum()
            }
            _ => param.oddness(value),
        });
        let fields = case.objects.iter().flat_map(|object| {
            let known = &self.standins[object.class].fields;
            object.fields.iter().filter_map(|(name, value)| {
                known
                    .iter()
                    .find(|(field, _)| field == name)
                    .map(|(_, shape)| shape.oddness(value))
            })
        });
        args.sum::<usize>() + fields.sum::<usize>()
    }
}

impl Param {
    /// How unusual `value` is for the likeliest kinds.
    fn oddness(&self, value: &Value) -> usize {
        let best = self
            .shapes
            .iter()
            .map(|(_, weight)| *weight)
            .fold(0.0, f64::max);
        let likely = self
            .shapes
            .iter()
            .filter(|(_, weight)| *weight >= best * 0.4);
        likely
            .map(|(shape, _)| shape.oddness(value))
            .min()
            .unwrap_or(0)
    }
}
