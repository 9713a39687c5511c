//! Signatures: COSE with certificates. Source: RFC 9052, RFC 9360, C2PA 2.2 section 13.2.

use ciborium::Value;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};

use super::cbor::{self, Fields as _};
use super::certificate::Certificate;
use super::error::{Checked, invalid, unread};
use super::signer::Signer;

/// A structure with one signature.
const TAG: u64 = 18;

/// Which algorithm it is, and which certificates there are.
const ALGORITHM: i64 = 1;
const CHAIN: i64 = 33;

/// ECDSA over P-256 with SHA-256.
const ES256: i64 = -7;

/// Bytes of a signature by [`ES256`].
const SIGNATURE_BYTES: usize = 64;

/// Certificates that are read at most.
const CHAIN_MAX: usize = 16;

/// A signature of `claim`.
pub(super) fn signed(claim: &[u8], signer: &Signer) -> Vec<u8> {
    let protected = protected(signer);
    let signature = signer.sign(&message(&protected, claim));
    envelope(protected, signature)
}

/// What is as long as a signature, and none.
pub(super) fn unsigned(signer: &Signer) -> Vec<u8> {
    envelope(protected(signer), vec![0; SIGNATURE_BYTES])
}

fn protected(signer: &Signer) -> Vec<u8> {
    let mut chain: Vec<Value> = signer.chain().iter().cloned().map(Value::Bytes).collect();
    let chain = match chain.len() {
        1 => chain.remove(0),
        _ => Value::Array(chain),
    };
    cbor::write(&Value::Map(vec![
        (ALGORITHM.into(), ES256.into()),
        (CHAIN.into(), chain),
    ]))
}

fn envelope(protected: Vec<u8>, signature: Vec<u8>) -> Vec<u8> {
    let parts = vec![
        Value::Bytes(protected),
        Value::Map(Vec::new()),
        Value::Null,
        Value::Bytes(signature),
    ];
    cbor::write(&Value::Tag(TAG, Box::new(Value::Array(parts))))
}

/// What is signed of a claim.
fn message(protected: &[u8], claim: &[u8]) -> Vec<u8> {
    cbor::write(&Value::Array(vec![
        "Signature1".into(),
        Value::Bytes(protected.to_vec()),
        Value::Bytes(Vec::new()),
        Value::Bytes(claim.to_vec()),
    ]))
}

/// A signature as it is read.
#[derive(Debug)]
pub(super) struct Signature {
    algorithm: i64,
    protected: Vec<u8>,
    bytes: Vec<u8>,
    /// Certificates, the signer's own first.
    pub chain: Vec<Vec<u8>>,
    /// Whether somebody else signed when it was made. That is not checked.
    pub has_time: bool,
}

impl Signature {
    pub(super) fn read(bytes: &[u8]) -> Checked<Self> {
        let value = cbor::read(bytes)?;
        if cbor::write(&value) != bytes {
            return invalid("the signature is not written as short as it can be");
        }
        let Value::Tag(TAG, value) = value else {
            return invalid("the signature is none");
        };
        let Ok([protected, open @ Value::Map(_), Value::Null, signature]) = list::<4>(*value)
        else {
            return invalid("the signature is none");
        };
        let (Value::Bytes(protected), Value::Bytes(bytes)) = (protected, signature) else {
            return invalid("the signature is none");
        };
        let headers = cbor::read(&protected)?;
        for pad in ["pad", "pad2"] {
            let is_good = match open.field(pad) {
                Some(Value::Bytes(pad)) => pad.iter().all(|byte| *byte == 0),
                other => other.is_none(),
            };
            if !is_good {
                return invalid("there is something where the signature has a gap");
            }
        }
        let algorithm = numbered(&headers, ALGORITHM).and_then(Value::as_integer);
        let Some(algorithm) = algorithm.and_then(|number| i64::try_from(number).ok()) else {
            return invalid("the signature does not say how it was made");
        };
        let named = |headers| numbered(headers, CHAIN).or(headers.field("x5chain"));
        let chain = named(&headers).or(named(&open));
        Ok(Self {
            algorithm,
            bytes,
            chain: certificates(chain)?,
            has_time: ["sigTst", "sigTst2"]
                .iter()
                .any(|name| open.field(name).is_some()),
            protected,
        })
    }

    /// The signer's certificate.
    pub(super) fn certificate(&self) -> Checked<Certificate<'_>> {
        match self.chain.first().and_then(|der| Certificate::read(der)) {
            Some(certificate) => Ok(certificate),
            None => invalid("the certificate cannot be read"),
        }
    }

    /// Checks that it is one of `claim`.
    pub(super) fn check(&self, claim: &[u8]) -> Checked<()> {
        let algorithm: &dyn VerificationAlgorithm = match self.algorithm {
            ES256 => &ECDSA_P256_SHA256_FIXED,
            -35 => &ECDSA_P384_SHA384_FIXED,
            -37 => &RSA_PSS_2048_8192_SHA256,
            -38 => &RSA_PSS_2048_8192_SHA384,
            -39 => &RSA_PSS_2048_8192_SHA512,
            -8 => &ED25519,
            other => {
                return unread(format!(
                    "signatures by the algorithm `{other}` are not known"
                ));
            }
        };
        let key = UnparsedPublicKey::new(algorithm, self.certificate()?.key);
        match key.verify(&message(&self.protected, claim), &self.bytes) {
            Ok(()) => Ok(()),
            Err(_) => invalid("what is said was changed since it was signed"),
        }
    }
}

fn list<const N: usize>(value: Value) -> std::result::Result<[Value; N], ()> {
    let values = value.into_array().map_err(drop)?;
    values.try_into().map_err(drop)
}

/// The header of a number.
fn numbered(headers: &Value, number: i64) -> Option<&Value> {
    let headers = headers.as_map()?.iter();
    let mut found = headers.filter(|(key, _)| *key == Value::from(number));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

fn certificates(value: Option<&Value>) -> Checked<Vec<Vec<u8>>> {
    let values = match value {
        Some(Value::Array(values)) => &values[..],
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    if values.len() > CHAIN_MAX {
        return unread(format!("more than `{CHAIN_MAX}` certificates"));
    }
    let found: Option<Vec<Vec<u8>>> = values
        .iter()
        .map(|value| value.as_bytes().cloned())
        .collect();
    match found {
        Some(found) if !found.is_empty() => Ok(found),
        _ => invalid("there is no certificate with the signature"),
    }
}
