//! Nothing that was acknowledged is lost when the process is killed.

use std::collections::HashSet;

use serde_json::{Value as Json, json};
use store::{JobState, Store};

use crate::databases::{Place, on_postgres, on_sqlite};
use crate::writer::{BOUNDARIES, acknowledged, content, line, start};

#[test]
fn sqlite_loses_nothing_in_the_first_fifty_kills() {
    on_sqlite(|place| killed_again_and_again(place, 50, 1));
}

#[test]
fn sqlite_loses_nothing_in_the_second_fifty_kills() {
    on_sqlite(|place| killed_again_and_again(place, 50, 2));
}

#[test]
fn sqlite_loses_nothing_in_the_third_fifty_kills() {
    on_sqlite(|place| killed_again_and_again(place, 50, 3));
}

#[test]
fn sqlite_loses_nothing_in_the_fourth_fifty_kills() {
    on_sqlite(|place| killed_again_and_again(place, 50, 4));
}

#[test]
fn postgres_loses_nothing_in_twenty_kills() {
    on_postgres(|place| killed_again_and_again(place, 20, 5));
}

on_both! {
    a_job_survives_a_kill_at_every_boundary,
}

async fn killed_again_and_again(place: Place, kills: u64, seed: u64) {
    let mut random = seed;
    let mut total = 0;
    for round in 0..kills {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let count = usize::try_from(random >> 33).unwrap() % 120 + 1;
        let said = acknowledged(start(&place.options, round, None), count);
        assert!(
            said.len() >= count,
            "the writer ended by itself after {} of {count}",
            said.len()
        );
        total += said.len();
        let store = place.open().await;
        check(&store, &said).await;
        store.close().await;
    }
    assert!(total > usize::try_from(kills).unwrap() * 20, "{total}");
}

/// That everything that was said is so.
async fn check(store: &Store, said: &[Vec<String>]) {
    let mut objects = HashSet::new();
    let (mut events, mut audit) = (0, 0);
    for words in said.iter().rev() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["object", id, version] => {
                // Later words come first here: what was said last has to hold at least.
                if objects.insert(id) {
                    let object = store.objects().get(id).await.unwrap();
                    assert!(object.version >= version.parse().unwrap(), "{id}");
                    let body = if object.version == 1 {
                        json!(id)
                    } else {
                        json!([id])
                    };
                    assert_eq!(object.body, body);
                }
            }
            ["events", next] => events = events.max(next.parse().unwrap()),
            ["audit", last] => audit = audit.max(last.parse().unwrap()),
            ["blob", round, number, sha256] => {
                let mut reader = store.blobs().open("ada", sha256, None).await.unwrap();
                let expected = content(round.parse().unwrap(), number.parse().unwrap());
                assert!(reader.read_to_end().await.unwrap() == expected, "{words:?}");
            }
            ["job", id, boundary, fence] => {
                check_job(store, id, boundary, fence.parse().unwrap()).await
            }
            _ => panic!("{words:?}"),
        }
    }
    if events > 0 {
        let found = store
            .objects()
            .events_after("stream", None, u32::MAX)
            .await
            .unwrap();
        assert!(found.len() as u64 >= events, "{} of {events}", found.len());
        assert!(
            found.len().is_multiple_of(3),
            "what was appended together is there together"
        );
        for (number, event) in (0..).zip(&found) {
            assert_eq!((event.sequence, &event.body), (number, &json!(number)));
        }
    }
    let lines = store.audit().page(0, u32::MAX).await.unwrap();
    assert!(lines.len() as u64 >= audit && lines.len().is_multiple_of(2));
    assert!(
        (1..)
            .zip(lines)
            .all(|(sequence, found)| found == line(sequence))
    );
}

async fn check_job(store: &Store, id: &str, boundary: &str, fence: u64) {
    let job = store.jobs().get(id).await.unwrap();
    let events = store.jobs().events_after(id, None, u32::MAX).await.unwrap();
    assert!(
        (0..)
            .zip(&events)
            .all(|(sequence, event)| event.sequence == sequence)
    );
    let has = |kind: &str| {
        let is = |body: &Json| body["type"] == kind && body["fence"] == json!(fence);
        events.iter().any(|event| is(&event.body))
    };
    match boundary {
        "queued" => assert_eq!(events[0].body["type"], "queued"),
        "leased" | "event" => assert!(has(boundary), "{id} {boundary} {fence}: {events:?}"),
        // Recorded under this fence, for ever.
        "one" | "two" => assert_eq!(
            store.jobs().steps(id).await.unwrap()[boundary],
            json!(fence)
        ),
        "done" => assert_eq!(
            (job.state, job.result),
            (JobState::Done, Some(json!(fence)))
        ),
        _ => assert!(job.attempts > 0),
    }
}

async fn a_job_survives_a_kill_at_every_boundary(place: Place) {
    place.open().await.close().await;
    for killed_after in 1..=BOUNDARIES.len() {
        let place = Place {
            options: place.beside(&format!("at_{killed_after}")).await,
            folder: tempfile::tempdir().unwrap(),
        };
        // It is killed there, begins anew and ends.
        let round = 1;
        acknowledged(start(&place.options, round, Some(killed_after)), usize::MAX);
        let store = place.open().await;
        let before = store.jobs().get("a-job").await.unwrap();
        let steps = store.jobs().steps("a-job").await.unwrap();
        let (state, count) = match BOUNDARIES[killed_after - 1] {
            "queued" => (JobState::Queued, 0),
            "leased" => (JobState::Running, 0),
            "one" | "event" | "extended" => (JobState::Running, 1),
            "two" => (JobState::Running, 2),
            _ => (JobState::Done, 2),
        };
        assert_eq!(
            (before.state, steps.len()),
            (state, count),
            "{killed_after}"
        );
        store.close().await;
        acknowledged(
            start(&place.options, round + 1, Some(usize::MAX)),
            usize::MAX,
        );
        let store = place.open().await;
        let after = store.jobs().get("a-job").await.unwrap();
        assert_eq!(after.state, JobState::Done);
        let now = store.jobs().steps("a-job").await.unwrap();
        assert_eq!(now.len(), 2);
        assert!(
            steps.iter().all(|(name, result)| now[name] == *result),
            "a step was recorded twice"
        );
        store.close().await;
    }
}
