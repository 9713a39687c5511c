//! The module that is added to the file under test: it reads cases, calls, and notes what they give.

use std::fmt::Write as _;
use std::ops::Range;

use super::call::{Call, How};
use super::library::{Field, Form, Library, Receiver, TypeDef};
use super::makers::Making;
use super::plan::{Plan, Plans};
use super::ty::{self, Ty};
use super::values;

/// Numbers of the driver's parts start here; smaller ones are those of variants.
pub(super) const FIRST_PART: u32 = 1_000_000;
/// Items taken of an iterator.
pub(super) const ITEMS_MAX: usize = 50;

/// One part of the driver, which is left out where it does not compile.
#[derive(Debug)]
pub(super) struct Part {
    pub number: u32,
    text: String,
    /// What stands in its place when it is left out.
    otherwise: String,
}

/// The driver in parts.
#[derive(Debug)]
pub(super) struct Driver {
    head: String,
    parts: Vec<Part>,
    tail: String,
}

/// The name under which libtest knows the driver.
pub(super) const TEST: &str = "__freehold_driver::run";

impl Driver {
    /// The driver for all plans; `edition` is that of the crate. Only public fields are shown where
    /// tests can name no others.
    pub fn new(plans: &Plans, library: &Library, edition: &str, is_public: bool) -> Self {
        let mut parts = Vec::new();
        for (index, plan) in plans.list.iter().enumerate() {
            parts.push(Part {
                number: FIRST_PART + index as u32,
                text: target(index, plan, library),
                otherwise: format!(
                    "fn target_{index}(_: &mut runtime::Reader<'_>, _: &mut runtime::Out) -> standard::option::Option<()> {{ standard::option::Option::None }}\n"
                ),
            });
        }
        let mut add = |text: String| {
            let number = FIRST_PART + parts.len() as u32;
            parts.push(Part {
                number,
                text,
                otherwise: String::new(),
            });
        };
        let mut owns: Vec<&String> = plans.makers.by_type.keys().collect();
        owns.sort();
        for own in owns {
            if !own.starts_with("Result<") {
                add(take(own, plans));
            }
        }
        for def in &library.types {
            if let Some(text) = show(def, is_public) {
                add(text);
            } else if is_public && library.is_hidden(def) {
                add(hide(def, library));
            }
        }
        let names: Vec<String> = (0..plans.list.len())
            .map(|index| format!("target_{index}"))
            .collect();
        let runtime = include_str!("driver/runtime.rs.txt");
        let runtime = if edition >= "2024" {
            runtime.replace("extern \"C\" {", "unsafe extern \"C\" {")
        } else {
            runtime.to_owned()
        };
        Self {
            head: format!(
                "\n#[doc(hidden)]\nmod __freehold_driver {{\n    extern crate std as standard;\n    #[allow(unused_imports)] use super::*;\n{}{runtime}\n",
                imports(library)
            ),
            parts,
            tail: format!(
                "    #[test]\n    fn run() {{ let all: &[runtime::Target] = &[{}]; runtime::run(all); }}\n}}\n",
                names.join(", ")
            ),
        }
    }

    /// The text without the parts that are `dropped`, and where each part stands in it.
    pub fn write(&self, dropped: &dyn Fn(u32) -> bool) -> (String, Vec<(Range<usize>, u32)>) {
        let mut text = self.head.clone();
        let mut regions = Vec::new();
        for part in &self.parts {
            if dropped(part.number) {
                text.push_str(&part.otherwise);
                continue;
            }
            let start = text.len();
            text.push_str(&part.text);
            regions.push((start..text.len(), part.number));
        }
        text.push_str(&self.tail);
        (text, regions)
    }
}

