//! What belongs to a person is sealed with a key of theirs, and their keys with the master key.
//!
//! A sealed value is `1 | id of the key (8) | nonce (24) | XChaCha20-Poly1305`. What it belongs to
//! (its table and ids) is authenticated with it, so that rows cannot be exchanged for each other.

mod keyring;
mod master;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::{Error, Result};

pub(crate) use keyring::Keyring;
pub(crate) use master::MasterKey;

const FORMAT: u8 = 1;
const ID: usize = 8;
const NONCE: usize = 24;

/// A key of 256 bits, wiped when it is dropped.
pub(crate) struct Key {
    id: [u8; ID],
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    pub fn new(id: [u8; ID], secret: &Zeroizing<[u8; 32]>) -> Self {
        let cipher = XChaCha20Poly1305::new((&**secret).into());
        Self { id, cipher }
    }

    /// Seals `plain` as that which `place` names.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = random()?;
        let sealed = self.seal_with(nonce, place, plain);
        let mut out = Vec::with_capacity(1 + ID + NONCE + sealed.len());
        out.push(FORMAT);
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// What was sealed as that which `place` names.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let damaged = |reason: &str| Error::damaged(format!("`{place}`"), reason);
        let Some((&[FORMAT], rest)) = sealed.split_first_chunk() else {
            return Err(damaged("it is sealed in an unknown way"));
        };
        let Some((id, rest)) = rest.split_first_chunk::<ID>() else {
            return Err(damaged("it is cut short"));
        };
        let Some((nonce, rest)) = rest.split_first_chunk::<NONCE>() else {
            return Err(damaged("it is cut short"));
        };
        if *id != self.id {
            return Err(damaged("it is sealed with another key"));
        }
        self.open_with(*nonce, place, rest)
    }

    /// Seals with a nonce that is used once in the life of this key.
    pub fn seal_with(&self, nonce: [u8; NONCE], place: &str, plain: &[u8]) -> Vec<u8> {
        let payload = Payload {
            msg: plain,
            aad: place.as_bytes(),
        };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        sealed.expect("only 256 GiB in one piece cannot be sealed")
    }

    /// What [`Self::seal_with`] sealed.
    pub fn open_with(&self, nonce: [u8; NONCE], place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        let opened = self.cipher.decrypt(&XNonce::from(nonce), payload);
        opened.map_err(|_| Error::damaged(format!("`{place}`"), "it is not what was sealed"))
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::unavailable(format!("the system gives no random numbers: {error}"))
    })?;
    Ok(bytes)
}

/// `bytes` in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new([byte; ID], &Zeroizing::new([byte; 32]))
    }

    #[test]
    fn what_was_sealed_opens_in_its_place_with_its_key_only() {
        let sealed = key(1).seal("object/a", b"words").unwrap();
        assert_eq!(key(1).open("object/a", &sealed).unwrap(), b"words");
        assert_eq!(
            key(1).open("object/b", &sealed).unwrap_err().code(),
            "store_damaged"
        );
        assert_eq!(
            key(2).open("object/a", &sealed).unwrap_err().code(),
            "store_damaged"
        );
    }

    #[test]
    fn a_changed_or_missing_byte_is_found_anywhere() {
        let sealed = key(1).seal("object/a", b"words").unwrap();
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(key(1).open("object/a", &changed).is_err(), "{position}");
            assert!(
                key(1).open("object/a", &sealed[..position]).is_err(),
                "{position}"
            );
        }
    }

    #[test]
    fn two_seals_of_the_same_differ() {
        let seal = || key(1).seal("object/a", b"words").unwrap();
        assert_ne!(seal(), seal());
    }
}
