//! A binary min-heap of tasks with changeable priorities.

/// A task waiting for its turn; lower `priority` comes first, then lower `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    pub id: u32,
    pub priority: i32,
}

impl Task {
    fn before(&self, other: &Task) -> bool {
        if self.priority == other.priority {
            return self.id < other.id;
        }
        self.priority < other.priority
    }
}

/// A queue that gives out the task with the lowest priority value.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    items: Vec<Task>,
}

fn parent(index: usize) -> usize {
    (index - 1) / 2
}

fn left(index: usize) -> usize {
    2 * index + 1
}

fn right(index: usize) -> usize {
    2 * index + 2
}

impl Queue {
    pub fn new() -> Self {
        Queue::default()
    }

    /// Builds a queue from tasks in any order, in linear time.
    pub fn from_tasks(tasks: &[Task]) -> Self {
        let mut queue = Queue {
            items: tasks.to_vec(),
        };
        for index in (0..queue.items.len() / 2).rev() {
            queue.sift_down(index);
        }
        queue
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn peek(&self) -> Option<&Task> {
        self.items.first()
    }

    pub fn push(&mut self, id: u32, priority: i32) {
        self.items.push(Task { id, priority });
        self.sift_up(self.items.len() - 1);
    }

    pub fn pop(&mut self) -> Option<Task> {
        if self.items.is_empty() {
            return None;
        }
        let last = self.items.len() - 1;
        self.items.swap(0, last);
        let top = self.items.pop();
        if !self.items.is_empty() {
            self.sift_down(0);
        }
        top
    }

    /// Changes the priority of the task called `id`; false if it is not waiting.
    pub fn reprioritise(&mut self, id: u32, priority: i32) -> bool {
        let Some(index) = self.items.iter().position(|task| task.id == id) else {
            return false;
        };
        let old = self.items[index].priority;
        self.items[index].priority = priority;
        if priority < old {
            self.sift_up(index);
        } else {
            self.sift_down(index);
        }
        true
    }

    /// Takes the task called `id` out of the queue.
    pub fn cancel(&mut self, id: u32) -> Option<Task> {
        let index = self.items.iter().position(|task| task.id == id)?;
        let removed = self.items.swap_remove(index);
        if index < self.items.len() {
            self.sift_up(index);
            self.sift_down(index);
        }
        Some(removed)
    }

    /// Empties the queue in order.
    pub fn drain_sorted(&mut self) -> Vec<Task> {
        let mut out = Vec::with_capacity(self.len());
        while let Some(task) = self.pop() {
            out.push(task);
        }
        out
    }

    /// The `count` first tasks, without removing them.
    pub fn first(&self, count: usize) -> Vec<Task> {
        let mut copy = self.clone();
        let mut out = Vec::new();
        while out.len() < count {
            match copy.pop() {
                Some(task) => out.push(task),
                None => break,
            }
        }
        out
    }

    fn sift_up(&mut self, mut index: usize) {
        while index > 0 {
            let up = parent(index);
            if !self.items[index].before(&self.items[up]) {
                break;
            }
            self.items.swap(index, up);
            index = up;
        }
    }

    fn sift_down(&mut self, mut index: usize) {
        loop {
            let mut smallest = index;
            let (l, r) = (left(index), right(index));
            if l < self.items.len() && self.items[l].before(&self.items[smallest]) {
                smallest = l;
            }
            if r < self.items.len() && self.items[r].before(&self.items[smallest]) {
                smallest = r;
            }
            if smallest == index {
                break;
            }
            self.items.swap(index, smallest);
            index = smallest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(tasks: &[Task]) -> Vec<u32> {
        tasks.iter().map(|task| task.id).collect()
    }

    fn queue(priorities: &[i32]) -> Queue {
        let mut queue = Queue::new();
        for (id, &priority) in priorities.iter().enumerate() {
            queue.push(id as u32, priority);
        }
        queue
    }

    #[test]
    fn gives_out_the_lowest_first() {
        let mut q = queue(&[5, 3, 8, 1, 9, 2]);
        assert_eq!(q.peek(), Some(&Task { id: 3, priority: 1 }));
        assert_eq!(ids(&q.drain_sorted()), vec![3, 5, 1, 0, 2, 4]);
        assert!(q.is_empty());
        assert_eq!(q.pop(), None);
    }

    #[test]
    fn breaks_ties_by_id() {
        let mut q = queue(&[4, 4, 1, 4]);
        assert_eq!(ids(&q.drain_sorted()), vec![2, 0, 1, 3]);
    }

    #[test]
    fn builds_in_bulk() {
        let tasks: Vec<Task> = [9, 7, 5, 3, 1, 8, 6]
            .iter()
            .enumerate()
            .map(|(id, &priority)| Task { id: id as u32, priority })
            .collect();
        let mut q = Queue::from_tasks(&tasks);
        assert_eq!(q.len(), 7);
        assert_eq!(ids(&q.drain_sorted()), vec![4, 3, 2, 6, 1, 5, 0]);
    }

    #[test]
    fn reprioritises() {
        let mut q = queue(&[10, 20, 30, 40, 50]);
        assert!(q.reprioritise(4, 5));
        assert!(q.reprioritise(0, 45));
        assert!(!q.reprioritise(9, 1));
        assert_eq!(ids(&q.drain_sorted()), vec![4, 1, 2, 3, 0]);
    }

    #[test]
    fn cancels() {
        let mut q = queue(&[1, 10, 2, 11, 12, 3, 4]);
        assert_eq!(q.cancel(3), Some(Task { id: 3, priority: 11 }));
        assert_eq!(q.cancel(3), None);
        assert_eq!(q.cancel(0).map(|task| task.priority), Some(1));
        assert_eq!(ids(&q.drain_sorted()), vec![2, 5, 6, 1, 4]);
    }

    #[test]
    fn looks_ahead() {
        let q = queue(&[3, 1, 2]);
        assert_eq!(ids(&q.first(2)), vec![1, 2]);
        assert_eq!(ids(&q.first(9)), vec![1, 2, 0]);
        assert_eq!(q.len(), 3);
    }
}
