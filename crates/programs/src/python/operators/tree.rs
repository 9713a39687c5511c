//! A syntax tree flattened into one array: parents, fields and texts are a lookup away.

/// The tree of one file, nodes in source order, parents before children.
pub(super) struct Tree<'s> {
    pub(super) text: &'s str,
    records: Vec<Record<'s>>,
}

struct Record<'s> {
    kind: &'s str,
    field: Option<&'s str>,
    start: u32,
    end: u32,
    line: u32,
    end_line: u32,
    parent: u32,
    /// One past the last node below this one.
    after: u32,
    named: bool,
}

const NO_PARENT: u32 = u32::MAX;

impl<'s> Tree<'s> {
    /// Flattens `tree`, the tree of `text`.
    pub(super) fn new(text: &'s str, tree: &'s tree_sitter::Tree) -> Self {
        let mut records: Vec<Record<'s>> = Vec::with_capacity(text.len() / 3);
        let mut cursor = tree.walk();
        let mut parents: Vec<u32> = vec![NO_PARENT];
        loop {
            let node = cursor.node();
            let id = records.len() as u32;
            records.push(Record {
                kind: node.kind(),
                field: cursor.field_name(),
                start: node.start_byte() as u32,
                end: node.end_byte() as u32,
                line: node.start_position().row as u32 + 1,
                end_line: node.end_position().row as u32 + 1,
                parent: *parents.last().expect("the root's parent stays"),
                after: id + 1,
                named: node.is_named(),
            });
            if cursor.goto_first_child() {
                parents.push(id);
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return Self { text, records };
                }
                let closed = parents.pop().expect("one parent per level");
                records[closed as usize].after = records.len() as u32;
            }
        }
    }

    pub(super) fn root(&self) -> Node<'_> {
        Node { tree: self, id: 0 }
    }
}

/// One node of a [`Tree`].
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    tree: &'t Tree<'t>,
    id: u32,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} `{}`", self.kind(), self.text())
    }
}

impl<'t> Node<'t> {
    fn record(self) -> &'t Record<'t> {
        &self.tree.records[self.id as usize]
    }

    fn at(self, id: u32) -> Self {
        Self {
            tree: self.tree,
            id,
        }
    }

    /// The position in source order, unique within the file.
    pub(super) fn id(self) -> u32 {
        self.id
    }

    pub(super) fn kind(self) -> &'t str {
        self.record().kind
    }

    /// The name of the field of the parent that this node fills.
    pub(super) fn field(self) -> Option<&'t str> {
        self.record().field
    }

    pub(super) fn text(self) -> &'t str {
        &self.tree.text[self.start()..self.end()]
    }

    /// The whole text of the file.
    pub(super) fn file_text(self) -> &'t str {
        self.tree.text
    }

    pub(super) fn start(self) -> usize {
        self.record().start as usize
    }

    pub(super) fn end(self) -> usize {
        self.record().end as usize
    }

    pub(super) fn span(self) -> std::ops::Range<usize> {
        self.start()..self.end()
    }

    /// The 1-based line of the first byte.
    pub(super) fn line(self) -> u32 {
        self.record().line
    }

    /// The 1-based line of the last byte.
    pub(super) fn end_line(self) -> u32 {
        self.record().end_line
    }

    pub(super) fn parent(self) -> Option<Self> {
        let parent = self.record().parent;
        (parent != NO_PARENT).then(|| self.at(parent))
    }

    /// The kind of the parent; empty at the root.
    pub(super) fn parent_kind(self) -> &'t str {
        self.parent().map_or("", Self::kind)
    }

    /// Parents from the nearest outwards.
    pub(super) fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    /// Every child, punctuation and comments included.
    pub(super) fn children(self) -> impl Iterator<Item = Self> {
        let end = self.record().after;
        let first = self.id + 1;
        std::iter::successors((first < end).then(|| self.at(first)), move |child| {
            let next = child.record().after;
            (next < end).then(|| child.at(next))
        })
    }

    /// The children that mean something: named ones except comments.
    pub(super) fn parts(self) -> impl Iterator<Item = Self> {
        self.children()
            .filter(|child| child.record().named && child.kind() != "comment")
    }

    /// The first child that fills `field`.
    pub(super) fn child(self, field: &str) -> Option<Self> {
        self.children().find(|child| child.field() == Some(field))
    }

    /// The children that fill `field`.
    pub(super) fn fields(self, field: &'static str) -> impl Iterator<Item = Self> {
        self.children()
            .filter(move |child| child.field() == Some(field))
    }

    /// This node and everything below it, in source order.
    pub(super) fn walk(self) -> impl Iterator<Item = Self> {
        (self.id..self.record().after).map(move |id| self.at(id))
    }

    /// Whether `other` is this node or lies below it.
    pub(super) fn holds(self, other: Self) -> bool {
        (self.id..self.record().after).contains(&other.id)
    }

    /// Whether this is more than a keyword or a sign.
    pub(super) fn is_named(self) -> bool {
        self.record().named
    }

    pub(super) fn is_multiline(self) -> bool {
        self.line() != self.end_line()
    }
}
