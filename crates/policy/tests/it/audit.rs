//! The log under the hands of somebody who has the database.

use std::{fs, io::Cursor};

use policy::{
    Gate, Role,
    action::Infer,
    audit::{Anchor, Log, Report, Tampering},
};

use crate::{House, somebody};

/// A house with a log of some lines, closed.
async fn written() -> (House, u64) {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "ada", Role::Member).await;
    for _ in 0..20 {
        gate.permit(
            &ada,
            Infer {
                model: "m".to_owned(),
            },
        )
        .await
        .unwrap();
    }
    close(&gate).await;
    let store = house.store().await;
    let end = Log::of(&store).end().await.unwrap();
    store.close().await;
    (house, end)
}

async fn close(gate: &Gate) {
    gate.close().await.unwrap();
    gate.store().close().await;
}

async fn verify(house: &House) -> Report {
    let store = house.store().await;
    let anchor = Anchor::below(house.folder.path());
    let report = Log::of(&store).verify(&[], Some(&anchor)).await.unwrap();
    store.close().await;
    report
}

/// Changes the database behind the back of everybody.
#[allow(
    clippy::disallowed_methods,
    reason = "the test stands where an intruder stands"
)]
fn intrude(house: &House, sql: &str) {
    let code = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nc.executescript(sys.argv[2])\nc.commit()";
    let database = house.folder.path().join("freehold.db");
    let status = std::process::Command::new("python3")
        .args(["-c", code, database.to_str().unwrap(), sql])
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_whole_and_signed_to_its_end() {
    let (house, end) = written().await;
    let report = verify(&house).await;
    assert_eq!(
        (report.lines, report.signed_to, report.fault),
        (end, end, None)
    );
}

#[tokio::test]
async fn edits_drops_and_swaps_in_the_database_are_found_where_they_are() {
    let cases = [
        ("UPDATE audit SET line = replace(line, 'true', 'false') WHERE sequence = 7", 7, Tampering::Edited),
        ("UPDATE audit SET hash = zeroblob(32) WHERE sequence = 9", 9, Tampering::Edited),
        ("DELETE FROM audit WHERE sequence IN (5, 6)", 5, Tampering::Dropped),
        (
            "UPDATE audit SET sequence = -1 WHERE sequence = 4; UPDATE audit SET sequence = 4 WHERE sequence = 8;
             UPDATE audit SET sequence = 8 WHERE sequence = -1",
            4,
            Tampering::Reordered,
        ),
        ("DELETE FROM audit WHERE sequence > 12", 13, Tampering::Truncated),
        ("DELETE FROM audit WHERE sequence > 12; DELETE FROM checkpoints", 13, Tampering::Truncated),
        ("DELETE FROM audit; DELETE FROM checkpoints", 1, Tampering::Truncated),
    ];
    for (sql, line, tampering) in cases {
        let (house, _) = written().await;
        intrude(&house, sql);
        let fault = verify(&house).await.fault.expect(sql);
        assert_eq!(
            (fault.line, fault.tampering),
            (line, tampering),
            "{sql}: {fault}"
        );
    }
    let (house, end) = written().await;
    intrude(&house, "UPDATE checkpoints SET signature = zeroblob(96)");
    let fault = verify(&house).await.fault.unwrap();
    assert_eq!(
        (fault.line, fault.tampering),
        (end, Tampering::ForgedCheckpoint)
    );
}

#[tokio::test]
async fn a_log_cut_short_says_so_itself_when_the_house_is_opened_again() {
    let (house, _) = written().await;
    intrude(
        &house,
        "DELETE FROM audit WHERE sequence > 12; DELETE FROM checkpoints",
    );
    let gate = house.open().await;
    let last = Log::of(gate.store()).page(12, 1).await.unwrap();
    assert_eq!(last[0].record().unwrap().action, "log_differs_from_anchor");
    close(&gate).await;
    let aside = fs::read_dir(house.folder.path())
        .unwrap()
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("audit.anchor.")
        })
        .count();
    assert_eq!(aside, 1, "the old anchor is kept as evidence");
}

#[tokio::test]
async fn two_processes_write_one_chain() {
    let house = House::new();
    let (one, other) = (house.open().await, house.open().await);
    let (ada, bob) = (
        somebody(&one, "ada", Role::Member).await,
        somebody(&other, "bob", Role::Member).await,
    );
    for _ in 0..20 {
        let ask = || Infer {
            model: "m".to_owned(),
        };
        let (one, other) = tokio::join!(one.permit(&ada, ask()), other.permit(&bob, ask()));
        assert_ne!(one.unwrap().sequence(), other.unwrap().sequence());
    }
    close(&one).await;
    close(&other).await;
    let report = verify(&house).await;
    assert_eq!((report.fault, report.signed_to), (None, report.lines));
}

#[tokio::test]
async fn what_was_written_before_a_kill_is_there_after_it() {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "ada", Role::Member).await;
    let permit = gate
        .permit(
            &ada,
            Infer {
                model: "m".to_owned(),
            },
        )
        .await
        .unwrap();
    // Neither closed nor signed: the house is opened beside it, as after a kill.
    let again = house.open().await;
    let line = Log::of(again.store())
        .page(permit.sequence() - 1, 1)
        .await
        .unwrap();
    assert_eq!(line[0].record().unwrap().by, ada.user());
    assert_eq!(verify(&house).await.fault, None);
}

#[tokio::test]
async fn an_export_is_verified_by_itself_with_the_key_that_was_written_down() {
    let (house, end) = written().await;
    let store = house.store().await;
    let log = Log::of(&store);
    let key = log.key().await.unwrap().unwrap();
    let lines = log.page(0, 1000).await.unwrap();
    let mut export: Vec<String> = lines.iter().map(|line| line.exported()).collect();
    let signed = log.checkpoints().await.unwrap();
    export.extend(
        signed
            .iter()
            .map(|signed| format!("checkpoint {}", signed.text())),
    );
    let check =
        |export: &[String], key| Report::of_export(Cursor::new(export.join("\n")), &[key]).unwrap();
    let whole = check(&export, key);
    assert_eq!(
        (whole.lines, whole.signed_to, whole.fault),
        (end, end, None)
    );
    let fault = check(&export, [9; 32]).fault.unwrap();
    assert_eq!(fault.tampering, Tampering::ForgedCheckpoint);
    export.swap(3, 4);
    let fault = check(&export, key).fault.unwrap();
    assert_eq!((fault.line, fault.tampering), (4, Tampering::Reordered));
    let nonsense = Report::of_export(Cursor::new("hello\n"), &[key]);
    assert!(
        nonsense
            .unwrap_err()
            .to_string()
            .starts_with("line 1 of the file")
    );
}
