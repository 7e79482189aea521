//! Samples: does every good one pass, and is every bad one rejected for exactly the reasons that stand beside it?
//!
//! Owns the folders `samples/good` and `samples/bad`, and the form of the file beside a bad sample. The verdicts are
//! the hub's own, given by its validator threads.

use super::{AreaReport, Finding, Report, line_of};
use crate::area::{Area, AreaVersion, Areas, entries, toml};
use crate::validate::{Job, Limits, ValidateError, ValidatorPool, Verdict};
use crate::wire::{ContentType, MessageName, MessageType, Rejection, RejectionCode, Violation};
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
};

/// What stands beside a bad sample.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    message: MessageName,
    code: RejectionCode,
    #[serde(default)]
    violation: Vec<ExpectedViolation>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedViolation {
    rule: String,
    xpath: Option<String>,
    pointer: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

impl From<&Violation> for ExpectedViolation {
    fn from(violation: &Violation) -> Self {
        let Violation { rule, xpath, pointer, line, column, .. } = violation;
        let (rule, xpath, pointer) = (rule.clone(), xpath.clone(), pointer.clone());
        Self { rule, xpath, pointer, line: *line, column: *column }
    }
}

impl fmt::Display for ExpectedViolation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.rule)?;
        if let Some(place) = self.xpath.as_ref().or(self.pointer.as_ref()) {
            write!(formatter, " at {place}")?;
        }
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(formatter, " ({line}:{column})"),
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Good,
    Bad,
}

/// One sample and what is claimed of it.
struct Sample {
    file: PathBuf,
    kind: Kind,
    message: MessageName,
    /// For a bad one.
    expected: Option<Expected>,
}

/// The samples of one version.
struct Collection<'a> {
    area: &'a Area,
    version: &'a AreaVersion,
    folder: PathBuf,
    samples: Vec<Sample>,
}

/// Has every sample judged, and adds what is wrong to the report.
pub(super) fn check(root: &Path, areas: &Arc<Areas>, limits: Limits, report: &mut Report) {
    let mut collections = Vec::new();
    for (area, version) in areas.versions() {
        let folder = root.join(format!("areas/{}/{}/samples", area.id, version.number));
        let mut collection = Collection { area, version, folder, samples: Vec::new() };
        collection.gather(&mut report.findings);
        collections.push(collection);
    }
    let verdicts = match judged(areas, limits, &collections) {
        Ok(verdicts) => verdicts,
        Err(problem) => {
            report.findings.push(Finding::new(root, problem, "try again with fewer areas"));
            return;
        }
    };
    for (collection, verdicts) in collections.iter().zip(verdicts) {
        for (sample, verdict) in collection.samples.iter().zip(verdicts) {
            report.findings.extend(judge(sample, verdict));
        }
        collection.coverage(root, &mut report.findings);
        if let Some(entry) = report.areas.get_mut(&collection.area.id) {
            collection.count(entry);
        }
    }
}

