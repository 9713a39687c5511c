//! Keys of ECDSA over P-256, in the PEM files that OpenSSL and everybody else read.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64ct::{Base64, Encoding as _};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::manifest::hexadecimal;
use crate::error::{Error, Result};

/// A public key of P-256 in DER, up to its point. Source: RFC 5480, section 2.
const HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A point of P-256, not compressed: `4`, and two numbers of 32 bytes.
const POINT_BYTES: usize = 65;

/// Bytes that a file of a key has at most.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Letters in a line of PEM.
const LINE: usize = 64;

/// What signs.
pub struct PrivateKey {
    /// PKCS#8 in DER.
    secret: Zeroizing<Vec<u8>>,
    pair: EcdsaKeyPair,
}

/// What signatures are checked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    point: [u8; POINT_BYTES],
}

impl PrivateKey {
    /// A new one, from the system's chance.
    pub fn generate() -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
        let made = made.expect("the system gives random bytes");
        Self::of(made.as_ref()).expect("a key that was made is one")
    }

    /// The key in a PEM file.
    ///
    /// # Errors
    /// When there is none, or it is of another kind.
    pub fn read(path: &Path) -> Result<Self> {
        let hint = "`openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW` turns other forms of a P-256 key into this \
                    one, and `freehold release key` makes a new one";
        let flawed = |reason: &str| Error::Key {
            path: path.to_owned(),
            reason: reason.to_owned(),
            hint,
        };
        let text = Zeroizing::new(text_of(path)?);
        let secret = decoded(&text, "PRIVATE KEY").map(Zeroizing::new);
        let secret =
            secret.ok_or_else(|| flawed("is no private key in PEM (PKCS#8, not encrypted)"))?;
        Self::of(&secret).ok_or_else(|| flawed("is no private key of P-256"))
    }

    fn of(secret: &[u8]) -> Option<Self> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, secret, &random);
        Some(Self {
            secret: Zeroizing::new(secret.to_vec()),
            pair: pair.ok()?,
        })
    }

    /// Its other half.
    pub fn public(&self) -> PublicKey {
        let point = self.pair.public_key().as_ref().try_into();
        PublicKey {
            point: point.expect("points of P-256 have 65 bytes"),
        }
    }

    /// Writes it to a new file, which its owner alone may read.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = Zeroizing::new(encoded(&self.secret, "PRIVATE KEY"));
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path);
        let written = file.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(Error::file(path))
    }

    /// The signature of `message` with SHA-256, in DER.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signed = self.pair.sign(&SystemRandom::new(), message);
        let signed = signed.expect("the system gives random bytes");
        signed.as_ref().to_vec()
    }
}

impl PublicKey {
    /// The key in a PEM file.
    ///
    /// # Errors
    /// When there is none, or it is of another kind.
    pub fn read(path: &Path) -> Result<Self> {
        Self::of_pem(&text_of(path)?).ok_or_else(|| Error::Key {
            path: path.to_owned(),
            reason: "is no public key of P-256 in PEM".to_owned(),
            hint: "the file that ends with `.pub`, beside the private one, is the key to pass on",
        })
    }

    /// The key in the text of a PEM file.
    pub fn of_pem(text: &str) -> Option<Self> {
        let der = decoded(text, "PUBLIC KEY")?;
        let point = der.strip_prefix(&HEAD)?.try_into().ok()?;
        let key = Self { point };
        (key.point[0] == 4).then_some(key)
    }

    /// Its PEM file.
    pub fn pem(&self) -> String {
        encoded(&[&HEAD[..], &self.point].concat(), "PUBLIC KEY")
    }

    /// The sum of its PEM file, by which it is known.
    pub fn fingerprint(&self) -> String {
        hexadecimal(&Sha256::digest(self.pem()))
    }

    /// Whether `signature` is one of `message` by this key.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point);
        key.verify(message, signature).is_ok()
    }
}

fn text_of(path: &Path) -> Result<String> {
    let flawed = |reason: &str, hint| Error::Key {
        path: path.to_owned(),
        reason: reason.to_owned(),
        hint,
    };
    let about = path.metadata().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => flawed(
            "is not there",
            "`--key` names the file of a key; `freehold release key` makes a pair of them",
        ),
        _ => Error::file(path)(error),
    })?;
    if !about.is_file() || about.len() > FILE_BYTES_MAX {
        return Err(flawed(
            "is no file of a key",
            "a key is a PEM file of some hundred bytes",
        ));
    }
    let bytes = std::fs::read(path).map_err(Error::file(path))?;
    String::from_utf8(bytes)
        .map_err(|_| flawed("is no text", "a key is a PEM file of some hundred bytes"))
}

/// PEM of one block. Source: RFC 7468.
fn encoded(der: &[u8], label: &str) -> String {
    let letters = Zeroizing::new(Base64::encode_string(der));
    let mut text = format!("-----BEGIN {label}-----\n");
    // A place for all of it: what a growing text leaves behind would not be wiped.
    text.reserve(letters.len() + letters.len() / LINE + 64);
    for line in letters.as_bytes().chunks(LINE) {
        text += std::str::from_utf8(line).expect("letters of base64 are ASCII");
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

/// The bytes of the first block with that label; nothing when there is none, or it is damaged.
fn decoded(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (inner, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let letters: Zeroizing<String> =
        Zeroizing::new(inner.split_ascii_whitespace().collect::<String>());
    Base64::decode_vec(&letters).ok()
}
