//! Vocabulary, tokens and the network to begin with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tensor::files::Checkpoint;

use super::{Event, Run, Tell};
use crate::begin::{FilmRecipe, WORDS, grow_film, refine_film};
use crate::corpus::{Account, Corpus, Text};
use crate::error::{Error, Result, write_whole};
use crate::recipe::{Format, ModelRecipe, Stage, TokenizerRecipe};
use crate::shards::ShardWriter;
use crate::tasks::TaskWriter;
use crate::vocabulary::{Encoder, make_vocabulary};

/// What stages find ready.
pub(super) struct Prepared {
    /// The checkpoint to begin with.
    pub begin: PathBuf,
    /// The sum of the vocabulary's file.
    pub vocabulary: String,
    /// Tokens that the network has rows for.
    pub tokens_below: u32,
    /// The shards of each source.
    pub shards: BTreeMap<String, Vec<PathBuf>>,
}

/// What `data.json` says.
#[derive(Serialize, Deserialize)]
struct Ledger {
    /// Of the recipe's words for the data, and of what files there were.
    fingerprint: String,
    vocabulary: String,
    accounts: Vec<Account>,
    shards: BTreeMap<String, Vec<PathBuf>>,
}

impl Run {
    /// Of several ranks the first prepares, and the others find what it made.
    pub(super) fn prepare_together(&self, tell: Tell<'_>) -> Result<Prepared> {
        if self.team.is_first() {
            return self.team.agree(self.prepare(tell));
        }
        self.team.agree(Ok(()))?;
        self.prepare(tell)
    }

    fn prepare(&self, tell: Tell<'_>) -> Result<Prepared> {
        let begin = self.out.join("begin");
        let data = self.out.join("data");
        let ledger_path = data.join("data.json");
        let fingerprint = self.fingerprint()?;
        let begin = self.given().unwrap_or(begin);
        if let Some(ledger) = ledger(&ledger_path)? {
            if ledger.fingerprint != fingerprint {
                return Err(Error::Data {
                    path: ledger_path,
                    reason: "the data, or what the recipe says of it, is no longer what this run began with"
                        .to_owned(),
                    hint: "give the recipe another `name`, or delete the folder of the run to begin anew",
                });
            }
            let in_folder =
                |paths: Vec<PathBuf>| paths.iter().map(|path| data.join(path)).collect();
            let shards = ledger.shards.into_iter();
            return Ok(Prepared {
                tokens_below: rows_of(&begin)?,
                begin,
                vocabulary: ledger.vocabulary,
                shards: shards
                    .map(|(name, paths)| (name, in_folder(paths)))
                    .collect(),
            });
        }
        if let ModelRecipe::Film(film) = &self.recipe.model {
            film.shape(usize::from(u8::MAX)).check()?;
        }
        for folder in [&data, &self.out.join("begin")] {
            std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        }
        if let (ModelRecipe::Shape(shape), Some(recipe)) =
            (&self.recipe.model, &self.recipe.tokenizer)
        {
            self.vocabulary(&begin, recipe, tell)?;
            crate::begin::begin(&begin, shape, recipe.vocab_size, self.recipe.seed)?;
        }
        let mut ledger = match &self.recipe.model {
            ModelRecipe::Film(film) => self.films(&begin, film)?,
            _ => self.tokens(&begin, &data, tell)?,
        };
        ledger.fingerprint = fingerprint;
        let text = serde_json::to_string_pretty(&ledger).expect("a ledger is plain") + "\n";
        write_whole(&ledger_path, text.as_bytes())?;
        let in_folder = |paths: &Vec<PathBuf>| paths.iter().map(|path| data.join(path)).collect();
        let shards = ledger.shards.iter();
        Ok(Prepared {
            tokens_below: rows_of(&begin)?,
            begin,
            vocabulary: ledger.vocabulary,
            shards: shards
                .map(|(name, paths)| (name.clone(), in_folder(paths)))
                .collect(),
        })
    }

    /// Makes the vocabulary of texts that are learnt from.
    fn vocabulary(&self, folder: &Path, recipe: &TokenizerRecipe, tell: Tell<'_>) -> Result<()> {
        tell(Event::Preparing("the vocabulary"));
        let mut texts = Vec::new();
        let mut bytes = 0;
        let mut corpus = Corpus::new(&self.recipe);
        for source in self.recipe.data.iter().filter(|source| !source.held_out) {
            corpus.read(source, &mut |text| {
                if self.is_stopped() {
                    return Err(Error::Stopped { step: 0 });
                }
                if bytes < recipe.sample_bytes {
                    let words = text.words().into_owned();
                    bytes += words.len();
                    texts.push(words);
                }
                Ok(())
            })?;
        }
        let template = recipe.chat_template.as_ref().map(|path| {
            let path = self.recipe.path(path);
            std::fs::read_to_string(&path).map_err(Error::file(path))
        });
        let template = template.transpose()?;
        make_vocabulary(folder, recipe, template.as_deref(), texts.into_iter())
    }

