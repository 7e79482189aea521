//! Exchanges: which message is legal now, from whom, to whom, and what it changes.
//!
//! Runs the workflows of the packs (domain, parts B2 to B5). Pure: state in, state out.

use schemas::{
    wire::{ActionName, AreaId, AuthorityId, ExchangeId, Rejection, RejectionCode, WorkflowId},
    workflow::{Deliver, Party, Transition, Workflow},
};

/// An exchange as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Its identifier.
    pub correlation_id: ExchangeId,
    /// The area it belongs to.
    pub area: AreaId,
    /// The procedure it follows.
    pub workflow: WorkflowId,
    /// Where it stands: a state of the workflow.
    pub state: String,
    /// Who is awaited; nobody once it has ended.
    pub awaits: Option<Party>,
    /// Who opened it.
    pub initiator: AuthorityId,
    /// Who takes part besides, without repetition.
    pub counterparts: Vec<AuthorityId>,
    /// Whether it is made of test messages.
    pub test: bool,
    /// Number of messages accepted into it.
    pub sequence: u32,
}

impl Exchange {
    /// The authorities that are awaited.
    pub fn awaited(&self) -> &[AuthorityId] {
        match self.awaits {
            Some(Party::Initiator) => std::slice::from_ref(&self.initiator),
            Some(Party::Counterpart) => &self.counterparts,
            None => &[],
        }
    }

    fn party(&self, authority: &AuthorityId) -> Option<Party> {
        if authority == &self.initiator {
            Some(Party::Initiator)
        } else {
            self.counterparts.contains(authority).then_some(Party::Counterpart)
        }
    }

    fn others(&self, sender: &AuthorityId) -> Vec<AuthorityId> {
        std::iter::once(&self.initiator).chain(&self.counterparts).filter(|party| *party != sender).cloned().collect()
    }

    fn join(&mut self, authorities: &[AuthorityId]) {
        for authority in authorities {
            if self.party(authority).is_none() {
                self.counterparts.push(authority.clone());
            }
        }
    }
}

/// A message as the machine sees it.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// The exchange it names.
    pub correlation_id: ExchangeId,
    /// Its area.
    pub area: &'a AreaId,
    /// The procedure that it is a step of.
    pub workflow: &'a Workflow,
    /// What it does.
    pub action: &'a ActionName,
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
    match (current, event.workflow.opening(event.action)) {
        (None, Some(step)) => open(step, event),
        (None, None) => Err(Rejection::new(
            RejectionCode::UnknownExchange,
            format!("no exchange {} was ever opened; its opening message comes first", event.correlation_id),
        )),
        (Some(exchange), _) => proceed(exchange, event),
    }
}

fn open(step: &Transition, event: Event<'_>) -> Result<Advance, Rejection> {
    let recipients = match step.deliver {
        Deliver::Addressees => addressees(event)?,
        Deliver::Addressee | Deliver::Successor | Deliver::Others | Deliver::Initiator => vec![addressee(event)?],
    };
    let state = step.to.clone().unwrap_or_default();
    let exchange = Exchange {
        correlation_id: event.correlation_id,
        area: event.area.clone(),
        workflow: event.workflow.id.clone(),
        awaits: event.workflow.awaits(&state),
        state,
        initiator: event.from.clone(),
        counterparts: recipients.clone(),
        test: event.test,
        sequence: 1,
    };
    Ok(Advance { exchange, recipients })
}

fn proceed(exchange: &Exchange, event: Event<'_>) -> Result<Advance, Rejection> {
    if event.workflow.opening(event.action).is_some() {
        return Err(Rejection::new(
            RejectionCode::WrongState,
            format!("exchange {} is open already; a new one mints a new correlation_id", exchange.correlation_id),
        ));
    }
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
    if exchange.workflow != event.workflow.id {
        return Err(Rejection::new(
            RejectionCode::WrongState,
            format!(
                "exchange {} is of the kind {}; this message is a step of {}",
                exchange.correlation_id, exchange.workflow, event.workflow.id
            ),
        ));
    }
    let party = exchange.party(event.from).ok_or_else(|| {
        Rejection::new(
            RejectionCode::NotPermitted,
            format!("{} is not a party to exchange {}", event.from, exchange.correlation_id),
        )
    })?;
    let step = event
        .workflow
        .step(&exchange.state, party, event.action)
        .ok_or_else(|| wrong_state(exchange, party, event.action))?;
    let mut after = Exchange { sequence: exchange.sequence + 1, ..exchange.clone() };
    if let Some(state) = &step.to {
        after.state.clone_from(state);
        after.awaits = event.workflow.awaits(state);
    }
    let recipients = recipients(exchange, &mut after, step.deliver, event)?;
    Ok(Advance { exchange: after, recipients })
}

