//! `freehold doctor` on the machine that runs the tests, whatever it is.

use crate::{Run, freehold, run};

fn sections() -> serde_json::Value {
    serde_json::from_str(&run(&["doctor", "--json"]).stdout).unwrap()
}

#[test]
fn the_exit_status_says_whether_boxes_can_be_built() {
    let Run {
        exit,
        stdout,
        stderr,
    } = run(&["doctor"]);
    let works = exit == Some(0);
    assert!(works || exit == Some(2), "{exit:?}");
    assert_eq!(
        stdout.contains("nothing runs until the sandbox is mended"),
        !works,
        "{stdout}"
    );
    assert_eq!(stderr, "");
}

#[test]
fn every_missing_feature_comes_with_a_fix() {
    for line in sections()["sandbox"].as_array().unwrap() {
        assert_eq!(
            line["state"] == "missing",
            line["fix"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn programs_are_looked_for_in_path_alone() {
    let output = freehold()
        .args(["doctor", "--json"])
        .env("PATH", "")
        .output()
        .unwrap();
    let sections: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for line in sections["programs"].as_array().unwrap() {
        assert_eq!(line["value"], "not in PATH", "{line}");
    }
}

#[test]
fn inside_a_box_it_says_that_boxes_are_refused_and_exits_2() {
    if run(&["doctor"]).exit != Some(0) {
        eprintln!("skipped: this machine builds no boxes");
        return;
    }
    let binary = env!("CARGO_BIN_EXE_freehold");
    let Run {
        exit,
        stdout,
        stderr,
    } = run(&["sandbox", "run", "--read", binary, "--", binary, "doctor"]);
    assert_eq!((exit, stderr.as_str()), (Some(2), ""));
    let verdict = stdout.lines().last();
    let expected = "Nothing runs unboxed, so nothing runs until the sandbox is mended.";
    assert_eq!(verdict, Some(expected));
    assert!(stdout.contains("✗ user namespaces"), "{stdout}");
}
