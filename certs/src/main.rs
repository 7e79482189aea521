//! The command `certs`: makes and shows certificates. Owns arguments, output and exit codes; everything else is the
//! library's.

use certs::{
    FileStem, ParticipantName,
    dev::{self, Action, Existing, IssueOptions, PkiError, RevokeOptions, Step},
    inspect::{self, Certificate, Finding, Severity},
};
use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Exit code of a negative verdict.
const NEGATIVE: u8 = 1;
/// Exit code of files or a configuration that cannot be used.
const UNUSABLE: u8 = 64;
/// Largest certificate file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// Development PKI and certificate inspection of the IMI Gateway.
///
/// Exit codes: 0 done, 1 a certificate with a problem, 2 wrong use, 64 files that cannot be used.
#[derive(Parser)]
#[command(name = "certs", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a development authority, the broker's and the gateway's certificates and the hub's receipt key
    Init(Init),
    /// Issue a participant's certificate with the development authority
    Issue(Issue),
    /// Revoke certificates of the development authority: they are added to its list, ca.crl
    Revoke(Revoke),
    /// Show certificates, and judge the first of them as a participant's
    Show(Show),
}

#[derive(Args)]
struct Init {
    /// Folder of the PKI; what is there already is kept
    #[arg(long)]
    dir: PathBuf,
    /// Further DNS name or IP address of broker and gateway, beside localhost (repeatable)
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// Make all anew: certificates issued before no longer have a common authority
    #[arg(long)]
    force: bool,
}

#[derive(Args)]
struct Issue {
    /// Folder of the PKI
    #[arg(long)]
    dir: PathBuf,
    /// The participant's id, e.g. PL-BACKOFFICE
    #[arg(long, value_name = "ID")]
    participant: ParticipantName,
    /// Days that the certificate lives
    #[arg(long, default_value_t = dev::PARTICIPANT_DAYS, value_parser = clap::value_parser!(u16).range(1..=i64::from(dev::MOST_DAYS)))]
    days: u16,
    /// Folder to write to [default: participants in the PKI's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Name of the files without extension, for a second certificate of a participant [default: its id]
    #[arg(long, value_name = "FILE_STEM")]
    name: Option<FileStem>,
    /// Replace a certificate that is there already
    #[arg(long)]
    force: bool,
}

#[derive(Args)]
struct Revoke {
    /// Folder of the PKI
    #[arg(long)]
    dir: PathBuf,
    /// PEM files of the certificates; none to write the list anew
    files: Vec<PathBuf>,
    /// Why, in the words of RFC 5280, e.g. keyCompromise or superseded
    #[arg(long, default_value = "unspecified")]
    reason: String,
    /// Hours until the next list is promised
    #[arg(long, default_value_t = dev::CRL_HOURS, value_parser = clap::value_parser!(u16).range(1..))]
    hours: u16,
}

#[derive(Args)]
struct Show {
    /// PEM file with one or more certificates, the participant's own first
    file: PathBuf,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// The participant that it is to stand for [default: the one that its common name says]
    #[arg(long, value_name = "ID")]
    participant: Option<ParticipantName>,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Init(arguments) => init(&arguments),
        Command::Issue(arguments) => issue(arguments),
        Command::Revoke(arguments) => revoke(arguments),
        Command::Show(arguments) => show(&arguments),
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("certs: {message}");
        ExitCode::from(UNUSABLE)
    })
}

fn existing(force: bool) -> Existing {
    if force { Existing::Replace } else { Existing::Keep }
}

fn init(arguments: &Init) -> Result<ExitCode, String> {
    match dev::init_at(&arguments.dir, &arguments.hosts, existing(arguments.force), Timestamp::now()) {
        Ok(steps) => steps.iter().for_each(report),
        Err(error) => return refuse(error),
    }
    Ok(ExitCode::SUCCESS)
}

fn issue(arguments: Issue) -> Result<ExitCode, String> {
    let Issue { dir, participant, days, out, name, force } = arguments;
    let options = IssueOptions { days, begins: None, out, name, existing: existing(force) };
    match dev::issue(&dir, &participant, &options) {
        Ok(step) => report(&step),
        Err(error) => return refuse(error),
    }
    Ok(ExitCode::SUCCESS)
}

