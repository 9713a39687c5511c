//! What is tried again with another upstream, and what is not.

use std::time::Duration;

use fleet::{Call, Condition, Error, Fleet, Repeat, Routing};

use crate::mock::{Act, Mock, fleet_of, options_of, text, until};

/// Two upstreams of which the first is always asked first, and the second says `ok`.
async fn pair(acts: &[Act]) -> (Mock, Mock, Fleet) {
    let a = Mock::start("a", acts.to_vec()).await;
    let b = Mock::start("b", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&a, &b]);
    options.routing = Routing::LeastInFlight;
    options.upstreams[0].weight = 1000;
    (a, b, Fleet::start(options).unwrap())
}

fn call(repeat: Repeat) -> Call {
    let mut call = Call::new("m", "/responses", "q");
    call.repeat = repeat;
    call
}

/// Who replied, with what; or the code of the error.
async fn outcome(fleet: &Fleet, repeat: Repeat) -> String {
    match fleet.send(call(repeat)).await {
        Ok(reply) => format!("{} {}", reply.upstream, reply.status.as_u16()),
        Err(error) => error.code().to_owned(),
    }
}

#[tokio::test]
async fn what_is_repeated_follows_the_table() {
    use Repeat::{Harmless, OnlyIfUnreceived};
    let status = |code| Act::Status(code, &[], "no");
    let table = [
        (status(429), "b 200", "b 200", 0),
        (
            Act::Status(503, &[("retry-after", "1")], "no"),
            "b 200",
            "b 200",
            0,
        ),
        (status(503), "b 200", "b 200", 1),
        (status(502), "b 200", "a 502", 1),
        (status(504), "b 200", "a 504", 1),
        (Act::Vanish, "b 200", "upstream_broken", 1),
        (Act::Cut(0), "b 200", "upstream_broken", 1),
        (Act::Stall(0), "b 200", "upstream_stalled", 1),
        (
            Act::Status(302, &[("location", "/elsewhere")], ""),
            "b 200",
            "b 200",
            1,
        ),
        (status(401), "b 200", "b 200", 1),
        (status(500), "b 200", "a 500", 0),
        (status(404), "a 404", "a 404", 0),
    ];
    for (act, harmless, only_unreceived, failed) in table {
        for (repeat, expected) in [(Harmless, harmless), (OnlyIfUnreceived, only_unreceived)] {
            let (a, b, fleet) = pair(std::slice::from_ref(&act)).await;
            assert_eq!(
                outcome(&fleet, repeat).await,
                expected,
                "{act:?}, {repeat:?}"
            );
            assert_eq!(a.asked().len(), 1, "{act:?}");
            assert_eq!(b.asked().len(), usize::from(expected == "b 200"), "{act:?}");
            assert_eq!(fleet.status().upstreams[0].failed, failed, "{act:?}");
        }
    }
}

