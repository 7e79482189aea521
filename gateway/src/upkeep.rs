//! Upkeep: the broker's queues in step with the packs and the directory, while messages flow.
//!
//! A new authority's mailbox appears at once; that of one that takes part no longer goes once it is empty.

use crate::{
    broker::{BrokerError, Management, Session, Topology},
    directory::InForce,
    packs::PacksInForce,
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::watch;

/// What the queues depend on.
pub struct Upkeep {
    /// Ordered lanes for ordinary messages.
    pub lanes: u16,
    /// The areas.
    pub packs: Arc<PacksInForce>,
    /// Who exists.
    pub directory: Arc<InForce>,
    /// Time between two looks at mailboxes that nobody needs any more. One goes when it was empty at two of them, because
    /// the broker's statistics lag some seconds behind.
    pub clear_every: Duration,
    /// The broker's management plug-in.
    pub management: Arc<Management>,
}

/// Tells when packs or another directory came into force. Ask before looking at either, so that no change is missed.
pub struct Changes {
    packs: watch::Receiver<u64>,
    directory: watch::Receiver<u64>,
}

impl Upkeep {
    /// Listens for changes from now on.
    pub fn changes(&self) -> Changes {
        Changes { packs: self.packs.changes(), directory: self.directory.changes() }
    }

    /// What must exist on the broker now.
    pub fn topology(&self) -> Topology {
        Topology::new(self.lanes, &self.packs.now().areas, &self.directory.now().directory)
    }

    /// Declares what is new whenever packs or another directory came into force, and removes mailboxes that nobody needs
    /// any more. `declared` is what this session has declared. Ends only with a fault of the session.
    pub async fn run(&self, session: &Session, mut declared: Topology, mut changes: Changes) -> BrokerError {
        let mut empty = BTreeSet::new();
        let mut looks = tokio::time::interval(self.clear_every);
        loop {
            let done = tokio::select! {
                Ok(()) = changes.packs.changed() => self.declare(session, &mut declared).await,
                Ok(()) = changes.directory.changed() => self.declare(session, &mut declared).await,
                _ = looks.tick() => self.clear(session, &declared, &mut empty).await,
            };
            if let Err(error) = done {
                return error;
            }
        }
    }

    async fn declare(&self, session: &Session, declared: &mut Topology) -> Result<(), BrokerError> {
        let now = self.topology();
        let new = now.beyond(declared);
        session.declare(&new).await?;
        if !new.outgoing.is_empty() {
            tracing::info!(queues = new.outgoing.len(), "queues were declared");
        }
        *declared = now;
        Ok(())
    }

    /// Removes mailboxes and receipt queues that nobody needs and that were empty at the look before and are so now.
    async fn clear(
        &self,
        session: &Session,
        declared: &Topology,
        empty: &mut BTreeSet<String>,
    ) -> Result<(), BrokerError> {
        let queues = match self.management.queues().await {
            Ok(queues) => queues,
            Err(problem) => {
                tracing::debug!(problem, "mailboxes that nobody needs are looked for later");
                return Ok(());
            }
        };
        let needed: BTreeSet<&str> = declared.outgoing.iter().map(String::as_str).collect();
        let seen: BTreeSet<String> = queues
            .into_iter()
            .filter(|queue| Topology::is_somebodys(&queue.name) && !needed.contains(queue.name.as_str()))
            .filter(|queue| queue.ready == 0 && queue.unacknowledged == 0 && queue.consumers == 0)
            .map(|queue| queue.name)
            .collect();
        for queue in seen.intersection(empty) {
            if session.remove_empty(queue).await? {
                tracing::info!(queue, "a queue that nobody needs any more was removed");
            }
        }
        *empty = seen;
        Ok(())
    }
}
