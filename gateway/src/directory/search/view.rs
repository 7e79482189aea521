//! What others may see of a record, as JSON: never certificates, nor which participant serves whom.

use super::{Coverage, FoundAuthority, FoundRegister, MatchedBy, Spelled, Standing, catalogue::spelled};
use crate::directory::{
    AreaAccess, Authority, AuthorityStatus, Contact, Coordinator, Coordinators, Directory, Level, Register, Texts,
};
use schemas::wire::AuthorityId;
use serde::Serialize;
use std::collections::BTreeMap;

/// An authority among others.
#[derive(Serialize)]
pub(super) struct AuthorityInShort<'a> {
    id: &'a AuthorityId,
    name: &'a Spelled,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a Spelled>,
    country: &'a str,
    level: Level,
    regions: &'a [String],
    languages: &'a [String],
    areas: &'a [AreaAccess],
    professions: &'a [String],
    nace: &'a [String],
    status: AuthorityStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    matched_by: Option<MatchedBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    covers: Option<Coverage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words_in: Option<Standing>,
}

impl<'a> AuthorityInShort<'a> {
    pub(super) fn new(found: &'a FoundAuthority) -> Self {
        let authority = found.authority.as_ref();
        Self {
            id: &authority.id,
            name: &found.name,
            title: found.title.as_ref(),
            country: &authority.country,
            level: authority.level,
            regions: &authority.regions,
            languages: &authority.languages,
            areas: &authority.areas,
            professions: &authority.professions,
            nace: &authority.nace,
            status: authority.status,
            matched_by: found.matched_by,
            covers: found.coverage,
            words_in: found.standing,
        }
    }
}

/// All that others may see of an authority. Its fields are named as in the directory's files, texts by language, but
/// for `name_shown`.
#[derive(Serialize)]
struct AuthorityDetails<'a> {
    id: &'a AuthorityId,
    name_shown: Option<Spelled>,
    name: &'a Texts,
    title: &'a Texts,
    country: &'a str,
    level: Level,
    regions: &'a [String],
    languages: &'a [String],
    areas: &'a [AreaAccess],
    professions: &'a [String],
    nace: &'a [String],
    keywords: &'a BTreeMap<String, Vec<String>>,
    contact: &'a Contact,
    coordinators: &'a Coordinators,
    #[serde(skip_serializing_if = "Option::is_none")]
    coordinator: Option<&'a Coordinator>,
    status: AuthorityStatus,
}

/// All that others may see of an authority, with its name in `language` where it has one.
pub fn authority_details<'a>(authority: &'a Authority, language: Option<&str>) -> impl Serialize + use<'a> {
    AuthorityDetails {
        id: &authority.id,
        name_shown: spelled(&authority.name, language, &authority.languages),
        name: &authority.name,
        title: &authority.title,
        country: &authority.country,
        level: authority.level,
        regions: &authority.regions,
        languages: &authority.languages,
        areas: &authority.areas,
        professions: &authority.professions,
        nace: &authority.nace,
        keywords: &authority.keywords,
        contact: &authority.contact,
        coordinators: &authority.coordinators,
        coordinator: authority.coordinator.as_ref(),
        status: authority.status,
    }
}

/// A register among others.
#[derive(Serialize)]
pub(super) struct RegisterInShort<'a> {
    id: &'a str,
    name: &'a Spelled,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a Spelled>,
    country: &'a str,
    authority: &'a AuthorityId,
    kind: &'a str,
    professions: &'a [String],
    nace: &'a [String],
    regions: &'a [String],
    languages: &'a [String],
    access: &'a str,
    electronic: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    verified: jiff::civil::Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    covers: Option<Coverage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words_in: Option<Standing>,
}

impl<'a> RegisterInShort<'a> {
    pub(super) fn new(found: &'a FoundRegister) -> Self {
        let register = found.register.as_ref();
        Self {
            id: &register.id,
            name: &found.name,
            content: found.content.as_ref(),
            country: &register.country,
            authority: &register.authority,
            kind: &register.kind,
            professions: &register.professions,
            nace: &register.nace,
            regions: &register.regions,
            languages: &register.languages,
            access: &register.access,
            electronic: register.electronic,
            link: register.link.as_deref(),
            verified: register.verified,
            covers: found.coverage,
            words_in: found.standing,
        }
    }
}

#[derive(Serialize)]
struct RegisterDetails<'a> {
    name_shown: Option<Spelled>,
    authority_name: Option<Spelled>,
    #[serde(flatten)]
    register: &'a Register,
}

/// A register's whole entry, all of which is public, with its name and its authority's in `language` where there is one.
pub fn register_details<'a>(
    directory: &Directory,
    register: &'a Register,
    language: Option<&str>,
) -> impl Serialize + use<'a> {
    let keeper = directory.authority(&register.authority);
    RegisterDetails {
        name_shown: spelled(&register.name, language, &register.languages),
        authority_name: keeper.and_then(|keeper| spelled(&keeper.name, language, &keeper.languages)),
        register,
    }
}
