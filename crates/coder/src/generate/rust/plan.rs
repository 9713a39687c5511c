//! What to call and how values are made for it: targets with everything that Rust must know.

use std::ops::Range;

use super::call::{Call, How, UNCALLED, call, head, names_for};
use super::library::{Function, Library, Receiver};
use super::makers::{Makers, param, shape};
use super::ty::Ty;
use crate::generate::shape::Shape;
use crate::generate::target::{Callable, Clues, Kind, Story, Target};

/// Everything that tests of one file call and make.
#[derive(Debug, Default)]
pub(super) struct Plans {
    pub list: Vec<Plan>,
    /// Functions for which there is no plan, with the reason.
    pub skipped: Vec<(String, String)>,
    pub makers: Makers,
}

/// A function, or a type with its methods.
#[derive(Debug)]
pub(super) struct Plan {
    pub target: Target,
    /// How each of the target's callables is called.
    pub calls: Vec<Call>,
    pub is_public: bool,
    /// Bytes of each callable; empty for the constructor.
    pub spans: Vec<Range<usize>>,
}

impl Plan {
    /// Whether a byte of the file belongs to something that this plan calls.
    pub fn holds(&self, at: usize) -> bool {
        self.spans.iter().any(|span| span.contains(&at))
    }

    /// Leaves the calls that `keep`, which is asked for every call but the constructor.
    fn keep_calls(&mut self, keep: impl Fn(&Call, &Callable) -> bool) {
        let is_class = self.target.is_class;
        let calls = std::mem::take(&mut self.calls);
        let callables = std::mem::take(&mut self.target.callables);
        let spans = std::mem::take(&mut self.spans);
        for (at, ((call, callable), span)) in
            calls.into_iter().zip(callables).zip(spans).enumerate()
        {
            if (at == 0 && is_class) || keep(&call, &callable) {
                self.calls.push(call);
                self.target.callables.push(callable);
                self.spans.push(span);
            }
        }
    }

    /// Leaves the constructor, the methods that change the object, and this one; false if there is
    /// no such method.
    pub fn keep_method(&mut self, name: &str) -> bool {
        if !self
            .target
            .callables
            .iter()
            .skip(1)
            .any(|callable| callable.name == name)
        {
            return false;
        }
        self.keep_calls(|call, callable| {
            callable.name == name || call.receiver == Some(Receiver::Mut)
        });
        true
    }

    /// Leaves the methods that anybody may call.
    pub fn keep_public(&mut self) {
        self.keep_calls(|call, _| call.is_public);
    }
}

impl Plans {
    /// Leaves what can be named outside of the file.
    pub fn make_public(&mut self) {
        self.list.retain(|plan| plan.is_public);
        for plan in &mut self.list {
            plan.keep_public();
        }
        let list = &self.makers.list;
        for indexes in self.makers.by_type.values_mut() {
            indexes.retain(|index| list[*index].is_public);
        }
        let known = &self.makers;
        let mut kept = Vec::new();
        for mut plan in std::mem::take(&mut self.list) {
            let makes = |call: &Call| {
                let mut all = true;
                for (_, ty) in &call.params {
                    ty.each(&mut |ty| {
                        all &= !matches!(ty, Ty::Own(..)) || !known.of(ty).is_empty()
                    });
                }
                all
            };
            if plan.calls.first().is_some_and(makes) {
                plan.keep_calls(|call, _| makes(call));
                for callable in &mut plan.target.callables {
                    for param in &mut callable.params {
                        param
                            .shapes
                            .iter_mut()
                            .for_each(|(shape, _)| known.narrow(shape));
                    }
                }
                kept.push(plan);
            } else {
                let reason = "no value that it takes can be made outside of its file";
                self.skipped.push((plan.target.name, reason.to_owned()));
            }
        }
        self.list = kept;
    }
}

/// Plans for every function and type of the file; `outside` says what a function reaches for.
pub(super) fn plans(
    library: &Library,
    clues: &Clues,
    outside: &dyn Fn(&Function) -> Option<String>,
) -> Plans {
    let mut plans = Plans::default();
    let mut methods: Vec<(String, Vec<Method>, Ty)> = Vec::new();
    let mut order: Vec<(usize, Plan)> = Vec::new();
    for function in library.functions.iter().filter(|function| function.is_here) {
        if is_passed_over(library, function) {
            continue;
        }
        let name = shown_name(function);
        let refused = match function.blocked {
            Some(reason) => Some(format!("it {reason}")),
            None => outside(function)
                .map(|what| format!("it uses {what}, which a unit test should not")),
        };
        if let Some(reason) = refused {
            plans.skipped.push((name, reason));
            continue;
        }
        let names = names_for(library, function);
        let call = call(function, &names);
        match callable(library, &mut plans.makers, function, &call, outside) {
            Err(reason) => plans.skipped.push((name, reason)),
            Ok(callable) if function.receiver.is_none() => {
                let mut target = new_target(name, function.span.clone(), clues);
                target.callables.push(callable);
                let plan = Plan {
                    target,
                    is_public: function.is_public && is_public_owner(library, function),
                    spans: vec![function.span.clone()],
                    calls: vec![call],
                };
                order.push((function.span.start, plan));
            }
            Ok(callable) => {
                let ty = names.known.get("Self").cloned().unwrap_or(Ty::Unit);
                let key = ty.text();
                match methods.iter_mut().find(|(known, ..)| *known == key) {
                    Some((_, calls, _)) => calls.push((call, callable, function.span.clone())),
                    None => methods.push((key, vec![(call, callable, function.span.clone())], ty)),
                }
            }
        }
    }
    for (_, calls, ty) in methods {
        type_plan(library, &mut plans, &mut order, calls, &ty, clues, outside);
    }
    order.sort_by_key(|(start, _)| *start);
    plans.list = order.into_iter().map(|(_, plan)| plan).collect();
    plans.makers.sort();
    let classes = plans.makers.callables();
    for plan in &mut plans.list {
        plan.target.classes.clone_from(&classes);
    }
    plans
}

