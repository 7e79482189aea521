//! What a batch is judged by, taken once for the whole batch; and what follows when a batch has changed it.

use super::{
    Pipeline, Unavailable,
    inspect::{Cleared, Inspected},
};
use crate::{
    config::Limits,
    directory::{Directory, change::Snapshot, search::Index},
    packs::Packs,
    registrar,
    store::Writes,
};
use schemas::wire::{AuthorityId, ParticipantId};
use std::sync::Arc;

/// What a batch is judged by, besides the areas.
pub struct Rules {
    /// Who exists.
    pub directory: Arc<Directory>,
    /// The version of that directory.
    pub version: u64,
    /// Id of the hub.
    pub hub: ParticipantId,
    /// The hub's own authority in the area `registers`.
    pub registrar: AuthorityId,
    /// In whose name the hub says what it says itself.
    pub own: AuthorityId,
    /// What is too much.
    pub limits: Limits,
    /// What searches are answered from, where the batch has one.
    pub catalogue: Option<Searchable>,
}

/// The directory made ready for searching, and the packs whose words it is searched by.
pub struct Searchable {
    /// The index.
    pub index: Arc<Index>,
    /// The packs.
    pub packs: Arc<Packs>,
}

impl Pipeline {
    /// As of now.
    pub(super) fn rules(&self) -> Rules {
        let Snapshot { version, directory } = self.directory.now();
        let (hub, registrar) = (self.hub.clone(), self.config.directory.authority.clone());
        let own = self.config.gateway.authority.clone();
        Rules { directory, version, hub, registrar, own, limits: self.config.limits.clone(), catalogue: None }
    }

    /// As of now, ready to decide on these messages.
    pub(super) async fn rules_for(&self, inspected: &[Inspected], packs: &Arc<Packs>) -> Rules {
        let mut rules = self.rules();
        if inspected.iter().any(is_search) {
            rules.catalogue = Some(Searchable { index: self.directory.index().await, packs: Arc::clone(packs) });
        }
        rules
    }

    /// What a batch changed in the directory holds for the next one, and what it has the hub send goes out.
    pub(super) async fn follow_up(&self, writes: &Writes) -> Result<(), Unavailable> {
        if !writes.outbox.is_empty() {
            self.outbox_filled.notify_one();
        }
        if writes.log.iter().any(|entry| entry.change.clocks.is_some()) {
            self.clocks_wound.notify_one();
        }
        if !writes.directory.is_empty() {
            self.directory.catch_up(self.store.as_ref()).await?;
        }
        Ok(())
    }
}

fn is_search(inspected: &Inspected) -> bool {
    match &inspected.verdict {
        Ok(Cleared::Business { envelope, .. }) => {
            let message_type = &envelope.message_type;
            message_type.area.as_str() == registrar::AREA && registrar::is_search(&message_type.message)
        }
        Ok(Cleared::Report(_)) | Err(_) => false,
    }
}
