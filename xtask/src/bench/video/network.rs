//! `cargo xtask bench video network`: films of the built-in network, made of prompts like those that it learnt from, of combinations and of
//! phrasings that it never met; graded by the ruler by their own words, and by those of other films.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::bench::machine::Machine;
use crate::bench::table::Table;
use crate::tree;

/// What has to be right, in percent: of prompts like those learnt from, and of combinations.
const BARS: [(&str, [u32; 2]); 7] = [
    ("count", [90, 80]),
    ("shape", [88, 80]),
    ("colour", [97, 93]),
    ("direction", [92, 85]),
    ("speed", [80, 75]),
    ("background", [97, 95]),
    ("camera", [85, 80]),
];

/// Steps of a film that is made quickly.
const FEW: &str = "4";

pub fn run(args: &[&str]) -> Result<()> {
    let prompts = match args {
        [] => "400",
        ["--prompts", prompts] => prompts,
        [word, ..] => bail!("unknown option `{word}`: `--prompts N` says how many of each kind"),
    };
    print!("{}", Machine::read());
    for more in [&[][..], &["--steps", FEW, "--guidance", "1"]] {
        print(&measured(prompts, more)?)?;
    }
    Ok(())
}

fn measured(prompts: &str, more: &[&str]) -> Result<Value> {
    let mut bench = tree::cargo();
    bench
        .args([
            "bench", "--quiet", "--locked", "-p", "video", "--bench", "network", "--",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/video"))
        .args(["--prompts", prompts])
        .args(more);
    Ok(serde_json::from_str(tree::stdout_of(&mut bench)?.trim())?)
}

fn print(measured: &Value) -> Result<()> {
    let splits = measured["splits"].as_array().context("splits")?;
    let [alike, combinations, phrasings] = &splits[..] else {
        bail!("{} splits", splits.len());
    };
    println!(
        "\n`{}`, {} numbers; {} steps with guidance {}, {} prompts of each kind, {:.2} s a film:\n",
        measured["model"].as_str().unwrap_or_default(),
        measured["parameters"],
        measured["steps"],
        measured["guidance"],
        measured["prompts"],
        number(alike, "seconds_a_film")
    );
    let mut table = Table::new([
        "said of a film",
        "like those learnt",
        "bar",
        "combinations",
        "bar",
        "phrasings",
        "of another film",
        "true films",
    ]);
    let attributes = alike["attributes"].as_array().context("attributes")?;
    for (at, line) in attributes.iter().enumerate() {
        let name = line["attribute"].as_str().unwrap_or_default();
        let bars = BARS.iter().find(|(known, _)| *known == name);
        let bar = |which: usize| {
            let bar = bars.map(|(_, bars)| format!("≥ {} %", bars[which]));
            bar.unwrap_or_else(|| "–".to_owned())
        };
        table.row([
            name.to_owned(),
            share(line, "right", "wrong"),
            bar(0),
            share(&combinations["attributes"][at], "right", "wrong"),
            bar(1),
            share(&phrasings["attributes"][at], "right", "wrong"),
            share(line, "others_right", "others_wrong"),
            share(line, "true_right", "true_wrong"),
        ]);
    }
    let percent = |split: &Value| format!("{:.1} %", 100.0 * number(split, "steady"));
    table.row([
        "no identity switch".to_owned(),
        percent(alike),
        "≥ 90 %".to_owned(),
        percent(combinations),
        "–".to_owned(),
        percent(phrasings),
        "–".to_owned(),
        "–".to_owned(),
    ]);
    println!("{table}");
    println!(
        "The ruler finds things in {:.0} % of the films, and identity switches are counted in those. The nearest lesson is {:.1} steps of 255 away from a film, and {:.1} from a true film of the same words.",
        100.0 * number(alike, "with_things"),
        number(alike, "nearest_lesson"),
        number(alike, "nearest_lesson_of_truth")
    );
    Ok(())
}

/// Of those of which something can be told.
fn share(line: &Value, right: &str, wrong: &str) -> String {
    let (right, wrong) = (number(line, right), number(line, wrong));
    format!("{:.1} %", 100.0 * right / (right + wrong).max(1.0))
}

fn number(line: &Value, name: &str) -> f64 {
    line[name].as_f64().unwrap_or_default()
}
