//! The development PKI: an authority of its own, the certificates it issues and revokes, and the hub's receipt key, as
//! files.
//!
//! Owns names, lifetimes and what is kept when it is asked twice. For development and tests only: in operation
//! participants bring certificates of their own authorities. Knows nothing of brokers or of the directory.

mod authority;
mod receipts;
mod revocation;

pub use revocation::{CRL_HOURS, RevokeOptions, revoke_at};

use crate::{
    files::{self, Secrecy},
    inspect::{self, Certificate},
    name::{FileStem, ParticipantName},
};
use authority::{Authority, Order};
use jiff::Timestamp;
use rcgen::{KeyPair, PublicKeyData};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Subject CN of the gateway's certificate, and the `user_id` of what it publishes.
pub const GATEWAY: &str = "IMI-GATEWAY";
/// Names that the broker's and the gateway's certificates always carry.
pub const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// Most names that `init` adds to them.
pub const MOST_HOSTS: usize = 100;
/// Days that a participant's certificate lives when nothing else is asked for.
pub const PARTICIPANT_DAYS: u16 = 365;
/// Longest life of a participant's certificate, in days: that of the authority.
pub const MOST_DAYS: u16 = authority::AUTHORITY_DAYS;
/// Largest file that is read, in bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// Why the PKI could not be made. Whoever called must act: the path and the remedy are in the text.
#[derive(Debug, Error)]
pub enum PkiError {
    /// A file or folder could not be read or written.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// One half of a pair is there and the other is lost.
    #[error("{present} is there, but {missing} is not; put it back, or make all anew with --force", present = present.display(), missing = missing.display())]
    Half {
        /// The half that is there.
        present: PathBuf,
        /// The half that is missing.
        missing: PathBuf,
    },
    /// A key and a certificate do not belong together.
    #[error("{certificate} and {key} do not belong together; put the right one back, or make both anew with --force", certificate = certificate.display(), key = key.display())]
    Mismatch {
        /// The certificate, or public key.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// There is no authority in this folder.
    #[error("{path} is missing; make the authority with `certs init` first", path = path.display())]
    NoAuthority {
        /// Where it should be.
        path: PathBuf,
    },
    /// The authority was not made by [`init`].
    #[error("{path} is no development authority made by `certs init`", path = path.display())]
    ForeignAuthority {
        /// Its certificate.
        path: PathBuf,
    },
    /// A file does not hold what its name says.
    #[error("{path} cannot be used: {cause}", path = path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// What was asked for cannot be put into a certificate.
    #[error("{what}")]
    Request {
        /// What is wrong with it.
        what: String,
    },
    /// The cryptographic library failed.
    #[error("making a key or certificate failed: {cause}")]
    Cryptography {
        /// What it says.
        cause: String,
    },
}

impl PkiError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io { path: path.to_owned(), cause }
    }
    fn unusable(path: &Path, cause: impl ToString) -> Self {
        Self::Unusable { path: path.to_owned(), cause: cause.to_string() }
    }
    fn cryptography(cause: impl ToString) -> Self {
        Self::Cryptography { cause: cause.to_string() }
    }
}

/// What to do with files that are already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Keep them, and say so.
    #[default]
    Keep,
    /// Make them anew.
    Replace,
}

/// What was done about one certificate or key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The certificate, or the public half of a key.
    pub public: PathBuf,
    /// Its private key.
    pub private: PathBuf,
    /// What was done.
    pub action: Action,
}

/// What was done about one pair of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It was made.
    Made,
    /// It was there and is kept.
    Kept,
    /// It was there and is kept, although something about it is not as asked; the text says what.
    KeptDespite(String),
}

/// How a participant's certificate is to be issued.
#[derive(Debug, Clone)]
pub struct IssueOptions {
    /// How long it lives, in days, 1 to [`MOST_DAYS`].
    pub days: u16,
    /// Begin of its validity; a little before now when absent. Tests use it to make expired ones.
    pub begins: Option<Timestamp>,
    /// Folder to write to; `participants` of the PKI when absent.
    pub out: Option<PathBuf>,
    /// Name of the two files without extension; the participant's when absent.
    pub name: Option<FileStem>,
    /// What to do when the files are there.
    pub existing: Existing,
}

