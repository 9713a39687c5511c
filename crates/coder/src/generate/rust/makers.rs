//! Ways to make values of the crate's own types: their constructors, or literals.

use std::collections::HashMap;

use super::call::{self, Call, How, head};
use super::library::{Field, Form, Function, Library, Receiver, TypeDef};
use super::ty::{self, Names, Ty};
use super::values;
use crate::generate::shape::Shape;
use crate::generate::target::{Callable, Kind, Param, Passing};

/// Ways to make values of the crate's own types.
#[derive(Debug, Default)]
pub(super) struct Makers {
    pub list: Vec<Maker>,
    /// Makers of each type as it is spelled, those of the least depth first.
    pub by_type: HashMap<String, Vec<usize>>,
}

#[derive(Clone, Debug)]
pub(super) struct Maker {
    pub name: String,
    pub params: Vec<(String, Ty)>,
    pub style: Making,
    /// Whether it can be written outside of the file under test.
    pub is_public: bool,
    /// For a value that is filled by calls: the method, and whether what it gives must be used.
    pub filler: Option<(String, bool)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Making {
    Named,
    Tuple,
    Unit,
    Call,
    /// A call whose result is unwrapped.
    Unwrap,
    /// A call, and then calls of a method, one for each item of the last parameter.
    Filled,
}

/// The values that a type takes; the reason if none can be made.
pub(super) fn shape(
    library: &Library,
    makers: &mut Makers,
    ty: &Ty,
    outside: &dyn Fn(&Function) -> Option<String>,
) -> Result<Shape, String> {
    let mut of = |ty: &Ty| shape(library, makers, ty, outside);
    Ok(match ty {
        Ty::Unit => Shape::Tuple(Vec::new()),
        Ty::Bool => Shape::Bool,
        Ty::Char => Shape::Char,
        Ty::Str | Ty::String => Shape::Str,
        Ty::Int(_) => Shape::Int,
        Ty::Float(_) => Shape::Float,
        Ty::Vec(item) | Ty::Slice(item) | Ty::Array(item, _) | Ty::Deque(item) | Ty::Iter(item) => {
            Shape::list(of(item)?)
        }
        Ty::Set(_, item) => Shape::Set(Box::new(of(item)?)),
        Ty::Map(_, key, value) => Shape::dict(of(key)?, of(value)?),
        Ty::Tuple(items) => Shape::Tuple(items.iter().map(of).collect::<Result<_, _>>()?),
        Ty::Option(item) => Shape::Choice(vec![of(item)?, Shape::None]),
        Ty::Ref(_, inner) | Ty::Wrap(_, inner) => of(inner)?,
        Ty::Closure(..) => Shape::Words(values::closures(ty)),
        Ty::Result(ok, err) => {
            makers.result(ty, ok, err);
            shape(library, makers, ok, outside)?;
            shape(library, makers, err, outside)?;
            makers.shape(ty)
        }
        Ty::Own(name, arguments) => {
            if !makers.by_type.contains_key(&ty.text()) {
                let found = own_makers(library, name, arguments, outside);
                let indexes = found.into_iter().map(|maker| makers.add(maker)).collect();
                makers.by_type.insert(ty.text(), indexes);
                settle(library, makers, ty, outside);
            }
            if makers.by_type[&ty.text()].is_empty() {
                return Err(format!("no value of `{}` can be made", ty.text()));
            }
            makers.shape(ty)
        }
        Ty::Other(text) => return Err(format!("it takes `{text}`, of which no value can be made")),
    })
}

/// Drops the makers whose parameters cannot be made.
fn settle(
    library: &Library,
    makers: &mut Makers,
    ty: &Ty,
    outside: &dyn Fn(&Function) -> Option<String>,
) {
    let mut kept = Vec::new();
    for index in makers.by_type[&ty.text()].clone() {
        let params = makers.list[index].params.clone();
        if params
            .iter()
            .all(|(_, param)| shape(library, makers, param, outside).is_ok())
        {
            kept.push(index);
        }
    }
    makers.by_type.insert(ty.text(), kept);
}

/// Every way to make a type of the crate.
fn own_makers(
    library: &Library,
    name: &str,
    arguments: &[Ty],
    outside: &dyn Fn(&Function) -> Option<String>,
) -> Vec<Maker> {
    let Some(def) = library.find(name) else {
        return Vec::new();
    };
    let mut names = library.names.clone();
    for (generic, argument) in def.generics.iter().zip(arguments) {
        names.known.insert(generic.name.clone(), argument.clone());
    }
    let own = Ty::Own(name.to_owned(), arguments.to_vec());
    names.known.insert("Self".into(), own.clone());
    let spelled = call::path_of(&own);
    let all_public = match &def.form {
        Form::Named(fields) | Form::Tuple(fields) => fields.iter().all(|field| field.is_public),
        Form::Unit | Form::Enum(_) => true,
    } && def.is_open;
    let mut made = Vec::new();
    if let Form::Enum(variants) = &def.form {
        for (variant, form) in variants {
            made.extend(literal(
                &format!("{spelled}::{variant}"),
                form,
                &names,
                true,
            ));
        }
        return made;
    }
    made.extend(constructors(library, def, &own, outside));
    let has_default = def.derives.iter().any(|name| name == "Default");
    if made.is_empty() && has_default && !all_public {
        made.push(Maker {
            name: format!("{spelled}::default"),
            params: Vec::new(),
            style: Making::Call,
            is_public: true,
            filler: None,
        });
    }
    made.extend(filled(library, def, &own, &made, outside));
    if made.is_empty() && (def.is_here || all_public) {
        made.extend(literal(&spelled, &def.form, &names, all_public));
    }
    made
}

fn literal(path: &str, form: &Form, names: &Names, is_public: bool) -> Option<Maker> {
    let read = |fields: &[Field]| {
        let read = |field: &Field| (field.name.clone(), ty::parse(&field.ty, names));
        fields.iter().map(read).collect()
    };
    let (params, style) = match form {
        Form::Named(fields) => (read(fields), Making::Named),
        Form::Tuple(fields) => (read(fields), Making::Tuple),
        Form::Unit => (Vec::new(), Making::Unit),
        Form::Enum(_) => return None,
    };
    Some(Maker {
        name: path.to_owned(),
        params,
        style,
        is_public,
        filler: None,
    })
}

/// Names of methods that put something into an object.
const FILLERS: [&str; 16] = [
    "insert",
    "push",
    "add",
    "put",
    "set",
    "append",
    "enqueue",
    "push_back",
    "register",
    "book",
    "open",
    "record",
    "connect",
    "add_edge",
    "extend",
    "receive",
];

/// A constructor and then calls of a method that puts something in.
fn filled(
    library: &Library,
    def: &TypeDef,
    own: &Ty,
    constructors: &[Maker],
    outside: &dyn Fn(&Function) -> Option<String>,
) -> Option<Maker> {
    let plain = |maker: &&Maker| maker.style == Making::Call;
    let constructor = constructors
        .iter()
        .filter(plain)
        .min_by_key(|maker| maker.params.len())?;
    let mut found: Option<(usize, &Function, Call)> = None;
    for function in &library.functions {
        let is_own = function
            .owner
            .as_ref()
            .is_some_and(|owner| owner.name == def.name && owner.interface.is_none());
        if !is_own
            || function.receiver != Some(Receiver::Mut)
            || function.blocked.is_some()
            || !function.is_public
            || !function.generics.is_empty()
            || outside(function).is_some()
        {
            continue;
        }
        let names = call::names_for(library, function);
        let call = call::call(function, &names);
        let is_plain = |ty: &Ty| {
            let mut plain = ty.peeled() != own;
            ty.each(&mut |one| plain &= !matches!(one, Ty::Ref(true, _) | Ty::Closure(..)));
            plain
        };
        if names.known.get("Self") != Some(own)
            || call.params.is_empty()
            || !call.params.iter().all(|(_, ty)| is_plain(ty))
        {
            continue;
        }
        let rank = FILLERS.iter().position(|name| *name == function.name);
        let Some(rank) = rank else { continue };
        if found.as_ref().is_none_or(|(best, ..)| rank < *best) {
            found = Some((rank, function, call));
        }
    }
    let (_, function, call) = found?;
    let items = call.params.into_iter().map(|(_, ty)| ty).collect();
    let mut params = constructor.params.clone();
    params.push(("items".into(), Ty::Vec(Box::new(Ty::Tuple(items)))));
    Some(Maker {
        name: format!("{} then {}", constructor.name, function.name),
        params,
        style: Making::Filled,
        is_public: constructor.is_public,
        filler: Some((function.name.clone(), matches!(call.result, Ty::Result(..)))),
    })
}

/// Functions of a type that give one.
fn constructors(
    library: &Library,
    def: &TypeDef,
    own: &Ty,
    outside: &dyn Fn(&Function) -> Option<String>,
) -> Vec<Maker> {
    let mut made = Vec::new();
    for function in &library.functions {
        let is_own = function.owner.as_ref().is_some_and(|owner| {
            owner.name == def.name
                && owner
                    .interface
                    .as_deref()
                    .is_none_or(|interface| head(interface) == "Default")
        });
        if !is_own || function.receiver.is_some() || function.blocked.is_some() {
            continue;
        }
        if !(function.is_here || function.is_public) || outside(function).is_some() {
            continue;
        }
        let names = call::names_for(library, function);
        if names.known.get("Self") != Some(own) {
            continue;
        }
        let call = call::call(function, &names);
        let style = match &call.result {
            result if result == own => Making::Call,
            Ty::Option(inner) | Ty::Result(inner, _) if **inner == *own => Making::Unwrap,
            _ => continue,
        };
        // A function that takes one to give one makes nothing new.
        if call.params.iter().any(|(_, ty)| ty.peeled() == own) {
            continue;
        }
        let How::Path { path, .. } = call.how else {
            continue;
        };
        made.push(Maker {
            name: path,
            params: call.params,
            style,
            is_public: function.is_public,
            filler: None,
        });
    }
    // What others may call keeps the promises of the type.
    if made.iter().any(|maker| maker.is_public) {
        made.retain(|maker| maker.is_public);
    }
    made
}

impl Makers {
    fn add(&mut self, maker: Maker) -> usize {
        self.list.push(maker);
        self.list.len() - 1
    }

