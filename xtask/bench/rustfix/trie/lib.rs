//! A prefix tree of words with counts, completion and wildcards.

use std::collections::BTreeMap;

#[derive(Debug, Default, Clone)]
struct Node {
    children: BTreeMap<char, Node>,
    count: usize,
}

/// A multiset of words.
#[derive(Debug, Default, Clone)]
pub struct Trie {
    root: Node,
    size: usize,
}

impl Trie {
    pub fn new() -> Self {
        Trie::default()
    }

    /// How many words were added, repetitions included.
    pub fn len(&self) -> usize {
        self.size
    }

    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    pub fn insert(&mut self, word: &str) {
        let mut node = &mut self.root;
        for c in word.chars() {
            node = node.children.entry(c).or_default();
        }
        node.count += 1;
        self.size += 1;
    }

    fn find(&self, prefix: &str) -> Option<&Node> {
        let mut node = &self.root;
        for c in prefix.chars() {
            node = node.children.get(&c)?;
        }
        Some(node)
    }

    pub fn count(&self, word: &str) -> usize {
        self.find(word).map_or(0, |node| node.count)
    }

    pub fn contains(&self, word: &str) -> bool {
        self.count(word) > 0
    }

    /// Takes one occurrence of `word` away; false if there was none.
    pub fn remove(&mut self, word: &str) -> bool {
        let chars: Vec<char> = word.chars().collect();
        if remove_from(&mut self.root, &chars) {
            self.size -= 1;
            true
        } else {
            false
        }
    }

    /// Words that begin with `prefix`, sorted, at most `limit`.
    pub fn complete(&self, prefix: &str, limit: usize) -> Vec<String> {
        let mut out = Vec::new();
        if let Some(node) = self.find(prefix) {
            let mut word = prefix.to_string();
            collect(node, &mut word, limit, &mut out);
        }
        out
    }

    /// The longest word of the tree that `text` begins with.
    pub fn longest_prefix<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut node = &self.root;
        let mut best = None;
        for (index, c) in text.char_indices() {
            match node.children.get(&c) {
                Some(next) => node = next,
                None => break,
            }
            if node.count > 0 {
                best = Some(&text[..index + c.len_utf8()]);
            }
        }
        best
    }

    /// Whether a word fits `pattern`, in which `?` stands for any character.
    pub fn matches(&self, pattern: &str) -> bool {
        let chars: Vec<char> = pattern.chars().collect();
        fits(&self.root, &chars)
    }

    /// The most frequent words, the most frequent first, ties in order of the alphabet.
    pub fn top(&self, limit: usize) -> Vec<(String, usize)> {
        let mut words = Vec::new();
        let mut word = String::new();
        collect(&self.root, &mut word, usize::MAX, &mut words);
        let mut counted: Vec<(String, usize)> = words
            .into_iter()
            .map(|word| {
                let count = self.count(&word);
                (word, count)
            })
            .collect();
        counted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        counted.truncate(limit);
        counted
    }
}

fn remove_from(node: &mut Node, word: &[char]) -> bool {
    let Some((first, rest)) = word.split_first() else {
        if node.count == 0 {
            return false;
        }
        node.count -= 1;
        return true;
    };
    let Some(child) = node.children.get_mut(first) else {
        return false;
    };
    let removed = remove_from(child, rest);
    if removed && child.count == 0 && child.children.is_empty() {
        node.children.remove(first);
    }
    removed
}

fn collect(node: &Node, word: &mut String, limit: usize, out: &mut Vec<String>) {
    if out.len() >= limit {
        return;
    }
    if node.count > 0 {
        out.push(word.clone());
    }
    for (c, child) in &node.children {
        word.push(*c);
        collect(child, word, limit, out);
        word.pop();
    }
}

fn fits(node: &Node, pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => node.count > 0,
        Some(('?', rest)) => node.children.values().any(|child| fits(child, rest)),
        Some((c, rest)) => match node.children.get(c) {
            Some(child) => fits(child, rest),
            None => false,
        },
    }
}
