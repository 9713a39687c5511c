//! Coming in, and going out.

use serde_json::json;

use crate::browser::{Browser, Look};
use crate::house::House;

#[test]
fn whoever_has_a_link_comes_in_chooses_a_password_and_comes_back_with_it() {
    let house = House::start(false, json!({}));
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.go(&house.url);
    browser.until_text("Welcome home");
    browser.go(&format!("{}/sign-in#{}", house.url, house.link));
    browser.until_text("You are signed in as");
    // The token must not stay in the address, nor in the history.
    assert_eq!(
        browser.value("location.href"),
        format!("{}/welcome", house.url)
    );
    let name = browser.value("document.querySelector('.steps p').textContent");
    let name = name
        .as_str()
        .unwrap()
        .split("as ")
        .nth(1)
        .unwrap()
        .split('.')
        .next()
        .unwrap()
        .to_owned();
    browser.write("#new", "a long enough password");
    browser.run("document.querySelector('.lines').requestSubmit()");
    browser.until_text("Your password is kept");
    browser.click(".welcome > p button");
    browser.until("document.querySelector('.composer')");
    browser.ask("mine alone");
    browser.click(".rail-account");
    browser.run("[...document.querySelectorAll('.menu button')].find((item) => item.textContent === 'Sign out').click()");
    browser.until_text("Welcome home");
    assert_eq!(
        browser.value("document.body.innerText.includes('mine alone')"),
        false
    );
    browser.write("#name", &name);
    browser.write("#password", "not the password");
    browser.run("document.querySelector('.door').requestSubmit()");
    browser.until("document.querySelector('.said-wrong').textContent");
    browser.run("document.querySelector('#password').value = ''");
    browser.write("#password", "a long enough password");
    browser.run("document.querySelector('.door').requestSubmit()");
    browser.until_text("mine alone");
    // A link works once.
    browser.run("localStorage.clear()");
    browser.devtools("Network.clearBrowserCookies", json!({}));
    browser.go(&format!("{}/sign-in#{}", house.url, house.link));
    browser.until("document.querySelector('.said-wrong').textContent");
}

#[test]
fn the_first_page_teaches_the_first_step() {
    let house = House::start(true, json!({}));
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.go(&house.url);
    browser.until_text("Who you are");
    assert_eq!(
        browser.value("document.querySelectorAll('.steps > li').length"),
        3
    );
    browser.click(".steps .example");
    browser.until("document.querySelector('#ask')?.value.startsWith('Plan a day out')");
    browser.click(".send");
    browser.answered();
    browser.until_text("You said: Plan a day out");
    // It is shown once.
    browser.go(&house.url);
    browser.until("document.querySelector('.composer')");
}
