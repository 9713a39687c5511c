//! Upstreams that send nonsense: clear errors, soon, within bounded memory.

use std::time::{Duration, Instant};

use fleet::{Call, Error, Fleet, Health, Probe, Reply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::mock::{Act, Mock, options_of, raw, saying, text, until};

/// Asks the server at `address` alone.
async fn ask(address: std::net::SocketAddr) -> Result<Reply, Error> {
    let placeholder = Mock::start("a", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&placeholder]);
    options.upstreams[0].base_url = format!("http://{address}/v1");
    let fleet = Fleet::start(options).unwrap();
    fleet.send(Call::new("m", "/chat/completions", "{}")).await
}

#[tokio::test]
async fn what_is_no_http_is_a_broken_reply() {
    let cases: [&[u8]; 8] = [
        b"",
        b"hello\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00",
    ];
    for bytes in cases {
        let error = ask(saying(bytes).await).await.unwrap_err();
        assert_eq!(error.code(), "upstream_broken", "{error}");
        assert!(!error.to_string().contains('\n') && error.to_string().len() < 300);
    }
}

#[tokio::test]
async fn headers_without_end_are_cut_off() {
    let address = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n").await.ok()?;
        let line = [b"x-a: ", [b'a'; 8000].as_slice(), b"\r\n"].concat();
        loop {
            stream.write_all(&line).await.ok()?;
        }
    })
    .await;
    let start = Instant::now();
    let error = ask(address).await.unwrap_err();
    assert_eq!(error.code(), "upstream_broken", "{error}");
    assert!(
        start.elapsed() < Duration::from_millis(500),
        "not by running out of time"
    );
}

#[tokio::test]
async fn a_head_that_comes_letter_by_letter_is_given_up() {
    let address = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await.ok()?;
        loop {
            stream.write_all(b"a").await.ok()?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let error = ask(address).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the upstream `a` did not begin to reply within 0.6 s"
    );
}

#[tokio::test]
async fn a_body_that_comes_letter_by_letter_ends_with_its_time() {
    let address = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
        loop {
            stream.write_all(b"a").await.ok()?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let placeholder = Mock::start("a", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&placeholder]);
    options.upstreams[0].base_url = format!("http://{address}/v1");
    options.timeouts.whole = Duration::from_millis(700);
    let fleet = Fleet::start(options).unwrap();
    let reply = fleet
        .send(Call::new("m", "/chat/completions", "{}"))
        .await
        .unwrap();
    let (came, error) = text(reply.body).await.unwrap_err();
    assert!((10..40).contains(&came.len()), "{}", came.len());
    assert_eq!(
        error.to_string(),
        "the upstream `a` did not go on with its reply within 0.7 s"
    );
}

#[tokio::test]
async fn a_body_shorter_than_stated_is_broken_and_a_longer_one_is_cut() {
    let short = ask(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello").await)
        .await
        .unwrap();
    let (came, error) = text(short.body).await.unwrap_err();
    assert_eq!((came.as_str(), error.code()), ("hello", "upstream_broken"));
    let long = ask(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello there").await)
        .await
        .unwrap();
    assert_eq!(text(long.body).await.unwrap(), "hello");
}

#[tokio::test]
async fn what_follows_a_reply_is_never_taken_for_the_next() {
    let address = raw(|mut stream| async move {
        let smuggled = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
        stream.write_all(smuggled).await.ok()?;
        let mut rest = [0; 4096];
        while stream.read(&mut rest).await.ok()? > 0 {}
        None
    })
    .await;
    let placeholder = Mock::start("a", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&placeholder]);
    options.upstreams[0].base_url = format!("http://{address}/v1");
    let fleet = Fleet::start(options).unwrap();
    for _ in 0..20 {
        let reply = fleet
            .send(Call::new("m", "/chat/completions", "{}"))
            .await
            .unwrap();
        assert_eq!(text(reply.body).await.unwrap(), "ok");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Mock::start("b", [Act::Whole("stolen")]).await;
    let location: &'static str = format!(
        "HTTP/1.1 307 Go\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        elsewhere.url()
    )
    .leak();
    let error = ask(saying(location.as_bytes()).await).await.unwrap_err();
    assert_eq!(
        error,
        Error::Redirected {
            upstream: "a".to_owned(),
            status: 307
        }
    );
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_list_of_models_without_end_is_not_read() {
    let address = raw(|mut stream| async move {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"data\":[")
            .await
            .ok()?;
        let many = br#"{"id":"m"},"#.repeat(10_000);
        loop {
            stream.write_all(&many).await.ok()?;
        }
    })
    .await;
    let placeholder = Mock::start("a", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&placeholder]);
    options.upstreams[0].base_url = format!("http://{address}/v1");
    options.upstreams[0].probe = Probe::Models;
    options.health = Health {
        interval: Duration::from_millis(20),
        timeout: Duration::from_secs(5),
        failures: 1,
    };
    let fleet = Fleet::start(options).unwrap();
    let condition = || fleet.status().upstreams[0].condition.to_string();
    until("down", || condition() == "down: length limit exceeded").await;
}
