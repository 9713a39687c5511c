//! The place where escapes are tried: targets, tempting files, and listeners that must hear nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{IoSlice, Read};
use std::mem::MaybeUninit;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tempfile::TempDir;

const ATTEMPTS: &[(&str, &str)] = &[
    ("attempt.py", include_str!("attempts/attempt.py")),
    ("files.py", include_str!("attempts/files.py")),
    ("metadata.py", include_str!("attempts/metadata.py")),
    ("processes.py", include_str!("attempts/processes.py")),
    ("network.py", include_str!("attempts/network.py")),
    ("kernel.py", include_str!("attempts/kernel.py")),
    ("resources.py", include_str!("attempts/resources.py")),
    ("fresh.py", include_str!("attempts/fresh.py")),
];

/// Below `free/`: what tools outside obey, and so must stay.
const PROTECTED: &[&str] = &[
    ".git",
    ".envrc",
    ".vscode",
    "nested/deep/.git",
    "worktree/.git",
    "store",
    "bare",
    "half",
    "hooked/tools",
];

/// Names that may not appear anywhere below `free/`.
const OBEYED: &[&str] = &[".git", ".envrc", ".vscode", ".claude", "head"];

/// A fresh arena. See `attempts/attempt.py` for its parts.
pub struct Arena {
    directory: TempDir,
    token: String,
    heard: Arc<Mutex<Vec<u8>>>,
    stop: Arc<AtomicBool>,
    ear: Option<JoinHandle<()>>,
}

impl Arena {
    /// `is_boxed` chooses how the alias of `shown/` is made: a mount point, or a link.
    pub fn build(is_boxed: bool) -> Arena {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let token = format!("escape-{}-{count}", std::process::id());
        // Not in /tmp: what is granted below a writable place, as the private /tmp is one, has the
        // mounts alone for a wall, and not Landlock too.
        let directory = tempfile::Builder::new()
            .prefix("arena-")
            .tempdir_in("/var/tmp")
            .unwrap();
        let mut arena = Arena {
            directory,
            token,
            heard: Arc::default(),
            stop: Arc::default(),
            ear: None,
        };
        arena.fill_free(is_boxed);
        arena.fill_shown_and_hidden();
        arena.listen();
        arena
    }

    pub fn top(&self) -> PathBuf {
        self.directory.path().canonicalize().unwrap()
    }

    pub fn free(&self, path: &str) -> PathBuf {
        self.top().join("free").join(path)
    }

    pub fn shown(&self, path: &str) -> PathBuf {
        self.top().join("shown").join(path)
    }

    /// What reached the listeners.
    pub fn heard(&self) -> Vec<u8> {
        std::thread::sleep(Duration::from_millis(10));
        self.heard.lock().unwrap().clone()
    }

    /// Whether an attempt left one of the traces that the host may not have.
    pub fn has_trace(&self) -> bool {
        self.free("late").exists() || self.trace_in_tmp().exists()
    }

    fn trace_in_tmp(&self) -> PathBuf {
        Path::new("/tmp").join(&self.token)
    }

    fn fill_free(&self, is_boxed: bool) {
        let make = |path: &str| fs::create_dir_all(self.free(path)).unwrap();
        let write = |path: &str, text: &str| fs::write(self.free(path), text).unwrap();
        for path in [
            "directory",
            ".git/hooks",
            ".vscode",
            "nested/deep/.git/hooks",
            "worktree",
            "store",
            "bare/objects",
            "bare/refs",
            "half",
            "hooked/.git",
            "hooked/tools/hooks",
            "closed/.git",
        ] {
            make(path);
        }
        for path in [
            "file",
            ".envrc",
            ".git/config",
            ".vscode/tasks.json",
            "nested/deep/.git/config",
            "store/config",
            "bare/HEAD",
            "bare/config",
            "half/HEAD",
            "closed/.git/config",
        ] {
            write(path, "original");
        }
        write("worktree/.git", "gitdir: ../store\n");
        write("hooked/.git/config", "[core]\nhooksPath = tools/hooks\n");
        self.close();
        if is_boxed {
            make("alias");
            write("alias-of-key", "");
        } else {
            let link = std::os::unix::fs::symlink::<PathBuf, PathBuf>;
            link(self.shown(""), self.free("alias")).unwrap();
            link(self.shown("secret"), self.free("alias-of-key")).unwrap();
        }
    }

