//! Whoever the directory no longer lets in is out within 10 s, over AMQP and HTTPS, and does not come back; nobody else
//! is disturbed (design, section 4). The bound on time is the promise itself.

use crate::support::{Https, RawParticipant, eventually, folder, options, trial};
use certs::dev::{self, IssueOptions, RevokeOptions};
use futures_util::StreamExt;
use gateway::{
    config,
    directory::{
        HeldCertificate, Participant, ParticipantStatus, Revocation,
        change::{ChangeSet, Key, Record},
    },
    store::{self, Recorded, Store},
};
use jiff::Timestamp;
use lapin::{Consumer, options::BasicConsumeOptions, types::FieldTable};
use libtest_mimic::Trial;
use rustls::ClientConfig;
use simulators::network::Network;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

const PL: &str = "PL-BACKOFFICE";
/// From the operator's command to the closed session (design, section 4).
const PROMISE: Duration = Duration::from_secs(10);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("sessions::a_suspended_participant_is_out_within_10_s_and_back_when_it_is_resumed", suspended),
        trial("sessions::a_revoked_certificate_is_out_within_10_s_and_its_successor_stays", rotated),
        trial("sessions::an_expired_certificate_is_out_within_10_s", expired),
        trial("sessions::what_a_national_ca_revokes_is_out_and_a_stale_list_changes_nothing", listed),
    ]
}

async fn suspended() {
    let network = start("suspended", "").await;
    let operator = Operator::new(&network).await;
    let mut victim = Sessions::open(&network, PL, &stem(&network, PL)).await;
    let mut witness = Sessions::open(&network, "UK-BACKOFFICE", &stem(&network, "UK-BACKOFFICE")).await;

    let commanded = Instant::now();
    operator.change(PL, |participant| participant.status = ParticipantStatus::Suspended).await;
    victim.assert_ended_since("suspension", commanded).await;
    victim.assert_shut_out(&network, commanded).await;
    witness.assert_undisturbed().await;

    operator.change(PL, |participant| participant.status = ParticipantStatus::Active).await;
    let mut back = Sessions::back(&network, PL, &stem(&network, PL)).await;
    back.assert_undisturbed().await;
    witness.assert_undisturbed().await;
    let (_, text) = network.operators_get("/metrics").await.expect("metrics");
    for transport in ["amqp", "https"] {
        let counted = format!("imi_sessions_closed_total{{transport=\"{transport}\",reason=\"suspended\"}}");
        assert!(text.contains(&counted), "{counted}: {text}");
    }
    network.stop().await;
}

async fn rotated() {
    let network = start("rotated", "").await;
    let operator = Operator::new(&network).await;
    let first_stem = stem(&network, PL);
    let second_stem = issue(&network, "second", &IssueOptions { days: 200, ..IssueOptions::default() });
    let pem = fs::read_to_string(second_stem.with_extension("pem")).expect("issued");
    operator.change(PL, |participant| participant.certificates.push(HeldCertificate { pem, revoked: None })).await;
    let mut first = Sessions::open(&network, PL, &first_stem).await;
    let mut second = Sessions::back(&network, PL, &second_stem).await;

    let commanded = Instant::now();
    operator.change(PL, |participant| revoke(&mut participant.certificates[0])).await;
    first.assert_ended_since("revocation", commanded).await;
    first.assert_shut_out(&network, commanded).await;
    second.assert_undisturbed().await;
    let resumed = Https::amqps_resumes_tls_1_2(&network, &second_stem).await;
    assert!(!resumed, "the broker would let a revoked certificate in again with the session it had");
    network.stop().await;
}

async fn expired() {
    let network = start("expired", "").await;
    let operator = Operator::new(&network).await;
    // The shortest life is a day: one that ends in a little while began nearly a day ago.
    let ends = Timestamp::from_second(Timestamp::now().as_second() + 20).expect("in range");
    let begins = Some(ends - jiff::SignedDuration::from_hours(24));
    let short = issue(&network, "short", &IssueOptions { days: 1, begins, ..IssueOptions::default() });
    let pem = fs::read_to_string(short.with_extension("pem")).expect("issued");
    operator.change(PL, |participant| participant.certificates.push(HeldCertificate { pem, revoked: None })).await;
    let mut sessions = Sessions::back(&network, PL, &short).await;
    let mut lasting = Sessions::open(&network, PL, &stem(&network, PL)).await;
    let expires = Instant::now() + Duration::try_from(ends.duration_since(Timestamp::now())).expect("still to come");
    sessions.assert_undisturbed().await;
    sessions.assert_ended_since("expiry", expires).await;
    assert!(Timestamp::now() > ends, "not before its time");
    sessions.assert_shut_out(&network, expires).await;
    lasting.assert_undisturbed().await;
    network.stop().await;
}

