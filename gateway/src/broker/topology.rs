//! Topology: which exchanges and queues exist, and what is bound to what (design, section 5).
//!
//! ```text
//! imi.submit (topic) ── area.message ──▶ imi.ingress (hash of correlation_id) ──▶ ingress.0 … ingress.n
//!     │                └ urgent types ──────────────────────────────────────────▶ ingress.urgent
//!     │                └ hub.retrieved ─────────────────────────────────────────▶ ingress.hub
//!     └ everything else: imi.unroutable ────────────────────────────────────────▶ ingress.unknown
//! a sender's expiry strikes in a lane: imi.expired ─────────────────────────────▶ ingress.expired
//! a recipient refuses a message for good: imi.refused ──────────────────────────▶ hub.refused
//! ```

use super::BrokerError;
use lapin::{
    Channel, ExchangeKind,
    options::{
        ExchangeBindOptions, ExchangeDeclareOptions, ExchangeUnbindOptions, QueueBindOptions, QueueDeclareOptions,
        QueueDeleteOptions,
    },
    types::{AMQPValue, FieldTable},
};
use schemas::{
    area::Areas,
    wire::{SUBMIT_EXCHANGE, mailbox_queue, receipts_queue},
};
use std::collections::HashSet;

const INGRESS_EXCHANGE: &str = "imi.ingress";
const UNROUTABLE_EXCHANGE: &str = "imi.unroutable";
const EXPIRED_EXCHANGE: &str = "imi.expired";
const REFUSED_EXCHANGE: &str = "imi.refused";
/// Where messages lie that a recipient refused for good, for the operators.
const REFUSED_QUEUE: &str = "hub.refused";

/// Where documents lie that the hub could not judge, for its operators.
pub const PARKED_QUEUE: &str = "hub.parked";

/// A queue that the hub takes messages from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lane {
    /// Ordinary messages; those of one exchange always share a lane and keep their order.
    Ordinary(u16),
    /// Messages whose definition says that they are urgent.
    Urgent,
    /// Reports of recipients.
    Hub,
    /// What no area declares.
    Unknown,
    /// What its sender let expire before the hub saw it: nothing that was confirmed is dropped.
    Expired,
}

impl Lane {
    /// The queue's name.
    pub fn queue(&self) -> String {
        match self {
            Self::Ordinary(number) => format!("ingress.{number}"),
            Self::Urgent => "ingress.urgent".into(),
            Self::Hub => "ingress.hub".into(),
            Self::Unknown => "ingress.unknown".into(),
            Self::Expired => "ingress.expired".into(),
        }
    }

    /// Every lane, with `ordinary` of the first kind.
    pub fn all(ordinary: u16) -> Vec<Self> {
        let others = [Self::Urgent, Self::Hub, Self::Unknown, Self::Expired];
        (0..ordinary).map(Self::Ordinary).chain(others).collect()
    }
}

/// What must exist on the broker.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    /// The lanes.
    pub lanes: Vec<Lane>,
    /// Routing keys of declared messages, and whether each is urgent.
    pub routing_keys: Vec<(String, bool)>,
    /// Mailboxes, receipt queues and the operators' queue.
    pub outgoing: Vec<String>,
}

impl Topology {
    /// The topology for these areas and this directory.
    pub fn new(lanes: u16, areas: &Areas, directory: &crate::directory::Directory) -> Self {
        let keys = areas.iter().flat_map(|area| &area.messages);
        let mut routing_keys: Vec<_> =
            keys.map(|message| (message.message_type.routing_key(), message.urgent)).collect();
        routing_keys.sort();
        routing_keys.dedup();
        let mailboxes = directory.mailboxes().into_iter().map(mailbox_queue);
        let receipts = directory.participants().map(|participant| receipts_queue(&participant.id));
        Self {
            lanes: Lane::all(lanes),
            routing_keys,
            outgoing: mailboxes.chain(receipts).chain([PARKED_QUEUE.into()]).collect(),
        }
    }

    pub(super) async fn declare(&self, channel: &Channel) -> Result<(), BrokerError> {
        let unroutable = text_arguments(&[("alternate-exchange", UNROUTABLE_EXCHANGE)]);
        declare_exchange(channel, UNROUTABLE_EXCHANGE, ExchangeKind::Fanout, FieldTable::default()).await?;
        declare_exchange(channel, EXPIRED_EXCHANGE, ExchangeKind::Fanout, FieldTable::default()).await?;
        declare_exchange(channel, REFUSED_EXCHANGE, ExchangeKind::Fanout, FieldTable::default()).await?;
        declare_queue(channel, REFUSED_QUEUE, quorum()).await?;
        bind(channel, REFUSED_QUEUE, REFUSED_EXCHANGE, "").await?;
        declare_exchange(channel, SUBMIT_EXCHANGE, ExchangeKind::Topic, unroutable).await?;
        let hash = text_arguments(&[("hash-property", "correlation_id")]);
        declare_exchange(channel, INGRESS_EXCHANGE, ExchangeKind::Custom("x-consistent-hash".into()), hash).await?;
        for lane in &self.lanes {
            declare_lane(channel, lane).await?;
        }
        for (key, urgent) in &self.routing_keys {
            self.bind_key(channel, key, *urgent).await?;
        }
        bind(channel, &Lane::Hub.queue(), SUBMIT_EXCHANGE, "hub.retrieved").await?;
        Ok(())
    }

