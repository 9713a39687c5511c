//! What a run holds, gathered and checked against the recipe.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tensor::files::Checkpoint;

use super::ReleaseOptions;
use super::about::About;
use super::kind::Kind;
use super::weights::Part;
use crate::corpus::Account;
use crate::error::{Error, Result};
use crate::journal::{Line, read as read_journal};
use crate::recipe::{ModelRecipe, Recipe, Source, Stage};
use crate::run::{ledger_of, was_trained_otherwise};

/// Points of a curve of losses that a card shows.
const POINTS: usize = 10;

/// What the pages are written from.
pub(super) struct Facts {
    pub recipe: Recipe,
    pub recipe_path: PathBuf,
    pub accounts: Vec<Account>,
    pub stages: Vec<StageFacts>,
    /// The checkpoint that came of it.
    pub model: PathBuf,
    /// The sum of its weights as training left them.
    pub trained_sum: String,
    pub kind: Kind,
    /// `config.json`.
    pub config: Value,
    pub results: Option<Results>,
    pub now: String,
    pub version: String,
    /// What the weights were written as.
    pub dtype: String,
    /// Files of the release that hold weights or what goes with them.
    pub parts: Vec<Part>,
    /// The formats inside of each file of GGUF, by its name.
    pub formats: BTreeMap<String, String>,
    /// What its reader will miss.
    pub notes: Vec<String>,
}

/// What the journal of a stage says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct StageFacts {
    pub steps: u64,
    pub tokens: u64,
    /// Of the steps that count, in all runs of the stage.
    pub seconds: f64,
    /// Steps with their losses, some of them.
    pub losses: Vec<(u64, f64)>,
    /// What was measured last with each data that was held out: data and measure, with step and value.
    pub measured: BTreeMap<(String, String), (u64, f64)>,
    /// What happened beside.
    pub remarks: Vec<(u64, String)>,
}

/// What somebody measured.
#[derive(Debug)]
pub(super) struct Results {
    pub command: Option<String>,
    /// Names with what was measured, as it was given.
    pub numbers: Vec<(String, String)>,
    pub text: String,
}

impl Facts {
    pub fn gather(recipe_path: &Path, options: &ReleaseOptions) -> Result<Self> {
        let recipe = Recipe::open(recipe_path)?;
        let out = recipe.out();
        let refused = |path: &Path, reason: String, hint: &str| Error::Release {
            path: path.to_owned(),
            reason,
            hint: hint.to_owned(),
        };
        let train = "`freehold train` with the same recipe does what is left to do";
        let Some(accounts) = ledger_of(&out)? else {
            return Err(refused(&out, "the run has not begun".to_owned(), train));
        };
        check_data(&recipe, &accounts, &out)?;
        let mut stages = Vec::new();
        let mut model = out.clone();
        for stage in &recipe.stages {
            let folder = out.join(&stage.name);
            model = folder.join("model");
            if !model.join("config.json").is_file() {
                let reason = format!("stage `{}` is not done", stage.name);
                return Err(refused(&out, reason, train));
            }
            if was_trained_otherwise(&folder, stage, recipe.seed)? {
                let reason = format!(
                    "the recipe says something else of stage `{}` than it was trained by",
                    stage.name
                );
                let hint = "put the recipe back as it was, or train again under another `name`";
                return Err(refused(recipe_path, reason, hint));
            }
            stages.push(StageFacts::of(&read_journal(&folder.join("log.jsonl"))?));
        }
        let checkpoint = Checkpoint::open(&model)?;
        let config = json_of(&model.join("config.json"))?;
        let is_film = matches!(recipe.model, ModelRecipe::Film(_));
        let results = options
            .results
            .as_deref()
            .map(|path| Results::read(path, &recipe.release));
        let mut facts = Self {
            kind: Kind::of(&checkpoint, &config, is_film)?,
            trained_sum: super::weights::sum_of(&model.join("model.safetensors"))?,
            recipe_path: recipe_path.to_owned(),
            accounts,
            stages,
            model,
            config,
            results: results.transpose()?,
            now: options.now.clone(),
            version: options.version.clone(),
            dtype: options.dtype.name().to_owned(),
            parts: Vec::new(),
            formats: BTreeMap::new(),
            notes: Vec::new(),
            recipe,
        };
        facts.notes = facts.missed();
        Ok(facts)
    }

    /// What the owner says.
    pub fn about(&self) -> &About {
        &self.recipe.release
    }

    /// What people call it.
    pub fn title(&self) -> &str {
        self.about().title.as_ref().unwrap_or(&self.recipe.name)
    }

    /// The day of the release.
    pub fn day(&self) -> &str {
        self.now.get(..10).unwrap_or(&self.now)
    }