async fn listed() {
    let lists = folder("lists");
    let file = lists.join("national.crl");
    let config = format!(
        "[directory]\ncrl_cache = {:?}\n[[directory.crl]]\nissuer = {:?}\nsource = {:?}\nrefresh_seconds = 1\n",
        lists.join("cache"),
        crate::support::folder("crl").join("pki/ca.pem"),
        file,
    );
    let network = start("crl", &config).await;
    let state = async || crl(&network).await;
    assert_eq!(state().await["state"], "missing");
    assert!(state().await["problem"].as_str().is_some_and(|problem| problem.contains("national.crl")));
    let mut victim = Sessions::open(&network, PL, &stem(&network, PL)).await;
    let mut witness = Sessions::open(&network, "UK-BACKOFFICE", &stem(&network, "UK-BACKOFFICE")).await;

    // A list of nobody, stale at once: reported, and traffic goes on.
    let publish = |certificates: &[&str], made: Timestamp| {
        let read = |id: &&str| fs::read(stem(&network, id).with_extension("pem")).expect("a certificate");
        let chains = certificates.iter().map(|id| certs::inspect::inspect_pem(&read(id)).expect("a certificate"));
        let certificates: Vec<_> = chains.map(|mut chain| chain.swap_remove(0)).collect();
        let options = RevokeOptions { reason: "keyCompromise".into(), hours: 1 };
        let list = dev::revoke_at(&network.pki(), &certificates, &options, made).expect("a list");
        fs::copy(list, lists.join("part")).expect("copied");
        fs::rename(lists.join("part"), &file).expect("in place");
    };
    publish(&[], Timestamp::now() - jiff::SignedDuration::from_hours(2));
    eventually("the stale list is reported", async || (state().await["state"] == "stale").then_some(())).await;
    let (_, metrics) = network.operators_get("/metrics").await.expect("metrics");
    assert!(metrics.lines().any(|line| line.starts_with("imi_crl_in_order{") && line.ends_with(" 0")), "{metrics}");
    victim.assert_undisturbed().await;

    // A good list that revokes: out, with the CA named in the audit trail.
    let published = Instant::now();
    publish(&[PL], Timestamp::now());
    victim.assert_ended_since("a CA's revocation", published).await;
    victim.assert_shut_out(&network, published).await;
    witness.assert_undisturbed().await;
    let store = open_store(&network).await;
    let trail = store.audit_of(PL, 10).await.expect("a trail");
    let last = trail.last().expect("events");
    assert!(last.actor.starts_with("CRL of ") && last.actor.contains("IMI development authority"), "{}", last.actor);
    let Some(Record::Participant(after)) = &last.change.after else { panic!("a participant") };
    let reason = &after.certificates[0].revoked.as_ref().expect("revoked").reason;
    assert!(reason.starts_with("keyCompromise"), "{reason}");
    let current = state().await;
    assert_eq!((&current["state"], &current["revoked"]), (&"current".into(), &1.into()), "{current}");

    // Garbage in its place: reported, and the last good one holds.
    fs::write(&file, b"<html>404</html>").expect("written");
    let spoilt = eventually("the bad list is reported", async || {
        Some(state().await).filter(|state| state["problem"].as_str().is_some_and(|problem| problem.contains("no CRL")))
    })
    .await;
    assert_eq!((&spoilt["state"], &spoilt["number"]), (&"current".into(), &"2".into()));
    witness.assert_undisturbed().await;
    network.stop().await;
}

async fn start(name: &str, extra: &str) -> Network {
    let mut options = options(name);
    options.extra_config = extra.to_owned();
    Network::start(options).await.unwrap_or_else(|error| panic!("the network: {}", simulators::chain(&error)))
}

fn stem(network: &Network, participant: &str) -> PathBuf {
    network.pki().join("participants").join(participant)
}

/// Another certificate of PL-BACKOFFICE.
fn issue(network: &Network, name: &str, options: &IssueOptions) -> PathBuf {
    let options = IssueOptions { name: Some(name.parse().expect("a file stem")), ..options.clone() };
    dev::issue(&network.pki(), &PL.parse().expect("a name"), &options).expect("issued");
    stem(network, name)
}

fn revoke(held: &mut HeldCertificate) {
    held.revoked = Some(Revocation { at: Timestamp::now(), reason: "its key was lost".into() });
}

async fn crl(network: &Network) -> serde_json::Value {
    let (_, body) = network.operators_get("/status").await.expect("a status");
    serde_json::from_str::<serde_json::Value>(&body).expect("JSON")["crls"][0].take()
}

