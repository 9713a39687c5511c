use super::*;

/// The naive model: what each slot of each page holds, and every text ever computed.
struct World {
    cache: Cache,
    slots: Vec<[Option<u32>; PAGE]>,
    running: Vec<(Table, Vec<u32>)>,
    texts: Vec<Vec<u32>>,
    state: u64,
}

impl World {
    fn new(pages: usize, seed: u64) -> Self {
        Self {
            cache: Cache::new(pages, true),
            slots: vec![[None; PAGE]; pages],
            running: Vec::new(),
            texts: Vec::new(),
            state: seed,
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1442695);
        (self.state >> 33) as usize % limit
    }

    /// A text that often begins like an earlier one.
    fn prompt(&mut self) -> Vec<u32> {
        let mut text = match self.texts.len() {
            0 => Vec::new(),
            count => {
                let which = self.below(count);
                let cut = self.below(self.texts[which].len() + 1);
                self.texts[which][..cut].to_vec()
            }
        };
        for _ in 0..1 + self.below(150) {
            let token = self.below(3) as u32;
            text.push(token);
        }
        text
    }

    fn begin(&mut self, prompt: &[u32]) -> Table {
        let slots = &mut self.slots;
        self.cache.begin(prompt, &mut |from, to| {
            slots[to as usize] = slots[from as usize]
        })
    }

    /// Computes `text` beyond what `table` knows; `false` when there is no room.
    fn compute(&mut self, table: &mut Table, text: &[u32]) -> bool {
        let slots = &mut self.slots;
        let copy = &mut |from: u32, to: u32| slots[to as usize] = slots[from as usize];
        if self.cache.grow(table, text.len(), copy).is_err() {
            assert_eq!(self.cache.available(), 0, "refused with room left");
            return false;
        }
        for (at, token) in text.iter().enumerate().skip(table.length()) {
            self.slots[table.pages()[at / PAGE] as usize][at % PAGE] = Some(*token);
        }
        self.cache.computed(table, text);
        true
    }

    fn check(&self) {
        let mut held: std::collections::HashSet<u32> = std::collections::HashSet::new();
        for (table, text) in &self.running {
            assert_eq!(table.length(), text.len());
            for (at, token) in text.iter().enumerate() {
                let page = table.pages()[at / PAGE];
                assert_eq!(
                    self.slots[page as usize][at % PAGE],
                    Some(*token),
                    "at {at}"
                );
            }
            held.extend(table.pages());
        }
        assert_eq!(self.cache.available() + held.len(), self.cache.pages());
    }
}

fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[test]
fn no_sequence_ever_reads_what_another_wrote() {
    for seed in 0..30 {
        let mut world = World::new(6 + seed as usize, seed);
        for _ in 0..300 {
            match world.below(10) {
                0..4 => {
                    let prompt = world.prompt();
                    let mut table = world.begin(&prompt);
                    assert!(table.length() < prompt.len());
                    if world.compute(&mut table, &prompt) {
                        world.running.push((table, prompt));
                    } else {
                        world.cache.release(table, &prompt);
                    }
                }
                4..7 if !world.running.is_empty() => {
                    let which = world.below(world.running.len());
                    let (mut table, mut text) = world.running.swap_remove(which);
                    let before = text.len();
                    let more = 1 + world.below(70);
                    for _ in 0..more {
                        let token = world.below(3) as u32;
                        text.push(token);
                    }
                    if !world.compute(&mut table, &text) {
                        text.truncate(before);
                    }
                    world.running.push((table, text));
                }
                7 if !world.running.is_empty() => {
                    let which = world.below(world.running.len());
                    let table = world.cache.fork(&world.running[which].0);
                    let text = world.running[which].1.clone();
                    world.running.push((table, text));
                }
                8..10 if !world.running.is_empty() => {
                    let which = world.below(world.running.len());
                    let (table, text) = world.running.swap_remove(which);
                    world.cache.release(table, &text);
                    world.texts.push(text);
                }
                _ => {}
            }
            world.check();
        }
        for (table, text) in std::mem::take(&mut world.running) {
            world.cache.release(table, &text);
        }
        world.cache.forget();
        assert_eq!(world.cache.idle(), 0);
        assert_eq!(world.cache.available(), world.cache.pages());
    }
}

#[test]
fn with_room_for_all_the_longest_known_prefix_is_found_to_the_token() {
    for seed in 0..10 {
        let mut world = World::new(2000, seed);
        for _ in 0..80 {
            let prompt = world.prompt();
            let mut table = world.begin(&prompt);
            let best = world.texts.iter().map(|text| common(text, &prompt)).max();
            assert_eq!(table.length(), best.unwrap_or(0).min(prompt.len() - 1));
            assert!(world.compute(&mut table, &prompt));
            world.cache.release(table, &prompt);
            world.texts.push(prompt);
        }
    }
}

#[test]
fn forgets_the_coldest_prefix_when_pages_run_out() {
    let mut world = World::new(4, 0);
    let texts: Vec<Vec<u32>> = (0..3).map(|first| vec![first; PAGE + 1]).collect();
    let run = |world: &mut World, text: &[u32]| {
        let mut table = world.begin(text);
        let known = table.length();
        assert!(world.compute(&mut table, text));
        world.cache.release(table, text);
        known
    };
    assert_eq!(run(&mut world, &texts[0]), 0);
    assert_eq!(run(&mut world, &texts[1]), 0);
    assert_eq!(run(&mut world, &texts[0]), PAGE);
    // The end of the second text goes first, then its beginning; the first was used since.
    assert_eq!(run(&mut world, &texts[2]), 0);
    assert_eq!(run(&mut world, &texts[0]), PAGE);
    assert_eq!(run(&mut world, &texts[1]), 0);
}

#[test]
fn a_page_shared_by_choices_is_copied_by_the_first_who_writes_it() {
    let mut world = World::new(8, 0);
    let prompt = vec![7; PAGE + 10];
    let mut first = world.begin(&prompt);
    assert!(world.compute(&mut first, &prompt));
    let mut second = world.cache.fork(&first);
    assert_eq!(world.cache.available(), 6);
    let with = |token: u32| [&prompt[..], &[token]].concat();
    assert!(world.compute(&mut second, &with(1)));
    assert!(world.compute(&mut first, &with(2)));
    assert_eq!(world.cache.available(), 5);
    assert_eq!(first.pages()[0], second.pages()[0]);
    world.running = vec![(first, with(2)), (second, with(1))];
    world.check();
}

#[test]
fn two_that_compute_the_same_end_up_with_one_copy() {
    let mut world = World::new(8, 0);
    let text = vec![5; 2 * PAGE];
    let (mut first, mut second) = (world.begin(&text), world.begin(&text));
    assert!(world.compute(&mut first, &text));
    assert!(world.compute(&mut second, &text));
    assert_eq!(first.pages(), second.pages());
    assert_eq!(world.cache.available(), 6);
}

#[test]
fn without_sharing_nothing_is_found() {
    let mut cache = Cache::new(4, false);
    let text = vec![1; 100];
    let mut table = cache.begin(&text, &mut |_, _| ());
    cache.grow(&mut table, 100, &mut |_, _| ()).unwrap();
    cache.computed(&mut table, &text);
    cache.release(table, &text);
    assert_eq!(cache.available(), 4);
    assert_eq!(cache.idle(), 0);
    assert_eq!(cache.begin(&text, &mut |_, _| ()).length(), 0);
}