    fn result(&mut self, ty: &Ty, ok: &Ty, err: &Ty) {
        if self.by_type.contains_key(&ty.text()) {
            return;
        }
        let indexes = [("Ok", ok), ("Err", err)].map(|(name, inner)| {
            self.add(Maker {
                name: format!("{name} of {}", ty.text()),
                params: vec![("value".into(), inner.clone())],
                style: Making::Tuple,
                is_public: true,
                filler: None,
            })
        });
        self.by_type.insert(ty.text(), indexes.to_vec());
    }

    fn shape(&self, ty: &Ty) -> Shape {
        let class = |index: &usize| Shape::Class(self.list[*index].name.clone());
        Shape::Choice(self.by_type[&ty.text()].iter().map(class).collect())
    }

    /// Takes the makers that are gone out of a shape.
    pub fn narrow(&self, shape: &mut Shape) {
        let is_kept = |name: &String| {
            self.index(name)
                .is_some_and(|index| self.by_type.values().any(|kept| kept.contains(&index)))
        };
        match shape {
            Shape::Choice(shapes) => {
                shapes.retain(|one| !matches!(one, Shape::Class(name) if !is_kept(name)));
                shapes.iter_mut().for_each(|one| self.narrow(one));
            }
            Shape::List(inner) | Shape::Set(inner) => self.narrow(inner),
            Shape::Dict(key, value) => {
                self.narrow(key);
                self.narrow(value);
            }
            Shape::Tuple(items) => items.iter_mut().for_each(|one| self.narrow(one)),
            _ => {}
        }
    }

