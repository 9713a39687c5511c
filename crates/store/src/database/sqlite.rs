//! SQLite: one connection that writes for everybody, several that read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::connection::Connection;
use super::reserve::{Reserve, or_full};
use super::{BoxFuture, Durability, failure, schema};
use crate::{Error, Options, Result};

/// Callers who may share a transaction.
const BATCH_MAX: usize = 256;

/// Callers who may wait for one; more wait to be let in.
const QUEUE_MAX: usize = 1024;

/// An SQLite file that is open.
#[derive(Debug)]
pub(crate) struct Sqlite {
    queue: Mutex<Option<mpsc::Sender<Work>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    readers: SqlitePool,
    options: SqliteConnectOptions,
    reserve: Arc<Reserve>,
}

/// How long one waits for others who write.
const PATIENCE: Duration = Duration::from_secs(5);

/// Does its work with the connection, or takes note that there will be none.
type Deed = Box<dyn for<'c> FnOnce(Result<&'c mut Connection>) -> BoxFuture<'c, Done> + Send>;

/// What is to be done, and when it counts as done.
struct Work {
    durability: Durability,
    deed: Deed,
}

/// What became of the work, and how its caller is told what became of the transaction.
struct Done {
    result: Result<()>,
    tell: Box<dyn FnOnce(Result<()>) + Send>,
}

impl Sqlite {
    pub async fn open(path: &Path, options: &Options) -> Result<Self> {
        let writing = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE)
            // What is erased is not left in the file for others to find.
            .pragma("secure_delete", "FAST")
            .disable_statement_logging();
        let reserve = Arc::new(Reserve::take(&options.data, options.reserve_bytes));
        let file = Writer::open(path.to_owned(), writing.clone(), Arc::clone(&reserve));
        let mut writer = file.await?;
        let connection = writer
            .connection
            .as_mut()
            .expect("it was opened a line ago");
        connection.script("BEGIN IMMEDIATE").await?;
        let migrated = schema::migrate(connection).await;
        let ended = if migrated.is_ok() {
            "COMMIT"
        } else {
            "ROLLBACK"
        };
        connection.script(ended).await?;
        migrated?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .connect_lazy_with(
                writing
                    .clone()
                    .create_if_missing(false)
                    .pragma("query_only", "ON"),
            );
        let (queue, works) = mpsc::channel(QUEUE_MAX);
        let writer = tokio::spawn(writer.serve(works));
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            writer: Mutex::new(Some(writer)),
            readers,
            options: writing,
            reserve,
        })
    }

    /// That there is room for more than what must be written: on the disk, or in the file itself.
    pub async fn room(&self) -> Result<()> {
        if let Some(has_room) = self.reserve.has_room() {
            return or_full(has_room);
        }
        let reserve = Arc::clone(&self.reserve);
        let taken = tokio::task::spawn_blocking(move || reserve.retake()).await;
        if taken.unwrap_or(false) {
            return Ok(());
        }
        let mut connection = self.reader().await?;
        let free =
            "SELECT freelist_count * page_size FROM pragma_freelist_count(), pragma_page_size()";
        let row = connection.row(free, Vec::new()).await?;
        let free = row.map(|mut row| row.uint()).transpose()?.unwrap_or(0);
        let has_room = free >= self.reserve.bytes();
        self.reserve.note(has_room);
        or_full(has_room)
    }

    pub async fn reader(&self) -> Result<Connection> {
        let connection = self.readers.acquire().await;
        connection
            .map(Connection::SqlitePooled)
            .map_err(|error| failure::of(&error))
    }

    pub async fn write<T, F>(&self, durability: Durability, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let closed = || Error::unavailable("it was closed");
        let (sender, receiver) = oneshot::channel();
        let deed: Deed = Box::new(move |connection| {
            Box::pin(async move {
                let worked = match connection {
                    Ok(connection) => work(connection).await,
                    Err(error) => Err(error),
                };
                // Nobody may listen any more, which is no reason to undo it.
                match worked {
                    Ok(value) => Done {
                        result: Ok(()),
                        tell: Box::new(move |ended| {
                            let _ = sender.send(ended.map(|()| value));
                        }),
                    },
                    Err(error) => Done {
                        result: Err(error.clone()),
                        tell: Box::new(move |_| {
                            let _ = sender.send(Err(error));
                        }),
                    },
                }
            })
        });
        let queue = {
            let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.clone().ok_or_else(closed)?
        };
        let work = Work { durability, deed };
        queue.send(work).await.map_err(|_| closed())?;
        receiver.await.map_err(|_| closed())?
    }

    /// Moves what is in the log into the file, and empties it.
    pub async fn checkpoint(&self) -> Result<()> {
        let connection = self
            .options
            .connect()
            .await
            .map_err(|error| failure::of(&error))?;
        let mut connection = Connection::Sqlite(connection);
        connection.script("PRAGMA wal_checkpoint(TRUNCATE)").await
    }

    pub async fn close(&self) {
        // Whoever closes last moves what is in the log into the file, and readers may not write.
        self.readers.close().await;
        let queue = self
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(queue);
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            let _ = writer.await;
        }
    }
}

