//! What a load run sends: information requests of about 2 KB, each opening an exchange of its own. Relay and gateway
//! get the same messages with the same properties; only exchange, routing key and user differ.

use super::document::Document;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};
use schemas::wire::{AuthorityId, HEADER_FROM, HEADER_LANGUAGE, HEADER_TO, MessageType, XML};
use uuid::Uuid;

/// Bits of an id that count the messages of a run.
const COUNTED_BITS: u32 = 32;

/// Where messages are published to, and as whom.
#[derive(Debug, Clone)]
pub(super) struct Address {
    /// The exchange.
    pub exchange: ShortString,
    /// The routing key.
    pub routing_key: ShortString,
    /// `user_id`: the identity that the publisher connects with.
    pub user_id: ShortString,
}

/// The messages of one run.
#[derive(Debug, Clone)]
pub(super) struct Cargo {
    /// Where they go.
    pub address: Address,
    /// Their type.
    pub message_type: MessageType,
    /// The sending authority.
    pub from: AuthorityId,
    /// The receiving authorities, served in turn.
    pub recipients: Vec<AuthorityId>,
    /// One id per message.
    pub ids: Vec<Uuid>,
    /// And one per exchange: every message opens its own.
    pub exchanges: Vec<Uuid>,
    /// The document.
    pub document: Document,
}

impl Cargo {
    /// Fresh message ids: one by chance, the others counted on from it, so that making them is no load.
    pub(super) fn fresh_ids(messages: usize) -> Vec<Uuid> {
        let first = Uuid::now_v7().as_u128() >> COUNTED_BITS << COUNTED_BITS;
        (0..messages as u128).map(|index| Uuid::from_u128(first | index)).collect()
    }

    /// The properties of message `index`, sent at `timestamp` (seconds since 1970).
    pub(super) fn properties(&self, index: usize, timestamp: u64) -> BasicProperties {
        let mut headers = FieldTable::default();
        let recipient = &self.recipients[index % self.recipients.len()];
        for (name, value) in
            [(HEADER_FROM, self.from.as_str()), (HEADER_TO, recipient.as_str()), (HEADER_LANGUAGE, "en")]
        {
            headers.insert(name.into(), AMQPValue::LongString(value.into()));
        }
        BasicProperties::default()
            .with_message_id(self.ids[index].to_string().into())
            .with_correlation_id(self.exchanges[index].to_string().into())
            .with_type(self.message_type.to_string().into())
            .with_content_type(XML.into())
            .with_user_id(self.address.user_id.clone())
            .with_timestamp(timestamp)
            .with_delivery_mode(2)
            .with_headers(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_different_and_of_version_7() {
        let ids: HashSet<Uuid> = Cargo::fresh_ids(3).into_iter().chain(Cargo::fresh_ids(3)).collect();
        assert_eq!(ids.len(), 6);
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }
}