#[tokio::test]
async fn who_is_not_there_received_nothing() {
    let (a, b, fleet) = pair(&[Act::Whole("ok")]).await;
    a.kill();
    until("closed", || {
        std::net::TcpStream::connect(a.address).is_err()
    })
    .await;
    assert_eq!(outcome(&fleet, Repeat::OnlyIfUnreceived).await, "b 200");
    b.kill();
    until("closed", || {
        std::net::TcpStream::connect(b.address).is_err()
    })
    .await;
    let error = fleet.send(call(Repeat::Harmless)).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn what_must_not_be_repeated_never_uses_a_kept_connection() {
    let (a, _b, fleet) = pair(&[Act::Whole("ok")]).await;
    for _ in 0..5 {
        let reply = fleet.send(call(Repeat::OnlyIfUnreceived)).await.unwrap();
        text(reply.body).await.unwrap();
    }
    assert_eq!(a.accepted.load(std::sync::atomic::Ordering::Relaxed), 5);
}

#[tokio::test]
async fn the_refusal_of_the_last_one_is_passed_on_with_when_to_come_back() {
    let busy = Act::Status(429, &[("retry-after", "7")], "slow down");
    let mocks = [
        Mock::start("a", [busy.clone()]).await,
        Mock::start("b", [busy]).await,
    ];
    let fleet = fleet_of(&mocks.each_ref());
    let reply = fleet.send(call(Repeat::Harmless)).await.unwrap();
    assert_eq!(
        (reply.status.as_u16(), &reply.headers["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    assert_eq!(text(reply.body).await.unwrap(), "slow down");
    // Both asked to be left alone, and are.
    let status = fleet.status();
    assert!(
        status
            .upstreams
            .iter()
            .all(|one| one.rests.contains_key("m"))
    );
    assert!(
        status.to_string().contains("rests from m for 7 s"),
        "{status}"
    );
    let error = fleet.send(call(Repeat::Harmless)).await.unwrap_err();
    let wait = error.retry_after().unwrap();
    assert!(
        wait > Duration::from_secs(6) && wait <= Duration::from_secs(7),
        "{wait:?}"
    );
    assert_eq!(
        (error.code(), mocks[0].asked().len(), mocks[1].asked().len()),
        ("upstreams_unavailable", 1, 1)
    );
}

#[tokio::test]
async fn a_request_is_tried_at_most_as_often_as_is_set_and_all_within_a_share() {
    let mut mocks = Vec::new();
    for name in ["a", "b", "c", "d"] {
        mocks.push(Mock::start(name, [Act::Status(503, &[], "no")]).await);
    }
    let mut options = options_of(&mocks.iter().collect::<Vec<_>>());
    options.retries = fleet::Retries {
        each_max: 2,
        share: 0.0,
        burst: 3,
    };
    options.ejection.failures = 100;
    let fleet = Fleet::start(options).unwrap();
    let mut tries = Vec::new();
    for _ in 0..3 {
        let before: usize = mocks.iter().map(|mock| mock.asked().len()).sum();
        assert_eq!(
            fleet
                .send(call(Repeat::Harmless))
                .await
                .unwrap()
                .status
                .as_u16(),
            503
        );
        let after: usize = mocks.iter().map(|mock| mock.asked().len()).sum();
        tries.push(after - before);
    }
    assert_eq!(tries, [3, 2, 1]);
}

#[tokio::test]
async fn nothing_is_tried_again_after_the_first_byte() {
    for (act, code) in [
        (Act::Cut(2), "upstream_broken"),
        (Act::Stall(2), "upstream_stalled"),
    ] {
        let (a, b, fleet) = pair(&[act]).await;
        let reply = fleet.send(call(Repeat::Harmless)).await.unwrap();
        let (came, error) = text(reply.body).await.unwrap_err();
        assert_eq!(
            (came.as_str(), error.code()),
            ("data: a q 0\n\ndata: a q 1\n\n", code)
        );
        let has_begun = match error {
            Error::Broken { has_begun, .. } | Error::Stalled { has_begun, .. } => has_begun,
            other => panic!("{other}"),
        };
        assert!(has_begun);
        assert_eq!((a.asked().len(), b.asked().len()), (1, 0));
    }
}

#[tokio::test]
async fn a_stall_ejects_at_once_and_a_trial_brings_back() {
    let (a, _b, fleet) = pair(&[Act::Stall(1), Act::Whole("ok")]).await;
    let reply = fleet.send(call(Repeat::Harmless)).await.unwrap();
    let (_, error) = text(reply.body).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the upstream `a` did not go on with its reply within 0.3 s"
    );
    let condition = || fleet.status().upstreams[0].condition.clone();
    assert!(
        matches!(condition(), Condition::Ejected(_)),
        "{:?}",
        condition()
    );
    assert_eq!(outcome(&fleet, Repeat::Harmless).await, "b 200");
    tokio::time::sleep(Duration::from_millis(1050)).await;
    assert_eq!(condition(), Condition::OnTrial);
    assert_eq!(outcome(&fleet, Repeat::Harmless).await, "a 200");
    assert_eq!((condition(), a.asked().len()), (Condition::Healthy, 2));
}

#[tokio::test]
async fn whoever_errs_where_others_do_not_is_left_alone_and_a_request_at_fault_harms_nobody() {
    let err = Act::Status(500, &[], "no");
    let (a, b, fleet) = pair(std::slice::from_ref(&err)).await;
    for _ in 0..6 {
        assert_eq!(outcome(&fleet, Repeat::Harmless).await, "b 200");
    }
    assert_eq!(a.asked().len(), 3, "then it was left alone");
    assert_eq!(b.asked().len(), 6);
    let mocks = [
        Mock::start("a", [err.clone()]).await,
        Mock::start("b", [err]).await,
    ];
    let fleet = fleet_of(&[&mocks[0], &mocks[1]]);
    for _ in 0..6 {
        let status = fleet.send(call(Repeat::Harmless)).await.unwrap().status;
        assert_eq!(status, 500);
    }
    assert_eq!(mocks.map(|mock| mock.asked().len()), [6, 6]);
}
