//! What a file was made of: other files, with what their own credentials said.

use std::io::{Read, Seek};

use ciborium::Value;

use super::cbor::{self, map};
use super::certificate::Trust;
use super::digest::{Sum, hexadecimal, sum, sum_without};
use super::error::{Checked, Error, Fault, Result};
use super::input::Input;
use super::names;
use super::report::Status;
use super::store::Store;
use super::verify;

/// What the name of a file that is known by its sum begins with.
pub(super) const BY_SUM: &str = "urn:sha256:";

/// What one file is to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relationship {
    /// The other was made by changing it.
    Parent,
    /// It is a part of the other.
    Component,
    /// Whoever made the other looked at it, as a model does.
    Input,
}

impl Relationship {
    const NAMED: [(Self, &'static str); 3] = [
        (Self::Parent, "parentOf"),
        (Self::Component, "componentOf"),
        (Self::Input, "inputTo"),
    ];

    /// Its name in credentials.
    pub(super) fn name(self) -> &'static str {
        let named = Self::NAMED.iter().find(|(one, _)| *one == self);
        named.expect("all are named").1
    }

    /// The one of a name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let named = Self::NAMED.iter().find(|(_, known)| *known == name);
        Some(named?.0)
    }
}

/// A file that another was made of.
#[derive(Clone, Debug)]
pub struct Ingredient {
    title: String,
    media_type: &'static str,
    relationship: Relationship,
    sum: Sum,
    carried: Option<Carried>,
    /// Why its credentials are not carried along, when it has some.
    refused: Option<String>,
}

/// The credentials of an ingredient.
#[derive(Clone, Debug)]
struct Carried {
    /// Manifests with their labels; the file's own is last.
    manifests: Vec<(String, Vec<u8>)>,
    /// Sums of its own manifest, and of the signature in it.
    sum: Sum,
    signature_sum: Sum,
    /// Labels of the assertions that were found to be as they were signed.
    assertions: Vec<String>,
}

impl Ingredient {
    /// The file that `reader` reads. Its credentials are checked, and carried along when they hold; `now` is in
    /// seconds since 1970.
    ///
    /// # Errors
    /// [`Error::File`], and [`Error::Format`] for files of other kinds.
    pub fn read<R: Read + Seek>(
        reader: &mut R,
        title: &str,
        relationship: Relationship,
        now: i64,
    ) -> Result<Self> {
        let report = verify(reader, &Trust::nobody(now))?;
        let mut input = Input::new(reader)?;
        let sum = read(sum_without(&mut input, &[], &[]))?;
        let (carried, refused) = match report.status {
            Status::Missing => (None, None),
            Status::Invalid { reason } | Status::Unread { reason } => (None, Some(reason)),
            Status::Valid => {
                let place = read(report.format.find(&mut input))?;
                let place = place.expect("credentials that hold are there");
                (Some(read(Carried::of(&place.store))?), None)
            }
        };
        Ok(Self {
            title: title.to_owned(),
            media_type: report.format.mime(),
            relationship,
            sum,
            carried,
            refused,
        })
    }

    /// A file of another kind, such as sound: what it holds is not looked at.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn plain<R: Read + Seek>(
        reader: &mut R,
        title: &str,
        media_type: &'static str,
        relationship: Relationship,
    ) -> Result<Self> {
        let mut input = Input::new(reader)?;
        Ok(Self {
            title: title.to_owned(),
            media_type,
            relationship,
            sum: read(sum_without(&mut input, &[], &[]))?,
            carried: None,
            refused: None,
        })
    }

    /// What it is called.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it is to the file that is made of it.
    pub fn relationship(&self) -> Relationship {
        self.relationship
    }

    /// Whether its credentials are carried along.
    pub fn has_credentials(&self) -> bool {
        self.carried.is_some()
    }

    /// The manifests of its credentials, with their labels.
    pub(super) fn manifests(&self) -> &[(String, Vec<u8>)] {
        match &self.carried {
            Some(carried) => &carried.manifests,
            None => &[],
        }
    }

    /// What is said of it. Source: C2PA 2.2 section 18.15, `c2pa.ingredient.v3`.
    pub(super) fn assertion(&self) -> Vec<u8> {
        let sum = hexadecimal(&self.sum);
        let refused = self.refused.as_ref();
        let carried = self.carried.as_ref();
        cbor::write(&map([
            ("relationship", Some(self.relationship.name().into())),
            ("dc:title", Some(self.title.as_str().into())),
            ("dc:format", Some(self.media_type.into())),
            ("instanceID", Some(format!("{BY_SUM}{sum}").into())),
            (
                "description",
                refused.map(|reason| format!("its credentials do not hold: {reason}").into()),
            ),
            (
                "activeManifest",
                carried.map(|carried| hashed(names::manifest(carried.label()), &carried.sum)),
            ),
            (
                "claimSignature",
                carried.map(|carried| {
                    hashed(names::signature(carried.label()), &carried.signature_sum)
                }),
            ),
            ("validationResults", carried.map(Carried::results)),
        ]))
    }
}

impl Carried {
    fn of(store: &[u8]) -> Checked<Self> {
        let store = Store::read(store)?;
        let active = store.active();
        let manifests = store.manifests.iter();
        Ok(Self {
            sum: sum(active.summed),
            signature_sum: sum(active.signature.summed),
            assertions: active
                .assertions
                .iter()
                .map(|one| one.label.to_owned())
                .collect(),
            manifests: manifests
                .map(|manifest| (manifest.label.to_owned(), manifest.whole.to_vec()))
                .collect(),
        })
    }

    fn label(&self) -> &str {
        let (label, _) = self.manifests.last().expect("credentials have a manifest");
        label
    }

    /// What was found when they were checked. Nobody was trusted, which C2PA counts as a failure.
    fn results(&self) -> Value {
        let signature = names::signature(self.label());
        let status =
            |code: &str, url: &str| map([("code", Some(code.into())), ("url", Some(url.into()))]);
        let mut good = vec![
            status("claimSignature.insideValidity", &signature),
            status("claimSignature.validated", &signature),
        ];
        for label in &self.assertions {
            let base = names::manifest(self.label());
            let url = format!("{base}/{}/{label}", names::ASSERTIONS);
            good.push(status("assertion.hashedURI.match", &url));
            if label.starts_with("c2pa.hash.data") {
                good.push(status("assertion.dataHash.match", &url));
            } else if label.starts_with("c2pa.hash.bmff") {
                good.push(status("assertion.bmffHash.match", &url));
            }
        }
        let bad = vec![status("signingCredential.untrusted", &signature)];
        let codes = map([
            ("success", Some(Value::Array(good))),
            ("informational", Some(Value::Array(Vec::new()))),
            ("failure", Some(Value::Array(bad))),
        ]);
        map([("activeManifest", Some(codes))])
    }
}

/// An address with the sum of what is there.
pub(super) fn hashed(url: String, sum: &[u8]) -> Value {
    map([
        ("url", Some(url.into())),
        ("hash", Some(Value::Bytes(sum.to_vec()))),
    ])
}

/// What is read again of a file that was just checked.
fn read<T>(found: Checked<T>) -> Result<T> {
    found.map_err(|fault| match fault {
        Fault::File(error) => Error::File(error),
        Fault::Invalid(reason) | Fault::Unread(reason) => Error::File(std::io::Error::other(
            format!("it changed while it was read: {reason}"),
        )),
    })
}
