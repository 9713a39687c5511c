//! One file under experiment: its mutants and a driver that calls it, in one build.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sandbox::{Exec, Worker};
use serde_json::Value;

use super::compile::{Builder, Text};
use super::harness::Place;
use super::learn::{Program, Suite};
use super::probes::{Detail, Probes};
use super::schemata::{self, Schemata};
use super::toolchain::Toolchain;
use super::units::Unit;
use crate::course::Course;
use crate::edit::{Candidate, Edit};
use crate::error::Error;
use crate::project::{Environment, Project};
use crate::source::{FileId, Source, Sources};

/// Asking cargo what a package holds.
const METADATA_TIME: Duration = Duration::from_secs(30);
/// Building the file with its mutants.
const BUILD_TIME: Duration = Duration::from_secs(300);
/// A whole `cargo test` of finished tests.
const VERIFY_TIME: Duration = Duration::from_secs(300);
/// Bytes of the results of one run that are read.
const RESULT_BYTES_MAX: u64 = 256 << 20;
/// A program that runs tests or cases may use this much memory.
const MEMORY_BYTES: u64 = 4 << 30;
/// The stack that tests have when nothing else is said.
const STACK_BYTES: &str = "2097152";

/// The package that holds a file, as cargo describes it.
#[derive(Clone, Debug)]
pub struct Package {
    /// The folder of its manifest.
    pub folder: PathBuf,
    /// Its name.
    pub name: String,
    /// Its edition, such as `2024`.
    pub edition: String,
    /// The library under the name by which it is imported, with its root file.
    pub library: Option<(String, PathBuf)>,
}

/// A text added to the file, without the parts that are dropped, and where its parts stand.
pub type Addition<'a> = dyn Fn(&dyn Fn(u32) -> bool) -> (String, Vec<(Range<usize>, u32)>) + 'a;

/// A file with its mutants and a driver, built.
#[derive(Debug, Default)]
pub struct Built {
    /// The variants that make up each mutant, as slot and variant; none where it does not compile.
    pub mutants: Vec<Option<Vec<(usize, u32)>>>,
    /// Variants that mark what is reached.
    pub cover: Vec<(usize, u32)>,
    /// The lines of each mark; empty for marks that do not compile.
    pub probes: Vec<Vec<u32>>,
    /// Parts of the addition that do not compile.
    pub dropped: HashSet<u32>,
}

/// A package's copy, with boxes to build and run it in.
pub struct Lab {
    /// The package as its owner has it.
    pub package: Package,
    place: Place,
    suite: Suite,
    file: FileId,
    builder: Mutex<Builder>,
    runners: Vec<Mutex<Option<Worker>>>,
}

impl Lab {
    /// Copies the project at `root`, builds the package around `file` and finds out how.
    /// `manifest` is the package's own.
    pub fn open(
        root: &Path,
        manifest: &Path,
        source: Source,
        environment: &Environment,
        scratch: &Path,
        jobs: usize,
    ) -> Result<Self, Error> {
        let mut place = place(root, source, environment, scratch)?;
        let tree = place.tree("tree-0")?;
        let mut worker = place.start(&tree)?;
        let package = package(&place, &mut worker, manifest)?;
        place.arguments = vec!["-p".into(), package.name.clone()];
        place.arguments.push(
            if package.library.is_some() {
                "--lib"
            } else {
                "--bins"
            }
            .into(),
        );
        let file = FileId(0);
        let path = place.sources.get(file).path.clone();
        let mut suite = Suite::build(&place, &mut worker)?;
        let reads = |suite: &Suite| {
            suite
                .units
                .iter()
                .position(|unit| unit.is_test && unit.sources.contains(&path))
        };
        let mut unit = reads(&suite);
        if unit.is_none() && package.library.is_some() {
            place.arguments[2] = "--bins".into();
            suite = Suite::build(&place, &mut worker)?;
            unit = reads(&suite);
        }
        let Some(unit) = unit else {
            return Err(Error::unsuitable(
                "not_in_package",
                format!(
                    "`{}` belongs to no library or program of the package `{}`",
                    path.display(),
                    package.name
                ),
                "declare it with `mod` in the file that should hold it; tests, examples and build scripts get no tests",
            ));
        };
        suite.programs.push(Program { unit });
        // The first build has run programs of the package here: there may be links.
        sandbox::files::create_dir_beneath(&place.shared("build"), Path::new("out-0"))?;
        let out = place.shared("build").join("out-0");
        let builder = Builder {
            worker,
            tree,
            workspace: suite.workspace.clone(),
            out,
        };
        Ok(Self {
            package,
            place,
            suite,
            file,
            builder: Mutex::new(builder),
            runners: (0..jobs.max(1)).map(|_| Mutex::new(None)).collect(),
        })
    }

