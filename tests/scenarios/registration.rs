//! Registration over the wire, from the first entry to the suspension; and what everybody else notices of it.

use crate::support::{PATIENCE, RawParticipant, Submission, eventually, options, root, sample, trial};
use futures_util::StreamExt;
use gateway::{config, store};
use lapin::{
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions},
    types::FieldTable,
};
use libtest_mimic::Trial;
use schemas::wire::{Outcome, RejectionCode, SignedReceipt};
use simulators::network::Network;

/// The authority that is registered.
const NEW: &str = "AT-AEK-TIROL";

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("registration::an_authority_is_entered_approved_found_written_to_and_suspended", registration)]
}

async fn registration() {
    let mut options = options("registration");
    options.directory.push(root().join("tests/packs/registration.toml"));
    options.extra_config = "[directory]\nclear_seconds = 2\n".into();
    let network =
        Network::start(options).await.unwrap_or_else(|error| panic!("the network: {}", simulators::chain(&error)));
    let mut at = RawParticipant::connect(&network, "AT-BACKOFFICE").await.expect("connected");
    let mut pl = RawParticipant::connect(&network, "PL-BACKOFFICE").await.expect("connected");

    // Its own system enters it; nobody else may, and it takes no part before it is approved and granted an area.
    let foreign = of_registers(&pl, "authority-upsert", "PL-NIMIC", entry());
    assert_refused(&pl.refused(&foreign).await, RejectionCode::NotPermitted, "PL-NIMIC is of PL");
    let mut upsert = of_registers(&at, "authority-upsert", "AT-LAND-TIROL", entry());
    upsert.to(&["AT-NIMIC"]);
    assert_accepted(&at.refused(&upsert).await);
    assert_refused(&pl.refused(&request()).await, RejectionCode::NotPermitted, "its coordinator has not decided yet");
    let approve = decision("approve", "");
    let itself = step(&upsert, of_registers(&at, "authority-decision", "AT-LAND-TIROL", approve.clone()));
    assert_refused(&at.refused(&itself).await, RejectionCode::NotPermitted, "has no role");
    assert_accepted(&at.refused(&step(&upsert, of_registers(&at, "authority-decision", "AT-NIMIC", approve))).await);
    assert_refused(&pl.refused(&request()).await, RejectionCode::RecipientNotInArea, "does not act in area imi-pq");
    let grant = decision(
        "grant",
        "<AreaMembership><Area>imi-pq</Area><AreaRole>responder</AreaRole><Since>2011-05-16</Since></AreaMembership>",
    );
    assert_accepted(&at.refused(&step(&upsert, of_registers(&at, "authority-decision", "AT-NIMIC", grant))).await);

    // A request reaches its new mailbox.
    let waiting = request();
    assert_accepted(&pl.refused(&waiting).await);
    let delivery = next(&at, &format!("mailbox.{NEW}")).await;
    assert_eq!(delivery.data, waiting.body);

    // It is found over the wire, in the language asked for; the hub itself answers.
    let mut search =
        of_registers(&pl, "authority-search", "PL-NIMIC", sample("registers", "authority-search-greek-words"));
    search.body = "<AuthoritySearch xmlns=\"urn:imi:area:registers:1\"><Country>AT</Country><Area>imi-pq</Area>\
                   <Words>osterreichische arzte</Words></AuthoritySearch>"
        .into();
    assert_accepted(&pl.refused(&search).await);
    let answer = next(&pl, "mailbox.PL-NIMIC").await;
    let text = String::from_utf8(answer.data).expect("text");
    assert!(text.contains(&format!("<AuthorityId>{NEW}</AuthorityId>")) && text.contains("Ärztekammer"), "{text}");
    let properties = answer.properties;
    assert_eq!(properties.kind().as_ref().map(|kind| kind.as_str()), Some("registers/authority-search-result@1"));
    let correlation_id = properties.correlation_id().as_ref().map(|id| id.as_str().to_owned());
    assert_eq!(correlation_id, search.correlation_id);
    let message_id = properties.message_id().as_ref().expect("an id").to_string();
    let story = crate::support::track(&network, &message_id).await.expect("the hub's own message has its story");
    assert_eq!(story["exchange"]["state"], "ANSWERED", "{story}");

    // Suspended by its coordinator: requests are refused with the reason, and what waits there needs the coordinator.
    let suspend = of_registers(
        &at,
        "authority-measure",
        "AT-NIMIC",
        decision("suspend", "<Comment language=\"de\">Umzug bis Monatsende.</Comment>")
            .replace_root("AuthorityMeasure"),
    );
    assert_accepted(&at.refused(&suspend).await);
    assert_refused(
        &pl.refused(&request()).await,
        RejectionCode::NotPermitted,
        "AT-AEK-TIROL is suspended; its coordinator is AT-NIMIC",
    );
    let (_, status) = network.operators_get("/status").await.expect("the status");
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    let needs = &status["needs_coordinator"][0];
    assert_eq!(needs["exchange"].as_str(), waiting.correlation_id.as_deref(), "{status}");
    assert_eq!((&needs["awaited"], &needs["coordinator"]), (&NEW.into(), &"AT-NIMIC".into()));

    // Withdrawn: its mailbox stays as long as something lies in it or somebody reads it, and goes then.
    let last = of_registers(&at, "authority-measure", "AT-NIMIC", {
        decision("withdraw", "<Comment language=\"de\">Zusammengelegt.</Comment>").replace_root("AuthorityMeasure")
    });
    assert_accepted(&at.refused(&last).await);
    assert_refused(&pl.refused(&request()).await, RejectionCode::UnknownRecipient, "takes part no longer");
    eventually("the mailbox of who takes part no longer goes", || async {
        let (_, status) = network.operators_get("/status").await.ok()?;
        let status: serde_json::Value = serde_json::from_str(&status).ok()?;
        let queues = status["queues"].as_array()?;
        let is_there = queues.iter().any(|queue| queue["name"] == format!("mailbox.{NEW}"));
        (!is_there && !queues.is_empty()).then_some(())
    })
    .await;

    // The trail says who did what, with before and after.
    let url = format!("sqlite:{}", network.dir().join("gateway.db").display());
    let store = store::open(&config::Store { url, ..config::Store::default() }).await.expect("the store");
    let events = store.audit_of(NEW, 10).await.expect("the trail");
    let actors: Vec<&str> = events.iter().map(|event| event.actor.split(',').next().unwrap_or_default()).collect();
    let coordinator = "AT-NIMIC of AT-BACKOFFICE";
    assert_eq!(actors, ["AT-LAND-TIROL of AT-BACKOFFICE", coordinator, coordinator, coordinator, coordinator]);
    assert!(
        events[0].change.before.is_none()
            && events.windows(2).all(|pair| pair[0].change.after == pair[1].change.before)
    );
    store.close().await;
    network.stop().await;
}

