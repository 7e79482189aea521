//! The border: thirty participants, and for every pair of them every act that one may not do to the other.

use crate::support::{PATIENCE, RawParticipant, Submission, options, publish, raw_text, sample, trial};
use futures_util::StreamExt;
use lapin::{
    Channel,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicGetOptions, ConfirmSelectOptions, QueueBindOptions,
        QueueDeleteOptions, QueuePurgeOptions,
    },
    types::FieldTable,
};
use libtest_mimic::Trial;
use schemas::wire::{Outcome, RejectionCode};
use simulators::network::Network;
use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};
use tokio::task::JoinSet;

/// The thirty countries of the annual report of 2010.
const COUNTRIES: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HU", "IE", "IS", "IT", "LI", "LT", "LU",
    "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "UK",
];
/// What one tries to do to another.
const ACTS: usize = 13;
/// Others whom one connection serves.
const AT_A_TIME: usize = 2;
const REQUEST: &str = "imi-pq/information-request@1";

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("matrix::of_thirty_participants_nobody_crosses_the_border_of_another", matrix)]
}

async fn matrix() {
    let network = Arc::new(world().await);
    let mut trespassers = JoinSet::new();
    for country in COUNTRIES {
        let network = Arc::clone(&network);
        trespassers.spawn(async move {
            let others: Vec<&str> = COUNTRIES.into_iter().filter(|other| *other != country).collect();
            let mut acts = 0;
            for some in others.chunks(AT_A_TIME) {
                let own = RawParticipant::connect(&network, &participant(country)).await.expect("all thirty connect");
                // All channels first: lapin may hand a refused channel's error to the next one that is opened.
                let mut channels = Vec::new();
                for _ in 0..some.len() * ACTS {
                    channels.push(own.spare_channel().await);
                }
                for other in some {
                    let channels = channels.split_off(channels.len() - ACTS);
                    acts += trespass(&own.name, other, channels).await;
                }
            }
            acts
        });
    }
    println!("{} trespasses refused", trespassers.join_all().await.iter().sum::<usize>());
    let mut citizens = JoinSet::new();
    for country in COUNTRIES {
        let own = RawParticipant::connect(&network, &participant(country)).await.expect("all thirty connect");
        citizens.spawn(rightful(own));
    }
    citizens.join_all().await;
    Arc::into_inner(network).expect("nobody else has it").stop().await;
}

fn participant(country: &str) -> String {
    format!("{country}-BACKOFFICE")
}

fn authority(country: &str) -> String {
    format!("{country}-AUTHORITY")
}

async fn world() -> Network {
    let mut options = options("matrix");
    let mut directory = String::new();
    for country in COUNTRIES {
        let (participant, authority) = (participant(country), authority(country));
        write!(
            directory,
            "[[participant]]\nid = {participant:?}\ncountry = {country:?}\nname = {country:?}\ncertificates = [\"{participant}.pem\"]\n\
             [[authority]]\nid = {authority:?}\nname = {{ en = {authority:?} }}\ncountry = {country:?}\nparticipant = {participant:?}\n\
             areas = [{{ area = \"imi-pq\", roles = [\"requester\", \"responder\"] }}]\n"
        )
        .expect("a string takes everything");
    }
    let file = options.dir.join("thirty.toml");
    std::fs::write(&file, directory).expect("written");
    options.directory = vec![file];
    Network::start(options).await.unwrap_or_else(|error| panic!("the network: {}", simulators::chain(&error)))
}

