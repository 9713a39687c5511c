//! Models that come from a hub.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use library::{Added, Error, Hub, HubName, HubOptions, Library, Plan, Result};
use serde_json::json;

use crate::scripted_hub::{COMMIT, Script, ScriptedHub};

/// Somebody's machine.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn library(&self) -> Library {
        Library::below(self.0.path())
    }

    /// Fetches and adds `name` from `hub`.
    fn add(&self, hub: &ScriptedHub, name: &str) -> Result<Added> {
        self.add_until(hub, name, &AtomicBool::new(false), &mut |_| {})
    }

    fn add_until(
        &self,
        hub: &ScriptedHub,
        name: &str,
        stop: &AtomicBool,
        each: &mut dyn FnMut(u64),
    ) -> Result<Added> {
        let hub = Hub::new(&HubOptions {
            endpoint: hub.address.clone(),
            token: Some("secret".to_owned()),
            proxy: None,
        })?;
        let name: HubName = name.parse()?;
        let offer = hub.look(&name)?;
        let fetched = hub.fetch(&offer, &self.library(), stop, each)?;
        let plan = Plan::of_fetched(&fetched)?;
        let never = AtomicBool::new(false);
        let usual = offer.usual_name();
        let added = plan.carry_out(
            &self.library(),
            &usual,
            library::How::default(),
            &never,
            &mut |_| {},
        )?;
        fetched.clear();
        Ok(added)
    }

    /// All files in the library, hidden ones included.
    fn files(&self) -> Vec<PathBuf> {
        fn below(folder: &Path, files: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => below(&path, files),
                    path => files.push(path),
                }
            }
        }
        let mut files = Vec::new();
        let models = self.0.path().join("models");
        below(&models, &mut files);
        let relative = files
            .iter()
            .map(|file| file.strip_prefix(&models).unwrap().to_owned());
        let mut relative: Vec<PathBuf> = relative.collect();
        relative.sort();
        relative
    }
}

fn fixture(name: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    fs::read(fixtures.join(name)).unwrap()
}

/// A repository with safetensors and much that nobody needs.
fn repository() -> Script {
    let mut files: HashMap<String, Vec<u8>> = HashMap::new();
    for name in ["config.json", "model.safetensors"] {
        files.insert(name.to_owned(), fixture(&format!("models/qwen3/{name}")));
    }
    for (name, text) in [
        ("README.md", "# name"),
        ("LICENSE", "Apache License\nVersion 2.0, January 2004\n"),
        ("tokenizer.json", "{}"),
        ("pytorch_model.bin", "a pickle"),
        ("onnx/model.onnx", "other"),
        ("adapter_model.safetensors", "other"),
        (".gitattributes", ""),
    ] {
        files.insert(name.to_owned(), text.as_bytes().to_vec());
    }
    Script {
        files,
        card: json!({ "license": "apache-2.0" }),
        etag: "\"one\"".to_owned(),
        ..Script::default()
    }
}

