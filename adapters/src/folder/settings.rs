//! The configuration of a folder adapter: annotated TOML in, checked settings out.
//!
//! Owns keys, defaults and limits. Relative paths are relative to the working directory.

use super::{
    outbox::{ReceiptPolicy, Rules, SidecarPolicy},
    sidecar::Sidecar,
};
use crate::config::{Backoff, ClientConfig};
use schemas::wire::{AuthorityId, ParticipantId, VIRTUAL_HOST};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use thiserror::Error;

/// Largest configuration file, in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// Most mailboxes of one adapter.
const MOST_MAILBOXES: usize = 1000;

/// What is wrong with a configuration file, and what to do about it.
#[derive(Debug, Error)]
#[error("{file}: {problem}\n  remedy: {remedy}", file = file.display())]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong, with the key it is about.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// What kind of adapter a file configures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Folder,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "reading it checks it; other kinds will come")]
    kind: Kind,
    participant: Participant,
    broker: Broker,
    #[serde(default)]
    hub: Hub,
    folder: Folder,
    #[serde(default)]
    defaults: Sidecar,
    #[serde(default)]
    connection: Connection,
    #[serde(default)]
    log: Log,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Participant {
    id: ParticipantId,
    certificate: PathBuf,
    key: PathBuf,
    mailboxes: Vec<AuthorityId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Broker {
    #[serde(default = "localhost")]
    host: String,
    #[serde(default = "amqps_port")]
    port: u16,
    #[serde(default = "virtual_host")]
    virtual_host: String,
    ca: PathBuf,
}

fn localhost() -> String {
    "localhost".to_owned()
}

fn amqps_port() -> u16 {
    7671
}

fn virtual_host() -> String {
    VIRTUAL_HOST.to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Hub {
    id: String,
    key: Option<PathBuf>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { id: "IMI-GATEWAY".to_owned(), key: None }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Folder {
    root: PathBuf,
    #[serde(default = "poll_ms")]
    poll_ms: u64,
    #[serde(default)]
    sidecar: SidecarPolicy,
    #[serde(default = "sidecar_wait_ms")]
    sidecar_wait_ms: u64,
    #[serde(default = "document_bytes")]
    document_bytes: u64,
}

fn poll_ms() -> u64 {
    500
}

fn sidecar_wait_ms() -> u64 {
    2_000
}

fn document_bytes() -> u64 {
    8 << 20
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Connection {
    prefetch: u16,
    confirm_timeout_ms: u64,
    refusal_patience_ms: u64,
    reconnect_first_ms: u64,
    reconnect_most_ms: u64,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            prefetch: 50,
            confirm_timeout_ms: 30_000,
            refusal_patience_ms: 10_000,
            reconnect_first_ms: 200,
            reconnect_most_ms: 10_000,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Log {
    format: Format,
    level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: Format::Text, level: "info".to_owned() }
    }
}

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) client: ClientConfig,
    pub(super) mailboxes: Vec<AuthorityId>,
    pub(super) root: PathBuf,
    pub(super) poll: Duration,
    pub(super) rules: Rules,
    /// Whether logs are written as JSON.
    pub json_logs: bool,
    /// Least level that is logged: error, warn, info, debug or trace.
    pub log_level: String,
}

impl Settings {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// The first thing that is wrong with it; nothing was started.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let wrong =
            |problem: String, remedy: &str| ConfigError { file: path.to_owned(), problem, remedy: remedy.to_owned() };
        let explained = "every key is explained in config/adapter-folder.toml";
        let text = super::disk::read_bounded(path, LARGEST_FILE)
            .map_err(|error| wrong(error.to_string(), "name a file that can be read with --config"))?
            .ok_or_else(|| wrong(format!("it has more than {LARGEST_FILE} bytes"), "name a configuration file"))?;
        let text = String::from_utf8(text).map_err(|_| wrong("it is not UTF-8".to_owned(), "save it as UTF-8"))?;
        let file: File =
            toml::from_str(&text).map_err(|error| wrong(error.to_string().trim_end().to_owned(), explained))?;
        file.check().map_err(|problem| wrong(problem, explained))?;
        Ok(file.into())
    }
}

