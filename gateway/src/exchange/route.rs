//! Routes: whom a step brings in, who leaves, and who receives its message.

use super::{
    Exchange, Member,
    advance::{Around, Event, Law, parties},
};
use schemas::{
    wire::{AuthorityId, PartyName, Rejection, RejectionCode},
    workflow::{Receiver, Transition},
};

/// Where a message goes, and who takes part because of it.
#[derive(Debug, Default)]
pub(super) struct Route {
    pub recipients: Vec<AuthorityId>,
    pub joined: Vec<Member>,
    pub left: Vec<Member>,
}

impl Route {
    pub(super) fn of(
        law: &Law<'_>,
        around: &dyn Around,
        current: Option<&Exchange>,
        step: &Transition,
        event: &Event<'_>,
    ) -> Result<Self, Rejection> {
        let mut route = Self::default();
        if current.is_none() {
            route.joined.push(Member { authority: event.from.clone(), party: law.workflow.opener().clone() });
        }
        let named = match &step.addresses {
            Some(party) => {
                let named = addressed(law, current, step, party, event)?;
                route.bring(law, current, party, &named);
                named
            }
            None => Vec::new(),
        };
        route.intervene(law, around, current, event.from);
        for receiver in &step.deliver {
            match receiver {
                Receiver::Addressed => route.reach(event.from, &named),
                Receiver::Party(party) => {
                    let members = route.members_or_coordinators(law, around, current, party);
                    route.reach(event.from, &members);
                }
            }
        }
        if step.addresses.is_none() {
            route.narrow(event, step.selective)?;
        }
        for party in &event.definition.copies {
            let members = route.members_or_coordinators(law, around, current, party);
            route.reach(event.from, &members);
        }
        route.reach(event.from, event.copies);
        Ok(route)
    }

    /// Those who are named become what the step makes of them; where that can be one only, the former one leaves.
    fn bring(&mut self, law: &Law<'_>, current: Option<&Exchange>, party: &PartyName, named: &[AuthorityId]) {
        let members = current.map(|exchange| exchange.members.as_slice()).unwrap_or_default();
        let many = law.workflow.party(party).is_some_and(|party| party.many);
        for authority in named {
            let member = Member { authority: authority.clone(), party: party.clone() };
            // Where many take part, whoever is something else already stays that; it receives the message all the same.
            let is_other = many && members.iter().any(|member| member.authority == *authority);
            if !members.contains(&member) && !is_other {
                self.joined.push(member);
            }
        }
        if !many {
            let former = members.iter().filter(|member| member.party == *party && !named.contains(&member.authority));
            self.left.extend(former.cloned());
        }
    }

    /// A coordinator that steps in takes part from then on.
    fn intervene(&mut self, law: &Law<'_>, around: &dyn Around, current: Option<&Exchange>, sender: &AuthorityId) {
        let Some(exchange) = current.filter(|exchange| !exchange.involves(sender)) else { return };
        let joined = parties(law, around, exchange, sender);
        self.joined.extend(joined.into_iter().map(|party| Member { authority: sender.clone(), party }));
    }

    /// Who is a party after the step. Coordinators that are needed and do not take part yet are those of the directory.
    fn members_or_coordinators(
        &mut self,
        law: &Law<'_>,
        around: &dyn Around,
        current: Option<&Exchange>,
        party: &PartyName,
    ) -> Vec<AuthorityId> {
        let members = self.members_after(current, party);
        let coordinated = law.workflow.party(party).and_then(|party| party.coordinates.as_ref());
        let Some(coordinated) = coordinated.filter(|_| members.is_empty()) else { return members };
        let mut found: Vec<AuthorityId> = Vec::new();
        for authority in self.members_after(current, coordinated) {
            found.extend(around.coordinators(&authority, law.area).into_iter().take(1));
        }
        found.sort();
        found.dedup();
        self.joined.extend(found.iter().map(|authority| Member { authority: authority.clone(), party: party.clone() }));
        found
    }

    fn members_after(&self, current: Option<&Exchange>, party: &PartyName) -> Vec<AuthorityId> {
        let before = current.map(|exchange| exchange.members.as_slice()).unwrap_or_default();
        let stay = before.iter().filter(|member| !self.left.contains(member));
        let after = stay.chain(&self.joined).filter(|member| member.party == *party);
        after.map(|member| member.authority.clone()).collect()
    }

    fn reach(&mut self, sender: &AuthorityId, authorities: &[AuthorityId]) {
        for authority in authorities.iter().filter(|authority| *authority != sender) {
            if !self.recipients.contains(authority) {
                self.recipients.push(authority.clone());
            }
        }
    }

    /// The workflow knows the recipients; a sender that names some names them, or chooses among them where it may.
    fn narrow(&mut self, event: &Event<'_>, selective: bool) -> Result<(), Rejection> {
        if let Some(stranger) = event.to.iter().find(|named| !self.recipients.contains(named)) {
            let names: Vec<&str> = self.recipients.iter().map(AuthorityId::as_str).collect();
            let to = if names.is_empty() { "the hub".to_owned() } else { names.join(", ") };
            let reason = format!(
                "in exchange {} this message goes to {to} and to nobody else; it names {stranger}",
                event.correlation_id
            );
            return Err(Rejection::new(RejectionCode::NotPermitted, reason));
        }
        if selective && !event.to.is_empty() {
            self.recipients.retain(|recipient| event.to.contains(recipient));
        }
        Ok(())
    }
}

/// Whom a message names that brings somebody in, each once. Nobody need be named where somebody takes part already: where
/// several can, it goes to everybody; a step that leaves the state as it is goes to who is the party.
fn addressed(
    law: &Law<'_>,
    current: Option<&Exchange>,
    step: &Transition,
    party: &PartyName,
    event: &Event<'_>,
) -> Result<Vec<AuthorityId>, Rejection> {
    let many = law.workflow.party(party).is_some_and(|party| party.many);
    if event.to.contains(event.from) {
        return Err(Rejection::new(RejectionCode::NotPermitted, "an authority cannot send this message to itself"));
    }
    let mut named: Vec<AuthorityId> = Vec::with_capacity(event.to.len());
    for authority in event.to {
        if !named.contains(authority) {
            named.push(authority.clone());
        }
    }
    if named.is_empty() {
        let open = current.filter(|exchange| exchange.authorities(party).next().is_some());
        let present: Vec<&AuthorityId> = match open {
            Some(exchange) if many => exchange.everybody(),
            Some(exchange) if step.to.is_none() => exchange.authorities(party).collect(),
            Some(_) | None => Vec::new(),
        };
        named.extend(present.into_iter().filter(|authority| *authority != event.from).cloned());
    }
    let refuse = |reason: String| Err(Rejection::new(RejectionCode::MalformedMetadata, reason));
    match named.len() {
        0 => refuse("header imi-to must name whom this message is for; it names nobody".into()),
        1 => Ok(named),
        count if !many => refuse(format!("header imi-to must name exactly one recipient; it names {count}")),
        _ => Ok(named),
    }
}
