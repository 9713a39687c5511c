//! Routing and its price: conversations over simulated servers, through our fleet and through other routers.
//!
//! `cargo xtask bench fleet` runs it, and starts the other routers. It says where the servers are, one line
//! `servers URL …`; reads a line `router NAME URL` for each other router, then `go`; and prints what it measured,
//! a line a way, words between tabs.
#![allow(clippy::unwrap_used, reason = "a benchmark may unwrap as tests may")]

mod client;
mod gate;
mod server;
mod workload;

use std::io::BufRead as _;
use std::net::SocketAddr;

use fleet::{PrefixOptions, Routing};
use tokio::runtime::{Builder, Runtime};

/// Servers behind each router.
const SERVERS: usize = 4;

/// Workloads for each size of memory; each router gets each.
const WORKLOADS: usize = 3;

/// Rounds in which overheads are measured by turns.
const ROUNDS: usize = 5;

/// What each server remembers of prompts, in bytes. A workload says 1.6 MB.
const MEMORIES: [(&str, usize); 2] = [("384 KiB", 384 << 10), ("128 KiB", 128 << 10)];

/// What overheads are measured of: requests at once, whether replies are streamed, and how many.
const RUSHES: [(&str, usize, bool, usize); 4] = [
    ("one at a time, replies in one piece", 1, false, 1_000),
    ("64 at once, replies in one piece", 64, false, 5_000),
    ("one at a time, replies of six events", 1, true, 100),
    ("64 at once, replies of six events", 64, true, 5_000),
];

/// How requests get to the servers.
#[derive(Clone)]
struct Way {
    name: String,
    address: SocketAddr,
}

fn main() {
    // `cargo bench` and `cargo test` may look what is here.
    if !std::env::args().any(|arg| arg == "--measure") {
        return;
    }
    // Each role has threads of its own, as if it were a program of its own.
    let (servers_on, gates_on, clients_on) = (runtime(1), runtime(2), runtime(1));
    let servers: Vec<server::Server> = (0..SERVERS)
        .map(|_| servers_on.block_on(server::Server::start()))
        .collect();
    let urls: Vec<String> = servers
        .iter()
        .map(|server| format!("http://{}", server.address))
        .collect();
    println!("servers {}", urls.join(" "));
    let others = others();

    for (memory, (label, bytes)) in MEMORIES.into_iter().enumerate() {
        for round in 0..WORKLOADS {
            // New to each router, be it one that was started before.
            let work = workload::Workload::new((memory * WORKLOADS + round) as u64);
            println!("ideal\t{label}\t{:.4}", work.ideal_hit_rate());
            let ours = routings().into_iter();
            let mut ways: Vec<Way> = ours
                .map(|(name, routing)| gate(&gates_on, name, routing, &urls))
                .collect();
            ways.extend(others.iter().cloned());
            for way in &ways {
                servers.iter().for_each(|server| server.start_anew(bytes));
                let measured = clients_on.block_on(client::converse(way.address, &work));
                println!("route\t{}\t{label}\t{measured}", way.name);
            }
        }
    }

    servers.iter().for_each(server::Server::cost_nothing);
    let mut ways = vec![Way {
        name: "no router".to_owned(),
        address: servers[0].address,
    }];
    let of_prefix = Routing::PrefixAware(PrefixOptions::default());
    ways.push(gate(&gates_on, "fleet, prefix aware", of_prefix, &urls));
    ways.extend(others.into_iter().take(1));
    for (label, at_once, is_streamed, count) in RUSHES {
        let hurry = |way: &Way, count| {
            clients_on.block_on(client::hurry(way.address, at_once, is_streamed, count))
        };
        // The first requests open connections.
        ways.iter().for_each(|way| drop(hurry(way, at_once * 3)));
        for _ in 0..ROUNDS {
            for way in &ways {
                println!("overhead\t{}\t{label}\t{}", way.name, hurry(way, count));
            }
        }
    }
}

fn routings() -> [(&'static str, Routing); 3] {
    [
        ("fleet, least in flight", Routing::LeastInFlight),
        ("fleet, power of two", Routing::PowerOfTwo),
        ("fleet, prefix aware", Routing::default()),
    ]
}

fn gate(gates_on: &Runtime, name: &str, routing: Routing, urls: &[String]) -> Way {
    let address = gates_on.block_on(gate::start(routing, urls));
    Way {
        name: name.to_owned(),
        address,
    }
}

/// The routers that others started: their names and addresses.
fn others() -> Vec<Way> {
    let lines = std::io::stdin().lock().lines().map(|line| line.unwrap());
    let routers = lines.take_while(|line| line != "go");
    routers
        .map(|line| {
            let (name, address) = line
                .strip_prefix("router ")
                .unwrap()
                .rsplit_once(' ')
                .unwrap();
            Way {
                name: name.to_owned(),
                address: address.parse().unwrap(),
            }
        })
        .collect()
}

fn runtime(threads: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(threads)
        .enable_all()
        .build()
        .unwrap()
}
