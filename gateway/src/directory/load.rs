//! Reads the directory from TOML files and certificates; says of every fault where it is and what to do.

use super::{Authority, Directory, Participant};
use crate::config::{self, ConfigError};
use schemas::{
    area::Role,
    wire::{AreaId, AuthorityId, ContentType, ParticipantId},
};
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectoryFile {
    #[serde(default)]
    participant: Vec<ParticipantEntry>,
    #[serde(default)]
    authority: Vec<AuthorityEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParticipantEntry {
    id: ParticipantId,
    country: String,
    name: String,
    format: Option<ContentType>,
    certificates: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityEntry {
    id: AuthorityId,
    name: BTreeMap<String, String>,
    country: String,
    participant: ParticipantId,
    #[serde(default)]
    languages: Vec<String>,
    areas: Vec<AreaEntry>,
    mailbox: Option<AuthorityId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaEntry {
    area: AreaId,
    roles: Vec<Role>,
}

/// Loads every file of the configuration, in order; a name may occur once in all of them.
///
/// # Errors
/// A file or certificate that cannot be read, a duplicate, or a reference to what does not exist.
pub fn load(settings: &config::Directory) -> Result<Directory, ConfigError> {
    let mut directory = Directory::default();
    for file in &settings.files {
        add_file(&mut directory, file, &settings.certificates)?;
    }
    for authority in directory.authorities.values() {
        check_authority(&directory, authority)?;
    }
    Ok(directory)
}

fn add_file(directory: &mut Directory, file: &Path, certificates: &Path) -> Result<(), ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| ConfigError::file(file, error, "correct directory.files in the configuration"))?;
    let entries: DirectoryFile = toml::from_str(&text).map_err(|error| {
        ConfigError::file(file, error.to_string().trim_end(), "config/directory/demo.toml shows the format")
    })?;
    for entry in entries.participant {
        let participant = Participant {
            certificates: read_certificates(file, &entry, certificates)?,
            id: entry.id,
            country: entry.country,
            name: entry.name,
            format: entry.format,
        };
        let id = participant.id.clone();
        if directory.participants.insert(id.clone(), participant).is_some() {
            return Err(twice(file, id.as_str()));
        }
    }
    for entry in entries.authority {
        let authority = Authority {
            mailbox: entry.mailbox.unwrap_or_else(|| entry.id.clone()),
            id: entry.id,
            name: entry.name,
            country: entry.country,
            participant: entry.participant,
            languages: entry.languages,
            areas: entry.areas.into_iter().map(|area| (area.area, area.roles)).collect(),
        };
        let id = authority.id.clone();
        if directory.authorities.insert(id.clone(), authority).is_some() {
            return Err(twice(file, id.as_str()));
        }
    }
    Ok(())
}

fn twice(file: &Path, id: &str) -> ConfigError {
    ConfigError::file(file, format!("{id} is there twice"), "remove or rename one of the two")
}

fn read_certificates(
    file: &Path,
    entry: &ParticipantEntry,
    folder: &Path,
) -> Result<Vec<certs::inspect::Certificate>, ConfigError> {
    let mut certificates = Vec::new();
    for name in &entry.certificates {
        let path = folder.join(name);
        let place = || format!("{}: participant {}: {}", file.display(), entry.id, path.display());
        let pem = std::fs::read(&path).map_err(|error| {
            ConfigError::new(place(), error.to_string(), format!("certs issue --participant {} makes one", entry.id))
        })?;
        let chain = certs::inspect::inspect_pem(&pem)
            .map_err(|error| ConfigError::new(place(), error.to_string(), "give a certificate in PEM"))?;
        let Some(leaf) = chain.into_iter().next() else {
            return Err(ConfigError::new(place(), "holds no certificate", "give a certificate in PEM"));
        };
        if leaf.common_name.as_deref() != Some(entry.id.as_str()) {
            return Err(ConfigError::new(
                place(),
                format!("its subject CN is {:?}, not {}", leaf.common_name.as_deref().unwrap_or(""), entry.id),
                "a participant's id is the CN of its certificate",
            ));
        }
        certificates.push(leaf);
    }
    Ok(certificates)
}

fn check_authority(directory: &Directory, authority: &Authority) -> Result<(), ConfigError> {
    let place = format!("directory: authority {}", authority.id);
    let Some(participant) = directory.participant(&authority.participant) else {
        return Err(ConfigError::new(
            place,
            format!("its participant {} does not exist", authority.participant),
            "add the [[participant]] or correct the name",
        ));
    };
    if participant.country != authority.country {
        return Err(ConfigError::new(
            place,
            format!("its country is {}, its participant's is {}", authority.country, participant.country),
            "an authority is served by a participant of its own country",
        ));
    }
    let stranger = directory
        .authorities()
        .find(|other| other.mailbox == authority.mailbox && other.participant != authority.participant);
    match stranger {
        Some(other) => Err(ConfigError::new(
            place,
            format!("it shares mailbox {} with {}, which another participant serves", authority.mailbox, other.id),
            "authorities may share a mailbox only within one participant",
        )),
        None => Ok(()),
    }
}
