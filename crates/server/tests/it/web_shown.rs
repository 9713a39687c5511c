//! Pictures of what files, keys, titles and measurements look like, for `docs/screens`; and that nothing of it is wider
//! than a phone.

use serde_json::{Value, json};

use crate::browser::{Browser, Look};
use crate::documents::{PNG, house_with_seer};
use crate::house::House;
use crate::tiny;
use crate::web_access::{axe, findings};

const LOOKS: [(&str, u32, bool); 4] = [
    ("light", 1280, false),
    ("dark", 1280, true),
    ("light-phone", 375, false),
    ("dark-phone", 375, true),
];

/// Shows a page in each look, tries it with axe, and keeps pictures.
fn shown(browser: &Browser, name: &str, is_there: &str) {
    let axe = axe();
    for (look, width, is_dark) in LOOKS {
        let is_phone = width < 500;
        let height = if is_phone { 760 } else { 800 };
        browser.look(Look {
            width,
            height,
            is_dark,
            is_phone,
        });
        browser.until(is_there);
        if let Some(axe) = &axe {
            assert_eq!(
                findings(browser, axe),
                Vec::<String>::new(),
                "{name} {look}"
            );
        }
        assert_eq!(browser.too_wide(), json!([]), "{name} {look}");
        browser.picture(&format!("{name}-{look}"));
    }
    browser.look(Look::default());
}

/// The same in German, whose words are longer, at the width of the smallest phones.
fn narrow(browser: &Browser, is_there: &str) {
    browser.run("localStorage.setItem('freehold.language', 'de')");
    browser.look(Look {
        width: 320,
        height: 640,
        is_dark: false,
        is_phone: true,
    });
    browser.reload();
    browser.until("document.documentElement.lang === 'de'");
    browser.until(is_there);
    assert_eq!(browser.too_wide(), json!([]));
    browser.run("localStorage.removeItem('freehold.language')");
    browser.look(Look::default());
    browser.reload();
    browser.until(is_there);
}

#[test]
fn files_and_pictures_in_a_chat_fit_everywhere() {
    let (house, _asked) = house_with_seer();
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    let words = |name: &str, pages: Value, words: u32| json!({ "type": "input_text", "filename": name, "pages": pages, "words": words, "text": "…" });
    let chat = house
        .post(
            "/api/chats",
            &json!({ "model": "seer", "title": "What is on the picture" }),
        )
        .json();
    let path = format!("/api/chats/{}", chat["id"].as_str().unwrap());
    let picture = json!({ "type": "input_image", "filename": "point.png", "image_url": PNG });
    let question = json!({ "type": "input_text", "text": "What is on the picture, and does the lease allow it?" });
    let input = json!([
        words(
            "Lease of the flat in the Rue de la Huchette.pdf",
            json!(14),
            5210
        ),
        words("notes.txt", Value::Null, 120),
        picture,
        question
    ]);
    house.post(&format!("{path}/turns"), &json!({ "input": input }));
    browser.enter(&house.url);
    let files = json!([
        { "name": "Lease of the flat in the Rue de la Huchette.pdf", "kind": "pdf", "text": "x", "pages": 14, "words": 5210 },
        { "name": "scan.pdf", "kind": "pdf", "text": "", "pages": 3, "words": 0, "unreadable": 0 },
        { "name": "point.png", "kind": "picture", "url": PNG },
    ]);
    let draft = json!({ "text": "And what of this?", "files": files }).to_string();
    let key = format!("freehold.draft.{}", chat["id"].as_str().unwrap());
    browser.run(&format!(
        "localStorage.setItem({}, {})",
        json!(key),
        json!(draft)
    ));
    browser.go(&format!(
        "{}/chat/{}",
        house.url,
        chat["id"].as_str().unwrap()
    ));
    browser.until("document.querySelectorAll('.composer .attached').length === 3");
    shown(
        &browser,
        "attachments",
        "document.querySelector('.asked .picture img')",
    );
    narrow(&browser, "document.querySelector('.asked .picture img')");
}

#[test]
fn keys_models_and_deleted_chats_fit_everywhere() {
    let house = House::closed();
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    tiny::add(house.data.path());
    let measured = json!({
        "prefill": { "tokens_per_second": 412.0, "limit": 690.0 }, "decode": { "tokens_per_second": 23.4, "limit": 31.2 },
        "bytes_per_second": 18.6e9, "flops": 104.0e9, "bytes_per_token": 596.0e6, "threads": 8, "at": 1_793_000_000_000_i64,
    });
    let kept = house.data.path().join("models/tiny/.measured");
    std::fs::write(kept, measured.to_string()).unwrap();
    browser.sign_in(&house.url, &house.link);
    browser.go(&format!("{}/models", house.url));
    shown(
        &browser,
        "speed",
        "document.querySelectorAll('.speed-row').length === 2",
    );
    narrow(
        &browser,
        "document.querySelectorAll('.speed-row').length === 2",
    );
    browser.go(&format!("{}/settings", house.url));
    let make = |name: &str, limits: &str| {
        browser.until("document.querySelector('#key-name')");
        browser.run(&format!("document.querySelector('#key-name').value = {}; {limits} document.querySelector('.key-form').requestSubmit()", json!(name)));
        browser.until(&format!("[...document.querySelectorAll('.keys li')].some((row) => row.textContent.startsWith({}))", json!(name)));
    };
    make("laptop", "");
    make(
        "the bot in the shop",
        "document.querySelector('#key-requests_per_minute').value = 60; document.querySelector('#key-tokens_per_day').value = 200000; document.querySelector('#key-until').value = '90';",
    );
    browser.reload();
    shown(
        &browser,
        "settings",
        "document.querySelector('.budgets .bar') && document.querySelector('#why-action option')",
    );
    narrow(
        &browser,
        "document.querySelector('.budgets .bar') && document.querySelector('#why-action option')",
    );
    browser.click(".key-form summary");
    browser.run("document.querySelector('#part-keys').scrollIntoView()");
    shown(&browser, "keys", "document.querySelector('.rights')");
    for title in ["A day out with the children", "Letter to the landlord"] {
        browser.run_later(&format!(
            "const begin = async () => {{
                const csrf = (await (await fetch('/api/session')).json()).csrf;
                const headers = {{ 'x-csrf-token': csrf, 'content-type': 'application/json' }};
                const send = async (method, path, body) => (await fetch(path, {{ method, headers, body }})).json();
                const chat = await send('POST', '/api/chats', JSON.stringify({{ title: {} }}));
                await send('DELETE', `/api/chats/${{chat.id}}`);
                done(true);
            }};
            begin();",
            json!(title)
        ));
    }
    browser.reload();
    browser.click(".rail-account");
    browser.run("[...document.querySelectorAll('.menu button')].find((item) => item.textContent === 'Deleted chats').click()");
    shown(
        &browser,
        "deleted",
        "document.querySelectorAll('.deleted li').length === 2",
    );
}
