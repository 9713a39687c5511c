//! Calendar dates: validity, order, differences, weekdays.

use std::fmt;

/// A day of the proleptic Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: i32,
    month: u32,
    day: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateError {
    Format,
    Month(u32),
    Day(u32),
}

pub fn is_leap(year: i32) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

impl Date {
    pub fn new(year: i32, month: u32, day: u32) -> Result<Self, DateError> {
        if month < 1 || month > 12 {
            return Err(DateError::Month(month));
        }
        if day < 1 || day > days_in_month(year, month) {
            return Err(DateError::Day(day));
        }
        Ok(Date { year, month, day })
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let parts: Vec<&str> = text.trim().split('-').collect();
        if parts.len() != 3 || parts[0].len() != 4 {
            return Err(DateError::Format);
        }
        let year = parts[0].parse().map_err(|_| DateError::Format)?;
        let month = parts[1].parse().map_err(|_| DateError::Format)?;
        let day = parts[2].parse().map_err(|_| DateError::Format)?;
        Date::new(year, month, day)
    }

    pub fn year(&self) -> i32 {
        self.year
    }

    pub fn month(&self) -> u32 {
        self.month
    }

    pub fn day(&self) -> u32 {
        self.day
    }

    /// 1 for the first of January.
    pub fn day_of_year(&self) -> u32 {
        let mut total = self.day;
        for month in 1..self.month {
            total += days_in_month(self.year, month);
        }
        total
    }

    /// Days since 0001-01-01, which is day 0.
    pub fn ordinal(&self) -> i64 {
        let past = i64::from(self.year) - 1;
        let leaps = past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400);
        past * 365 + leaps + i64::from(self.day_of_year()) - 1
    }

    pub fn days_until(&self, other: &Date) -> i64 {
        other.ordinal() - self.ordinal()
    }

    pub fn next_day(&self) -> Date {
        let mut next = *self;
        next.day += 1;
        if next.day > days_in_month(self.year, self.month) {
            next.day = 1;
            next.month += 1;
            if next.month > 12 {
                next.month = 1;
                next.year += 1;
            }
        }
        next
    }

    pub fn add_days(&self, days: u32) -> Date {
        let mut date = *self;
        for _ in 0..days {
            date = date.next_day();
        }
        date
    }

    /// The same day some months on, or the last day of a shorter month.
    pub fn add_months(&self, months: u32) -> Date {
        let index = self.month - 1 + months;
        let year = self.year + (index / 12) as i32;
        let month = index % 12 + 1;
        let day = self.day.min(days_in_month(year, month));
        Date { year, month, day }
    }

    pub fn weekday(&self) -> Weekday {
        match self.ordinal().rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    pub fn is_weekend(&self) -> bool {
        matches!(self.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    /// Working days from this day up to but not including `end`.
    pub fn workdays_until(&self, end: &Date) -> usize {
        let mut count = 0;
        let mut date = *self;
        while date < *end {
            if !date.is_weekend() {
                count += 1;
            }
            date = date.next_day();
        }
        count
    }

    /// Full years between a birthday and this day.
    pub fn age_of(&self, born: &Date) -> i32 {
        let mut age = self.year - born.year;
        if (self.month, self.day) < (born.month, born.day) {
            age -= 1;
        }
        age
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn knows_leap_years() {
        assert!(is_leap(2024) && is_leap(2000));
        assert!(!is_leap(2023) && !is_leap(1900));
        assert_eq!(days_in_month(2024, 2), 29);
        assert_eq!(days_in_month(2023, 2), 28);
        assert_eq!(days_in_month(2023, 9), 30);
        assert_eq!(days_in_month(2023, 12), 31);
    }

    #[test]
    fn checks_ranges() {
        assert_eq!(Date::new(2023, 13, 1), Err(DateError::Month(13)));
        assert_eq!(Date::new(2023, 0, 1), Err(DateError::Month(0)));
        assert_eq!(Date::new(2023, 2, 29), Err(DateError::Day(29)));
        assert_eq!(Date::new(2023, 3, 0), Err(DateError::Day(0)));
        assert!(Date::new(2023, 12, 31).is_ok());
    }

    #[test]
    fn reads_and_prints() {
        assert_eq!(date("2024-02-09").to_string(), "2024-02-09");
        assert_eq!(date(" 0987-11-30 ").year(), 987);
        assert_eq!(Date::parse("24-02-09"), Err(DateError::Format));
        assert_eq!(Date::parse("2024-02"), Err(DateError::Format));
        assert_eq!(Date::parse("2024-xx-01"), Err(DateError::Format));
    }

    #[test]
    fn counts_days() {
        assert_eq!(date("2024-03-01").day_of_year(), 61);
        assert_eq!(date("0001-01-01").ordinal(), 0);
        assert_eq!(date("1970-01-01").ordinal(), 719162);
        assert_eq!(date("2023-12-31").days_until(&date("2024-12-31")), 366);
        assert_eq!(date("2024-05-02").days_until(&date("2024-05-01")), -1);
    }

    #[test]
    fn steps_forward() {
        assert_eq!(date("2023-12-31").next_day(), date("2024-01-01"));
        assert_eq!(date("2024-02-28").add_days(2), date("2024-03-01"));
        assert_eq!(date("2024-01-31").add_months(1), date("2024-02-29"));
        assert_eq!(date("2024-11-15").add_months(14), date("2026-01-15"));
        assert_eq!(date("2024-10-15").add_months(2), date("2024-12-15"));
    }

    #[test]
    fn names_weekdays() {
        assert_eq!(date("2024-01-01").weekday(), Weekday::Monday);
        assert_eq!(date("2000-02-29").weekday(), Weekday::Tuesday);
        assert!(date("2024-01-06").is_weekend());
        assert!(!date("2024-01-05").is_weekend());
        assert_eq!(date("2024-01-01").workdays_until(&date("2024-01-15")), 10);
    }

    #[test]
    fn computes_ages() {
        let born = date("1990-06-15");
        assert_eq!(date("2024-06-14").age_of(&born), 33);
        assert_eq!(date("2024-06-15").age_of(&born), 34);
        assert_eq!(date("2024-12-01").age_of(&born), 34);
    }
}
