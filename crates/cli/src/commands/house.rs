//! `freehold user`, `key`, `audit`, `backup` and their like: commands on the data of a house, whether or not it is open.

mod audit;
mod belongings;
mod key;
mod user;

use std::{future::Future, path::PathBuf};

use policy::{Gate, Options};
use store::Store;

use crate::args::house::{Audit, Backup, Erase, Export, Key, Place, Restore, User};
use crate::console::Console;
use crate::environment;
use crate::failure::{Exit, Failure};

/// `freehold user …`
pub fn user(command: User, console: &mut Console) -> anyhow::Result<Exit> {
    run(user::run(command, console))
}

/// `freehold key …`
pub fn key(command: Key, console: &mut Console) -> anyhow::Result<Exit> {
    run(key::run(command, console))
}

/// `freehold audit …`
pub fn audit(command: Audit, console: &mut Console) -> anyhow::Result<Exit> {
    run(audit::run(command, console))
}

/// `freehold backup FILE`
pub fn backup(args: &Backup, console: &mut Console) -> anyhow::Result<Exit> {
    run(belongings::backup(args, console))
}

/// `freehold restore FILE`
pub fn restore(args: &Restore, console: &mut Console) -> anyhow::Result<Exit> {
    run(belongings::restore(args, console))
}

/// `freehold export --user NAME`
pub fn export(args: &Export, console: &mut Console) -> anyhow::Result<Exit> {
    run(belongings::export(args, console))
}

/// `freehold erase --user NAME`
pub fn erase(args: &Erase, console: &mut Console) -> anyhow::Result<Exit> {
    run(belongings::erase(args, console))
}

fn run(command: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::fault("io_failed", format!("cannot start: {error}")))?;
    runtime.block_on(command)
}

impl Place {
    /// Opens the store that is there. Nothing is made where nothing is: who mistypes a folder is told so.
    async fn store(&self) -> anyhow::Result<(Store, Options)> {
        let data = self
            .data
            .clone()
            .unwrap_or_else(|| environment::read().data);
        let file = self.database.strip_prefix("sqlite:");
        let is_missing = match file {
            Some(path) => !data.join(path.trim_start_matches("//")).exists(),
            None => false,
        };
        if is_missing {
            let what = format!("nobody lives in `{}` yet", data.display());
            return Err(Failure::refused("no_house", what)
                .hint("`freehold user add NAME` makes it; `--data DIR` names another folder")
                .into());
        }
        self.store_or_new().await
    }

    /// Opens the store, and makes it where there is none.
    async fn store_or_new(&self) -> anyhow::Result<(Store, Options)> {
        let (options, data) = self.options();
        Ok((Store::open(&options).await?, Options::new(data)))
    }

    /// How the store is opened, and the folder of the data.
    fn options(&self) -> (store::Options, PathBuf) {
        let data = self
            .data
            .clone()
            .unwrap_or_else(|| environment::read().data);
        let options = store::Options {
            url: self.database.clone(),
            ..store::Options::new(&data)
        };
        (options, data)
    }

    /// Opens the gate.
    async fn gate(&self) -> anyhow::Result<Gate> {
        let (store, options) = self.store().await?;
        Ok(Gate::open(store, options).await?)
    }

    /// Opens the gate, and makes the house where there is none.
    async fn gate_or_new(&self) -> anyhow::Result<Gate> {
        let (store, options) = self.store_or_new().await?;
        Ok(Gate::open(store, options).await?)
    }
}

/// Writes what is left to write, and closes.
async fn close(gate: &Gate) -> anyhow::Result<()> {
    gate.close().await?;
    gate.store().close().await;
    Ok(())
}

/// Unix milliseconds in RFC 3339, to the second.
fn moment(millis: i64) -> String {
    let seconds = millis.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a number of days since 1970. Source: H. Hinnant, `civil_from_days`.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// `rows` under `heads`, each column as wide as its widest cell.
fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = heads.iter().map(|head| head.len()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let padded = widths
            .iter()
            .zip(cells)
            .map(|(width, cell)| format!("{cell:width$}"));
        let padded: Vec<String> = padded.collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let mut text = line(heads.to_vec());
    text.extend(
        rows.iter()
            .map(|row| line(row.iter().map(String::as_str).collect())),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_rfc_3339() {
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
        assert_eq!(moment(-1), "1969-12-31T23:59:59Z");
        assert_eq!(moment(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(moment(1_795_271_400_999), "2026-11-21T14:30:00Z");
    }
}
