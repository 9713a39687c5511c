//! The files under repair: text, syntax tree and line numbers.

use std::path::{Path, PathBuf};

/// Which file of a [`Sources`] an edit or a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// One source file with its syntax tree.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path relative to the project root.
    pub path: PathBuf,
    /// The text, UTF-8.
    pub text: String,
    /// The tree that `tree-sitter` made of `text`.
    pub tree: tree_sitter::Tree,
    line_starts: Vec<usize>,
}

impl Source {
    /// Parses `text` with `grammar`.
    pub fn parse(path: impl Into<PathBuf>, text: String, grammar: &tree_sitter::Language) -> Self {
        let mut parser = tree_sitter::Parser::new();
        parser
            .set_language(grammar)
            .expect("the grammar is built against this tree-sitter");
        let tree = parser
            .parse(&text, None)
            .expect("parsing has no time limit and no cancellation");
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            path: path.into(),
            text,
            tree,
            line_starts,
        }
    }

    /// The 1-based line that holds byte `offset`.
    pub fn line_of(&self, offset: usize) -> u32 {
        self.line_starts.partition_point(|&start| start <= offset) as u32
    }

    /// The text below `node`.
    pub fn text_of(&self, node: tree_sitter::Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }
}

/// The files that a search may edit, in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file and names it.
    pub fn add(&mut self, source: Source) -> FileId {
        self.files.push(source);
        FileId(self.files.len() as u32 - 1)
    }

    /// The file called `id`.
    pub fn get(&self, id: FileId) -> &Source {
        &self.files[id.0 as usize]
    }

    /// Every file with its name.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, source)| (FileId(index as u32), source))
    }

    /// The name of the file at `path`, relative to the project root.
    pub fn find(&self, path: &Path) -> Option<FileId> {
        self.iter()
            .find(|(_, source)| source.path == path)
            .map(|(id, _)| id)
    }
}
