//! A real browser, by the protocol that all of them speak: WebDriver, JSON over HTTP.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64ct::Encoding as _;
use serde_json::{Value, json};

/// Where `cargo xtask check web` installs it.
const AXE: &str = "../../target/web/node/node_modules/axe-core/axe.min.js";

/// How long something on a page is waited for: long, as other tests may have all cores at that moment.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Set where there must be a browser, so that nothing is left out unseen.
const REQUIRED: &str = "FREEHOLD_BROWSER";

/// The name under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What a browser pretends to be.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    pub is_dark: bool,
    pub is_phone: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 800,
            is_dark: false,
            is_phone: false,
        }
    }
}

/// Keys, as WebDriver names them.
pub const ENTER: char = '\u{e007}';
pub const ESCAPE: char = '\u{e00c}';
pub const CONTROL: char = '\u{e009}';
pub const TAB: char = '\u{e004}';
pub const DOWN: char = '\u{e015}';
pub const RIGHT: char = '\u{e014}';
pub const SHIFT: char = '\u{e008}';

/// A browser that ends with this.
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
    /// What the browser keeps goes with it.
    _folder: tempfile::TempDir,
}

/// Whether it is wrong to leave tests out where there is no browser.
#[allow(
    clippy::disallowed_methods,
    reason = "who runs the tests says so as shells do"
)]
pub fn is_required() -> bool {
    std::env::var_os(REQUIRED).is_some()
}

/// What `axe-core` finds on the page, by the rules of WCAG 2.2 AA and its own best practices.
pub fn findings(browser: &Browser, axe: &str) -> Vec<String> {
    browser.run(axe);
    let found = browser.run_later("axe.run(document, { resultTypes: ['violations'] }).then((all) => done(all.violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html.slice(0, 160) + ' | ' + node.failureSummary.slice(0, 300)).join('\\n  '))), (error) => done(['broken: ' + error]))");
    let found = found.as_array().unwrap().iter();
    found
        .map(|line| line.as_str().unwrap().to_owned())
        .collect()
}

/// What looks, or `None` with a line that says why not.
pub fn axe() -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE);
    if let Ok(axe) = std::fs::read_to_string(path) {
        return Some(axe);
    }
    assert!(
        !is_required(),
        "there is no axe-core\nhint: cargo xtask check web"
    );
    eprintln!("skipped: there is no axe-core\nhint: cargo xtask check web");
    None
}

