//! What the directory keeps of everyone in it, as it is written in files and in the store.
//!
//! Plain data: whether records fit together is [`super::check`]'s.

use jiff::{Timestamp, civil::Date};
use schemas::{
    area::Role,
    wire::{AreaId, AuthorityId, ContentType, ParticipantId},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Texts by language tag (BCP 47).
pub type Texts = BTreeMap<String, String>;

/// A technical system that connects with its own certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// Equals the CN of each of its certificates.
    pub id: ParticipantId,
    /// Country code as the Union spells it (`EL`, `UK`); `EU` for the Commission.
    pub country: String,
    /// Its name, for people.
    pub name: String,
    /// How it wants documents spelled; as their senders spelled them where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<ContentType>,
    /// Whether it may connect.
    #[serde(default)]
    pub status: ParticipantStatus,
    /// The certificates that it connects with, or once did.
    #[serde(default)]
    pub certificates: Vec<HeldCertificate>,
}

/// Whether a participant may connect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParticipantStatus {
    /// It may.
    #[default]
    Active,
    /// It may not for now: its sessions are closed and its messages refused.
    Suspended,
    /// It may not any more; its record stays for the sake of what it once sent.
    Withdrawn,
}

/// A certificate of a participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldCertificate {
    /// The leaf certificate in PEM.
    pub pem: String,
    /// When and why it stopped being accepted, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
}

/// The end of a certificate before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// When.
    pub at: Timestamp,
    /// Why, in a sentence.
    pub reason: String,
}

/// A competent authority (domain, B5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Its identifier on the wire; begins with its country's code.
    pub id: AuthorityId,
    /// Its official names by language.
    pub name: Texts,
    /// What people call it, by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub title: Texts,
    /// Country code as the Union spells it.
    pub country: String,
    /// On which level it acts.
    #[serde(default)]
    pub level: Level,
    /// Where it acts: NUTS codes; none where it acts in the whole country.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Languages it understands.
    #[serde(default)]
    pub languages: Vec<String>,
    /// The participant that serves it.
    pub participant: ParticipantId,
    /// The mailbox it receives from where that is neither its own nor its liaison's: one it shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<AuthorityId>,
    /// The authority that sends and receives on its behalf (domain, A036).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liaison: Option<AuthorityId>,
    /// The areas it acts in.
    #[serde(default)]
    pub areas: Vec<AreaAccess>,
    /// Areas it asked for and was not granted yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requested: Vec<AreaAccess>,
    /// Professions it is competent for: codes of the area `imi-pq`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub professions: Vec<String>,
    /// Economic activities it is competent for: NACE Rev. 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nace: Vec<String>,
    /// Words for what it is competent for, by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keywords: BTreeMap<String, Vec<String>>,
    /// How to reach it.
    #[serde(default, skip_serializing_if = "Contact::is_empty")]
    pub contact: Contact,
    /// Its coordinators.
    #[serde(default, skip_serializing_if = "Coordinators::is_empty")]
    pub coordinators: Coordinators,
    /// What it coordinates, where it is a coordinator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinator: Option<Coordinator>,
    /// How far its registration has come.
    #[serde(default)]
    pub status: AuthorityStatus,
    /// Version of the entry over the wire; 0 before the first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u32,
}

impl Authority {
    /// The authority whose mailbox it receives from: one it shares, its liaison's, or its own.
    pub fn mailbox(&self) -> &AuthorityId {
        self.mailbox.as_ref().or(self.liaison.as_ref()).unwrap_or(&self.id)
    }

    /// Its roles in an area; `None` where it does not act there.
    pub fn roles(&self, area: &AreaId) -> Option<&[Role]> {
        self.areas.iter().find(|access| access.area == *area).map(|access| access.roles.as_slice())
    }
}

/// On which level an authority acts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The whole state.
    #[default]
    National,
    /// A region.
    Regional,
    /// A municipality or a district.
    Local,
}

impl Level {
    /// The word for it in files and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Regional => "regional",
            Self::Local => "local",
        }
    }
}

/// An area that an authority acts in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AreaAccess {
    /// The area.
    pub area: AreaId,
    /// What it does there.
    pub roles: Vec<Role>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
}

/// How to reach an authority.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    /// Postal address, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// Electronic mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Address on the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web: Option<String>,
}

impl Contact {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Who coordinates an authority (domain, B1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Coordinators {
    /// Decides on its registration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validating: Option<AuthorityId>,
    /// Decides on its access to areas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AuthorityId>,
}

impl Coordinators {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a coordinator coordinates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coordinator {
    /// Its kind.
    pub kind: CoordinatorKind,
    /// The areas it coordinates; none where it coordinates all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<AreaId>,
    /// May decide on registrations (Validating Coordinator).
    #[serde(default)]
    pub validating: bool,
    /// May decide on access to areas (Access Coordinator).
    #[serde(default)]
    pub access: bool,
}

/// Kinds of coordinators (domain, A031 to A033 and B1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CoordinatorKind {
    /// National IMI coordinator: exactly one per state, all areas.
    Nimic,
    /// Super-delegated: one region, all areas.
    Sdimic,
    /// Legislative area coordinator: one area of a state or a region.
    Limic,
    /// Delegated: an area, a competence or a region.
    Dimic,
}

/// How far the registration of an authority has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorityStatus {
    /// Asked to register; takes no part yet.
    Invited,
    /// Has registered; its coordinator has not decided yet.
    Pending,
    /// Takes part.
    #[default]
    Active,
    /// Takes no part for now; its mailbox may be emptied.
    Suspended,
    /// Takes part no longer.
    Withdrawn,
}

impl AuthorityStatus {
    /// The word for it in files and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether it has a mailbox: what waits there may be read while it is suspended.
    pub const fn has_mailbox(self) -> bool {
        matches!(self, Self::Active | Self::Suspended)
    }
}

/// A national register of the directory of registers (domain, A071; Directive 2006/123/EC, Article 28(7)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Its identifier, e.g. `EL-REG-000123`.
    pub id: String,
    /// Country code as the Union spells it.
    pub country: String,
    /// The authority that keeps it.
    pub authority: AuthorityId,
    /// Its names by language.
    pub name: Texts,
    /// What kind of register it is: `professional`, `business`, `licence`, `supervisory`, `insolvency`, `other-register`.
    pub kind: String,
    /// Professions it is about: codes of the area `imi-pq`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub professions: Vec<String>,
    /// Economic activities it is about: NACE Rev. 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nace: Vec<String>,
    /// Its territory: NUTS codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// What it holds, by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub content: Texts,
    /// Languages it is kept in.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Who may consult it: `public-free`, `public-fee`, `restricted`, `on-request`.
    pub access: String,
    /// On what conditions, by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: Texts,
    /// Whether it is kept electronically.
    pub electronic: bool,
    /// Its address on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// How to reach those who keep it.
    #[serde(default, skip_serializing_if = "Contact::is_empty")]
    pub contact: Contact,
    /// When its owner last verified the entry.
    pub verified: Date,
    /// Version of the entry; the first is 1.
    pub version: u32,
    /// Whether it is no longer published.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retired: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
fn is_false(value: &bool) -> bool {
    !value
}
