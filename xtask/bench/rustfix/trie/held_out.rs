use std::collections::BTreeMap;
use trie::*;

#[test]
fn agrees_with_a_map() {
    let mut trie = Trie::new();
    let mut model: BTreeMap<String, usize> = BTreeMap::new();
    let mut state = 1u32;
    for _ in 0..1500 {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        let length = (state >> 8) as usize % 4 + 1;
        let word: String = (0..length).map(|i| ['a', 'b', 'é'][(state >> (10 + 3 * i)) as usize % 3]).collect();
        if (state >> 28) % 3 > 0 {
            trie.insert(&word);
            *model.entry(word.clone()).or_default() += 1;
        } else {
            let there = model.get(&word).copied().unwrap_or(0);
            assert_eq!(trie.remove(&word), there > 0);
            if there > 1 { model.insert(word.clone(), there - 1); } else { model.remove(&word); }
        }
        assert_eq!(trie.len(), model.values().sum::<usize>());
        assert_eq!(trie.count(&word), model.get(&word).copied().unwrap_or(0));
        let prefix: String = word.chars().take(1).collect();
        let expected: Vec<&String> = model.keys().filter(|w| w.starts_with(&prefix)).collect();
        assert_eq!(trie.complete(&prefix, 1000).iter().collect::<Vec<_>>(), expected);
        let text = format!("{word}ba");
        let longest = model.keys().filter(|w| text.starts_with(w.as_str())).max_by_key(|w| w.len());
        assert_eq!(trie.longest_prefix(&text), longest.map(|w| w.as_str()));
        let pattern: String = word.chars().enumerate().map(|(i, c)| if i == 1 { '?' } else { c }).collect();
        let fits = model.keys().any(|w| {
            w.chars().count() == length && w.chars().zip(pattern.chars()).all(|(a, b)| b == '?' || a == b)
        });
        assert_eq!(trie.matches(&pattern), fits);
    }
    let mut ranked: Vec<(String, usize)> = model.into_iter().collect();
    ranked.sort_by_key(|(word, count)| (usize::MAX - count, word.clone()));
    ranked.truncate(7);
    assert_eq!(trie.top(7), ranked);
}
