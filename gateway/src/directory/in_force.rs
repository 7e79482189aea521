//! The directory in force, and how changes come into force while messages flow.
//!
//! The store is the truth. Whoever changes it (this hub, another one, the command line) leaves an audit event with the
//! next number; every hub looks for new numbers and applies what they say. A batch is judged by one picture.

use super::{
    Directory,
    change::{AuditEvent, Snapshot},
    search::Index,
};
use crate::store::{Store, StoreError};
use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The directory in force.
pub struct InForce {
    current: RwLock<Snapshot>,
    changes: watch::Sender<u64>,
    index: Mutex<IndexOf>,
}

/// The index of one version; made when it is first searched.
#[derive(Default, Clone)]
struct IndexOf {
    version: u64,
    made: Arc<OnceLock<Arc<Index>>>,
}

impl InForce {
    /// Puts a directory into force.
    pub fn new(snapshot: Snapshot) -> Self {
        let changes = watch::Sender::new(snapshot.version);
        Self { current: RwLock::new(snapshot), changes, index: Mutex::default() }
    }

    /// The directory that holds now, with its version.
    pub fn now(&self) -> Snapshot {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The directory that holds now, ready for searching. Made once for each version, off the runtime's threads.
    pub async fn index(&self) -> Arc<Index> {
        let Snapshot { version, directory } = self.now();
        let made = self.index_of(version);
        if let Some(index) = made.get() {
            return Arc::clone(index);
        }
        let make = move || Arc::clone(made.get_or_init(|| Arc::new(Index::new(&directory))));
        match tokio::task::spawn_blocking(make).await {
            Ok(index) => index,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Where the index of this version is, or will be. That of a former version is given up.
    fn index_of(&self, version: u64) -> Arc<OnceLock<Arc<Index>>> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if index.version != version {
            *index = IndexOf { version, ..IndexOf::default() };
        }
        Arc::clone(&index.made)
    }

    /// Tells when another version came into force.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Brings in what happened since. Events that are in force already are passed over.
    fn advance(&self, events: &[AuditEvent]) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&AuditEvent> = events.iter().filter(|event| event.version > current.version).collect();
        let Some(last) = new.last() else { return };
        let mut directory = Directory::clone(&current.directory);
        for event in &new {
            directory.apply(&event.change);
            tracing::info!(version = event.version, of = %event.change.key, actor = %event.actor, "the directory changed");
        }
        *current = Snapshot { version: last.version, directory: Arc::new(directory) };
        drop(current);
        self.changes.send_replace(self.now().version);
    }

    /// Brings in what the store has beyond what is in force.
    ///
    /// # Errors
    /// The store cannot be asked now.
    pub async fn catch_up(&self, store: &dyn Store) -> Result<(), StoreError> {
        while store.directory_version().await? > self.now().version {
            self.advance(&store.audit_since(self.now().version).await?);
        }
        Ok(())
    }

    /// Catches up again and again, until `shutdown`.
    pub async fn follow(self: Arc<Self>, store: Arc<dyn Store>, interval: Duration, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
            if let Err(error) = self.catch_up(store.as_ref()).await {
                tracing::warn!(%error, "the directory cannot be read again; the former one stays");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{
        Register,
        change::{Change, Key, Record},
        search::{Professions, RegisterCriteria, search_registers},
    };
    use jiff::Timestamp;

    fn addition(version: u64) -> AuditEvent {
        let id = format!("EL-REG-{version}");
        let register: Register = serde_json::from_value(serde_json::json!({
            "id": id, "country": "EL", "authority": "EL-ONE", "name": { "el": "Μητρώο" }, "kind": "business",
            "access": "public-free", "electronic": true, "verified": "2026-01-31", "version": 1,
        }))
        .expect("a register");
        let change = Change { key: Key::Register(id), before: None, after: Some(Record::Register(register)) };
        AuditEvent { version, at: Timestamp::UNIX_EPOCH, actor: "a test".into(), reason: None, change }
    }

    #[tokio::test]
    async fn a_version_is_made_ready_for_searching_once_and_a_change_makes_it_anew() {
        let in_force = InForce::new(Snapshot::default());
        let total =
            |index: &Index| search_registers(index, &Professions::default(), &RegisterCriteria::default()).total;
        let empty = in_force.index().await;
        assert_eq!(total(&empty), 0);
        assert!(Arc::ptr_eq(&empty, &in_force.index().await));
        in_force.advance(&[addition(1), addition(2)]);
        let changed = in_force.index().await;
        assert_eq!(total(&changed), 2);
        assert!(Arc::ptr_eq(&changed, &in_force.index().await));
    }
}
