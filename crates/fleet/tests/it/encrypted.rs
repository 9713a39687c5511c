//! Upstreams behind TLS.

use std::sync::Arc;

use fleet::{Call, Error, Fleet};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::mock::{Act, Mock, options_of, text};

/// An authority that signed `localhost.pem` in 2026, for a hundred years; its own key was thrown away.
const AUTHORITY: &str = include_str!("encrypted/authority.pem");

/// Says `ok` to whoever trusts it, at the port that is returned.
async fn server() -> u16 {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("encrypted/localhost.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("encrypted/localhost.key"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap()], key.unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await.ok()?;
                let mut asked = [0; 4096];
                let _read = stream.read(&mut asked).await.ok()?;
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                    .await
                    .ok()
            });
        }
    });
    port
}

async fn ask(base_url: String, roots_pem: Option<&str>) -> Result<String, Error> {
    let placeholder = Mock::start("a", [Act::Whole("ok")]).await;
    let mut options = options_of(&[&placeholder]);
    options.upstreams[0].base_url = base_url;
    options.upstreams[0].roots_pem = roots_pem.map(str::to_owned);
    let reply = Fleet::start(options)?
        .send(Call::new("m", "/chat/completions", "q"))
        .await?;
    text(reply.body).await.map_err(|(_, error)| error)
}

#[tokio::test]
async fn only_who_is_trusted_under_its_name_gets_a_request() {
    let port = server().await;
    let reply = ask(format!("https://localhost:{port}/v1"), Some(AUTHORITY)).await;
    assert_eq!(reply.unwrap(), "ok");
    let strangers = [
        (format!("https://localhost:{port}/v1"), None),
        (format!("https://127.0.0.1:{port}/v1"), Some(AUTHORITY)),
    ];
    for (base_url, roots_pem) in strangers {
        let error = ask(base_url, roots_pem).await.unwrap_err();
        assert_eq!(error.code(), "upstream_unreachable");
        assert!(
            error.to_string().contains("invalid peer certificate"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn certificates_that_are_none_are_told_at_the_start() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for roots_pem in [broken, "", "/etc/authority.pem"] {
        let asked = ask("https://localhost/v1".to_owned(), Some(roots_pem)).await;
        assert_eq!(asked.unwrap_err().code(), "bad_upstream", "{roots_pem}");
    }
}
