//! Talking in a browser.

use serde_json::{Value, json};

use crate::browser::{Browser, CONTROL, DOWN, ENTER, ESCAPE, Look};
use crate::house::House;

fn long() -> Value {
    let text: String = (0..400).map(|number| format!("w{number} ")).collect();
    json!({ "pace_ms": 5, "lines": [
        { "when": "long", "text": text },
        { "when": "endless", "text": "word ".repeat(20_000) },
        { "when": "think", "reasoning": "Let me think.", "text": "Thought." },
        { "when": "call", "text": "I look.", "calls": [["look", "{\"at\":\"sky\"}"]] },
        { "when": "show", "text": "# Head\n\n| a | b |\n|--|--:|\n| 1 | 2 |\n\n```rust\nfn main() {}\n```\n\nSo $x^2$ and **bold**.\n\n- one\n- two" },
    ] })
}

fn last_text(browser: &Browser) -> String {
    let text =
        browser.value("[...document.querySelectorAll('.said .prose')].at(-1)?.innerText ?? ''");
    text.as_str().unwrap().trim().to_owned()
}

#[test]
fn what_is_written_becomes_headings_tables_code_formulas_thoughts_and_calls() {
    let house = House::start(true, long());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.ask("show");
    browser.until("document.querySelector('.prose h3.h1')?.textContent === 'Head'");
    browser.until("document.querySelector('.prose td.to-right')?.textContent === '2'");
    browser.until("document.querySelector('.code .hl-keyword')?.textContent === 'fn'");
    browser.until("document.querySelector('.formula-inline msup, .formula-inline math')");
    browser.until("document.querySelectorAll('.prose ul li').length === 2");
    browser.ask("think");
    assert_eq!(
        browser.value("document.querySelector('.thought').open"),
        false
    );
    browser.click(".thought summary");
    browser.until_text("Let me think.");
    // Nothing offers tools to the models of this page yet; programs do.
    let id = browser.value("location.pathname.split('/').at(-1)");
    let last = house
        .get(&format!("/api/chats/{}", id.as_str().unwrap()))
        .json()["active"]
        .clone();
    let tool = json!({ "type": "function", "name": "look", "parameters": {} });
    let called = house.post(
        "/v1/responses",
        &json!({ "model": "script", "input": "call", "tools": [tool],
        "previous_response_id": last, "metadata": { "freehold_chat": id } }),
    );
    let path = format!("/api/chats/{}", id.as_str().unwrap());
    let active = json!({ "active": called.json()["id"] }).to_string();
    assert_eq!(house.send("PATCH", &path, Some(&active), &[]).status, 200);
    browser.reload();
    browser.click(".call summary");
    browser.until("document.querySelector('.call pre').textContent.includes('\"at\": \"sky\"')");
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn an_answer_is_stopped_and_kept_as_far_as_it_came() {
    let house = House::start(true, long());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.write("#ask", "endless");
    browser.press(&[], &ENTER.to_string());
    browser.until_text("word word ");
    browser.click(".send.is-stop");
    browser.until_text("Stopped.");
    let text = last_text(&browser);
    assert!(text.starts_with("word word"), "{text}");
    browser.reload();
    browser.until_text("Stopped.");
    assert_eq!(last_text(&browser), text);
}

#[test]
fn a_reload_in_the_middle_loses_nothing_neither_said_nor_typed() {
    let house = House::start(true, long());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.write("#ask", "long");
    browser.press(&[], &ENTER.to_string());
    browser.until_text("w20 ");
    browser.write("#ask", "not yet sent");
    browser.reload();
    browser.until_text("w60 ");
    assert_eq!(
        browser.value("document.querySelector('#ask').value"),
        "not yet sent"
    );
    browser.answered();
    let all: Vec<String> = (0..400).map(|number| format!("w{number}")).collect();
    assert_eq!(last_text(&browser), all.join(" "));
}

#[test]
fn questions_are_edited_answers_made_again_and_branches_walked() {
    let house = House::start(true, long());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.ask("first words");
    browser.ask("second words");
    browser.click(".stretch:first-child .turn:first-child [aria-label='Edit']");
    browser.run("document.querySelector('.edit textarea').value = ''");
    browser.write(".edit textarea", "other words");
    browser.click(".edit button.main");
    browser.until_text("You said: other words");
    browser.answered();
    assert_eq!(
        browser.value("document.querySelectorAll('.turn').length"),
        1
    );
    browser.until("document.querySelector('.asked .switcher')?.textContent === '2/2'");
    browser.click(".said [aria-label='Answer again']");
    browser.until("document.querySelector('.said .switcher')?.textContent === '2/2'");
    // What still grows moves what is clicked.
    browser.answered();
    browser.click(".asked .switcher [aria-label='Earlier question']");
    browser.until_text("You said: second words");
    assert_eq!(
        browser.value("document.querySelectorAll('.turn').length"),
        2
    );
    // What was shown is shown again.
    browser.reload();
    browser.until_text("You said: second words");
    browser.until(
        "document.querySelector('.stretch:first-child .turn:first-child .asked .switcher')?.textContent === '1/2'",
    );
    browser.click(".page-head [aria-haspopup]");
    browser.run("[...document.querySelectorAll('.menu button')].find((item) => item.textContent === 'All branches').click()");
    browser.until("document.querySelectorAll('.tree li').length === 4");
    browser.run("document.querySelectorAll('.tree button')[2].click()");
    browser.until_text("You said: other words");
}

#[test]
fn two_tabs_show_the_same() {
    let house = House::start(true, long());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.ask("from the first");
    let first = browser.handle();
    let url = browser.value("location.href").as_str().unwrap().to_owned();
    browser.tab();
    browser.go(&url);
    browser.until_text("You said: from the first");
    browser.write("#ask", "long");
    browser.press(&[], &ENTER.to_string());
    browser.until_text("w5 ");
    browser.switch(&first);
    browser.until_text("w399");
}

#[test]
fn chats_are_found_renamed_deleted_and_taken_back() {
    let house = House::start(true, long());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.ask("the needle in here");
    browser.click(".brand");
    browser.until("document.querySelector('.is-empty')");
    browser.ask("hay and more hay");
    browser.press(&[CONTROL], "k");
    browser.write("dialog input", "needle");
    browser.until("[...document.querySelectorAll('dialog li small')].some((line) => line.textContent.includes('You said: the needle') || line.textContent.includes('the needle'))");
    browser.press(&[], &format!("{DOWN}{ENTER}"));
    browser.until_text("You said: the needle in here");
    browser.click(".page-head .title");
    browser.run("document.querySelector('dialog input').value = ''");
    browser.write("dialog input", "Needles");
    browser.press(&[], &ENTER.to_string());
    browser.until("document.querySelector('.rail-list').innerText.includes('Needles')");
    browser.click(".page-head [aria-haspopup]");
    browser.run("[...document.querySelectorAll('.menu button')].find((item) => item.textContent === 'Delete').click()");
    browser.until("!document.querySelector('.rail-list').innerText.includes('Needles')");
    browser.until("document.querySelector('.is-empty')");
    browser.click(".notice button.link");
    browser.until("document.querySelector('.rail-list').innerText.includes('Needles')");
    browser.until_text("You said: the needle in here");
}

#[test]
fn a_temporary_chat_leaves_nothing() {
    let house = House::start(true, long());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.click(".ghost");
    browser.until_text("This chat leaves nothing");
    browser.ask("secret one");
    browser.ask("secret two");
    browser.until_text("You said: secret two");
    assert_eq!(house.get("/api/chats").json()["data"], json!([]));
    assert_eq!(
        house.get("/api/chats/search?q=secret").json()["data"],
        json!([])
    );
    assert_eq!(
        browser.value("JSON.stringify(localStorage).includes('secret')"),
        false
    );
    browser.reload();
    browser.until("document.querySelector('.is-empty')");
}

#[test]
fn a_chat_is_told_how_to_answer_in_plain_words() {
    let house = House::start(true, long());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.click("[aria-label='How it answers']");
    browser.write("#instructions", "Be brief.");
    browser.run("document.querySelector('[data-word=precise]').click()");
    browser.until_text("For facts, code and forms");
    browser.run("[...document.querySelectorAll('dialog .row button')][1].click()");
    browser.until("document.querySelector('dialog.small')");
    browser.press(&[], &ENTER.to_string());
    browser.until_text("is kept");
    browser.press(&[], &ESCAPE.to_string());
    std::thread::sleep(std::time::Duration::from_millis(500));
    browser.ask("one");
    let id = browser.value("location.pathname.split('/').at(-1)");
    let chat = house
        .get(&format!("/api/chats/{}", id.as_str().unwrap()))
        .json();
    assert_eq!(
        (&chat["instructions"], &chat["settings"]),
        (&json!("Be brief."), &json!({ "temperature": 0.2 }))
    );
    assert_eq!(
        house.get("/api/notes").json()["data"][0]["text"],
        "Be brief."
    );
}
