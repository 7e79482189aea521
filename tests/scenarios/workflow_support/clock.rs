//! The hub's clock of deadlines in the town: it stands still until it is moved, so that no deadline passes by itself however
//! slow the machine is.

use jiff::Timestamp;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinHandle;

/// How often the file is written: the hub's clock runs at most this long, and a second for the file's whole seconds.
const EVERY: Duration = Duration::from_millis(50);

/// A clock that stands still, give or take a second.
pub(crate) struct StillClock {
    file: PathBuf,
    shows: Arc<AtomicI64>,
    keeper: JoinHandle<()>,
}

impl StillClock {
    /// A clock that shows the present time.
    pub(crate) fn start(file: PathBuf) -> Self {
        let shows = Arc::new(AtomicI64::new(Timestamp::now().as_second()));
        write(&file, shows.load(Ordering::SeqCst));
        let (kept, showing) = (file.clone(), Arc::clone(&shows));
        let keeper = tokio::spawn(async move {
            let mut pace = tokio::time::interval(EVERY);
            loop {
                pace.tick().await;
                write(&kept, showing.load(Ordering::SeqCst));
            }
        });
        Self { file, shows, keeper }
    }

    /// The file that the hub reads.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// What it shows.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_second(self.shows.load(Ordering::SeqCst)).expect("a time of our own")
    }

    /// Moves it forward to a time; it never goes back.
    pub(crate) fn move_to(&self, time: Timestamp) {
        let shows = self.shows.fetch_max(time.as_second(), Ordering::SeqCst).max(time.as_second());
        write(&self.file, shows);
    }
}

impl Drop for StillClock {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

fn write(file: &Path, shows: i64) {
    let ahead = shows - Timestamp::now().as_second();
    std::fs::write(file, format!("{ahead}\n")).expect("the folder of the network");
}
