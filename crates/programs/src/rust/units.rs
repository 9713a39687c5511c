//! The compiler calls that build a project's tests, learned from cargo and repeated without it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// One call of rustc for a crate of the project itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// Name of the crate.
    pub name: String,
    pub program: PathBuf,
    pub env: Vec<(OsString, OsString)>,
    pub args: Vec<String>,
    /// The crate's root file, relative to where rustc runs.
    pub root_file: PathBuf,
    /// Whether it makes a test program.
    pub is_test: bool,
    pub out_dir: PathBuf,
    /// `-C extra-filename`.
    pub suffix: String,
    /// Files that it read, relative to the workspace.
    pub sources: Vec<PathBuf>,
}

impl Unit {
    /// The file that the unit's test program or other program is written to, below `out`.
    pub fn executable(&self, out: &Path) -> PathBuf {
        out.join(format!("{}{}", self.name, self.suffix))
    }

    /// The folder of the package, where its tests run.
    pub fn package(&self) -> Option<PathBuf> {
        self.env
            .iter()
            .find(|(key, _)| key == "CARGO_MANIFEST_DIR")
            .map(|(_, value)| PathBuf::from(value))
    }

    /// Whether the unit links what `other` makes.
    pub fn uses(&self, other: &Unit) -> bool {
        let library = format!("lib{}{}.", other.name, other.suffix);
        let program = format!("CARGO_BIN_EXE_{}", other.name);
        !other.is_test
            && (self.args.iter().any(|argument| argument.contains(&library))
                || self.env.iter().any(|(key, _)| {
                    key.to_string_lossy().replace('-', "_") == program.replace('-', "_")
                }))
    }

    /// The arguments for a build into `out`: no debug information, no lints, nothing incremental.
    /// What the project's own crates made in `before` is taken from `out`, too.
    pub fn arguments(&self, out: &Path, rebuilt: &[&Unit]) -> Vec<OsString> {
        let out_text = out.display().to_string();
        let mut made: Vec<OsString> = vec!["-L".into(), format!("dependency={out_text}").into()];
        let mut rest = self.args.iter().peekable();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "-C" => {
                    let value = rest.next().map_or("", String::as_str);
                    if !["incremental=", "debuginfo=", "split-debuginfo="]
                        .iter()
                        .any(|dropped| value.starts_with(dropped))
                    {
                        made.extend(["-C".into(), value.into()]);
                    }
                }
                "--out-dir" => {
                    rest.next();
                    made.extend(["--out-dir".into(), out_text.clone().into()]);
                }
                "--json=diagnostic-rendered-ansi,artifacts,future-incompat" => {}
                _ if argument.starts_with("--json=") => {}
                _ if argument.starts_with("--emit=") => {
                    made.push(argument.replace("dep-info,", "").into());
                }
                _ => {
                    let is_own = rebuilt.iter().find(|unit| {
                        argument.contains(&format!("lib{}{}.", unit.name, unit.suffix))
                    });
                    match (is_own, argument.split_once('=')) {
                        (Some(_), Some((name, path))) => {
                            let file = Path::new(path)
                                .file_name()
                                .unwrap_or_default()
                                .to_string_lossy();
                            made.push(
                                format!("{name}={}", out.join(file.as_ref()).display()).into(),
                            );
                        }
                        _ => made.push(argument.into()),
                    }
                }
            }
        }
        made.extend(
            [
                "-C",
                "debuginfo=0",
                "-C",
                "codegen-units=4",
                "--cap-lints",
                "allow",
            ]
            .map(OsString::from),
        );
        made
    }

    /// The variables for a build into `out`, programs of the project replaced by those built there.
    pub fn variables(&self, out: &Path, rebuilt: &[&Unit]) -> Vec<(OsString, OsString)> {
        self.env
            .iter()
            .map(|(key, value)| {
                let name = key.to_string_lossy().replace('-', "_");
                let program = name
                    .strip_prefix("CARGO_BIN_EXE_")
                    .and_then(|name| rebuilt.iter().find(|unit| unit.name == name));
                match program {
                    Some(unit) => (key.clone(), unit.executable(out).into_os_string()),
                    None => (key.clone(), value.clone()),
                }
            })
            .collect()
    }
}

/// Reads the `Running` lines of `cargo -vv` for the crates of the workspace, build scripts left out.
pub(super) fn read(log: &str) -> Vec<Unit> {
    const START: &str = "     Running `";
    let mut units = Vec::new();
    let mut rest = log;
    while let Some(at) = rest.find(START) {
        let (command, after) = command(&rest[at + START.len()..]);
        rest = after;
        if let Some(unit) = shlex::split(command).and_then(|words| unit(&words)) {
            units.push(unit);
        }
    }
    units
}

