//! Files of people.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use store::{Error, Garbage, Timestamp};

use crate::databases::Place;
use crate::objects::object;

on_both! {
    what_was_put_is_read_whole_and_in_parts,
    the_same_is_kept_once_a_person,
    a_changed_byte_anywhere_is_found,
    files_cannot_be_exchanged,
    what_no_document_uses_is_collected_and_nothing_else,
    too_much_is_refused_and_leaves_nothing,
    a_document_is_put_with_its_blobs_or_not_at_all,
}

const NOW: Timestamp = Timestamp::from_millis(1_000_000);
const CHUNK: usize = 1 << 16;

fn content(length: usize) -> Vec<u8> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(u8::try_from(*state >> 24).unwrap())
    };
    std::iter::repeat_n((), length)
        .scan(u32::try_from(length).unwrap(), |state, ()| next(state))
        .collect()
}

pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

async fn what_was_put_is_read_whole_and_in_parts(place: Place) {
    let store = place.open().await;
    for length in [
        0,
        1,
        CHUNK - 1,
        CHUNK,
        CHUNK + 1,
        3 * CHUNK,
        40 * CHUNK + 17,
    ] {
        let content = content(length);
        let blob = store
            .blobs()
            .put("ada", content.as_slice(), u64::MAX, NOW)
            .await
            .unwrap();
        let sum: String = Sha256::digest(&content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            (blob.sha256.as_str(), blob.bytes),
            (sum.as_str(), length as u64)
        );
        let read = async |range| {
            let mut reader = store
                .blobs()
                .open("ada", &blob.sha256, range)
                .await
                .unwrap();
            reader.read_to_end().await.unwrap()
        };
        assert!(read(None).await == content, "{length}");
        let edges = [
            0,
            1,
            CHUNK - 1,
            CHUNK,
            CHUNK + 1,
            length / 2,
            length.saturating_sub(1),
            length,
            length + 9,
        ];
        for start in edges {
            for end in edges {
                let expected = content.get(start..end.min(length)).unwrap_or_default();
                assert!(
                    read(Some(start as u64..end as u64)).await == expected,
                    "{length}: {start}..{end}"
                );
            }
        }
    }
    let error = store.blobs().open("ada", "0000", None).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no blob `0000`");
}

async fn the_same_is_kept_once_a_person(place: Place) {
    let store = place.open().await;
    let content = content(100_000);
    for owner in ["ada", "ada", "bob"] {
        store
            .blobs()
            .put(owner, content.as_slice(), u64::MAX, NOW)
            .await
            .unwrap();
    }
    let files = files(&place.options.data.join("blobs"));
    assert_eq!(files.len(), 2, "{files:?}");
    let [one, other] = [&files[0], &files[1]].map(|path| fs::read(path).unwrap());
    assert_ne!(one, other);
    assert!(!one.windows(32).any(|window| window == &content[..32]));
}

