//! Records a change in the store; where somebody else was faster, decides again on the new picture.

use super::{Failure, StoreOption, runtime};
use crate::{
    directory::{
        Directory, Fault,
        change::{Change, ChangeSet, Snapshot},
        edit::EditError,
        files::Faults,
    },
    store::{self, Recorded, Store},
};
use jiff::Timestamp;
use std::time::Duration;

/// Most attempts while others change the directory too.
const MOST_ATTEMPTS: u32 = 40;
/// Wait before the next attempt; grows with every attempt.
const PAUSE: Duration = Duration::from_millis(25);

/// Why nothing was changed.
pub(super) enum Refusal {
    /// Files do not hold what could be brought in.
    Files(Faults),
    /// There were too many others, or the store cannot be asked.
    Failure(Failure),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<EditError> for Refusal {
    fn from(error: EditError) -> Self {
        Self::Failure(Failure::Other(error.to_string()))
    }
}

impl From<Vec<Fault>> for Refusal {
    fn from(faults: Vec<Fault>) -> Self {
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Self::Failure(Failure::Other(format!("{}\nnothing was changed", said.join("\n"))))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Files(faults) => Self::Other(faults.to_string()),
            Refusal::Failure(failure) => failure,
        }
    }
}

/// Who asks for a change, and why.
pub(super) struct Author {
    pub(super) actor: String,
    pub(super) reason: Option<String>,
}

/// Whether a change is recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Record,
    /// Only tells what would change.
    Rehearse,
}

/// What was changed, and the directory's version after it.
pub(super) struct Done {
    pub(super) changes: Vec<Change>,
    pub(super) version: u64,
}

/// Decides on the directory as it is and records what was decided.
pub(super) fn change<F>(option: &StoreOption, author: Author, mode: Mode, decide: F) -> Result<Done, Refusal>
where
    F: Fn(&Directory, Timestamp) -> Result<Vec<Change>, Refusal>,
{
    let settings = option.settings().map_err(Failure::from)?;
    runtime()?.block_on(async {
        let store = store::open(&settings).await.map_err(Failure::from)?;
        let done = record(store.as_ref(), author, mode, decide).await;
        store.close().await;
        done
    })
}

async fn record<F>(store: &dyn Store, author: Author, mode: Mode, decide: F) -> Result<Done, Refusal>
where
    F: Fn(&Directory, Timestamp) -> Result<Vec<Change>, Refusal>,
{
    for attempt in 1..=MOST_ATTEMPTS {
        let Snapshot { version, directory } = store.directory().await.map_err(Failure::from)?;
        let at = Timestamp::now();
        let changes = decide(&directory, at)?;
        if changes.is_empty() || mode == Mode::Rehearse {
            return Ok(Done { changes, version });
        }
        let Author { actor, reason } = &author;
        let set = ChangeSet { based_on: version, at, actor: actor.clone(), reason: reason.clone(), changes };
        if store.change_directory(&set).await.map_err(Failure::from)? == Recorded::Durable {
            let version = version + set.changes.len() as u64;
            return Ok(Done { changes: set.changes, version });
        }
        tokio::time::sleep(PAUSE * attempt).await;
    }
    let problem =
        format!("others changed the directory {MOST_ATTEMPTS} times in between; nothing was changed, try again");
    Err(Failure::Other(problem).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config,
        directory::{Participant, change::Record},
    };
    use std::sync::atomic::{AtomicU32, Ordering};

    fn participant(id: &str, name: &str) -> Record {
        let text = format!("{{\"id\":\"{id}\",\"country\":\"PL\",\"name\":\"{name}\"}}");
        Record::Participant(serde_json::from_str::<Participant>(&text).expect("a participant"))
    }

    fn author() -> Author {
        Author { actor: "jan".into(), reason: Some("a test".into()) }
    }

    fn plan(directory: &Directory, at: Timestamp, record: Record) -> Result<Vec<Change>, Refusal> {
        Ok(directory.plan(vec![record], at)?.1)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_was_slower_decides_again_and_loses_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let store = store::open(&config::Store { url, ..config::Store::default() }).await.expect("opened");
        let attempts = AtomicU32::new(0);
        let handle = tokio::runtime::Handle::current();
        let done = record(store.as_ref(), author(), Mode::Record, |directory, at| {
            if attempts.fetch_add(1, Ordering::Relaxed) == 0 {
                // Somebody else writes between our look and our record.
                let other = record(store.as_ref(), author(), Mode::Record, |directory, at| {
                    plan(directory, at, participant("PL-OTHER", "the faster one"))
                });
                assert!(tokio::task::block_in_place(|| handle.block_on(other)).is_ok());
            }
            plan(directory, at, participant("PL-OWN", "the slower one"))
        })
        .await;
        let Ok(done) = done else { panic!("recorded") };
        assert_eq!((attempts.into_inner(), done.version), (2, 2), "the first decision was void");
        let Snapshot { directory, version } = store.directory().await.expect("read");
        assert_eq!((directory.participants().count(), version), (2, 2), "both are there");
        let trail = store.audit_of("PL-OWN", 10).await.expect("read");
        assert_eq!((trail[0].actor.as_str(), trail[0].reason.as_deref()), ("jan", Some("a test")));
        store.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_rehearsal_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let store = store::open(&config::Store { url, ..config::Store::default() }).await.expect("opened");
        let decide = |directory: &Directory, at| plan(directory, at, participant("PL-OWN", "a name"));
        let done = record(store.as_ref(), author(), Mode::Rehearse, decide).await;
        assert!(done.is_ok_and(|done| done.changes.len() == 1));
        assert!(store.directory().await.expect("read").directory.is_empty());
        store.close().await;
    }
}