impl File {
    /// What the types alone do not say.
    fn check(&self) -> Result<(), String> {
        let within = |key: &str, value: u64, least: u64, most: u64| {
            let fits = (least..=most).contains(&value);
            if fits { Ok(()) } else { Err(format!("{key} = {value} is not within {least} to {most}")) }
        };
        let connection = &self.connection;
        within("participant.mailboxes (how many)", self.participant.mailboxes.len() as u64, 1, MOST_MAILBOXES as u64)?;
        within("folder.poll_ms", self.folder.poll_ms, 10, 60_000)?;
        within("folder.sidecar_wait_ms", self.folder.sidecar_wait_ms, 0, 3_600_000)?;
        within("folder.document_bytes", self.folder.document_bytes, 1, 64 << 20)?;
        within("connection.prefetch", u64::from(connection.prefetch), 1, 2_000)?;
        within("connection.confirm_timeout_ms", connection.confirm_timeout_ms, 100, 600_000)?;
        within("connection.refusal_patience_ms", connection.refusal_patience_ms, 0, 600_000)?;
        within("connection.reconnect_first_ms", connection.reconnect_first_ms, 10, 60_000)?;
        within("connection.reconnect_most_ms", connection.reconnect_most_ms, connection.reconnect_first_ms, 600_000)?;
        let levels = ["error", "warn", "info", "debug", "trace"];
        if !levels.contains(&self.log.level.as_str()) {
            return Err(format!("log.level = {:?} is none of {}", self.log.level, levels.join(", ")));
        }
        if self.defaults.message_id.is_some() || self.defaults.correlation_id.is_some() {
            return Err("defaults: message_id and correlation_id are of one message and cannot have defaults".into());
        }
        Ok(())
    }
}

impl From<File> for Settings {
    fn from(file: File) -> Self {
        let File { participant, broker, hub, folder, defaults, connection, log, .. } = file;
        let receipts = if hub.key.is_some() { ReceiptPolicy::Verified } else { ReceiptPolicy::Unverified };
        let client = ClientConfig {
            participant: participant.id,
            host: broker.host,
            port: broker.port,
            virtual_host: broker.virtual_host,
            ca: broker.ca,
            certificate: participant.certificate,
            key: participant.key,
            hub_key: hub.key,
            hub_id: hub.id,
            prefetch: connection.prefetch,
            backoff: Backoff {
                first: Duration::from_millis(connection.reconnect_first_ms),
                most: Duration::from_millis(connection.reconnect_most_ms),
                ..Backoff::default()
            },
            seen: None,
            confirm_timeout: Duration::from_millis(connection.confirm_timeout_ms),
            refusal_patience: Duration::from_millis(connection.refusal_patience_ms),
        };
        let rules = Rules {
            defaults,
            sidecar: folder.sidecar,
            sidecar_wait: Duration::from_millis(folder.sidecar_wait_ms),
            document_bytes: folder.document_bytes,
            receipts,
        };
        Self {
            client,
            mailboxes: participant.mailboxes,
            root: folder.root,
            poll: Duration::from_millis(folder.poll_ms),
            rules,
            json_logs: log.format == Format::Json,
            log_level: log.level,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "kind = 'folder'\n\
        [participant]\nid = 'CZ-BACKOFFICE'\ncertificate = 'a.pem'\nkey = 'a.key'\nmailboxes = ['CZ-TLO-PRAHA']\n\
        [broker]\nca = 'ca.pem'\n[folder]\nroot = 'cz'\n";

    fn read(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("adapter.toml");
        std::fs::write(&path, text).expect("written");
        Settings::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn a_short_file_suffices() {
        let settings = read(LEAST).expect("good");
        assert_eq!((settings.client.port, settings.poll), (7671, Duration::from_millis(500)));
        assert_eq!(settings.rules.receipts, ReceiptPolicy::Unverified);
    }

    #[test]
    fn the_annotated_example_is_good_and_shows_every_default() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/adapter-folder.toml");
        let (shown, plain) = (Settings::read(&path).expect("good"), read(LEAST).expect("good"));
        assert_eq!(shown.client.backoff, plain.client.backoff);
        assert_eq!(shown.client.confirm_timeout, plain.client.confirm_timeout);
        assert_eq!(shown.client.refusal_patience, plain.client.refusal_patience);
        assert_eq!((shown.client.prefetch, shown.client.port), (plain.client.prefetch, plain.client.port));
        assert_eq!((shown.poll, shown.log_level), (plain.poll, plain.log_level));
        assert_eq!(shown.rules.sidecar_wait, plain.rules.sidecar_wait);
        assert_eq!(shown.rules.document_bytes, plain.rules.document_bytes);
    }

    #[test]
    fn unknown_keys_and_values_out_of_range_are_refused_by_name() {
        for (wrong, named) in [
            ("[folder.x]\n", "x"),
            ("polls_ms = 1\n", "polls_ms"),
            ("poll_ms = 1\n", "folder.poll_ms"),
            ("sidecar = 'perhaps'\n", "perhaps"),
            ("[log]\nlevel = 'loud'\n", "loud"),
            ("[defaults]\nmessage_id = '0195b7f0-0000-7000-8000-000000000001'\n", "message_id"),
            ("[connection]\nreconnect_most_ms = 1\n", "connection.reconnect_most_ms"),
        ] {
            let error = read(&format!("{LEAST}{wrong}")).expect_err("wrong");
            assert!(error.contains(named) && error.contains("remedy"), "{error}");
        }
        assert!(read(&LEAST.replace("'folder'", "'pigeon'")).expect_err("wrong").contains("pigeon"));
        assert!(read(&LEAST.replace("['CZ-TLO-PRAHA']", "[]")).expect_err("wrong").contains("mailboxes"));
    }
}
