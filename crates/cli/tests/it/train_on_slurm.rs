//! `freehold train --on slurm` beside a scheduler that says what a test tells it to. The real one stands in
//! `cargo xtask cluster`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use rustix::process::{Pid, Signal, kill_process};

use crate::freehold;

const RECIPE: &str = r#"
name = "calls"

[tokenizer]
vocab_size = 275

[[data]]
name = "requests"
path = "requests.jsonl"
format = "chat"
licence = "CC0-1.0"

[model]
hidden_size = 32
num_hidden_layers = 1
num_attention_heads = 2
intermediate_size = 64
max_position_embeddings = 512

[[stage]]
name = "learn"
purpose = "finetune"
steps = 3
batch_tokens = 400
context = 200
learning_rate = 1e-2
"#;

/// A folder with a recipe, and programs that are called as Slurm's and run these lines of shell.
fn folder(programs: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &Path, text: &str| fs::write(path, text).expect("a file");
    write(&folder.path().join("recipe.toml"), RECIPE);
    fs::create_dir(folder.path().join("bin")).expect("a folder");
    for (name, lines) in programs {
        let path = folder.path().join("bin").join(name);
        write(&path, &format!("#!/bin/sh\n{lines}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    }
    folder
}

fn command(folder: &Path, words: &[&str]) -> std::process::Command {
    let mut command = freehold();
    let path = std::env::var("PATH").unwrap_or_default();
    let bin = folder.join("bin");
    command.env("PATH", format!("{}:{path}", bin.display()));
    command
        .arg("train")
        .arg(folder.join("recipe.toml"))
        .args(words);
    command
}

fn said(output: &Output) -> (Option<i32>, String) {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), stderr)
}

fn queue(state: &str) -> String {
    format!("echo '{{\"jobs\":[{{\"job_id\":7,\"job_state\":\"{state}\",\"nodes\":\"n[1-2]\"}}]}}'")
}

#[test]
fn a_job_is_followed_to_its_end_with_what_it_learns() {
    let folder = folder(&[("squeue", &queue("COMPLETED"))]);
    let stage = folder.path().join("runs/calls/learn");
    fs::create_dir_all(stage.join("model")).unwrap();
    fs::write(stage.join("model/config.json"), "{}").unwrap();
    let line = "{\"kind\":\"measured\",\"step\":3,\"data\":\"aside\",\"loss\":1.5}\n";
    fs::write(stage.join("log.jsonl"), line).unwrap();
    let output = command(folder.path(), &["--follow", "7"]).output().unwrap();
    let (exit, said) = said(&output);
    assert_eq!(exit, Some(0), "{said}");
    assert!(
        said.contains("job 7: completed on n[1-2]") && said.contains("step 3: aside 1.5000"),
        "{said}"
    );
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        stdout.trim().ends_with("runs/calls/learn/model"),
        "{stdout}"
    );
}

#[test]
fn a_job_that_ended_otherwise_is_told_with_its_log() {
    let folder = folder(&[("squeue", &queue("FAILED"))]);
    let output = command(folder.path(), &["--follow", "7"]).output().unwrap();
    let (exit, said) = said(&output);
    assert_eq!(exit, Some(2), "{said}");
    assert!(
        said.contains("it is failed") && said.contains("slurm-7.log"),
        "{said}"
    );
}

#[test]
fn ctrl_c_leaves_the_job_alone() {
    let folder = folder(&[
        ("squeue", &queue("RUNNING")),
        ("scancel", "touch \"$(dirname \"$0\")/cancelled\""),
    ]);
    let mut child = command(folder.path(), &["--follow", "7"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let exit = child.wait().unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut text).unwrap();
    assert_eq!(exit.code(), Some(0), "{text}");
    assert!(text.contains("job 7 goes on"), "{text}");
    assert!(!folder.path().join("bin/cancelled").exists());
}

#[test]
fn a_job_is_cancelled_by_its_number() {
    let folder = folder(&[("scancel", "echo \"$@\" > \"$(dirname \"$0\")/cancelled\"")]);
    let output = command(folder.path(), &["--cancel", "7"]).output().unwrap();
    assert_eq!(said(&output).0, Some(0), "{output:?}");
    let told = fs::read_to_string(folder.path().join("bin/cancelled")).unwrap();
    assert_eq!(told, "7\n");
}

#[test]
fn what_slurm_refuses_is_repeated() {
    let folder = folder(&[(
        "scancel",
        "echo 'scancel: error: Kill job error on job id 7: Access denied' >&2; exit 1",
    )]);
    let output = command(folder.path(), &["--cancel", "7"]).output().unwrap();
    let (exit, said) = said(&output);
    assert_eq!(exit, Some(2), "{said}");
    assert!(
        said.contains("`scancel` refuses") && said.contains("Access denied"),
        "{said}"
    );
}

#[cfg(not(feature = "mpi"))]
#[test]
fn without_mpi_nothing_is_submitted() {
    let folder = folder(&[("sbatch", "touch \"$(dirname \"$0\")/submitted\"; echo 7")]);
    for words in [&["--on", "slurm", "--nodes", "2"][..], &["--mpi"]] {
        let output = command(folder.path(), words).output().unwrap();
        let (exit, said) = said(&output);
        assert_eq!(exit, Some(1), "{said}");
        assert!(
            said.contains("built without MPI") && said.contains("--features mpi"),
            "{said}"
        );
    }
    assert!(!folder.path().join("bin/submitted").exists());
}
