//! Which pages of keys and values belong to whom: counted, shared by common prefix, copied before a
//! shared one is written, and forgotten in order of last use.
//!
//! The pages themselves lie with the network; here are only their numbers. What a sequence holds is
//! never taken from it. What no sequence holds stays as long as nobody needs the room, so that the
//! next turn of a chat finds its past.

mod pool;
mod prefixes;

#[cfg(test)]
mod tests;

use pool::Pool;
use prefixes::Prefixes;

/// Tokens in a page, as the kernels lay it out.
pub(crate) const PAGE: usize = kernels::PAGE;

/// A page copied over another, to be done by the network at once.
pub(crate) type CopyPage<'a> = &'a mut dyn FnMut(u32, u32);

/// No page is free, and none can be forgotten.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// The pages of one sequence.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pages: Vec<u32>,
    /// Tokens whose keys and values are there.
    length: usize,
    /// How many pages, from the first, stand in the tree of prefixes, and where the last one does.
    kept: usize,
    tail: prefixes::Place,
}

impl Table {
    /// The pages in the order of the tokens.
    pub(crate) fn pages(&self) -> &[u32] {
        &self.pages
    }

    /// Tokens whose keys and values are there.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Whether both stand at a page's border after the same tokens, as far as is remembered.
    pub(crate) fn is_at_same_place(&self, other: &Self) -> bool {
        let is_at_border = |table: &Self| table.length == table.kept * PAGE;
        is_at_border(self) && is_at_border(other) && self.tail == other.tail
    }
}

/// All pages of one network.
pub(crate) struct Cache {
    pool: Pool,
    prefixes: Prefixes,
    /// Whether part of a past can be used: not where a network keeps more than keys and values.
    shares: bool,
}

impl Cache {
    /// Over `pages` pages; without sharing, every sequence computes its whole past itself.
    pub(crate) fn new(pages: usize, shares: bool) -> Self {
        Self {
            pool: Pool::new(pages),
            prefixes: Prefixes::new(),
            shares,
        }
    }

    /// Pages in all.
    pub(crate) fn pages(&self) -> usize {
        self.pool.len()
    }

    /// Pages that can be had: free ones and those held by nobody.
    pub(crate) fn available(&self) -> usize {
        self.pool.free() + self.pool.idle()
    }

    /// Pages held by nobody that remember a past.
    pub(crate) fn idle(&self) -> usize {
        self.pool.idle()
    }

    /// A table that knows as much of `tokens` as is remembered, all but the last token at most: its
    /// logits must be computed.
    pub(crate) fn begin(&mut self, tokens: &[u32], copy: CopyPage<'_>) -> Table {
        let mut table = Table::default();
        self.advance(&mut table, tokens);
        if !self.shares {
            return table;
        }
        // The beginning of a page is worth a copy: it saves computing that many tokens.
        let rest = &tokens[table.length..tokens.len().saturating_sub(1)];
        if let Some((page, common)) = self
            .prefixes
            .likest(table.tail, &rest[..rest.len().min(PAGE)])
        {
            self.pool.hold(page);
            if let Ok(own) = self.take() {
                copy(page, own);
                table.pages.push(own);
                table.length += common;
            }
            self.pool.release(page);
        }
        table
    }

    /// Takes whole pages over that others have computed meanwhile. Only at a page's border.
    pub(crate) fn advance(&mut self, table: &mut Table, tokens: &[u32]) {
        let limit = tokens.len().saturating_sub(1);
        while self.shares
            && table.length == table.kept * PAGE
            && table.pages.len() == table.kept
            && table.length + PAGE <= limit
            && let Some((place, page)) = self
                .prefixes
                .find(table.tail, &tokens[table.length..][..PAGE])
        {
            self.pool.hold(page);
            self.prefixes.touch(place);
            table.pages.push(page);
            table.length += PAGE;
            table.kept += 1;
            table.tail = place;
        }
    }

    /// Makes room for tokens up to `length`, in pages that only this table writes.
    pub(crate) fn grow(
        &mut self,
        table: &mut Table,
        length: usize,
        copy: CopyPage<'_>,
    ) -> Result<(), Full> {
        if length <= table.length {
            return Ok(());
        }
        let written = table.length / PAGE;
        if let Some(page) = table.pages.get(written).copied()
            && self.pool.is_shared(page)
        {
            let own = self.take()?;
            copy(page, own);
            table.pages[written] = own;
            self.pool.release(page);
        }
        while table.pages.len() * PAGE < length {
            table.pages.push(self.take()?);
        }
        Ok(())
    }

    /// Notes that keys and values of `tokens` are now there, and lets others find whole pages.
    pub(crate) fn computed(&mut self, table: &mut Table, tokens: &[u32]) {
        debug_assert!(tokens.len() >= table.length, "a past does not shrink");
        table.length = tokens.len();
        while self.shares && (table.kept + 1) * PAGE <= tokens.len() {
            let at = table.kept;
            self.keep(table, at, &tokens[at * PAGE..][..PAGE]);
            table.kept += 1;
        }
    }

    /// Another table over the same pages.
    pub(crate) fn fork(&mut self, table: &Table) -> Table {
        for page in &table.pages {
            self.pool.hold(*page);
        }
        Table {
            pages: table.pages.clone(),
            ..*table
        }
    }

    /// Gives the pages back. What they hold of `tokens` stays to be found.
    pub(crate) fn release(&mut self, mut table: Table, tokens: &[u32]) {
        let rest = &tokens[..table.length][table.kept * PAGE..];
        if self.shares && !rest.is_empty() && rest.len() < PAGE {
            let at = table.kept;
            self.keep(&mut table, at, rest);
        }
        // The last first, so that of equals in age the end of a past goes before its beginning.
        for page in table.pages.drain(..).rev() {
            self.pool.release(page);
        }
    }

    /// Forgets all that nobody holds.
    pub(crate) fn forget(&mut self) {
        while let Some(page) = self.prefixes.forget_oldest(&self.pool) {
            self.pool.forget(page);
        }
    }

    /// Puts page `at` of `table`, which holds `tokens`, into the tree; if they are there already,
    /// the table uses that page from now on and its own becomes free.
    fn keep(&mut self, table: &mut Table, at: usize, tokens: &[u32]) {
        let own = table.pages[at];
        let found = self.prefixes.insert(table.tail, tokens, own);
        if let Some(page) = found.superseded {
            self.pool.forget(page);
        }
        if found.page == own {
            self.pool.keep(own);
        } else {
            self.pool.hold(found.page);
            self.pool.release(own);
            table.pages[at] = found.page;
        }
        table.tail = found.place;
    }

    fn take(&mut self) -> Result<u32, Full> {
        if self.pool.free() == 0 {
            let page = self.prefixes.forget_oldest(&self.pool).ok_or(Full)?;
            self.pool.forget(page);
        }
        self.pool.take().ok_or(Full)
    }
}