impl Default for IssueOptions {
    fn default() -> Self {
        Self { days: PARTICIPANT_DAYS, begins: None, out: None, name: None, existing: Existing::Keep }
    }
}

/// Makes what is missing of a development PKI in `dir`: authority, broker's and gateway's certificates with
/// [`LOCAL_NAMES`] and `hosts` as names, receipt key. What is there is kept.
pub fn init(dir: &Path, hosts: &[String]) -> Result<Vec<Step>, PkiError> {
    init_at(dir, hosts, Existing::Keep, Timestamp::now())
}

/// [`init`] with the choice what to do about existing files, at the time `now`.
pub fn init_at(dir: &Path, hosts: &[String], existing: Existing, now: Timestamp) -> Result<Vec<Step>, PkiError> {
    let names = server_names(hosts)?;
    files::create_folder(dir).map_err(PkiError::io(dir))?;
    let (authority, step) = Authority::open_or_make(dir, existing, now)?;
    // A new authority makes what the former one signed worthless.
    let servers = if step.action == Action::Made { Existing::Replace } else { existing };
    let mut steps = vec![step];
    for (stem, order) in [("broker", Order::broker(&names, now)), ("gateway", Order::gateway(&names, now))] {
        steps.push(issue_pair(&authority, &Pair::new(dir, stem), &order, servers, now)?);
    }
    // RabbitMQ wants some authority to trust. Given one that signs nothing, it accepts exactly the certificates that the
    // gateway lists for its trust store; given ours, it would accept whatever ours ever signed.
    let nobody = dir.join("nobody.pem");
    if existing == Existing::Replace || !nobody.exists() {
        write_public(&nobody, &Authority::nobody(now)?)?;
    }
    // Receipts outlive certificates: their key does not depend on the authority.
    steps.push(receipts::make(dir, existing)?);
    Ok(steps)
}

/// Issues a participant's certificate (EC P-256, clientAuth) with the authority in `dir`.
pub fn issue(dir: &Path, participant: &ParticipantName, options: &IssueOptions) -> Result<Step, PkiError> {
    issue_at(dir, participant, options, Timestamp::now())
}

/// [`issue`] at the time `now`.
pub fn issue_at(
    dir: &Path,
    participant: &ParticipantName,
    options: &IssueOptions,
    now: Timestamp,
) -> Result<Step, PkiError> {
    if !(1..=MOST_DAYS).contains(&options.days) {
        return Err(PkiError::Request { what: format!("{} days are not within 1 to {MOST_DAYS}", options.days) });
    }
    let authority = Authority::open(dir)?;
    let folder = options.out.clone().unwrap_or_else(|| dir.join("participants"));
    files::create_folder(&folder).map_err(PkiError::io(&folder))?;
    let stem = options.name.clone().unwrap_or_else(|| participant.into());
    let order = Order::participant(participant, options.days, options.begins, now);
    issue_pair(&authority, &Pair::new(&folder, stem.as_str()), &order, options.existing, now)
}

/// A certificate and its key on disk. The key is written first, so a certificate without a key means a lost key.
pub(crate) struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

impl Pair {
    fn new(dir: &Path, stem: &str) -> Self {
        Self { certificate: dir.join(format!("{stem}.pem")), key: dir.join(format!("{stem}.key")) }
    }

    fn step(&self, action: Action) -> Step {
        Step { public: self.certificate.clone(), private: self.key.clone(), action }
    }

