//! The records of a directory file, as `gateway directory import` reads them. Written, never read.

use schemas::{
    area::Role,
    wire::{AreaId, AuthorityId, ParticipantId},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Texts by language tag (BCP 47).
pub type Texts = BTreeMap<String, String>;

/// A national back office.
#[derive(Debug, Clone, Serialize)]
pub struct Participant {
    /// `XX-BACKOFFICE`.
    pub id: ParticipantId,
    /// Country code as the Union spells it (`EL`, `UK`).
    pub country: String,
    /// Its name in the country's language.
    pub name: String,
    /// The certificates that it connects with.
    pub certificates: Vec<Certificate>,
}

/// A certificate of a participant.
#[derive(Debug, Clone, Serialize)]
pub struct Certificate {
    /// One certificate in PEM.
    pub pem: String,
}

/// A competent authority.
#[derive(Debug, Clone, Serialize)]
pub struct Authority {
    /// Begins with its country's code.
    pub id: AuthorityId,
    /// Its names: in the languages of its country, and in English.
    pub name: Texts,
    /// Country code as the Union spells it.
    pub country: String,
    /// `national`, `regional` or `local`.
    pub level: Level,
    /// NUTS codes; none where it acts in the whole country.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Languages it understands.
    pub languages: Vec<String>,
    /// Who serves it.
    pub participant: ParticipantId,
    /// The authority whose mailbox it shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<AuthorityId>,
    /// The authority that sends and receives on its behalf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub liaison: Option<AuthorityId>,
    /// The areas it acts in.
    pub areas: Vec<Access>,
    /// Professions it is competent for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub professions: Vec<String>,
    /// Economic activities it is competent for: NACE Rev. 2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nace: Vec<String>,
    /// Words for what it is competent for, by language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub keywords: BTreeMap<String, Vec<String>>,
    /// How to reach it.
    pub contact: Contact,
    /// Its coordinators.
    pub coordinators: Coordinators,
    /// What it coordinates, where it is a coordinator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinator: Option<Coordinator>,
}

/// On which level an authority acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The whole state.
    National,
    /// A region.
    Regional,
    /// A municipality or a district.
    Local,
}

/// An area that an authority acts in.
#[derive(Debug, Clone, Serialize)]
pub struct Access {
    /// The area.
    pub area: AreaId,
    /// What it does there.
    pub roles: Vec<Role>,
    /// Since when: `YYYY-MM-DD`, where the world says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// How to reach an authority. Domains end in `.example`, so that nobody real is ever written to.
#[derive(Debug, Clone, Serialize)]
pub struct Contact {
    /// Postal address, in one line; none where its seat is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Telephone number.
    pub telephone: String,
    /// Electronic mail.
    pub email: String,
    /// Address on the web.
    pub web: String,
}

/// Who coordinates an authority.
#[derive(Debug, Clone, Serialize)]
pub struct Coordinators {
    /// Decides on its registration.
    pub validating: AuthorityId,
    /// Decides on its access to areas.
    pub access: AuthorityId,
}

/// What a coordinator coordinates.
#[derive(Debug, Clone, Serialize)]
pub struct Coordinator {
    /// Its kind.
    pub kind: CoordinatorKind,
    /// The areas it coordinates; none where it coordinates all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<AreaId>,
    /// May decide on registrations.
    pub validating: bool,
    /// May decide on access to areas.
    pub access: bool,
}

/// Kinds of coordinators (domain, A031 to A033 and B1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CoordinatorKind {
    /// National: one per state, all areas.
    Nimic,
    /// Super-delegated: one region, all areas.
    Sdimic,
    /// One legislative area.
    Limic,
    /// Delegated: an area in a region.
    Dimic,
}

/// A national register.
#[derive(Debug, Clone, Serialize)]
pub struct Register {
    /// `XX-REG-NNNNNN`.
    pub id: String,
    /// Country code as the Union spells it.
    pub country: String,
    /// The authority that keeps it.
    pub authority: AuthorityId,
    /// Its names: in the country's first language, and in English.
    pub name: Texts,
    /// What kind of register it is.
    pub kind: String,
    /// Professions it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub professions: Vec<String>,
    /// Economic activities it is about: NACE Rev. 2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nace: Vec<String>,
    /// NUTS codes of its territory.
    pub regions: Vec<String>,
    /// What it holds, by language.
    pub content: Texts,
    /// Languages it is kept in.
    pub languages: Vec<String>,
    /// Who may consult it.
    pub access: String,
    /// On what conditions, by language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: Texts,
    /// Whether it is kept electronically.
    pub electronic: bool,
    /// Its address on the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// How to reach those who keep it.
    pub contact: Contact,
    /// When its owner last verified the entry: `YYYY-MM-DD`.
    pub verified: String,
    /// Version of the entry.
    pub version: u32,
}
