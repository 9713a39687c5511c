//! The one way out of a box with [`crate::Network::Proxy`]: an HTTP `CONNECT` proxy to listed hosts.
//!
//! It runs in the caller, outside. The socket it listens on was opened inside the box, so it can be
//! reached from there only; the connections it makes leave from the caller's own network.

use std::io::{self, Read, Write};
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs,
};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::Error;

const HEAD_BYTES_MAX: usize = 8 << 10;
const CONNECTIONS_MAX: usize = 64;
const HEAD_TIME: Duration = Duration::from_secs(10);
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// A running proxy; dropping it ends it and every connection through it.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// Closing this end wakes and ends the accepting thread.
    stop: Option<OwnedFd>,
    accepting: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    allow: Vec<(String, u16)>,
    is_stopping: AtomicBool,
    connections: AtomicUsize,
    /// Both ends of every open connection, to be shut at the end.
    streams: Mutex<Vec<TcpStream>>,
}

/// Why a request is not served, as status line and explanation.
type Refusal = (&'static str, String);

impl Proxy {
    /// Serves the box's `listener`.
    pub(crate) fn serve(listener: OwnedFd, allow: &[(String, u16)]) -> Result<Proxy, Error> {
        let (woken, stop) = pipe_with(PipeFlags::CLOEXEC)
            .map_err(|error| Error::io("cannot make a pipe")(error.into()))?;
        let shared = Arc::new(Shared {
            allow: allow
                .iter()
                .map(|(host, port)| (normal_host(host), *port))
                .collect(),
            is_stopping: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            streams: Mutex::default(),
        });
        let listener = TcpListener::from(listener);
        let accepting = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("sandbox-proxy".into())
                .spawn(move || accept_all(&listener, &woken, &shared))
                .map_err(Error::io("cannot start a thread"))?
        };
        Ok(Proxy {
            stop: Some(stop),
            accepting: Some(accepting),
            shared,
        })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::SeqCst);
        self.stop = None;
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        for stream in self.shared.lock().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept_all(listener: &TcpListener, woken: &OwnedFd, shared: &Arc<Shared>) {
    loop {
        let mut events = [
            PollFd::new(listener, PollFlags::IN),
            PollFd::new(woken, PollFlags::IN),
        ];
        if poll(&mut events, None).is_err() {
            continue;
        }
        if !events[1].revents().is_empty() || shared.is_stopping.load(Ordering::SeqCst) {
            return;
        }
        // An error here is the client's: it went away again.
        let Ok((client, _)) = listener.accept() else {
            continue;
        };
        if shared.connections.fetch_add(1, Ordering::SeqCst) >= CONNECTIONS_MAX {
            shared.connections.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let of_thread = Arc::clone(shared);
        let served = std::thread::Builder::new()
            .name("sandbox-proxy".into())
            .spawn(move || {
                serve_one(client, &of_thread);
                of_thread.connections.fetch_sub(1, Ordering::SeqCst);
            });
        if served.is_err() {
            shared.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Answers one request and carries bytes until either side ends.
fn serve_one(mut client: TcpStream, shared: &Shared) {
    let Ok(registered) = client.try_clone() else {
        return;
    };
    shared.lock().push(registered);
    let asked = read_head(&mut client)
        .and_then(|head| target(&head))
        .and_then(|(host, port)| connect(shared, &host, port));
    match asked {
        Ok(server) => {
            if let Ok(registered) = server.try_clone() {
                shared.lock().push(registered);
            }
            if client
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .is_ok()
            {
                carry(&client, &server);
            }
            let _ = server.shutdown(Shutdown::Both);
        }
        Err((status, reason)) => {
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{reason}\n",
                reason.len() + 1
            );
            let _ = client.write_all(answer.as_bytes());
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let address = client.peer_addr().ok();
    // A shut stream has no peer any more; those and our own go from the list.
    shared
        .lock()
        .retain(|stream| stream.peer_addr().is_ok_and(|peer| Some(peer) != address));
}

/// Reads up to the empty line that ends a request's head; not a byte of what follows it.
fn read_head(client: &mut TcpStream) -> Result<Vec<u8>, Refusal> {
    let bad = |what: &str| ("400 Bad Request", what.to_owned());
    client
        .set_read_timeout(Some(HEAD_TIME))
        .map_err(|_| bad("no timeout"))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES_MAX {
            return Err((
                "431 Request Header Fields Too Large",
                "the request is too long".into(),
            ));
        }
        match client.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return Err(bad("the request is not complete")),
        }
    }
    client
        .set_read_timeout(None)
        .map_err(|_| bad("no timeout"))?;
    Ok(head)
}

/// The host and port of a `CONNECT` request.
fn target(head: &[u8]) -> Result<(String, u16), Refusal> {
    let bad = || ("400 Bad Request", "not a request of HTTP".to_owned());
    let line = head.split(|byte| *byte == b'\r').next().ok_or_else(bad)?;
    let line = std::str::from_utf8(line).map_err(|_| bad())?;
    let mut words = line.split(' ');
    let (method, authority, version) = (words.next(), words.next(), words.next());
    if !version.is_some_and(|version| version.starts_with("HTTP/1.")) || words.next().is_some() {
        return Err(bad());
    }
    if method != Some("CONNECT") {
        return Err((
            "405 Method Not Allowed",
            "this proxy knows `CONNECT` only; use https".into(),
        ));
    }
    let (host, port) = authority
        .and_then(|authority| authority.rsplit_once(':'))
        .ok_or_else(bad)?;
    Ok((normal_host(host), port.parse().map_err(|_| bad())?))
}

/// Lower case, without brackets and the dot of the root.
fn normal_host(host: &str) -> String {
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// Connects to a listed host at an address that it may have.
fn connect(shared: &Shared, host: &str, port: u16) -> Result<TcpStream, Refusal> {
    if !shared
        .allow
        .iter()
        .any(|(known, known_port)| known == host && *known_port == port)
    {
        return Err((
            "403 Forbidden",
            format!("`{host}:{port}` is not on the list of this sandbox"),
        ));
    }
    let failed = |error: &io::Error| {
        (
            "502 Bad Gateway",
            format!("cannot reach `{host}:{port}`: {error}"),
        )
    };
    // An address on the list was meant; a name on the list must not lead to the inside of a network.
    let is_literal = host.parse::<IpAddr>().is_ok();
    let addresses = (host, port)
        .to_socket_addrs()
        .map_err(|error| failed(&error))?;
    let (public, inner): (Vec<SocketAddr>, Vec<_>) =
        addresses.partition(|address| is_literal || is_public(address.ip()));
    let mut last = None;
    for address in &public {
        match TcpStream::connect_timeout(address, CONNECT_TIME) {
            Ok(server) => return Ok(server),
            Err(error) => last = Some(failed(&error)),
        }
    }
    Err(last.unwrap_or_else(|| match inner.first() {
        Some(address) => (
            "403 Forbidden",
            format!(
                "`{host}` leads to the private address `{}`, which is not on the list itself",
                address.ip()
            ),
        ),
        None => ("502 Bad Gateway", format!("`{host}` has no address")),
    }))
}

/// Whether an address is one of the open internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_benchmark = a == 198 && (b == 18 || b == 19);
    let is_protocol = a == 192 && b == 0 && c == 0;
    !(a == 0
        || a >= 240
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || is_shared
        || is_benchmark
        || is_protocol)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    match parts {
        // NAT64 and 6to4 lead to the address that they hold.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Only 2000::/3 is handed out; Teredo and documentation lie in it.
        [0x2001, 0 | 0xdb8, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Copies both ways until both directions have ended.
fn carry(client: &TcpStream, server: &TcpStream) {
    std::thread::scope(|scope| {
        scope.spawn(|| copy(client, server));
        copy(server, client);
    });
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_public_addresses_from_inner_ones() {
        for address in [
            "8.8.8.8",
            "100.63.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "::127.0.0.1",
            "2001:db8::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn reads_connect_requests_alone() {
        let read = |line: &str| target(format!("{line}\r\nhost: x\r\n\r\n").as_bytes());
        assert_eq!(
            read("CONNECT Example.ORG.:443 HTTP/1.1"),
            Ok(("example.org".into(), 443))
        );
        assert_eq!(read("CONNECT [::1]:80 HTTP/1.0"), Ok(("::1".into(), 80)));
        let status = |line: &str| read(line).unwrap_err().0;
        assert_eq!(
            status("GET http://example.org/ HTTP/1.1"),
            "405 Method Not Allowed"
        );
        for line in [
            "",
            "CONNECT",
            "CONNECT a HTTP/1.1",
            "CONNECT a:b HTTP/1.1",
            "CONNECT a:80",
            "CONNECT a:80 HTTP/2",
            "CONNECT a:99999 HTTP/1.1",
        ] {
            assert_eq!(status(line), "400 Bad Request", "{line}");
        }
    }
}
