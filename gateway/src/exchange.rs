//! Exchanges: which message is legal now, from whom, and what it changes.
//!
//! The information-request machine of the domain (part B2), as far as its messages exist. Pure: state in, state out.

use schemas::{
    area::Action,
    wire::{AreaId, AuthorityId, ExchangeId, Rejection, RejectionCode},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where an exchange stands. Every open state awaits exactly one party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Sent, awaiting acceptance.
    Sent,
    /// Forwarded, awaiting acceptance by the new responder.
    Forwarded,
    /// Accepted: the responder owes an answer.
    Accepted,
    /// Answered: the requester closes or asks for more.
    Answered,
    /// More information was asked for.
    MoreInfoRequested,
    /// The responder accepted to give more.
    MoreInfoAccepted,
    /// Closed by the requester.
    Closed,
    /// Withdrawn by the requester.
    Withdrawn,
}

impl State {
    /// The state as stores and people spell it (domain, part B2).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "SENT",
            Self::Forwarded => "FORWARDED",
            Self::Accepted => "ACCEPTED",
            Self::Answered => "ANSWERED",
            Self::MoreInfoRequested => "MORE_INFO_REQUESTED",
            Self::MoreInfoAccepted => "MORE_INFO_ACCEPTED",
            Self::Closed => "CLOSED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    /// Whether anything can still happen.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Closed | Self::Withdrawn)
    }

    /// The party that is awaited; none once the exchange has ended.
    pub const fn awaits(self) -> Option<Party> {
        match self {
            Self::Sent | Self::Forwarded | Self::Accepted | Self::MoreInfoRequested | Self::MoreInfoAccepted => {
                Some(Party::Responder)
            }
            Self::Answered => Some(Party::Requester),
            Self::Closed | Self::Withdrawn => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A side of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Asked.
    Requester,
    /// Answers.
    Responder,
}

impl fmt::Display for Party {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Requester => "requester",
            Self::Responder => "responder",
        })
    }
}

/// An exchange as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Its identifier.
    pub correlation_id: ExchangeId,
    /// The area it belongs to.
    pub area: AreaId,
    /// Where it stands.
    pub state: State,
    /// Who asked.
    pub requester: AuthorityId,
    /// Who answers now.
    pub responder: AuthorityId,
    /// Whether it is made of test messages.
    pub test: bool,
    /// Number of messages accepted into it.
    pub sequence: u32,
}

/// A message as the machine sees it.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// The exchange it names.
    pub correlation_id: ExchangeId,
    /// Its area.
    pub area: &'a AreaId,
    /// What it does.
    pub action: Action,
    /// Who sent it.
    pub from: &'a AuthorityId,
    /// To whom, as far as its sender says.
    pub to: &'a [AuthorityId],
    /// Whether it is a test message.
    pub test: bool,
}

/// What a legal message brings about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The exchange afterwards.
    pub exchange: Exchange,
    /// Who receives the message.
    pub recipients: Vec<AuthorityId>,
}

/// Moves an exchange by one message.
///
/// # Errors
/// `unknown-exchange`, `wrong-state`, `not-permitted` or `malformed-metadata`; nothing changes then.
pub fn advance(current: Option<&Exchange>, event: Event<'_>) -> Result<Advance, Rejection> {
    match (current, event.action) {
        (None, Action::Open) => open(event),
        (None, _) => Err(Rejection::new(
            RejectionCode::UnknownExchange,
            format!("no exchange {} was ever opened; its opening message comes first", event.correlation_id),
        )),
        (Some(exchange), Action::Open) => Err(Rejection::new(
            RejectionCode::WrongState,
            format!("exchange {} is open already; a new request mints a new correlation_id", exchange.correlation_id),
        )),
        (Some(exchange), _) => proceed(exchange, event),
    }
}

fn open(event: Event<'_>) -> Result<Advance, Rejection> {
    let responder = only_recipient(event)?;
    let exchange = Exchange {
        correlation_id: event.correlation_id,
        area: event.area.clone(),
        state: State::Sent,
        requester: event.from.clone(),
        responder: responder.clone(),
        test: event.test,
        sequence: 1,
    };
    Ok(Advance { exchange, recipients: vec![responder] })
}

