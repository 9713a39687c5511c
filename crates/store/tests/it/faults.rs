//! Disks that are full, and databases that go away.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::geteuid;
use serde_json::json;
use store::{Object, Options, Store, Timestamp};

use crate::databases::runtime;
use crate::objects::object;
use crate::postgres_server::PostgresServer;

const NOW: Timestamp = Timestamp::from_millis(1);

fn large(id: &str) -> Object {
    Object {
        body: json!("x".repeat(50_000)),
        ..object(id)
    }
}

/// Puts documents until one is refused: how many were acknowledged, and the code of the refusal.
async fn fill(store: &Store) -> (usize, &'static str) {
    for number in 0..10_000 {
        if let Err(error) = store.objects().put(large(&format!("o{number}"))).await {
            return (number, error.code());
        }
    }
    panic!("there is no end to it");
}

#[test]
fn a_full_disk_is_told_loses_nothing_and_mends_itself() {
    if !geteuid().is_root() {
        eprintln!(
            "SKIPPED: ONLY ROOT CAN MOUNT A SMALL DISK; a_limit_on_files_is_told_as_no_room WAS RUN INSTEAD"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mount = |args: &[&str]| {
        Command::new(args[0])
            .args(&args[1..])
            .arg(folder.path())
            .status()
            .unwrap()
    };
    assert!(mount(&["mount", "-t", "tmpfs", "-o", "size=6m", "none"]).success());
    let tried = std::panic::catch_unwind(|| runtime().block_on(fill_and_mend(folder.path())));
    assert!(mount(&["umount", "--lazy"]).success());
    tried.unwrap();
}

async fn fill_and_mend(folder: &Path) {
    let ballast = folder.join("ballast");
    fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let options = Options {
        reserve_bytes: 0,
        ..Options::new(folder.join("data"))
    };
    let store = Store::open(&options).await.unwrap();
    store
        .blobs()
        .put("ada", &[7; 100_000][..], u64::MAX, NOW)
        .await
        .unwrap();
    let (count, code) = fill(&store).await;
    assert_eq!(code, "store_full");
    assert!(count > 10, "{count}");
    // Again and again, and still everything is there.
    for _ in 0..20 {
        let again = store.objects().put(large("one-more")).await.map(drop);
        assert_eq!(again.unwrap_err().code(), "store_full");
    }
    let content = vec![9; 8 << 20];
    let blob = store
        .blobs()
        .put("ada", content.as_slice(), u64::MAX, NOW)
        .await;
    assert_eq!(blob.unwrap_err().code(), "store_full");
    assert_eq!(
        store
            .backup(&folder.join("backup"))
            .await
            .unwrap_err()
            .code(),
        "store_full"
    );
    assert_eq!(crate::blobs::files(&folder.join("data/blobs")).len(), 1);
    assert!(!folder.join("backup").exists() && !folder.join("backup.part").exists());
    for number in 0..count {
        let id = format!("o{number}");
        assert_eq!(
            store.objects().get(&id).await.unwrap().body,
            large(&id).body
        );
    }
    fs::remove_file(ballast).unwrap();
    store.objects().put(large("one-more")).await.unwrap();
    store.objects().get("one-more").await.unwrap();
}

#[test]
fn a_limit_on_files_is_told_as_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let binary = std::env::current_exe().unwrap();
    // A signal that is ignored stays so in what is run; the limit counts in 512 or 1,024 bytes.
    let script = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" faults::writes_below_a_limit --exact --ignored --nocapture";
    let mut command = Command::new("sh");
    let command = command
        .args(["-c", script])
        .arg(binary)
        .env("STORE_TEST_DATA", folder.path());
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("refused as store_full"), "{said}");
}

#[test]
#[ignore = "it is started by another test"]
fn writes_below_a_limit() {
    let data = std::env::var("STORE_TEST_DATA").unwrap();
    runtime().block_on(async {
        let options = Options {
            reserve_bytes: 0,
            ..Options::new(data)
        };
        let store = Store::open(&options).await.unwrap();
        let (count, code) = fill(&store).await;
        println!("refused as {code} after {count}");
        for number in 0..count {
            store.objects().get(&format!("o{number}")).await.unwrap();
        }
    });
}

#[test]
fn a_database_that_is_restarted_under_load_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = PostgresServer::alone(folder.path()) else {
        eprintln!("SKIPPED: POSTGRESQL IS NOT INSTALLED, NOTHING WAS TRIED ON IT");
        return;
    };
    let options = Options {
        url: server.url("postgres"),
        acquire_timeout: Duration::from_millis(500),
        ..Options::new(folder.path().join("data"))
    };
    let tried =
        std::panic::catch_unwind(|| runtime().block_on(restart_under_load(&server, &options)));
    server.stop();
    tried.unwrap();
}

async fn restart_under_load(server: &PostgresServer, options: &Options) {
    let store = Store::open(options).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..16)
        .map(|lane| {
            let (store, stop) = (store.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let (mut kept, mut codes) = (Vec::new(), Vec::new());
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = format!("o-{lane}-{number}");
                    match store.objects().put(object(&id)).await {
                        Ok(_) => kept.push(id),
                        Err(error) => codes.push(error.code()),
                    }
                }
                (kept, codes)
            })
        })
        .collect();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        server.stop();
        let asked = Instant::now();
        assert_eq!(
            store.objects().get("o-0-0").await.unwrap_err().code(),
            "store_unavailable"
        );
        assert!(
            asked.elapsed() < Duration::from_secs(5),
            "{:?}",
            asked.elapsed()
        );
        server.start();
        store.ping().await.unwrap();
        store.objects().get("o-0-0").await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    stop.store(true, Ordering::Relaxed);
    let mut refusals = 0;
    for writer in writers {
        let (kept, codes) = writer.await.unwrap();
        assert!(kept.len() > 10);
        assert!(
            codes.iter().all(|code| *code == "store_unavailable"),
            "{codes:?}"
        );
        refusals += codes.len();
        for id in kept {
            store.objects().get(&id).await.unwrap();
        }
    }
    assert!(refusals > 0);
}
