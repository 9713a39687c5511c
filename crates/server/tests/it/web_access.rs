//! Everybody can use it: by keyboard, on a phone, in either theme, with what reads pages aloud.

use serde_json::{Value, json};

use crate::browser::{Browser, CONTROL, ENTER, ESCAPE, Look, TAB};
pub use crate::browser::{axe, findings};
use crate::house::House;

const THEMES: [bool; 2] = [false, true];

/// All pages but that of a chat.
const PAGES: [&str; 9] = [
    "/",
    "/welcome",
    "/sign-in",
    "/settings",
    "/code",
    "/models",
    "/training",
    "/video",
    "/activity",
];

fn script() -> Value {
    json!({ "lines": [{ "text": "# Head\n\nSome `code`, a [link](https://example.com), **bold**.\n\n| a | b |\n|--|--:|\n| 1 | 2 |\n\n```python\nimport this  # why\n```\n\n$$x^2$$", "reasoning": "Hm.", "calls": [["look", "{}"]] }] })
}

#[test]
fn axe_finds_nothing_on_any_page_in_either_theme() {
    let house = House::start(true, script());
    let Some(axe) = axe() else {
        return;
    };
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.ask("show it all");
    let chat = browser
        .value("location.pathname")
        .as_str()
        .unwrap()
        .to_owned();
    for is_dark in THEMES {
        browser.look(Look {
            is_dark,
            ..Look::default()
        });
        for page in [&PAGES[..], &[&chat]].concat() {
            browser.go(&format!("{}{page}", house.url));
            browser.until("document.querySelector('.composer, .steps, .door, .page-body')");
            if page.starts_with("/chat") {
                browser.answered();
                browser.until("document.querySelector('.formula math')");
                browser.run(
                    "document.querySelectorAll('details').forEach((one) => (one.open = true))",
                );
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
            assert_eq!(
                findings(&browser, &axe),
                Vec::<String>::new(),
                "{page}, dark: {is_dark}"
            );
        }
        browser.click("[aria-label='How it answers']");
        assert_eq!(
            findings(&browser, &axe),
            Vec::<String>::new(),
            "sheet, dark: {is_dark}"
        );
        browser.press(&[], &ESCAPE.to_string());
        browser.press(&[CONTROL], "k");
        browser.until("document.querySelector('dialog.palette')");
        assert_eq!(
            findings(&browser, &axe),
            Vec::<String>::new(),
            "palette, dark: {is_dark}"
        );
        browser.press(&[], &ESCAPE.to_string());
        browser.click(".page-head [aria-haspopup]");
        browser.until("document.querySelector('.menu')");
        assert_eq!(
            findings(&browser, &axe),
            Vec::<String>::new(),
            "menu, dark: {is_dark}"
        );
        browser.press(&[], &ESCAPE.to_string());
    }
}

#[test]
fn all_of_it_works_at_every_width() {
    let house = House::start(true, script());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.ask("show it all");
    let chat = browser
        .value("location.pathname")
        .as_str()
        .unwrap()
        .to_owned();
    for (width, height) in [(320, 640), (390, 844), (768, 1024), (2560, 1440)] {
        browser.look(Look {
            width,
            height,
            is_phone: width < 500,
            ..Look::default()
        });
        for page in [&PAGES[..], &[&chat]].concat() {
            browser.go(&format!("{}{page}", house.url));
            browser.until("document.querySelector('.composer, .steps, .door, .page-body')");
            let wide = browser.too_wide();
            assert_eq!(wide, json!([]), "{page} at {width}");
            assert_eq!(
                browser.value("document.documentElement.scrollWidth > innerWidth"),
                false,
                "{page} at {width}"
            );
        }
    }
    browser.look(Look {
        width: 390,
        height: 844,
        is_phone: true,
        ..Look::default()
    });
    browser.go(&house.url);
    browser.click(".rail-button");
    browser.until("document.querySelector('.rail').getBoundingClientRect().left === 0");
    browser.click(".rail-list a");
    browser.until("document.querySelector('.turn') && document.querySelector('.rail').getBoundingClientRect().right <= 0");
}

#[test]
fn all_of_it_works_by_keyboard() {
    let house = House::start(true, script());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.until("document.activeElement?.id === 'ask'");
    browser.press(&[], &format!("hello{ENTER}"));
    browser.answered();
    // To the newest answer's buttons and back, by Tab alone.
    let mut reached = Vec::new();
    for _ in 0..60 {
        browser.press(&[], &TAB.to_string());
        let at = browser.value("(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()");
        assert_eq!(browser.value("(() => { const one = document.activeElement; if (one === document.body) return true; const box = one.getBoundingClientRect(); return box.width > 0 && box.height > 0; })()"), true, "{at}");
        reached.push(at.as_str().unwrap().to_owned());
    }
    for wanted in [
        "To the content",
        "New chat",
        "Answer again",
        "Edit",
        "Copy",
        "Add a file",
        "How it answers",
        "Model: script",
    ] {
        assert!(
            reached.iter().any(|at| at == wanted),
            "`{wanted}` is not reached: {reached:#?}"
        );
    }
    browser.press(&[CONTROL], "k");
    browser.until("document.activeElement?.type === 'search'");
    browser.press(&[], &format!("settings{ENTER}"));
    browser.until("location.pathname === '/settings'");
    browser.press(&[CONTROL], "k");
    browser.until("document.activeElement?.type === 'search'");
    // Keys that come before the browser has said that the palette is closed open it again.
    browser.run("const press = (at, key, ctrlKey) => at.dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey, bubbles: true, cancelable: true })); press(document.activeElement, 'Escape', false); press(document.body, 'k', true);");
    browser.until("document.querySelectorAll('dialog').length === 1 && document.activeElement?.type === 'search'");
    browser.press(&[], &ESCAPE.to_string());
    browser.until("!document.querySelector('dialog')");
}

#[test]
fn german_is_spoken_where_it_is_wished() {
    let house = House::start(true, script());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.run("localStorage.setItem('freehold.language', 'de')");
    browser.reload();
    browser.until("document.documentElement.lang === 'de' && document.querySelector('#ask')?.placeholder === 'Frag, was du willst'");
}
