//! Appends lines, many in one transaction, and signs where they end.

use std::time::Duration;

use ed25519_dalek::SigningKey;
use store::{AuditLine, Store, Timestamp};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};

use super::{
    anchor::Anchor,
    chain::{Hash, Head, Line, Record},
    checkpoint::Checkpoint,
};
use crate::{
    clock::Clock,
    error::{Error, Result},
    secret,
};

/// Lines that may share a transaction.
const BATCH_MAX: usize = 512;

/// Callers that may wait to be written; more wait to be let in.
const QUEUE_MAX: usize = 8192;

/// A checkpoint is made at the latest so long after a line.
const SIGNED_EVERY: Duration = Duration::from_secs(10);

/// And behind so many lines.
const SIGNED_LINES: u64 = 4096;

/// Another process may append, too; so often one looks where the log ends now.
const RACES_MAX: u32 = 100;

/// The name under which the store keeps the signing key.
const KEY_NAME: &str = "audit";

/// When a line counts as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// When it survives the end of this process; a power cut may take the last moments.
    Process,
    /// When it survives a power cut.
    Disk,
}

enum Order {
    Append {
        record: Record,
        durability: Durability,
        told: oneshot::Sender<Result<u64>>,
    },
    Sign {
        told: oneshot::Sender<Result<()>>,
    },
}

/// A door to the task that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    /// The public key that checks the checkpoints.
    pub key: [u8; 32],
}

impl Writer {
    /// Begins to write where the log ends.
    pub async fn start(store: Store, anchor: Anchor, clock: Clock) -> Result<Self> {
        let key = signing_key(&store).await?;
        let public = key.verifying_key().to_bytes();
        let (orders, receiver) = mpsc::channel(QUEUE_MAX);
        let mut writing = Writing {
            signed_to: store
                .audit()
                .last_checkpoint()
                .await?
                .map_or(0, |checkpoint| checkpoint.sequence),
            store,
            anchor,
            clock,
            key,
            head: None,
        };
        writing.head().await?;
        writing.compare_with_anchor().await?;
        let task = tokio::spawn(writing.serve(receiver));
        Ok(Self {
            orders,
            task: tokio::sync::Mutex::new(Some(task)),
            key: public,
        })
    }

