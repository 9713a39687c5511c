//! A file that appears whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use tempfile::NamedTempFile;

use crate::Error;

/// Bytes collected before they are handed to the system.
const BUFFER_BYTES: usize = 1 << 20;

/// A file under a temporary name beside its own. [`keep`](Self::keep) renames it; dropped before that,
/// it is removed.
#[derive(Debug)]
pub(super) struct NewFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    bytes: u64,
}

impl NewFile {
    /// A file of `bytes` bytes that will be called `path`. Where the file system can tell, what does
    /// not fit is refused here.
    pub(super) fn create(path: &Path, bytes: u64) -> Result<Self, Error> {
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let temporary = tempfile::Builder::new()
            .prefix(".")
            .suffix(".partial")
            // What the process's mask leaves of this, as for any new file.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .map_err(Error::io("create a file beside", path))?;
        let new = Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(BUFFER_BYTES, temporary),
            bytes,
        };
        if bytes > 0 {
            let reserved = rustix::fs::fallocate(new.handle(), FallocateFlags::KEEP_SIZE, 0, bytes);
            // Not every file system can reserve; then the first write that fails will tell.
            if let Err(full @ (Errno::NOSPC | Errno::FBIG | Errno::DQUOT)) = reserved {
                return Err(new.error(full.into()));
            }
        }
        Ok(new)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(bytes);
        written.map_err(|cause| self.error(cause))
    }

    /// Gives the file its name, once its bytes are safe.
    pub(super) fn keep(mut self) -> Result<(), Error> {
        let safe = self.file.flush().and_then(|()| self.handle().sync_all());
        safe.map_err(|cause| self.error(cause))?;
        let Self { path, file, .. } = self;
        let (temporary, _) = file.into_parts();
        temporary
            .persist(&path)
            .map_err(|failed| Error::io("rename a new file to", &path)(failed.error))?;
        // The name is safe once its folder is. Some file systems cannot say so of a folder.
        let folder = path.parent().filter(|parent| *parent != Path::new(""));
        if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    fn handle(&self) -> &File {
        self.file.get_ref().as_file()
    }

    fn error(&self, cause: io::Error) -> Error {
        match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Error::NoRoom {
                    path: self.path.clone(),
                    bytes: self.bytes,
                }
            }
            _ => Error::io("write", &self.path)(cause),
        }
    }
}
