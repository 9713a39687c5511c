use super::*;

/// Every text that one edit makes of `text`, all lines being suspicious.
fn edited(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add(Source::parse(
        "src/lib.rs",
        text.into(),
        &tree_sitter_rust::LANGUAGE.into(),
    ));
    let lines = (1..=text.lines().count() as u32)
        .map(|line| (file, line, 1.0))
        .collect();
    let found = candidates(&sources, &Focus { lines });
    assert!(
        found
            .iter()
            .all(|candidate| candidate.prior > 0.0 && candidate.prior <= 1.0)
    );
    found
        .iter()
        .map(|candidate| squeezed(&candidate.apply(&sources)[0].1))
        .collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Wrong and right, each a body of `f`.
const MISTAKES: [(&str, &str); 40] = [
    ("a < b", "a <= b"),
    ("a - b", "a + b"),
    ("a == 0 && b == 0", "a == 0 || b == 0"),
    ("a & b", "a | b"),
    ("a << 1", "a >> 1"),
    ("n += a;", "n -= a;"),
    ("n = a;", "n += a;"),
    ("n = a;", "n = n.max(a);"),
    ("a - b", "b - a"),
    ("a + b * 2", "(a + b) * 2"),
    ("!(a < b)", "(a < b)"),
    ("a", "-a"),
    ("a - b", "a.saturating_sub(b)"),
    ("g(a, b)", "g(b, a)"),
    ("g(a, a)", "g(a, b)"),
    ("v[i]", "v[i + 1]"),
    ("v[i..]", "v[..i]"),
    ("for k in 0..i { g(k, k); }", "for k in 0..=i { g(k, k); }"),
    (
        "for k in 0..i { g(k, k); }",
        "for k in (0..i).rev() { g(k, k); }",
    ),
    ("v.iter().any(|x| *x > a)", "v.iter().all(|x| *x > a)"),
    ("v.iter().min()", "v.iter().max()"),
    ("v.iter().rev().take(1)", "v.iter().take(1)"),
    ("v.first()", "v.last()"),
    ("s.trim_start()", "s.trim_end()"),
    ("a.max(0).min(b)", "a.min(0).max(b)"),
    ("if a > b { 1 } else { 2 }", "if a <= b { 1 } else { 2 }"),
    ("if a > 0 { g(a, b); }", "if a > 0 && b > 0 { g(a, b); }"),
    ("if t { g(a, b); }", "if !t { g(a, b); }"),
    ("match a { 0 => 1, _ => 2 }", "match a { 0 => 2, _ => 1 }"),
    (
        "match a { 0..=9 => 1, _ => 2 }",
        "match a { 0..9 => 1, _ => 2 }",
    ),
    (
        "match a { x if x < b => 1, _ => 2 }",
        "match a { x if x <= b => 1, _ => 2 }",
    ),
    ("g(a, b); n += 1;", "n += 1; g(a, b);"),
    ("g(a, b); n += 1;", "n += 1;"),
    ("g(a, b);", "n += 1; g(a, b);"),
    (
        "loop { if t { continue; } n = 0; }",
        "loop { if t { break; } n = 0; }",
    ),
    ("w.push(a); w", "w.push(a); w.sort(); w"),
    ("a as u32 * 2", "(a * 2) as u32"),
    ("format!(\"{}\", a)", "format!(\"{}\", a - 1)"),
    ("P { x: a, y: b }", "P { x: b, y: a }"),
    ("p.x", "p.y"),
];

#[test]
fn common_mistakes_are_within_one_edit() {
    let program = |body: &str| {
        format!(
            "struct P {{ x: i32, y: i32 }} fn f(a: i32, b: i32, i: usize, t: bool, s: &str, v: &[i32], p: &P) {{ let mut n = 0; let mut w: Vec<i32> = Vec::new(); {body} }}"
        )
    };
    let lost: Vec<_> = MISTAKES
        .iter()
        .filter(|(wrong, right)| !edited(&program(wrong)).contains(&squeezed(&program(right))))
        .collect();
    assert_eq!(lost, Vec::<&(&str, &str)>::new());
}

/// Wrong and right, each a body of `f`: what most values do not show.
const FORGOTTEN: [(&str, &str); 12] = [
    ("(a / b) as f64", "a as f64 / b as f64"),
    ("a as u8 / b as u8", "(a / b) as u8"),
    (
        "s.parse::<i32>().is_ok()",
        "s.trim().parse::<i32>().is_ok()",
    ),
    ("seen.contains(&a)", "!seen.insert(a)"),
    ("seen.insert(a);", "seen.insert(a); seen.remove(&a);"),
    ("v.first().unwrap()", "v.first()?"),
    (
        "w.sort_by(|x, y| x.0.cmp(&y.0));",
        "w.sort_by(|x, y| x.0.cmp(&y.0).then(x.1.cmp(&y.1)));",
    ),
    ("w.sort_by_key(|x| x.1);", "w.sort_by_key(|x| (x.1, x.0));"),
    ("let k = i; v[k]", "let k = i % v.len().max(1); v[k]"),
    ("w.push(a);", "if !w.is_empty() { w.push(a); }"),
    ("a / b", "if b == 0 { return 0; } a / b"),
    ("n += a; g(n, n);", "n += a; g(n, n); n -= a;"),
];

#[test]
fn what_most_values_do_not_show_is_thought_of() {
    let program = |body: &str| {
        format!(
            "fn f(a: i32, b: i32, i: usize, s: &str, v: &[i32], seen: &mut HashSet<i32>) -> i32 {{ let mut n = 0; let mut w: Vec<i32> = Vec::new(); {body} }}"
        )
    };
    let lost: Vec<_> = FORGOTTEN
        .iter()
        .filter(|(wrong, right)| !edited(&program(wrong)).contains(&squeezed(&program(right))))
        .collect();
    assert_eq!(lost, Vec::<&(&str, &str)>::new());
}

#[test]
fn tests_and_macro_definitions_are_left_alone() {
    let text = "#[test]\nfn t() { assert_eq!(1 + 1, 2); }\n#[cfg(test)]\nmod tests { fn g() -> u8 { 1 } }\nmacro_rules! m { () => { 1 } }\n";
    assert_eq!(edited(text), Vec::<String>::new());
}

#[test]
fn comments_and_layout_survive() {
    let text = "fn f(a: u8) -> u8 {\n    // why\n    a   +  1 // here\n}\n";
    let mut sources = Sources::default();
    let file = sources.add(Source::parse(
        "src/lib.rs",
        text.into(),
        &tree_sitter_rust::LANGUAGE.into(),
    ));
    let found = candidates(
        &sources,
        &Focus {
            lines: vec![(file, 3, 1.0)],
        },
    );
    let texts: Vec<String> = found
        .iter()
        .map(|candidate| candidate.apply(&sources)[0].1.clone())
        .collect();
    assert!(texts.contains(&text.replace('+', "-")), "{texts:?}");
}
