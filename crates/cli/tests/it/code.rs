//! Projects by HTTP: repaired, given tests, and left as they were.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::serve::Served;

/// Somebody who came in by the first link.
pub struct Owner {
    agent: ureq::Agent,
    url: String,
    cookie: String,
    csrf: String,
}

impl Owner {
    pub fn of(served: &Served) -> Self {
        let link = served.sign_in.as_str().unwrap();
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let token = json!({ "link": link.rsplit('#').next().unwrap() });
        let url = served.url.clone();
        let mut reply = agent
            .post(format!("{url}/api/session"))
            .header("content-type", "application/json")
            .send(token.to_string())
            .unwrap();
        let cookie = reply.headers()["set-cookie"].to_str().unwrap().to_owned();
        let text = reply.body_mut().read_to_string().unwrap();
        let said: Value = serde_json::from_str(&text).unwrap();
        Self {
            agent,
            url,
            cookie: cookie.split(';').next().unwrap().to_owned(),
            csrf: said["csrf"].as_str().unwrap().to_owned(),
        }
    }

    pub fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .header("content-type", "application/json");
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut reply = self.agent.run(request.body(body).unwrap()).unwrap();
        let text = reply.body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Waits until a job has ended.
    pub fn ended(&self, job: &Value) -> Value {
        let path = format!(
            "/api/jobs/{}",
            job["id"].as_str().unwrap_or_else(|| panic!("{job}"))
        );
        let begun = Instant::now();
        loop {
            let job = self.send("GET", &path, &Value::Null);
            if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "{job}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

const TILL: &str = "def change(due, paid):\n    left = paid - due\n    coins = []\n    for coin in [5, 2, 1]:\n        while left > coin:\n            coins.append(coin)\n            left -= coin\n    return coins\n";
const TEST: &str = "import unittest\nfrom till import change\n\nclass Till(unittest.TestCase):\n    def test_five(self):\n        self.assertEqual(change(5, 10), [5])\n    def test_three(self):\n        self.assertEqual(change(1, 4), [2, 1])\n    def test_none(self):\n        self.assertEqual(change(1, 1), [])\n";

#[test]
fn a_project_is_repaired_by_http_and_the_patch_applied_and_taken_back() {
    let served = Served::start(&[]);
    let owner = Owner::of(&served);
    let project = tempfile::tempdir().unwrap();
    let till = project.path().join("till.py");
    fs::write(&till, TILL).unwrap();
    fs::write(project.path().join("test_till.py"), TEST).unwrap();
    let refused = owner.send("POST", "/api/code/folders", &json!({ "path": "relative" }));
    assert_eq!(refused["error"]["code"], "not_a_folder");
    let folder = owner.send(
        "POST",
        "/api/code/folders",
        &json!({ "path": project.path() }),
    );
    let path = format!("/api/code/folders/{}", folder["id"].as_str().unwrap());
    let job = owner.send("POST", &format!("{path}/fix"), &json!({ "seconds": 60 }));
    let done = owner.ended(&job);
    assert_eq!(done["state"], "done", "{done}");
    let result = &done["result"];
    assert_eq!(result["outcome"], "fixed", "{result}");
    let diff = result["patches"][0]["diff"].as_str().unwrap();
    assert!(diff.contains("+        while left >= coin:"), "{diff}");
    // Where the failing tests have been and the others have not.
    let heat = &result["heat"][0];
    assert_eq!(
        (&heat["path"], &heat["text"]),
        (&json!("till.py"), &json!(TILL))
    );
    assert!(
        heat["lines"]
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line[0] == 5)
    );
    assert_eq!(
        fs::read_to_string(&till).unwrap(),
        TILL,
        "nothing is changed by searching"
    );
    let apply = json!({ "job": done["id"], "patch": 0 });
    assert_eq!(
        owner.send("POST", "/api/code/apply", &apply)["applied"],
        true
    );
    assert!(fs::read_to_string(&till).unwrap().contains(">= coin"));
    let twice = owner.send("POST", "/api/code/apply", &apply);
    assert_eq!(twice["error"]["code"], "changed_meanwhile", "{twice}");
    let undone = owner.send("POST", &format!("{path}/undo"), &json!({}));
    assert_eq!(undone["files"], json!(["till.py"]), "{undone}");
    assert_eq!(fs::read_to_string(&till).unwrap(), TILL);
    // What is no longer allowed is no longer touched.
    owner.send("DELETE", &path, &Value::Null);
    let refused = owner.send("POST", "/api/code/apply", &apply);
    assert_eq!(refused["error"]["code"], "folder_not_allowed", "{refused}");
    let gone = owner.send("POST", &format!("{path}/fix"), &json!({}));
    assert!(
        gone["error"]["message"]
            .as_str()
            .unwrap()
            .contains("No folder found"),
        "{gone}"
    );
}

/// A till that works, in a folder that may be worked on; the folder's address.
fn repaired_till(owner: &Owner) -> (tempfile::TempDir, String) {
    let project = tempfile::tempdir().unwrap();
    fs::write(
        project.path().join("till.py"),
        TILL.replace("> coin", ">= coin"),
    )
    .unwrap();
    fs::write(project.path().join("test_till.py"), TEST).unwrap();
    let folder = owner.send(
        "POST",
        "/api/code/folders",
        &json!({ "path": project.path() }),
    );
    let path = format!("/api/code/folders/{}", folder["id"].as_str().unwrap());
    (project, path)
}

#[test]
fn tests_are_written_for_what_is_offered_alone() {
    let served = Served::start(&[]);
    let owner = Owner::of(&served);
    let (_project, path) = repaired_till(&owner);
    let files = owner.send("GET", &format!("{path}/files"), &Value::Null);
    assert_eq!(
        files["data"],
        json!([{ "file": "till.py", "out": "test_till_2.py" }])
    );
    // Only what is offered is opened.
    for file in ["../till.py", "/etc/passwd", "test_till.py", "none.py"] {
        let refused = owner.send("POST", &format!("{path}/tests"), &json!({ "file": file }));
        assert_eq!(refused["error"]["code"], "invalid_value", "{refused}");
    }
}

#[test]
fn tests_are_written_by_http_saved_and_taken_back() {
    let served = Served::start(&[]);
    let owner = Owner::of(&served);
    let (project, path) = repaired_till(&owner);
    let wanted = json!({ "file": "till.py", "seconds": 20 });
    let job = owner.send("POST", &format!("{path}/tests"), &wanted);
    let done = owner.ended(&job);
    assert_eq!(done["state"], "done", "{done}");
    let result = &done["result"];
    let number = |name: &str| result[name].as_u64().unwrap();
    assert!(number("tests") > 1 && number("tried") > 20, "{result}");
    assert!(
        number("killed") * 10 >= number("mutants") * 8,
        "most faults are noticed: {result}"
    );
    assert_eq!(result["targets"][0]["name"], "change");
    // What it told stands in its log.
    let id = done["id"].as_str().unwrap();
    let log = owner.send("GET", &format!("/api/jobs/{id}/events"), &Value::Null);
    let lines = log["data"].as_array().unwrap();
    let steps: Vec<&str> = lines
        .iter()
        .map(|line| line["step"].as_str().or(line["type"].as_str()).unwrap())
        .collect();
    assert_eq!(
        steps,
        [
            "queued",
            "leased",
            "reading",
            "read",
            "inputs",
            "verifying",
            "done"
        ]
    );
    let after = owner.send(
        "GET",
        &format!("/api/jobs/{id}/events?after=5"),
        &Value::Null,
    );
    assert_eq!(after["data"][0], lines[6]);

    let standing = |owner: &Owner| {
        let shown = owner.send("GET", &format!("/api/code/results/{id}"), &Value::Null);
        shown["patches"][0]["standing"].as_str().unwrap().to_owned()
    };
    assert_eq!(standing(&owner), "fits");
    let patch = json!({ "job": id });
    assert_eq!(
        owner.send("POST", "/api/code/undo", &patch)["error"]["code"],
        "nothing_to_undo"
    );
    owner.send("POST", "/api/code/apply", &patch);
    assert_eq!(standing(&owner), "applied");
    let written = project.path().join("test_till_2.py");
    let text = fs::read_to_string(&written).unwrap();
    assert!(text.contains("def test_change"), "{text}");
    // A repair afterwards runs them, too: they pass.
    let job = owner.send("POST", &format!("{path}/fix"), &json!({}));
    let repair = owner.ended(&job);
    assert_eq!(repair["result"]["outcome"], "no_failing_test", "{repair}");
    assert_eq!(repair["result"]["tests"], 3 + number("tests"), "{repair}");
    let undone = owner.send("POST", "/api/code/undo", &patch);
    assert_eq!(undone["files"], json!(["test_till_2.py"]), "{undone}");
    assert!(!written.exists());
    // A list of jobs carries no sources.
    let jobs = owner.send("GET", "/api/jobs", &Value::Null);
    let listed = &jobs["data"][1]["result"];
    assert_eq!(
        (&listed["tests"], &listed["patches"]),
        (&result["tests"], &Value::Null)
    );
}

#[test]
fn tests_of_rust_go_to_the_end_of_the_file_and_away_again() {
    let served = Served::start(&[]);
    let owner = Owner::of(&served);
    let project = tempfile::tempdir().unwrap();
    let package = "[package]\nname = \"clock\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let code = "/// Minutes after midnight as hours and minutes.\npub fn split(minutes: u32) -> (u32, u32) {\n    (minutes / 60 % 24, minutes % 60)\n}\n";
    fs::create_dir(project.path().join("src")).unwrap();
    fs::write(project.path().join("Cargo.toml"), package).unwrap();
    let lib = project.path().join("src/lib.rs");
    fs::write(&lib, code).unwrap();
    let folder = owner.send(
        "POST",
        "/api/code/folders",
        &json!({ "path": project.path() }),
    );
    let path = format!("/api/code/folders/{}", folder["id"].as_str().unwrap());
    let wanted = json!({ "file": "src/lib.rs", "seconds": 20 });
    let job = owner.send("POST", &format!("{path}/tests"), &wanted);
    let done = owner.ended(&job);
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(done["result"]["is_new"], false);
    let patch = json!({ "job": done["id"] });
    owner.send("POST", "/api/code/apply", &patch);
    let text = fs::read_to_string(&lib).unwrap();
    assert!(
        text.starts_with(code) && text.contains("#[cfg(test)]"),
        "{text}"
    );
    owner.send("POST", "/api/code/undo", &patch);
    assert_eq!(fs::read_to_string(&lib).unwrap(), code);
}
