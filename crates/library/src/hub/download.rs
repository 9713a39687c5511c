//! Brings the files of an offer here, several at a time, and goes on where it was stopped.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{PoisonError, mpsc};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::client::{Client, Trouble};
use super::{Fetched, Hub, Offer, Remote, odd_reply};
use crate::add::{check_room, no_room_or, unwritable};
use crate::collection::Library;
use crate::error::{Error, Result};
use crate::sha256::{hexadecimal, sha256_of};

/// Files that come at the same time.
const AT_ONCE: usize = 4;

/// Times that a file is tried anew without a byte having come in between.
const TRIES_MAX: u32 = 5;

/// The first pause before another try; it doubles.
const PAUSE: Duration = Duration::from_millis(250);

/// How often progress is told.
const TICK: Duration = Duration::from_millis(80);

const PIECE_BYTES: usize = 256 << 10;

impl Hub {
    /// Brings the files of `offer` to the library's place for downloads. `each` is told how many bytes are
    /// there by now; `stop` ends it. What has come is kept for the next time, unless the disk is full.
    ///
    /// # Errors
    /// When the hub cannot be reached any more, a file is not what its sum says, or there is no room.
    pub fn fetch(
        &self,
        offer: &Offer,
        library: &Library,
        stop: &AtomicBool,
        each: &mut dyn FnMut(u64),
    ) -> Result<Fetched> {
        let downloads = library.downloads();
        let folder = offer.staging(&downloads);
        fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
        let lock = lock(&folder, offer)?;
        library.forget_other_commits(&offer.name, &folder);
        fs::write(folder.join(".name"), offer.name.to_string())
            .map_err(|error| unwritable(&folder, &error))?;
        let work = Work {
            client: &self.client,
            offer,
            folder: &folder,
            stop,
            fails: AtomicBool::new(false),
            done: AtomicU64::new(0),
            next: AtomicUsize::new(0),
        };
        let fetched = check_room(&folder, work.missing()).and_then(|()| work.run(each));
        if let Err(Error::Failed(reason)) = &fetched
            && reason.code == "disk_full"
        {
            let _ = fs::remove_dir_all(&folder);
        }
        Ok(Fetched {
            sums: fetched?,
            entry: offer.entry.clone(),
            source: format!("{} ({})", offer.name, offer.commit),
            licence: offer.licence.clone(),
            folder,
            _lock: lock,
        })
    }
}

/// Makes sure that nobody else brings the same files.
fn lock(folder: &Path, offer: &Offer) -> Result<File> {
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(|error| unwritable(&path, &error))?;
    let locked = rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive);
    match locked {
        Ok(()) => Ok(file),
        Err(_) => {
            let what = format!("`{}` is being fetched already", offer.name);
            Err(Error::refused("already_fetching", what)
                .hint("wait for the other command, or stop it"))
        }
    }
}

/// Files on their way.
struct Work<'a> {
    client: &'a Client,
    offer: &'a Offer,
    folder: &'a Path,
    stop: &'a AtomicBool,
    /// Whether one of the files will not come, so that the others need not.
    fails: AtomicBool,
    /// Bytes that are here.
    done: AtomicU64,
    next: AtomicUsize,
}

