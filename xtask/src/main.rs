//! Checks and benchmarks of the workspace.
#![allow(
    clippy::disallowed_methods,
    reason = "xtask stands where a developer's shell stands"
)]

mod bench;
mod check;
mod clients;
mod cluster;
mod cross;
mod installed;
mod tree;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask check [NAME…] [--install]  every check, or the named ones
       cargo xtask bench NAME [ARGS…]    one benchmark, printed as Markdown
       cargo xtask cross TARGET          tests of another architecture, under qemu
       cargo xtask clients [NAME [CASE…]]  other people's programs against our server
       cargo xtask cluster [NAME…]       trainings under MPI, and under a Slurm of two nodes
";

fn main() -> ExitCode {
    let typed: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = typed.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["check", names @ ..] => check::run(names),
        ["bench", rest @ ..] => bench::run(rest),
        ["cross", rest @ ..] => cross::run(rest),
        ["clients", rest @ ..] => clients::run(rest),
        ["cluster", rest @ ..] => cluster::run(rest),
        _ => {
            let lists = [
                check::list(),
                bench::list(),
                cross::list(),
                clients::list(),
                cluster::list(),
            ];
            eprint!("{USAGE}\n{}", lists.join("\n"));
            return ExitCode::from(1);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}
