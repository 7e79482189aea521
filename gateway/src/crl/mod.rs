//! National CAs' revocation lists: what they revoke is revoked here too, as a change of the directory like any other.
//!
//! Owns when lists are read, which of two is kept, and what follows from one; [`certs::crl`] reads and proves them,
//! `source` fetches them. A list never un-revokes: a certificate that is no longer listed stays revoked until an
//! operator registers it anew. A list that is stale or cannot be had is reported, and the last good one stays in force.

mod source;

use crate::{
    config::{self, ConfigError},
    directory::{
        Directory, InForce, Revocation,
        change::{Change, ChangeSet, Key, Record, Snapshot},
    },
    store::{Recorded, Store, StoreError},
};
use certs::{
    crl::{Crl, Issuer},
    inspect::inspect_pem,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use source::{Cache, Source};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// How far a list may seem to come from the future: clocks differ.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);
/// Longest wait before a source that failed is asked again.
const RETRY_AFTER: Duration = Duration::from_secs(60);
/// Wait before revocations that could not be recorded are tried again.
const RECORD_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// How often a change is planned again because another one came first.
const MOST_CONFLICTS: u32 = 20;

/// The lists that are followed.
#[derive(Debug, Default)]
pub struct Crls {
    lists: Vec<List>,
}

/// One of them.
#[derive(Debug)]
struct List {
    issuer: Issuer,
    source: Source,
    cache: Cache,
    refresh: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    crl: Option<Arc<Crl>>,
    problem: Option<String>,
}

/// How a list is, for `/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Whose list it is.
    pub issuer: String,
    /// File or address.
    pub source: String,
    /// Whether its revocations are current.
    pub state: Currency,
    /// Its number (decimal).
    pub number: Option<String>,
    /// When the one in force was made.
    pub this_update: Option<Timestamp>,
    /// By when the next one was promised.
    pub next_update: Option<Timestamp>,
    /// How many certificates it revokes, those that the directory does not hold included.
    pub revoked: usize,
    /// What is wrong with the source, in a sentence.
    pub problem: Option<String>,
}

impl Overview {
    /// Whether nobody has to do anything about it.
    pub fn is_in_order(&self) -> bool {
        self.state == Currency::Current && self.problem.is_none()
    }
}

/// Whether a list is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Currency {
    /// It is.
    Current,
    /// The next one should be there.
    Stale,
    /// There has never been a good one.
    Missing,
}

/// What a follower of lists works with.
#[derive(Clone)]
pub struct Surroundings {
    /// Where changes are recorded.
    pub store: Arc<dyn Store>,
    /// The directory in force.
    pub directory: Arc<InForce>,
    /// The time.
    pub clock: fn() -> Timestamp,
}

impl Crls {
    /// Reads the issuers' certificates; the lists themselves come later.
    ///
    /// # Errors
    /// A certificate cannot be read or may not sign lists; a source is neither a file nor an `http:` address.
    pub fn load(settings: &config::Directory) -> Result<Self, ConfigError> {
        let list = |entry: &config::Crl| {
            let pem = std::fs::read(&entry.issuer)
                .map_err(|error| ConfigError::file(&entry.issuer, error, "give the CA's certificate in PEM"))?;
            let issuer = Issuer::from_pem(&pem)
                .map_err(|error| ConfigError::file(&entry.issuer, error, "give the CA's certificate in PEM"))?;
            let source = Source::new(&entry.source)?;
            let cache = Cache::new(&settings.crl_cache, issuer.sha256(), &source);
            let refresh = Duration::from_secs(entry.refresh_seconds);
            Ok(List { issuer, source, cache, refresh, state: Mutex::default() })
        };
        settings.crl.iter().map(list).collect::<Result<_, _>>().map(|lists| Self { lists })
    }

    /// How each list is at `now`.
    pub fn overview(&self, now: Timestamp) -> Vec<Overview> {
        self.lists.iter().map(|list| list.overview(now)).collect()
    }

    /// How many lists there are.
    pub fn count(&self) -> usize {
        self.lists.len()
    }

    /// Follows the list of this position until `shutdown`: reads it again and again, and revokes what it revokes,
    /// also when a listed certificate is registered later.
    pub async fn follow(self: Arc<Self>, position: usize, around: Surroundings, shutdown: CancellationToken) {
        let Some(list) = self.lists.get(position) else { return };
        let mut changes = around.directory.changes();
        list.recall((around.clock)()).await;
        loop {
            list.refresh((around.clock)()).await;
            let again = list.again_after();
            let until_again = tokio::time::sleep(again);
            tokio::pin!(until_again);
            loop {
                let applied = list.apply(&around).await;
                if let Err(error) = &applied {
                    tracing::warn!(%error, issuer = list.issuer.name(), "what a CRL revokes cannot be recorded; trying again");
                }
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = &mut until_again => break,
                    () = tokio::time::sleep(RECORD_AGAIN_AFTER), if applied.is_err() => {}
                    Ok(()) = changes.changed() => {}
                }
            }
        }
    }
}

impl List {
    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn overview(&self, now: Timestamp) -> Overview {
        let State { crl, problem } = self.state();
        let crl = crl.as_deref();
        Overview {
            issuer: self.issuer.name().to_owned(),
            source: self.source.to_string(),
            state: match crl {
                None => Currency::Missing,
                Some(crl) if crl.is_stale(now) => Currency::Stale,
                Some(_) => Currency::Current,
            },
            number: crl.and_then(Crl::number),
            this_update: crl.map(Crl::this_update),
            next_update: crl.and_then(Crl::next_update),
            revoked: crl.map_or(0, Crl::revoked),
            problem,
        }
    }

