//! How functions and methods are called, with the types that their parameters stand for.

use super::library::{Function, Generic, Library, Receiver};
use super::ty::{self, Names, Ty};

/// How a callable is called.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub how: How,
    pub params: Vec<(String, Ty)>,
    pub result: Ty,
    pub receiver: Option<Receiver>,
    /// Whether it takes its object and gives one back.
    pub is_builder: bool,
    pub is_public: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// A path with its type arguments, which a person leaves out where they can be inferred.
    Path {
        path: String,
        arguments: String,
    },
    Method {
        name: String,
        arguments: String,
    },
    /// `text.parse::<T>()`.
    Parse(String),
    /// `a + b`.
    Operator(&'static str),
    /// `-a`.
    Prefix(&'static str),
    /// Makes the object that methods are called on.
    Make,
}

/// Traits whose methods are called in a way of their own, or not at all.
const OPERATORS: [(&str, &str); 15] = [
    ("Add", "+"),
    ("Sub", "-"),
    ("Mul", "*"),
    ("Div", "/"),
    ("Rem", "%"),
    ("BitAnd", "&"),
    ("BitOr", "|"),
    ("BitXor", "^"),
    ("Shl", "<<"),
    ("Shr", ">>"),
    ("PartialEq", "=="),
    ("AddAssign", "+="),
    ("SubAssign", "-="),
    ("MulAssign", "*="),
    ("DivAssign", "/="),
];
pub(super) const UNCALLED: [&str; 16] = [
    "Debug",
    "Drop",
    "Clone",
    "Hash",
    "Error",
    "Serialize",
    "Deserialize",
    "Deref",
    "DerefMut",
    "Index",
    "IndexMut",
    "Write",
    "Read",
    "Future",
    "Borrow",
    "Eq",
];

/// What the type parameters of a function and of its `impl` stand for.
pub(super) fn names_for(library: &Library, function: &Function) -> Names {
    let mut names = library.names.clone();
    if let Some(owner) = &function.owner {
        assume(library, &mut names, &owner.generics);
        for (name, ty) in &owner.associated {
            let ty = ty::parse(ty, &names);
            names.known.insert(format!("Self::{name}"), ty);
        }
        let own = ty::parse(owner.ty.trim_start_matches('&'), &names);
        names.known.insert("Self".into(), own);
        for (name, text) in &owner.associated {
            let ty = ty::parse(text, &names);
            names.known.insert(format!("Self::{name}"), ty);
        }
    }
    assume(library, &mut names, &function.generics);
    names
}

/// Gives type parameters a type that has their bounds.
fn assume(library: &Library, names: &mut Names, generics: &[Generic]) {
    for generic in generics {
        let ty = if generic.is_const {
            Ty::Other("3".into())
        } else {
            implementor(library, &generic.bounds)
                .unwrap_or_else(|| ty::bounded(&generic.bounds, names, 0))
        };
        names.known.insert(generic.name.clone(), ty);
    }
}

/// The first type of the crate that has a trait of the crate among the bounds.
fn implementor(library: &Library, bounds: &str) -> Option<Ty> {
    let bounds: Vec<&str> = ty::split_on(bounds, '+')
        .into_iter()
        .map(|bound| head(bound.trim()))
        .collect();
    if bounds
        .iter()
        .any(|bound| OPERATORS.iter().any(|(name, _)| name == bound))
    {
        return None;
    }
    library.functions.iter().find_map(|function| {
        let owner = function.owner.as_ref()?;
        let interface = head(owner.interface.as_deref()?);
        let is_std = matches!(
            interface,
            "Display" | "Default" | "FromStr" | "Iterator" | "Ord" | "PartialOrd" | "From"
        );
        (bounds.contains(&interface) && !is_std && owner.generics.is_empty())
            .then(|| ty::parse(&owner.ty, &library.names))
    })
}

pub(super) fn call(function: &Function, names: &Names) -> Call {
    let read = |text: &str| ty::parse(text, names);
    let params: Vec<(String, Ty)> = function
        .params
        .iter()
        .enumerate()
        .map(|(index, (name, ty))| (param_name(name, index), read(ty)))
        .collect();
    let result = read(&function.result);
    let own = names.known.get("Self");
    let arguments: Vec<String> = function
        .generics
        .iter()
        .map(|generic| match names.known.get(&generic.name) {
            Some(Ty::Closure(..)) | None => "_".into(),
            Some(ty) => ty.text(),
        })
        .collect();
    let arguments = if arguments.is_empty() {
        String::new()
    } else {
        format!("::<{}>", arguments.join(", "))
    };
    let interface = function
        .owner
        .as_ref()
        .and_then(|owner| owner.interface.as_deref());
    let operator = OPERATORS
        .iter()
        .find(|(name, _)| interface.is_some_and(|interface| head(interface) == *name));
    let how = match (function.receiver, interface.map(head)) {
        (Some(_), Some("Neg")) => How::Prefix("-"),
        (Some(_), Some("Not")) => How::Prefix("!"),
        (Some(_), Some(_)) if operator.is_some() => {
            How::Operator(operator.map_or("", |(_, sign)| sign))
        }
        (Some(_), Some("Display")) => How::Method {
            name: "to_string".into(),
            arguments: String::new(),
        },
        (Some(_), _) => How::Method {
            name: function.name.clone(),
            arguments,
        },
        (None, Some("FromStr")) => How::Parse(own.map_or(String::new(), Ty::text)),
        (None, _) => {
            let prefix = match own {
                Some(ty) => format!("{}::", path_of(ty)),
                None => String::new(),
            };
            How::Path {
                path: format!("{prefix}{}", function.name),
                arguments,
            }
        }
    };
    let is_text = interface.map(head) == Some("Display");
    Call {
        how,
        is_builder: function.receiver == Some(Receiver::Own)
            && own == Some(&result)
            && interface.is_none(),
        params: if is_text { Vec::new() } else { params },
        result: if is_text { Ty::String } else { result },
        receiver: function.receiver,
        is_public: function.is_public,
    }
}

/// A type as it stands before `::`.
pub(super) fn path_of(ty: &Ty) -> String {
    match ty {
        Ty::Own(name, arguments) if !arguments.is_empty() => {
            let texts: Vec<String> = arguments.iter().map(Ty::text).collect();
            format!("{name}::<{}>", texts.join(", "))
        }
        other => other.text(),
    }
}

fn param_name(pattern: &str, index: usize) -> String {
    let plain = !pattern.is_empty() && pattern.chars().all(|c| c.is_alphanumeric() || c == '_');
    let name = pattern.trim_start_matches('_');
    if plain && !name.is_empty() {
        name.to_owned()
    } else {
        format!("argument_{}", index + 1)
    }
}

/// The last name of a path, without arguments.
pub(super) fn head(path: &str) -> &str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path).trim()
}
