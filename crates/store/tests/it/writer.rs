//! A process that writes, says what was acknowledged, and is killed.
//!
//! It is this test binary, run again with what to do in its environment.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;
use store::{AuditLine, Durability, Lease, NewJob, Object, Options, Store, Timestamp};

use crate::databases::runtime;
use crate::objects::object;

pub const LEASE: Duration = Duration::from_secs(60);

/// What a job goes through, in this order.
pub const BOUNDARIES: [&str; 7] = [
    "queued", "leased", "one", "event", "extended", "two", "done",
];

/// Starts the writer in round `round`. With `boundaries` it works on one job and kills itself after so many acknowledgements;
/// otherwise it writes everything it can until it is killed.
pub fn start(options: &Options, round: u64, boundaries: Option<usize>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "writer::writes_until_it_is_killed",
        "--exact",
        "--ignored",
        "--nocapture",
    ]);
    command
        .env("STORE_TEST_URL", &options.url)
        .env("STORE_TEST_DATA", &options.data);
    command.env("STORE_TEST_ROUND", round.to_string());
    if let Some(count) = boundaries {
        command.env("STORE_TEST_BOUNDARIES", count.to_string());
    }
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Reads acknowledgements, kills the writer after `count`, and returns all that it made.
pub fn acknowledged(mut child: Child, count: usize) -> Vec<Vec<String>> {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = Vec::new();
    let mut line = String::new();
    // A line that was cut by the end was not said.
    while lines.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
        if let Some(said) = line.strip_prefix("ack ") {
            acknowledged.push(said.split_whitespace().map(str::to_owned).collect());
        }
        if acknowledged.len() == count {
            let _ = child.kill();
        }
        line.clear();
    }
    child.wait().unwrap();
    acknowledged
}

#[test]
#[ignore = "it is started, and killed, by other tests"]
fn writes_until_it_is_killed() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let options = Options {
        url: variable("STORE_TEST_URL"),
        ..Options::new(variable("STORE_TEST_DATA"))
    };
    let round: u64 = variable("STORE_TEST_ROUND").parse().unwrap();
    let boundaries = std::env::var("STORE_TEST_BOUNDARIES")
        .ok()
        .map(|count| count.parse().unwrap());
    runtime().block_on(async {
        let store = Store::open(&options).await.unwrap();
        if let Some(count) = boundaries {
            let mut left: usize = count;
            work_on_a_job(&store, round, 0, "a-job", &mut |_| {
                left -= 1;
                if left == 0 {
                    kill_process(getpid(), Signal::KILL).unwrap();
                }
            })
            .await;
            return;
        }
        tokio::join!(
            put_objects(&store, round, 0),
            put_objects(&store, round, 1),
            append_events(&store),
            append_audit(&store),
            put_blobs(&store, round),
            work_on_jobs(&store, round),
        );
    });
}

fn acknowledge(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ack {what}").unwrap();
    out.flush().unwrap();
}

async fn put_objects(store: &Store, round: u64, lane: u64) {
    for number in 0.. {
        let id = format!("o-{round}-{lane}-{number}");
        let put = store
            .objects()
            .put(Object {
                body: json!(id),
                ..object(&id)
            })
            .await
            .unwrap();
        acknowledge(&format!("object {id} 1"));
        store
            .objects()
            .update(Object {
                body: json!([id]),
                ..put
            })
            .await
            .unwrap();
        acknowledge(&format!("object {id} 2"));
    }
}

async fn append_events(store: &Store) {
    let _ = store.objects().put(object("stream")).await;
    let mut next = store
        .objects()
        .append_events("stream", None, Vec::new())
        .await
        .unwrap();
    loop {
        let events = (next..next + 3).map(|number| json!(number)).collect();
        store
            .objects()
            .append_events("stream", Some(next), events)
            .await
            .unwrap();
        next += 3;
        acknowledge(&format!("events {next}"));
    }
}

pub fn line(sequence: u64) -> AuditLine {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&sequence.to_le_bytes());
    let at = Timestamp::from_millis(1);
    AuditLine {
        sequence,
        at,
        hash,
        line: format!("line {sequence}"),
    }
}

async fn append_audit(store: &Store) {
    let mut last = store
        .audit()
        .last()
        .await
        .unwrap()
        .map_or(0, |line| line.sequence);
    loop {
        // Both survive the end of a process.
        let durability = match last % 4 {
            0 => Durability::Disk,
            _ => Durability::Process,
        };
        store
            .audit()
            .append(vec![line(last + 1), line(last + 2)], durability)
            .await
            .unwrap();
        last += 2;
        acknowledge(&format!("audit {last}"));
    }
}

pub fn content(round: u64, number: u64) -> Vec<u8> {
    format!("{round}/{number} ").into_bytes().repeat(20_000)
}

async fn put_blobs(store: &Store, round: u64) {
    for number in 0.. {
        let content = content(round, number);
        let now = Timestamp::from_millis(1);
        let blob = store
            .blobs()
            .put("ada", content.as_slice(), u64::MAX, now)
            .await
            .unwrap();
        acknowledge(&format!("blob {round} {number} {}", blob.sha256));
    }
}

async fn work_on_jobs(store: &Store, round: u64) {
    for number in 0.. {
        let id = format!("j-{round}-{number}");
        work_on_a_job(store, round, number, &id, &mut |said| acknowledge(said)).await;
    }
}

/// Queues a job, if it is not there, then leases whichever waits and does what is left to do of it.
async fn work_on_a_job(
    store: &Store,
    round: u64,
    number: u64,
    id: &str,
    say: &mut (impl FnMut(&str) + Send),
) {
    let jobs = store.jobs();
    // Leases of earlier rounds are over by now.
    let now = Timestamp::from_millis(i64::try_from(round * 1_000_000 + number).unwrap());
    let new = NewJob {
        id: id.to_owned(),
        kind: "work".to_owned(),
        owner: "ada".to_owned(),
        idempotency_key: Some(id.to_owned()),
        payload: json!(id),
        created_at: now,
        run_at: now,
        attempts_max: 1000,
        backoff: Duration::ZERO,
    };
    jobs.enqueue(new).await.unwrap();
    say(&format!("job {id} queued 0"));
    let Some(lease) = jobs.lease("writer", &["work"], now, LEASE).await.unwrap() else {
        return;
    };
    let Lease { job, fence } = &lease;
    let (id, fence) = (&job.id, *fence);
    say(&format!("job {id} leased {fence}"));
    let step = jobs.step(&lease, "one", json!(fence)).await.unwrap();
    say(&format!("job {id} one {}", step.result));
    jobs.append_events(&lease, now, vec![json!({"type": "event", "fence": fence})])
        .await
        .unwrap();
    say(&format!("job {id} event {fence}"));
    jobs.extend(&lease, now, LEASE).await.unwrap();
    say(&format!("job {id} extended {fence}"));
    let step = jobs.step(&lease, "two", json!(fence)).await.unwrap();
    say(&format!("job {id} two {}", step.result));
    jobs.complete(&lease, json!(fence), now).await.unwrap();
    say(&format!("job {id} done {fence}"));
}
