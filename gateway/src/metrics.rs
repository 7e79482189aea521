//! Metrics: what operators and alarms count. Names and labels only; never personal data.

use crate::{
    crl::Overview,
    directory::Refusal,
    pipeline::{decide::Decision, inspect::Inspected},
    store::Settlement,
};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// Labels of `imi_messages_total`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct MessageLabels {
    /// The area, or `unknown`.
    area: String,
    /// `accepted`, `rejected`, `failed`, `repeated`, `reported`.
    outcome: &'static str,
    /// The rejection code, or empty.
    code: &'static str,
}

/// Labels of `imi_dispatches_total`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DispatchLabels {
    /// `delivered` or `failed`.
    outcome: &'static str,
}

/// Labels of `imi_sessions_closed_total`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ClosedLabels {
    /// `amqp` or `https`.
    transport: &'static str,
    /// Why, as [`Refusal::as_str`] says.
    reason: &'static str,
}

/// Labels of `imi_crl_in_order`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CrlLabels {
    /// Whose list it is.
    issuer: String,
    /// File or address.
    source: String,
}

/// Every counter of the hub, and the registry that spells them.
pub struct Metrics {
    registry: Registry,
    messages: Family<MessageLabels, Counter>,
    dispatches: Family<DispatchLabels, Counter>,
    closed: Family<ClosedLabels, Counter>,
    crls: Family<CrlLabels, Gauge>,
    /// Dispatches whose recipients reported that they stored them.
    pub retrieved: Counter,
    /// Batches decided again because another lane was faster.
    pub conflicts: Counter,
    /// Deadlines that passed without being met.
    pub deadlines: Counter,
    /// Messages with receipts that the broker did not take.
    pub receipts_refused: Counter,
    /// Documents that the hub could not judge.
    pub parked: Counter,
    /// Broker sessions opened.
    pub sessions: Counter,
    /// 1 while the hub has a broker session.
    pub connected: Gauge,
    /// Days until the first of the hub's and participants' certificates expires that has no successor.
    pub certificate_days: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("imi"),
            messages: Family::default(),
            dispatches: Family::default(),
            closed: Family::default(),
            crls: Family::default(),
            retrieved: Counter::default(),
            conflicts: Counter::default(),
            deadlines: Counter::default(),
            receipts_refused: Counter::default(),
            parked: Counter::default(),
            sessions: Counter::default(),
            connected: Gauge::default(),
            certificate_days: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "messages",
            "Messages decided, by area, outcome and rejection code",
            metrics.messages.clone(),
        );
        registry.register("dispatches", "Dispatches that ended their way, by outcome", metrics.dispatches.clone());
        registry.register(
            "sessions_closed",
            "Participants' sessions that the hub closed, by transport and reason",
            metrics.closed.clone(),
        );
        registry.register(
            "crl_in_order",
            "1 while a certificate revocation list is current and its source gives good ones, else 0",
            metrics.crls.clone(),
        );
        registry.register("retrieved", "Dispatches reported as stored by their recipient", metrics.retrieved.clone());
        registry.register(
            "record_conflicts",
            "Batches decided again because another lane was faster",
            metrics.conflicts.clone(),
        );
        registry.register("deadlines_passed", "Deadlines that passed without being met", metrics.deadlines.clone());
        registry.register(
            "receipts_refused",
            "Receipt messages that the broker did not take",
            metrics.receipts_refused.clone(),
        );
        registry.register("parked", "Documents that the hub could not judge", metrics.parked.clone());
        registry.register("broker_sessions", "Broker sessions opened", metrics.sessions.clone());
        registry.register("broker_connected", "1 while the hub has a broker session", metrics.connected.clone());
        registry.register(
            "certificate_expiry_days",
            "Days until the first certificate of hub or participants expires that has no successor",
            metrics.certificate_days.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// Counts what became of a batch.
    pub fn decided(&self, inspected: &[Inspected], decisions: &[Decision]) {
        for (inspected, decision) in inspected.iter().zip(decisions) {
            let (outcome, code) = match decision {
                Decision::New(message) => match (&message.record.rejection, &message.record.failure) {
                    (Some(rejection), _) => ("rejected", rejection.code.as_str()),
                    (None, Some(_)) => ("failed", ""),
                    (None, None) => ("accepted", ""),
                },
                Decision::Repeated(_) => ("repeated", ""),
                Decision::Reused(refused) => ("rejected", refused.1.code.as_str()),
                Decision::Reported(_) => ("reported", ""),
            };
            // A rejected message may name any area it likes; only those that exist become labels.
            let known =
                !matches!(code, "unknown-area" | "unidentified-sender" | "not-your-authority" | "malformed-metadata");
            let area = inspected.claim.message_type.as_ref().filter(|_| known);
            let area = area.map_or_else(|| "unknown".into(), |message_type| message_type.area.to_string());
            self.messages.get_or_create(&MessageLabels { area, outcome, code }).inc();
        }
    }

    /// Counts how dispatches ended.
    pub fn settled(&self, settlements: &[Settlement]) {
        for settlement in settlements {
            let outcome = if settlement.failure.is_none() { "delivered" } else { "failed" };
            self.dispatches.get_or_create(&DispatchLabels { outcome }).inc();
        }
    }

    /// Counts sessions that were closed.
    pub fn sessions_closed(&self, transport: &'static str, refusal: Refusal, count: usize) {
        let labels = ClosedLabels { transport, reason: refusal.as_str() };
        self.closed.get_or_create(&labels).inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Says how a certificate revocation list is.
    pub fn crl(&self, overview: &Overview) {
        let labels = CrlLabels { issuer: overview.issuer.clone(), source: overview.source.clone() };
        self.crls.get_or_create(&labels).set(i64::from(overview.is_in_order()));
    }

    /// The text that Prometheus reads (OpenMetrics 1.0).
    pub fn text(&self) -> String {
        let mut text = String::new();
        let _writing_to_a_string_cannot_fail = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}
