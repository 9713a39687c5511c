use rust_interval::{Calendar, Interval};

fn calendar(appointments: &[(u32, u32)]) -> Calendar {
    let mut calendar = Calendar::default();
    for &(start, end) in appointments {
        calendar.book(Interval::new(start, end));
    }
    calendar
}

#[test]
fn appointments_stay_apart() {
    let calendar = calendar(&[(60, 90), (10, 20)]);
    assert_eq!(calendar.busy(), [Interval::new(10, 20), Interval::new(60, 90)]);
    assert_eq!(calendar.minutes_booked(), 40);
}

#[test]
fn touching_appointments_merge() {
    assert_eq!(calendar(&[(0, 10), (10, 25)]).busy(), [Interval::new(0, 25)]);
    assert_eq!(calendar(&[(0, 10), (5, 15), (30, 40)]).minutes_booked(), 25);
}

#[test]
fn a_short_appointment_within_a_long_one_changes_nothing() {
    let calendar = calendar(&[(0, 120), (30, 45)]);
    assert_eq!(calendar.busy(), [Interval::new(0, 120)]);
    assert!(!calendar.is_free(Interval::new(60, 70)));
}

#[test]
fn gaps_are_free() {
    let calendar = calendar(&[(0, 10), (20, 30)]);
    assert!(calendar.is_free(Interval::new(10, 20)));
    assert!(!calendar.is_free(Interval::new(9, 20)));
}