/// Who receives the message; whoever joins is a counterpart afterwards.
fn recipients(
    exchange: &Exchange,
    after: &mut Exchange,
    deliver: Deliver,
    event: Event<'_>,
) -> Result<Vec<AuthorityId>, Rejection> {
    match deliver {
        Deliver::Addressee => {
            let addressee = addressee(event)?;
            after.join(std::slice::from_ref(&addressee));
            Ok(vec![addressee])
        }
        Deliver::Addressees => {
            let addressees = if event.to.is_empty() { exchange.others(event.from) } else { addressees(event)? };
            after.join(&addressees);
            Ok(addressees)
        }
        Deliver::Successor => {
            let successor = addressee(event)?;
            after.counterparts.retain(|party| party != event.from && party != &successor);
            after.counterparts.push(successor.clone());
            Ok(vec![successor, exchange.initiator.clone()])
        }
        Deliver::Others => parties(exchange, exchange.others(event.from), event),
        Deliver::Initiator => parties(exchange, vec![exchange.initiator.clone()], event),
    }
}

fn wrong_state(exchange: &Exchange, party: Party, action: &ActionName) -> Rejection {
    let waiting = match exchange.awaits {
        Some(awaited) => format!("it awaits the {awaited}"),
        None => "it has ended".into(),
    };
    Rejection::new(
        RejectionCode::WrongState,
        format!(
            "exchange {} is {}: {waiting}; the step {action} of the {party} is not possible now",
            exchange.correlation_id, exchange.state
        ),
    )
}

fn addressee(event: Event<'_>) -> Result<AuthorityId, Rejection> {
    match addressees(event)?.as_slice() {
        [one] => Ok(one.clone()),
        many => Err(Rejection::new(
            RejectionCode::MalformedMetadata,
            format!("header imi-to must name exactly one recipient; it names {}", many.len()),
        )),
    }
}

fn addressees(event: Event<'_>) -> Result<Vec<AuthorityId>, Rejection> {
    if event.to.contains(event.from) {
        return Err(Rejection::new(RejectionCode::NotPermitted, "an authority cannot send this message to itself"));
    }
    if event.to.is_empty() {
        return Err(Rejection::new(
            RejectionCode::MalformedMetadata,
            "header imi-to must name whom this message is for; it names nobody",
        ));
    }
    let mut named: Vec<AuthorityId> = Vec::with_capacity(event.to.len());
    for authority in event.to {
        if !named.contains(authority) {
            named.push(authority.clone());
        }
    }
    Ok(named)
}

