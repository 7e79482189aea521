//! Whether area packs are fit to be used: everything that loading proves, and everything that it does not need to know.
//!
//! Owns the findings. Loading stops at the first fault of a pack, because a hub needs no more; here all faults of all
//! packs are wanted, by those who write them. Every check is a module of its own.

mod coherence;
mod labels;
mod samples;
mod workflows;

use crate::area::{Area, AreaError, AreaVersion, Areas};
use crate::json;
use crate::validate::{Limits, Proof, declared};
use crate::wire::{AreaId, ContentType};
pub use labels::Completeness;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};
pub use workflows::{WorkflowReport, WorkflowSummary, summaries, workflows};

/// Something that is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file or folder at fault.
    pub file: PathBuf,
    /// The line in it, from 1, where one can be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    fn new(file: impl Into<PathBuf>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, reason: reason.into(), remedy: remedy.into() }
    }

    fn at(self, line: impl Into<Option<u32>>) -> Self {
        Self { line: line.into(), ..self }
    }
}

impl From<AreaError> for Finding {
    fn from(error: AreaError) -> Self {
        let AreaError { file, line, reason, remedy } = error;
        Self { file, line, reason, remedy }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        write!(formatter, ": {}; {}", self.reason, self.remedy)
    }
}

/// What was looked at in one area.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AreaReport {
    /// Message types.
    pub messages: usize,
    /// Good samples, all accepted where there is no finding about one.
    pub good_samples: usize,
    /// Bad samples.
    pub bad_samples: usize,
    /// How far each language of each version is translated.
    pub languages: BTreeMap<u16, Completeness>,
}

/// The findings, and what was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The areas that could be loaded.
    pub areas: BTreeMap<AreaId, AreaReport>,
    /// Everything that is wrong, by file and line; empty for packs that are fit to be used.
    pub findings: Vec<Finding>,
}

/// Checks the packs beneath `root`: those of `only`, or all where it is empty. The error means that nothing could be
/// checked at all.
pub fn check(root: &Path, only: &[AreaId], limits: Limits) -> Result<Report, AreaError> {
    let (areas, refused) = Areas::load_each(root, only)?;
    let areas = Arc::new(areas);
    let mut report = Report { findings: refused.into_iter().map(Finding::from).collect(), ..Report::default() };
    for area in areas.iter() {
        let messages = area.messages.len();
        report.areas.insert(area.id.clone(), AreaReport { messages, ..AreaReport::default() });
        report.findings.extend(coherence::area(root, area));
        report.findings.extend(json_schemas(root, area));
        for version in &area.versions {
            let (completeness, findings) = parts(root, area, version);
            report.findings.extend(findings);
            if let Some(entry) = report.areas.get_mut(&area.id) {
                entry.languages.insert(version.number, completeness);
            }
        }
    }
    if only.is_empty() {
        report.findings.extend(labels::common(root, &areas));
    }
    samples::check(root, &areas, limits, &mut report);
    report.findings.sort();
    report.findings.dedup();
    Ok(report)
}

/// Whether the parts of a version agree with each other, and how far it is translated.
fn parts(root: &Path, area: &Area, version: &AreaVersion) -> (Completeness, Vec<Finding>) {
    let Some(declared) = declared(version) else { return Default::default() };
    let mut findings = coherence::version(root, area, version, &declared);
    if version.only_spelling() != Some(ContentType::Json)
        && let Ok(proof) = Proof::of(version)
    {
        findings.extend(coherence::expressions(root, area, version, &proof));
    }
    let (completeness, faults) = labels::of_version(root, area, version, &declared);
    findings.extend(faults);
    (completeness, findings)
}

/// The JSON Schemas of an area are what its XSD gives now, where its pack has any.
fn json_schemas(root: &Path, area: &Area) -> impl Iterator<Item = Finding> {
    let remedy = format!("gateway areas json-schema --write {}", area.id);
    json::fresh(root, area).into_iter().filter(|stale| stale.file.parent().is_some_and(Path::is_dir)).map(
        move |stale| {
            let reason =
                if stale.exists { "it is not what the XSD gives now" } else { "it is missing beside the others" };
            Finding::new(stale.file, reason, remedy.clone())
        },
    )
}

/// How far each language of an area's versions is translated.
pub fn completeness(root: &Path, areas: &Areas, id: &AreaId) -> BTreeMap<u16, Completeness> {
    let versions = areas.area(id).into_iter().flat_map(|area| area.versions.iter().map(move |version| (area, version)));
    let complete = |(area, version): (&Area, &AreaVersion)| {
        Some((version.number, labels::of_version(root, area, version, &declared(version)?).0))
    };
    versions.filter_map(complete).collect()
}

/// Line of the first place where a file holds this text.
fn line_of(file: &Path, needle: &str) -> Option<u32> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().position(|line| line.contains(needle))?;
    u32::try_from(line + 1).ok()
}

#[cfg(test)]
mod tests;
