//! What the way out promises: every document is sent once, whatever happens and whenever.

use super::*;
use std::collections::BTreeSet;

const TYPE: &str = "imi-pq/information-request@1";

fn rules() -> Rules {
    let defaults = format!("type = '{TYPE}'\nfrom = 'PL-NIA-PHARM'\nto = 'UK-GPHC'");
    Rules {
        defaults: Sidecar::read(defaults.as_bytes()).expect("defaults"),
        sidecar: SidecarPolicy::Optional,
        sidecar_wait: Duration::from_secs(2),
        document_bytes: 100,
        receipts: ReceiptPolicy::Unverified,
    }
}

fn open(root: &Path) -> Outbox {
    Outbox::open(Disk::default(), Place::below(root), rules()).expect("opened")
}

fn drop_into(root: &Path, file: &str, content: &str) {
    fs::create_dir_all(root.join("outbox")).expect("created");
    fs::write(root.join("outbox").join(file), content).expect("written");
}

fn now() -> SystemTime {
    SystemTime::now()
}

/// File names of a folder.
fn list(folder: PathBuf) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("listed");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// Publishes what there is and says that it was confirmed.
fn send_all(outbox: &mut Outbox) -> io::Result<Vec<Outgoing>> {
    let mut all = Vec::new();
    loop {
        outbox.take(now())?;
        let batch = outbox.batch()?;
        if batch.is_empty() {
            return Ok(all);
        }
        for message in batch {
            outbox.confirmed(message.message_id, Timestamp::UNIX_EPOCH)?;
            all.push(message);
        }
    }
}

#[test]
fn a_document_is_sent_and_kept_with_its_envelope() {
    let root = tempfile::tempdir().expect("a folder");
    drop_into(root.path(), "request.toml", "language = 'pl'\ntest = true");
    drop_into(root.path(), "request.xml", "<a/>");
    let mut outbox = open(root.path());
    let sent = send_all(&mut outbox).expect("sent");
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].body.as_slice(), sent[0].language.as_deref(), sent[0].test), (&b"<a/>"[..], Some("pl"), true));
    assert_eq!(list(root.path().join("sent")), ["request.toml", "request.xml"].map(str::to_owned).into());
    assert_eq!(list(root.path().join("outbox")).len(), 0);
    assert_eq!(list(root.path().join("work/jobs")).len(), 0);
    assert_eq!(outbox.sent_name(sent[0].message_id), Some("request"));
    assert_eq!(open(root.path()).sent_name(sent[0].message_id), Some("request"));
}

#[test]
fn unfinished_and_foreign_files_are_left_alone() {
    let root = tempfile::tempdir().expect("a folder");
    for file in [".hidden.xml", "request.xml.part", "notes.txt", "lonely.toml", "no-ending"] {
        drop_into(root.path(), file, "<a/>");
    }
    let mut outbox = open(root.path());
    assert_eq!(outbox.take(now()).expect("looked"), 0);
    assert_eq!(list(root.path().join("outbox")).len(), 5);
}

#[test]
fn a_bad_sidecar_goes_to_the_error_folder_with_its_reason() {
    let root = tempfile::tempdir().expect("a folder");
    drop_into(root.path(), "request.toml", "tpye = 'x'");
    drop_into(root.path(), "request.xml", "<a/>");
    let mut outbox = open(root.path());
    assert!(send_all(&mut outbox).expect("nothing to send").is_empty());
    let error = root.path().join("error");
    assert_eq!(list(error.clone()), ["request.reason.txt", "request.toml", "request.xml"].map(str::to_owned).into());
    let reason = fs::read_to_string(error.join("request.reason.txt")).expect("read");
    assert!(reason.contains("tpye"), "{reason}");
}

#[test]
fn a_document_that_is_too_large_is_never_read_into_memory() {
    let root = tempfile::tempdir().expect("a folder");
    drop_into(root.path(), "big.xml", &"x".repeat(101));
    let mut outbox = open(root.path());
    assert!(send_all(&mut outbox).expect("nothing to send").is_empty());
    assert!(root.path().join("error/big.reason.txt").exists() && root.path().join("error/big.xml").exists());
}

#[test]
fn a_document_waits_for_its_sidecar_where_it_needs_one() {
    let root = tempfile::tempdir().expect("a folder");
    drop_into(root.path(), "request.xml", "<a/>");
    let no_defaults = Rules { defaults: Sidecar::default(), ..rules() };
    let mut outbox = Outbox::open(Disk::default(), Place::below(root.path()), no_defaults).expect("opened");
    assert_eq!(outbox.take(now()).expect("looked"), 0);
    assert_eq!(outbox.take(now() + Duration::from_secs(3)).expect("looked"), 1);
    assert!(root.path().join("error/request.reason.txt").exists());
    drop_into(root.path(), "second.xml", "<a/>");
    let required = Rules { sidecar: SidecarPolicy::Required, ..rules() };
    let mut outbox = Outbox::open(Disk::default(), Place::below(root.path()), required).expect("opened");
    assert_eq!(outbox.take(now() + Duration::from_secs(3600)).expect("looked"), 0);
    drop_into(root.path(), "second.toml", "");
    assert_eq!(outbox.take(now()).expect("looked"), 1);
}

