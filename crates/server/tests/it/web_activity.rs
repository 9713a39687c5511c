//! Work that goes on, as whoever lives here sees it: how far it is, what it tells, put aside and let go on.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use crate::browser::{Browser, Look, axe, findings};
use crate::models::{files, with_hub};
use crate::pauses::slow_host;
use crate::scripted_hub::{Script, ScriptedHub};
use crate::signed::Signed;
use crate::tiny;

const OPEN: &str = "document.querySelector('.page-body section .jobs .job')";

/// Waits until the log of the first job that is open has a line.
fn logged(browser: &Browser, line: &str) {
    browser.until(&format!(
        "{OPEN}?.querySelector('.job-log').textContent.includes({})",
        json!(line)
    ));
}

/// In either theme, and on a phone.
fn everybody_can_use_it(browser: &Browser) {
    let axe = axe();
    for is_dark in [false, true] {
        let theme = if is_dark { "dark" } else { "light" };
        let look = Look {
            is_dark,
            ..Look::default()
        };
        browser.look(look);
        browser.picture(&format!("activity-{theme}"));
        if let Some(axe) = &axe {
            assert_eq!(findings(browser, axe), Vec::<String>::new(), "{theme}");
        }
        browser.look(Look {
            width: 390,
            height: 844,
            is_phone: true,
            ..look
        });
        assert_eq!(browser.too_wide(), json!([]));
        browser.picture(&format!("activity-{theme}-phone"));
    }
}

#[test]
fn a_download_is_seen_as_it_goes_put_aside_and_let_go_on() {
    let (address, hurries, _) = slow_host(files(), Duration::from_millis(120));
    let hub = ScriptedHub::start(Script {
        files: files(),
        files_at: Some(address),
        card: json!({ "license": "apache-2.0" }),
        etag: "\"one\"".to_owned(),
        ..Script::default()
    });
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    let house = with_hub(tempfile::tempdir().unwrap(), &hub);
    let owner = Signed::by(&house, &house.link);
    let folder = tiny::folder();
    let own = json!({ "source": folder.path(), "name": "tiny", "agreed": true });
    owner.send("POST", "/api/models", &own);
    let link = owner.send(
        "POST",
        &format!("/api/people/{}/link", owner.id),
        &json!({}),
    );
    let link = link.json()["link"].as_str().unwrap().to_owned();
    let token = link.rsplit('#').next().unwrap();
    browser.go(&format!("{}/sign-in#{token}", house.url));
    browser.until_text("You are signed in as");
    browser.run("localStorage.setItem('freehold.welcomed', '1')");
    let source = json!({ "source": "hub:owner/name", "name": "qwen3", "agreed": true });
    owner.send("POST", "/api/models", &source);
    browser.go(&format!("{}/activity", house.url));
    browser.until(&format!(
        "{OPEN}?.querySelector('b').textContent === 'Adding qwen3'"
    ));
    browser.click(".jobs .job .logged summary");
    logged(&browser, "fetching 2 files");
    browser.until(&format!(
        "{OPEN}.querySelector('small').textContent.includes(' of ')"
    ));
    browser.until_text("Adding tiny");
    browser.until(&format!(
        "{OPEN}.querySelector('.bar').getAttribute('aria-valuenow') > 25"
    ));
    everybody_can_use_it(&browser);
    browser.look(Look::default());
    browser.click(".jobs .job .control button");
    browser.until_text("Put aside. It goes on where it was.");
    logged(&browser, "put aside");
    browser.reload();
    browser.until_text("Put aside. It goes on where it was.");
    hurries.store(true, Ordering::Relaxed);
    browser.click(".jobs .job .control button");
    browser.until("[...document.querySelectorAll('.past .job.is-done b')].some((one) => one.textContent === 'Adding qwen3')");
    let mut log = browser.log();
    log.retain(|line| !line.contains("Failed to load resource"));
    assert_eq!(log, Vec::<String>::new());
}
