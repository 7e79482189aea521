//! One run: the same generator and the same consumers, once through the bare relay and once through the gateway.

use super::{
    LoadError,
    cargo::{Address, Cargo},
    cast::Cast,
    consumer::Handfuls,
    document::{Document, MESSAGE_TYPE},
    latency::Latency,
    publisher::{Pace, publish_all},
    receipts, relay, reports,
    tally::{Counts, Expect, Tally},
    wire::{self, Login},
};
use crate::network::HUB_ID;
use schemas::wire::{MessageType, SUBMIT_EXCHANGE};
use std::{sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::Instant};

/// How much, and how fast.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Messages.
    pub messages: usize,
    /// How fast they are published.
    pub pace: Pace,
}

/// What a run measured.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// From the first publish until everything expected was there.
    pub took: Duration,
    /// From the first publish until the last message arrived with its recipient.
    pub arrived_after: Duration,
    /// From the moment each message was due to its arrival; meaningful for a paced run.
    pub latency: Option<Latency>,
    /// What arrived.
    pub counts: Counts,
}

impl Run {
    /// Messages per second until everything expected was there.
    pub(super) fn per_second(&self) -> f64 {
        self.counts.arrived as f64 / self.took.as_secs_f64().max(f64::EPSILON)
    }

    fn measured(tally: &Tally, counts: Counts, pace: Pace, start: Instant) -> Self {
        let took = start.elapsed();
        let arrivals: Vec<Duration> =
            tally.arrivals().into_iter().flatten().map(|at| at.saturating_duration_since(start)).collect();
        let late = |(index, after): (usize, &Duration)| after.saturating_sub(pace.due(index));
        let latency = Latency::of(arrivals.iter().enumerate().map(late).collect());
        Self { took, arrived_after: arrivals.into_iter().max().unwrap_or_default(), latency, counts }
    }
}

/// The places and people of all runs.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    /// How to connect; the identity is filled in.
    pub login: Login,
    /// Who plays.
    pub cast: Cast,
}

impl Stage {
    /// The same with one recipient: the relay has one queue to write and one reader behind it, and so has the gateway's
    /// side of a comparison.
    pub(super) fn one_to_one(mut self) -> Self {
        self.cast.recipients.truncate(1);
        self
    }

    fn cargo(&self, address: Address, messages: usize) -> Result<Cargo, LoadError> {
        let message_type: MessageType =
            MESSAGE_TYPE.parse().map_err(|error| LoadError::Unexpected(format!("the load's own type: {error}")))?;
        let (from, recipients) = (self.cast.from.clone(), self.cast.to());
        Ok(Cargo {
            address,
            message_type,
            from,
            recipients,
            ids: Cargo::fresh_ids(messages),
            exchanges: Cargo::fresh_ids(messages),
            document: Document::new(),
        })
    }

    /// Through the gateway, with everything that belongs to it: recipients read mailboxes and report retrieval, the
    /// sender reads receipts. `watch` is given the tally before the first message is published.
    ///
    /// # Errors
    /// When a message is refused, lost, or the broker fails.
    pub(super) async fn through_gateway(&self, plan: Plan, watch: impl FnOnce(Arc<Tally>)) -> Result<Run, LoadError> {
        let routing_key = MESSAGE_TYPE.parse::<MessageType>().map(|kind| kind.routing_key()).unwrap_or_default();
        let address = Address {
            exchange: SUBMIT_EXCHANGE.into(),
            routing_key: routing_key.into(),
            user_id: self.cast.sender.as_str().into(),
        };
        let cargo = self.cargo(address, plan.messages)?;
        let tally = Arc::new(Tally::new(&cargo.ids, Expect::ArrivalsAndReceipts));
        let mut tasks = JoinSet::new();
        receipts::start(&self.login, &self.cast.sender, &tally, &mut tasks).await?;
        for (participant, authority) in &self.cast.recipients {
            reports::start(&self.login, participant, std::slice::from_ref(authority), &tally, &mut tasks).await?;
        }
        watch(Arc::clone(&tally));
        self.publish(&format!("participants/{}", self.cast.sender), &cargo, &tally, plan.pace).await
    }

    /// Through the bare relay, over two quorum queues that live as long as the run.
    ///
    /// # Errors
    /// When a message is lost or the broker fails.
    pub(super) async fn through_relay(&self, plan: Plan) -> Result<Run, LoadError> {
        let connection = self.login.of("gateway").connect().await?;
        let channel = connection.create_channel().await?;
        relay::declare(&channel).await?;
        let run = self.relayed(plan).await;
        relay::delete(&channel).await?;
        run
    }

    async fn relayed(&self, plan: Plan) -> Result<Run, LoadError> {
        let address = Address { exchange: "".into(), routing_key: relay::IN.into(), user_id: HUB_ID.into() };
        let cargo = self.cargo(address, plan.messages)?;
        let tally = Arc::new(Tally::new(&cargo.ids, Expect::Arrivals));
        let gateway = self.login.of("gateway");
        let mut relay = relay::start(&gateway).await?;
        let connection = gateway.connect().await?;
        let mut handfuls = Handfuls::of(&connection, relay::OUT).await?;
        let receive = async {
            loop {
                let handful = handfuls.next().await?;
                tally.arrived(handful.ids(), Instant::now());
                handfuls.settle(handful).await?;
            }
        };
        tokio::select! {
            run = self.publish("gateway", &cargo, &tally, plan.pace) => run,
            ended = relay.join_next() => Err(match ended {
                Some(Ok(error)) => error,
                Some(Err(error)) => LoadError::Unexpected(error.to_string()),
                None => LoadError::Unexpected("the relay ended".to_owned()),
            }),
            failed = receive => failed,
        }
    }

    async fn publish(&self, identity: &str, cargo: &Cargo, tally: &Tally, pace: Pace) -> Result<Run, LoadError> {
        let connection = self.login.of(identity).connect().await?;
        let channel = wire::confirming_channel(&connection).await?;
        let start = Instant::now();
        let ((), counts) = tokio::try_join!(publish_all(&channel, cargo, pace, start), tally.complete())?;
        Ok(Run::measured(tally, counts, pace, start))
    }
}