impl Work<'_> {
    /// Bytes that must still come.
    fn missing(&self) -> u64 {
        let length = |path: &Path| fs::metadata(path).map_or(0, |about| about.len());
        let left = |file: &Remote| {
            let path = self.folder.join(&file.path);
            let here = length(&path).max(length(&part_of(&path)));
            file.bytes.saturating_sub(here)
        };
        self.offer.files.iter().map(left).sum()
    }

    /// Brings all files; the sum of each.
    fn run(&self, each: &mut dyn FnMut(u64)) -> Result<HashMap<PathBuf, String>> {
        let results = Mutex::new(Vec::new());
        let (ended, wait) = mpsc::channel();
        // The largest first, so that none of them is left alone at the end.
        let mut files: Vec<&Remote> = self.offer.files.iter().collect();
        files.sort_by_key(|file| std::cmp::Reverse(file.bytes));
        let files = &files;
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(files.len()) {
                let (ended, results) = (ended.clone(), &results);
                scope.spawn(move || {
                    while let Some(file) = files.get(self.next.fetch_add(1, Ordering::Relaxed)) {
                        let sum = self.bring(file);
                        if sum.is_err() {
                            self.fails.store(true, Ordering::Relaxed);
                        }
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        results.push(sum.map(|sum| (file.path.clone(), sum)));
                    }
                    drop(ended);
                });
            }
            drop(ended);
            let ended: mpsc::Receiver<()> = wait;
            while let Err(mpsc::RecvTimeoutError::Timeout) = ended.recv_timeout(TICK) {
                each(self.done.load(Ordering::Relaxed));
            }
        });
        each(self.done.load(Ordering::Relaxed));
        let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Whoever gave up because of another says so; the other says why.
        let mut stopped = None;
        let mut sums = HashMap::new();
        for result in results {
            match result {
                Ok((path, sum)) => drop(sums.insert(path, sum)),
                Err(Error::Failed(reason)) if reason.code == "stopped" => {
                    stopped = Some(Error::Failed(reason));
                }
                Err(error) => return Err(error),
            }
        }
        stopped.map_or(Ok(sums), Err)
    }

    /// Brings one file, in as many tries as it takes.
    fn bring(&self, file: &Remote) -> Result<String> {
        let path = self.folder.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        }
        let mut told = Told {
            all: &self.done,
            bytes: 0,
        };
        if let Some(sum) = self.known(file, &path, &mut told)? {
            return Ok(sum);
        }
        let mut tries = 0;
        loop {
            self.go_on()?;
            let before = told.bytes;
            let trouble = match self.attempt(file, &path, &mut told) {
                Ok(sum) => return Ok(sum),
                Err(trouble) => trouble,
            };
            tries = if told.bytes > before { 1 } else { tries + 1 };
            match trouble {
                Trouble::Passing(_) if tries < TRIES_MAX => self.pause(PAUSE * (1 << tries)),
                trouble => return Err(trouble.into_error()),
            }
        }
    }

    /// The sum of a file that came before.
    fn known(&self, file: &Remote, path: &Path, told: &mut Told<'_>) -> Result<Option<String>> {
        if fs::metadata(path).is_ok_and(|about| about.len() == file.bytes) {
            let sum = sha256_of(path, &mut |bytes| {
                told.set(told.bytes + bytes as u64);
                match self.go_on() {
                    Ok(()) => Ok(()),
                    Err(_) => Err(ErrorKind::Interrupted.into()),
                }
            });
            self.go_on()?;
            let sum = sum.map_err(|error| crate::collection::unreadable(path, &error))?;
            if file.sha256.as_ref().is_none_or(|stated| *stated == sum) {
                return Ok(Some(sum));
            }
            told.set(0);
        }
        let _ = fs::remove_file(path);
        Ok(None)
    }

    /// One try: goes on behind what is there, to the end or to where the connection breaks.
    fn attempt(&self, file: &Remote, path: &Path, told: &mut Told<'_>) -> Result<String, Trouble> {
        let mut part = Part::open(path).map_err(Trouble::Lasting)?;
        if part.length > file.bytes || part.etag.is_none() {
            part.restart().map_err(Trouble::Lasting)?;
        }
        told.set(part.length);
        let sum = self.stream(file, &mut part, told)?;
        if let Some(stated) = &file.sha256
            && *stated != sum
        {
            part.discard();
            return Err(Trouble::Lasting(wrong_sum(file, &sum, stated)));
        }
        part.finish().map_err(Trouble::Lasting)?;
        Ok(sum)
    }

    fn stream(
        &self,
        file: &Remote,
        part: &mut Part,
        told: &mut Told<'_>,
    ) -> Result<String, Trouble> {
        let mut hash = part.hash(&|| self.go_on()).map_err(Trouble::Lasting)?;
        if part.length == file.bytes && part.length > 0 {
            return Ok(hexadecimal(&hash.finalize()));
        }
        let url = self
            .client
            .file_url(&self.offer.name, &self.offer.commit, &file.path);
        let mut headers = Vec::new();
        if let Some(etag) = part.etag.clone().filter(|_| part.length > 0) {
            headers.push(("Range", format!("bytes={}-", part.length)));
            headers.push(("If-Range", etag));
        }
        let response = self.client.get(&url, &headers)?;
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let goes_on = header("content-range")
            .is_some_and(|range| range.starts_with(&format!("bytes {}-", part.length)));
        if part.length > 0 && !(response.status().as_u16() == 206 && goes_on) {
            told.set(0);
            part.restart().map_err(Trouble::Lasting)?;
            hash = Sha256::new();
        }
        part.keep_etag(header("etag")).map_err(Trouble::Lasting)?;
        let mut body = response.into_body().into_reader();
        let mut piece = vec![0; PIECE_BYTES];
        while part.length < file.bytes {
            self.go_on().map_err(Trouble::Lasting)?;
            let read = match body.read(&mut piece) {
                Ok(0) => Err(Trouble::Passing(
                    self.client.unreachable("the connection ended early"),
                )),
                Ok(read) => Ok(read),
                Err(error) => Err(Trouble::Passing(self.client.unreachable(error))),
            }?;
            let piece = &piece[..read];
            if part.length + read as u64 > file.bytes {
                let why = format!("`{}` is longer than stated", file.path.display());
                return Err(Trouble::Lasting(odd_reply("a file", why)));
            }
            part.write(piece).map_err(Trouble::Lasting)?;
            hash.update(piece);
            told.set(part.length);
        }
        Ok(hexadecimal(&hash.finalize()))
    }

    /// Waits, but not for somebody who wants to stop.
    fn pause(&self, time: Duration) {
        let mut left = time;
        while !left.is_zero() && self.go_on().is_ok() {
            let step = left.min(TICK);
            std::thread::sleep(step);
            left -= step;
        }
    }

    fn go_on(&self) -> Result<()> {
        let stops = self.stop.load(Ordering::Relaxed) || self.fails.load(Ordering::Relaxed);
        match stops {
            false => Ok(()),
            true => Err(Error::failed("stopped", "stopped; nothing was added")
                .hint("what has come is kept: the same command goes on where it stopped")),
        }
    }
}

