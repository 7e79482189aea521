//! Validator threads: lists of documents in, verdicts out, whatever the documents do.
//!
//! Owns the threads, their compiled schemas and their queue. A compiled schema cannot be shared between threads and
//! grows with the names that documents bring along, so each thread has its own, and compiles anew when one has grown
//! too large or the engine has panicked in it: a *generation* ends and the next begins, without losing the work.

use super::engine::{Engine, Manner, Session, Task};
use super::laws::PackEngine;
use super::spelled_in_json;
use super::verdict::{dated, verdict};
use super::{Checked, Job, Limits, PoolError, Saturated, ValidateError, Verdict, texts};
use crate::area::{Area, AreaVersion, Areas};
use crate::wire::{AreaId, ContentType, MessageType, Rejection, RejectionCode};
use std::{
    cell::OnceCell,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

/// Stack of a validator thread in bytes. The engine evaluates assertions by recursion; the limits bound its depth.
const STACK_BYTES: usize = 8 << 20;

/// Validator threads, each with its own compiled schemas. `Send + Sync`; dropping it ends the threads after the work
/// that is already waiting, without waiting for them.
#[derive(Debug)]
pub struct ValidatorPool {
    queue: SyncSender<Unit>,
}

impl ValidatorPool {
    /// Starts `threads` (at least 1) validator threads over areas that `Areas::load` has proved. Each thread compiles
    /// an area's schema when the first document of that area reaches it.
    pub fn new(areas: Arc<Areas>, limits: Limits, threads: usize) -> Result<Self, PoolError> {
        let engine = PackEngine::new(limits.clone());
        Self::with_engine(engine, areas, &limits, threads)
    }

    pub(super) fn with_engine<E: Engine>(
        engine: E,
        areas: Arc<Areas>,
        limits: &Limits,
        threads: usize,
    ) -> Result<Self, PoolError> {
        let (queue, units) = sync_channel(limits.waiting_units.max(1));
        let units = Arc::new(Mutex::new(units));
        for number in 0..threads.max(1) {
            let (engine, limits) = (engine.clone(), limits.clone());
            let worker = Worker { engine, limits, areas: Arc::clone(&areas), units: Arc::clone(&units) };
            let name = format!("validator-{number}");
            thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn(move || worker.run())?;
        }
        Ok(Self { queue })
    }

    /// Has one thread check a list of documents; `done` gets their verdicts in the same order, on that thread, and
    /// must not block. Returns at once. On `Saturated` the documents were not taken and `done` will not be called.
    pub fn validate<B>(
        &self,
        jobs: Vec<Job<B>>,
        done: impl FnOnce(Vec<Verdict>) + Send + 'static,
    ) -> Result<(), Saturated>
    where
        B: AsRef<[u8]> + Send + 'static,
    {
        let verdicts = Vec::with_capacity(jobs.len());
        let unit = Unit { documents: Box::new(jobs), verdicts, done: Box::new(done) };
        self.queue.try_send(unit).map_err(|_| Saturated)
    }
}

/// The documents of a unit, whoever owns their bytes.
trait Documents: Send {
    fn document(&self, index: usize) -> Option<Job<&[u8]>>;
}

impl<B: AsRef<[u8]> + Send> Documents for Vec<Job<B>> {
    fn document(&self, index: usize) -> Option<Job<&[u8]>> {
        let job = self.get(index)?;
        let (message_type, content_type) = (job.message_type.clone(), job.content_type);
        Some(Job { message_type, content_type, body: job.body.as_ref() })
    }
}

/// A list of documents and how far it has come.
struct Unit {
    documents: Box<dyn Documents>,
    verdicts: Vec<Verdict>,
    done: Box<dyn FnOnce(Vec<Verdict>) + Send>,
}

impl Unit {
    fn finish(self) {
        let Self { verdicts, done, documents } = self;
        drop(documents);
        // A panic of the caller's is the caller's loss; the thread goes on.
        let _panicked = catch_unwind(AssertUnwindSafe(move || done(verdicts)));
    }
}

struct Worker<E> {
    engine: E,
    limits: Limits,
    areas: Arc<Areas>,
    units: Arc<Mutex<Receiver<Unit>>>,
}

impl<E: Engine> Worker<E> {
    fn run(self) {
        let mut unfinished = None;
        while let Some(unit) = unfinished.take().or_else(|| self.next_unit()) {
            unfinished = self.generation(unit);
        }
    }

    fn next_unit(&self) -> Option<Unit> {
        self.units.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
    }

    /// Works with one set of compiled schemas until it has to be given up; returns the unit that is not finished.
    /// `None` means that there will be no more work.
    fn generation(&self, first: Unit) -> Option<Unit> {
        let schemas: BTreeMap<_, OnceCell<E::Schema>> =
            self.areas.versions().map(|(area, version)| ((&area.id, version.number), OnceCell::new())).collect();
        let (engine, areas, limits) = (&self.engine, &self.areas, &self.limits);
        let mut desk = Desk { engine, areas, limits, schemas: &schemas, sessions: BTreeMap::new() };
        let mut next = Some(first);
        while let Some(mut unit) = next.take().or_else(|| self.next_unit()) {
            while let Some(job) = unit.documents.document(unit.verdicts.len()) {
                let (verdict, health) = desk.check(&job);
                unit.verdicts.push(verdict);
                if health == Health::Spent {
                    return Some(unit);
                }
            }
            unit.finish();
        }
        None
    }
}

/// Whether compiled schemas can serve on.
#[derive(Debug, PartialEq, Eq)]
enum Health {
    Good,
    Spent,
}

type Schemas<'a, S> = BTreeMap<(&'a AreaId, u16), OnceCell<S>>;