/// Names that the driver uses, as far as the file has no own ones.
fn imports(library: &Library) -> String {
    let wanted = [
        ("collections", "HashMap"),
        ("collections", "HashSet"),
        ("collections", "BTreeMap"),
        ("collections", "BTreeSet"),
        ("collections", "VecDeque"),
        ("rc", "Rc"),
        ("sync", "Arc"),
        ("cell", "Cell"),
        ("cell", "RefCell"),
    ];
    let mut text = String::new();
    for (module, name) in wanted {
        if !library.names.own.iter().any(|own| own == name) {
            let _ = writeln!(
                text,
                "    #[allow(unused_imports)] use self::standard::{module}::{name};"
            );
        }
    }
    text.push_str(
        "    #[allow(unused_imports)] use self::standard::ops::{Add as _, AddAssign as _, BitAnd as _, BitOr as _, BitXor as _, Div as _, DivAssign as _, Mul as _, MulAssign as _, Neg as _, Not as _, Rem as _, Shl as _, Shr as _, Sub as _, SubAssign as _};\n\
        \x20   #[allow(unused_imports)] use self::standard::str::FromStr as _;\n\
        \x20   #[allow(unused_imports)] use self::runtime::{IsCompared as _, IsEqual as _, IsNeither as _, IsPrinted as _, Opened as _, ViaDebug as _, ViaDisplay as _, ViaNothing as _, ViaShow as _};\n\
        \x20   macro_rules! shown { ($o:expr, $v:expr) => { (&&&&runtime::Shown($v)).via($o) } }\n\
        \x20   macro_rules! noted { ($o:expr, $v:expr) => {{ let o: &mut standard::string::String = $o; let start = o.len(); shown!(o, $v); runtime::settle(o, start, compared!($v).0); }} }\n\
        \x20   macro_rules! compared { ($v:expr) => { (&&&&runtime::Shown($v)).compared() } }\n",
    );
    text
}

/// Reads values of one of the crate's types.
fn take(own: &str, plans: &Plans) -> String {
    let mut arms = String::new();
    for index in &plans.makers.by_type[own] {
        let maker = &plans.makers.list[*index];
        let mut setup = String::new();
        let args: Vec<String> = maker
            .params
            .iter()
            .enumerate()
            .map(|(at, (field, ty))| {
                let (before, value) = argument(ty, at);
                setup.push_str(&before);
                match maker.style {
                    Making::Named => format!("{field}: {value}"),
                    _ => value,
                }
            })
            .collect();
        let last = args.last().cloned().unwrap_or_default();
        let before = args
            .split_last()
            .map_or(String::new(), |(_, rest)| rest.join(", "));
        let args = args.join(", ");
        let name = maker.name.split(" then ").next().unwrap_or(&maker.name);
        let value = match maker.style {
            Making::Unit => name.to_owned(),
            Making::Filled => {
                let (method, _) = maker.filler.as_ref().expect("filled makers have a method");
                let parts = match maker.params.last() {
                    Some((_, Ty::Vec(item))) => match &**item {
                        Ty::Tuple(parts) => parts.len(),
                        _ => 0,
                    },
                    _ => 0,
                };
                let parts: Vec<String> = (0..parts).map(|at| format!("p{at}")).collect();
                let parts = parts.join(", ");
                format!(
                    "let mut it = {name}({before}); for ({parts},) in {last} {{ let _ = it.{method}({parts}); }} it"
                )
            }
            Making::Named => format!("{name} {{ {args} }}"),
            Making::Tuple | Making::Call => format!("{name}({args})"),
            Making::Unwrap => format!("{name}({args}).opened()?"),
        };
        let _ = writeln!(arms, "        {index} => {{ {setup} {value} }}");
    }
    format!(
        "    impl runtime::Take for {own} {{ fn take(r: &mut runtime::Reader<'_>) -> standard::option::Option<Self> {{ standard::option::Option::Some(match r.index()? {{\n{arms}        _ => return standard::option::Option::None,\n    }}) }} }}\n"
    )
}

