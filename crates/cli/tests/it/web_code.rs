//! Projects in the browser: found, repaired, given tests, and left as they were.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::browser::{Browser, Look, PATIENCE, axe, findings};
use crate::serve::Served;

/// A project with a real bug.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/python-till");

const PHONE: Look = Look {
    width: 390,
    height: 844,
    is_dark: false,
    is_phone: true,
};

/// A server with its owner signed in at the page of code.
struct Room {
    browser: Browser,
    served: Served,
    folder: tempfile::TempDir,
}

impl Room {
    fn open() -> Option<Self> {
        let browser = Browser::start(Look::default())?;
        let served = Served::start(&[]);
        browser.go(served.sign_in.as_str().unwrap());
        browser.until_text("You are signed in as");
        browser.run("localStorage.setItem('freehold.welcomed', '1')");
        let folder = tempfile::tempdir().unwrap();
        let room = Self {
            browser,
            served,
            folder,
        };
        room.come();
        Some(room)
    }

    /// Comes to the page.
    fn come(&self) {
        self.browser.go(&format!("{}/code", self.served.url));
        self.browser.until("document.querySelector('#folder-path')");
    }

    /// Makes a folder of files.
    fn project(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        folder
    }

    /// A copy of the example.
    fn till(&self) -> PathBuf {
        let read = |name: &str| fs::read_to_string(Path::new(EXAMPLE).join(name)).unwrap();
        let (code, tests) = (read("till.py"), read("test_till.py"));
        self.project("till", &[("till.py", &code), ("test_till.py", &tests)])
    }

    /// Types a path, and allows it.
    fn allow(&self, path: &Path) {
        self.browser
            .run("document.querySelector('#folder-path').value = ''");
        self.browser
            .write("#folder-path", &path.display().to_string());
        self.browser.click(".allowing button");
    }

    fn repair(&self) {
        self.browser.click(".project [data-act='fix']");
    }

    /// Waits until a repair or the tests have ended.
    fn ended(&self) {
        self.browser
            .until("document.querySelector('.run .headline')");
    }

    /// Nothing but refusals of the server, which browsers put there, stands on the console.
    fn is_quiet(&self) {
        let mut log = self.browser.log();
        log.retain(|line| !line.contains("Failed to load resource"));
        assert_eq!(log, Vec::<String>::new());
    }
}

#[test]
fn a_bug_is_repaired_in_the_page_and_the_repair_taken_back() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    let till = room.till().join("till.py");
    let before = fs::read_to_string(&till).unwrap();
    browser.until_text("Choose a folder of code");
    room.allow(till.parent().unwrap());
    room.repair();
    // How fast it goes is seen while it goes, and where it looks.
    browser.run("window.seen = new Set(); window.watching = setInterval(() => { for (const one of document.querySelectorAll('.figures dd')) if (/\\d/.test(one.textContent)) window.seen.add('figure'); if (document.querySelector('.working .heat .is-warm')) window.seen.add('heat'); }, 5)");
    room.ended();
    browser.until_text("after which all 6 tests pass");
    // The change itself is marked in its line.
    browser.until(
        "document.querySelector('.diffs pre .is-gone')?.textContent.includes('while left > coin')",
    );
    browser.until("document.querySelector('.diffs .is-new mark')?.textContent === '='");
    let facts = browser.value("document.querySelector('.headline small').textContent");
    assert!(
        facts.as_str().unwrap().contains("candidates tried in"),
        "{facts}"
    );
    assert_eq!(fs::read_to_string(&till).unwrap(), before);
    // The suspicious line is the warmest of all.
    browser.run("document.querySelectorAll('.run details').forEach((one) => (one.open = true))");
    let warmest = browser.value("[...document.querySelectorAll('.heat .is-warm')].sort((a, b) => b.style.getPropertyValue('--heat') - a.style.getPropertyValue('--heat')).slice(0, 3).map((one) => one.textContent).join('')");
    assert!(
        warmest.as_str().unwrap().contains("suspicious"),
        "{warmest}"
    );

    browser.click(".acts-of-patch button.main");
    browser.until_text("Applied");
    let after = fs::read_to_string(&till).unwrap();
    assert!(after.contains("while left >= coin"), "{after}");
    // Whoever comes back sees that it is applied, and can take it back.
    browser.reload();
    room.ended();
    browser.until("document.querySelector('.stands')");
    browser.click(".acts-of-patch button.plain");
    browser.until("document.querySelector('.acts-of-patch button.main')");
    assert_eq!(fs::read_to_string(&till).unwrap(), before);
    // What was changed meanwhile is not written over.
    fs::write(&till, format!("{before}\n# mine\n")).unwrap();
    browser.click(".acts-of-patch button.main");
    browser.until_text("A file was changed while it was searched, so nothing was written.");
    browser.until("document.querySelector('.notice .server-said').textContent.includes('holds other text than expected')");
    browser.until_text("The folder was changed since");
    assert!(fs::read_to_string(&till).unwrap().ends_with("# mine\n"));
    room.is_quiet();
}

