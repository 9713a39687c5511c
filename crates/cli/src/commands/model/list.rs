//! `freehold model list`.

use models::{ARCHITECTURES, Outline};
use serde_json::{Value, json};
use tensor::files::Checkpoint;

use crate::args::model::ModelList;
use crate::console::{Console, paint};
use crate::failure::Exit;
use library::quantity;
use library::{Entry, Library};

/// Lists models, or what can be run.
pub fn run(args: &ModelList, library: &Library, console: &mut Console) -> anyhow::Result<Exit> {
    if args.architectures {
        return architectures(console);
    }
    let mut rows = Vec::new();
    for entry in library.entries()? {
        match entry {
            Ok(entry) => rows.push(Row::of(entry)),
            Err(failure) => {
                let note = paint::styled(paint::WARN, "note:");
                console.talk(format_args!("{note} {failure}"));
            }
        }
    }
    let unfinished = library.unfinished();
    if console.is_json() {
        let models: Vec<Value> = rows.iter().map(Row::json).collect();
        let unfinished = unfinished
            .iter()
            .map(|(name, bytes)| json!({ "name": name.to_string(), "bytes": bytes }));
        let unfinished: Vec<Value> = unfinished.collect();
        console.print_json(&json!({ "models": models, "unfinished": unfinished }))?;
    } else if rows.is_empty() {
        let add = paint::styled(paint::TYPED, "freehold model add FOLDER");
        console.talk("no model was added yet");
        console.talk(format_args!(
            "{add} adds open weights: a folder of safetensors, a GGUF file, or hub:OWNER/NAME"
        ));
    } else {
        console.print(&table(&rows))?;
    }
    let told = if console.is_json() {
        &[]
    } else {
        &unfinished[..]
    };
    for (name, bytes) in told {
        let note = paint::styled(paint::WARN, "note:");
        console.talk(format_args!(
            "{note} {} of {name} have come; `freehold model add {name}` goes on, `remove {name}` gives up",
            quantity::bytes(*bytes)
        ));
    }
    Ok(Exit::Done)
}

fn architectures(console: &mut Console) -> anyhow::Result<Exit> {
    if console.is_json() {
        console.print_json(&json!({ "architectures": ARCHITECTURES }))?;
    } else {
        console.print(&format!("{}\n", ARCHITECTURES.join("\n")))?;
    }
    Ok(Exit::Done)
}

/// A model with what its files say now.
struct Row {
    entry: Entry,
    outline: Result<Outline, String>,
}

impl Row {
    fn of(entry: Entry) -> Self {
        let outline = Checkpoint::open(entry.path())
            .map_err(models::Error::from)
            .and_then(|checkpoint| Outline::of_checkpoint(&checkpoint));
        Self {
            outline: outline.map_err(|error| first_line(&error.to_string())),
            entry,
        }
    }

    fn json(&self) -> Value {
        let manifest = &self.entry.manifest;
        let mut value = json!({
            "name": self.entry.name,
            "path": self.entry.path(),
            "source": manifest.source,
            "is_linked": manifest.link.is_some(),
            "bytes": manifest.bytes(),
            "licence": manifest.licence.id,
        });
        match &self.outline {
            Ok(outline) => {
                value["architecture"] = json!(outline.architecture);
                value["parameters"] = json!(outline.parameters);
                value["context_length"] = json!(outline.context_length);
                value["format"] = json!(format_of(outline));
            }
            Err(reason) => value["error"] = json!(reason),
        }
        value
    }

    fn cells(&self) -> [String; 7] {
        let manifest = &self.entry.manifest;
        let [architecture, parameters, format, context] = match &self.outline {
            Ok(outline) => [
                outline.architecture.clone(),
                quantity::count(outline.parameters),
                format_of(outline),
                outline.context_length.to_string(),
            ],
            Err(reason) => [
                format!("unusable: {reason}"),
                String::new(),
                String::new(),
                String::new(),
            ],
        };
        [
            self.entry.name.clone(),
            architecture,
            parameters,
            format,
            quantity::bytes(manifest.bytes()),
            context,
            manifest.licence.name().to_owned(),
        ]
    }
}

/// The format of most bytes.
fn format_of(outline: &Outline) -> String {
    let first = outline.formats.first();
    first.map_or_else(String::new, |format| format.dtype.to_string())
}

const HEADS: [&str; 7] = [
    "name",
    "architecture",
    "parameters",
    "format",
    "size",
    "context",
    "licence",
];

fn table(rows: &[Row]) -> String {
    let heads = HEADS.map(str::to_owned);
    let rows: Vec<[String; 7]> = rows.iter().map(Row::cells).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&heads]).map(|row| &row[column]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    let mut text = format!("{}\n", paint::styled(paint::STRONG, line(&heads)));
    for row in &rows {
        text += &format!("{}\n", line(row));
    }
    text
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