impl Browser {
    /// A browser, or `None` with a line that says why not.
    #[allow(
        clippy::disallowed_methods,
        reason = "a browser is a process of its own"
    )]
    pub fn start(look: Look) -> Option<Self> {
        let started = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut driver) = started else {
            assert!(
                !is_required(),
                "there is no `chromedriver`\nhint: apt-get install chromium chromium-driver"
            );
            eprintln!(
                "skipped: there is no `chromedriver`\nhint: apt-get install chromium chromium-driver"
            );
            return None;
        };
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)));
        let folder = tempfile::tempdir().unwrap();
        let mut browser = Self {
            driver,
            agent: config.build().into(),
            session: format!("http://127.0.0.1:{}/session", port.unwrap()),
            _folder: folder,
        };
        browser.open(look);
        Some(browser)
    }

    fn open(&mut self, look: Look) {
        let data = format!("--user-data-dir={}", self._folder.path().display());
        let options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
            "--no-first-run", "--lang=en-US", data,
            format!("--window-size={},{}", look.width, look.height),
        ] });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "unhandledPromptBehavior": "ignore",
        } } });
        let session = self.send("POST", "", &wanted);
        self.session = format!(
            "{}/{}",
            self.session,
            session["sessionId"].as_str().unwrap()
        );
        self.look(look);
    }

    /// Another size, theme or kind of machine.
    pub fn look(&self, look: Look) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.is_phone }),
        );
        self.devtools(
            "Emulation.setTouchEmulationEnabled",
            json!({ "enabled": look.is_phone }),
        );
        let theme = if look.is_dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let reply = self.try_send(method, path, body);
        reply.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_send(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.session))
            .header("content-type", "application/json");
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let request = request.body(body).unwrap();
        let mut reply = self.agent.run(request).map_err(|error| error.to_string())?;
        let status = reply.status();
        let text = reply
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string()
            .unwrap();
        let value: Value =
            serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        let value = value["value"].clone();
        match status.is_success() {
            true => Ok(value),
            false => Err(value["message"].as_str().unwrap_or_default().to_owned()),
        }
    }

    /// Goes to the chat of a house, past the first steps.
    pub fn enter(&self, url: &str) {
        self.go(url);
        self.run("localStorage.setItem('freehold.welcomed', '1')");
        self.go(url);
        self.until("document.querySelector('.composer')");
    }

    /// Comes in by a link, past the first steps.
    pub fn sign_in(&self, url: &str, token: &str) {
        self.go(&format!("{url}/sign-in#{token}"));
        self.until_text("You are signed in as");
        self.run("localStorage.setItem('freehold.welcomed', '1')");
    }

    /// Asks, and waits until the answer is there.
    pub fn ask(&self, text: &str) {
        let before = self.value("document.querySelectorAll('.turn').length");
        self.write("#ask", text);
        self.press(&[], &ENTER.to_string());
        self.until(&format!(
            "document.querySelectorAll('.turn').length > {before}"
        ));
        self.answered();
    }

    /// Waits until no answer is being made.
    pub fn answered(&self) {
        self.until("document.querySelector('.turn') && !document.querySelector('.said.is-running') && document.querySelector('.stretch:last-child .turn:last-child .said .acts button')");
    }

    pub fn devtools(&self, command: &str, params: Value) -> Value {
        self.send(
            "POST",
            "/goog/cdp/execute",
            &json!({ "cmd": command, "params": params }),
        )
    }

    /// Opens an address.
    pub fn go(&self, url: &str) {
        self.send("POST", "/url", &json!({ "url": url }));
    }

    pub fn reload(&self) {
        self.send("POST", "/refresh", &json!({}));
    }

    /// What a function returns that has `code` for its body.
    pub fn run(&self, code: &str) -> Value {
        self.send(
            "POST",
            "/execute/sync",
            &json!({ "script": code, "args": [] }),
        )
    }

    /// The value of an expression.
    pub fn value(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}"))
    }

    /// What a function calls back with that has `code` for its body and `done` for its last argument.
    pub fn run_later(&self, code: &str) -> Value {
        let code = format!("const done = arguments[arguments.length - 1];\n{code}");
        self.send(
            "POST",
            "/execute/async",
            &json!({ "script": code, "args": [] }),
        )
    }

    /// Waits until an expression is true.
    pub fn until(&self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let value = self.try_send(
                "POST",
                "/execute/sync",
                &json!({ "script": format!("return !!({expression})"), "args": [] }),
            );
            if value.as_ref().is_ok_and(|value| *value == true) {
                return;
            }
            if Instant::now() > end {
                let page = self.value("document.body.innerText");
                let log = self.log();
                panic!(
                    "never: {expression}\n{value:?}\n{log:#?}\n{}",
                    page.as_str().unwrap_or_default()
                );
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until a text can be read on the page.
    pub fn until_text(&self, text: &str) {
        self.until(&format!(
            "document.body.innerText.includes({})",
            json!(text)
        ));
    }

    fn element(&self, css: &str) -> String {
        self.until(&format!("document.querySelector({})", json!(css)));
        let wanted = json!({ "using": "css selector", "value": css });
        let element = self.send("POST", "/element", &wanted);
        element[ELEMENT].as_str().unwrap().to_owned()
    }

    pub fn click(&self, css: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let path = format!("/element/{}/click", self.element(css));
            match self.try_send("POST", &path, &json!({})) {
                Ok(_) => return,
                // The page was drawn anew between finding it and clicking.
                Err(reason) if reason.contains("stale element") && Instant::now() < until => {}
                Err(reason) => panic!("{css}: {reason}"),
            }
        }
    }

    /// Types into a field.
    pub fn write(&self, css: &str, text: &str) {
        let element = self.element(css);
        self.send(
            "POST",
            &format!("/element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// Presses keys wherever the focus is; those of `held` all the while.
    pub fn press(&self, held: &[char], keys: &str) {
        let key = |kind: &str, value: char| json!({ "type": kind, "value": value.to_string() });
        let mut actions: Vec<Value> = held.iter().map(|held| key("keyDown", *held)).collect();
        for sign in keys.chars() {
            actions.extend([key("keyDown", sign), key("keyUp", sign)]);
        }
        actions.extend(held.iter().rev().map(|held| key("keyUp", *held)));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.send("POST", "/actions", &json!({ "actions": [keyboard] }));
    }

    /// Another tab, which is the one that is acted on from now; its handle.
    pub fn tab(&self) -> String {
        let tab = self.send("POST", "/window/new", &json!({ "type": "tab" }));
        let handle = tab["handle"].as_str().unwrap().to_owned();
        self.switch(&handle);
        handle
    }

    /// The tab that is acted on.
    pub fn handle(&self) -> String {
        self.send("GET", "/window", &Value::Null)
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn switch(&self, handle: &str) {
        self.send("POST", "/window", &json!({ "handle": handle }));
    }

    /// Keeps a picture of what is seen under a name, if `FREEHOLD_PICTURES` names a folder, as those in `docs/screens`.
    #[allow(
        dead_code,
        clippy::disallowed_methods,
        reason = "who runs the tests says so as shells do, and some tests show nothing new"
    )]
    pub fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("FREEHOLD_PICTURES") else {
            return;
        };
        // Nothing is pointed at, and what moved has come to rest.
        let mouse = json!({ "type": "mouseMoved", "x": 1, "y": 1 });
        self.devtools("Input.dispatchMouseEvent", mouse);
        std::thread::sleep(Duration::from_millis(400));
        let picture = self.send("GET", "/screenshot", &Value::Null);
        let picture = base64ct::Base64::decode_vec(picture.as_str().unwrap()).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
    }

    /// What stands wider than the window, where pages are to fit.
    pub fn too_wide(&self) -> Value {
        self.value("[...document.querySelectorAll('#app *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('pre, .table, .formula, .rail, .out-of-sight, .hidden')).map((one) => one.outerHTML.slice(0, 100))")
    }

    /// What stands on the console: warnings and errors.
    pub fn log(&self) -> Vec<String> {
        let lines = self.send("POST", "/se/log", &json!({ "type": "browser" }));
        let lines = lines.as_array().cloned().unwrap_or_default();
        let grave = lines
            .iter()
            .filter(|line| line["level"] == "SEVERE" || line["level"] == "WARNING");
        grave
            .map(|line| line["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The addresses that pages asked for.
    pub fn requests(&self) -> Vec<String> {
        let lines = self.send("POST", "/se/log", &json!({ "type": "performance" }));
        let lines = lines.as_array().cloned().unwrap_or_default();
        let sent = lines.iter().filter_map(|line| {
            let event: Value = serde_json::from_str(line["message"].as_str()?).ok()?;
            let is_sent = event["message"]["method"] == "Network.requestWillBeSent";
            is_sent.then(|| {
                event["message"]["params"]["request"]["url"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
        });
        sent.collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.try_send("DELETE", "", &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
