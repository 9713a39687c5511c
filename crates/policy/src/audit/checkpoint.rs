//! Signed statements of where the chain ended.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde_json::{Value, json};

use super::{
    canonical,
    chain::{Hash, Head, bytes_of_hex},
};

/// What stands before every checkpoint when it is signed.
const DOMAIN: &[u8] = b"freehold audit checkpoint v1\n";

/// Says under a signature that the line of this number had this hash, and so all lines before theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last line it speaks for.
    pub head: Head,
    /// When, in unix milliseconds.
    pub at: i64,
    /// The public key that checks it.
    pub key: [u8; 32],
    /// Ed25519, over the text without this field.
    pub signature: [u8; 64],
}

impl Checkpoint {
    /// Signs that the chain ends at `head`.
    pub fn sign(head: Head, at: i64, key: &SigningKey) -> Self {
        let mut checkpoint = Self {
            head,
            at,
            key: key.verifying_key().to_bytes(),
            signature: [0; 64],
        };
        checkpoint.signature = key.sign(&checkpoint.signed()).to_bytes();
        checkpoint
    }

    /// Whether its own key made the signature. Whose key that is, the caller must know.
    pub fn is_signed(&self) -> bool {
        let signature = Signature::from_bytes(&self.signature);
        VerifyingKey::from_bytes(&self.key)
            .is_ok_and(|key| key.verify_strict(&self.signed(), &signature).is_ok())
    }

    /// The canonical JSON that is kept.
    pub fn text(&self) -> String {
        let mut value = self.value();
        value["signature"] = json!(hex(&self.signature));
        canonical::text(&value).expect("times and sequences stay below 2^53")
    }

    /// Reads what [`text`](Self::text) wrote; nothing is said about the signature.
    pub fn read(text: &str) -> Option<Self> {
        let value = canonical::read(text.trim_end())?;
        let string = |name: &str| value.get(name)?.as_str();
        Some(Self {
            head: Head {
                sequence: value.get("sequence")?.as_u64()?,
                hash: Hash::of_hex(string("hash")?)?,
            },
            at: value.get("at")?.as_i64()?,
            key: bytes_of_hex(string("key")?)?,
            signature: bytes_of_hex(string("signature")?)?,
        })
    }

    fn value(&self) -> Value {
        json!({
            "at": self.at,
            "hash": self.head.hash.to_string(),
            "key": hex(&self.key),
            "sequence": self.head.sequence,
        })
    }

    fn signed(&self) -> Vec<u8> {
        let text = canonical::text(&self.value()).expect("times and sequences stay below 2^53");
        [DOMAIN, text.as_bytes()].concat()
    }
}

/// `bytes` as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let head = Head {
            sequence: 9,
            hash: Hash([7; 32]),
        };
        Checkpoint::sign(head, 1_763_735_400_000, &SigningKey::from_bytes(&[5; 32]))
    }

    #[test]
    fn a_checkpoint_reads_back_signed() {
        let checkpoint = checkpoint();
        let read = Checkpoint::read(&checkpoint.text()).unwrap();
        assert_eq!(read, checkpoint);
        assert!(read.is_signed());
    }

    #[test]
    fn no_field_can_be_changed_without_breaking_the_signature() {
        let whole = checkpoint();
        let other_key = SigningKey::from_bytes(&[6; 32]).verifying_key().to_bytes();
        let mut changed = vec![whole.clone(); 5];
        changed[0].head.sequence += 1;
        changed[1].head.hash.0[31] ^= 1;
        changed[2].at += 1;
        changed[3].key = other_key;
        changed[4].signature[0] ^= 1;
        assert!(whole.is_signed());
        assert!(changed.iter().all(|checkpoint| !checkpoint.is_signed()));
    }
}
