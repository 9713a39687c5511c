//! Where the right fix stands among the candidates.
use coder::*;
use std::collections::HashMap;
fn norm(t: &str) -> String {
    let mut o = String::new();
    for l in t.lines() {
        if l.trim().is_empty() || l.trim().starts_with('#') {
            continue;
        }
        let ind = l.len() - l.trim_start().len();
        o.push_str(&l[..ind]);
        o.extend(l[ind..].chars().filter(|c| !c.is_whitespace()));
        o.push('\n');
    }
    o.replace('\'', "\"")
}
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let verbose = std::env::args().nth(2).is_some();
    let mut names: Vec<_> = std::fs::read_dir(&dir)
        .unwrap()
        .filter_map(|e| {
            e.unwrap()
                .file_name()
                .into_string()
                .unwrap()
                .strip_suffix(".buggy.py")
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    let mut ranks = Vec::new();
    for name in &names {
        let buggy = std::fs::read_to_string(format!("{dir}/{name}.buggy.py")).unwrap();
        let fixed = std::fs::read_to_string(format!("{dir}/{name}.fixed.py")).unwrap();
        // first/last differing lines
        let (b, f): (Vec<_>, Vec<_>) = (buggy.lines().collect(), fixed.lines().collect());
        let pre = b.iter().zip(&f).take_while(|(x, y)| x == y).count();
        let post = b
            .iter()
            .rev()
            .zip(f.iter().rev())
            .take_while(|(x, y)| x == y)
            .count()
            .min(b.len() - pre)
            .min(f.len() - pre);
        let (lo, hi) = (pre.saturating_sub(1), b.len() - post);
        let mut sources = Sources::default();
        let grammar = Python.grammar();
        let file = sources.add(Source::parse("a.py", buggy.clone(), &grammar));
        let s = sources.get(file);
        // enclosing function of the differing region
        let at: usize = b[..pre.min(b.len() - 1)]
            .iter()
            .map(|l| l.len() + 1)
            .sum::<usize>()
            + b[pre.min(b.len() - 1)].len()
            - b[pre.min(b.len() - 1)].trim_start().len();
        let mut node = s.tree.root_node().descendant_for_byte_range(at, at);
        if b[pre.min(b.len() - 1)].trim().is_empty() && pre > 0 {
            let at2: usize = b[..pre].iter().map(|l| l.len() + 1).sum::<usize>() - 2;
            node = s.tree.root_node().descendant_for_byte_range(at2, at2);
        }
        let (mut first, mut last) = (lo as u32 + 1, hi as u32 + 1);
        while let Some(n) = node {
            if n.kind() == "function_definition" {
                first = n.start_position().row as u32 + 1;
                last = n.end_position().row as u32 + 1;
                break;
            }
            node = n.parent();
        }
        let focus = Focus {
            lines: (first..=last).map(|l| (file, l, 1.0)).collect(),
        };
        let t = std::time::Instant::now();
        let mut c = Python.candidates(&sources, &focus);
        let took = t.elapsed();
        c.sort_by(|a, b| b.prior.total_cmp(&a.prior));
        let want = norm(&fixed);
        let hit = c.iter().position(|c| norm(&c.apply(&sources)[0].1) == want);
        let mut per: HashMap<&str, usize> = HashMap::new();
        if let Some(h) = hit {
            for x in &c[..h] {
                *per.entry(x.operators[0]).or_default() += 1;
            }
        }
        let mut per: Vec<_> = per.into_iter().collect();
        per.sort_by_key(|x| std::cmp::Reverse(x.1));
        per.truncate(6);
        match hit {
            Some(h) => println!(
                "{name:45} rank {h:5} of {:5} ({} lines, {took:.1?}) {} {:.3} | {per:?}",
                c.len(),
                last - first + 1,
                c[h].operators[0],
                c[h].prior
            ),
            None => println!(
                "{name:45} MISSING of {:5} ({} lines, {took:.1?})\n    - {}\n    + {}",
                c.len(),
                last - first + 1,
                b[pre..b.len() - post].join("\n    - "),
                f[pre..f.len() - post].join("\n    + ")
            ),
        }
        if verbose && hit.is_none_or(|h| h > 200) {
            for x in c.iter().take(25) {
                println!(
                    "      {:.3} {} {:?}",
                    x.prior, x.operators[0], x.edits[0].replacement
                );
            }
        }
        ranks.push(hit);
    }
    let mut found: Vec<usize> = ranks.iter().flatten().copied().collect();
    found.sort();
    println!(
        "{} of {} found; median rank {:?}; <100 {} <300 {} <1000 {} <3000 {}",
        found.len(),
        ranks.len(),
        found.get(found.len() / 2),
        found.iter().filter(|r| **r < 100).count(),
        found.iter().filter(|r| **r < 300).count(),
        found.iter().filter(|r| **r < 1000).count(),
        found.iter().filter(|r| **r < 3000).count()
    );
}
