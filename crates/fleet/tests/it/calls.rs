//! What goes there and comes back when all is well.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fleet::{Call, Error, Fleet, Options, Reply, Routing};

use crate::mock::{Act, Mock, fleet_of, options_of, text, until};

#[tokio::test]
async fn a_reply_comes_as_it_was_sent_with_harmless_headers_only() {
    let headers = &[
        ("content-type", "application/json"),
        ("set-cookie", "a=b"),
        ("x-request-id", "r1"),
        ("openai-organization", "owner"),
    ];
    let mock = Mock::start("a", [Act::Status(400, headers, r#"{"error":{}}"#)]).await;
    let reply = fleet_of(&[&mock])
        .send(Call::new("m", "/embeddings", "{}"))
        .await
        .unwrap();
    let Reply {
        status,
        headers,
        upstream,
        body,
    } = reply;
    assert_eq!((status.as_u16(), &*upstream), (400, "a"));
    let names: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["content-type", "x-request-id"]);
    assert_eq!(text(body).await.unwrap(), r#"{"error":{}}"#);
    assert_eq!(mock.asked()[0].path, "/v1/embeddings");
}

#[tokio::test]
async fn events_are_passed_on_one_by_one() {
    let mock = Mock::start("a", [Act::Events(4, Duration::from_millis(60))]).await;
    let reply = fleet_of(&[&mock])
        .send(Call::new("m", "/chat/completions", "q"))
        .await
        .unwrap();
    let mut body = reply.body;
    let start = tokio::time::Instant::now();
    let mut at = Vec::new();
    while let Some(bytes) = body.next().await {
        at.push((bytes.unwrap(), start.elapsed()));
    }
    assert_eq!(at.first().unwrap().0, "data: a q 0\n\n");
    assert!(
        at[0].1 < Duration::from_millis(30),
        "the first is there already"
    );
    assert!(
        at[2].1 > Duration::from_millis(80) && at[2].1 < at[3].1,
        "{at:?}"
    );
}

#[tokio::test]
async fn aliases_and_names_lead_to_the_upstreams_own_name() {
    let mock = Mock::start("a", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&mock]);
    options.upstreams[0].models = [("big".to_owned(), "org/big-70b".to_owned())].into();
    options.aliases = [
        ("gpt".to_owned(), "big".to_owned()),
        ("lost".to_owned(), "none".to_owned()),
    ]
    .into();
    let fleet = Fleet::start(options).unwrap();
    assert_eq!(fleet.models(), ["big", "gpt"]);
    assert!(fleet.serves("gpt") && !fleet.serves("lost") && !fleet.serves("org/big-70b"));
    let body = r#"{ "model": "gpt", "n": 1.0 }"#;
    fleet
        .send(Call::new("gpt", "/chat/completions", body))
        .await
        .unwrap();
    assert_eq!(
        mock.asked()[0].body,
        r#"{ "model": "org/big-70b", "n": 1.0 }"#
    );
    let error = fleet
        .send(Call::new("lost", "/chat/completions", body))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        Error::NoSuchModel {
            model: "lost".to_owned()
        }
    );
}

#[tokio::test]
async fn dropping_the_reply_or_the_wait_for_it_ends_the_request_at_once() {
    let mock = Mock::start("a", [Act::Stall(1), Act::Stall(0)]).await;
    let fleet = fleet_of(&[&mock]);
    let open = || mock.open.load(Ordering::Relaxed);
    let reply = fleet
        .send(Call::new("m", "/chat/completions", "q"))
        .await
        .unwrap();
    assert_eq!((open(), fleet.status().upstreams[0].in_flight), (1, 1));
    drop(reply);
    assert_eq!(fleet.status().upstreams[0].in_flight, 0);
    until("cancelled after the first byte", || open() == 0).await;

    let waiting = tokio::spawn({
        let fleet = fleet.clone();
        async move {
            fleet
                .send(Call::new("m", "/chat/completions", "q"))
                .await
                .map(drop)
        }
    });
    until("asked", || open() == 1).await;
    waiting.abort();
    until("cancelled before the first byte", || open() == 0).await;
    let status = &fleet.status().upstreams[0];
    assert_eq!((status.in_flight, status.failed), (0, 0));
}

#[tokio::test]
async fn a_caller_that_reads_nothing_holds_the_upstream_back() {
    let mock = Mock::start("a", [Act::Events(2_000_000, Duration::ZERO)]).await;
    let fleet = fleet_of(&[&mock]);
    let long = "x".repeat(1000);
    let reply = fleet
        .send(Call::new("m", "/chat/completions", long))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    // It would be 2 GB; what the sockets hold is far less, and no stall is seen although nothing moves.
    let mut body = reply.body;
    for _ in 0..100 {
        body.next().await.unwrap().unwrap();
    }
    assert_eq!(mock.open.load(Ordering::Relaxed), 1, "still at it");
}

#[tokio::test]
async fn connections_are_used_again_after_whole_replies() {
    let mock = Mock::start("a", [Act::Whole("ok")]).await;
    let fleet = fleet_of(&[&mock]);
    for _ in 0..20 {
        let reply = fleet
            .send(Call::new("m", "/chat/completions", "q"))
            .await
            .unwrap();
        assert_eq!(text(reply.body).await.unwrap(), "ok");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(mock.accepted.load(Ordering::Relaxed) <= 2);
}

#[tokio::test]
async fn a_server_restarted_between_two_requests_is_no_failure() {
    let mock = Mock::start("a", [Act::Whole("ok")]).await;
    let fleet = fleet_of(&[&mock]);
    for _ in 0..10 {
        let reply = fleet
            .send(Call::new("m", "/chat/completions", "q"))
            .await
            .unwrap();
        assert_eq!(text(reply.body).await.unwrap(), "ok");
        mock.kill();
        mock.resume().await;
    }
    assert_eq!(fleet.status().upstreams[0].failed, 0);
}

#[tokio::test]
async fn weights_and_the_most_at_once_are_kept() {
    let [a, b] = [
        Mock::start("a", [Act::Stall(1)]).await,
        Mock::start("b", [Act::Stall(1)]).await,
    ];
    let mut options = options_of(&[&a, &b]);
    options.routing = Routing::LeastInFlight;
    options.upstreams[0].weight = 3;
    options.upstreams[1].in_flight_max = 4;
    options.upstreams[0].in_flight_max = 12;
    let fleet = Fleet::start(options).unwrap();
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(
            fleet
                .send(Call::new("m", "/chat/completions", "q"))
                .await
                .unwrap(),
        );
    }
    let counts: Vec<usize> = fleet
        .status()
        .upstreams
        .iter()
        .map(|one| one.in_flight)
        .collect();
    assert_eq!(counts, [12, 4]);
    let error = fleet
        .send(Call::new("m", "/chat/completions", "q"))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        Error::Busy {
            model: "m".to_owned()
        }
    );
    held.pop();
    assert!(
        fleet
            .send(Call::new("m", "/chat/completions", "q"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn conversations_stay_where_their_beginning_is_known() {
    let mocks = [
        Mock::start("a", [Act::Whole("ok")]).await,
        Mock::start("b", [Act::Whole("ok")]).await,
        Mock::start("c", [Act::Whole("ok")]).await,
    ];
    let fleet = fleet_of(&mocks.each_ref());
    let mut homes = std::collections::BTreeSet::new();
    for conversation in 0..12 {
        let mut prompt = format!("conversation {conversation}: ").repeat(40);
        let mut home = None;
        for turn in 0..5 {
            let mut call = Call::new("m", "/chat/completions", "q");
            call.prefix = prompt.clone().into();
            let reply = fleet.send(call).await.unwrap();
            let upstream = reply.upstream.to_string();
            assert_eq!(
                *home.get_or_insert_with(|| upstream.clone()),
                upstream,
                "turn {turn}"
            );
            prompt += &format!("turn {turn} ").repeat(40);
            text(reply.body).await.unwrap();
        }
        homes.extend(home);
    }
    assert_eq!(homes.len(), 3, "and they are spread: {homes:?}");
}

#[tokio::test]
async fn a_path_that_leaves_the_base_url_is_refused() {
    let mock = Mock::start("a", [Act::Whole("ok")]).await;
    let fleet = fleet_of(&[&mock]);
    for path in [
        "chat",
        "/../admin",
        "/a/%2e%2e/b",
        "/a b",
        "//../x",
        "/a\\..\\b",
        "/x\r\nhost: y",
    ] {
        let error = fleet.send(Call::new("m", path, "q")).await.unwrap_err();
        assert_eq!(error.code(), "bad_call", "{path}");
    }
    assert!(mock.asked().is_empty());
    assert!(
        fleet
            .send(Call::new("m", "/responses/r_1/cancel?x=1", "q"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn settings_that_cannot_work_are_told_at_the_start() {
    let mock = Mock::start("a", [Act::Whole("ok")]).await;
    let wrong = |change: fn(&mut Options)| {
        let mut options = options_of(&[&mock, &mock]);
        options.upstreams[1].name = "b".to_owned();
        change(&mut options);
        Fleet::start(options).map(drop).unwrap_err().to_string()
    };
    let errors = [
        wrong(|options| options.upstreams[1].name = "a".to_owned()),
        wrong(|options| options.upstreams[1].base_url = "http://ada:geheim@host/v1".to_owned()),
        wrong(|options| options.upstreams[1].base_url = "ftp://host/v1".to_owned()),
        wrong(|options| options.upstreams[1].weight = 0),
        wrong(|options| options.upstreams[1].models.clear()),
        wrong(|options| options.upstreams[1].key = Some(fleet::Secret::new("geheim\n"))),
    ];
    let known = "the upstream `a` cannot be used: another one has the same name";
    assert!(errors[0].starts_with(known), "{}", errors[0]);
    assert!(
        errors[1..]
            .iter()
            .all(|error| error.starts_with("the upstream `b` cannot be used: "))
    );
    assert!(
        errors.iter().all(|error| !error.contains("geheim")),
        "{errors:?}"
    );
}
