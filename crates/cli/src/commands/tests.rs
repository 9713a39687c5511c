//! `freehold tests FILE`: writes the tests that are missing.

use std::path::Path;

use coder::generate::{self, Options, Report, TargetReport};
use serde_json::{Value, json};

use crate::{
    args,
    console::{
        Console,
        paint::{self, styled},
    },
    environment,
    failure::{Exit, Failure},
};

/// Generates the tests and prints them, or writes them where `-o` says.
pub fn run(args: args::Tests, console: &mut Console) -> anyhow::Result<Exit> {
    // Tests that go into the file under test replace it by itself with more at its end.
    let force = args.force
        || args
            .out
            .as_ref()
            .is_some_and(|out| is_same(out, &args.file));
    if let Some(out) = &args.out {
        check_out(out, force)?;
    }
    let options = Options {
        stop: super::stop_on_signals()?,
        function: args.function.clone(),
        out: args.out.clone(),
        seed: args.seed,
        budget: args.budget,
        jobs: args.jobs.map_or_else(environment::cores, usize::from),
        ..Options::default()
    };
    let report = generate::generate(&args.file, &options, &environment::read(), &mut |_| {})?;
    if let Some(out) = &args.out {
        write(out, &report.text, force)?;
    }
    if console.is_json() {
        console.print_json(&as_json(&report, args.out.as_deref()))?;
    } else {
        if args.out.is_none() {
            console.print(&report.text)?;
        }
        talk(&report, args.out.as_deref(), console);
    }
    Ok(Exit::Done)
}

/// Refuses early what could not be written after the search.
fn check_out(out: &Path, force: bool) -> anyhow::Result<()> {
    if out.is_dir() {
        return Err(
            Failure::refused("out_is_folder", format!("`{}` is a folder", out.display()))
                .hint("name the file to write, e.g. `-o tests/test_it.py` or `-o tests/it.rs`")
                .into(),
        );
    }
    if out.exists() && !force {
        return Err(
            Failure::refused("out_exists", format!("`{}` exists already", out.display()))
                .hint("`--force` replaces it")
                .into(),
        );
    }
    let folder = folder_of(out);
    if !folder.is_dir() {
        return Err(Failure::refused(
            "out_folder_missing",
            format!("there is no folder `{}`", folder.display()),
        )
        .hint("make it first")
        .into());
    }
    Ok(())
}

fn is_same(a: &Path, b: &Path) -> bool {
    let is_rust = a.extension().is_some_and(|extension| extension == "rs");
    is_rust && matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn folder_of(out: &Path) -> &Path {
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes the file in one step: either all of it is there, or nothing has changed.
fn write(out: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let failed = |error: std::io::Error| {
        Failure::fault(
            "file_failed",
            format!("cannot write `{}`: {error}", out.display()),
        )
    };
    let mut file = tempfile::NamedTempFile::new_in(folder_of(out)).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    match out.metadata() {
        Ok(known) => std::fs::set_permissions(file.path(), known.permissions()),
        Err(_) => set_plain_mode(file.path()),
    }
    .map_err(failed)?;
    if force {
        file.persist(out).map_err(|error| failed(error.error))?;
    } else {
        file.persist_noclobber(out)
            .map_err(|error| failed(error.error))?;
    }
    Ok(())
}

/// A source file is for everybody to read; a temporary file is not.
fn set_plain_mode(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

fn talk(report: &Report, out: Option<&Path>, console: &mut Console) {
    for target in &report.targets {
        console.talk(line(target));
    }
    if report.out_of_time {
        console.talk(styled(
            paint::WARN,
            "the budget ended the search; a larger `--budget` may find more",
        ));
    }
    if let Some(out) = out {
        console.talk(format_args!(
            "{} {} tests in {}",
            styled(paint::GOOD, "wrote"),
            report.tests(),
            out.display()
        ));
    }
}

fn line(target: &TargetReport) -> String {
    let name = styled(paint::STRONG, &target.name);
    match &target.skipped {
        Some(reason) => format!("{name}: {} {reason}", styled(paint::WARN, "no tests:")),
        None => format!(
            "{name}: {} tests kill {} of {} mutants {}",
            target.tests,
            target.killed,
            target.mutants,
            styled(
                paint::FAINT,
                format_args!("({} inputs tried)", target.tried)
            ),
        ),
    }
}

fn as_json(report: &Report, out: Option<&Path>) -> Value {
    let targets: Vec<Value> = report
        .targets
        .iter()
        .map(|target| {
            json!({
                "name": target.name,
                "tests": target.tests,
                "mutants": target.mutants,
                "mutants_killed": target.killed,
                "inputs_tried": target.tried,
                "skipped": target.skipped,
            })
        })
        .collect();
    json!({
        "tests": report.tests(),
        "targets": targets,
        "out_of_time": report.out_of_time,
        "out": out,
        "text": report.text,
    })
}
