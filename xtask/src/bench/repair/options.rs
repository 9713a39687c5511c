//! The flags of a repair benchmark.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, bail};

/// What was typed after the name of the benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Runs the bugs whose name contains one of these; empty means all.
    pub only: Vec<String>,
    /// `--jobs` of each `freehold fix`; bugs run one at a time.
    pub jobs: Option<usize>,
    /// `--budget` of each `freehold fix`.
    pub budget: Duration,
    /// Where the rows are also written as JSON.
    pub json: Option<PathBuf>,
    /// A folder to read the collection from instead of its usual place.
    pub data: Option<PathBuf>,
    /// A binary to measure instead of the release build of this workspace.
    pub freehold: Option<PathBuf>,
    /// Checks the benchmark itself instead of running it.
    pub validate: bool,
}

impl Options {
    /// The flags' lines of a usage text.
    pub const USAGE: &str = "\
  --only NAME        only the bugs whose name contains NAME (may be repeated)
  --jobs N           passed to `freehold fix`; one bug runs at a time in any case
  --budget SECONDS   passed to `freehold fix` (60)
  --json FILE        also write every row, with its patches, as JSON
  --data DIR         read the collection from DIR
  --freehold PATH    measure this binary instead of the release build
  --validate         check the benchmark's own bugs and oracle instead
";

    /// Reads the flags, all of them optional.
    pub fn parse(args: &[&str]) -> Result<Self> {
        let mut options = Self {
            only: Vec::new(),
            jobs: None,
            budget: Duration::from_secs(60),
            json: None,
            data: None,
            freehold: None,
            validate: false,
        };
        let mut rest = args.iter();
        while let Some(&flag) = rest.next() {
            if flag == "--validate" {
                options.validate = true;
                continue;
            }
            let mut value = || {
                rest.next()
                    .with_context(|| format!("`{flag}` needs a value"))
            };
            match flag {
                "--only" => options.only.push(value()?.to_string()),
                "--jobs" => options.jobs = Some(value()?.parse().context("`--jobs`")?),
                "--budget" => options.budget = seconds(value()?)?,
                "--json" => options.json = Some(value()?.into()),
                "--data" => options.data = Some(value()?.into()),
                "--freehold" => options.freehold = Some(value()?.into()),
                _ => bail!("unknown flag `{flag}`\n{}", Self::USAGE),
            }
        }
        Ok(options)
    }

    /// Whether the bug is among those asked for.
    pub fn selects(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part))
    }

    /// The binary to measure: the one named, or a fresh release build.
    pub fn binary(&self) -> Result<PathBuf> {
        match &self.freehold {
            Some(path) => std::path::absolute(path).context("`--freehold`"),
            None => super::super::freehold(),
        }
    }
}

fn seconds(text: &str) -> Result<Duration> {
    let number = text.strip_suffix('s').unwrap_or(text);
    let seconds = number
        .parse()
        .with_context(|| format!("`--budget {text}` is not a time"))?;
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_flag() {
        let options = Options::parse(&[
            "--only",
            "gcd",
            "--only",
            "sort",
            "--jobs",
            "2",
            "--budget",
            "1.5s",
            "--json",
            "a.json",
            "--data",
            "d",
            "--freehold",
            "f",
            "--validate",
        ])
        .unwrap();
        assert_eq!(
            options,
            Options {
                only: vec!["gcd".into(), "sort".into()],
                jobs: Some(2),
                budget: Duration::from_millis(1500),
                json: Some("a.json".into()),
                data: Some("d".into()),
                freehold: Some("f".into()),
                validate: true,
            }
        );
        assert!(options.selects("quicksort") && options.selects("gcd") && !options.selects("lis"));
        assert!(Options::parse(&[]).unwrap().selects("lis"));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(
            Options::parse(&["--fast"])
                .unwrap_err()
                .to_string()
                .contains("`--fast`")
        );
        assert!(Options::parse(&["--jobs"]).is_err());
        assert!(Options::parse(&["--budget", "soon"]).is_err());
    }
}
