//! New certificates: an authority that is forgotten at once, and the one that it signed. Source: RFC 5280, C2PA 2.2
//! section 14.5.1.

use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use zeroize::Zeroizing;

use super::certificate::{BASIC_CONSTRAINTS, CLAIM_SIGNING, COMMON_NAME, MAIL, ORGANISATION};
use super::der::{
    self, BITS, BOOLEAN, BYTES, IDENTIFIER, INTEGER, SET, TEXT, field, sequence, value,
};
use super::digest::sum;

/// Who a certificate is for.
const NAME: &str = "Freehold";

/// Who it is from.
const ROOT_NAME: &str = "Freehold root";

/// How long a certificate is good for.
const DAYS: i64 = 3653;

/// ECDSA with SHA-256. Source: RFC 5758.
const ALGORITHM: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/// What stands in front of a point of P-256. Source: RFC 5480.
const KEY_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

const KEY_USAGE: [u8; 3] = [0x55, 0x1d, 0x0f];
const PURPOSES: [u8; 3] = [0x55, 0x1d, 0x25];
const OWN_KEY: [u8; 3] = [0x55, 0x1d, 0x0e];
const ISSUER_KEY: [u8; 3] = [0x55, 0x1d, 0x23];

/// Signing what is no certificate, as bits.
const SIGNS_DATA: [u8; 4] = [BITS, 2, 7, 0x80];

/// Signing certificates, and lists of those that no longer hold.
const SIGNS_CERTIFICATES: [u8; 4] = [BITS, 2, 1, 0x06];

/// A new key with its certificate, and the certificate that vouches for it.
pub(super) struct Issued {
    /// In PKCS#8.
    pub key: Zeroizing<Vec<u8>>,
    pub leaf: Vec<u8>,
    pub root: Vec<u8>,
}

/// Makes them, good from a day before `now` on, as clocks differ.
pub(super) fn issue(organisation: &str, now: Timestamp) -> Result<Issued, jiff::Error> {
    let from = now.checked_sub(SignedDuration::from_hours(24))?;
    let until = now.checked_add(SignedDuration::from_hours(24 * DAYS))?;
    let validity = sequence(&[&der::time(from), &der::time(until)]);
    let (_, root) = new_key();
    let (key, leaf) = new_key();
    let root_name = named(organisation, ROOT_NAME);
    let root_key = identifier(&root);
    let is_authority = sequence(&[&[BOOLEAN, 1, 0xff], &[INTEGER, 1, 0]]);
    let root_extensions = [
        extension(&BASIC_CONSTRAINTS, true, &is_authority),
        extension(&KEY_USAGE, true, &SIGNS_CERTIFICATES),
        extension(&OWN_KEY, false, &value(BYTES, &root_key)),
    ];
    let purposes = [CLAIM_SIGNING, MAIL].map(|purpose| value(IDENTIFIER, purpose));
    let issuer = sequence(&[&value(0x80, &root_key)]);
    let leaf_extensions = [
        extension(&BASIC_CONSTRAINTS, true, &sequence(&[])),
        extension(&KEY_USAGE, true, &SIGNS_DATA),
        extension(&PURPOSES, false, &sequence(&[&purposes[0], &purposes[1]])),
        extension(&OWN_KEY, false, &value(BYTES, &identifier(&leaf))),
        extension(&ISSUER_KEY, false, &issuer),
    ];
    let leaf_name = named(organisation, NAME);
    let parts = |subject, extensions| Parts {
        issuer: &root_name,
        validity: &validity,
        subject,
        extensions,
    };
    Ok(Issued {
        root: certificate(&parts(&root_name, &root_extensions), &root, &root),
        leaf: certificate(&parts(&leaf_name, &leaf_extensions), &leaf, &root),
        key,
    })
}

/// What goes into a certificate.
struct Parts<'a> {
    issuer: &'a [u8],
    validity: &'a [u8],
    subject: &'a [u8],
    extensions: &'a [Vec<u8>],
}

fn certificate(parts: &Parts<'_>, key: &EcdsaKeyPair, issuer: &EcdsaKeyPair) -> Vec<u8> {
    let algorithm = sequence(&[&ALGORITHM]);
    let point = key.public_key().as_ref();
    // The number has to be its own, and above nothing.
    let mut serial = sum(point)[..16].to_vec();
    serial[0] = serial[0] & 0x3f | 0x40;
    let body = sequence(&[
        &value(field(0), &[INTEGER, 1, 2]),
        &value(INTEGER, &serial),
        &algorithm,
        parts.issuer,
        parts.validity,
        parts.subject,
        &[&KEY_HEAD[..], point].concat(),
        &value(field(3), &sequence(&[&parts.extensions.concat()])),
    ]);
    let signature = issuer.sign(&SystemRandom::new(), &body);
    let signature = signature.expect("the system gives random bytes");
    let bits = value(BITS, &[&[0], signature.as_ref()].concat());
    sequence(&[&body, &algorithm, &bits])
}

fn new_key() -> (Zeroizing<Vec<u8>>, EcdsaKeyPair) {
    let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
    let secret =
        EcdsaKeyPair::generate_pkcs8(kind, &random).expect("the system gives random bytes");
    let pair = EcdsaKeyPair::from_pkcs8(kind, secret.as_ref(), &random);
    let pair = pair.expect("what was just made can be read");
    (Zeroizing::new(secret.as_ref().to_vec()), pair)
}

/// What a key is known by in certificates. Source: RFC 7093, method 1.
fn identifier(key: &EcdsaKeyPair) -> Vec<u8> {
    sum(key.public_key().as_ref())[..20].to_vec()
}

fn named(organisation: &str, name: &str) -> Vec<u8> {
    let part = |kind: &[u8], text: &str| {
        let pair = [value(IDENTIFIER, kind), value(TEXT, text.as_bytes())];
        value(SET, &sequence(&[&pair[0], &pair[1]]))
    };
    sequence(&[
        &part(&ORGANISATION, organisation),
        &part(&COMMON_NAME, name),
    ])
}

fn extension(kind: &[u8], is_critical: bool, content: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if is_critical {
        &[BOOLEAN, 1, 0xff]
    } else {
        &[]
    };
    sequence(&[&value(IDENTIFIER, kind), critical, &value(BYTES, content)])
}
