//! One table for each family: a slip, and the candidate that undoes it.

use super::tests::{all_candidates, candidate_for, rewrites};

/// Asserts that each program becomes the other by an operator of the given name.
pub(super) fn assert_repairs(cases: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (before, after, operator) in cases {
        match candidate_for(before, after) {
            None => wrong.push(format!("no candidate makes\n{before}into\n{after}")),
            Some(found) if found.operators != [*operator] => {
                wrong.push(format!(
                    "{:?} instead of {operator} makes\n{after}",
                    found.operators
                ));
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn comparisons_are_tried_nearest_first() {
    assert_eq!(
        rewrites("return a < b", "comparison_operator"),
        [
            "return a <= b",
            "return a > b",
            "return a >= b",
            "return a != b",
            "return a == b"
        ]
    );
    assert_eq!(
        rewrites("return a is None", "comparison_operator"),
        ["return a is not None", "return a == None"]
    );
}

#[test]
fn comparisons_change_together_and_break_ties() {
    assert_repairs(&[
        (
            "def f(a, b):\n    return a.x <= b.y and b.x <= a.y\n",
            "def f(a, b):\n    return a.x < b.y and b.x < a.y\n",
            "comparison_operators",
        ),
        (
            "def f(a, b):\n    return a.month < b.month\n",
            "def f(a, b):\n    return (a.month, a.day) < (b.month, b.day)\n",
            "tie_break",
        ),
        (
            "def f(i, n):\n    i = 0\n    while i < n:\n        i += 1\n",
            "def f(i, n):\n    i = 0\n    while i < n - 1:\n        i += 1\n",
            "shift_boundary",
        ),
    ]);
}

#[test]
fn arithmetic_keeps_only_the_parentheses_it_needs() {
    assert_repairs(&[
        (
            "def f(a, b, c):\n    return a - b - c\n",
            "def f(a, b, c):\n    return a - (b - c)\n",
            "reassociate",
        ),
        (
            "def f(a, b, c):\n    return (a + b) * c\n",
            "def f(a, b, c):\n    return a + b * c\n",
            "reassociate",
        ),
        (
            "def f(a, b, c):\n    return (a + b) * c\n",
            "def f(a, b, c):\n    return a * c\n",
            "drop_operand",
        ),
        (
            "def f(a, b):\n    return a ** b\n",
            "def f(a, b):\n    return a * b\n",
            "arithmetic_operator",
        ),
        (
            "def f(a, b):\n    a -= b\n    return a\n",
            "def f(a, b):\n    a += b\n    return a\n",
            "augmented_operator",
        ),
        (
            "def f(a, b):\n    return len(a) // b\n",
            "def f(a, b):\n    return (len(a) + b - 1) // b\n",
            "round_up_division",
        ),
    ]);
}

#[test]
fn conditions_are_joined_negated_and_regrouped() {
    assert_repairs(&[
        (
            "def f(a, b):\n    if a and b:\n        return 1\n",
            "def f(a, b):\n    if a or b:\n        return 1\n",
            "boolean_operator",
        ),
        (
            "def f(a, b):\n    if not a:\n        return 1\n",
            "def f(a, b):\n    if a:\n        return 1\n",
            "drop_not",
        ),
        (
            "def f(a, b):\n    if a.ok:\n        return b\n",
            "def f(a, b):\n    if a is None or a.ok:\n        return b\n",
            "join_condition",
        ),
        (
            "def f(a, b, c):\n    return a or b and c\n",
            "def f(a, b, c):\n    return (a or b) and c\n",
            "regroup",
        ),
        (
            "def f(a, b):\n    c = a or b\n    return c\n",
            "def f(a, b):\n    c = a if a is not None else b\n    return c\n",
            "default_for_none",
        ),
    ]);
}

#[test]
fn constants_have_neighbours() {
    let found = rewrites("return a[0]", "integer_constant");
    assert_eq!(found[..3], ["return a[1]", "return a[-1]", "return a[2]"]);
    assert_repairs(&[
        (
            "def f(a):\n    return []\n",
            "def f(a):\n    return [[]]\n",
            "empty_constant",
        ),
        (
            "def f():\n    queue = [1]\n    while True:\n        queue.pop()\n",
            "def f():\n    queue = [1]\n    while queue:\n        queue.pop()\n",
            "truth_to_predicate",
        ),
        (
            "def f(a):\n    return \", \".join(a)\n",
            "def f(a):\n    return \"\\n\".join(a)\n",
            "separator",
        ),
        (
            "import re\ndef f(a):\n    return re.findall(r\"[a-z]+\", a)\n",
            "import re\ndef f(a):\n    return re.findall(r\"[a-z0-9]+\", a)\n",
            "string_constant",
        ),
    ]);
}

#[test]
fn like_names_come_before_unlike_ones() {
    let program = "def f(first_count, last_count, name):\n    total = first_count + 1\n    return total * first_count\n";
    let (sources, mut candidates) = all_candidates(program);
    candidates.retain(|candidate| {
        candidate.operators == ["replace_variable"]
            && candidate.apply(&sources)[0].1.contains("total = ")
            && candidate.apply(&sources)[0].1.contains(" + 1")
            && candidate.edits[0].span.start < program.find("return").unwrap()
    });
    candidates.sort_by(|a, b| b.prior.total_cmp(&a.prior));
    assert_eq!(candidates[0].edits[0].replacement, "last_count");
}

#[test]
fn attributes_and_methods_change_within_their_families() {
    assert_repairs(&[
        (
            "class A:\n    def f(self):\n        self.hits += 1\n        self.misses += 0\n",
            "class A:\n    def f(self):\n        self.misses += 1\n        self.misses += 0\n",
            "replace_attribute",
        ),
        (
            "def f(a):\n    return a.startswith(\"x\")\n",
            "def f(a):\n    return a.endswith(\"x\")\n",
            "replace_method",
        ),
        (
            "def f(a):\n    return min(a)\n",
            "def f(a):\n    return max(a)\n",
            "replace_function",
        ),
        (
            "def f(queue):\n    return queue.pop()\n",
            "def f(queue):\n    return queue.popleft()\n",
            "replace_method",
        ),
    ]);
}

#[test]
fn calls_get_other_arguments() {
    assert_repairs(&[
        (
            "def f(a, b):\n    return g(a, b)\n",
            "def f(a, b):\n    return g(b, a)\n",
            "swap_arguments",
        ),
        (
            "def f(a, b, c):\n    return g(a, b, c)\n",
            "def f(a, b, c):\n    return g(b, c, a)\n",
            "rotate_arguments",
        ),
        (
            "def g(x, seats):\n    return x\ndef f(a, seats):\n    return g(a)\n",
            "def g(x, seats):\n    return x\ndef f(a, seats):\n    return g(a, seats)\n",
            "insert_argument",
        ),
        (
            "def f(a):\n    return sorted(a)\n",
            "def f(a):\n    return sorted(a, reverse=True)\n",
            "insert_keyword",
        ),
        (
            "def f(a):\n    return max(x for x in a)\n",
            "def f(a):\n    return max((x for x in a), default=0)\n",
            "insert_keyword",
        ),
        (
            "def f(n, k):\n    if n == 0:\n        return 0\n    return f(n, k)\n",
            "def f(n, k):\n    if n == 0:\n        return 0\n    return f(n - 1, k)\n",
            "recursion_step",
        ),
        (
            "def f(a):\n    return g(a).strip(\"x\")\n",
            "def f(a):\n    return g(a.strip(\"x\"))\n",
            "reorder_calls",
        ),
    ]);
}

#[test]
fn expressions_are_wrapped_and_unwrapped() {
    assert_repairs(&[
        (
            "def f(a):\n    for x in a:\n        print(x)\n",
            "def f(a):\n    for x in reversed(a):\n        print(x)\n",
            "wrap_call",
        ),
        (
            "def f(values):\n    best = 0\n    for value in values:\n        best = best + value\n    return best\n",
            "def f(values):\n    best = 0\n    for value in values:\n        best = max(best, best + value)\n    return best\n",
            "wrap_bound",
        ),
        (
            "def f(last, span):\n    return span.end\n",
            "def f(last, span):\n    return max(span.end, last.end)\n",
            "wrap_bound",
        ),
        (
            "def f(a):\n    rest = [1]\n    return rest\n",
            "def f(a):\n    rest = [1]\n    return rest + [a]\n",
            "concatenate",
        ),
        (
            "def f(**kwargs):\n    return sorted(kwargs)\n",
            "def f(**kwargs):\n    return sorted(kwargs.items())\n",
            "wrap_call",
        ),
    ]);
}

#[test]
fn subscripts_and_slices_move() {
    assert_repairs(&[
        (
            "def f(d, i, j):\n    return d[i, j]\n",
            "def f(d, i, j):\n    return d[j, i]\n",
            "swap_index",
        ),
        (
            "def f(a, k):\n    return a[:k]\n",
            "def f(a, k):\n    return a[k:]\n",
            "slice_bounds",
        ),
        (
            "def f(a, mark):\n    mark = \"...\"\n    return a[:10] + mark\n",
            "def f(a, mark):\n    mark = \"...\"\n    return a[:10 - len(mark)] + mark\n",
            "slice_bounds",
        ),
        (
            "def f(best, after, u, v):\n    best[u, v] = after[v]\n",
            "def f(best, after, u, v):\n    after[v] = after[v]\n",
            "replace_target",
        ),
    ]);
}

#[test]
fn loops_run_over_other_ranges() {
    let found = rewrites("return range(a)", "range_bounds");
    assert_eq!(
        found[..3],
        [
            "return range(a + 1)",
            "return range(1, a)",
            "return range(a - 1)"
        ]
    );
    assert_repairs(&[(
        "def f(n):\n    start = 2\n    for i in range(n):\n        print(i, start + 1)\n",
        "def f(n):\n    start = 2\n    for i in range(start, n):\n        print(i, start + 1)\n",
        "range_bounds",
    )]);
}

#[test]
fn statements_move_and_change() {
    assert_repairs(&[
        (
            "def f(a):\n    n = 0\n    for x in a:\n        n += x\n        print(n)\n",
            "def f(a):\n    n = 0\n    for x in a:\n        n += x\n    print(n)\n",
            "dedent_statement",
        ),
        (
            "def f(a):\n    for x in a:\n        if x:\n            continue\n    print(x)\n",
            "def f(a):\n    for x in a:\n        if x:\n            continue\n        print(x)\n",
            "indent_statement",
        ),
        (
            "def f(a):\n    for x in a:\n        if x:\n            break\n        else:\n            print(x)\n",
            "def f(a):\n    for x in a:\n        if x:\n            break\n    else:\n        print(x)\n",
            "move_else",
        ),
        (
            "def f(a, b):\n    a = b\n    b = a + b\n    return a\n",
            "def f(a, b):\n    a, b = b, a + b\n    return a\n",
            "assign_together",
        ),
        (
            "def f(a, k, v):\n    a[k] = [v]\n",
            "def f(a, k, v):\n    a.setdefault(k, []).append(v)\n",
            "keep_earlier",
        ),
        (
            "def f(x):\n    try:\n        g(x)\n    except KeyError:\n        pass\n",
            "def f(x):\n    try:\n        g(x)\n    except IndexError:\n        pass\n",
            "change_exception",
        ),
        (
            "def f(xs):\n    for x in xs:\n        yield f(x)\n",
            "def f(xs):\n    for x in xs:\n        yield from f(x)\n",
            "change_yield",
        ),
    ]);
}

#[test]
fn missing_statements_are_written() {
    assert_repairs(&[
        (
            "def f(node, goal):\n    seen = set()\n    while node:\n        if node is goal:\n            return True\n        node = node.next\n",
            "def f(node, goal):\n    seen = set()\n    while node:\n        seen.add(node)\n        if node is goal:\n            return True\n        node = node.next\n",
            "insert_add",
        ),
        (
            "def f(n):\n    i = 0\n    while i < n:\n        print(i)\n",
            "def f(n):\n    i = 0\n    while i < n:\n        print(i)\n        i += 1\n",
            "insert_count",
        ),
        (
            "def f(xs):\n    \"\"\"Says.\"\"\"\n    total = sum(xs)\n    return total / len(xs)\n",
            "def f(xs):\n    \"\"\"Says.\"\"\"\n    if not xs:\n        return 0\n    total = sum(xs)\n    return total / len(xs)\n",
            "insert_guard",
        ),
        (
            "class A:\n    items = []\n    def __init__(self, name):\n        self.name = name\n",
            "class A:\n    items = []\n    def __init__(self, name):\n        self.name = name\n        self.items = []\n",
            "insert_set_up",
        ),
        (
            "def f(x=[]):\n    x.append(1)\n    return x\n",
            "def f(x=None):\n    if x is None:\n        x = []\n    x.append(1)\n    return x\n",
            "unshare_default",
        ),
        (
            "def f(a, b):\n    out = []\n    out.append(b)\n    return out\n",
            "def f(a, b):\n    out = []\n    if b is not None:\n        out.append(b)\n    return out\n",
            "insert_condition",
        ),
    ]);
}

#[test]
fn tabs_and_one_line_suites_are_kept() {
    assert_repairs(&[
        (
            "def f(n):\n\ti = 0\n\twhile i < n:\n\t\tprint(i)\n",
            "def f(n):\n\ti = 0\n\twhile i < n:\n\t\tprint(i)\n\t\ti += 1\n",
            "insert_count",
        ),
        (
            "def f(n):\n    for x in n: print(x)\n",
            "def f(n):\n    for x in n: print(x); break\n",
            "insert_jump",
        ),
        (
            "def f(a, b):\n    return(a and b)\n",
            "def f(a, b):\n    return a\n",
            "drop_operand",
        ),
    ]);
}
