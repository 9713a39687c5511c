//! A copy of everything, and what comes back from it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use store::{
    AuditLine, Durability, Item, List, NewJob, Options, Project, Store, Timestamp, Usage, User,
};

use crate::databases::Place;
use crate::objects::object;

on_both! {
    everything_comes_back_on_another_machine,
    a_backup_of_one_database_fills_the_other,
    a_backup_made_while_others_write_is_of_one_moment,
    a_changed_or_cut_backup_is_refused_and_restores_nothing,
    a_backup_is_restored_with_its_own_key_into_nothing_only,
    who_was_erased_stays_so_when_an_older_backup_is_restored,
    who_is_erased_leaves_nothing_and_takes_nobody_along,
    an_export_has_everything_of_one_person_in_the_clear,
}

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn user(id: &str) -> User {
    User {
        id: id.to_owned(),
        name: format!("name of {id}"),
        display_name: None,
        password_hash: None,
        role: "member".to_owned(),
        disabled: false,
        created_at: NOW,
    }
}

fn job(id: &str, owner: &str) -> NewJob {
    NewJob {
        id: id.to_owned(),
        kind: "batch".to_owned(),
        owner: owner.to_owned(),
        idempotency_key: None,
        payload: json!({"secret": owner}),
        created_at: NOW,
        run_at: NOW,
        attempts_max: 3,
        backoff: Duration::from_secs(1),
    }
}

/// Something of every kind for `ada` and `bob`.
async fn fill(store: &Store) {
    for owner in ["ada", "bob"] {
        store.identity().add_user(&user(owner)).await.unwrap();
        let id = format!("r-{owner}");
        let object = store::Object {
            owner: owner.to_owned(),
            ..object(&id)
        };
        store.objects().put(object).await.unwrap();
        let item = Item {
            id: "i".to_owned(),
            body: json!("item"),
        };
        store.objects().append_items(&id, vec![item]).await.unwrap();
        let many = (0..700).map(|number| json!(number)).collect();
        store
            .objects()
            .append_events(&id, None, many)
            .await
            .unwrap();
        let content = format!("file of {owner}").repeat(100_000);
        let blob = store
            .blobs()
            .put(owner, content.as_bytes(), u64::MAX, NOW)
            .await
            .unwrap();
        store.blobs().attach(&id, &blob.sha256).await.unwrap();
        store
            .jobs()
            .enqueue(job(&format!("j-{owner}"), owner))
            .await
            .unwrap();
        let used = Usage {
            requests: 1,
            ..Usage::default()
        };
        store.identity().add_usage(owner, NOW, used).await.unwrap();
    }
    let project = Project {
        id: "p".to_owned(),
        name: "bridge".to_owned(),
        created_at: NOW,
        archived_at: None,
    };
    store.identity().add_project(&project).await.unwrap();
    let line = AuditLine {
        sequence: 1,
        at: NOW,
        hash: [1; 32],
        line: "first".to_owned(),
    };
    store
        .audit()
        .append(vec![line], Durability::Disk)
        .await
        .unwrap();
}

/// What a store holds of `owner`, to be compared.
async fn held(store: &Store, owner: &str) -> String {
    let id = format!("r-{owner}");
    let blob = store.blobs().of_object(&id).await.unwrap().remove(0);
    let content = store
        .blobs()
        .open(owner, &blob.sha256, None)
        .await
        .unwrap()
        .read_to_end()
        .await
        .unwrap();
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{blob:?}\n{:?}",
        store.identity().user(owner).await.unwrap(),
        store.objects().get(&id).await.unwrap(),
        store.objects().item(&id, "i").await.unwrap(),
        store.objects().events_after(&id, None, 1000).await.unwrap(),
        store.jobs().get(&format!("j-{owner}")).await.unwrap(),
        store.identity().usage(owner, NOW).await.unwrap(),
        String::from_utf8(content).unwrap().len(),
    )
}

async fn everything_comes_back_on_another_machine(place: Place) {
    let store = place.open().await;
    fill(&store).await;
    let path = place.folder.path().join("backup");
    let backup = store.backup(&path).await.unwrap();
    assert_eq!(backup.blobs, 2);
    assert_eq!(backup.bytes, fs::metadata(&path).unwrap().len());
    assert_eq!(store.backup(&path).await.unwrap_err().code(), "store_file");
    let expected = [held(&store, "ada").await, held(&store, "bob").await];
    store.close().await;
    let (restored, of) = Store::restore(&place.beside("other").await, &path)
        .await
        .unwrap();
    assert_eq!(of, backup);
    assert_eq!(
        [held(&restored, "ada").await, held(&restored, "bob").await],
        expected
    );
    assert_eq!(
        restored.audit().last().await.unwrap().unwrap().line,
        "first"
    );
    assert_eq!(
        restored.identity().projects(None, 9).await.unwrap().len(),
        1
    );
    // And it goes on from there.
    let first = restored
        .objects()
        .append_events("r-ada", Some(700), vec![json!(1)])
        .await
        .unwrap();
    assert_eq!(first, 700);
}

