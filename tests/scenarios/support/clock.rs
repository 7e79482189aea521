//! The clock of a network's hub, for scenarios in which days pass within seconds (`faults.clock_file`).

use simulators::network::NetworkOptions;
use std::{
    fmt::Write as _,
    fs,
    path::PathBuf,
    sync::atomic::{AtomicI64, Ordering},
};

/// Sets the clock of one hub ahead of ours, or back.
pub(crate) struct Clock {
    file: PathBuf,
    ahead: AtomicI64,
}

impl Clock {
    /// Gives the hub of these options a clock that can be set.
    pub(crate) fn of(options: &mut NetworkOptions) -> Self {
        let file = options.dir.join("clock");
        write!(options.extra_config, "\n[faults]\nclock_file = {file:?}\n").expect("a string takes everything");
        Self { file, ahead: AtomicI64::new(0) }
    }

    /// So many seconds ahead of ours from now on.
    pub(crate) fn ahead(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::Relaxed);
        fs::write(&self.file, format!("{seconds}\n")).expect("written");
    }

    /// An hour further back: until it is set again, no deadline of these minutes passes, however slow the machine is.
    pub(crate) fn back_an_hour(&self) {
        self.ahead(self.ahead.load(Ordering::Relaxed) - 3600);
    }
}
