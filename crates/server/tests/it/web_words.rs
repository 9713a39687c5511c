//! What people read in a browser is theirs: in their language, of what they may do, in sentences.

use std::time::Duration;

use serde_json::json;

use crate::browser::{Browser, Look, axe, findings};
use crate::house::House;
use crate::signed::Signed;

/// All pages, with what tells that one is there.
const PAGES: [(&str, &str); 8] = [
    ("/", ".composer"),
    ("/welcome", ".steps"),
    ("/settings", "#display-name"),
    ("/code", ".page-body"),
    ("/models", ".memory p"),
    ("/training", ".page-body"),
    ("/video", ".page-body"),
    ("/activity", ".page-body"),
];

/// A house with somebody of a role in a browser.
fn as_role(role: &str) -> Option<(House, Browser)> {
    let browser = Browser::start(Look::default())?;
    let house = House::start(false, json!({ "lines": [{ "text": "Hello." }] }));
    let owner = Signed::by(&house, &house.link);
    let wanted = json!({ "name": "ada", "display_name": "Ada Löwe", "role": role });
    let link = owner.send("POST", "/api/people", &wanted).json();
    let token = link["link"]
        .as_str()
        .unwrap()
        .rsplit('#')
        .next()
        .unwrap()
        .to_owned();
    browser.sign_in(&house.url, &token);
    Some((house, browser))
}

fn german(browser: &Browser) {
    browser.run("localStorage.setItem('freehold.language', 'de')");
}

/// Refusals that came since they were last looked for.
fn refusals(browser: &Browser) -> Vec<String> {
    let mut log = browser.log();
    log.retain(|line| line.contains("403"));
    log
}

/// Fills in and sends every form of the page.
fn send_all_forms(browser: &Browser) {
    browser.run(
        "for (const form of document.querySelectorAll('main form, #app form')) {
            for (const field of form.querySelectorAll('input, textarea')) {
                if (['checkbox', 'radio', 'file'].includes(field.type) || field.value) continue;
                field.value = field.type === 'number' ? '1' : field.type === 'password' ? 'four words to keep' : 'hello';
                field.dispatchEvent(new Event('input', { bubbles: true }));
            }
            form.requestSubmit();
        }",
    );
    std::thread::sleep(Duration::from_millis(700));
}

#[test]
fn a_guest_is_shown_no_form_whose_use_would_be_refused() {
    let Some((house, browser)) = as_role("guest") else {
        return;
    };
    for (page, sign) in PAGES {
        browser.go(&format!("{}{page}", house.url));
        browser.until(&format!("document.querySelector('{sign}')"));
        std::thread::sleep(Duration::from_millis(400));
        assert_eq!(refusals(&browser), Vec::<String>::new(), "{page} at once");
        let hidden = "document.querySelector('#key-name, #model-source, #folder-path, #person-name, #log-search, [name=titles]') === null";
        assert_eq!(browser.value(hidden), true, "{page}");
        send_all_forms(&browser);
        assert_eq!(refusals(&browser), Vec::<String>::new(), "{page}");
    }
    browser.go(&format!("{}/settings", house.url));
    browser.until_text(
        "Your role has no keys for programs. The owner of this house can give you another role.",
    );
    browser.go(&format!("{}/models", house.url));
    browser.until_text("The owner of this house decides which models are here");
    browser.go(&format!("{}/code", house.url));
    browser.until_text("The owner of this house has code repaired here");
}

#[test]
fn whoever_runs_the_house_is_shown_what_a_guest_is_not() {
    let Some((house, browser)) = as_role("owner") else {
        return;
    };
    for (page, field) in [
        ("/settings", "#key-name"),
        ("/settings", "#person-name"),
        ("/models", "#model-source"),
        ("/code", "#folder-path"),
        ("/activity", "#log-search"),
    ] {
        browser.go(&format!("{}{page}", house.url));
        browser.until(&format!("document.querySelector('{field}')"));
    }
    assert_eq!(refusals(&browser), Vec::<String>::new());
}

#[test]
fn an_admin_is_offered_what_admins_may_and_no_more() {
    let Some((house, browser)) = as_role("admin") else {
        return;
    };
    browser.go(&format!("{}/settings", house.url));
    browser.until("document.querySelector('#person-role option')");
    let roles = "[...document.querySelectorAll('#person-role option')].map((one) => one.value)";
    assert_eq!(browser.value(roles), json!(["guest", "member", "admin"]));
    browser.until("document.querySelector('[aria-label=\"More about Ada Löwe\"]')");
    // Owners are the affair of owners.
    assert_eq!(
        browser.value("document.querySelector('[aria-label=\"More about owner\"]')"),
        json!(null)
    );
    assert_eq!(refusals(&browser), Vec::<String>::new());
}