    /// The checkpoint that it goes on from, as the recipe names it.
    pub fn base(&self) -> Option<String> {
        match &self.recipe.model {
            ModelRecipe::From(from) => Some(from.from.display().to_string()),
            ModelRecipe::Shape(_) | ModelRecipe::Film(_) => None,
        }
    }

    /// Sources with their accounts, as the recipe lists them.
    pub fn sources(&self) -> impl Iterator<Item = (&Source, &Account)> {
        self.recipe.data.iter().filter_map(|source| {
            let mut accounts = self.accounts.iter();
            Some((
                source,
                accounts.find(|account| account.name == source.name)?,
            ))
        })
    }

    /// Stages that learn from a source, and those that are measured with it.
    pub fn uses(&self, source: &Source) -> (Vec<&str>, Vec<&str>) {
        let stages = self.recipe.stages.iter();
        let names = |is_used: &dyn Fn(&Stage) -> bool| {
            let used = stages.clone().filter(|stage| is_used(stage));
            used.map(|stage| stage.name.as_str()).collect()
        };
        (
            names(&|stage| self.recipe.learns_from(stage, source)),
            names(&|stage| stage.validate.contains(&source.name)),
        )
    }

    /// Tokens that were read in all stages.
    pub fn tokens(&self) -> u64 {
        self.stages.iter().map(|stage| stage.tokens).sum()
    }

    /// Seconds of all stages.
    pub fn seconds(&self) -> f64 {
        self.stages.iter().map(|stage| stage.seconds).sum()
    }

    /// Multiplications and additions of training, by the rule of six for each number and token.
    /// Source: Kaplan et al. 2020, section 2.1.
    pub fn flops(&self) -> f64 {
        6.0 * self.kind.parameters() as f64 * self.tokens() as f64
    }

    /// Copies the recipe, the account of the data and the journals into `folder`.
    pub fn copy_records(&self, folder: &Path) -> Result<()> {
        let out = self.recipe.out();
        let mut copies = vec![
            (self.recipe_path.clone(), "recipe/recipe.toml".to_owned()),
            (out.join("data/data.json"), "training/data.json".to_owned()),
        ];
        let template = self.recipe.tokenizer.as_ref();
        if let Some(path) = template.and_then(|tokenizer| tokenizer.chat_template.as_ref()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            copies.push((self.recipe.path(path), format!("recipe/{name}")));
        }
        if let Some(path) = &self.about().licence_file {
            copies.push((self.recipe.path(path), "LICENSE".to_owned()));
        }
        for (from, to) in copies {
            let to = folder.join(to);
            let above = to.parent().expect("it lies in a folder");
            std::fs::create_dir_all(above).map_err(Error::file(above))?;
            std::fs::copy(&from, &to).map_err(Error::file(from))?;
        }
        for stage in &self.recipe.stages {
            let from = out.join(&stage.name).join("log.jsonl");
            let text = std::fs::read_to_string(&from).map_err(Error::file(&from))?;
            let to = folder.join(format!("training/{}.jsonl", stage.name));
            std::fs::write(&to, thinned(&text)).map_err(Error::file(to))?;
        }
        if let Some(results) = &self.results {
            let path = folder.join("results.json");
            std::fs::write(&path, &results.text).map_err(Error::file(path))?;
        }
        Ok(())
    }

    fn missed(&self) -> Vec<String> {
        let about = self.about();
        let mut notes = Vec::new();
        let mut miss = |is_there: bool, what: &str| {
            if !is_there {
                notes.push(what.to_owned());
            }
        };
        miss(
            about.licence.is_some(),
            "the weights have no licence: `licence` in the recipe's `[release]` names one",
        );
        miss(
            self.results.is_some(),
            "nothing is said of how good the model is: `--results` takes what was measured",
        );
        let is_classed = |source: &Source| about.kinds.contains_key(&source.name);
        miss(
            self.recipe.data.iter().all(is_classed),
            "what each source is, is not said: `kinds` in `[release]` does",
        );
        notes
    }
}

/// Steps of a stage that a release tells of, about: as many points as a curve shows.
const STEPS_TOLD: u64 = 4000;

/// A journal in which long stages tell of every so manieth step, and of all else.
fn thinned(journal: &str) -> String {
    let step = |line: &str| match serde_json::from_str(line) {
        Ok(Line::Step(step)) => Some(step.step),
        _ => None,
    };
    let last = journal.lines().rev().find_map(step).unwrap_or(0);
    let each = last.div_ceil(STEPS_TOLD).max(1);
    let is_told = |line: &&str| step(line).is_none_or(|step| step % each == 0 || step == last);
    let told = journal.lines().filter(is_told);
    told.flat_map(|line| [line, "\n"]).collect()
}

