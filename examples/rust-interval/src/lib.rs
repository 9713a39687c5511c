//! Half-open intervals of minutes, and a calendar of them. One line is wrong: `cargo test` tells
//! that something is, `freehold fix examples/rust-interval` tells what.

/// The minutes from `start` up to but not including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub start: u32,
    pub end: u32,
}

impl Interval {
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    pub fn minutes(&self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    pub fn overlaps(&self, other: &Interval) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Appointments, merged where they touch or overlap.
#[derive(Debug, Default)]
pub struct Calendar {
    busy: Vec<Interval>,
}

impl Calendar {
    pub fn busy(&self) -> &[Interval] {
        &self.busy
    }

    /// Adds an appointment.
    pub fn book(&mut self, appointment: Interval) {
        self.busy.push(appointment);
        self.busy.sort_by_key(|interval| interval.start);
        let mut merged: Vec<Interval> = Vec::new();
        for interval in &self.busy {
            match merged.last_mut() {
                Some(last) if interval.start <= last.end => {
                    // A short appointment may lie within a long one.
                    last.end = interval.end;
                }
                _ => merged.push(*interval),
            }
        }
        self.busy = merged;
    }

    /// Whether nothing is booked during `wanted`.
    pub fn is_free(&self, wanted: Interval) -> bool {
        !self.busy.iter().any(|interval| interval.overlaps(&wanted))
    }

    pub fn minutes_booked(&self) -> u32 {
        self.busy.iter().map(Interval::minutes).sum()
    }
}
