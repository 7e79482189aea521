//! What follows from a list, and which of two is kept.

use super::*;
use crate::{
    directory::{
        Directory, InForce, ParticipantStatus,
        change::Record,
        fixture::{Issued, day, directory, now, participant, revoked},
    },
    store,
};
use certs::{
    dev::{self, RevokeOptions},
    inspect::Certificate,
};
use std::path::Path;

const ACTIVE: ParticipantStatus = ParticipantStatus::Active;

/// Writes the authority's list: made at `at`, the next one promised an hour later.
fn publish(issued: &Issued, certificates: &[Certificate], at: Timestamp) {
    let options = RevokeOptions { reason: "keyCompromise".into(), hours: 1 };
    dev::revoke_at(issued.folder(), certificates, &options, at).expect("a list");
}

fn lists(issued: &Issued, source: &Path, cache: &Path) -> Crls {
    let crl = config::Crl {
        issuer: issued.folder().join("ca.pem"),
        source: source.display().to_string(),
        refresh_seconds: 3_600,
    };
    let settings = config::Directory { crl: vec![crl], crl_cache: cache.to_owned(), ..config::Directory::default() };
    Crls::load(&settings).expect("a list to follow")
}

fn read(issued: &Issued) -> Crl {
    let issuer = Issuer::from_pem(&std::fs::read(issued.folder().join("ca.pem")).expect("read")).expect("an authority");
    issuer.read(&std::fs::read(issued.folder().join("ca.crl")).expect("read")).expect("a list")
}

#[test]
fn what_is_listed_and_still_accepted_is_revoked_and_nothing_else() {
    let issued = Issued::new();
    let (pl_one, one) = issued.certificate("PL-X", -9, 9);
    let (pl_two, _) = issued.certificate("PL-X", -9, 99);
    let (uk, lost) = issued.certificate("UK-X", -9, 9);
    let uk = participant("UK-X", ACTIVE, vec![revoked(&uk, day(-1))]);
    let de = participant("DE-X", ACTIVE, vec![Issued::new().certificate("DE-X", -9, 9).0]);
    publish(&issued, &[one, lost], now());
    let pl = participant("PL-X", ACTIVE, vec![pl_one.clone(), pl_two.clone()]);
    let before = directory([pl.clone(), uk, de]);
    let changes = revocations(&before, &read(&issued), now());
    let [change] = &changes[..] else { panic!("one participant changes: {changes:?}") };
    assert_eq!(change.before, Some(pl));
    let Some(Record::Participant(after)) = &change.after else { panic!("a participant") };
    let revocation = after.certificates[0].revoked.as_ref().expect("revoked");
    assert_eq!(revocation.at, now());
    assert!(revocation.reason.starts_with("keyCompromise since 2030-01-01T00:00:00Z, says"), "{}", revocation.reason);
    assert_eq!((&after.certificates[0].pem, &after.certificates[1]), (&pl_one.pem, &pl_two));
    let mut next = before;
    next.apply(change);
    assert!(revocations(&next, &read(&issued), now()).is_empty(), "twice is once");
}

#[tokio::test]
async fn a_list_is_kept_on_disk_and_the_last_good_one_outlives_what_is_worse() {
    let (issued, cache) = (Issued::new(), tempfile::tempdir().expect("a folder"));
    let source = issued.folder().join("ca.crl");
    let lists = || lists(&issued, &source, &cache.path().join("deep"));
    let crls = lists();
    let state = |crls: &Crls, now| {
        let overview = crls.overview(now).remove(0);
        (overview.state, overview.number, overview.problem)
    };
    crls.lists[0].refresh(now()).await;
    let (currency, number, problem) = state(&crls, now());
    assert_eq!((currency, number), (Currency::Missing, None));
    assert!(problem.expect("a problem").contains("ca.crl"));

    publish(&issued, &[], now());
    crls.lists[0].refresh(now()).await;
    assert_eq!(state(&crls, now()), (Currency::Current, Some("1".into()), None));
    assert!(crls.overview(now())[0].is_in_order() && !crls.overview(day(1))[0].is_in_order());

    // Cut short, of an earlier time, from the future: each is refused, and the first one stays.
    let good = std::fs::read(&source).expect("read");
    std::fs::write(&source, &good[..good.len() - 1]).expect("written");
    crls.lists[0].refresh(now()).await;
    assert!(state(&crls, now()).2.is_some_and(|problem| problem.contains("no CRL")));
    std::fs::write(&source, &good).expect("written");
    for (at, word) in [(day(-1), "older"), (day(1), "yet to come")] {
        publish(&issued, &[], at);
        crls.lists[0].refresh(now()).await;
        let (currency, number, problem) = state(&crls, now());
        assert_eq!((currency, number.as_deref()), (Currency::Current, Some("1")));
        assert!(problem.expect("a problem").contains(word), "{word}");
    }

    // Another process finds it on the disk, without a source; a day later it is stale, and still there.
    std::fs::remove_file(&source).expect("removed");
    let again = lists();
    again.lists[0].recall(now()).await;
    assert_eq!(state(&again, day(1)), (Currency::Stale, Some("1".into()), None));
    // The disk is not trusted either.
    for file in std::fs::read_dir(cache.path().join("deep")).expect("a folder") {
        std::fs::write(file.expect("a file").path(), &good[1..]).expect("written");
    }
    let spoilt = lists();
    spoilt.lists[0].recall(now()).await;
    assert_eq!(state(&spoilt, now()).0, Currency::Missing);
}