#[test]
fn the_same_name_twice_is_two_messages_side_by_side() {
    let root = tempfile::tempdir().expect("a folder");
    let mut outbox = open(root.path());
    for content in ["<a/>", "<b/>"] {
        drop_into(root.path(), "request.xml", content);
        send_all(&mut outbox).expect("sent");
    }
    assert_eq!(fs::read(root.path().join("sent/request.xml")).expect("read"), b"<a/>");
    assert_eq!(fs::read(root.path().join("sent/request-2.xml")).expect("read"), b"<b/>");
}

#[test]
fn what_the_broker_refuses_can_be_corrected_and_tried_again() {
    let root = tempfile::tempdir().expect("a folder");
    drop_into(root.path(), "request.xml", "<a/>");
    let mut outbox = open(root.path());
    outbox.take(now()).expect("taken");
    let message = outbox.batch().expect("read").remove(0);
    outbox.refused(message.message_id, "403").expect("filed");
    assert_eq!(outbox.sending(), 0);
    for file in ["request.toml", "request.xml"] {
        fs::rename(root.path().join("error").join(file), root.path().join("outbox").join(file)).expect("moved");
    }
    let again = send_all(&mut outbox).expect("sent");
    assert_ne!(again[0].message_id, message.message_id);
    assert_eq!(again[0].correlation_id, message.correlation_id);
}

#[test]
fn documents_go_out_in_the_order_they_came() {
    let root = tempfile::tempdir().expect("a folder");
    for (age, name) in [(3, "c"), (2, "a"), (1, "b")] {
        drop_into(root.path(), &format!("{name}.xml"), name);
        let file = fs::File::options().write(true).open(root.path().join(format!("outbox/{name}.xml"))).expect("open");
        file.set_modified(now() - Duration::from_secs(age)).expect("set");
    }
    let mut outbox = open(root.path());
    outbox.take(now()).expect("taken");
    // Also by whoever takes over after a crash.
    let bodies: Vec<_> = open(root.path()).batch().expect("read").into_iter().map(|message| message.body).collect();
    assert_eq!(bodies, [b"c", b"a", b"b"]);
}

/// Runs until the disk "crashes" after so many operations; says which messages were published before.
fn run_until_crash(root: &Path, allowance: u32) -> (Vec<Outgoing>, bool) {
    let disk = Disk::default();
    disk.allowance.set(Some(allowance));
    let mut published = Vec::new();
    let run = || -> io::Result<()> {
        let mut outbox = Outbox::open(disk, Place::below(root), rules())?;
        outbox.take(now())?;
        // Publishing is an operation too: the crash may come before or after it.
        outbox.disk.operation()?;
        let batch = outbox.batch()?;
        published.clone_from(&batch);
        for message in batch {
            outbox.confirmed(message.message_id, Timestamp::UNIX_EPOCH)?;
        }
        Ok(())
    };
    let crashed = run().is_err();
    (published, crashed)
}

#[test]
fn a_crash_at_any_point_sends_the_same_message_again_and_loses_nothing() {
    for sidecar in ["language = 'pl'", "tpye = 'wrong'"] {
        for allowance in 0.. {
            let root = tempfile::tempdir().expect("a folder");
            drop_into(root.path(), "request.toml", sidecar);
            drop_into(root.path(), "request.xml", "<a/>");
            let (before, crashed) = run_until_crash(root.path(), allowance);
            let mut outbox = open(root.path());
            let after = send_all(&mut outbox).expect("sent");
            let ids: BTreeSet<_> = before.iter().chain(&after).map(|message| message.message_id).collect();
            let good = sidecar.starts_with("language");
            assert_eq!(ids.len(), usize::from(good), "after {allowance} operations");
            assert!(before.iter().chain(&after).all(|message| message.language.as_deref() == Some("pl")));
            let kept = list(root.path().join(if good { "sent" } else { "error" }));
            let expected = if good { 2 } else { 3 };
            assert_eq!(kept.len(), expected, "after {allowance} operations: {kept:?}");
            for empty in ["outbox", "work/jobs", if good { "error" } else { "sent" }] {
                assert_eq!(list(root.path().join(empty)).len(), 0, "{empty} after {allowance} operations");
            }
            if !crashed {
                assert!(allowance > 5, "the crash was tried at no point at all");
                break;
            }
        }
    }
}