    fn again_after(&self) -> Duration {
        if self.state().problem.is_some() { self.refresh.min(RETRY_AFTER) } else { self.refresh }
    }

    /// The last good list, from the disk. It is proved again: the disk is not trusted more than the network.
    async fn recall(&self, now: Timestamp) {
        let bytes = match self.cache.read().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(problem) => return self.log(&problem),
        };
        match self.judge(bytes, now).await {
            Ok((_, crl)) => self.settle(Ok(crl)),
            Err(problem) => self.log(&format!("the copy on disk is passed over: {problem}")),
        }
    }

    /// Asks the source; keeps the better of what it gives and what is there.
    async fn refresh(&self, now: Timestamp) {
        let taken = match self.source.read().await {
            Ok(bytes) => self.judge(bytes, now).await,
            Err(problem) => Err(problem),
        };
        let settled = match taken {
            Ok((bytes, crl)) => match self.cache.write(bytes).await {
                Ok(()) => Ok(crl),
                Err(problem) => {
                    self.log(&problem);
                    Ok(crl)
                }
            },
            Err(problem) => Err(problem),
        };
        self.settle(settled);
        if self.overview(now).state == Currency::Stale {
            self.log("it is stale: the next one should be there");
        }
    }

    /// On a thread of its own: a large list takes a while.
    async fn judge(&self, bytes: Vec<u8>, now: Timestamp) -> Result<(Vec<u8>, Crl), String> {
        let (issuer, former) = (self.issuer.clone(), self.state().crl);
        let judging = tokio::task::spawn_blocking(move || {
            let crl = better(&issuer, &bytes, former.as_deref(), now)?;
            Ok((bytes, crl))
        });
        judging.await.map_err(|error| error.to_string())?
    }

    fn settle(&self, taken: Result<Crl, String>) {
        if let Err(problem) = &taken {
            self.log(problem);
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match taken {
            Ok(crl) => *state = State { crl: Some(Arc::new(crl)), problem: None },
            Err(problem) => state.problem = Some(problem),
        }
    }

    fn log(&self, problem: &str) {
        tracing::warn!(issuer = self.issuer.name(), source = %self.source, problem, "a CRL needs attention; the last good one stays in force");
    }

    /// Records what the list revokes and the directory does not yet.
    async fn apply(&self, around: &Surroundings) -> Result<(), StoreError> {
        let Some(crl) = self.state().crl else { return Ok(()) };
        for _ in 0..MOST_CONFLICTS {
            let Snapshot { version, directory } = around.directory.now();
            let now = (around.clock)();
            let changes = revocations(&directory, &crl, now);
            if changes.is_empty() {
                return Ok(());
            }
            let actor = format!("CRL of {}", self.issuer.name());
            let set = ChangeSet { based_on: version, at: now, actor, reason: None, changes };
            // Another hub may have followed the same list already: then the next look finds nothing to do.
            let recorded = around.store.change_directory(&set).await?;
            around.directory.catch_up(around.store.as_ref()).await?;
            if recorded == Recorded::Durable {
                return Ok(());
            }
        }
        Err(StoreError::new("others changed the directory all the time"))
    }
}

/// Reads a list and says whether it may take the place of `former`.
fn better(issuer: &Issuer, bytes: &[u8], former: Option<&Crl>, now: Timestamp) -> Result<Crl, String> {
    let crl = issuer.read(bytes).map_err(|error| error.to_string())?;
    let latest = now.checked_add(CLOCK_TOLERANCE).unwrap_or(now);
    if crl.this_update() > latest {
        return Err(format!("it is of {}, which is yet to come: one of the clocks is wrong", crl.this_update()));
    }
    match former {
        Some(former) if crl.is_older_than(former) => {
            Err(format!("it is of {}, older than the one at hand of {}", crl.this_update(), former.this_update()))
        }
        Some(_) | None => Ok(crl),
    }
}

/// The changes that revoke whatever the list revokes and the directory still accepts; none when there is nothing.
fn revocations(directory: &Directory, crl: &Crl, now: Timestamp) -> Vec<Change> {
    let listed =
        directory.certificates().filter(|known| known.revoked.is_none() && crl.listed(&known.certificate).is_some());
    let owners: BTreeSet<_> = listed.map(|known| &known.participant).collect();
    let mut changes = Vec::new();
    for former in owners.into_iter().filter_map(|id| directory.participant(id)) {
        let mut participant = former.clone();
        for held in participant.certificates.iter_mut().filter(|held| held.revoked.is_none()) {
            let chain = inspect_pem(held.pem.as_bytes()).unwrap_or_default();
            let Some(listed) = chain.first().and_then(|certificate| crl.listed(certificate)) else { continue };
            held.revoked = Some(Revocation { at: now, reason: reason(crl, listed) });
        }
        let key = Key::Participant(participant.id.clone());
        let (before, after) = (Record::Participant(former.clone()), Record::Participant(participant));
        changes.push(Change { key, before: Some(before), after: Some(after) });
    }
    changes
}

fn reason(crl: &Crl, listed: &certs::crl::Listed) -> String {
    let number = crl.number().map(|number| format!(" number {number}")).unwrap_or_default();
    format!("{} since {}, says the issuer's CRL{number} of {}", listed.reason, listed.since, crl.this_update())
}

#[cfg(test)]
mod tests;
