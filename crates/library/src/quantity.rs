//! Quantities as people read them.

/// Bytes in the unit of which there are some: `1.4 GiB`, `23 KiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ if value < 9.95 => format!("{value:.1} {}", UNITS[unit]),
        _ => format!("{value:.0} {}", UNITS[unit]),
    }
}

/// A large count in three digits: `752 M`, `1.24 B`.
pub fn count(count: u64) -> String {
    const UNITS: [(&str, f64); 4] = [("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)];
    let value = count as f64;
    match UNITS.into_iter().find(|(_, size)| value >= 0.9995 * size) {
        None => count.to_string(),
        Some((unit, size)) => {
            let value = value / size;
            let digits = if value < 9.995 {
                2
            } else {
                usize::from(value < 99.95)
            };
            format!("{value:.digits$} {unit}")
        }
    }
}

/// `1 layer`, `2 layers`.
pub fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_two_digits_and_the_unit_of_which_there_are_some() {
        let said = [0, 1023, 1024, 10_240, 1_048_575, 1 << 30, 1_503_238_554].map(bytes);
        assert_eq!(
            said,
            [
                "0 B", "1023 B", "1.0 KiB", "10 KiB", "1.0 MiB", "1.0 GiB", "1.4 GiB"
            ]
        );
    }

    #[test]
    fn counts_have_three_digits() {
        let said = [7, 999, 1_000, 99_999, 751_632_384, 1_235_814_400].map(count);
        assert_eq!(said, ["7", "999", "1.00 K", "100 K", "752 M", "1.24 B"]);
    }
}
