//! `freehold doctor`: what this machine offers, what will work, and the fix for what will not.

mod machine;
mod report;
mod tools;

use clap::CommandFactory as _;
use coder::Environment;
use sandbox::Support;

use crate::{args::Args, console::Console, environment, failure::Exit};
use machine::Machine;
use report::{Line, Report, Section, State};
use tools::Tool;

/// Looks at the machine and prints what it finds. Where no command could run anything, the exit
/// status is that of an environment that refuses.
pub fn run(console: &mut Console) -> anyhow::Result<Exit> {
    let support = sandbox::support();
    let tools = Toolbox::open(&environment::read(), support.is_complete());
    let mut report = diagnose(&Machine::read(), &support, &tools);
    report.keep_commands(&Args::command());
    if console.is_json() {
        console.print_json(&report.json())?;
    } else {
        console.print(&report.text())?;
        console.print(closing(&support, &report))?;
    }
    Ok(if support.is_complete() {
        Exit::Done
    } else {
        Exit::Fault
    })
}

/// The programs that commands call; `None` where there is none in `PATH`.
struct Toolbox {
    python: Option<Tool>,
    pytest: Option<Tool>,
    cargo: Option<Tool>,
    compiler: Option<Tool>,
}

impl Toolbox {
    /// Asks each program for its version, if boxes can be built to ask in.
    fn open(environment: &Environment, can_ask: bool) -> Self {
        let ask = |name, args: &[&str]| {
            let tool = Tool::find(name, environment)?;
            Some(if can_ask {
                tool.ask(args, environment)
            } else {
                tool
            })
        };
        Self {
            python: ask("python3", &["--version"]),
            pytest: ask(
                "python3",
                &["-c", "import pytest; print(pytest.__version__)"],
            ),
            cargo: ask("cargo", &["--version"]),
            compiler: ask("rustc", &["--version"]),
        }
    }
}

fn diagnose(machine: &Machine, support: &Support, tools: &Toolbox) -> Report {
    let section = |title, lines| Section { title, lines };
    Report {
        sections: vec![
            section("machine", machine_lines(machine)),
            section("sandbox", sandbox_lines(support)),
            section("programs", program_lines(tools)),
            section("commands", command_lines(support, tools)),
        ],
    }
}

fn machine_lines(machine: &Machine) -> Vec<Line> {
    let plain = |name: &str, value: String| Line::new(name, State::Plain, value);
    let there = machine
        .vectors
        .iter()
        .filter(|(_, is_there)| *is_there)
        .map(|(name, _)| *name);
    let absent = machine
        .vectors
        .iter()
        .filter(|(_, is_there)| !is_there)
        .map(|(name, _)| *name);
    let listed = |names: Vec<&str>, otherwise: &str| match names.is_empty() {
        true => otherwise.to_owned(),
        false => names.join(", "),
    };
    let vectors = format!(
        "{}; without {}",
        listed(there.collect(), "none"),
        listed(absent.collect(), "nothing we could use"),
    );
    vec![
        plain("system", machine.system.clone()),
        plain(
            "processor",
            format!("{}, {} threads", machine.processor, machine.cores),
        ),
        plain("vectors", vectors),
        plain("memory", format!("{} GiB", machine.memory_gib())),
    ]
}

fn sandbox_lines(support: &Support) -> Vec<Line> {
    let mut lines: Vec<Line> = support
        .features
        .iter()
        .map(|feature| match feature.available {
            Some(true) if feature.name == "Landlock" => {
                let version = format!("version {}", support.landlock_abi);
                Line::new(feature.name, State::Good, version)
            }
            Some(true) => Line::new(feature.name, State::Good, ""),
            Some(false) => Line::new(feature.name, State::Missing, "refused").fix(feature.fix),
            None => Line::new(
                feature.name,
                State::Partial,
                "cannot tell before the above is mended",
            ),
        })
        .collect();
    lines.push(match &support.delegated_cgroup {
        Some(cgroup) => {
            let bounds = match &cgroup.bounds[..] {
                [] => "ends boxes, bounds nothing".to_owned(),
                bounds => format!("bounds {}", bounds.join(" and ")),
            };
            let value = format!("{bounds}, {}", cgroup.directory.display());
            Line::new("cgroup v2", State::Good, value)
        }
        None => {
            let value = "not delegated; limits are kept without it";
            Line::new("cgroup v2", State::Plain, value)
        }
    });
    lines
}

fn program_lines(tools: &Toolbox) -> Vec<Line> {
    let found = |name: &str, tool: &Option<Tool>, fix: &str| match tool {
        None => Line::new(name, State::Missing, "not in PATH").fix(fix),
        Some(tool) => match &tool.answer {
            Some(Ok(_)) => {
                let version = tool.version().unwrap_or("of unknown version");
                Line::new(
                    name,
                    State::Good,
                    format!("{version}, {}", tool.path.display()),
                )
            }
            Some(Err(complaint)) => Line::new(name, State::Missing, complaint.clone()).fix(fix),
            None => {
                let value = format!(
                    "{}, not asked: it would need the sandbox",
                    tool.path.display()
                );
                Line::new(name, State::Partial, value)
            }
        },
    };
    vec![
        found("python3", &tools.python, "`apt-get install python3`"),
        found(
            "pytest",
            &tools.pytest,
            "`apt-get install python3-pytest`, or `python3 -m pip install pytest`",
        ),
        found(
            "cargo",
            &tools.cargo,
            "install Rust 1.95 or newer with rustup",
        ),
        found(
            "rustc",
            &tools.compiler,
            "install Rust 1.95 or newer with rustup",
        ),
    ]
}

/// What will work: the sandbox first, for everything else runs in it.
fn command_lines(support: &Support, tools: &Toolbox) -> Vec<Line> {
    let answers = |tool: &Option<Tool>| {
        tool.as_ref()
            .is_some_and(|tool| matches!(tool.answer, Some(Ok(_))))
    };
    let needs = |name: &str, needed: &[(&str, bool)]| {
        let lacking: Vec<&str> = needed
            .iter()
            .filter(|(_, is_there)| !is_there)
            .map(|(name, _)| *name)
            .collect();
        match lacking.as_slice() {
            [] => Line::new(name, State::Good, "will work"),
            _ => Line::new(
                name,
                State::Missing,
                format!("needs {}", lacking.join(", ")),
            ),
        }
    };
    let boxes = ("the sandbox", support.is_complete());
    let python = ("python3", answers(&tools.python));
    let pytest = ("pytest", answers(&tools.pytest));
    let rust = (
        "cargo and rustc",
        answers(&tools.cargo) && answers(&tools.compiler),
    );
    vec![
        needs("sandbox", &[boxes]),
        needs("fix, unittest", &[boxes, python]),
        needs("fix, pytest", &[boxes, python, pytest]),
        needs("fix, Rust", &[boxes, rust]),
        needs("tests, Python", &[boxes, python]),
        needs("tests, Rust", &[boxes, rust]),
    ]
}

fn closing(support: &Support, report: &Report) -> &'static str {
    if !support.is_complete() {
        "Nothing runs unboxed, so nothing runs until the sandbox is mended.\n"
    } else if report.is_flawless() {
        "Everything will work.\n"
    } else {
        "What is not marked ✗ will work.\n"
    }
}

#[cfg(test)]
mod tests;
