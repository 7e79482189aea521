//! What a client has to be told: who it is, where the broker is, which files prove it, and its limits.
//!
//! Owns defaults and the arithmetic of backing off; reads no file.

use schemas::wire::{ParticipantId, VIRTUAL_HOST};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Configuration of a [`Client`](crate::Client).
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Who connects; the certificate's common name must say the same, or the broker refuses every message.
    pub participant: ParticipantId,
    /// Name of the broker, which its certificate must carry.
    pub host: String,
    /// AMQPS port of the broker.
    pub port: u16,
    /// Virtual host of the network.
    pub virtual_host: String,
    /// PEM file of the authorities that may have issued the broker's certificate; no other is trusted.
    pub ca: PathBuf,
    /// PEM file of the participant's certificate, followed by those above it.
    pub certificate: PathBuf,
    /// PEM file of its private key.
    pub key: PathBuf,
    /// PEM file of the hub's public key; receipts are verified with it when it is given.
    pub hub_key: Option<PathBuf>,
    /// `user_id` that everything delivered must carry.
    pub hub_id: String,
    /// Most deliveries per queue that are not settled yet.
    pub prefetch: u16,
    /// How reconnecting slows down.
    pub backoff: Backoff,
    /// File that remembers what was stored, so that a redelivery after a crash is recognised. Without it the memory
    /// ends with the process.
    pub seen: Option<PathBuf>,
    /// Longest wait for the broker's confirm before the connection is taken for dead and made anew.
    pub confirm_timeout: Duration,
    /// How long a refusal of access is tried again before it is an error: a broker that cannot reach the hub refuses
    /// everybody, so a refusal soon after a hub's restart says nothing.
    pub refusal_patience: Duration,
}

impl ClientConfig {
    /// A participant of a development network: `localhost`, and the files of a folder made by `certs init`.
    pub fn new(participant: ParticipantId, pki: &Path, port: u16) -> Self {
        let file = |ending| pki.join("participants").join(format!("{participant}.{ending}"));
        Self {
            host: "localhost".to_owned(),
            port,
            virtual_host: VIRTUAL_HOST.to_owned(),
            ca: pki.join("ca.pem"),
            certificate: file("pem"),
            key: file("key"),
            hub_key: Some(pki.join("receipts.pub.pem")),
            hub_id: "IMI-GATEWAY".to_owned(),
            prefetch: 100,
            backoff: Backoff::default(),
            seen: None,
            confirm_timeout: Duration::from_secs(30),
            refusal_patience: Duration::from_secs(10),
            participant,
        }
    }
}

/// How waiting grows from one attempt to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// Wait before the second attempt.
    pub first: Duration,
    /// What each further wait is multiplied with.
    pub factor: u32,
    /// Longest wait.
    pub most: Duration,
    /// Share of a wait that chance may take away, 0 to 1, so that clients do not come back all at once.
    pub jitter: f64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(200), factor: 2, most: Duration::from_secs(10), jitter: 0.5 }
    }
}

impl Backoff {
    /// The wait after `failures` failed attempts (from 1), where `chance` is a random number from 0 to 1.
    pub fn delay(&self, failures: u32, chance: f64) -> Duration {
        let growth = self.factor.max(1).saturating_pow(failures.saturating_sub(1).min(31));
        let wait = self.first.saturating_mul(growth).min(self.most);
        wait.mul_f64(1.0 - self.jitter.clamp(0.0, 1.0) * chance.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_to_its_limit_and_no_further() {
        let backoff = Backoff::default();
        let waits: Vec<_> = (1..=8).map(|failures| backoff.delay(failures, 0.0).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        assert_eq!(backoff.delay(u32::MAX, 0.0), backoff.most);
    }

    #[test]
    fn chance_shortens_a_wait_by_no_more_than_its_share() {
        let backoff = Backoff::default();
        assert_eq!(backoff.delay(1, 1.0), Duration::from_millis(100));
        assert_eq!(backoff.delay(1, 7.0), Duration::from_millis(100));
        assert_eq!(Backoff { jitter: 0.0, ..backoff }.delay(1, 1.0), Duration::from_millis(200));
    }
}
