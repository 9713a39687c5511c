//! What people read of errors, rules and the log is said in every language of the app.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Codes that end a command at a terminal or answer a program, and that no page can meet.
const UNMET: [&str; 70] = [
    "audit_not_an_export",
    "bad_signature",
    "bad_upstream",
    "cannot_listen",
    "changed_release",
    "checksum_mismatch",
    "duplicate_custom_id",
    "empty_file",
    "file_too_large",
    "film_failed",
    "film_format_unknown",
    "film_refused",
    "film_unknown",
    "internal",
    "invalid_form",
    "invalid_json",
    "invalid_json_line",
    "invalid_method",
    "io_failed",
    "job_ended",
    "method_not_supported",
    "no_audit_key",
    "no_house",
    "no_media",
    "no_model",
    "no_mpi",
    "no_scheduler",
    "no_such_token",
    "nobody_to_ask",
    "not_signed",
    "not_supported_by_model",
    "nothing_said",
    "nothing_to_score",
    "numbers_out_of_bounds",
    "open_without_tls",
    "out_is_folder",
    "output_failed",
    "passwords_differ",
    "peer_failed",
    "peer_missing",
    "range_not_satisfiable",
    "picture_refused",
    "rank_gone",
    "record_unfit",
    "serving_broke",
    "slurm_failed",
    "store_master_key",
    "store_newer",
    "store_served",
    "sound_refused",
    "storyboard_invalid",
    "too_many_tasks",
    "tools_only",
    "unknown_credential",
    "unusable_certificate",
    "unusable_constraint",
    "unusable_data",
    "unusable_key",
    "unusable_recipe",
    "unusable_run",
    "unusable_settings_file",
    "unusable_slurm",
    "unusable_state",
    "unusable_tool_choice",
    "unusable_upstream",
    "unusable_vocabulary",
    "upload_not_pending",
    "url_mismatch",
    "usage",
    "video_unknown",
];

/// What `kind` gives errors without a code of their own, in `web/ground/errors.js`.
const KINDS: [&str; 8] = [
    "authentication_error",
    "invalid_request_error",
    "not_implemented_error",
    "permission_error",
    "rate_limit_error",
    "server_error",
    "service_unavailable_error",
    "unknown",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The languages of the app, each with what it says under its keys.
fn tongues() -> BTreeMap<String, BTreeMap<String, String>> {
    let files = fs::read_dir(root().join("web/text")).unwrap();
    let tongues: BTreeMap<String, BTreeMap<String, String>> = files
        .map(|file| {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let said = text.lines().filter_map(|line| line.split_once(" = "));
            let said = said.map(|(key, said)| (key.to_owned(), said.to_owned()));
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, said.collect())
        })
        .collect();
    assert!(tongues.len() >= 2, "{:?}", tongues.keys());
    tongues
}

/// The codes that docs/errors.md explains.
fn codes() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let heads = text.lines().filter_map(|line| line.strip_prefix("### `"));
    let codes: BTreeSet<String> = heads
        .map(|head| head.trim_end_matches('`').to_owned())
        .collect();
    assert!(codes.len() > 150, "{}", codes.len());
    codes
}

#[test]
fn every_error_that_a_page_can_meet_is_said_in_every_language() {
    let codes = codes();
    for (tongue, said) in tongues() {
        let met = codes
            .iter()
            .map(String::as_str)
            .filter(|code| !UNMET.contains(code));
        for code in met.chain(KINDS) {
            let key = format!("error-{code}");
            let words = said
                .get(&key)
                .unwrap_or_else(|| panic!("`{key}` is not said in `{tongue}`"));
            // What a page says speaks of the page, not of a terminal.
            for sign in ["`", "--", "freehold ", " · ", "stderr"] {
                let is_said = words.contains(sign) && code != "wrong_host";
                assert!(!is_said, "{tongue}: {key} says `{sign}`: {words}");
            }
        }
    }
}

#[test]
fn what_no_page_can_meet_is_said_to_be_so_once_and_exists() {
    let codes = codes();
    for (tongue, said) in tongues() {
        for code in UNMET {
            assert!(codes.contains(code), "`{code}` is no code");
            assert!(
                !said.contains_key(&format!("error-{code}")),
                "{tongue}: {code}"
            );
        }
        // Nothing is said of errors that there are not.
        for code in said.keys().filter_map(|key| key.strip_prefix("error-")) {
            let is_known = codes.contains(code) || KINDS.contains(&code) || code == "rule";
            assert!(is_known, "{tongue}: nobody sends `{code}`");
        }
    }
}

#[test]
fn every_rule_that_came_with_freehold_has_a_title_in_every_language() {
    let rules = root().join("crates/policy/rules/freehold.cedar");
    let rules = fs::read_to_string(rules).unwrap();
    let ids: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.strip_prefix("@id(\"")?.strip_suffix("\")"))
        .collect();
    assert!(ids.len() > 10, "{ids:?}");
    for (tongue, said) in tongues() {
        for id in &ids {
            assert!(said.contains_key(&format!("rule-{id}")), "{tongue}: {id}");
        }
    }
}

/// Actions and what they are told to do, as the sources ask for permits.
fn deeds() -> BTreeSet<String> {
    let mut deeds = BTreeSet::new();
    let mut folders = vec![
        root().join("crates/server/src"),
        root().join("crates/policy/src"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            for begin in ["change: \"", "let change = \"", "permit(&app, &caller, \""] {
                let found = text.split(begin).skip(1);
                deeds.extend(
                    found
                        .filter_map(|rest| rest.split('"').next())
                        .map(str::to_owned),
                );
            }
        }
    }
    deeds.remove("add");
    assert!(deeds.len() > 25, "{deeds:?}");
    deeds
}

#[test]
fn whatever_is_written_down_has_a_sentence_in_every_language() {
    for (tongue, said) in tongues() {
        for deed in deeds() {
            let end = format!("-{deed}");
            for start in ["did-", "do-"] {
                let is_said = said
                    .keys()
                    .any(|key| key.starts_with(start) && key.ends_with(&end));
                assert!(is_said, "{tongue}: {start}*{end}");
            }
        }
        for action in [
            "infer",
            "see_models",
            "read",
            "write",
            "delete",
            "manage_account",
            "manage_keys",
            "manage_people",
            "manage_projects",
            "manage_models",
            "read_audit",
            "operate",
        ] {
            assert!(
                said.contains_key(&format!("do-{action}")),
                "{tongue}: {action}"
            );
            assert!(
                said.contains_key(&format!("did-{action}")),
                "{tongue}: {action}"
            );
        }
    }
}
