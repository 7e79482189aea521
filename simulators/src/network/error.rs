//! What can go wrong while a network in a box is built, each with what to do about it.

use std::{io, path::PathBuf};
use thiserror::Error;

/// Why the network is not up.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// A file or folder could not be read or written.
    #[error("{what} {path}")]
    File {
        /// What was tried, e.g. `cannot write`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something that the network is made of is not there.
    #[error("{path} is missing: {remedy}")]
    Missing {
        /// What is missing.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
    /// The directory cannot be read.
    #[error("the directory is unusable: {0}")]
    Directory(String),
    /// The gateway's configuration cannot be written as TOML.
    #[error("the gateway's configuration is not TOML: {0}")]
    Config(String),
    /// The certificates could not be made.
    #[error("the development PKI could not be made: {0}")]
    Pki(String),
    /// Somebody else listens on a port of ours.
    #[error("port {port} ({name}) is in use: end what listens there, or choose other ports")]
    PortTaken {
        /// The port.
        port: u16,
        /// What it is for.
        name: &'static str,
    },
    /// No free port could be found.
    #[error("no free port")]
    NoPort(#[source] io::Error),
    /// A program could not be started.
    #[error("cannot start {program}")]
    Start {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The broker's script failed.
    #[error("the broker did not {action}: {reason}\n{log}")]
    Broker {
        /// `start`, `stop` or `restart`.
        action: &'static str,
        /// The exit status, or that it took too long.
        reason: String,
        /// The last lines that it wrote.
        log: String,
    },
    /// The gateway ended although nobody asked it to.
    #[error("the gateway ended by itself ({status}); its last words:\n{log}")]
    GatewayEnded {
        /// How it ended.
        status: String,
        /// The last lines of its log.
        log: String,
    },
    /// The gateway is not ready in time.
    #[error("the gateway is not ready after {seconds} s (it last said: {last}); its last words:\n{log}")]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// The last answer to the readiness question.
        last: String,
        /// The last lines of its log.
        log: String,
    },
}

impl NetworkError {
    /// Whether whoever called can mend it: something is missing, wrong, or in use.
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::File { .. }
            | Self::Missing { .. }
            | Self::Directory(_)
            | Self::Config(_)
            | Self::Pki(_)
            | Self::PortTaken { .. } => true,
            Self::NoPort(_)
            | Self::Start { .. }
            | Self::Broker { .. }
            | Self::GatewayEnded { .. }
            | Self::NotReady { .. } => false,
        }
    }

    /// A file error, for `map_err`.
    pub(crate) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }
}
