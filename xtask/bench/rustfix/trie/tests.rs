use trie::*;

fn words() -> Trie {
    let mut trie = Trie::new();
    for word in ["car", "card", "care", "cat", "dog", "do", "car", "dog", "car"] {
        trie.insert(word);
    }
    trie
}

#[test]
fn counts_words() {
    let trie = words();
    assert_eq!(trie.len(), 9);
    assert_eq!(trie.count("car"), 3);
    assert_eq!(trie.count("ca"), 0);
    assert!(trie.contains("do"));
    assert!(!trie.contains("dogs"));
    assert!(Trie::new().is_empty());
}

#[test]
fn completes() {
    let trie = words();
    assert_eq!(trie.complete("car", 10), vec!["car", "card", "care"]);
    assert_eq!(trie.complete("", 2), vec!["car", "card"]);
    assert_eq!(trie.complete("x", 5), Vec::<String>::new());
}

#[test]
fn removes_one_at_a_time() {
    let mut trie = words();
    assert!(trie.remove("dog"));
    assert!(trie.contains("dog"));
    assert!(trie.remove("dog"));
    assert!(!trie.contains("dog"));
    assert!(!trie.remove("dog"));
    assert!(trie.contains("do"));
    assert_eq!(trie.len(), 7);
}

#[test]
fn removing_a_prefix_keeps_longer_words() {
    let mut trie = words();
    assert!(trie.remove("do"));
    assert_eq!(trie.complete("d", 5), vec!["dog"]);
}

#[test]
fn finds_the_longest_prefix() {
    let trie = words();
    assert_eq!(trie.longest_prefix("cards"), Some("card"));
    assert_eq!(trie.longest_prefix("doll"), Some("do"));
    assert_eq!(trie.longest_prefix("ca"), None);
}

#[test]
fn matches_wildcards() {
    let trie = words();
    assert!(trie.matches("ca?"));
    assert!(trie.matches("??g"));
    assert!(!trie.matches("?"));
    assert!(!trie.matches("c?"));
    assert!(trie.matches("dog"));
}

#[test]
fn ranks_by_frequency() {
    let top: Vec<String> = words().top(4).into_iter().map(|(word, _)| word).collect();
    assert_eq!(top, vec!["car", "dog", "card", "care"]);
    assert_eq!(words().top(1), vec![("car".to_string(), 3)]);
}
