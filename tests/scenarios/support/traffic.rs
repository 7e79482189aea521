//! Honest traffic through the client library, and the proof that nothing of it was lost.

use super::{PATIENCE, eventually, sample};
use adapters::{Client, Outgoing};
use schemas::wire::{AuthorityId, MessageId, Outcome};
use simulators::network::Network;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use tokio::task::JoinSet;

/// Who writes to whom in area imi-pq: participant, sending authority, receiving participant, receiving authority.
const ROUTES: [(&str, &str, &str, &str); 3] = [
    ("PL-BACKOFFICE", "PL-NIA-PHARM", "UK-BACKOFFICE", "UK-GPHC"),
    ("PT-BACKOFFICE", "PT-DGES", "DE-BACKOFFICE", "DE-RP-DARMSTADT"),
    ("AT-BACKOFFICE", "AT-AEK-WIEN", "RO-BACKOFFICE", "RO-CMR"),
];

/// A good information request in an exchange of its own.
fn request(from: &str, to: &str) -> Outgoing {
    let id = |text: &str| text.parse::<AuthorityId>().expect("an authority");
    let message_type = "imi-pq/information-request@1".parse().expect("a type");
    Outgoing::new(message_type, id(from), vec![id(to)], sample("imi-pq", "information-request-2kb"))
}

#[derive(Default)]
struct Seen {
    /// How often each message came into a mailbox, and with which content.
    received: BTreeMap<MessageId, (usize, String)>,
    /// Which outcomes were receipted of each message.
    receipts: BTreeMap<String, BTreeSet<Outcome>>,
}

/// Three senders and three recipients that note what they see.
pub(crate) struct Traffic {
    senders: Vec<Client>,
    seen: Arc<Mutex<Seen>>,
    readers: JoinSet<()>,
}

impl Traffic {
    /// Connects everybody and begins to read mailboxes and receipts.
    pub(crate) async fn start(network: &Network) -> Self {
        let mut traffic = Self { senders: Vec::new(), seen: Arc::default(), readers: JoinSet::new() };
        for (sender, _, recipient, authority) in ROUTES {
            let connect =
                async |participant| Client::connect(network.client_config(participant)).await.expect("connected");
            let (sender, recipient) = (connect(sender).await, connect(recipient).await);
            traffic.readers.spawn(read_receipts(sender.clone(), Arc::clone(&traffic.seen)));
            traffic.readers.spawn(read_mailbox(
                recipient,
                authority.parse().expect("an authority"),
                Arc::clone(&traffic.seen),
            ));
            traffic.senders.push(sender);
        }
        traffic
    }

    /// Begins to submit `count` messages over all routes. The task ends when the broker has confirmed them all, and
    /// returns their ids.
    pub(crate) fn submit(&self, count: usize) -> tokio::task::JoinHandle<Vec<MessageId>> {
        let senders = self.senders.clone();
        tokio::spawn(async move {
            let mut submitted = Vec::new();
            let mut sending = JoinSet::new();
            for (place, (sender, (_, from, _, to))) in senders.into_iter().zip(ROUTES).enumerate() {
                let share = count / ROUTES.len() + usize::from(place < count % ROUTES.len());
                let messages: Vec<Outgoing> = (0..share).map(|_| request(from, to)).collect();
                submitted.extend(messages.iter().map(|message| message.message_id));
                sending.spawn(async move {
                    for part in messages.chunks(50) {
                        sender.submit_all(part).await.expect("confirmed in the end");
                    }
                });
            }
            while let Some(sent) = sending.join_next().await {
                sent.expect("no sender panicked");
            }
            submitted
        })
    }

    /// How many different messages have come into mailboxes so far.
    pub(crate) fn received(&self) -> usize {
        self.seen.lock().expect("no reader panicked").received.len()
    }

    /// Waits until more than `count` different messages have come into mailboxes.
    pub(crate) async fn wait_received(&self, count: usize) {
        eventually(&format!("{count} messages received"), async || (self.received() > count).then_some(())).await;
    }

    /// Every one of these messages was received untouched, is receipted, and has ended as retrieved; nothing else was received.
    pub(crate) async fn assert_conserved(&self, network: &Network, submitted: &[MessageId]) {
        let content = schemas::wire::content_sha256(&sample("imi-pq", "information-request-2kb"));
        for id in submitted {
            let track = eventually(&format!("{id} is retrieved"), async || {
                super::track(network, &id.to_string()).await.filter(|track| track["state"] == "retrieved")
            })
            .await;
            assert_eq!(track["ended"], true, "{track}");
        }
        let wanted = BTreeSet::from([Outcome::Accepted, Outcome::Delivered, Outcome::Retrieved]);
        eventually("every receipt", async || {
            let seen = self.seen.lock().expect("no reader panicked");
            submitted
                .iter()
                .all(|id| seen.receipts.get(&id.to_string()).is_some_and(|outcomes| *outcomes == wanted))
                .then_some(())
        })
        .await;
        let seen = self.seen.lock().expect("no reader panicked");
        let submitted: BTreeSet<_> = submitted.iter().collect();
        assert_eq!(seen.received.keys().collect::<BTreeSet<_>>(), submitted, "exactly what was submitted is received");
        assert!(seen.received.values().all(|(_, sha256)| *sha256 == content), "every document is untouched");
    }

    /// Messages that came into a mailbox more than once.
    pub(crate) fn repeated(&self) -> usize {
        self.seen.lock().expect("no reader panicked").received.values().filter(|(times, _)| *times > 1).count()
    }

    /// Ends every connection.
    pub(crate) async fn stop(mut self) {
        self.readers.shutdown().await;
        for sender in self.senders {
            tokio::time::timeout(PATIENCE, sender.close()).await.expect("closed in time");
        }
    }
}

async fn read_mailbox(client: Client, authority: AuthorityId, seen: Arc<Mutex<Seen>>) {
    let mut mailbox = client.mailboxes(&[authority]);
    while let Some(message) = mailbox.next().await {
        {
            let mut seen = seen.lock().expect("no reader panicked");
            let entry = seen.received.entry(message.message_id).or_default();
            entry.0 += 1;
            entry.1 = schemas::wire::content_sha256(&message.body);
        }
        message.stored().await.expect("remembered");
    }
}

async fn read_receipts(client: Client, seen: Arc<Mutex<Seen>>) {
    let mut receipts = client.receipts();
    while let Some(receipt) = receipts.next().await {
        assert!(receipt.verified, "the signature is good: {:?}", receipt.doubt);
        {
            let mut seen = seen.lock().expect("no reader panicked");
            let id = receipt.receipt.message_id.clone().expect("named");
            seen.receipts.entry(id).or_default().insert(receipt.receipt.outcome);
        }
        receipt.stored().await.expect("acknowledged");
    }
}
