use ed25519_dalek::SigningKey;

use super::*;
use crate::{
    audit::chain::{Hash, Record},
    chance::Dice,
};

const KEY: [u8; 32] = [5; 32];

fn key() -> SigningKey {
    SigningKey::from_bytes(&KEY)
}

fn trusted() -> [u8; 32] {
    key().verifying_key().to_bytes()
}

fn record(number: u64) -> Record {
    Record {
        at: 1_763_735_400_000 + number as i64,
        by: format!("u-{}", number % 3),
        via: "session".to_owned(),
        action: "infer".to_owned(),
        on: vec![("model".to_owned(), "m".to_owned())],
        allowed: !number.is_multiple_of(5),
        because: vec!["owner".to_owned()],
    }
}

/// A chain of `count` lines with a checkpoint behind every tenth.
fn chain(count: u64) -> (Vec<Line>, Vec<Checkpoint>) {
    let mut head = Head::START;
    let mut lines = Vec::new();
    let mut checkpoints = Vec::new();
    for number in 1..=count {
        lines.push(head.extend(&record(number)));
        if number % 10 == 0 {
            let at = 1_763_735_400_000 + number as i64;
            checkpoints.push(Checkpoint::sign(head, at, &key()));
        }
    }
    (lines, checkpoints)
}

fn verify(lines: &[Line], checkpoints: &[Checkpoint], anchor: Option<&Checkpoint>) -> Report {
    let mut verifier = Verifier::new(checkpoints, anchor, &[trusted()]);
    lines.iter().for_each(|line| verifier.line(line));
    verifier.finish()
}

fn fault(lines: &[Line], checkpoints: &[Checkpoint]) -> (u64, Tampering) {
    let report = verify(lines, checkpoints, checkpoints.last());
    let fault = report.fault.expect("the chain was tampered with");
    (fault.line, fault.tampering)
}

/// Gives `lines` the hashes that fit them, from place `from` on, as one would who covers a trace.
fn rehash(lines: &mut [Line], from: usize) {
    let mut head = match from {
        0 => Head::START,
        _ => Head {
            sequence: lines[from - 1].sequence,
            hash: lines[from - 1].hash,
        },
    };
    for line in &mut lines[from..] {
        line.hash = head.hash_of_next(&line.text);
        head = Head {
            sequence: line.sequence,
            hash: line.hash,
        };
    }
}

#[test]
fn a_whole_chain_is_whole_up_to_its_last_checkpoint() {
    let (lines, checkpoints) = chain(25);
    let report = verify(&lines, &checkpoints, checkpoints.last());
    let expected = Report {
        lines: 25,
        checkpoints: 3,
        signed_to: 20,
        head: Head {
            sequence: 25,
            hash: lines[24].hash,
        },
        fault: None,
    };
    assert_eq!(report, expected);
    assert_eq!(verify(&[], &[], None).fault, None);
}

#[test]
fn any_edit_of_any_line_is_found_there() {
    let (lines, checkpoints) = chain(40);
    let mut dice = Dice::new(3);
    for place in 0..lines.len() {
        for _ in 0..20 {
            let mut changed = lines.clone();
            let line = &mut changed[place];
            let mut bytes = line.text.clone().into_bytes();
            let at = dice.below(bytes.len());
            bytes[at] = b' ' + dice.below(95) as u8;
            if bytes == line.text.as_bytes() {
                continue;
            }
            line.text = String::from_utf8(bytes).unwrap();
            let (found, tampering) = fault(&changed, &checkpoints);
            assert_eq!(found, place as u64 + 1);
            let kinds = [Tampering::Edited, Tampering::Reordered];
            assert!(kinds.contains(&tampering), "{tampering:?}");
        }
        let mut changed = lines.clone();
        changed[place].hash.0[dice.below(32)] ^= 1 << dice.below(8);
        assert_eq!(
            fault(&changed, &checkpoints),
            (place as u64 + 1, Tampering::Edited)
        );
    }
}

#[test]
fn an_edit_with_fitting_hashes_contradicts_the_next_checkpoint() {
    let (lines, checkpoints) = chain(40);
    for place in 0..lines.len() {
        let mut changed = lines.clone();
        changed[place].text = changed[place].text.replace("infer", "write");
        rehash(&mut changed, place);
        let since = place as u64 / 10 * 10 + 1;
        assert_eq!(
            fault(&changed, &checkpoints),
            (since, Tampering::Rewritten),
            "{place}"
        );
    }
}