/// Everything that one must not do to another: each act on a channel of its own, each refused. Returns how many.
async fn trespass(own: &str, other: &str, channels: Vec<Channel>) -> usize {
    let queues = [format!("mailbox.{}", authority(other)), format!("receipts.{}", participant(other))];
    let mut channels = channels.into_iter();
    let mut next = || channels.next().expect("a channel for each act");
    let mut acts = 0;
    let mut refused = |what: &str, result: Result<(), lapin::Error>| {
        let error = result.expect_err(&format!("{own}: {what} {other}")).to_string();
        let forbidden = ["ACCESS_REFUSED", "ACCESS-REFUSED", "PRECONDITION_FAILED", "PRECONDITION-FAILED"];
        assert!(forbidden.iter().any(|word| error.contains(word)), "{own}: {what} {other}: {error}");
        acts += 1;
    };
    for queue in &queues {
        refused("reads", get(&next(), queue).await);
        refused("subscribes to", consume(&next(), queue).await);
        refused("binds", bind(&next(), queue).await);
        let purged = next().queue_purge(queue.as_str().into(), QueuePurgeOptions::default()).await;
        refused("purges", purged.map(drop));
        let deleted = next().queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await;
        refused("deletes", deleted.map(drop));
        refused("writes into", write_into(own, &next(), queue).await);
    }
    let mut forged = request(own, &authority(other), &authority(other));
    forged.user_id = Some(participant(other));
    refused("signs as", confirmed(&next(), "imi.submit", &forged).await);
    assert_eq!(acts, ACTS);
    acts
}

async fn confirmed(channel: &Channel, exchange: &str, submission: &Submission) -> Result<(), lapin::Error> {
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    publish(channel, exchange, submission).await.map(drop)
}

async fn get(channel: &Channel, queue: &str) -> Result<(), lapin::Error> {
    channel.basic_get(queue.into(), BasicGetOptions::default()).await.map(drop)
}

async fn consume(channel: &Channel, queue: &str) -> Result<(), lapin::Error> {
    let options = BasicConsumeOptions::default();
    channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await.map(drop)
}

async fn bind(channel: &Channel, queue: &str) -> Result<(), lapin::Error> {
    let options = QueueBindOptions::default();
    channel.queue_bind(queue.into(), "imi.submit".into(), "#".into(), options, FieldTable::default()).await.map(drop)
}

async fn write_into(own: &str, channel: &Channel, queue: &str) -> Result<(), lapin::Error> {
    let mut submission = request(own, &authority(&own[..2]), "nobody");
    submission.routing_key = queue.into();
    confirmed(channel, "", &submission).await
}

fn request(from_participant: &str, from: &str, to: &str) -> Submission {
    Submission::new(from_participant, REQUEST, from, to, sample("imi-pq", "information-request-2kb"))
}

/// What a participant may do, it can: it writes to each of the others and reads what each of the others wrote. Speaking
/// for another's authority is refused with its code.
async fn rightful(mut own: RawParticipant) {
    let country = own.name[..2].to_owned();
    let others: Vec<&str> = COUNTRIES.into_iter().filter(|other| *other != country).collect();
    for other in &others {
        let good = request(&own.name, &authority(&country), &authority(other));
        own.publish(&good).await.expect("its own request");
        let mut spoof = request(&own.name, &authority(&country), &authority(other));
        spoof.header("imi-from", raw_text(&authority(other)));
        own.publish(&spoof).await.expect("the hub answers it");
    }
    let (mut accepted, mut rejected) = (0, 0);
    while accepted < others.len() || rejected < others.len() {
        for receipt in own.next_receipts().await {
            match receipt.receipt.outcome {
                Outcome::Accepted => accepted += 1,
                Outcome::Rejected => {
                    assert_eq!(receipt.receipt.code, Some(RejectionCode::NotYourAuthority), "{:?}", receipt.receipt);
                    rejected += 1;
                }
                _ => {}
            }
        }
    }
    assert_eq!((accepted, rejected), (others.len(), others.len()));
    let mailbox = format!("mailbox.{}", authority(&country));
    let channel = own.spare_channel().await;
    let options = BasicConsumeOptions::default();
    let mut consumer = channel
        .basic_consume(mailbox.as_str().into(), "".into(), options, FieldTable::default())
        .await
        .expect("its own mailbox");
    let mut senders = BTreeSet::new();
    while senders.len() < others.len() {
        let delivery = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("a message in time");
        let delivery = delivery.expect("the consumer goes on").expect("a delivery");
        let headers = delivery.properties.headers().as_ref().expect("headers").inner().clone();
        let from = headers.get("imi-from").and_then(|from| from.as_long_string()).expect("imi-from").to_string();
        assert!(senders.insert(from.clone()), "{from} wrote once");
        delivery.acker.ack(BasicAckOptions::default()).await.expect("acknowledged");
    }
    let expected: BTreeSet<String> = others.iter().map(|other| authority(other)).collect();
    assert_eq!(senders, expected);
}
