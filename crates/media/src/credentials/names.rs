//! How manifests and what is in them are named.

use super::digest::{hexadecimal, sum};

/// The label of the box with all manifests.
pub(super) const STORE: &str = "c2pa";

/// The label of the box with a manifest's assertions.
pub(super) const ASSERTIONS: &str = "c2pa.assertions";

/// The label of a claim, in its second version.
pub(super) const CLAIM: &str = "c2pa.claim.v2";

/// The label of a signature.
pub(super) const SIGNATURE: &str = "c2pa.signature";

/// The label of the box with data that assertions name.
pub(super) const DATA_BOXES: &str = "c2pa.databoxes";

/// What every address inside of credentials begins with.
const INSIDE: &str = "self#jumbf=";

/// A UUID that follows from `identity` and what it is for. Source: RFC 9562, version 4.
pub(super) fn uuid(identity: &[u8; 32], purpose: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sum(&[purpose.as_bytes(), &[0], identity].concat())[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hexadecimal(&bytes);
    let parts = [
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..],
    ];
    parts.join("-")
}

/// The address of an assertion of the same manifest.
pub(super) fn assertion(label: &str) -> String {
    format!("{INSIDE}{ASSERTIONS}/{label}")
}

/// The address of a manifest.
pub(super) fn manifest(label: &str) -> String {
    format!("{INSIDE}/{STORE}/{label}")
}

/// The address of the signature of a manifest.
pub(super) fn signature(label: &str) -> String {
    format!("{INSIDE}/{STORE}/{label}/{SIGNATURE}")
}

/// What an address names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// The label of the manifest.
    pub manifest: &'a str,
    /// Labels from there on.
    pub path: Vec<&'a str>,
}

impl<'a> Address<'a> {
    /// Reads an address that stands in the manifest `own`; nothing when it is of another place.
    pub(super) fn read(text: &'a str, own: &'a str) -> Option<Self> {
        let path = text.strip_prefix(INSIDE)?;
        let absolute = path.strip_prefix("/c2pa/").or(path.strip_prefix("c2pa/"));
        let Some(absolute) = absolute else {
            let path = path.split('/').collect();
            return Some(Self {
                manifest: own,
                path,
            });
        };
        let mut parts = absolute.split('/');
        let manifest = parts.next()?;
        Some(Self {
            manifest,
            path: parts.collect(),
        })
    }
}
