//! The tree of remembered prefixes: a page an edge, so that whoever begins with the same tokens finds
//! the same pages. Source: RadixAttention (Zheng et al. 2024), with pages in place of single tokens.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::PAGE;
use super::pool::Pool;

/// A node; the default is the root, the empty prefix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u32);

const ROOT: Place = Place(0);

struct Node {
    parent: Place,
    /// A page's tokens; fewer only in a leaf.
    tokens: Arc<[u32]>,
    page: u32,
    /// No key begins with another, so that neighbours in the order are the likest.
    children: BTreeMap<Arc<[u32]>, Place>,
    used: u64,
}

pub(super) struct Prefixes {
    nodes: Vec<Node>,
    vacant: Vec<Place>,
    /// Leaves by last use; of equals, the younger node first, which lies deeper.
    leaves: BTreeSet<(u64, Reverse<Place>)>,
    clock: u64,
}

/// Where tokens stand after [`Prefixes::insert`].
pub(super) struct Inserted {
    pub(super) place: Place,
    /// The page that stands there, which is an older one if the tokens were known.
    pub(super) page: u32,
    /// Pages whose tokens the new page begins with; nobody finds them any more.
    pub(super) superseded: Option<u32>,
}

impl Prefixes {
    pub(super) fn new() -> Self {
        let root = Node {
            parent: ROOT,
            tokens: Arc::from([]),
            page: u32::MAX,
            children: BTreeMap::new(),
            used: 0,
        };
        Self {
            nodes: vec![root],
            vacant: Vec::new(),
            leaves: BTreeSet::new(),
            clock: 0,
        }
    }

    /// The child of `place` that holds exactly `tokens`.
    pub(super) fn find(&self, place: Place, tokens: &[u32]) -> Option<(Place, u32)> {
        let child = *self.node(place).children.get(tokens)?;
        Some((child, self.node(child).page))
    }

    /// The page below `place` that begins most like `tokens`, and how many tokens they share.
    pub(super) fn likest(&mut self, place: Place, tokens: &[u32]) -> Option<(u32, usize)> {
        let children = &self.node(place).children;
        let neighbours = [
            children
                .range::<[u32], _>((Bound::Unbounded, Bound::Included(tokens)))
                .next_back(),
            children
                .range::<[u32], _>((Bound::Excluded(tokens), Bound::Unbounded))
                .next(),
        ];
        let common = |key: &[u32]| key.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        let (child, common) = neighbours
            .into_iter()
            .flatten()
            .map(|(key, child)| (*child, common(key)))
            .max_by_key(|(_, common)| *common)
            .filter(|(_, common)| *common > 0)?;
        self.touch(child);
        Some((self.node(child).page, common))
    }

    /// Puts `page` with `tokens` below `place`, unless they are there, or begin what is there.
    pub(super) fn insert(&mut self, place: Place, tokens: &[u32], page: u32) -> Inserted {
        let children = &self.node(place).children;
        let covering = children
            .range::<[u32], _>((Bound::Included(tokens), Bound::Unbounded))
            .next();
        if let Some((key, child)) = covering
            && key.starts_with(tokens)
        {
            let child = *child;
            self.touch(child);
            return Inserted {
                place: child,
                page: self.node(child).page,
                superseded: None,
            };
        }
        let before = children
            .range::<[u32], _>((Bound::Unbounded, Bound::Excluded(tokens)))
            .next_back();
        let covered = before
            .filter(|(key, _)| tokens.starts_with(key))
            .map(|(_, child)| *child);
        let superseded = covered.map(|child| self.remove(child));
        let tokens: Arc<[u32]> = tokens.into();
        debug_assert!(tokens.len() <= PAGE, "a page holds no more");
        self.clock += 1;
        let node = Node {
            parent: place,
            tokens: Arc::clone(&tokens),
            page,
            children: BTreeMap::new(),
            used: self.clock,
        };
        let child = match self.vacant.pop() {
            Some(child) => {
                self.nodes[child.0 as usize] = node;
                child
            }
            None => {
                self.nodes.push(node);
                Place((self.nodes.len() - 1) as u32)
            }
        };
        let used = self.node(place).used;
        self.leaves.remove(&(used, Reverse(place)));
        self.leaves.insert((self.clock, Reverse(child)));
        self.node_mut(place).children.insert(tokens, child);
        Inserted {
            place: child,
            page,
            superseded,
        }
    }

    /// Notes that `place` was used just now.
    pub(super) fn touch(&mut self, place: Place) {
        self.clock += 1;
        let now = self.clock;
        let before = std::mem::replace(&mut self.node_mut(place).used, now);
        if self.leaves.remove(&(before, Reverse(place))) {
            self.leaves.insert((now, Reverse(place)));
        }
    }

    /// Takes out the leaf that was used longest ago and that nobody holds; its page.
    pub(super) fn forget_oldest(&mut self, pool: &Pool) -> Option<u32> {
        let mut leaves = self.leaves.iter().map(|(_, Reverse(place))| *place);
        let oldest = leaves.find(|place| !pool.is_held(self.node(*place).page))?;
        Some(self.remove(oldest))
    }

    /// Takes out a leaf; its page.
    fn remove(&mut self, place: Place) -> u32 {
        let node = self.node_mut(place);
        debug_assert!(node.children.is_empty(), "only leaves are taken out");
        let (parent, page, used) = (node.parent, node.page, node.used);
        let tokens = std::mem::replace(&mut node.tokens, Arc::from([]));
        self.leaves.remove(&(used, Reverse(place)));
        self.vacant.push(place);
        let above = self.node_mut(parent);
        above.children.remove(&tokens);
        if parent != ROOT && above.children.is_empty() {
            let used = above.used;
            self.leaves.insert((used, Reverse(parent)));
        }
        page
    }

    fn node(&self, place: Place) -> &Node {
        &self.nodes[place.0 as usize]
    }

    fn node_mut(&mut self, place: Place) -> &mut Node {
        &mut self.nodes[place.0 as usize]
    }
}