#[track_caller]
fn refused(result: Result<Added>) -> (&'static str, String) {
    match result.unwrap_err() {
        Error::Refused(reason) | Error::Failed(reason) => {
            assert!(reason.hint.is_some(), "{reason:?}");
            (reason.code, reason.to_string())
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_model_is_fetched_with_what_belongs_to_it_and_nothing_else() {
    let (home, hub) = (Home::new(), ScriptedHub::start(repository()));
    let added = home.add(&hub, "hub:owner/name").unwrap();
    let files = ["LICENSE", "README.md", "config.json", "freehold.json"];
    let files = files.iter().chain(&["model.safetensors", "tokenizer.json"]);
    let expected: Vec<PathBuf> = files.map(|file| Path::new("name").join(file)).collect();
    assert_eq!(home.files(), expected);
    assert_eq!(added.manifest.source, format!("hub:owner/name ({COMMIT})"));
    assert_eq!(added.manifest.licence.id.as_deref(), Some("apache-2.0"));
    let kept = added.manifest.files.iter();
    let kept = kept.map(|file| (file.path.clone(), file.sha256.clone()));
    for (path, sum) in kept {
        let lies = home.0.path().join("models/name").join(path);
        assert_eq!(library::sha256_of(&lies, &mut |_| Ok(())).unwrap(), sum);
    }
    assert!(
        hub.asked()
            .iter()
            .all(|asked| asked.token.as_deref() == Some("Bearer secret"))
    );
}

#[test]
fn a_connection_that_breaks_is_gone_on_with_where_it_broke() {
    let mut script = repository();
    script
        .cuts
        .insert("model.safetensors".to_owned(), vec![50_000, 20_000]);
    let (home, hub) = (Home::new(), ScriptedHub::start(script));
    home.add(&hub, "hub:owner/name").unwrap();
    let asked = hub.asked();
    let ranges = asked
        .iter()
        .filter(|asked| asked.path.ends_with("model.safetensors"));
    let ranges: Vec<Option<&str>> = ranges.map(|asked| asked.range.as_deref()).collect();
    assert_eq!(ranges, [None, Some("bytes=20000-"), Some("bytes=70000-")]);
}

#[test]
fn who_was_stopped_goes_on_another_time_and_a_file_that_has_changed_begins_anew() {
    for is_changed in [false, true] {
        let mut script = repository();
        script
            .cuts
            .insert("model.safetensors".to_owned(), vec![30_000]);
        let (home, hub) = (Home::new(), ScriptedHub::start(script));
        let stop = AtomicBool::new(false);
        let stopped = home.add_until(&hub, "hub:owner/name", &stop, &mut |bytes| {
            stop.store(bytes >= 30_000, Ordering::Relaxed);
        });
        assert_eq!(refused(stopped).0, "stopped");
        assert!(home.library().get("name").is_none());
        let unfinished = home.library().unfinished();
        assert_eq!(unfinished[0].0.to_string(), "hub:owner/name");
        assert!(unfinished[0].1 >= 30_000, "{unfinished:?}");
        if is_changed {
            hub.script.lock().unwrap().etag = "\"two\"".to_owned();
        }
        home.add(&hub, "hub:owner/name").unwrap();
        let asked = hub.asked();
        let weights = asked
            .iter()
            .filter(|asked| asked.path.ends_with("model.safetensors"));
        let ranges: Vec<Option<&str>> = weights.map(|asked| asked.range.as_deref()).collect();
        assert_eq!(ranges, [None, Some("bytes=30000-")]);
        assert!(home.library().unfinished().is_empty());
    }
}

#[test]
fn a_file_with_another_sum_is_thrown_away_and_nothing_is_added() {
    let mut script = repository();
    script.wrong.push("model.safetensors".to_owned());
    let (home, hub) = (Home::new(), ScriptedHub::start(script));
    let (code, said) = refused(home.add(&hub, "hub:owner/name"));
    assert_eq!(code, "wrong_sum", "{said}");
    let left = home.files();
    assert!(
        left.iter()
            .all(|file| !file.to_string_lossy().contains("model.safetensors")),
        "{left:?}"
    );
    assert!(home.library().get("name").is_none());
    assert!(home.library().give_up(&"hub:owner/name".parse().unwrap()));
    assert_eq!(home.files(), Vec::<PathBuf>::new());
}

#[test]
fn files_that_lie_elsewhere_are_fetched_there_without_the_token() {
    let elsewhere = ScriptedHub::start(repository());
    let mut script = repository();
    script.files_at = Some(elsewhere.address.clone());
    let (home, hub) = (Home::new(), ScriptedHub::start(script));
    home.add(&hub, "hub:owner/name").unwrap();
    let asked = elsewhere.asked();
    assert!(asked.len() >= 5, "{asked:?}");
    assert!(asked.iter().all(|asked| asked.token.is_none()), "{asked:?}");
}

#[test]
fn what_a_hub_refuses_is_told_with_what_mends_it() {
    for (status, answer, expected, mends) in [
        (401, "GatedRepo", "hub_gated", "agree at"),
        (403, "", "hub_gated", "agree at"),
        (401, "RepoNotFound", "no_such_model", "HF_TOKEN"),
        (401, "", "hub_gated", "HF_TOKEN"),
        (404, "RevisionNotFound", "no_such_model", "lists them"),
        (404, "", "no_such_model", "spelled"),
        (418, "", "hub_failed", "later"),
    ] {
        let mut script = repository();
        script.refusals = vec![(status, answer)];
        let (home, hub) = (Home::new(), ScriptedHub::start(script));
        let (code, said) = refused(home.add(&hub, "hub:owner/name"));
        assert_eq!(code, expected, "{status} {answer}: {said}");
        assert!(said.contains(mends), "{status} {answer}: {said}");
        assert_eq!(home.files(), Vec::<PathBuf>::new());
    }
    // What passes is waited for.
    let mut script = repository();
    script.refusals = vec![(503, ""), (429, "")];
    let (home, hub) = (Home::new(), ScriptedHub::start(script));
    home.add(&hub, "hub:owner/name").unwrap();
}

#[test]
fn nobody_there_is_told_apart_from_nothing_there() {
    let home = Home::new();
    let hub = ScriptedHub::start(repository());
    let gone = ScriptedHub {
        // A port on which nobody listens.
        address: "http://127.0.0.1:9".to_owned(),
        script: hub.script,
    };
    let (code, said) = refused(home.add(&gone, "hub:owner/name"));
    assert_eq!(code, "hub_unreachable", "{said}");
    assert!(said.contains("HTTPS_PROXY"), "{said}");
}

#[test]
fn one_of_several_formats_is_chosen_by_name() {
    let gguf = fixture("gguf/qwen3.gguf");
    let names = [
        "model-Q8_0.gguf",
        "model-Q4_K_M.gguf",
        "mmproj-model-F16.gguf",
    ];
    let mut script = repository();
    script.files = names
        .iter()
        .map(|name| ((*name).to_owned(), gguf.clone()))
        .collect();
    script
        .files
        .insert("README.md".to_owned(), b"# name".to_vec());
    let (home, hub) = (Home::new(), ScriptedHub::start(script));
    let (code, said) = refused(home.add(&hub, "hub:owner/name"));
    assert_eq!(code, "choose_a_format");
    assert!(said.contains("`hub:owner/name:Q4_K_M`"), "{said}");
    assert!(said.contains("Q8_0 (") && !said.contains("F16"), "{said}");
    let (code, _) = refused(home.add(&hub, "hub:owner/name:Q2_K"));
    assert_eq!(code, "choose_a_format");
    let added = home.add(&hub, "hub:owner/name:q4_k_m").unwrap();
    assert_eq!(added.name, "name-q4_k_m");
    assert_eq!(
        added.manifest.entry.as_deref(),
        Some(Path::new("model-Q4_K_M.gguf"))
    );
    assert!(
        home.files()
            .contains(&PathBuf::from("name-q4_k_m/README.md"))
    );
}

#[test]
fn names_that_lead_elsewhere_and_weights_that_run_code_are_refused() {
    for bad in ["../../.bashrc", "/etc/passwd", "a/../../b.json"] {
        let mut script = repository();
        script.files.insert(bad.to_owned(), b"evil".to_vec());
        let (home, hub) = (Home::new(), ScriptedHub::start(script));
        assert_eq!(
            refused(home.add(&hub, "hub:owner/name")).0,
            "hub_failed",
            "{bad}"
        );
        assert_eq!(home.files(), Vec::<PathBuf>::new());
    }
    let mut script = repository();
    script.files.remove("model.safetensors");
    let (home, hub) = (Home::new(), ScriptedHub::start(script));
    let (code, said) = refused(home.add(&hub, "hub:owner/name"));
    assert_eq!(code, "not_a_model");
    assert!(said.contains("pickles"), "{said}");
    for bad in [
        "hub:owner",
        "hub:a/b/c",
        "hub:../x",
        "hub:a/b:",
        "hub:a/b@:q",
        "hub:a/b?x=1",
    ] {
        assert!(bad.parse::<HubName>().is_err(), "{bad}");
    }
}

#[test]
fn who_stops_finds_what_had_come_later_and_two_do_not_fetch_the_same() {
    let (home, hub) = (Home::new(), ScriptedHub::start(repository()));
    let stop = AtomicBool::new(true);
    let (code, said) = refused(home.add_until(&hub, "hub:owner/name", &stop, &mut |_| {}));
    assert_eq!(code, "stopped", "{said}");
    assert!(home.library().get("name").is_none());
    stop.store(false, Ordering::Relaxed);
    let client = Hub::new(&HubOptions {
        endpoint: hub.address.clone(),
        ..HubOptions::default()
    });
    let client = client.unwrap();
    let offer = client.look(&"hub:owner/name".parse().unwrap()).unwrap();
    let mut told = 0;
    let first = client.fetch(&offer, &home.library(), &stop, &mut |bytes| told = bytes);
    let first = first.unwrap();
    assert_eq!(told, offer.bytes());
    let second = client.fetch(&offer, &home.library(), &stop, &mut |_| {});
    assert!(
        matches!(second.unwrap_err(), Error::Refused(reason) if reason.code == "already_fetching")
    );
    drop(first);
    client
        .fetch(&offer, &home.library(), &stop, &mut |_| {})
        .unwrap();
}