    fn fill_shown_and_hidden(&self) {
        let top = self.top();
        for path in [
            "shown/directory",
            "shown/vault",
            "shown/facts",
            "shown/attempts",
            "hidden",
        ] {
            fs::create_dir_all(top.join(path)).unwrap();
        }
        for path in ["shown/file", "shown/directory/file", "hidden/file"] {
            fs::write(top.join(path), "original").unwrap();
        }
        for path in ["shown/secret", "shown/vault/key"] {
            fs::write(top.join(path), "a secret").unwrap();
        }
        for (name, text) in ATTEMPTS {
            fs::write(self.shown("attempts").join(name), text).unwrap();
        }
        let mode = rustix::fs::Mode::from_raw_mode(0o666);
        let pipe = self.shown("pipe-of-the-host");
        rustix::fs::mknodat(rustix::fs::CWD, pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let host_name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        self.fact("hostname", host_name.trim());
        self.fact("pid", &std::process::id().to_string());
        self.fact("token", &self.token);
        fs::write(Path::new("/dev/shm").join(&self.token), "a secret").unwrap();
        let program = self.shown("setuid-id");
        fs::copy("/usr/bin/id", &program).unwrap();
        if rustix::process::getuid().is_root() {
            chown(&program, Some(12345), None).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o4755)).unwrap();
        }
    }

    fn fact(&self, name: &str, value: &str) {
        fs::write(self.shown("facts").join(name), value).unwrap();
    }

    /// Opens one listener of each kind and a thread that hears them all.
    fn listen(&mut self) {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        self.fact("tcp", &tcp.local_addr().unwrap().port().to_string());
        self.fact("udp", &udp.local_addr().unwrap().port().to_string());
        self.fact("abstract", &self.token);
        let name = SocketAddr::from_abstract_name(&self.token).unwrap();
        let by_name = UnixListener::bind_addr(&name).unwrap();
        let by_path = UnixListener::bind(self.shown("socket")).unwrap();
        let datagrams = UnixDatagram::bind(self.shown("datagrams")).unwrap();
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        by_name.set_nonblocking(true).unwrap();
        by_path.set_nonblocking(true).unwrap();
        datagrams.set_nonblocking(true).unwrap();
        let (heard, stop, secret) = (
            Arc::clone(&self.heard),
            Arc::clone(&self.stop),
            self.shown("secret"),
        );
        let hear = move || {
            let note = |bytes: &[u8]| heard.lock().unwrap().extend_from_slice(bytes);
            let mut buffer = [0; 64];
            while !stop.load(Ordering::Relaxed) {
                if let Ok((mut stream, _)) = tcp.accept() {
                    note(b"tcp ");
                    let _ = stream.read(&mut buffer);
                }
                for listener in [&by_path, &by_name] {
                    if let Ok((stream, _)) = listener.accept() {
                        note(b"unix ");
                        serve(&stream, &secret);
                    }
                }
                for count in [udp.recv(&mut buffer), datagrams.recv(&mut buffer)]
                    .into_iter()
                    .flatten()
                {
                    note(&buffer[..count]);
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        };
        self.ear = Some(std::thread::spawn(hear));
    }

    /// Keeps everybody out of `closed/`, until its owner opens it again.
    pub fn close(&self) {
        let closed = fs::Permissions::from_mode(0o000);
        fs::set_permissions(self.free("closed"), closed).unwrap();
    }

    /// Opens the directory that an ordinary owner could not look into before.
    fn open_closed(&self) {
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.free("closed"), open).unwrap();
    }

    /// Everything that no attempt may change.
    pub fn snapshot(&self) -> BTreeMap<PathBuf, (u32, i64, u64, Vec<u8>)> {
        self.open_closed();
        let mut seen = BTreeMap::new();
        let roots = [self.shown(""), self.top().join("hidden")];
        for root in roots
            .into_iter()
            .chain(PROTECTED.iter().map(|path| self.free(path)))
        {
            record(&root, &mut seen);
        }
        let obeyed = walk(&self.free("")).into_iter().filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().to_lowercase();
            OBEYED.contains(&name.as_str())
        });
        for path in obeyed {
            record(&path, &mut seen);
        }
        seen
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.ear.take().map(JoinHandle::join);
        let _ = fs::remove_file(self.trace_in_tmp());
        self.open_closed();
        let _ = fs::remove_file(Path::new("/dev/shm").join(&self.token));
    }
}

/// Hands a descriptor of the secret to whoever asks for one.
fn serve(stream: &UnixStream, secret: &Path) {
    let mut buffer = [0; 64];
    stream.set_nonblocking(false).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let mut reader = stream;
    if !matches!(reader.read(&mut buffer), Ok(count) if &buffer[..count] == b"descriptor") {
        return;
    }
    let file = fs::File::open(secret).unwrap();
    let descriptors = [file.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    assert!(ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)));
    let _ = sendmsg(
        stream,
        &[IoSlice::new(b"x")],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    );
}

fn record(root: &Path, seen: &mut BTreeMap<PathBuf, (u32, i64, u64, Vec<u8>)>) {
    for path in walk(root) {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let content = if metadata.is_symlink() {
            fs::read_link(&path)
                .unwrap()
                .into_os_string()
                .into_encoded_bytes()
        } else if metadata.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        seen.insert(
            path,
            (metadata.mode(), metadata.mtime(), metadata.nlink(), content),
        );
    }
}

/// `root` and all below it, links not followed.
fn walk(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(path) = pending.pop() {
        let Ok(metadata) = fs::symlink_metadata(&path) else {
            continue;
        };
        if metadata.is_dir() {
            pending.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
        found.push(path);
    }
    found
}
