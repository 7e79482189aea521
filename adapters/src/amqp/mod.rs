//! Everything that speaks AMQP: one module, so that nothing else has to know the broker's library.
//!
//! Owns connections and their renewal ([`keeper`]), publishing with confirms ([`publisher`]), consuming
//! ([`consumer`]), acknowledgement ([`acks`]) and the translation of envelopes ([`envelope`]). Remembers nothing
//! beyond the process and decides nothing about content.

mod acks;
mod consumer;
mod diagnosis;
mod envelope;
mod keeper;
mod link;
mod publisher;

pub(crate) use acks::Token;
pub(crate) use consumer::{RawDelivery, Subscription, pump};
pub(crate) use envelope::{Envelope, Letter, read_receipts};
pub(crate) use keeper::Keeper;
pub(crate) use link::Opener;
pub(crate) use publisher::Publisher;
