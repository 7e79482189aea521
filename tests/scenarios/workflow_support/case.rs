//! A case: one exchange as it is played, with what has to follow from each step.
//!
//! Owns the second opinion: who takes part and who receives, worked out from workflow and pack alone.

use super::{
    Move, Town, Wish,
    library::{dated, day},
    people::{COORDINATED, COUNTRIES, OPENER, authorities, coordinator_of, country_of},
};
use crate::support::Submission;
use jiff::Span;
use schemas::{
    area::{Area, Awaited, Deadline, MessageDefinition, Recipients, Role},
    wire::{ExchangeId, Outcome, Receipt},
    workflow::{Receiver, Transition, Workflow},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// How far ahead the dates of documents lie from which deadlines are counted: no deadline has passed already.
const DAYS_AHEAD: i64 = 700;

/// The area whose messages are entries of the hub's own books.
const REGISTERS: &str = "registers";

/// One exchange.
pub(crate) struct Case<'a> {
    town: &'a Town,
    pub(crate) area: &'a Area,
    pub(crate) workflow: &'a Workflow,
    pub(crate) id: ExchangeId,
    pub(crate) state: String,
    pub(crate) sequence: u32,
    /// Authority and party, in the order of joining.
    pub(crate) members: Vec<(String, String)>,
    /// Message and recipient, of everything that was accepted.
    pub(crate) posted: BTreeSet<(String, String)>,
    /// An exchange of the same parties that documents may name.
    pub(crate) relative: Option<ExchangeId>,
    /// Who sent the last step, and who receives it.
    pub(crate) last: (String, BTreeSet<String>),
    /// A deadline that the messages which start it must start.
    pub(crate) watched: Option<&'a Deadline>,
}

impl<'a> Case<'a> {
    pub(super) fn new(town: &'a Town, area: &'a Area, workflow: &'a Workflow) -> Self {
        Self {
            town,
            area,
            workflow,
            id: ExchangeId(Uuid::new_v4()),
            state: String::new(),
            sequence: 0,
            members: Vec::new(),
            posted: BTreeSet::new(),
            relative: town.relatives.get(area.id.as_str()).copied(),
            last: Default::default(),
            watched: None,
        }
    }

    /// Takes a step, which must be accepted, and works out what follows.
    pub(crate) async fn take(&mut self, step: &Move<'_>) -> Result<(), String> {
        let document = self.document(step.definition)?;
        self.take_with(step, document).await
    }

    /// A document whose dates are ahead, if deadlines are counted from them; that names no other exchange, if it can.
    pub(crate) fn document(&self, definition: &MessageDefinition) -> Result<Vec<u8>, String> {
        let starts = |deadline: &&Deadline| deadline.after == definition.message_type.message;
        let watched = self.watched.filter(starts);
        let path = watched.and_then(|deadline| deadline.from_field.as_deref());
        let then = day(self.town.clock.now()).checked_add(Span::new().days(DAYS_AHEAD)).expect("a date");
        let text = watched.and_then(|deadline| deadline.when.clone()).map(|when| (when.field, when.is));
        let date = path.or(dated(self.area, definition).next()).map(|path| (path.to_owned(), then));
        let wish = Wish { date, text, relative: None };
        let mut wishes = vec![wish.clone(), Wish { relative: self.relative, ..wish }];
        if watched.is_none() {
            // Where no sample has the element, nothing is counted from it.
            wishes.extend([Wish::default(), Wish { relative: self.relative, ..Wish::default() }]);
        }
        let made = wishes.iter().map(|wish| self.town.library.document(definition, wish));
        let made = made.reduce(|one, other| one.or(other)).expect("two wishes at least");
        made.map(|document| self.at_home(definition, document))
    }

    /// Entries of national registers are of the country that writes them: the document as it is for ours.
    pub(crate) fn at_home(&self, definition: &MessageDefinition, document: Vec<u8>) -> Vec<u8> {
        if definition.message_type.area.as_str() != REGISTERS {
            return document;
        }
        let number = self.id.0.as_u128() % 1_000_000;
        let own = [
            ("EntryId", format!("{}-REG-{number}", country_of(OPENER))),
            ("OwnerCountry", country_of(OPENER).to_owned()),
            ("ManagingAuthority", OPENER.to_owned()),
            ("VersionNumber", (self.sequence + 1).to_string()),
        ];
        let mut text = String::from_utf8(document).expect("a sample is text");
        for (element, value) in own {
            let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
            let content =
                text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map(|(content, _)| content);
            if let Some(content) = content {
                text = text.replace(&format!("{begin}{content}{end}"), &format!("{begin}{value}{end}"));
            }
        }
        text.into_bytes()
    }

