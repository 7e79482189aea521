//! Bring your own schema: packs over an XSD set and over JSON Schemas that nobody wrote for the hub are dropped in, and
//! their messages flow untouched, in the one spelling that each has.

use crate::support::{PATIENCE, RawParticipant, Submission, eventually, options, raw_text, root, trial};
use lapin::{message::BasicGetMessage, options::BasicGetOptions};
use libtest_mimic::Trial;
use schemas::wire::{Outcome, Receipt, RejectionCode};
use simulators::network::Network;
use std::{fs, path::Path, process::Command, time::Instant};

const APPROVAL: &str = "vehicle-approval/approval-notification@1";
const COMMENT: &str = "vehicle-approval/vehicle-comment@1";
const ALERT: &str = "falsified-medicines/rapid-alert@1";
const XML: &str = "application/xml";
const JSON: &str = "application/json";

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("foreign_schemas::areas_over_schemas_of_others_carry_their_messages_untouched", carried)]
}

async fn carried() {
    let (network, packs) = network().await;
    let mut de = RawParticipant::connect(&network, "DE-BACKOFFICE").await.expect("connected");
    for area in ["vehicle-approval", "falsified-medicines"] {
        copy(&root().join("tests/packs").join(area), &packs.join("areas"));
    }
    in_force(&network, 2).await;

    // Each message reaches its recipient byte for byte, though one recipient prefers JSON and the other XML.
    let approval = sample("vehicle-approval", "good/approval-notification-first.xml");
    let alert = sample("falsified-medicines", "good/rapid-alert-first.json");
    let sent = submission(APPROVAL, "DE-KBA", "PL-TDT", XML, &approval);
    assert_eq!(receipt(&mut de, &sent).await.outcome, Outcome::Accepted);
    let delivered = delivered(&network, "PL-BACKOFFICE", "PL-TDT").await;
    assert_eq!((content_type(&delivered), &delivered.data), (XML, &approval));
    let headers = delivered.properties.headers().clone().expect("headers");
    assert_eq!(headers.inner().get("imi-deadline"), Some(&raw_text("2011-06-14")));
    let accepted = receipt(&mut de, &submission(ALERT, "DE-PEI", "AT-BASG", JSON, &alert)).await;
    assert_eq!(accepted.outcome, Outcome::Accepted, "{accepted:?}");
    let delivered = self::delivered(&network, "AT-BACKOFFICE", "AT-BASG").await;
    assert_eq!((content_type(&delivered), &delivered.data), (JSON, &alert));

    // The other message has its root in another namespace.
    let comment = sample("vehicle-approval", "good/vehicle-comment-category.xml");
    let mut follows = submission(COMMENT, "DE-KBA", "PL-TDT", XML, &comment);
    follows.to(&[]);
    follows.correlation_id = sent.correlation_id;
    assert_eq!(receipt(&mut de, &follows).await.outcome, Outcome::Accepted);

    // What breaks the schema is refused at its place.
    let bad = sample("vehicle-approval", "bad/approval-notification-three-faults.xml");
    let refused = receipt(&mut de, &submission(APPROVAL, "DE-KBA", "PL-TDT", XML, &bad)).await;
    assert_eq!((refused.code, refused.violations.len()), (Some(RejectionCode::SchemaViolation), 3), "{refused:?}");
    let first = &refused.violations[0];
    assert_eq!((first.rule.as_str(), first.line, first.column), ("cvc-maxLength-valid", Some(8), Some(5)));
    let bad = sample("falsified-medicines", "bad/rapid-alert-four-faults.json");
    let refused = receipt(&mut de, &submission(ALERT, "DE-PEI", "AT-BASG", JSON, &bad)).await;
    assert_eq!((refused.code, refused.violations.len()), (Some(RejectionCode::SchemaViolation), 5), "{refused:?}");
    let last = &refused.violations[4];
    assert_eq!((last.pointer.as_deref(), last.line, last.column), (Some("/batches/0/packs"), Some(6), Some(36)));

    // What is in the other spelling is refused too, and the reason names the one there is.
    for (kind, from, to, content_type, body, only) in
        [(APPROVAL, "DE-KBA", "PL-TDT", JSON, &alert, XML), (ALERT, "DE-PEI", "AT-BASG", XML, &approval, JSON)]
    {
        let refused = receipt(&mut de, &submission(kind, from, to, content_type, body)).await;
        assert_eq!(refused.code, Some(RejectionCode::MalformedMetadata), "{refused:?}");
        assert!(refused.reason.expect("a reason").contains(&format!("one spelling, {only}")));
    }

    // A file of a set changes: what it made valid is not valid any more.
    let codes = packs.join("areas/falsified-medicines/1/json/common/codes.schema.json");
    let text = fs::read_to_string(&codes).expect("a schema");
    fs::write(&codes, text.replace("\"class-1\", ", "")).expect("written");
    let patient_until = Instant::now() + PATIENCE;
    while receipt(&mut de, &submission(ALERT, "DE-PEI", "AT-BASG", JSON, &alert)).await.code
        != Some(RejectionCode::SchemaViolation)
    {
        assert!(Instant::now() < patient_until, "the changed schema never came into force");
    }
    network.stop().await;
}

