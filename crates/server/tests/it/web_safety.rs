//! What people, models and files write is text, and nobody else is asked.

use serde_json::json;

use crate::browser::{Browser, Look};
use crate::house::House;

/// Attempts to become more than text.
const EVIL: &str = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'> <svg onload='window.hacked = 1'></svg> \
    <iframe srcdoc='<script>parent.hacked = 1</script>'></iframe> [one](javascript:window.hacked=1) [two](data:text/html,<script>1</script>) \
    ![three](http://evil.example/pixel.png) <style>body{display:none}</style> <a href='javascript:window.hacked=1'>four</a> \
    $\\href{javascript:window.hacked=1}{x}$ $\\includegraphics{http://evil.example/p.png}$ <math><mtext><img src=x onerror='window.hacked=1'>";

#[test]
fn nothing_that_is_written_becomes_more_than_text_and_nobody_else_is_asked() {
    let house = House::start(
        true,
        json!({ "lines": [
        { "when": "Zeile", "text": format!("{EVIL}\n\n{EVIL}\n\n```html\n{EVIL}\n```\n\n| {EVIL} |\n|---|\n| x |\n\n> {EVIL}"), "reasoning": EVIL, "calls": [["evil<img src=x onerror='window.hacked=1'>", "{\"a\": \"<script>window.hacked=1</script>\"}"]] },
    ] }),
    );
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    let made = house.post("/api/chats", &json!({ "model": "script", "title": EVIL.chars().take(200).collect::<String>(), "instructions": EVIL })).json();
    let id = made["id"].as_str().unwrap();
    let asked = json!({ "input": [
        { "type": "input_text", "filename": "<img src=x onerror='window.hacked=1'>.txt", "text": EVIL },
        { "type": "input_text", "text": format!("Zeile {EVIL}") },
    ] });
    assert_eq!(
        house.post(&format!("/api/chats/{id}/turns"), &asked).status,
        200
    );
    house.post(
        "/api/notes",
        &json!({ "title": EVIL.chars().take(200).collect::<String>(), "text": EVIL }),
    );
    browser.requests();
    browser.go(&format!("{}/chat/{id}", house.url));
    browser.until("document.querySelectorAll('.said .prose').length >= 2");
    browser.run("document.querySelectorAll('details').forEach((one) => (one.open = true))");
    browser.click("[aria-label='How it answers']");
    browser.run("document.querySelector('dialog .row button').click()");
    browser.until("document.querySelector('.menu')");
    browser.run(
        "document.querySelector('.menu').hidePopover(); document.querySelector('dialog').close()",
    );
    browser.run("dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true }))");
    browser.write("dialog input", "hacked");
    browser.until("document.querySelectorAll('dialog li small').length > 0");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(browser.value("window.hacked ?? null"), json!(null));
    assert_eq!(browser.value("document.querySelectorAll('#app script, #app iframe, #app img, #app style, #app svg[onload], [onerror]').length"), 0);
    let links =
        browser.value("[...document.querySelectorAll('.prose a')].map((link) => link.protocol)");
    for protocol in links.as_array().unwrap() {
        assert!(
            ["http:", "https:", "mailto:"].contains(&protocol.as_str().unwrap()),
            "{links}"
        );
    }
    let foreign: Vec<String> = browser
        .requests()
        .into_iter()
        .filter(|url| {
            !url.starts_with(&house.url) && !url.starts_with("data:") && !url.starts_with("chrome")
        })
        .collect();
    assert_eq!(foreign, Vec::<String>::new());
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn the_page_itself_can_make_no_html_of_text() {
    let house = House::start(true, json!({}));
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    let refused = browser.value("(() => { try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); return 'made'; } catch (error) { return error.name; } })()");
    assert_eq!(refused, "TypeError");
}

#[test]
fn the_shell_opens_without_its_server_and_keeps_nothing_of_what_was_said() {
    let house = House::start(true, json!({}));
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.ask("a private matter");
    browser.run_later("navigator.serviceWorker.ready.then(() => done(true))");
    browser.until("navigator.serviceWorker.controller");
    let cached = browser.run_later("caches.keys().then(async (names) => { const all = []; for (const name of names) for (const request of await (await caches.open(name)).keys()) all.push(new URL(request.url).pathname); done(all); })");
    let cached = cached.as_array().unwrap();
    assert!(
        cached.len() > 20
            && cached
                .iter()
                .all(|path| path == "/" || path.as_str().unwrap().starts_with("/app/")),
        "{cached:?}"
    );
    let url = house.url.clone();
    drop(house);
    browser.go(&url);
    browser.until_text("The server cannot be reached");
}

#[test]
fn a_key_that_is_taken_back_while_it_is_in_use_lets_nothing_more_in() {
    let words = "word ".repeat(100);
    let house = House::start(
        false,
        json!({ "pace_ms": 20, "lines": [{ "text": words }] }),
    );
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.sign_in(&house.url, &house.link);
    browser.go(&format!("{}/settings", house.url));
    browser.write("#key-name", "laptop");
    browser.click(".key-form .row button");
    browser.until_text("Copy it now");
    let key = browser.value("document.querySelector('[role=status] .command pre').textContent");
    let key = format!("Bearer {}", key.as_str().unwrap());
    let asked = json!({ "model": "script", "stream": true, "messages": [{ "role": "user", "content": "go on" }] }).to_string();
    let ask = |house: &House| {
        let headers = [("authorization", &*key)];
        house.send("POST", "/v1/chat/completions", Some(&asked), &headers)
    };
    let program = House::elsewhere(house.address);
    let begun = std::thread::scope(|scope| {
        let begun = scope.spawn(|| ask(&program));
        std::thread::sleep(std::time::Duration::from_millis(500));
        browser.click(".keys li button");
        browser.until_text("No keys yet");
        assert!(!begun.is_finished(), "it was in use");
        assert_eq!(ask(&house).status, 401);
        begun.join().unwrap()
    });
    // What was let in before is answered to its end.
    assert_eq!((begun.status, begun.text.contains("[DONE]")), (200, true));
    assert_eq!(ask(&house).status, 401);
}

#[test]
fn the_card_of_a_model_is_no_more_than_text() {
    const CARD: &str = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>";
    let (house, folder) = (House::closed(), crate::tiny::folder());
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    let card = format!(
        "---\nlicense: other\nlicense_name: \"{CARD}\"\nlicense_link: \"javascript:window.hacked=1\"\n---\n# {CARD}\n"
    );
    std::fs::write(folder.path().join("README.md"), card).unwrap();
    std::fs::write(folder.path().join("LICENSE"), CARD).unwrap();
    let place = folder.path().join(CARD.replace('/', ""));
    std::fs::create_dir(&place).unwrap();
    for entry in std::fs::read_dir(folder.path())
        .unwrap()
        .map(Result::unwrap)
    {
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), place.join(entry.file_name())).unwrap();
        }
    }
    browser.sign_in(&house.url, &house.link);
    browser.go(&format!("{}/models", house.url));
    browser.write("#model-source", &place.display().to_string());
    browser.click("form.row button");
    browser.until("document.querySelector('.offer')");
    browser.run("document.querySelectorAll('details').forEach((one) => (one.open = true))");
    browser.until_text("onerror");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(browser.value("window.hacked ?? null"), json!(null));
    assert_eq!(
        browser.value("document.querySelectorAll('#app script, #app img, [onerror], a[href^=javascript]').length"),
        0
    );
    browser.click(".offer button.main");
    browser.until("[...document.querySelectorAll('.rows li')].some((row) => row.textContent.includes('loads when asked'))");
    assert_eq!(browser.value("window.hacked ?? null"), json!(null));
}
