use dates::*;

#[test]
fn a_walk_through_the_calendar_is_consistent() {
    let mut date = Date::new(1895, 1, 1).unwrap();
    let start = date;
    let mut workdays = 0;
    for step in 0..5000i64 {
        assert_eq!(start.days_until(&date), step);
        assert_eq!(Date::parse(&date.to_string()), Ok(date));
        assert!(Date::new(date.year(), date.month(), date.day()).is_ok());
        assert_eq!(start.workdays_until(&date), workdays);
        if !date.is_weekend() { workdays += 1; }
        let next = date.next_day();
        assert!(next > date);
        assert_eq!(next.day_of_year() == 1, next.year() > date.year());
        date = next;
        if step > 1400 && step % 97 != 0 { continue; }
        assert_eq!(start.add_days(step as u32 + 1), date);
    }
    assert_eq!(date.to_string(), "1908-09-10");
    assert_eq!(date.weekday(), Weekday::Thursday);
}

#[test]
fn months_and_ages() {
    let jan = Date::new(2023, 1, 31).unwrap();
    let ends: Vec<String> = (0..14).map(|m| jan.add_months(m).to_string()).collect();
    assert_eq!(ends[1], "2023-02-28");
    assert_eq!(ends[3], "2023-04-30");
    assert_eq!(ends[11], "2023-12-31");
    assert_eq!(ends[12], "2024-01-31");
    assert_eq!(ends[13], "2024-02-29");
    let born = Date::new(2000, 2, 29).unwrap();
    assert_eq!(Date::new(2001, 2, 28).unwrap().age_of(&born), 0);
    assert_eq!(Date::new(2001, 3, 1).unwrap().age_of(&born), 1);
    assert_eq!(Date::new(2004, 1, 31).unwrap().age_of(&born), 3);
    assert_eq!(Date::new(2001, 4, 31), Err(DateError::Day(31)));
    assert!(is_leap(1600) && !is_leap(2100) && !is_leap(2001));
}
