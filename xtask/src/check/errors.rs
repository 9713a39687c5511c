//! Every code that leaves the process has a section in `docs/errors.md`, and every section a code.
//!
//! A code is a string in a function `code(…) -> &'static str`, a string given to a parameter called
//! `code`, by a call of a function or of a method, or a string paired with an exit status:
//! `(Exit::Fault, "internal")`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use syn::{
    Attribute, Expr, ExprCall, ExprMethodCall, ExprTuple, FnArg, ImplItemFn, ItemFn, ItemMod, Lit,
    LitStr, Pat, ReturnType, Signature, Type,
    visit::{self, Visit},
};

use super::{Finding, lengths};
use crate::tree::Tree;

const PAGE: &str = "docs/errors.md";

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut files = Vec::new();
    let mut takers = Takers::default();
    for file in tree
        .rust()
        .filter(|file| !file.is_test() && file.path.starts_with("crates/"))
    {
        let syntax = file.parse()?;
        takers.visit_file(syntax);
        files.push((file, syntax));
    }
    let mut codes: BTreeMap<String, String> = BTreeMap::new();
    for (file, syntax) in &files {
        let mut search = Search {
            takers: &takers,
            codes: Vec::new(),
            is_inside_code: false,
        };
        search.visit_file(syntax);
        for (code, line) in search.codes {
            codes
                .entry(code)
                .or_insert_with(|| format!("{}:{line}", file.path));
        }
    }
    let mut sections: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, text) in (1..).zip(tree.file(PAGE)?.text.lines()) {
        let title = text
            .strip_prefix("### `")
            .and_then(|title| title.strip_suffix('`'));
        sections.extend(title.map(|title| (title, line)));
    }
    let mut findings = Vec::new();
    for (code, place) in &codes {
        if !sections.contains_key(code.as_str()) {
            let fix = format!("say in {PAGE} under ### `{code}` what it means and what mends it");
            findings.push(Finding::new(
                place,
                format!("`{code}` is not explained"),
                fix,
            ));
        }
    }
    for (title, line) in &sections {
        if !codes.contains_key(*title) {
            let what = format!("nothing reports `{title}`");
            findings.push(Finding::new(
                format_args!("{PAGE}:{line}"),
                what,
                "take the section out",
            ));
        }
    }
    Ok(findings)
}

/// Collects the functions that take a code, each with the position of that argument.
#[derive(Default)]
struct Takers(BTreeSet<(String, usize)>);

impl<'ast> Visit<'ast> for Takers {
    fn visit_signature(&mut self, signature: &'ast Signature) {
        let typed = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(&typed.pat),
            FnArg::Receiver(_) => None,
        });
        for (position, pattern) in typed.enumerate() {
            if let Pat::Ident(name) = pattern.as_ref()
                && name.ident == "code"
            {
                self.0.insert((signature.ident.to_string(), position));
            }
        }
    }
}

/// Collects codes with their lines, passing over tests.
struct Search<'a> {
    takers: &'a Takers,
    codes: Vec<(String, usize)>,
    is_inside_code: bool,
}

impl Search<'_> {
    fn take(&mut self, literal: &LitStr) {
        self.codes
            .push((literal.value(), literal.span().start().line));
    }

    /// Takes what a call of `function` gives to its parameter `code`.
    fn take_arguments<'ast>(
        &mut self,
        function: &str,
        arguments: impl Iterator<Item = &'ast Expr>,
    ) {
        for (position, argument) in arguments.enumerate() {
            if self.takers.0.contains(&(function.to_owned(), position)) {
                self.take_values(argument);
            }
        }
    }

    /// Takes the strings that an expression can become.
    fn take_values(&mut self, value: &Expr) {
        match value {
            Expr::Lit(literal) => {
                if let Lit::Str(literal) = &literal.lit {
                    self.take(literal);
                }
            }
            Expr::Match(choice) => {
                for arm in &choice.arms {
                    self.take_values(&arm.body);
                }
            }
            _ => {}
        }
    }

    fn names_codes(signature: &Signature) -> bool {
        let ReturnType::Type(_, returned) = &signature.output else {
            return false;
        };
        let Type::Reference(reference) = returned.as_ref() else {
            return false;
        };
        let lifetime = reference.lifetime.as_ref();
        signature.ident == "code" && lifetime.is_some_and(|lifetime| lifetime.ident == "static")
    }
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !lengths::is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        let outer = std::mem::replace(&mut self.is_inside_code, Self::names_codes(&function.sig));
        visit::visit_impl_item_fn(self, function);
        self.is_inside_code = outer;
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        let outer = std::mem::replace(&mut self.is_inside_code, Self::names_codes(&function.sig));
        visit::visit_item_fn(self, function);
        self.is_inside_code = outer;
    }

    /// Documentation is an attribute with a string in it.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        if self.is_inside_code {
            self.take(literal);
        }
    }

    fn visit_expr_tuple(&mut self, tuple: &'ast ExprTuple) {
        let pair: Vec<&Expr> = tuple.elems.iter().collect();
        if let [Expr::Path(exit), Expr::Lit(code)] = pair[..]
            && exit
                .path
                .segments
                .first()
                .is_some_and(|first| first.ident == "Exit")
            && let Lit::Str(literal) = &code.lit
        {
            self.take(literal);
        }
        visit::visit_expr_tuple(self, tuple);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(function) = call.func.as_ref()
            && let Some(name) = function.path.segments.last()
        {
            self.take_arguments(&name.ident.to_string(), call.args.iter());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.take_arguments(&call.method.to_string(), call.args.iter());
        visit::visit_expr_method_call(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
impl Error {
    /// No code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::A => "first",
            Self::B { .. } => "second",
        }
    }
    fn hint(&self) -> &'static str { "not a code" }
    fn refused(code: &'static str, words: &str) -> Self { Self::A }
}
fn f() -> Result<(), Failure> {
    Err(Failure::refused("third", "words").hint("more words"))
}
impl Fault { fn code(self, code: impl Into<String>) -> Self { self } }
fn g(fault: Fault, is_late: bool) -> Fault {
    fault.code(match is_late { true => "fifth", false => "sixth" }).hint("no code")
}
fn of() -> (Exit, &'static str) { (Exit::Refused, "fourth") }
#[cfg(test)]
mod tests { fn g() { Failure::fault("only_in_tests", ""); } }
"#;

    fn findings(page: &str) -> Vec<String> {
        let found = check(&Tree::of(&[("crates/a/src/b.rs", SOURCE), (PAGE, page)])).unwrap();
        found
            .into_iter()
            .map(|finding| format!("{}: {}", finding.place, finding.what))
            .collect()
    }

    #[test]
    fn explained_codes_pass() {
        assert_eq!(
            findings(
                "### `first`\n### `second`\nwords\n### `third`\n### `fourth`\n### `fifth`\n### `sixth`\n"
            ),
            [""; 0]
        );
    }

    #[test]
    fn codes_without_section_and_sections_without_code_are_found() {
        assert_eq!(
            findings("### `first`\n### `gone`\n"),
            [
                "crates/a/src/b.rs:18: `fifth` is not explained",
                "crates/a/src/b.rs:20: `fourth` is not explained",
                "crates/a/src/b.rs:7: `second` is not explained",
                "crates/a/src/b.rs:18: `sixth` is not explained",
                "crates/a/src/b.rs:14: `third` is not explained",
                "docs/errors.md:2: nothing reports `gone`",
            ]
        );
    }
}
