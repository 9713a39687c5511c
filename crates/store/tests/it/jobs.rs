//! Work that is done to its end, whoever dies on the way.

use std::time::Duration;

use serde_json::{Value as Json, json};
use store::{Job, JobList, JobState, NewJob, Object, Order, Store, Timestamp};

use crate::databases::Place;
use crate::objects::object;

on_both! {
    a_job_goes_from_queue_to_done_and_its_events_tell,
    the_same_key_is_the_same_job,
    of_many_workers_each_job_goes_to_one,
    who_has_many_waiting_holds_up_nobody_who_has_one,
    an_abandoned_job_goes_to_another_and_its_old_worker_can_write_nothing,
    failures_wait_longer_each_time_until_there_were_enough,
    a_step_is_recorded_once,
    what_was_called_off_cannot_be_worked_on,
    what_was_put_aside_waits_until_it_is_let_go_on_and_keeps_its_steps,
    jobs_are_listed_by_their_conditions,
}

const NOW: Timestamp = Timestamp::from_millis(1_000_000);
const MINUTE: Duration = Duration::from_secs(60);

fn at(seconds: u64) -> Timestamp {
    NOW.after(Duration::from_secs(seconds))
}

fn new(id: &str) -> NewJob {
    NewJob {
        id: id.to_owned(),
        kind: "batch".to_owned(),
        owner: "ada".to_owned(),
        idempotency_key: None,
        payload: json!({"of": id}),
        created_at: NOW,
        run_at: NOW,
        attempts_max: 3,
        backoff: Duration::from_secs(10),
    }
}

async fn events(store: &Store, id: &str) -> Vec<Json> {
    let events = store.jobs().events_after(id, None, 100).await.unwrap();
    assert!(
        (0..)
            .zip(&events)
            .all(|(sequence, event)| event.sequence == sequence)
    );
    events
        .into_iter()
        .map(|event| event.body["type"].clone())
        .collect()
}

