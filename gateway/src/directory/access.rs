//! What the broker may let whom do (design, section 4): pure answers over the directory.
//!
//! A participant writes `imi.submit` with the routing keys of its areas, reads the mailboxes of the authorities it
//! serves and its own receipts, and nothing else: it declares, binds and deletes nothing.

use super::{Directory, ParticipantStatus};
use schemas::{
    area::Areas,
    wire::{HUB_AREA, ParticipantId, SUBMIT_EXCHANGE, VIRTUAL_HOST, mailbox_queue, receipts_queue},
};
use std::sync::Arc;

/// Who the broker asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The hub itself.
    Hub,
    /// A participant of the directory.
    Participant(ParticipantId),
    /// Anyone else.
    Stranger,
}

/// What kind of thing it asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// An exchange.
    Exchange,
    /// A queue.
    Queue,
    /// A kind we do not know.
    Other,
}

/// What is to be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Declare or delete.
    Configure,
    /// Publish, or bind to.
    Write,
    /// Consume, get, purge, or bind from.
    Read,
    /// Something we do not know.
    Other,
}

/// The rules, over what is loaded.
pub struct Access<'a> {
    /// Id of the hub.
    pub hub: &'a str,
    /// Who exists.
    pub directory: Arc<Directory>,
    /// Which areas exist.
    pub areas: Arc<Areas>,
}

impl Access<'_> {
    /// Who bears this name.
    pub fn principal(&self, name: &str) -> Principal {
        if name == self.hub {
            return Principal::Hub;
        }
        match name.parse() {
            Ok(id) if self.is_active(&id) => Principal::Participant(id),
            _ => Principal::Stranger,
        }
    }

    fn is_active(&self, id: &ParticipantId) -> bool {
        self.directory.participant(id).is_some_and(|participant| participant.status == ParticipantStatus::Active)
    }

    /// May they enter this virtual host?
    pub fn virtual_host(&self, principal: &Principal, name: &str) -> bool {
        *principal != Principal::Stranger && name == VIRTUAL_HOST
    }

    /// May they do this with this exchange or queue?
    pub fn resource(&self, principal: &Principal, resource: Resource, name: &str, operation: Operation) -> bool {
        match (principal, resource, operation) {
            (Principal::Hub, _, _) => true,
            (Principal::Participant(_), Resource::Exchange, Operation::Write) => name == SUBMIT_EXCHANGE,
            (Principal::Participant(id), Resource::Queue, Operation::Read) => {
                name == receipts_queue(id)
                    || self.directory.served_by(id).any(|authority| name == mailbox_queue(authority.mailbox()))
            }
            (Principal::Participant(_) | Principal::Stranger, _, _) => false,
        }
    }

    /// May they publish with this routing key? Areas that nobody has heard of pass: the hub answers them with a
    /// reason, which helps a newcomer more than a closed channel.
    pub fn routing_key(&self, principal: &Principal, exchange: &str, operation: Operation, key: &str) -> bool {
        match principal {
            Principal::Hub => true,
            Principal::Stranger => false,
            Principal::Participant(id) => {
                exchange == SUBMIT_EXCHANGE
                    && operation == Operation::Write
                    && key.is_ascii()
                    && match key.split_once('.').map_or(key, |(area, _)| area).parse() {
                        Ok(area) if self.areas.area(&area).is_some() => {
                            self.directory.served_by(id).any(|authority| authority.roles(&area).is_some())
                        }
                        Ok(area) => area.as_str() != HUB_AREA || key == "hub.retrieved",
                        Err(_) => true,
                    }
            }
        }
    }
}
