//! Track: where is my message? One answer from what the store holds, for operators, participants and the command line.

use crate::{
    exchange::{Cause, Clock, Entry},
    store::{DispatchState, MessageRecord, Story},
};
use schemas::{
    area::OnMiss,
    wire::{AuthorityId, Rejection},
};
use serde::Serialize;

/// A message's whole story.
#[derive(Debug, Clone, Serialize)]
pub struct Track {
    /// The message.
    pub message_id: String,
    /// As its sender wrote it, where that is no UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_message_id: Option<String>,
    /// Its exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub message_type: Option<String>,
    /// The participant that sent it; absent where nobody was proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
    /// The sending authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Where it stands: `accepted` (on its way), `delivered`, or one of the end states `retrieved`, `rejected`,
    /// `failed`, `completed` (accepted, and nothing was to be delivered: a test message).
    pub state: &'static str,
    /// Whether nothing more will happen to it.
    pub ended: bool,
    /// SHA-256 of its document.
    pub content_sha256: String,
    /// Size of its document.
    pub size_bytes: u64,
    /// Position in its exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u32>,
    /// When an answer is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// Its recipients.
    pub recipients: Vec<Recipient>,
    /// Its exchange as it stands now: state, and who is awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangeNow>,
    /// What happened, in order of time.
    pub stations: Vec<Station>,
}

/// One recipient.
#[derive(Debug, Clone, Serialize)]
pub struct Recipient {
    /// The authority.
    pub authority: String,
    /// Where its dispatch stands.
    pub state: DispatchState,
}

/// An exchange as it stands now.
#[derive(Debug, Clone, Serialize)]
pub struct ExchangeNow {
    /// Its state.
    pub state: String,
    /// The authorities that are awaited; none once it has ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub awaits: Vec<String>,
    /// The deadlines that run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deadlines: Vec<Running>,
}

/// A deadline that runs.
#[derive(Debug, Clone, Serialize)]
pub struct Running {
    /// Its id, in the pack of the area or in the workflow.
    pub deadline: String,
    /// When it passes: RFC 3339, UTC.
    pub due: String,
    /// Who has to meet it.
    pub awaits: Vec<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Station {
    /// When: RFC 3339, UTC.
    pub time: String,
    /// What, in one word.
    pub what: String,
    /// What exactly.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Track {
    /// The story as people read it.
    pub fn new(story: &Story) -> Self {
        let record = &story.message.record;
        let states: Vec<DispatchState> = story.message.dispatches.iter().map(|dispatch| dispatch.state()).collect();
        let state = state(record, &states);
        Self {
            message_id: record.key.message_id.to_string(),
            claimed_message_id: record.claimed_message_id.clone(),
            correlation_id: record.claimed_correlation_id.clone(),
            message_type: record.message_type.as_ref().map(ToString::to_string),
            participant: record.key.participant.as_ref().map(ToString::to_string),
            from: record.sender.as_ref().map(ToString::to_string),
            state,
            ended: matches!(state, "retrieved" | "rejected" | "failed" | "completed"),
            content_sha256: record.content_sha256.clone(),
            size_bytes: record.size_bytes,
            sequence: record.position.map(|(_, sequence)| sequence),
            deadline: record.deadline.clone(),
            rejection: record.rejection.clone(),
            recipients: recipients(story),
            exchange: story.exchange.as_ref().map(|exchange| ExchangeNow {
                state: exchange.state.clone(),
                awaits: exchange.awaited().iter().map(ToString::to_string).collect(),
                deadlines: exchange.clocks.iter().map(running).collect(),
            }),
            stations: stations(story),
        }
    }

    /// The story in plain lines, for a terminal.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("message   {}", self.message_id)];
        let mut line = |name: &str, value: Option<&str>| {
            lines.extend(value.map(|value| format!("{name:<9} {value}")));
        };
        line("type", self.message_type.as_deref());
        line("exchange", self.correlation_id.as_deref());
        line("from", self.from.as_deref());
        let recipients: Vec<&str> = self.recipients.iter().map(|recipient| recipient.authority.as_str()).collect();
        line("to", Some(recipients.join(", ")).as_deref().filter(|text| !text.is_empty()));
        line("state", Some(self.state));
        let awaited = self.exchange.as_ref().map(|exchange| match exchange.awaits.join(", ") {
            nobody if nobody.is_empty() => exchange.state.clone(),
            authorities => format!("{}, awaits {authorities}", exchange.state),
        });
        line("now", awaited.as_deref());
        line("due", self.deadline.as_deref());
        line("sha-256", Some(&self.content_sha256));
        lines.extend(
            self.stations.iter().map(|station| format!("  {}  {:<10} {}", station.time, station.what, station.detail)),
        );
        lines.join("\n")
    }
}