async fn a_job_goes_from_queue_to_done_and_its_events_tell(place: Place) {
    let store = place.open().await;
    let jobs = store.jobs();
    let queued = jobs.enqueue(new("j1")).await.unwrap();
    assert_eq!(
        (queued.state, queued.attempts, &queued.payload),
        (JobState::Queued, 0, &json!({"of": "j1"}))
    );
    assert_eq!(
        jobs.lease("w1", &["other"], NOW, MINUTE).await.unwrap(),
        None
    );
    assert_eq!(jobs.lease("w1", &[], NOW, MINUTE).await.unwrap(), None);
    let early = NOW.before(Duration::from_millis(1));
    assert_eq!(
        jobs.lease("w1", &["batch"], early, MINUTE).await.unwrap(),
        None
    );
    let lease = jobs
        .lease("w1", &["other", "batch"], NOW, MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(lease.job.lease_until, Some(at(60)));
    assert_eq!(
        jobs.lease("w2", &["batch"], at(59), MINUTE).await.unwrap(),
        None
    );
    jobs.extend(&lease, at(50), MINUTE).await.unwrap();
    assert_eq!(
        jobs.lease("w2", &["batch"], at(109), MINUTE).await.unwrap(),
        None
    );
    jobs.append_events(&lease, at(55), vec![json!({"type": "half"})])
        .await
        .unwrap();
    jobs.complete(&lease, json!("result"), at(56))
        .await
        .unwrap();
    let job = jobs.get("j1").await.unwrap();
    let expected = Job {
        state: JobState::Done,
        attempts: 1,
        worker: Some("w1".to_owned()),
        result: Some(json!("result")),
        ended_at: Some(at(56)),
        ..queued
    };
    assert_eq!(job, expected);
    assert_eq!(
        events(&store, "j1").await,
        ["queued", "leased", "half", "done"]
    );
    assert_eq!(jobs.events_after("j1", Some(2), 5).await.unwrap().len(), 1);
    assert_eq!(
        jobs.complete(&lease, json!(1), at(57))
            .await
            .unwrap_err()
            .code(),
        "store_stale"
    );
    assert_eq!(
        jobs.lease("w2", &["batch"], at(1000), MINUTE)
            .await
            .unwrap(),
        None
    );
    assert_eq!(jobs.delete_ended(at(56)).await.unwrap(), 0);
    assert_eq!(jobs.delete_ended(at(57)).await.unwrap(), 1);
    assert_eq!(
        jobs.get("j1").await.unwrap_err().to_string(),
        "there is no job `j1`"
    );
}

async fn who_has_many_waiting_holds_up_nobody_who_has_one(place: Place) {
    let store = place.open().await;
    let jobs = store.jobs();
    let owned = [("ada", 5), ("bob", 2), ("eve", 1)];
    for (second, (owner, count)) in (0..).zip(owned) {
        for number in 0..count {
            let job = NewJob {
                owner: owner.to_owned(),
                created_at: at(second),
                run_at: at(second),
                ..new(&format!("{owner}{number}"))
            };
            jobs.enqueue(job).await.unwrap();
        }
    }
    let later = at(10);
    let mut told = jobs.turns("batch", later).await.unwrap();
    let wanted = [
        "ada0", "bob0", "eve0", "ada1", "bob1", "ada2", "ada3", "ada4",
    ];
    assert_eq!(told, wanted);
    let mut served = Vec::new();
    for second in 10.. {
        let now = at(second);
        assert_eq!(jobs.turns("batch", now).await.unwrap(), told);
        let leased = jobs.lease_fairly("w", &["batch"], now, MINUTE).await;
        let Some(lease) = leased.unwrap() else {
            break;
        };
        assert_eq!(lease.job.id, told.remove(0));
        served.push(lease.job.id.clone());
        // Whoever comes now was not served for longer than all others.
        if second == 13 {
            let job = NewJob {
                owner: "fay".to_owned(),
                run_at: now,
                ..new("fay0")
            };
            jobs.enqueue(job).await.unwrap();
            told.insert(0, "fay0".to_owned());
        }
        match second % 3 {
            0 => drop(jobs.cancel(&lease.job.id, now).await.unwrap()),
            _ => jobs.complete(&lease, json!(1), now).await.unwrap(),
        }
    }
    let wanted = [
        "ada0", "bob0", "eve0", "ada1", "fay0", "bob1", "ada2", "ada3", "ada4",
    ];
    assert_eq!(served, wanted);
    assert_eq!(jobs.turns("other", later).await.unwrap(), [""; 0]);
}

async fn the_same_key_is_the_same_job(place: Place) {
    let store = place.open().await;
    let keyed = |id: &str, owner: &str| NewJob {
        idempotency_key: Some("k".to_owned()),
        owner: owner.to_owned(),
        ..new(id)
    };
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let (store, job) = (store.clone(), keyed(&format!("j{number}"), "ada"));
            tokio::spawn(async move { store.jobs().enqueue(job).await.unwrap() })
        })
        .collect();
    let mut found = Vec::new();
    for one in tries {
        found.push(one.await.unwrap());
    }
    assert!(found.iter().all(|job| *job == found[0]), "{found:?}");
    let others = store.jobs().enqueue(keyed("theirs", "bob")).await.unwrap();
    assert_eq!(others.id, "theirs");
    let list = JobList {
        limit: 10,
        ..JobList::default()
    };
    assert_eq!(store.jobs().list(&list).await.unwrap().len(), 2);
    assert_eq!(
        store
            .jobs()
            .enqueue(new("theirs"))
            .await
            .unwrap_err()
            .code(),
        "store_taken"
    );
}

async fn of_many_workers_each_job_goes_to_one(place: Place) {
    let store = place.open().await;
    for number in 0..20 {
        store
            .jobs()
            .enqueue(new(&format!("{number:02}")))
            .await
            .unwrap();
    }
    let workers: Vec<_> = (0..8)
        .map(|worker| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                let name = format!("w{worker}");
                while let Some(lease) = store
                    .jobs()
                    .lease(&name, &["batch"], NOW, MINUTE)
                    .await
                    .unwrap()
                {
                    store
                        .jobs()
                        .complete(&lease, Json::Null, NOW)
                        .await
                        .unwrap();
                    mine.push(lease.job.id);
                }
                mine
            })
        })
        .collect();
    let mut done = Vec::new();
    for worker in workers {
        done.extend(worker.await.unwrap());
    }
    done.sort();
    assert_eq!(
        done,
        (0..20)
            .map(|number| format!("{number:02}"))
            .collect::<Vec<_>>()
    );
}

