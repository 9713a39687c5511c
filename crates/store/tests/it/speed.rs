//! How fast it is: `cargo test --release -p store --test it -- speed --ignored --nocapture`.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use store::{AuditLine, Durability, Object, Store, Timestamp, Usage};
use tokio::task::JoinSet;

use crate::databases::{Place, runtime};
use crate::objects::object;
use crate::postgres_server::PostgresServer;
use crate::writer::line;

const LASTS: Duration = Duration::from_secs(2);

#[test]
#[ignore = "it measures and proves nothing"]
fn speed_of_sqlite() {
    crate::databases::on_sqlite(measure);
}

#[test]
#[ignore = "it measures and proves nothing"]
fn speed_of_postgres() {
    let folder = tempfile::tempdir().unwrap();
    // One that waits for the disk, unlike that of the other tests.
    let Some(server) = PostgresServer::alone(folder.path()) else {
        return;
    };
    let mut options = store::Options::new(folder.path().join("data"));
    options.url = server.url("postgres");
    options.connections_max = 16;
    runtime().block_on(measure(Place { options, folder }));
    server.stop();
}

async fn measure(place: Place) {
    println!("the disk alone: {:.0} syncs/s", syncs(&place));
    let store = place.open().await;
    for id in ["read", "stream"] {
        store.objects().put(object(id)).await.unwrap();
    }
    for callers in [1, 64] {
        let put = move |store: Store, number: u64, _| async move {
            let id = format!("o-{callers}-{number}");
            store
                .objects()
                .put(Object {
                    body: json!(id),
                    ..object(&id)
                })
                .await
                .map(drop)
                .unwrap();
        };
        report(&store, callers, "documents put", put).await;
        let append = move |store: Store, _, caller: u64| async move {
            // Each caller streams to a document of its own.
            let id = format!("s-{callers}-{caller}");
            store
                .objects()
                .append_events(&id, None, vec![json!({"delta": "word"})])
                .await
                .map(drop)
                .unwrap();
        };
        for caller in 0..callers {
            store
                .objects()
                .put(object(&format!("s-{callers}-{caller}")))
                .await
                .unwrap();
        }
        report(&store, callers, "events appended", append).await;
        let add = move |store: Store, _, caller: u64| async move {
            let used = Usage {
                requests: 1,
                ..Usage::default()
            };
            let key = format!("key-{caller}");
            store
                .identity()
                .add_usage(&key, Timestamp::default(), used)
                .await
                .map(drop)
                .unwrap();
        };
        report(&store, callers, "counters added to", add).await;
        let get = move |store: Store, _, _| async move {
            drop(store.objects().get("read").await.unwrap())
        };
        report(&store, callers, "documents read", get).await;
    }
    for durability in [Durability::Process, Durability::Disk] {
        let first = store
            .audit()
            .last()
            .await
            .unwrap()
            .map_or(0, |line| line.sequence);
        let begun = Instant::now();
        let mut last = first;
        while begun.elapsed() < LASTS {
            let lines: Vec<AuditLine> = (last + 1..=last + 64).map(line).collect();
            last += 64;
            store.audit().append(lines, durability).await.unwrap();
        }
        let rate = (last - first) as f64 / begun.elapsed().as_secs_f64();
        println!("lines of the log in groups of 64, {durability:?}: {rate:.0}/s");
    }
    let content = vec![7; 256 << 20];
    let begun = Instant::now();
    let blob = store
        .blobs()
        .put("ada", content.as_slice(), u64::MAX, Timestamp::default())
        .await
        .unwrap();
    println!(
        "a blob put: {:.0} MB/s",
        268.4 / begun.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    let mut reader = store.blobs().open("ada", &blob.sha256, None).await.unwrap();
    while reader.next().await.unwrap().is_some() {}
    println!(
        "a blob read: {:.0} MB/s",
        268.4 / begun.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    let backup = store
        .backup(&place.folder.path().join("backup"))
        .await
        .unwrap();
    let megabytes = backup.bytes as f64 / 1e6;
    println!(
        "a backup of {} rows: {:.0} MB/s",
        backup.rows,
        megabytes / begun.elapsed().as_secs_f64()
    );
}

async fn report<F, W>(store: &Store, callers: u64, what: &str, work: F)
where
    F: Fn(Store, u64, u64) -> W + Copy + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let count = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut callers_at_once = JoinSet::new();
    for caller in 0..callers {
        let (store, count) = (store.clone(), Arc::clone(&count));
        callers_at_once.spawn(async move {
            while begun.elapsed() < LASTS {
                let number = count.fetch_add(1, Ordering::Relaxed);
                work(store.clone(), number, caller).await;
            }
        });
    }
    callers_at_once.join_all().await;
    let rate = count.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    println!("{what}, {callers} at once: {rate:.0}/s");
}

fn syncs(place: &Place) -> f64 {
    let mut file = File::create(place.folder.path().join("syncs")).unwrap();
    let begun = Instant::now();
    let mut count = 0;
    while begun.elapsed() < LASTS {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}
