//! Disks without room and databases that go away: clear refusals, nothing half done, and all of it mends itself.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::geteuid;
use serde_json::{Value, json};

use crate::files::{form, upload};
use crate::house::{House, options};
use crate::postgres_server::PostgresServer;
use crate::wire::PATIENCE;

fn conversation(house: &House, text: &str) -> crate::house::Reply {
    let items = json!([{ "type": "message", "role": "user", "content": text }]);
    house.post("/v1/conversations", &json!({ "items": items }))
}

/// That a refusal says there is no room, and what to do.
fn is_full(reply: &crate::house::Reply) {
    assert_eq!(reply.status, 507, "{}", reply.text);
    let error = &reply.json()["error"];
    assert_eq!(error["code"], "store_full");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("hint: make room"),
        "{error}"
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a small disk is mounted")]
fn a_full_disk_refuses_writes_goes_on_reading_and_mends_itself() {
    if !geteuid().is_root() {
        eprintln!("SKIPPED: ONLY ROOT CAN MOUNT A SMALL DISK");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mount = |args: &[&str]| {
        let mut command = Command::new(args[0]);
        command
            .args(&args[1..])
            .arg(folder.path())
            .status()
            .unwrap()
    };
    assert!(mount(&["mount", "-t", "tmpfs", "-o", "size=24m", "none"]).success());
    let tried = std::panic::catch_unwind(|| fill_and_mend(folder.path()));
    assert!(mount(&["umount", "--lazy"]).success());
    tried.unwrap();
}

fn fill_and_mend(folder: &Path) {
    let data = folder.join("data");
    fs::create_dir(&data).unwrap();
    let mut options = options(&data, true, json!({}));
    options.store.reserve_bytes = 3 << 20;
    let house = House::serving(tempfile::tempdir().unwrap(), options);
    let file = upload(&house, "user_data", "x", &[b'x'; 50_000]);
    let first = conversation(&house, "the first").json();
    let response = json!({ "model": "script", "input": "hello" });
    let response = house.post("/v1/responses", &response).json();
    let large = "y".repeat(40_000);
    let mut kept = Vec::new();
    loop {
        let reply = conversation(&house, &large);
        if reply.status != 200 {
            is_full(&reply);
            break;
        }
        kept.push(reply.json()["id"].as_str().unwrap().to_owned());
        assert!(kept.len() < 2000, "there is no end to it");
    }
    assert!(kept.len() > 20, "{}", kept.len());
    let path = |value: &Value| format!("/v1/conversations/{}", value["id"].as_str().unwrap());
    // All that was told is there, is read, and can be talked about; nothing is added.
    for round in 0..40 {
        let id = &kept[round % kept.len()];
        let items = house.get(&format!("/v1/conversations/{id}/items"));
        assert_eq!(items.status, 200, "{round}: {}", items.text);
        assert_eq!(items.json()["data"][0]["content"][0]["text"], large);
        is_full(&conversation(&house, &large));
        let said = house.post(
            "/v1/chat/completions",
            &json!({
                "model": "script", "messages": [{ "role": "user", "content": "hello" }],
            }),
        );
        assert_eq!(said.status, 200, "{round}: {}", said.text);
    }
    let asked = json!({ "model": "script", "input": large });
    is_full(&house.post("/v1/responses", &asked));
    refuses_a_large_file(&house);
    let content = house.get(&format!("/v1/files/{file}/content"));
    assert_eq!(content.text.len(), 50_000);
    let id = response["id"].as_str().unwrap();
    assert_eq!(house.get(&format!("/v1/responses/{id}")).json(), response);
    assert_eq!(house.get(&path(&first)).status, 200);
    // Whoever deletes makes room.
    for id in kept.iter().rev().take(kept.len() / 2) {
        let deleted = house.send("DELETE", &format!("/v1/conversations/{id}"), None, &[]);
        assert_eq!(deleted.status, 200, "{}", deleted.text);
    }
    let until = Instant::now() + PATIENCE;
    while conversation(&house, &large).status != 200 {
        assert!(Instant::now() < until, "it does not mend itself");
        std::thread::sleep(Duration::from_millis(50));
    }
    let asked = json!({ "model": "script", "input": "hello again" });
    assert_eq!(house.post("/v1/responses", &asked).status, 200);
    assert_eq!(conversation(&house, &large).status, 200);
}

/// A file for which there is no room is refused, and nothing of it stays.
fn refuses_a_large_file(house: &House) {
    let parts: [(&str, Option<&str>, &[u8]); 2] = [
        ("purpose", None, b"user_data"),
        ("file", Some("z"), &[b'z'; 4 << 20]),
    ];
    let (kind, form) = form(&parts);
    let head = [("content-type", &*kind)];
    // Refused before all of it has come, it is told so all the same.
    is_full(&house.send_bytes("POST", "/v1/files", form, &head));
    let files = house.get("/v1/files").json();
    assert_eq!(files["data"].as_array().unwrap().len(), 1);
}

/// A server over a PostgreSQL of its own, and that.
fn over_postgres(folder: &Path) -> Option<(PostgresServer, House)> {
    let server = PostgresServer::alone(folder)?;
    let mut options = options(&folder.join("house"), true, json!({}));
    options.store.url = server.url("postgres");
    options.store.acquire_timeout = Duration::from_secs(1);
    options.store.patience = Duration::from_secs(2);
    let house = House::serving(tempfile::tempdir().unwrap(), options);
    Some((server, house))
}

/// Keeps writing while `disturb` does something to the database; what came of it.
fn under_load(house: &House, disturb: impl FnOnce()) -> Vec<u16> {
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|lane| {
                let end = &end;
                scope.spawn(move || {
                    let (mut statuses, mut kept) = (Vec::new(), Vec::new());
                    for number in 0.. {
                        if end.load(Ordering::Relaxed) {
                            break;
                        }
                        let text = format!("{lane} {number}");
                        let asked = Instant::now();
                        let reply = conversation(house, &text);
                        let took = asked.elapsed();
                        assert!(took < Duration::from_secs(15), "{took:?}");
                        statuses.push(reply.status);
                        match reply.status {
                            200 => {
                                kept.push((reply.json()["id"].as_str().unwrap().to_owned(), text))
                            }
                            status => {
                                assert_eq!(status, 503, "{}", reply.text);
                                assert!(reply.header("retry-after").is_some());
                                assert!(reply.json()["error"]["message"].is_string());
                                std::thread::sleep(Duration::from_millis(50));
                            }
                        }
                    }
                    (statuses, kept)
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        disturb();
        // It mends itself.
        let until = Instant::now() + PATIENCE;
        while conversation(house, "after").status != 200 {
            assert!(Instant::now() < until, "it does not mend itself");
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(300));
        end.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for writer in writers {
            let (statuses, kept) = writer.join().unwrap();
            all.extend(statuses);
            for (id, text) in kept {
                let items = house.get(&format!("/v1/conversations/{id}/items")).json();
                assert_eq!(items["data"][0]["content"][0]["text"], text);
            }
        }
        all
    })
}

#[test]
fn a_database_that_is_restarted_under_load_is_told_of_and_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, house)) = over_postgres(folder.path()) else {
        eprintln!("SKIPPED: POSTGRESQL IS NOT INSTALLED, NOTHING WAS TRIED ON IT");
        return;
    };
    let statuses = under_load(&house, || {
        for _ in 0..2 {
            server.stop();
            std::thread::sleep(Duration::from_millis(500));
            server.start();
            std::thread::sleep(Duration::from_millis(500));
        }
    });
    server.stop();
    let refused = statuses.iter().filter(|status| **status == 503).count();
    assert!(
        refused > 0 && refused < statuses.len(),
        "{refused} of {}",
        statuses.len()
    );
}