#[test]
fn the_best_patch_and_its_runner_up_are_shown_and_either_is_applied() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    // Tests that leave open what is meant.
    let code = "def area(width, height):\n    return width + height\n";
    let test = "from room import area\n\ndef test_area():\n    assert area(3, 1) == 3\n";
    let folder = room.project("room", &[("room.py", code), ("test_room.py", test)]);
    room.allow(&folder);
    room.repair();
    room.ended();
    browser.until("document.querySelectorAll('.segments input').length === 2");
    let shown = || {
        let line = browser.value("document.querySelector('.diffs pre .is-new').textContent");
        line.as_str().unwrap().to_owned()
    };
    let best = shown();
    browser.until_text("of the weight of all that pass");
    browser.picture("code-runner-up-light");
    browser.run("document.querySelectorAll('.segments input')[1].click()");
    browser.until_text("Runner-up");
    let other = shown();
    assert_ne!(best, other);
    browser.click(".acts-of-patch button.main");
    browser.until("document.querySelector('.stands')?.textContent === 'Applied'");
    let after = fs::read_to_string(folder.join("room.py")).unwrap();
    let line = after.lines().nth(1).unwrap().trim();
    assert!(other.contains(line), "{after}: {other}");
    // The other one was made for what stood there before.
    browser.run("document.querySelectorAll('.segments input')[0].click()");
    assert_eq!(shown(), best);
    browser.click(".acts-of-patch button.main");
    browser.until_text("A file was changed while it was searched");
    // Whoever comes back sees the one that was applied.
    browser.reload();
    room.ended();
    browser.until("document.querySelectorAll('.segments input')[1]?.checked && document.querySelector('.stands')");
    assert_eq!(shown(), other);
    room.is_quiet();
}

#[test]
fn every_patch_that_was_applied_is_listed_and_taken_back_for_itself() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    let folder = room.till();
    let till = folder.join("till.py");
    let before = fs::read_to_string(&till).unwrap();
    room.allow(&folder);
    room.repair();
    room.ended();
    browser.click(".acts-of-patch button.main");
    browser.until("document.querySelectorAll('.applied li').length === 1");
    let fixed = fs::read_to_string(&till).unwrap();
    // Another fault, elsewhere in the file, and another repair.
    let broken =
        fixed.clone() + "\n\ndef longer(one, other):\n    return one if one < other else other\n";
    fs::write(&till, &broken).unwrap();
    let test = "from till import longer\n\ndef test_one():\n    assert longer(1, 2) == 2\n\ndef test_two():\n    assert longer(5, 2) == 5\n";
    fs::write(folder.join("test_longer.py"), test).unwrap();
    room.repair();
    browser.until("document.querySelector('.working')");
    room.ended();
    browser.until("document.querySelector('.acts-of-patch button.main:not(:disabled)')");
    browser.click(".acts-of-patch button.main");
    browser.until("document.querySelectorAll('.applied li').length === 2");
    let both = fs::read_to_string(&till).unwrap();
    browser
        .run("document.querySelectorAll('.applied details').forEach((one) => (one.open = true))");
    browser.until("document.querySelectorAll('.applied .diffs').length === 2");
    browser.picture("code-applied-light");
    browser
        .run("document.querySelectorAll('.applied details').forEach((one) => (one.open = false))");
    // The older one goes, the newer stays.
    browser.click(".applied li:nth-child(2) button.plain");
    browser.until("document.querySelectorAll('.applied li').length === 1");
    let now = fs::read_to_string(&till).unwrap();
    assert!(now.starts_with(before.trim_end()) && now != broken, "{now}");
    assert_eq!(
        now.replace("left > coin", "left >= coin").lines().last(),
        both.lines().last()
    );
    // Where somebody changed the same lines since, nothing is touched, and it is said why.
    let mine = now.lines().map(|line| {
        if line.contains("one if") {
            "    return 7"
        } else {
            line
        }
    });
    let mine = mine.collect::<Vec<_>>().join("\n") + "\n";
    fs::write(&till, &mine).unwrap();
    browser.click(".applied li button.plain");
    browser.until_text("What this patch changed was changed since");
    browser.until_text("a later change lies upon it");
    assert_eq!(fs::read_to_string(&till).unwrap(), mine);
    room.is_quiet();
}

