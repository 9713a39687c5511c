//! Tasks, whose answers are drawn from the model and rewarded.

use std::path::Path;
use std::sync::Arc;

use models::{LoadOptions, Model};
use tensor::files::Dtype;
use tensor::{Context, Pool, WeightType};

use super::{Measures, Score, Stepped, nothing_to_learn, shards, shards_of};
use crate::deck::{Deck, Position};
use crate::error::{Error, Result};
use crate::example::Example;
use crate::recipe::{Numbers, Stage};
use crate::reinforcement::{Drawn, Reinforcement};
use crate::run::draw::{Answer, Drawing, draw};
use crate::run::prepare::Prepared;
use crate::run::{Event, Run, Tell};
use crate::tasks::{Task, read};
use crate::trainer::Trainer;
use crate::vocabulary::Encoder;

/// Held-out tasks that a measure asks at most.
const MEASURE_TASKS_MAX: usize = 256;

/// Apart from the streams of chance that order the data.
const SEED: u64 = 0x5245_494e_464f_5243;

/// Steps and answers share a stream's number: so many bits are for the answers of a round.
const ANSWER_BITS: u32 = 24;

/// Tasks to learn from, and some to measure with.
pub(in crate::run) struct Tasks {
    tasks: Vec<Task>,
    held_out: Vec<(String, Vec<Task>)>,
    rules: Reinforcement,
    deck: Deck,
    seed: u64,
    numbers: Numbers,
    pool: Arc<Pool>,
    left_out: usize,
    /// Set when the stage begins.
    encoder: Option<Encoder>,
    /// The model that the stage began with, where the one that learns is held to it.
    reference: Option<Model>,
    /// Answers that are not learnt from to the end.
    round: Option<Round>,
}

/// The answers of a round.
struct Round {
    examples: Vec<Example>,
    drawn: Vec<Drawn>,
    /// Tokens of all answers, also of those that nothing is to be learnt from.
    tokens: usize,
    updates: usize,
    measures: Measures,
}

impl Tasks {
    pub fn open(run: &Run, stage: &Stage, prepared: &Prepared) -> Result<Self> {
        let rules = stage.reinforce.clone().unwrap_or_default();
        let mut tasks = Vec::new();
        for (path, repeat) in shards(run, stage, prepared) {
            let read = read(&path, &prepared.vocabulary, prepared.tokens_below)?;
            (0..repeat).for_each(|_| tasks.extend(read.iter().cloned()));
        }
        if tasks.is_empty() {
            return Err(nothing_to_learn(run, stage));
        }
        let fits = |task: &Task| task.prompt.len() + rules.tokens_max <= stage.context;
        let all = tasks.len();
        tasks.retain(fits);
        if tasks.is_empty() {
            return Err(Error::Data {
                path: run.out.join("data"),
                reason: format!(
                    "no task of stage `{}` fits into its context with `{}` tokens of an answer",
                    stage.name, rules.tokens_max
                ),
                hint: "a larger `context`, or a smaller `tokens_max`",
            });
        }
        let mut held_out = Vec::new();
        for name in &stage.validate {
            let mut held = Vec::new();
            for (path, _) in shards_of(prepared, name, 1) {
                held.extend(read(&path, &prepared.vocabulary, prepared.tokens_below)?);
            }
            held.retain(fits);
            held.truncate(MEASURE_TASKS_MAX);
            held_out.push((name.clone(), held));
        }
        Ok(Self {
            left_out: all - tasks.len(),
            tasks,
            held_out,
            rules,
            deck: Deck::new(run.recipe.seed),
            seed: run.recipe.seed ^ SEED,
            numbers: stage.numbers,
            pool: Arc::clone(&run.options.pool),
            encoder: None,
            reference: None,
            round: None,
        })
    }

    /// Reads what the stage began with: its vocabulary, and its model where that is needed.
    pub fn begin(&mut self, before: &Path, tell: Tell<'_>) -> Result<()> {
        if self.left_out > 0 {
            tell(Event::Preparing(&format!(
                "tasks ({} are too long for `context`, and left out)",
                self.left_out
            )));
        }
        self.encoder = Some(Encoder::open(before)?);
        if self.rules.kl > 0.0 {
            let options = LoadOptions {
                weights: WeightType::As(match self.numbers {
                    Numbers::F32 => Dtype::F32,
                    Numbers::Bf16 => Dtype::Bf16,
                }),
                context_length: None,
            };
            self.reference = Some(Model::load(before, options, &self.pool)?);
        }
        Ok(())
    }

    /// Steps of one pass over the tasks.
    pub fn steps(&self) -> f64 {
        (self.tasks.len() * self.rules.updates) as f64 / self.rules.prompts as f64
    }

    pub fn position(&self) -> Position {
        self.deck.position()
    }

    pub fn go_to(&mut self, position: Position) {
        self.round = None;
        self.deck.go_to(position);
    }

    /// Whether nothing is left of a round: a state says nothing of its answers.
    pub fn is_between(&self) -> bool {
        self.round.is_none()
    }

