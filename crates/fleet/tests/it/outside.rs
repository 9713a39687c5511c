//! Addresses of users' requests.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fleet::guard::{Guard, Limits, Request};
use tokio::io::AsyncWriteExt as _;

use crate::mock::{raw, saying};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Resolves every name to `addresses`.
fn resolving(addresses: &[&str]) -> Guard {
    let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
    Guard::new(Limits::default()).resolving(move |_, port| {
        let found = addresses
            .iter()
            .map(|ip| SocketAddr::new(*ip, port))
            .collect();
        async { Ok(found) }
    })
}

async fn code(guard: &Guard, url: &str) -> &'static str {
    guard
        .check(url)
        .await
        .map_or_else(|error| error.code(), |_| "passes")
}

#[tokio::test]
async fn addresses_in_digits_are_judged_however_they_are_written() {
    // Names go to this machine's own resolver, which reads odd numbers as the C library does.
    let guard = Guard::new(Limits::default());
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://0/",
        "http://localhost:8787/v1",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1:8080/",
        "http://[::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
    ] {
        let code = code(&guard, url).await;
        assert!(
            matches!(code, "address_refused" | "address_failed"),
            "{url} {code}"
        );
    }
    for url in [
        "file:///etc/passwd",
        "gopher://a.example/",
        "http://ada@a.example/",
        "//a.example/",
        "http:///x",
    ] {
        assert_eq!(code(&guard, url).await, "address_refused", "{url}");
    }
    assert_eq!(code(&guard, "https://93.184.216.34/a.png").await, "passes");
}

#[tokio::test]
async fn a_name_must_lead_to_public_addresses_alone() {
    assert_eq!(
        code(&resolving(&["93.184.216.34"]), "http://a.example/").await,
        "passes"
    );
    assert_eq!(
        code(
            &resolving(&["93.184.216.34", "10.0.0.1"]),
            "http://a.example/"
        )
        .await,
        "address_refused"
    );
    assert_eq!(
        code(&resolving(&["::ffff:10.0.0.1"]), "http://a.example/").await,
        "address_refused"
    );
    assert_eq!(
        code(&resolving(&[]), "http://a.example/").await,
        "address_failed"
    );
}

#[tokio::test]
async fn a_name_is_resolved_once_and_the_checked_address_is_connected_to() {
    let address = saying(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    // The second time the name would lead to another place of this machine.
    let guard = Guard::new(Limits::default())
        .exempt(&[LOOPBACK])
        .resolving(move |_, port| {
            let ip = [LOOPBACK, "127.0.0.2".parse().unwrap()]
                [count.fetch_add(1, Ordering::Relaxed).min(1)];
            async move { Ok::<_, io::Error>(vec![SocketAddr::new(ip, port)]) }
        });
    let url = format!("http://rebinding.example:{}/", address.port());
    let fetched = guard.fetch(&url, Request::default()).await.unwrap();
    assert_eq!(
        (fetched.status.as_u16(), &fetched.body[..]),
        (200, &b"ok"[..])
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let error = guard.fetch(&url, Request::default()).await.unwrap_err();
    assert_eq!(error.code(), "address_refused");
}

#[tokio::test]
async fn redirects_are_told_and_not_followed() {
    let address = saying(
        b"HTTP/1.1 302 Go\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let guard = Guard::new(Limits::default()).exempt(&[LOOPBACK]);
    let fetched = guard
        .fetch(&format!("http://{address}/"), Request::default())
        .await
        .unwrap();
    assert_eq!((fetched.status.as_u16(), fetched.body.len()), (302, 0));
}

#[tokio::test]
async fn what_is_too_long_or_too_slow_is_given_up() {
    let endless = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
        loop {
            stream.write_all(&[b'x'; 4096]).await.ok()?;
        }
    })
    .await;
    let silent = raw(|stream| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
        None
    })
    .await;
    let guard = Guard::new(Limits {
        bytes_max: 100_000,
        timeout: Duration::from_millis(500),
    })
    .exempt(&[LOOPBACK]);
    let error = guard
        .fetch(
            &format!("http://{endless}/a?token=geheim"),
            Request::default(),
        )
        .await
        .unwrap_err();
    let expected = format!(
        "the address `http://{endless}/a` cannot be fetched: it is longer than 100000 bytes"
    );
    assert_eq!(error.to_string(), expected);
    let error = guard
        .fetch(&format!("http://{silent}/"), Request::default())
        .await
        .unwrap_err();
    assert!(
        error.to_string().ends_with("it took longer than 0.5 s"),
        "{error}"
    );
}
