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