fn proceed(exchange: &Exchange, event: Event<'_>) -> Result<Advance, Rejection> {
    if &exchange.area != event.area {
        return Err(Rejection::new(
            RejectionCode::UnknownExchange,
            format!("exchange {} belongs to area {}, not {}", exchange.correlation_id, exchange.area, event.area),
        ));
    }
    if exchange.test != event.test {
        return Err(Rejection::new(
            RejectionCode::MalformedMetadata,
            format!("header imi-test must be {} as in the message that opened the exchange", exchange.test),
        ));
    }
    let party = party(exchange, event)?;
    let state =
        next_state(exchange.state, party, event.action).ok_or_else(|| wrong_state(exchange, party, event.action))?;
    let mut after = Exchange { state, sequence: exchange.sequence + 1, ..exchange.clone() };
    let recipients = match event.action {
        Action::Forward => {
            after.responder = only_recipient(event)?;
            vec![after.responder.clone(), exchange.requester.clone()]
        }
        Action::Open | Action::Accept | Action::Reply | Action::RequestMore | Action::Close | Action::Withdraw => {
            vec![other_side(exchange, party, event)?]
        }
    };
    Ok(Advance { exchange: after, recipients })
}

/// The table of part B2. `None`: not legal.
const fn next_state(from: State, by: Party, action: Action) -> Option<State> {
    use State as S;
    match (by, action, from) {
        (Party::Responder, Action::Accept, S::Sent | S::Forwarded) => Some(S::Accepted),
        (Party::Responder, Action::Accept, S::MoreInfoRequested) => Some(S::MoreInfoAccepted),
        (Party::Responder, Action::Reply, S::Accepted | S::MoreInfoRequested | S::MoreInfoAccepted) => {
            Some(S::Answered)
        }
        (Party::Responder, Action::Forward, S::Sent | S::Forwarded | S::Accepted) => Some(S::Forwarded),
        (Party::Requester, Action::RequestMore, S::Answered) => Some(S::MoreInfoRequested),
        (Party::Requester, Action::Close, S::Answered) => Some(S::Closed),
        (Party::Requester, Action::Withdraw, state) if state.is_open() => Some(S::Withdrawn),
        _ => None,
    }
}

fn party(exchange: &Exchange, event: Event<'_>) -> Result<Party, Rejection> {
    if event.from == &exchange.requester {
        Ok(Party::Requester)
    } else if event.from == &exchange.responder {
        Ok(Party::Responder)
    } else {
        Err(Rejection::new(
            RejectionCode::NotPermitted,
            format!("{} is not a party to exchange {}", event.from, exchange.correlation_id),
        ))
    }
}

fn wrong_state(exchange: &Exchange, party: Party, action: Action) -> Rejection {
    let waiting = match exchange.state.awaits() {
        Some(awaited) => format!("it awaits the {awaited}"),
        None => "it has ended".into(),
    };
    Rejection::new(
        RejectionCode::WrongState,
        format!(
            "exchange {} is {}: {waiting}; the {party} may not {} now",
            exchange.correlation_id,
            exchange.state,
            verb(action)
        ),
    )
}

const fn verb(action: Action) -> &'static str {
    match action {
        Action::Open => "open it",
        Action::Accept => "accept",
        Action::Reply => "reply",
        Action::RequestMore => "request more information",
        Action::Close => "close it",
        Action::Withdraw => "withdraw it",
        Action::Forward => "forward it",
    }
}

fn only_recipient(event: Event<'_>) -> Result<AuthorityId, Rejection> {
    match event.to {
        [recipient] if recipient == event.from => {
            Err(Rejection::new(RejectionCode::NotPermitted, "an authority cannot send this message to itself"))
        }
        [recipient] => Ok(recipient.clone()),
        _ => Err(Rejection::new(
            RejectionCode::MalformedMetadata,
            format!("header imi-to must name exactly one recipient; it names {}", event.to.len()),
        )),
    }
}

