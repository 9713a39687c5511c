//! A training as a job of Slurm: what is submitted, and what the queue says of it. Nothing is started here.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Result};

/// How often a job is tried again that did not end by itself.
const RESTARTS_MAX: u32 = 100;

/// Seconds that ranks get to end by themselves when one of them has ended.
const WAIT_SECONDS: u32 = 20;

/// Seconds before the end of a job's time when its ranks are told to keep what they have.
const WARN_SECONDS: u32 = 120;

/// Characters of a word of Slurm's that are shown.
const SHOWN_MAX: usize = 60;

/// What a job asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlurmOptions {
    /// Machines.
    pub nodes: NonZeroUsize,
    /// Ranks on each.
    pub ranks_per_node: NonZeroUsize,
    /// Cores of each rank; what the cluster gives when none.
    pub cores_per_rank: Option<NonZeroUsize>,
    /// The time that it may take, as Slurm writes it.
    pub time: Option<String>,
    /// Where it runs; Slurm's usual place when none.
    pub partition: Option<String>,
    /// The program that is started as each rank.
    pub program: PathBuf,
    /// The recipe, from the root on.
    pub recipe: PathBuf,
    /// The only stage to run; all when none.
    pub stage: Option<String>,
}

impl SlurmOptions {
    /// The script of the job.
    ///
    /// # Errors
    /// [`Error::Slurm`] when a path cannot stand in a script.
    pub fn script(&self) -> Result<String> {
        let program = quoted(&self.program)?;
        let recipe = quoted(&self.recipe)?;
        let mut command = format!("{program} train {recipe} --mpi");
        if let Some(stage) = &self.stage {
            write!(command, " --stage {}", quoted(Path::new(stage))?).expect("a text grows");
        }
        if let Some(cores) = self.cores_per_rank {
            write!(command, " --threads {cores}").expect("a text grows");
        }
        // Since 22.05 `srun` no longer takes over what `sbatch` was told of cores.
        let cores = self.cores_per_rank;
        let cores = cores.map_or(String::new(), |cores| format!(" --cpus-per-task={cores}"));
        Ok(format!(
            "#!/bin/sh
# Written by `freehold train --on slurm`, which writes it anew each time.
# When the job is cancelled this shell is told, and must not ask for another turn.
trap 'exit 143' TERM
# A node that died may have left the socket of the step that it ran; a step of another number has another socket.
turn=0
while [ \"$turn\" -lt \"${{SLURM_RESTART_COUNT:-0}}\" ]; do
  srun --mpi=none --nodes=1 --ntasks=1 true
  turn=$((turn + 1))
done
srun --mpi=pmix --kill-on-bad-exit=0 --wait={WAIT_SECONDS}{cores} {command}
status=$?
# 0 is done, and 1 would be refused again. All else goes on from the newest state.
if [ \"$status\" -gt 1 ] && [ \"${{SLURM_RESTART_COUNT:-0}}\" -lt {RESTARTS_MAX} ]; then
  echo \"freehold: the ranks ended with $status; the job is queued again\"
  scontrol requeue \"$SLURM_JOB_ID\" && sleep 60
fi
exit \"$status\"
"
        ))
    }

    /// What `sbatch` is told: the script lies at `script`, and what the job says goes to `log`, where `%j` is its number.
    ///
    /// # Errors
    /// [`Error::Slurm`] when a word of the options is none that Slurm could know.
    pub fn submission(&self, name: &str, script: &Path, log: &Path) -> Result<Vec<String>> {
        let mut words: Vec<String> = ["--parsable", "--requeue", "--open-mode=append"]
            .map(str::to_owned)
            .into();
        words.push(format!("--job-name=freehold-{name}"));
        words.push(format!("--nodes={}", self.nodes));
        words.push(format!("--ntasks-per-node={}", self.ranks_per_node));
        if let Some(cores) = self.cores_per_rank {
            words.push(format!("--cpus-per-task={cores}"));
        }
        for (key, value) in [("time", &self.time), ("partition", &self.partition)] {
            if let Some(value) = value {
                words.push(format!("--{key}={}", plain(key, value)?));
            }
        }
        // To the steps of the job, and not to its shell.
        words.push(format!("--signal=TERM@{WARN_SECONDS}"));
        words.push(format!("--output={}", text(log)?));
        words.push(text(script)?.to_owned());
        Ok(words)
    }
}

/// The number that `sbatch --parsable` says.
///
/// # Errors
/// [`Error::Slurm`] when it says something else.
pub fn submitted(said: &[u8]) -> Result<u64> {
    let said = String::from_utf8_lossy(said);
    let number = said.trim().split(';').next().unwrap_or_default();
    number.parse().map_err(|_| Error::Slurm {
        reason: format!("`sbatch` said `{}`, which is no number", shown(said.trim())),
        hint: "`sbatch --parsable` of Slurm itself says a number; is another program called so?",
    })
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobState {
    /// Slurm's word, such as `PENDING`.
    pub word: String,
    /// Why it is so, where Slurm says.
    pub reason: Option<String>,
    /// The nodes that it is on.
    pub nodes: Option<String>,
    /// How often it was queued again.
    pub restarts: u64,
}

/// What a job's word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It waits, or is on its way from one state to another.
    Waiting,
    /// It runs.
    Running,
    /// It ended as it should.
    Done,
    /// It ended otherwise.
    Ended,
}

impl JobState {
    /// What the word means; one that nobody knows is waited out.
    pub fn phase(&self) -> Phase {
        match self.word.as_str() {
            "RUNNING" | "COMPLETING" => Phase::Running,
            "COMPLETED" => Phase::Done,
            "BOOT_FAIL" | "CANCELLED" | "DEADLINE" | "FAILED" | "NODE_FAIL" | "OUT_OF_MEMORY"
            | "PREEMPTED" | "REVOKED" | "TIMEOUT" => Phase::Ended,
            _ => Phase::Waiting,
        }
    }

    /// The job of that number in what `squeue --json` says; none when the queue no longer knows it.
    ///
    /// # Errors
    /// [`Error::Slurm`] when it is no queue, or says too little of the job.
    pub fn read(said: &[u8], job: u64) -> Result<Option<Self>> {
        let queue: Value = serde_json::from_slice(said)
            .map_err(|error| unreadable(&format!("it is no JSON: {error}")))?;
        let jobs = queue.get("jobs").and_then(Value::as_array);
        let jobs = jobs.ok_or_else(|| unreadable("it has no list `jobs`"))?;
        // Slurm before 23.02 says all of them, whichever was asked for.
        let own = jobs
            .iter()
            .find(|one| one.get("job_id").and_then(number) == Some(job));
        let Some(own) = own else {
            return Ok(None);
        };
        // A list since 23.11: what it is, and what is about to become of it.
        let state = own.get("job_state");
        let word = state.and_then(|state| match state {
            Value::Array(words) => words.first().and_then(Value::as_str),
            word => word.as_str(),
        });
        let word = word.ok_or_else(|| unreadable(&format!("job {job} has no `job_state`")))?;
        let of = |key: &str| {
            let value = own.get(key).and_then(Value::as_str);
            value
                .filter(|value| !value.is_empty() && *value != "None")
                .map(shown)
        };
        Ok(Some(Self {
            word: shown(word),
            reason: of("state_reason"),
            nodes: of("nodes"),
            restarts: own.get("restart_cnt").and_then(number).unwrap_or(0),
        }))
    }
}

/// A number, or since 23.02 a number with whether it is set.
fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.get("number").and_then(Value::as_u64))
}

