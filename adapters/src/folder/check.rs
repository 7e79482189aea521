//! `adapter check`: is everything there that `adapter run` needs, before it runs?
//!
//! Owns the list of questions; changes nothing but creating folders that are missing.

use super::{disk::Disk, place::Place, settings::Settings};
use crate::Client;
use certs::inspect::{self, Severity};
use jiff::Timestamp;
use serde::Serialize;
use std::{fs, io};

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub subject: &'static str,
    /// Whether it is good enough to run.
    pub good: bool,
    /// What was found.
    pub text: String,
}

impl Check {
    fn good(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, good: true, text: text.into() }
    }

    fn problem(subject: &'static str, text: impl ToString) -> Self {
        Self { subject, good: false, text: text.to_string() }
    }
}

/// Looks at certificate, folders and connection.
pub async fn check(settings: &Settings) -> Vec<Check> {
    let mut checks = check_certificate(settings, Timestamp::now());
    checks.push(
        check_folders(settings)
            .unwrap_or_else(|error| Check::problem("folders", format!("folder.root = {:?}: {error}", settings.root))),
    );
    checks.push(check_connection(settings).await);
    checks
}

fn check_certificate(settings: &Settings, now: Timestamp) -> Vec<Check> {
    const SUBJECT: &str = "certificate";
    let path = &settings.client.certificate;
    let pem = match fs::read(path) {
        Ok(pem) => pem,
        Err(error) => return vec![Check::problem(SUBJECT, format!("{}: {error}", path.display()))],
    };
    let certificate = match inspect::inspect_pem(&pem) {
        Ok(mut certificates) => certificates.swap_remove(0),
        Err(error) => return vec![Check::problem(SUBJECT, format!("{}: {error}", path.display()))],
    };
    let findings = certificate.findings(settings.client.participant.as_str(), now);
    if findings.is_empty() {
        let text = format!("{}, valid until {}", settings.client.participant, certificate.not_after);
        return vec![Check::good(SUBJECT, text)];
    }
    let verdict = |finding: &inspect::Finding| match finding.severity() {
        Severity::Problem => Check::problem(SUBJECT, finding),
        Severity::Advice => Check::good(SUBJECT, finding.to_string()),
    };
    findings.iter().map(verdict).collect()
}

fn check_folders(settings: &Settings) -> io::Result<Check> {
    let (disk, place) = (Disk::default(), Place::below(&settings.root));
    place.create(&disk)?;
    let probe = |folder: &std::path::Path| folder.join(".probe");
    let folders = [&place.outbox, &place.sent, &place.error, &place.inbox, &place.receipts, &place.jobs];
    for pair in folders.windows(2) {
        // Moving is atomic only within one file system.
        disk.write(&probe(pair[0]), b"")?;
        disk.rename(&probe(pair[0]), &probe(pair[1]))?;
        disk.remove(&probe(pair[1]))?;
    }
    let running = place.lock().is_err();
    let text = if running { "writable; an adapter is running on them" } else { "writable" };
    Ok(Check::good("folders", text))
}

async fn check_connection(settings: &Settings) -> Check {
    match Client::connect(settings.client.clone()).await {
        Ok(client) => {
            client.close().await;
            let address = format!("{}:{}", settings.client.host, settings.client.port);
            Check::good("connection", format!("the broker at {address} accepts {}", settings.client.participant))
        }
        Err(error) => Check::problem("connection", error),
    }
}