/// The workflow knows the recipient; a sender that names one must name the same.
fn other_side(exchange: &Exchange, party: Party, event: Event<'_>) -> Result<AuthorityId, Rejection> {
    let other = match party {
        Party::Requester => &exchange.responder,
        Party::Responder => &exchange.requester,
    };
    if event.to.is_empty() || event.to == std::slice::from_ref(other) {
        return Ok(other.clone());
    }
    Err(Rejection::new(
        RejectionCode::NotPermitted,
        format!("in exchange {} this message goes to {other} and to nobody else", exchange.correlation_id),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: [Action; 7] = [
        Action::Open,
        Action::Accept,
        Action::Reply,
        Action::RequestMore,
        Action::Close,
        Action::Withdraw,
        Action::Forward,
    ];

    fn id(text: &str) -> AuthorityId {
        text.parse().expect("an authority id")
    }

    struct Case {
        area: AreaId,
        exchange: Option<Exchange>,
    }

    impl Case {
        fn new() -> Self {
            Self { area: "imi-pq".parse().expect("an area"), exchange: None }
        }

        fn send(&mut self, from: &str, action: Action, to: &[&str]) -> Result<Vec<AuthorityId>, RejectionCode> {
            let to: Vec<_> = to.iter().map(|text| id(text)).collect();
            let correlation_id = "0195b7f0-0000-7000-8000-000000000002".parse().expect("a uuid");
            let event = Event { correlation_id, area: &self.area, action, from: &id(from), to: &to, test: false };
            let advance = advance(self.exchange.as_ref(), event).map_err(|rejection| rejection.code)?;
            self.exchange = Some(advance.exchange);
            Ok(advance.recipients)
        }

        fn state(&self) -> State {
            self.exchange.as_ref().expect("an open exchange").state
        }
    }

    #[test]
    fn a_request_is_accepted_answered_asked_more_and_closed() {
        let mut case = Case::new();
        assert_eq!(case.send("PL-A", Action::Open, &["UK-B"]), Ok(vec![id("UK-B")]));
        assert_eq!(case.send("UK-B", Action::Accept, &[]), Ok(vec![id("PL-A")]));
        assert_eq!(case.send("UK-B", Action::Reply, &["PL-A"]), Ok(vec![id("PL-A")]));
        assert_eq!(case.send("PL-A", Action::RequestMore, &[]), Ok(vec![id("UK-B")]));
        assert_eq!(case.send("UK-B", Action::Reply, &[]), Ok(vec![id("PL-A")]));
        assert_eq!(case.send("PL-A", Action::Close, &[]), Ok(vec![id("UK-B")]));
        assert_eq!(case.state(), State::Closed);
        assert_eq!(case.exchange.expect("open").sequence, 6);
    }

    #[test]
    fn who_forwards_a_request_loses_it_and_the_requester_is_informed() {
        let mut case = Case::new();
        case.send("AT-A", Action::Open, &["RO-B"]).expect("opened");
        assert_eq!(case.send("RO-B", Action::Forward, &["RO-C"]), Ok(vec![id("RO-C"), id("AT-A")]));
        assert_eq!(case.send("RO-B", Action::Accept, &[]), Err(RejectionCode::NotPermitted));
        assert_eq!(case.send("RO-C", Action::Accept, &[]), Ok(vec![id("AT-A")]));
    }

    #[test]
    fn whoever_is_not_awaited_gets_a_reason() {
        let mut case = Case::new();
        assert_eq!(case.send("UK-B", Action::Reply, &[]), Err(RejectionCode::UnknownExchange));
        case.send("PL-A", Action::Open, &["UK-B"]).expect("opened");
        assert_eq!(case.send("PL-A", Action::Open, &["UK-B"]), Err(RejectionCode::WrongState));
        assert_eq!(case.send("UK-B", Action::Reply, &[]), Err(RejectionCode::WrongState));
        assert_eq!(case.send("PL-A", Action::Accept, &[]), Err(RejectionCode::WrongState));
        assert_eq!(case.send("FR-X", Action::Accept, &[]), Err(RejectionCode::NotPermitted));
        assert_eq!(case.send("UK-B", Action::Accept, &["FR-X"]), Err(RejectionCode::NotPermitted));
        assert_eq!(case.send("UK-B", Action::Forward, &["UK-C", "UK-D"]), Err(RejectionCode::MalformedMetadata));
    }

    #[test]
    fn every_open_state_can_be_left_and_no_ended_one_can() {
        use State as S;
        let states = [
            S::Sent,
            S::Forwarded,
            S::Accepted,
            S::Answered,
            S::MoreInfoRequested,
            S::MoreInfoAccepted,
            S::Closed,
            S::Withdrawn,
        ];
        for state in states {
            let ways = [Party::Requester, Party::Responder]
                .into_iter()
                .flat_map(|party| ACTIONS.map(|action| next_state(state, party, action)))
                .flatten()
                .count();
            assert_eq!(ways > 0, state.is_open(), "{state}");
            assert_eq!(state.awaits().is_some(), state.is_open(), "{state}");
        }
    }
}
