//! What a store is opened with, and what it refuses to open.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use store::{Options, Store, Timestamp, User};

use crate::databases::{Place, on_sqlite};
use crate::objects::object;

on_both! {
    many_may_open_at_once,
    a_database_of_a_newer_version_is_refused,
    a_database_of_an_older_version_keeps_its_people,
    another_master_key_is_refused,
    a_missing_master_key_is_not_made_anew,
    a_master_key_that_others_may_read_is_refused,
    secrets_are_kept_sealed,
}

async fn code_of_opening(options: &Options) -> String {
    Store::open(options)
        .await
        .map(drop)
        .unwrap_err()
        .code()
        .to_owned()
}

async fn many_may_open_at_once(place: Place) {
    let opened: Vec<_> = (0..8)
        .map(|_| {
            let options = place.options.clone();
            tokio::spawn(async move {
                Store::open(&options)
                    .await
                    .map_err(|error| error.to_string())
            })
        })
        .collect();
    for (number, one) in opened.into_iter().enumerate() {
        let store = one.await.unwrap().unwrap();
        store
            .objects()
            .put(object(&number.to_string()))
            .await
            .unwrap();
    }
    let store = place.open().await;
    for number in 0..8 {
        store.objects().get(&number.to_string()).await.unwrap();
    }
}

#[test]
fn whoever_opens_waits_for_one_who_has_begun_before_the_log_is_on() {
    on_sqlite(|place| async move {
        fs::create_dir_all(&place.options.data).unwrap();
        let file = SqliteConnectOptions::new()
            .filename(place.options.data.join("freehold.db"))
            .create_if_missing(true);
        let mut other = file.connect().await.unwrap();
        let begin = sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other);
        begin.await.unwrap();
        let options = place.options.clone();
        let opening = tokio::spawn(async move { Store::open(&options).await.map(drop) });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!opening.is_finished());
        let end = sqlx::raw_sql("ROLLBACK").execute(&mut other);
        end.await.unwrap();
        opening.await.unwrap().unwrap();
    });
}

async fn a_database_of_a_newer_version_is_refused(place: Place) {
    place.open().await.close().await;
    place
        .tamper("INSERT INTO schema_version(version) VALUES (1000)")
        .await;
    let error = Store::open(&place.options).await.map(drop).unwrap_err();
    assert_eq!(error.code(), "store_newer");
    assert!(error.to_string().contains("`1000`"), "{error}");
    assert!(error.to_string().contains("\nhint: "), "{error}");
}

async fn a_database_of_an_older_version_keeps_its_people(place: Place) {
    let store = place.open().await;
    let ada = User {
        id: "u-1".to_owned(),
        name: "ada".to_owned(),
        display_name: None,
        password_hash: None,
        role: "member".to_owned(),
        disabled: false,
        created_at: Timestamp::from_millis(1),
    };
    store.identity().add_user(&ada).await.unwrap();
    store.close().await;
    // As the second version left it.
    place
        .tamper("ALTER TABLE users DROP COLUMN display_name")
        .await;
    place
        .tamper("DELETE FROM schema_version WHERE version > 2")
        .await;
    let store = place.open().await;
    assert_eq!(store.identity().user("u-1").await.unwrap(), ada);
    let named = User {
        display_name: Some("Ada Löwe".to_owned()),
        ..ada
    };
    store.identity().update_user(&named).await.unwrap();
    assert_eq!(store.identity().user("u-1").await.unwrap(), named);
}

async fn another_master_key_is_refused(place: Place) {
    place.open().await.close().await;
    let path = place.options.data.join("master.key");
    let key = fs::read_to_string(&path).unwrap();
    assert_eq!(key.trim().len(), 64);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for wrong in [
        "0".repeat(64),
        "zz".to_owned(),
        String::new(),
        format!("{}é", "0".repeat(62)),
    ] {
        fs::write(&path, wrong).unwrap();
        assert_eq!(code_of_opening(&place.options).await, "store_master_key");
    }
    fs::write(&path, key).unwrap();
    place.open().await;
}

async fn a_missing_master_key_is_not_made_anew(place: Place) {
    let store = place.open().await;
    store.objects().put(object("r1")).await.unwrap();
    store.close().await;
    let path = place.options.data.join("master.key");
    let elsewhere = place.folder.path().join("kept");
    fs::rename(&path, &elsewhere).unwrap();
    assert_eq!(code_of_opening(&place.options).await, "store_master_key");
    assert!(!path.exists());
    let options = Options {
        master_key: Some(elsewhere),
        ..place.options.clone()
    };
    let store = Store::open(&options).await.unwrap();
    assert_eq!(
        store.objects().get("r1").await.unwrap().body,
        object("r1").body
    );
}

async fn a_master_key_that_others_may_read_is_refused(place: Place) {
    place.open().await.close().await;
    let path = place.options.data.join("master.key");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = Store::open(&place.options).await.map(drop).unwrap_err();
    assert_eq!(error.code(), "store_master_key");
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

async fn secrets_are_kept_sealed(place: Place) {
    let store = place.open().await;
    assert_eq!(store.secret("signing").await.unwrap(), None);
    store.keep_secret("signing", b"one").await.unwrap();
    store.keep_secret("signing", b"two").await.unwrap();
    assert_eq!(store.secret("signing").await.unwrap().unwrap(), b"two");
    place
        .tamper("UPDATE facts SET name = 'secret/other' WHERE name = 'secret/signing'")
        .await;
    assert_eq!(
        store.secret("other").await.unwrap_err().code(),
        "store_damaged"
    );
}

#[test]
fn garbage_and_torn_database_files_are_refused_with_a_hint() {
    on_sqlite(|place| async move {
        let store = place.open().await;
        for number in 0..50 {
            store
                .objects()
                .put(object(&number.to_string()))
                .await
                .unwrap();
        }
        store.close().await;
        let path = place.options.data.join("freehold.db");
        let whole = fs::read(&path).unwrap();
        let mut overwritten = whole.clone();
        overwritten[..64].fill(0x55);
        for wrong in [b"this is no database, only words".repeat(100), overwritten] {
            fs::write(&path, wrong).unwrap();
            let error = Store::open(&place.options).await.map(drop).unwrap_err();
            assert_eq!(error.code(), "store_damaged", "{error}");
            assert!(
                error.to_string().contains("hint: restore the last backup"),
                "{error}"
            );
        }
        // Cut in the middle it may open, but then says what is wrong instead of forgetting.
        fs::write(&path, &whole[..whole.len() / 2 / 4096 * 4096]).unwrap();
        let mut codes = Vec::new();
        match Store::open(&place.options).await {
            Err(error) => codes.push(error.code()),
            Ok(store) => {
                for number in 0..50 {
                    codes.extend(
                        store
                            .objects()
                            .get(&number.to_string())
                            .await
                            .err()
                            .map(|error| error.code()),
                    );
                }
            }
        }
        assert!(codes.contains(&"store_damaged"), "{codes:?}");
        fs::write(&path, &whole).unwrap();
        let store = place.open().await;
        assert_eq!(
            store.objects().get("49").await.unwrap().body,
            object("49").body
        );
    });
}

#[test]
fn an_address_of_no_database_is_refused() {
    on_sqlite(|place| async move {
        for url in ["mysql://somewhere", "freehold.db", ""] {
            let options = Options {
                url: url.to_owned(),
                ..place.options.clone()
            };
            assert_eq!(code_of_opening(&options).await, "store_refused", "{url}");
        }
    });
}