/// Tests that take longer together than anybody waits.
fn slow_tests(count: usize, seconds: f32) -> String {
    let tests = (0..count).map(|at| {
        format!("def test_{at}():\n    time.sleep({seconds})\n    assert one() == 2\n\n")
    });
    format!(
        "import time\nfrom slow import one\n\n{}",
        tests.collect::<String>()
    )
}

#[test]
fn the_first_run_of_the_tests_is_seen_ends_in_time_and_is_given_more() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    let tests = slow_tests(40, 0.15);
    let files = [
        ("slow.py", "def one():\n    return 1\n"),
        ("test_slow.py", tests.as_str()),
    ];
    room.allow(&room.project("slow", &files));
    let options = || {
        browser.click(".project [aria-haspopup='menu']");
        browser.until("document.querySelector('.menu')");
        browser.run("[...document.querySelectorAll('.menu button')].find((one) => one.textContent.includes('options')).click()");
        browser.until("document.activeElement?.id === 'repair-test'");
    };
    options();
    browser.picture("code-options-light");
    browser.click("dialog button.main");
    browser.until("/Running the tests as they are: [1-9]\\d* of 40, \\d+ of 300 s/.test(document.body.innerText)");
    browser
        .until("Number(document.querySelector('.working .bar').getAttribute('aria-valuenow')) > 0");
    browser.picture("code-first-run-light");
    // It is stopped at once.
    browser.click(".control button:last-child");
    browser.until_text("Stopped. Nothing was changed.");
    // Where the time is too short, it says how far it came and what to do.
    let path = browser.value("document.querySelector('.project').id");
    let path = format!("/api/code/folders/{}/fix", path.as_str().unwrap());
    browser.run_later(&format!("import('/ground/api.js').catch(() => null); const token = null; fetch('/api/session').then((reply) => reply.json()).then((who) => fetch('{path}', {{ method: 'POST', headers: {{ 'content-type': 'application/json', 'x-csrf-token': who.csrf }}, body: JSON.stringify({{ seconds: 5, baseline_seconds: 3 }}) }})).then((reply) => done(reply.status))"));
    browser.until_text("The first run of the tests took longer than it may");
    browser.click(".headline summary");
    browser.until_text("within `3` s");
    let said = browser.value("document.querySelector('.headline').innerText");
    assert!(said.as_str().unwrap().contains("of `40` ran"), "{said}");
    // What was asked for last is offered.
    options();
    assert_eq!(
        browser.value("document.querySelector('#repair-seconds').value"),
        "5"
    );
    room.is_quiet();
}

#[test]
fn tests_that_fail_for_what_the_box_withholds_are_told_apart_and_not_repaired() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    let code = "import socket\n\ndef asks(host):\n    return socket.create_connection((host, 80), 2)\n\ndef double(x):\n    return x * 2\n";
    let test = "from asked import asks, double\n\ndef test_network():\n    asks('192.0.2.1')\n\ndef test_device():\n    open('/dev/kvm-of-nobody')\n\ndef test_double():\n    assert double(2) == 4\n";
    let folder = room.project("asked", &[("asked.py", code), ("test_asked.py", test)]);
    room.allow(&folder);
    room.repair();
    room.ended();
    browser.until_text("The tests that fail do so for what their box withholds.");
    browser.until_text("the box has no network");
    browser.until_text("the box has no such device");
    browser.picture("code-withheld-light");
    // Beside a real fault, they are said, and do not count.
    fs::write(folder.join("asked.py"), code.replace("x * 2", "x * 3")).unwrap();
    room.repair();
    browser.until("document.querySelector('.working')");
    room.ended();
    browser.until_text("2 tests fail for what their box withholds");
    browser.until("[...document.querySelectorAll('.diffs pre .is-new')].some((line) => line.textContent.includes('x * 2'))");
    room.is_quiet();
}