/// Shows values of one of the crate's types, field by field.
fn show(def: &TypeDef, is_public: bool) -> Option<String> {
    let readable = |fields: &[Field]| {
        (def.is_here && !is_public) || fields.iter().all(|field| field.is_public)
    };
    let body = match &def.form {
        Form::Named(fields) | Form::Tuple(fields) if readable(fields) => {
            let kind = if matches!(def.form, Form::Named(_)) {
                "named"
            } else {
                "tuple"
            };
            let mut body = opening(&def.name, kind);
            for (at, field) in fields.iter().enumerate() {
                show_field(&mut body, at, field, &format!("&self.{}", field.name));
            }
            body + "o.push_str(\"]}\");"
        }
        Form::Unit => opening(&def.name, "unit") + "o.push_str(\"]}\");",
        Form::Enum(variants) if !variants.is_empty() => {
            format!(
                "match self {{\n{}        }}",
                show_variants(&def.name, variants)
            )
        }
        _ => return None,
    };
    let (bounds, names, ty) = generics(def);
    Some(format!(
        "    impl{bounds} runtime::Show for {}{names} {} {{ fn show(&self, o: &mut standard::string::String) {{ {body} }} fn ty() -> standard::string::String {{ {ty} }} }}\n",
        def.name, def.where_text
    ))
}