fn revoke(arguments: Revoke) -> Result<ExitCode, String> {
    let Revoke { dir, files, reason, hours } = arguments;
    let own = |file: &PathBuf| read(file).map(|chain| chain.into_iter().take(1));
    let certificates: Vec<Certificate> =
        files.iter().map(own).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    match dev::revoke_at(&dir, &certificates, &RevokeOptions { reason, hours }, Timestamp::now()) {
        Ok(list) => println!("made\t{}", list.display()),
        Err(error) => return refuse(error),
    }
    Ok(ExitCode::SUCCESS)
}

/// A request that cannot be fulfilled is wrong use; everything else is about files.
fn refuse(error: PkiError) -> Result<ExitCode, String> {
    match error {
        PkiError::Request { what } => {
            eprintln!("certs: {what}");
            Ok(ExitCode::from(2))
        }
        other => Err(other.to_string()),
    }
}

fn report(step: &Step) {
    let (word, note) = match &step.action {
        Action::Made => ("made", None),
        Action::Kept => ("kept", None),
        Action::KeptDespite(objection) => ("kept", Some(objection)),
    };
    println!("{word}\t{}\t{}", step.public.display(), step.private.display());
    if let Some(objection) = note {
        eprintln!("certs: {} is kept although {objection}; --force makes it anew", step.public.display());
    }
}

fn show(arguments: &Show) -> Result<ExitCode, String> {
    let certificates = read(&arguments.file)?;
    let findings = judge(&certificates[0], arguments.participant.as_ref());
    if arguments.json {
        print_json(&certificates, &findings)?
    } else {
        print_text(&certificates, &findings)
    }
    let problem = findings.iter().any(|finding| finding.severity() == Severity::Problem);
    Ok(if problem { ExitCode::from(NEGATIVE) } else { ExitCode::SUCCESS })
}

/// The certificates of a PEM file; at least one.
fn read(file: &Path) -> Result<Vec<Certificate>, String> {
    let path = file.display();
    let mut pem = Vec::new();
    let file = File::open(file).map_err(|error| format!("{path}: {error}"))?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut pem).map_err(|error| format!("{path}: {error}"))?;
    if pem.len() as u64 > LARGEST_FILE {
        return Err(format!("{path}: larger than {LARGEST_FILE} bytes"));
    }
    inspect::inspect_pem(&pem).map_err(|error| format!("{path}: {error}"))
}

fn judge(certificate: &Certificate, participant: Option<&ParticipantName>) -> Vec<Finding> {
    let own = certificate.common_name.as_deref().unwrap_or_default();
    certificate.findings(participant.map_or(own, ParticipantName::as_str), Timestamp::now())
}

fn print_json(certificates: &[Certificate], findings: &[Finding]) -> Result<(), String> {
    let findings: Vec<_> = findings.iter().map(describe).collect();
    let valid = !findings.iter().any(|finding| finding["severity"] == "problem");
    let value = serde_json::json!({ "valid": valid, "certificates": certificates, "findings": findings });
    println!("{}", serde_json::to_string_pretty(&value).map_err(|error| error.to_string())?);
    Ok(())
}

fn describe(finding: &Finding) -> serde_json::Value {
    let mut value = serde_json::json!(finding);
    value["severity"] = serde_json::json!(finding.severity());
    value["text"] = finding.to_string().into();
    value
}

fn print_text(certificates: &[Certificate], findings: &[Finding]) {
    for certificate in certificates {
        print_certificate(certificate);
    }
    for finding in findings {
        let word = match finding.severity() {
            Severity::Problem => "PROBLEM",
            Severity::Advice => "advice",
        };
        println!("{word:<12} {finding}");
    }
    if findings.is_empty() {
        println!("{:<12} It can stand for the participant.", "good");
    }
}

fn print_certificate(certificate: &Certificate) {
    let or_none = |values: &[String]| if values.is_empty() { "none".to_owned() } else { values.join(", ") };
    println!("{:<12} {:?}", "common name", certificate.common_name.as_deref().unwrap_or(""));
    println!("{:<12} {}", "issuer", certificate.issuer);
    println!("{:<12} {}", "serial", certificate.serial);
    println!("{:<12} {} to {}", "validity", certificate.not_before, certificate.not_after);
    println!("{:<12} {}, {} bits", "key", certificate.key, certificate.key_bits);
    println!("{:<12} {}", "purposes", or_none(&certificate.extended_key_usage));
    println!("{:<12} {}", "names", or_none(&certificate.alternative_names));
    println!("{:<12} {}", "sha256", certificate.sha256);
}
