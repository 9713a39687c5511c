//! A PostgreSQL of our own, on a socket that nobody else sees.
//!
//! One serves all tests of a run: the first test to need it starts it, and a watcher stops it and takes its folder
//! away once the test runner is gone. Each test has a database of its own in it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{geteuid, getppid};

/// A server, found or started.
pub struct PostgresServer {
    folder: PathBuf,
    programs: PathBuf,
}

impl PostgresServer {
    /// The server of this run, or nothing where PostgreSQL is not installed.
    pub fn of_this_run() -> Option<Self> {
        let runner = getppid().unwrap().as_raw_nonzero();
        let folder = std::env::temp_dir().join(format!("freehold-postgres-{runner}"));
        let programs = programs()?;
        let lock = fs::File::create(folder.with_extension("lock")).unwrap();
        flock(&lock, FlockOperation::LockExclusive).unwrap();
        let server = Self { folder, programs };
        if !server.folder.join("started").exists() {
            let _ = fs::remove_dir_all(&server.folder);
            server.create();
            // Nobody pulls its plug, so that it need not wait for the disk.
            let config = server.folder.join("data/postgresql.conf");
            let mut config = fs::OpenOptions::new().append(true).open(config).unwrap();
            config.write_all(b"fsync = off\n").unwrap();
            server.start();
            fs::write(server.folder.join("started"), "").unwrap();
            server.watch(runner.get());
        }
        Some(server)
    }

    /// A server for one test alone, which may do with it what it wants.
    pub fn alone(folder: &Path) -> Option<Self> {
        let programs = programs()?;
        let folder = folder.join("postgres");
        // Whoever runs the server has to pass through.
        let parent = folder.parent().unwrap();
        fs::set_permissions(parent, fs::Permissions::from_mode(0o711)).unwrap();
        let server = Self { folder, programs };
        server.create();
        server.start();
        Some(server)
    }

    /// The address of a database in it.
    pub fn url(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{database}")
    }

    pub fn start(&self) {
        let folder = self.folder.display();
        let options = format!(
            "-k {folder} -c listen_addresses='' -c max_connections=200 -c shared_buffers=32MB"
        );
        let log = self.folder.join("log");
        let data = self.folder.join("data");
        let mut command = self.command("pg_ctl");
        command
            .arg("start")
            .arg("--wait")
            .arg("-D")
            .arg(data)
            .arg("-l")
            .arg(&log);
        let status = command.arg("-o").arg(options).status().unwrap();
        let said = || fs::read_to_string(&log).unwrap_or_default();
        assert!(status.success(), "PostgreSQL does not start:\n{}", said());
    }

    /// Stops it without waiting for anybody.
    pub fn stop(&self) {
        let mut command = self.command("pg_ctl");
        let command = command.args(["stop", "--wait", "--mode", "immediate", "-D"]);
        let _ = command.arg(self.folder.join("data")).status();
    }

    fn create(&self) {
        fs::create_dir(&self.folder).unwrap();
        if geteuid().is_root() {
            let (user, group) = ids();
            chown(&self.folder, Some(user), Some(group)).unwrap();
        }
        let mut command = self.command("initdb");
        command.args([
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "-D",
        ]);
        let output = command
            .arg(self.folder.join("data"))
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// A command of PostgreSQL, which refuses to be root.
    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        let mut command = if geteuid().is_root() {
            let (user, group) = ids();
            let mut command = Command::new("setpriv");
            command
                .arg(format!("--reuid={user}"))
                .arg(format!("--regid={group}"));
            command.arg("--clear-groups").arg(path);
            command
        } else {
            Command::new(path)
        };
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    #[expect(clippy::zombie_processes, reason = "it outlives this process")]
    fn watch(&self, runner: i32) {
        let script = format!(
            "while kill -0 {runner} 2>/dev/null; do sleep 0.5; done
            kill -QUIT $(head -1 '{folder}/data/postmaster.pid') 2>/dev/null
            sleep 1; rm -rf '{folder}' '{folder}.lock'",
            folder = self.folder.display()
        );
        let mut command = Command::new("setsid");
        command.args(["sh", "-c", &script]).current_dir("/");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().unwrap();
    }
}

/// The user that runs it when we are root: `postgres`, or else `nobody`.
fn ids() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let mut fields = line.unwrap_or("nobody:x:65534:65534").split(':').skip(2);
    let mut next = || fields.next().unwrap().parse().unwrap();
    (next(), next())
}

/// The folder of the newest PostgreSQL that is installed.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.map(|version| version.unwrap().path().join("bin"));
    folders
        .filter(|folder| folder.join("initdb").exists())
        .max()
}