/// The arms that show each variant of an enumeration.
fn show_variants(name: &str, variants: &[(String, Form)]) -> String {
    let mut arms = String::new();
    for (variant, form) in variants {
        let path = format!("{name}::{variant}");
        let bound = |fields: &[Field], named: bool| {
            let bind = |(at, field): (usize, &Field)| match named {
                true => format!("{}: f{at}", field.name),
                false => format!("f{at}"),
            };
            fields
                .iter()
                .enumerate()
                .map(bind)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (pattern, kind, fields): (String, &str, &[Field]) = match form {
            Form::Named(fields) => (
                format!("{path} {{ {} }}", bound(fields, true)),
                "named",
                fields,
            ),
            Form::Tuple(fields) => (format!("{path}({})", bound(fields, false)), "tuple", fields),
            _ => (path.clone(), "unit", &[]),
        };
        let mut body = opening(&path, kind);
        for (at, field) in fields.iter().enumerate() {
            show_field(&mut body, at, field, &format!("f{at}"));
        }
        let _ = writeln!(
            arms,
            "            {pattern} => {{ {body} o.push_str(\"]}}\"); }}"
        );
    }
    arms
}

/// The type parameters of an `impl`, those of the type, and the expression that names the type.
fn generics(def: &TypeDef) -> (String, String, String) {
    let mut bounds = Vec::new();
    let mut names = Vec::new();
    let list = def
        .generics_text
        .trim_start_matches('<')
        .trim_end_matches('>');
    let mut shown = String::new();
    for part in ty::split(list) {
        let part = part.split('=').next().unwrap_or(part).trim();
        let name = part.split(':').next().unwrap_or(part).trim();
        if part.starts_with('\'') {
            names.push(name.to_owned());
            bounds.push(part.to_owned());
        } else if let Some(rest) = name.strip_prefix("const ") {
            names.push(rest.to_owned());
            bounds.push(part.to_owned());
            let _ = write!(shown, ", {rest}.to_string()");
        } else {
            names.push(name.to_owned());
            let joint = if part.contains(':') { " +" } else { ":" };
            bounds.push(format!(
                "{part}{joint} runtime::Show + standard::fmt::Debug + standard::cmp::PartialEq"
            ));
            let _ = write!(shown, ", <{name} as runtime::Show>::ty()");
        }
    }
    let ty = if shown.is_empty() {
        format!("standard::string::String::from({:?})", def.name)
    } else {
        let shown = shown.trim_start_matches(", ");
        format!(
            "standard::format!(\"{}<{{}}>\", [{shown}].join(\", \"))",
            def.name
        )
    };
    let (bounds, names) = if names.is_empty() {
        (String::new(), String::new())
    } else {
        (
            format!("<{}>", bounds.join(", ")),
            format!("<{}>", names.join(", ")),
        )
    };
    (bounds, names, ty)
}

/// A type of which nobody outside sees the fields: its text, where it has one, and else nothing,
/// since what `Debug` prints is not promised to anybody.
fn hide(def: &TypeDef, library: &Library) -> String {
    let (bounds, names, ty) = generics(def);
    let body = if library.has(def, "Display") {
        "o.push_str(\"{\\\"D\\\":\"); runtime::quote(&standard::format!(\"{}\", self), o); o.push('}');"
    } else {
        "o.push_str(\"{\\\"q\\\":1}\");"
    };
    format!(
        "    impl{bounds} runtime::Show for {}{names} {} {{ fn show(&self, o: &mut standard::string::String) {{ {body} }} fn ty() -> standard::string::String {{ {ty} }} }}\n",
        def.name, def.where_text
    )
}

fn opening(name: &str, kind: &str) -> String {
    let text = format!("{{\"n\":\"{name}\",\"s\":\"{kind}\",\"p\":[");
    format!("o.push_str({text:?}); ")
}

fn show_field(body: &mut String, at: usize, field: &Field, value: &str) {
    let comma = if at > 0 { "," } else { "" };
    let name = format!("{comma}[\"{}\",{},", field.name, field.is_public);
    let _ = write!(
        body,
        "o.push_str({name:?}); noted!(o, {value}); let c = compared!({value}); o.push_str(if c.0 && c.1 {{ \",true]\" }} else {{ \",false]\" }}); "
    );
}

/// The function that plays the cases of one plan.
fn target(index: usize, plan: &Plan, library: &Library) -> String {
    let mut body = String::new();
    if let Some(How::Make) = plan.calls.first().map(|call| &call.how) {
        let own = &plan.calls[0].params[0].1;
        let name = match own {
            Ty::Own(name, _) => name.as_str(),
            _ => "",
        };
        let is_copy = library
            .find(name)
            .is_some_and(|def| def.derives.iter().any(|name| name == "Copy"));
        let _ = write!(
            body,
            "        #[allow(unused_mut)] let mut it = runtime::take::<{}>(r)?;\n        o.steps.push(\"null\".into());\n        while let standard::option::Option::Some(step) = r.index() {{ match step {{\n",
            own.text()
        );
        for (step, call) in plan.calls.iter().enumerate().skip(1) {
            let name = &plan.target.callables[step].name;
            let _ = writeln!(
                body,
                "        {step} => {{ {} }}",
                play(call, name, is_copy)
            );
        }
        body.push_str("        _ => return standard::option::Option::None,\n        } }\n");
        body.push_str("        { let mut s = standard::string::String::from(\"{\\\"state\\\":true,\\\"v\\\":\"); noted!(&mut s, &it); runtime::flags(&mut s, compared!(&it)); o.after.push(s); }\n");
    } else {
        body.push_str(&play(&plan.calls[0], "", true));
    }
    format!(
        "    #[allow(unreachable_code)]\n    fn target_{index}(r: &mut runtime::Reader<'_>, o: &mut runtime::Out) -> standard::option::Option<()> {{\n{body}\n        standard::option::Option::Some(())\n    }}\n"
    )
}

/// One call: its arguments, what it gives, and what it leaves in them.
fn play(call: &Call, name: &str, is_copy: bool) -> String {
    let mut text = String::new();
    let mut args = Vec::new();
    let mut after = String::new();
    for (at, (_, ty)) in call.params.iter().enumerate() {
        let (before, value) = argument(ty, at);
        text.push_str(&before);
        args.push(value);
        if is_watched(ty) {
            let _ = write!(
                after,
                " {{ let mut s = standard::format!(\"{{{{\\\"step\\\":{{}},\\\"arg\\\":{at},\\\"v\\\":\", o.steps.len() - 1); noted!(&mut s, &a{at}); runtime::flags(&mut s, compared!(&a{at})); o.after.push(s); }}"
            );
        }
    }
    let args = args.join(", ");
    let called = match &call.how {
        How::Path { path, arguments } => format!("{path}{arguments}({args})"),
        How::Method { name, arguments } => format!("it.{name}{arguments}({args})"),
        How::Operator(_) | How::Prefix(_) => format!("it.{name}({args})"),
        How::Parse(ty) => format!("{args}.parse::<{ty}>()"),
        How::Make => String::new(),
    };
    if call.is_builder {
        let _ = write!(text, " it = {called}; o.steps.push(\"null\".into());");
        return text + &after;
    }
    let _ = match &call.result {
        Ty::Iter(_) => write!(
            text,
            " {{ let v: standard::vec::Vec<_> = {called}.take({ITEMS_MAX} + 1).collect(); "
        ),
        _ => write!(text, " {{ let v = {called}; "),
    };
    text.push_str("let mut s = standard::string::String::from(\"{\\\"v\\\":\"); ");
    match &call.result {
        Ty::Result(..) => text.push_str(
            "match &v { standard::result::Result::Ok(x) => { s.push_str(\"{\\\"ok\\\":\"); noted!(&mut s, x); runtime::flags(&mut s, compared!(x)); } standard::result::Result::Err(x) => { s.push_str(\"{\\\"err\\\":\"); noted!(&mut s, x); runtime::flags(&mut s, compared!(x)); } } ",
        ),
        Ty::Option(_) => text.push_str(
            "match &v { standard::option::Option::Some(x) => { s.push_str(\"{\\\"o\\\":\"); noted!(&mut s, x); runtime::flags(&mut s, compared!(x)); } standard::option::Option::None => s.push_str(\"{\\\"o\\\":null}\") } ",
        ),
        _ => text.push_str("noted!(&mut s, &v); "),
    }
    text.push_str("runtime::flags(&mut s, compared!(&v)); o.steps.push(s); }");
    text.push_str(&after);
    if call.receiver == Some(Receiver::Own) && !is_copy {
        text.push_str(" return standard::option::Option::Some(());");
    }
    text
}

/// Whether the caller can see what a call did to the argument.
pub(super) fn is_watched(ty: &Ty) -> bool {
    matches!(ty, Ty::Ref(true, inner) if !matches!(**inner, Ty::Closure(..)))
}

/// Statements that must stand before a call, and the argument as it is passed.
fn argument(ty: &Ty, at: usize) -> (String, String) {
    let taken = |ty: &Ty| format!("runtime::take::<{}>(r)?", ty.text());
    let value = match ty {
        Ty::Ref(true, inner) if is_watched(ty) => {
            let (owned, passed) = match &**inner {
                Ty::Slice(item) => (Ty::Vec(item.clone()), format!("&mut a{at}[..]")),
                Ty::Str => (Ty::String, format!("a{at}.as_mut_str()")),
                other => (other.clone(), format!("&mut a{at}")),
            };
            return (format!("let mut a{at} = {}; ", taken(&owned)), passed);
        }
        Ty::Ref(_, inner) if matches!(**inner, Ty::Closure(..)) => {
            format!("runtime::leak({})", closure(inner))
        }
        Ty::Ref(_, inner) => match &**inner {
            Ty::Slice(item) => format!("&runtime::leak({})[..]", taken(&Ty::Vec(item.clone()))),
            Ty::Str => format!("&runtime::leak({})[..]", taken(&Ty::String)),
            other => format!("&*runtime::leak({})", taken(other)),
        },
        Ty::Closure(..) => closure(ty),
        Ty::Wrap("Box", inner) if matches!(**inner, Ty::Closure(..)) => closure(inner),
        Ty::Iter(item) => format!("{}.into_iter()", taken(&Ty::Vec(item.clone()))),
        other => taken(other),
    };
    (format!("let a{at} = {value}; "), format!("a{at}"))
}

fn closure(ty: &Ty) -> String {
    let kind = format!("standard::boxed::Box<{}>", ty.text());
    let mut arms = String::new();
    for (index, text) in values::closures(ty).iter().enumerate() {
        let _ = write!(
            arms,
            "{index} => standard::boxed::Box::new({text}) as {kind}, "
        );
    }
    format!("match r.index()? {{ {arms}_ => return standard::option::Option::None }}")
}
