//! Reading documents with a compiled XSD: the driving of `xsd-schema`, and the checks that it leaves to its host.

use super::english;
use super::hooks::{Halt, Hooks, STYLE_SHEET};
use super::repair::{MENDED_BYTES, Patient, ROUNDS, Reading};
use super::trace::{Refusal, Sink, Trace};
use crate::validate::engine::{Finding, Session, Stop, Task};
use crate::validate::{Limits, gate};
use xsd_schema::SchemaSet;
use xsd_schema::validation::{
    DriveWithError, SchemaValidator, ValidationFlags, ValidationRuntime, drive_quick_xml_with_in,
};
use xsd_schema::xml::{NotWellFormed, ParseLimits, WellFormednessRule};

/// Largest read buffer that is kept for the next document, in bytes.
const KEPT_BUFFER_BYTES: usize = 256 << 10;

/// Breaches that are kept beyond the limit, because those in placeholders fall away.
const SPARE_BREACHES: usize = 50;

/// Without `PROCESS_ASSERTIONS` an `xs:assert` passes in silence; warnings and typed values nobody reads cost time.
fn flags() -> ValidationFlags {
    ValidationFlags::PROCESS_ASSERTIONS
}

/// A validator over one compiled schema.
pub(crate) struct XsdSession<'schema> {
    set: &'schema SchemaSet,
    validator: SchemaValidator<'schema>,
    limits: Limits,
    /// Names in the set when it was fresh: documents add theirs, and they are never freed.
    own_names: usize,
    buffer: Vec<u8>,
}

impl<'schema> XsdSession<'schema> {
    /// Prepares the content models of the schema.
    pub(crate) fn new(set: &'schema SchemaSet, limits: &Limits) -> Self {
        let validator = SchemaValidator::new(set, flags());
        Self { set, validator, limits: limits.clone(), own_names: set.name_table.len(), buffer: Vec::new() }
    }

    /// Content models that could not be prepared, each with its reason; empty for a schema that can be used.
    pub(crate) fn unusable(&self) -> Vec<String> {
        self.validator.content_model_failures().into_iter().map(|(_, reason)| reason.to_owned()).collect()
    }

    fn parse_limits(&self) -> ParseLimits {
        ParseLimits::none()
            .with_max_depth(self.limits.depth)
            .with_max_nodes(self.limits.nodes)
            .with_max_name_bytes(self.limits.name_bytes)
            .with_max_namespace_uri_bytes(self.limits.name_bytes)
            .with_max_attributes(self.limits.attributes)
            .with_max_namespace_declarations(self.limits.namespaces)
            .with_max_namespaces_in_scope(self.limits.namespaces)
    }

    fn drive(&mut self, document: &[u8], task: &Task<'_>) -> (Finding, Vec<Refusal>) {
        let trace = Trace::new(self.limits.violations + SPARE_BREACHES, self.limits.message_chars);
        let mut hooks = Hooks::new(&trace, document, task);
        let mut run = self.validator.start_run(Sink(&trace));
        run.set_parse_limits(self.parse_limits());
        let stop = match drive_quick_xml_with_in(document, &mut run, self.set, &mut hooks, &mut self.buffer) {
            Ok(_) => finish(&mut run),
            Err(error) => Some(stop(error, &trace, document)),
        };
        drop(run);
        let wanted = hooks.into_wanted();
        let (breaches, total, refusals) = trace.into_parts();
        (Finding { stop, breaches, total, wanted, infringements: Vec::new() }, refusals)
    }

    /// Reads again with placeholders for what is missing, until nothing more can be mended.
    fn mend(&mut self, document: &[u8], task: &Task<'_>, first: (Finding, Vec<Refusal>)) -> Finding {
        let (Finding { stop, breaches, total, wanted, infringements }, refusals) = first;
        let mut reading = Reading { breaches, total, refusals };
        let mut patient = Patient::new(document);
        for _ in 0..ROUNDS {
            if !patient.treat(self.set, &mut reading) {
                break;
            }
            let (Finding { breaches, total, .. }, refusals) = self.drive(patient.text(), task);
            reading = Reading { breaches, total, refusals };
        }
        let (breaches, total) = patient.discharge(reading);
        Finding { stop, breaches, total, wanted, infringements }
    }
}

impl Session for XsdSession<'_> {
    fn read(&mut self, document: &[u8], task: &Task<'_>) -> Finding {
        let admitted = gate::size(document, self.limits.body_bytes)
            .and_then(|()| gate::encoding(document))
            .and_then(|()| gate::declarations(document));
        if let Err(stop) = admitted {
            return Finding { stop: Some(stop), ..Finding::default() };
        }
        let (mut finding, refusals) = self.drive(document, task);
        if finding.stop.is_none() && !refusals.is_empty() && document.len() <= MENDED_BYTES {
            finding = self.mend(document, task, (finding, refusals));
        }
        for breach in &mut finding.breaches {
            if let Some(text) = english::assertion(self.set, &breach.message) {
                breach.message = text;
            }
        }
        finding.breaches.truncate(self.limits.violations);
        if self.buffer.capacity() > KEPT_BUFFER_BYTES {
            self.buffer = Vec::new();
        }
        finding
    }

    fn is_outgrown(&self) -> bool {
        self.set.name_table.len() > self.own_names + self.limits.interned_names
    }
}

/// An error here is the engine's own: what is wrong with the document went to the sink.
fn finish(run: &mut ValidationRuntime<'_, Sink<'_>>) -> Option<Stop> {
    run.end_validation().err().map(|error| Stop::Failed(error.constraint.to_owned()))
}

fn stop(error: DriveWithError<Halt>, trace: &Trace, document: &[u8]) -> Stop {
    match error {
        DriveWithError::NotWellFormed(error) => malformed(&error),
        DriveWithError::LimitExceeded(error) => Stop::TooLarge {
            message: format!("{} is {}; the limit is {}", error.limit().description(), error.found(), error.max()),
            offset: position(error.position()),
        },
        DriveWithError::Hook(Halt::Forbidden(message)) => Stop::Forbidden { message, offset: trace.here() },
        DriveWithError::Hook(Halt::Declaration(message)) => {
            Stop::NotWellFormed { rule: "XML 1.0 §2.8 [23] XMLDecl", message, offset: 0 }
        }
        DriveWithError::Hook(Halt::StyleSheet) => style_sheet(document),
        // Memory cannot fail to be read; the enum is open to kinds of failure that are yet to come.
        _ => Stop::Failed("the document could not be read".to_owned()),
    }
}

fn style_sheet(document: &[u8]) -> Stop {
    let target = STYLE_SHEET.as_bytes();
    let found = document.windows(target.len()).position(|window| window == target).unwrap_or_default();
    let message = "the document refers to a style sheet; remove the reference".to_owned();
    Stop::Forbidden { message, offset: found.saturating_sub("<?".len()) }
}

fn malformed(error: &NotWellFormed) -> Stop {
    let (message, offset) = (error.message().to_owned(), position(error.position()));
    match error.rule() {
        WellFormednessRule::DocumentTypeDeclaration => Stop::Forbidden { message, offset },
        rule => Stop::NotWellFormed { rule: rule.citation_in(error.xml_version()), message, offset },
    }
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
