use lru::*;

fn cache() -> Cache<&'static str, u32> {
    let mut cache = Cache::new(10);
    cache.put("a", 1, 3);
    cache.put("b", 2, 3);
    cache.put("c", 3, 4);
    cache
}

#[test]
fn holds_what_fits() {
    let cache = cache();
    assert_eq!(cache.len(), 3);
    assert_eq!(cache.used(), 10);
    assert_eq!(cache.stats().evictions, 0);
    assert!(!cache.is_empty());
}

#[test]
fn evicts_the_least_recently_used() {
    let mut cache = cache();
    assert_eq!(cache.get(&"a"), Some(&1));
    assert!(cache.put("d", 4, 2));
    assert_eq!(cache.peek(&"b"), None);
    assert_eq!(cache.peek(&"a"), Some(&1));
    assert_eq!(cache.used(), 9);
    assert_eq!(cache.stats().evictions, 1);
}

#[test]
fn evicts_several_for_a_large_entry() {
    let mut cache = cache();
    assert!(cache.put("big", 9, 6));
    assert_eq!(cache.peek(&"a"), None);
    assert_eq!(cache.peek(&"b"), None);
    assert_eq!(cache.peek(&"c"), Some(&3));
    assert_eq!(cache.used(), 10);
}

#[test]
fn refuses_what_can_never_fit() {
    let mut cache = cache();
    assert!(!cache.put("huge", 0, 11));
    assert_eq!(cache.len(), 3);
    assert!(cache.put("whole", 0, 10));
    assert_eq!(cache.len(), 1);
}

#[test]
fn replacing_does_not_count_twice() {
    let mut cache = cache();
    cache.put("a", 7, 1);
    assert_eq!(cache.used(), 8);
    assert_eq!(cache.peek(&"a"), Some(&7));
    assert_eq!(cache.stats().evictions, 0);
}

#[test]
fn removal_frees_room() {
    let mut cache = cache();
    assert_eq!(cache.remove(&"c"), Some(3));
    assert_eq!(cache.used(), 6);
    assert_eq!(cache.remove(&"c"), None);
    assert!(cache.put("d", 4, 4));
    assert_eq!(cache.len(), 3);
}

#[test]
fn counts_hits_and_misses() {
    let mut cache = cache();
    assert_eq!(cache.stats().hit_percent(), 0);
    cache.get(&"a");
    cache.get(&"a");
    cache.get(&"x");
    assert_eq!(cache.stats(), Stats { hits: 2, misses: 1, evictions: 0 });
    assert_eq!(cache.stats().hit_percent(), 66);
}

#[test]
fn shrinks() {
    let mut cache = cache();
    cache.get(&"a");
    cache.set_budget(7);
    assert_eq!(cache.len(), 2);
    assert_eq!(cache.peek(&"b"), None);
    cache.set_budget(0);
    assert!(cache.is_empty());
    assert_eq!(cache.used(), 0);
}