/// One thread's compiled schemas and the sessions over them.
struct Desk<'a, E: Engine + 'a> {
    engine: &'a E,
    areas: &'a Areas,
    limits: &'a Limits,
    schemas: &'a Schemas<'a, E::Schema>,
    sessions: BTreeMap<(&'a AreaId, u16), E::Session<'a>>,
}

impl<'a, E: Engine> Desk<'a, E> {
    fn check(&mut self, job: &Job<&[u8]>) -> (Verdict, Health) {
        let Job { message_type, content_type, body } = job;
        let limits = self.limits;
        let known = self.areas.definition(message_type).zip(self.version(message_type));
        let Some((definition, (area, version))) = known else {
            return (Err(ValidateError::Rejected(unknown(self.areas, message_type))), Health::Good);
        };
        if let Some(only) = version.only_spelling().filter(|only| only != content_type) {
            return (Err(ValidateError::Rejected(misspelled(message_type, only, *content_type))), Health::Good);
        }
        let task = Task {
            root: Some((&definition.namespace, &definition.root)),
            message: Some(&message_type.message),
            wanted: definition.answer_due.as_deref(),
            manner: Manner::Hub,
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let session = self.session(area, version)?;
            let verdict = match (content_type, version.mapping()) {
                (ContentType::Xml, _) => verdict(body, session.read(body, &task))
                    .map(|checked| Checked { texts: texts::in_xml(body, &definition.paths), ..checked }),
                (ContentType::Json, Some(mapping)) => spelled_in_json::verdict(mapping, body, limits, |xml| {
                    (session.read(xml, &task), texts::in_xml(xml, &definition.paths))
                }),
                (ContentType::Json, None) => spelled_in_json::judged(body, session.read(body, &task))
                    .map(|checked| Checked { texts: texts::in_json(body, &definition.paths), ..checked }),
            };
            let verdict = if version.only_spelling().is_some() { verdict.map(dated) } else { verdict };
            let health = if session.is_outgrown() { Health::Spent } else { Health::Good };
            Ok((verdict, health))
        }));
        match outcome {
            Ok(Ok(checked)) => checked,
            Ok(Err(reason)) => (Err(ValidateError::Failed(reason)), Health::Spent),
            Err(_) => (Err(ValidateError::Failed("the engine panicked".to_owned())), Health::Spent),
        }
    }

    fn version(&self, message_type: &MessageType) -> Option<(&'a Area, &'a AreaVersion)> {
        let area = self.areas.area(&message_type.area)?;
        area.version(message_type.version).map(|version| (area, version))
    }

    fn session(&mut self, area: &'a Area, version: &'a AreaVersion) -> Result<&mut E::Session<'a>, String> {
        let key = (&area.id, version.number);
        if !self.sessions.contains_key(&key) {
            let cell = self.schemas.get(&key).ok_or("the schema is not among those compiled")?;
            if cell.get().is_none() {
                let _compiled_once = cell.set(self.engine.compile(version)?);
            }
            let schema = cell.get().ok_or("the schema was not kept")?;
            self.sessions.insert(key, self.engine.open(schema));
        }
        self.sessions.get_mut(&key).ok_or_else(|| "the session was not kept".to_owned())
    }
}

fn misspelled(message_type: &MessageType, only: ContentType, found: ContentType) -> Rejection {
    let (only, found) = (only.as_str(), found.as_str());
    let reason = format!("{message_type} has one spelling, {only}; property content_type says {found}");
    Rejection::new(RejectionCode::MalformedMetadata, reason)
}

fn unknown(areas: &Areas, message_type: &MessageType) -> Rejection {
    match areas.area(&message_type.area) {
        None => Rejection::new(RejectionCode::UnknownArea, format!("there is no area {}", message_type.area)),
        Some(_) => Rejection::new(RejectionCode::UnknownType, format!("there is no message type {message_type}")),
    }
}
