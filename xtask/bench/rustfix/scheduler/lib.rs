//! Plans jobs with dependencies on machines, and looks at meeting calendars.

/// A span of minutes, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: u32, end: u32) -> Self {
        Span { start, end }
    }

    pub fn overlaps(&self, other: &Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    pub fn length(&self) -> u32 {
        self.end.saturating_sub(self.start)
    }
}

#[derive(Debug, Clone)]
pub struct Job {
    pub name: &'static str,
    pub minutes: u32,
    pub after: Vec<usize>,
}

/// When and where a job runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub job: usize,
    pub machine: usize,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanError {
    NoMachine,
    Cycle,
    BadDependency { job: usize, on: usize },
}

/// Places jobs greedily: the first ready job on the machine that is free first.
pub fn plan(jobs: &[Job], machines: usize) -> Result<Vec<Placed>, PlanError> {
    if machines == 0 {
        return Err(PlanError::NoMachine);
    }
    for (job, spec) in jobs.iter().enumerate() {
        if let Some(&on) = spec.after.iter().find(|&&on| on >= jobs.len()) {
            return Err(PlanError::BadDependency { job, on });
        }
    }
    let mut done: Vec<Option<u32>> = vec![None; jobs.len()];
    let mut free_at = vec![0; machines];
    let mut placed = Vec::new();
    while placed.len() < jobs.len() {
        let job = next_ready(jobs, &done).ok_or(PlanError::Cycle)?;
        let ready_at = ready_time(&jobs[job], &done);
        let machine = earliest(&free_at);
        let start = ready_at.max(free_at[machine]);
        let end = start + jobs[job].minutes;
        free_at[machine] = end;
        done[job] = Some(end);
        placed.push(Placed {
            job,
            machine,
            span: Span { start, end },
        });
    }
    Ok(placed)
}

fn next_ready(jobs: &[Job], done: &[Option<u32>]) -> Option<usize> {
    (0..jobs.len()).find(|&job| {
        done[job].is_none() && jobs[job].after.iter().all(|&on| done[on].is_some())
    })
}

fn ready_time(job: &Job, done: &[Option<u32>]) -> u32 {
    let mut latest = 0;
    for &on in &job.after {
        if let Some(end) = done[on] {
            latest = latest.max(end);
        }
    }
    latest
}

fn earliest(free_at: &[u32]) -> usize {
    let mut best = 0;
    for (index, &time) in free_at.iter().enumerate() {
        if time < free_at[best] {
            best = index;
        }
    }
    best
}

/// When the last job ends.
pub fn makespan(placed: &[Placed]) -> u32 {
    placed.iter().map(|place| place.span.end).max().unwrap_or(0)
}

/// The share of machine time in use, in percent, rounded down.
pub fn utilisation(placed: &[Placed], machines: usize) -> u32 {
    let total = makespan(placed) * machines as u32;
    if total == 0 {
        return 0;
    }
    let busy: u32 = placed.iter().map(|place| place.span.length()).sum();
    busy * 100 / total
}

/// The most meetings that one person can attend.
pub fn most_meetings(meetings: &[Span]) -> Vec<Span> {
    let mut sorted = meetings.to_vec();
    sorted.sort_by_key(|meeting| (meeting.end, meeting.start));
    let mut chosen: Vec<Span> = Vec::new();
    for meeting in sorted {
        match chosen.last() {
            Some(last) if last.end > meeting.start => {}
            _ => chosen.push(meeting),
        }
    }
    chosen
}

/// The fewest rooms that hold all meetings.
pub fn rooms_needed(meetings: &[Span]) -> usize {
    let mut points: Vec<(u32, i32)> = Vec::new();
    for meeting in meetings {
        points.push((meeting.start, 1));
        points.push((meeting.end, -1));
    }
    points.sort();
    let mut open = 0;
    let mut most = 0;
    for (_, change) in points {
        open += change;
        most = most.max(open);
    }
    most as usize
}

