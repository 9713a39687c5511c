//! `freehold chat` at a terminal: keys in, a picture out.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::chat::Home;
use crate::freehold;

/// As long as a picture may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal in which somebody talks.
struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
    /// What of the screen was looked at already.
    seen: usize,
}

impl Terminal {
    fn start(home: &Home, args: &[&str]) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let size = Winsize {
            ws_row: 40,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&ours, size).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let open = || {
            let path = name.to_str().unwrap();
            let theirs = File::options().read(true).write(true).open(path);
            Stdio::from(OwnedFd::from(theirs.unwrap()))
        };
        let child = freehold()
            .args(["chat", "--model", &home.model(), "--max-tokens", "8"])
            .args(args)
            .env("FREEHOLD_DATA", home.data())
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .spawn()
            .expect("the binary starts");
        let keyboard = File::from(ours);
        let mut eyes = keyboard.try_clone().unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = eyes.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..read]);
                shared.lock().unwrap().push_str(&text);
            }
        });
        Self {
            child,
            keyboard,
            screen,
            seen: 0,
        }
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until `text` appears behind what was seen before.
    #[track_caller]
    fn shows(&mut self, text: &str) {
        let began = Instant::now();
        loop {
            let screen = self.screen.lock().unwrap().clone();
            if let Some(at) = screen[self.seen..].find(text) {
                self.seen += at + text.len();
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "no `{text}` in {:?}",
                &screen[self.seen..]
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    fn ends(mut self) {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert_eq!(status.code(), Some(0));
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        panic!("it goes on: {:?}", self.screen.lock().unwrap());
    }
}

#[test]
fn a_conversation_is_answered_counted_saved_and_left() {
    let home = Home::new();
    let talk = home.data().join("talk.md");
    // The likeliest tokens alone: a model of random weights ends an answer by chance.
    let mut terminal = Terminal::start(&home, &["--stats", "--temperature", "0"]);
    terminal.shows("/help");
    terminal.shows("› ");
    terminal.types("Hello\r");
    terminal.shows("8 written");
    terminal.shows("cut off");
    terminal.shows("› ");
    terminal.types("/tokens\r");
    terminal.shows("tokens are used");
    terminal.shows("› ");
    terminal.types("/retry\r");
    terminal.shows("8 written");
    terminal.shows("› ");
    terminal.types("/set temperature 0.25\r");
    terminal.shows("temperature 0.25");
    terminal.shows("› ");
    terminal.types("/set temperature -1\r");
    terminal.shows("error:");
    terminal.shows("› ");
    terminal.types("/fly\r");
    terminal.shows("there is no command `/fly`");
    terminal.shows("› ");
    terminal.types(&format!("/save {}\r", talk.display()));
    terminal.shows("saved to");
    terminal.shows("› ");
    terminal.types("/undo\r");
    terminal.shows("nothing was said yet");
    terminal.shows("› ");
    terminal.types("\u{4}");
    terminal.ends();
    let saved = fs::read_to_string(talk).unwrap();
    assert!(saved.contains("## You\n\nHello\n"), "{saved}");
}

#[test]
fn what_was_written_comes_back_in_the_next_conversation() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, &[]);
    terminal.shows("› ");
    terminal.types("/system be brief\r");
    terminal.shows("› ");
    terminal.types("/quit\r");
    terminal.ends();
    let mut terminal = Terminal::start(&home, &[]);
    terminal.shows("› ");
    terminal.types("\u{1b}[A\u{1b}[A");
    terminal.shows("be brief");
    terminal.types("\u{3}");
    terminal.shows("Ctrl-D");
    terminal.types("/quit\r");
    terminal.ends();
}

#[test]
fn many_lines_are_one_text_and_a_model_can_be_changed() {
    let home = Home::new();
    // The likeliest tokens alone: a model of random weights ends an answer by chance.
    let mut terminal = Terminal::start(&home, &["--stats", "--temperature", "0"]);
    terminal.shows("› ");
    terminal.types("\"\"\"\rone\rtwo\r\"\"\"\r");
    terminal.shows("8 written");
    terminal.shows("› ");
    let talk = home.data().join("lines.md");
    terminal.types(&format!("/save {}\r", talk.display()));
    terminal.shows("saved to");
    terminal.types("/model nobody\r");
    terminal.shows("neither a model");
    terminal.types(&format!("/model {}\r", home.model()));
    terminal.shows("tokens of context");
    terminal.shows("› ");
    terminal.types("/quit\r");
    terminal.ends();
    let saved = fs::read_to_string(talk).unwrap();
    assert!(saved.contains("one\ntwo"), "{saved}");
}
