//! `gateway validate`: the hub's verdict for an integrator's document, and any document against any schema.

use super::{ConfigOption, Failure, Outcome, json};
use crate::config::{Config, ConfigError};
use schemas::{
    area::Areas,
    validate::{
        Job, ValidateError, Validator,
        foreign::{ForeignJson, ForeignXsd, Report},
    },
    wire::{ContentType, MessageType, Rejection, RejectionCode, Violation},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// How a document is spelled.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Xml,
    Json,
}

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("law").required(true))]
pub(super) struct Options {
    /// Against an area's schema, as the hub does: <area>/<message>@<version>
    #[arg(long, value_name = "TYPE", group = "law")]
    r#type: Option<MessageType>,
    /// Against any XSD; repeat it for schemas that belong together
    #[arg(long, value_name = "FILE", group = "law")]
    schema: Vec<PathBuf>,
    /// Where imports and includes without a usable schemaLocation are looked for
    #[arg(long, value_name = "DIR", requires = "schema")]
    catalog: Option<PathBuf>,
    /// Against any JSON Schema
    #[arg(long, value_name = "FILE", group = "law")]
    json_schema: Option<PathBuf>,
    /// How the documents are spelled; by default .json files are JSON, all others XML
    #[arg(long, value_name = "FORMAT", requires = "type")]
    format: Option<Format>,
    /// Prints JSON: one array with outcome and violations per document
    #[arg(long)]
    json: bool,
    /// The documents
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigOption,
}

/// What is said of one document.
#[derive(serde::Serialize)]
struct Verdict<'a> {
    file: &'a Path,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<RejectionCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    violations: Vec<Violation>,
}

pub(super) fn execute(options: &Options) -> Outcome {
    let verdicts = match (&options.r#type, &options.json_schema) {
        (Some(message_type), _) => by_area(options, message_type)?,
        (None, Some(schema)) => by_json_schema(options, schema)?,
        (None, None) => by_schema(options)?,
    };
    if options.json {
        println!("{}", json(&verdicts)?);
    } else {
        for verdict in &verdicts {
            print(verdict);
        }
    }
    Ok(verdicts.iter().all(|verdict| verdict.outcome == "valid"))
}

/// Verdicts to standard output, their reasons to standard error.
fn print(verdict: &Verdict<'_>) {
    println!("{}\t{}", verdict.outcome, verdict.file.display());
    if let (Some(code), Some(reason)) = (verdict.code, &verdict.reason) {
        eprintln!("  {code}: {reason}");
    }
    for violation in &verdict.violations {
        let place = match (violation.line, violation.column) {
            (Some(line), Some(column)) => format!("{}:{line}:{column}", verdict.file.display()),
            _ => verdict.file.display().to_string(),
        };
        let path = violation.pointer.as_deref().or(violation.xpath.as_deref()).unwrap_or_default();
        eprintln!("  {place}: {} [{}] {path}", violation.message, violation.rule);
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| ConfigError::file(file, error, "name a document that can be read").into())
}

fn by_area<'a>(options: &'a Options, message_type: &MessageType) -> Result<Vec<Verdict<'a>>, Failure> {
    // Without a configuration file the defaults hold, so that an integrator needs no hub's configuration.
    let config = if options.config.config.exists() { options.config.load()? } else { Config::default() };
    let areas = Areas::load(&config.areas.path).map_err(|error| {
        ConfigError::new("areas", error.to_string(), "run it where the folder schemas is, or name a configuration")
    })?;
    if areas.definition(message_type).is_none() {
        return Err(Failure::Other(format!(
            "there is no message {message_type}; gateway areas show AREA lists an area's messages"
        )));
    }
    let validator =
        Validator::new(Arc::new(areas), config.limits.document()).map_err(|error| Failure::Other(error.to_string()))?;
    let verdict = |file: &'a PathBuf| {
        let (message_type, content_type) = (message_type.clone(), content_type(options.format, file));
        Ok(area_verdict(file, validator.judge(Job { message_type, content_type, body: read(file)? })))
    };
    options.files.iter().map(verdict).collect()
}

fn content_type(format: Option<Format>, file: &Path) -> ContentType {
    match format {
        Some(Format::Xml) => ContentType::Xml,
        Some(Format::Json) => ContentType::Json,
        None if file.extension().is_some_and(|end| end.eq_ignore_ascii_case("json")) => ContentType::Json,
        None => ContentType::Xml,
    }
}

fn area_verdict(file: &Path, verdict: schemas::validate::Verdict) -> Verdict<'_> {
    match verdict {
        Ok(_) => Verdict { file, outcome: "valid", code: None, reason: None, violations: Vec::new() },
        Err(ValidateError::Rejected(Rejection { code, reason, violations })) => {
            Verdict { file, outcome: outcome(code), code: Some(code), reason: Some(reason), violations }
        }
        Err(ValidateError::Failed(problem)) => {
            Verdict { file, outcome: "unknown", code: None, reason: Some(problem), violations: Vec::new() }
        }
    }
}

fn outcome(code: RejectionCode) -> &'static str {
    match code {
        RejectionCode::MalformedDocument => "malformed",
        RejectionCode::ForbiddenConstruct | RejectionCode::DocumentTooLarge => "forbidden",
        _ => "invalid",
    }
}

fn by_schema(options: &Options) -> Result<Vec<Verdict<'_>>, Failure> {
    let schema = ForeignXsd::compile(&options.schema, options.catalog.as_deref()).map_err(|error| {
        ConfigError::new("--schema", error.to_string(), "mend the schema, or name its parts with --catalog DIR")
    })?;
    let documents: Vec<Vec<u8>> = options.files.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
    let reports = schema.validate(&documents, &Config::default().limits.document());
    Ok(options.files.iter().zip(reports).map(|(file, report)| foreign_verdict(file, report)).collect())
}

fn by_json_schema<'a>(options: &'a Options, schema: &Path) -> Result<Vec<Verdict<'a>>, Failure> {
    let schema = ForeignJson::compile(schema).map_err(|error| {
        ConfigError::new(
            "--json-schema",
            error.to_string(),
            "mend the schema; references to other files are not followed",
        )
    })?;
    let limits = Config::default().limits.document();
    options.files.iter().map(|file| Ok(foreign_verdict(file, schema.validate(&read(file)?, &limits)))).collect()
}

fn foreign_verdict(file: &Path, report: Report) -> Verdict<'_> {
    Verdict { file, outcome: report.outcome.as_str(), code: None, reason: None, violations: report.violations }
}
