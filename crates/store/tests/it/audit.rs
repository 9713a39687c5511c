//! The log of what was done.

use store::{AuditLine, Checkpoint, Durability, Timestamp};

use crate::databases::Place;

on_both! {
    lines_come_back_in_order_and_page_by_page,
    a_gap_or_a_repetition_is_refused_and_leaves_nothing,
    of_many_who_append_the_same_place_one_succeeds,
    checkpoints_are_kept_once_a_line,
}

fn lines(sequences: std::ops::Range<u64>) -> Vec<AuditLine> {
    let line = |sequence: u64| AuditLine {
        sequence,
        at: Timestamp::from_millis(1_000 + sequence.cast_signed()),
        hash: [u8::try_from(sequence % 251).unwrap(); 32]
            .map(|byte| byte ^ u8::try_from(sequence / 251).unwrap()),
        line: format!("line {sequence}"),
    };
    sequences.map(line).collect()
}

async fn lines_come_back_in_order_and_page_by_page(place: Place) {
    let store = place.open().await;
    let audit = store.audit();
    assert_eq!(audit.last().await.unwrap(), None);
    audit.append(lines(1..200), Durability::Disk).await.unwrap();
    audit.append(Vec::new(), Durability::Disk).await.unwrap();
    audit
        .append(lines(200..251), Durability::Process)
        .await
        .unwrap();
    assert_eq!(audit.page(0, 1_000).await.unwrap(), lines(1..251));
    assert_eq!(audit.page(10, 3).await.unwrap(), lines(11..14));
    assert_eq!(audit.last().await.unwrap(), lines(250..251).pop());
    assert_eq!(audit.page(250, 3).await.unwrap(), []);
}

async fn a_gap_or_a_repetition_is_refused_and_leaves_nothing(place: Place) {
    let store = place.open().await;
    let audit = store.audit();
    audit.append(lines(1..4), Durability::Disk).await.unwrap();
    for wrong in [lines(1..2), lines(3..5), lines(5..6)] {
        assert_eq!(
            audit
                .append(wrong, Durability::Process)
                .await
                .unwrap_err()
                .code(),
            "store_version"
        );
    }
    let mut torn = lines(4..7);
    torn.remove(1);
    assert_eq!(
        audit
            .append(torn, Durability::Disk)
            .await
            .unwrap_err()
            .code(),
        "store_refused"
    );
    assert_eq!(audit.page(0, 10).await.unwrap(), lines(1..4));
}

async fn of_many_who_append_the_same_place_one_succeeds(place: Place) {
    let store = place.open().await;
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.audit().append(lines(1..3), Durability::Disk).await })
        })
        .collect();
    let mut codes = Vec::new();
    for one in tries {
        codes.push(one.await.unwrap().map_err(|error| error.code()));
    }
    assert_eq!(
        codes.iter().filter(|code| code.is_ok()).count(),
        1,
        "{codes:?}"
    );
    assert_eq!(
        codes
            .iter()
            .filter(|code| **code == Err("store_version"))
            .count(),
        15,
        "{codes:?}"
    );
    assert_eq!(store.audit().page(0, 10).await.unwrap(), lines(1..3));
}

async fn checkpoints_are_kept_once_a_line(place: Place) {
    let store = place.open().await;
    let checkpoint = |sequence| Checkpoint {
        sequence,
        at: Timestamp::from_millis(9),
        hash: [9; 32],
        signature: vec![1, 2, 3],
    };
    let audit = store.audit();
    audit.add_checkpoint(&checkpoint(7)).await.unwrap();
    audit.add_checkpoint(&checkpoint(9)).await.unwrap();
    assert_eq!(
        audit
            .add_checkpoint(&checkpoint(7))
            .await
            .unwrap_err()
            .code(),
        "store_taken"
    );
    assert_eq!(
        audit.checkpoints(0, 10).await.unwrap(),
        [checkpoint(7), checkpoint(9)]
    );
    assert_eq!(audit.last_checkpoint().await.unwrap(), Some(checkpoint(9)));
}
