//! The folder adapter: files dropped into `outbox/` are sent, what arrives appears as files.
//!
//! Owns the folders of one participant and their crash safety: every step is written down before its effect leaves the
//! machine, and may be done twice. Knows the client library and nothing of AMQP.
//!
//! Read in this order: `outbox` (from a document to a job), `job` (the steps of a job), `inbox` (from a delivery
//! to files), `receipts` (what the hub says about a job), `run` (the loop that joins them).

mod check;
mod disk;
mod inbox;
mod job;
mod outbox;
mod place;
mod receipts;
mod run;
mod settings;
mod sidecar;

pub use check::{Check, check};
pub use run::{RunError, run};
pub use settings::{ConfigError, Settings};
