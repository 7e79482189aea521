//! Certificates that end soon: who has to be warned, 60, 30 and 7 days ahead (design, section 4).
//!
//! Pure but for [`remind`], which writes one log line a day for each. A certificate that was revoked, or whose
//! participant is suspended, is nobody's worry; one whose successor is registered is told apart and not warned of.

use crate::directory::{Directory, InForce, KnownCertificate, Refusal};
use certs::inspect::Certificate;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Pause between two looks for certificates to remind of.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);

/// When a certificate ends that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// The participant, or the hub.
    pub owner: String,
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// SHA-256 of its DER form, lower-case hexadecimal.
    pub sha256: String,
    /// Its end.
    pub not_after: Timestamp,
    /// Whether another certificate of the owner is registered that lives longer.
    pub has_successor: bool,
}

impl Expiry {
    /// Whole days from `now` to its end; negative after it.
    pub fn days(&self, now: Timestamp) -> i64 {
        (self.not_after.as_second() - now.as_second()).div_euclid(24 * 60 * 60)
    }

    /// What operators are told of it at `now`: nothing while there are more than 60 days.
    pub fn warning(&self, now: Timestamp) -> Option<&'static str> {
        match self.days(now) {
            61.. => None,
            _ if self.has_successor => Some("successor registered"),
            ..0 => Some("expired"),
            0..=7 => Some("expires within 7 days"),
            8..=30 => Some("expires within 30 days"),
            31..=60 => Some("expires within 60 days"),
        }
    }

    /// The warning, where somebody has to act.
    fn alarm(&self, now: Timestamp) -> Option<&'static str> {
        self.warning(now).filter(|_| !self.has_successor)
    }
}

/// The ends of all certificates in use at `now`, those of the hub included; the next one first. One that has expired
/// is in use still if nothing follows it: somebody has been cut off.
pub fn expiries(directory: &Directory, hub: &str, own: &[Certificate], now: Timestamp) -> Vec<Expiry> {
    let counts = |known: &&KnownCertificate| {
        matches!(directory.admit_known(known, now), Ok(_) | Err(Refusal::Expired | Refusal::NotYetValid))
    };
    let of_participants = directory.certificates().filter(counts).map(|known| {
        let outlives = |other: &KnownCertificate| other.certificate.not_after > known.certificate.not_after;
        let has_successor = directory.certificates_of(&known.participant).filter(counts).any(outlives);
        expiry(known.participant.as_str(), &known.certificate, has_successor)
    });
    let mut expiries: Vec<Expiry> = of_participants
        .filter(|expiry| expiry.days(now) >= 0 || !expiry.has_successor)
        .chain(own.iter().map(|certificate| expiry(hub, certificate, false)))
        .collect();
    expiries.sort_by(|one, other| (one.not_after, &one.owner).cmp(&(other.not_after, &other.owner)));
    expiries
}

fn expiry(owner: &str, certificate: &Certificate, has_successor: bool) -> Expiry {
    Expiry {
        owner: owner.to_owned(),
        serial: certificate.serial.clone(),
        sha256: certificate.sha256.clone(),
        not_after: certificate.not_after,
        has_successor,
    }
}

/// Days until the first certificate ends that nothing follows; 0 where there is none.
pub fn days_left(expiries: &[Expiry], now: Timestamp) -> i64 {
    expiries.iter().find(|expiry| !expiry.has_successor).map_or(0, |expiry| expiry.days(now))
}

/// Remembers whom it has reminded today.
#[derive(Debug, Default)]
pub struct Reminders {
    said: BTreeMap<String, Date>,
}

impl Reminders {
    /// Those of `expiries` that are to be warned of at `now` and were not yet today (UTC), each with its warning.
    pub fn due<'a>(&mut self, expiries: &'a [Expiry], now: Timestamp) -> Vec<(&'a Expiry, &'static str)> {
        let today = now.to_zoned(TimeZone::UTC).date();
        self.said.retain(|sha256, _| expiries.iter().any(|expiry| expiry.sha256 == *sha256));
        let alarmed = expiries.iter().filter_map(|expiry| Some((expiry, expiry.alarm(now)?)));
        alarmed.filter(|(expiry, _)| self.said.insert(expiry.sha256.clone(), today) != Some(today)).collect()
    }
}

/// Writes one warning a day for every certificate that ends soon, until `shutdown`.
pub async fn remind(
    directory: Arc<InForce>,
    (hub, own): (String, Vec<Certificate>),
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) {
    let mut reminders = Reminders::default();
    loop {
        let now = clock();
        for (expiry, warning) in reminders.due(&expiries(&directory.now().directory, &hub, &own, now), now) {
            let Expiry { owner, serial, not_after, .. } = expiry;
            tracing::warn!(owner, serial, %not_after, days = expiry.days(now), "a certificate {warning}");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

#[cfg(test)]
mod tests;
