//! The back offices of the demo, one per participant: most use the client library, Austria the folder adapter.

use super::{
    DemoError,
    connected::Connected,
    eyes::{Eyes, Scene},
    folder::FolderOffice,
    ledger::Ledger,
};
use crate::network::Network;
use adapters::Outgoing;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};

/// The country whose back office is a folder.
pub(super) const FOLDER_COUNTRY: &str = "AT";

enum Office {
    Connected(Connected),
    Folder(FolderOffice),
}

/// The back offices, by country.
pub(super) struct Offices(BTreeMap<String, Office>);

impl Offices {
    /// Opens the back office of every participant in the network's directory.
    pub(super) async fn open(
        network: &Network,
        ledger: &Arc<Ledger>,
        scene: &Arc<Mutex<Scene>>,
    ) -> Result<Self, DemoError> {
        let mut offices = BTreeMap::new();
        for participant in &network.directory().participants {
            let (ledger, scene) = (Arc::clone(ledger), Arc::clone(scene));
            let eyes = Eyes { country: participant.country.clone(), ledger, scene };
            let office = if participant.country == FOLDER_COUNTRY {
                Office::Folder(FolderOffice::open(network, &participant.id, eyes).await?)
            } else {
                let authorities = network.directory().served_by(&participant.id);
                let config = network.client_config(participant.id.as_str());
                Office::Connected(Connected::open(config, &authorities, &eyes).await?)
            };
            offices.insert(participant.country.clone(), office);
        }
        Ok(Self(offices))
    }

    /// Sends a message from a country's back office.
    pub(super) async fn submit(&self, country: &str, message: &Outgoing) -> Result<(), DemoError> {
        match self.0.get(country) {
            Some(Office::Connected(office)) => office.submit(message).await,
            Some(Office::Folder(office)) => office.submit(message).await,
            None => Err(DemoError::Story(format!("nobody plays {country}"))),
        }
    }

    /// The countries that are connected through the client library.
    pub(super) fn connected(&self) -> Vec<&str> {
        let connected = |office: &Office| matches!(office, Office::Connected(_));
        self.0.iter().filter(|(_, office)| connected(office)).map(|(country, _)| country.as_str()).collect()
    }

    /// The folder of the country that works with files.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.0.values().find_map(|office| match office {
            Office::Folder(office) => Some(office.root()),
            Office::Connected(_) => None,
        })
    }

    /// Closes them all.
    pub(super) async fn close(self) {
        for office in self.0.into_values() {
            match office {
                Office::Connected(office) => office.close().await,
                Office::Folder(office) => office.close().await,
            }
        }
    }
}
