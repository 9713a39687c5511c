//! Which trainings this owner has begun, and how they stand: for whoever looks on.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result, write_whole};
use crate::journal::{Line, StepLine, read};
use crate::recipe::Recipe;

/// The folder of notes below the owner's data.
const FOLDER: &str = "trainings";

/// A training that was begun here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its name in addresses.
    pub id: String,
    /// What the model is called.
    pub name: String,
    /// The recipe.
    pub recipe: PathBuf,
    /// The folder of everything that is made.
    pub out: PathBuf,
}

/// One stage of a training, as its journal tells it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageView {
    /// Its name.
    pub name: String,
    /// Whether its model is made.
    pub is_done: bool,
    /// Seconds since something was written; none when nothing was.
    pub quiet_seconds: Option<f64>,
    /// What was written, steps thinned out.
    pub lines: Vec<Line>,
}

/// Notes that the training of `recipe` was begun, in the owner's data.
///
/// # Errors
/// When the note cannot be written.
pub fn note(data: &Path, recipe: &Path, name: &str, out: &Path) -> Result<()> {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (recipe, out) = (whole(recipe), whole(out));
    let id: String = Sha256::digest(out.as_os_str().as_encoded_bytes())[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let folder = data.join(FOLDER);
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let path = folder.join(format!("{id}.json"));
    let known = Known {
        id,
        name: name.to_owned(),
        recipe,
        out,
    };
    let text = serde_json::to_string_pretty(&known).expect("a note is plain") + "\n";
    write_whole(&path, text.as_bytes())
}

/// All trainings that were noted and are still there, by name.
pub fn all(data: &Path) -> Vec<Known> {
    let notes = fs::read_dir(data.join(FOLDER)).into_iter().flatten();
    let known = notes.filter_map(|note| {
        let text = fs::read_to_string(note.ok()?.path()).ok()?;
        let known: Known = serde_json::from_str(&text).ok()?;
        known.out.is_dir().then_some(known)
    });
    let mut known: Vec<Known> = known.collect();
    known.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    known
}

impl Known {
    /// Its stages in the order of the recipe, with `points` steps of each at most.
    pub fn stages(&self, points: usize) -> Vec<StageView> {
        let names = match Recipe::open(&self.recipe) {
            Ok(recipe) => recipe.stages.into_iter().map(|stage| stage.name).collect(),
            // The recipe is gone or being written: what lies there tells.
            Err(_) => self.folders(),
        };
        let views = names.into_iter().map(|name| {
            let folder = self.out.join(&name);
            let journal = folder.join("log.jsonl");
            let written = fs::metadata(&journal).and_then(|about| about.modified());
            let quiet = written
                .ok()
                .map(|at| SystemTime::now().duration_since(at).unwrap_or_default());
            StageView {
                name,
                is_done: folder.join("model").is_dir(),
                quiet_seconds: quiet.map(|quiet| quiet.as_secs_f64()),
                lines: thinned(read(&journal).unwrap_or_default(), points),
            }
        });
        views.collect()
    }

    fn folders(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.out).into_iter().flatten().flatten();
        let stages = entries.filter(|entry| entry.path().join("log.jsonl").is_file());
        let mut names: Vec<String> = stages
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// At most so many steps: means of neighbours, and the last one as it is. All else stays.
fn thinned(lines: Vec<Line>, points: usize) -> Vec<Line> {
    let steps = lines.iter().filter(|line| matches!(line, Line::Step(_)));
    let per_point = steps.count().div_ceil(points.max(1)).max(1);
    if per_point == 1 {
        return lines;
    }
    let (mut kept, mut group): (Vec<Line>, Vec<StepLine>) = (Vec::new(), Vec::new());
    for line in lines {
        match line {
            Line::Step(step) => group.push(step),
            other => kept.push(other),
        }
        if group.len() == per_point {
            kept.push(Line::Step(mean(&group)));
            group.clear();
        }
    }
    kept.extend(group.into_iter().last().map(Line::Step));
    kept
}

fn mean(group: &[StepLine]) -> StepLine {
    let mut last = group[group.len() - 1].clone();
    let mean =
        |of: &dyn Fn(&StepLine) -> f64| group.iter().map(of).sum::<f64>() / group.len() as f64;
    last.loss = mean(&|step| step.loss);
    last.gradient_norm = mean(&|step| step.gradient_norm);
    last.tokens_per_second = mean(&|step| step.tokens_per_second);
    last.utilisation = mean(&|step| step.utilisation);
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: u64) -> Line {
        Line::Step(StepLine {
            step,
            steps: 10,
            loss: step as f64,
            gradient_norm: 1.0,
            learning_rate: 0.1,
            tokens: 0,
            tokens_per_second: 1.0,
            utilisation: 0.5,
            seconds: 0.0,
            seconds_left: 0.0,
            measures: Default::default(),
        })
    }

    #[test]
    fn many_steps_become_means_and_the_last_one_stays() {
        let note = Line::Note {
            step: 4,
            text: "a spike".to_owned(),
        };
        let mut lines: Vec<Line> = (1..=7).map(step).collect();
        lines.insert(4, note.clone());
        let thin = thinned(lines.clone(), 3);
        let losses: Vec<f64> = thin
            .iter()
            .filter_map(|line| match line {
                Line::Step(step) => Some(step.loss),
                _ => None,
            })
            .collect();
        assert_eq!(losses, [2.0, 5.0, 7.0]);
        assert!(thin.contains(&note));
        assert_eq!(thinned(lines.clone(), 7), lines);
    }

    #[test]
    fn what_was_noted_is_found_until_it_is_gone() {
        let data = tempfile::tempdir().unwrap();
        let out = data.path().join("runs/a");
        fs::create_dir_all(out.join("learn")).unwrap();
        note(data.path(), Path::new("a.toml"), "a", &out).unwrap();
        note(data.path(), Path::new("a.toml"), "a", &out).unwrap();
        fs::write(
            out.join("learn/log.jsonl"),
            "{\"kind\":\"note\",\"step\":1,\"text\":\"x\"}\nhalf",
        )
        .unwrap();
        fs::write(data.path().join("trainings/odd.json"), "{").unwrap();
        let known = all(data.path());
        assert_eq!(known.len(), 1);
        let stages = known[0].stages(10);
        assert_eq!(
            (stages.len(), stages[0].name.as_str(), stages[0].lines.len()),
            (1, "learn", 1)
        );
        assert!(!stages[0].is_done && stages[0].quiet_seconds.is_some());
        fs::remove_dir_all(&out).unwrap();
        assert!(all(data.path()).is_empty());
    }
}
