//! The hub's clock: the time by which deadlines pass.
//!
//! To the millisecond, as the store keeps times. Certificates are judged by the system's own clock, always.

use jiff::{SignedDuration, Timestamp};
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long what the file said holds.
const HOLDS: Duration = Duration::from_millis(20);

/// Tells the time.
#[derive(Debug, Default)]
pub struct Clock {
    offset: Option<Offset>,
}

/// A file that says by how many seconds the clock is ahead, for tests that move years in milliseconds.
#[derive(Debug)]
struct Offset {
    file: PathBuf,
    read: Mutex<Option<(Instant, i64)>>,
}

impl Clock {
    /// The system's time; ahead of it by what the file says, where there is one (`faults.clock_file`).
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { offset: file.map(|file| Offset { file, read: Mutex::new(None) }) }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let ahead = self.offset.as_ref().map_or(0, Offset::seconds);
        let now = Timestamp::now().saturating_add(SignedDuration::from_secs(ahead)).unwrap_or(Timestamp::MAX);
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

impl Offset {
    fn seconds(&self) -> i64 {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        match *read {
            Some((at, seconds)) if at.elapsed() < HOLDS => seconds,
            Some(_) | None => {
                let text = std::fs::read_to_string(&self.file).unwrap_or_default();
                let former = read.map_or(0, |(_, seconds)| seconds);
                // Half-written files say nothing.
                let seconds = text.strip_suffix('\n').and_then(|text| text.parse().ok()).unwrap_or(former);
                *read = Some((Instant::now(), seconds));
                seconds
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_ahead_by_what_its_file_says() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "86400\n").expect("written");
        let ahead = Clock::new(Some(file.path().to_owned())).now().duration_since(Timestamp::now());
        assert!((86_300..=86_400).contains(&ahead.as_secs()), "{ahead}");
        std::fs::write(file.path(), "86").expect("written");
        assert!(Clock::new(Some(file.path().to_owned())).now() <= Timestamp::now());
        assert_eq!(Clock::default().now().subsec_nanosecond() % 1_000_000, 0);
    }
}
