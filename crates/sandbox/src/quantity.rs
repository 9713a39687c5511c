//! Sizes and durations as people type them: `512M`, `10s`.

use std::time::Duration;

/// Why a typed quantity was refused. The message names what was typed and what would do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not a number with a known unit.
    #[error("`{typed}` is not a size\nhint: write bytes with a unit, as in `64K`, `512M` or `2G`")]
    Size {
        /// What was typed.
        typed: String,
    },
    /// Not a number with a known unit.
    #[error(
        "`{typed}` is not a duration\nhint: write a number with a unit, as in `500ms`, `10s`, `2m` or `1h`"
    )]
    Duration {
        /// What was typed.
        typed: String,
    },
}

/// Reads bytes: a whole or decimal number, then `K`, `M`, `G` or `T` (powers of 1024, also as
/// `KiB` or `KB`) or nothing.
pub fn parse_size(typed: &str) -> Result<u64, QuantityError> {
    let refuse = || QuantityError::Size {
        typed: typed.to_owned(),
    };
    let (number, unit) = split(typed);
    let factor: u64 = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        "T" | "TB" | "TIB" => 1 << 40,
        _ => return Err(refuse()),
    };
    scale(number, factor)
        .filter(|bytes| *bytes > 0)
        .ok_or_else(refuse)
}

/// Reads a time: a whole or decimal number, then `ms`, `s`, `m` or `h`; without a unit, seconds.
pub fn parse_duration(typed: &str) -> Result<Duration, QuantityError> {
    let refuse = || QuantityError::Duration {
        typed: typed.to_owned(),
    };
    let (number, unit) = split(typed);
    let microseconds: u64 = match unit {
        "ms" => 1_000,
        "" | "s" => 1_000_000,
        "m" | "min" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return Err(refuse()),
    };
    let time = scale(number, microseconds).map(Duration::from_micros);
    time.filter(|time| !time.is_zero()).ok_or_else(refuse)
}

fn split(typed: &str) -> (&str, &str) {
    let typed = typed.trim();
    let end = typed
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(typed.len());
    (&typed[..end], typed[end..].trim_start())
}

/// `number` times `factor`, rounded down; `None` when it is no number or too large.
fn scale(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || fraction.len() > 9 {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    let digits = 10_u128.pow(fraction.len() as u32);
    let fraction = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<u64>().ok()?
    };
    let fraction = u128::from(fraction) * u128::from(factor) / digits;
    whole.checked_add(u64::try_from(fraction).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes_as_people_write_them() {
        let read = |typed| parse_size(typed).unwrap();
        assert_eq!(read("1"), 1);
        assert_eq!(read("64K"), 65_536);
        assert_eq!(read("512M"), 512 << 20);
        assert_eq!(read("1.5 GiB"), 3 << 29);
        assert_eq!(read("2tb"), 2 << 40);
    }

    #[test]
    fn reads_durations_as_people_write_them() {
        let read = |typed| parse_duration(typed).unwrap();
        assert_eq!(read("10"), Duration::from_secs(10));
        assert_eq!(read("500ms"), Duration::from_millis(500));
        assert_eq!(read("1.5s"), Duration::from_millis(1500));
        assert_eq!(read("2m"), Duration::from_secs(120));
        assert_eq!(read("1h"), Duration::from_secs(3600));
    }

    #[test]
    fn refuses_what_is_no_quantity_and_says_what_is() {
        for typed in [
            "",
            "M",
            "-1M",
            "1X",
            "1..5M",
            "0",
            "99999999999T",
            "１M",
            "1M2",
            ".",
        ] {
            assert!(parse_size(typed).is_err(), "{typed}");
        }
        for typed in ["", "s", "-1s", "1d", "0", "1e3s", "99999999999999999999s"] {
            assert!(parse_duration(typed).is_err(), "{typed}");
        }
        let message = parse_size("many").unwrap_err().to_string();
        assert_eq!(
            message,
            "`many` is not a size\nhint: write bytes with a unit, as in `64K`, `512M` or `2G`"
        );
    }
}
