//! What of the network is granted works, and nothing beyond it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use sandbox::{Command, Network, Outcome, Policy, Status, run};

/// Sends back, in capitals, what one client says.
fn shouter() -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut said = [0; 5];
        stream.read_exact(&mut said).unwrap();
        stream.write_all(&said.to_ascii_uppercase()).unwrap();
    };
    (port, std::thread::spawn(serve))
}

fn python(network: Network, script: &str) -> Outcome {
    run(
        &Policy::new().network(network),
        &Command::new("/usr/bin/python3").args(["-c", script]),
    )
    .unwrap()
}

/// Asks the proxy for `target`, says `hello` and prints all that comes back.
fn ask(network: Network, request: &str) -> String {
    let script = format!(
        "import socket\ns = socket.create_connection(('127.0.0.1', 3128), 5)\ns.sendall(b'{request}\\r\\n\\r\\n')\nprint(s.recv(1000).decode())\ntry:\n    s.sendall(b'hello'); print(s.recv(5).decode())\nexcept OSError: pass\n"
    );
    let outcome = python(network, &script);
    assert_eq!(
        outcome.status,
        Status::Exited(0),
        "{}",
        String::from_utf8_lossy(&outcome.stderr)
    );
    String::from_utf8(outcome.stdout).unwrap()
}

#[test]
fn loopback_is_the_boxes_own() {
    let (port, _still_listening) = shouter();
    let script = format!(
        "import socket\nl = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()\nc = socket.create_connection(l.getsockname())\na, _ = l.accept(); c.sendall(b'x'); assert a.recv(1) == b'x'\ntry:\n    socket.create_connection(('127.0.0.1', {port}), 2)\nexcept ConnectionRefusedError:\n    print('alone')\n"
    );
    let outcome = python(Network::Loopback, &script);
    assert_eq!(
        outcome.stdout,
        b"alone\n",
        "{}",
        String::from_utf8_lossy(&outcome.stderr)
    );
}

#[test]
fn loopback_opens_tcp_and_udp_alone() {
    let script = "
import socket
for family, kind, protocol in [(1, 1, 0), (1, 2, 0), (16, 3, 0), (17, 3, 0), (38, 5, 0), (40, 1, 0), (2, 3, 1), (10, 3, 58), (2, 1, 132), (2, 1, 262), (2, 10, 0)]:
    try:
        socket.socket(family, kind, protocol); print('open', family, kind, protocol)
    except PermissionError: pass
";
    let outcome = python(Network::Loopback, script);
    assert_eq!(
        outcome.status,
        Status::Exited(0),
        "{}",
        String::from_utf8_lossy(&outcome.stderr)
    );
    assert_eq!(outcome.stdout, b"");
}

#[test]
fn the_proxy_carries_to_a_listed_address() {
    let (port, served) = shouter();
    let network = Network::Proxy {
        allow: vec![("127.0.0.1".into(), port)],
    };
    let answer = ask(network, &format!("CONNECT 127.0.0.1:{port} HTTP/1.1"));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.trim_end().ends_with("HELLO"), "{answer}");
    served.join().unwrap();
}

#[test]
fn the_proxy_refuses_what_is_not_listed() {
    let (port, _still_listening) = shouter();
    let network = || Network::Proxy {
        allow: vec![("127.0.0.1".into(), 1), ("localhost".into(), port)],
    };
    for target in [
        format!("127.0.0.1:{port}"),
        "169.254.169.254:80".into(),
        "example.org:443".into(),
        format!("127.1:{port}"),
    ] {
        let answer = ask(network(), &format!("CONNECT {target} HTTP/1.1"));
        assert!(answer.starts_with("HTTP/1.1 403 "), "{target}: {answer}");
    }
    // Listed by name, but the name leads to a private address.
    let answer = ask(network(), &format!("CONNECT localhost:{port} HTTP/1.1"));
    assert!(
        answer.starts_with("HTTP/1.1 403 ") && answer.contains("private address"),
        "{answer}"
    );
    let answer = ask(network(), "GET http://example.org/ HTTP/1.1");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
}

#[test]
fn with_a_proxy_there_is_still_no_other_way_out() {
    let (port, _still_listening) = shouter();
    let network = Network::Proxy {
        allow: vec![("127.0.0.1".into(), port)],
    };
    let script = format!(
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', {port}), 2); print('reached')\nexcept ConnectionRefusedError: pass\ntry:\n    socket.create_connection(('8.8.8.8', 53), 2); print('reached')\nexcept OSError: pass\n"
    );
    let outcome = python(network, &script);
    assert_eq!(
        (outcome.status, outcome.stdout),
        (Status::Exited(0), Vec::new())
    );
}
