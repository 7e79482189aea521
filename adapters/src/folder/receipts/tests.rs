//! What receipts do to the files of the messages they speak of.

use super::*;
use crate::folder::{
    disk::Disk,
    outbox::{Rules, SidecarPolicy},
    place::Place,
    sidecar::Sidecar,
};
use schemas::wire::{RejectionCode, Violation};
use std::time::{Duration, SystemTime};

fn open(root: &Path) -> Outbox {
    let defaults = b"type = 'imi-pq/information-request@1'\nfrom = 'PL-NIA-PHARM'\nto = 'UK-GPHC'";
    let rules = Rules {
        defaults: Sidecar::read(defaults).expect("defaults"),
        sidecar: SidecarPolicy::Optional,
        sidecar_wait: Duration::ZERO,
        document_bytes: 1000,
        receipts: ReceiptPolicy::Unverified,
    };
    Outbox::open(Disk::default(), Place::below(root), rules).expect("opened")
}

/// An outbox with one message that is being sent.
fn sending(root: &Path) -> (Outbox, MessageId) {
    fs::create_dir_all(root.join("outbox")).expect("created");
    fs::write(root.join("outbox/request.xml"), "<a/>").expect("written");
    let mut outbox = open(root);
    outbox.take(SystemTime::now()).expect("taken");
    let message = outbox.batch().expect("read").remove(0).message_id;
    (outbox, message)
}

fn receipt(message: MessageId, outcome: Outcome, time: &str) -> Receipt {
    Receipt {
        hub: "IMI-GATEWAY".into(),
        message_id: Some(message.to_string()),
        correlation_id: Some("0195b7f0-0000-7000-8000-000000000001".into()),
        message_type: None,
        outcome,
        time: time.into(),
        content_sha256: "00".repeat(32),
        from: None,
        recipient: None,
        code: None,
        reason: None,
        explanation: None,
        violations: vec![],
    }
}

fn rejection(message: MessageId) -> Receipt {
    let violation = |line, message: &str| Violation {
        rule: "cvc-type.3".into(),
        message: message.into(),
        xpath: Some("/a/b".into()),
        pointer: None,
        line: Some(line),
        column: Some(3),
    };
    Receipt {
        code: Some(RejectionCode::SchemaViolation),
        reason: Some("two\nthings".into()),
        explanation: None,
        violations: vec![violation(1, "first"), violation(2, "second")],
        ..receipt(message, Outcome::Rejected, "2026-01-01T00:00:01Z")
    }
}

fn apply(outbox: &mut Outbox, receipt: Receipt) -> io::Result<()> {
    let message = receipt.message_id.clone().unwrap_or_default().parse().expect("an id");
    act(outbox, message, &receipt, Timestamp::UNIX_EPOCH)
}

#[test]
fn a_receipt_that_overtakes_the_confirm_settles_the_job() {
    let root = tempfile::tempdir().expect("a folder");
    let (mut outbox, message) = sending(root.path());
    apply(&mut outbox, receipt(message, Outcome::Accepted, "2026-01-01T00:00:01Z")).expect("kept");
    assert_eq!(outbox.sending(), 0);
    outbox.confirmed(message, Timestamp::UNIX_EPOCH).expect("nothing left to do");
    assert!(root.path().join("sent/request.xml").exists());
}

#[test]
fn the_state_tells_the_story_once_and_in_order() {
    let root = tempfile::tempdir().expect("a folder");
    let (mut outbox, message) = sending(root.path());
    let to = |receipt: Receipt| Receipt { recipient: Some("UK-GPHC".parse().expect("an authority")), ..receipt };
    let retrieved = to(receipt(message, Outcome::Retrieved, "2026-01-01T00:00:03Z"));
    let delivered = to(receipt(message, Outcome::Delivered, "2026-01-01T00:00:02Z"));
    let accepted = receipt(message, Outcome::Accepted, "2026-01-01T00:00:01Z");
    for one in [retrieved.clone(), accepted.clone(), delivered, accepted, retrieved] {
        apply(&mut outbox, one).expect("kept");
    }
    let state = fs::read_to_string(root.path().join("sent/request.state.txt")).expect("read");
    let lines: Vec<_> = state.lines().collect();
    assert_eq!(lines[0], "state    retrieved UK-GPHC");
    assert_eq!(lines.len(), 7, "{state}");
    assert_eq!(lines[4], "2026-01-01T00:00:01Z  accepted");
}

#[test]
fn a_rejected_document_is_found_in_the_error_folder_with_every_violation() {
    let root = tempfile::tempdir().expect("a folder");
    let (mut outbox, message) = sending(root.path());
    apply(&mut outbox, rejection(message)).expect("kept");
    let reason = fs::read_to_string(root.path().join("error/request.reason.txt")).expect("read");
    for part in ["schema-violation", "two things", "1. line 1, column 3, /a/b: first [cvc-type.3]", "2. line 2"] {
        assert!(reason.contains(part), "{part} in {reason}");
    }
    assert!(root.path().join("error/request.xml").exists() && root.path().join("error/request.toml").exists());
    assert_eq!(fs::read_dir(root.path().join("sent")).expect("listed").count(), 0);
}

#[test]
fn a_crash_while_a_rejection_is_filed_is_made_good_when_the_receipt_comes_again() {
    for allowance in 0.. {
        let root = tempfile::tempdir().expect("a folder");
        let (mut outbox, message) = sending(root.path());
        outbox.disk.allowance.set(Some(allowance));
        let crashed = apply(&mut outbox, rejection(message)).is_err();
        let mut outbox = open(root.path());
        if crashed {
            apply(&mut outbox, rejection(message)).expect("kept");
        }
        assert_eq!(fs::read_dir(root.path().join("error")).expect("listed").count(), 3, "after {allowance}");
        assert_eq!(fs::read_dir(root.path().join("sent")).expect("listed").count(), 0, "after {allowance}");
        assert_eq!(outbox.sending(), 0);
        if !crashed {
            assert!(allowance > 5, "the crash was tried at no point at all");
            break;
        }
    }
}

#[test]
fn whatever_stands_for_an_id_never_names_a_file() {
    let base = receipt("0195b7f0-0000-7000-8000-000000000001".parse().expect("an id"), Outcome::Rejected, "t");
    let name = |id: Option<&str>| file_name(&Receipt { message_id: id.map(str::to_owned), ..base.clone() });
    assert_eq!(name(base.message_id.as_deref()), "0195b7f0-0000-7000-8000-000000000001.rejected.json");
    for hostile in [None, Some("../../etc/passwd"), Some(""), Some("a/b")] {
        let name = name(hostile);
        assert!(name.starts_with("unidentified-") && !name.contains('/'), "{name}");
    }
}
