//! The end of live sessions: whoever the directory no longer lets in is cut off, within 10 s (design, section 4).
//!
//! The broker asks who may come in, never whether those inside may stay. So the hub closes connections through the
//! broker's management plug-in. Whoever a change leaves without any way in ([`shut_out`]) loses all connections, again
//! and again for a while, because the broker believes its former answers for some seconds. And at every look, every
//! connection is judged by the certificate it was opened with ([`verdict`]): certificates are rotated one by one, they
//! expire, and changes may have been made while no hub ran. Both are pure functions of the directory. HTTPS connections
//! end themselves ([`crate::http`]).

use crate::{
    broker::{BrokerConnection, Management},
    directory::{Directory, InForce, KnownCertificate, Refusal},
    metrics::Metrics,
};
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use schemas::wire::ParticipantId;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long connections are watched closely after a change: longer than the broker believes former answers.
const VIGILANCE: Duration = Duration::from_secs(15);
/// Pause between two looks while they are.
const CLOSE_LOOK: Duration = Duration::from_millis(500);
/// Pause between two looks otherwise. With the time a look takes, it bounds how long an expired certificate's
/// connection lives on.
const DISTANT_LOOK: Duration = Duration::from_secs(5);
/// Connections that are closed at a time: one that is slow to go must not keep the others.
const CLOSED_AT_ONCE: usize = 16;
/// How long after a revocation the broker may still let the certificate in: `directory.watch_ms`, the trust store's
/// refresh (2 s) and the cache of answers (3 s; `config/broker/rabbitmq.conf.in`), and a little more.
const BROKER_LEARNS_WITHIN: SignedDuration = SignedDuration::from_secs(7);

/// What closes sessions of the broker.
pub struct Enforcement {
    /// Id of the hub, whose own connections are not judged.
    pub hub: String,
    /// Who may be connected.
    pub directory: Arc<InForce>,
    /// The broker's management plug-in.
    pub management: Arc<Management>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: fn() -> Timestamp,
}

impl Enforcement {
    /// Looks and closes until `shutdown`. Faults of the broker are waited out.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut changes = self.directory.changes();
        let mut former = self.directory.now().directory;
        let mut out = BTreeMap::new();
        let mut vigilant_until = Instant::now() + VIGILANCE;
        let mut answers = true;
        loop {
            match self.look(&out).await {
                Ok(()) => answers = true,
                // Without a broker there is no session to close: one line is enough.
                Err(problem) if answers => {
                    tracing::warn!(%problem, "sessions cannot be looked at; trying again");
                    answers = false;
                }
                Err(_) => {}
            }
            let is_vigilant = Instant::now() < vigilant_until;
            if !is_vigilant {
                out.clear();
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                Ok(()) = changes.changed() => {
                    vigilant_until = Instant::now() + VIGILANCE;
                    let (present, now) = (self.directory.now().directory, (self.clock)());
                    out.extend(shut_out(&former, &present, now));
                    out.retain(|id, _| way_in(&present, id, now).is_err());
                    former = present;
                }
                () = tokio::time::sleep(if is_vigilant { CLOSE_LOOK } else { DISTANT_LOOK }) => {}
            }
        }
    }

    /// Closes whatever has to go now; `out` are those of whom every connection has to.
    async fn look(&self, out: &BTreeMap<ParticipantId, Refusal>) -> Result<(), String> {
        let emptying = out.iter().map(|(id, refusal)| self.close_all_of(id, *refusal));
        futures_util::stream::iter(emptying).for_each_concurrent(CLOSED_AT_ONCE, |emptying| emptying).await;
        let connections = self.management.connections().await?;
        let (directory, now) = (self.directory.now().directory, (self.clock)());
        let closing = connections.iter().filter_map(|connection| {
            let user = connection.user.as_deref().filter(|user| *user != self.hub)?;
            Some(self.close(connection, user, verdict(&directory, user, connection, now)?))
        });
        futures_util::stream::iter(closing).for_each_concurrent(CLOSED_AT_ONCE, |closing| closing).await;
        Ok(())
    }

    async fn close_all_of(&self, id: &ParticipantId, refusal: Refusal) {
        match self.management.close_all_of(id.as_str(), &refusal.to_string()).await {
            Ok(count) => self.closed(id.as_str(), refusal, count),
            Err(problem) => {
                tracing::warn!(participant = %id, %problem, "AMQP sessions cannot be closed; trying again");
            }
        }
    }

    fn closed(&self, participant: &str, refusal: Refusal, count: usize) {
        if count > 0 {
            self.metrics.sessions_closed("amqp", refusal, count);
            tracing::info!(participant, count, reason = refusal.as_str(), "AMQP sessions were closed");
        }
    }

    async fn close(&self, connection: &BrokerConnection, user: &str, refusal: Refusal) {
        match self.management.close(connection, &refusal.to_string()).await {
            Ok(()) => self.closed(user, refusal, 1),
            Err(problem) => {
                tracing::warn!(participant = user, %problem, "an AMQP session cannot be closed; trying again");
            }
        }
    }
}

/// Those who could connect by the `former` directory and cannot by the `present` one, each with the reason.
pub fn shut_out<'a>(
    former: &'a Directory,
    present: &'a Directory,
    now: Timestamp,
) -> impl Iterator<Item = (ParticipantId, Refusal)> + 'a {
    former.participants().filter_map(move |participant| {
        let refusal = way_in(present, &participant.id, now).err()?;
        way_in(former, &participant.id, now).ok().map(|()| (participant.id.clone(), refusal))
    })
}

/// Whether a participant has any certificate that lets it in.
fn way_in(directory: &Directory, id: &ParticipantId, now: Timestamp) -> Result<(), Refusal> {
    let mut refusal = Refusal::Unknown;
    for known in directory.certificates_of(id) {
        match directory.admit_known(known, now) {
            Ok(_) => return Ok(()),
            Err(another) => refusal = refusal.max(another),
        }
    }
    Err(refusal)
}

/// Why this connection of `user` with the broker has to go at `now`; `None` where it may stay.
///
/// The broker tells a connection's certificate by its validity only. That is enough, unless certificates of one
/// participant begin and end in the same second, or the broker does not tell: then a connection stays if any of those
/// it may have used is good, but whatever was open when another of them was revoked has to come again.
pub fn verdict(directory: &Directory, user: &str, connection: &BrokerConnection, now: Timestamp) -> Option<Refusal> {
    let Ok(id) = user.parse::<ParticipantId>() else { return Some(Refusal::Unknown) };
    let told = connection.validity();
    let used = |known: &&KnownCertificate| {
        let certificate = &known.certificate;
        told.is_none_or(|(begin, end)| certificate.not_before == begin && certificate.not_after == end)
    };
    let possible: Vec<_> = directory.certificates_of(&id).filter(used).collect();
    let refused = possible.iter().filter_map(|known| directory.admit_known(known, now).err());
    if refused.clone().count() == possible.len() {
        return Some(refused.max().unwrap_or(Refusal::Unknown));
    }
    let opened = connection.connected_at().unwrap_or(now);
    let was_open = |known: &&KnownCertificate| {
        known.revoked.as_ref().is_some_and(|revocation| {
            opened <= revocation.at.saturating_add(BROKER_LEARNS_WITHIN).unwrap_or(Timestamp::MAX)
        })
    };
    possible.into_iter().any(|known| was_open(&known)).then_some(Refusal::Revoked)
}

#[cfg(test)]
mod tests;
