//! Passwords: argon2id, a bounded number at a time.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::SaltString,
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::{
    error::{Error, Limited, Result},
    secret,
};

/// Memory of one hash in KiB: what OWASP's cheat sheet names first (19 MiB, two passes, one lane).
const MEMORY_KIB: u32 = 19 * 1024;

/// Passes over it.
const PASSES: u32 = 2;

/// Hashes computed at one time: no more than 38 MiB, whoever knocks.
const AT_ONCE: usize = 2;

/// Callers that may wait for one; more are told to come again.
const WAITING_MAX: usize = 64;

/// Passwords have at least so many characters; what NIST SP 800-63B asks of one without a second factor is 15,
/// of one beside it 8. Guesses are throttled here.
const CHARACTERS_MIN: usize = 10;

/// And at most so many bytes, so that hashing one is no way to keep the house busy.
const BYTES_MAX: usize = 1024;

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    argon: Argon2<'static>,
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// The hash of what nobody typed, checked where there is no account: both take the same time.
    decoy: Arc<str>,
}

impl Passwords {
    /// Ready to hash.
    pub async fn new() -> Result<Self> {
        let params =
            Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are within range");
        let mut passwords = Self {
            argon: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(AT_ONCE + WAITING_MAX)),
            decoy: Arc::from(""),
        };
        let nobodys = secret::Secret::new("");
        passwords.decoy = passwords.hash(nobodys.reveal()).await?.into();
        Ok(passwords)
    }

    /// What is kept of `password`.
    ///
    /// # Errors
    /// A password too short or too long, and too many at a time.
    pub async fn hash(&self, password: &str) -> Result<String> {
        if password.chars().count() < CHARACTERS_MIN {
            let what = format!("a password has at least {CHARACTERS_MIN} characters");
            return Err(Error::refused("weak_password", what).hint(
                "four words that do not belong together are easy to keep and hard to guess",
            ));
        }
        if password.len() > BYTES_MAX {
            let what = format!("a password has at most {BYTES_MAX} bytes");
            return Err(Error::refused("weak_password", what));
        }
        let password = Zeroizing::new(password.to_owned());
        self.compute(move |argon| {
            let salt =
                SaltString::encode_b64(&secret::random::<16>()).expect("16 bytes are a salt");
            let hash = argon.hash_password(password.as_bytes(), &salt);
            hash.expect("the parameters are within range").to_string()
        })
        .await
    }

    /// Whether `password` is the one of `kept`; without one, no, in the same time.
    pub async fn fits(&self, password: &str, kept: Option<&str>) -> Result<bool> {
        if password.len() > BYTES_MAX {
            return Ok(false);
        }
        let password = Zeroizing::new(password.to_owned());
        let is_somebodys = kept.is_some();
        let kept = kept.unwrap_or(&self.decoy).to_owned();
        self.compute(move |argon| {
            let fits = PasswordHash::new(&kept)
                .is_ok_and(|kept| argon.verify_password(password.as_bytes(), &kept).is_ok());
            fits && is_somebodys
        })
        .await
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T> {
        let Ok(_waiting) = self.waiting.clone().try_acquire_owned() else {
            return Err(Error::Limited(Limited {
                what: "too many are signing in".to_owned(),
                retry_after: Some(std::time::Duration::from_secs(5)),
            }));
        };
        let permit = self.at_once.clone().acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let argon = self.argon.clone();
        let computed = tokio::task::spawn_blocking(move || {
            // The caller may go away; the memory is in use until here all the same.
            let _permit = permit;
            work(&argon)
        });
        computed
            .await
            .map_err(|error| Error::failed("internal", error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const RIGHT: &str = "correct horse battery staple";

    #[tokio::test]
    async fn only_the_right_password_fits_and_the_text_says_how_it_was_hashed() {
        let passwords = Passwords::new().await.unwrap();
        let kept = passwords.hash(RIGHT).await.unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert!(passwords.fits(RIGHT, Some(&kept)).await.unwrap());
        assert!(
            !passwords
                .fits("Correct horse battery staple", Some(&kept))
                .await
                .unwrap()
        );
        assert!(!passwords.fits(RIGHT, None).await.unwrap());
        assert!(!passwords.fits(RIGHT, Some("damaged")).await.unwrap());
        assert_ne!(
            kept,
            passwords.hash(RIGHT).await.unwrap(),
            "each has its own salt"
        );
    }

    #[tokio::test]
    async fn short_and_endless_passwords_are_refused() {
        let passwords = Passwords::new().await.unwrap();
        for password in ["", "123456789", &"x".repeat(1025)] {
            assert!(matches!(
                passwords.hash(password).await,
                Err(Error::Refused(_))
            ));
        }
    }

    #[tokio::test]
    async fn whoever_does_not_exist_takes_as_long_as_a_wrong_password() {
        let passwords = Passwords::new().await.unwrap();
        let kept = passwords.hash(RIGHT).await.unwrap();
        let mut fastest = [f64::MAX; 2];
        for _ in 0..5 {
            for (fastest, kept) in fastest.iter_mut().zip([Some(kept.as_str()), None]) {
                let start = Instant::now();
                passwords.fits("wrong password", kept).await.unwrap();
                *fastest = fastest.min(start.elapsed().as_secs_f64());
            }
        }
        let ratio = fastest[0] / fastest[1];
        assert!((0.5..2.0).contains(&ratio), "{fastest:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_crowd_is_told_to_come_again() {
        let passwords = Passwords::new().await.unwrap();
        let tasks: Vec<_> = (0..200)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.fits("wrong password", None).await })
            })
            .collect();
        let mut limited = 0;
        for task in tasks {
            limited += usize::from(matches!(task.await.unwrap(), Err(Error::Limited(_))));
        }
        assert!(limited > 0 && limited <= 200 - 66, "{limited}");
    }
}
