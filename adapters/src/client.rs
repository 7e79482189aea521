//! The client: one participant's connection to the network, for as long as it is wanted.
//!
//! Owns the parts and how they hang together: two connections (a broker short of memory stops reading from those that
//! publish, and acknowledgements must still get through), the memory of what was stored, and the settling task.

use crate::{
    amqp::{Envelope, Keeper, Letter, Opener, Publisher, RawDelivery, Subscription, pump, read_receipts},
    config::ClientConfig,
    error::{ClientError, SubmitError},
    incoming::{BatchShare, Delivered, DeliveredReceipt, Fault, FaultReason, Incoming, IncomingReceipt, Settle},
    jws::HubKey,
    outgoing::Outgoing,
    seen::{Seen, SeenKey},
    settling::{Settler, Settling},
};
use jiff::Timestamp;
use schemas::wire::{AuthorityId, MessageId, SignedReceipt, mailbox_queue, receipts_queue};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// Longest that closing waits for reports, and then for connections.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Queues that share a connection: each has a channel, and brokers bound the channels of a connection.
const QUEUES_PER_CONNECTION: usize = 32;

/// The connection that has room for further queues, and how many it has taken.
type Consuming = Option<(Keeper, usize)>;

/// A participant's connection to the network. Clones share it; it ends with [`close`](Client::close), or when the last
/// clone and the last of its streams are dropped.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<ClientConfig>,
    hub_key: Option<HubKey>,
    publisher: Publisher,
    consuming: Mutex<Consuming>,
    seen: Arc<Seen>,
    settler: Settler,
    tasks: TaskTracker,
    stop: CancellationToken,
    _stop_at_the_end: DropGuard,
}

