//! Jobs of Slurm: done, queued again, and cancelled.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context as _, Result, ensure};

use super::daemons::{Cluster, until};
use super::runs;
use super::workshop::{Trial, Workshop};

const STEPS: u32 = 400;

/// Seconds that a job may take here, with other work beside it.
const PATIENCE_SECONDS: u64 = 600;

/// How far losses may be from those of one process, as a share of them.
const DISTANCE_MAX: f64 = 1e-3;

/// Seconds of work that a state may be behind: the interval of the recipe, and what it takes to write one.
const INTERVAL_SECONDS: f64 = 1.2 + 3.0;

pub fn run(workshop: &Workshop) -> Result<()> {
    let alone = workshop.trial("slurm-alone", STEPS, "")?;
    let mut train = workshop.alone();
    runs(
        train
            .arg("train")
            .arg(&alone.recipe)
            .args(["--threads", "1"]),
    )?;
    let mut cluster = Cluster::start(&workshop.folder().join("slurm"))?;
    done(workshop, &cluster, &alone)?;
    a_rank_dies(workshop, &cluster, &alone)?;
    a_node_dies(workshop, &mut cluster, &alone)?;
    cancelled(workshop, &cluster)
}

/// Submits on two nodes and follows.
fn follow(workshop: &Workshop, cluster: &Cluster, trial: &Trial) -> Result<Child> {
    let folder = trial.recipe.parent().context("a folder")?;
    let log = fs::File::create(folder.join("said.txt"))?;
    let mut command = cluster.command(&workshop.freehold);
    command.arg("train").arg(&trial.recipe);
    command.args(["--on", "slurm", "--nodes", "2", "--threads", "1"]);
    Ok(command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?)
}

fn ends_well(child: &mut Child, trial: &Trial) -> Result<()> {
    until("the job's end", PATIENCE_SECONDS, || {
        Ok(child.try_wait()?.is_some())
    })?;
    let status = child.wait()?;
    ensure!(status.success() && trial.is_done(), "it ends with {status}");
    Ok(())
}

fn done(workshop: &Workshop, cluster: &Cluster, alone: &Trial) -> Result<()> {
    let trial = workshop.trial("slurm-done", STEPS, "")?;
    ends_well(&mut follow(workshop, cluster, &trial)?, &trial)?;
    let distance = trial.distance(alone)?;
    println!(
        "a job on two nodes is done: its losses differ by {distance:.1e} of those of one process at most"
    );
    ensure!(distance < DISTANCE_MAX, "that is too much");
    Ok(())
}

/// What was there when something died.
struct Death {
    step: u64,
    state: u64,
    seconds_behind: f64,
}

/// Waits until a state is there and half of the steps are not, and says what there is.
fn before_death(trial: &Trial) -> Result<Death> {
    until("a state", PATIENCE_SECONDS, || {
        let steps = trial.losses()?.len();
        ensure!(steps < STEPS as usize, "it was too fast");
        Ok(trial.state().is_some() && steps > STEPS as usize / 4)
    })?;
    let (state, path) = trial.state().context("a state")?;
    let written = fs::metadata(path)?.modified()?;
    let behind = SystemTime::now()
        .duration_since(written)
        .unwrap_or_default();
    let step = trial.losses()?.last().map_or(0, |last| last.0);
    Ok(Death {
        step,
        state,
        seconds_behind: behind.as_secs_f64(),
    })
}

/// Follows it to its end, and compares.
fn goes_on(
    what: &str,
    child: &mut Child,
    trial: &Trial,
    alone: &Trial,
    death: &Death,
) -> Result<()> {
    ends_well(child, trial)?;
    let Death {
        step,
        state,
        seconds_behind,
    } = death;
    let distance = trial.distance(alone)?;
    println!(
        "{what} died after step {step}; the newest state, of step {state}, was {seconds_behind:.1} s old; the job \
         was queued again and ended with losses that differ by {distance:.1e} at most"
    );
    ensure!(
        *seconds_behind < INTERVAL_SECONDS,
        "more than an interval is lost"
    );
    ensure!(distance < DISTANCE_MAX, "that is too much");
    let log = fs::read_dir(trial.out())?.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("slurm-") && name.ends_with(".log")
    });
    ensure!(log, "the job's log lies in the run's folder");
    Ok(())
}