    pub fn index(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|maker| maker.name == name)
    }

    /// Makers of `ty`, those of the least depth first.
    pub fn of(&self, ty: &Ty) -> &[usize] {
        self.by_type.get(&ty.text()).map_or(&[], Vec::as_slice)
    }

    /// Puts those first that need the fewest others.
    pub fn sort(&mut self) {
        let mut depth: Vec<usize> = vec![usize::MAX; self.list.len()];
        for _ in 0..self.list.len() {
            for index in 0..self.list.len() {
                let mut deepest = Some(0);
                for (_, ty) in &self.list[index].params {
                    deepest = deepest.and_then(|known| Some(known.max(self.needs(ty, &depth)?)));
                }
                if let Some(deepest) = deepest {
                    depth[index] = depth[index].min(deepest + 1);
                }
            }
        }
        for indexes in self.by_type.values_mut() {
            indexes.retain(|index| depth[*index] < usize::MAX);
            indexes.sort_by_key(|index| depth[*index]);
        }
    }

    /// How deep the simplest value of a type is; none if there is none yet.
    fn needs(&self, ty: &Ty, depth: &[usize]) -> Option<usize> {
        match ty {
            Ty::Own(..) | Ty::Result(..) => self
                .of(ty)
                .iter()
                .map(|index| depth[*index])
                .min()
                .filter(|least| *least < usize::MAX),
            Ty::Tuple(items) => {
                let mut deepest = 0;
                for item in items {
                    deepest = deepest.max(self.needs(item, depth)?);
                }
                Some(deepest)
            }
            Ty::Ref(_, inner) | Ty::Wrap(_, inner) | Ty::Array(inner, _) => {
                self.needs(inner, depth)
            }
            _ => Some(0),
        }
    }

    /// The makers as the inventor of values knows them.
    pub fn callables(&self) -> Vec<Callable> {
        let simple = |ty: &Ty| values::shape_of_known(ty, self);
        self.list
            .iter()
            .map(|maker| Callable {
                name: maker.name.clone(),
                kind: Kind::Constructor,
                is_async: false,
                params: maker
                    .params
                    .iter()
                    .map(|(name, ty)| param(name, simple(ty)))
                    .collect(),
            })
            .collect()
    }
}

/// A positional parameter that takes values of one shape.
pub(super) fn param(name: &str, shape: Shape) -> Param {
    Param {
        name: name.to_owned(),
        passing: Passing::Positional,
        has_default: false,
        shapes: vec![(shape, 1.0)],
    }
}
