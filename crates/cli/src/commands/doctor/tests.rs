use std::path::PathBuf;

use insta::assert_snapshot;
use sandbox::{DelegatedCgroup, FeatureSupport};

use super::*;

fn machine() -> Machine {
    Machine {
        system: "Debian GNU/Linux 12 (bookworm), Linux 6.1.0".to_owned(),
        processor: "Ada 9".to_owned(),
        cores: 8,
        memory_bytes: 16 << 30,
        vectors: vec![("AVX2", true), ("AVX-512", false), ("AMX", false)],
    }
}

fn support(landlock: Option<bool>) -> Support {
    let feature = |name, available| FeatureSupport {
        name,
        available,
        fix: "upgrade the kernel",
    };
    let after = (landlock == Some(true)).then_some(true);
    Support {
        features: vec![
            feature("user namespaces", Some(true)),
            feature("Landlock", landlock),
            feature("seccomp filters", after),
        ],
        landlock_abi: 4,
        delegated_cgroup: after.map(|_| DelegatedCgroup {
            directory: PathBuf::from("/sys/fs/cgroup/ada"),
            bounds: vec!["memory", "processes"],
        }),
    }
}

fn tool(path: &str, answer: Option<Result<&str, &str>>) -> Option<Tool> {
    let answer = answer.map(|answer| answer.map(str::to_owned).map_err(str::to_owned));
    Some(Tool {
        path: PathBuf::from(path),
        answer,
    })
}

fn whole() -> Toolbox {
    Toolbox {
        python: tool("/usr/bin/python3", Some(Ok("Python 3.11.2"))),
        pytest: tool("/usr/bin/python3", Some(Ok("7.2.1"))),
        cargo: tool(
            "/home/ada/.cargo/bin/cargo",
            Some(Ok("cargo 1.95.0 (f2d3ce0bd 2026-03-21)")),
        ),
        compiler: tool(
            "/home/ada/.cargo/bin/rustc",
            Some(Ok("rustc 1.95.0 (59807616e)")),
        ),
    }
}

fn plain(report: &Report) -> String {
    anstream::adapter::strip_str(&report.text()).to_string()
}

#[test]
fn a_whole_machine_works() {
    assert_snapshot!(plain(&diagnose(&machine(), &support(Some(true)), &whole())));
}

#[test]
fn what_is_missing_comes_with_its_fix() {
    let tools = Toolbox {
        pytest: tool(
            "/usr/bin/python3",
            Some(Err("ModuleNotFoundError: No module named 'pytest'")),
        ),
        cargo: None,
        compiler: None,
        ..whole()
    };
    assert_snapshot!(plain(&diagnose(&machine(), &support(Some(true)), &tools)));
}

#[test]
fn without_a_sandbox_nothing_is_asked_and_nothing_works() {
    let unasked = || tool("/usr/bin/python3", None);
    let tools = Toolbox {
        python: unasked(),
        pytest: unasked(),
        cargo: None,
        compiler: None,
    };
    assert_snapshot!(plain(&diagnose(&machine(), &support(Some(false)), &tools)));
}

#[test]
fn scripts_read_the_same_lines_as_json() {
    let json = diagnose(&machine(), &support(Some(true)), &whole()).json();
    assert_eq!(
        json["sandbox"][1],
        serde_json::json!({ "name": "Landlock", "state": "good", "value": "version 4", "fix": null })
    );
    let titles: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(titles, ["machine", "sandbox", "programs", "commands"]);
}
