//! The house as its owner keeps it in the browser: models, people, the log.

use serde_json::json;

use crate::browser::{Browser, Look};
use crate::house::House;
use crate::tiny;
use crate::web_access::{axe, findings};

/// Comes in as the owner.
fn owner() -> Option<(House, Browser)> {
    let house = House::closed();
    let browser = Browser::start(Look::default())?;
    browser.sign_in(&house.url, &house.link);
    Some((house, browser))
}

/// What stands on the console but refusals of the server, which browsers put there.
fn complaints(browser: &Browser) -> Vec<String> {
    let mut log = browser.log();
    log.retain(|line| !line.contains("Failed to load resource"));
    log
}

/// Chooses what a menu offers.
fn choose(browser: &Browser, label: &str) {
    browser.until("document.querySelector('.menu')");
    browser.run(&format!(
        "[...document.querySelectorAll('.menu button')].find((item) => item.textContent.startsWith({})).click()",
        json!(label)
    ));
}

#[test]
fn a_model_is_added_made_smaller_asked_and_removed() {
    let Some((house, browser)) = owner() else {
        return;
    };
    let folder = tiny::folder();
    browser.go(&format!("{}/models", house.url));
    browser.write("#model-source", "/nothing/here");
    browser.click("form.row button");
    browser.until_text("There is no model there.");
    browser.click(".server-said summary");
    browser.until_text("there is nothing at");
    browser.run("document.querySelector('#model-source').value = ''");
    browser.write("#model-source", &folder.path().display().to_string());
    browser.click("form.row button");
    browser.until_text("It fits");
    browser.until_text("not stated");
    browser.run("document.querySelector('#model-name').value = ''");
    browser.write("#model-name", "tiny");
    browser.click(".offer button.main");
    browser.until("[...document.querySelectorAll('.rows li')].some((row) => row.textContent.startsWith('tiny') && row.textContent.includes('loads when asked'))");
    browser.click("[aria-label='More about tiny']");
    choose(&browser, "Make smaller");
    browser.click("dialog button.main");
    browser.until("[...document.querySelectorAll('.rows li')].some((row) => row.textContent.startsWith('tiny-Q4_K_M'))");
    browser.click("[aria-label='More about tiny']");
    choose(&browser, "Load into memory");
    browser.until_text("in memory,");
    browser.click("[aria-label='More about tiny']");
    choose(&browser, "Measure its speed");
    browser.until("/Writing: .* tokens a second, of .* that this machine allows/.test(document.querySelector('.speed [role=img]')?.getAttribute('aria-label'))");
    browser.until_text("The marks are this machine’s limits");
    browser.click("[aria-label='More about tiny-Q4_K_M']");
    choose(&browser, "Remove");
    browser.click("dialog .is-danger");
    browser.until("![...document.querySelectorAll('.rows li')].some((row) => row.textContent.includes('tiny-Q4_K_M') && row.querySelector('button'))");
    assert_eq!(complaints(&browser), Vec::<String>::new());
}

#[test]
fn people_come_in_by_links_and_are_erased_by_their_names() {
    let Some((house, browser)) = owner() else {
        return;
    };
    browser.go(&format!("{}/settings", house.url));
    // The name to sign in with follows the name that others see.
    browser.write("#person-shown", "Ada Löwe");
    browser.until("document.querySelector('#person-name').value === 'ada.loewe'");
    browser.click(".person-form button");
    browser.until_text("it works once");
    // Nobody else reaches this server, and that is said.
    browser.until_text("This link works on this machine only.");
    browser.until("[...document.querySelectorAll('.invitation pre')].some((one) => one.textContent.startsWith('freehold serve --bind'))");
    let link = browser.value("[...document.querySelectorAll('.command pre')].map((one) => one.textContent).find((text) => text.includes('/sign-in#'))");
    let token = link.as_str().unwrap().split('#').nth(1).unwrap();
    let entered = house.post("/api/session", &json!({ "link": token }));
    let entered = entered.json();
    assert_eq!(
        (&entered["name"], &entered["display_name"]),
        (&json!("ada.loewe"), &json!("Ada Löwe"))
    );
    browser.click("[aria-label='More about Ada Löwe']");
    choose(&browser, "Suspend");
    browser.until_text("suspended");
    // What was done can be taken back.
    browser.click(".notice .link");
    browser.until("![...document.querySelectorAll('.rows li')].some((row) => row.textContent.includes('suspended'))");
    browser.click("[aria-label='More about Ada Löwe']");
    choose(&browser, "Erase");
    browser.write("#erase-name", "somebody else");
    browser.click("dialog .is-danger");
    browser.until_text("That is somebody else. Type ada.loewe; nothing was erased.");
    browser.run("document.querySelector('#erase-name').value = ''");
    browser.write("#erase-name", "ada.loewe");
    browser.click("dialog .is-danger");
    browser.until("![...document.querySelectorAll('.rows li')].some((row) => row.textContent.startsWith('Ada'))");
}

#[test]
fn the_log_is_read_and_proved_and_the_law_says_why() {
    let Some((house, browser)) = owner() else {
        return;
    };
    browser.go(&format!("{}/activity", house.url));
    browser.until("document.querySelector('.log li')");
    browser.click("div.row button");
    browser.until_text("Whole:");
    browser.go(&format!("{}/settings", house.url));
    browser.until("document.querySelector('#why-action option')");
    browser.click("form.filters button");
    browser.until_text("Yes. Everybody may ask models.");
    browser.click(".proof .server-said summary");
    browser.until_text("is permitted to this owner");
    assert_eq!(complaints(&browser), Vec::<String>::new());
}

#[test]
fn axe_finds_nothing_where_the_house_is_kept() {
    let Some((house, browser)) = owner() else {
        return;
    };
    let Some(axe) = axe() else {
        return;
    };
    for is_dark in [false, true] {
        browser.look(Look {
            is_dark,
            ..Look::default()
        });
        for (page, sign) in [
            ("/code", "#folder-path"),
            ("/models", ".rows li"),
            ("/activity", ".log li"),
            ("/settings", "#why-action option"),
        ] {
            browser.go(&format!("{}{page}", house.url));
            browser.until(&format!("document.querySelector('{sign}')"));
            assert_eq!(
                findings(&browser, &axe),
                Vec::<String>::new(),
                "{page}, dark: {is_dark}"
            );
        }
    }
}
