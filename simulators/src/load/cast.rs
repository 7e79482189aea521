//! Who plays which part in a load run: one sender, several recipients in other countries, as the directory has them.

use super::LoadError;
use crate::directory::{Authority, Directory};
use schemas::wire::{AreaId, AuthorityId, ParticipantId};

/// Most recipients. Four spread the mailboxes without making the generator itself the load.
const RECIPIENTS: usize = 4;

/// The parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cast {
    /// Who connects to send.
    pub sender: ParticipantId,
    /// In whose name.
    pub from: AuthorityId,
    /// Who receives, each with the participant that serves it; one authority per participant.
    pub recipients: Vec<(ParticipantId, AuthorityId)>,
}

impl Cast {
    /// Chooses the first authority of the area as sender, and one authority of each of the next other countries.
    pub(super) fn of(directory: &Directory, area: &AreaId) -> Result<Self, LoadError> {
        let mut acting = directory.authorities.iter().filter(|authority| authority.acts_in(area));
        let sender = acting.next().ok_or(LoadError::Nobody("authority in the area of the load"))?;
        let mut chosen: Vec<&Authority> = Vec::new();
        for authority in acting {
            let met =
                |other: &&Authority| other.participant == authority.participant || other.country == authority.country;
            if !std::iter::once(&sender).chain(&chosen).any(met) && chosen.len() < RECIPIENTS {
                chosen.push(authority);
            }
        }
        if chosen.is_empty() {
            return Err(LoadError::Nobody("authority of another country in the area of the load"));
        }
        let recipients = chosen.iter().map(|authority| (authority.participant.clone(), authority.id.clone())).collect();
        Ok(Self { sender: sender.participant.clone(), from: sender.id.clone(), recipients })
    }

    /// The receiving authorities.
    pub(super) fn to(&self) -> Vec<AuthorityId> {
        self.recipients.iter().map(|(_, authority)| authority.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority(id: &str, country: &str, area: &str) -> String {
        format!(
            "[[authority]]\nid = \"{id}\"\ncountry = \"{country}\"\nparticipant = \"{country}-BACKOFFICE\"\n\
             areas = [{{ area = \"{area}\" }}]\n"
        )
    }

    #[test]
    fn recipients_are_of_other_countries_and_one_per_country() {
        let rows =
            [("PL-A", "PL", "x"), ("PL-B", "PL", "x"), ("DE-A", "DE", "x"), ("DE-B", "DE", "x"), ("UK-A", "UK", "y")];
        let text: String = rows.iter().map(|(id, country, area)| authority(id, country, area)).collect();
        let directory: Directory = toml::from_str(&text).expect("a directory");
        let cast = Cast::of(&directory, &"x".parse().expect("an area")).expect("two countries");
        assert_eq!(cast.from.as_str(), "PL-A");
        assert_eq!(cast.to().iter().map(AuthorityId::as_str).collect::<Vec<_>>(), ["DE-A"]);
        assert!(Cast::of(&directory, &"y".parse().expect("an area")).is_err());
    }
}
