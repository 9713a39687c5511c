//! One table for each family of clues: a slip, and the candidate that undoes it.

use super::family_tests::assert_repairs;
use super::tests::all_candidates;

#[test]
fn what_is_bound_is_meant_to_be_read() {
    assert_repairs(&[
        (
            "def f(delay, factor):\n    delay = delay + 1\n    return delay\n",
            "def f(delay, factor):\n    delay = delay + 1\n    delay *= factor\n    return delay\n",
            "use_unread_name",
        ),
        (
            "def f(prices, stock):\n    return sum(prices[k] for k, n in stock.items())\n",
            "def f(prices, stock):\n    return sum(prices[k] * n for k, n in stock.items())\n",
            "use_unread_name",
        ),
    ]);
}

#[test]
fn what_is_read_is_bound_and_what_is_tested_is_filled() {
    assert_repairs(&[
        (
            "def f(items):\n    for item in items:\n        out.append(item)\n    return out\n",
            "def f(items):\n    out = []\n    for item in items:\n        out.append(item)\n    return out\n",
            "bind_name",
        ),
        (
            "def f(r, c):\n    seen = set()\n    if (r, c) in seen:\n        return 0\n    return 1\n",
            "def f(r, c):\n    seen = set()\n    if (r, c) in seen:\n        return 0\n    seen.add((r, c))\n    return 1\n",
            "fill_tested",
        ),
        (
            "class T:\n    def __init__(self):\n        self.done = False\n\ndef f(task):\n    print(task)\n",
            "class T:\n    def __init__(self):\n        self.done = False\n\ndef f(task):\n    print(task)\n    task.done = True\n",
            "insert_mark",
        ),
        (
            "def f(n):\n    k = 0\n    while n < 1024:\n        k += 1\n    return k\n",
            "def f(n):\n    k = 0\n    while n < 1024:\n        k += 1\n        n *= 1024\n    return k\n",
            "scale_by_bound",
        ),
    ]);
}

#[test]
fn an_attribute_that_never_changes_was_meant_to() {
    let program = "class Clock:\n    def __init__(self):\n        self.now = 0\n        self.step = 1\n\n    def tick(self):\n        print(self.now)\n";
    let (sources, candidates) = all_candidates(program);
    let best = |wanted: &str| {
        let made = candidates.iter().filter(|candidate| {
            let text = &candidate.apply(&sources)[0].1;
            text.ends_with(&format!("print(self.now)\n        {wanted}\n"))
        });
        made.map(|candidate| candidate.prior).fold(0.0, f64::max)
    };
    assert!(best("self.now += 1") > 0.1);
    assert!(best("self.now += 1") > best("print(self.now)"));
}

#[test]
fn an_edit_of_what_tests_compare_with_is_doubted() {
    let program = "class P:\n    def __eq__(self, other):\n        return self.x == other.x\n\n    def same(self, other):\n        return self.x == other.x\n";
    let (sources, candidates) = all_candidates(program);
    let prior = |line: u32| {
        let inside = candidates.iter().filter(|candidate| {
            let edit = &candidate.edits[0];
            candidate.operators == ["comparison_operator"]
                && sources.get(edit.file).line_of(edit.span.start) == line
        });
        inside.map(|candidate| candidate.prior).fold(0.0, f64::max)
    };
    assert!(prior(3) > 0.0 && prior(3) < 0.3 * prior(6));
}

#[test]
fn values_at_the_edge_are_thought_of() {
    assert_repairs(&[
        (
            "def f(attempt, attempts):\n    return attempt == attempts\n",
            "def f(attempt, attempts):\n    return attempt == attempts - 1\n",
            "last_of_many",
        ),
        (
            "def f(s, i):\n    if s[i + 1] == \"a\":\n        return 1\n    return s[:2]\n",
            "def f(s, i):\n    if i + 1 < len(s) and s[i + 1] == \"a\":\n        return 1\n    return s[:2]\n",
            "test_bounds_first",
        ),
        (
            "def f(task, now):\n    return [1 for x in now if task.end < x]\n",
            "def f(task, now):\n    return [1 for x in now if task.end is not None and task.end < x]\n",
            "test_attribute_first",
        ),
        (
            "def f(n):\n    return {1: \"st\"}[n % 10] + \"th\"\n",
            "def f(n):\n    return {1: \"st\"}.get(n % 10, \"th\") + \"th\"\n",
            "default_for_missing",
        ),
        (
            "def f(n):\n    return n % 10 + g(n)\n",
            "def f(n):\n    return n % 10 + g(n % 100)\n",
            "take_remainder",
        ),
        (
            "def f(root):\n    level = [root]\n    return level\n",
            "def f(root):\n    level = [root] if root else []\n    return level\n",
            "only_if",
        ),
        (
            "def f(r, c):\n    return r < 5 or r > 9\n",
            "def f(r, c):\n    return r < 5 or c < 5 or r > 9\n",
            "same_of_another",
        ),
        (
            "def f(node):\n    if node.left is None:\n        return None\n    return node.right\n",
            "def f(node):\n    if node.left is None:\n        return node.right\n    return node.right\n",
            "answer_from_function",
        ),
        (
            "def f(start):\n    path = g(start, [])\n    return path\n",
            "def f(start):\n    path = g(start, [start])\n    return path\n",
            "start_with_one",
        ),
        (
            "def f(text):\n    return text.split()\n",
            "def f(text):\n    return text.split(\".\")\n",
            "text_argument",
        ),
        (
            "def f(words):\n    return \"\".join(word for word in words)\n",
            "def f(words):\n    return \"\".join(word.capitalize() for word in words)\n",
            "clean_text",
        ),
    ]);
}

#[test]
fn habits_are_known() {
    assert_repairs(&[
        (
            "def f(n, m):\n    return [[0] * m] * n\n",
            "def f(n, m):\n    return [[0] * m for _ in range(n)]\n",
            "unshare_rows",
        ),
        (
            "import heapq\ndef f(queue, x):\n    queue.append(x)\n",
            "import heapq\ndef f(queue, x):\n    heapq.heappush(queue, x)\n",
            "keep_heap",
        ),
        (
            "def f(total, off):\n    total *= off\n    return total\n",
            "def f(total, off):\n    total *= 1 - off\n    return total\n",
            "rate_of_whole",
        ),
        (
            "def f(items):\n    for item in items:\n        return g(item)\n    return False\n",
            "def f(items):\n    for item in items:\n        if g(item):\n            return True\n    return False\n",
            "return_only_if",
        ),
        (
            "def f(node, key):\n    f(node.left, key)\n    return node\n",
            "def f(node, key):\n    node.left = f(node.left, key)\n    return node\n",
            "keep_result",
        ),
        (
            "def f(d, k):\n    x = d[k] = {}\n    return x\n",
            "def f(d, k):\n    x = d.setdefault(k, {})\n    return x\n",
            "keep_earlier",
        ),
    ]);
}

#[test]
fn statements_are_repeated_with_one_thing_changed_throughout() {
    assert_repairs(&[
        (
            "def f(state, node):\n    state[node] = \"open\"\n    g(node)\n    return state != \"closed\"\n",
            "def f(state, node):\n    state[node] = \"open\"\n    g(node)\n    state[node] = \"closed\"\n    return state != \"closed\"\n",
            "donor_other_literal",
        ),
        (
            "def f(edges, count):\n    for a, b in edges:\n        count[a] = count.get(a, 0) + 2\n",
            "def f(edges, count):\n    for a, b in edges:\n        count[a] = count.get(a, 0) + 2\n        count[b] = count.get(b, 0) + 2\n",
            "donor_renamed_throughout",
        ),
    ]);
}
