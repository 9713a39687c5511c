//! Which Python runs a project, and what of the machine it needs to see.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::project::Environment;

/// A Python and the folders that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The program to start.
    pub program: PathBuf,
    /// Folders beyond the system's that must be readable in the box.
    pub reads: Vec<PathBuf>,
}

impl Interpreter {
    /// The project's own virtual environment if it has one, else the first Python on the path.
    pub fn find(root: &Path, environment: &Environment) -> Result<Self, Error> {
        for name in [".venv", "venv"] {
            let folder = root.join(name);
            let program = folder.join("bin/python");
            if program.exists() && folder.join("pyvenv.cfg").exists() {
                let mut reads = vec![folder];
                reads.extend(program.canonicalize().ok().and_then(|real| prefix(&real)));
                return Ok(Self { program, reads });
            }
        }
        environment
            .path
            .iter()
            .find_map(|folder| on_path(folder))
            .map(|program| Self {
                reads: prefix(&program)
                    .into_iter()
                    .chain(user_site(environment))
                    .collect(),
                program,
            })
            .ok_or_else(|| {
                Error::unsuitable(
                    "no_python",
                    "no Python 3 was found",
                    "install it, e.g. `apt-get install python3`, or make a `.venv` in the project",
                )
            })
    }
}

/// The Python in `folder`: the program itself, or the one that a version manager's shim starts.
fn on_path(folder: &Path) -> Option<PathBuf> {
    let found = folder.join("python3");
    let real = found.canonicalize().ok()?;
    if is_program(&real) {
        return Some(real);
    }
    let manager = folder.parent().filter(|_| folder.ends_with("shims"))?;
    let versions = std::fs::read_to_string(manager.join("version")).ok()?;
    versions
        .lines()
        .map(|version| {
            manager
                .join("versions")
                .join(version.trim())
                .join("bin/python3")
        })
        .find_map(|program| program.canonicalize().ok().filter(|real| is_program(real)))
}

/// Whether the file is machine code rather than a script that starts something else.
fn is_program(path: &Path) -> bool {
    use std::io::Read;
    let mut magic = [0; 4];
    std::fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut magic))
        .is_ok_and(|()| magic == *b"\x7fELF")
}

/// The folder above `bin`, unless it is the system's own, which every box can read.
fn prefix(program: &Path) -> Option<PathBuf> {
    let prefix = program.parent()?.parent()?;
    (prefix != Path::new("/") && prefix != Path::new("/usr")).then(|| prefix.to_owned())
}

/// Where `pip install --user` puts packages.
fn user_site(environment: &Environment) -> Option<PathBuf> {
    let folder = environment.home.as_ref()?.join(".local/lib");
    folder.is_dir().then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_the_shim_of_a_version_manager() {
        let home = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &[u8]| {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(".pyenv/shims/python3", b"#!/bin/sh\nexec pyenv\n");
        write(".pyenv/version", b"3.12.1\n");
        write(".pyenv/versions/3.12.1/bin/python3", b"\x7fELF....");
        let environment = Environment {
            path: vec![
                home.path().join("nowhere"),
                home.path().join(".pyenv/shims"),
            ],
            ..Environment::default()
        };
        let found = Interpreter::find(home.path(), &environment).unwrap();
        let prefix = home
            .path()
            .canonicalize()
            .unwrap()
            .join(".pyenv/versions/3.12.1");
        assert_eq!(found.program, prefix.join("bin/python3"));
        assert_eq!(found.reads, [prefix]);
    }

    #[test]
    fn no_python_is_an_error_with_a_hint() {
        let error =
            Interpreter::find(Path::new("/nonexistent"), &Environment::default()).unwrap_err();
        assert!(error.to_string().contains("hint: install it"));
    }
}
