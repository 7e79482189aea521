//! From documents in `outbox/` to jobs, and from jobs to `sent/` or `error/`.
//!
//! Owns every document between those folders: what is taken and when, under which name and ids. Publishing is the
//! caller's; it is told what to publish and says what became of it.

use super::{
    disk::{Disk, read_bounded},
    job::{self, Found, Job, Record, Stage},
    place::{Place, free_name},
    sidecar::{FreshIds, LARGEST_SIDECAR, Sidecar, Spelling},
};
use crate::outgoing::Outgoing;
use jiff::Timestamp;
use schemas::wire::MessageId;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use uuid::Uuid;

/// Most jobs at a time; further documents wait in the outbox.
const MOST_JOBS: usize = 256;
/// Most messages of one batch.
const MOST_TOGETHER: usize = 64;
/// Bytes of documents that end a batch.
const ENOUGH_BYTES: u64 = 16 << 20;

/// What becomes of documents without a sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SidecarPolicy {
    /// They are sent with the defaults.
    #[default]
    Optional,
    /// They wait for one.
    Required,
}

/// How documents are taken.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) defaults: Sidecar,
    pub(super) sidecar: SidecarPolicy,
    /// How long a document whose envelope is incomplete waits for its sidecar before it is an error.
    pub(super) sidecar_wait: Duration,
    /// Largest document, in bytes.
    pub(super) document_bytes: u64,
    /// Whether receipts are verified; then one that is not good is not believed.
    pub(super) receipts: ReceiptPolicy,
}

/// Which receipts are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReceiptPolicy {
    /// Those with a good signature.
    Verified,
    /// All that the broker says come from the hub: no hub key is configured.
    Unverified,
}

/// A document in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    modified: SystemTime,
    name: String,
    spelling: Spelling,
}

/// The way out.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) disk: Disk,
    pub(super) place: Place,
    pub(super) rules: Rules,
    /// What is being sent, in the order of claiming.
    jobs: BTreeMap<PathBuf, Job>,
    /// Names in `sent/` by message.
    sent: HashMap<MessageId, String>,
    /// Files already complained about.
    foreign: HashSet<String>,
}

impl Outbox {
    /// Opens the folders and completes what a crash interrupted.
    pub(super) fn open(disk: Disk, place: Place, rules: Rules) -> io::Result<Self> {
        place.create(&disk)?;
        let sent = sent_names(&place.sent)?;
        let mut outbox = Self { disk, place, rules, jobs: BTreeMap::new(), sent, foreign: HashSet::new() };
        for folder in sorted_folders(&outbox.place.jobs)? {
            outbox.resume(folder)?;
        }
        Ok(outbox)
    }

    /// How many messages are being sent.
    pub(super) fn sending(&self) -> usize {
        self.jobs.len()
    }

    /// Turns documents into jobs, oldest first; says how many.
    pub(super) fn take(&mut self, now: SystemTime) -> io::Result<usize> {
        let mut taken = 0;
        for candidate in self.candidates()? {
            if self.jobs.len() >= MOST_JOBS {
                break;
            }
            if self.is_ready(&candidate, now) {
                let folder = self.claim(&candidate)?;
                self.resume(folder)?;
                taken += 1;
            }
        }
        Ok(taken)
    }

    /// The next messages to publish, in order. They stay the next until it is said what became of them.
    pub(super) fn batch(&mut self) -> io::Result<Vec<Outgoing>> {
        let (mut messages, mut bytes) = (Vec::new(), 0);
        let jobs: Vec<Job> = self.jobs.values().take(MOST_TOGETHER).cloned().collect();
        for job in jobs {
            if bytes >= ENOUGH_BYTES {
                break;
            }
            match self.read_document(&job.folder)? {
                Ok(body) => {
                    bytes += body.len() as u64;
                    messages.push(job.envelope.message(job.record.spelling, body));
                }
                Err(reason) => self.finish(&job, &job.failed(reason))?,
            }
        }
        Ok(messages)
    }

    /// The broker has confirmed a message, or the hub has spoken of it.
    pub(super) fn confirmed(&mut self, message: MessageId, now: Timestamp) -> io::Result<()> {
        for job in self.jobs_of(message) {
            self.finish(&job, &job.sent(now.to_string()))?;
        }
        Ok(())
    }