async fn a_changed_byte_anywhere_is_found(place: Place) {
    let store = place.open().await;
    let content = content(2 * CHUNK + 5);
    let blob = store
        .blobs()
        .put("ada", content.as_slice(), u64::MAX, NOW)
        .await
        .unwrap();
    let path = files(&place.options.data.join("blobs")).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    let read = async || match store.blobs().open("ada", &blob.sha256, None).await {
        Ok(mut reader) => reader.read_to_end().await,
        Err(error) => Err(error),
    };
    for position in [
        0,
        7,
        8,
        20,
        27,
        40,
        CHUNK,
        CHUNK + 43,
        CHUNK + 50,
        whole.len() - 1,
    ] {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        fs::write(&path, changed).unwrap();
        assert_eq!(
            read().await.unwrap_err().code(),
            "store_damaged",
            "{position}"
        );
    }
    for length in [0, 10, 27, CHUNK, 2 * CHUNK + 59, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(
            read().await.unwrap_err().code(),
            "store_damaged",
            "{length}"
        );
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(read().await.unwrap_err().code(), "store_damaged");
    fs::write(&path, &whole).unwrap();
    assert!(read().await.unwrap() == content);
}

async fn files_cannot_be_exchanged(place: Place) {
    let store = place.open().await;
    let one = store
        .blobs()
        .put("ada", &b"one"[..], u64::MAX, NOW)
        .await
        .unwrap();
    store
        .blobs()
        .put("ada", &b"two"[..], u64::MAX, NOW)
        .await
        .unwrap();
    let paths = files(&place.options.data.join("blobs"));
    let [first, second] = [&paths[0], &paths[1]].map(|path| fs::read(path).unwrap());
    fs::write(&paths[0], second).unwrap();
    fs::write(&paths[1], first).unwrap();
    let mut reader = store.blobs().open("ada", &one.sha256, None).await.unwrap();
    assert_eq!(
        reader.read_to_end().await.unwrap_err().code(),
        "store_damaged"
    );
    let hash = &one.sha256;
    place
        .tamper(&format!(
            "UPDATE blobs SET sha256 = 'x' WHERE sha256 = '{hash}'"
        ))
        .await;
    place
        .tamper(&format!(
            "UPDATE blobs SET sha256 = '{hash}' WHERE sha256 <> 'x'"
        ))
        .await;
    let error = store.blobs().open("ada", hash, None).await.unwrap_err();
    assert_eq!(error.code(), "store_damaged");
}

async fn what_no_document_uses_is_collected_and_nothing_else(place: Place) {
    let store = place.open().await;
    let blobs = store.blobs();
    store.objects().put(object("f1")).await.unwrap();
    let used = blobs.put("ada", &b"used"[..], u64::MAX, NOW).await.unwrap();
    let unused = blobs
        .put("ada", &b"unused"[..], u64::MAX, NOW)
        .await
        .unwrap();
    blobs.attach("f1", &used.sha256).await.unwrap();
    blobs.attach("f1", &used.sha256).await.unwrap();
    assert_eq!(
        blobs.of_object("f1").await.unwrap(),
        std::slice::from_ref(&used)
    );
    assert_eq!(
        blobs.attach("f2", &used.sha256).await.unwrap_err().code(),
        "store_not_found"
    );
    let theirs = blobs
        .put("bob", &b"theirs"[..], u64::MAX, NOW)
        .await
        .unwrap();
    assert_eq!(
        blobs.attach("f1", &theirs.sha256).await.unwrap_err().code(),
        "store_not_found"
    );
    let folder = place.options.data.join("blobs");
    let orphan = folder.join("parts/orphan");
    fs::write(&orphan, "left behind").unwrap();
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    assert_eq!(
        blobs.collect_garbage(NOW, year).await.unwrap(),
        Garbage::default()
    );
    // Blobs are as old as they were said to be, files as the disk says.
    let later = NOW.after(Duration::from_secs(2));
    let collected = blobs
        .collect_garbage(later, Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(collected, Garbage { blobs: 2, files: 0 });
    assert_eq!(
        blobs
            .open("ada", &unused.sha256, None)
            .await
            .unwrap_err()
            .code(),
        "store_not_found"
    );
    assert_eq!(files(&folder).len(), 2);
    let elapsed = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let tomorrow = Timestamp::default().after(elapsed + Duration::from_secs(24 * 60 * 60));
    let collected = blobs
        .collect_garbage(tomorrow, Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(collected, Garbage { blobs: 0, files: 1 });
    assert!(!orphan.exists());
    let mut reader = blobs.open("ada", &used.sha256, None).await.unwrap();
    assert_eq!(reader.read_to_end().await.unwrap(), b"used");
    store.objects().delete("f1").await.unwrap();
    let collected = blobs
        .collect_garbage(tomorrow, Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(collected, Garbage { blobs: 1, files: 0 });
    assert_eq!(files(&folder), [""; 0].map(PathBuf::from));
}

async fn too_much_is_refused_and_leaves_nothing(place: Place) {
    let store = place.open().await;
    let content = content(100);
    let error = store
        .blobs()
        .put("ada", content.as_slice(), 99, NOW)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "store_refused");
    assert_eq!(files(&place.options.data.join("blobs")).len(), 0);
    store
        .blobs()
        .put("ada", content.as_slice(), 100, NOW)
        .await
        .unwrap();
}

async fn a_document_is_put_with_its_blobs_or_not_at_all(place: Place) {
    let store = place.open().await;
    let blob = store
        .blobs()
        .put("ada", &b"mine"[..], 100, NOW)
        .await
        .unwrap();
    let missing = vec![blob.sha256.clone(), "0".repeat(64)];
    let refused = store.objects().put_using(object("without"), missing).await;
    assert!(
        matches!(refused, Err(Error::NotFound { .. })),
        "{refused:?}"
    );
    let found = store.objects().get("without").await;
    assert!(matches!(found, Err(Error::NotFound { .. })), "{found:?}");
    let blobs = vec![blob.sha256.clone()];
    store
        .objects()
        .put_using(object("with"), blobs)
        .await
        .unwrap();
    assert_eq!(store.blobs().of_object("with").await.unwrap(), [blob]);
}
