//! The workspace as the checks see it: its files and its packages.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Files that git tracks or would track, and what cargo knows of the packages.
#[derive(Default)]
pub struct Tree {
    pub root: PathBuf,
    pub files: Vec<File>,
    pub packages: Vec<Package>,
    /// Whether what checks need may be installed; then nothing is left out.
    pub may_install: bool,
}

/// One text file.
pub struct File {
    /// Relative to the root, with `/` between its parts.
    pub path: String,
    pub text: String,
    /// Made once, for several checks read it.
    syntax: OnceCell<syn::File>,
}

/// One package of the dependency graph of this platform.
#[derive(Debug, Default, Clone)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub license: Option<String>,
    pub description: Option<String>,
    /// Where it comes from; `None` is a path in this workspace.
    pub source: Option<String>,
    /// Relative to the root; only for members.
    pub folder: Option<String>,
    /// Names of the packages it uses, in all of its sections.
    pub dependencies: Vec<String>,
}

impl Tree {
    /// Reads the workspace that this program was built from.
    pub fn read() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let root = root
            .expect("xtask lies in a folder of the workspace")
            .to_owned();
        let listing = stdout_of(
            Command::new("git")
                .args([
                    "ls-files",
                    "-z",
                    "--cached",
                    "--others",
                    "--exclude-standard",
                ])
                .current_dir(&root),
        )?;
        let mut files: Vec<File> = listing
            .split('\0')
            .filter_map(|path| {
                // Binary files and files deleted but not yet committed have no text to check.
                let text = std::fs::read_to_string(root.join(path)).ok()?;
                Some(File::new(path, text))
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        let packages = packages(&root)?;
        Ok(Self {
            root,
            files,
            packages,
            may_install: false,
        })
    }

    /// The file at `path`.
    pub fn file(&self, path: &str) -> Result<&File> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .with_context(|| format!("`{path}` is missing"))
    }

    /// The Rust files, outside folders that hold other people's broken programs.
    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| {
            file.path.ends_with(".rs")
                && (file.path.starts_with("crates/") || file.path.starts_with("xtask/"))
                && !file.path.contains("/fixtures/")
        })
    }

    /// The packages of the workspace.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| package.source.is_none())
    }
}

impl File {
    /// A file that says `text`.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            syntax: OnceCell::new(),
        }
    }

    /// Whether it holds only tests or benchmarks.
    pub fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        // `freehold tests` is a command like any other.
        let is_command = self.path.ends_with("/commands/tests.rs");
        (self.path.ends_with("/tests.rs") && !is_command)
            || parts.any(|part| part == "tests" || part == "benches")
    }

    /// Its syntax tree.
    pub fn parse(&self) -> Result<&syn::File> {
        if let Some(syntax) = self.syntax.get() {
            return Ok(syntax);
        }
        let syntax = syn::parse_file(&self.text)
            .with_context(|| format!("`{}` does not parse", self.path))?;
        Ok(self.syntax.get_or_init(|| syntax))
    }

    /// The lines of the TOML section `[section]`, with their numbers from 1.
    pub fn section<'a>(&'a self, section: &str) -> impl Iterator<Item = (usize, &'a str)> {
        let header = format!("[{section}]");
        (1..)
            .zip(self.text.lines())
            .skip_while(move |(_, line)| line.trim() != header)
            .skip(1)
            .take_while(|(_, line)| !line.starts_with('['))
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
    }
}

/// What `command` prints; an error carries what it complained of.
pub fn stdout_of(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("`{name}` does not start"))?;
    ensure!(
        output.status.success(),
        "`{name}` failed: {}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    String::from_utf8(output.stdout).with_context(|| format!("`{name}` did not print UTF-8"))
}

/// The program that started us, so that a check uses the same toolchain.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn packages(root: &Path) -> Result<Vec<Package>> {
    let version = stdout_of(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("`rustc -vV` names no host")?;
    let text = stdout_of(
        cargo()
            .args([
                "metadata",
                "--locked",
                "--format-version=1",
                "--filter-platform",
                host,
            ])
            .current_dir(root),
    )?;
    let metadata: Value = serde_json::from_str(&text)?;
    // With a platform filter the graph, unlike the list of packages, holds what is really built.
    let nodes = metadata["resolve"]["nodes"]
        .as_array()
        .context("no graph")?;
    let used: Vec<&Value> = nodes.iter().map(|node| &node["id"]).collect();
    let listed = metadata["packages"].as_array().context("no packages")?;
    Ok(listed
        .iter()
        .filter(|package| used.contains(&&package["id"]))
        .map(|package| package_of(package, root))
        .collect())
}

fn package_of(package: &Value, root: &Path) -> Package {
    let text = |key: &str| package[key].as_str().map(str::to_owned);
    let manifest = text("manifest_path").unwrap_or_default();
    let folder = Path::new(&manifest)
        .parent()
        .and_then(|path| path.strip_prefix(root).ok());
    let dependencies = package["dependencies"].as_array();
    Package {
        name: text("name").unwrap_or_default(),
        version: text("version").unwrap_or_default(),
        license: text("license"),
        description: text("description"),
        source: text("source"),
        folder: folder.map(|path| path.to_string_lossy().into_owned()),
        dependencies: dependencies
            .into_iter()
            .flatten()
            .filter_map(|edge| edge["name"].as_str().map(str::to_owned))
            .collect(),
    }
}

#[cfg(test)]
impl Tree {
    /// A tree of the given files and nothing else.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| File::new(*path, *text));
        Self {
            files: files.collect(),
            ..Self::default()
        }
    }
}
