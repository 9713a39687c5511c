//! Signatures of what is sent.
//! Source: Standard Webhooks 1.0, symmetric signatures (`v1`).

use base64ct::{Base64, Encoding as _};
use ring::hmac;

/// What secrets begin with.
pub(super) const PREFIX: &str = "whsec_";

/// The signature of a body by `secret`, or none where that is no secret.
pub(super) fn signature(secret: &str, id: &str, timestamp: u64, body: &str) -> Option<String> {
    let bytes = Base64::decode_vec(secret.strip_prefix(PREFIX)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
    let signed = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", Base64::encode_string(signed.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_standard_signs_is_signed_alike() {
        // The example of the specification's own libraries.
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(
            signed.as_deref(),
            Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
        assert_eq!(signature("secret", "a", 1, "{}"), None);
        assert_eq!(signature("whsec_*", "a", 1, "{}"), None);
    }
}
