//! The tree of pages, as a list. Source: ISO 32000-1, 7.7.3.

use std::collections::HashSet;

use super::file::File;
use super::object::{Dict, Object};
use crate::error::{Error, Result};

/// Pages that are counted at most.
const PAGES_MAX: usize = 100_000;

/// All pages of a file.
pub(crate) struct Pages {
    pub all: Vec<Page>,
}

/// A page: what it shows, and with what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub contents: Object,
    /// Fonts and forms, where they are named.
    pub resources: Object,
}

impl Pages {
    pub fn of(file: &File<'_>) -> Result<Self> {
        let root = file.root.ok_or(Error::Damaged {
            reason: "it has no catalogue",
        })?;
        let root = file.get(root)?.object;
        let top = root.dict().and_then(|dict| dict.get("Pages"));
        let mut all = Vec::new();
        let mut seen: HashSet<u32> = HashSet::new();
        // What is still to be looked at, the next one last, with what it inherits.
        let mut open: Vec<(Object, Object)> = Vec::new();
        open.extend(top.map(|top| (top.clone(), Object::Null)));
        while let Some((node, inherited)) = open.pop() {
            if let Object::Reference(number) = node
                && !seen.insert(number)
            {
                continue;
            }
            let Object::Dict(dict) = file.resolved(&node)?.object else {
                continue;
            };
            let resources = dict.get("Resources").cloned().unwrap_or(inherited);
            match file.at(&dict, "Kids")? {
                Object::List(kids) if !is_page(&dict) => {
                    // Kids that stand in the list itself could not be told from themselves.
                    let kids = kids
                        .into_iter()
                        .filter(|kid| matches!(kid, Object::Reference(_)));
                    open.extend(kids.rev().map(|kid| (kid, resources.clone())));
                }
                _ => {
                    let contents = dict.get("Contents").cloned().unwrap_or_default();
                    all.push(Page {
                        contents,
                        resources,
                    });
                }
            }
            file.budget.step(64)?;
            if all.len() + open.len() > PAGES_MAX * 2 {
                return Err(Error::TooMuch {
                    of: "pages",
                    limit: PAGES_MAX as u64,
                });
            }
        }
        if all.is_empty() {
            return Err(Error::Damaged {
                reason: "it has no pages",
            });
        }
        Ok(Self { all })
    }
}

fn is_page(dict: &Dict) -> bool {
    dict.get("Type").and_then(Object::name) == Some("Page")
}