    /// The pair as it is on disk; none when it has to be made (a key alone is what an interrupted run leaves).
    fn read(&self) -> Result<Option<(Certificate, KeyPair)>, PkiError> {
        if !self.certificate.exists() {
            return Ok(None);
        }
        if !self.key.exists() {
            return Err(PkiError::Half { present: self.certificate.clone(), missing: self.key.clone() });
        }
        let mut found = inspect::inspect_pem(&read(&self.certificate)?)
            .map_err(|error| PkiError::unusable(&self.certificate, error))?;
        let (certificate, key) = (found.swap_remove(0), read_key(&self.key)?);
        if certificate.public_key_info() != Some(key.subject_public_key_info()) {
            return Err(PkiError::Mismatch { certificate: self.certificate.clone(), key: self.key.clone() });
        }
        Ok(Some((certificate, key)))
    }

    fn write(&self, certificate_pem: &str, key: &KeyPair) -> Result<(), PkiError> {
        write_private(&self.key, &key.serialize_pem())?;
        write_public(&self.certificate, certificate_pem)
    }
}

fn issue_pair(
    authority: &Authority,
    pair: &Pair,
    order: &Order,
    existing: Existing,
    now: Timestamp,
) -> Result<Step, PkiError> {
    if existing == Existing::Keep
        && let Some((certificate, _)) = pair.read()?
    {
        let objection = objection(&certificate, order, now);
        return Ok(pair.step(objection.map_or(Action::Kept, Action::KeptDespite)));
    }
    let (certificate_pem, key) = authority.issue(order)?;
    pair.write(&certificate_pem, &key)?;
    Ok(pair.step(Action::Made))
}

/// What about a certificate that is kept differs from what was ordered.
fn objection(certificate: &Certificate, order: &Order, now: Timestamp) -> Option<String> {
    if certificate.common_name.as_deref() != Some(order.common_name.as_str()) {
        return Some(format!("its common name is not {}", order.common_name));
    }
    if now > certificate.not_after {
        return Some(format!("it expired on {}", certificate.not_after));
    }
    let lacks = |name: &&String| !certificate.alternative_names.contains(name);
    let missing: Vec<_> = order.names.iter().filter(lacks).map(String::as_str).collect();
    (!missing.is_empty()).then(|| format!("it lacks the name {}", missing.join(", ")))
}

fn server_names(hosts: &[String]) -> Result<Vec<String>, PkiError> {
    if hosts.len() > MOST_HOSTS {
        return Err(PkiError::Request { what: format!("{} hosts are more than {MOST_HOSTS}", hosts.len()) });
    }
    let mut names: Vec<String> = LOCAL_NAMES.map(str::to_owned).to_vec();
    for host in hosts {
        if !is_host(host) {
            let what =
                format!("{:?} is neither a DNS name nor an IP address", host.chars().take(80).collect::<String>());
            return Err(PkiError::Request { what });
        }
        if !names.contains(host) {
            names.push(host.clone());
        }
    }
    Ok(names)
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.parse::<std::net::IpAddr>().is_ok() || (text.len() <= 253 && text.split('.').all(label))
}

fn read(path: &Path) -> Result<Vec<u8>, PkiError> {
    let size = fs::metadata(path).map_err(PkiError::io(path))?.len();
    if size > LARGEST_FILE {
        return Err(PkiError::unusable(path, format!("{size} bytes are more than {LARGEST_FILE}")));
    }
    fs::read(path).map_err(PkiError::io(path))
}

fn read_key(path: &Path) -> Result<KeyPair, PkiError> {
    let text = String::from_utf8(read(path)?).map_err(|_| PkiError::unusable(path, "it is not text"))?;
    KeyPair::from_pem(&text).map_err(|error| PkiError::unusable(path, error))
}

fn write_private(path: &Path, pem: &str) -> Result<(), PkiError> {
    files::write(path, pem.as_bytes(), Secrecy::Private).map_err(PkiError::io(path))
}

fn write_public(path: &Path, pem: &str) -> Result<(), PkiError> {
    files::write(path, pem.as_bytes(), Secrecy::Public).map_err(PkiError::io(path))
}

#[cfg(test)]
mod tests;
