//! `freehold tests` on Python: what it writes, and that it writes the same again.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::run;

/// Writes `text` as `name` into a new folder.
fn project(name: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

/// Runs `freehold tests` with `--json` on `name` in `folder`; the report.
fn report(folder: &Path, name: &str, more: &[&str]) -> Value {
    let file = folder.join(name);
    let mut args = vec!["tests", file.to_str().unwrap(), "--json"];
    args.extend(more);
    let run = run(&args);
    assert_eq!(run.exit, Some(0), "{}{}", run.stderr, run.stdout);
    serde_json::from_str(&run.stdout).unwrap()
}

fn text(report: &Value) -> &str {
    report["text"].as_str().unwrap()
}

const CLAMP: &str = "\
def clamp(value, low, high):
    \"\"\"value: an int\\n\\nlow: an int\\n\\nhigh: an int\"\"\"
    if low > high:
        raise ValueError('low is above high')
    if value < low:
        return low
    if value > high:
        return high
    return value
";

#[test]
fn kills_nearly_every_mutant_and_names_what_happens() {
    let folder = project("clamp.py", CLAMP);
    let report = report(folder.path(), "clamp.py", &[]);
    let target = &report["targets"][0];
    let (killed, mutants) = (
        target["mutants_killed"].as_u64().unwrap(),
        target["mutants"].as_u64().unwrap(),
    );
    assert!(mutants >= 15, "{target}");
    assert!(killed * 10 >= mutants * 8, "{target}");
    let text = text(&report);
    assert!(text.contains("from clamp import clamp\n"), "{text}");
    assert!(
        text.contains("def test_clamp_raises_value_error_for_"),
        "{text}"
    );
    assert!(
        text.contains(
            "    with pytest.raises(ValueError, match='low is above high'):\n        clamp("
        ),
        "{text}"
    );
}

#[test]
fn the_same_seed_gives_the_same_file_whatever_the_number_of_jobs() {
    let folder = project("clamp.py", CLAMP);
    let one = report(folder.path(), "clamp.py", &["--seed", "3", "--jobs", "1"]);
    let two = report(folder.path(), "clamp.py", &["--seed", "3", "--jobs", "3"]);
    assert_eq!(text(&one), text(&two));
}

#[test]
fn a_changed_argument_is_asserted() {
    let source =
        "def add_once(items, item):\n    if item not in items:\n        items.append(item)\n";
    let folder = project("once.py", source);
    let report = report(folder.path(), "once.py", &[]);
    let text = text(&report);
    assert!(text.contains("    items = ["), "{text}");
    assert!(text.contains("    assert items == ["), "{text}");
}

#[test]
fn objects_of_unknown_class_get_a_stand_in_with_the_attributes_used() {
    let source = "\
def length(node):
    count = 0
    while node is not None:
        count += node.weight + 1
        node = node.rest
    return count
";
    let folder = project("chain.py", source);
    let report = report(folder.path(), "chain.py", &[]);
    let text = text(&report);
    assert!(text.contains("class Node:\n"), "{text}");
    assert!(
        text.contains("def __init__(self, rest=None, weight=None):"),
        "{text}"
    );
    assert!(text.contains("rest=node"), "{text}");
}

#[test]
fn classes_are_built_and_their_methods_called_in_turn() {
    let source = "\
class Account:
    def __init__(self, owner: str, balance: int = 0):
        self.owner = owner
        self.balance = balance

    def deposit(self, amount: int) -> int:
        if amount <= 0:
            raise ValueError(f'not a deposit: {amount}')
        self.balance += amount
        return self.balance
";
    let folder = project("account.py", source);
    let report = report(folder.path(), "account.py", &[]);
    let text = text(&report);
    assert!(text.contains("account = Account("), "{text}");
    assert!(text.contains("assert account.deposit("), "{text}");
    assert!(text.contains("assert account.balance == "), "{text}");
    assert!(text.contains("pytest.raises(ValueError, match="), "{text}");
}

#[test]
fn generators_are_consumed_coroutines_run_and_prints_read() {
    let source = "\
def evens(n: int):
    for i in range(n):
        if i % 2 == 0:
            yield i


async def double(n: int) -> int:
    return n * 2


def greet(name: str):
    print('hello ' + name)
";
    let folder = project("mixed.py", source);
    let report = report(folder.path(), "mixed.py", &[]);
    let text = text(&report);
    assert!(text.contains("assert list(evens("), "{text}");
    assert!(text.contains("assert asyncio.run(double("), "{text}");
    assert!(
        text.contains("assert capsys.readouterr().out == 'hello "),
        "{text}"
    );
}

#[test]
fn what_depends_on_time_chance_or_hash_order_is_not_kept() {
    let source = "\
import datetime
import random
import time


def year() -> int:
    return datetime.date.today().year


def age(born: int) -> int:
    return int(time.time() // 31557600) + 1970 - born


def dice() -> int:
    return random.SystemRandom().randint(1, 10**9)


def first(words: str):
    return list({word + '!' for word in words + 'abcdefgh'})[0]


def steady(a: int) -> int:
    return a + 1
";
    let folder = project("unsteady.py", source);
    let report = report(folder.path(), "unsteady.py", &[]);
    let text = text(&report);
    for unsteady in ["year", "age", "dice", "first"] {
        assert!(
            !text.contains(&format!("def test_{unsteady}_")),
            "{unsteady} in {text}"
        );
    }
    assert!(text.contains("def test_steady_returns_"), "{text}");
}

#[test]
fn examples_in_the_documentation_are_used() {
    let source = "\
def decode(token):
    \"\"\"
    >>> decode('k7:open sesame')
    'open'
    \"\"\"
    if token.startswith('k7:') and len(token) > 13:
        return token[3:7]
    return ''
";
    let folder = project("token_reader.py", source);
    let report = report(folder.path(), "token_reader.py", &[]);
    assert!(text(&report).contains("k7:"), "{}", text(&report));
}

#[test]
fn a_file_elsewhere_finds_the_code_in_its_package() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("shop");
    fs::create_dir_all(folder.path().join("tests")).unwrap();
    fs::create_dir_all(&package).unwrap();
    fs::write(package.join("__init__.py"), "").unwrap();
    fs::write(package.join("rates.py"), "RATE = 3\n").unwrap();
    let source =
        "from .rates import RATE\n\n\ndef tax(amount: int) -> int:\n    return amount * RATE\n";
    fs::write(package.join("tax.py"), source).unwrap();
    let out = folder.path().join("tests/test_tax.py");
    let file = package.join("tax.py");
    let run = run(&["tests", file.to_str().unwrap(), "-o", out.to_str().unwrap()]);
    assert_eq!(run.exit, Some(0), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    let text = fs::read_to_string(&out).unwrap();
    assert!(text.contains("from shop.tax import tax\n"), "{text}");
    assert!(
        text.contains("sys.path.insert(0, str(Path(__file__).resolve().parent.parent))"),
        "{text}"
    );
    assert!(!folder.path().join("shop/__pycache__").exists());
}

#[test]
fn an_interrupt_stops_at_once_and_leaves_nothing() {
    let endless = "def steps(n):\n    while n != 1:\n        n = n * 3 + 1 if n % 2 else n // 2 + n % 7\n    return n\n";
    let folder = project("steps.py", endless);
    let scratch = tempfile::tempdir().unwrap();
    let child = crate::freehold()
        .arg("tests")
        .arg(folder.path().join("steps.py"))
        .args(["--budget", "60s"])
        .env("TMPDIR", scratch.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let interrupted = std::time::Instant::now();
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(interrupted.elapsed().as_secs() < 10);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("stopped"));
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}
