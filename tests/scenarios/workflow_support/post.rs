//! The post of the town: one connection per country, every receipt to who waits for it, and everything that ever came into a
//! mailbox.

use super::people::{COUNTRIES, authorities, country_of, participant};
use crate::support::{PATIENCE, RawParticipant, Submission};
use futures_util::{StreamExt, future::join_all};
use lapin::{
    Channel, Confirmation,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions},
    types::FieldTable,
};
use schemas::wire::{Outcome, Receipt, ReceiptBatch};
use simulators::network::Network;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinSet};

/// Something that came into a mailbox.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) authority: String,
    pub(crate) message_id: String,
    pub(crate) exchange: String,
    pub(crate) message_type: String,
    pub(crate) body: Vec<u8>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<HashMap<String, oneshot::Sender<Receipt>>>,
    arrived: Mutex<Vec<Arrival>>,
}

/// Everybody's connections.
pub(crate) struct Post {
    offices: BTreeMap<&'static str, RawParticipant>,
    shared: Arc<Shared>,
    readers: Mutex<JoinSet<()>>,
}

impl Post {
    /// Connects everybody, and begins to read.
    pub(crate) async fn open(network: &Network) -> Self {
        let (mut offices, mut readers, shared) = (BTreeMap::new(), JoinSet::new(), Arc::<Shared>::default());
        for country in COUNTRIES {
            let office = RawParticipant::connect(network, &participant(country)).await.expect("connected");
            let receipts = consumer(&office.spare_channel().await, &format!("receipts.{}", office.name)).await;
            readers.spawn(read_receipts(receipts, Arc::clone(&shared)));
            for authority in authorities().filter(|authority| country_of(authority) == country) {
                let mailbox = consumer(&office.spare_channel().await, &format!("mailbox.{authority}")).await;
                readers.spawn(read_mailbox(mailbox, authority, Arc::clone(&shared)));
            }
            offices.insert(country, office);
        }
        Self { offices, shared, readers: Mutex::new(readers) }
    }

    /// A message of an authority, before it is sent.
    pub(crate) fn submission(&self, from: &str, message_type: &str, body: Vec<u8>) -> Submission {
        let mut submission = Submission::new(&participant(country_of(from)), message_type, from, "nobody", body);
        submission.to(&[]);
        submission
    }

    /// Sends messages of one country all at once, and returns the hub's decision on each.
    pub(crate) async fn send_all(&self, country: &str, submissions: &[Submission]) -> Vec<Receipt> {
        let office = &self.offices[country];
        let answers: Vec<oneshot::Receiver<Receipt>> = {
            let mut waiting = self.shared.waiting.lock().expect("no reader panicked");
            let mut wait = |submission: &Submission| {
                let (sender, receiver) = oneshot::channel();
                waiting.insert(submission.message_id.clone().expect("set"), sender);
                receiver
            };
            submissions.iter().map(&mut wait).collect()
        };
        let published = join_all(submissions.iter().map(|submission| office.publish(submission))).await;
        for confirmation in published {
            assert_eq!(confirmation.expect("published"), Confirmation::Ack(None));
        }
        let decided = tokio::time::timeout(PATIENCE, join_all(answers)).await;
        let decided = decided.unwrap_or_else(|_| panic!("no decision in time: {:?}", submissions[0].message_type));
        decided.into_iter().map(|receipt| receipt.expect("the reader goes on")).collect()
    }

    /// Everything that came into mailboxes so far.
    pub(crate) fn arrived(&self) -> Vec<Arrival> {
        self.shared.arrived.lock().expect("no reader panicked").clone()
    }

    /// Ends the connections.
    pub(crate) async fn close(self) {
        let mut readers = self.readers.into_inner().expect("no reader panicked");
        readers.shutdown().await;
        for office in self.offices.into_values() {
            let _closed = office.connection.close(200, "bye".into()).await;
        }
    }
}

async fn consumer(channel: &Channel, queue: &str) -> lapin::Consumer {
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    let opening = async {
        loop {
            pace.tick().await;
            let options = BasicConsumeOptions::default();
            if let Ok(consumer) = channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await {
                return consumer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, opening).await.unwrap_or_else(|_| panic!("{queue} cannot be read"))
}

async fn read_receipts(mut consumer: lapin::Consumer, shared: Arc<Shared>) {
    while let Some(Ok(delivery)) = consumer.next().await {
        let batch: ReceiptBatch = serde_json::from_slice(&delivery.data).expect("receipts");
        for signed in batch.receipts {
            let decided = matches!(signed.receipt.outcome, Outcome::Accepted | Outcome::Rejected);
            let id = signed.receipt.message_id.clone().filter(|_| decided);
            let mut waiting = shared.waiting.lock().expect("no reader panicked");
            if let Some(sender) = id.and_then(|id| waiting.remove(&id)) {
                let _nobody_waits = sender.send(signed.receipt);
            }
        }
        let _gone = delivery.acker.ack(BasicAckOptions::default()).await;
    }
}

async fn read_mailbox(mut consumer: lapin::Consumer, authority: String, shared: Arc<Shared>) {
    while let Some(Ok(delivery)) = consumer.next().await {
        let acker = delivery.acker.clone();
        let arrival = arrival(&authority, delivery);
        shared.arrived.lock().expect("no reader panicked").push(arrival);
        let _gone = acker.ack(BasicAckOptions::default()).await;
    }
}

fn arrival(authority: &str, delivery: Delivery) -> Arrival {
    let text = |text: &Option<lapin::types::ShortString>| text.as_ref().map(ToString::to_string).unwrap_or_default();
    Arrival {
        authority: authority.to_owned(),
        message_id: text(delivery.properties.message_id()),
        exchange: text(delivery.properties.correlation_id()),
        message_type: text(delivery.properties.kind()),
        body: delivery.data,
    }
}
