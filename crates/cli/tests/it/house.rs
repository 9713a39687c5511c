//! `freehold user`, `key` and `audit`: who may enter, and what was done.

use std::{
    fs,
    io::Write as _,
    process::{Output, Stdio},
};

use insta::assert_snapshot;
use serde_json::Value;

use crate::{Run, freehold, run};

/// Somebody's data.
struct Data(tempfile::TempDir);

impl Data {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run_with(&self, args: &[&str], input: &str) -> Run {
        let mut child = freehold()
            .args(args)
            .env("FREEHOLD_DATA", self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut typed = child.stdin.take().unwrap();
        // Who needs no input may have left.
        let _ = typed.write_all(input.as_bytes());
        drop(typed);
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        Run {
            exit: status.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, "")
    }

    fn json(&self, args: &[&str]) -> Value {
        let run = self.run(&[args, &["--json"]].concat());
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
    }

    fn refused(&self, args: &[&str]) -> String {
        let run = self.run(&[args, &["--json"]].concat());
        assert_eq!(run.exit, Some(1), "{run:?}");
        let value: Value = serde_json::from_str(&run.stdout).unwrap();
        value["error"]["code"].as_str().unwrap().to_owned()
    }
}

#[test]
fn help_of_the_commands_of_the_house() {
    for command in ["user", "key", "audit"] {
        assert_snapshot!(format!("help_{command}"), run(&[command, "--help"]).stdout);
    }
    for command in ["backup", "restore", "export", "erase"] {
        assert_snapshot!(format!("help_{command}"), run(&[command, "--help"]).stdout);
    }
    assert_snapshot!("help_key_add", run(&["key", "add", "--help"]).stdout);
    assert_snapshot!(
        "help_audit_verify",
        run(&["audit", "verify", "--help"]).stdout
    );
}

#[test]
fn where_nobody_lives_nothing_is_made_but_by_adding_somebody() {
    let data = Data::new();
    for command in [
        &["user", "list"][..],
        &["key", "list"],
        &["audit", "verify"],
        &["audit", "show"],
    ] {
        assert_eq!(data.refused(command), "no_house");
    }
    assert_eq!(fs::read_dir(data.0.path()).unwrap().count(), 0);
    let added = data.json(&["user", "add", "Ada"]);
    assert_eq!(
        (added["name"].as_str(), added["role"].as_str()),
        (Some("ada"), Some("member"))
    );
    let link = added["link"].as_str().unwrap();
    assert!(
        link.starts_with("http://127.0.0.1:8787/sign-in?token="),
        "{link}"
    );
    let listed = data.json(&["user", "list"]);
    let names: Vec<&str> = listed["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["ada", "owner"]);
    let text = data.run(&["user", "list"]).stdout;
    assert!(text.starts_with("NAME   CALLED  ROLE    SINCE"), "{text}");
    let named = data.json(&["user", "name", "ada", " Ada Löwe "]);
    assert_eq!(named["display_name"], "Ada Löwe");
    let listed = data.json(&["user", "list"]);
    assert_eq!(listed["users"][0]["display_name"], "Ada Löwe");
    let text = data.run(&["user", "list"]).stdout;
    assert!(text.contains("ada    Ada Löwe"), "{text}");
    let zoe = data.json(&["user", "add", "zoe", "--display-name", "Zoë O’Hara"]);
    assert_eq!(zoe["display_name"], "Zoë O’Hara");
    let wrong = data.refused(&["user", "name", "zoe", "a\u{202e}b"]);
    assert_eq!(wrong, "bad_display_name");
    assert_eq!(data.refused(&["user", "add", "ada"]), "store_taken");
    assert_eq!(data.refused(&["user", "add", "a b"]), "bad_person_name");
    assert_eq!(
        data.refused(&["user", "add", "bob", "--role", "king"]),
        "usage"
    );
}

#[test]
fn people_are_kept_out_let_in_and_given_roles_and_passwords() {
    let data = Data::new();
    data.json(&["user", "add", "ada"]);
    data.json(&["user", "disable", "ada"]);
    let ada = |data: &Data| data.json(&["user", "list"])["users"][0].clone();
    assert_eq!(ada(&data)["disabled"], true);
    data.json(&["user", "enable", "ada"]);
    data.json(&["user", "role", "ada", "admin"]);
    assert_eq!(ada(&data)["role"], "admin");
    let short = data.run_with(&["user", "password", "ada", "--stdin", "--json"], "short\n");
    assert!(short.stdout.contains("weak_password"), "{short:?}");
    let set = data.run_with(
        &["user", "password", "ada", "--stdin"],
        "correct horse battery\n",
    );
    assert_eq!(set.exit, Some(0), "{set:?}");
    assert_eq!(ada(&data)["has_password"], true);
    assert_eq!(data.refused(&["user", "password", "ada"]), "nobody_to_ask");
    assert_eq!(data.refused(&["user", "link", "eve"]), "no_such_person");
    assert_eq!(data.refused(&["user", "disable", "owner"]), "last_owner");
}

#[test]
fn a_key_is_shown_once_listed_without_what_opens_and_revoked() {
    let data = Data::new();
    data.json(&["user", "add", "ada"]);
    let made = data.run(&[
        "key",
        "add",
        "ada",
        "--name",
        "editor",
        "--tokens-per-day",
        "1000",
    ]);
    let secret = made.stdout.trim();
    assert!(secret.starts_with("fh-") && secret.len() == 46, "{made:?}");
    let listed = data.run(&["key", "list", "--json"]).stdout;
    assert!(!listed.contains(secret));
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let key = &listed["keys"][0];
    assert_eq!(key["user"], "ada");
    assert_eq!(key["name"], "editor");
    assert_eq!(key["budgets"]["tokens_per_day"], 1000);
    assert_eq!(key["scopes"], serde_json::json!(["infer", "read", "write"]));
    let id = key["id"].as_str().unwrap();
    data.json(&["key", "revoke", id]);
    assert!(data.run(&["key", "list"]).stdout.contains("revoked"));
    assert_eq!(
        data.refused(&["key", "revoke", "k-none"]),
        "store_not_found"
    );
    assert_eq!(
        data.refused(&["key", "add", "ada", "--scope", "fly"]),
        "usage"
    );
}

#[test]
fn the_log_is_shown_verified_and_exported_and_an_edit_of_the_export_is_found() {
    let data = Data::new();
    data.json(&["user", "add", "ada"]);
    let report = data.json(&["audit", "verify"]);
    assert_eq!(report["whole"], true);
    assert_eq!(report["signed_to"], report["lines"]);
    let shown = data.json(&["audit", "show", "--by", "console"]);
    let actions: Vec<&str> = shown["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["manage_people", "manage_account"]);
    let text = data.run(&["audit", "show", "--last", "1"]).stdout;
    assert!(
        text.contains("console via console: manage_account change=link"),
        "{text}"
    );
    assert_eq!(
        data.run(&["audit", "show", "--refused"]).exit,
        Some(1),
        "nothing was refused"
    );

    let path = data.0.path().join("log.txt");
    let path = path.to_str().unwrap();
    let exported = data.json(&["audit", "export", "-o", path]);
    let key = exported["key"].as_str().unwrap();
    assert_eq!(
        data.refused(&["audit", "export", "-o", path]),
        "file_exists"
    );
    assert_eq!(data.refused(&["audit", "verify", path]), "no_audit_key");
    let verified = data.run(&["audit", "verify", path, "--key", key]);
    assert_eq!(verified.exit, Some(0), "{verified:?}");
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, text.replacen("manage_people", "manage_models", 1)).unwrap();
    let verified = data.run(&["audit", "verify", path, "--key", key, "--json"]);
    assert_eq!(verified.exit, Some(1), "{verified:?}");
    let report: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!(report["fault"]["tampering"], "edited");
    assert_eq!(report["fault"]["line"], 2);
}

#[test]
fn a_house_is_backed_up_restored_and_somebody_taken_out_of_it_and_erased() {
    let data = Data::new();
    data.json(&["user", "add", "ada"]);
    let file = data.0.path().join("monday.backup");
    let file = file.to_str().unwrap();
    let made = data.json(&["backup", file]);
    assert!(made["rows"].as_u64().unwrap() > 3, "{made}");
    let again = data.run(&["backup", file]);
    assert_ne!(again.exit, Some(0), "what is there is not written over");

    let other = Data::new();
    let keyless = other.run(&["restore", file]);
    assert_ne!(keyless.exit, Some(0), "{keyless:?}");
    let other = Data::new();
    fs::copy(
        data.0.path().join("master.key"),
        other.0.path().join("master.key"),
    )
    .unwrap();
    let restored = other.json(&["restore", file]);
    assert_eq!(restored["rows"], made["rows"]);
    assert_eq!(other.json(&["audit", "verify"])["whole"], true);
    let shown = other.json(&["audit", "show", "--last", "1"]);
    assert_eq!(shown["lines"][0]["on"]["change"], "restore");

    let folder = other.0.path().join("of-ada");
    let exported = other.json(&["export", "--user", "ada", "-o", folder.to_str().unwrap()]);
    assert_eq!(exported["documents"], 0);
    let user = fs::read_to_string(folder.join("user.json")).unwrap();
    assert!(user.contains("ada"), "{user}");
    assert_eq!(other.refused(&["erase", "--user", "ada"]), "not_agreed");
    let erased = other.json(&["erase", "--user", "ada", "--yes"]);
    assert_eq!(erased["erased"], "ada");
    assert_eq!(
        other.refused(&["erase", "--user", "ada", "--yes"]),
        "no_such_person"
    );
    assert_eq!(other.json(&["audit", "verify"])["whole"], true);
}
