use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::chance::Chance;

use super::*;

/// A folder with some files, signed.
struct Signed {
    folder: tempfile::TempDir,
    key: PrivateKey,
}

impl Signed {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("a/b")).expect("a folder");
        for (name, text) in [("weights", "0123456789"), ("a/b/c", "c"), ("a-b", "")] {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        let key = PrivateKey::generate();
        sign(folder.path(), &key).expect("it can be signed");
        Self { folder, key }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn refused(&self) -> String {
        let error = verify(self.folder.path(), Some(&self.key.public()));
        error.expect_err("it is to be refused").to_string()
    }
}

#[test]
fn what_was_signed_is_verified_by_its_key_and_by_the_one_beside_it() {
    let signed = Signed::new();
    let key = signed.key.public();
    let by_key = verify(signed.folder.path(), Some(&key)).unwrap();
    // The three files, and the key.
    assert_eq!((by_key.files, by_key.is_own_key), (4, false));
    let by_own = verify(signed.folder.path(), None).unwrap();
    assert!(by_own.is_own_key);
    assert_eq!(by_own.fingerprint, key.fingerprint());
    sign(signed.folder.path(), &signed.key).unwrap();
    assert_eq!(
        verify(signed.folder.path(), None).unwrap().files,
        4,
        "signed again"
    );
}

#[test]
fn a_flipped_bit_an_added_a_missing_and_a_linked_file_are_refused() {
    let signed = Signed::new();
    fs::write(signed.path("weights"), "0123456799").unwrap();
    assert!(signed.refused().contains("changed: `weights`"));
    fs::write(signed.path("weights"), "0123456789").unwrap();
    fs::write(signed.path("a/new"), "").unwrap();
    assert!(signed.refused().contains("not signed: `a/new`"));
    fs::rename(signed.path("a/new"), signed.path("a/b/c")).unwrap();
    fs::remove_file(signed.path("a-b")).unwrap();
    let error = signed.refused();
    assert!(
        error.contains("changed: `a/b/c`; missing: `a-b`"),
        "{error}"
    );
    assert!(error.contains("hint: do not use it"), "{error}");
    fs::write(signed.path("a-b"), "").unwrap();
    fs::remove_file(signed.path("a/b/c")).unwrap();
    fs::write(signed.path("a/elsewhere"), "c").unwrap();
    std::os::unix::fs::symlink(signed.path("a/elsewhere"), signed.path("a/b/c")).unwrap();
    assert!(signed.refused().contains("is a link"));
}

#[test]
fn another_key_no_key_and_no_signature_are_told_apart() {
    let signed = Signed::new();
    let other = PrivateKey::generate().public();
    let error = verify(signed.folder.path(), Some(&other)).unwrap_err();
    assert!(matches!(error, Error::Signature { .. }));
    assert!(error.to_string().contains("signed with another key"));
    fs::remove_file(signed.path(SIGNING_KEY)).unwrap();
    let error = verify(signed.folder.path(), None).unwrap_err();
    assert!(matches!(error, Error::Key { .. }), "{error}");
    fs::remove_file(signed.path(SIGNATURE)).unwrap();
    let error = verify(signed.folder.path(), None).unwrap_err();
    assert!(matches!(error, Error::Unsigned { .. }), "{error}");
}

/// Any one byte of the signature's file: none may be changed so that something else is signed, and none breaks us.
#[test]
fn whatever_is_changed_in_a_signature_is_refused_or_changes_nothing() {
    let signed = Signed::new();
    let bytes = fs::read(signed.path(SIGNATURE)).unwrap();
    let key = signed.key.public();
    let payload = bundle::open(&bytes, &key).unwrap();
    let mut chance = Chance::new(7, 0);
    let mut refused = 0;
    for _ in 0..4000 {
        let mut changed = bytes.clone();
        let at = chance.below(changed.len());
        match chance.below(4) {
            0 => changed[at] ^= 1 << chance.below(8),
            1 => changed.truncate(at),
            2 => drop(changed.remove(at)),
            _ => changed.insert(at, changed[chance.below(bytes.len())]),
        }
        match bundle::open(&changed, &key) {
            // A letter of what nobody reads, or white space.
            Ok(opened) => assert_eq!(opened, payload),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 3800, "{refused} of 4000");
}

#[test]
fn whatever_a_statement_says_it_is_read_or_refused() {
    let signed = Signed::new();
    let bytes = fs::read(signed.path(SIGNATURE)).unwrap();
    let payload = bundle::open(&bytes, &signed.key.public()).unwrap();
    assert_eq!(Statement::read(&payload).unwrap().manifest.len(), 4);
    let text = String::from_utf8(payload.clone()).unwrap();
    for (from, to, wanted) in [
        ("\"files\"", "\"shards\"", "other sums"),
        ("[\"model.sig\"]", "[\"./\"]", "whole folder"),
        ("\"a-b\"", "\"a/b/c\"", "a file twice"),
        ("signature/v1.0", "signature/v9", "something else"),
        ("\"a-b\"", "7", "no statement"),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        let flaw = Statement::read(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert!(flaw.reason.contains(wanted), "{from}: {}", flaw.reason);
    }
    let mut chance = Chance::new(8, 0);
    for _ in 0..4000 {
        let mut changed = payload.clone();
        for _ in 0..=chance.below(3) {
            let at = chance.below(changed.len());
            changed[at] = chance.below(256) as u8;
        }
        // It ends; what it ends with is a manifest or a flaw.
        drop(Statement::read(&changed));
    }
}

#[test]
fn keys_are_kept_from_others_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("owner.pem");
    let (public, key) = make_key(&path).unwrap();
    assert_eq!(public, folder.path().join("owner.pub"));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(PrivateKey::read(&path).unwrap().public(), key);
    assert_eq!(PublicKey::read(&public).unwrap(), key);
    assert!(matches!(make_key(&path), Err(Error::Exists { .. })));
    fs::remove_file(&path).unwrap();
    assert!(matches!(make_key(&path), Err(Error::Exists { .. })));
    assert!(matches!(PrivateKey::read(&public), Err(Error::Key { .. })));
    assert!(matches!(PrivateKey::read(&path), Err(Error::Key { .. })));
    let mut chance = Chance::new(9, 0);
    let pem = key.pem().into_bytes();
    for _ in 0..2000 {
        let mut changed = pem.clone();
        let at = chance.below(changed.len());
        changed[at] = chance.below(256) as u8;
        if let Some(read) = PublicKey::of_pem(&String::from_utf8_lossy(&changed)) {
            assert!(
                !read.has_signed(b"", b""),
                "it checks, whatever its point is"
            );
        }
    }
}

#[test]
fn names_that_a_terminal_would_obey_are_told_without_that() {
    let signed = Signed::new();
    fs::write(signed.path("a/\u{1b}[2Jnew"), "").unwrap();
    let error = signed.refused();
    assert!(
        error.contains("[2Jnew") && !error.contains('\u{1b}'),
        "{error:?}"
    );
}

#[test]
fn a_key_is_not_written_over_its_public_half() {
    let folder = tempfile::tempdir().unwrap();
    let error = make_key(&folder.path().join("owner.pub"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("hint: name the private one otherwise"),
        "{error}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
