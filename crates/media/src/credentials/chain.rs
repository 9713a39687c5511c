//! Whether everything in credentials is vouched for by the one signature that is checked: the claim names the sums of
//! assertions, and assertions those of manifests of ingredients. Source: C2PA 2.2 sections 15.10 and 15.11.

use std::collections::BTreeSet;

use ciborium::Value;

use super::cbor::{self, Fields as _};
use super::digest::{SHA256_NAME, Sums};
use super::error::{Checked, invalid, printable, unread};
use super::names::{self, Address};
use super::store::{Manifest, Part, Store};

/// Addresses with sums that are followed at most.
const REFERENCES_MAX: usize = 1 << 14;

/// Checks every sum that follows from the claim of the file's own manifest.
pub(super) fn check(store: &Store<'_>, sums: &mut Sums) -> Checked<()> {
    let active = store.active();
    check_claim(active, sums)?;
    if active.has_credentials {
        return unread("somebody else vouches for people in them");
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut data: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut left = vec![active];
    let mut followed = 0;
    while let Some(manifest) = left.pop() {
        if !seen.insert(manifest.label) {
            continue;
        }
        for assertion in &manifest.assertions {
            let Some(Ok(content)) = assertion.content.map(cbor::read) else {
                continue;
            };
            for reference in references(&content) {
                followed += 1;
                if followed > REFERENCES_MAX {
                    return unread(format!("more than `{REFERENCES_MAX}` addresses"));
                }
                match reference.check(store, manifest, sums)? {
                    Named::Manifest(named) => left.push(named),
                    Named::Data(owner, label) => drop(data.insert((owner, label))),
                    Named::Other => {}
                }
            }
        }
    }
    for manifest in &store.manifests {
        if !seen.contains(manifest.label) {
            return invalid("nothing vouches for one of the manifests");
        }
        let mut boxes = manifest.data_boxes.iter();
        if boxes.any(|one| !data.contains(&(manifest.label, one.label))) {
            return invalid("nothing vouches for a part of a manifest");
        }
    }
    Ok(())
}

/// Checks what a claim says of its own manifest. An ingredient may have come with one that does not hold: then it is
/// as it came, which is what whoever signed the file vouches for.
pub(super) fn check_claim(manifest: &Manifest<'_>, sums: &mut Sums) -> Checked<()> {
    let claim = &manifest.claim;
    if !claim.list("redacted_assertions").is_empty() {
        return unread("something was taken out of the credentials of an ingredient");
    }
    let signature = claim.text("signature").unwrap_or_default();
    let signature = Address::read(signature, manifest.label);
    if signature.is_none_or(|at| at.manifest != manifest.label || at.path != [names::SIGNATURE]) {
        return invalid("a claim names another signature than its own");
    }
    let lists: &[&str] = match manifest.is_old {
        true => &["assertions"],
        false => &["created_assertions", "gathered_assertions"],
    };
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for reference in lists.iter().flat_map(|list| claim.list(list)) {
        let Some(reference) = Reference::of(reference) else {
            return invalid("a claim names an assertion without its sum");
        };
        let label = match Address::read(reference.url, manifest.label) {
            Some(Address {
                manifest: owner,
                path,
            }) if owner == manifest.label => match path[..] {
                [names::ASSERTIONS, label] => Some(label),
                _ => None,
            },
            _ => None,
        };
        let part = manifest
            .assertions
            .iter()
            .find(|one| Some(one.label) == label);
        let Some(part) = part else {
            return invalid("an assertion is missing");
        };
        if !reference.is_sum_of(part.summed, manifest, sums)? {
            let label = printable(part.label);
            return invalid(format!(
                "the assertion `{label}` was changed since it was signed"
            ));
        }
        named.insert(part.label);
    }
    match named.len() == manifest.assertions.len() {
        true => Ok(()),
        false => invalid("nothing vouches for an assertion"),
    }
}

/// An address with the sum of what is there.
#[derive(Clone, Copy)]
struct Reference<'a> {
    url: &'a str,
    sum: &'a [u8],
    algorithm: Option<&'a str>,
}

/// What a reference is to.
enum Named<'s, 'a> {
    Manifest(&'s Manifest<'a>),
    /// Data, by the labels of its manifest and its own.
    Data(&'s str, &'s str),
    Other,
}

impl<'v> Reference<'v> {
    fn of(value: &'v Value) -> Option<Self> {
        Some(Self {
            url: value.text("url")?,
            sum: value.bytes("hash")?,
            algorithm: value.text("alg"),
        })
    }

    fn is_sum_of(&self, bytes: &[u8], within: &Manifest<'_>, sums: &mut Sums) -> Checked<bool> {
        let algorithm = self.algorithm.or(within.claim.text("alg"));
        sums.has(bytes, algorithm.unwrap_or(SHA256_NAME), self.sum)
    }

    /// Checks the sum of what it names in `within`.
    fn check<'s, 'a>(
        &self,
        store: &'s Store<'a>,
        within: &Manifest<'_>,
        sums: &mut Sums,
    ) -> Checked<Named<'s, 'a>> {
        let Some(address) = Address::read(self.url, within.label) else {
            return Ok(Named::Other);
        };
        let Some(manifest) = store.manifest(address.manifest) else {
            return invalid("the manifest of an ingredient is missing");
        };
        let one = |parts: &'s [Part<'a>], label: &str| parts.iter().find(|one| one.label == label);
        let (summed, named) = match address.path[..] {
            [] => (Some(manifest.summed), Named::Manifest(manifest)),
            [names::SIGNATURE] => (Some(manifest.signature.summed), Named::Other),
            [names::ASSERTIONS, label] => {
                let part = one(&manifest.assertions, label);
                (part.map(|one| one.summed), Named::Other)
            }
            [names::DATA_BOXES, label] => match one(&manifest.data_boxes, label) {
                Some(part) => (Some(part.summed), Named::Data(manifest.label, part.label)),
                None => (None, Named::Other),
            },
            _ => (None, Named::Other),
        };
        let Some(summed) = summed else {
            return invalid("what an assertion names is missing");
        };
        if self.is_sum_of(summed, within, sums)? {
            return Ok(named);
        }
        let is_manifest = address.path.is_empty();
        match is_manifest && self.is_sum_of(manifest.claim_bytes, within, sums)? {
            true => unread(
                "ingredients were signed as before C2PA 1.1, without all that is said of them",
            ),
            false => invalid("what an assertion names was changed since it was signed"),
        }
    }
}

/// All references in a value.
fn references(value: &Value) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        found.extend(Reference::of(value));
        match value {
            Value::Array(values) => left.extend(values),
            Value::Map(fields) => left.extend(fields.iter().map(|(_, value)| value)),
            Value::Tag(_, value) => left.push(value),
            _ => {}
        }
    }
    found
}
