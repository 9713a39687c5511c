//! Ranks under `mpirun`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::runs;
use super::workshop::{Trial, Workshop};

/// Steps of each run.
const STEPS: u32 = 120;

/// How far losses may be from those of one rank, as a share of them: sums are in another order.
const DISTANCE_MAX: f64 = 1e-4;

pub fn run(workshop: &Workshop) -> Result<()> {
    let alone = workshop.trial("alone", STEPS, "")?;
    runs(train(&mut workshop.alone(), &alone))?;
    let two = workshop.trial("two", STEPS, "")?;
    runs(train(&mut workshop.ranks(2), &two).arg("--mpi"))?;
    let distance = two.distance(&alone)?;
    println!(
        "two ranks have the losses of one: over {STEPS} steps they differ by {distance:.1e} of them at most"
    );
    ensure!(distance < DISTANCE_MAX, "that is too much");

    let broken = workshop.trial("broken", STEPS, "")?;
    let mut child = train(&mut workshop.ranks(2), &broken)
        .arg("--mpi")
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let start = Instant::now();
    while broken.losses()?.len() < STEPS as usize / 2 {
        ensure!(
            start.elapsed() < Duration::from_secs(300),
            "steps are taken"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    runs(Command::new("kill").args(["-TERM", &child.id().to_string()]))?;
    child.wait()?;
    let taken = broken.losses()?.len();
    ensure!(!broken.is_done(), "it was stopped too late");
    runs(train(&mut workshop.ranks(2), &broken).arg("--mpi"))?;
    ensure!(broken.weights()? == two.weights()?, "it ends elsewhere");
    println!("two ranks that are stopped after {taken} steps go on, and end with the same bytes");

    Ok(())
}

fn train<'a>(command: &'a mut Command, trial: &Trial) -> &'a mut Command {
    command
        .arg("train")
        .arg(&trial.recipe)
        .args(["--threads", "1"])
}