async fn a_backup_of_one_database_fills_the_other(place: Place) {
    let store = place.open().await;
    fill(&store).await;
    let path = place.folder.path().join("backup");
    store.backup(&path).await.unwrap();
    let other = place.beside("other").await;
    let sqlite = Options {
        url: "sqlite:freehold.db".to_owned(),
        ..other.clone()
    };
    let (restored, _) = Store::restore(&sqlite, &path).await.unwrap();
    assert_eq!(held(&restored, "bob").await, held(&store, "bob").await);
    let back = place.folder.path().join("back");
    restored.backup(&back).await.unwrap();
    restored.close().await;
    if place.is_postgres() {
        let (again, _) = Store::restore(&other, &back).await.unwrap();
        assert_eq!(held(&again, "ada").await, held(&store, "ada").await);
    }
    assert!(fs::read(&back).unwrap() == fs::read(&path).unwrap());
}

async fn a_backup_made_while_others_write_is_of_one_moment(place: Place) {
    let store = place.open().await;
    store.objects().put(object("a")).await.unwrap();
    store.objects().put(object("b")).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        async move {
            let mut count = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                // First to one, then to the other: at no moment has `b` more than `a`.
                for id in ["a", "b"] {
                    store
                        .objects()
                        .append_events(id, Some(count), vec![json!(count)])
                        .await
                        .unwrap();
                }
                count += 1;
            }
            count
        }
    });
    for round in 0..3 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let path = place.folder.path().join(format!("backup-{round}"));
        store.backup(&path).await.unwrap();
        let name = format!("other_{round}");
        let (restored, _) = Store::restore(&place.beside(&name).await, &path)
            .await
            .unwrap();
        let count = async |id| {
            restored
                .objects()
                .events_after(id, None, 100_000)
                .await
                .unwrap()
                .len()
        };
        let (a, b) = (count("a").await, count("b").await);
        assert!(a == b || a == b + 1, "{a} and {b}");
        let next = restored
            .objects()
            .append_events("a", None, vec![json!(0)])
            .await
            .unwrap();
        assert_eq!(next, a as u64);
        restored.close().await;
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writing.await.unwrap() > 3);
}

async fn a_changed_or_cut_backup_is_refused_and_restores_nothing(place: Place) {
    let store = place.open().await;
    fill(&store).await;
    let path = place.folder.path().join("backup");
    store.backup(&path).await.unwrap();
    let whole = fs::read(&path).unwrap();
    let other = place.beside("other").await;
    for position in [0, 20, 60, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        fs::write(&path, changed).unwrap();
        assert_eq!(
            Store::restore(&other, &path)
                .await
                .map(drop)
                .unwrap_err()
                .code(),
            "store_damaged"
        );
        fs::write(&path, &whole[..position]).unwrap();
        assert_eq!(
            Store::restore(&other, &path)
                .await
                .map(drop)
                .unwrap_err()
                .code(),
            "store_damaged"
        );
    }
    fs::write(&path, &whole).unwrap();
    Store::restore(&other, &path).await.unwrap();
}

async fn a_backup_is_restored_with_its_own_key_into_nothing_only(place: Place) {
    let store = place.open().await;
    fill(&store).await;
    let path = place.folder.path().join("backup");
    store.backup(&path).await.unwrap();
    let error = Store::restore(&place.options, &path)
        .await
        .map(drop)
        .unwrap_err();
    assert_eq!(error.code(), "store_refused");
    let other = place.beside("other").await;
    let key = other.data.join("master.key");
    let right = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert_eq!(
        Store::restore(&other, &path)
            .await
            .map(drop)
            .unwrap_err()
            .code(),
        "store_master_key"
    );
    assert!(!key.exists());
    fs::write(&key, "1".repeat(64)).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(&key, mode).unwrap();
    assert_eq!(
        Store::restore(&other, &path)
            .await
            .map(drop)
            .unwrap_err()
            .code(),
        "store_master_key"
    );
    fs::write(&key, right).unwrap();
    Store::restore(&other, &path).await.unwrap();
}