/// The workflow knows the recipients; a sender that names some names them.
fn parties(exchange: &Exchange, recipients: Vec<AuthorityId>, event: Event<'_>) -> Result<Vec<AuthorityId>, Rejection> {
    match event.to.iter().find(|named| !recipients.contains(named)) {
        None => Ok(recipients),
        Some(named) => {
            let names: Vec<&str> = recipients.iter().map(AuthorityId::as_str).collect();
            Err(Rejection::new(
                RejectionCode::NotPermitted,
                format!(
                    "in exchange {} this message goes to {} and to nobody else; it names {named}",
                    exchange.correlation_id,
                    names.join(", ")
                ),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::area::Areas;
    use std::{path::Path, sync::Arc};

    fn id(text: &str) -> AuthorityId {
        text.parse().expect("an authority id")
    }

    struct Case {
        area: AreaId,
        workflow: Arc<Workflow>,
        exchange: Option<Exchange>,
    }

    impl Case {
        fn new(workflow: &str) -> Self {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
            let areas = Areas::load(&root).unwrap_or_else(|error| panic!("{error}"));
            let workflow = areas.workflow(&workflow.parse().expect("a workflow id")).expect("shipped").clone();
            Self { area: "imi-pq".parse().expect("an area"), workflow, exchange: None }
        }

        fn send(&mut self, from: &str, action: &str, to: &[&str]) -> Result<Vec<AuthorityId>, RejectionCode> {
            let to: Vec<_> = to.iter().map(|text| id(text)).collect();
            let event = Event {
                correlation_id: "0195b7f0-0000-7000-8000-000000000002".parse().expect("a uuid"),
                area: &self.area,
                workflow: &self.workflow,
                action: &action.parse().expect("an action"),
                from: &id(from),
                to: &to,
                test: false,
            };
            let advance = advance(self.exchange.as_ref(), event).map_err(|rejection| rejection.code)?;
            self.exchange = Some(advance.exchange);
            Ok(advance.recipients)
        }

        fn state(&self) -> &str {
            &self.exchange.as_ref().expect("an open exchange").state
        }
    }

    #[test]
    fn a_request_is_accepted_answered_asked_more_and_closed() {
        let mut case = Case::new("information-request");
        assert_eq!(case.send("PL-A", "open", &["UK-B"]), Ok(vec![id("UK-B")]));
        assert_eq!(case.send("UK-B", "accept", &[]), Ok(vec![id("PL-A")]));
        assert_eq!(case.send("UK-B", "reply", &["PL-A"]), Ok(vec![id("PL-A")]));
        assert_eq!(case.send("PL-A", "request-more", &[]), Ok(vec![id("UK-B")]));
        assert_eq!(case.send("UK-B", "reply", &[]), Ok(vec![id("PL-A")]));
        assert_eq!(case.send("PL-A", "close", &[]), Ok(vec![id("UK-B")]));
        assert_eq!(case.state(), "CLOSED");
        let exchange = case.exchange.expect("ended");
        assert_eq!((exchange.sequence, exchange.awaited()), (6, &[][..]));
    }

    #[test]
    fn who_forwards_a_request_loses_it_and_the_requester_is_informed() {
        let mut case = Case::new("information-request");
        case.send("AT-A", "open", &["RO-B"]).expect("opened");
        assert_eq!(case.send("RO-B", "forward", &["RO-C"]), Ok(vec![id("RO-C"), id("AT-A")]));
        assert_eq!(case.send("RO-B", "accept", &[]), Err(RejectionCode::NotPermitted));
        assert_eq!(case.send("RO-C", "accept", &[]), Ok(vec![id("AT-A")]));
    }

    #[test]
    fn whoever_is_not_awaited_gets_a_reason() {
        let mut case = Case::new("information-request");
        assert_eq!(case.send("UK-B", "reply", &[]), Err(RejectionCode::UnknownExchange));
        assert_eq!(case.send("PL-A", "open", &[]), Err(RejectionCode::MalformedMetadata));
        assert_eq!(case.send("PL-A", "open", &["PL-A"]), Err(RejectionCode::NotPermitted));
        case.send("PL-A", "open", &["UK-B"]).expect("opened");
        assert_eq!(case.send("PL-A", "open", &["UK-B"]), Err(RejectionCode::WrongState));
        assert_eq!(case.send("UK-B", "reply", &[]), Err(RejectionCode::WrongState));
        assert_eq!(case.send("PL-A", "accept", &[]), Err(RejectionCode::WrongState));
        assert_eq!(case.send("FR-X", "accept", &[]), Err(RejectionCode::NotPermitted));
        assert_eq!(case.send("UK-B", "accept", &["FR-X"]), Err(RejectionCode::NotPermitted));
        assert_eq!(case.send("UK-B", "forward", &["UK-C", "UK-D"]), Err(RejectionCode::MalformedMetadata));
    }

    #[test]
    fn an_alert_reaches_all_and_what_one_adds_reaches_all_others() {
        let mut case = Case::new("alert");
        assert_eq!(case.send("SE-A", "open", &["FI-B", "DE-C", "FI-B"]), Ok(vec![id("FI-B"), id("DE-C")]));
        assert_eq!(case.send("DE-C", "disseminate", &["DE-D"]), Ok(vec![id("DE-D")]));
        assert_eq!(case.send("DE-D", "add-information", &[]), Ok(vec![id("SE-A"), id("FI-B"), id("DE-C")]));
        assert_eq!(case.send("SE-A", "propose-closure", &[]), Ok(vec![id("FI-B"), id("DE-C"), id("DE-D")]));
        assert_eq!(case.send("FI-B", "object", &["SE-A"]), Ok(vec![id("SE-A"), id("DE-C"), id("DE-D")]));
        assert_eq!(case.send("SE-A", "close", &[]).map(|to| to.len()), Ok(3));
        assert_eq!(case.send("FI-B", "add-information", &[]), Err(RejectionCode::WrongState));
    }

    #[test]
    fn the_answers_of_a_broadcast_search_go_to_the_one_who_asked() {
        let mut case = Case::new("broadcast-search");
        case.send("HU-A", "open", &["SK-B", "RO-C"]).expect("opened");
        assert_eq!(case.send("RO-C", "answer", &[]), Ok(vec![id("HU-A")]));
        assert_eq!(case.send("SK-B", "answer", &["RO-C"]), Err(RejectionCode::NotPermitted));
    }
}