    /// A message will never be taken by the broker.
    pub(super) fn refused(&mut self, message: MessageId, reason: &str) -> io::Result<()> {
        for job in self.jobs_of(message) {
            self.finish(&job, &job.failed(reason.to_owned()))?;
        }
        Ok(())
    }

    /// The name in `sent/` of a message.
    pub(super) fn sent_name(&self, message: MessageId) -> Option<&str> {
        self.sent.get(&message).map(String::as_str)
    }

    /// A message is no longer in `sent/`.
    pub(super) fn forget(&mut self, message: MessageId) {
        self.sent.remove(&message);
    }

    fn jobs_of(&self, message: MessageId) -> Vec<Job> {
        self.jobs.values().filter(|job| job.message_id() == message).cloned().collect()
    }

    /// Writes down that a job is over, then files it.
    fn finish(&mut self, job: &Job, over: &Record) -> io::Result<()> {
        job::write_record(&self.disk, &job.folder, over)?;
        job::file(&self.disk, &self.place, &job.folder, over)?;
        self.jobs.remove(&job.folder);
        if let Stage::Sent { envelope, .. } = &over.stage {
            self.sent.insert(envelope.message_id, over.name.clone());
        }
        Ok(())
    }

    /// Takes a job up wherever it stopped.
    fn resume(&mut self, folder: PathBuf) -> io::Result<()> {
        match job::look(&folder)? {
            Found::Nothing => self.disk.remove_folder(&folder),
            Found::SidecarAlone(sidecar) => self.give_back(&folder, &sidecar),
            Found::Undecided { document, sidecar } => {
                let record = self.decide(&document, sidecar.as_deref())?;
                job::write_record(&self.disk, &folder, &record)?;
                self.follow(folder, record)
            }
            Found::Decided { record, .. } => self.follow(folder, *record),
        }
    }

    fn follow(&mut self, folder: PathBuf, record: Record) -> io::Result<()> {
        match &record.stage {
            Stage::Sending { envelope } => {
                let job = Job { folder: folder.clone(), envelope: envelope.clone(), record };
                self.jobs.insert(folder, job);
                Ok(())
            }
            Stage::Sent { envelope, .. } => {
                self.sent.insert(envelope.message_id, record.name.clone());
                job::file(&self.disk, &self.place, &folder, &record)
            }
            Stage::Failed { reason, .. } => {
                tracing::warn!(reason = reason.lines().next(), "a document cannot be sent; see the folder error");
                job::file(&self.disk, &self.place, &folder, &record)
            }
        }
    }

    /// The document of this sidecar was not claimed, so it still lies in the outbox, or nobody needs it any more.
    fn give_back(&self, folder: &Path, sidecar: &Path) -> io::Result<()> {
        let former = self.place.outbox.join(sidecar.file_name().unwrap_or_default());
        if !former.exists() {
            self.disk.rename(sidecar, &former)?;
        }
        self.disk.remove_folder(folder)
    }

    fn decide(&self, document: &Path, sidecar: Option<&Path>) -> io::Result<Record> {
        let spelling = document.extension().and_then(|ending| ending.to_str()).and_then(Spelling::of_ending);
        let stem = document.file_stem().unwrap_or_default().to_string_lossy();
        let read = match sidecar {
            None => Ok(Sidecar::default()),
            Some(path) => match read_bounded(path, LARGEST_SIDECAR)? {
                Some(text) => Sidecar::read(&text),
                None => Err(format!("the sidecar has more than {LARGEST_SIDECAR} bytes")),
            },
        };
        let ids = FreshIds { message: Uuid::now_v7(), exchange: Uuid::now_v7() };
        let stage = match read.and_then(|sidecar| sidecar.complete(&self.rules.defaults, ids)) {
            Ok(envelope) => Stage::Sending { envelope },
            Err(reason) => Stage::Failed { reason, envelope: None },
        };
        let name = free_name(&stem, |name| self.is_taken(name));
        Ok(Record { name, spelling: spelling.unwrap_or(Spelling::Xml), stage })
    }