#[test]
fn whoever_has_no_folder_yet_sees_an_example_repaired() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    browser.until("document.querySelector('.first-step:not([hidden]) button')");
    browser.picture("code-empty-light");
    browser.click(".first-step button");
    room.ended();
    browser.until_text("after which all 6 tests pass");
    // What is allowed twice is there once.
    let path = browser.value("document.querySelector('.project > header p').textContent");
    room.allow(Path::new(path.as_str().unwrap()));
    browser.until("!document.querySelector('#folder-path').value");
    assert_eq!(
        browser.value("document.querySelectorAll('.project').length"),
        1
    );
    room.is_quiet();
}

/// The text that the browser saved in a folder, once it is there.
fn downloaded(browser: &Browser, folder: &Path, name: &str) -> String {
    let begun = std::time::Instant::now();
    loop {
        // The browser makes the file before it fills it.
        let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
        if text.ends_with('\n') {
            return text;
        }
        if begun.elapsed() > PATIENCE {
            let lie: Vec<_> = fs::read_dir(folder).into_iter().flatten().collect();
            panic!("{name} was not downloaded: {lie:?}\n{:#?}", browser.log());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn a_patch_is_downloaded_as_git_and_patch_take_it() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    let till = room.till();
    room.allow(&till);
    room.repair();
    room.ended();
    let download = "[...document.querySelectorAll('.acts-of-patch button')].find((one) => one.textContent === 'Download')";
    browser.until(download);
    let to = tempfile::tempdir().unwrap();
    browser.devtools(
        "Browser.setDownloadBehavior",
        json!({ "behavior": "allow", "downloadPath": to.path() }),
    );
    browser.run(&format!("{download}.click()"));
    let patch = downloaded(browser, to.path(), "freehold.patch");
    assert!(
        patch.starts_with("--- a/till.py\n+++ b/till.py\n@@ "),
        "{patch}"
    );
    room.is_quiet();
}

#[test]
fn everybody_can_use_it_while_it_shows_what_was_found() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    let till = room.till();
    room.allow(&till);
    room.repair();
    room.ended();
    browser.run("document.querySelector('.project > header p').textContent = '/home/ada/till'");
    let open = |is_open: bool| {
        browser.run(&format!(
            "document.querySelectorAll('.run details').forEach((one) => (one.open = {is_open}))"
        ))
    };
    let axe = axe();
    for is_dark in [false, true] {
        let theme = if is_dark { "dark" } else { "light" };
        browser.look(Look {
            is_dark,
            ..Look::default()
        });
        browser.picture(&format!("code-{theme}"));
        open(true);
        if let Some(axe) = &axe {
            assert_eq!(findings(browser, axe), Vec::<String>::new(), "{theme}");
        }
        browser.look(Look { is_dark, ..PHONE });
        assert_eq!(browser.too_wide(), json!([]));
        open(false);
        browser.picture(&format!("code-{theme}-phone"));
    }
    open(true);
    browser.look(Look {
        width: 320,
        ..PHONE
    });
    assert_eq!(browser.too_wide(), json!([]));
    assert_eq!(
        browser.value("document.documentElement.scrollWidth > innerWidth"),
        false
    );
}

#[test]
fn names_sources_and_messages_are_shown_as_the_text_that_they_are() {
    const HOSTILE: &str = "<img src=x onerror=window.hit=1>";
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    let code = format!(
        "def bigger(a, b):\n    \"\"\"{HOSTILE}\"\"\"\n    # {HOSTILE}\n    if a < b:\n        return a\n    return b\n"
    );
    let tests = format!(
        "from bigger import bigger\n\ndef test_one():\n    assert bigger(1, 2) == 2, '{HOSTILE}'\n\ndef test_two():\n    assert bigger(3, 2) == 3\n\ndef test_same():\n    assert bigger(3, 3) == 3\n"
    );
    let files = [
        ("bigger.py", code.as_str()),
        ("test_bigger.py", tests.as_str()),
        ("<img src=x onerror=window.hit=1>.py", "x = 1\n"),
    ];
    let folder = room.project(HOSTILE, &files);
    room.allow(&folder);
    browser.until("document.querySelector('.project')");
    room.repair();
    room.ended();
    browser.run("document.querySelectorAll('.run details').forEach((one) => (one.open = true))");
    browser.until(&format!(
        "document.querySelector('.project h2').textContent === {}",
        json!(HOSTILE)
    ));
    browser.until(&format!(
        "document.querySelector('.heat').textContent.includes({})",
        json!(HOSTILE)
    ));
    browser.click(".project [data-act='tests']");
    browser.until(&format!(
        "document.querySelector('dialog')?.textContent.includes({})",
        json!(HOSTILE)
    ));
    browser.go(&format!("{}/activity", room.served.url));
    browser.until_text(HOSTILE);
    assert_eq!(browser.value("document.querySelectorAll('img').length"), 0);
    assert_eq!(browser.value("window.hit ?? null"), json!(null));
    room.is_quiet();
}

#[test]
fn what_cannot_be_worked_on_says_so_and_what_to_do() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    room.allow(Path::new("relative/path"));
    browser.until_text("This is no folder on the server.");
    room.allow(Path::new("/nothing/here"));
    browser.until("document.querySelector('#folder-wrong').textContent.includes('`/nothing/here` is no folder of this machine')");
    // Files without tests.
    let bare = room.project("bare", &[("bare.py", "def one():\n    return 1\n")]);
    room.allow(&bare);
    room.repair();
    browser.until("document.querySelector('.headline.is-wrong')?.textContent.length > 10");
    browser.until("!document.querySelector('#folder-wrong').textContent");
    // Tests that all pass.
    fs::write(
        bare.join("test_bare.py"),
        "from bare import one\n\ndef test_one():\n    assert one() == 1\n",
    )
    .unwrap();
    room.repair();
    browser.until_text("there is nothing to repair");
    // A folder that is allowed no longer is gone from the page, and from the server.
    browser.click(".project [aria-haspopup='menu']");
    browser.until("document.querySelector('.menu')");
    browser.run("[...document.querySelectorAll('.menu button')].find((one) => one.textContent.includes('no longer')).click()");
    browser.until("!document.querySelector('.project')");
    room.is_quiet();
}

