//! Names of things that nobody can guess.

/// `prefix` and 24 letters and digits by chance.
pub(crate) fn new(prefix: &str) -> String {
    const SIGNS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut id = String::with_capacity(prefix.len() + 24);
    id.push_str(prefix);
    let mut bytes = [0_u8; 48];
    while id.len() < prefix.len() + 24 {
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        // Bytes above would make some letters more frequent.
        let even = bytes.iter().filter(|byte| **byte < 248);
        for byte in even.take(prefix.len() + 24 - id.len()) {
            id.push(SIGNS[usize::from(byte % 62)] as char);
        }
    }
    id
}

/// A number by chance.
pub(crate) fn seed() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_length_and_differ() {
        let (one, other) = (new("resp_"), new("resp_"));
        assert_eq!(one.len(), 29);
        assert_ne!(one, other);
        assert!(one[5..].chars().all(|c| c.is_ascii_alphanumeric()));
    }
}