impl Client {
    /// Connects once, without a second attempt: a wrong file, a wrong CA or a refused certificate is an error here.
    /// From then on the client reconnects by itself.
    ///
    /// # Errors
    /// What is wrong and who must act, see [`ClientError`].
    pub async fn connect(config: ClientConfig) -> Result<Self, ClientError> {
        let config = Arc::new(config);
        let hub_key = config.hub_key.as_deref().map(read_hub_key).transpose()?;
        let opener = Opener { config: Arc::clone(&config), purpose: "publish" };
        let first = opener.open().await?;
        let seen = Arc::new(config.seen.as_deref().map_or_else(|| Ok(Seen::in_memory()), Seen::open)?);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let (keeper, keeping) = Keeper::start(opener, Some(first), stop.clone());
        tasks.spawn(keeping);
        let publisher = Publisher::new(keeper, Arc::clone(&config));
        let settling = Settling {
            publisher: publisher.clone(),
            participant: config.participant.clone(),
            enough: usize::from(config.prefetch / 2),
        };
        let (settler, settle) = settling.start();
        // It ends with the last delivery that somebody holds, so closing does not wait for it.
        tokio::spawn(settle);
        let _stop_at_the_end = stop.clone().drop_guard();
        let consuming = Mutex::default();
        let inner = Inner { config, hub_key, publisher, consuming, seen, settler, tasks, stop, _stop_at_the_end };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Submits a message; returns when the broker has confirmed that it holds it. While there is no connection it
    /// waits for one, and what was not confirmed is sent again with the same id. Whoever wants to wait no longer drops
    /// the future; the message may then arrive or not.
    ///
    /// # Errors
    /// The broker refuses the message for good, see [`SubmitError`].
    pub async fn submit(&self, message: &Outgoing) -> Result<(), SubmitError> {
        self.submit_all(std::slice::from_ref(message)).await
    }

    /// Submits messages in their order, many under way at a time; returns when every one is confirmed.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), for the first message that is refused; of those after it some may have arrived.
    /// Submitting all of them again is safe.
    pub async fn submit_all(&self, messages: &[Outgoing]) -> Result<(), SubmitError> {
        for message in messages {
            if let Some(what) = message.objection() {
                return Err(SubmitError::Metadata { message_id: message.message_id, what });
            }
        }
        let participant = &self.inner.config.participant;
        let letters: Vec<_> = messages.iter().map(|message| Letter::of(message, participant)).collect();
        self.inner.publisher.publish_all(&letters, Timestamp::now).await
    }

    /// Receives from the mailboxes of these names, from now on and across connections.
    pub fn mailboxes(&self, authorities: &[AuthorityId]) -> Mailboxes {
        Mailboxes { deliveries: self.consume(authorities.iter().map(mailbox_queue)), inner: Arc::clone(&self.inner) }
    }

    /// Receives the participant's receipts, from now on and across connections.
    pub fn receipts(&self) -> Receipts {
        let queue = receipts_queue(&self.inner.config.participant);
        let deliveries = self.consume(std::iter::once(queue));
        Receipts { deliveries, ready: VecDeque::new(), inner: Arc::clone(&self.inner) }
    }

    /// Reports what was stored, acknowledges it, and closes the connections. Every clone and stream ends with it.
    pub async fn close(self) {
        if timeout(CLOSE_TIMEOUT, self.inner.settler.flush()).await.is_err() {
            tracing::warn!("closing without the last reports of retrieval; the messages will come again");
        }
        self.inner.stop.cancel();
        self.inner.tasks.close();
        if timeout(CLOSE_TIMEOUT, self.inner.tasks.wait()).await.is_err() {
            tracing::warn!("the broker did not let go of the connections in time");
        }
    }

    /// Remembers a delivery as stored without settling it.
    pub(crate) async fn remember(
        &self,
        message_id: MessageId,
        from: &AuthorityId,
        to: &AuthorityId,
    ) -> Result<(), ClientError> {
        self.inner.seen.remember(SeenKey::of(message_id, from, to)).await
    }

    fn consume(&self, queues: impl Iterator<Item = String>) -> mpsc::Receiver<RawDelivery> {
        let prefetch = self.inner.config.prefetch.max(1);
        // Prefetch bounds what the broker sends; this only decouples the tasks.
        let (listener, deliveries) = mpsc::channel(usize::from(prefetch));
        for queue in queues {
            let subscription = Subscription { queue, prefetch, backoff: self.inner.config.backoff };
            self.inner.tasks.spawn(pump(self.consuming_keeper(), subscription, listener.clone()));
        }
        deliveries
    }

    /// The keeper of a connection that has room for one queue more.
    fn consuming_keeper(&self) -> Keeper {
        let inner = &self.inner;
        let mut consuming = inner.consuming.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *consuming {
            Some((keeper, queues)) if *queues < QUEUES_PER_CONNECTION => {
                *queues += 1;
                keeper.clone()
            }
            full_or_none => {
                let opener = Opener { config: Arc::clone(&inner.config), purpose: "consume" };
                let (keeper, keeping) = Keeper::start(opener, None, inner.stop.clone());
                inner.tasks.spawn(keeping);
                *full_or_none = Some((keeper.clone(), 1));
                keeper
            }
        }
    }
}

fn read_hub_key(path: &std::path::Path) -> Result<HubKey, ClientError> {
    let failed = |cause: String| ClientError::File { setting: "hub_key", path: path.to_owned(), cause };
    let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    HubKey::from_pem(&pem).map_err(|error| failed(error.to_string()))
}

/// The messages of some mailboxes, as they come.
pub struct Mailboxes {
    deliveries: mpsc::Receiver<RawDelivery>,
    inner: Arc<Inner>,
}

impl Mailboxes {
    /// The next message; none when the client is closed. Waiting may be given up without losing any. What is no message is logged and rejected, so that the broker
    /// puts it where the hub wants undeliverable messages; [`next_delivery`](Self::next_delivery) shows it instead.
    pub async fn next(&mut self) -> Option<Incoming> {
        loop {
            match self.next_delivery().await? {
                Delivered::Message(message) => return Some(*message),
                Delivered::Fault(fault) => discard(*fault).await,
            }
        }
    }

