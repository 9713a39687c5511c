//! Credentials as they are read: manifests, the last of which is the file's own. Source: C2PA 2.2 section 11.1.4.

use ciborium::Value;

use super::cbor;
use super::cose::Signature;
use super::error::{Checked, invalid, printable, unread};
use super::jumbf::{self, Super};
use super::names;

/// What a claim was called before its second version.
const CLAIM_OLD: &str = "c2pa.claim";

/// All credentials of a file.
#[derive(Debug)]
pub(super) struct Store<'a> {
    /// At least one.
    pub manifests: Vec<Manifest<'a>>,
}

/// What one signer said of one file.
#[derive(Debug)]
pub(super) struct Manifest<'a> {
    pub label: &'a str,
    /// Whether it is named a manifest by the letters that we write: others are as good, and no sum holds them.
    pub is_plain: bool,
    /// What sums of it are made of.
    pub summed: &'a [u8],
    pub whole: &'a [u8],
    /// What is signed.
    pub claim_bytes: &'a [u8],
    pub claim: Value,
    /// Whether the claim is of the first version.
    pub is_old: bool,
    pub signature: Part<'a>,
    pub assertions: Vec<Part<'a>>,
    /// Data that assertions name.
    pub data_boxes: Vec<Part<'a>>,
    /// Whether others vouch for people in it, which the first version of claims could have.
    pub has_credentials: bool,
}

/// A labelled part of a manifest.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub label: &'a str,
    /// What sums of it are made of.
    pub summed: &'a [u8],
    /// Its content, when that is one CBOR value.
    pub content: Option<&'a [u8]>,
}

impl<'a> Store<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Checked<Self> {
        let (block, rest) = jumbf::first(bytes)?;
        if rest.iter().any(|byte| *byte != 0) {
            return invalid("there is something behind the credentials");
        }
        let store = Super::read(&block)?;
        if (store.kind, store.label) != (jumbf::STORE, names::STORE) {
            return invalid("the outermost box is not that of credentials");
        }
        let mut manifests: Vec<Manifest<'a>> = Vec::new();
        for block in &store.children {
            let manifest = Manifest::read(&Super::read(block)?)?;
            if manifests.iter().any(|other| other.label == manifest.label) {
                return invalid("two manifests have the same name");
            }
            manifests.push(manifest);
        }
        match manifests.is_empty() {
            true => invalid("the credentials are empty"),
            false => Ok(Self { manifests }),
        }
    }

    /// The manifest of the file itself.
    pub(super) fn active(&self) -> &Manifest<'a> {
        self.manifests.last().expect("a store has a manifest")
    }

    /// The manifest of a name.
    pub(super) fn manifest(&self, label: &str) -> Option<&Manifest<'a>> {
        self.manifests
            .iter()
            .find(|manifest| manifest.label == label)
    }
}

impl<'a> Manifest<'a> {
    fn read(outer: &Super<'a>) -> Checked<Self> {
        match outer.kind {
            jumbf::MANIFEST | jumbf::MANIFEST_STANDARD => {}
            jumbf::MANIFEST_UPDATE => return unread("they were added to later"),
            jumbf::MANIFEST_COMPRESSED => return unread("they are compressed"),
            _ => return invalid("a manifest is none"),
        }
        let (mut assertions, mut claim, mut signature, mut data) = (None, None, None, None);
        let (mut credentials, mut strange) = (None, None);
        for block in &outer.children {
            let inner = Super::read(block)?;
            let slot = match (inner.kind, inner.label) {
                (jumbf::ASSERTIONS, names::ASSERTIONS) => &mut assertions,
                (jumbf::CLAIM, names::CLAIM | CLAIM_OLD) => &mut claim,
                (jumbf::SIGNATURE, names::SIGNATURE) => &mut signature,
                (jumbf::DATA_BOXES, names::DATA_BOXES) => &mut data,
                (jumbf::CREDENTIALS, _) => &mut credentials,
                (_, label) => {
                    strange = Some(label);
                    continue;
                }
            };
            if slot.replace(inner).is_some() {
                return invalid("a manifest has one of its parts twice");
            }
        }
        let (Some(assertions), Some(claim), Some(signature)) = (assertions, claim, signature)
        else {
            return invalid("a manifest lacks one of its parts");
        };
        if let Some(label) = strange {
            return unread(format!("a manifest holds a `{}`", printable(label)));
        }
        let Some(claim_bytes) = claim.cbor() else {
            return invalid("a claim is no CBOR");
        };
        Ok(Self {
            label: outer.label,
            is_plain: outer.kind == jumbf::MANIFEST,
            summed: outer.summed,
            whole: outer.whole,
            claim_bytes,
            claim: cbor::read(claim_bytes)?,
            is_old: claim.label == CLAIM_OLD,
            signature: Part::of(&signature),
            assertions: parts(&assertions)?,
            data_boxes: data.as_ref().map_or(Ok(Vec::new()), parts)?,
            has_credentials: credentials.is_some_and(|inner| !inner.children.is_empty()),
        })
    }

    /// Its signature, when that is one of its claim.
    pub(super) fn signed(&self) -> Checked<Signature> {
        let Some(bytes) = self.signature.content else {
            return invalid("the signature is none");
        };
        let signature = Signature::read(bytes)?;
        signature.check(self.claim_bytes)?;
        Ok(signature)
    }

    /// The content of the assertion of a name.
    pub(super) fn assertion(&self, label: &str) -> Option<Value> {
        let found = self.assertions.iter().find(|one| one.label == label);
        cbor::read(found?.content?).ok()
    }
}

impl<'a> Part<'a> {
    fn of(inner: &Super<'a>) -> Self {
        Self {
            label: inner.label,
            summed: inner.summed,
            content: inner.cbor(),
        }
    }
}

/// The parts in a box, each of another name.
fn parts<'a>(outer: &Super<'a>) -> Checked<Vec<Part<'a>>> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for block in &outer.children {
        let part = Part::of(&Super::read(block)?);
        if parts.iter().any(|other| other.label == part.label) {
            return invalid("two parts of a manifest have the same name");
        }
        parts.push(part);
    }
    Ok(parts)
}
