//! Keys, passwords and deleted chats in a browser.

use serde_json::json;

use crate::browser::{Browser, Look};
use crate::house::House;

#[test]
fn a_key_has_rights_an_end_and_budgets_and_shows_what_is_used_of_them() {
    let house = House::closed();
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.sign_in(&house.url, &house.link);
    browser.go(&format!("{}/settings", house.url));
    browser.write("#key-name", "laptop");
    browser.click(".key-form summary");
    browser.click(".rights input[name=write]");
    browser.run("document.querySelector('#key-until').value = '30'");
    browser.write("#key-requests_per_minute", "4");
    browser.write("#key-tokens_per_day", "100000");
    browser.click(".key-form .row button");
    browser.until_text("Copy it now");
    let key = browser.value("document.querySelector('[role=status] .command pre').textContent");
    let key = format!("Bearer {}", key.as_str().unwrap());
    let body = json!({ "model": "script", "messages": [{ "role": "user", "content": "a b c" }] });
    for _ in 0..2 {
        let text = body.to_string();
        let asked = house.send(
            "POST",
            "/v1/chat/completions",
            Some(&text),
            &[("authorization", &key)],
        );
        assert_eq!(asked.status, 200, "{}", asked.text);
    }
    let kept = house.send(
        "POST",
        "/api/notes",
        Some(r#"{"title":"x","text":"y"}"#),
        &[("authorization", &key)],
    );
    assert_eq!(kept.status, 403, "{}", kept.text);
    browser.reload();
    browser.until(
        "document.querySelector('.budgets .bar')?.getAttribute('aria-valuetext') === '2 of 4'",
    );
    browser.until("document.querySelectorAll('.budgets .bar').length === 2");
    browser.until(
        "/ask models, read · until/.test(document.querySelector('.keys li small').textContent)",
    );
    browser.click(".keys li button");
    browser.until_text("No keys yet");
}

#[test]
fn the_old_password_is_asked_for_where_there_is_one() {
    let house = House::closed();
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.sign_in(&house.url, &house.link);
    browser.go(&format!("{}/settings", house.url));
    browser.until_text("A password, 12 letters or more");
    assert_eq!(browser.value("document.querySelector('#old')"), json!(null));
    browser.write("#new", "a long enough password");
    browser.run("document.querySelector('.lines:has(#new)').requestSubmit()");
    browser.until("document.querySelector('#old')");
    browser.write("#old", "not the password");
    browser.write("#new", "another long password");
    browser.run("document.querySelector('.lines:has(#new)').requestSubmit()");
    browser.until("document.querySelector('.lines:has(#new) .said-wrong').textContent");
    browser.run("document.querySelector('#old').value = ''");
    browser.write("#old", "a long enough password");
    browser.run("document.querySelector('.lines:has(#new)').requestSubmit()");
    browser.until_text("Your password is kept");
}

#[test]
fn deleted_chats_are_listed_taken_back_and_deleted_for_good() {
    let house = House::start(true, json!({}));
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    for title in ["one to keep", "one to lose"] {
        let chat = house
            .post("/api/chats", &json!({ "model": "script", "title": title }))
            .json();
        house.send(
            "DELETE",
            &format!("/api/chats/{}", chat["id"].as_str().unwrap()),
            None,
            &[],
        );
    }
    let open = || {
        browser.click(".rail-account");
        browser.run("[...document.querySelectorAll('.menu button')].find((item) => item.textContent === 'Deleted chats').click()");
    };
    open();
    browser.until("document.querySelectorAll('.deleted li').length === 2");
    browser.until_text("gone for good in 24 hours");
    browser.click("[aria-label='Delete for good: one to lose']");
    browser.click(".deleted .is-danger");
    browser.until("document.querySelectorAll('.deleted li').length === 1");
    browser.click("[aria-label='Take back: one to keep']");
    browser.until("document.querySelector('.rail-list').innerText.includes('one to keep')");
    open();
    browser.until_text("Nothing is deleted");
    assert_eq!(browser.log(), Vec::<String>::new());
}
