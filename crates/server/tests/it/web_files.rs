//! Files and pictures in a browser.

use serde_json::json;

use crate::browser::{Browser, ENTER, Look};
use crate::documents::{PNG, house_with_seer};
use crate::house::House;

/// Chooses a file whose bytes are given in base64.
fn choose(browser: &Browser, name: &str, kind: &str, base64: &str) {
    browser.run(&format!(
        "const bytes = Uint8Array.from(atob({}), (letter) => letter.charCodeAt(0));
        const all = new DataTransfer();
        all.items.add(new File([bytes], {}, {{ type: {} }}));
        const field = document.querySelector('.composer input[type=file]');
        field.files = all.files;
        field.dispatchEvent(new Event('change'));",
        json!(base64),
        json!(name),
        json!(kind),
    ));
}

/// What a page says, printed as a PDF by the browser itself.
fn printed(browser: &Browser, html: &str) -> String {
    browser.go("about:blank");
    browser.run(&format!("document.body.innerHTML = {}", json!(html)));
    let pdf = browser.devtools("Page.printToPDF", json!({}));
    pdf["data"].as_str().unwrap().to_owned()
}

const LETTER: &str = "<h1>Lease</h1><p>The rent of 740 € is due on the third working day. Größe: 61 m².</p>\
    <p style='page-break-before: always'>Second page: deposit of two rents.</p>";

#[test]
fn the_words_of_a_pdf_are_shown_as_a_card_and_asked_about() {
    let house = House::start(true, json!({}));
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    let pdf = printed(&browser, LETTER);
    let scan = printed(
        &browser,
        "<div style='width:90px;height:90px;background:red'></div>",
    );
    browser.enter(&house.url);
    choose(&browser, "lease.pdf", "application/pdf", &pdf);
    browser
        .until("document.querySelector('.attached small')?.textContent === '2 pages · 22 words'");
    choose(&browser, "scan.pdf", "application/pdf", &scan);
    browser.until_text("no text in it: its pages are pictures");
    browser.picture("attached-light");
    // What was attached outlives a reload.
    browser.reload();
    browser.until("document.querySelectorAll('.composer .attached').length === 2");
    browser.write("#ask", "When is it due?");
    browser.press(&[], &ENTER.to_string());
    browser.answered();
    browser.until("document.querySelector('.asked .attached b').textContent === 'lease.pdf'");
    assert_eq!(
        browser.value("document.querySelectorAll('.asked .attached').length"),
        1
    );
    let id = browser.value("location.pathname.split('/').at(-1)");
    let chat = house
        .get(&format!("/api/chats/{}", id.as_str().unwrap()))
        .json();
    let sent = &chat["turns"][0]["input"][0]["content"];
    let text = sent[0]["text"].as_str().unwrap();
    assert!(
        text.contains("[page 1]\nLease")
            && text.contains("740 € is due on the third working day. Größe: 61 m²"),
        "{text}"
    );
    assert!(
        text.contains("[page 2]\nSecond page: deposit of two rents."),
        "{text}"
    );
    assert_eq!(
        (&sent[0]["pages"], &sent[1]["text"]),
        (&json!(2), &json!("When is it due?"))
    );
    choose(&browser, "no.pdf", "application/pdf", "JVBERi0xLjQ=");
    browser.until_text("This document cannot be read");
    assert_eq!(
        browser.value("document.querySelectorAll('.composer .attached').length"),
        0
    );
}

#[test]
fn pictures_are_shown_and_sent_where_the_model_reads_them_and_refused_in_plain_words_elsewhere() {
    let (house, asked) = house_with_seer();
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    let png = PNG.split(',').nth(1).unwrap();
    browser.enter(&house.url);
    browser.run("localStorage.setItem('freehold.model', 'script')");
    browser.reload();
    browser.until("document.querySelector('.pill')?.textContent === 'script'");
    choose(&browser, "point.png", "image/png", png);
    browser.until_text("script reads text only; seer reads pictures, too");
    browser.run("localStorage.setItem('freehold.model', 'seer')");
    browser.reload();
    browser.until("document.querySelector('.pill')?.textContent === 'seer'");
    // Names lie: it is what its bytes are.
    choose(
        &browser,
        "<img src=x onerror=alert(1)>.txt",
        "text/plain",
        png,
    );
    browser.until("document.querySelector('.composer .picture img')?.naturalWidth === 1");
    choose(&browser, "drawing.svg", "image/svg+xml", "PHN2Zz48L3N2Zz4=");
    browser.until_text("is no picture that models read");
    browser.write("#ask", "What is this?");
    browser.press(&[], &ENTER.to_string());
    browser.until_text("A red point.");
    browser.reload();
    browser.until("document.querySelector('.asked .picture img')?.naturalWidth === 1");
    browser.click(".asked .picture");
    browser.until("document.querySelector('dialog.whole-picture img')?.naturalWidth === 1");
    assert_eq!(
        asked.lock().unwrap()[0]["messages"][0]["content"][0]["image_url"]["url"],
        PNG
    );
    assert_eq!(browser.log(), Vec::<String>::new());
}