#[test]
fn any_lines_dropped_are_named() {
    let (lines, checkpoints) = chain(40);
    for from in 0..lines.len() {
        for to in from + 1..lines.len() {
            let mut changed = lines.clone();
            changed.drain(from..to);
            assert_eq!(
                fault(&changed, &checkpoints),
                (from as u64 + 1, Tampering::Dropped)
            );
            // Renumbered, so that there is no gap, and with fitting hashes.
            for (line, sequence) in changed.iter_mut().zip(1..) {
                line.sequence = sequence;
            }
            rehash(&mut changed, from);
            let (found, _) = fault(&changed, &checkpoints);
            assert!(found <= from as u64 + 1, "{found} {from} {to}");
        }
    }
}

#[test]
fn any_two_lines_that_change_places_are_found() {
    let (lines, checkpoints) = chain(30);
    for first in 0..lines.len() {
        for second in first + 1..lines.len() {
            let mut changed = lines.clone();
            changed.swap(first, second);
            assert_eq!(
                fault(&changed, &checkpoints),
                (first as u64 + 1, Tampering::Reordered)
            );
            // As a database shows it, which sorts by number.
            for (line, sequence) in changed.iter_mut().zip(1..) {
                line.sequence = sequence;
            }
            assert_eq!(
                fault(&changed, &checkpoints),
                (first as u64 + 1, Tampering::Reordered)
            );
        }
    }
}

#[test]
fn a_line_given_twice_and_a_line_put_in_are_found() {
    let (lines, checkpoints) = chain(20);
    for place in 0..lines.len() {
        let mut changed = lines.clone();
        changed.insert(place, lines[place].clone());
        assert_eq!(
            fault(&changed, &checkpoints),
            (place as u64 + 1, Tampering::Reordered)
        );
    }
}

#[test]
fn what_is_cut_off_the_end_is_missed_by_checkpoints_and_anchor() {
    let (lines, checkpoints) = chain(40);
    for left in 0..40 {
        let kept = &lines[..left];
        assert_eq!(
            fault(kept, &checkpoints),
            (left as u64 + 1, Tampering::Truncated)
        );
        // With the checkpoints cut as well, the anchor still knows.
        let signed = &checkpoints[..left / 10];
        let report = verify(kept, signed, checkpoints.last());
        assert_eq!(report.fault.unwrap().tampering, Tampering::Truncated);
        // Behind the last checkpoint and without an anchor nothing can tell.
        assert_eq!(verify(kept, signed, None).fault, None);
        assert_eq!(verify(kept, signed, None).signed_to, left as u64 / 10 * 10);
    }
}

#[test]
fn a_checkpoint_of_another_key_or_with_another_signature_is_forged() {
    let (mut lines, mut checkpoints) = chain(40);
    let stranger = SigningKey::from_bytes(&[6; 32]);
    // Somebody writes the chain anew and signs it with a key of their own.
    lines[11].text = lines[11].text.replace("infer", "write");
    rehash(&mut lines, 11);
    for checkpoint in &mut checkpoints[1..] {
        let line = &lines[checkpoint.head.sequence as usize - 1];
        let head = Head {
            sequence: line.sequence,
            hash: line.hash,
        };
        *checkpoint = Checkpoint::sign(head, checkpoint.at, &stranger);
    }
    assert_eq!(
        fault(&lines, &checkpoints),
        (20, Tampering::ForgedCheckpoint)
    );
    let (lines, mut checkpoints) = chain(40);
    checkpoints[2].signature[9] ^= 4;
    assert_eq!(
        fault(&lines, &checkpoints),
        (30, Tampering::ForgedCheckpoint)
    );
    checkpoints[2].head.hash = Hash([1; 32]);
    assert_eq!(
        fault(&lines, &checkpoints),
        (30, Tampering::ForgedCheckpoint)
    );
}

#[test]
fn a_checkpoint_taken_out_of_the_middle_hides_nothing() {
    let (mut lines, checkpoints) = chain(40);
    let left = [checkpoints[0].clone(), checkpoints[3].clone()];
    assert_eq!(verify(&lines, &left, None).signed_to, 40);
    lines[15].text = lines[15].text.replace("infer", "write");
    rehash(&mut lines, 15);
    let report = verify(&lines, &left, None);
    assert_eq!(report.fault.unwrap().tampering, Tampering::Rewritten);
}

#[test]
fn the_anchor_knows_when_chain_and_checkpoints_were_replaced_together() {
    let (_, old) = chain(30);
    // Another chain, signed with the same key, and longer.
    let mut head = Head::START;
    let lines: Vec<Line> = (100..150)
        .map(|number| head.extend(&record(number)))
        .collect();
    let signed = [Checkpoint::sign(head, 0, &key())];
    let report = verify(&lines, &signed, old.last());
    assert_eq!(report.fault.unwrap().tampering, Tampering::Rewritten);
    assert_eq!(verify(&lines, &signed, None).fault, None);
}