/// A network whose packs are a copy that the scenario may change, and whose recipients prefer what they cannot get.
async fn network() -> (Network, std::path::PathBuf) {
    let mut options = options("foreign-schemas");
    let packs = options.dir.join("schemas");
    fs::create_dir_all(&packs).expect("a folder");
    for part in ["areas", "common", "workflows"] {
        copy(&root().join("schemas").join(part), &packs);
    }
    let mut text = fs::read_to_string(&options.directory[0]).expect("the demo's directory");
    for (participant, format) in [("PL-BACKOFFICE", "json"), ("AT-BACKOFFICE", "xml")] {
        let id = format!("[[participant]]\nid = \"{participant}\"\n");
        assert!(text.contains(&id), "{participant}");
        text = text.replacen(&id, &format!("{id}format = \"{format}\"\n"), 1);
    }
    let directory = options.dir.join("directory.toml");
    fs::write(&directory, text).expect("written");
    options.directory = vec![directory, root().join("tests/packs/directory.toml")];
    options.extra_config = format!("[areas]\npath = {:?}\nwatch_ms = 200\n", packs.display().to_string());
    (Network::start(options).await.unwrap_or_else(|error| panic!("the network: {}", simulators::chain(&error))), packs)
}

fn copy(from: &Path, into: &Path) {
    assert!(Command::new("cp").arg("-r").arg(from).arg(into).status().expect("cp runs").success());
}

fn sample(area: &str, name: &str) -> Vec<u8> {
    fs::read(root().join(format!("tests/packs/{area}/1/samples/{name}"))).expect("a sample")
}

fn submission(message_type: &str, from: &str, to: &str, content_type: &str, body: &[u8]) -> Submission {
    let mut submission = Submission::new("DE-BACKOFFICE", message_type, from, to, body.to_vec());
    submission.content_type = Some(content_type.into());
    submission
}

/// Sends a message; the first receipt that speaks of it.
async fn receipt(sender: &mut RawParticipant, submission: &Submission) -> Receipt {
    assert!(sender.publish(submission).await.expect("published").is_ack());
    loop {
        let receipts = sender.next_receipts().await.into_iter().map(|signed| signed.receipt);
        if let Some(first) = receipts.into_iter().find(|receipt| receipt.message_id == submission.message_id) {
            return first;
        }
    }
}

async fn delivered(network: &Network, participant: &str, authority: &str) -> BasicGetMessage {
    let recipient = RawParticipant::connect(network, participant).await.expect("connected");
    let queue = format!("mailbox.{authority}");
    let (recipient, queue) = (&recipient, queue.as_str());
    eventually("the message in its mailbox", || async move {
        let got = recipient.channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await;
        got.expect("the mailbox can be read")
    })
    .await
}

fn content_type(message: &BasicGetMessage) -> &str {
    message.properties.content_type().as_ref().map_or("", |text| text.as_str())
}

/// Waits until so many of the areas of this scenario take messages.
async fn in_force(network: &Network, count: usize) {
    eventually("the packs come into force", || async {
        let (_, body) = network.operators_get("/status").await.ok()?;
        let status: serde_json::Value = serde_json::from_str(&body).ok()?;
        let areas = status["areas"].as_array()?.iter().filter_map(|area| area["area"].as_str());
        let ours = areas.filter(|area| ["vehicle-approval", "falsified-medicines"].contains(area));
        (ours.count() == count).then_some(())
    })
    .await;
}