async fn an_abandoned_job_goes_to_another_and_its_old_worker_can_write_nothing(place: Place) {
    let store = place.open().await;
    let jobs = store.jobs();
    jobs.enqueue(new("j1")).await.unwrap();
    let kept = store.objects().put(object("r1")).await.unwrap();
    let old = jobs
        .lease("w1", &["batch"], NOW, MINUTE)
        .await
        .unwrap()
        .unwrap();
    let kept = store.objects().under(&old).update(kept).await.unwrap();
    // Late, but nobody took it: the lease may be revived.
    jobs.extend(&old, at(70), MINUTE).await.unwrap();
    let new = jobs
        .lease("w2", &["batch"], at(130), MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((new.fence, new.job.attempts), (old.fence + 1, 2));
    let objects = store.objects().under(&old);
    let codes = [
        jobs.extend(&old, at(131), MINUTE).await.map(drop),
        jobs.step(&old, "s", json!(1)).await.map(drop),
        jobs.append_events(&old, at(131), vec![json!({})]).await,
        jobs.complete(&old, json!(1), at(131)).await,
        jobs.fail(&old, json!(1), at(131)).await.map(drop),
        objects.put(object("r2")).await.map(drop),
        objects
            .update(Object {
                body: json!("stale"),
                ..kept.clone()
            })
            .await
            .map(drop),
        objects.delete("r1").await.map(drop),
        objects
            .append_events("r1", None, vec![json!(1)])
            .await
            .map(drop),
        objects.append_items("r1", Vec::new()).await,
        objects.delete_item("r1", "i").await.map(drop),
    ];
    assert_eq!(
        codes.map(|result| result.unwrap_err().code()),
        ["store_stale"; 11]
    );
    assert_eq!(store.objects().get("r1").await.unwrap(), kept);
    assert_eq!(events(&store, "j1").await, ["queued", "leased", "leased"]);
    jobs.complete(&new, json!("by w2"), at(140)).await.unwrap();
    assert_eq!(jobs.get("j1").await.unwrap().result, Some(json!("by w2")));
}

async fn failures_wait_longer_each_time_until_there_were_enough(place: Place) {
    let store = place.open().await;
    let jobs = store.jobs();
    jobs.enqueue(new("j1")).await.unwrap();
    let lease = jobs
        .lease("w", &["batch"], NOW, MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        jobs.fail(&lease, json!("first"), NOW).await.unwrap(),
        JobState::Queued
    );
    assert_eq!(
        jobs.lease("w", &["batch"], at(9), MINUTE).await.unwrap(),
        None
    );
    let lease = jobs
        .lease("w", &["batch"], at(10), MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        jobs.fail(&lease, json!("second"), at(10)).await.unwrap(),
        JobState::Queued
    );
    assert_eq!(
        jobs.lease("w", &["batch"], at(29), MINUTE).await.unwrap(),
        None
    );
    let lease = jobs
        .lease("w", &["batch"], at(30), MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        jobs.fail(&lease, json!("third"), at(30)).await.unwrap(),
        JobState::Failed
    );
    assert_eq!(
        jobs.lease("w", &["batch"], at(99_999), MINUTE)
            .await
            .unwrap(),
        None
    );
    assert_eq!(jobs.get("j1").await.unwrap().result, Some(json!("third")));
    // One whose last worker never came back has failed, too.
    jobs.enqueue(NewJob {
        attempts_max: 1,
        ..new("j2")
    })
    .await
    .unwrap();
    jobs.lease("w", &["batch"], NOW, MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        jobs.lease("w", &["batch"], at(61), MINUTE).await.unwrap(),
        None
    );
    assert_eq!(jobs.get("j2").await.unwrap().state, JobState::Failed);
    assert_eq!(events(&store, "j2").await, ["queued", "leased", "failed"]);
}

async fn a_step_is_recorded_once(place: Place) {
    let store = place.open().await;
    let jobs = store.jobs();
    jobs.enqueue(new("j1")).await.unwrap();
    let lease = jobs
        .lease("w1", &["batch"], NOW, MINUTE)
        .await
        .unwrap()
        .unwrap();
    let first = jobs
        .step(&lease, "paid", json!({"receipt": 1}))
        .await
        .unwrap();
    assert!(first.is_new);
    let lease = jobs
        .lease("w2", &["batch"], at(60), MINUTE)
        .await
        .unwrap()
        .unwrap();
    let again = jobs
        .step(&lease, "paid", json!({"receipt": 2}))
        .await
        .unwrap();
    assert_eq!((again.is_new, again.result), (false, json!({"receipt": 1})));
    jobs.step(&lease, "sent", json!(null)).await.unwrap();
    let steps = jobs.steps("j1").await.unwrap();
    assert_eq!(
        steps,
        [
            ("paid".to_owned(), json!({"receipt": 1})),
            ("sent".to_owned(), json!(null))
        ]
        .into()
    );
}

async fn what_was_called_off_cannot_be_worked_on(place: Place) {
    let store = place.open().await;
    let jobs = store.jobs();
    for id in ["j1", "j2", "j3"] {
        jobs.enqueue(NewJob {
            kind: id.to_owned(),
            ..new(id)
        })
        .await
        .unwrap();
    }
    assert_eq!(jobs.cancel("j1", at(1)).await.unwrap(), JobState::Cancelled);
    assert_eq!(jobs.lease("w", &["j1"], at(2), MINUTE).await.unwrap(), None);
    let lease = jobs
        .lease("w", &["j2"], at(2), MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(jobs.cancel("j2", at(3)).await.unwrap(), JobState::Cancelled);
    assert_eq!(
        jobs.complete(&lease, json!(1), at(4))
            .await
            .unwrap_err()
            .code(),
        "store_stale"
    );
    let lease = jobs
        .lease("w", &["j3"], at(2), MINUTE)
        .await
        .unwrap()
        .unwrap();
    jobs.complete(&lease, json!(1), at(4)).await.unwrap();
    assert_eq!(jobs.cancel("j3", at(5)).await.unwrap(), JobState::Done);
    assert_eq!(
        jobs.cancel("j9", at(5)).await.unwrap_err().code(),
        "store_not_found"
    );
    assert_eq!(
        events(&store, "j2").await,
        ["queued", "leased", "cancelled"]
    );
}

async fn what_was_put_aside_waits_until_it_is_let_go_on_and_keeps_its_steps(place: Place) {
    let store = place.open().await;
    let jobs = store.jobs();
    jobs.enqueue(new("j1")).await.unwrap();
    let lease = async |now| jobs.lease("w", &["batch"], now, MINUTE).await.unwrap();
    let first = lease(at(1)).await.unwrap();
    jobs.step(&first, "one", json!(1)).await.unwrap();
    assert_eq!(jobs.pause("j1", at(2)).await.unwrap(), JobState::Paused);
    assert_eq!(jobs.pause("j1", at(2)).await.unwrap(), JobState::Paused);
    let job = jobs.get("j1").await.unwrap();
    assert_eq!((job.lease_until, job.ended_at), (None, None));
    // Whoever worked on it can write nothing, and nobody takes it, however long it rests.
    for error in [
        jobs.extend(&first, at(3), MINUTE).await.unwrap_err(),
        jobs.step(&first, "two", json!(2)).await.unwrap_err(),
        jobs.complete(&first, json!(1), at(3)).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "store_stale");
    }
    assert_eq!(lease(at(1_000_000)).await, None);
    assert_eq!(jobs.resume("j1", at(4)).await.unwrap(), JobState::Queued);
    assert_eq!(jobs.resume("j1", at(4)).await.unwrap(), JobState::Queued);
    let second = lease(at(5)).await.unwrap();
    assert_eq!((second.fence, second.job.attempts), (2, 1));
    assert!(jobs.extend(&first, at(6), MINUTE).await.is_err());
    let step = jobs.step(&second, "one", json!("again")).await.unwrap();
    assert_eq!((step.result, step.is_new), (json!(1), false));
    jobs.pause("j1", at(7)).await.unwrap();
    assert_eq!(jobs.cancel("j1", at(8)).await.unwrap(), JobState::Cancelled);
    assert_eq!(jobs.resume("j1", at(9)).await.unwrap(), JobState::Cancelled);
    assert_eq!(jobs.pause("j1", at(9)).await.unwrap(), JobState::Cancelled);
    let told = [
        "queued",
        "leased",
        "paused",
        "resumed",
        "leased",
        "paused",
        "cancelled",
    ];
    assert_eq!(events(&store, "j1").await, told);
    assert_eq!(
        jobs.pause("j9", at(9)).await.unwrap_err().code(),
        "store_not_found"
    );
}

async fn jobs_are_listed_by_their_conditions(place: Place) {
    let store = place.open().await;
    let jobs = store.jobs();
    for (number, id) in ["c", "a", "b"].into_iter().enumerate() {
        jobs.enqueue(NewJob {
            created_at: at(number as u64),
            ..new(id)
        })
        .await
        .unwrap();
    }
    jobs.enqueue(NewJob {
        owner: "bob".to_owned(),
        kind: "erase".to_owned(),
        ..new("d")
    })
    .await
    .unwrap();
    jobs.cancel("a", at(9)).await.unwrap();
    let ids = async |list: JobList| {
        let listed = jobs.list(&JobList { limit: 10, ..list }).await.unwrap();
        listed.into_iter().map(|job| job.id).collect::<String>()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(ids(JobList::default()).await, "cdab");
    assert_eq!(
        ids(JobList {
            order: Order::Descending,
            ..JobList::default()
        })
        .await,
        "badc"
    );
    assert_eq!(
        ids(JobList {
            owner: text("ada"),
            ..JobList::default()
        })
        .await,
        "cab"
    );
    assert_eq!(
        ids(JobList {
            kind: text("erase"),
            ..JobList::default()
        })
        .await,
        "d"
    );
    assert_eq!(
        ids(JobList {
            state: Some(JobState::Cancelled),
            ..JobList::default()
        })
        .await,
        "a"
    );
    assert_eq!(
        ids(JobList {
            after: text("d"),
            ..JobList::default()
        })
        .await,
        "ab"
    );
}
