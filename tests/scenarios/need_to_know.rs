//! Need to know: an incoming coordinator of a qualification alert sees profession and scope, and nothing else; who handles it
//! sees all of it; and when what it is about has expired, the hub closes it (Implementing Regulation (EU) 2015/983, Articles
//! 24(3) and 28(5)).

use crate::support::{RawParticipant, Submission, eventually, options, sample, track, trial};
use jiff::Timestamp;
use lapin::{message::BasicGetMessage, options::BasicGetOptions};
use libtest_mimic::Trial;
use schemas::wire::{Notice, NoticeKind};
use simulators::network::Network;
use std::fs;

/// What no coordinator may see of the alert: identity, who decided, when, for how long.
const HIDDEN: [&str; 6] = ["Καραγιάννης", "Karagiannis", "1961", "Λάρισα", "Πειθαρχικό", "2016-03"];

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("need_to_know::a_coordinator_of_an_alert_sees_profession_and_scope_alone", seen)]
}

const COORDINATORS: &str = r#"
[[authority]]
id = "DE-PQ-LIMIC"
name = { de = "IMI-Koordinator Berufsqualifikationen" }
country = "DE"
participant = "DE-BACKOFFICE"
languages = ["de"]
areas = [{ area = "imi-pq", roles = ["coordinator"] }]

[[authority]]
id = "RO-PQ-LIMIC"
name = { ro = "Coordonator IMI" }
country = "RO"
participant = "RO-BACKOFFICE"
languages = ["ro"]
areas = [{ area = "imi-pq", roles = ["coordinator", "responder"] }]
"#;

async fn seen() {
    let mut options = options("need-to-know");
    let demo = fs::read_to_string(&options.directory[0]).expect("the demo's directory");
    let (directory, clock) = (options.dir.join("directory.toml"), options.dir.join("clock"));
    fs::write(&directory, demo + COORDINATORS).expect("written");
    options.directory = vec![directory];
    options.extra_config = format!("[faults]\nclock_file = {clock:?}\n");
    // The hub lives on the day on which the alert was sent.
    set(&clock, "2016-03-11T10:00:00Z");
    let network = Network::start(options).await.unwrap_or_else(|error| panic!("{}", simulators::chain(&error)));
    let pl = RawParticipant::connect(&network, "PL-BACKOFFICE").await.expect("connected");
    let document = sample("imi-pq", "alert-56a-suspension");
    let mut alert = Submission::new("PL-BACKOFFICE", "imi-pq/alert-56a@1", "PL-NIA-PHARM", "UK-GPHC", document.clone());
    alert.to(&[]);
    assert!(pl.publish(&alert).await.expect("published").is_ack());

    // Germany has a coordinator: it alone receives the alert for Germany, and only what it may see.
    let notice = taken(&network, "DE-BACKOFFICE", "DE-PQ-LIMIC").await;
    assert_eq!(kind(&notice), "imi-pq/alert-coordinator-notice@1");
    let text = String::from_utf8(notice.data.clone()).expect("UTF-8");
    for (element, value) in [("AlertKind", "restriction"), ("Profession", "doctor"), ("RestrictionScope", "suspension")]
    {
        assert!(text.contains(&format!("<{element}>{value}</{element}>")), "{text}");
    }
    assert!(text.contains(alert.correlation_id.as_deref().expect("an exchange")), "{text}");
    for hidden in HIDDEN {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    // A coordinator that handles alerts itself sees all of it, and so do authorities of a country without a coordinator.
    for (participant, authority) in [("RO-BACKOFFICE", "RO-PQ-LIMIC"), ("UK-BACKOFFICE", "UK-GPHC")] {
        let whole = taken(&network, participant, authority).await;
        assert_eq!((kind(&whole), &whole.data), ("imi-pq/alert-56a@1", &document));
    }
    // Nobody else in Germany was told, and nobody in Poland.
    let told = recipients(&network, alert.message_id.as_deref().expect("an id")).await;
    assert!(told.iter().filter(|authority| authority.starts_with("DE-")).eq(["DE-PQ-LIMIC"]), "{told:?}");
    assert!(told.iter().all(|authority| !authority.starts_with("PL-")), "{told:?}");

    // Half a year later the authority is asked whether it still holds; the day after its end the hub closes it.
    set(&clock, "2016-09-20T10:00:00Z");
    assert_eq!(notice_of(&network, "PL-BACKOFFICE", "PL-NIA-PHARM").await.kind, NoticeKind::Reminder);
    set(&clock, "2018-03-11T10:00:00Z");
    let closure = eventually("the closure", || async {
        let notice = notice_of(&network, "PL-BACKOFFICE", "PL-NIA-PHARM").await;
        (notice.kind == NoticeKind::Closure).then_some(notice)
    })
    .await;
    assert_eq!((closure.state.as_str(), closure.deadline.as_str()), ("CLOSED", "alert-expired"));
    assert_eq!(notice_of(&network, "DE-BACKOFFICE", "DE-PQ-LIMIC").await.kind, NoticeKind::Closure);
    network.stop().await;
}

/// Puts the hub's clock to a time.
fn set(clock: &std::path::Path, to: &str) {
    let to: Timestamp = to.parse().expect("a time");
    fs::write(clock, format!("{}\n", to.as_second() - Timestamp::now().as_second())).expect("written");
}

async fn notice_of(network: &Network, participant: &str, authority: &str) -> Notice {
    let message = taken(network, participant, authority).await;
    serde_json::from_slice(&message.data).unwrap_or_else(|error| panic!("{} is no notice: {error}", kind(&message)))
}

/// Takes the next message from a mailbox.
async fn taken(network: &Network, participant: &str, authority: &str) -> BasicGetMessage {
    let recipient = RawParticipant::connect(network, participant).await.expect("connected");
    let queue = format!("mailbox.{authority}");
    let (recipient, queue) = (&recipient, queue.as_str());
    eventually(&format!("a message for {authority}"), || async move {
        let got = recipient.channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await;
        got.expect("the mailbox can be read")
    })
    .await
}

fn kind(message: &BasicGetMessage) -> &str {
    message.properties.kind().as_ref().map_or("", |text| text.as_str())
}

async fn recipients(network: &Network, message_id: &str) -> Vec<String> {
    let story = track(network, message_id).await.expect("known");
    let recipients = story["recipients"].as_array().expect("recipients");
    recipients.iter().filter_map(|one| one["authority"].as_str().map(str::to_owned)).collect()
}
