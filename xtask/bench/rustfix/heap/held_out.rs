use heap::*;

#[test]
fn agrees_with_sorting() {
    let mut state = 99u32;
    let mut next = || { state = state.wrapping_mul(1664525).wrapping_add(1013904223); state >> 9 };
    for round in 0..50u32 {
        let mut model: Vec<(i32, u32)> = (0..round).map(|id| (next() as i32 % 10, id)).collect();
        let tasks: Vec<Task> = model.iter().map(|&(priority, id)| Task { id, priority }).collect();
        let mut queue = Queue::from_tasks(&tasks);
        for id in round..round + 30 {
            match next() % 4 {
                0 => {
                    model.sort();
                    let expected = if model.is_empty() { None } else { Some(model.remove(0)) };
                    assert_eq!(queue.pop().map(|t| (t.priority, t.id)), expected);
                }
                1 => {
                    let victim = next() % (id + 1);
                    let at = model.iter().position(|m| m.1 == victim);
                    let expected = at.map(|at| model.remove(at).0);
                    assert_eq!(queue.cancel(victim).map(|t| t.priority), expected);
                }
                2 => {
                    let (which, priority) = (next() % (id + 1), next() as i32 % 10);
                    let entry = model.iter_mut().find(|m| m.1 == which);
                    assert_eq!(queue.reprioritise(which, priority), entry.is_some());
                    if let Some(entry) = entry { entry.0 = priority; }
                }
                _ => {
                    let priority = next() as i32 % 10;
                    queue.push(id, priority);
                    model.push((priority, id));
                }
            }
            assert_eq!(queue.len(), model.len());
        }
        model.sort();
        let shown: Vec<(i32, u32)> = queue.first(4).iter().map(|t| (t.priority, t.id)).collect();
        assert_eq!(shown, model[..model.len().min(4)]);
        let all: Vec<(i32, u32)> = queue.drain_sorted().iter().map(|t| (t.priority, t.id)).collect();
        assert_eq!(all, model);
    }
}
