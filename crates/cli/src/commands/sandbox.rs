//! `freehold sandbox run -- COMMAND`

use sandbox::{Command, Limits, Network, Outcome, Policy, Status};
use serde_json::{Value, json};

use crate::{
    args::{Sandbox, SandboxRun},
    console::{Console, paint},
    failure::{Exit, Failure},
};

/// Exit status when the command ran out of time, as of `timeout(1)`.
const OUT_OF_TIME: u8 = 124;
/// Exit status when the command reached another limit.
const OVER_LIMIT: u8 = 125;

/// Does what was typed after `freehold sandbox`.
pub fn run(args: &Sandbox, console: &mut Console) -> anyhow::Result<Exit> {
    match args {
        Sandbox::Run(args) => run_boxed(args, console),
    }
}

fn run_boxed(args: &SandboxRun, console: &mut Console) -> anyhow::Result<Exit> {
    let policy = policy(args)?;
    let (program, rest) = args
        .command
        .split_first()
        .expect("clap asks for at least one word");
    let command = Command::new(program).args(rest);
    let outcome = if console.is_json() {
        let outcome = sandbox::run(&policy, &command)?;
        console.print_json(&as_json(&outcome))?;
        outcome
    } else {
        sandbox::run_attached(&policy, &command)?
    };
    if let Some(reason) = stop_reason(args, outcome.status) {
        let stopped = paint::styled(paint::BAD, "stopped:");
        console.talk(format_args!("{stopped} {reason}"));
    }
    Ok(Exit::Command(exit_status(outcome.status)))
}

fn policy(args: &SandboxRun) -> anyhow::Result<Policy> {
    let directory = std::env::current_dir().map_err(|error| {
        Failure::fault(
            "io_failed",
            format!("cannot tell the current directory: {error}"),
        )
    })?;
    let mut policy = Policy::new().network(args.net.clone()).limits(limits(args));
    for path in &args.read {
        policy = policy.read(
            directory
                .join(path)
                .canonicalize()
                .unwrap_or(directory.join(path)),
        );
    }
    for path in &args.write {
        policy = policy.write(
            directory
                .join(path)
                .canonicalize()
                .unwrap_or(directory.join(path)),
        );
    }
    for path in &args.read_deny {
        policy = policy.deny_read(directory.join(path));
    }
    policy = policy.deny_read(crate::environment::read().data);
    if let Some(term) = std::env::var_os("TERM") {
        policy = policy.env("TERM", term);
    }
    for pair in &args.env {
        policy = policy.env(&pair.0, &pair.1);
    }
    let granted = args.read.iter().chain(&args.write);
    let mut granted = granted.filter_map(|path| directory.join(path).canonicalize().ok());
    if granted.any(|path| directory.starts_with(path)) {
        policy = policy.cwd(directory);
    }
    Ok(policy)
}

fn limits(args: &SandboxRun) -> Limits {
    let defaults = Limits::default();
    let wall_time = args.time.unwrap_or(defaults.wall_time);
    Limits {
        wall_time,
        // One busy processor may be used all the time; more are counted together.
        cpu_time: wall_time.saturating_mul(4),
        memory_bytes: args.memory.unwrap_or(defaults.memory_bytes),
        processes: args.processes.unwrap_or(defaults.processes),
        ..defaults
    }
}

/// Reads `none`, `loopback` or `proxy:HOST:PORT,…`.
pub fn parse_network(typed: &str) -> Result<Network, String> {
    let hint = "hint: `none`, `loopback`, or `proxy:HOST:PORT` with more pairs after commas";
    match typed {
        "none" => return Ok(Network::None),
        "loopback" => return Ok(Network::Loopback),
        _ => {}
    }
    let pairs = typed
        .strip_prefix("proxy:")
        .ok_or_else(|| format!("`{typed}` is not a network\n{hint}"))?;
    let pair = |pair: &str| {
        let (host, port) = pair.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = port.parse().ok().filter(|port| *port > 0)?;
        (!host.is_empty()).then(|| (host.to_owned(), port))
    };
    let allow = pairs
        .split(',')
        .map(|one| pair(one).ok_or_else(|| format!("`{one}` is not a host and a port\n{hint}")));
    Ok(Network::Proxy {
        allow: allow.collect::<Result<_, _>>()?,
    })
}

/// Reads `KEY=VALUE`.
pub fn parse_variable(typed: &str) -> Result<(String, String), String> {
    match typed.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!(
            "`{typed}` is not a variable\nhint: write `NAME=VALUE`"
        )),
    }
}

fn exit_status(status: Status) -> u8 {
    match status {
        Status::Exited(code) => code as u8,
        Status::Signaled(signal) => 128 + signal as u8,
        Status::TimedOut => OUT_OF_TIME,
        _ => OVER_LIMIT,
    }
}

/// What to tell about a command that did not end by itself.
fn stop_reason(args: &SandboxRun, status: Status) -> Option<String> {
    let limits = limits(args);
    Some(match status {
        Status::Exited(_) | Status::Signaled(_) => return None,
        Status::TimedOut => format!("it ran longer than `{:?}` (`--time`)", limits.wall_time),
        Status::CpuLimit => format!(
            "it used more than `{:?}` of processor time (four times `--time`)",
            limits.cpu_time
        ),
        Status::MemoryLimit => format!(
            "it used more than `{}` MiB of memory (`--memory`)",
            limits.memory_bytes >> 20
        ),
        Status::ProcessLimit => format!(
            "it had more than `{}` processes and threads (`--processes`)",
            limits.processes
        ),
        Status::OutputLimit => format!("it printed more than `{}` MiB", limits.output_bytes >> 20),
        _ => "it was ended".to_owned(),
    })
}

fn as_json(outcome: &Outcome) -> Value {
    let (kind, code) = match outcome.status {
        Status::Exited(code) => ("exited", Some(code)),
        Status::Signaled(signal) => ("signaled", Some(signal)),
        Status::TimedOut => ("timed_out", None),
        Status::CpuLimit => ("cpu_limit", None),
        Status::MemoryLimit => ("memory_limit", None),
        Status::ProcessLimit => ("process_limit", None),
        Status::OutputLimit => ("output_limit", None),
        _ => ("cancelled", None),
    };
    json!({
        "status": kind,
        "code": code,
        "stdout": String::from_utf8_lossy(&outcome.stdout),
        "stderr": String::from_utf8_lossy(&outcome.stderr),
        "wall_ms": outcome.wall_time.as_millis() as u64,
        "cpu_ms": outcome.cpu_time.as_millis() as u64,
        "memory_peak_bytes": outcome.memory_peak_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_networks_as_typed() {
        assert_eq!(parse_network("none"), Ok(Network::None));
        assert_eq!(parse_network("loopback"), Ok(Network::Loopback));
        let allow = vec![("example.org".to_owned(), 443), ("::1".to_owned(), 80)];
        assert_eq!(
            parse_network("proxy:example.org:443,[::1]:80"),
            Ok(Network::Proxy { allow })
        );
        for typed in [
            "",
            "host",
            "proxy:",
            "proxy:a",
            "proxy:a:0",
            "proxy:a:b",
            "proxy::1",
        ] {
            assert!(parse_network(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn reads_variables_as_typed() {
        assert_eq!(parse_variable("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert_eq!(parse_variable("A="), Ok(("A".into(), String::new())));
        assert!(parse_variable("A").is_err());
        assert!(parse_variable("=a").is_err());
    }
}