/// The text up to the closing backtick, which stands outside of quotes, and what follows it.
fn command(text: &str) -> (&str, &str) {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if !is_quoted => is_escaped = true,
            '\'' => is_quoted = !is_quoted,
            '`' if !is_quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

fn unit(words: &[String]) -> Option<Unit> {
    let is_variable = |word: &&String| {
        word.split_once('=').is_some_and(|(key, _)| {
            key.chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        })
    };
    let count = words.iter().take_while(is_variable).count();
    let (variables, call) = words.split_at(count);
    let (program, args) = call.split_first()?;
    let env: Vec<(OsString, OsString)> = variables
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    let after = |flag: &str| {
        args.iter()
            .position(|argument| argument == flag)
            .and_then(|at| args.get(at + 1))
            .cloned()
    };
    let codegen = |key: &str| {
        args.windows(2)
            .find_map(|pair| pair[1].strip_prefix(key).filter(|_| pair[0] == "-C"))
            .map(str::to_owned)
    };
    let name = after("--crate-name")?;
    if name.starts_with("build_script_")
        || !env.iter().any(|(key, _)| key == "CARGO_PRIMARY_PACKAGE")
    {
        return None;
    }
    Some(Unit {
        name,
        program: program.into(),
        root_file: args
            .iter()
            .find(|argument| argument.ends_with(".rs") && !argument.starts_with('-'))?
            .into(),
        is_test: args.iter().any(|argument| argument == "--test"),
        out_dir: after("--out-dir")?.into(),
        suffix: codegen("extra-filename=").unwrap_or_default(),
        sources: Vec::new(),
        args: args.to_vec(),
        env,
    })
}

/// The files of a rustc dependency list: what stands before a colon at the end of its line.
pub(super) fn dependencies(list: &str) -> Vec<PathBuf> {
    list.lines()
        .filter_map(|line| line.strip_suffix(':'))
        .map(|path| PathBuf::from(path.replace("\\ ", " ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "   Compiling lru v0.1.0 (/p)
     Running `CARGO_CRATE_NAME=lru CARGO_MANIFEST_DIR=/p CARGO_PKG_DESCRIPTION='it'\\''s a\n`x`' CARGO_PRIMARY_PACKAGE=1 /t/rustc --crate-name lru --edition=2021 src/lib.rs --json=artifacts --crate-type lib --emit=dep-info,metadata,link -C debuginfo=2 -C extra-filename=-58 --out-dir /p/target/deps -C incremental=/p/i -L dependency=/p/target/deps`
     Running `CARGO_MANIFEST_DIR=/p CARGO_PRIMARY_PACKAGE=1 /t/rustc --crate-name visible tests/visible.rs --test -C extra-filename=-7d --out-dir /p/target/deps --extern lru=/p/target/deps/liblru-58.rlib`
    Finished `test` profile";

    #[test]
    fn calls_of_the_compiler_are_read_and_repeated_elsewhere() {
        let units = read(LOG);
        assert_eq!(units.len(), 2);
        assert_eq!((units[0].name.as_str(), units[0].is_test), ("lru", false));
        assert!(units[1].uses(&units[0]) && !units[0].uses(&units[1]));
        let library: Vec<String> = units[0]
            .arguments(Path::new("/o"), &[])
            .into_iter()
            .map(|argument| argument.into_string().unwrap())
            .collect();
        assert_eq!(
            library.join(" "),
            "-L dependency=/o --crate-name lru --edition=2021 src/lib.rs --crate-type lib --emit=metadata,link -C extra-filename=-58 \
             --out-dir /o -L dependency=/p/target/deps -C debuginfo=0 -C codegen-units=4 --cap-lints allow"
        );
        let test = units[1].arguments(Path::new("/o"), &[&units[0]]);
        assert!(
            test.contains(&OsString::from("lru=/o/liblru-58.rlib")),
            "{test:?}"
        );
        assert_eq!(
            units[1].executable(Path::new("/o")),
            Path::new("/o/visible-7d")
        );
    }

    #[test]
    fn a_dependency_list_names_the_files() {
        assert_eq!(
            dependencies("/t/a.d: src/lib.rs src/b.rs\n\nsrc/lib.rs:\nsrc/b.rs:\n"),
            [PathBuf::from("src/lib.rs"), "src/b.rs".into()]
        );
    }
}