/// How a method is called, by whom, and where it stands.
type Method = (Call, Callable, Range<usize>);

fn is_public_owner(library: &Library, function: &Function) -> bool {
    function
        .owner
        .as_ref()
        .is_none_or(|owner| library.find(&owner.name).is_some_and(|def| def.is_public))
}

/// Methods of one type, with ways to make an object of it.
fn type_plan(
    library: &Library,
    plans: &mut Plans,
    order: &mut Vec<(usize, Plan)>,
    calls: Vec<Method>,
    ty: &Ty,
    clues: &Clues,
    outside: &dyn Fn(&Function) -> Option<String>,
) {
    let name = match ty {
        Ty::Own(name, _) => name.clone(),
        other => other.text(),
    };
    let shape = match shape(library, &mut plans.makers, ty, outside) {
        Ok(shape) => shape,
        Err(reason) => {
            plans.skipped.push((name, reason));
            return;
        }
    };
    // The object itself is filled by the calls of its case.
    let shape = match shape {
        Shape::Choice(mut shapes) => {
            shapes.retain(|one| !matches!(one, Shape::Class(name) if name.contains(" then ")));
            Shape::Choice(shapes)
        }
        other => other,
    };
    let Some(def) = library.find(&name) else {
        return;
    };
    let spans = library.functions.iter().filter(|function| {
        function.is_here
            && function
                .owner
                .as_ref()
                .is_some_and(|owner| owner.name == name)
    });
    let start = spans.clone().map(|function| function.span.start).min();
    let end = spans.map(|function| function.span.end).max();
    let start = start.unwrap_or_default();
    let mut target = new_target(name, start..end.unwrap_or_default(), clues);
    target.is_class = true;
    let make = Call {
        how: How::Make,
        params: vec![("object".into(), ty.clone())],
        result: ty.clone(),
        receiver: None,
        is_builder: false,
        is_public: true,
    };
    let constructor = Callable {
        name: "new".into(),
        kind: Kind::Constructor,
        is_async: false,
        params: vec![param("object", shape)],
    };
    let mut plan = Plan {
        target,
        calls: vec![make],
        is_public: def.is_public,
        spans: vec![Range::default()],
    };
    plan.target.callables.push(constructor);
    for (call, callable, span) in calls {
        plan.calls.push(call);
        plan.target.callables.push(callable);
        plan.spans.push(span);
    }
    order.push((start, plan));
}

fn new_target(name: String, span: Range<usize>, clues: &Clues) -> Target {
    Target {
        name,
        callables: Vec::new(),
        is_class: false,
        span,
        clues: clues.clone(),
        standins: Vec::new(),
        examples: Vec::new(),
        classes: Vec::new(),
        story: Story {
            calls_max: 7,
            recall: 60,
            patience: 80,
        },
    }
}

/// `function` or `Type::function`.
pub(super) fn shown_name(function: &Function) -> String {
    match &function.owner {
        Some(owner) => format!("{}::{}", owner.name, function.name),
        None => function.name.clone(),
    }
}

fn is_passed_over(library: &Library, function: &Function) -> bool {
    if function.name == "main" && function.owner.is_none() {
        return true;
    }
    let Some(owner) = &function.owner else {
        return false;
    };
    let interface = owner.interface.as_deref().unwrap_or_default();
    UNCALLED.contains(&head(interface)) || library.find(&owner.name).is_none()
}

fn callable(
    library: &Library,
    makers: &mut Makers,
    function: &Function,
    call: &Call,
    outside: &dyn Fn(&Function) -> Option<String>,
) -> Result<Callable, String> {
    let mut params = Vec::new();
    for (name, ty) in &call.params {
        params.push(param(name, shape(library, makers, ty, outside)?));
    }
    Ok(Callable {
        name: function.name.clone(),
        kind: if function.receiver.is_some() {
            Kind::Method
        } else {
            Kind::Function
        },
        is_async: false,
        params,
    })
}
