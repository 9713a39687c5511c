//! Routing between servers and its price, side by side with SGLang's router in the same run.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::{machine::Machine, table::Table};
use crate::tree;

/// SGLang's router, started as its package does it, without the packages that only its other parts need.
const ROUTER: &str = "\
import json, sys
from sglang_router.router import Router
from sglang_router.router_args import RouterArgs
Router.from_args(RouterArgs(**json.loads(sys.argv[1]))).start()
";

/// What of SGLang's router is measured: a name, and its settings beside the defaults.
fn peers() -> [(&'static str, serde_json::Value); 3] {
    [
        (
            "SGLang, cache_aware",
            serde_json::json!({"policy": "cache_aware"}),
        ),
        (
            "SGLang, cache_aware, balance 16",
            serde_json::json!({"policy": "cache_aware", "balance_abs_threshold": 16}),
        ),
        (
            "SGLang, power_of_two",
            serde_json::json!({"policy": "power_of_two"}),
        ),
    ]
}

/// A process that ends with its owner.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the benchmark of the crate with SGLang's router beside it: `--python` names a Python that has
/// `sglang-router`.
pub fn run(args: &[&str]) -> Result<()> {
    let ["--python", python] = args else {
        bail!(
            "usage: cargo xtask bench fleet --python PYTHON\n\
             hint: a Python with `sglang-router`: `pip install --no-deps sglang-router`"
        );
    };
    let mut bench = tree::cargo();
    bench.args(["bench", "--quiet", "--locked", "--package", "fleet"]);
    bench.args(["--bench", "route", "--", "--measure"]);
    bench.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut bench = Owned(bench.spawn()?);
    let mut input = bench.0.stdin.take().context("the benchmark has no input")?;
    let output = bench
        .0
        .stdout
        .take()
        .context("the benchmark has no output")?;
    let mut lines = BufReader::new(output).lines();
    let servers = lines.next().context("the benchmark ended")??;
    let servers = servers.strip_prefix("servers ").context("no servers")?;
    let urls: Vec<&str> = servers.split(' ').collect();

    let mut routers = Vec::new();
    for (name, settings) in peers() {
        let (router, address) = start(python, &urls, settings).with_context(|| name.to_owned())?;
        routers.push(router);
        writeln!(input, "router {name} {address}")?;
    }
    writeln!(input, "go")?;
    drop(input);
    let mut report = Report::default();
    for line in lines {
        report.take(&line?)?;
    }
    ensure!(bench.0.wait()?.success(), "the benchmark failed");
    let version = tree::stdout_of(Command::new(python).args([
        "-c",
        "import importlib.metadata as m; print(m.version('sglang-router'))",
    ]))?;
    println!(
        "{}\nsglang-router {}.\n\n{report}",
        Machine::read(),
        version.trim()
    );
    Ok(())
}

/// Starts a router of SGLang in front of the servers, and waits until it passes requests on.
fn start(
    python: &str,
    urls: &[&str],
    mut settings: serde_json::Value,
) -> Result<(Owned, SocketAddr)> {
    let [address, metrics] = [free_address()?, free_address()?];
    settings["worker_urls"] = urls.into();
    settings["host"] = "127.0.0.1".into();
    settings["port"] = address.port().into();
    settings["prometheus_host"] = "127.0.0.1".into();
    settings["prometheus_port"] = metrics.port().into();
    settings["log_level"] = "error".into();
    let mut router = Command::new(python);
    router.args(["-c", ROUTER, &settings.to_string()]);
    router.stdout(Stdio::null()).stderr(Stdio::null());
    let mut router = Owned(
        router
            .spawn()
            .with_context(|| format!("`{python}` does not start"))?,
    );
    for _ in 0..600 {
        if let Some(status) = router.0.try_wait()? {
            bail!(
                "it ended with {status}\nhint: `pip install --no-deps sglang-router` for this Python"
            );
        }
        if has_all_servers(address, urls.len()) {
            return Ok((router, address));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("it does not get ready within a minute")
}

/// Whether the router lists all servers as healthy.
fn has_all_servers(address: SocketAddr, count: usize) -> bool {
    let page = || -> Result<String> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream
            .write_all(b"GET /workers HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut page = String::new();
        std::io::Read::read_to_string(&mut stream, &mut page)?;
        Ok(page)
    };
    let healthy = |page: String| page.matches("\"is_healthy\":true").count();
    page().map(healthy).is_ok_and(|healthy| healthy == count)
}

/// An address that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// One line that the benchmark printed about some requests; times in microseconds.
#[derive(Clone, Copy)]
struct Measured {
    hit_rate: f64,
    first_mean: f64,
    first_p95: f64,
    whole_p50: f64,
    whole_p99: f64,
    took: f64,
    count: f64,
}

/// Routers, and what was measured of each.
type Rows = Vec<(String, Vec<Measured>)>;

/// What was measured, in the order in which it came.
#[derive(Default)]
struct Report {
    ideal: Vec<(String, Vec<f64>)>,
    /// By what each server remembers.
    routes: Vec<(String, Rows)>,
    /// By what is asked for.
    overheads: Vec<(String, Rows)>,
}

impl Report {
    fn take(&mut self, line: &str) -> Result<()> {
        let words: Vec<&str> = line.split('\t').collect();
        match words[..] {
            ["ideal", label, rate] => place(&mut self.ideal, label).push(rate.parse()?),
            ["route", name, label, ref rest @ ..] => {
                place(place(&mut self.routes, label), name).push(measured(rest)?);
            }
            ["overhead", name, label, ref rest @ ..] => {
                place(place(&mut self.overheads, label), name).push(measured(rest)?);
            }
            _ => bail!("a line that says nothing: {line}"),
        }
        Ok(())
    }
}

/// What belongs to `name`, at the end if it is new.
fn place<'a, T: Default>(rows: &'a mut Vec<(String, T)>, name: &str) -> &'a mut T {
    let known = rows.iter().position(|(known, _)| known == name);
    let index = known.unwrap_or_else(|| {
        rows.push((name.to_owned(), T::default()));
        rows.len() - 1
    });
    &mut rows[index].1
}

fn measured(words: &[&str]) -> Result<Measured> {
    let numbers = words.iter().map(|word| Ok(word.parse()?));
    let numbers: Vec<f64> = numbers.collect::<Result<_>>()?;
    let [
        hit_rate,
        first_mean,
        _,
        first_p95,
        whole_p50,
        whole_p99,
        took,
        count,
    ] = numbers[..]
    else {
        bail!("{} numbers", numbers.len());
    };
    Ok(Measured {
        hit_rate,
        first_mean,
        first_p95,
        whole_p50,
        whole_p99,
        took,
        count,
    })
}

/// The middle one, so that a busy moment does not count.
fn median(all: &[Measured], value: fn(&Measured) -> f64) -> f64 {
    let mut values: Vec<f64> = all.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

impl std::fmt::Display for Report {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for ((label, rows), (_, ideal)) in self.routes.iter().zip(&self.ideal) {
            let ideal = ideal.iter().sum::<f64>() / ideal.len() as f64;
            writeln!(
                out,
                "Each server remembers {label}:\n\n{}",
                routing(rows, ideal)
            )?;
        }
        for (label, rows) in &self.overheads {
            writeln!(out, "{label}:\n\n{}", overheads(rows))?;
        }
        Ok(())
    }
}

fn milliseconds(micros: f64) -> String {
    format!("{:.2} ms", micros / 1e3)
}

fn routing(rows: &Rows, ideal: f64) -> Table {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let mut table = Table::new([
        "router",
        "prompt known",
        "first byte, mean",
        "first byte, p95",
        "all in",
    ]);
    let [a, b, c] = ["–"; 3].map(str::to_owned);
    let name = "one server with endless memory".to_owned();
    table.row([name, percent(ideal), a, b, c]);
    for (name, all) in rows {
        let mean =
            |value: fn(&Measured) -> f64| all.iter().map(value).sum::<f64>() / all.len() as f64;
        table.row([
            name.clone(),
            percent(mean(|one| one.hit_rate)),
            milliseconds(mean(|one| one.first_mean)),
            milliseconds(mean(|one| one.first_p95)),
            format!("{:.1} s", mean(|one| one.took) / 1e6),
        ]);
    }
    table
}

fn overheads(rows: &Rows) -> Table {
    let mut table = Table::new(["router", "p50", "p99", "beyond none, p50", "requests/s"]);
    let none = rows
        .first()
        .map_or(0.0, |(_, all)| median(all, |one| one.whole_p50));
    for (name, all) in rows {
        let p50 = median(all, |one| one.whole_p50);
        table.row([
            name.clone(),
            milliseconds(p50),
            milliseconds(median(all, |one| one.whole_p99)),
            milliseconds(p50 - none),
            format!("{:.0}", median(all, |one| one.count / one.took * 1e6)),
        ]);
    }
    table
}
