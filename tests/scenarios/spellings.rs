//! Two spellings, one law: a message goes out in JSON and comes in as XML, or the other way, as its recipient prefers.

use crate::support::{RawParticipant, Submission, eventually, options, root, sample, trial};
use lapin::{message::BasicGetMessage, options::BasicGetOptions, types::AMQPValue};
use libtest_mimic::Trial;
use schemas::{
    area::Areas,
    validate::Limits,
    wire::{Outcome, RejectionCode, content_sha256},
};
use simulators::network::Network;
use std::fs;

const TYPE: &str = "imi-pq/information-request@1";

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("spellings::each_participant_is_served_in_the_spelling_that_it_prefers", served)]
}

async fn served() {
    let mut options = options("spellings");
    let demo = fs::read_to_string(&options.directory[0]).expect("the demo's directory");
    let directory = options.dir.join("directory.toml");
    let prefers = |text: &str, participant: &str, format: &str| {
        let id = format!("[[participant]]\nid = \"{participant}\"\n");
        assert!(text.contains(&id), "{participant}");
        text.replacen(&id, &format!("{id}format = \"{format}\"\n"), 1)
    };
    let text = prefers(&prefers(&demo, "UK-BACKOFFICE", "xml"), "PT-BACKOFFICE", "json");
    fs::write(&directory, text).expect("written");
    options.directory = vec![directory];
    let network = Network::start(options).await.unwrap_or_else(|error| panic!("{}", simulators::chain(&error)));
    let mut pl = RawParticipant::connect(&network, "PL-BACKOFFICE").await.expect("connected");
    let xml = sample("imi-pq", "information-request-cyrillic");
    let json = spelled_in_json(&xml);

    // JSON out, XML in.
    let delivered = sent(&network, &mut pl, "UK-GPHC", "UK-BACKOFFICE", "application/json", &json).await;
    assert_eq!(content_type(&delivered), "application/xml");
    assert_eq!(spelled_in_json(&delivered.data), json, "the same document in the other spelling");
    assert_eq!(header(&delivered, "imi-content-sha256"), content_sha256(&delivered.data));
    // XML out, JSON in.
    let delivered = sent(&network, &mut pl, "PT-DGES", "PT-BACKOFFICE", "application/xml", &xml).await;
    assert_eq!((content_type(&delivered), &delivered.data), ("application/json", &json));
    // JSON out, JSON in; and no preference: not a byte is touched.
    let spaced = [b" \n", json.as_slice()].concat();
    let delivered = sent(&network, &mut pl, "PT-DGES", "PT-BACKOFFICE", "application/json", &spaced).await;
    assert_eq!(delivered.data, spaced);
    let delivered = sent(&network, &mut pl, "RO-CMR", "RO-BACKOFFICE", "application/json", &spaced).await;
    assert_eq!(delivered.data, spaced);

    // A refusal names the place in the JSON.
    let broken = String::from_utf8(json).expect("UTF-8").replacen("\"DueDate\":\"", "\"DueDate\":\"on ", 1);
    let receipt = pl.refused(&submission("RO-CMR", "application/json", broken.as_bytes())).await.receipt;
    assert_eq!(receipt.code, Some(RejectionCode::SchemaViolation), "{receipt:?}");
    assert_eq!(receipt.violations[0].pointer.as_deref(), Some("/InformationRequest/DueDate"), "{receipt:?}");
    let receipt = pl.refused(&submission("RO-CMR", "application/json", b"{\"InformationRequest\":")).await.receipt;
    assert_eq!(receipt.code, Some(RejectionCode::MalformedDocument), "{receipt:?}");
    network.stop().await;
}

fn submission(to: &str, content_type: &str, body: &[u8]) -> Submission {
    let mut submission = Submission::new("PL-BACKOFFICE", TYPE, "PL-NIA-PHARM", to, body.to_vec());
    submission.content_type = Some(content_type.into());
    submission
}

/// Sends a document, and takes it from the recipient's mailbox.
async fn sent(
    network: &Network,
    sender: &mut RawParticipant,
    authority: &str,
    participant: &str,
    content_type: &str,
    body: &[u8],
) -> BasicGetMessage {
    let submission = submission(authority, content_type, body);
    assert!(sender.publish(&submission).await.expect("published").is_ack());
    let first = loop {
        let receipts = sender.next_receipts().await.into_iter().map(|signed| signed.receipt);
        if let Some(first) = receipts.into_iter().find(|receipt| receipt.message_id == submission.message_id) {
            break first;
        }
    };
    assert_eq!((first.outcome, first.content_sha256), (Outcome::Accepted, content_sha256(body)));
    let recipient = RawParticipant::connect(network, participant).await.expect("connected");
    let queue = format!("mailbox.{authority}");
    let (recipient, queue) = (&recipient, queue.as_str());
    eventually("the message in its mailbox", || async move {
        let got = recipient.channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await;
        got.expect("the mailbox can be read")
    })
    .await
}

fn spelled_in_json(xml: &[u8]) -> Vec<u8> {
    let areas = Areas::load(&root().join("schemas")).unwrap_or_else(|error| panic!("{error}"));
    let version = areas.version(&TYPE.parse().expect("a type")).expect("shipped");
    version
        .mapping()
        .expect("two spellings")
        .to_json(xml, &Limits::default())
        .unwrap_or_else(|error| panic!("{error:?}"))
}

fn content_type(message: &BasicGetMessage) -> &str {
    message.properties.content_type().as_ref().map_or("", |text| text.as_str())
}

fn header(message: &BasicGetMessage, name: &str) -> String {
    let headers = message.properties.headers().as_ref().expect("headers");
    match headers.inner().get(name) {
        Some(AMQPValue::LongString(text)) => text.to_string(),
        other => panic!("{name}: {other:?}"),
    }
}
