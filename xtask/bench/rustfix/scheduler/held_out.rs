use scheduler::*;

#[test]
fn agrees_with_exhaustive_checks() {
    let mut state = 31u32;
    let mut next = |n: u32| { state = state.wrapping_mul(1664525).wrapping_add(1013904223); (state >> 11) % n };
    for round in 0..120 {
        let meetings: Vec<Span> = (0..next(8)).map(|_| { let s = next(20); Span::new(s, s + 1 + next(6)) }).collect();
        let inside = |t: u32| meetings.iter().filter(|m| m.start <= t && t < m.end).count();
        assert_eq!(rooms_needed(&meetings), (0..30).map(inside).max().unwrap());
        let mut best = 0;
        for mask in 0u32..1 << meetings.len() {
            let picked: Vec<&Span> = meetings.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, m)| m).collect();
            let apart = picked.iter().enumerate().all(|(i, a)| picked[i + 1..].iter().all(|b| a.end <= b.start || b.end <= a.start));
            if apart { best = best.max(picked.len()); }
        }
        let chosen = most_meetings(&meetings);
        assert_eq!(chosen.len(), best);
        assert!(chosen.windows(2).all(|w| w[0].end <= w[1].start));
        for (i, a) in meetings.iter().enumerate() {
            for (j, b) in meetings.iter().enumerate().skip(i + 1) {
                let clash = (0..30).any(|t| a.start <= t && t < a.end && b.start <= t && t < b.end);
                assert_eq!(conflicts(&meetings).contains(&(i, j)), clash);
            }
        }
        let (day, minutes) = (Span::new(2, 24), 1 + next(5));
        let expected = (2..=24 - minutes).find(|&s| (s..s + minutes).all(|t| inside(t) == 0));
        assert_eq!(first_free(&meetings, day, minutes), expected.map(|s| Span::new(s, s + minutes)));
        let jobs: Vec<Job> = (0..7usize)
            .map(|i| Job { name: "j", minutes: 1 + next(9), after: (0..i).filter(|_| next(4) == 0).collect() })
            .collect();
        let machines = 1 + round % 3;
        let placed = plan(&jobs, machines).unwrap();
        assert_eq!(placed.len(), 7);
        let end_of = |job: usize| placed.iter().find(|p| p.job == job).unwrap().span.end;
        for (i, p) in placed.iter().enumerate() {
            assert_eq!(p.span.length(), jobs[p.job].minutes);
            assert!(jobs[p.job].after.iter().all(|&on| end_of(on) <= p.span.start));
            assert!(placed[..i].iter().all(|q| q.machine != p.machine || q.span.end <= p.span.start));
            let ready = jobs[p.job].after.iter().map(|&on| end_of(on)).max().unwrap_or(0);
            let frees: Vec<u32> = (0..machines).map(|m| placed[..i].iter().filter(|q| q.machine == m).map(|q| q.span.end).max().unwrap_or(0)).collect();
            assert_eq!(p.span.start, ready.max(*frees.iter().min().unwrap()));
        }
        let busy: u32 = jobs.iter().map(|j| j.minutes).sum();
        let end = (0..7).map(end_of).max().unwrap();
        assert_eq!(makespan(&placed), end);
        assert_eq!(utilisation(&placed, machines), busy * 100 / (end * machines as u32));
    }
}
