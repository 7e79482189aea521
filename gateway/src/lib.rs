//! The hub of the IMI Gateway.
//!
//! Read in this order to follow one message: [`hub`] (what runs), [`pipeline`] (the steps of a batch),
//! [`pipeline::inspect`] and [`pipeline::decide`] (what is judged and how), [`exchange`] (the legal workflow).

pub mod broker;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crl;
pub mod directory;
pub mod enforcement;
pub mod envelope;
pub mod exchange;
pub mod expiry;
pub mod http;
pub mod hub;
pub mod metrics;
pub mod packs;
pub mod pipeline;
pub mod receipts;
pub mod registrar;
pub mod store;
pub mod track;
pub mod upkeep;
