use super::*;

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add(Source::parse(
        "src/lib.rs",
        text.into(),
        &tree_sitter_rust::LANGUAGE.into(),
    ));
    sources
}

/// The candidate that writes `new` where `old` stands first.
fn change(sources: &Sources, old: &str, new: &str) -> Candidate {
    let at = sources.get(FileId(0)).text.find(old).unwrap();
    Candidate::single(FileId(0), at..at + old.len(), new, "test", 1.0)
}

fn rewritten(text: &str, changes: &[(&str, &str)]) -> (Vec<Option<String>>, String) {
    let sources = sources(text);
    let candidates: Vec<Candidate> = changes
        .iter()
        .map(|(old, new)| change(&sources, old, new))
        .collect();
    let schemata = Schemata::of(&candidates.iter().collect::<Vec<_>>(), &sources);
    let made = schemata.rewrite(FileId(0), &sources, &|_| false);
    let switches = schemata
        .switches
        .iter()
        .map(|switch| switch.as_ref().map(|(switch, _)| switch.clone()))
        .collect();
    (switches, made.text)
}

#[test]
fn a_function_gets_siblings_and_chooses_among_them() {
    let (switches, text) = rewritten(
        "pub fn f<'a, T: Copy>(x: &'a T, mut n: u32) -> u32 { n + 1 }",
        &[("+", "-"), ("1", "2")],
    );
    assert_eq!(switches, [Some("0=1".to_owned()), Some("0=2".to_owned())]);
    assert_eq!(
        text,
        "pub fn f<'a, T: Copy>(x: &'a T, mut n: u32) -> u32 { match crate::__freehold::active(0) { \
         1 => return __freehold_1_f::<T>(x, n), 2 => return __freehold_2_f::<T>(x, n), _ => {} }  n + 1 }\n\
         fn __freehold_1_f<'a, T: Copy>(x: &'a T, mut n: u32) -> u32 { n - 1 }\n\
         fn __freehold_2_f<'a, T: Copy>(x: &'a T, mut n: u32) -> u32 { n + 2 }"
    );
}

#[test]
fn a_method_of_a_trait_holds_its_variants_itself() {
    let (_, text) = rewritten(
        "impl Neg for A { fn neg(self) -> A { A(-self.0) } }",
        &[("-self", "self")],
    );
    assert_eq!(
        text,
        "impl Neg for A { fn neg(self) -> A { match crate::__freehold::active(0) { 1 => return { A(self.0) },\n_ => {} }  A(-self.0) } }"
    );
}

#[test]
fn changes_of_two_functions_are_switched_on_together() {
    let text = "fn f() -> u8 { 1 }\nfn g() -> u8 { 2 }\n";
    let sources = sources(text);
    let mut both = change(&sources, "1", "3");
    both.edits.extend(change(&sources, "2", "4").edits);
    let schemata = Schemata::of(&[&both], &sources);
    assert_eq!(
        schemata.switches,
        [Some(("0=1,1=2".to_owned(), vec![1, 2]))]
    );
}

#[test]
fn a_changed_constant_is_declared_anew_where_it_is_named() {
    let (switches, text) = rewritten(
        "pub const N: u8 = 1;\nfn f() -> u8 { N }\nfn g() {}\n",
        &[("1", "2")],
    );
    assert_eq!(switches, [Some("0=1".to_owned())]);
    assert!(
        text.ends_with("fn __freehold_1_f() -> u8 { const N: u8 = 2; N }\nfn g() {}\n"),
        "{text}"
    );
}

#[test]
fn what_cannot_choose_at_run_time_has_no_switch() {
    let text = "const N: u8 = 1;\nconst fn f() -> u8 { 2 }\n#[test]\nfn t() { assert!(true); }\n";
    let (switches, same) = rewritten(text, &[("1", "3"), ("2", "4"), ("true", "false")]);
    assert_eq!(switches, [None, None, None]);
    assert_eq!(same, text);
}

#[test]
fn dropped_variants_leave_no_trace_and_regions_hold_the_variants() {
    let sources = sources("fn f() -> u8 { 1 }");
    let candidates = [change(&sources, "1", "2"), change(&sources, "1", "3")];
    let schemata = Schemata::of(&candidates.iter().collect::<Vec<_>>(), &sources);
    let made = schemata.rewrite(FileId(0), &sources, &|number| number == 1);
    assert!(!made.text.contains("__freehold_1_"));
    let [(region, 2)] = &made.regions[..] else {
        panic!("{:?}", made.regions)
    };
    assert_eq!(
        &made.text[region.clone()],
        "\nfn __freehold_2_f() -> u8 { 3 }"
    );
}
