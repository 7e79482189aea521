//! The memory of what was stored already, so that a redelivery is recognised: bounded, and durable when it has a file.
//!
//! Owns two generations of keys. When the younger is full it becomes the older and the older is forgotten, which on
//! disk is one rename: `FILE` and `FILE.previous`, one key of 32 hexadecimal digits per line.

use crate::error::ClientError;
use schemas::wire::{AuthorityId, MessageId};
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};
use tokio::sync::{mpsc, oneshot};

/// Most keys that are remembered for certain; up to twice as many for a while.
const MOST_KEYS: usize = 500_000;
/// Most keys that one write to the disk takes together.
const MOST_TOGETHER: usize = 4_096;
/// Bytes of a line.
const LINE: usize = 33;

/// One delivery: a message from one authority to one authority, in 16 bytes of SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SeenKey([u8; 16]);

impl SeenKey {
    pub(crate) fn of(message_id: MessageId, from: &AuthorityId, to: &AuthorityId) -> Self {
        let digest = Sha256::digest(format!("{message_id} {from} {to}"));
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Self(key)
    }

    fn line(self) -> String {
        format!("{:032x}\n", u128::from_be_bytes(self.0))
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok().filter(|text| text.len() == LINE - 1)?;
        u128::from_str_radix(text, 16).ok().map(|number| Self(number.to_be_bytes()))
    }
}

/// Two generations of keys.
#[derive(Debug, Default)]
struct Generations {
    young: HashSet<SeenKey>,
    old: HashSet<SeenKey>,
}

impl Generations {
    fn contains(&self, key: SeenKey) -> bool {
        self.young.contains(&key) || self.old.contains(&key)
    }