    pub fn step(&mut self, trainer: &mut Trainer) -> Result<Stepped> {
        let mut round = match self.round.take() {
            Some(round) => round,
            None => self.ask(trainer),
        };
        let Round {
            examples,
            drawn,
            tokens,
            ..
        } = &mut round;
        let (measured, moved) = self.rules.step(trainer, examples, drawn, *tokens)?;
        let mut measures = round.measures.clone();
        if self.reference.is_some() {
            measures.insert("kl".to_owned(), moved.kl);
        }
        if self.rules.updates > 1 {
            measures.insert("clipped".to_owned(), moved.clipped);
        }
        round.updates -= 1;
        if round.updates > 0 {
            self.round = Some(round);
        }
        Ok(Stepped { measured, measures })
    }

    /// Has the model answer the next tasks, and rewards it.
    fn ask(&mut self, trainer: &mut Trainer) -> Round {
        let count = self.tasks.len();
        let numbers: Vec<usize> = (0..self.rules.prompts)
            .map(|_| self.deck.draw(count))
            .collect();
        let tasks: Vec<&Task> = numbers.iter().map(|number| &self.tasks[*number]).collect();
        let stream = trainer.steps() << ANSWER_BITS;
        let answers = self.answers(
            trainer.model(),
            &tasks,
            (self.rules.group, self.rules.temperature),
            stream,
        );
        let rewards = self.rewards(&tasks, &answers);
        let group = self.rules.group;
        let (mut examples, mut drawn, mut signals) = (Vec::new(), Vec::new(), 0);
        for (at, task) in tasks.iter().enumerate() {
            let here = at * group..(at + 1) * group;
            let advantages = self.rules.advantages(&rewards[here.clone()]);
            signals += usize::from(advantages.is_some());
            // Without a signal there is nothing to learn, but to stay near the reference.
            let advantages = match (advantages, &self.reference) {
                (Some(advantages), _) => advantages,
                (None, Some(_)) => vec![0.0; group],
                (None, None) => continue,
            };
            for (answer, advantage) in answers[here].iter().zip(advantages) {
                examples.push(example(task, answer));
                drawn.push(Drawn {
                    advantage,
                    ..Drawn::default()
                });
            }
        }
        if let Some(reference) = &self.reference {
            trainer.foretell_by(reference, &examples, &mut |foretold| {
                for (at, place) in foretold.examples() {
                    drawn[at].reference = foretold.losses()[place].to_vec();
                }
            });
        }
        let tokens = answers.iter().map(|answer| answer.tokens.len()).sum();
        let mean = |sum: f64| sum / answers.len() as f64;
        let right = rewards.iter().filter(|reward| **reward > 1.0 - 1e-9);
        let ended = answers.iter().filter(|answer| answer.has_ended);
        let measures = [
            ("reward", mean(rewards.iter().sum())),
            ("right", mean(right.count() as f64)),
            ("signal", signals as f64 / tasks.len() as f64),
            ("length", mean(tokens as f64)),
            ("ended", mean(ended.count() as f64)),
        ];
        Round {
            examples,
            drawn,
            tokens,
            updates: self.rules.updates,
            measures: measures
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
        }
    }

    fn answers(
        &self,
        model: &Model,
        tasks: &[&Task],
        (group, temperature): (usize, f64),
        stream: u64,
    ) -> Vec<Answer> {
        let tokenizer = self.encoder().tokenizer();
        let ends: Vec<u32> = tokenizer.special_tokens().map(|(id, _)| id).collect();
        let prompts: Vec<&[u32]> = tasks.iter().map(|task| &task.prompt[..]).collect();
        let drawing = Drawing {
            group,
            tokens_max: self.rules.tokens_max,
            temperature,
            ends: &ends,
            chance: (self.seed, stream),
        };
        let cx = Context::new(Arc::clone(&self.pool));
        draw(&cx, model, &prompts, &drawing)
    }

    /// The reward of each answer; as many belong to each task.
    fn rewards(&self, tasks: &[&Task], answers: &[Answer]) -> Vec<f64> {
        let group = answers.len() / tasks.len().max(1);
        let rewards = answers.iter().enumerate().map(|(at, answer)| {
            let task = tasks[at / group];
            let said = match answer.tokens.split_last() {
                Some((_, said)) if answer.has_ended => said,
                _ => &answer.tokens[..],
            };
            let said = self.encoder().tokenizer().decode(said, true);
            let reward = task.check.reward(&task.answer, &said);
            let formed = f64::from(u8::from(reward.is_formed && answer.has_ended));
            (1.0 - self.rules.format) * reward.right + self.rules.format * formed
        });
        rewards.collect()
    }

    fn encoder(&self) -> &Encoder {
        self.encoder.as_ref().expect("a stage begins before a step")
    }

    /// Always with the likeliest token.
    pub fn measure(&self, trainer: &Trainer) -> Vec<Score> {
        let held_out = self.held_out.iter();
        held_out
            .map(|(data, tasks)| {
                let tasks: Vec<&Task> = tasks.iter().collect();
                let answers = self.answers(trainer.model(), &tasks, (1, 0.0), 0);
                let rewards = self.rewards(&tasks, &answers);
                let reward = rewards.iter().sum::<f64>() / tasks.len().max(1) as f64;
                Score {
                    data: data.clone(),
                    loss: 1.0 - reward,
                    measures: [("reward".to_owned(), reward)].into(),
                }
            })
            .collect()
    }
}

/// What was asked and answered; the answer counts.
fn example(task: &Task, answer: &Answer) -> Example {
    let told = vec![0.0; task.prompt.len()];
    let said = vec![1.0; answer.tokens.len()];
    Example {
        tokens: [&task.prompt[..], &answer.tokens].concat(),
        weights: [told, said].concat(),
    }
}
