//! What nobody can guess: tokens, their hashes, and comparing them without telling by the time it takes.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// What the keys of programs begin with.
pub(crate) const KEY_PREFIX: &str = "fh-";

/// What the ids of keys begin with.
pub(crate) const KEY_ID: &str = "k-";

/// Bytes of chance in every token: 256 bits.
const TOKEN_BYTES: usize = 32;

/// A token, key or link, shown once and never kept. It does not show itself in logs.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A new one, which begins with `prefix`.
    pub(crate) fn new(prefix: &str) -> Self {
        let bytes = Zeroizing::new(random::<TOKEN_BYTES>());
        let text = Zeroizing::new(Base64UrlUnpadded::encode_string(bytes.as_slice()));
        Self(Zeroizing::new(format!("{prefix}{}", *text)))
    }

    /// The text, to be handed to whom it belongs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// `N` bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel has random bytes");
    bytes
}

/// A new id of a person, key or project: `prefix` and 120 bits.
pub(crate) fn id(prefix: &str) -> String {
    format!(
        "{prefix}{}",
        Base64UrlUnpadded::encode_string(&random::<15>())
    )
}

/// What is kept of the token `text` of a purpose. A token has 256 bits of chance, so that one round does.
pub(crate) fn hash(purpose: &str, text: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"freehold ");
    hasher.update(purpose.as_bytes());
    hasher.update(b" v1\n");
    hasher.update(text.as_bytes());
    hasher.finalize().into()
}

/// What forms of a session carry: bound to its token, and no way back to it.
pub(crate) fn csrf(session_token: &str) -> String {
    Base64UrlUnpadded::encode_string(&hash("csrf", session_token))
}

/// Whether two secrets are the same, in a time that depends on their lengths alone.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_have_256_bits_and_do_not_show_themselves() {
        let (one, other) = (Secret::new(KEY_PREFIX), Secret::new(KEY_PREFIX));
        assert_ne!(one.reveal(), other.reveal());
        let coded = one.reveal().strip_prefix("fh-").unwrap();
        assert_eq!(Base64UrlUnpadded::decode_vec(coded).unwrap().len(), 32);
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }

    #[test]
    fn a_token_of_one_purpose_is_worth_nothing_for_another() {
        assert_ne!(hash("session", "x"), hash("key", "x"));
        assert_ne!(hash("csrf", "x"), hash("session", "x"));
    }

    #[test]
    fn only_equal_bytes_are_the_same() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"abcd"));
    }
}