fn unreadable(reason: &str) -> Error {
    Error::Slurm {
        reason: format!("what `squeue --json` says cannot be read: {reason}"),
        hint: "`squeue --json` needs Slurm 21.08 or later, with its JSON serialiser",
    }
}

/// What may be shown of a word that came from elsewhere.
fn shown(word: &str) -> String {
    let plain = word.chars().filter(|c| !c.is_control());
    plain.take(SHOWN_MAX).collect()
}

/// A word that stands for itself, whoever reads it.
fn plain<'a>(key: &str, word: &'a str) -> Result<&'a str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_:.,".contains(c);
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        true => Ok(word),
        false => Err(Error::Slurm {
            reason: format!("`{}` is no {key}", shown(word)),
            hint: "`--time` takes minutes or `days-hours:minutes:seconds`, `--partition` a name that `sinfo` lists",
        }),
    }
}

fn text(path: &Path) -> Result<&str> {
    let text = path.to_str().filter(|text| !text.contains(['\n', '\0']));
    text.ok_or_else(|| Error::Slurm {
        reason: format!("`{}` cannot stand in a job", path.display()),
        hint: "a path of UTF-8, without line breaks, can",
    })
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> Result<String> {
    Ok(format!("'{}'", text(path)?.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    const QUEUE: &str = r#"{"meta": {"Slurm": {"version": {"major": 22}}}, "errors": [], "jobs": [
        {"job_id": 6, "job_state": "COMPLETED", "restart_cnt": 0},
        {"job_id": 7, "job_state": "RUNNING", "restart_cnt": 2, "state_reason": "None", "nodes": "node[1-2]"},
        {"job_id": {"set": true, "infinite": false, "number": 8}, "job_state": ["PENDING", "REQUEUED"],
         "restart_cnt": {"set": true, "number": 3}, "state_reason": "BeginTime", "nodes": ""},
        {"job_id": 9, "restart_cnt": 1}]}"#;

    fn options() -> SlurmOptions {
        SlurmOptions {
            nodes: NonZeroUsize::new(2).unwrap(),
            ranks_per_node: NonZeroUsize::MIN,
            cores_per_rank: NonZeroUsize::new(8),
            time: Some("1-00:00:00".to_owned()),
            partition: None,
            program: "/opt/free hold/freehold".into(),
            recipe: "/data/ada's/recipe.toml".into(),
            stage: Some("read".to_owned()),
        }
    }

    #[test]
    fn a_job_is_read_from_queues_old_and_new() {
        let state = |job| JobState::read(QUEUE.as_bytes(), job).unwrap().unwrap();
        let running = JobState {
            word: "RUNNING".to_owned(),
            reason: None,
            nodes: Some("node[1-2]".to_owned()),
            restarts: 2,
        };
        assert_eq!((state(7), state(7).phase()), (running, Phase::Running));
        assert_eq!(
            (state(6).phase(), state(8).phase()),
            (Phase::Done, Phase::Waiting)
        );
        assert_eq!(
            (state(8).restarts, state(8).reason.as_deref()),
            (3, Some("BeginTime"))
        );
        assert_eq!(JobState::read(QUEUE.as_bytes(), 10).unwrap(), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (queue, reason) in [
            (QUEUE, "job 9 has no `job_state`"),
            ("", "it is no JSON"),
            ("[]", "it has no list `jobs`"),
            (r#"{"jobs": {}}"#, "it has no list `jobs`"),
        ] {
            let error = JobState::read(queue.as_bytes(), 9).unwrap_err().to_string();
            assert!(
                error.contains(reason) && error.contains("hint: "),
                "{error}"
            );
        }
    }

    /// Whatever a queue says, it is read or refused, and what is shown of it is short and plain.
    #[test]
    fn a_hostile_queue_does_no_harm() {
        const PIECES: [&str; 12] = [
            "{",
            "}",
            "[",
            "]",
            "\"jobs\":",
            "\"job_state\":",
            "\"RUNNING\"",
            "1e999",
            "-7,",
            "\u{1b}[2J",
            "\"\\u0000\\u001b[31m\"",
            "{\"number\":7}",
        ];
        for seed in 0..3000 {
            let mut chance = Chance::new(seed, 1);
            let mut queue = QUEUE.as_bytes().to_vec();
            for _ in 0..=chance.below(6) {
                let at = chance.below(queue.len());
                match chance.below(4) {
                    0 => queue[at] = chance.below(256) as u8,
                    1 => queue.truncate(at + 1),
                    2 => drop(queue.drain(at..queue.len().min(at + 30))),
                    _ => {
                        let piece = PIECES[chance.below(PIECES.len())].bytes();
                        queue.splice(at..at, piece).for_each(drop);
                    }
                }
                if queue.is_empty() {
                    queue.push(b'{');
                }
            }
            for job in [0, 7, 8, u64::MAX] {
                let Ok(Some(state)) = JobState::read(&queue, job) else {
                    continue;
                };
                let shown = [
                    Some(state.word.clone()),
                    state.reason.clone(),
                    state.nodes.clone(),
                ];
                for word in shown.iter().flatten() {
                    assert!(word.chars().count() <= SHOWN_MAX && !word.contains(char::is_control));
                }
                state.phase();
            }
        }
        let deep = "[".repeat(100_000);
        assert!(JobState::read(deep.as_bytes(), 1).is_err());
    }

    #[test]
    fn sbatch_says_a_number() {
        assert_eq!(submitted(b"17\n").unwrap(), 17);
        assert_eq!(submitted(b"17;north\n").unwrap(), 17);
        for said in ["", "Submitted batch job 17", "-1", "17 18"] {
            assert!(submitted(said.as_bytes()).is_err(), "{said}");
        }
    }

    #[test]
    fn paths_are_one_word_each_in_the_script() {
        let script = options().script().unwrap();
        let command = "srun --mpi=pmix --kill-on-bad-exit=0 --wait=20 --cpus-per-task=8 '/opt/free hold/freehold' train \
                       '/data/ada'\\''s/recipe.toml' --mpi --stage 'read' --threads 8\n";
        assert!(script.contains(command), "{script}");
        let broken = SlurmOptions {
            recipe: "a\nb".into(),
            ..options()
        };
        assert!(broken.script().is_err());
    }

    #[test]
    fn what_is_submitted_is_plain() {
        let words = |options: &SlurmOptions| {
            options.submission("tiny", Path::new("/r/s.sh"), Path::new("/r/%j.log"))
        };
        let said = words(&options()).unwrap().join(" ");
        assert_eq!(
            said,
            "--parsable --requeue --open-mode=append --job-name=freehold-tiny --nodes=2 --ntasks-per-node=1 \
             --cpus-per-task=8 --time=1-00:00:00 --signal=TERM@120 --output=/r/%j.log /r/s.sh"
        );
        for partition in ["", "a b", "--wrap=id", "$(id)", "a\nb"] {
            let hostile = SlurmOptions {
                partition: Some(partition.to_owned()),
                ..options()
            };
            assert!(words(&hostile).is_err(), "{partition:?}");
        }
    }
}
