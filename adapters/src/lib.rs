//! The national side of the IMI Gateway: a client library, and on it the adapters that the command `adapter` runs.
//!
//! Owns the connection of one participant: submitting with confirms, receiving with acknowledgement after storing,
//! reports of retrieval, receipts and their signatures, reconnecting. Knows the wire contract and nothing of the hub
//! behind it; only the module `amqp` speaks to the broker.
//!
//! ```no_run
//! use adapters::{Client, ClientConfig, Outgoing};
//! use std::path::Path;
//!
//! # async fn example(document: Vec<u8>) -> Result<(), Box<dyn std::error::Error>> {
//! let config = ClientConfig::new("PL-BACKOFFICE".parse()?, Path::new(".run/pki"), 7671);
//! let client = Client::connect(config).await?;
//! let request = Outgoing::new(
//!     "imi-pq/information-request@1".parse()?,
//!     "PL-NIA-PHARM".parse()?,
//!     vec!["UK-GPHC".parse()?],
//!     document,
//! );
//! client.submit(&request).await?; // the broker holds it; whether the hub does is what the receipt says
//! let mut receipts = client.receipts();
//! if let Some(receipt) = receipts.next().await {
//!     println!("{}", receipt.receipt.outcome.as_str());
//!     receipt.stored().await?;
//! }
//! client.close().await;
//! # Ok(())
//! # }
//! ```

mod amqp;
mod client;
mod config;
mod error;
pub mod folder;
mod incoming;
mod jws;
mod outgoing;
mod seen;
mod settling;

pub use client::{Client, Mailboxes, Receipts};
pub use config::{Backoff, ClientConfig};
pub use error::{Actor, ClientError, SubmitError};
pub use incoming::{Delivered, DeliveredReceipt, Fault, FaultReason, Incoming, IncomingReceipt};
pub use jws::{HubKey, HubKeyError, SignatureError};
pub use outgoing::Outgoing;
