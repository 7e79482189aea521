//! Development PKI and certificate inspection of the IMI Gateway.
//!
//! Owns the making of development authorities, certificates and the hub's receipt key ([`dev`]), and the judgements
//! whether a certificate may stand for a participant ([`inspect`]) and whether its issuer has revoked it ([`crl`]).
//! Knows nothing of the directory, the broker or the hub: it is given an identifier and bytes, and never looks
//! anything up.

pub mod crl;
pub mod dev;
mod files;
mod finding;
pub mod inspect;
mod name;

pub use name::{FileStem, NameError, ParticipantName};
