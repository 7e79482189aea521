//! The documents of the area `registers` as plain fields: their JSON spelling, which every document has.
//!
//! Their schema was asked before; what is checked here is nothing but that they can be read.

use crate::directory::{AreaAccess, AuthorityStatus, Contact, Level, Texts};
use jiff::civil::Date;
use schemas::{
    area::Role,
    wire::{AreaId, AuthorityId},
};
use serde::{Deserialize, Serialize};

mod spelled;

/// A text and its language.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Text {
    #[serde(rename = "@language")]
    pub language: String,
    #[serde(rename = "$")]
    pub text: String,
}

/// Texts by language; of two in one language the later.
pub(super) fn texts(list: Vec<Text>) -> Texts {
    list.into_iter().map(|Text { language, text }| (language, text)).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AuthorityDocument {
    pub authority_id: AuthorityId,
    #[serde(deserialize_with = "spelled::number")]
    pub version_number: u32,
    pub official_name: Vec<Text>,
    #[serde(default)]
    pub informal_title: Vec<Text>,
    pub country: String,
    pub authority_level: Level,
    #[serde(default)]
    pub territorial_scope: Vec<String>,
    pub language_understood: Vec<String>,
    pub address: Address,
    #[serde(default)]
    pub telephone: Vec<String>,
    #[serde(default)]
    pub email: Vec<String>,
    #[serde(default)]
    pub website: Vec<String>,
    #[serde(default)]
    pub area_membership: Vec<Membership>,
    pub validating_coordinator: Option<AuthorityId>,
    pub access_coordinator: Option<AuthorityId>,
    #[serde(default)]
    pub competence: Vec<Competence>,
    pub authority_status: AuthorityStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Address {
    #[serde(default)]
    street: Vec<String>,
    post_code: Option<String>,
    town: String,
    region: Option<String>,
    country: String,
}

impl Address {
    /// In one line, as an envelope has it.
    pub(super) fn line(&self) -> String {
        let town = self.post_code.iter().chain([&self.town]).map(String::as_str).collect::<Vec<_>>().join(" ");
        let parts = self.street.iter().map(String::as_str).chain([town.as_str()]);
        parts.chain(self.region.as_deref()).chain([self.country.as_str()]).collect::<Vec<_>>().join(", ")
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Membership {
    pub area: AreaId,
    pub area_role: Vec<Role>,
    #[serde(deserialize_with = "spelled::date")]
    pub since: Date,
}

impl From<Membership> for AreaAccess {
    fn from(membership: Membership) -> Self {
        Self { area: membership.area, roles: membership.area_role, since: Some(membership.since) }
    }
}

#[derive(Debug, Deserialize)]
pub(super) enum Competence {
    Keyword(Text),
    ProfessionCode(String),
    Nace(String),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AuthorityRetire {
    pub authority_id: AuthorityId,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AuthorityDecision {
    pub authority_id: AuthorityId,
    pub directory_decision: DirectoryDecision,
    #[serde(default)]
    pub area_membership: Vec<Membership>,
    #[serde(default)]
    pub area: Vec<AreaId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum DirectoryDecision {
    Approve,
    Refuse,
    Grant,
    Deny,
    Suspend,
    Resume,
    Withdraw,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContactUpdate {
    pub authority_id: Option<AuthorityId>,
    pub entry_id: Option<String>,
    pub address: Option<Address>,
    pub contact: ContactDocument,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContactDocument {
    #[serde(default)]
    telephone: Vec<String>,
    #[serde(default)]
    email: Vec<String>,
    #[serde(default)]
    website: Vec<String>,
}

impl ContactDocument {
    /// Lays what it says over what was known.
    pub(super) fn over(self, former: &Contact, address: Option<&Address>) -> Contact {
        let first = |list: Vec<String>, former: &Option<String>| list.into_iter().next().or_else(|| former.clone());
        Contact {
            address: address.map(Address::line).or_else(|| former.address.clone()),
            telephone: first(self.telephone, &former.telephone),
            email: first(self.email, &former.email),
            web: first(self.website, &former.web),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RegisterDocument {
    pub entry_id: String,
    #[serde(deserialize_with = "spelled::number")]
    pub version_number: u32,
    pub owner_country: String,
    pub managing_authority: AuthorityId,
    pub name: Vec<Text>,
    pub register_type: String,
    #[serde(default)]
    pub sector: Vec<Sector>,
    pub territorial_scope: Vec<String>,
    pub content: Vec<Text>,
    pub content_language: Vec<String>,
    pub access: String,
    #[serde(default)]
    pub access_conditions: Vec<Text>,
    #[serde(deserialize_with = "spelled::truth")]
    pub electronic: bool,
    pub link: Option<String>,
    pub contact: ContactDocument,
    #[serde(deserialize_with = "spelled::date")]
    pub last_verified_on: Date,
}

#[derive(Debug, Deserialize)]
pub(super) enum Sector {
    Nace(String),
    ProfessionCode(String),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RegisterRetire {
    pub entry_id: String,
}
