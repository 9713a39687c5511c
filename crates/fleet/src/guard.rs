//! Fetches what an address in a user's request leads to, and only from the public Internet.
//!
//! Whoever may name an address could have the server fetch from places that only the server reaches: itself, the
//! owner's network, the page on which a cloud tells its machines their keys. So the host's name is resolved once,
//! every address that it leads to has to be public, and the connection goes to the address that was checked: a
//! name that leads elsewhere a moment later gains nothing. Redirects are not followed.
//!
//! The owner's upstreams may be anywhere, and do not pass here.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use tokio::time::timeout;

use crate::address::Address;
use crate::connect::{Door, plain};
use crate::error::{Error, Result};

mod networks;

pub use networks::is_public;

type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
type Resolve = dyn Fn(String, u16) -> Resolved + Send + Sync;

/// Decides which addresses of users' requests may be fetched.
#[derive(Clone)]
pub struct Guard {
    resolve: Arc<Resolve>,
    exempt: Vec<IpAddr>,
    limits: Limits,
}

/// How much is fetched, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a body. Default: 20 MiB.
    pub bytes_max: usize,
    /// For everything, from the name to the last byte. Default: 20 s.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 20 << 20,
            timeout: Duration::from_secs(20),
        }
    }
}

/// An address that was checked, and where the connection goes.
#[derive(Clone, Debug)]
pub struct Target {
    url: Address,
    pinned: SocketAddr,
}

impl Target {
    /// Where the connection goes.
    pub fn socket_address(&self) -> SocketAddr {
        self.pinned
    }
}

/// What to ask of a target.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET` by default.
    pub method: Method,
    /// Sent as they are, after `Host`.
    pub headers: HeaderMap,
    /// Sent as it is.
    pub body: Bytes,
}

/// What came back, whole.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// A redirect is a status as any other, and up to the caller: its address would have to be checked anew.
    pub status: StatusCode,
    /// As they came.
    pub headers: HeaderMap,
    /// At most as long as the limit.
    pub body: Bytes,
}

impl Guard {
    /// One that resolves names as this machine does.
    pub fn new(limits: Limits) -> Self {
        let resolve = |host: String, port| -> Resolved {
            Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
        };
        Self {
            resolve: Arc::new(resolve),
            exempt: Vec::new(),
            limits,
        }
    }

    /// Lets these addresses pass although they are not public: a server of pictures in the owner's own network.
    #[must_use]
    pub fn exempt(mut self, addresses: &[IpAddr]) -> Self {
        self.exempt.extend_from_slice(addresses);
        self
    }

    /// Resolves names by `resolve` instead, as tests do.
    #[must_use]
    pub fn resolving<F>(
        mut self,
        resolve: impl Fn(String, u16) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        self.resolve = Arc::new(move |host, port| Box::pin(resolve(host, port)));
        self
    }

    /// Checks where `url` leads.
    ///
    /// # Errors
    /// [`Error::AddressRefused`] if it is no `http` or `https` address, names a user, or leads anywhere that is not
    /// public; [`Error::AddressFailed`] if its name leads nowhere.
    pub async fn check(&self, url: &str) -> Result<Target> {
        let refusal = |what: &str| Error::AddressRefused {
            url: shown(url),
            what: what.to_owned(),
        };
        let address = Address::parse(url).map_err(refusal)?;
        let failed = |what: String| Error::AddressFailed {
            url: shown(url),
            what,
        };
        // A host in digits needs no resolver, and one that is written oddly gets none either.
        let found = match address.host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, address.port)],
            Err(_) => {
                let resolving = (self.resolve)(address.host.clone(), address.port);
                let late = |_| failed("its name was not resolved in time".to_owned());
                let found = timeout(self.limits.timeout, resolving)
                    .await
                    .map_err(late)?;
                found.map_err(|error| failed(plain(&error)))?
            }
        };
        let may_pass =
            |address: &SocketAddr| is_public(address.ip()) || self.exempt.contains(&address.ip());
        // One that is not public among several is no accident.
        if !found.iter().all(may_pass) {
            return Err(refusal("it leads into a network that is not public"));
        }
        let pinned = *found
            .first()
            .ok_or_else(|| failed("its name leads nowhere".to_owned()))?;
        Ok(Target {
            url: address,
            pinned: SocketAddr::new(pinned.ip(), pinned.port()),
        })
    }

    /// Checks where `url` leads, and fetches it from there.
    ///
    /// # Errors
    /// Those of [`Guard::check`]; [`Error::AddressFailed`] if no whole reply comes within the limits.
    pub async fn fetch(&self, url: &str, request: Request) -> Result<Fetched> {
        let failed = |what: String| Error::AddressFailed {
            url: shown(url),
            what,
        };
        let whole = async {
            let target = self.check(url).await?;
            self.ask(target, request).await.map_err(failed)
        };
        let late = |_| {
            failed(format!(
                "it took longer than {} s",
                self.limits.timeout.as_secs_f64()
            ))
        };
        timeout(self.limits.timeout, whole).await.map_err(late)?
    }

    async fn ask(&self, target: Target, asked: Request) -> Result<Fetched, String> {
        let door = Door::new(&target.url, None)?;
        let mut connection = door.open(Some(target.pinned)).await?;
        let mut request = http::Request::new(Full::new(asked.body));
        *request.method_mut() = asked.method;
        let path = target.url.path.parse();
        *request.uri_mut() = path.map_err(|_| "its path is no path".to_owned())?;
        *request.headers_mut() = asked.headers;
        let host = target.url.authority().parse();
        let host = host.map_err(|_| "its host is no host".to_owned())?;
        request.headers_mut().insert(header::HOST, host);
        let sent = connection.sender.send_request(request).await;
        let (head, body) = sent.map_err(|error| plain(&error))?.into_parts();
        let body = Limited::new(body, self.limits.bytes_max).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => format!("it is longer than {} bytes", self.limits.bytes_max),
            false => plain(&*error),
        })?;
        Ok(Fetched {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exempt, limits, .. } = self;
        out.debug_struct("Guard")
            .field("exempt", exempt)
            .field("limits", limits)
            .finish_non_exhaustive()
    }
}

/// As much of an address as a message may show: neither user nor query, which may be secrets.
fn shown(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    let shown = match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}{}", &url[..scheme + 3], &url[at + 1..])
        }
        _ => url.to_owned(),
    };
    shown
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect()
}
