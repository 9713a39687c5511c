//! A Slurm of two nodes on one machine.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::runs;
use crate::tree;

/// The nodes, and the port of each; the controller has the one before them.
const NODES: [(&str, u16); 2] = [("node1", 17_818), ("node2", 17_819)];

/// Seconds that the cluster may take to come up.
const UP_SECONDS: u64 = 60;

/// Daemons, which end when this is dropped.
pub struct Cluster {
    folder: PathBuf,
    munged: Option<Child>,
    controller: Option<Child>,
    nodes: [Option<Child>; 2],
}

impl Cluster {
    /// Starts everything below `folder`.
    pub fn start(folder: &Path) -> Result<Self> {
        let own = ["state", "munge"].map(str::to_owned);
        let of_nodes = NODES
            .iter()
            .flat_map(|(node, _)| [format!("spool-{node}"), format!("tmp-{node}")]);
        for name in own.into_iter().chain(of_nodes) {
            fs::create_dir_all(folder.join(name))?;
        }
        let munge = folder.join("munge");
        fs::set_permissions(&munge, fs::Permissions::from_mode(0o700))?;
        let key = munge.join("key");
        let mut random = vec![0; 1024];
        std::io::Read::read_exact(&mut File::open("/dev/urandom")?, &mut random)?;
        fs::write(&key, random)?;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o400))?;
        fs::write(folder.join("slurm.conf"), configuration(folder)?)?;

        let mut cluster = Self {
            folder: folder.to_owned(),
            munged: None,
            controller: None,
            nodes: [None, None],
        };
        let mut munged = Command::new("munged");
        munged.args(["--foreground", "--force"]);
        for name in ["key-file", "socket", "pid-file", "log-file", "seed-file"] {
            let file = munge.join(name.split('-').next().unwrap_or_default());
            munged.arg(format!("--{name}={}", file.display()));
        }
        cluster.munged = Some(cluster.daemon(&mut munged, "munged")?);
        let socket = munge.join("socket");
        until("munged", UP_SECONDS, || Ok(socket.exists()))?;
        let mut controller = Command::new("slurmctld");
        cluster.controller = Some(cluster.daemon(controller.arg("-D"), "slurmctld")?);
        for node in 0..NODES.len() {
            cluster.start_node(node)?;
        }
        until("both nodes", UP_SECONDS, || {
            let said = tree::stdout_of(cluster.command("sinfo").args(["-h", "-o", "%T %D"]));
            Ok(said.is_ok_and(|said| said.trim() == "idle 2"))
        })?;
        Ok(cluster)
    }

    /// Starts the daemon of a node, by its place. What a step that was killed left in its spool is cleared away, as when a
    /// machine starts: the sockets of PMIx would be in the way of the next step of the same job.
    pub fn start_node(&mut self, node: usize) -> Result<()> {
        let name = NODES[node].0;
        for entry in fs::read_dir(self.folder.join(format!("spool-{name}")))?.flatten() {
            if entry.file_name().to_string_lossy().contains(".pmix.") {
                fs::remove_file(entry.path())?;
            }
        }
        let mut daemon = Command::new("slurmd");
        daemon.args(["-D", "-N", name]);
        self.nodes[node] = Some(self.daemon(&mut daemon, &format!("slurmd-{name}"))?);
        Ok(())
    }

    /// Kills the daemon of a node at once.
    pub fn kill_node(&mut self, node: usize) -> Result<()> {
        let mut daemon = self.nodes[node].take().context("the node runs")?;
        daemon.kill()?;
        daemon.wait()?;
        Ok(())
    }

    /// A program that asks this cluster.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", self.folder.join("slurm.conf"));
        command
    }

    fn daemon(&self, command: &mut Command, name: &str) -> Result<Child> {
        let log = File::create(self.folder.join(format!("{name}.out")))?;
        command
            .env("SLURM_CONF", self.folder.join("slurm.conf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        command
            .spawn()
            .with_context(|| format!("`{name}` does not start"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // First the jobs, whose processes nobody else knows.
        let _ = self.command("scancel").args(["--state=RUNNING"]).output();
        let _ = self.command("scancel").args(["--state=PENDING"]).output();
        let _ = until("no jobs", 30, || {
            let said = tree::stdout_of(self.command("squeue").arg("-h"));
            Ok(said.is_ok_and(|said| said.trim().is_empty()))
        });
        let [one, two] = &mut self.nodes;
        for daemon in [one, two, &mut self.controller, &mut self.munged] {
            if let Some(mut daemon) = daemon.take() {
                let _ = runs(Command::new("kill").arg(daemon.id().to_string()));
                let start = Instant::now();
                while matches!(daemon.try_wait(), Ok(None)) {
                    if start.elapsed() > Duration::from_secs(10) {
                        let _ = daemon.kill();
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }
    }
}

/// Waits until something is so.
pub fn until(what: &str, seconds: u64, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        if start.elapsed() > Duration::from_secs(seconds) {
            bail!("{what}: not within {seconds} seconds");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Known to work with Slurm 22.05: two nodes need places of their own for processes, scratch files and ports.
fn configuration(folder: &Path) -> Result<String> {
    let folder = folder.to_str().context("a path of UTF-8")?;
    ensure!(
        !folder.contains(' '),
        "Slurm's settings take no path with a blank"
    );
    let host = tree::stdout_of(Command::new("hostname").arg("-s"))?;
    let host = host.trim();
    let user = tree::stdout_of(Command::new("id").arg("-un"))?;
    let user = user.trim();
    let controller = NODES[0].1 - 1;
    let mut text = format!(
        "ClusterName=freehold
SlurmctldHost={host}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CredType=cred/munge
SlurmctldPort={controller}
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdSpoolDir={folder}/spool-%n
SlurmdLogFile={folder}/slurmd-%n.log
TmpFS={folder}/tmp-%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2
ReturnToService=2
SlurmdTimeout=10
KillWait=10
"
    );
    for (node, port) in NODES {
        text += &format!(
            "NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=4 RealMemory=1000\n"
        );
    }
    text += "PartitionName=main Nodes=node1,node2 Default=YES MaxTime=60 State=UP\n";
    Ok(text)
}