fn running(clock: &Clock) -> Running {
    Running {
        deadline: clock.deadline.clone(),
        due: clock.due.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        awaits: clock.awaited.iter().map(ToString::to_string).collect(),
    }
}

/// What is told of a deadline that passed.
fn passing(entry: &Entry) -> Option<(jiff::Timestamp, String)> {
    let Cause::Deadline { deadline, on_miss, awaited, .. } = &entry.cause else { return None };
    let names: Vec<&str> = awaited.iter().map(AuthorityId::as_str).collect();
    let consequence = match on_miss {
        OnMiss::Remind => "who is awaited is reminded",
        OnMiss::Escalate => "the coordinators are told",
        OnMiss::TimeOut => "the hub answers in the place of who is silent",
        OnMiss::Close => "the exchange is closed",
        OnMiss::Consolidate => "what was answered is put into one",
        OnMiss::Record => "it is recorded",
    };
    let whom = if names.is_empty() { String::new() } else { format!(", {} had to meet it", names.join(", ")) };
    Some((entry.at, format!("{deadline} passed{whom}: {consequence}")))
}

/// Exactly one state for any set of dispatches. A failed dispatch shows only when none is on its way any more.
fn state(record: &MessageRecord, dispatches: &[DispatchState]) -> &'static str {
    let any = |wanted| dispatches.contains(&wanted);
    match () {
        () if record.rejection.is_some() => "rejected",
        () if record.failure.is_some() => "failed",
        () if dispatches.is_empty() => "completed",
        () if any(DispatchState::Pending) => "accepted",
        () if any(DispatchState::Delivered) => "delivered",
        () if any(DispatchState::Failed) => "failed",
        () => "retrieved",
    }
}

fn recipients(story: &Story) -> Vec<Recipient> {
    let dispatches = story.message.dispatches.iter();
    dispatches
        .map(|dispatch| Recipient { authority: dispatch.recipient.to_string(), state: dispatch.state() })
        .collect()
}

fn stations(story: &Story) -> Vec<Station> {
    let station = |at: jiff::Timestamp, what: &str, detail: String| Station {
        time: at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        what: what.to_owned(),
        detail,
    };
    let record = &story.message.record;
    let mut stations = vec![match (&record.rejection, &record.failure) {
        (Some(rejection), _) => station(record.received_at, "rejected", rejection.to_string()),
        (None, Some(problem)) => station(record.received_at, "failed", format!("parked for the operators: {problem}")),
        (None, None) => station(record.received_at, "accepted", "recorded by the hub".into()),
    }];
    for dispatch in &story.message.dispatches {
        let recipient = &dispatch.recipient;
        stations.extend(
            dispatch.delivered_at.map(|at| station(at, "delivered", format!("into the mailbox of {recipient}"))),
        );
        stations.extend(dispatch.retrieved_at.map(|at| station(at, "retrieved", format!("stored by {recipient}"))));
        stations.extend(
            dispatch.failed.as_ref().map(|(at, why)| station(*at, "failed", format!("for {recipient}: {why}"))),
        );
    }
    stations.extend(story.passed.iter().filter_map(passing).map(|(at, detail)| station(at, "deadline", detail)));
    stations.extend(story.events.iter().map(|(at, kind, detail)| station(*at, kind, detail.clone())));
    stations.sort_by(|one, other| one.time.cmp(&other.time)); // stable: equal times keep the order of the way
    stations
}

#[cfg(test)]
mod tests {
    use super::*;
    use DispatchState::{Delivered, Failed, Pending, Retrieved};

    #[test]
    fn a_message_is_in_exactly_one_state() {
        let accepted = MessageRecord::example();
        assert_eq!(state(&accepted, &[]), "completed");
        assert_eq!(state(&accepted, &[Pending, Retrieved]), "accepted");
        assert_eq!(state(&accepted, &[Delivered, Failed]), "delivered");
        assert_eq!(state(&accepted, &[Retrieved, Failed]), "failed");
        assert_eq!(state(&accepted, &[Retrieved, Retrieved]), "retrieved");
        let parked = MessageRecord { failure: Some("a panic".into()), ..accepted.clone() };
        assert_eq!(state(&parked, &[]), "failed");
        let rejection = Some(Rejection::new(schemas::wire::RejectionCode::WrongState, "no"));
        assert_eq!(state(&MessageRecord { rejection, ..accepted }, &[]), "rejected");
    }
}
