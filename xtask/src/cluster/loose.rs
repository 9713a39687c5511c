//! What it costs to meet now and then.

use anyhow::Result;

use super::runs;
use super::workshop::Workshop;

const STEPS: u32 = 600;
const RANKS: usize = 4;

pub fn run(workshop: &Workshop) -> Result<()> {
    println!(
        "{RANKS} ranks, {STEPS} steps of 2,048 tokens in all, a network of 64 × 2 layers, code of this workspace\n"
    );
    println!("| the ranks meet | loss on what is held out | meetings |");
    println!("|---|---|---|");
    let tight = workshop.trial("tight", STEPS, "")?;
    runs(train(&mut workshop.ranks(RANKS), &tight.recipe))?;
    println!("| at each step | {:.4} | {STEPS} |", tight.measured()?);
    for every in [5, 20, 50] {
        let stage = format!("[stage.loose]\nevery = {every}\n");
        let loose = workshop.trial(&format!("loose-{every}"), STEPS, &stage)?;
        runs(train(&mut workshop.ranks(RANKS), &loose.recipe))?;
        let meetings = STEPS.div_ceil(every);
        println!(
            "| every {every} steps | {:.4} | {meetings} |",
            loose.measured()?
        );
    }
    let alone = workshop.trial("quarter", STEPS, "")?;
    let text = std::fs::read_to_string(&alone.recipe)?;
    std::fs::write(&alone.recipe, text.replace("= 2048", "= 512"))?;
    runs(
        workshop
            .alone()
            .arg("train")
            .arg(&alone.recipe)
            .args(["--threads", "1"]),
    )?;
    println!(
        "| never: one rank with its part | {:.4} | 0 |",
        alone.measured()?
    );
    Ok(())
}

fn train<'a>(
    command: &'a mut std::process::Command,
    recipe: &std::path::Path,
) -> &'a mut std::process::Command {
    command
        .arg("train")
        .arg(recipe)
        .args(["--threads", "1", "--mpi"])
}