    /// The next delivery, good or faulty; none when the client is closed.
    pub async fn next_delivery(&mut self) -> Option<Delivered> {
        let raw = self.deliveries.recv().await?;
        Some(match Envelope::read(&raw.properties, &raw.body, &self.inner.config.hub_id) {
            Ok(envelope) => Delivered::Message(Box::new(incoming(envelope, raw, &self.inner))),
            Err(reason) => Delivered::Fault(Box::new(fault(raw, reason, &self.inner))),
        })
    }
}

/// The receipts of the participant, as they come.
pub struct Receipts {
    deliveries: mpsc::Receiver<RawDelivery>,
    ready: VecDeque<IncomingReceipt>,
    inner: Arc<Inner>,
}

impl Receipts {
    /// The next receipt; none when the client is closed. What is none is treated as in [`Mailboxes::next`].
    pub async fn next(&mut self) -> Option<IncomingReceipt> {
        loop {
            match self.next_delivery().await? {
                DeliveredReceipt::Receipt(receipt) => return Some(*receipt),
                DeliveredReceipt::Fault(fault) => discard(*fault).await,
            }
        }
    }

    /// The next receipt, or something that should have been some; none when the client is closed.
    pub async fn next_delivery(&mut self) -> Option<DeliveredReceipt> {
        loop {
            if let Some(receipt) = self.ready.pop_front() {
                return Some(DeliveredReceipt::Receipt(Box::new(receipt)));
            }
            let raw = self.deliveries.recv().await?;
            match read_receipts(&raw.properties, &raw.body, &self.inner.config.hub_id) {
                Ok(receipts) => self.ready = self.open(receipts, raw),
                Err(reason) => return Some(DeliveredReceipt::Fault(Box::new(fault(raw, reason, &self.inner)))),
            }
        }
    }

    fn open(&self, receipts: Vec<SignedReceipt>, raw: RawDelivery) -> VecDeque<IncomingReceipt> {
        let shares = BatchShare::split(receipts.len(), raw.token, self.inner.settler.clone());
        let open = |(signed, share): (SignedReceipt, BatchShare)| {
            let doubt = match &self.inner.hub_key {
                None => Some("no hub key is configured".to_owned()),
                Some(key) => key.verify(&signed).err().map(|error| error.to_string()),
            };
            let SignedReceipt { receipt, jws } = signed;
            IncomingReceipt { receipt, jws, verified: doubt.is_none(), doubt, share }
        };
        receipts.into_iter().zip(shares).map(open).collect()
    }
}

fn incoming(envelope: Envelope, raw: RawDelivery, inner: &Inner) -> Incoming {
    let key = SeenKey::of(envelope.message_id, &envelope.from, &envelope.to);
    Incoming {
        message_id: envelope.message_id,
        correlation_id: envelope.correlation_id,
        message_type: envelope.message_type,
        content_type: envelope.content_type,
        from: envelope.from,
        to: envelope.to,
        sequence: envelope.sequence,
        deadline: envelope.deadline,
        language: envelope.language,
        traceparent: envelope.traceparent,
        content_sha256: envelope.content_sha256,
        body: raw.body,
        seen_before: inner.seen.contains(key),
        settle: Settle { token: raw.token, seen: Arc::clone(&inner.seen), settler: inner.settler.clone() },
    }
}

fn fault(raw: RawDelivery, reason: FaultReason, inner: &Inner) -> Fault {
    Fault {
        message_id: raw.message_id(),
        message_type: raw.message_type(),
        queue: raw.queue,
        reason,
        body: raw.body,
        token: raw.token,
        settler: inner.settler.clone(),
    }
}

async fn discard(fault: Fault) {
    let message_id = fault.message_id.as_deref().unwrap_or("none");
    tracing::error!(queue = fault.queue, message_id, reason = %fault.reason, "a faulty delivery is rejected");
    fault.reject().await;
}
