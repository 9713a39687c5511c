//! A date and a time of day, as templates print them.

use std::fmt::Write as _;

/// A moment on the owner's clock. This crate has none of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    year: i64,
    /// From 1.
    month: u32,
    /// From 1.
    day: u32,
    second_of_day: u32,
    /// From Sunday, which is 0.
    weekday: u32,
}

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Moment {
    /// The moment `seconds` after 1970 began, counted in local time.
    pub fn from_local_seconds(seconds: i64) -> Self {
        let days = seconds.div_euclid(86_400);
        // Years begin in March here, so that the leap day is the last of one.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u32,
            day: day as u32,
            second_of_day: seconds.rem_euclid(86_400) as u32,
            weekday: (days + 4).rem_euclid(7) as u32,
        }
    }

    /// The moment in the words of C's `strftime`; what is not known stays as it is.
    pub fn format(&self, format: &str) -> String {
        let mut out = String::new();
        let mut rest = format.chars();
        while let Some(character) = rest.next() {
            if character != '%' {
                out.push(character);
                continue;
            }
            let mut directive = rest.next();
            let unpadded = directive == Some('-');
            if unpadded {
                directive = rest.next();
            }
            match directive {
                Some(directive) => self.write(&mut out, directive, unpadded),
                None => out.push('%'),
            }
        }
        out
    }

    fn write(&self, out: &mut String, directive: char, unpadded: bool) {
        let (hour, minute) = (self.second_of_day / 3_600, self.second_of_day / 60 % 60);
        let day = DAYS[self.weekday as usize];
        let month = MONTHS[self.month as usize - 1];
        let number = |out: &mut String, value: u32, width: usize| {
            let width = if unpadded { 0 } else { width };
            let _ = write!(out, "{value:0width$}");
        };
        match directive {
            'Y' => drop(write!(out, "{}", self.year)),
            'y' => number(out, self.year.rem_euclid(100) as u32, 2),
            'm' => number(out, self.month, 2),
            'd' => number(out, self.day, 2),
            'e' if unpadded => number(out, self.day, 0),
            'e' => drop(write!(out, "{:2}", self.day)),
            'H' => number(out, hour, 2),
            'I' => number(out, (hour + 11) % 12 + 1, 2),
            'M' => number(out, minute, 2),
            'S' => number(out, self.second_of_day % 60, 2),
            'j' => number(out, self.day_of_year(), 3),
            'p' => out.push_str(if hour < 12 { "AM" } else { "PM" }),
            'A' => out.push_str(day),
            'a' => out.push_str(&day[..3]),
            'B' => out.push_str(month),
            'b' | 'h' => out.push_str(&month[..3]),
            'w' => number(out, self.weekday, 1),
            'F' => out.push_str(&self.format("%Y-%m-%d")),
            'T' => out.push_str(&self.format("%H:%M:%S")),
            'D' => out.push_str(&self.format("%m/%d/%y")),
            '%' => out.push('%'),
            other => drop(write!(out, "%{other}")),
        }
    }

    fn day_of_year(&self) -> u32 {
        let is_leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let leap = u32::from(is_leap && self.month > 2);
        before[self.month as usize - 1] + self.day + leap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let format = |seconds| {
            Moment::from_local_seconds(seconds).format("%A %-d %B %Y, %H:%M:%S, day %j, %I%p %q%")
        };
        assert_eq!(
            format(0),
            "Thursday 1 January 1970, 00:00:00, day 001, 12AM %q%"
        );
        assert_eq!(
            format(951_782_400 + 47_117),
            "Tuesday 29 February 2000, 13:05:17, day 060, 01PM %q%"
        );
        assert_eq!(
            format(-1),
            "Wednesday 31 December 1969, 23:59:59, day 365, 11PM %q%"
        );
        assert_eq!(
            Moment::from_local_seconds(1_795_219_200).format("%d %b %Y"),
            "21 Nov 2026"
        );
    }
}