    fn is_taken(&self, name: &str) -> bool {
        let endings = ["toml", "xml", "json", "reason.txt", "state.txt"];
        let in_folder = |folder: &Path| endings.iter().any(|ending| folder.join(format!("{name}.{ending}")).exists());
        self.jobs.values().any(|job| job.record.name == name)
            || in_folder(&self.place.sent)
            || in_folder(&self.place.error)
    }

    fn read_document(&self, folder: &Path) -> io::Result<Result<Vec<u8>, String>> {
        let most = self.rules.document_bytes;
        match job::look(folder)? {
            Found::Decided { document: Some(document), .. } => {
                Ok(read_bounded(&document, most)?.ok_or_else(|| format!("the document has more than {most} bytes")))
            }
            _ => Ok(Err("the document was taken away from the folder work".to_owned())),
        }
    }

    /// Moves a document and its sidecar into a job's folder. The sidecar goes first: alone it can be given back.
    fn claim(&self, candidate: &Candidate) -> io::Result<PathBuf> {
        let folder = self.place.jobs.join(Uuid::now_v7().to_string());
        self.disk.create_folder(&folder)?;
        let document = format!("{}.{}", candidate.name, candidate.spelling.ending());
        for file in [format!("{}.toml", candidate.name), document] {
            self.disk.rename(&self.place.outbox.join(&file), &folder.join(&file))?;
        }
        Ok(folder)
    }

    fn is_ready(&self, candidate: &Candidate, now: SystemTime) -> bool {
        if self.place.outbox.join(format!("{}.toml", candidate.name)).exists() {
            return true;
        }
        let ids = FreshIds { message: Uuid::nil(), exchange: Uuid::nil() };
        let complete = Sidecar::default().complete(&self.rules.defaults, ids).is_ok();
        match self.rules.sidecar {
            SidecarPolicy::Required => false,
            SidecarPolicy::Optional if complete => true,
            // A file from the future is old enough: clocks differ.
            SidecarPolicy::Optional => {
                now.duration_since(candidate.modified).map_or(true, |age| age >= self.rules.sidecar_wait)
            }
        }
    }

    /// The documents in the outbox, oldest first, then by name.
    fn candidates(&mut self) -> io::Result<Vec<Candidate>> {
        let mut candidates = Vec::new();
        for entry in fs::read_dir(&self.place.outbox)? {
            let entry = entry?;
            let Some(file) = entry.file_name().to_str().map(str::to_owned) else {
                self.complain("a file whose name is not UTF-8".to_owned());
                continue;
            };
            if file.starts_with('.') || file.ends_with(".part") || file.ends_with(".toml") {
                continue;
            }
            let document = file.rsplit_once('.').and_then(|(name, ending)| Some((name, Spelling::of_ending(ending)?)));
            match (document, entry.metadata()) {
                (Some((name, spelling)), Ok(metadata)) if metadata.is_file() => {
                    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    candidates.push(Candidate { modified, name: name.to_owned(), spelling });
                }
                // Somebody took it away while we looked.
                (Some(_), Err(_)) => {}
                _ => self.complain(format!("a file ending {:?}", file.rsplit('.').next().unwrap_or_default())),
            }
        }
        candidates.sort();
        Ok(candidates)
    }

    /// Says once that something in the outbox is not taken. File names may speak of persons, so they are not logged.
    fn complain(&mut self, what: String) {
        if self.foreign.len() < MOST_JOBS && !self.foreign.contains(&what) {
            tracing::warn!(what, "the outbox holds something that is neither NAME.xml nor NAME.json; it is left there");
            self.foreign.insert(what);
        }
    }
}

fn sorted_folders(parent: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders: Vec<_> = fs::read_dir(parent)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    Ok(folders)
}

/// The names in `sent/` by message, as the envelopes there say.
fn sent_names(folder: &Path) -> io::Result<HashMap<MessageId, String>> {
    #[derive(serde::Deserialize)]
    struct Sent {
        message_id: MessageId,
    }
    let mut names = HashMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let text = read_bounded(&path, LARGEST_SIDECAR)?.unwrap_or_default();
        // What others put here is theirs.
        let Ok(sent) = toml::from_str::<Sent>(&String::from_utf8_lossy(&text)) else { continue };
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        names.insert(sent.message_id, name.into_owned());
    }
    Ok(names)
}

#[cfg(test)]
mod tests;
