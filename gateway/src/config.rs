//! Configuration: what an operator may set, with its defaults. Reads one TOML file; knows nothing of what uses it.
//!
//! `config/gateway.toml` is the annotated reference: every field here stands there with its meaning and default.

use schemas::{validate::Limits as DocumentLimits, wire::AuthorityId};
use serde::Deserialize;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use thiserror::Error;

/// What keeps the hub from starting; the operator's to mend (exit code 64).
#[derive(Debug, Error)]
#[error("{place}: {problem}\n  remedy: {remedy}")]
pub struct ConfigError {
    /// The file, and the key or line where there is one.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl ConfigError {
    /// An error at `place`.
    pub fn new(place: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into(), remedy: remedy.into() }
    }

    /// An error about a file that cannot be used.
    pub fn file(path: &Path, problem: impl std::fmt::Display, remedy: impl Into<String>) -> Self {
        Self::new(path.display().to_string(), problem.to_string(), remedy)
    }
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }
        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

section! {
    /// The whole configuration.
    Config {
        /// The hub itself.
        gateway: Gateway = Gateway::default(),
        /// Where it keeps its records.
        store: Store = Store::default(),
        /// The broker it works on.
        broker: Broker = Broker::default(),
        /// How it takes messages in.
        ingress: Ingress = Ingress::default(),
        /// What it refuses as too much.
        limits: Limits = Limits::default(),
        /// How it delivers.
        delivery: Delivery = Delivery::default(),
        /// The area packs.
        areas: Areas = Areas::default(),
        /// Participants and authorities.
        directory: Directory = Directory::default(),
        /// How it signs.
        receipts: Receipts = Receipts::default(),
        /// Its three listeners.
        http: Http = Http::default(),
        /// Its log.
        log: Log = Log::default(),
        /// Deliberate crashes, for tests only.
        faults: Faults = Faults::default(),
    }
}

section! {
    /// `[gateway]`
    Gateway {
        /// The hub's own id: CN of its broker certificate and `user_id` of what it publishes.
        id: String = "IMI-GATEWAY".into(),
        /// The authority in whose name it sends what it says itself: reminders, time-outs, consolidated answers.
        authority: AuthorityId = "EU-IMI-HUB".parse().expect("an authority id"),
        /// Seconds that a shutdown waits for messages in hand.
        shutdown_seconds: u64 = 30,
    }
}

section! {
    /// `[store]`
    Store {
        /// `sqlite:PATH` or `postgres://…`.
        url: String = "sqlite:.run/gateway.db".into(),
        /// Readers (SQLite has one writer beside them); all connections for PostgreSQL.
        connections: u32 = 4,
    }
}

section! {
    /// `[broker]`
    Broker {
        /// Host name, which the broker's certificate must bear.
        host: String = "localhost".into(),
        /// AMQPS port.
        port: u16 = 7671,
        /// PEM file of those who may vouch for the broker.
        ca: PathBuf = ".run/pki/ca.pem".into(),
        /// The hub's own certificate, PEM.
        certificate: PathBuf = ".run/pki/gateway.pem".into(),
        /// Its private key, PEM.
        key: PathBuf = ".run/pki/gateway.key".into(),
        /// Base address of the management plug-in.
        management_url: String = "http://127.0.0.1:7672".into(),
        /// First wait before a new attempt to connect, milliseconds; doubles each time.
        reconnect_first_ms: u64 = 200,
        /// Longest wait between attempts, milliseconds.
        reconnect_most_ms: u64 = 5_000,
        /// A publish not confirmed within this time is a failed attempt, milliseconds.
        confirm_timeout_ms: u64 = 30_000,
    }
}

section! {
    /// `[ingress]`
    Ingress {
        /// Ordered lanes for ordinary messages, 1 to 64.
        lanes: u16 = 2,
        /// Unacknowledged messages per lane.
        prefetch: u16 = 512,
        /// Most messages in one batch.
        batch_messages: usize = 256,
        /// Most bytes of documents in one batch.
        batch_bytes: usize = 16 * 1024 * 1024,
        /// Validating threads; 0 = one per core.
        validators: usize = 0,
    }
}

