//! The way from a request to a model's answer, for every family of the API.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use dialogue::{Answering, Beginning, Completion, Moment, Outcome, Saying, Speaker};
use engine::sampling::Sampling;
use engine::{Reason, constrain::Constraint};
use policy::{Admission, Tokens, action::Infer};

use crate::api::may::manages_models;
use crate::app::App;
use crate::asked::{Asked, Wishes};
use crate::caller::Caller;
use crate::fault::{Fault, Result};
use crate::ids;
use crate::upstream::answer::Far;
use crate::v1::messages::check_text_only;

/// A model's answers as they come. Dropping it ends them.
pub(crate) struct Answer {
    source: Source,
    used: Used,
}

/// Where it comes from.
enum Source {
    Here(Answering),
    Far(Box<Far>),
}

/// What an answer costs its caller, settled when it is gone. Whoever leaves before the end pays for what was said.
struct Used {
    admission: Option<Admission>,
    tokens: Tokens,
    /// Tokens of the prompt, as far as it is known here.
    prompt: u64,
    /// Tokens of answers that have not ended, by their numbers.
    said: BTreeMap<u32, u64>,
}

impl Used {
    fn new(admission: Admission, prompt: usize) -> Self {
        Self {
            admission: Some(admission),
            tokens: Tokens::default(),
            prompt: prompt as u64,
            said: BTreeMap::new(),
        }
    }

    fn note(&mut self, moment: &Moment) {
        match moment {
            Moment::Over(saying, outcome) => {
                let usage = outcome.finished.usage;
                self.said.remove(&saying.choice);
                self.tokens.input = self.tokens.input.max(usage.prompt as u64);
                self.tokens.output += usage.generated as u64;
            }
            Moment::Said(saying) => *self.said.entry(saying.choice).or_default() += 1,
            Moment::Silence => {}
        }
    }
}

impl Drop for Used {
    fn drop(&mut self) {
        if !self.said.is_empty() {
            self.tokens.input = self.tokens.input.max(self.prompt);
            self.tokens.output += self.said.values().sum::<u64>();
        }
        if let Some(admission) = self.admission.take() {
            admission.settle(self.tokens);
        }
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Whole {
    /// What was said, piece by piece, where log-probabilities were asked for.
    pub sayings: Vec<Saying>,
    pub outcome: Outcome,
}

impl Answer {
    /// What comes next; `None` after the end.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Moment>> {
        let moment = match &mut self.source {
            Source::Here(answering) => ready!(answering.poll_next(cx)),
            Source::Far(far) => ready!(far.poll_next(cx)),
        };
        moment.iter().for_each(|moment| self.used.note(moment));
        Poll::Ready(moment)
    }

    /// Ends the answers within one step.
    pub fn cancel(&mut self) {
        match &mut self.source {
            Source::Here(answering) => answering.stopper().cancel(),
            Source::Far(far) => far.cancel(),
        }
    }

    /// What comes next; `None` after the end.
    pub async fn next(&mut self) -> Option<Moment> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// All answers, in the order of their numbers.
    pub async fn whole(mut self) -> Result<Vec<Whole>> {
        let mut ended: Vec<Whole> = Vec::new();
        let mut sayings: Vec<Saying> = Vec::new();
        while let Some(moment) = self.next().await {
            match moment {
                Moment::Said(saying) if saying.word.is_some() => sayings.push(saying),
                Moment::Said(_) | Moment::Silence => {}
                Moment::Over(saying, outcome) => {
                    check(&outcome)?;
                    let mine = sayings.extract_if(.., |said| said.choice == saying.choice);
                    ended.push(Whole {
                        sayings: mine.collect(),
                        outcome: *outcome,
                    });
                }
            }
        }
        if ended.is_empty() {
            return Err(Fault::broken("the answer ended before it began"));
        }
        ended.sort_by_key(|whole| whole.outcome.finished.choice);
        Ok(ended)
    }
}

/// That the computation did not break.
pub(crate) fn check(outcome: &Outcome) -> Result<()> {
    match &outcome.finished.reason {
        Reason::Failed(error) => Err(error.clone().into()),
        _ => Ok(()),
    }
}

impl App {
    /// Begins an answer of the model called `model`.
    pub(crate) async fn answer(
        &self,
        caller: &Caller,
        model: &str,
        asked: Asked,
    ) -> Result<Answer> {
        let admission = self.admit(caller, model).await?;
        if self.catalogue.is_far(model) {
            let far = Far::ask(self.catalogue.fleet(), model, &asked).await?;
            return Ok(Answer {
                source: Source::Far(Box::new(far)),
                used: Used::new(admission, 0),
            });
        }
        let speaker = self.speaker(caller, model).await?;
        check_text_only(&asked.messages, model)?;
        let (now, priority) = (self.local_time(asked.at), caller.priority());
        let tenant = caller.tenant();
        let answering = begin(speaker, move |speaker| {
            let request = dialogue::Request {
                priority,
                tenant,
                ..asked.request(speaker.sampling(), ids::seed(), now)?
            };
            Ok(speaker.answer(&request)?)
        });
        let answering = answering.await?;
        let used = Used::new(admission, answering.prompt_tokens());
        let source = Source::Here(answering);
        Ok(Answer { source, used })
    }

