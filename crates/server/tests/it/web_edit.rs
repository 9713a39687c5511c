//! Changing what was asked, in a browser.

use serde_json::json;

use crate::browser::{Browser, ENTER, ESCAPE, Look, SHIFT};
use crate::house::House;

fn open() -> Option<(House, Browser)> {
    let house = House::start(true, json!({}));
    let browser = Browser::start(Look::default())?;
    browser.enter(&house.url);
    browser.ask("first words");
    browser.click("[aria-label='Edit']");
    browser.until("document.activeElement === document.querySelector('.edit textarea')");
    Some((house, browser))
}

fn typed(browser: &Browser) -> serde_json::Value {
    browser.value("document.querySelector('.edit textarea')?.value ?? null")
}

#[test]
fn the_keys_of_a_change_are_those_of_a_question_and_are_told() {
    let Some((_house, browser)) = open() else {
        return;
    };
    browser.until_text("Enter sends · Shift Enter begins a line · Esc cancels");
    browser.press(&[], " more");
    browser.press(&[SHIFT], &ENTER.to_string());
    browser.press(&[], "below");
    assert_eq!(typed(&browser), "first words more\nbelow");
    browser.picture("edit-light");
    browser.press(&[], &ENTER.to_string());
    browser.until_text("You said: first words more below");
    browser.until("!document.querySelector('.edit')");
    browser.answered();
    browser.until("document.querySelector('.asked .switcher')?.textContent === '2/2'");
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn a_change_outlives_a_reload_and_what_was_cancelled_can_be_had_back() {
    let Some((_house, browser)) = open() else {
        return;
    };
    browser.press(&[], " unfinished");
    browser.reload();
    browser.until("document.querySelector('.edit textarea')");
    assert_eq!(typed(&browser), "first words unfinished");
    // Where people write is where they are.
    browser.until("document.activeElement?.id === 'ask'");
    browser.click(".edit textarea");
    browser.press(&[], &ESCAPE.to_string());
    browser.until("!document.querySelector('.edit')");
    browser.until_text("What you changed was put away.");
    browser.click(".notice button.link");
    browser.until("document.querySelector('.edit textarea')?.value === 'first words unfinished'");
    browser.press(&[], &ESCAPE.to_string());
    browser.reload();
    browser.until_text("You said: first words");
    assert_eq!(typed(&browser), json!(null));
    assert_eq!(
        browser.value("JSON.stringify(localStorage).includes('unfinished')"),
        false
    );
}