#[test]
fn errors_are_told_in_the_language_of_the_reader_and_the_server_s_words_are_folded() {
    let Some((house, browser)) = as_role("owner") else {
        return;
    };
    german(&browser);
    browser.go(&format!("{}/models", house.url));
    browser.write("#model-source", "/nothing/here");
    browser.click("form.row button");
    browser.until_text("Dort ist kein Modell. Prüfe den Pfad oder den Namen");
    assert_eq!(
        browser.value("document.body.innerText.includes('there is nothing at')"),
        false
    );
    browser.click(".server-said summary");
    browser.until_text("there is nothing at");
    browser.until("document.querySelector('.server-said p').lang === 'en'");
    browser.picture("error-de");
    browser.go(&format!("{}/settings", house.url));
    browser.write("#person-shown", "Bob");
    browser
        .run("const name = document.querySelector('#person-name'); name.value = 'bob the builder'");
    browser.click(".person-form button");
    browser.until_text("Mit diesem Namen kann sich niemand anmelden.");
    browser.until("document.querySelector('#why-action option')");
    browser.click("form.filters .at-end button");
    browser.until_text("Ja. Alle dürfen Modelle fragen.");
}

#[test]
fn the_log_speaks_in_sentences_and_is_searched_in_either_language() {
    let Some((house, browser)) = as_role("owner") else {
        return;
    };
    browser.go(&format!("{}/activity", house.url));
    browser.until_text("Ada Löwe signed in by a link");
    let shown = "document.querySelector('.log').innerText";
    for raw in [
        "see_models",
        "sign_in",
        "manage_people",
        "own-things",
        "read_audit",
    ] {
        assert_eq!(
            browser.value(&format!("{shown}.includes('{raw}')")),
            false,
            "{raw}"
        );
    }
    assert_eq!(browser.value(&format!("{shown}.includes('looked')")), false);
    browser.click("#log-reads");
    browser.until_text("Ada Löwe looked which models there are");
    browser.click("#log-reads");
    for text in [
        "sign_in",
        "signed_in",
        "signed in",
        "angemeldet",
        "löwe signed",
    ] {
        browser.run("document.querySelector('#log-search').value = ''");
        browser.write("#log-search", text);
        browser.until("document.querySelector('.log li') && [...document.querySelectorAll('.log li')].every((line) => /signed in by a link|made a sign-in link/.test(line.innerText))");
    }
    // What stands in the log itself is one fold away.
    // The answer to the last search may be on its way still, and then lines are written anew and folded.
    browser.until(
        "(document.querySelector('.log details[open]') ?? document.querySelector('.log summary')?.click()) \
         && document.querySelector('.raw')?.innerText.includes('sign_in')",
    );
    browser.run("document.querySelector('#log-search').value = ''");
    browser.write("#log-search", "nothing of that kind");
    browser.until_text("No such line");
    german(&browser);
    browser.reload();
    browser.until_text("Ada Löwe hat sich mit einem Link angemeldet");
    if let Some(axe) = axe() {
        browser.click(".log summary");
        assert_eq!(findings(&browser, &axe), Vec::<String>::new());
    }
    browser.look(Look {
        width: 375,
        height: 812,
        is_phone: true,
        ..Look::default()
    });
    assert_eq!(browser.too_wide(), json!([]));
    browser.picture("log-de-phone");
}

#[test]
fn one_s_own_name_is_changed_in_settings_and_shown_at_once() {
    let Some((house, browser)) = as_role("guest") else {
        return;
    };
    browser.go(&format!("{}/settings", house.url));
    browser.until("document.querySelector('#display-name')?.value === 'Ada Löwe'");
    browser.run("document.querySelector('#display-name').value = ''");
    browser.write("#display-name", "Zoë O’Hara");
    browser.click("form:has(#display-name) button");
    browser.until_text("You are called Zoë O’Hara now");
    browser.until("document.querySelector('.rail-account').innerText.includes('Zoë O’Hara')");
    browser.reload();
    browser.until("document.querySelector('#display-name')?.value === 'Zoë O’Hara'");
    browser.until_text("You sign in as “ada”.");
}

#[test]
fn a_wrong_address_leads_home() {
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    let house = House::open();
    browser.go(&format!("{}/settngs", house.url));
    browser.until_text("Nothing is here");
    if let Some(axe) = axe() {
        // The page runs no script of ours, and no other either.
        assert_eq!(findings(&browser, &axe), Vec::<String>::new());
    }
    browser.picture("nowhere");
    browser.click("main a.main");
    browser
        .until("location.pathname !== '/settngs' && document.querySelector('.composer, .steps')");
    let mut log = browser.log();
    log.retain(|line| !line.contains("404"));
    assert_eq!(log, Vec::<String>::new());
}
