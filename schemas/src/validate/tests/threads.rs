//! The threads: order, survival, renewal.

use super::{areas, request};
use crate::area::AreaVersion;
use crate::validate::engine::{Engine, Finding, Session, Task};
use crate::validate::pool::ValidatorPool;
use crate::validate::xsd::XsdEngine;
use crate::validate::{Job, Limits, Saturated, ValidateError, Verdict};
use crate::wire::ContentType;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
    mpsc,
};

/// Knows no schema: panics where the document says so, and counts what it compiles.
#[derive(Clone, Default)]
struct Puppet {
    compiled: Arc<AtomicUsize>,
}

impl Engine for Puppet {
    type Schema = ();
    type Session<'schema> = PuppetSession;

    fn compile(&self, _version: &AreaVersion) -> Result<(), String> {
        self.compiled.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn open(&self, _schema: &()) -> PuppetSession {
        PuppetSession { read: 0 }
    }
}

struct PuppetSession {
    read: usize,
}

impl Session for PuppetSession {
    fn read(&mut self, document: &[u8], _task: &Task<'_>) -> Finding {
        assert_ne!(document, b"panic", "as the document demands");
        self.read += 1;
        Finding { wanted: Some(String::from_utf8_lossy(document).into_owned()), ..Finding::default() }
    }

    fn is_outgrown(&self) -> bool {
        self.read >= 10
    }
}

fn jobs<B>(bodies: impl IntoIterator<Item = B>) -> Vec<Job<B>> {
    let message_type: crate::wire::MessageType = "imi-pq/information-request@1".parse().expect("a type");
    bodies
        .into_iter()
        .map(|body| Job { message_type: message_type.clone(), content_type: ContentType::Xml, body })
        .collect()
}

fn waiting(waiting_units: usize) -> Limits {
    Limits { waiting_units, ..Limits::default() }
}

fn wait<B: AsRef<[u8]> + Send + 'static>(pool: &ValidatorPool, jobs: Vec<Job<B>>) -> Vec<Verdict> {
    let (sender, receiver) = mpsc::channel();
    pool.validate(jobs, move |verdicts| sender.send(verdicts).expect("somebody waits")).expect("room");
    receiver.recv().expect("verdicts")
}

#[test]
fn verdicts_come_in_the_order_of_the_documents() {
    let pool = ValidatorPool::new(areas(), Limits::default(), 3).expect("threads");
    let bodies: Vec<Vec<u8>> = (0..200)
        .map(|number| match number % 3 {
            0 => request().replace("2011-04-29", &format!("2011-04-{:02}", number % 28 + 1)).into_bytes(),
            1 => b"<".to_vec(),
            _ => vec![0xFF; 100],
        })
        .collect();
    for (number, verdict) in wait(&pool, jobs(bodies)).into_iter().enumerate() {
        match verdict {
            Ok(checked) => assert_eq!(checked.answer_due, Some(format!("2011-04-{:02}", number % 28 + 1))),
            Err(_) => assert_ne!(number % 3, 0),
        }
    }
}

#[test]
fn a_panic_of_the_engine_is_a_failure_of_one_document_alone() {
    let engine = Puppet::default();
    let pool = ValidatorPool::with_engine(engine.clone(), areas(), &waiting(10), 1).expect("a thread");
    let verdicts = wait(&pool, jobs(["a", "panic", "b", "panic", "c"]));
    let kinds: Vec<_> = verdicts.iter().map(|verdict| matches!(verdict, Err(ValidateError::Failed(_)))).collect();
    assert_eq!(kinds, [false, true, false, true, false]);
    assert_eq!(engine.compiled.load(Ordering::SeqCst), 3, "a panic costs the compiled schema");
}

#[test]
fn a_panic_of_the_caller_does_not_end_the_thread() {
    let pool = ValidatorPool::with_engine(Puppet::default(), areas(), &waiting(10), 1).expect("a thread");
    pool.validate(jobs(["a"]), |_| panic!("the caller's own")).expect("room");
    assert_eq!(wait(&pool, jobs(["b"])).len(), 1);
}

#[test]
fn an_outgrown_schema_is_compiled_anew_without_losing_work() {
    let engine = Puppet::default();
    let pool = ValidatorPool::with_engine(engine.clone(), areas(), &waiting(10), 1).expect("a thread");
    let verdicts = wait(&pool, jobs((0..95).map(|number| number.to_string())));
    let read: Vec<_> =
        verdicts.into_iter().filter_map(|verdict| verdict.ok().and_then(|checked| checked.answer_due)).collect();
    assert_eq!(read, (0..95).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(engine.compiled.load(Ordering::SeqCst), 10);
}

#[test]
fn names_from_documents_make_a_schema_outgrown() {
    let areas = areas();
    let engine = XsdEngine::new(Limits { interned_names: 50, ..Limits::default() });
    let version = areas.versions().next().map(|(_, version)| version).expect("a version");
    let schema = engine.compile(version).expect("compiles");
    let mut session = engine.open(&schema);
    let task = Task { root: None, message: None, wanted: None, manner: crate::validate::engine::Manner::Hub };
    session.read(request().as_bytes(), &task);
    assert!(!session.is_outgrown(), "a good document brings no names of its own, or few");
    let names: String = (0..100).map(|number| format!("<n{number}/>")).collect();
    session.read(format!("<a>{names}</a>").as_bytes(), &task);
    assert!(session.is_outgrown());
}

#[test]
fn a_full_queue_says_so_and_takes_nothing() {
    let pool = ValidatorPool::with_engine(Puppet::default(), areas(), &waiting(1), 1).expect("a thread");
    let (begun, has_begun) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    pool.validate(jobs(["a"]), move |_| {
        begun.send(()).expect("somebody waits");
        may_go.recv().expect("told to go on");
    })
    .expect("room");
    has_begun.recv().expect("the thread is busy");
    pool.validate(jobs(["b"]), |_| ()).expect("room for one");
    assert_eq!(pool.validate(jobs(["c"]), |_| ()), Err(Saturated));
    go.send(()).expect("the thread waits");
}

#[test]
fn an_unknown_type_is_a_rejection_and_an_empty_list_is_answered() {
    let pool = ValidatorPool::new(areas(), Limits::default(), 1).expect("a thread");
    let types = [
        ("no-area/x@1", "unknown-area"),
        ("imi-pq/x@1", "unknown-type"),
        ("imi-pq/information-request@9", "unknown-type"),
    ];
    let job = |name: &str| {
        let message_type = name.parse().expect("a type");
        Job { message_type, content_type: ContentType::Xml, body: request() }
    };
    let jobs_of_types = types.iter().map(|(name, _)| job(name));
    let verdicts = wait(&pool, jobs_of_types.collect());
    for ((_, code), verdict) in types.iter().zip(verdicts) {
        assert!(matches!(verdict, Err(ValidateError::Rejected(rejection)) if rejection.code.as_str() == *code));
    }
    assert_eq!(wait(&pool, jobs(Vec::<String>::new())), []);
}
