//! What programs of other people need, installed below `target/` in the versions that are pinned in `xtask/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::tree;

/// Seconds after which an installation that waits for a network is given up.
const PATIENCE_SECONDS: &str = "300";

/// Where it is said what is needed, and where that is installed.
pub struct Place {
    pub root: PathBuf,
    name: &'static str,
    installed: PathBuf,
}

impl Place {
    /// What `xtask/NAME` names, below `target/NAME`.
    pub fn of(name: &'static str) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let root = root.expect("xtask lies in a folder of the workspace");
        let installed = root.join("target").join(name);
        fs::create_dir_all(&installed)?;
        Ok(Self {
            root: root.to_owned(),
            name,
            installed,
        })
    }

    /// A file or folder of `xtask/NAME`.
    pub fn sources(&self, path: &str) -> PathBuf {
        self.root.join("xtask").join(self.name).join(path)
    }

    /// Packages of Debian that are not there, of `needs`: programs, words with which they start, and their packages.
    pub fn missing(needs: &[(&str, &[&str], &'static str)]) -> Vec<&'static str> {
        let starts = |program: &str, args: &[&str]| {
            tree::stdout_of(Command::new(program).args(args)).is_ok()
        };
        let missing = needs
            .iter()
            .filter(|(program, args, _)| !starts(program, args));
        missing.map(|(.., package)| *package).collect()
    }

    /// Installs what it can: what is still missing afterwards, its user sees for himself.
    pub fn install(&self, packages: &[&str]) {
        let attempt = |words: &[&str]| {
            eprintln!("installing: {}", words.join(" "));
            let mut command = Command::new("timeout");
            command.arg(PATIENCE_SECONDS).args(words);
            command.env("DEBIAN_FRONTEND", "noninteractive");
            tree::stdout_of(&mut command).is_ok()
        };
        let install = [
            &["apt-get", "install", "--yes", "--no-install-recommends"],
            packages,
        ]
        .concat();
        if !attempt(&install) && attempt(&["apt-get", "update"]) {
            attempt(&install);
        }
    }

    /// A Python with the packages of `python/requirements.txt`.
    pub fn python(&self) -> Result<PathBuf> {
        self.python_in("venv", "python/requirements.txt")
    }

    /// A Python of its own with the packages that the file `packages` lists.
    pub fn python_with(&self, packages: &str) -> Result<PathBuf> {
        let name = packages.replace(['/', '.'], "-");
        self.python_in(&format!("venv-{name}"), packages)
    }

    fn python_in(&self, venv: &str, packages: &str) -> Result<PathBuf> {
        let venv = self.installed.join(venv);
        let python = venv.join("bin/python");
        let wanted = self.sources(packages);
        let stamp = venv.join("requirements.txt");
        if is_same(&wanted, &stamp) {
            return Ok(python);
        }
        // One that was left half-way is begun anew.
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&venv);
        self.runs(&mut make, "apt-get install python3-venv")?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--no-deps"]);
        install.args(["--disable-pip-version-check", "--requirement"]);
        self.runs(install.arg(&wanted), "pip needs a network the first time")?;
        fs::copy(&wanted, &stamp)?;
        Ok(python)
    }

    /// A folder with the packages that `NAME/package-lock.json` pins, and the programs beside it.
    pub fn node(&self, name: &str) -> Result<PathBuf> {
        let lock = self.sources(name).join("package-lock.json");
        let folder = self.installed.join(name);
        let is_there = is_same(&lock, &folder.join("package-lock.json"))
            && folder.join("node_modules/.package-lock.json").exists();
        self.copied(name)?;
        if !is_there {
            let mut install = Command::new("npm");
            install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
            install.args(["--loglevel", "error"]).current_dir(&folder);
            self.runs(&mut install, "npm needs a network the first time")?;
        }
        Ok(folder)
    }

    /// A folder with the files of `NAME`, and whatever else comes to lie there.
    pub fn copied(&self, name: &str) -> Result<PathBuf> {
        let folder = self.installed.join(name);
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(self.sources(name))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), folder.join(entry.file_name()))?;
            }
        }
        Ok(folder)
    }

    fn runs(&self, command: &mut Command, hint: &str) -> Result<()> {
        let name = command.get_program().to_string_lossy().into_owned();
        let output = command.output();
        let output = output.with_context(|| format!("`{name}` does not start\nhint: {hint}"))?;
        ensure!(
            output.status.success(),
            "`{name}` fails: {}\nhint: {hint}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        Ok(())
    }
}

/// Whether two files hold the same.
fn is_same(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}