    /// The same with this document.
    pub(crate) async fn take_with(&mut self, step: &Move<'_>, document: Vec<u8>) -> Result<(), String> {
        let from = self.first(step.party).ok_or_else(|| format!("{step}: nobody is it"))?;
        self.take_from(step, &from, document).await
    }

    /// The same from this authority.
    pub(crate) async fn take_from(&mut self, step: &Move<'_>, from: &str, document: Vec<u8>) -> Result<(), String> {
        let named = self.named(step, from);
        let mut submission = self.submission(step.definition, from, document);
        submission.to(&named.iter().map(String::as_str).collect::<Vec<_>>());
        let receipt = self.send(from, &[submission]).await.remove(0);
        if receipt.outcome != Outcome::Accepted {
            let steps = self.sequence;
            return Err(format!("{step} from {from} to {named:?} in {} after {steps}: {receipt:?}", self.state));
        }
        let recipients = self.follow(step, from, named);
        let id = receipt.message_id.unwrap_or_default();
        self.last = (from.to_owned(), recipients.clone());
        self.posted.extend(recipients.into_iter().map(|recipient| (id.clone(), recipient)));
        Ok(())
    }

    /// Sends messages of one authority.
    pub(crate) async fn send(&self, from: &str, submissions: &[Submission]) -> Vec<Receipt> {
        self.town.post.send_all(country_of(from), submissions).await
    }

    /// A message in this exchange.
    pub(crate) fn submission(&self, definition: &MessageDefinition, from: &str, document: Vec<u8>) -> Submission {
        let mut submission = self.town.post.submission(from, &definition.message_type.to_string(), document);
        submission.correlation_id = Some(self.id.to_string());
        submission
    }

    /// The first authority that is a party: of those who take part, or who coordinates one of them.
    pub(crate) fn first(&self, party: &str) -> Option<String> {
        if self.members.is_empty() {
            return (party == self.workflow.opener().as_str()).then(|| OPENER.to_owned());
        }
        let member = self.authorities(party).next().map(str::to_owned);
        member.or_else(|| self.coordinators(party).into_iter().next())
    }

