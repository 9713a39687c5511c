//! Finding what was said, in a browser.

use serde_json::{Value, json};

use crate::browser::{Browser, CONTROL, DOWN, ENTER, ESCAPE, Look, RIGHT};
use crate::house::House;

/// A chat in which two turns and a file have the words, and one in which none has.
fn filled() -> House {
    let soup =
        "## Soup\n\nTake **three** [onions](http://x.example/), some *salt* and a lot of time.";
    let lines = json!([{ "when": "soup", "text": soup }, { "when": "read", "text": "Well." }]);
    let house = House::start(true, json!({ "lines": lines }));
    let chat = |asked: &[Value]| {
        let id = house
            .post("/api/chats", &json!({ "model": "script" }))
            .json()["id"]
            .clone();
        let path = format!("/api/chats/{}/turns", id.as_str().unwrap());
        for input in asked {
            assert_eq!(house.post(&path, &json!({ "input": input })).status, 200);
        }
    };
    let file = json!({ "type": "input_text", "filename": "market.txt", "text": "File `market.txt`:\n\nOn the market: three onions for a penny\n" });
    let read = json!({ "type": "input_text", "text": "read this" });
    chat(&[
        json!("a soup?"),
        json!("soup with onions, three of them?"),
        json!([file, read]),
    ]);
    chat(&[json!("no vegetables here")]);
    house
}

fn rows(browser: &Browser) -> Vec<String> {
    let rows = browser.value("[...document.querySelectorAll('.palette li')].filter((row) => row.querySelector('mark')).map((row) => row.innerText.replace(/\\s+/g, ' ').trim())");
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_chat_is_found_once_in_plain_words_with_what_was_found_marked() {
    let house = filled();
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.press(&[CONTROL], "k");
    browser.write("dialog input", "three onions");
    browser.until("document.querySelector('.palette .found-more')");
    assert_eq!(
        rows(&browser),
        ["a soup? Answer: Soup Take three onions, some salt and a lot of time. 2 more"]
    );
    let marked = browser
        .value("[...document.querySelectorAll('.palette mark')].map((mark) => mark.textContent)");
    assert_eq!(marked, json!(["three", "onions"]));
    browser.picture("search-light");
    browser.look(Look {
        is_dark: true,
        ..Look::default()
    });
    browser.picture("search-dark");
    // Each place in the chat, and back.
    browser.press(&[], &RIGHT.to_string());
    browser.until_text("All chats");
    assert_eq!(rows(&browser).len(), 3);
    browser.picture("search-within-dark");
    browser.press(&[], &format!("{DOWN}{ENTER}"));
    browser.until("!document.querySelector('dialog')");
    browser.until("document.querySelector('.turn.is-found .bubble')?.textContent === 'soup with onions, three of them?'");
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn what_was_attached_is_found_by_its_words_and_one_escape_closes() {
    let house = filled();
    let Some(browser) = Browser::start(Look {
        width: 375,
        height: 720,
        is_phone: true,
        ..Look::default()
    }) else {
        return;
    };
    browser.enter(&house.url);
    browser.press(&[CONTROL], "k");
    browser.write("dialog input", "penny");
    browser.until("document.querySelector('.palette mark')");
    assert_eq!(
        rows(&browser),
        ["a soup? In market.txt: On the market: three onions for a penny"]
    );
    browser.picture("search-phone");
    browser.press(&[], &ESCAPE.to_string());
    browser.until("!document.querySelector('dialog')");
    // Words that nothing has, and signs that mean something elsewhere, are looked for as they are.
    browser.press(&[CONTROL], "k");
    browser.write("dialog input", "<mark>(.*[");
    browser.until_text("Nothing found");
    assert_eq!(browser.log(), Vec::<String>::new());
}
