//! Keys go to their upstream and nowhere else.

use fleet::{Call, Fleet, Probe, Secret};

use crate::mock::{Act, Mock, options_of, saying};

const KEY: &str = "sk-geheim-0123456789";

#[tokio::test]
async fn the_upstream_gets_its_own_key_and_nothing_of_the_clients() {
    let mock = Mock::start("a", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&mock]);
    options.upstreams[0].key = Some(Secret::new(KEY));
    options.upstreams[0].headers = vec![("x-project".to_owned(), Secret::new("p1"))];
    let fleet = Fleet::start(options).unwrap();
    let mut call = Call::new("m", "/chat/completions", "q");
    for (name, value) in [
        ("authorization", "Bearer fh-client"),
        ("cookie", "session=fh-client"),
        ("x-api-key", "fh-client"),
        ("proxy-authorization", "fh-client"),
        ("connection", "x-secret"),
        ("x-secret", "fh-client"),
        ("x-forwarded-for", "10.1.2.3"),
        ("host", "freehold.example"),
        ("te", "trailers"),
        ("accept", "text/event-stream"),
    ] {
        call.headers.insert(name, value.parse().unwrap());
    }
    fleet.send(call).await.unwrap();
    let headers = &mock.asked()[0].headers;
    let mut names: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "authorization",
            "content-length",
            "host",
            "user-agent",
            "x-project"
        ]
    );
    assert_eq!(headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(headers["host"], mock.address.to_string());
}

#[tokio::test]
async fn neither_debug_nor_any_error_shows_a_key() {
    let replies: [&'static [u8]; 5] = [
        b"HTTP/1.1 401 No\r\ncontent-length: 48\r\n\r\nIncorrect API key provided: sk-geheim-0123456789",
        b"HTTP/1.1 302 Go\r\nlocation: http://x/?k=sk-geheim-0123456789\r\ncontent-length: 0\r\n\r\n",
        b"sk-geheim-0123456789\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\nx: sk-geheim-0123456789\r\n\r\n",
        b"",
    ];
    for reply in replies {
        let address = saying(reply).await;
        let mock = Mock::start("a", [Act::Whole("ok")]).await;
        let mut options = options_of(&[&mock]);
        options.upstreams[0].base_url = format!("http://{address}/v1");
        options.upstreams[0].key = Some(Secret::new(KEY));
        options.upstreams[0].headers = vec![("api-key".to_owned(), Secret::new(KEY))];
        options.upstreams[0].probe = Probe::Models;
        let told = format!("{options:?}");
        let fleet = Fleet::start(options).unwrap();
        fleet.ready().await;
        let error = fleet
            .send(Call::new("m", "/chat/completions", "q"))
            .await
            .unwrap_err();
        let status = fleet.status();
        for text in [
            told,
            format!("{fleet:?}"),
            format!("{error} {error:?}"),
            format!("{status} {status:?}"),
        ] {
            assert!(!text.contains("geheim"), "{text}");
        }
    }
}