#[tokio::test]
async fn several_hubs_record_a_revocation_once_and_say_whose_list_it_was() {
    let (issued, folder) = (Issued::new(), tempfile::tempdir().expect("a folder"));
    let (held, certificate) = issued.certificate("PL-X", -9, 9);
    publish(&issued, &[certificate], now());
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let store = store::open(&config::Store { url, connections: 2 }).await.expect("a store");
    let (_, changes) = Directory::default().plan(vec![participant("PL-X", ACTIVE, vec![held])], now()).expect("good");
    let seed = ChangeSet { based_on: 0, at: now(), actor: "a test".into(), reason: None, changes };
    store.change_directory(&seed).await.expect("recorded");
    let crls = lists(&issued, &issued.folder().join("ca.crl"), folder.path());
    crls.lists[0].refresh(now()).await;
    for _hub in 0..2 {
        let before = store.directory().await.expect("a directory").directory;
        // Each hub begins with the directory as it was before anybody revoked anything.
        let stale = Snapshot { version: 1, directory: Arc::new(directory(seed.changes[0].after.clone())) };
        assert_eq!(before.participants().count(), 1);
        let around = Surroundings { store: Arc::clone(&store), directory: Arc::new(InForce::new(stale)), clock: now };
        crls.lists[0].apply(&around).await.expect("recorded");
        assert_eq!(around.directory.now().version, 2);
        assert_eq!(around.directory.now().directory.admitted(now()).count(), 0);
    }
    let events = store.audit_of("PL-X", 10).await.expect("a trail");
    let actors: Vec<_> = events.iter().map(|event| event.actor.as_str()).collect();
    let [_, actor] = actors[..] else { panic!("one revocation: {actors:?}") };
    assert!(actor.starts_with("CRL of O=IMI Gateway development, CN=IMI development authority"), "{actor}");
}

#[tokio::test]
async fn a_list_comes_over_http_within_its_limits() {
    let issued = Issued::new();
    publish(&issued, &[], now());
    let good = std::fs::read(issued.folder().join("ca.crl")).expect("read");
    let answer = |status: &str, length: usize, body: &[u8]| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        [head.as_bytes(), body].concat()
    };
    let huge = vec![0x30; certs::crl::LARGEST_CRL_BYTES + 1];
    for (reply, problem) in [
        (answer("200 OK", good.len(), &good), None),
        (answer("404 Not Found", 0, b""), Some("404")),
        (answer("200 OK", huge.len(), &huge), Some("length limit")),
        (answer("200 OK", good.len() + 1, &good), Some("end of file")),
    ] {
        let port = answering(reply).await;
        let got = Source::new(&format!("http://127.0.0.1:{port}/ca.crl")).expect("an address").read().await;
        match problem {
            None => assert_eq!(got.as_ref(), Ok(&good)),
            Some(word) => assert!(got.as_ref().is_err_and(|said| said.contains(word)), "{word}: {:?}", got.err()),
        }
    }
    for wrong in ["", "https://ca.example/x.crl", "ldap://ca.example/x", "http:///x"] {
        assert!(Source::new(wrong).is_err(), "{wrong}");
    }
}

/// A server that gives one answer, whatever it is asked.
async fn answering(reply: Vec<u8>) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("one caller");
        let _question = stream.read(&mut [0; 1024]).await.expect("a question");
        // A caller that has had enough closes the connection.
        let _cut = stream.write_all(&reply).await;
    });
    port
}