impl StageFacts {
    pub fn of(lines: &[Line]) -> Self {
        let mut facts = Self::default();
        let mut losses = Vec::new();
        let mut before = 0.0;
        for line in lines {
            match line {
                Line::Step(line) => {
                    // A run that goes on counts from zero again.
                    if line.seconds < before {
                        facts.seconds += before;
                    }
                    before = line.seconds;
                    (facts.steps, facts.tokens) = (line.step, line.tokens);
                    losses.push((line.step, line.loss));
                }
                Line::Measured {
                    step,
                    data,
                    loss,
                    measures,
                } => {
                    let mut keep = |name: &str, value: f64| {
                        let key = (data.clone(), name.to_owned());
                        facts.measured.insert(key, (*step, value));
                    };
                    keep("loss", *loss);
                    measures.iter().for_each(|(name, value)| keep(name, *value));
                }
                Line::Note { step, text } => facts.remarks.push((*step, text.clone())),
                Line::Sample { .. } => {}
            }
        }
        facts.seconds += before;
        let last = losses.len().saturating_sub(1);
        let shown = POINTS.min(losses.len());
        facts.losses = (0..shown)
            .map(|point| losses[last * point / (shown - 1).max(1)])
            .collect();
        facts
    }
}

impl Results {
    fn read(path: &Path, about: &About) -> Result<Self> {
        let refused = |reason: String| {
            Error::Release {
            path: path.to_owned(),
            reason,
            hint: "`--results` takes a JSON object of names with numbers, and `command`, which made them"
                .to_owned(),
        }
        };
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| refused(format!("the results are no JSON: {error}")))?;
        let Value::Object(object) = value else {
            return Err(refused("the results are no JSON object".to_owned()));
        };
        let command = object.get("command").and_then(Value::as_str);
        let command = command.or(about.evaluate.as_deref()).map(str::to_owned);
        let mut numbers = Vec::new();
        for (name, value) in &object {
            if name != "command" {
                flatten(name, value, &mut numbers);
            }
        }
        Ok(Self {
            command,
            numbers,
            text,
        })
    }
}

/// `{"a": {"b": 1}}` is `a.b` with `1`.
fn flatten(name: &str, value: &Value, numbers: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (inner, value) in object {
                flatten(&format!("{name}.{inner}"), value, numbers);
            }
        }
        Value::String(text) => numbers.push((name.to_owned(), text.clone())),
        other => numbers.push((name.to_owned(), other.to_string())),
    }
}

pub(super) fn json_of(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
    serde_json::from_str(&text).map_err(|error| Error::Release {
        path: path.to_owned(),
        reason: format!("it is no JSON: {error}"),
        hint: "train the stage again: its folder `model` is damaged".to_owned(),
    })
}

/// What the run read is what the recipe says now.
fn check_data(recipe: &Recipe, accounts: &[Account], out: &Path) -> Result<()> {
    let is_same = |source: &Source| {
        accounts.iter().any(|account| {
            account.name == source.name
                && account.licence == source.licence
                && account.origin == source.origin
        })
    };
    let stranger = recipe.data.iter().find(|source| !is_same(source));
    let reason = match stranger {
        Some(source) => format!(
            "the recipe says something else of `{}` than the run",
            source.name
        ),
        None if accounts.len() != recipe.data.len() => {
            "the run read more data than the recipe names".to_owned()
        }
        None => return Ok(()),
    };
    Err(Error::Release {
        path: out.to_owned(),
        reason,
        hint: "put the recipe back as it was, or train again under another `name`".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(count: u64) -> String {
        let line = |step| {
            format!(
                r#"{{"kind":"step","step":{step},"steps":{count},"loss":1.0,"gradient_norm":1.0,"learning_rate":0.1,"tokens":1,"tokens_per_second":1.0,"utilisation":0.1,"seconds":1.0,"seconds_left":1.0}}"#
            ) + "\n"
        };
        (1..=count).map(line).collect()
    }

    #[test]
    fn long_journals_tell_of_some_steps_and_of_all_else() {
        let short = steps(STEPS_TOLD);
        assert_eq!(thinned(&short), short);
        let note = "{\"kind\":\"note\",\"step\":3,\"text\":\"left out\"}\n";
        let long = steps(10_001) + note;
        let told = thinned(&long);
        assert!(told.ends_with(note));
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 10_001 / 3 + 1 + 1);
        assert!(lines[0].contains(r#""step":3,"#));
        assert!(lines[lines.len() - 2].contains(r#""step":10001,"#));
        assert_eq!(thinned(""), "");
    }
}