    fn insert(&mut self, key: SeenKey, most: usize) {
        self.young.insert(key);
        if self.young.len() >= most {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

type Answer = oneshot::Sender<Result<(), String>>;

/// The memory of one client.
#[derive(Debug)]
pub(crate) struct Seen {
    generations: Mutex<Generations>,
    most: usize,
    writer: Option<Writer>,
}

/// The thread that writes the file.
#[derive(Debug)]
struct Writer {
    path: PathBuf,
    keys: mpsc::Sender<(SeenKey, Answer)>,
    thread: JoinHandle<()>,
}

impl Seen {
    /// A memory that ends with the process.
    pub(crate) fn in_memory() -> Self {
        Self { generations: Mutex::default(), most: MOST_KEYS, writer: None }
    }

    /// A memory that outlives it. Only one process may use a file at a time.
    pub(crate) fn open(path: &Path) -> Result<Self, ClientError> {
        Self::open_bounded(path, MOST_KEYS)
    }

    fn open_bounded(path: &Path, most: usize) -> Result<Self, ClientError> {
        let failed = |error: io::Error| ClientError::Seen { path: path.to_owned(), cause: error.to_string() };
        let (file, generations) = SeenFile::open(path, most).map_err(failed)?;
        let (keys, receiver) = mpsc::channel(MOST_TOGETHER);
        let thread = std::thread::Builder::new()
            .name("seen".to_owned())
            .spawn(move || write_until_closed(file, receiver))
            .map_err(failed)?;
        let writer = Some(Writer { path: path.to_owned(), keys, thread });
        Ok(Self { generations: Mutex::new(generations), most, writer })
    }

    /// Whether it was stored before.
    pub(crate) fn contains(&self, key: SeenKey) -> bool {
        self.lock().contains(key)
    }

    /// Remembers it; with a file, returns when the disk has it.
    pub(crate) async fn remember(&self, key: SeenKey) -> Result<(), ClientError> {
        if let Some(writer) = &self.writer {
            let failed = |cause: String| ClientError::Seen { path: writer.path.clone(), cause };
            let ended = || failed("the thread that writes it has ended".to_owned());
            let (answer, written) = oneshot::channel();
            writer.keys.send((key, answer)).await.map_err(|_| ended())?;
            written.await.map_err(|_| ended())?.map_err(failed)?;
        }
        self.lock().insert(key, self.most);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        // Nothing in here can panic half-way through a change.
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seen {
    /// Waits for the thread, so that the file is free for whoever opens it next.
    fn drop(&mut self) {
        if let Some(Writer { keys, thread, .. }) = self.writer.take() {
            drop(keys);
            // A thread that panicked has let go of the file too.
            let _ended = thread.join();
        }
    }
}

/// Writes what arrives, as much together as has arrived, and answers when the disk has it.
fn write_until_closed(mut file: SeenFile, mut receiver: mpsc::Receiver<(SeenKey, Answer)>) {
    while let Some(first) = receiver.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < MOST_TOGETHER
            && let Ok(next) = receiver.try_recv()
        {
            batch.push(next);
        }
        let keys: Vec<SeenKey> = batch.iter().map(|(key, _)| *key).collect();
        let result = file.append(&keys).map_err(|error| error.to_string());
        for (_, answer) in batch {
            // Whoever asked may have given up waiting; the key is remembered all the same.
            let _gave_up = answer.send(result.clone());
        }
    }
}

struct SeenFile {
    path: PathBuf,
    young: File,
    length: u64,
    most: usize,
    /// Held for as long as the file is in use.
    _lock: File,
}

impl SeenFile {
    fn open(path: &Path, most: usize) -> io::Result<(Self, Generations)> {
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(sibling(path, "lock"))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => io::Error::other("another process is using it"),
            fs::TryLockError::Error(error) => error,
        })?;
        let old = read_keys(&sibling(path, "previous"))?.0;
        let (young, length) = read_keys(path)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        // A crash may have left a part of a line.
        file.set_len(length)?;
        let mut seen = Self { path: path.to_owned(), young: file, length, most, _lock: lock };
        seen.young.seek(SeekFrom::Start(length))?;
        seen.rotate_when_full()?;
        Ok((seen, Generations { young, old }))
    }

    fn append(&mut self, keys: &[SeenKey]) -> io::Result<()> {
        let text: String = keys.iter().map(|key| key.line()).collect();
        let written = self.young.write_all(text.as_bytes()).and_then(|()| self.young.sync_data());
        if let Err(error) = written {
            // What was written of it is cut off again, or the next line would be joined to it.
            self.young.set_len(self.length)?;
            self.young.seek(SeekFrom::Start(self.length))?;
            return Err(error);
        }
        self.length += text.len() as u64;
        self.rotate_when_full()
    }

    fn rotate_when_full(&mut self) -> io::Result<()> {
        if self.length < (self.most * LINE) as u64 {
            return Ok(());
        }
        fs::rename(&self.path, sibling(&self.path, "previous"))?;
        self.young = File::create(&self.path)?;
        self.length = 0;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

fn sibling(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// The keys of a file and the length of its whole lines; a file that is not there holds none.
fn read_keys(path: &Path) -> io::Result<(HashSet<SeenKey>, u64)> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((HashSet::new(), 0)),
        other => other?,
    };
    let mut keys = HashSet::with_capacity(text.len() / LINE);
    let mut length = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let Some(content) = line.strip_suffix(b"\n") else { break };
        let key = SeenKey::parse(content)
            .ok_or_else(|| io::Error::other("it holds other lines than this program writes; move it away"))?;
        keys.insert(key);
        length += line.len() as u64;
    }
    Ok((keys, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn key(number: u128) -> SeenKey {
        let authority: AuthorityId = "PL-NIA-PHARM".parse().expect("an authority");
        SeenKey::of(MessageId(Uuid::from_u128(number)), &authority, &authority)
    }

    async fn remember(seen: &Seen, numbers: std::ops::Range<u128>) {
        for number in numbers {
            seen.remember(key(number)).await.expect("remembered");
        }
    }

    #[tokio::test]
    async fn what_was_stored_is_known_to_the_next_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seen");
        let seen = Seen::open(&path).expect("opened");
        remember(&seen, 0..3).await;
        assert!(seen.contains(key(2)) && !seen.contains(key(3)));
        drop(seen);
        let seen = Seen::open(&path).expect("opened again");
        assert!(seen.contains(key(0)) && seen.contains(key(2)) && !seen.contains(key(3)));
    }

    #[tokio::test]
    async fn a_line_cut_off_by_a_crash_is_forgotten_and_does_no_harm() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seen");
        fs::write(&path, format!("{}0123", key(1).line())).expect("written");
        let seen = Seen::open(&path).expect("opened");
        assert!(seen.contains(key(1)));
        remember(&seen, 2..3).await;
        drop(seen);
        let seen = Seen::open(&path).expect("opened again");
        assert!(seen.contains(key(1)) && seen.contains(key(2)));
    }

    #[tokio::test]
    async fn memory_and_files_stay_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seen");
        let seen = Seen::open_bounded(&path, 10).expect("opened");
        remember(&seen, 0..35).await;
        assert!(seen.contains(key(34)) && seen.contains(key(20)) && !seen.contains(key(19)));
        let lines = fs::metadata(&path).expect("there").len() / LINE as u64;
        assert_eq!(lines, 5);
        drop(seen);
        let seen = Seen::open_bounded(&path, 10).expect("opened again");
        assert!(seen.contains(key(34)) && seen.contains(key(20)) && !seen.contains(key(19)));
    }

    #[tokio::test]
    async fn two_processes_cannot_share_a_file_and_foreign_files_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seen");
        let _first = Seen::open(&path).expect("opened");
        assert!(Seen::open(&path).expect_err("in use").to_string().contains("another process"));
        let foreign = folder.path().join("notes");
        fs::write(&foreign, "hello\n").expect("written");
        assert!(Seen::open(&foreign).is_err());
        assert_eq!(fs::read(&foreign).expect("read"), b"hello\n");
    }

    #[test]
    fn the_same_message_to_two_authorities_is_two_deliveries() {
        let [from, one, two] = ["PL-A", "UK-A", "UK-B"].map(|id| id.parse::<AuthorityId>().expect("an authority"));
        let message = MessageId(Uuid::from_u128(7));
        assert_ne!(SeenKey::of(message, &from, &one), SeenKey::of(message, &from, &two));
    }
}