/// The first free span of `minutes` within `day`.
pub fn first_free(meetings: &[Span], day: Span, minutes: u32) -> Option<Span> {
    let mut sorted = meetings.to_vec();
    sorted.sort();
    let mut cursor = day.start;
    for meeting in sorted {
        if meeting.start >= cursor + minutes {
            break;
        }
        cursor = cursor.max(meeting.end);
    }
    if cursor + minutes <= day.end {
        Some(Span::new(cursor, cursor + minutes))
    } else {
        None
    }
}

/// Pairs of meetings that overlap, by position.
pub fn conflicts(meetings: &[Span]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for i in 0..meetings.len() {
        for j in i + 1..meetings.len() {
            if meetings[i].overlaps(&meetings[j]) {
                pairs.push((i, j));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &'static str, minutes: u32, after: &[usize]) -> Job {
        Job { name, minutes, after: after.to_vec() }
    }

    fn spans(pairs: &[(u32, u32)]) -> Vec<Span> {
        pairs.iter().map(|&(start, end)| Span::new(start, end)).collect()
    }

    #[test]
    fn plans_in_parallel() {
        let jobs = [job("a", 5, &[]), job("b", 3, &[]), job("c", 4, &[0, 1]), job("d", 2, &[])];
        let placed = plan(&jobs, 2).unwrap();
        let shown: Vec<(usize, usize, u32, u32)> =
            placed.iter().map(|p| (p.job, p.machine, p.span.start, p.span.end)).collect();
        assert_eq!(shown, vec![(0, 0, 0, 5), (1, 1, 0, 3), (2, 1, 5, 9), (3, 0, 5, 7)]);
        assert_eq!(makespan(&placed), 9);
        assert_eq!(utilisation(&placed, 2), 77);
    }

    #[test]
    fn waits_for_dependencies() {
        let jobs = [job("late", 1, &[2]), job("x", 4, &[]), job("y", 9, &[])];
        let placed = plan(&jobs, 3).unwrap();
        assert_eq!(placed[2].span, Span::new(9, 10));
        assert_eq!(placed[0].job, 1);
    }

    #[test]
    fn refuses_bad_plans() {
        let cycle = [job("a", 1, &[1]), job("b", 1, &[0])];
        assert_eq!(plan(&cycle, 1), Err(PlanError::Cycle));
        assert_eq!(plan(&cycle, 0), Err(PlanError::NoMachine));
        assert_eq!(plan(&[job("a", 1, &[7])], 1), Err(PlanError::BadDependency { job: 0, on: 7 }));
        assert_eq!(plan(&[], 1), Ok(vec![]));
        assert_eq!(utilisation(&[], 4), 0);
    }

    #[test]
    fn attends_the_most() {
        let all = spans(&[(0, 6), (1, 4), (3, 5), (5, 7), (4, 5), (8, 9)]);
        assert_eq!(most_meetings(&all), spans(&[(1, 4), (4, 5), (5, 7), (8, 9)]));
    }

    #[test]
    fn counts_rooms() {
        assert_eq!(rooms_needed(&spans(&[(0, 30), (5, 10), (15, 20)])), 2);
        assert_eq!(rooms_needed(&spans(&[(0, 5), (5, 10)])), 1);
        assert_eq!(rooms_needed(&spans(&[(0, 9), (1, 8), (2, 7)])), 3);
        assert_eq!(rooms_needed(&[]), 0);
    }

    #[test]
    fn finds_free_time() {
        let day = Span::new(9, 18);
        assert_eq!(first_free(&spans(&[(9, 10), (11, 12)]), day, 1), Some(Span::new(10, 11)));
        assert_eq!(first_free(&spans(&[(11, 12), (9, 10)]), day, 2), Some(Span::new(12, 14)));
        assert_eq!(first_free(&spans(&[(9, 15), (10, 11)]), day, 3), Some(Span::new(15, 18)));
        assert_eq!(first_free(&spans(&[(9, 16)]), day, 3), None);
    }

    #[test]
    fn lists_conflicts() {
        let all = spans(&[(0, 5), (4, 6), (6, 8), (1, 2)]);
        assert_eq!(conflicts(&all), vec![(0, 1), (0, 3)]);
    }
}