trait Document {
    fn replace_root(&self, root: &str) -> Vec<u8>;
}

impl Document for Vec<u8> {
    fn replace_root(&self, root: &str) -> Vec<u8> {
        String::from_utf8_lossy(self).replace("AuthorityDecision", root).into_bytes()
    }
}

/// The sample of the Austrian chamber, as an entry of the new authority that asks for the area imi-pq.
fn entry() -> Vec<u8> {
    let document = String::from_utf8(sample("registers", "authority-upsert-chamber")).expect("text");
    document
        .replace("AT-AEK-WIEN", NEW)
        .replace("<AuthorityStatus>active", "<AuthorityStatus>pending")
        .replace("AT-LIMIC-PQ", "AT-NIMIC")
        .into_bytes()
}

fn decision(what: &str, more: &str) -> Vec<u8> {
    format!(
        "<AuthorityDecision xmlns=\"urn:imi:area:registers:1\"><AuthorityId>{NEW}</AuthorityId>\
         <DirectoryDecision>{what}</DirectoryDecision>{more}</AuthorityDecision>"
    )
    .into_bytes()
}

/// A message of the area `registers` that names no recipient: the hub itself is meant.
fn of_registers(participant: &RawParticipant, message: &str, from: &str, body: Vec<u8>) -> Submission {
    let mut submission = Submission::new(&participant.name, &format!("registers/{message}@1"), from, "nobody", body);
    submission.to(&[]);
    submission
}

/// The message as a step of the exchange that another opened.
fn step(opening: &Submission, submission: Submission) -> Submission {
    Submission { correlation_id: opening.correlation_id.clone(), ..submission }
}

fn request() -> Submission {
    let body = sample("imi-pq", "information-request-2kb");
    Submission::new("PL-BACKOFFICE", "imi-pq/information-request@1", "PL-NIA-PHARM", NEW, body)
}

fn assert_accepted(receipt: &SignedReceipt) {
    assert_eq!(receipt.receipt.outcome, Outcome::Accepted, "{:?}", receipt.receipt);
}

fn assert_refused(receipt: &SignedReceipt, code: RejectionCode, says: &str) {
    let receipt = &receipt.receipt;
    let reason = receipt.reason.clone().unwrap_or_default();
    assert!(receipt.code == Some(code) && reason.contains(says), "{says}: {receipt:?}");
}

/// The next message of a mailbox, acknowledged. The mailbox of a new authority appears after a moment.
async fn next(participant: &RawParticipant, mailbox: &str) -> Delivery {
    let mut consumer = eventually("the mailbox can be read", || async {
        let channel = participant.spare_channel().await;
        let options = BasicConsumeOptions::default();
        channel.basic_consume(mailbox.into(), "".into(), options, FieldTable::default()).await.ok()
    })
    .await;
    let delivery = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("a message in time");
    let delivery = delivery.expect("the consumer goes on").expect("a delivery");
    delivery.acker.ack(BasicAckOptions::default()).await.expect("acknowledged");
    delivery
}