async fn open_store(network: &Network) -> Arc<dyn Store> {
    let url = format!("sqlite:{}", network.dir().join("gateway.db").display());
    store::open(&config::Store { url, connections: 2 }).await.expect("the hub's store")
}

/// Whoever changes the directory beside the hub, as the command line does.
struct Operator {
    store: Arc<dyn Store>,
}

impl Operator {
    async fn new(network: &Network) -> Self {
        Self { store: open_store(network).await }
    }

    async fn change(&self, participant: &str, change: impl FnOnce(&mut Participant)) {
        let snapshot = self.store.directory().await.expect("the directory");
        let key = Key::Participant(participant.parse().expect("an id"));
        let Some(Record::Participant(mut record)) = snapshot.directory.record(&key) else { panic!("a participant") };
        change(&mut record);
        let now = Timestamp::now();
        let (_, changes) = snapshot.directory.plan(vec![Record::Participant(record)], now).expect("without a fault");
        let set = ChangeSet { based_on: snapshot.version, at: now, actor: "a scenario".into(), reason: None, changes };
        assert_eq!(self.store.change_directory(&set).await.expect("recorded"), Recorded::Durable);
    }
}

/// A participant's AMQP connection with a consumer, and an HTTPS connection that is kept alive.
struct Sessions {
    name: &'static str,
    stem: PathBuf,
    amqp: RawParticipant,
    consumer: Consumer,
    https: JoinHandle<()>,
    config: Arc<ClientConfig>,
}

impl Sessions {
    async fn open(network: &Network, name: &'static str, stem: &Path) -> Self {
        Self::try_open(network, name, stem).await.expect("both sessions")
    }

    /// As soon as the broker knows that it may come in.
    async fn back(network: &Network, name: &'static str, stem: &Path) -> Self {
        eventually("both sessions", async || Self::try_open(network, name, stem).await.ok()).await
    }

    async fn try_open(network: &Network, name: &'static str, stem: &Path) -> Result<Self, String> {
        let amqp = RawParticipant::connect_with(network, name, stem).await.map_err(|error| error.to_string())?;
        let (queue, options) = (format!("receipts.{name}"), BasicConsumeOptions::default());
        let consuming = amqp.channel.basic_consume(queue.as_str().into(), "".into(), options, FieldTable::default());
        let consumer = consuming.await.map_err(|error| error.to_string())?;
        let config = Https::config(network, stem);
        Https::connect(network, &config).await.map_err(|error| error.to_string())?;
        let https = Https::connect(network, &config).await.map_err(|error| error.to_string())?;
        assert!(https.was_resumed(), "sessions can be resumed: or the attempts to come back prove too little");
        Ok(Self { name, stem: stem.to_owned(), amqp, consumer, https: https.kept_alive(), config })
    }

    /// Waits for the end of both, and holds the longer time against the promise.
    async fn assert_ended_since(&mut self, what: &str, begin: Instant) {
        let consumer = &mut self.consumer;
        let amqp = async {
            while let Some(Ok(_)) = consumer.next().await {}
            begin.elapsed()
        };
        let https = async {
            (&mut self.https).await.expect("no panic");
            begin.elapsed()
        };
        let ended = tokio::time::timeout(crate::support::PATIENCE, async { tokio::join!(amqp, https) });
        let (amqp, https) = ended.await.expect("both sessions end");
        println!("{what} of {}: AMQP session closed after {amqp:?}, HTTPS session after {https:?}", self.name);
        assert!(amqp.max(https) < PROMISE, "{what}: AMQP {amqp:?}, HTTPS {https:?}");
        assert!(!self.amqp.connection.status().connected());
    }

    /// Tries to come back for as long as the promise lasts: whatever gets in for a moment is out again by then, and
    /// afterwards nothing gets in.
    async fn assert_shut_out(&self, network: &Network, begin: Instant) {
        let mut let_in = Vec::new();
        while begin.elapsed() < PROMISE {
            if let Ok(back) = RawParticipant::connect_with(network, self.name, &self.stem).await {
                let_in.push(back);
            }
        }
        println!("{} got in again {} times for a moment", self.name, let_in.len());
        let is_open = |back: &RawParticipant| back.connection.status().connected();
        assert!(!let_in.iter().any(is_open), "a session that got in again is still open");
        RawParticipant::connect_with(network, self.name, &self.stem).await.err().expect("shut out of AMQP");
        Https::connect(network, &self.config).await.err().expect("shut out of HTTPS, with the session to resume too");
    }

    async fn assert_undisturbed(&mut self) {
        assert!(self.amqp.connection.status().connected(), "{}: its AMQP session was closed", self.name);
        self.amqp.spare_channel().await;
        assert!(!self.https.is_finished(), "{}: its HTTPS session was closed", self.name);
    }
}
