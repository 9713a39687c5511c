//! Runs finished tests as a person would, on a fresh copy.

use std::collections::BTreeSet;

use super::package::{Out, with_module};
use programs::Error;
use programs::rust::lab::Lab;

/// Runs of the finished tests.
const ROUNDS: usize = 3;

/// Names of the tests that do not compile, are warned of, or fail in any of several runs.
pub(super) fn failures(text: &str, lab: &Lab, out: &Out) -> Result<BTreeSet<String>, Error> {
    let (whole, first_line) = if out.is_public() {
        (text.to_owned(), 1)
    } else {
        let whole = with_module(&lab.source().text, text);
        let before = whole.len() - text.len();
        (whole.clone(), 1 + whole[..before].matches('\n').count())
    };
    let module = out.module();
    let arguments: Vec<String> = if out.is_public() {
        vec!["--test".into(), module.clone()]
    } else {
        let target = if lab.package.library.is_some() && lab.is_in_library() {
            "--lib"
        } else {
            "--bins"
        };
        vec![target.into(), "--".into(), format!("{module}::")]
    };
    let said = lab.verify(&[(out.path.clone(), whole)], &arguments, ROUNDS)?;
    let names = spans(text);
    let mut failed = BTreeSet::new();
    let mut ran = BTreeSet::new();
    let mut complaint = None;
    for (stdout, stderr) in &said {
        for line in stderr.lines() {
            let Some((at, message)) = place(line, out) else {
                continue;
            };
            let own = at.checked_sub(first_line).and_then(|at| {
                names
                    .iter()
                    .find(|(start, end, _)| (*start..=*end).contains(&at))
            });
            match own {
                Some((.., name)) => {
                    failed.insert(name.clone());
                }
                None if message.starts_with("error") => complaint = Some(message.to_owned()),
                None => {}
            }
        }
        for line in stdout.lines() {
            let Some((name, verdict)) = line
                .strip_prefix("test ")
                .and_then(|rest| rest.split_once(" ... "))
            else {
                continue;
            };
            let name = name.split(" - ").next().unwrap_or(name);
            let name = name.rsplit("::").next().unwrap_or(name);
            ran.insert(name.to_owned());
            if verdict.trim() != "ok" {
                failed.insert(name.to_owned());
            }
        }
    }
    if failed.is_empty() && names.iter().any(|(.., name)| !ran.contains(name)) {
        let last = said
            .first()
            .map_or("", |(_, stderr)| stderr.lines().last().unwrap_or_default());
        return Err(Error::Runner {
            reason: format!(
                "the finished tests do not run: {}",
                complaint.as_deref().unwrap_or(last)
            ),
        });
    }
    Ok(failed)
}

/// The line of a message of the compiler about the file that holds the tests.
fn place<'a>(line: &'a str, out: &Out) -> Option<(usize, &'a str)> {
    let (file, rest) = line.split_once(".rs:")?;
    if !out.path.with_extension("").ends_with(file)
        && !std::path::Path::new(file).ends_with(out.path.with_extension(""))
    {
        return None;
    }
    let mut parts = rest.splitn(3, ':');
    let at = parts.next()?.parse().ok()?;
    Some((at, parts.nth(1)?.trim()))
}

/// First and last line of each test, from 0, with its name.
fn spans(text: &str) -> Vec<(usize, usize, String)> {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim() == "#[test]" {
            found.push((at, at, String::new()));
        } else if let Some(last) = found.last_mut() {
            if let Some(name) = line
                .trim()
                .strip_prefix("fn ")
                .filter(|_| last.2.is_empty())
            {
                last.2 = name.split('(').next().unwrap_or(name).to_owned();
            }
            last.1 = at;
        }
    }
    found
}
