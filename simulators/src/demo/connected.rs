//! A back office that uses the client library: sends, receives, stores, reads receipts.

use super::{
    DemoError,
    eyes::{Eyes, Sighting},
    ledger::Arrival,
};
use adapters::{Client, ClientConfig, Incoming, Mailboxes, Outgoing, Receipts};
use schemas::wire::{AuthorityId, content_sha256};
use tokio::task::JoinSet;

/// One country's back office.
pub(super) struct Connected {
    client: Client,
    _readers: JoinSet<()>,
}

impl Connected {
    /// Connects and begins to read the mailboxes of its authorities and its receipts.
    pub(super) async fn open(
        config: ClientConfig,
        authorities: &[AuthorityId],
        eyes: &Eyes,
    ) -> Result<Self, DemoError> {
        let client = Client::connect(config).await?;
        let mut readers = JoinSet::new();
        readers.spawn(read_mailboxes(client.mailboxes(authorities), eyes.clone()));
        readers.spawn(read_receipts(client.receipts(), eyes.clone()));
        Ok(Self { client, _readers: readers })
    }

    /// Sends a message; returns when the broker holds it.
    pub(super) async fn submit(&self, message: &Outgoing) -> Result<(), DemoError> {
        Ok(self.client.submit(message).await?)
    }

    /// Reports what is not yet reported, and disconnects.
    pub(super) async fn close(self) {
        self.client.close().await;
    }
}

async fn read_mailboxes(mut mailboxes: Mailboxes, eyes: Eyes) {
    while let Some(incoming) = mailboxes.next().await {
        // A real back office would write the document to its own database here.
        if !incoming.seen_before {
            eyes.message(sighting(&incoming));
        }
        // Where the client has been closed meanwhile, the hub delivers it again.
        let _again = incoming.stored().await;
    }
}

fn sighting(incoming: &Incoming) -> Sighting {
    Sighting {
        message_id: incoming.message_id,
        name: incoming.message_type.message.to_string(),
        from: incoming.from.to_string(),
        deadline: incoming.deadline.clone(),
        content_type: incoming.content_type.clone(),
        arrival: Arrival {
            to: incoming.to.clone(),
            sha256: content_sha256(&incoming.body),
            sequence: incoming.sequence,
        },
    }
}

async fn read_receipts(mut receipts: Receipts, eyes: Eyes) {
    while let Some(incoming) = receipts.next().await {
        eyes.receipt(incoming.receipt.clone(), incoming.verified);
        let _again = incoming.stored().await;
    }
}