    /// Other Rust files of the package, read.
    pub fn others(&self) -> Vec<Source> {
        let own = self.source().path.clone();
        let folder = self.package.folder.strip_prefix(&self.place.root);
        let folder = folder.unwrap_or(Path::new("")).to_owned();
        let files = self.place.project.with_extension("rs");
        files
            .filter(|path| **path != own && path.starts_with(&folder))
            .filter_map(|path| {
                let text = self.place.project.read(path).ok()?;
                Some(Source::parse(
                    path.clone(),
                    text,
                    &tree_sitter_rust::LANGUAGE.into(),
                ))
            })
            .collect()
    }

    /// The file under experiment; its path is relative to the project.
    pub fn source(&self) -> &Source {
        self.place.sources.get(self.file)
    }

    /// How many threads may call [`run`](Self::run) at once.
    pub fn workers(&self) -> usize {
        self.runners.len()
    }

    /// Builds the file with its mutants, marks of coverage, and `addition` at its end.
    pub fn build(&self, mutants: &[Edit], addition: &Addition<'_>) -> Result<Built, Error> {
        let sources = &self.place.sources;
        let mut probes = Probes::default();
        let marks = probes.marks(self.file, self.source(), Detail::Arms);
        let single = |edits: Vec<Edit>| Candidate {
            edits,
            operators: Vec::new(),
            prior: 1.0,
        };
        let covers: Vec<Candidate> = marks
            .iter()
            .map(|(_, marks)| {
                let edit = |(at, text): &(usize, String)| Edit {
                    file: self.file,
                    span: *at..*at,
                    replacement: text.clone(),
                };
                single(marks.iter().map(edit).collect())
            })
            .collect();
        let changes: Vec<Candidate> = mutants
            .iter()
            .map(|edit| single(vec![edit.clone()]))
            .collect();
        let all: Vec<&Candidate> = covers.iter().chain(&changes).collect();
        let schemata = Schemata::of(&all, sources);
        let units = self.suite.needed(sources, &[self.file]);
        let module = schemata::module(schemata.slots(), probes.places.len());
        let mut builder = self.builder.lock().expect("no holder panics");
        let built = builder.build(&units, BUILD_TIME, &mut |dropped: &HashSet<u32>| {
            let gone = |number: u32| dropped.contains(&number);
            let mut rewritten = schemata.rewrite(self.file, sources, &gone);
            if rewritten.text.is_empty() {
                rewritten.text.clone_from(&self.source().text);
            }
            let (text, regions) = addition(&gone);
            let start = rewritten.text.len();
            rewritten.text.push_str(&text);
            let moved = |(region, number): (Range<usize>, u32)| {
                (start + region.start..start + region.end, number)
            };
            rewritten.regions.extend(regions.into_iter().map(moved));
            let mut texts = vec![Text {
                path: self.source().path.clone(),
                text: rewritten.text,
                regions: rewritten.regions,
            }];
            self.suite
                .add_module(&self.place, &units, &mut texts, &module);
            texts
        })?;
        let dropped = built.map_err(|message| Error::Runner {
            reason: format!(
                "the file does not build with a driver in it: {}",
                message.trim()
            ),
        })?;
        Ok(self.outcome(
            &schemata,
            &probes,
            marks.iter().map(|(_, marks)| marks.len()),
            dropped,
        ))
    }

    fn outcome(
        &self,
        schemata: &Schemata,
        probes: &Probes,
        marks: impl Iterator<Item = usize>,
        dropped: HashSet<u32>,
    ) -> Built {
        let pairs = |switch: &Option<(String, Vec<u32>)>| -> Option<Vec<(usize, u32)>> {
            let (switch, variants) = switch.as_ref()?;
            if variants.iter().any(|variant| dropped.contains(variant)) {
                return None;
            }
            let pair = |text: &str| {
                let (slot, variant) = text.split_once('=')?;
                Some((slot.parse().ok()?, variant.parse().ok()?))
            };
            Some(switch.split(',').filter_map(pair).collect())
        };
        let mut built = Built::default();
        let mut switches = schemata.switches.iter();
        let mut places = probes.places.iter();
        // The texts of marks that only close a block are no probes.
        let count = marks.count();
        let found: Vec<Option<Vec<(usize, u32)>>> =
            switches.by_ref().take(count).map(pairs).collect();
        let functions = self.functions_of_probes(probes);
        for (_, lines) in places.by_ref() {
            built.probes.push(lines.clone());
        }
        for (index, pairs) in found.iter().enumerate() {
            match pairs {
                Some(pairs) => built.cover.extend(pairs),
                None => {
                    for (probe, _) in functions.iter().enumerate().filter(|(_, of)| **of == index) {
                        built.probes[probe].clear();
                    }
                }
            }
        }
        built.mutants = switches.map(pairs).collect();
        built.dropped = dropped;
        built
    }

