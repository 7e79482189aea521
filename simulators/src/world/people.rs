//! What every record of a country needs: its participant, texts by language, and how to reach somebody.

use super::{
    WorldError, certificate,
    chance::Chance,
    data::Country,
    record::{Contact, Participant, Texts},
};
use schemas::wire::ParticipantId;
use std::path::Path;

/// The back office of a country.
pub(super) fn participant(
    code: &str,
    country: &Country,
    certificates: Option<&Path>,
) -> Result<Participant, WorldError> {
    let id = participant_id(code)?;
    let certificates = match certificates {
        Some(folder) => vec![certificate(folder, id.as_str())?],
        None => Vec::new(),
    };
    Ok(Participant { id, country: code.to_owned(), name: country.participant.clone(), certificates })
}

pub(super) fn participant_id(code: &str) -> Result<ParticipantId, WorldError> {
    parsed(code, &format!("{code}-BACKOFFICE"))
}

/// An identifier of any kind; says whose it would have been where it is none.
pub(super) fn parsed<T: std::str::FromStr>(file: &str, text: &str) -> Result<T, WorldError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| WorldError::Data { file: format!("{file}.toml"), reason: error.to_string() })
}

/// A name given in several languages, divided by `|`, and in English where that is none of them.
pub(super) fn texts(native: &str, languages: &[String], english: &str) -> Texts {
    let mut texts: Texts =
        languages.iter().cloned().zip(native.split('|').map(|name| name.trim().to_owned())).collect();
    if !english.is_empty() {
        texts.entry("en".to_owned()).or_insert_with(|| english.to_owned());
    }
    texts
}

/// How to reach the owner of `id`, who sits in `town` if that is known.
pub(super) fn contact(id: &str, country: &Country, town: Option<&str>, seed: u64) -> Contact {
    let mut chance = Chance::about(seed, id);
    let (code, host) = id.split_once('-').unwrap_or((id, id));
    let domain = format!("{}.{}.example", host_name(host), code.to_lowercase());
    let number = chance.below(120) + 1;
    Contact {
        address: town.map(|town| format!("{}, {town}", country.street.replace("{}", &number.to_string()))),
        telephone: format!("{} 555 {:05}", country.telephone, chance.below(100_000)),
        email: format!("imi@{domain}"),
        web: format!("https://{domain}/"),
    }
}

/// A label of a domain name has at most 63 letters.
pub(super) fn host_name(word: &str) -> String {
    let label: String = word.to_lowercase().chars().take(63).collect();
    label.trim_end_matches('-').to_owned()
}
