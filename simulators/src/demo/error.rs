//! What ends the demo before its stories are told.

use crate::network::NetworkError;
use adapters::{ClientError, SubmitError};
use std::{io, path::PathBuf};
use thiserror::Error;

/// Why the demo cannot go on.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The network did not come up.
    #[error("the network is not up")]
    Network(#[from] NetworkError),
    /// A back office cannot connect.
    #[error("a back office cannot connect")]
    Client(#[from] ClientError),
    /// The broker does not take a message.
    #[error("a message cannot be submitted")]
    Submit(#[from] SubmitError),
    /// A file cannot be read or written.
    #[error("cannot use {0}")]
    File(PathBuf, #[source] io::Error),
    /// The operators' port does not say where a message is.
    #[error("the hub's track: {0}")]
    Track(String),
    /// The folder adapter does not do its part.
    #[error("the folder adapter: {0}")]
    Adapter(String),
    /// The area packs, which say how documents look in the other spelling, cannot be read.
    #[error("the area packs: {0}")]
    Packs(String),
    /// A story names what is not there; a mistake of this program.
    #[error("the stories are wrong: {0}")]
    Story(String),
}

impl DemoError {
    /// A file error, for `map_err`.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File(path, error)
    }
}