    /// Who is a party.
    pub(crate) fn authorities<'s>(&'s self, party: &str) -> impl Iterator<Item = &'s str> + use<'s> {
        let members: Vec<&str> =
            self.members.iter().filter(|(_, is)| is == party).map(|(member, _)| member.as_str()).collect();
        members.into_iter()
    }

    /// The nearest coordinators of those whom a party coordinates.
    fn coordinators(&self, party: &str) -> Vec<String> {
        let party = self.workflow.parties.iter().find(|one| one.id.as_str() == party);
        let Some(coordinated) = party.and_then(|party| party.coordinates.as_ref()) else { return Vec::new() };
        let mut found: Vec<String> = self.authorities(coordinated.as_str()).map(coordinator_of).collect();
        found.sort();
        found.dedup();
        found
    }

    /// Everything that an authority is.
    pub(crate) fn parties_of(&self, authority: &str) -> BTreeSet<String> {
        let mut parties: BTreeSet<String> =
            self.members.iter().filter(|(member, _)| member == authority).map(|(_, party)| party.clone()).collect();
        for party in &self.workflow.parties {
            let Some(coordinated) = &party.coordinates else { continue };
            let mut members = self.authorities(coordinated.as_str());
            if members.any(|member| member != authority && country_of(member) == country_of(authority)) {
                parties.insert(party.id.to_string());
            }
        }
        parties
    }

    /// Whom the sender of a step names.
    fn named(&self, step: &Move<'_>, from: &str) -> Vec<String> {
        let Some(party) = &step.transition.addresses else { return Vec::new() };
        let rule = step.definition.recipients;
        if matches!(rule, Some(Recipients::EveryState | Recipients::OwnCoordinator)) {
            return Vec::new();
        }
        let many = self.workflow.party(party).is_some_and(|party| party.many);
        let is_new =
            |authority: &&String| *authority != from && self.members.iter().all(|(member, _)| member != *authority);
        if many && self.members.iter().all(|(_, is)| is != party.as_str()) {
            return COORDINATED.map(str::to_owned).into_iter().filter(|authority| authority != from).collect();
        }
        let country = country_of(from);
        let own = |name: &str| format!("{country}-{name}");
        let candidates = match () {
            () if many => vec!["FR-TWO".to_owned(), "DE-TWO".to_owned()],
            () if party.as_str().ends_with("coordinator") => vec![own("COORD"), own("HEAD")],
            () if step.transition.within_country => vec![own("TWO"), own("ONE"), own("COORD")],
            () if party.as_str() == "verifier" => return vec!["EU-COORD".to_owned()],
            () => vec!["DE-ONE".to_owned(), "DE-TWO".to_owned()],
        };
        candidates.iter().find(is_new).into_iter().cloned().collect()
    }

    /// Whom the pack adds to those who are named.
    fn by_rule(&self, definition: &MessageDefinition, from: &str, named: &[String]) -> Vec<String> {
        let mut more: Vec<String> = match definition.recipients {
            None => Vec::new(),
            Some(Recipients::OwnCoordinator) if named.is_empty() => vec![coordinator_of(from)],
            Some(Recipients::OwnCoordinator) => Vec::new(),
            Some(Recipients::NamedAndCommission) => authorities().filter(|one| country_of(one) == "EU").collect(),
            Some(Recipients::EveryState) => {
                let coordinators_only = definition.receivers.contains(&Role::Coordinator);
                let states = COUNTRIES.into_iter().filter(|state| *state != country_of(from) && *state != "EU");
                let of_state = |state: &str| {
                    let all = authorities().filter(|one| country_of(one) == state).collect::<Vec<_>>();
                    if coordinators_only { all[..1].to_vec() } else { all }
                };
                states.flat_map(of_state).collect()
            }
        };
        more.retain(|one| one != from && !named.contains(one));
        more
    }

    /// What follows from a step: who joins and leaves, and who receives it.
    fn follow(&mut self, step: &Move<'_>, from: &str, mut named: Vec<String>) -> BTreeSet<String> {
        let workflow = self.workflow;
        let mut recipients = BTreeSet::new();
        let more = self.by_rule(step.definition, from, &named);
        if self.members.is_empty() {
            self.members.push((from.to_owned(), workflow.opener().to_string()));
        }
        let own: Vec<String> = self.parties_of(from).into_iter().collect();
        let takes_part = self.members.iter().any(|(member, _)| member == from);
        if let Some(party) = &step.transition.addresses {
            named.extend(more);
            if named.is_empty() {
                named = self.present(party.as_str(), from);
            }
            self.bring(party.as_str(), &named);
        } else {
            recipients.extend(more);
        }
        if !takes_part {
            self.members.extend(own.into_iter().map(|party| (from.to_owned(), party)));
        }
        for receiver in &step.transition.deliver {
            match receiver {
                Receiver::Addressed => recipients.extend(named.iter().cloned()),
                Receiver::Party(party) => recipients.extend(self.called(party.as_str())),
            }
        }
        for party in &step.definition.copies {
            recipients.extend(self.called(party.as_str()));
        }
        recipients.remove(from);
        self.sequence += 1;
        if let Some(state) = &step.transition.to {
            self.state.clone_from(state);
        }
        recipients
    }

    /// Who has to meet a deadline that the last step has started.
    pub(crate) fn awaited(&self, deadline: &Deadline) -> BTreeSet<String> {
        let (sender, recipients) = &self.last;
        match deadline.awaits {
            Awaited::Recipients | Awaited::EachRecipient => recipients.clone(),
            Awaited::Sender => [sender.clone()].into(),
            Awaited::Initiator => self.members.first().map(|(authority, _)| authority.clone()).into_iter().collect(),
        }
    }

    /// Who takes part of those to whom a step of the hub goes.
    pub(crate) fn receivers(&self, transition: &Transition) -> Vec<String> {
        let parties = transition.deliver.iter().filter_map(|receiver| match receiver {
            Receiver::Party(party) => Some(party.as_str()),
            Receiver::Addressed => None,
        });
        parties.flat_map(|party| self.authorities(party)).map(str::to_owned).collect()
    }

    /// Whom a message is for that could name somebody and names nobody: where several can be the party, everybody.
    fn present(&self, party: &str, from: &str) -> Vec<String> {
        let many = self.workflow.parties.iter().any(|one| one.id.as_str() == party && one.many);
        let is_meant = |is: &str| many && self.authorities(party).next().is_some() || is == party;
        let meant = self.members.iter().filter(|(member, is)| member != from && is_meant(is));
        meant.map(|(member, _)| member.clone()).collect()
    }

    fn bring(&mut self, party: &str, named: &[String]) {
        let many = self.workflow.parties.iter().any(|one| one.id.as_str() == party && one.many);
        if !many {
            self.members.retain(|(member, is)| is != party || named.contains(member));
        }
        for authority in named {
            let is_there = self.members.iter().any(|(member, is)| member == authority && (many || is == party));
            if !is_there {
                self.members.push((authority.clone(), party.to_owned()));
            }
        }
    }

    /// Who is a party; coordinators that are needed and not there yet join.
    fn called(&mut self, party: &str) -> Vec<String> {
        let members: Vec<String> = self.authorities(party).map(str::to_owned).collect();
        if !members.is_empty() {
            return members;
        }
        let joining = self.coordinators(party);
        self.members.extend(joining.iter().map(|authority| (authority.clone(), party.to_owned())));
        joining
    }
}