    /// What of this one is not in `former`, besides what is the same in all.
    pub fn beyond(&self, former: &Self) -> Self {
        let known: HashSet<&String> = former.outgoing.iter().collect();
        let outgoing = self.outgoing.iter().filter(|queue| !known.contains(queue)).cloned().collect();
        let routing_keys = self.routing_keys.iter().filter(|key| !former.routing_keys.contains(key)).cloned().collect();
        Self { lanes: Vec::new(), routing_keys, outgoing }
    }

    /// Whether a queue of this name belongs to an authority or a participant.
    pub fn is_somebodys(queue: &str) -> bool {
        let is_mailbox = |id: &str| id.parse().is_ok_and(|id| mailbox_queue(&id) == queue);
        let is_receipts = |id: &str| id.parse().is_ok_and(|id| receipts_queue(&id) == queue);
        queue.split_once('.').is_some_and(|(_, id)| is_mailbox(id) || is_receipts(id))
    }

    /// Binds a key to its lanes, and unbinds it from those that it had when its message was urgent, or was not.
    async fn bind_key(&self, channel: &Channel, key: &str, urgent: bool) -> Result<(), BrokerError> {
        let (to, from, urgent_lane) = (INGRESS_EXCHANGE.into(), SUBMIT_EXCHANGE.into(), Lane::Urgent.queue());
        if urgent {
            bind(channel, &urgent_lane, SUBMIT_EXCHANGE, key).await?;
            let options = ExchangeUnbindOptions::default();
            channel.exchange_unbind(to, from, key.into(), options, FieldTable::default()).await?;
        } else {
            let options = ExchangeBindOptions::default();
            channel.exchange_bind(to, from, key.into(), options, FieldTable::default()).await?;
            let queue = urgent_lane.as_str().into();
            channel.queue_unbind(queue, SUBMIT_EXCHANGE.into(), key.into(), FieldTable::default()).await?;
        }
        Ok(())
    }
}

/// Declares mailboxes, receipt queues and the like.
pub(super) async fn declare_outgoing(channel: &Channel, queues: &[String]) -> Result<(), BrokerError> {
    for queue in queues {
        declare_queue(channel, queue, dead_lettered(REFUSED_EXCHANGE)).await?;
    }
    Ok(())
}

/// Removes a queue that holds nothing and has no consumer. Quorum queues do not know `if-empty` and `if-unused`.
pub(super) async fn remove_empty(channel: &Channel, queue: &str) -> Result<bool, BrokerError> {
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let found = channel.queue_declare(queue.into(), options, FieldTable::default()).await?;
    if found.message_count() > 0 || found.consumer_count() > 0 {
        return Ok(false);
    }
    channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
    Ok(true)
}

async fn declare_lane(channel: &Channel, lane: &Lane) -> Result<(), BrokerError> {
    // What expires in the last lane has nowhere to go; the broker takes the expiry off when it first strikes.
    let mut arguments = if *lane == Lane::Expired { quorum() } else { dead_lettered(EXPIRED_EXCHANGE) };
    arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
    let queue = lane.queue();
    declare_queue(channel, &queue, arguments).await?;
    match lane {
        Lane::Ordinary(_) => bind(channel, &queue, INGRESS_EXCHANGE, "1").await,
        Lane::Unknown => bind(channel, &queue, UNROUTABLE_EXCHANGE, "").await,
        Lane::Expired => bind(channel, &queue, EXPIRED_EXCHANGE, "").await,
        Lane::Urgent | Lane::Hub => Ok(()),
    }
}

/// A quorum queue whose dead letters reach `exchange` at least once. That needs a queue that refuses rather than
/// drops; without a length limit it never refuses.
fn dead_lettered(exchange: &str) -> FieldTable {
    text_arguments(&[
        ("x-queue-type", "quorum"),
        ("x-dead-letter-exchange", exchange),
        ("x-dead-letter-strategy", "at-least-once"),
        ("x-overflow", "reject-publish"),
    ])
}

fn quorum() -> FieldTable {
    text_arguments(&[("x-queue-type", "quorum")])
}

fn text_arguments(pairs: &[(&str, &str)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in pairs {
        table.insert((*name).into(), AMQPValue::LongString((*value).into()));
    }
    table
}

async fn declare_exchange(
    channel: &Channel,
    name: &str,
    kind: ExchangeKind,
    arguments: FieldTable,
) -> Result<(), BrokerError> {
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    Ok(channel.exchange_declare(name.into(), kind, options, arguments).await?)
}

async fn declare_queue(channel: &Channel, name: &str, arguments: FieldTable) -> Result<(), BrokerError> {
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(name.into(), options, arguments).await?;
    Ok(())
}

async fn bind(channel: &Channel, queue: &str, exchange: &str, key: &str) -> Result<(), BrokerError> {
    let options = QueueBindOptions::default();
    Ok(channel.queue_bind(queue.into(), exchange.into(), key.into(), options, FieldTable::default()).await?)
}