#[test]
fn tests_are_written_in_the_page_saved_and_taken_back() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    let till = room.till();
    let fixed = fs::read_to_string(till.join("till.py")).unwrap();
    fs::write(
        till.join("till.py"),
        fixed.replace("left > coin", "left >= coin"),
    )
    .unwrap();
    room.allow(&till);
    browser.click(".project [data-act='tests']");
    browser.until_text("tests go to test_till_2.py");
    browser.run("window.seen = new Set(); setInterval(() => { for (const one of document.querySelectorAll('.working [role=status], .figures dd')) window.seen.add(one.textContent); }, 5)");
    browser.click(".files-to-test button");
    room.ended();
    browser.until(
        "/tests notice \\d+ of \\d+ faults/.test(document.querySelector('.headline').textContent)",
    );
    let seen = browser.value("[...window.seen].join('|')");
    assert!(
        seen.as_str().unwrap().contains("Looking for inputs of"),
        "{seen}"
    );
    browser.until("document.querySelectorAll('.targets li').length === 3");
    browser.until("document.querySelector('.patch .code .hl-keyword')");
    browser.run("document.querySelector('.project > header p').textContent = '/home/ada/till'");
    let axe = axe();
    for is_dark in [false, true] {
        let theme = if is_dark { "dark" } else { "light" };
        browser.look(Look {
            is_dark,
            ..Look::default()
        });
        browser.picture(&format!("code-tests-{theme}"));
        if let Some(axe) = &axe {
            assert_eq!(findings(browser, axe), Vec::<String>::new(), "{theme}");
        }
    }
    browser.look(PHONE);
    assert_eq!(browser.too_wide(), json!([]));
    browser.picture("code-tests-light-phone");
    browser.look(Look::default());
    let shown = browser.value("document.querySelector('.patch .code code').textContent");
    browser.click(".acts-of-patch button.main");
    browser.until("document.querySelector('.stands')");
    let written = till.join("test_till_2.py");
    assert_eq!(
        fs::read_to_string(&written).unwrap(),
        shown.as_str().unwrap()
    );
    browser.reload();
    browser.until("document.querySelector('.stands')");
    browser.click(".acts-of-patch button.plain");
    browser.until("document.querySelector('.acts-of-patch button.main')");
    assert!(!written.exists());
    room.is_quiet();
}

