//! What a signature's file holds: a Sigstore bundle with one DSSE envelope, signed by a key.
//! Source: <https://github.com/sigstore/protobuf-specs>, `bundle.v0.3`.

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Serialize};

use super::keys::{PrivateKey, PublicKey};
use super::{Flaw, printable};
use crate::error::Result;

const BUNDLE_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    /// Nothing where a certificate was signed with instead.
    #[serde(default)]
    public_key: Option<Hint>,
    #[serde(default)]
    tlog_entries: Vec<serde_json::Value>,
}

/// Which key it was.
#[derive(Default, Serialize, Deserialize)]
struct Hint {
    #[serde(default)]
    hint: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    sig: String,
    #[serde(default)]
    keyid: String,
}

/// The file that says `payload`, signed with `key`.
pub(super) fn seal(payload: &[u8], key: &PrivateKey) -> Result<String> {
    let signature = key.sign(&authenticated(payload));
    let bundle = Bundle {
        media_type: BUNDLE_TYPE.to_owned(),
        verification_material: Material {
            public_key: Some(Hint {
                hint: Some(key.public().fingerprint()),
            }),
            tlog_entries: Vec::new(),
        },
        dsse_envelope: Envelope {
            payload: Base64::encode_string(payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![Signature {
                sig: Base64::encode_string(&signature),
                keyid: String::new(),
            }],
        },
    };
    Ok(serde_json::to_string(&bundle).expect("a bundle is plain") + "\n")
}

/// What the file says, if `key` signed it.
pub(super) fn open(file: &[u8], key: &PublicKey) -> std::result::Result<Vec<u8>, Flaw> {
    let bundle: Bundle = serde_json::from_slice(file)
        .map_err(|error| Flaw::new(format!("it is no Sigstore bundle: {error}")))?;
    if bundle.media_type != BUNDLE_TYPE {
        return Err(Flaw::new(format!(
            "it is a bundle of the kind `{}`, and `{BUNDLE_TYPE}` is read",
            printable(&bundle.media_type)
        )));
    }
    let Some(known) = bundle.verification_material.public_key else {
        return Err(Flaw::new("it was not signed with a key").hint(
            "signatures by certificates and by Sigstore's log are checked by `model_signing verify`",
        ));
    };
    let other = "it was signed with another key";
    let hint = "`--key` names the public key of whoever you trust to have signed";
    if known.hint.is_some_and(|hint| hint != key.fingerprint()) {
        return Err(Flaw::new(other).hint(hint));
    }
    let Envelope {
        payload,
        payload_type,
        signatures,
    } = bundle.dsse_envelope;
    let [Signature { sig, .. }] = &signatures[..] else {
        return Err(Flaw::new(format!(
            "it has `{}` signatures, and one is read",
            signatures.len()
        )));
    };
    let decoded =
        |text: &str| Base64::decode_vec(text).map_err(|_| Flaw::new("its letters are no base64"));
    let (payload, signature) = (decoded(&payload)?, decoded(sig)?);
    if payload_type != PAYLOAD_TYPE || !key.has_signed(&authenticated(&payload), &signature) {
        return Err(Flaw::new(
            "what it says was changed since it was signed, or another key signed it",
        )
        .hint(hint));
    }
    Ok(payload)
}

/// What is signed for a payload. Source: DSSE v1, "PAE".
fn authenticated(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}
