//! Credentials as they are written: boxes whose size is known before what they bind is summed.

use ciborium::Value;

use super::assertions::{self, Assertion, Binding};
use super::cbor::{self, map};
use super::cose;
use super::digest::{SHA256_NAME, Sum};
use super::error::{Error, Result};
use super::facts::Facts;
use super::jumbf::{self, boxed, superbox};
use super::names;
use super::signer::Signer;

/// Credentials that are not bound yet.
pub(super) struct Draft<'a> {
    facts: &'a Facts,
    signer: &'a Signer,
    label: String,
    /// The manifests of ingredients.
    before: Vec<u8>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(facts: &'a Facts, signer: &'a Signer) -> Result<Self> {
        facts.check()?;
        let mut kept: Vec<&(String, Vec<u8>)> = Vec::new();
        for manifest in facts.ingredients.iter().flat_map(|one| one.manifests()) {
            match kept.iter().find(|(label, _)| *label == manifest.0) {
                None => kept.push(manifest),
                Some((_, bytes)) if *bytes == manifest.1 => {}
                Some((label, _)) => {
                    let reason = format!("two ingredients name different manifests `{label}`");
                    return Err(Error::Facts { reason });
                }
            }
        }
        let before: Vec<u8> = kept
            .into_iter()
            .flat_map(|(_, bytes)| bytes)
            .copied()
            .collect();
        if before.len() as u64 > jumbf::BYTES_MAX / 2 {
            let reason = format!("`{}` bytes of credentials of ingredients", before.len());
            return Err(Error::Facts { reason });
        }
        Ok(Self {
            facts,
            signer,
            label: format!("urn:c2pa:{}", names::uuid(&facts.identity, "manifest")),
            before,
        })
    }

    /// As many bytes as [`Draft::signed`] gives.
    pub(super) fn unsigned(&self, binding: &Binding) -> Vec<u8> {
        self.store(binding, &[0; 32], |_| cose::unsigned(self.signer))
    }

    /// The credentials, bound and signed. `frame` is the sum of what lies around them.
    pub(super) fn signed(&self, binding: &Binding, frame: &Sum) -> Vec<u8> {
        self.store(binding, frame, |claim| cose::signed(claim, self.signer))
    }

    fn store(
        &self,
        binding: &Binding,
        frame: &Sum,
        sign: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> Vec<u8> {
        let assertions = assertions::all(self.facts, binding, frame);
        let claim = cbor::write(&self.claim(&assertions));
        let signature = sign(&claim);
        let assertions: Vec<u8> = assertions.into_iter().flat_map(|one| one.bytes).collect();
        let parts = [
            superbox(jumbf::ASSERTIONS, names::ASSERTIONS, &assertions),
            superbox(jumbf::CLAIM, names::CLAIM, &boxed(b"cbor", &claim)),
            superbox(
                jumbf::SIGNATURE,
                names::SIGNATURE,
                &boxed(b"cbor", &signature),
            ),
        ];
        let manifest = superbox(jumbf::MANIFEST, &self.label, &parts.concat());
        superbox(
            jumbf::STORE,
            names::STORE,
            &[&self.before[..], &manifest].concat(),
        )
    }

    /// What is signed. Source: C2PA 2.2 section 10.2.
    fn claim(&self, assertions: &[Assertion]) -> Value {
        let facts = self.facts;
        let references = assertions.iter().map(Assertion::reference).collect();
        let instance = names::uuid(&facts.identity, "instance");
        map([
            ("instanceID", Some(format!("xmp:iid:{instance}").into())),
            (
                "claim_generator_info",
                Some(assertions::generator(&facts.generator)),
            ),
            ("signature", Some(names::signature(&self.label).into())),
            ("created_assertions", Some(Value::Array(references))),
            ("dc:title", Some(facts.title.as_str().into())),
            ("alg", Some(SHA256_NAME.into())),
        ])
    }
}
