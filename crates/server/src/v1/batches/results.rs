//! The files that a batch leaves behind.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use store::{Object, Result};

use super::ask::result;
use super::input::{Lines, read};
use super::progress::{Progress, is_good, item_id};
use super::run::{End, Run};
use crate::pipe::{Sender, pipe};
use crate::v1::files::File;

/// Their ids, where there was anything to write.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub output: Option<String>,
    pub error: Option<String>,
}

/// Bytes that are gathered before they are sent on.
const GATHERED: usize = 64 << 10;

/// Writes both files, in the order of the requests. Written again, they are the same.
pub(super) async fn write(
    run: &Run,
    batch: &Object,
    progress: &Progress,
    end: End,
) -> Result<Files> {
    let blobs = run.app().store().blobs();
    let now = run.app().timestamp();
    let (output, output_reader) = pipe();
    let (error, error_reader) = pipe();
    let (sent, output, error) = tokio::join!(
        send(run, batch, progress, end, [output, error]),
        blobs.put(&batch.owner, output_reader, u64::MAX, now),
        blobs.put(&batch.owner, error_reader, u64::MAX, now),
    );
    sent?;
    let mut ids = [None, None];
    for (id, (kind, blob)) in ids.iter_mut().zip([("output", output?), ("error", error?)]) {
        if blob.bytes == 0 {
            continue;
        }
        let kept_for = batch.body["output_kept_for"]
            .as_u64()
            .map(Duration::from_secs);
        let file = File {
            id: batch.body[kind].as_str().unwrap_or_default().to_owned(),
            name: format!("{}_{kind}.jsonl", batch.id),
            purpose: "batch_output".to_owned(),
            expires_at: kept_for.map(|length| now.after(length)),
            ..File::new(&batch.owner, batch.project.as_deref(), blob, now)
        };
        let sha256 = file.sha256.clone();
        match run.objects().put_using(file.object(), vec![sha256]).await {
            // It was written before the server ended.
            Ok(_) | Err(store::Error::Taken { .. }) => *id = Some(file.id),
            Err(error) => return Err(error),
        }
    }
    let [output, error] = ids;
    Ok(Files { output, error })
}

async fn send(
    run: &Run,
    batch: &Object,
    progress: &Progress,
    end: End,
    [output, error]: [Sender; 2],
) -> Result<()> {
    let (mut output, mut error) = (Gathering::new(output), Gathering::new(error));
    let mut lines = run.lines(batch).await?;
    while let Some((number, line)) = lines.next().await? {
        let result = match progress.has(number) {
            true => {
                run.objects()
                    .item(&run.results(), &item_id(number))
                    .await?
                    .body
            }
            false => match unanswered(&line, batch, end) {
                Some(result) => result,
                None => continue,
            },
        };
        let goes_on = match is_good(&result) {
            true => output.add(&result).await,
            false => error.add(&result).await,
        };
        if !goes_on {
            // The store gave up, and says why.
            return Ok(());
        }
    }
    output.end().await;
    error.end().await;
    Ok(())
}

/// What is said of a request that was not answered.
fn unanswered(line: &[u8], batch: &Object, end: End) -> Option<Value> {
    let error = match end {
        End::Done => return None,
        End::Cancelled => json!({
            "code": "batch_cancelled",
            "message": "This request was not executed, as the batch was cancelled.",
        }),
        End::Expired => json!({
            "code": "batch_expired",
            "message": "This request could not be executed before the completion window expired.",
        }),
    };
    let endpoint = batch.body["batch"]["endpoint"].as_str().unwrap_or_default();
    let line = read(line, endpoint).ok()?;
    Some(result(&line.custom_id, Value::Null, error))
}

/// Lines on their way to a file.
struct Gathering {
    sender: Sender,
    gathered: Vec<u8>,
}

impl Gathering {
    fn new(sender: Sender) -> Self {
        Self {
            sender,
            gathered: Vec::new(),
        }
    }

    /// Adds a line; whether anybody reads still.
    async fn add(&mut self, line: &Value) -> bool {
        serde_json::to_writer(&mut self.gathered, line).expect("values are JSON");
        self.gathered.push(b'\n');
        self.gathered.len() < GATHERED || self.flush().await
    }

    async fn flush(&mut self) -> bool {
        let bytes = std::mem::take(&mut self.gathered);
        self.sender.send(Bytes::from(bytes)).await
    }

    async fn end(mut self) {
        self.flush().await;
        self.sender.end().await;
    }
}

impl Run {
    /// The requests of the batch.
    pub(super) async fn lines(&self, batch: &Object) -> Result<Lines> {
        let sha256 = batch.body["input"].as_str().unwrap_or_default();
        Lines::open(self.app(), &batch.owner, sha256).await
    }
}
