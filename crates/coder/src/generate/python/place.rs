//! Where a Python file is imported from, and what lies around it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::boxed::Place;
use programs::python::interpreter::Interpreter;
use programs::{Environment, Error, Source};

/// Files of the project that are searched for calls, and the size of each, at most.
const NEIGHBOURS_MAX: usize = 60;
const NEIGHBOUR_BYTES_MAX: u64 = 200_000;

const MARKERS: [&str; 6] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    ".git",
    "tox.ini",
    "pytest.ini",
];

/// Works out the module's name, the folder it is imported from, and the project around it.
pub(super) fn find(
    path: &Path,
    budget: Duration,
    environment: &Environment,
) -> Result<Place, Error> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut import_root = folder;
    let mut module = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    while import_root.join("__init__.py").exists() {
        let Some(parent) = import_root.parent() else {
            break;
        };
        let package = import_root
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        module = if module == "__init__" {
            package.into_owned()
        } else {
            format!("{package}.{module}")
        };
        import_root = parent;
    }
    if !module.split('.').all(is_identifier) {
        return Err(Error::unsuitable(
            "not_importable",
            format!("`{module}` is no name that Python can import"),
            "rename the file to letters, digits and underscores",
        ));
    }
    let project = import_root
        .ancestors()
        .filter(|place| environment.home.as_deref() != Some(*place) && place.parent().is_some())
        .find(|place| MARKERS.iter().any(|marker| place.join(marker).exists()))
        .unwrap_or(import_root);
    Ok(Place {
        interpreter: Interpreter::find(project, environment)?,
        path: path.to_owned(),
        import_root: import_root.to_owned(),
        project: project.to_owned(),
        module,
        wall_time: budget + Duration::from_secs(120),
    })
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Other Python files of the project that mention the module: they may call it.
pub(super) fn neighbours(place: &Place) -> Vec<Source> {
    let stem = place.module.rsplit('.').next().unwrap_or(&place.module);
    let grammar: tree_sitter::Language = tree_sitter_python::LANGUAGE.into();
    let mut found = Vec::new();
    let mut looked_at = 0;
    let mut folders = vec![place.project.clone()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.starts_with('.')
                || path.is_symlink()
                || matches!(&*name, "venv" | "node_modules" | "target" | "__pycache__")
            {
                continue;
            }
            if path.is_dir() && folders.len() < 200 {
                folders.push(path);
            } else if name.ends_with(".py") && path != place.path {
                looked_at += 1;
                if looked_at > 20 * NEIGHBOURS_MAX || found.len() >= NEIGHBOURS_MAX {
                    return found;
                }
                if path
                    .metadata()
                    .is_ok_and(|meta| meta.len() <= NEIGHBOUR_BYTES_MAX)
                    && let Ok(text) = std::fs::read_to_string(&path)
                    && text.contains(stem)
                {
                    found.push(Source::parse(path, text, &grammar));
                }
            }
        }
    }
    found
}