    /// Which function, in their order, each probe stands in.
    fn functions_of_probes(&self, probes: &Probes) -> Vec<usize> {
        let mut again = Probes::default();
        let mut of = Vec::with_capacity(probes.places.len());
        let all = again.marks(self.file, self.source(), Detail::Arms);
        for (index, (_, marks)) in all.iter().enumerate() {
            let own = marks.iter().filter(|(_, text)| text.contains("::hit("));
            of.extend(own.map(|_| index));
        }
        of
    }

    /// Runs the driver called `test` on `cases`; what it wrote, which may be cut short.
    pub fn run(
        &self,
        worker: usize,
        test: &str,
        cases: &str,
        time: Duration,
    ) -> Result<String, Error> {
        let folder = self.place.shared("cover");
        let names = [format!("cases-{worker}"), format!("results-{worker}")];
        for (name, text) in names.iter().zip([cases, ""]) {
            // What ran before could leave a link or a pipe there.
            let _ = sandbox::files::remove_beneath(&folder, Path::new(name));
            sandbox::files::write_beneath_unsynced(&folder, Path::new(name), text.as_bytes())?;
        }
        let [input, output] = names.each_ref().map(|name| folder.join(name));
        let unit = self.unit();
        let out = self.place.shared("build").join("out-0");
        let mut env = unit.variables(&out, &self.suite.rebuilt());
        env.extend([
            ("FREEHOLD_CASES".into(), input.into_os_string()),
            ("FREEHOLD_RESULTS".into(), output.into_os_string()),
            ("RUST_MIN_STACK".into(), STACK_BYTES.into()),
        ]);
        let exec = Exec {
            program: unit.executable(&out),
            args: [test, "--test-threads=1"].map(Into::into).into(),
            env,
            cwd: unit.package(),
            wall_time: Some(time),
            memory_bytes: Some(MEMORY_BYTES),
            output_bytes: Some(1 << 20),
            ..Exec::default()
        };
        let mut slot = self.runners[worker].lock().expect("no holder panics");
        if slot.is_none() {
            let name = format!("run-{worker}");
            let tree = self.place.scratch.join(&name);
            if !tree.exists() {
                self.place.tree(&name)?;
            }
            *slot = Some(self.place.start(&tree)?);
        }
        match slot.as_mut().expect("set above").exec(&exec) {
            Ok(_) => {}
            Err(error @ sandbox::Error::Exec { .. }) => return Err(error.into()),
            // The box is gone with what ran in it; the next call gets a new one.
            Err(_) => *slot = None,
        }
        let results = Path::new(&names[1]);
        let bytes = sandbox::files::read_beneath(&folder, results, RESULT_BYTES_MAX)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether the file belongs to the library rather than to a program.
    pub fn is_in_library(&self) -> bool {
        self.place
            .arguments
            .last()
            .is_some_and(|last| last == "--lib")
    }

    fn unit(&self) -> &Unit {
        &self.suite.units[self.suite.programs[0].unit]
    }

    /// Runs `cargo test` with `arguments` on a fresh copy in which `files` hold other texts:
    /// standard output and standard error, `rounds` times.
    pub fn verify(
        &self,
        files: &[(PathBuf, String)],
        arguments: &[String],
        rounds: usize,
    ) -> Result<Vec<(String, String)>, Error> {
        let tree = self.place.scratch.join("verify");
        if !tree.exists() {
            self.place.tree("verify")?;
        }
        for (path, text) in files {
            let folder = path.parent().unwrap_or(Path::new(""));
            sandbox::files::create_dir_beneath(&tree, folder)?;
            sandbox::files::write_beneath(&tree, path, text.as_bytes())?;
        }
        let mut worker = self.place.start(&tree)?;
        let mut said = Vec::new();
        for _ in 0..rounds {
            let mut args: Vec<std::ffi::OsString> = [
                "test",
                "--offline",
                "--no-fail-fast",
                "--message-format=short",
                "-p",
            ]
            .map(Into::into)
            .into();
            args.push(self.package.name.clone().into());
            args.extend(arguments.iter().map(Into::into));
            let exec = Exec {
                program: self.place.toolchain.cargo.clone(),
                args,
                env: vec![("RUST_MIN_STACK".into(), STACK_BYTES.into())],
                wall_time: Some(VERIFY_TIME),
                ..Exec::default()
            };
            let outcome = worker.exec(&exec)?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            said.push((text(&outcome.stdout), text(&outcome.stderr)));
            if !outcome.is_success() && said.len() == 1 && !said[0].0.contains("test result:") {
                break;
            }
        }
        Ok(said)
    }

    /// `text` as rustfmt writes it; as it is where there is no rustfmt.
    pub fn format(&self, text: &str) -> Result<String, Error> {
        let rustfmt = self.place.toolchain.cargo.with_file_name("rustfmt");
        if !rustfmt.exists() {
            return Ok(text.to_owned());
        }
        let mut builder = self.builder.lock().expect("no holder panics");
        let exec = Exec {
            program: rustfmt,
            args: ["--edition".into(), self.package.edition.clone().into()].into(),
            cwd: Some(self.package.folder.clone()),
            stdin: text.as_bytes().to_vec(),
            wall_time: Some(METADATA_TIME),
            ..Exec::default()
        };
        let outcome = builder.worker.exec(&exec)?;
        if outcome.is_success() {
            Ok(String::from_utf8_lossy(&outcome.stdout).into_owned())
        } else {
            Ok(text.to_owned())
        }
    }
}

fn place(
    root: &Path,
    source: Source,
    environment: &Environment,
    scratch: &Path,
) -> Result<Place, Error> {
    let project = Project::open(root)?;
    let mut sources = Sources::default();
    sources.add(source);
    let place = Place {
        root: project.root.clone(),
        sources: Arc::new(sources),
        toolchain: Toolchain::find(&project.root, environment)?,
        scratch: scratch.to_owned(),
        arguments: Vec::new(),
        course: Course::default(),
        project,
    };
    for name in ["build", "cover"] {
        let folder = place.shared(name);
        std::fs::create_dir_all(&folder).map_err(|source| Error::io("create", &folder, source))?;
    }
    place.toolchain.make_home(&place.shared("cargo"))?;
    Ok(place)
}

/// Asks cargo what the package with this manifest holds.
fn package(place: &Place, worker: &mut Worker, manifest: &Path) -> Result<Package, Error> {
    let exec = Exec {
        program: place.toolchain.cargo.clone(),
        args: [
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version=1",
            "--manifest-path",
        ]
        .map(Into::into)
        .into_iter()
        .chain([manifest.as_os_str().to_owned()])
        .collect(),
        wall_time: Some(METADATA_TIME),
        ..Exec::default()
    };
    let outcome = worker.exec(&exec)?;
    let broken = || {
        let log = String::from_utf8_lossy(&outcome.stderr);
        let reason = log
            .lines()
            .find(|line| line.starts_with("error"))
            .unwrap_or("cargo gives no reason")
            .to_owned();
        Error::unsuitable(
            "does_not_build",
            format!("cargo cannot read `{}`: {reason}", manifest.display()),
            "mend what `cargo metadata` reports first",
        )
    };
    let known: Value = serde_json::from_slice(&outcome.stdout).map_err(|_| broken())?;
    let is_own =
        |package: &&Value| package["manifest_path"].as_str().map(Path::new) == Some(manifest);
    let package = known["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(is_own);
    let package = package.ok_or_else(broken)?;
    let targets: HashMap<&str, &Value> = package["targets"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|target| Some((target["kind"][0].as_str()?, target)))
        .collect();
    let library = ["lib", "rlib", "proc-macro", "dylib", "cdylib", "staticlib"]
        .iter()
        .find_map(|kind| targets.get(kind))
        .and_then(|target| {
            let name = target["name"].as_str()?.replace('-', "_");
            Some((name, PathBuf::from(target["src_path"].as_str()?)))
        });
    Ok(Package {
        folder: manifest.parent().unwrap_or(Path::new("/")).to_owned(),
        name: package["name"].as_str().unwrap_or_default().to_owned(),
        edition: package["edition"].as_str().unwrap_or("2021").to_owned(),
        library,
    })
}