/// The verdicts, one list per collection. Each collection is one unit of work, so that its schema is compiled once.
fn judged(areas: &Arc<Areas>, limits: Limits, collections: &[Collection<'_>]) -> Result<Vec<Vec<Verdict>>, String> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let limits = Limits { waiting_units: collections.len().max(1), ..limits };
    let pool = ValidatorPool::new(Arc::clone(areas), limits, threads).map_err(|error| error.to_string())?;
    let (sender, receiver) = mpsc::channel();
    for (index, collection) in collections.iter().enumerate() {
        let jobs = collection.jobs()?;
        let sender = sender.clone();
        let queued = pool.validate(jobs, move |verdicts| {
            let _receiver_waits = sender.send((index, verdicts));
        });
        queued.map_err(|saturated| saturated.to_string())?;
    }
    drop(sender);
    let mut verdicts: Vec<_> = receiver.into_iter().collect();
    verdicts.sort_by_key(|(index, _)| *index);
    Ok(verdicts.into_iter().map(|(_, verdicts)| verdicts).collect())
}

impl Collection<'_> {
    fn jobs(&self) -> Result<Vec<Job<Vec<u8>>>, String> {
        let job = |sample: &Sample| {
            let message_type = self.message_type(&sample.message);
            let body = fs::read(&sample.file).map_err(|error| format!("{}: {error}", sample.file.display()))?;
            Ok(Job { message_type, content_type: self.spelling(), body })
        };
        self.samples.iter().map(job).collect()
    }

    /// How the samples are spelled: in XML, unless the version has JSON only.
    fn spelling(&self) -> ContentType {
        self.version.only_spelling().unwrap_or(ContentType::Xml)
    }

    /// What the names of samples end in.
    fn extension(&self) -> &'static str {
        match self.spelling() {
            ContentType::Xml => "xml",
            ContentType::Json => "json",
        }
    }

    fn message_type(&self, message: &MessageName) -> MessageType {
        MessageType { area: self.area.id.clone(), message: message.clone(), version: self.version.number }
    }

    /// The messages of this version.
    fn messages(&self) -> impl Iterator<Item = &MessageName> {
        let of_version = self.area.messages.iter().map(|definition| &definition.message_type);
        of_version.filter(|name| name.version == self.version.number).map(|name| &name.message)
    }

    /// The message that a file is named after: the longest name that it begins with, before `-` or `.`.
    fn message_of(&self, file: &Path) -> Option<&MessageName> {
        let name = file.file_name()?.to_str()?;
        let fits = |message: &&MessageName| {
            name.strip_prefix(message.as_str()).is_some_and(|rest| rest.starts_with(['-', '.']))
        };
        self.messages().filter(fits).max_by_key(|message| message.as_str().len())
    }

    fn gather(&mut self, findings: &mut Vec<Finding>) {
        for (kind, name) in [(Kind::Good, "good"), (Kind::Bad, "bad")] {
            for file in entries(&self.folder.join(name)).unwrap_or_default() {
                match self.sample(file, kind) {
                    Ok(Some(sample)) => self.samples.push(sample),
                    Ok(None) => {}
                    Err(finding) => findings.push(finding),
                }
            }
        }
    }

    /// A sample; nothing for a file that stands beside one.
    fn sample(&self, file: PathBuf, kind: Kind) -> Result<Option<Sample>, Finding> {
        let (own, extension) = (self.extension(), file.extension().and_then(OsStr::to_str).unwrap_or_default());
        let beside = file.with_extension(if extension == own { "toml" } else { own });
        match (kind, extension) {
            (_, extension) if extension == own => {}
            (Kind::Bad, "toml") if beside.exists() => return Ok(None),
            (Kind::Bad | Kind::Good, _) => {
                return Err(Finding::new(file, "it belongs to no sample", "remove it, or name it after one"));
            }
        }
        let Some(message) = self.message_of(&file).cloned() else {
            let reason = "its name begins with no message of the area";
            return Err(Finding::new(file, reason, format!("name it <message>-<what>.{own}")));
        };
        let expected = match kind {
            Kind::Good => None,
            Kind::Bad if !beside.exists() => {
                let reason = "nothing says why it is bad";
                return Err(Finding::new(file, reason, "write the code and every violation into a .toml beside it"));
            }
            Kind::Bad => Some(toml::<Expected>(&beside).map_err(Finding::from)?),
        };
        if let Some(expected) = expected.as_ref().filter(|expected| expected.message != message) {
            let reason = format!("it speaks of the message {}, its name of {message}", expected.message);
            return Err(Finding::new(beside, reason, "make both the same").at(1));
        }
        Ok(Some(Sample { file, kind, message, expected }))
    }

    /// Every message has a good and a bad sample, every rule a document that breaks it.
    fn coverage(&self, root: &Path, findings: &mut Vec<Finding>) {
        let folder = root.join("areas").join(self.area.id.as_str());
        let file = folder.join("area.toml");
        for message in self.messages() {
            for (kind, name) in [(Kind::Good, "good"), (Kind::Bad, "bad")] {
                if !self.samples.iter().any(|sample| sample.kind == kind && sample.message == *message) {
                    let reason = format!("message {message} of version {} has no {name} sample", self.version.number);
                    let (number, extension) = (self.version.number, self.extension());
                    let remedy = format!("write {number}/samples/{name}/{message}-<what>.{extension}");
                    findings.push(Finding::new(&file, reason, remedy).at(line_of(&file, &format!("\"{message}\""))));
                }
            }
        }
        let broken: BTreeSet<&str> = self
            .samples
            .iter()
            .filter_map(|sample| sample.expected.as_ref())
            .flat_map(|expected| expected.violation.iter().map(|violation| violation.rule.as_str()))
            .collect();
        for rule in self.version.rules.iter().filter(|rule| !broken.contains(rule.id.as_str())) {
            let file = folder.join(self.version.number.to_string()).join("rules.toml");
            let reason = format!("no bad sample breaks the rule {}, so nothing shows that it works", rule.id);
            findings.push(Finding::new(file, reason, "write one").at(rule.line));
        }
    }

    fn count(&self, entry: &mut AreaReport) {
        let count = |kind| self.samples.iter().filter(|sample| sample.kind == kind).count();
        entry.good_samples += count(Kind::Good);
        entry.bad_samples += count(Kind::Bad);
    }
}

/// What is wrong when this is the verdict on this sample.
fn judge(sample: &Sample, verdict: Verdict) -> Option<Finding> {
    let finding = |reason: String, remedy: &str| Some(Finding::new(&sample.file, reason, remedy));
    match (verdict, &sample.expected) {
        (Err(ValidateError::Failed(problem)), _) => finding(format!("there is no verdict ({problem})"), "simplify it"),
        (Ok(_), None) => None,
        (Ok(_), Some(_)) => finding("it is valid, but lies among the bad samples".to_owned(), "break it, or move it"),
        (Err(ValidateError::Rejected(rejection)), None) => {
            let Rejection { code, violations, .. } = &rejection;
            let first = violations.first();
            let what = first.map(|violation| {
                format!(
                    ": {} [{}] {}",
                    violation.message,
                    violation.rule,
                    violation.xpath.as_deref().or(violation.pointer.as_deref()).unwrap_or_default()
                )
            });
            let reason = format!("it is rejected, {code}{}", what.unwrap_or_default());
            let line = first.and_then(|violation| violation.line);
            finding(reason, "mend it, or move it to the bad samples").map(|finding| finding.at(line))
        }
        (Err(ValidateError::Rejected(rejection)), Some(expected)) => {
            let found: Vec<ExpectedViolation> = rejection.violations.iter().map(ExpectedViolation::from).collect();
            if (rejection.code, &found) == (expected.code, &expected.violation) {
                return None;
            }
            let reason = format!(
                "it is rejected as {}, expected is {}",
                spell(rejection.code, &found),
                spell(expected.code, &expected.violation)
            );
            finding(reason, "correct the document or the .toml beside it")
        }
    }
}

fn spell(code: RejectionCode, violations: &[ExpectedViolation]) -> String {
    let list: Vec<String> = violations.iter().map(ToString::to_string).collect();
    format!("{code} with [{}]", list.join(", "))
}