/// A project whose repair takes as long as it may: no small change makes its tests pass, and each run takes a while.
pub const LEDGER: &str = r#""""What was spent, and on what."""


def amount(text):
    euros, _, cents = text.partition(".")
    return int(euros) * 100 + int(cents or 0)


def entries(lines):
    found = []
    for line in lines:
        name, _, text = line.rpartition(" ")
        if not name:
            continue
        found.append((name, amount(text)))
    return found


def in_words(cents):
    euros, rest = divmod(cents, 100)
    words = f"{euros} euros"
    if rest:
        words += f" {rest} cents"
    return words


def report(lines):
    found = entries(lines)
    if not found:
        return "nothing"
    largest = max(found, key=lambda one: one[1])
    words = in_words(sum(cents for _, cents in found))
    return f"{words}, most for {largest[0]}"
"#;

pub const LEDGER_TESTS: &str = r#"import time
from ledger import amount, entries, in_words, report

def test_amounts():
    time.sleep(0.05)
    assert (amount("2.50"), amount("3")) == (250, 3_00)

def test_entries():
    assert entries(["bread 2.50", "", "3"]) == [("bread", 250)]

def test_nothing():
    assert report([]) == "nothing"

def test_words():
    assert in_words(100) == "one euro"

def test_report():
    said = report(["bread 2.50", "milk 1.20"])
    assert said == "three euros and seventy cents, most for bread"
"#;

#[test]
fn a_repair_goes_on_without_the_page_rests_when_told_and_stops() {
    let Some(room) = Room::open() else {
        return;
    };
    let browser = &room.browser;
    let files = [("ledger.py", LEDGER), ("test_ledger.py", LEDGER_TESTS)];
    room.allow(&room.project("ledger", &files));
    room.repair();
    let searching =
        "Number(document.querySelector('.figures dd')?.textContent.replace(/\\D/g, '')) > 3";
    browser.until(searching);
    // Focus stays where it is while figures change.
    browser.run(
        "document.querySelector('.control button').focus(); window.kept = document.activeElement",
    );
    browser.reload();
    browser.until(searching);
    browser.run(
        "document.querySelector('.control button').focus(); window.kept = document.activeElement",
    );
    let tried = browser.value("document.querySelector('.figures dd').textContent");
    browser.until(&format!(
        "document.querySelector('.figures dd').textContent !== {tried}"
    ));
    browser.until("document.activeElement === window.kept");
    browser.until("document.querySelector('.working .heat .is-warm')");
    // The warmest line is in sight, wherever it stands.
    browser.until("(() => { const source = document.querySelector('.working .heat pre'); const all = [...source.querySelectorAll('.is-warm')]; const heat = (one) => Number(one.style.getPropertyValue('--heat')); const box = all.reduce((best, one) => (heat(one) > heat(best) ? one : best)).getBoundingClientRect(); const around = source.getBoundingClientRect(); return box.top >= around.top && box.bottom <= around.bottom; })()");
    browser.run("document.querySelector('.project > header p').textContent = '/home/ada/ledger'; document.activeElement.blur()");
    browser.picture("code-repair-light");
    browser.look(Look {
        is_dark: true,
        ..PHONE
    });
    assert_eq!(browser.too_wide(), json!([]));
    browser.picture("code-repair-dark-phone");
    browser.look(Look::default());
    browser.click(".control button:first-child");
    browser.until_text("It goes on where it was");
    browser.reload();
    browser.until_text("It goes on where it was");
    browser.click(".control button:first-child");
    browser.until(searching);
    // What the work tells stands in its log.
    browser.go(&format!("{}/activity", room.served.url));
    browser.click(".job .logged summary");
    for line in ["queued", "put aside", "let go on", "2 of 5 tests fail"] {
        browser.until(&format!(
            "document.querySelector('.job-log').textContent.includes({})",
            json!(line)
        ));
    }
    browser.click(".job .control button:last-child");
    browser.until("document.querySelector('.past .job.is-cancelled')");
    room.come();
    browser.until_text("Stopped. Nothing was changed.");
    room.is_quiet();
}
