//! What can go wrong between a participant and the broker, told by who must act.
//!
//! Owns the words; the module `amqp` finds out which of them is true.

use schemas::wire::{MessageId, ParticipantId};
use std::path::PathBuf;
use thiserror::Error;

/// Who must act on an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Whoever runs this client: a file, a setting, a certificate of theirs is wrong.
    Participant,
    /// Whoever runs the hub.
    Hub,
    /// Nobody yet: trying again later may help.
    Time,
    /// The program that uses this library.
    Caller,
}

/// Why a client has no connection, or cannot do its work.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// A file that the configuration names cannot be used.
    #[error("{setting} = {path:?} cannot be used: {cause}")]
    File {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The private key does not belong to the certificate.
    #[error("the private key {key:?} does not belong to the certificate {certificate:?}: {cause}")]
    KeyPair {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What the TLS library says.
        cause: String,
    },
    /// Nobody answers at the address.
    #[error("the broker at {host}:{port} cannot be reached: {cause}")]
    Unreachable {
        /// Configured host.
        host: String,
        /// Configured port.
        port: u16,
        /// What the system says.
        cause: String,
    },
    /// The broker's certificate was issued by somebody else than our authority.
    #[error(
        "the broker at {host}:{port} shows a certificate that no authority in ca = {ca:?} has issued ({cause}); \
         it is another broker, or this is the wrong CA file"
    )]
    WrongAuthority {
        /// Configured host.
        host: String,
        /// Configured port.
        port: u16,
        /// The authorities that are trusted.
        ca: PathBuf,
        /// What the TLS library says.
        cause: String,
    },
    /// The broker's certificate is out of its time, or for another name.
    #[error("the certificate of the broker at {host}:{port} is not acceptable: {cause}")]
    BrokerCertificate {
        /// Configured host.
        host: String,
        /// Configured port.
        port: u16,
        /// What the TLS library says.
        cause: String,
    },
    /// The broker does not accept our certificate.
    #[error(
        "the broker refused the certificate {certificate:?} of {participant} ({cause}); \
         it must be registered in the hub's directory, neither expired nor revoked"
    )]
    CertificateRefused {
        /// Who we are.
        participant: ParticipantId,
        /// The certificate.
        certificate: PathBuf,
        /// What the broker let us know.
        cause: String,
    },
    /// The certificate was accepted, the login was not.
    #[error("the broker refused the login of {participant} ({cause}); is it suspended, or the hub not running?")]
    LoginRefused {
        /// Who we are.
        participant: ParticipantId,
        /// What the broker says.
        cause: String,
    },
    /// The participant may not enter the virtual host, or there is none.
    #[error("the broker refused {participant} the virtual host {virtual_host:?}: {cause}")]
    VirtualHostRefused {
        /// Who we are.
        participant: ParticipantId,
        /// Configured virtual host.
        virtual_host: String,
        /// What the broker says.
        cause: String,
    },
    /// The other end does not speak the protocol as agreed.
    #[error("the broker at {host}:{port} broke the protocol: {cause}")]
    Protocol {
        /// Configured host.
        host: String,
        /// Configured port.
        port: u16,
        /// What happened.
        cause: String,
    },
    /// The file that remembers stored messages cannot be used.
    #[error("seen = {path:?}: {cause}; nothing is acknowledged that could not be remembered")]
    Seen {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
}

impl ClientError {
    /// Who must act.
    pub fn actor(&self) -> Actor {
        match self {
            Self::File { .. }
            | Self::KeyPair { .. }
            | Self::WrongAuthority { .. }
            | Self::CertificateRefused { .. }
            | Self::Seen { .. } => Actor::Participant,
            Self::BrokerCertificate { .. }
            | Self::LoginRefused { .. }
            | Self::VirtualHostRefused { .. }
            | Self::Protocol { .. } => Actor::Hub,
            Self::Unreachable { .. } => Actor::Time,
            Self::Closed => Actor::Caller,
        }
    }
}

/// Why a message was not submitted. A rejection by the hub is none of these: it comes as a receipt.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// A property is too long for the protocol, or there are too many recipients. Nothing was sent.
    #[error("message {message_id}: {what}")]
    Metadata {
        /// The message.
        message_id: MessageId,
        /// What is wrong with it.
        what: String,
    },
    /// The broker refuses this message of this participant, and went on refusing it.
    #[error("the broker refuses message {message_id}: {code} {text}{hint}", hint = refusal_hint(*code, text))]
    Refused {
        /// The message.
        message_id: MessageId,
        /// Reply code of AMQP: 403 access refused, 406 precondition failed, 404 no such exchange, …
        code: u16,
        /// What the broker says.
        text: String,
    },
    /// The broker has nowhere to put the message: the hub has not set the exchange up.
    #[error("the broker has no queue for message {message_id} ({code} {text}); the hub is not set up")]
    Unroutable {
        /// The message.
        message_id: MessageId,
        /// Reply code of AMQP.
        code: u16,
        /// What the broker says.
        text: String,
    },
    /// The client was closed; messages not confirmed before may or may not have arrived.
    #[error("the client was closed before the broker confirmed")]
    Closed,
}

fn refusal_hint(code: u16, text: &str) -> &'static str {
    match code {
        403 => " (may the participant send this message type? Is the hub running?)",
        406 if text.contains("user_id") => " (the certificate's common name is not the configured participant)",
        _ => "",
    }
}

impl SubmitError {
    /// Who must act.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Metadata { .. } | Self::Closed => Actor::Caller,
            Self::Refused { .. } => Actor::Participant,
            Self::Unroutable { .. } => Actor::Hub,
        }
    }
}