section! {
    /// `[limits]`
    Limits {
        /// Largest document, bytes.
        body_bytes: usize = 8 * 1024 * 1024,
        /// Deepest nesting of elements.
        depth: usize = 100,
        /// Most nodes of a document.
        nodes: usize = 500_000,
        /// Longest name of an element or attribute, bytes.
        name_bytes: usize = 256,
        /// Most violations that one receipt lists.
        violations: usize = 200,
        /// Most recipients of one message.
        recipients: usize = 200,
    }
}

section! {
    /// `[delivery]`
    Delivery {
        /// A dispatch that was refused this often has failed.
        attempts: u32 = 5,
        /// First wait between attempts, milliseconds; doubles each time.
        retry_first_ms: u64 = 200,
        /// Longest wait between attempts, milliseconds.
        retry_most_ms: u64 = 5_000,
    }
}

section! {
    /// `[areas]`
    Areas {
        /// Folder that holds `areas/`, `common/` and `workflows/`.
        path: PathBuf = "schemas".into(),
        /// Milliseconds between two looks for changed packs.
        watch_ms: u64 = 1_000,
    }
}

section! {
    /// `[directory]`
    Directory {
        /// Files that an empty directory is filled with at start; later changes go through `gateway directory`.
        files: Vec<PathBuf> = vec!["config/directory/demo.toml".into()],
        /// Folder that participants' certificates are named relative to.
        certificates: PathBuf = ".run/pki/participants".into(),
        /// The hub's own authority in the area `registers`: it takes registrations in and answers searches.
        authority: AuthorityId = "EU-REGISTERS".parse().expect("an authority id"),
        /// Milliseconds between two looks for changes that others made.
        watch_ms: u64 = 500,
        /// Seconds between two looks at mailboxes that nobody needs any more; one goes when two looks found it empty.
        clear_seconds: u64 = 30,
        /// National CAs' certificate revocation lists that are followed.
        crl: Vec<Crl> = Vec::new(),
        /// Folder that keeps the last good one of each.
        crl_cache: PathBuf = ".run/crl".into(),
    }
}

/// `[[directory.crl]]`: a certificate revocation list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crl {
    /// PEM file of the certificate of the CA that signs it.
    pub issuer: PathBuf,
    /// Path of a file, or an `http:` address.
    pub source: String,
    /// Seconds between two looks at the source.
    #[serde(default = "an_hour")]
    pub refresh_seconds: u64,
}

fn an_hour() -> u64 {
    60 * 60
}

section! {
    /// `[receipts]`
    Receipts {
        /// Ed25519 private key, PKCS#8 PEM.
        key: PathBuf = ".run/pki/receipts.key".into(),
    }
}

section! {
    /// `[http]`
    Http {
        /// Participants' HTTPS (mTLS).
        participants: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 7443)),
        /// Operators' plain HTTP.
        operators: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 7444)),
        /// The broker's questions, plain HTTP on loopback.
        broker_callbacks: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 7445)),
        /// PEM file of the authorities named to connecting participants; the directory decides who is let in.
        ca: PathBuf = ".run/pki/ca.pem".into(),
        /// Server certificate, PEM.
        certificate: PathBuf = ".run/pki/gateway.pem".into(),
        /// Its private key, PEM.
        key: PathBuf = ".run/pki/gateway.key".into(),
    }
}

section! {
    /// `[log]`
    Log {
        /// How lines are spelled.
        format: LogFormat = LogFormat::Json,
        /// Level or filter.
        level: String = "info".into(),
    }
}

section! {
    /// `[faults]`: deliberate crashes that tests order. Never set in production.
    Faults {
        /// The process aborts when a batch has passed this step.
        abort_after: Option<Step> = None,
        /// A file that says by how many seconds the clock of deadlines is ahead.
        clock_file: Option<PathBuf> = None,
    }
}

/// A step of the pipeline, as fault tests name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// A batch has been taken from its queue.
    Receive,
    /// It has been authenticated, parsed and validated.
    Inspect,
    /// It has been decided upon and recorded.
    Record,
    /// Its dispatches and first receipts are confirmed by the broker.
    Deliver,
    /// Their delivery is recorded.
    Settle,
    /// The remaining receipts are confirmed.
    Answer,
    /// It has been acknowledged.
    Acknowledge,
}

