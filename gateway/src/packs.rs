//! The area packs in force, and how new ones come into force while messages flow.
//!
//! Packs change as a whole: a batch is judged by the packs that were in force when it began. A pack that is broken is
//! refused, with its reason in log and status, and the one before it stays.

use crate::directory::search::Professions;
use jiff::Timestamp;
use schemas::{
    area::{AreaError, Areas},
    validate::{Limits, PoolError, ValidatorPool},
};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Most files and folders that are watched.
const MOST_ENTRIES: usize = 100_000;

/// Areas, and the threads that validate by their schemas.
pub struct Packs {
    /// The areas.
    pub areas: Arc<Areas>,
    /// What the professions are called, for searches.
    pub professions: Professions,
    /// The threads.
    pub validators: ValidatorPool,
}

/// What became of the last attempt to bring changed packs into force.
#[derive(Debug, Clone)]
pub struct Reading {
    /// When it was.
    pub at: Timestamp,
    /// Packs that were refused, each with its reason; the former ones stay.
    pub refused: Vec<String>,
}

/// What keeps packs from coming into force.
#[derive(Debug, Error)]
pub enum PacksError {
    /// A pack is broken.
    #[error(transparent)]
    Area(#[from] AreaError),
    /// No threads for them.
    #[error(transparent)]
    Threads(#[from] PoolError),
}

/// The packs in force.
pub struct PacksInForce {
    root: PathBuf,
    limits: Limits,
    threads: usize,
    clock: fn() -> Timestamp,
    current: RwLock<Arc<Packs>>,
    reading: RwLock<Reading>,
    changes: watch::Sender<u64>,
    asked: Notify,
}

impl PacksInForce {
    /// Loads every pack beneath `root`; at start each must be good.
    ///
    /// # Errors
    /// A pack is broken, or the threads cannot be started.
    pub fn load(root: &Path, limits: Limits, threads: usize, clock: fn() -> Timestamp) -> Result<Self, PacksError> {
        let packs = packs(Areas::load(root)?, &limits, threads)?;
        Ok(Self {
            root: root.to_owned(),
            limits,
            threads,
            clock,
            current: RwLock::new(Arc::new(packs)),
            reading: RwLock::new(Reading { at: clock(), refused: Vec::new() }),
            changes: watch::Sender::new(0),
            asked: Notify::new(),
        })
    }

    /// The packs that hold now.
    pub fn now(&self) -> Arc<Packs> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How the last reading went.
    pub fn reading(&self) -> Reading {
        self.reading.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells when packs came into force; the value counts them.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Has the packs read again soon, changed or not.
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    /// Reads the packs again whenever a file of theirs has changed and then rested for `interval`, or when it is asked
    /// to, until `shutdown`.
    pub async fn watch(self: Arc<Self>, interval: Duration, shutdown: CancellationToken) {
        let mut read = self.fingerprint().await;
        let mut seen = read;
        loop {
            let asked = tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.asked.notified() => true,
                () = tokio::time::sleep(interval) => false,
            };
            let now = self.fingerprint().await;
            let rested = now == seen;
            seen = now;
            if asked || (rested && now != read) {
                read = now;
                let book = Arc::clone(&self);
                if let Err(error) = tokio::task::spawn_blocking(move || book.read_again()).await {
                    tracing::error!(%error, "reading the packs ended early; the former ones stay");
                }
            }
        }
    }

    async fn fingerprint(&self) -> u64 {
        let root = self.root.clone();
        tokio::task::spawn_blocking(move || fingerprint(&root)).await.unwrap_or_default()
    }

    fn read_again(&self) {
        let former = self.now();
        let (areas, refused) = Areas::reload(&self.root, &former.areas);
        let mut refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
        match packs(areas, &self.limits, self.threads) {
            Ok(packs) => {
                tracing::info!(
                    areas = packs.areas.iter().count(),
                    refused = refused.len(),
                    "the packs were read again"
                );
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(packs);
                self.changes.send_modify(|count| *count += 1);
            }
            Err(error) => refused.push(error.to_string()),
        }
        for reason in &refused {
            tracing::error!(reason, "a pack was refused; the former one stays");
        }
        *self.reading.write().unwrap_or_else(PoisonError::into_inner) = Reading { at: (self.clock)(), refused };
    }
}

fn packs(areas: Areas, limits: &Limits, threads: usize) -> Result<Packs, PacksError> {
    let areas = Arc::new(areas);
    let professions = Professions::new(&areas);
    Ok(Packs { professions, validators: ValidatorPool::new(Arc::clone(&areas), limits.clone(), threads)?, areas })
}

/// Changes when a file is added, removed, renamed or written.
fn fingerprint(root: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut folders = vec![root.to_owned()];
    let mut entries = 0;
    while let Some(folder) = folders.pop() {
        let Ok(mut paths) = list(&folder) else { continue };
        paths.sort();
        for path in paths {
            entries += 1;
            if entries > MOST_ENTRIES {
                return hasher.finish();
            }
            let Ok(data) = path.metadata() else { continue };
            path.hash(&mut hasher);
            if data.is_dir() {
                folders.push(path);
            } else {
                (data.len(), data.modified().ok()).hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, process::Command};

    fn shipped() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
        let copied = Command::new("cp")
            .arg("-r")
            .args(["areas", "common", "workflows"].map(|part| from.join(part)))
            .arg(folder.path())
            .status();
        assert!(copied.expect("cp runs").success());
        folder
    }

    #[test]
    fn a_broken_pack_is_refused_and_the_former_one_stays() {
        let folder = shipped();
        let book = PacksInForce::load(folder.path(), Limits::default(), 1, Timestamp::now)
            .unwrap_or_else(|error| panic!("{error}"));
        let before = book.now().areas.iter().count();
        let pack = folder.path().join("areas/imi-pq/area.toml");
        let good = fs::read_to_string(&pack).expect("a pack");
        fs::write(&pack, good.replace("active", "resting")).expect("written");
        fs::remove_dir_all(folder.path().join("areas/imi-services")).expect("removed");
        book.read_again();
        let reading = book.reading();
        assert!(reading.refused.len() == 1 && reading.refused[0].contains("imi-pq/area.toml"), "{:?}", reading.refused);
        let areas = Arc::clone(&book.now().areas);
        assert_eq!(areas.iter().count(), before - 1, "what was removed is gone, what is broken stays as it was");
        assert!(areas.area(&"imi-pq".parse().expect("an area")).is_some());
        fs::write(&pack, good).expect("written");
        book.read_again();
        assert!(book.reading().refused.is_empty());
    }

    #[test]
    fn every_change_of_a_file_shows() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut seen = vec![fingerprint(folder.path())];
        fs::create_dir(folder.path().join("area")).expect("created");
        seen.push(fingerprint(folder.path()));
        let file = folder.path().join("area/area.toml");
        fs::write(&file, "one").expect("written");
        seen.push(fingerprint(folder.path()));
        fs::write(&file, "three").expect("written");
        seen.push(fingerprint(folder.path()));
        fs::rename(&file, folder.path().join("area/other.toml")).expect("renamed");
        seen.push(fingerprint(folder.path()));
        assert_eq!(fingerprint(folder.path()), seen[4], "nothing changed");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 5);
    }
}