/// Whoever writes. The connection is made anew after a failure that nobody can tell the extent of.
struct Writer {
    path: PathBuf,
    options: SqliteConnectOptions,
    connection: Option<Connection>,
    /// What the connection waits for when it commits.
    durability: Durability,
    reserve: Arc<Reserve>,
}

impl Writer {
    async fn open(
        path: PathBuf,
        options: SqliteConnectOptions,
        reserve: Arc<Reserve>,
    ) -> Result<Self> {
        let mut writer = Self {
            path,
            options,
            connection: None,
            durability: Durability::Disk,
            reserve,
        };
        writer.connect().await?;
        Ok(writer)
    }

    async fn connect(&mut self) -> Result<&mut Connection> {
        if self.connection.is_none() {
            let opened = connect_patiently(&self.options).await;
            let opened = opened.map_err(|error| match failure::of(&error) {
                Error::Damaged { reason, .. } => {
                    Error::damaged(format!("the database `{}`", self.path.display()), reason)
                }
                Error::Unavailable { reason } => {
                    Error::unavailable(format!("`{}`: {reason}", self.path.display()))
                }
                other => other,
            })?;
            self.connection = Some(Connection::Sqlite(opened));
            self.durability = Durability::Disk;
        }
        Ok(self.connection.as_mut().expect("it is open by now"))
    }

    async fn serve(mut self, mut works: mpsc::Receiver<Work>) {
        let mut batch = Vec::new();
        while works.recv_many(&mut batch, BATCH_MAX).await > 0 {
            self.transact(std::mem::take(&mut batch)).await;
        }
        if let Some(Connection::Sqlite(connection)) = self.connection {
            let _ = connection.close().await;
        }
    }

    /// Does all of `batch` in one transaction. Work that is refused leaves no trace in it.
    async fn transact(&mut self, batch: Vec<Work>) {
        let is_shared = batch.len() > 1;
        let lazy = |work: &Work| work.durability == Durability::Process;
        let durability = match batch.iter().all(lazy) {
            true => Durability::Process,
            false => Durability::Disk,
        };
        let mut lost = self.begin(durability).await.err();
        let mut waiting = Vec::new();
        for work in batch {
            let connection = match (&lost, &mut self.connection) {
                (None, Some(connection)) => connection,
                (error, _) => {
                    let error = error
                        .clone()
                        .unwrap_or_else(|| Error::unavailable("it was closed"));
                    let done = (work.deed)(Err(error)).await;
                    (done.tell)(done.result);
                    continue;
                }
            };
            if is_shared && let Err(error) = connection.script("SAVEPOINT one").await {
                lost = Some(error.clone());
                let done = (work.deed)(Err(error)).await;
                (done.tell)(done.result);
                continue;
            }
            let done = (work.deed)(Ok(&mut *connection)).await;
            let ended = match &done.result {
                Err(error) if error.is_fatal() => Err(error.clone()),
                Err(_) if is_shared => connection.script("ROLLBACK TO one; RELEASE one").await,
                Ok(()) if is_shared => connection.script("RELEASE one").await,
                _ => Ok(()),
            };
            if let Err(error) = ended {
                lost = Some(error);
            }
            // Alone, a refusal is the whole transaction.
            waiting.push(done);
        }
        let refused = !is_shared && waiting.iter().any(|done| done.result.is_err());
        let outcome = self.end(lost, refused).await;
        if matches!(outcome, Err(Error::Full { .. })) {
            self.reserve.give();
        }
        for done in waiting {
            (done.tell)(outcome.clone());
        }
    }

    /// Begins a transaction whose end is waited for as long as `durability` says. Of all in it, the one that
    /// wants most decides; and what reaches the disk takes with it all that was committed before.
    async fn begin(&mut self, durability: Durability) -> Result<()> {
        self.connect().await?;
        let is_other = self.durability != durability;
        let connection = self.connect().await?;
        if is_other {
            connection
                .script(match durability {
                    Durability::Process => "PRAGMA synchronous = NORMAL",
                    Durability::Disk => "PRAGMA synchronous = FULL",
                })
                .await?;
        }
        connection.script("BEGIN IMMEDIATE").await?;
        self.durability = durability;
        Ok(())
    }

    /// Commits, unless the transaction is `lost` or was `refused`.
    async fn end(&mut self, lost: Option<Error>, refused: bool) -> Result<()> {
        let Some(connection) = &mut self.connection else {
            return Err(lost.unwrap_or_else(|| Error::unavailable("it was closed")));
        };
        let outcome = match lost {
            None if refused => connection.script("ROLLBACK").await,
            None => connection.script("COMMIT").await,
            Some(error) => Err(error),
        };
        if let Err(error) = &outcome {
            tracing::warn!(%error, "a transaction was lost");
            // Whatever state it is in, a new one is in none.
            let _ = connection.script("ROLLBACK").await;
            self.connection = None;
        }
        outcome
    }
}

/// Connects, however many do at once. Whoever turns the log on while another does is refused at once by SQLite, which
/// lets nobody wait there lest two wait for each other.
async fn connect_patiently(options: &SqliteConnectOptions) -> sqlx::Result<SqliteConnection> {
    let end = Instant::now() + PATIENCE;
    loop {
        match options.connect().await {
            Err(error) if failure::is_busy(&error) && Instant::now() < end => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            opened => return opened,
        }
    }
}