    /// Writes the tokens of all sources.
    fn tokens(&self, begin: &Path, data: &Path, tell: Tell<'_>) -> Result<Ledger> {
        let encoder = Encoder::open(begin)?;
        let vocabulary = sum_of(&begin.join("tokenizer.json"))?;
        let mut ledger = Ledger {
            fingerprint: String::new(),
            vocabulary: vocabulary.clone(),
            accounts: Vec::new(),
            shards: BTreeMap::new(),
        };
        let mut corpus = Corpus::new(&self.recipe);
        for source in &self.recipe.data {
            tell(Event::Preparing(&source.name));
            let mut writer = ShardWriter::new(data, &source.name, &vocabulary);
            let mut tasks = TaskWriter::new(data, &source.name, &vocabulary);
            let mut account = corpus.read(source, &mut |text| {
                if self.is_stopped() {
                    return Err(Error::Stopped { step: 0 });
                }
                let encoded = encoder.encode(&text)?;
                match text {
                    Text::Task { answer, check, .. } => {
                        tasks.add(&encoded, answer, check);
                        Ok(())
                    }
                    _ => writer.add(&encoded),
                }
            })?;
            let (mut paths, tokens) = writer.finish()?;
            let (path, told) = tasks.finish()?;
            paths.extend(path);
            account.tokens = tokens + told;
            tell(Event::Read(&account));
            let names = paths
                .iter()
                .filter_map(|path| path.file_name())
                .map(PathBuf::from);
            ledger.shards.insert(source.name.clone(), names.collect());
            ledger.accounts.push(account);
        }
        Ok(ledger)
    }

    /// Begins a network that makes films; these are drawn while it learns.
    fn films(&self, begin: &Path, film: &FilmRecipe) -> Result<Ledger> {
        let words = self.films_drawn()?.words;
        crate::begin::begin_film(begin, film, &words, self.recipe.seed)?;
        let sources = self.recipe.data.iter();
        let accounts = sources.map(|source| Account {
            name: source.name.clone(),
            licence: source.licence.clone(),
            origin: source.origin.clone(),
            ..Account::default()
        });
        Ok(Ledger {
            fingerprint: String::new(),
            vocabulary: sum_of(&begin.join(WORDS))?,
            accounts: accounts.collect(),
            shards: BTreeMap::new(),
        })
    }

    /// Changes when the recipe says something else of the data, or a file of it changes.
    fn fingerprint(&self) -> Result<String> {
        let Self { recipe, .. } = self;
        let mut text = format!(
            "{:?}{:?}{:?}{:?}",
            recipe.data, recipe.clean, recipe.tokenizer, recipe.model
        );
        let read = recipe.data.iter();
        for source in read.filter(|source| source.format != Format::Films) {
            let root = recipe.path(&source.path);
            for path in crate::corpus::files(&root)? {
                let data = std::fs::metadata(&path).map_err(Error::file(&path))?;
                let changed = data
                    .modified()
                    .ok()
                    .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
                // The recipe may be called from elsewhere the next time: names from it on.
                let name = path.strip_prefix(&root).unwrap_or(&path);
                write!(text, "{name:?}{}{changed:?}", data.len()).expect("a text grows");
            }
        }
        Ok(hexadecimal(&Sha256::digest(text)))
    }
}

/// What the run in `out` has read; nothing when it has not yet.
pub(crate) fn ledger_of(out: &Path) -> Result<Option<Vec<Account>>> {
    let ledger = ledger(&out.join("data/data.json"))?;
    Ok(ledger.map(|ledger| ledger.accounts))
}

fn ledger(path: &Path) -> Result<Option<Ledger>> {
    match std::fs::read_to_string(path) {
        Ok(text) => match serde_json::from_str(&text) {
            Ok(ledger) => Ok(Some(ledger)),
            Err(error) => Err(Error::Data {
                path: path.to_owned(),
                reason: format!("it is damaged: {error}"),
                hint: "delete the folder of the run's `data`, and it is made anew",
            }),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(path)(error)),
    }
}

/// Rows of the embedding of the checkpoint in `folder`; a network without one reads no tokens of a vocabulary.
fn rows_of(folder: &Path) -> Result<u32> {
    let checkpoint = Checkpoint::open(folder)?;
    let mut names = checkpoint.names();
    let Some(name) = names.find(|name| name.ends_with("embed_tokens.weight")) else {
        return Ok(u32::MAX);
    };
    let rows = checkpoint.view(name)?.shape.first().copied();
    Ok(rows
        .and_then(|rows| rows.try_into().ok())
        .unwrap_or(u32::MAX))
}

fn sum_of(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(Error::file(path))?;
    Ok(hexadecimal(&Sha256::digest(bytes)))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The network that a stage with larger films begins with: in that folder, where it is written once.
pub(super) fn grown(
    run: &Run,
    before: &Path,
    (stage, times): (&Stage, [usize; 3]),
    folder: PathBuf,
) -> Result<PathBuf> {
    let (pool, seed) = (&run.options.pool, run.recipe.seed);
    let write = || match &stage.fine {
        Some(fine) => refine_film(before, (times, fine), &folder, (seed, pool)),
        None => grow_film(before, times, &folder, pool),
    };
    let made = match run.team.is_first() && !folder.join("config.json").is_file() {
        true => std::fs::create_dir_all(&folder)
            .map_err(Error::file(&folder))
            .and_then(|()| write()),
        false => Ok(()),
    };
    run.team.agree(made)?;
    Ok(folder)
}
