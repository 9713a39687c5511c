//! Everything that belongs to a person, in a folder that anybody can read.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::blobs::blocking;
use crate::{Cursor, Error, JobList, List, Order, Result, Store};

/// How many documents are read at once.
const PAGE: u32 = 100;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Documents, with their items and events.
    pub objects: u64,
    /// Jobs.
    pub jobs: u64,
    /// Files.
    pub blobs: u64,
}

impl Store {
    /// Writes everything that belongs to the person `owner` into the new folder `folder`, unsealed: `user.json`,
    /// `objects.jsonl`, `jobs.jsonl` and a file a blob in `blobs`, named by its SHA-256.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is nobody and nothing of that id, [`Error::File`] where the folder is there
    /// already or cannot be written.
    pub async fn export(&self, owner: &str, folder: &Path) -> Result<Exported> {
        if self.keyring().key(self.database(), owner).await.is_err() {
            self.identity().user(owner).await?;
        }
        let blobs = folder.join("blobs");
        fs::create_dir(folder).map_err(|error| Error::file("make", folder, &error))?;
        fs::create_dir(&blobs).map_err(|error| Error::file("make", &blobs, &error))?;
        let user = self.user(owner).await?;
        let text =
            serde_json::to_vec_pretty(&user).map_err(|error| Error::refusal(error.to_string()))?;
        let path = folder.join("user.json");
        fs::write(&path, text).map_err(|error| Error::file("write", &path, &error))?;
        Ok(Exported {
            objects: self
                .export_objects(owner, folder.join("objects.jsonl"))
                .await?,
            jobs: self.export_jobs(owner, folder.join("jobs.jsonl")).await?,
            blobs: self.export_blobs(owner, &blobs).await?,
        })
    }

    async fn user(&self, owner: &str) -> Result<Json> {
        let identity = self.identity();
        let user = match identity.user(owner).await {
            Err(Error::NotFound { .. }) => return Ok(json!({"id": owner})),
            other => other?,
        };
        let key = |key: crate::ApiKey| json!({"id": key.id, "name": key.name, "prefix": key.prefix, "scopes": key.scopes});
        let member =
            |member: crate::Member| json!({"project": member.project, "role": member.role});
        let keys: Vec<Json> = identity
            .keys(Some(owner))
            .await?
            .into_iter()
            .map(key)
            .collect();
        let projects: Vec<Json> = identity
            .memberships(owner)
            .await?
            .into_iter()
            .map(member)
            .collect();
        Ok(json!({
            "id": user.id, "name": user.name, "display_name": user.display_name, "role": user.role, "created_at": user.created_at.as_millis(),
            "keys": keys, "projects": projects,
        }))
    }

    async fn export_objects(&self, owner: &str, path: PathBuf) -> Result<u64> {
        let mut lines = Lines::create(path)?;
        let mut list = List {
            owner: Some(owner.to_owned()),
            limit: PAGE,
            ..List::default()
        };
        loop {
            let page = self.objects().list(&list).await?;
            for object in page.data {
                let items = self.all_items(&object.id).await?;
                let events = self.all_events(&object.id).await?;
                let blobs = self.blobs().of_object(&object.id).await?;
                let blobs: Vec<String> = blobs.into_iter().map(|blob| blob.sha256).collect();
                list.cursor = Cursor::After(object.id.clone());
                lines.write(&json!({
                    "id": object.id, "kind": object.kind, "project": object.project, "parent": object.parent,
                    "created_at": object.created_at.as_millis(), "version": object.version, "state": object.state,
                    "metadata": object.metadata, "body": object.body, "items": items, "events": events,
                    "blobs": blobs,
                }))?;
            }
            if !page.has_more {
                return lines.finish();
            }
        }
    }

    async fn all_items(&self, object: &str) -> Result<Vec<Json>> {
        let (mut all, mut cursor) = (Vec::new(), Cursor::Start);
        loop {
            let page = self
                .objects()
                .items(object, &cursor, Order::Ascending, PAGE)
                .await?;
            if let Some(last) = page.data.last() {
                cursor = Cursor::After(last.id.clone());
            }
            all.extend(
                page.data
                    .into_iter()
                    .map(|item| json!({"id": item.id, "body": item.body})),
            );
            if !page.has_more {
                return Ok(all);
            }
        }
    }

    async fn all_events(&self, object: &str) -> Result<Vec<Json>> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.objects().events_after(object, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(all);
            };
            after = Some(last.sequence);
            all.extend(page.into_iter().map(|event| event.body));
        }
    }

    async fn export_jobs(&self, owner: &str, path: PathBuf) -> Result<u64> {
        let mut lines = Lines::create(path)?;
        let mut list = JobList {
            owner: Some(owner.to_owned()),
            limit: PAGE,
            ..JobList::default()
        };
        loop {
            let page = self.jobs().list(&list).await?;
            let Some(last) = page.last() else {
                return lines.finish();
            };
            list.after = Some(last.id.clone());
            for job in page {
                let steps = self.jobs().steps(&job.id).await?;
                lines.write(&json!({
                    "id": job.id, "kind": job.kind, "state": job.state.word(),
                    "created_at": job.created_at.as_millis(), "payload": job.payload, "result": job.result,
                    "steps": steps,
                }))?;
            }
        }
    }

    async fn export_blobs(&self, owner: &str, folder: &Path) -> Result<u64> {
        let mut count = 0;
        for blob in self.blobs().of_owner(owner).await? {
            let path = folder.join(&blob.sha256);
            let failed = |error| Error::file("write", &path, &error);
            let mut file = File::create(&path).map_err(failed)?;
            let mut reader = self.blobs().open(owner, &blob.sha256, None).await?;
            while let Some(part) = reader.next().await? {
                file = blocking(move || {
                    let written = file.write_all(&part);
                    written.map_err(|error| Error::file("write", Path::new("a blob"), &error))?;
                    Ok(file)
                })
                .await?;
            }
            count += 1;
        }
        Ok(count)
    }
}

/// A file of JSON, a value a line.
struct Lines {
    file: File,
    path: PathBuf,
    count: u64,
}

impl Lines {
    fn create(path: PathBuf) -> Result<Self> {
        let file = File::create(&path).map_err(|error| Error::file("write", &path, &error))?;
        let count = 0;
        Ok(Self { file, path, count })
    }

    fn write(&mut self, line: &Json) -> Result<()> {
        self.count += 1;
        let written = writeln!(self.file, "{line}");
        written.map_err(|error| Error::file("write", &self.path, &error))
    }

    fn finish(self) -> Result<u64> {
        let synced = self.file.sync_all();
        synced.map_err(|error| Error::file("write", &self.path, &error))?;
        Ok(self.count)
    }
}
