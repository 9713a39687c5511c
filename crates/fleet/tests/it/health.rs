//! Probes: who is well, what is served, and how busy each is.

use std::time::Duration;

use fleet::{Call, Condition, Fleet, Health, Options, Probe, Routing, Upstream};

use crate::mock::{Act, Mock, options_of, until};

fn quick() -> Health {
    Health {
        interval: Duration::from_millis(40),
        timeout: Duration::from_millis(200),
        failures: 2,
    }
}

#[tokio::test]
async fn what_an_upstream_lists_is_served_from_then_on() {
    let mock = Mock::start("a", [Act::Whole("ok")]).await;
    let upstreams = vec![Upstream::new("a", mock.url())];
    let fleet = Fleet::start(Options {
        upstreams,
        health: quick(),
        ..Options::default()
    })
    .unwrap();
    assert_eq!(fleet.models(), [""; 0]);
    fleet.ready().await;
    assert_eq!(fleet.models(), ["m"]);
    assert!(
        fleet
            .send(Call::new("m", "/chat/completions", "{}"))
            .await
            .is_ok()
    );
    mock.script.lock().unwrap().models = vec!["n", "o"];
    until("listed anew", || fleet.models() == ["n", "o"]).await;
    assert!(!fleet.serves("m"));
}

#[tokio::test]
async fn who_is_down_is_found_before_anybody_asks_and_comes_back() {
    for probe in [Probe::Models, Probe::Health] {
        let mocks = [
            Mock::start("a", [Act::Whole("ok")]).await,
            Mock::start("b", [Act::Whole("ok")]).await,
        ];
        let mut options = options_of(&mocks.each_ref());
        options.health = quick();
        for upstream in &mut options.upstreams {
            upstream.probe = probe;
        }
        let fleet = Fleet::start(options).unwrap();
        let condition = || fleet.status().upstreams[0].condition.clone();
        mocks[0].kill();
        until("down", || matches!(condition(), Condition::Down(_))).await;
        for _ in 0..10 {
            let reply = fleet
                .send(Call::new("m", "/chat/completions", "{}"))
                .await
                .unwrap();
            assert_eq!(&*reply.upstream, "b");
        }
        assert_eq!(fleet.status().upstreams[0].sent, 0);
        mocks[0].resume().await;
        until("back", || condition() == Condition::Healthy).await;
        mocks[1].kill();
        until("down", || {
            matches!(fleet.status().upstreams[1].condition, Condition::Down(_))
        })
        .await;
        assert!(
            fleet
                .send(Call::new("m", "/chat/completions", "{}"))
                .await
                .is_ok()
        );
        mocks[0].kill();
        until("down", || matches!(condition(), Condition::Down(_))).await;
        let error = fleet
            .send(Call::new("m", "/chat/completions", "{}"))
            .await
            .unwrap_err();
        assert_eq!(error.code(), "upstreams_unavailable");
    }
}

#[tokio::test]
async fn a_refused_key_counts_as_down_and_says_so() {
    let mock = Mock::start("a", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&mock]);
    options.health = quick();
    let address = crate::mock::saying(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").await;
    options.upstreams[0].base_url = format!("http://{address}/v1");
    options.upstreams[0].probe = Probe::Models;
    let fleet = Fleet::start(options).unwrap();
    let condition = || fleet.status().upstreams[0].condition.to_string();
    until("down", || {
        condition() == "down: it refuses its key with status 401"
    })
    .await;
}

#[tokio::test]
async fn the_load_that_servers_tell_steers_requests() {
    let mocks = [
        Mock::start("a", [Act::Whole("ok")]).await,
        Mock::start("b", [Act::Whole("ok")]).await,
    ];
    mocks[0].script.lock().unwrap().metrics = Some(
        "vllm:num_requests_running{engine=\"0\"} 9\nvllm:num_requests_waiting{engine=\"0\"} 3\n",
    );
    mocks[1].script.lock().unwrap().metrics = Some("sglang:num_running_reqs 1\n");
    for routing in [Routing::PowerOfTwo, Routing::default()] {
        let mut options = options_of(&mocks.each_ref());
        // What was measured must not grow old meanwhile.
        options.health = Health {
            interval: Duration::from_secs(60),
            ..quick()
        };
        options.routing = routing;
        for upstream in &mut options.upstreams {
            upstream.reads_metrics = true;
        }
        let fleet = Fleet::start(options).unwrap();
        fleet.ready().await;
        assert_eq!(fleet.status().upstreams[0].load.unwrap().waiting, 3.0);
        for _ in 0..10 {
            let reply = fleet
                .send(Call::new("m", "/chat/completions", "{}"))
                .await
                .unwrap();
            assert_eq!(&*reply.upstream, "b");
        }
    }
}

#[tokio::test]
async fn a_page_that_is_not_there_is_asked_for_less_and_less() {
    let mock = Mock::start("a", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&mock]);
    options.health = Health {
        interval: Duration::from_millis(5),
        ..quick()
    };
    options.upstreams[0].probe = Probe::Models;
    options.upstreams[0].reads_metrics = true;
    let _fleet = Fleet::start(options).unwrap();
    let count = |path: &str| {
        mock.script
            .lock()
            .unwrap()
            .probed
            .iter()
            .filter(|asked| *asked == path)
            .count()
    };
    until("probed", || count("/v1/models") > 70).await;
    assert!(
        (2..=8).contains(&count("/metrics")),
        "{}",
        count("/metrics")
    );
}

#[tokio::test]
async fn nothing_goes_on_after_the_last_clone_is_dropped() {
    let mock = Mock::start("a", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&mock]);
    options.health = quick();
    options.upstreams[0].probe = Probe::Models;
    let fleet = Fleet::start(options).unwrap();
    fleet.ready().await;
    drop(fleet);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let probed = || mock.script.lock().unwrap().probed.len();
    let before = probed();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(probed(), before);
}
