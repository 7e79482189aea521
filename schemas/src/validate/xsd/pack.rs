//! A version's whole law: its schema, then its rules and its question set, for documents that keep the schema.

use super::rules::Rules;
use super::{XsdSession, compile_version};
use crate::area::{AreaVersion, QuestionSet};
use crate::validate::engine::{Finding, Session, Stop, Task};
use crate::validate::{Limits, answers};
use xsd_schema::SchemaSet;

/// A version, compiled.
pub(crate) struct PackLaw {
    set: SchemaSet,
    rules: Rules,
    questions: QuestionSet,
}

impl PackLaw {
    /// Compiles a version; the error is a sentence for the operator.
    pub(super) fn compile(version: &AreaVersion) -> Result<Self, String> {
        let set = compile_version(version).map_err(|error| error.reason)?;
        let rules = Rules::compile(&version.rules, &set.name_table, &version.namespace);
        let rules = rules.map_err(|error| error.reason)?;
        Ok(Self { set, rules, questions: version.questions.clone() })
    }
}

/// Reads documents with a version's whole law.
pub(crate) struct PackSession<'law> {
    law: &'law PackLaw,
    schema: XsdSession<'law>,
    most_violations: usize,
}

impl<'law> PackSession<'law> {
    pub(super) fn new(law: &'law PackLaw, limits: &Limits) -> Self {
        Self { law, schema: XsdSession::new(&law.set, limits), most_violations: limits.violations }
    }
}

impl Session for PackSession<'_> {
    fn read(&mut self, document: &[u8], task: &Task<'_>) -> Finding {
        let mut finding = self.schema.read(document, task);
        if finding.stop.is_some() || finding.total > 0 {
            return finding;
        }
        match self.law.rules.broken(&self.law.set.name_table, document, task) {
            Ok(broken) => finding.infringements = broken,
            Err(reason) => finding.stop = Some(Stop::Failed(reason)),
        }
        finding.infringements.extend(answers::misfits(&self.law.questions, document, self.most_violations));
        finding
    }

    fn is_outgrown(&self) -> bool {
        self.schema.is_outgrown()
    }
}
