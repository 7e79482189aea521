//! The directory as a simulator reads it: who takes part, which authorities each serves, in which areas.
//!
//! Reads the same files as the gateway, with eyes of its own, and only what a back office would know of the others.
//! Whether a directory is right is the gateway's to judge.

use schemas::wire::{AreaId, AuthorityId, ContentType, ParticipantId};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Why a directory file cannot be read.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// The file is not there or not readable.
    #[error("cannot read the directory {0}")]
    File(PathBuf, #[source] io::Error),
    /// The file is not a directory.
    #[error("the directory {0} is not usable")]
    Content(PathBuf, #[source] Box<toml::de::Error>),
}

/// A technical system that connects with its own certificate.
#[derive(Debug, Clone, Deserialize)]
pub struct Participant {
    /// The common name of its certificate.
    pub id: ParticipantId,
    /// Two-letter code of its country.
    pub country: String,
    /// What it is called.
    pub name: String,
    /// Its certificates' files.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// The spelling that it prefers; without one it receives every document as it was sent.
    #[serde(default)]
    pub format: Option<ContentType>,
}

/// A competent authority.
#[derive(Debug, Clone, Deserialize)]
pub struct Authority {
    /// Its id.
    pub id: AuthorityId,
    /// What it is called, per language.
    #[serde(default)]
    pub name: BTreeMap<String, String>,
    /// Two-letter code of its country.
    pub country: String,
    /// The participant that serves it.
    pub participant: ParticipantId,
    /// Languages that it works in.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Areas that it acts in.
    #[serde(default)]
    pub areas: Vec<Access>,
}

/// One area that an authority acts in.
#[derive(Debug, Clone, Deserialize)]
pub struct Access {
    /// The area.
    pub area: AreaId,
    /// The roles that it has there.
    #[serde(default)]
    pub roles: Vec<String>,
}

impl Authority {
    /// The name in English, or in any language, or else the id.
    pub fn title(&self) -> &str {
        self.name.get("en").or_else(|| self.name.values().next()).map_or(self.id.as_str(), String::as_str)
    }

    /// Whether it acts in the area.
    pub fn acts_in(&self, area: &AreaId) -> bool {
        self.areas.iter().any(|access| access.area == *area)
    }
}

/// Everybody, in the order of the files.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Directory {
    /// The participants.
    #[serde(default, rename = "participant")]
    pub participants: Vec<Participant>,
    /// The authorities.
    #[serde(default, rename = "authority")]
    pub authorities: Vec<Authority>,
}

impl Directory {
    /// Reads and joins the files.
    ///
    /// # Errors
    /// When one cannot be read or holds no directory.
    pub fn read(files: &[PathBuf]) -> Result<Self, DirectoryError> {
        files.iter().try_fold(Self::default(), |mut all, file| {
            let one = Self::read_one(file)?;
            all.participants.extend(one.participants);
            all.authorities.extend(one.authorities);
            Ok(all)
        })
    }

    fn read_one(file: &Path) -> Result<Self, DirectoryError> {
        let text = std::fs::read_to_string(file).map_err(|error| DirectoryError::File(file.to_owned(), error))?;
        toml::from_str(&text).map_err(|error| DirectoryError::Content(file.to_owned(), Box::new(error)))
    }

    /// The authority of this id.
    pub fn authority(&self, id: &AuthorityId) -> Option<&Authority> {
        self.authorities.iter().find(|authority| authority.id == *id)
    }

    /// The spelling that the participant of this authority prefers, if it prefers one.
    pub fn format_of(&self, id: &AuthorityId) -> Option<ContentType> {
        let participant = &self.authority(id)?.participant;
        self.participants.iter().find(|one| one.id == *participant)?.format
    }

    /// The authorities that a participant serves.
    pub fn served_by(&self, participant: &ParticipantId) -> Vec<AuthorityId> {
        self.authorities
            .iter()
            .filter(|authority| authority.participant == *participant)
            .map(|authority| authority.id.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"
        [[participant]]
        id = "PL-BACKOFFICE"
        country = "PL"
        name = "National IMI back office of Poland"
        certificates = ["PL-BACKOFFICE.pem"]
        format = "json"
        [[authority]]
        id = "PL-NIA-PHARM"
        name = { pl = "Naczelna Izba Aptekarska", en = "Supreme Pharmaceutical Chamber" }
        country = "PL"
        participant = "PL-BACKOFFICE"
        languages = ["pl", "en"]
        areas = [{ area = "imi-pq", roles = ["requester", "responder"] }]
        mailbox = "PL-SHARED"
    "#;

    #[test]
    fn a_participant_serves_the_authorities_that_name_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("demo.toml");
        std::fs::write(&file, TWO).expect("written");
        let directory = Directory::read(&[file]).expect("a directory");
        let served = directory.served_by(&directory.participants[0].id);
        assert_eq!(served.len(), 1);
        let authority = directory.authority(&served[0]).expect("it is there");
        assert_eq!(authority.title(), "Supreme Pharmaceutical Chamber");
        assert!(authority.acts_in(&"imi-pq".parse().expect("an area")));
        assert_eq!(directory.format_of(&served[0]), Some(ContentType::Json));
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let error = Directory::read(&[PathBuf::from("nowhere/at-all.toml")]).expect_err("missing");
        assert!(error.to_string().contains("nowhere/at-all.toml"));
    }
}