    /// How many tokens a request has as the model reads it.
    pub(crate) async fn count(&self, caller: &Caller, model: &str, asked: Asked) -> Result<usize> {
        let _permit = self.gate.permit(caller, infer(model)).await?;
        if self.catalogue.is_far(model) {
            return Err(Fault::not_implemented(
                "only models of this machine are counted for",
            ));
        }
        let speaker = self.speaker(caller, model).await?;
        let now = self.local_time(asked.at);
        begin(speaker, move |speaker| {
            let request = asked.request(speaker.sampling(), 0, now)?;
            Ok(speaker.count_request(&request)?)
        })
        .await
    }

    /// Lets the model called `model` go on with a text.
    pub(crate) async fn complete(
        &self,
        caller: &Caller,
        model: &str,
        asked: Continued,
    ) -> Result<Answer> {
        let admission = self.admit(caller, model).await?;
        let speaker = self.speaker(caller, model).await?;
        let (priority, tenant) = (caller.priority(), caller.tenant());
        let answering = begin(speaker, move |speaker| {
            // Nothing is recommended for texts without a template.
            let sampling = asked.wishes.over(Sampling::default())?;
            Ok(speaker.complete(&Completion {
                prompt: match &asked.prompt {
                    Prompt::Text(text) => Beginning::Text(text),
                    Prompt::Tokens(tokens) => Beginning::Tokens(tokens),
                },
                sampling,
                seed: asked.seed.unwrap_or_else(ids::seed),
                choices: asked.choices,
                max_tokens: asked.max_tokens,
                stop: &asked.stop,
                logprobs: asked.logprobs,
                constraint: asked.constraint.clone(),
                priority,
                tenant,
            })?)
        });
        let answering = answering.await?;
        let used = Used::new(admission, answering.prompt_tokens());
        let source = Source::Here(answering);
        Ok(Answer { source, used })
    }

    /// A model to talk with, loaded where it is not.
    pub(crate) async fn speaker(&self, caller: &Caller, model: &str) -> Result<Arc<Speaker>> {
        let loaded = self.catalogue.speaker(model).await;
        loaded.map_err(|fault| self.discreet(caller, model, fault))
    }

    /// Why a model cannot be used, as `caller` may know it: where its files lie is told to those who manage models.
    pub(crate) fn discreet(&self, caller: &Caller, model: &str, fault: Fault) -> Fault {
        let code = fault.code.as_deref().unwrap_or_default();
        if TOLD_TO_ALL.contains(&code) || manages_models(self, caller) {
            return fault;
        }
        let message = format!(
            "the model `{model}` cannot be used\nhint: whoever manages the models of this house is told why"
        );
        Fault { message, ..fault }
    }

    /// Whether the caller may ask that model, and has tokens left.
    pub(crate) async fn admit(&self, caller: &Caller, model: &str) -> Result<Admission> {
        let _permit = self.gate.permit(caller, infer(model)).await?;
        Ok(self.gate.admit(caller, 0).await?)
    }

    fn local_time(&self, at: Option<u64>) -> models::chat::Moment {
        let seconds = at.unwrap_or_else(|| self.now());
        models::chat::Moment::from_local_seconds(seconds.cast_signed())
    }
}

/// Faults of models that are everybody's to know, and name no file.
const TOLD_TO_ALL: [&str; 4] = [
    "busy",
    "engine_stopped",
    "model_not_found",
    "not_enough_memory",
];

fn infer(model: &str) -> Infer {
    Infer {
        model: model.to_owned(),
    }
}

/// A text to go on with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Continued {
    pub prompt: Prompt,
    pub wishes: Wishes,
    pub seed: Option<u64>,
    pub choices: u32,
    pub max_tokens: Option<usize>,
    pub stop: Vec<String>,
    pub logprobs: Option<usize>,
    pub constraint: Option<Constraint>,
}

/// Text, or its tokens.
#[derive(Debug, Clone)]
pub(crate) enum Prompt {
    Text(String),
    Tokens(Vec<u32>),
}

impl Default for Prompt {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// Templates and grammars take their time, which no other request should wait for.
async fn begin<T: Send + 'static>(
    speaker: Arc<Speaker>,
    work: impl FnOnce(&Speaker) -> Result<T> + Send + 'static,
) -> Result<T> {
    if speaker.is_quick() {
        return work(&speaker);
    }
    let done = tokio::task::spawn_blocking(move || work(&speaker)).await;
    done.unwrap_or_else(|error| Err(Fault::broken(format!("the request broke: {error}"))))
}