    /// Writes `record`, and returns its number once it is written.
    pub async fn append(&self, record: Record, durability: Durability) -> Result<u64> {
        let (told, answer) = oneshot::channel();
        let order = Order::Append {
            record,
            durability,
            told,
        };
        self.orders.send(order).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Signs where the log ends.
    pub async fn sign(&self) -> Result<()> {
        let (told, answer) = oneshot::channel();
        let order = Order::Sign { told };
        self.orders.send(order).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Signs, and writes nothing more.
    pub async fn close(&self) -> Result<()> {
        let signed = self.sign().await;
        if let Some(task) = self.task.lock().await.take() {
            task.abort();
        }
        signed
    }
}

fn closed() -> Error {
    Error::failed("audit_closed", "the log takes no more lines: it was closed")
}

/// The key that signs, made at the first start.
async fn signing_key(store: &Store) -> Result<SigningKey> {
    if let Some(seed) = store.secret(KEY_NAME).await? {
        let seed = zeroize::Zeroizing::new(seed);
        let seed: [u8; 32] = seed.as_slice().try_into().map_err(|_| {
            Error::failed("audit_key_damaged", "the key that signs the log is damaged")
                .hint("restore the last backup with `freehold restore`")
        })?;
        return Ok(SigningKey::from_bytes(&seed));
    }
    let seed = zeroize::Zeroizing::new(secret::random::<32>());
    store.keep_secret(KEY_NAME, seed.as_slice()).await?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The public key that checks the checkpoints of `store`, if one was made.
pub(crate) async fn public_key(store: &Store) -> Result<Option<[u8; 32]>> {
    if store.secret(KEY_NAME).await?.is_none() {
        return Ok(None);
    }
    let key = signing_key(store).await?;
    Ok(Some(key.verifying_key().to_bytes()))
}

struct Writing {
    store: Store,
    anchor: Anchor,
    clock: Clock,
    key: SigningKey,
    /// Where the log ends; `None` when that must be looked up.
    head: Option<Head>,
    signed_to: u64,
}

impl Writing {
    async fn serve(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        let mut sign_at: Option<Instant> = None;
        loop {
            let received = match sign_at {
                None => orders.recv_many(&mut batch, BATCH_MAX).await,
                Some(at) => {
                    let receive = orders.recv_many(&mut batch, BATCH_MAX);
                    match tokio::time::timeout_at(at, receive).await {
                        Ok(received) => received,
                        Err(_) => {
                            self.sign_or_warn().await;
                            sign_at = None;
                            continue;
                        }
                    }
                }
            };
            if received == 0 {
                return self.sign_or_warn().await;
            }
            self.obey(std::mem::take(&mut batch)).await;
            let unsigned = self
                .head
                .map_or(0, |head| head.sequence.saturating_sub(self.signed_to));
            if unsigned >= SIGNED_LINES {
                self.sign_or_warn().await;
            }
            sign_at = match unsigned {
                0 => None,
                _ => sign_at.or_else(|| Some(Instant::now() + SIGNED_EVERY)),
            };
        }
    }

    async fn obey(&mut self, batch: Vec<Order>) {
        let mut durability = Durability::Process;
        let mut records = Vec::with_capacity(batch.len());
        let mut waiting = Vec::with_capacity(batch.len());
        let mut signing = Vec::new();
        for order in batch {
            match order {
                Order::Append {
                    record,
                    durability: wanted,
                    told,
                } => {
                    if wanted == Durability::Disk {
                        durability = wanted;
                    }
                    records.push(record);
                    waiting.push(told);
                }
                Order::Sign { told } => signing.push(told),
            }
        }
        if !records.is_empty() {
            // Whoever does not listen any more has a line all the same.
            match self.append(&records, durability).await {
                Ok(first) => {
                    for (sequence, told) in (first..).zip(waiting) {
                        let _ = told.send(Ok(sequence));
                    }
                }
                Err(error) => {
                    for told in waiting {
                        let _ = told.send(Err(Error::Store(error.clone())));
                    }
                }
            }
        }
        for told in signing {
            let _ = told.send(self.sign().await);
        }
    }

    /// Appends `records` in one transaction, and returns the number of the first.
    async fn append(
        &mut self,
        records: &[Record],
        durability: Durability,
    ) -> Result<u64, store::Error> {
        let mut races = 0;
        let mut is_second = false;
        loop {
            let head = self.head().await?;
            let mut end = head;
            let lines = records.iter().map(|record| {
                let line = end.extend(record);
                kept(line, record.at)
            });
            let lines = lines.collect();
            // Until it is known how this ends, nobody knows where the log does.
            self.head = None;
            let durability = match durability {
                Durability::Process => store::Durability::Process,
                Durability::Disk => store::Durability::Disk,
            };
            match self.store.audit().append(lines, durability).await {
                Ok(()) => {
                    self.head = Some(end);
                    return Ok(head.sequence + 1);
                }
                Err(store::Error::Version { .. }) if races < RACES_MAX => races += 1,
                // On a full disk the store gives up what it has in reserve.
                Err(store::Error::Full { .. }) if !is_second => is_second = true,
                Err(error) => return Err(error),
            }
        }
    }

    async fn head(&mut self) -> Result<Head, store::Error> {
        if let Some(head) = self.head {
            return Ok(head);
        }
        let last = self.store.audit().last().await?;
        let head = last.map_or(Head::START, |line| Head {
            sequence: line.sequence,
            hash: Hash(line.hash),
        });
        self.head = Some(head);
        Ok(head)
    }

    async fn sign_or_warn(&mut self) {
        if let Err(error) = self.sign().await {
            tracing::warn!(%error, "the end of the log could not be signed");
        }
    }

    /// Signs where the log ends, and keeps that apart from the log as well.
    async fn sign(&mut self) -> Result<()> {
        let head = self.head().await?;
        if head.sequence <= self.signed_to {
            return Ok(());
        }
        let at = self.clock.now();
        let checkpoint = Checkpoint::sign(head, at.as_millis(), &self.key);
        match self
            .store
            .audit()
            .add_checkpoint(&of_store(&checkpoint))
            .await
        {
            // Another process may have signed the same end.
            Ok(()) | Err(store::Error::Taken { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        self.signed_to = head.sequence;
        let anchor = self.anchor.clone();
        let replaced = tokio::task::spawn_blocking(move || anchor.replace(&checkpoint)).await;
        replaced.map_err(|error| Error::failed("internal", error.to_string()))?
    }

    /// Holds the end of the log against the anchor. A log that is shorter than it was, or another, is told in
    /// the log itself, and the anchor set aside.
    async fn compare_with_anchor(&mut self) -> Result<()> {
        let Some(known) = self.anchor.read()? else {
            return Ok(());
        };
        let sequence = known.head.sequence;
        let audit = self.store.audit();
        let line = audit.page(sequence.saturating_sub(1), 1).await?;
        let is_there = line
            .first()
            .is_some_and(|line| line.sequence == sequence && Hash(line.hash) == known.head.hash);
        if is_there {
            return Ok(());
        }
        let aside = self.anchor.set_aside(sequence)?;
        tracing::error!(aside = %aside.display(), sequence, "the log is not the one that was signed");
        let record = Record {
            at: self.clock.now().as_millis(),
            by: "house".to_owned(),
            via: "house".to_owned(),
            action: "log_differs_from_anchor".to_owned(),
            on: vec![
                ("hash".to_owned(), known.head.hash.to_string()),
                ("line".to_owned(), sequence.to_string()),
            ],
            allowed: false,
            because: Vec::new(),
        };
        self.append(&[record], Durability::Disk).await?;
        Ok(())
    }
}

fn kept(line: Line, at: i64) -> AuditLine {
    AuditLine {
        sequence: line.sequence,
        at: Timestamp::from_millis(at),
        hash: line.hash.0,
        line: line.text,
    }
}

/// The checkpoint as the store keeps it: key and signature side by side.
fn of_store(checkpoint: &Checkpoint) -> store::Checkpoint {
    store::Checkpoint {
        sequence: checkpoint.head.sequence,
        at: Timestamp::from_millis(checkpoint.at),
        hash: checkpoint.head.hash.0,
        signature: [&checkpoint.key[..], &checkpoint.signature[..]].concat(),
    }
}

/// The checkpoint that the store kept. One whose signature has another length comes out with one of zeros,
/// which nobody made.
pub(crate) fn of_kept(kept: &store::Checkpoint) -> Checkpoint {
    let part = |from: usize, to: usize| kept.signature.get(from..to).unwrap_or_default();
    let is_whole = kept.signature.len() == 96;
    Checkpoint {
        head: Head {
            sequence: kept.sequence,
            hash: Hash(kept.hash),
        },
        at: kept.at.as_millis(),
        key: part(0, 32).try_into().unwrap_or([0; 32]),
        signature: match is_whole {
            true => part(32, 96).try_into().unwrap_or([0; 64]),
            false => [0; 64],
        },
    }
}
