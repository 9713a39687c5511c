//! How many hold each page.

/// Pages by number: how many sequences hold each, and whether the tree of prefixes keeps it.
pub(super) struct Pool {
    holders: Vec<u32>,
    kept: Vec<bool>,
    free: Vec<u32>,
    idle: usize,
}

impl Pool {
    pub(super) fn new(pages: usize) -> Self {
        let pages = u32::try_from(pages).expect("fewer pages than 2³²");
        Self {
            holders: vec![0; pages as usize],
            kept: vec![false; pages as usize],
            free: (0..pages).rev().collect(),
            idle: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.holders.len()
    }

    /// Pages that hold nothing.
    pub(super) fn free(&self) -> usize {
        self.free.len()
    }

    /// Pages that only the tree keeps.
    pub(super) fn idle(&self) -> usize {
        self.idle
    }

    pub(super) fn is_held(&self, page: u32) -> bool {
        self.holders[page as usize] > 0
    }

    /// Whether writing it would change what somebody else reads.
    pub(super) fn is_shared(&self, page: u32) -> bool {
        self.holders[page as usize] > 1 || self.kept[page as usize]
    }

    /// A free page, held once.
    pub(super) fn take(&mut self) -> Option<u32> {
        let page = self.free.pop()?;
        self.holders[page as usize] = 1;
        Some(page)
    }

    pub(super) fn hold(&mut self, page: u32) {
        let at = page as usize;
        if self.holders[at] == 0 {
            debug_assert!(self.kept[at], "a free page is taken, not held");
            self.idle -= 1;
        }
        self.holders[at] += 1;
    }

    pub(super) fn release(&mut self, page: u32) {
        let at = page as usize;
        self.holders[at] -= 1;
        match (self.holders[at], self.kept[at]) {
            (0, true) => self.idle += 1,
            (0, false) => self.free.push(page),
            _ => {}
        }
    }

    /// The tree keeps it from now on; somebody holds it too.
    pub(super) fn keep(&mut self, page: u32) {
        debug_assert!(self.is_held(page), "who keeps a page has filled it");
        self.kept[page as usize] = true;
    }

    /// The tree keeps it no longer.
    pub(super) fn forget(&mut self, page: u32) {
        let at = page as usize;
        debug_assert!(self.kept[at], "only what is kept is forgotten");
        self.kept[at] = false;
        if self.holders[at] == 0 {
            self.idle -= 1;
            self.free.push(page);
        }
    }
}
