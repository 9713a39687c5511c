//! `freehold audit`. It reads, and leaves no line itself: whoever types here holds the data.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Write},
    path::Path,
};

use policy::audit::{Anchor, Line, Log, Record, Report, key_text};
use serde_json::{Value, json};

use super::moment;
use crate::args::house::{Audit, AuditExport, AuditShow, AuditVerify};
use crate::console::{Console, paint};
use crate::failure::{Exit, Failure};

/// Lines read at once.
const PAGE: u32 = 1024;

/// Does what was asked for.
pub async fn run(command: Audit, console: &mut Console) -> anyhow::Result<Exit> {
    match command {
        Audit::Verify(args) => verify(&args, console).await,
        Audit::Show(args) => show(&args, console).await,
        Audit::Export(args) => export(&args, console).await,
    }
}

async fn verify(args: &AuditVerify, console: &mut Console) -> anyhow::Result<Exit> {
    let keys: Vec<[u8; 32]> = args.keys.iter().map(|key| key.0).collect();
    let (report, key) = match &args.file {
        Some(path) => {
            if keys.is_empty() {
                return Err(Failure::refused(
                    "no_audit_key",
                    "an export is checked by the key that was written down",
                )
                .hint("name it with `--key`; `freehold audit verify` of the database shows it")
                .into());
            }
            let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
            (Report::of_export(BufReader::new(file), &keys)?, None)
        }
        None => {
            let (store, options) = args.place.store().await?;
            let anchor = Anchor::below(&options.data);
            let log = Log::of(&store);
            let report = log.verify(&keys, Some(&anchor)).await?;
            let key = log.key().await?;
            store.close().await;
            (report, key)
        }
    };
    let key = key.as_ref().map(key_text);
    if console.is_json() {
        console.print_json(&described(&report, key.as_deref()))?;
    } else {
        console.print(&said(&report, key.as_deref()))?;
    }
    Ok(match report.fault {
        None => Exit::Done,
        Some(_) => Exit::Refused,
    })
}

fn described(report: &Report, key: Option<&str>) -> Value {
    let fault = report.fault.as_ref().map(|fault| {
        json!({
            "explanation": fault.explanation,
            "line": fault.line,
            "tampering": fault.tampering.name(),
        })
    });
    json!({
        "checkpoints": report.checkpoints,
        "fault": fault,
        "hash": report.head.hash.to_string(),
        "key": key,
        "lines": report.lines,
        "signed_to": report.signed_to,
        "whole": report.fault.is_none(),
    })
}

fn said(report: &Report, key: Option<&str>) -> String {
    let mut text = match &report.fault {
        Some(fault) => format!(
            "{} {fault}\nthe first line that cannot be trusted is {}\n",
            paint::styled(paint::BAD, "broken:"),
            fault.line
        ),
        None => format!(
            "{} {} lines, signed to line {}\nends with {}\n",
            paint::styled(paint::GOOD, "whole:"),
            report.lines,
            report.signed_to,
            report.head.hash
        ),
    };
    if let Some(key) = key {
        text += &format!("signed by {key}\n");
    }
    text
}

