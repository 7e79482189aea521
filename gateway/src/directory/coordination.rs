//! Coordination: who coordinates whom in an area, and who receives for a state.
//!
//! Answers from the directory alone; what follows from it is the procedure's.

use super::{Authority, AuthorityStatus, CoordinatorKind, Directory};
use crate::exchange::Around;
use schemas::{
    area::{Area, MessageDefinition, Role},
    wire::{AreaId, AuthorityId},
};
use std::collections::BTreeMap;

/// Country of the Commission's authorities.
const COMMISSION: &str = "EU";

impl Around for Directory {
    fn country(&self, authority: &AuthorityId) -> Option<&str> {
        self.authority(authority).map(|authority| authority.country.as_str())
    }

    fn coordinators(&self, of: &AuthorityId, area: &Area) -> Vec<AuthorityId> {
        self.coordinators_in(of, &area.id)
    }
}

impl Directory {
    /// The coordinators of an authority in an area, the nearest first: those that it names itself, those of its country
    /// in the area, its country's national coordinator. Never itself.
    pub fn coordinators_in(&self, of: &AuthorityId, area: &AreaId) -> Vec<AuthorityId> {
        let Some(authority) = self.authority(of) else { return Vec::new() };
        let own = [&authority.coordinators.access, &authority.coordinators.validating].into_iter().flatten();
        let own = own.filter_map(|id| self.authority(id));
        let of_area = self.of_country(&authority.country).filter(|other| coordinates(other, area));
        let national = self.of_country(&authority.country).filter(|other| {
            other.coordinator.as_ref().is_some_and(|coordinator| coordinator.kind == CoordinatorKind::Nimic)
        });
        let mut found: Vec<AuthorityId> = Vec::new();
        for coordinator in own.chain(of_area).chain(national) {
            let is_new = coordinator.id != *of && !found.contains(&coordinator.id);
            if is_new && coordinator.status == AuthorityStatus::Active {
                found.push(coordinator.id.clone());
            }
        }
        found
    }

    /// Who receives a message for every state but the sender's, and never for the Commission: the state's coordinator of
    /// the area where the message may go to coordinators and there is one, otherwise all its authorities that may receive it.
    pub fn every_state(&self, definition: &MessageDefinition, sender: &Authority) -> Vec<AuthorityId> {
        let area = &definition.message_type.area;
        let mut states: BTreeMap<&str, (Vec<&AuthorityId>, Vec<&AuthorityId>)> = BTreeMap::new();
        for authority in self.authorities() {
            let elsewhere = authority.country != sender.country && authority.country != COMMISSION;
            let Some(roles) =
                authority.roles(area).filter(|_| elsewhere && authority.status == AuthorityStatus::Active)
            else {
                continue;
            };
            let may = roles.iter().any(|role| definition.receivers.contains(role));
            let coordinates = roles.contains(&Role::Coordinator) && definition.receivers.contains(&Role::Coordinator);
            let (coordinators, others) = states.entry(&authority.country).or_default();
            if coordinates {
                coordinators.push(&authority.id);
            } else if may {
                others.push(&authority.id);
            }
        }
        let of_state = |(coordinators, others): (Vec<&AuthorityId>, Vec<&AuthorityId>)| match coordinators.first() {
            Some(first) => vec![(*first).clone()],
            None => others.into_iter().cloned().collect(),
        };
        states.into_values().flat_map(of_state).collect()
    }

    /// The Commission's authorities that may receive a message.
    pub fn commission(&self, definition: &MessageDefinition) -> Vec<AuthorityId> {
        let area = &definition.message_type.area;
        let may = |authority: &&Authority| {
            authority.status == AuthorityStatus::Active
                && authority
                    .roles(area)
                    .is_some_and(|roles| roles.iter().any(|role| definition.receivers.contains(role)))
        };
        self.of_country(COMMISSION).filter(may).map(|authority| authority.id.clone()).collect()
    }

    fn of_country<'a>(&'a self, country: &'a str) -> impl Iterator<Item = &'a Authority> {
        self.authorities().filter(move |authority| authority.country == country)
    }
}

fn coordinates(authority: &Authority, area: &AreaId) -> bool {
    authority.roles(area).is_some_and(|roles| roles.contains(&Role::Coordinator))
}