async fn who_was_erased_stays_so_when_an_older_backup_is_restored(place: Place) {
    let store = place.open().await;
    fill(&store).await;
    let path = place.folder.path().join("backup");
    store.backup(&path).await.unwrap();
    store.erase("ada", NOW).await.unwrap();
    store.close().await;
    let other = place.beside("other").await;
    fs::copy(place.options.data.join("erased"), other.data.join("erased")).unwrap();
    let (restored, _) = Store::restore(&other, &path).await.unwrap();
    assert_eq!(
        restored.identity().user("ada").await.unwrap_err().code(),
        "store_not_found"
    );
    assert_eq!(
        restored.objects().get("r-ada").await.unwrap_err().code(),
        "store_not_found"
    );
    assert_eq!(
        restored
            .objects()
            .put(object("new"))
            .await
            .unwrap_err()
            .code(),
        "store_erased"
    );
    held(&restored, "bob").await;
    assert_eq!(crate::blobs::files(&other.data.join("blobs")).len(), 1);
}

async fn who_is_erased_leaves_nothing_and_takes_nobody_along(place: Place) {
    let store = place.open().await;
    fill(&store).await;
    let before = held(&store, "bob").await;
    assert!(store.erase("ada", NOW).await.unwrap());
    assert!(!store.erase("ada", NOW).await.unwrap());
    assert!(!store.erase("nobody", NOW).await.unwrap());
    let codes = [
        store.identity().user("ada").await.map(drop),
        store.objects().get("r-ada").await.map(drop),
        store
            .objects()
            .events_after("r-ada", None, 1)
            .await
            .map(drop),
        store.jobs().get("j-ada").await.map(drop),
    ];
    assert_eq!(
        codes.map(|result| result.unwrap_err().code()),
        ["store_not_found"; 4]
    );
    let codes = [
        store.objects().put(object("new")).await.map(drop),
        store.jobs().enqueue(job("new", "ada")).await.map(drop),
        store
            .blobs()
            .put("ada", &b"new"[..], 9, NOW)
            .await
            .map(drop),
        store.identity().add_user(&user("ada")).await,
    ];
    assert_eq!(
        codes.map(|result| result.unwrap_err().code()),
        ["store_erased"; 4]
    );
    assert_eq!(
        crate::blobs::files(&place.options.data.join("blobs")).len(),
        1
    );
    assert_eq!(
        store.identity().usage("ada", NOW).await.unwrap(),
        Usage::default()
    );
    assert_eq!(store.audit().last().await.unwrap().unwrap().line, "first");
    assert_eq!(held(&store, "bob").await, before);
    let everything = List {
        limit: 10,
        ..List::default()
    };
    assert_eq!(
        store.objects().list(&everything).await.unwrap().data.len(),
        1
    );
    if !place.is_postgres() {
        // Not even the file knows the name any more.
        let names = ["freehold.db", "freehold.db-wal"].map(|name| place.options.data.join(name));
        for bytes in names.iter().filter_map(|path| fs::read(path).ok()) {
            let name = b"name of ada";
            assert!(!bytes.windows(name.len()).any(|window| window == name));
        }
    }
}

async fn an_export_has_everything_of_one_person_in_the_clear(place: Place) {
    let store = place.open().await;
    fill(&store).await;
    let folder = place.folder.path().join("export");
    let exported = store.export("ada", &folder).await.unwrap();
    assert_eq!((exported.objects, exported.jobs, exported.blobs), (1, 1, 1));
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let user: serde_json::Value = serde_json::from_str(&read("user.json")).unwrap();
    assert_eq!(user["name"], "name of ada");
    let object: serde_json::Value = serde_json::from_str(&read("objects.jsonl")).unwrap();
    assert_eq!(object["body"]["text"], "the plan of the bridge");
    assert_eq!(object["events"].as_array().unwrap().len(), 700);
    assert_eq!(object["items"], json!([{"id": "i", "body": "item"}]));
    let job: serde_json::Value = serde_json::from_str(&read("jobs.jsonl")).unwrap();
    assert_eq!(job["payload"], json!({"secret": "ada"}));
    let blob = object["blobs"][0].as_str().unwrap();
    assert_eq!(
        read(&format!("blobs/{blob}")),
        "file of ada".repeat(100_000)
    );
    assert_eq!(
        store.export("ada", &folder).await.unwrap_err().code(),
        "store_file"
    );
    let nobody = place.folder.path().join("nobody");
    assert_eq!(
        store.export("nobody", &nobody).await.unwrap_err().code(),
        "store_not_found"
    );
    assert!(!nobody.exists());
}
