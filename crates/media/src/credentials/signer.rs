//! Who signs: a key, and the certificates that say whose it is.

use base64ct::{Base64, Encoding as _};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::certificate::Certificate;
use super::digest::{hexadecimal, sum};
use super::error::{Error, Result};
use super::issue::{Issued, issue};

/// Letters of a PEM file's lines.
const LINE: usize = 64;

/// Bytes of certificates that go into each file at most.
const CHAIN_BYTES_MAX: usize = 32 << 10;

/// Characters of an organisation's name. Source: X.520.
const ORGANISATION_MAX: usize = 64;

/// A key of ECDSA over P-256, with its certificates.
pub struct Signer {
    pair: EcdsaKeyPair,
    /// The signer's own first.
    chain: Vec<Vec<u8>>,
}

/// A new key with its certificates, to be kept by whoever asked for them.
pub struct Identity {
    /// The private key in PEM (PKCS#8), which nobody else may read.
    pub key: Zeroizing<String>,
    /// The certificate of the key, in PEM.
    pub chain: String,
    /// The certificate that others have to trust, in PEM. Its key is forgotten: it can vouch for nothing else.
    pub root: String,
}

impl Signer {
    /// A signer by a private key (PKCS#8) and certificates, the signer's own first, both in PEM.
    ///
    /// # Errors
    /// [`Error::Key`] when one is damaged, or they do not belong together.
    pub fn of_pem(key: &str, chain: &str) -> Result<Self> {
        let flawed = |what, reason: &str| Error::Key {
            what,
            reason: reason.to_owned(),
            hint: "a key of P-256 in PKCS#8, and certificates with its own first, are signed with",
        };
        let secret = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes());
        let secret = secret.map_err(|_| flawed("private key", "it is no PKCS#8 in PEM"))?;
        let pair = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            secret.secret_pkcs8_der(),
            &SystemRandom::new(),
        );
        let pair = pair.map_err(|_| flawed("private key", "it is not of P-256"))?;
        let found: std::result::Result<Vec<CertificateDer<'_>>, _> =
            CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
        let chain = found.map_err(|_| flawed("certificate", "it is no PEM"))?;
        let chain: Vec<Vec<u8>> = chain.iter().map(|der| der.to_vec()).collect();
        if chain.iter().map(Vec::len).sum::<usize>() > CHAIN_BYTES_MAX {
            return Err(flawed("certificate", "there are too many others with it"));
        }
        let leaf = chain.first().and_then(|der| Certificate::read(der));
        let leaf = leaf.ok_or_else(|| flawed("certificate", "it is none"))?;
        if leaf.key != pair.public_key().as_ref() {
            return Err(flawed("certificate", "it is for another key"));
        }
        if leaf.is_authority || leaf.issuer == leaf.subject {
            return Err(flawed("certificate", "it vouches for itself"));
        }
        Ok(Self { pair, chain })
    }

    /// A new key for an organisation, good for ten years from `now`, in seconds since 1970.
    ///
    /// # Errors
    /// [`Error::Key`] when the name is empty, or longer than 64 letters.
    pub fn generate(organisation: &str, now: i64) -> Result<Identity> {
        let flawed = |reason: &str| Error::Key {
            what: "new certificate",
            reason: reason.to_owned(),
            hint: "the name of an organisation has 1 to 64 letters",
        };
        let is_odd = organisation.chars().any(char::is_control);
        let letters = organisation.chars().count();
        if organisation.trim().is_empty() || letters > ORGANISATION_MAX || is_odd {
            return Err(flawed("its owner has no name that can be written"));
        }
        let now = Timestamp::from_second(now);
        let issued = now.and_then(|now| issue(organisation, now));
        let Issued { key, leaf, root } =
            issued.map_err(|_| flawed("the time is not one that certificates have"))?;
        Ok(Identity {
            key: pem(&key, "PRIVATE KEY"),
            chain: pem(&leaf, "CERTIFICATE").to_string(),
            root: pem(&root, "CERTIFICATE").to_string(),
        })
    }

    /// The SHA-256 of its certificate, by which it is known.
    pub fn fingerprint(&self) -> String {
        hexadecimal(&sum(&self.chain[0]))
    }

    /// Its certificates, its own first.
    pub(super) fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// The signature of a message: two numbers of 32 bytes each.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signed = self.pair.sign(&SystemRandom::new(), message);
        let signed = signed.expect("the system gives random bytes");
        signed.as_ref().to_vec()
    }
}

/// PEM of one block. Source: RFC 7468.
fn pem(der: &[u8], label: &str) -> Zeroizing<String> {
    let letters = Zeroizing::new(Base64::encode_string(der));
    // A place for all of it: what a growing text leaves behind would not be wiped.
    let mut text = Zeroizing::new(String::with_capacity(letters.len() * 2 + 128));
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    for line in letters.as_bytes().chunks(LINE) {
        text.push_str(std::str::from_utf8(line).expect("letters of base64 are ASCII"));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}