async fn show(args: &AuditShow, console: &mut Console) -> anyhow::Result<Exit> {
    let (store, _) = args.place.store().await?;
    let log = Log::of(&store);
    let by = match &args.by {
        Some(name) => {
            let found = store.identity().user_named(&name.to_lowercase()).await?;
            Some(found.map_or_else(|| name.clone(), |user| user.id))
        }
        None => None,
    };
    let is_meant = |record: &Record| {
        by.as_ref().is_none_or(|by| *by == record.by) && !(args.refused && record.allowed)
    };
    let mut shown: std::collections::VecDeque<(Line, Record)> = std::collections::VecDeque::new();
    let filters = by.is_some() || args.refused;
    let mut after = match (args.from, filters) {
        (Some(from), _) => from.saturating_sub(1),
        (None, true) => 0,
        (None, false) => log.end().await?.saturating_sub(args.last),
    };
    loop {
        let page = log.page(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for line in page {
            let Some(record) = line.record() else {
                let note = paint::styled(paint::WARN, "note:");
                console.talk(format_args!(
                    "{note} line {} cannot be read; `freehold audit verify` says more",
                    line.sequence
                ));
                continue;
            };
            if is_meant(&record) {
                shown.push_back((line, record));
            }
        }
        if args.from.is_none() {
            let surplus = shown.len().saturating_sub(usize::try_from(args.last)?);
            shown.drain(..surplus);
        }
    }
    store.close().await;
    if console.is_json() {
        let lines: Vec<Value> = shown
            .iter()
            .map(|(line, record)| of_line(line, record))
            .collect();
        console.print_json(&json!({ "lines": lines }))?;
    } else {
        let text: String = shown
            .iter()
            .map(|(line, record)| row(line, record))
            .collect();
        console.print(&text)?;
    }
    Ok(match shown.is_empty() {
        true => Exit::Refused,
        false => Exit::Done,
    })
}

fn of_line(line: &Line, record: &Record) -> Value {
    let on: serde_json::Map<String, Value> = record
        .on
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    json!({
        "action": record.action,
        "allowed": record.allowed,
        "at": moment(record.at),
        "because": record.because,
        "by": record.by,
        "hash": line.hash.to_string(),
        "line": line.sequence,
        "on": on,
        "via": record.via,
    })
}

fn row(line: &Line, record: &Record) -> String {
    let verdict = match record.allowed {
        true => paint::styled(paint::GOOD, "yes").to_string(),
        false => paint::styled(paint::BAD, "no ").to_string(),
    };
    let on: Vec<String> = record
        .on
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let because = match record.because.as_slice() {
        [] => String::new(),
        rules => format!("  ({})", rules.join(", ")),
    };
    format!(
        "{:>7}  {}  {verdict}  {} via {}: {} {}{because}\n",
        line.sequence,
        moment(record.at),
        record.by,
        record.via,
        record.action,
        on.join(" ")
    )
}

async fn export(args: &AuditExport, console: &mut Console) -> anyhow::Result<Exit> {
    let (store, _) = args.place.store().await?;
    let log = Log::of(&store);
    let count = match &args.out {
        Some(path) => {
            if path.exists() && !args.force {
                let what = format!("`{}` exists", path.display());
                return Err(Failure::refused("file_exists", what)
                    .hint("`--force` replaces it")
                    .into());
            }
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            let failed = |error: io::Error| {
                Failure::fault("file_failed", format!("`{}`: {error}", path.display()))
            };
            let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
            let mut out = BufWriter::new(file.as_file_mut());
            let count = write(&log, |text| {
                out.write_all(text.as_bytes())
                    .map_err(|error| failed(error).into())
            })
            .await?;
            out.flush().map_err(failed)?;
            drop(out);
            file.as_file().sync_all().map_err(failed)?;
            file.persist(path).map_err(|error| failed(error.error))?;
            count
        }
        None => write(&log, |text| console.print_plain(text)).await?,
    };
    let key = log.key().await?.as_ref().map(key_text);
    store.close().await;
    if let Some(path) = &args.out {
        let bytes = fs::metadata(path).map_or(0, |file| file.len());
        let key = key.unwrap_or_default();
        match console.is_json() {
            true => console.print_json(&json!({ "bytes": bytes, "key": key, "lines": count }))?,
            false => console.print(&format!("{count} lines, signed by {key}\n"))?,
        }
    }
    Ok(Exit::Done)
}

/// Writes every line and then every checkpoint, and says how many lines there were.
async fn write(
    log: &Log<'_>,
    mut out: impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let (mut after, mut count) = (0, 0);
    loop {
        let page = log.page(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        count += page.len() as u64;
        let text: Vec<String> = page.iter().map(|line| line.exported() + "\n").collect();
        out(&text.concat())?;
    }
    for checkpoint in log.checkpoints().await? {
        // One that was made while the lines were written speaks for lines that are not in the file.
        if checkpoint.head.sequence <= after {
            out(&format!("checkpoint {}\n", checkpoint.text()))?;
        }
    }
    Ok(count)
}