/// Processes of the server whose folder this is.
fn processes(folder: &Path) -> Vec<i32> {
    let pid = fs::read_to_string(folder.join("postgres/data/postmaster.pid")).unwrap();
    let postmaster: i32 = pid.lines().next().unwrap().parse().unwrap();
    let mut all = vec![postmaster];
    for entry in fs::read_dir("/proc").unwrap() {
        let Ok(pid) = entry.unwrap().file_name().to_string_lossy().parse::<i32>() else {
            continue;
        };
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<i32>().ok());
        if parent == Some(postmaster) {
            all.push(pid);
        }
    }
    all
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a database is put to sleep")]
fn a_database_that_falls_asleep_keeps_nobody_waiting_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, house)) = over_postgres(folder.path()) else {
        eprintln!("SKIPPED: POSTGRESQL IS NOT INSTALLED, NOTHING WAS TRIED ON IT");
        return;
    };
    let signal = |signal: &str, processes: &[i32]| {
        let mut kill = Command::new("kill");
        kill.arg(signal).args(processes.iter().map(i32::to_string));
        kill.stderr(Stdio::null()).status().unwrap();
    };
    let statuses = under_load(&house, || {
        let processes = processes(folder.path());
        signal("-STOP", &processes);
        std::thread::sleep(Duration::from_secs(6));
        signal("-CONT", &processes);
    });
    server.stop();
    let refused = statuses.iter().filter(|status| **status == 503).count();
    assert!(refused > 8, "{refused} of {}", statuses.len());
}