/// How log lines are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For human readers.
    Text,
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// The file cannot be read, is not TOML, has unknown keys, or holds values that cannot work.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::file(path, error, "name the configuration with --config FILE"))?;
        let config: Self = toml::from_str(&text).map_err(|error| {
            ConfigError::file(
                path,
                error.to_string().trim_end(),
                "config/gateway.toml shows every key with its default",
            )
        })?;
        config.check(path)?;
        Ok(config)
    }

    fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let within = |key: &str, value: usize, least: usize, most: usize| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(ConfigError::new(
                format!("{}: {key}", path.display()),
                format!("{value} is out of range"),
                format!("choose {least} to {most}"),
            ))
        };
        within("areas.watch_ms", usize::try_from(self.areas.watch_ms).unwrap_or(usize::MAX), 100, 3_600_000)?;
        within("directory.watch_ms", usize::try_from(self.directory.watch_ms).unwrap_or(usize::MAX), 50, 60_000)?;
        for crl in &self.directory.crl {
            let seconds = usize::try_from(crl.refresh_seconds).unwrap_or(usize::MAX);
            within("directory.crl: refresh_seconds", seconds, 1, 7 * 24 * 60 * 60)?;
        }
        let seconds = usize::try_from(self.directory.clear_seconds).unwrap_or(usize::MAX);
        within("directory.clear_seconds", seconds, 1, 86_400)?;
        within("ingress.lanes", self.ingress.lanes.into(), 1, 64)?;
        within("ingress.prefetch", self.ingress.prefetch.into(), 1, 10_000)?;
        within("ingress.batch_messages", self.ingress.batch_messages, 1, self.ingress.prefetch.into())?;
        within("ingress.validators", self.ingress.validators, 0, 256)?;
        within("limits.body_bytes", self.limits.body_bytes, 1, 24 * 1024 * 1024)?;
        within("limits.depth", self.limits.depth, 1, 1_000)?;
        within("limits.violations", self.limits.violations, 1, 10_000)?;
        within("limits.recipients", self.limits.recipients, 1, 10_000)?;
        within("delivery.attempts", self.delivery.attempts as usize, 1, 100)?;
        if self.gateway.id.parse::<schemas::wire::ParticipantId>().is_err() {
            return Err(ConfigError::new(
                format!("{}: gateway.id", path.display()),
                format!("{:?} cannot be a certificate's CN", self.gateway.id),
                "use A-Z, 0-9 and '-'",
            ));
        }
        if !self.http.broker_callbacks.ip().is_loopback() {
            return Err(ConfigError::new(
                format!("{}: http.broker_callbacks", path.display()),
                "the broker's questions are answered on loopback only",
                "use 127.0.0.1:PORT and run the broker on this machine",
            ));
        }
        Ok(())
    }
}

impl Limits {
    /// The limits that concern one document.
    pub fn document(&self) -> DocumentLimits {
        DocumentLimits {
            body_bytes: self.body_bytes,
            depth: self.depth,
            nodes: self.nodes,
            name_bytes: self.name_bytes,
            violations: self.violations,
            ..DocumentLimits::default()
        }
    }
}

impl Broker {
    /// Time after which an unconfirmed publish is a failed attempt.
    pub fn confirm_timeout(&self) -> Duration {
        Duration::from_millis(self.confirm_timeout_ms)
    }
}

/// Waits that double from `first_ms` to `most_ms`; `attempt` counts from 0.
pub fn backoff(first_ms: u64, most_ms: u64, attempt: u32) -> Duration {
    Duration::from_millis(first_ms.saturating_mul(1 << attempt.min(20)).min(most_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_annotated_file_is_valid_and_says_the_defaults() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/gateway.toml");
        let config = Config::load(&path).expect("config/gateway.toml");
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "[store]\nurl = \"sqlite:x\"\nconections = 3\n").expect("writable");
        let error = Config::load(file.path()).expect_err("a misspelt key").to_string();
        assert!(error.contains("conections") && error.contains("line 3"), "{error}");
    }

    #[test]
    fn waits_double_and_end() {
        assert_eq!(backoff(200, 5_000, 0), Duration::from_millis(200));
        assert_eq!(backoff(200, 5_000, 3), Duration::from_millis(1_600));
        assert_eq!(backoff(200, 5_000, 63), Duration::from_millis(5_000));
    }
}
