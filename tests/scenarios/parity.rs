//! The integrator's `gateway validate` says what the hub says, for every sample.

use crate::support::{RawParticipant, Submission, binaries, root, shared, trial};
use libtest_mimic::Trial;
use schemas::{
    area::Areas,
    wire::{RejectionCode, SignedReceipt},
};
use std::path::{Path, PathBuf};
use tokio::process::Command;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("parity::validate_equals_the_hub_for_every_sample_of_imi_pq", imi_pq),
        trial("parity::validate_equals_the_hub_for_every_sample_of_imi_services", imi_services),
    ]
}

async fn imi_pq() {
    area("imi-pq", "PL-BACKOFFICE", "PL-NIA-PHARM", "ES-MIVAU").await;
}

async fn imi_services() {
    area("imi-services", "SE-BACKOFFICE", "SE-KONSUMENTVERKET", "PL-CEIDG").await;
}

/// What concerns the document, and not the exchange it would belong to.
const DOCUMENT_CODES: [RejectionCode; 5] = [
    RejectionCode::MalformedDocument,
    RejectionCode::DocumentTooLarge,
    RejectionCode::ForbiddenConstruct,
    RejectionCode::SchemaViolation,
    RejectionCode::RuleViolation,
];

async fn area(area: &'static str, participant: &'static str, from: &'static str, to: &'static str) {
    let network = shared().await;
    let mut sender = RawParticipant::connect(&network, participant).await.expect("connected");
    let names = messages(area);
    let mut compared = 0;
    for folder in ["good", "bad"] {
        for file in documents(&root().join(format!("schemas/areas/{area}/1/samples/{folder}"))) {
            let message_type = format!("{area}/{}@1", message_of(&names, &file));
            let mut submission =
                Submission::new(participant, &message_type, from, to, std::fs::read(&file).expect("readable"));
            submission.header("imi-test", lapin::types::AMQPValue::Boolean(true));
            let hub = sender.refused(&submission).await;
            let local = validate(&message_type, &file).await;
            assert_same(&file, &hub, &local);
            assert_eq!(local["outcome"] == "valid", folder == "good", "{}: {local}", file.display());
            compared += 1;
        }
    }
    assert!(compared >= 2 * names.len(), "a good and a bad document of every message: {compared}");
}

fn assert_same(file: &Path, hub: &SignedReceipt, local: &serde_json::Value) {
    let hub = &hub.receipt;
    let of_the_document = hub.code.filter(|code| DOCUMENT_CODES.contains(code));
    let code = of_the_document.map(|code| serde_json::json!(code)).unwrap_or_default();
    assert_eq!(local["code"], code, "{}: hub {hub:?}, validate {local}", file.display());
    if of_the_document.is_some() {
        assert_eq!(local["violations"], serde_json::json!(hub.violations), "{}", file.display());
    }
}

fn documents(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "xml"))
        .collect();
    files.sort();
    files
}

/// Samples are named after their message: the longest name that fits is meant.
fn message_of(names: &[String], file: &Path) -> String {
    let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a name");
    let fits = names.iter().filter(|message| name == *message || name.starts_with(&format!("{message}-")));
    fits.max_by_key(|message| message.len()).unwrap_or_else(|| panic!("{name} names no message")).clone()
}

/// The messages of an area, as its pack says.
fn messages(area: &str) -> Vec<String> {
    let areas = Areas::load(&root().join("schemas")).unwrap_or_else(|error| panic!("{error}"));
    let area = areas.area(&area.parse().expect("an area")).expect("shipped");
    area.messages.iter().map(|message| message.message_type.message.to_string()).collect()
}

async fn validate(message_type: &str, file: &Path) -> serde_json::Value {
    let output = Command::new(binaries().join("gateway"))
        .args(["validate", "--json", "--type", message_type])
        .arg(file)
        .current_dir(root())
        .output()
        .await
        .expect("gateway runs");
    let mut verdicts: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(i32::from(verdicts[0]["outcome"] != "valid")), "exit code: {output:?}");
    verdicts.remove(0)
}
