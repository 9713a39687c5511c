//! Connections to one server: made with or without TLS, kept while unused, ended with what used them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use crate::address::Address;

/// What is read ahead of a reply, and so the longest head that a reply may have.
const BUFFER_BYTES: usize = 64 << 10;

/// The most headers that a reply may have.
const HEADERS_MAX: usize = 100;

/// Unused connections that are kept.
const IDLE_MAX: usize = 256;

/// How to reach a server.
#[derive(Clone)]
pub struct Door {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Door {
    /// The way to `address`, trusting the public authorities and those of `roots_pem`.
    pub fn new(address: &Address, roots_pem: Option<&str>) -> Result<Self, String> {
        let tls = match address.is_encrypted {
            false => None,
            true => {
                let name = ServerName::try_from(address.host.clone());
                let name = name.map_err(|_| format!("`{}` is no name of a host", address.host))?;
                Some((connector(roots_pem)?, name))
            }
        };
        Ok(Self {
            host: address.host.clone(),
            port: address.port,
            tls,
        })
    }

    /// A new connection: to `pinned`, or to where the host's name leads.
    pub async fn open(&self, pinned: Option<SocketAddr>) -> Result<Connection, String> {
        let tcp = match pinned {
            Some(address) => TcpStream::connect(address).await,
            None => TcpStream::connect((self.host.as_str(), self.port)).await,
        };
        let tcp = tcp.map_err(|error| plain(&error))?;
        tcp.set_nodelay(true).map_err(|error| plain(&error))?;
        match &self.tls {
            None => Connection::over(tcp).await,
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), tcp).await;
                Connection::over(stream.map_err(|error| plain(&error))?).await
            }
        }
    }
}

fn connector(roots_pem: Option<&str>) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for certificate in CertificateDer::pem_slice_iter(roots_pem.unwrap_or_default().as_bytes()) {
        let certificate = certificate.map_err(|error| format!("its certificates: {error}"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("its certificates: {error}"))?;
    }
    if roots_pem.is_some() && roots.len() == webpki_roots::TLS_SERVER_ROOTS.len() {
        return Err("its certificates are none in PEM".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The error and what is behind it, in one line.
pub fn plain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let mut text = error.to_string();
    for cause in causes.map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    // Words of the other side may be quoted in it.
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// One connection. Dropping it closes it at once, whatever is on its way.
pub struct Connection {
    pub sender: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
}

impl Connection {
    async fn over<S>(stream: S) -> Result<Self, String>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(BUFFER_BYTES).max_headers(HEADERS_MAX);
        let made = builder.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(|error| plain(&error))?;
        // How it ends is told to whoever waits for a reply.
        let driver = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        Ok(Self { sender, driver })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Connections that wait for their next request, the last used at the end.
#[derive(Default)]
pub struct Connections(Mutex<Vec<(Instant, Connection)>>);

impl Connections {
    /// One that is ready for a request, and was not unused for longer than `idle_max`.
    pub fn take(&self, now: Instant, idle_max: Duration) -> Option<Connection> {
        self.close_unused(now, idle_max);
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = idle
            .iter()
            .rposition(|(_, connection)| connection.sender.is_ready())?;
        Some(idle.remove(ready).1)
    }

    /// Closes those that were unused for `idle_max`, or that the other side closed.
    pub fn close_unused(&self, now: Instant, idle_max: Duration) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(since, connection)| {
            now.saturating_duration_since(*since) < idle_max && !connection.sender.is_closed()
        });
    }

    /// Keeps one whose reply was read to the end.
    pub fn put(&self, connection: Connection, now: Instant) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX && !connection.sender.is_closed() {
            idle.push((now, connection));
        }
    }
}