fn wrong_sum(file: &Remote, found: &str, stated: &str) -> Error {
    let what = format!(
        "`{}` is not the file that the hub states: its sha256 is `{found}`, not `{stated}`",
        file.path.display()
    );
    Error::failed("wrong_sum", what).hint(
        "the file was thrown away; the same command fetches it anew, and if it comes out wrong again, the \
         hub or what lies between is at fault",
    )
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn etag_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".etag");
    PathBuf::from(name)
}

/// What was told of one file's progress.
struct Told<'a> {
    all: &'a AtomicU64,
    bytes: u64,
}

impl Told<'_> {
    /// Says that so many bytes of the file are here.
    fn set(&mut self, bytes: u64) {
        // Wrapping addition of the difference, which may be negative.
        self.all
            .fetch_add(bytes.wrapping_sub(self.bytes), Ordering::Relaxed);
        self.bytes = bytes;
    }
}

/// A file as far as it has come.
struct Part {
    /// Where it will lie.
    target: PathBuf,
    file: File,
    length: u64,
    /// By which the server tells whether it is still the same file.
    etag: Option<String>,
}

impl Part {
    fn open(target: &Path) -> Result<Self> {
        let path = part_of(target);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let file = options
            .open(&path)
            .map_err(|error| unwritable(&path, &error))?;
        let length = file.metadata().map_or(0, |about| about.len());
        let etag = fs::read_to_string(etag_of(target)).ok();
        Ok(Self {
            target: target.to_owned(),
            file,
            length,
            etag: etag.filter(|etag| !etag.is_empty()),
        })
    }

    /// The sum of what is there.
    fn hash(&mut self, go_on: &dyn Fn() -> Result<()>) -> Result<Sha256> {
        let path = part_of(&self.target);
        let mut hash = Sha256::new();
        let mut file = File::open(&path).map_err(|error| unwritable(&path, &error))?;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            go_on()?;
            match file.read(&mut piece) {
                Ok(0) => return Ok(hash),
                Ok(read) => hash.update(&piece[..read]),
                Err(error) => return Err(unwritable(&path, &error)),
            }
        }
    }

    fn restart(&mut self) -> Result<()> {
        self.file
            .set_len(0)
            .map_err(|error| self.unwritten(0, &error))?;
        self.length = 0;
        self.etag = None;
        let _ = fs::remove_file(etag_of(&self.target));
        Ok(())
    }

    fn keep_etag(&mut self, etag: Option<String>) -> Result<()> {
        // What is only alike cannot be continued.
        let etag = etag.filter(|etag| !etag.starts_with("W/"));
        if let Some(etag) = &etag {
            fs::write(etag_of(&self.target), etag).map_err(|error| self.unwritten(0, &error))?;
        }
        self.etag = etag;
        Ok(())
    }

    fn write(&mut self, piece: &[u8]) -> Result<()> {
        let written = self.file.write_all(piece);
        written.map_err(|error| self.unwritten(piece.len() as u64, &error))?;
        self.length += piece.len() as u64;
        Ok(())
    }

    fn unwritten(&self, needed: u64, error: &io::Error) -> Error {
        no_room_or(&self.target, needed, error)
    }

    fn finish(self) -> Result<()> {
        let moved = self.file.sync_all();
        let moved = moved.and_then(|()| fs::rename(part_of(&self.target), &self.target));
        moved.map_err(|error| self.unwritten(0, &error))?;
        let _ = fs::remove_file(etag_of(&self.target));
        Ok(())
    }

    fn discard(self) {
        let _ = fs::remove_file(part_of(&self.target));
        let _ = fs::remove_file(etag_of(&self.target));
    }
}
