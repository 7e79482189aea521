//! The certificates of one network, made through the certs library: a CA, the broker, the hub, every participant.
//! What exists is kept.

use super::NetworkError;
use crate::directory::Directory;
use certs::{
    ParticipantName,
    dev::{self, IssueOptions},
};
use std::{error::Error, path::Path};

/// Makes what is missing under `pki`.
///
/// # Errors
/// When a participant's id cannot be a common name, or a file cannot be written.
pub(super) fn make(pki: &Path, directory: &Directory) -> Result<(), NetworkError> {
    let failed = |error: &dyn Error| NetworkError::Pki(crate::chain(error));
    dev::init(pki, &[]).map_err(|error| failed(&error))?;
    for participant in &directory.participants {
        let name: ParticipantName = participant.id.as_str().parse().map_err(|error| failed(&error))?;
        dev::issue(pki, &name, &IssueOptions::default()).map_err(|error| failed(&error))?;
    }
    Ok(())
}
