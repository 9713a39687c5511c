//! Three upstreams that are killed, stalled and resumed under load.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fleet::{Call, Fleet, Health, Probe};

use crate::mock::{Act, Mock, event, options_of, text};

/// Conversations at once.
const CALLERS: usize = 48;

/// Events of a reply that comes whole.
const EVENTS: usize = 12;

#[derive(Debug, Default)]
struct Tally {
    whole: AtomicUsize,
    /// Ended with an error after they had begun, by code.
    interrupted: std::sync::Mutex<BTreeMap<&'static str, usize>>,
    /// Never began.
    lost: std::sync::Mutex<Vec<String>>,
}

/// Makes requests until told to stop, and checks every byte that comes.
async fn call_on(fleet: Fleet, caller: usize, is_over: Arc<AtomicBool>, tally: Arc<Tally>) {
    for number in 0.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let request = format!("{caller}-{number}");
        let mut call = Call::new("m", "/chat/completions", request.clone());
        call.prefix = format!("caller {caller} ").repeat(50).into();
        let reply = match fleet.send(call).await {
            Ok(reply) => reply,
            Err(error) => {
                tally.lost.lock().unwrap().push(error.to_string());
                // Refused without a wait, over and over, nobody else would get a turn.
                pause().await;
                continue;
            }
        };
        assert_eq!(reply.status, 200);
        let upstream = Arc::clone(&reply.upstream);
        let expected: String = (0..EVENTS)
            .map(|number| event(&upstream, &request, number))
            .collect();
        let expected = format!("{expected}data: [DONE]\n\n");
        match text(reply.body).await {
            Ok(came) => {
                assert_eq!(came, expected, "whole, in order, from one upstream");
                tally.whole.fetch_add(1, Ordering::Relaxed);
            }
            Err((came, error)) => {
                assert!(!came.is_empty() && expected.starts_with(&came), "{came}");
                *tally
                    .interrupted
                    .lock()
                    .unwrap()
                    .entry(error.code())
                    .or_default() += 1;
            }
        }
    }
}

/// A reply that comes whole.
fn well() -> [Act; 1] {
    [Act::Events(EVENTS, Duration::from_millis(3))]
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(400)).await;
}

/// Each upstream in turn dies, stalls, vanishes and breaks off; one is always well.
async fn trouble(mocks: &[Mock; 3]) {
    for round in 0..3 {
        let [first, second, _] = [0, 1, 2].map(|place| &mocks[(round + place) % 3]);
        pause().await;
        first.kill();
        pause().await;
        second.acts([Act::Stall(round % 2)]);
        pause().await;
        first.resume().await;
        second.acts(well());
        pause().await;
        first.acts([Act::Vanish]);
        second.acts([Act::Cut(3)]);
        pause().await;
        first.acts(well());
        second.acts(well());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_stream_that_had_not_begun_is_lost_and_none_comes_twice() {
    let mocks = [
        Mock::start("a", well()).await,
        Mock::start("b", well()).await,
        Mock::start("c", well()).await,
    ];
    let mut options = options_of(&mocks.each_ref());
    // Patient enough for a busy machine.
    options.timeouts.first_byte = Duration::from_millis(1500);
    options.timeouts.idle = Duration::from_millis(800);
    options.ejection.base = Duration::from_millis(100);
    options.health = Health {
        interval: Duration::from_millis(100),
        timeout: Duration::from_secs(2),
        failures: 2,
    };
    for upstream in &mut options.upstreams {
        upstream.probe = Probe::Health;
    }
    let fleet = Fleet::start(options).unwrap();
    let (is_over, tally) = (Arc::new(AtomicBool::new(false)), Arc::new(Tally::default()));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            tokio::spawn(call_on(
                fleet.clone(),
                caller,
                Arc::clone(&is_over),
                Arc::clone(&tally),
            ))
        })
        .collect();

    trouble(&mocks).await;
    pause().await;
    let before = tally.whole.load(Ordering::Relaxed);
    pause().await;
    pause().await;
    is_over.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let whole = tally.whole.load(Ordering::Relaxed);
    assert_eq!(*tally.lost.lock().unwrap(), [""; 0], "{tally:?}");
    let interrupted = tally.interrupted.lock().unwrap();
    assert!(
        interrupted["upstream_broken"] > 0 && interrupted["upstream_stalled"] > 0,
        "{interrupted:?}"
    );
    assert!(
        whole > 1000 && whole > before + 100,
        "{whole} whole, {before} before the end"
    );
    // All are back, and every place was given back.
    assert!(
        fleet
            .status()
            .upstreams
            .iter()
            .all(|one| one.in_flight == 0),
        "{}",
        fleet.status()
    );
}