fn a_rank_dies(workshop: &Workshop, cluster: &Cluster, alone: &Trial) -> Result<()> {
    let trial = workshop.trial("slurm-rank", STEPS, "")?;
    let mut child = follow(workshop, cluster, &trial)?;
    let death = before_death(&trial)?;
    let rank = process_of(&trial, 1).context("the second rank runs")?;
    runs(Command::new("kill").args(["-KILL", &rank.to_string()]))?;
    goes_on("a rank", &mut child, &trial, alone, &death)
}

fn a_node_dies(workshop: &Workshop, cluster: &mut Cluster, alone: &Trial) -> Result<()> {
    let trial = workshop.trial("slurm-node", STEPS, "")?;
    let mut child = follow(workshop, cluster, &trial)?;
    let death = before_death(&trial)?;
    let rank = process_of(&trial, 1).context("the second rank runs")?;
    let parent = parent_of(rank).context("it has a parent")?;
    cluster.kill_node(1)?;
    // As if the machine had lost its power: nobody there says anything any more.
    runs(Command::new("kill").args(["-KILL", &parent.to_string(), &rank.to_string()]))?;
    until("Slurm misses the node", PATIENCE_SECONDS, || {
        let said = crate::tree::stdout_of(cluster.command("sinfo").args(["-h", "-o", "%T"]));
        Ok(said.is_ok_and(|said| said.contains("down")))
    })?;
    cluster.start_node(1)?;
    goes_on("a node", &mut child, &trial, alone, &death)
}

fn cancelled(workshop: &Workshop, cluster: &Cluster) -> Result<()> {
    let trial = workshop.trial("slurm-cancelled", 100_000, "")?;
    let mut child = follow(workshop, cluster, &trial)?;
    until("steps", PATIENCE_SECONDS, || Ok(trial.losses()?.len() > 20))?;
    let said = crate::tree::stdout_of(cluster.command("squeue").args(["-h", "-o", "%A"]))?;
    let mut cancel = cluster.command(&workshop.freehold);
    runs(
        cancel
            .arg("train")
            .arg(&trial.recipe)
            .args(["--cancel", said.trim()]),
    )?;
    until("the end", PATIENCE_SECONDS, || {
        Ok(child.try_wait()?.is_some())
    })?;
    ensure!(child.wait()?.code() == Some(2), "who follows is told");
    until("an empty queue", PATIENCE_SECONDS, || {
        let said = crate::tree::stdout_of(cluster.command("squeue").arg("-h"))?;
        Ok(said.trim().is_empty())
    })?;
    // Longer than it takes to be queued again.
    std::thread::sleep(std::time::Duration::from_secs(15));
    let said = crate::tree::stdout_of(cluster.command("squeue").arg("-h"))?;
    ensure!(said.trim().is_empty(), "it stays cancelled: {said}");
    let last = trial.losses()?.last().map_or(0, |last| last.0);
    let state = trial.state().map_or(0, |state| state.0);
    println!(
        "a job that is cancelled after step {last} leaves the state of step {state}, and stays cancelled"
    );
    ensure!(last == state, "the ranks keep their last step");
    Ok(())
}

/// The number of the process that is this rank of a trial.
fn process_of(trial: &Trial, rank: usize) -> Option<u32> {
    let recipe = trial.recipe.to_str()?.as_bytes();
    let wanted = format!("SLURM_PROCID={rank}");
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let number: u32 = entry.file_name().to_str()?.parse().ok()?;
        let words = |name: &str| -> Option<Vec<Vec<u8>>> {
            let bytes = fs::read(entry.path().join(name)).ok()?;
            Some(bytes.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect())
        };
        let arguments = words("cmdline")?;
        let is_rank = arguments.iter().any(|word| word == b"--mpi")
            && arguments.first()?.ends_with(b"freehold-mpi")
            && arguments.iter().any(|word| word == recipe)
            && words("environ")?
                .iter()
                .any(|word| *word == wanted.as_bytes());
        is_rank.then_some(number)
    })
}

fn parent_of(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}
