//! What ends a load run early.

use crate::{directory::DirectoryError, network::NetworkError};
use std::{io, path::PathBuf};
use thiserror::Error;

/// Why a load run has no result.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The network did not come up.
    #[error("the network is not up")]
    Network(#[from] NetworkError),
    /// The directory cannot be read.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The directory has nobody to play a part.
    #[error("the directory has no {0}")]
    Nobody(&'static str),
    /// The broker did not do what was asked.
    #[error("the broker: {0}")]
    Amqp(#[from] lapin::Error),
    /// The broker took a message back or refused it.
    #[error("the broker did not take message {0} of the run: {1}")]
    NotTaken(usize, String),
    /// The hub refused a message that is right.
    #[error("the hub refused a message of the run: {0}")]
    Refused(String),
    /// Nothing happened for too long.
    #[error("nothing arrived for {seconds} s; so far {so_far}")]
    Stalled {
        /// How long.
        seconds: u64,
        /// What had arrived.
        so_far: String,
    },
    /// A message arrived that is not of this run, or one came to the wrong place.
    #[error("{0}")]
    Unexpected(String),
    /// A file could not be read or written.
    #[error("cannot use {0}")]
    File(PathBuf, #[source] io::Error),
}

impl LoadError {
    /// A file error, for `map_err`.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File(path, error)
    }
}
